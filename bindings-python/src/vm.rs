//! The VM and the store of WasmEdge's API.

use crate::config::Config;
use crate::door;
use crate::instance::Instance;
use crate::link;
use crate::module::Module;
use crate::value;
use crate::wasi::Wasi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use wasmspan::{FuncType, Result, Val, VmState};

/// Instances under the names that others import from.
#[pyclass(frozen, module = "wasmspan")]
pub struct Store {
    core: wasmspan::Store,
}

#[pymethods]
impl Store {
    #[new]
    fn new() -> Store {
        Store { core: wasmspan::Store::new() }
    }

    /// Names of the registered instances, sorted.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.core.names()
    }

    /// The instance registered under a name, or `None`.
    fn find<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, Instance>>> {
        self.core.find(name).map(|found| Instance::foreign(py, &found)).transpose()
    }

    fn __contains__(&self, name: &str) -> bool {
        self.core.contains(name)
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.Store: {}>", self.core.names().join(", "))
    }
}

/// Loads, validates, instantiates and runs modules, step by step or all at once, as WasmEdge's VM does.
///
/// >>> vm = VM()
/// >>> vm.load(b'(module (func (export "neg") (param i32) (result i32)'
/// ...         b' (i32.sub (i32.const 0) (local.get 0))))')
/// >>> vm.validate()
/// >>> vm.instantiate()
/// >>> vm.execute("neg", 7)
/// -7
#[pyclass(frozen, weakref, name = "VM", module = "wasmspan")]
pub struct Vm {
    core: wasmspan::Vm,
    /// Host modules, which hold their callables.
    registered: Mutex<Vec<Py<Instance>>>,
    wasi: Option<wasmspan::Wasi>,
}

/// Where a module comes from.
enum Source {
    File(PathBuf),
    Bytes(Vec<u8>),
    Module(wasmspan::Module),
}

impl Source {
    fn of(source: &Bound<'_, PyAny>) -> PyResult<Source> {
        if let Ok(module) = source.cast::<Module>() {
            return Ok(Source::Module(module.get().core().clone()));
        }
        if source.is_instance_of::<PyString>() || source.hasattr("__fspath__")? {
            return Ok(Source::File(source.extract()?));
        }
        Ok(Source::Bytes(pyo3::buffer::PyBuffer::<u8>::get(source)?.to_vec(source.py())?))
    }
}

impl Vm {
    fn register_wasi(&self, py: Python<'_>) -> PyResult<()> {
        let Some(wasi) = &self.wasi else { return Ok(()) };
        let registered = self.core.register_instance(wasi.instance());
        registered.map_err(|failure| crate::error::to_python(py, &failure))
    }

    fn params(ty: Option<&FuncType>, args: &Bound<'_, PyTuple>) -> PyResult<Vec<Val>> {
        let Some(ty) = ty else { return Ok(Vec::new()) };
        if ty.params().len() != args.len() {
            let wanted = link::names(ty.params());
            return Err(pyo3::exceptions::PyTypeError::new_err(format!(
                "{} arguments are given for ({wanted})",
                args.len()
            )));
        }
        args.iter().zip(ty.params()).map(|(arg, ty)| value::to_val(&arg, *ty)).collect()
    }

    fn call<'py>(
        &self,
        py: Python<'py>,
        call: impl FnOnce() -> Result<Vec<Val>> + Send,
    ) -> PyResult<Bound<'py, PyAny>> {
        let exit = |failure: wasmspan::Error| match &self.wasi {
            Some(wasi) if failure.is_terminated() => crate::error::exit(py, wasi.exit_code()),
            _ => crate::error::to_python(py, &failure),
        };
        let results = door::attempt(py, call)?.map_err(exit)?;
        value::results(py, results.len(), |at| value::from_val(py, &results[at]))
    }
}

#[pymethods]
impl Vm {
    /// `wasi` is registered for guests that import it.
    #[new]
    #[pyo3(signature = (config = None, store = None, *, wasi = None))]
    fn new(
        py: Python<'_>,
        config: Option<&Config>,
        store: Option<&Store>,
        wasi: Option<&Wasi>,
    ) -> PyResult<Vm> {
        let config = config.map(|config| config.core().clone()).unwrap_or_default();
        let store = store.map(|store| store.core.clone()).unwrap_or_default();
        let core = door::work(py, || wasmspan::Vm::with_store(&config, &store))?;
        let vm =
            Vm { core, registered: Mutex::default(), wasi: wasi.map(|wasi| wasi.core().clone()) };
        vm.register_wasi(py)?;
        Ok(vm)
    }

    /// How far the module has come: "inited", "loaded", "validated" or "instantiated".
    #[getter]
    fn state(&self) -> &'static str {
        match self.core.state() {
            VmState::Inited => "inited",
            VmState::Loaded => "loaded",
            VmState::Validated => "validated",
            VmState::Instantiated => "instantiated",
        }
    }

    /// Loads a module: a path, bytes, or a `Module`.
    fn load(&self, source: &Bound<'_, PyAny>) -> PyResult<()> {
        let loaded = Source::of(source)?;
        door::work(source.py(), || match loaded {
            Source::File(path) => self.core.load_file(path),
            Source::Bytes(bytes) => self.core.load_bytes(bytes),
            Source::Module(module) => {
                self.core.load_module(&module);
                Ok(())
            }
        })
    }

    /// Validates the loaded module.
    fn validate(&self, py: Python<'_>) -> PyResult<()> {
        door::work(py, || self.core.validate())
    }

    /// Instantiates the validated module and makes the instance the active one.
    fn instantiate(&self, py: Python<'_>) -> PyResult<()> {
        door::work(py, || self.core.instantiate())
    }

    /// Calls a function of the active module.
    #[pyo3(signature = (name, *args))]
    fn execute<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let params = Vm::params(self.core.function_type(name).as_ref(), args)?;
        self.call(py, || self.core.execute(name, &params))
    }

    /// Calls a function of a registered module.
    #[pyo3(signature = (module, name, *args))]
    fn execute_registered<'py>(
        &self,
        py: Python<'py>,
        module: &str,
        name: &str,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let ty = self.core.function_type_registered(module, name);
        let params = Vm::params(ty.as_ref(), args)?;
        self.call(py, || self.core.execute_registered(module, name, &params))
    }

    /// Loads, validates and instantiates a module, and calls a function of it.
    #[pyo3(signature = (source, name, *args))]
    fn run<'py>(
        &self,
        source: &Bound<'py, PyAny>,
        name: &str,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = source.py();
        let module = match Source::of(source)? {
            Source::Module(module) => module,
            Source::File(path) => door::work(py, || self.core.loader().load_file(path))?,
            Source::Bytes(bytes) => door::work(py, || self.core.loader().load_bytes(bytes))?,
        };
        let ty = module.exports().into_iter().find_map(|export| match export.ty {
            wasmspan::ExternType::Func(ty) if export.name == name => Some(ty),
            _ => None,
        });
        let params = Vm::params(ty.as_ref(), args)?;
        self.call(py, || self.core.run_module(&module, name, &params))
    }

    /// Registers a module under a name, or an instance such as a host module under its own.
    #[pyo3(signature = (source, name = None))]
    fn register(&self, source: &Bound<'_, PyAny>, name: Option<&str>) -> PyResult<()> {
        let py = source.py();
        if let Ok(instance) = source.cast::<Instance>() {
            let core = instance.get().core();
            door::work(py, || self.core.register_instance(core))?;
            let mut registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
            registered.push(instance.clone().unbind());
            return Ok(());
        }
        let name = name.unwrap_or_default();
        let source = Source::of(source)?;
        door::work(py, || match source {
            Source::File(path) => self.core.register_file(name, path),
            Source::Bytes(bytes) => self.core.register_bytes(name, bytes),
            Source::Module(module) => self.core.register_module(name, &module),
        })
    }

    /// Names and types of the active module's functions.
    #[getter]
    fn functions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let found = PyDict::new(py);
        for (name, ty) in self.core.function_list() {
            found.set_item(name, link::func_type_object(py, &ty)?)?;
        }
        Ok(found)
    }

    /// The active instance, or `None` before one was instantiated.
    #[getter]
    fn active_module<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, Instance>>> {
        self.core.active_module().map(|active| Instance::foreign(py, &active)).transpose()
    }

    /// The store of registered modules.
    #[getter]
    fn store(&self) -> Store {
        Store { core: self.core.store().clone() }
    }

    /// Stops the calls of this VM from another thread.
    fn interrupt(&self, py: Python<'_>) {
        py.detach(|| self.core.interrupt().interrupt());
    }

    /// Forgets the module, the active instance and everything registered but WASI.
    fn cleanup(&self, py: Python<'_>) -> PyResult<()> {
        self.core.cleanup();
        let registered =
            std::mem::take(&mut *self.registered.lock().unwrap_or_else(PoisonError::into_inner));
        drop(registered);
        self.register_wasi(py)
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.VM: {}>", self.state())
    }
}
