//! What a VM has.

use super::Vm;
use crate::config::Config;
use crate::executor::{Executor, Loader, Validator};
use crate::runtime::{Extern, Instance};
use crate::statistics::Statistics;
use crate::store::Store;
use crate::types::FuncType;
use crate::wasi::Wasi;

impl Vm {
    /// The configuration it was made with.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The store of registered modules.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The loader that the VM uses.
    pub fn loader(&self) -> &Loader {
        &self.0.loader
    }

    /// The validator that the VM uses.
    pub fn validator(&self) -> &Validator {
        &self.0.validator
    }

    /// The executor that the VM uses.
    pub fn executor(&self) -> &Executor {
        &self.0.executor
    }

    /// What its calls count; see [`Statistics`].
    pub fn statistics(&self) -> &Statistics {
        self.0.executor.statistics()
    }

    /// The WASI module, if the configuration registers it. Give a guest its arguments with
    /// [`Wasi::configure`].
    ///
    /// ```
    /// use wasmspan::config::HostRegistration;
    /// use wasmspan::{Config, Vm, Wasi};
    /// let mut config = Config::default();
    /// config.host_registrations.add(HostRegistration::Wasi);
    /// let vm = Vm::new(&config)?;
    /// vm.wasi().unwrap().configure(Wasi::builder().arg("guest").env("LANG", "C"))?;
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn wasi(&self) -> Option<&Wasi> {
        self.0.wasi.as_ref()
    }

    /// The instance that [`execute`](Vm::execute) calls into; `None` before one was instantiated.
    pub fn active_module(&self) -> Option<Instance> {
        self.lock().active.clone()
    }

    /// Names and types of the active module's functions, in the order of its exports.
    pub fn function_list(&self) -> Vec<(String, FuncType)> {
        let Some(active) = self.active_module() else { return Vec::new() };
        let names = active.export_names().into_iter();
        names
            .filter_map(|(name, _)| match active.get_export(&name)? {
                Extern::Func(func) => Some((name, func.ty().clone())),
                _ => None,
            })
            .collect()
    }

    /// The type of a function of the active module.
    pub fn function_type(&self, name: &str) -> Option<FuncType> {
        self.active_module()?.func_type(name)
    }

    /// The type of a function of a registered module.
    pub fn function_type_registered(&self, module: &str, name: &str) -> Option<FuncType> {
        self.0.store.find(module)?.func_type(name)
    }
}
