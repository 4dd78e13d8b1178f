//! Memory instances.

use crate::abi::{WasmEdge_MemoryInstanceContext, WasmEdge_MemoryTypeContext, WasmEdge_Result};
use crate::enter::{created, delete, enter, enter_with, need, need_in, result, result_with};
use crate::error::{logged, null_argument};
use crate::handle::{Key, Kind, Lent, create, get, get_in};
use crate::types::MemoryKind;
use std::ptr;
use wasmspan::Memory;

crate::context!(WasmEdge_MemoryInstanceContext = MemoryInstance, MemoryObject, |memory| memory
    .lent
    .retire_all());

/// A memory instance.
pub struct MemoryObject {
    /// The memory.
    pub memory: Memory,
    /// The type.
    pub lent: Lent,
}

impl MemoryObject {
    /// The object of a memory.
    pub fn new(memory: Memory) -> MemoryObject {
        MemoryObject { memory, lent: Lent::default() }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_MemoryInstanceCreate(
    MemType: *const WasmEdge_MemoryTypeContext,
) -> *mut WasmEdge_MemoryInstanceContext {
    created(|| {
        let memory = Memory::new(need(MemType)?.ty()).map_err(logged)?;
        Ok(create(MemoryObject::new(memory)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_MemoryInstanceGetMemoryType(
    Cxt: *const WasmEdge_MemoryInstanceContext,
) -> *const WasmEdge_MemoryTypeContext {
    enter(ptr::null(), || {
        let object = get(Cxt)?;
        let make = || Some(MemoryKind::of(object.memory.ty()));
        let lent = object
            .lent
            .get_or::<WasmEdge_MemoryTypeContext, _>(Key::Part(Kind::MemoryType), make)
            .cast_const();
        if let Some(kind) = get::<WasmEdge_MemoryTypeContext>(lent) {
            kind.set_min(object.memory.pages());
        }
        Some(lent)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_MemoryInstanceGetData(
    Cxt: *const WasmEdge_MemoryInstanceContext,
    Data: *mut u8,
    Offset: u32,
    Length: u32,
) -> WasmEdge_Result {
    result_with(|uses| {
        let memory = &need_in(uses, Cxt)?.memory;
        if Data.is_null() {
            return Err(null_argument("the buffer"));
        }
        // SAFETY: the caller passes a buffer of this length.
        let buffer = unsafe { std::slice::from_raw_parts_mut(Data, Length as usize) };
        memory.read(Offset as usize, buffer).map_err(logged)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_MemoryInstanceSetData(
    Cxt: *mut WasmEdge_MemoryInstanceContext,
    Data: *const u8,
    Offset: u32,
    Length: u32,
) -> WasmEdge_Result {
    result_with(|uses| {
        let memory = &need_in(uses, Cxt.cast_const())?.memory;
        if Data.is_null() {
            return Err(null_argument("the buffer"));
        }
        // SAFETY: the caller passes a buffer of this length.
        let bytes = unsafe { std::slice::from_raw_parts(Data, Length as usize) };
        memory.write(Offset as usize, bytes).map_err(logged)
    })
}

/// The address of a range of a memory; null if it is not all inside.
fn pointer(context: *const WasmEdge_MemoryInstanceContext, offset: u32, length: u32) -> *mut u8 {
    enter_with(ptr::null_mut(), |uses| {
        let memory = &get_in(uses, context)?.memory;
        let end = u64::from(offset) + u64::from(length);
        (end <= memory.len() as u64).then(|| memory.as_ptr().wrapping_add(offset as usize))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_MemoryInstanceGetPointer(
    Cxt: *mut WasmEdge_MemoryInstanceContext,
    Offset: u32,
    Length: u32,
) -> *mut u8 {
    pointer(Cxt, Offset, Length)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_MemoryInstanceGetPointerConst(
    Cxt: *const WasmEdge_MemoryInstanceContext,
    Offset: u32,
    Length: u32,
) -> *const u8 {
    pointer(Cxt, Offset, Length)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_MemoryInstanceGetPageSize(
    Cxt: *const WasmEdge_MemoryInstanceContext,
) -> u32 {
    enter_with(0, |uses| Some(get_in(uses, Cxt)?.memory.pages() as u32))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_MemoryInstanceGrowPage(
    Cxt: *mut WasmEdge_MemoryInstanceContext,
    Page: u32,
) -> WasmEdge_Result {
    result(|| need(Cxt)?.memory.grow(Page.into()).map(|_| ()).map_err(logged))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_MemoryInstanceDelete(Cxt: *mut WasmEdge_MemoryInstanceContext) {
    delete(Cxt);
}
