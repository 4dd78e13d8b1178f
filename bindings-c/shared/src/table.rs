//! Table instances.

use crate::abi::{
    WasmEdge_Result, WasmEdge_TableInstanceContext, WasmEdge_TableTypeContext, WasmEdge_Value,
};
use crate::enter::{created, delete, enter, need, result};
use crate::error::{logged, null_argument};
use crate::handle::{Key, Kind, Lent, create, get};
use crate::types::TableKind;
use std::ptr;
use wasmspan::{Table, Val};

crate::context!(WasmEdge_TableInstanceContext = TableInstance, TableObject, |table| table
    .lent
    .retire_all());

/// A table instance.
pub struct TableObject {
    /// The table.
    pub table: Table,
    /// The type, and functions that were read.
    pub lent: Lent,
}

impl TableObject {
    /// The object of a table.
    pub fn new(table: Table) -> TableObject {
        TableObject { table, lent: Lent::default() }
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
    enter(ptr::null(), || {
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
    enter(0, || Some(get(Cxt)?.table.len() as u32))
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
