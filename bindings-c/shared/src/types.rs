//! Limits, and the types of values, functions, tables, memories and globals.

use crate::abi::{
    WasmEdge_FunctionTypeContext, WasmEdge_GlobalTypeContext, WasmEdge_Limit,
    WasmEdge_MemoryTypeContext, WasmEdge_TableTypeContext,
};
use crate::enter::{delete, enter, fill};
use crate::handle::{create, get};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use wasmspan::limits::MAX_PARAMS;
use wasmspan::{
    FuncType, GlobalType, MemoryType, Mutability, RefType, SizeLimits, TableType, ValType,
};

/// The value type of a byte.
pub fn val_type(byte: u32) -> Option<ValType> {
    ValType::from_byte(u8::try_from(byte).ok()?)
}

/// What functions give that have no limit to give.
pub const NO_LIMIT: WasmEdge_Limit = WasmEdge_Limit { HasMax: 0, Shared: 0, Min: 0, Max: 0 };

crate::context!(WasmEdge_FunctionTypeContext = FunctionType, FuncType);
crate::context!(WasmEdge_MemoryTypeContext = MemoryType, MemoryKind);
crate::context!(WasmEdge_TableTypeContext = TableType, TableKind);
crate::context!(WasmEdge_GlobalTypeContext = GlobalType, GlobalType);

impl WasmEdge_Limit {
    /// C's form of limits.
    pub fn new(limits: &SizeLimits, shared: bool) -> WasmEdge_Limit {
        let short = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        WasmEdge_Limit {
            HasMax: u8::from(limits.max.is_some()),
            Shared: u8::from(shared),
            Min: short(limits.min),
            Max: short(limits.max.unwrap_or(limits.min)),
        }
    }

    fn limits(&self) -> SizeLimits {
        SizeLimits::new(self.Min.into(), (self.HasMax != 0).then_some(self.Max.into()))
    }
}

/// A memory's type; the minimum of an instance's follows its size.
pub struct MemoryKind {
    limit: WasmEdge_Limit,
    min: AtomicU32,
}

impl MemoryKind {
    /// From C's limits.
    pub fn new(limit: WasmEdge_Limit) -> MemoryKind {
        MemoryKind { limit, min: AtomicU32::new(limit.Min) }
    }

    /// From the engine's type.
    pub fn of(ty: &MemoryType) -> MemoryKind {
        MemoryKind::new(WasmEdge_Limit::new(&ty.limits, ty.shared))
    }

    /// Sets the minimum to the present size.
    pub fn set_min(&self, pages: u64) {
        self.min.store(u32::try_from(pages).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// The engine's type.
    pub fn ty(&self) -> MemoryType {
        let limits = self.limit().limits();
        MemoryType { limits, shared: self.limit.Shared != 0, memory64: false }
    }

    fn limit(&self) -> WasmEdge_Limit {
        WasmEdge_Limit { Min: self.min.load(Ordering::Relaxed), ..self.limit }
    }
}

/// A table's type.
pub struct TableKind {
    element: RefType,
    limit: WasmEdge_Limit,
}

impl TableKind {
    /// From the engine's type.
    pub fn of(ty: &TableType) -> TableKind {
        TableKind { element: ty.element, limit: WasmEdge_Limit::new(&ty.limits, false) }
    }

    /// The engine's type.
    pub fn ty(&self) -> TableType {
        TableType { element: self.element, limits: self.limit.limits(), table64: false }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_LimitIsEqual(Lim1: WasmEdge_Limit, Lim2: WasmEdge_Limit) -> bool {
    let flags = |limit: &WasmEdge_Limit| (limit.HasMax != 0, limit.Shared != 0);
    flags(&Lim1) == flags(&Lim2) && (Lim1.Min, Lim1.Max) == (Lim2.Min, Lim2.Max)
}

/// Reads a list of types.
///
/// # Safety
///
/// `len` numbers must be readable at `list`, unless that is null.
unsafe fn types(list: *const u32, len: u32) -> Option<Vec<ValType>> {
    if len as usize > MAX_PARAMS || (list.is_null() && len > 0) {
        return None;
    }
    // SAFETY: the caller's promise.
    (0..len as usize).map(|at| val_type(unsafe { *list.add(at) })).collect()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_FunctionTypeCreate(
    ParamList: *const u32,
    ParamLen: u32,
    ReturnList: *const u32,
    ReturnLen: u32,
) -> *mut WasmEdge_FunctionTypeContext {
    enter(ptr::null_mut(), || {
        // SAFETY: the caller passes lists of these lengths, or null.
        let (params, results) =
            unsafe { (types(ParamList, ParamLen)?, types(ReturnList, ReturnLen)?) };
        Some(create(FuncType::new(params, results)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_FunctionTypeGetParametersLength(
    Cxt: *const WasmEdge_FunctionTypeContext,
) -> u32 {
    enter(0, || Some(get(Cxt)?.params().len() as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_FunctionTypeGetParameters(
    Cxt: *const WasmEdge_FunctionTypeContext,
    List: *mut u32,
    Len: u32,
) -> u32 {
    enter(0, || {
        let params = get(Cxt)?.params();
        // SAFETY: the caller passes a buffer of this length, or null.
        unsafe { fill(List, Len, params.iter().map(|ty| *ty as u32)) };
        Some(params.len() as u32)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_FunctionTypeGetReturnsLength(
    Cxt: *const WasmEdge_FunctionTypeContext,
) -> u32 {
    enter(0, || Some(get(Cxt)?.results().len() as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_FunctionTypeGetReturns(
    Cxt: *const WasmEdge_FunctionTypeContext,
    List: *mut u32,
    Len: u32,
) -> u32 {
    enter(0, || {
        let results = get(Cxt)?.results();
        // SAFETY: the caller passes a buffer of this length, or null.
        unsafe { fill(List, Len, results.iter().map(|ty| *ty as u32)) };
        Some(results.len() as u32)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_FunctionTypeDelete(Cxt: *mut WasmEdge_FunctionTypeContext) {
    delete(Cxt);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_TableTypeCreate(
    RefType: u32,
    Limit: WasmEdge_Limit,
) -> *mut WasmEdge_TableTypeContext {
    enter(ptr::null_mut(), || {
        let element = val_type(RefType)?.as_ref_type()?;
        Some(create(TableKind { element, limit: Limit }))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_TableTypeGetRefType(Cxt: *const WasmEdge_TableTypeContext) -> u32 {
    enter(RefType::FuncRef as u32, || Some(get(Cxt)?.element as u32))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_TableTypeGetLimit(
    Cxt: *const WasmEdge_TableTypeContext,
) -> WasmEdge_Limit {
    enter(NO_LIMIT, || Some(get(Cxt)?.limit))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_TableTypeDelete(Cxt: *mut WasmEdge_TableTypeContext) {
    delete(Cxt);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_MemoryTypeCreate(
    Limit: WasmEdge_Limit,
) -> *mut WasmEdge_MemoryTypeContext {
    enter(ptr::null_mut(), || Some(create(MemoryKind::new(Limit))))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_MemoryTypeGetLimit(
    Cxt: *const WasmEdge_MemoryTypeContext,
) -> WasmEdge_Limit {
    enter(NO_LIMIT, || Some(get(Cxt)?.limit()))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_MemoryTypeDelete(Cxt: *mut WasmEdge_MemoryTypeContext) {
    delete(Cxt);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_GlobalTypeCreate(
    ValType: u32,
    Mut: u32,
) -> *mut WasmEdge_GlobalTypeContext {
    enter(ptr::null_mut(), || {
        let mutability = match Mut {
            0 => Mutability::Const,
            1 => Mutability::Var,
            _ => return None,
        };
        Some(create(GlobalType::new(val_type(ValType)?, mutability)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_GlobalTypeGetValType(Cxt: *const WasmEdge_GlobalTypeContext) -> u32 {
    enter(ValType::I32 as u32, || Some(get(Cxt)?.content as u32))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_GlobalTypeGetMutability(Cxt: *const WasmEdge_GlobalTypeContext) -> u32 {
    enter(0, || Some(get(Cxt)?.mutability as u32))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_GlobalTypeDelete(Cxt: *mut WasmEdge_GlobalTypeContext) {
    delete(Cxt);
}
