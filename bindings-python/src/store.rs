//! The store of registered instances.

use crate::door;
use crate::instance::Instance;
use crate::owner::{Held, HeldWasi};
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wasmspan::ImportType;

/// Instances under the names that others import from.
///
/// >>> store = Store()
/// >>> store.register(Instance("env"))
/// >>> store
/// <wasmspan.Store: env>
#[pyclass(frozen, weakref, module = "wasmspan")]
#[derive(Default)]
pub struct Store {
    core: wasmspan::Store,
    /// What was registered from Python, and the handle that the store has.
    registered: Mutex<Vec<(String, Py<Instance>, Held)>>,
}

impl Store {
    /// The store itself.
    pub fn core(&self) -> &wasmspan::Store {
        &self.core
    }

    fn registered(&self) -> MutexGuard<'_, Vec<(String, Py<Instance>, Held)>> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an instance that the core has registered.
    pub fn note(&self, name: &str, instance: &Bound<'_, Instance>) {
        let held = Held::new(instance.get().owner().bind(instance.py()));
        self.registered().push((name.to_string(), instance.clone().unbind(), held));
    }

    /// Forgets all instances that were noted; the core has, too.
    pub fn forget(&self) {
        let forgotten = std::mem::take(&mut *self.registered());
        drop(forgotten);
    }

    /// The system interface among what is registered, which knows how guests end.
    pub fn wasi(&self, py: Python<'_>) -> Option<HeldWasi> {
        let registered = self.registered();
        registered.iter().find_map(|(_, instance, _)| {
            instance.get().owner().get().wasi.as_ref().map(|wasi| wasi.again(py))
        })
    }

    /// What a module that was linked against the store imports from instances of Python.
    pub fn imports_of(&self, py: Python<'_>, wanted: &[ImportType]) -> PyResult<Vec<Held>> {
        let instance = |module: &str| {
            let registered = self.registered();
            let found = registered.iter().find(|(name, ..)| name == module);
            found.map(|(_, instance, _)| instance.bind(py).clone())
        };
        let mut held = Vec::new();
        for import in wanted {
            if let Some(instance) = instance(&import.module) {
                held.extend(instance.get().handle_of(py, &import.name)?);
            }
        }
        Ok(held)
    }
}

#[pymethods]
impl Store {
    #[new]
    fn new() -> Store {
        Store::default()
    }

    /// Registers an instance under a name, or under its own.
    #[pyo3(signature = (instance, name = None))]
    fn register(&self, instance: &Bound<'_, Instance>, name: Option<&str>) -> PyResult<()> {
        let core = instance.get().core();
        let name = name.unwrap_or_else(|| core.name());
        door::work(instance.py(), || self.core.register(name, core))?;
        self.note(name, instance);
        Ok(())
    }

    /// Takes every registration of an instance out; whether there was one.
    fn unregister(&self, instance: &Bound<'_, Instance>) -> bool {
        let core = instance.get().core();
        let found = self.core.unregister(core);
        let gone: Vec<_> = self
            .registered()
            .extract_if(.., |(_, known, _)| known.get().core().same(core))
            .collect();
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
        for (_, known, _) in self.registered().iter() {
            if known.get().core().same(&found) {
                return Ok(Some(known.bind(py).clone()));
            }
        }
        Instance::foreign(py, &found, None).map(Some)
    }

    fn __contains__(&self, name: &str) -> bool {
        self.core.contains(name)
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.Store: {}>", self.core.names().join(", "))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(registered) = self.registered.try_lock() {
            for (_, instance, held) in registered.iter() {
                visit.call(instance)?;
                held.traverse(&visit)?;
            }
        }
        Ok(())
    }
}
