//! The VM of WasmEdge's API.

use crate::async_call::Async;
use crate::config::Config;
use crate::enter;
use crate::error;
use crate::instance::Instance;
use crate::limits::Limits;
use crate::lock::InstanceLock;
use crate::module::Source;
use crate::owner::{Held, HeldWasi, Owner, Target};
use crate::pressure::{self, Weight};
use crate::statistics::Statistics;
use crate::store::Store;
use crate::types;
use crate::value;
use crate::wasi::Wasi;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use wasmspan::{FuncType, Result, Val, VmState};

/// Loads, validates, instantiates and runs modules, step by step or all at once, as WasmEdge's VM does.
///
/// Any thread may use it; what changes its module waits for its turn.
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
    /// For the handle above.
    held: Held,
    store: Py<Store>,
    wasi: Option<HeldWasi>,
    weight: Weight,
}

impl Vm {
    fn register_wasi(&self, py: Python<'_>) -> PyResult<()> {
        let Some(wasi) = &self.wasi else { return Ok(()) };
        let registered = self.core.register_instance(wasi.core.instance());
        registered.map_err(|failure| error::to_python(py, &failure))
    }

    /// Notes what the active instance takes.
    fn weigh(&self) {
        if let Some(active) = self.core.active_module() {
            self.weight.of_instance(&active);
        }
    }

    fn call<'py>(
        py: Python<'py>,
        call: impl FnOnce() -> Result<Vec<Val>> + Send,
    ) -> PyResult<Bound<'py, PyAny>> {
        value::all(py, &enter::work(py, call)?)
    }

    /// Arguments for a function; if there is none, the call itself says so.
    fn params(ty: Option<FuncType>, args: &Bound<'_, PyTuple>) -> PyResult<Vec<Val>> {
        ty.map_or(Ok(Vec::new()), |ty| value::params(&ty, args))
    }

    fn params_registered(
        &self,
        module: &str,
        name: &str,
        args: &Bound<'_, PyTuple>,
    ) -> PyResult<Vec<Val>> {
        Vm::params(self.core.function_type_registered(module, name), args)
    }

    /// A module, and arguments for a function of it.
    fn module_and_params(
        &self,
        source: &Bound<'_, PyAny>,
        name: &str,
        args: &Bound<'_, PyTuple>,
    ) -> PyResult<(wasmspan::Module, Vec<Val>)> {
        let given = Source::of(source)?;
        let module = enter::work(source.py(), || given.load(self.core.loader()))?;
        let ty = module.exports().into_iter().find_map(|export| match export.ty {
            wasmspan::ExternType::Func(ty) if export.name == name => Some(ty),
            _ => None,
        });
        Ok((module, Vm::params(ty, args)?))
    }

    fn start(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&wasmspan::Vm) -> Result<Vec<Val>> + Send + 'static,
    ) -> PyResult<Async> {
        let vm = self.core.clone();
        Async::start(py, move || call(&vm))
    }
}

#[pymethods]
impl Vm {
    /// `wasi` is registered for guests that import it; what calls count goes to `statistics`.
    #[new]
    #[pyo3(signature = (config = None, store = None, *, wasi = None, statistics = None))]
    fn new<'py>(
        py: Python<'py>,
        config: Option<&Config>,
        store: Option<Bound<'py, Store>>,
        #[pyo3(from_py_with = crate::wasi::given)] wasi: Option<Py<Wasi>>,
        statistics: Option<&Statistics>,
    ) -> PyResult<Vm> {
        let wasi = wasi.as_ref().map(Py::get);
        let config = config.map(|config| config.core().clone()).unwrap_or_default();
        let store = store.map_or_else(|| Bound::new(py, Store::make(py)?), Ok)?;
        let statistics = statistics.map(|given| given.core().clone()).unwrap_or_default();
        let of_core = store.get().core();
        let core =
            enter::work(py, || wasmspan::Vm::with_statistics(&config, of_core, &statistics))?;
        let owner = Owner::of(Target::Vm(core.clone()), InstanceLock::open()).enter(py)?;
        let vm = Vm {
            core,
            held: Held::new(&owner),
            store: store.unbind(),
            wasi: wasi.and_then(|wasi| wasi.held(py)),
            weight: Weight::default(),
        };
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
        let given = Source::of(source)?;
        enter::work(source.py(), || match given {
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
        enter::work(py, || self.core.validate())
    }

    /// Instantiates the validated module and makes the instance the active one.
    fn instantiate(&self, py: Python<'_>) -> PyResult<()> {
        let made = pressure::make(py, || enter::attempt(py, || self.core.instantiate()))?;
        self.weigh();
        made.map_err(|failure| error::to_python(py, &failure))
    }

    /// Calls a function of the active module, within the VM's limits and those of this call.
    #[pyo3(signature = (name, *args, limits = None))]
    fn execute<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        args: &Bound<'py, PyTuple>,
        limits: Option<&Limits>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let params = Vm::params(self.core.function_type(name), args)?;
        let limits = limits.map(|limits| *limits.core()).unwrap_or_default();
        Vm::call(py, || self.core.execute_within(name, &params, &limits))
    }

    /// As `execute`, on another thread; returns at once.
    #[pyo3(signature = (name, *args))]
    fn execute_async(&self, name: &str, args: &Bound<'_, PyTuple>) -> PyResult<Async> {
        let params = Vm::params(self.core.function_type(name), args)?;
        let name = name.to_string();
        self.start(args.py(), move |vm| vm.execute(&name, &params))
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
        let params = self.params_registered(module, name, args)?;
        Vm::call(py, || self.core.execute_registered(module, name, &params))
    }

    /// As `execute_registered`, on another thread; returns at once.
    #[pyo3(signature = (module, name, *args))]
    fn execute_registered_async(
        &self,
        module: &str,
        name: &str,
        args: &Bound<'_, PyTuple>,
    ) -> PyResult<Async> {
        let params = self.params_registered(module, name, args)?;
        let (module, name) = (module.to_string(), name.to_string());
        self.start(args.py(), move |vm| vm.execute_registered(&module, &name, &params))
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
        let (module, params) = self.module_and_params(source, name, args)?;
        pressure::relieve(py)?;
        let ran = Vm::call(py, || self.core.run_module(&module, name, &params));
        self.weigh();
        ran
    }

    /// As `run`, on another thread; loads the module and returns.
    #[pyo3(signature = (source, name, *args))]
    fn run_async(
        &self,
        source: &Bound<'_, PyAny>,
        name: &str,
        args: &Bound<'_, PyTuple>,
    ) -> PyResult<Async> {
        let (module, params) = self.module_and_params(source, name, args)?;
        let name = name.to_string();
        self.start(args.py(), move |vm| vm.run_module(&module, &name, &params))
    }

    /// Registers a module under a name, or an instance such as a host module under its own.
    #[pyo3(signature = (source, name = None))]
    fn register(&self, source: &Bound<'_, PyAny>, name: Option<&str>) -> PyResult<()> {
        let py = source.py();
        if let Ok(instance) = source.cast::<Instance>() {
            let core = instance.get().core();
            enter::work(py, || self.core.register_instance(core))?;
            self.store.get().note(core.name(), instance);
            return Ok(());
        }
        let name = name.unwrap_or_default();
        let source = Source::of(source)?;
        enter::work(py, || match source {
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
            found.set_item(name, types::func_object(py, &ty)?)?;
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
    fn store(&self, py: Python<'_>) -> Py<Store> {
        self.store.clone_ref(py)
    }

    /// What its calls count.
    #[getter]
    fn statistics(&self) -> Statistics {
        Statistics::of(self.core.statistics())
    }

    /// Stops the calls of this VM from another thread.
    fn interrupt(&self, py: Python<'_>) {
        py.detach(|| self.core.interrupt().interrupt());
    }

    /// Forgets the module, the active instance and everything registered but WASI.
    fn cleanup(&self, py: Python<'_>) -> PyResult<()> {
        enter::work(py, || {
            self.core.clear();
            Ok(())
        })?;
        self.store.get().forget();
        self.register_wasi(py)
    }

    fn __enter__(slf: Py<Vm>) -> Py<Vm> {
        slf
    }

    /// Cleans up.
    fn __exit__(
        &self,
        py: Python<'_>,
        _class: &Bound<'_, PyAny>,
        _value: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.cleanup(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        self.held.traverse(&visit)?;
        visit.call(&self.store)?;
        self.wasi.as_ref().map_or(Ok(()), |wasi| wasi.traverse(&visit))
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.VM: {}>", self.state())
    }
}
