//! `libwasmedge_c`: the C interface of WasmEdge 0.10.1.
//!
//! Here are only the functions that other releases have in another form. In this one a host function
//! gets the memory of its caller, not a calling frame, and a result is one byte: what is passed or
//! returned in its place by the shared code has the byte where C looks for it, in the low bits of a
//! register, and what C passes or returns may have anything above it.

#![allow(non_snake_case, non_camel_case_types, missing_docs)]
// What every pointer must be is in the header, for all functions alike.
#![allow(clippy::missing_safety_doc, clippy::not_unsafe_ptr_arg_deref)]

use std::ffi::{c_char, c_void};
use std::ptr;
use wasmspan_c_shared::abi::{
    WasmEdge_FunctionInstanceContext, WasmEdge_FunctionTypeContext, WasmEdge_MemoryInstanceContext,
    WasmEdge_Value,
};
use wasmspan_c_shared::enter::enter;
use wasmspan_c_shared::frame::Frame;
use wasmspan_c_shared::handle::get;
use wasmspan_c_shared::host_function::{Body, host_function};
use wasmspan_c_shared::{abi, error, release, shim};

extern "C" fn at_load() {
    release::serve(10);
}

// SAFETY: the functions of this section take nothing and give nothing; this one stores a number.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = at_load;

/// How a call ended: the code, in the one byte that this release has for it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WasmEdge_Result {
    pub Code: u8,
}

impl WasmEdge_Result {
    fn widened(self) -> abi::WasmEdge_Result {
        abi::WasmEdge_Result { Code: self.Code.into() }
    }
}

/// What the engine gets of a host function's result: any failure is `host function failed` here.
fn outcome(given: abi::WasmEdge_Result) -> abi::WasmEdge_Result {
    const FAILED: u32 = 0x8D;
    abi::WasmEdge_Result {
        Code: match given.Code & 0xFF {
            ok @ (0 | 1) => ok,
            _ => FAILED,
        },
    }
}

type HostFunc = unsafe extern "C" fn(
    *mut c_void,
    *mut WasmEdge_MemoryInstanceContext,
    *const WasmEdge_Value,
    *mut WasmEdge_Value,
) -> WasmEdge_Result;

type WrapFunc = unsafe extern "C" fn(
    *mut c_void,
    *mut c_void,
    *mut WasmEdge_MemoryInstanceContext,
    *const WasmEdge_Value,
    u32,
    *mut WasmEdge_Value,
    u32,
) -> WasmEdge_Result;

/// Body of a host function.
pub type WasmEdge_HostFunc_t = Option<HostFunc>;

/// Body that serves many host functions.
pub type WasmEdge_WrapFunc_t = Option<WrapFunc>;

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ResultOK(Res: WasmEdge_Result) -> bool {
    error::ok(Res.widened())
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ResultGetCode(Res: WasmEdge_Result) -> u32 {
    error::code(Res.widened())
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ResultGetMessage(Res: WasmEdge_Result) -> *const c_char {
    error::message(Res.widened())
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_Plugin_loadWithDefaultPluginPaths() {}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VersionGet() -> *const c_char {
    c"0.10.1".as_ptr()
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VersionGetMajor() -> u32 {
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VersionGetMinor() -> u32 {
    10
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VersionGetPatch() -> u32 {
    1
}

/// A C function and its data.
struct Direct {
    body: HostFunc,
    data: *mut c_void,
}

// SAFETY: the program promises that function and data may be used from the threads it calls on.
unsafe impl Send for Direct {}
// SAFETY: as above.
unsafe impl Sync for Direct {}

impl Body for Direct {
    #[inline(always)]
    unsafe fn call(
        &self,
        frame: &Frame<'_>,
        params: *const WasmEdge_Value,
        returns: *mut WasmEdge_Value,
    ) -> abi::WasmEdge_Result {
        let memory = enter(ptr::null_mut(), || Some(frame.memory(0)));
        // SAFETY: the program gave the function for this purpose.
        outcome(unsafe {
            shim::call4(self.body as usize, self.data, memory.cast(), params, returns)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_FunctionInstanceCreate(
    Type: *const WasmEdge_FunctionTypeContext,
    HostFunc: WasmEdge_HostFunc_t,
    Data: *mut c_void,
    Cost: u64,
) -> *mut WasmEdge_FunctionInstanceContext {
    let Some(body) = HostFunc else { return ptr::null_mut() };
    host_function(Type, Cost, Direct { body, data: Data })
}

/// A C function that serves many host functions, and its data.
struct Wrapped {
    body: WrapFunc,
    binding: *mut c_void,
    data: *mut c_void,
    params: u32,
    returns: u32,
}

// SAFETY: the program promises that function and data may be used from the threads it calls on.
unsafe impl Send for Wrapped {}
// SAFETY: as above.
unsafe impl Sync for Wrapped {}

impl Body for Wrapped {
    unsafe fn call(
        &self,
        frame: &Frame<'_>,
        params: *const WasmEdge_Value,
        returns: *mut WasmEdge_Value,
    ) -> abi::WasmEdge_Result {
        let Wrapped { body, binding, data, .. } = *self;
        let memory = enter(ptr::null_mut(), || Some(frame.memory(0)));
        let lens = (self.params, self.returns);
        // SAFETY: the program gave the function for this purpose.
        outcome(unsafe {
            shim::call7(body as usize, binding, data, memory.cast(), params, returns, lens)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_FunctionInstanceCreateBinding(
    Type: *const WasmEdge_FunctionTypeContext,
    WrapFunc: WasmEdge_WrapFunc_t,
    Binding: *mut c_void,
    Data: *mut c_void,
    Cost: u64,
) -> *mut WasmEdge_FunctionInstanceContext {
    let Some(body) = WrapFunc else { return ptr::null_mut() };
    enter(ptr::null_mut(), || {
        let ty = get(Type)?;
        let (params, returns) = (ty.params().len() as u32, ty.results().len() as u32);
        let wrapped = Wrapped { body, binding: Binding, data: Data, params, returns };
        Some(host_function(Type, Cost, wrapped))
    })
}
