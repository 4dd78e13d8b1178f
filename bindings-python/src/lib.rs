//! The native module of the Python package: thin classes over `wasmspan`.
//!
//! `enter` is the one way into the core: it lets go of the interpreter, takes the instance (`lock`), catches
//! panics. `error` makes exceptions of the core's errors. `owner` counts what Python holds, and `cycle` shows the
//! garbage collector what that holds. The other files have a class or two each.

mod async_call;
mod bindgen;
mod callable;
mod command;
mod config;
mod cycle;
mod enter;
mod error;
mod function;
mod global;
mod host_function;
mod imports;
mod instance;
mod interpreter;
mod interrupt;
mod knot;
mod limits;
mod lock;
mod log;
mod memory;
mod memory_fs;
mod module;
mod names;
mod number;
mod owner;
mod pool;
mod pressure;
mod signals;
mod source;
mod stages;
mod statistics;
mod store;
mod stream;
mod table;
mod types;
mod value;
mod vm;
mod wasi;

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicI64, Ordering};

#[pymodule(gil_used = false)]
mod _native {
    use super::*;

    #[pymodule_export]
    use async_call::{Async, in_thread};
    #[pymodule_export]
    use bindgen::{Bindgen, Heap};
    #[pymodule_export]
    use command::run_command;
    #[pymodule_export]
    use config::Config;
    #[pymodule_export]
    use cycle::{at_exit, collecting};
    #[pymodule_export]
    use global::Global;
    #[pymodule_export]
    use host_function::Caller;
    #[pymodule_export]
    use instance::Instance;
    #[pymodule_export]
    use interrupt::Interrupt;
    #[pymodule_export]
    use limits::Limits;
    #[pymodule_export]
    use log::set_log;
    #[pymodule_export]
    use memory::Memory;
    #[pymodule_export]
    use memory_fs::MemoryFs;
    #[pymodule_export]
    use module::Module;
    #[pymodule_export]
    use names::look_up;
    #[pymodule_export]
    use pool::{Pool, Reservation, reserve};
    #[pymodule_export]
    use signals::after_fork;
    #[pymodule_export]
    use stages::{Compiler, Executor, Loader, Validator};
    #[pymodule_export]
    use statistics::Statistics;
    #[pymodule_export]
    use store::Store;
    #[pymodule_export]
    use table::Table;
    #[pymodule_export]
    use vm::Vm;
    #[pymodule_export]
    use wasi::Wasi;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        only_interpreter()?;
        wasmspan::log::note_places();
        module.add("Function", function::python_type(module.py())?)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }

    /// Puts the runtime's fault handlers back on top of handlers that another library has installed.
    #[pyfunction]
    fn ensure_signal_handlers() {
        wasmspan::ensure_signal_handlers();
    }

    /// Objects of the engine that are alive in this process: for tests of leaks.
    #[pyfunction]
    fn live_objects() -> usize {
        wasmspan::raw::live_objects()
    }

    /// Panics of the package's native code that have become errors: for tests.
    #[pyfunction]
    fn faults() -> u64 {
        wasmspan::log::faults()
    }

    /// Panics in native code, as a fault of it would: for tests of what becomes of that.
    #[pyfunction]
    fn provoke_fault(py: Python<'_>, text: &str) -> PyResult<()> {
        enter::work(py, || panic!("{text}"))
    }
}

/// Refuses sub-interpreters: classes that are kept for the process would be shared between them.
fn only_interpreter() -> PyResult<()> {
    static FIRST: AtomicI64 = AtomicI64::new(-1);
    // SAFETY: the interpreter is attached.
    let this = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
    match FIRST.compare_exchange(-1, this, Ordering::SeqCst, Ordering::SeqCst) {
        Err(first) if first != this => Err(PyImportError::new_err(
            "wasmspan can be imported into one interpreter of a process",
        )),
        _ => Ok(()),
    }
}
