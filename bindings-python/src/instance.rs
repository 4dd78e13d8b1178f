//! Module instances.

use crate::error;
use crate::function;
use crate::global::Global;
use crate::lock::{InstanceLock, WhenBusy};
use crate::memory::Memory;
use crate::names;
use crate::owner::{Held, HeldWasi, Owner, Target};
use crate::statistics::Statistics;
use crate::table::Table;
use pyo3::PyTraverseError;
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::{Mutex, OnceLock, PoisonError};
use wasmspan::error::{ErrCode, Error};
use wasmspan::wasi::{MODULE_NAME, UNSTABLE_MODULE_NAME};
use wasmspan::{Extern, Pooled};

/// An instance of a module, or a host module: `Instance("env")` makes an empty one.
///
/// `exports` has what it exports as attributes; `instance["name"]` is for names that Python can't write.
/// One thread at a time runs it: another one gets `Busy`, or waits if it was made with `when_busy="wait"`. Its
/// thread may come again, from a host function.
///
/// >>> env = Instance("env")
/// >>> env.define("double", Function(FuncType(["i32"], ["i32"]), lambda n: 2 * n))
/// >>> env.exports.double(4)
/// 8
#[pyclass(frozen, mapping, weakref, module = "wasmspan")]
pub struct Instance {
    owner: Py<Owner>,
    exports: OnceLock<Py<PyAny>>,
    /// Items of a host module, as they were given.
    items: Option<Py<PyDict>>,
    /// Its place in a pool, and its handles to instance and pool.
    place: Mutex<Option<(Pooled, Held, Held)>>,
}

impl Instance {
    /// The Python object for an owner.
    pub fn of<'py>(owner: &Bound<'py, Owner>) -> PyResult<Bound<'py, Instance>> {
        Bound::new(
            owner.py(),
            Instance {
                owner: owner.clone().unbind(),
                exports: OnceLock::new(),
                items: None,
                place: Mutex::default(),
            },
        )
    }

    /// The Python object for an instance that an executor has just made for Python.
    pub fn made(py: Python<'_>, owner: Owner) -> PyResult<Bound<'_, Instance>> {
        if let Some(instance) = owner.instance() {
            owner.weight.of_instance(instance);
        }
        Instance::of(&owner.enter(py)?)
    }

    /// The Python object for an instance that Python did not make.
    pub fn foreign<'py>(
        py: Python<'py>,
        core: &wasmspan::Instance,
    ) -> PyResult<Bound<'py, Instance>> {
        Instance::of(&Owner::of_instance(py, core)?)
    }

    /// The Python object for the host functions of a system interface.
    pub fn of_wasi<'py>(wasi: &Bound<'py, Owner>) -> PyResult<Bound<'py, Instance>> {
        let held = HeldWasi::new(wasi).expect("the owner of a system interface");
        let lock = InstanceLock::new(WhenBusy::Raise, false);
        let mut owner = Owner::of(Target::Instance(held.core.instance().clone()), lock);
        owner.wasi = Some(held);
        Instance::of(&owner.enter(wasi.py())?)
    }

    /// Keeps the place in a pool for as long as this object lives, or until it is left.
    pub fn keep(&self, py: Python<'_>, place: Pooled, pool: &Py<Owner>) {
        let place = Some((place, Held::new(self.owner.bind(py)), Held::new(pool.bind(py))));
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }

    /// The instance itself.
    pub fn core(&self) -> &wasmspan::Instance {
        self.owner.get().instance().expect("the owner of an instance")
    }

    /// Its owner.
    pub fn owner(&self) -> &Py<Owner> {
        &self.owner
    }

    /// Items of a host module, as they were given.
    pub fn items(&self) -> Option<&Py<PyDict>> {
        self.items.as_ref()
    }

    /// The error for a name that nothing is exported under.
    #[cold]
    fn missing(&self, name: &str) -> Error {
        let names = self.core().export_names().into_iter().map(|(name, _)| name);
        let known = names.collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "nothing" } else { &known };
        let detail = format!("the instance exports no {name:?}; it exports {known}");
        Error::with_detail(ErrCode::FuncNotFound, detail)
    }

    fn get<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.items {
            Some(items) => items.bind(py).get_item(name),
            None => export(py, self.owner.bind(py), name),
        }
    }
}

#[pymethods]
impl Instance {
    #[new]
    fn new(py: Python<'_>, name: &str) -> PyResult<Instance> {
        let lock = InstanceLock::new(WhenBusy::Raise, true);
        let target = Target::Instance(wasmspan::Instance::host(name));
        Ok(Instance {
            owner: Owner::of(target, lock).enter(py)?.unbind(),
            exports: OnceLock::new(),
            items: Some(PyDict::new(py).unbind()),
            place: Mutex::default(),
        })
    }

    /// Puts an item into a host module under a name, replacing what had it.
    fn define(&self, name: &str, item: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = item.py();
        let item_of_core = if let Some(func) = function::core_of(item) {
            Extern::Func(func)
        } else if let Ok(memory) = item.cast::<Memory>() {
            Extern::Memory(memory.get().core().clone())
        } else if let Ok(table) = item.cast::<Table>() {
            Extern::Table(table.get().core().clone())
        } else if let Ok(global) = item.cast::<Global>() {
            Extern::Global(global.get().core().clone())
        } else {
            return Err(PyTypeError::new_err(
                "a host module holds Function, Memory, Table and Global objects",
            ));
        };
        let defined = self.core().define(name, item_of_core);
        defined.map_err(|failure| error::to_python(py, &failure))?;
        if let Some(items) = &self.items {
            items.bind(py).set_item(name, item)?;
        }
        Ok(())
    }

    /// The exports as attributes and as a mapping.
    #[getter]
    fn exports<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let make = || -> PyResult<_> {
            let found = match &self.items {
                Some(items) => items.bind(py).copy()?,
                None => exports(py, self.owner.bind(py))?,
            };
            Ok(names::EXPORTS.get(py)?.call1((found,))?.unbind())
        };
        if self.items.is_some() {
            return Ok(make()?.into_bound(py));
        }
        if self.exports.get().is_none() {
            // Not inside the cell: making it may let another thread come here.
            let _ = self.exports.set(make()?);
        }
        Ok(self.exports.get().expect("set above").bind(py).clone())
    }

    /// What its calls count together with those of the executor that made it; `None` for a host
    /// module.
    #[getter]
    fn statistics(&self) -> Option<Statistics> {
        let interfaces = [MODULE_NAME, UNSTABLE_MODULE_NAME];
        let counts = self.items.is_none() && !interfaces.contains(&self.core().name());
        counts.then(|| Statistics::of(self.core().executor().statistics()))
    }

    /// The name it was made with; empty for an instance of a module.
    #[getter]
    fn name(&self) -> &str {
        self.core().name()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        match self.get(py, name)? {
            Some(item) => Ok(item),
            None => Err(error::of_python::<PyKeyError>(py, &self.missing(name))),
        }
    }

    fn __contains__(&self, name: &str) -> bool {
        self.core().get_export(name).is_some()
    }

    fn __len__(&self) -> usize {
        self.core().export_names().len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let names = self.core().export_names().into_iter().map(|(name, _)| name);
        let names = pyo3::types::PyList::new(py, names.collect::<Vec<_>>())?;
        Ok(names.try_iter()?.into_any())
    }

    fn __repr__(&self) -> String {
        let names = self.core().export_names().into_iter().map(|(name, _)| name);
        let shown = names.take(8).collect::<Vec<_>>().join(", ");
        let more = if self.core().export_names().len() > 8 { ", …" } else { "" };
        match self.core().name() {
            "" => format!("<wasmspan.Instance: {shown}{more}>"),
            name => format!("<wasmspan.Instance {name:?}: {shown}{more}>"),
        }
    }

    fn __enter__(slf: Py<Instance>) -> Py<Instance> {
        slf
    }

    /// Gives its place back to the `Pool` it is from. Else nothing is closed: what the instance holds
    /// goes with the last reference to it.
    fn __exit__(
        &self,
        _class: &Bound<'_, PyAny>,
        _value: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) {
        let place = self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(place);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.owner)?;
        visit.call(&self.items)?;
        visit.call(self.exports.get())?;
        if let Ok(place) = self.place.try_lock()
            && let Some((_, instance, pool)) = &*place
        {
            instance.traverse(&visit)?;
            pool.traverse(&visit)?;
        }
        Ok(())
    }
}

/// A dictionary of everything an instance exports.
fn exports<'py>(py: Python<'py>, owner: &Bound<'py, Owner>) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    if let Some(instance) = owner.get().instance() {
        for (name, _) in instance.export_names() {
            if let Some(item) = export(py, owner, &name)? {
                found.set_item(name, item)?;
            }
        }
    }
    Ok(found)
}

/// One export of an instance.
fn export<'py>(
    py: Python<'py>,
    owner: &Bound<'py, Owner>,
    name: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(instance) = owner.get().instance() else { return Ok(None) };
    let Some(item) = instance.get_export(name) else { return Ok(None) };
    let Some(held) = Held::item(py, &item)? else {
        let Extern::Memory(memory) = item else { return Ok(None) };
        return Ok(Some(Bound::new(py, Memory::new(memory))?.into_any()));
    };
    Ok(Some(match item {
        Extern::Func(func) => function::make(py, func, held, Some(name.to_string()))?,
        Extern::Memory(_) => return Ok(None),
        Extern::Table(table) => Bound::new(py, Table::new(table, held))?.into_any(),
        Extern::Global(global) => Bound::new(py, Global::new(global, held))?.into_any(),
    }))
}
