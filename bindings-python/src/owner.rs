//! Whom Python's objects hold.
//!
//! The core counts who holds an instance, host function, table or global. Each of these that Python has
//! an object for has one [`Owner`], and whatever in Python keeps it alive does so through a [`Held`],
//! which the owner counts. `cycle` compares the two numbers.

use crate::callable::Callable;
use crate::knot::Knot;
use crate::lock::{InstanceLock, WhenBusy};
use crate::pressure::Weight;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use wasmspan::raw::Survey;
use wasmspan::{Extern, Func, Global, Instance, Pool, Store, Table, Vm, Wasi};

/// What an owner stands for.
pub enum Target {
    /// An instance of a module, or a host module.
    Instance(Instance),
    /// A host function.
    Func(Func),
    /// A table of the host.
    Table(Table),
    /// A global of the host.
    Global(Global),
    /// A system interface.
    Wasi(Wasi),
    /// A store.
    Store(Store),
    /// A VM.
    Vm(Vm),
    /// A pool.
    Pool(Pool),
}

impl Target {
    /// What an item belongs to; `None` for memories, which hold nothing.
    fn of(item: &Extern) -> Option<Target> {
        if let Some(instance) = item.home() {
            return Some(Target::Instance(instance));
        }
        match item {
            Extern::Func(func) => Some(Target::Func(func.clone())),
            Extern::Table(table) => Some(Target::Table(table.clone())),
            Extern::Global(global) => Some(Target::Global(global.clone())),
            Extern::Memory(_) => None,
        }
    }

    /// What no other live target of items has.
    fn identity(&self) -> Option<usize> {
        match self {
            Target::Instance(instance) => Some(Survey::identity_of_instance(instance)),
            Target::Func(func) => Some(Survey::identity(func)),
            Target::Table(table) => Survey::identity_of(&Extern::Table(table.clone())),
            Target::Global(global) => Survey::identity_of(&Extern::Global(global.clone())),
            Target::Wasi(_) | Target::Store(_) | Target::Vm(_) | Target::Pool(_) => None,
        }
    }

    /// Its unit in a survey.
    pub fn survey(&self, survey: &mut Survey) -> usize {
        match self {
            Target::Instance(instance) => survey.instance(instance),
            Target::Func(func) => survey.func(func),
            Target::Table(table) => survey.table(table),
            Target::Global(global) => survey.global(global),
            Target::Wasi(wasi) => wasi.survey(survey),
            Target::Store(store) => store.survey(survey),
            Target::Vm(vm) => vm.survey(survey),
            Target::Pool(pool) => pool.survey(survey),
        }
    }
}

/// Something of the core in the eyes of Python.
#[pyclass(frozen, weakref, module = "wasmspan._native")]
pub struct Owner {
    /// What is owned.
    pub target: Target,
    /// Handles to it that Python holds; this owner's is one.
    known: AtomicUsize,
    /// Callables behind the streams of a system interface.
    pub streams: Vec<Arc<Callable>>,
    /// The system interface it was given.
    pub wasi: Option<HeldWasi>,
    /// Who runs it.
    pub lock: InstanceLock,
    /// What it takes of the machine's memory.
    pub weight: Weight,
    /// What it holds, while the collector looks.
    pub knot: Mutex<Option<Py<Knot>>>,
}

/// All owners.
#[derive(Default)]
struct Registry {
    /// The Python object around each.
    objects: HashMap<usize, usize>,
    /// The owner of what items belong to.
    by_identity: HashMap<usize, usize>,
}

impl Registry {
    fn find<'py>(&self, py: Python<'py>, identity: usize) -> Option<Bound<'py, Owner>> {
        let object = self.objects.get(self.by_identity.get(&identity)?)?;
        alive(py, *object)
    }
}

fn registry() -> MutexGuard<'static, Registry> {
    static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Owner {
    /// The owner of what was just made; what it has besides is still to be set.
    pub fn of(target: Target, lock: InstanceLock) -> Owner {
        Owner {
            target,
            known: AtomicUsize::new(1),
            streams: Vec::new(),
            wasi: None,
            lock,
            weight: Weight::default(),
            knot: Mutex::default(),
        }
    }

    /// The Python object for it, or that which its target has already.
    pub fn enter(self, py: Python<'_>) -> PyResult<Bound<'_, Owner>> {
        let identity = self.target.identity();
        let made = Bound::new(py, self)?;
        let address = std::ptr::from_ref(made.get()) as usize;
        let mut registry = registry();
        if let Some(identity) = identity {
            if let Some(known) = registry.find(py, identity) {
                drop(registry);
                return Ok(known);
            }
            registry.by_identity.insert(identity, address);
        }
        registry.objects.insert(address, made.as_ptr() as usize);
        Ok(made)
    }

    /// The owner of an instance, also of one that Python did not make.
    pub fn of_instance<'py>(py: Python<'py>, core: &Instance) -> PyResult<Bound<'py, Owner>> {
        match find(py, Survey::identity_of_instance(core)) {
            Some(known) => Ok(known),
            None => foreign(Target::Instance(core.clone())).enter(py),
        }
    }

    /// The instance, if this is the owner of one.
    pub fn instance(&self) -> Option<&Instance> {
        match &self.target {
            Target::Instance(instance) => Some(instance),
            _ => None,
        }
    }

    /// Handles to the target that Python holds.
    pub fn known(&self) -> usize {
        self.known.load(Ordering::Acquire)
    }
}

/// The owner of something that Python did not make.
fn foreign(target: Target) -> Owner {
    let lock = match &target {
        Target::Instance(_) => InstanceLock::new(WhenBusy::Raise, false),
        _ => InstanceLock::open(),
    };
    Owner::of(target, lock)
}

/// All owners there are.
pub fn all(py: Python<'_>) -> Vec<Bound<'_, Owner>> {
    let registry = registry();
    registry.objects.values().filter_map(|object| alive(py, *object)).collect()
}

fn find(py: Python<'_>, identity: usize) -> Option<Bound<'_, Owner>> {
    registry().find(py, identity)
}

/// An owner in the registry, unless it is just being deleted.
fn alive(py: Python<'_>, object: usize) -> Option<Bound<'_, Owner>> {
    let object = object as *mut pyo3::ffi::PyObject;
    // SAFETY: an owner leaves the registry, which is locked, before its memory goes.
    unsafe {
        if pyo3::ffi::Py_REFCNT(object) == 0 {
            return None;
        }
        Some(Bound::from_borrowed_ptr(py, object).cast_into_unchecked())
    }
}

#[pymethods]
impl Owner {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(wasi) = &self.wasi {
            wasi.traverse(&visit)?;
        }
        match self.knot.try_lock() {
            Ok(knot) => visit.call(&*knot),
            Err(_) => Ok(()),
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let address = std::ptr::from_ref(self) as usize;
        let mut registry = registry();
        registry.objects.remove(&address);
        if let Some(identity) = self.target.identity()
            && registry.by_identity.get(&identity) == Some(&address)
        {
            registry.by_identity.remove(&identity);
        }
    }
}

/// A handle to something of an owner: counted there, and visible to the collector.
pub struct Held {
    owner: Py<Owner>,
}

impl Held {
    /// To be made for each handle of the core that Python keeps, before the handle is shared.
    pub fn new(owner: &Bound<'_, Owner>) -> Held {
        owner.get().known.fetch_add(1, Ordering::AcqRel);
        Held { owner: owner.clone().unbind() }
    }

    /// For a handle to an item, whatever it belongs to; memories hold nothing.
    pub fn item(py: Python<'_>, item: &Extern) -> PyResult<Option<Held>> {
        let Some(identity) = Survey::identity_of(item) else { return Ok(None) };
        if let Some(owner) = find(py, identity) {
            return Ok(Some(Held::new(&owner)));
        }
        let Some(target) = Target::of(item) else { return Ok(None) };
        Ok(Some(Held::new(&foreign(target).enter(py)?)))
    }

    /// For a handle to a function.
    pub fn func(py: Python<'_>, func: &Func) -> PyResult<Held> {
        if let Some(owner) = find(py, Survey::identity(func)) {
            return Ok(Held::new(&owner));
        }
        let item = Extern::Func(func.clone());
        let target = Target::of(&item).unwrap_or(Target::Func(func.clone()));
        Ok(Held::new(&foreign(target).enter(py)?))
    }

    /// The owner.
    pub fn owner(&self) -> &Py<Owner> {
        &self.owner
    }

    /// Shows the owner to the collector.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.owner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.owner.get().known.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A handle to a system interface that Python made.
pub struct HeldWasi {
    /// The handle itself.
    pub core: Wasi,
    held: Held,
}

impl HeldWasi {
    /// To be made of the owner of a system interface.
    pub fn new(owner: &Bound<'_, Owner>) -> Option<HeldWasi> {
        match &owner.get().target {
            Target::Wasi(core) => Some(HeldWasi { core: core.clone(), held: Held::new(owner) }),
            _ => None,
        }
    }

    /// Another handle.
    pub fn again(&self, py: Python<'_>) -> HeldWasi {
        HeldWasi { core: self.core.clone(), held: Held::new(self.held.owner.bind(py)) }
    }

    /// Shows the owner to the collector.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.held.traverse(visit)
    }
}
