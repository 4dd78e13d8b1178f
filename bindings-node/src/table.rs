//! Tables.

use crate::accessor::{self, Access};
use crate::enter::enter;
use crate::error::{Failure, Outcome};
use crate::handle::{Handle, Target};
use crate::value;
use napi::bindgen_prelude::{This, Unknown};
use napi::{Env, JsValue};
use napi_derive::napi;
use std::rc::Rc;
use wasmspan::{RefType, Table, TableType, Val};

/// A table of references.
#[napi]
pub struct NativeTable {
    handle: Rc<Handle>,
}

impl From<Table> for NativeTable {
    fn from(table: Table) -> NativeTable {
        NativeTable { handle: Handle::new(Target::Table(table)) }
    }
}

impl NativeTable {
    /// The table.
    pub fn get(&self) -> Outcome<Table> {
        self.use_with(Table::clone)
    }

    fn use_with<T>(&self, work: impl FnOnce(&Table) -> T) -> Outcome<T> {
        self.handle.with(|target| match target {
            Target::Table(table) => Some(work(table)),
            _ => None,
        })
    }
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
        enter(env, |_| {
            let element = if functions { RefType::FuncRef } else { RefType::ExternRef };
            let maximum = maximum.map(|maximum| maximum as u64);
            let table = Table::new(TableType::new(element, initial as u64, maximum))
                .map_err(Failure::OutOfRange)?;
            Ok(NativeTable::from(table))
        })
    }

    /// To be called by the JavaScript object that has it.
    #[napi]
    pub fn attach(&self, env: Env, this: This<'_>) -> napi::Result<()> {
        enter(env, |state| {
            self.handle.attach(state, &this);
            Ok(())
        })
    }

    /// A number that no other live table has.
    #[napi(getter)]
    pub fn id(&self) -> f64 {
        self.use_with(Table::identity).map_or(0.0, |identity| identity as f64)
    }

    /// Number of elements.
    #[napi(getter)]
    pub fn length(&self) -> f64 {
        self.use_with(Table::len).map_or(0.0, |len| len as f64)
    }

    /// Whether it holds functions.
    #[napi(getter)]
    pub fn functions(&self) -> bool {
        self.use_with(|table| table.ty().element == RefType::FuncRef).unwrap_or(false)
    }

    /// Minimum, and maximum if there is one.
    #[napi(getter)]
    pub fn limits(&self) -> Vec<f64> {
        let Ok(limits) = self.use_with(|table| table.ty().limits) else { return Vec::new() };
        let mut list = vec![limits.min as f64];
        list.extend(limits.max.map(|max| max as f64));
        list
    }

    /// A function that gives elements.
    #[napi]
    pub fn getter<'env>(&self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        accessor::function(env, &self.handle, Access::TableGet)
    }

    /// A function that stores elements.
    #[napi]
    pub fn setter<'env>(&self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        accessor::function(env, &self.handle, Access::TableSet)
    }

    /// Grows by `delta` elements; the old length.
    #[napi]
    pub fn grow(&self, env: Env, delta: f64, element: Unknown<'_>) -> napi::Result<f64> {
        enter(env, |state| {
            let table = self.get()?;
            let element: Val = value::from_js(state, element.raw(), table.ty().element.into())?;
            Ok(table.grow(delta as u64, &element).map_err(range)? as f64)
        })
    }
}

fn range(error: wasmspan::Error) -> Failure {
    Failure::OutOfRange(error)
}
