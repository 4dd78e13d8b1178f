//! Globals.

use crate::accessor::{self, Access};
use crate::enter::enter;
use crate::error::Outcome;
use crate::handle::{Handle, Target};
use crate::types::val_type;
use crate::value;
use napi::bindgen_prelude::{This, Unknown};
use napi::{Env, JsValue};
use napi_derive::napi;
use std::rc::Rc;
use wasmspan::{Global, GlobalType, Mutability};

/// A global.
#[napi]
pub struct NativeGlobal {
    handle: Rc<Handle>,
}

impl From<Global> for NativeGlobal {
    fn from(global: Global) -> NativeGlobal {
        NativeGlobal { handle: Handle::new(Target::Global(global)) }
    }
}

impl NativeGlobal {
    /// The global.
    pub fn get(&self) -> Outcome<Global> {
        self.use_with(Global::clone)
    }

    fn use_with<T>(&self, work: impl FnOnce(&Global) -> T) -> Outcome<T> {
        self.handle.with(|target| match target {
            Target::Global(global) => Some(work(global)),
            _ => None,
        })
    }
}

#[napi]
impl NativeGlobal {
    /// Makes a global.
    #[napi(constructor)]
    pub fn new(env: Env, ty: String, mutable: bool, initial: Unknown<'_>) -> napi::Result<Self> {
        enter(env, |state| {
            let content = val_type(&ty)?;
            let mutability = if mutable { Mutability::Var } else { Mutability::Const };
            let initial = value::from_js(state, initial.raw(), content)?;
            let global = Global::new(GlobalType::new(content, mutability), &initial)?;
            Ok(NativeGlobal::from(global))
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

    /// A number that no other live global has.
    #[napi(getter)]
    pub fn id(&self) -> f64 {
        self.use_with(Global::identity).map_or(0.0, |identity| identity as f64)
    }

    /// The value's type.
    #[napi(getter)]
    pub fn type_name(&self) -> &'static str {
        self.use_with(|global| global.ty().content.name()).unwrap_or_default()
    }

    /// Whether it may be written.
    #[napi(getter)]
    pub fn mutable(&self) -> bool {
        self.use_with(|global| global.ty().mutability == Mutability::Var).unwrap_or(false)
    }

    /// A function that gives the value.
    #[napi]
    pub fn getter<'env>(&self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        accessor::function(env, &self.handle, Access::GlobalGet)
    }

    /// A function that sets the value.
    #[napi]
    pub fn setter<'env>(&self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        accessor::function(env, &self.handle, Access::GlobalSet)
    }
}
