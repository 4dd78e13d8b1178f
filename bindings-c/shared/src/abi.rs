//! Structures and numbers of the C interface. The header states the same by hand; a test compares.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use wasmspan::ValType;

/// A value with its type.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WasmEdge_Value {
    /// The payload; what is shorter lies in the low bytes.
    pub Value: u128,
    /// Byte of the value type.
    pub Type: u32,
    /// What C does not see; named so that a value can be written as whole as C copies it.
    pub Rest: [u32; 3],
}

/// Bytes with a length; those that the library gives are followed by a zero.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WasmEdge_String {
    pub Length: u32,
    pub Buf: *const c_char,
}

/// Category in the highest 8 bits, code in the others.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WasmEdge_Result {
    pub Code: u32,
}

/// Limits of a table or memory. The first two are C's `bool`; read as bytes, any value is sound.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WasmEdge_Limit {
    pub HasMax: u8,
    pub Shared: u8,
    pub Min: u32,
    pub Max: u32,
}

/// What a host function sees of its caller; an address on the stack, not a handle.
#[repr(C)]
pub struct WasmEdge_CallingFrameContext {
    _opaque: [u8; 0],
}

/// Body of a host function.
pub type WasmEdge_HostFunc_t = Option<
    unsafe extern "C" fn(
        Data: *mut c_void,
        CallFrameCxt: *const WasmEdge_CallingFrameContext,
        Params: *const WasmEdge_Value,
        Returns: *mut WasmEdge_Value,
    ) -> WasmEdge_Result,
>;

/// Body that serves many host functions.
pub type WasmEdge_WrapFunc_t = Option<
    unsafe extern "C" fn(
        This: *mut c_void,
        Data: *mut c_void,
        CallFrameCxt: *const WasmEdge_CallingFrameContext,
        Params: *const WasmEdge_Value,
        ParamLen: u32,
        Returns: *mut WasmEdge_Value,
        ReturnLen: u32,
    ) -> WasmEdge_Result,
>;

macro_rules! opaque {
    ($($name:ident)*) => {$(
        #[doc = "Opaque: C has handles."]
        #[repr(C)]
        pub struct $name {
            _opaque: [u8; 0],
        }
    )*};
}

opaque! {
    WasmEdge_ConfigureContext
    WasmEdge_StatisticsContext
    WasmEdge_ASTModuleContext
    WasmEdge_FunctionTypeContext
    WasmEdge_MemoryTypeContext
    WasmEdge_TableTypeContext
    WasmEdge_GlobalTypeContext
    WasmEdge_ImportTypeContext
    WasmEdge_ExportTypeContext
    WasmEdge_CompilerContext
    WasmEdge_LoaderContext
    WasmEdge_ValidatorContext
    WasmEdge_ExecutorContext
    WasmEdge_StoreContext
    WasmEdge_ModuleInstanceContext
    WasmEdge_FunctionInstanceContext
    WasmEdge_TableInstanceContext
    WasmEdge_MemoryInstanceContext
    WasmEdge_GlobalInstanceContext
    WasmEdge_Async
    WasmEdge_VMContext
}

impl WasmEdge_Value {
    /// What getters give for what is no context: zero as an i32, as in WasmEdge.
    pub const NONE: WasmEdge_Value = WasmEdge_Value { Value: 0, Type: I32, Rest: [0; 3] };

    /// A value of a type.
    pub fn new(ty: ValType, payload: u128) -> WasmEdge_Value {
        let mut made = MaybeUninit::uninit();
        // SAFETY: there is a place for a value, and a payload.
        unsafe {
            write_halves(made.as_mut_ptr(), &raw const payload, ty as u32);
            made.assume_init()
        }
    }
}

/// Writes a value as two stores of 16 bytes.
///
/// C copies values in such halves, as do the functions that get one by value. A copy of what several
/// smaller stores have written has to wait until they have reached memory, which takes longer than
/// the rest of a call. For the same reason no more is read of the payload than its type has.
///
/// # Safety
///
/// `place` must be a place for a value, and `payload` hold one of the type.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub unsafe fn write_halves(place: *mut WasmEdge_Value, payload: *const u128, ty: u32) {
    use std::arch::x86_64::{
        __m128i, _mm_cvtsi32_si128, _mm_load_si128, _mm_loadl_epi64, _mm_loadu_si32,
        _mm_store_si128,
    };
    let half: *mut __m128i = place.cast();
    // SAFETY: the caller's promise; both are aligned as `u128` is, and every processor of this
    // architecture has these instructions.
    unsafe {
        let low = match ty {
            I32 | F32 => _mm_loadu_si32(payload.cast()),
            V128 => _mm_load_si128(payload.cast()),
            _ => _mm_loadl_epi64(payload.cast()),
        };
        _mm_store_si128(half, low);
        _mm_store_si128(half.add(1), _mm_cvtsi32_si128(ty.cast_signed()));
    }
}

/// Writes a value.
///
/// # Safety
///
/// `place` must be a place for a value, and `payload` hold one of the type.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub unsafe fn write_halves(place: *mut WasmEdge_Value, payload: *const u128, ty: u32) {
    // SAFETY: the caller's promise.
    unsafe {
        let payload = match ty {
            I32 | F32 => u128::from(*payload.cast::<u32>()),
            V128 => *payload,
            _ => u128::from(*payload.cast::<u64>()),
        };
        place.write(WasmEdge_Value { Value: payload, Type: ty, Rest: [0; 3] });
    }
}

const I32: u32 = ValType::I32 as u32;
const F32: u32 = ValType::F32 as u32;
const V128: u32 = ValType::V128 as u32;
