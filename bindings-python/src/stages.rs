//! The stages that a VM is made of, each for itself: loader, validator, compiler, executor.

use crate::async_call::Async;
use crate::config::Config;
use crate::enter::{self, Stops};
use crate::error;
use crate::function;
use crate::instance::Instance;
use crate::limits::Limits;
use crate::lock::{InstanceLock, WhenBusy};
use crate::module::{Module, Source};
use crate::owner::{Owner, Target};
use crate::pressure;
use crate::statistics::Statistics;
use crate::store::Store;
use crate::value;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::path::PathBuf;
use wasmspan::{Func, Result, Val};

fn settings(config: Option<&Config>) -> wasmspan::Config {
    config.map(|config| config.core().clone()).unwrap_or_default()
}

/// Loads modules, without validating them.
///
/// >>> module = Loader().load(b"(module)")
/// >>> Validator().validate(module)
#[pyclass(frozen, module = "wasmspan")]
pub struct Loader {
    core: wasmspan::Loader,
    config: wasmspan::Config,
}

#[pymethods]
impl Loader {
    #[new]
    #[pyo3(signature = (config = None))]
    fn new(config: Option<&Config>) -> Loader {
        let config = settings(config);
        Loader { core: wasmspan::Loader::new(&config), config }
    }

    /// Loads a module: a path, or bytes, which may be text.
    fn load(&self, source: &Bound<'_, PyAny>) -> PyResult<Module> {
        let given = Source::of(source)?;
        let core = enter::work(source.py(), || given.load(&self.core))?;
        Ok(Module::new_of(core, &self.config))
    }
}

/// Checks modules against the rules of WebAssembly.
#[pyclass(frozen, module = "wasmspan")]
pub struct Validator {
    core: wasmspan::Validator,
}

#[pymethods]
impl Validator {
    #[new]
    #[pyo3(signature = (config = None))]
    fn new(config: Option<&Config>) -> Validator {
        Validator { core: wasmspan::Validator::new(&settings(config)) }
    }

    /// Raises `CompileError` for the first rule that the module breaks.
    fn validate(&self, py: Python<'_>, module: &Module) -> PyResult<()> {
        enter::work(py, || self.core.validate(module.core()))
    }
}

/// Compiles modules ahead of time, into files for `Module.load_compiled`.
///
/// >>> compiled = Compiler().compile_to_bytes(b"(module)")
/// >>> Loader(Config(load_compiled=True)).load(compiled).is_precompiled
/// True
#[pyclass(frozen, module = "wasmspan")]
pub struct Compiler {
    core: wasmspan::Compiler,
    loader: wasmspan::Loader,
}

#[pymethods]
impl Compiler {
    #[new]
    #[pyo3(signature = (config = None))]
    fn new(config: Option<&Config>) -> Compiler {
        let config = settings(config);
        let core = wasmspan::Compiler::new(&config);
        let plain = wasmspan::Config { load_compiled: false, ..config };
        Compiler { core, loader: wasmspan::Loader::new(&plain) }
    }

    /// Compiles a path, bytes or a `Module` into a file: a shared object if its name ends in `.so`,
    /// else what the configuration's `output_format` says. A failure leaves no half file.
    fn compile(&self, source: &Bound<'_, PyAny>, output: PathBuf) -> PyResult<()> {
        let given = Source::of(source)?;
        let compile = || self.core.compile_module(&given.load(&self.loader)?, &output);
        let written = enter::attempt(source.py(), compile)?;
        written.map_err(|failure| error::of_output(source.py(), &failure, &output))
    }

    /// Compiles a path, bytes or a `Module` to the content of a compiled file.
    fn compile_to_bytes<'py>(&self, source: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let (py, given) = (source.py(), Source::of(source)?);
        let file =
            enter::work(py, || self.core.compile_to_bytes(given.load(&self.loader)?.bytes()))?;
        Ok(PyBytes::new(py, &file))
    }
}

/// Instantiates modules and calls functions under one configuration, and counts what they do.
///
/// >>> executor = Executor(Config(limits=Limits(cost=1000)))
/// >>> module = Module.from_wat('(module (func (export "spin") (loop (br 0))))')
/// >>> instance = executor.instantiate(Store(), module)
/// >>> executor.invoke(instance["spin"])
/// Traceback (most recent call last):
/// wasmspan._errors.OutOfFuel: cost limit exceeded
#[pyclass(frozen, module = "wasmspan")]
pub struct Executor {
    core: wasmspan::Executor,
}

impl Executor {
    fn made(
        py: Python<'_>,
        store: &Store,
        make: impl Fn() -> Result<wasmspan::Instance> + Send + Sync,
    ) -> PyResult<Py<Instance>> {
        let made = pressure::make(py, || enter::attempt(py, &make))?;
        let core = made.map_err(|failure| error::to_python(py, &failure))?;
        let mut owner =
            Owner::of(Target::Instance(core), InstanceLock::new(WhenBusy::Raise, false));
        owner.wasi = store.wasi(py);
        Instance::made(py, owner).map(Bound::unbind)
    }
}

/// A function and the arguments for it.
fn call_of(function: &Bound<'_, PyAny>, args: &Bound<'_, PyTuple>) -> PyResult<(Func, Vec<Val>)> {
    let func = function::core_of(function)
        .ok_or_else(|| PyTypeError::new_err("an executor invokes Function objects"))?;
    let values = value::params(func.ty(), args)?;
    Ok((func, values))
}

#[pymethods]
impl Executor {
    /// What its calls count goes to `statistics`, which several executors may share.
    #[new]
    #[pyo3(signature = (config = None, statistics = None))]
    fn new(config: Option<&Config>, statistics: Option<&Statistics>) -> Executor {
        let own = wasmspan::Statistics::new();
        let statistics = statistics.map_or(&own, Statistics::core);
        Executor { core: wasmspan::Executor::with_statistics(&settings(config), statistics) }
    }

    /// Makes an instance of a validated module; what it imports is looked up in the store.
    fn instantiate(
        &self,
        py: Python<'_>,
        store: &Store,
        module: &Module,
    ) -> PyResult<Py<Instance>> {
        let make = || self.core.instantiate(store.core(), module.core());
        Executor::made(py, store, make)
    }

    /// Makes an instance and registers it in the store under a name.
    fn register(
        &self,
        py: Python<'_>,
        store: &Store,
        module: &Module,
        name: &str,
    ) -> PyResult<Py<Instance>> {
        let make = || self.core.register(store.core(), module.core(), name);
        let instance = Executor::made(py, store, make)?;
        store.note(name, instance.bind(py));
        Ok(instance)
    }

    /// Calls a function, within the executor's limits and those of this call.
    #[pyo3(signature = (function, *args, limits = None))]
    fn invoke<'py>(
        &self,
        function: &Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
        limits: Option<&Limits>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = function.py();
        let (func, values) = call_of(function, args)?;
        let limits = limits.map(|limits| *limits.core()).unwrap_or_default();
        let owner = function::core_and_held(function).map(|(_, held)| held.owner().get());
        let call = || self.core.invoke_within(&func, &values, &limits);
        let results = enter::run(py, owner, None::<&Stops>, call)?;
        value::all(py, &results)
    }

    /// Calls a function on another thread, and returns at once.
    #[pyo3(signature = (function, *args))]
    fn invoke_async(
        &self,
        function: &Bound<'_, PyAny>,
        args: &Bound<'_, PyTuple>,
    ) -> PyResult<Async> {
        let (func, values) = call_of(function, args)?;
        let executor = self.core.clone();
        Async::start(function.py(), move || executor.invoke(&func, &values))
    }

    /// What its calls count.
    #[getter]
    fn statistics(&self) -> Statistics {
        Statistics::of(self.core.statistics())
    }

    fn __repr__(&self) -> String {
        let limits = Limits::of(self.core.config().limits);
        format!("<wasmspan.Executor: {}>", limits.repr())
    }
}
