//! The store of registered instances.

use crate::enter;
use crate::instance::Instance;
use crate::lock::InstanceLock;
use crate::owner::{Held, HeldWasi, Owner, Target};
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Instances under the names that others import from.
///
/// >>> store = Store()
/// >>> store.register(Instance("env"))
/// >>> store
/// <wasmspan.Store: env>
#[pyclass(frozen, weakref, module = "wasmspan")]
pub struct Store {
    core: wasmspan::Store,
    /// For the handle above.
    held: Held,
    /// What was registered from Python.
    registered: Mutex<Vec<(String, Py<Instance>)>>,
}

impl Store {
    /// An empty store.
    pub fn make(py: Python<'_>) -> PyResult<Store> {
        let core = wasmspan::Store::new();
        let owner = Owner::of(Target::Store(core.clone()), InstanceLock::open()).enter(py)?;
        Ok(Store { core, held: Held::new(&owner), registered: Mutex::default() })
    }

    /// The store itself.
    pub fn core(&self) -> &wasmspan::Store {
        &self.core
    }

    fn registered(&self) -> MutexGuard<'_, Vec<(String, Py<Instance>)>> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an instance that the core has registered.
    pub fn note(&self, name: &str, instance: &Bound<'_, Instance>) {
        self.registered().push((name.to_string(), instance.clone().unbind()));
    }

    /// Forgets all instances that were noted; the core has, too.
    pub fn forget(&self) {
        let forgotten = std::mem::take(&mut *self.registered());
        drop(forgotten);
    }

    /// The system interface among what is registered, which knows how guests end.
    pub fn wasi(&self, py: Python<'_>) -> Option<HeldWasi> {
        let registered = self.registered();
        registered.iter().find_map(|(_, instance)| {
            instance.get().owner().get().wasi.as_ref().map(|wasi| wasi.again(py))
        })
    }
}

#[pymethods]
impl Store {
    #[new]
    fn new(py: Python<'_>) -> PyResult<Store> {
        Store::make(py)
    }

    /// Registers an instance under a name, or under its own.
    #[pyo3(signature = (instance, name = None))]
    fn register(&self, instance: &Bound<'_, Instance>, name: Option<&str>) -> PyResult<()> {
        let core = instance.get().core();
        let name = name.unwrap_or_else(|| core.name());
        enter::work(instance.py(), || self.core.register(name, core))?;
        self.note(name, instance);
        Ok(())
    }

    /// Takes every registration of an instance out; whether there was one.
    fn unregister(&self, instance: &Bound<'_, Instance>) -> bool {
        let core = instance.get().core();
        let found = self.core.unregister(core);
        let gone: Vec<_> =
            self.registered().extract_if(.., |(_, known)| known.get().core().same(core)).collect();
        drop(gone);
        found
    }

    /// Names of the registered instances, sorted.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.core.names()
    }

    /// The instance registered under a name, or `None`.
    fn find<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, Instance>>> {
        let Some(found) = self.core.find(name) else { return Ok(None) };
        for (_, known) in self.registered().iter() {
            if known.get().core().same(&found) {
                return Ok(Some(known.bind(py).clone()));
            }
        }
        Instance::foreign(py, &found).map(Some)
    }

    fn __contains__(&self, name: &str) -> bool {
        self.core.contains(name)
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.Store: {}>", self.core.names().join(", "))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(registered) = self.registered.try_lock() {
            registered.iter().try_for_each(|(_, instance)| visit.call(instance))?;
        }
        self.held.traverse(&visit)
    }
}
