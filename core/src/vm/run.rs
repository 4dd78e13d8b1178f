//! Calling functions.

use super::{Vm, logged};
use crate::config::Limits;
use crate::error::{ErrCode, Error, Result};
use crate::executor::Module;
use crate::interrupt::Interrupt;
use crate::log::{self, LogLevel};
use crate::runtime::{Instance, Val};
use std::path::Path;

#[cold]
fn failed(error: Error, module: Option<&[u8]>, name: &[u8]) -> Error {
    if error.is_terminated() {
        log::log(LogLevel::Debug, " Terminated.");
        return error;
    }
    let name = String::from_utf8_lossy(name);
    let error = error.closing(match module.map(String::from_utf8_lossy) {
        None => format!("When executing function name: \"{name}\""),
        Some(module) => {
            format!("When executing module name: \"{module}\" , function name: \"{name}\"")
        }
    });
    log::log_error(&error);
    error
}

impl Vm {
    /// Calls a function of the active module.
    ///
    /// # Errors
    ///
    /// `wrong instance address` if no module is active, `wasm function not found`, `function
    /// signature mismatch`, `execution interrupted`, and what ends the call: a trap, a host
    /// function's error, or `terminated`.
    pub fn execute(&self, name: &str, params: &[Val]) -> Result<Vec<Val>> {
        let active = self.lock().active.clone();
        self.execute_in(active.as_ref(), name, params, &Limits::default())
    }

    /// As [`execute`](Vm::execute), within limits of this call and those of the VM.
    ///
    /// # Errors
    ///
    /// As there, and as [`Executor::invoke_within`](crate::Executor::invoke_within).
    pub fn execute_within(&self, name: &str, params: &[Val], limits: &Limits) -> Result<Vec<Val>> {
        let active = self.lock().active.clone();
        self.execute_in(active.as_ref(), name, params, limits)
    }

    /// The error of a call into a VM without an active module.
    #[doc(hidden)]
    #[cold]
    pub fn none_active() -> Error {
        Error::with_detail(
            ErrCode::WrongInstanceAddress,
            "no module is instantiated: load, validate and instantiate one first",
        )
    }

    /// The error of a call into a module that isn't there.
    #[doc(hidden)]
    #[cold]
    pub fn none_registered(module: &str) -> Error {
        let detail = format!("no module is registered as \"{module}\"");
        Error::with_detail(ErrCode::WrongInstanceAddress, detail)
    }

    /// Tells the log how the call of a VM's function ended, and the error what was called: the end of
    /// each, also of those that a binding makes by slots.
    ///
    /// # Errors
    ///
    /// That of the call.
    #[doc(hidden)]
    #[inline(always)]
    pub fn ended<T>(called: Result<T>, module: Option<&[u8]>, name: &[u8]) -> Result<T> {
        match called {
            Ok(results) => {
                if log::enabled(LogLevel::Debug) {
                    log::log(LogLevel::Debug, " Execution succeeded.");
                }
                Ok(results)
            }
            Err(error) => Err(failed(error, module, name)),
        }
    }

    pub(super) fn execute_in(
        &self,
        instance: Option<&Instance>,
        name: &str,
        params: &[Val],
        limits: &Limits,
    ) -> Result<Vec<Val>> {
        let called = instance
            .ok_or_else(Vm::none_active)
            .and_then(|instance| self.call(instance, name, params, limits));
        Vm::ended(called, None, name.as_bytes())
    }

    /// Calls a function of a registered module; allowed in every state.
    ///
    /// # Errors
    ///
    /// `wrong instance address` if no module has that name, else as [`execute`](Vm::execute).
    pub fn execute_registered(&self, module: &str, name: &str, params: &[Val]) -> Result<Vec<Val>> {
        let called = (self.0.store.find(module))
            .ok_or_else(|| Vm::none_registered(module))
            .and_then(|instance| self.call(&instance, name, params, &Limits::default()));
        Vm::ended(called, Some(module.as_bytes()), name.as_bytes())
    }

    /// Calls under the VM's interrupt; the function that was found keeps its instance alive.
    fn call(
        &self,
        instance: &Instance,
        name: &str,
        params: &[Val],
        limits: &Limits,
    ) -> Result<Vec<Val>> {
        let func = instance.find_func(name)?;
        self.0.interrupt.run(|| match *limits == Limits::default() {
            true => self.0.executor.invoke(&func, params),
            false => self.0.executor.invoke_within(&func, params, limits),
        })
    }

    /// Loads, validates and instantiates a file, and calls a function of it. The instance becomes
    /// the active one; a loaded module stays loaded.
    ///
    /// # Errors
    ///
    /// Those of each step.
    pub fn run_file(&self, path: impl AsRef<Path>, name: &str, params: &[Val]) -> Result<Vec<Val>> {
        self.run_loaded(|| self.0.loader.load_file(path), name, params)
    }

    /// As [`run_file`](Vm::run_file), from bytes.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// ```
    /// use wasmspan::{Config, Val, Vm};
    /// let vm = Vm::new(&Config::default())?;
    /// let wat = r#"(module (func (export "neg") (param i32) (result i32)
    ///     (i32.sub (i32.const 0) (local.get 0))))"#;
    /// assert_eq!(vm.run_bytes(wat, "neg", &[Val::I32(7)])?[0].i32(), Some(-7));
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn run_bytes(
        &self,
        bytes: impl AsRef<[u8]>,
        name: &str,
        params: &[Val],
    ) -> Result<Vec<Val>> {
        self.run_loaded(|| self.0.loader.load_bytes(bytes), name, params)
    }

    /// As [`run_file`](Vm::run_file), from a loaded module.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn run_module(&self, module: &Module, name: &str, params: &[Val]) -> Result<Vec<Val>> {
        self.run_loaded(|| Ok(module.clone()), name, params)
    }

    fn run_loaded(
        &self,
        load: impl FnOnce() -> Result<Module>,
        name: &str,
        params: &[Val],
    ) -> Result<Vec<Val>> {
        self.lock().step_back();
        let prepare = || {
            let module = load()?;
            self.0.validator.validate(&module)?;
            self.start(&module)
        };
        let instance = logged(prepare())?;
        let old = self.lock().active.replace(instance.clone());
        drop(old);
        self.execute_in(Some(&instance), name, params, &Limits::default())
    }

    /// Stops calls of this VM from another thread: they end with `execution interrupted`, and the VM
    /// can be used again.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wasmspan::{Config, ErrCode, Vm};
    /// let vm = Vm::new(&Config::default())?;
    /// let ended = std::thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         std::thread::sleep(Duration::from_millis(50));
    ///         vm.interrupt().interrupt();
    ///     });
    ///     vm.run_bytes(r#"(module (func (export "spin") (loop (br 0))))"#, "spin", &[])
    /// });
    /// assert_eq!(ended.unwrap_err().code(), ErrCode::Interrupted);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn interrupt(&self) -> &Interrupt {
        &self.0.interrupt
    }
}
