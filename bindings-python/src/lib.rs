//! The native module of the Python package: thin classes over `wasmspan`.
//!
//! `door` is the one way into the core: it lets go of the interpreter, takes the instance, catches
//! panics. `error` makes exceptions of the core's errors. `owner` shows the garbage collector what
//! instances hold. The other files have a class or two each.

mod config;
mod door;
mod error;
mod function;
mod global;
mod host;
mod instance;
mod link;
mod memory;
mod module;
mod names;
mod owner;
mod table;
mod value;
mod wasi;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _native {
    use super::*;

    #[pymodule_export]
    use config::Config;
    #[pymodule_export]
    use global::Global;
    #[pymodule_export]
    use host::Caller;
    #[pymodule_export]
    use instance::Instance;
    #[pymodule_export]
    use memory::Memory;
    #[pymodule_export]
    use module::Module;
    #[pymodule_export]
    use table::Table;
    #[pymodule_export]
    use wasi::Wasi;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
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
        wasmspan::live_objects()
    }
}
