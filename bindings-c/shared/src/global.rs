//! Global instances.

use crate::abi::{WasmEdge_GlobalInstanceContext, WasmEdge_GlobalTypeContext, WasmEdge_Value};
use crate::enter::{created, delete, enter, need, result};
use crate::handle::{Key, Kind, Lent, create, get};
use std::ptr;
use wasmspan::Global;

crate::context!(WasmEdge_GlobalInstanceContext = GlobalInstance, GlobalObject, |global| global
    .lent
    .retire_all());

/// A global instance.
pub struct GlobalObject {
    /// The global.
    pub global: Global,
    /// The type, and functions that were read.
    pub lent: Lent,
}

impl GlobalObject {
    /// The object of a global.
    pub fn new(global: Global) -> GlobalObject {
        GlobalObject { global, lent: Lent::default() }
    }
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
    enter(ptr::null(), || {
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
    enter(WasmEdge_Value::NONE, || {
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
