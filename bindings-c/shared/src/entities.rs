//! Table, memory and global instances.

use crate::abi::{
    WasmEdge_GlobalInstanceContext, WasmEdge_GlobalTypeContext, WasmEdge_MemoryInstanceContext,
    WasmEdge_MemoryTypeContext, WasmEdge_Result, WasmEdge_TableInstanceContext,
    WasmEdge_TableTypeContext, WasmEdge_Value,
};
use crate::door::{created, delete, door, logged, need, null_argument, result};
use crate::handle::{Key, Kind, Lent, create, get};
use crate::kinds::{MemoryKind, TableKind};
use std::ptr;
use wasmspan::{Global, Memory, Table, Val};

/// A table instance.
pub struct TableObject {
    /// The table.
    pub table: Table,
    /// The type, and functions that were read.
    pub lent: Lent,
}

/// A memory instance.
pub struct MemoryObject {
    /// The memory.
    pub memory: Memory,
    /// The type.
    pub lent: Lent,
}

/// A global instance.
pub struct GlobalObject {
    /// The global.
    pub global: Global,
    /// The type, and functions that were read.
    pub lent: Lent,
}

impl TableObject {
    /// The object of a table.
    pub fn new(table: Table) -> TableObject {
        TableObject { table, lent: Lent::default() }
    }
}

impl MemoryObject {
    /// The object of a memory.
    pub fn new(memory: Memory) -> MemoryObject {
        MemoryObject { memory, lent: Lent::default() }
    }
}

impl GlobalObject {
    /// The object of a global.
    pub fn new(global: Global) -> GlobalObject {
        GlobalObject { global, lent: Lent::default() }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_TableInstanceCreate(
    TabType: *const WasmEdge_TableTypeContext,
) -> *mut WasmEdge_TableInstanceContext {
    created(|| {
        let table = Table::new(need(TabType)?.ty()).map_err(logged)?;
        Ok(create(TableObject::new(table)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_TableInstanceGetTableType(
    Cxt: *const WasmEdge_TableInstanceContext,
) -> *const WasmEdge_TableTypeContext {
    door(ptr::null(), || {
        let object = get(Cxt)?;
        let make = || Some(TableKind::of(object.table.ty()));
        Some(
            object
                .lent
                .get_or::<WasmEdge_TableTypeContext, _>(Key::Part(Kind::TableType), make)
                .cast_const(),
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_TableInstanceGetData(
    Cxt: *const WasmEdge_TableInstanceContext,
    Data: *mut WasmEdge_Value,
    Offset: u32,
) -> WasmEdge_Result {
    result(|| {
        let object = need(Cxt)?;
        if Data.is_null() {
            return Err(null_argument("the place for the value"));
        }
        let value = object.table.get(Offset.into()).map_err(logged)?;
        // SAFETY: the caller passes a place for a value.
        unsafe { Data.write(WasmEdge_Value::from_val(&value, &object.lent)) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_TableInstanceSetData(
    Cxt: *mut WasmEdge_TableInstanceContext,
    Data: WasmEdge_Value,
    Offset: u32,
) -> WasmEdge_Result {
    result(|| {
        let object = need(Cxt)?;
        let value = Data.to_val()?;
        object.table.set(Offset.into(), &value).map_err(logged)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_TableInstanceGetSize(Cxt: *const WasmEdge_TableInstanceContext) -> u32 {
    door(0, || Some(get(Cxt)?.table.len() as u32))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_TableInstanceGrow(
    Cxt: *mut WasmEdge_TableInstanceContext,
    Size: u32,
) -> WasmEdge_Result {
    result(|| {
        let table = &need(Cxt)?.table;
        let null = Val::default_for(table.ty().element.into());
        table.grow(Size.into(), &null).map(|_| ()).map_err(logged)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_TableInstanceDelete(Cxt: *mut WasmEdge_TableInstanceContext) {
    delete(Cxt);
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
    door(ptr::null(), || {
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
    result(|| {
        let memory = &need(Cxt)?.memory;
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
    result(|| {
        let memory = &need(Cxt)?.memory;
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
    door(ptr::null_mut(), || {
        let memory = &get(context)?.memory;
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
    door(0, || Some(get(Cxt)?.memory.pages() as u32))
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

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_GlobalInstanceCreate(
    GlobType: *const WasmEdge_GlobalTypeContext,
    Value: WasmEdge_Value,
) -> *mut WasmEdge_GlobalInstanceContext {
    created(|| {
        let global = Global::new(*need(GlobType)?, &Value.to_val()?)?;
        Ok(create(GlobalObject::new(global)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_GlobalInstanceGetGlobalType(
    Cxt: *const WasmEdge_GlobalInstanceContext,
) -> *const WasmEdge_GlobalTypeContext {
    door(ptr::null(), || {
        let object = get(Cxt)?;
        let make = || Some(*object.global.ty());
        Some(
            object
                .lent
                .get_or::<WasmEdge_GlobalTypeContext, _>(Key::Part(Kind::GlobalType), make)
                .cast_const(),
        )
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_GlobalInstanceGetValue(
    Cxt: *const WasmEdge_GlobalInstanceContext,
) -> WasmEdge_Value {
    door(WasmEdge_Value::NONE, || {
        let object = get(Cxt)?;
        Some(WasmEdge_Value::from_val(&object.global.get(), &object.lent))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_GlobalInstanceSetValue(
    Cxt: *mut WasmEdge_GlobalInstanceContext,
    Value: WasmEdge_Value,
) {
    // There is no result to give; the failure is noted.
    result(|| need(Cxt.cast_const())?.global.set(&Value.to_val()?));
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_GlobalInstanceDelete(Cxt: *mut WasmEdge_GlobalInstanceContext) {
    delete(Cxt);
}
