//! Naming modules so that others can import from them.

use super::{Vm, logged};
use crate::error::{ErrCode, Error, Result};
use crate::executor::Module;
use crate::runtime::Instance;
use std::path::Path;

impl Vm {
    /// Loads, validates and instantiates a file, and registers the instance under `name`.
    ///
    /// An instantiated module has to be instantiated again afterwards to see what was registered;
    /// it can be called as before meanwhile.
    ///
    /// # Errors
    ///
    /// Those of each step, and `module name conflict`.
    pub fn register_file(&self, name: &str, path: impl AsRef<Path>) -> Result<()> {
        self.register_loaded(name, || self.0.loader.load_file(path))
    }

    /// As [`register_file`](Vm::register_file), from bytes.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// ```
    /// use wasmspan::{Config, Vm};
    /// let vm = Vm::new(&Config::default())?;
    /// vm.register_bytes("lib", r#"(module (func (export "one") (result i32) i32.const 1))"#)?;
    /// assert_eq!(vm.execute_registered("lib", "one", &[])?[0].i32(), Some(1));
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn register_bytes(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.register_loaded(name, || self.0.loader.load_bytes(bytes))
    }

    /// As [`register_file`](Vm::register_file), from a loaded module.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn register_module(&self, name: &str, module: &Module) -> Result<()> {
        self.register_loaded(name, || Ok(module.clone()))
    }

    fn register_loaded(&self, name: &str, load: impl FnOnce() -> Result<Module>) -> Result<()> {
        self.lock().step_back();
        let register = || {
            let module = load()?;
            self.0.validator.validate(&module)?;
            self.0.interrupt.run(|| self.0.executor.register(&self.0.store, &module, name))
        };
        logged(register().map(drop))
    }

    /// Registers an instance, such as a host module, under the name it has.
    ///
    /// # Errors
    ///
    /// `module name conflict`; `wrong VM workflow` if the instance has no name.
    pub fn register_instance(&self, instance: &Instance) -> Result<()> {
        self.lock().step_back();
        if instance.name().is_empty() {
            let detail = "an instance without a name can't be imported from";
            return logged(Err(Error::with_detail(ErrCode::WrongVMWorkflow, detail)));
        }
        logged(self.0.executor.register_instance(&self.0.store, instance))
    }
}
