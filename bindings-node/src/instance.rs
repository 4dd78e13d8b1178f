//! Instances: made from a module and imports, or by hand as host modules.

use crate::async_call::within;
use crate::call::timeout;
use crate::config::NativeConfig;
use crate::cycle;
use crate::enter::enter;
use crate::error::{Outcome, string};
use crate::executor::{self, NativeExecutor};
use crate::global::NativeGlobal;
use crate::handle::{Handle, Target};
use crate::host_function;
use crate::imports::{extern_to_js, imports_from_js};
use crate::lock::Lock;
use crate::memory::NativeMemory;
use crate::module::NativeModule;
use crate::table::NativeTable;
use crate::types::{type_names, val_type};
use napi::bindgen_prelude::{This, Unknown};
use napi::{Env, JsValue, sys};
use napi_derive::napi;
use std::ptr;
use std::rc::Rc;
use wasmspan::{Extern, FuncType, Instance, Pool, Pooled};

/// An instance of a module, or a host module.
#[napi]
pub struct NativeInstance {
    handle: Rc<Handle>,
    lock: Lock,
}

impl From<Instance> for NativeInstance {
    fn from(instance: Instance) -> NativeInstance {
        NativeInstance::new(instance, Lock::default())
    }
}

impl NativeInstance {
    /// An instance whose functions go through a lock that others may share.
    pub fn new(instance: Instance, lock: Lock) -> NativeInstance {
        NativeInstance { handle: Handle::new(Target::Instance(instance)), lock }
    }

    /// An instance of a pool.
    pub fn pooled(pooled: Pooled, pool: &Pool) -> NativeInstance {
        let handle = Handle::new(Target::Pooled(pooled, pool.clone()));
        NativeInstance { handle, lock: Lock::default() }
    }

    /// The lock that its functions share.
    pub fn lock(&self) -> Lock {
        Rc::clone(&self.lock)
    }

    /// The instance; fails if it was disposed of.
    pub fn get(&self) -> Outcome<Instance> {
        self.handle.with(|target| match target {
            Target::Instance(instance) => Some(instance.clone()),
            Target::Pooled(pooled, _) => Some((**pooled).clone()),
            _ => None,
        })
    }
}

#[napi]
impl NativeInstance {
    /// To be called by the JavaScript object that has it.
    #[napi]
    pub fn attach(&self, env: Env, this: This<'_>) -> napi::Result<()> {
        enter(env, |state| {
            self.handle.attach(state, &this);
            Ok(())
        })
    }

    /// An empty host module.
    #[napi(factory)]
    pub fn host(name: String) -> NativeInstance {
        NativeInstance::from(Instance::host(name))
    }

    /// Instantiates a module with its imports in a list, each of the kind that is asked for.
    #[napi(factory)]
    pub fn instantiate(
        env: Env,
        module: &NativeModule,
        by: Option<&NativeExecutor>,
        config: Option<&NativeConfig>,
        imports: Unknown<'_>,
        limit: Option<f64>,
    ) -> napi::Result<NativeInstance> {
        enter(env, |state| {
            let externs = imports_from_js(state, &module.module, &imports)?;
            let executor = executor::of(by, config, &module.module);
            let instance = within(timeout(limit), || {
                cycle::make(state, || executor.instantiate_with(&module.module, &externs))
            });
            state.refresh_buffers();
            Ok(NativeInstance::from(instance?))
        })
    }

    /// The name it is registered under.
    #[napi(getter)]
    pub fn name(&self) -> String {
        self.get().map_or_else(|_| String::new(), |instance| instance.name().to_string())
    }

    /// Lets go of the instance and of what its functions stand for; fails while one is running.
    #[napi]
    pub fn dispose(&self, env: Env) -> napi::Result<()> {
        enter(env, |_| {
            self.lock.dispose()?;
            drop(self.handle.take());
            Ok(())
        })
    }

    /// Triples of name, kind and what is exported.
    #[napi]
    pub fn exports<'env>(&self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        let raw = enter(*env, |state| {
            let instance = self.get()?;
            let mut list = ptr::null_mut();
            // SAFETY: values of this environment, for all three calls.
            unsafe { sys::napi_create_array(state.env, &mut list) };
            for (at, (name, kind)) in instance.export_names().iter().enumerate() {
                let Some(item) = instance.get_export(name) else { continue };
                // A function of the host that a module exports is named as those of the module are.
                let index = match &item {
                    Extern::Func(func) if func.index().is_none() => instance.export_index(name),
                    _ => None,
                };
                let index = index.map(|index| index.to_string());
                let called = index.as_deref().unwrap_or(name);
                let entry = [
                    string(state, name),
                    string(state, &kind.to_string()),
                    extern_to_js(state, item, Some((called, &self.lock)))?,
                ];
                unsafe {
                    let mut triple = ptr::null_mut();
                    sys::napi_create_array_with_length(state.env, entry.len(), &mut triple);
                    for (place, value) in entry.into_iter().enumerate() {
                        sys::napi_set_element(state.env, triple, place as u32, value);
                    }
                    sys::napi_set_element(state.env, list, at as u32, triple);
                }
            }
            Ok(list)
        })?;
        // SAFETY: a value of this environment.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
    }

    /// Puts a function into a host module.
    #[napi]
    pub fn define_function(
        &self,
        env: Env,
        name: String,
        parameters: Vec<String>,
        results: Vec<String>,
        function: Unknown<'_>,
    ) -> napi::Result<()> {
        enter(env, |state| {
            let types = |names: &[String]| -> Outcome<Vec<_>> {
                names.iter().map(|name| val_type(name)).collect()
            };
            let ty = FuncType::new(types(&parameters)?, types(&results)?);
            let func = host_function::import(state, function.raw(), &ty)?;
            Ok(self.get()?.define(name, func)?)
        })
    }

    /// Puts a memory into a host module.
    #[napi]
    pub fn define_memory(&self, env: Env, name: String, item: &NativeMemory) -> napi::Result<()> {
        enter(env, |_| Ok(self.get()?.define(name, item.get()?)?))
    }

    /// Puts a table into a host module.
    #[napi]
    pub fn define_table(&self, env: Env, name: String, item: &NativeTable) -> napi::Result<()> {
        enter(env, |_| Ok(self.get()?.define(name, item.get()?)?))
    }

    /// Puts a global into a host module.
    #[napi]
    pub fn define_global(&self, env: Env, name: String, item: &NativeGlobal) -> napi::Result<()> {
        enter(env, |_| Ok(self.get()?.define(name, item.get()?)?))
    }

    /// Types of an exported function; null if there is none.
    #[napi]
    pub fn function_type(&self, name: String) -> Option<Vec<Vec<String>>> {
        self.get().ok()?.func_type(&name).map(|ty| type_names(&ty))
    }
}
