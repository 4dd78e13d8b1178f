//! Tables.

use crate::error::{Failure, door};
use crate::value;
use napi::bindgen_prelude::Unknown;
use napi::{Env, JsValue};
use napi_derive::napi;
use wasmspan::{RefType, Table, TableType, Val};

/// A table of references.
#[napi]
pub struct NativeTable {
    pub(crate) table: Table,
}

#[napi]
impl NativeTable {
    /// Makes a table of functions, or of any values.
    #[napi(constructor)]
    pub fn new(
        env: Env,
        functions: bool,
        initial: f64,
        maximum: Option<f64>,
    ) -> napi::Result<Self> {
        door(env, |_| {
            let element = if functions { RefType::FuncRef } else { RefType::ExternRef };
            let maximum = maximum.map(|maximum| maximum as u64);
            let table = Table::new(TableType::new(element, initial as u64, maximum))
                .map_err(Failure::OutOfRange)?;
            Ok(NativeTable { table })
        })
    }

    /// A number that no other live table has.
    #[napi(getter)]
    pub fn id(&self) -> f64 {
        self.table.identity() as f64
    }

    /// Number of elements.
    #[napi(getter)]
    pub fn length(&self) -> f64 {
        self.table.len() as f64
    }

    /// Whether it holds functions.
    #[napi(getter)]
    pub fn functions(&self) -> bool {
        self.table.ty().element == RefType::FuncRef
    }

    /// Minimum, and maximum if there is one.
    #[napi(getter)]
    pub fn limits(&self) -> Vec<f64> {
        let limits = self.table.ty().limits;
        let mut list = vec![limits.min as f64];
        list.extend(limits.max.map(|max| max as f64));
        list
    }

    /// The element at `index`.
    #[napi]
    pub fn get<'env>(&self, env: &'env Env, index: f64) -> napi::Result<Unknown<'env>> {
        let raw = door(*env, |state| {
            let element = self.table.get(index as u64).map_err(range)?;
            value::to_js(state, &element)
        })?;
        // SAFETY: a value of this environment.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
    }

    /// Stores a value at `index`.
    #[napi]
    pub fn set(&self, env: Env, index: f64, element: Unknown<'_>) -> napi::Result<()> {
        door(env, |state| {
            let element = value::from_js(state, element.raw(), self.table.ty().element.into())?;
            self.table.set(index as u64, &element).map_err(range)
        })
    }

    /// Grows by `delta` elements; the old length.
    #[napi]
    pub fn grow(&self, env: Env, delta: f64, element: Unknown<'_>) -> napi::Result<f64> {
        door(env, |state| {
            let element: Val =
                value::from_js(state, element.raw(), self.table.ty().element.into())?;
            Ok(self.table.grow(delta as u64, &element).map_err(range)? as f64)
        })
    }
}

fn range(error: wasmspan::Error) -> Failure {
    Failure::OutOfRange(error)
}
