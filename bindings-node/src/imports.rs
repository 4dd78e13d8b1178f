//! What modules import and export, from and to JavaScript.

use crate::env::EnvState;
use crate::error::Outcome;
use crate::global::NativeGlobal;
use crate::lock::Lock;
use crate::memory::NativeMemory;
use crate::table::NativeTable;
use crate::{function, host_function, value};
use napi::bindgen_prelude::{ClassInstance, FromNapiValue, ToNapiValue, Unknown};
use napi::{JsValue, sys};
use std::rc::Rc;
use wasmspan::{ErrCode, Extern, ExternType, Module};

/// The imports of a module from a list, each of the kind that is asked for.
pub fn imports_from_js(
    state: &Rc<EnvState>,
    module: &Module,
    list: &Unknown<'_>,
) -> Outcome<Vec<Extern>> {
    let wanted = module.imports().into_iter().enumerate();
    let read = |(at, import): (usize, wasmspan::ImportType)| {
        import_from_js(state, value::element(state, list.raw(), at)?, &import.ty)
    };
    wanted.map(read).collect()
}

fn import_from_js(
    state: &Rc<EnvState>,
    given: sys::napi_value,
    wanted: &ExternType,
) -> Outcome<Extern> {
    // SAFETY: the class is checked by its type tag.
    unsafe {
        Ok(match wanted {
            ExternType::Func(ty) => Extern::Func(host_function::import(state, given, ty)?),
            ExternType::Memory(_) => {
                let item = ClassInstance::<NativeMemory>::from_napi_value(state.env, given)?;
                Extern::Memory(item.get()?)
            }
            ExternType::Table(_) => {
                let item = ClassInstance::<NativeTable>::from_napi_value(state.env, given)?;
                Extern::Table(item.get()?)
            }
            ExternType::Global(_) => {
                let item = ClassInstance::<NativeGlobal>::from_napi_value(state.env, given)?;
                Extern::Global(item.get()?)
            }
            // Only a module that isn't valid has one.
            ExternType::Unknown(_) => {
                return Err(wasmspan::Error::new(ErrCode::NotValidated).into());
            }
        })
    }
}

/// What JavaScript gets for an export.
pub fn extern_to_js(
    state: &Rc<EnvState>,
    item: Extern,
    export: Option<(&str, &Lock)>,
) -> Outcome<sys::napi_value> {
    // SAFETY: the environment's thread.
    unsafe {
        Ok(match item {
            Extern::Func(func) => function::to_js(state, &func, export)?,
            Extern::Memory(memory) => {
                ToNapiValue::to_napi_value(state.env, NativeMemory::from(memory))?
            }
            Extern::Table(table) => {
                ToNapiValue::to_napi_value(state.env, NativeTable::from(table))?
            }
            Extern::Global(global) => {
                ToNapiValue::to_napi_value(state.env, NativeGlobal::from(global))?
            }
        })
    }
}
