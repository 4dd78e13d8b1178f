//! Instances by the names that others import them by.

use crate::cycle;
use crate::enter::enter;
use crate::error::Outcome;
use crate::executor::NativeExecutor;
use crate::handle::{Handle, Target};
use crate::instance::NativeInstance;
use crate::module::NativeModule;
use napi::Env;
use napi::bindgen_prelude::This;
use napi_derive::napi;
use std::rc::Rc;
use wasmspan::Store;

/// Instances by name.
#[napi]
pub struct NativeStore {
    handle: Rc<Handle>,
}

impl From<Store> for NativeStore {
    fn from(store: Store) -> NativeStore {
        NativeStore { handle: Handle::new(Target::Store(store)) }
    }
}

impl NativeStore {
    /// The store.
    pub fn get(&self) -> Outcome<Store> {
        self.handle.with(|target| match target {
            Target::Store(store) => Some(store.clone()),
            _ => None,
        })
    }
}

#[napi]
impl NativeStore {
    /// An empty store.
    #[napi(constructor)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        NativeStore::from(Store::new())
    }

    /// To be called by the JavaScript object that has it.
    #[napi]
    pub fn attach(&self, env: Env, this: This<'_>) -> napi::Result<()> {
        enter(env, |state| {
            self.handle.attach(state, &this);
            Ok(())
        })
    }

    /// Names of the registered instances.
    #[napi]
    pub fn names(&self, env: Env) -> napi::Result<Vec<String>> {
        enter(env, |_| Ok(self.get()?.names()))
    }

    /// The instance of this name.
    #[napi]
    pub fn find(&self, env: Env, name: String) -> napi::Result<Option<NativeInstance>> {
        enter(env, |_| Ok(self.get()?.find(&name).map(NativeInstance::from)))
    }

    /// Registers an instance.
    #[napi]
    pub fn register(&self, env: Env, name: String, instance: &NativeInstance) -> napi::Result<()> {
        enter(env, |_| Ok(self.get()?.register(&name, &instance.get()?)?))
    }

    /// Instantiates a module with what the store has, and registers it there if it gets a name.
    #[napi]
    pub fn instantiate(
        &self,
        env: Env,
        module: &NativeModule,
        by: &NativeExecutor,
        name: Option<String>,
    ) -> napi::Result<NativeInstance> {
        enter(env, |state| {
            let (executor, store, module) = (&by.executor, &self.get()?, &module.module);
            let instance = cycle::make(state, || match &name {
                Some(name) => executor.register(store, module, name),
                None => executor.instantiate(store, module),
            });
            state.refresh_buffers();
            Ok(NativeInstance::from(instance?))
        })
    }
}
