//! What Python's garbage collector must know of an instance.
//!
//! The core counts who holds an instance, and an instance holds its host functions, which hold Python
//! callables, which may hold the instance: a cycle that neither side sees alone. So each instance that
//! Python made has one [`Owner`]. Everything in Python that keeps the instance alive does so through a
//! [`Held`], which the owner counts. If that number is the core's number, nothing else holds the
//! instance, and the owner shows its callables to the collector; else it shows nothing, and they stay.

use crate::door::Gate;
use crate::host::Callable;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmspan::{Executor, Extern, Func, Instance, Wasi};

/// What an owner stands for.
pub enum Target {
    /// An instance of a module, or a host module.
    Instance(Instance),
    /// A host function that belongs to no instance.
    Func(Func),
    /// A system interface.
    Wasi(Wasi),
}

impl Target {
    fn holders(&self) -> Option<usize> {
        match self {
            Target::Instance(instance) => instance.holders(),
            Target::Func(func) => func.holders(),
            Target::Wasi(wasi) => wasi.holders(),
        }
    }
}

/// A host function made for one instance, and its callable.
pub struct HostFunc {
    /// The function.
    pub func: Func,
    /// What it calls.
    pub callable: Arc<Callable>,
}

/// An instance in the eyes of Python.
#[pyclass(frozen, weakref, module = "wasmspan._native")]
pub struct Owner {
    /// What is owned.
    pub target: Target,
    /// Handles to it that Python holds; this owner's is one.
    known: AtomicUsize,
    /// Host functions that were made for it.
    pub hosts: Vec<HostFunc>,
    /// Callables behind the streams of a system interface.
    pub streams: Vec<Arc<Callable>>,
    /// What it imports from others that Python made.
    pub imports: Vec<Held>,
    /// The system interface it was given.
    pub wasi: Option<HeldWasi>,
    /// What made it: its limits and statistics.
    pub executor: Option<Executor>,
    /// Who runs it.
    pub gate: Gate,
}

impl Owner {
    /// The owner of what was just made; what it has besides is still to be set.
    pub fn of(target: Target, gate: Gate) -> Owner {
        // A function that belongs to no instance is held by its entry in `hosts`, too.
        let known = match target {
            Target::Instance(_) | Target::Wasi(_) => 1,
            Target::Func(_) => 2,
        };
        Owner {
            target,
            known: AtomicUsize::new(known),
            hosts: Vec::new(),
            streams: Vec::new(),
            imports: Vec::new(),
            wasi: None,
            executor: None,
            gate,
        }
    }

    /// Tells the host functions which instance they were made for.
    pub fn tell_hosts(owner: &Bound<'_, Owner>) -> PyResult<()> {
        owner.get().hosts.iter().try_for_each(|host| host.callable.belongs_to(owner))
    }

    /// The instance, if this is the owner of one.
    pub fn instance(&self) -> Option<&Instance> {
        match &self.target {
            Target::Instance(instance) => Some(instance),
            Target::Func(_) | Target::Wasi(_) => None,
        }
    }

    /// Status with which the guest ended itself.
    pub fn exit_code(&self) -> u32 {
        self.wasi.as_ref().map_or(0, |wasi| wasi.core.exit_code())
    }

    /// Whether the owner and the `Held`s are all that holds the target.
    fn knows_all(&self) -> bool {
        self.target.holders() == Some(self.known.load(Ordering::Acquire))
    }
}

#[pymethods]
impl Owner {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Whoever else holds it needs what it imports, too.
        if !self.knows_all() {
            return Ok(());
        }
        for held in &self.imports {
            held.traverse(&visit)?;
        }
        if let Some(wasi) = &self.wasi {
            wasi.held.traverse(&visit)?;
        }
        for stream in &self.streams {
            stream.traverse(&visit)?;
        }
        let shared = |func: &Func| match self.target {
            // One handle of a host function is here, the other is the instance's.
            Target::Instance(_) => func.holders() != Some(2),
            Target::Func(_) | Target::Wasi(_) => false,
        };
        for host in self.hosts.iter().filter(|host| !shared(&host.func)) {
            host.callable.traverse(&visit)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        for callable in self.hosts.iter().map(|host| &host.callable).chain(&self.streams) {
            // SAFETY: the collector clears what nothing reaches, and a callable is shown to it only
            // while Python knows all holders of what calls it.
            unsafe { callable.clear() };
        }
    }
}

/// A handle to something of an owner: counted there, and visible to the collector.
pub struct Held {
    owner: Py<Owner>,
    counted: bool,
}

impl Held {
    /// To be made for each handle of the core that Python keeps, before the handle is shared.
    pub fn new(owner: &Bound<'_, Owner>) -> Held {
        owner.get().known.fetch_add(1, Ordering::AcqRel);
        Held { owner: owner.clone().unbind(), counted: true }
    }

    /// For something whose handle leads to another owner's target.
    pub fn uncounted(owner: &Bound<'_, Owner>) -> Held {
        Held { owner: owner.clone().unbind(), counted: false }
    }

    /// For another handle to the same thing.
    pub fn again(&self, py: Python<'_>) -> Held {
        match self.counted {
            true => Held::new(self.owner.bind(py)),
            false => Held::uncounted(self.owner.bind(py)),
        }
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
        if self.counted {
            self.owner.get().known.fetch_sub(1, Ordering::AcqRel);
        }
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
        HeldWasi { core: self.core.clone(), held: self.held.again(py) }
    }

    /// Shows the owner to the collector.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.held.traverse(visit)
    }
}

/// Whether a handle to an item counts as one to the instance it comes from.
pub fn counts(item: &Extern) -> bool {
    !matches!(item, Extern::Memory(_))
}

/// The owner of a host function that belongs to no instance.
pub fn of_func(py: Python<'_>, func: Func, callable: Arc<Callable>) -> PyResult<Py<Owner>> {
    let gate = Gate::new(crate::door::WhenBusy::Raise, true);
    let mut owner = Owner::of(Target::Func(func.clone()), gate);
    owner.hosts.push(HostFunc { func, callable });
    Py::new(py, owner)
}
