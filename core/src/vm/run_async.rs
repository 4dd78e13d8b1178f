//! Calling functions on other threads.

use super::Vm;
use crate::config::Limits;
use crate::error::Result;
use crate::executor::Module;
use crate::runtime::Val;
use crate::task::Task;
use std::path::Path;

/// All return at once and fail only if the system grants no thread; what the call itself gives,
/// [`Task::get`] tells. Calls run under the VM's interrupt and under the task's own.
impl Vm {
    /// As [`execute`](Vm::execute), on another thread. The module that is active when this is called
    /// is the one that runs.
    ///
    /// # Errors
    ///
    /// If the system grants no thread.
    pub fn execute_async(&self, name: &str, params: &[Val]) -> Result<Task> {
        self.execute_within_async(name, params, &Limits::default())
    }

    /// As [`execute_within`](Vm::execute_within), on another thread. Time counts from when the call
    /// begins there.
    ///
    /// # Errors
    ///
    /// If the system grants no thread.
    pub fn execute_within_async(
        &self,
        name: &str,
        params: &[Val],
        limits: &Limits,
    ) -> Result<Task> {
        let (vm, active, limits) = (self.clone(), self.active_module(), *limits);
        let (name, params) = (name.to_string(), params.to_vec());
        Task::start(move || vm.execute_in(active.as_ref(), &name, &params, &limits))
    }

    /// As [`execute_registered`](Vm::execute_registered), on another thread.
    ///
    /// # Errors
    ///
    /// If the system grants no thread.
    pub fn execute_registered_async(
        &self,
        module: &str,
        name: &str,
        params: &[Val],
    ) -> Result<Task> {
        let (vm, module) = (self.clone(), module.to_string());
        let (name, params) = (name.to_string(), params.to_vec());
        Task::start(move || vm.execute_registered(&module, &name, &params))
    }

    /// As [`run_file`](Vm::run_file), on another thread, which also loads the file.
    ///
    /// # Errors
    ///
    /// If the system grants no thread.
    pub fn run_file_async(
        &self,
        path: impl AsRef<Path>,
        name: &str,
        params: &[Val],
    ) -> Result<Task> {
        let (vm, path) = (self.clone(), path.as_ref().to_path_buf());
        let (name, params) = (name.to_string(), params.to_vec());
        Task::start(move || vm.run_file(path, &name, &params))
    }

    /// As [`run_bytes`](Vm::run_bytes), on another thread.
    ///
    /// # Errors
    ///
    /// If the system grants no thread.
    pub fn run_bytes_async(
        &self,
        bytes: impl AsRef<[u8]>,
        name: &str,
        params: &[Val],
    ) -> Result<Task> {
        let (vm, bytes) = (self.clone(), bytes.as_ref().to_vec());
        let (name, params) = (name.to_string(), params.to_vec());
        Task::start(move || vm.run_bytes(bytes, &name, &params))
    }

    /// As [`run_module`](Vm::run_module), on another thread.
    ///
    /// # Errors
    ///
    /// If the system grants no thread.
    pub fn run_module_async(&self, module: &Module, name: &str, params: &[Val]) -> Result<Task> {
        let (vm, module) = (self.clone(), module.clone());
        let (name, params) = (name.to_string(), params.to_vec());
        Task::start(move || vm.run_module(&module, &name, &params))
    }
}
