//! Globals.

use crate::error::{Failure, Outcome, door};
use crate::value;
use napi::bindgen_prelude::Unknown;
use napi::{Env, JsValue};
use napi_derive::napi;
use wasmspan::{ErrCode, Error, Global, GlobalType, Mutability, ValType};

/// A global.
#[napi]
pub struct NativeGlobal {
    pub(crate) global: Global,
}

/// The value type of this name.
pub fn val_type(name: &str) -> Outcome<ValType> {
    let name = if name == "anyfunc" { "funcref" } else { name };
    let known = ValType::ALL.iter().copied().find(|ty| ty.name() == name);
    known.ok_or_else(|| Failure::Type(format!("there is no value type {name:?}")))
}

#[napi]
impl NativeGlobal {
    /// Makes a global.
    #[napi(constructor)]
    pub fn new(env: Env, ty: String, mutable: bool, initial: Unknown<'_>) -> napi::Result<Self> {
        door(env, |state| {
            let content = val_type(&ty)?;
            let mutability = if mutable { Mutability::Var } else { Mutability::Const };
            let initial = value::from_js(state, initial.raw(), content)?;
            let global = Global::new(GlobalType::new(content, mutability), &initial)?;
            Ok(NativeGlobal { global })
        })
    }

    /// A number that no other live global has.
    #[napi(getter)]
    pub fn id(&self) -> f64 {
        self.global.identity() as f64
    }

    /// The value's type.
    #[napi(getter)]
    pub fn type_name(&self) -> &'static str {
        self.global.ty().content.name()
    }

    /// Whether it may be written.
    #[napi(getter)]
    pub fn mutable(&self) -> bool {
        self.global.ty().mutability == Mutability::Var
    }

    /// The value.
    #[napi]
    pub fn get<'env>(&self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        let raw = door(*env, |state| value::to_js(state, &self.global.get()))?;
        // SAFETY: a value of this environment.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
    }

    /// Sets the value.
    #[napi]
    pub fn set(&self, env: Env, content: Unknown<'_>) -> napi::Result<()> {
        door(env, |state| {
            if !self.mutable() {
                return Err(Failure::Misused(Error::new(ErrCode::ImmutableGlobal)));
            }
            let content = value::from_js(state, content.raw(), self.global.ty().content)?;
            Ok(self.global.set(&content)?)
        })
    }
}
