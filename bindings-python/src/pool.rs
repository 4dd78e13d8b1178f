//! Pools of instances.

use crate::callable;
use crate::enter;
use crate::error;
use crate::imports;
use crate::instance::Instance;
use crate::interpreter;
use crate::interrupt;
use crate::limits::{self, Limits};
use crate::lock::{InstanceLock, WhenBusy};
use crate::module::Module;
use crate::names;
use crate::number;
use crate::owner::{Held, HeldWasi, Owner, Target};
use crate::pressure;
use crate::statistics::Statistics;
use crate::wasi::Wasi;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmspan::raw::Place;
use wasmspan::{Executor, Pooled};

/// Hands out instances of one module, never more than `size` at a time, each fresh.
///
/// Imports, and the system interface `wasi` if one is given, are shared by all instances. `with pool.get() as instance:` gives the
/// place back; otherwise it is free when the instance's object goes. A pool may be used from any thread.
///
/// >>> module = Module.from_wat('(module (memory (export "memory") 1))')
/// >>> pool = Pool(module, size=4)
/// >>> with pool.get() as instance:
/// ...     instance.exports.memory.pages, pool.in_use
/// (1, 1)
/// >>> pool
/// <wasmspan.Pool: 0 of 4 in use>
#[pyclass(frozen, weakref, module = "wasmspan")]
pub struct Pool {
    core: wasmspan::Pool,
    held: Held,
    wasi: Option<HeldWasi>,
}

impl Pool {
    fn handed_out<'py>(&self, py: Python<'py>, place: Pooled) -> PyResult<Bound<'py, Instance>> {
        let lock = InstanceLock::new(WhenBusy::Raise, false);
        let mut owner = Owner::of(Target::Instance((*place).clone()), lock);
        owner.wasi = self.wasi.as_ref().map(|wasi| wasi.again(py));
        let instance = Instance::made(py, owner)?;
        instance.get().keep(py, place, self.held.owner());
        Ok(instance)
    }
}

#[pymethods]
impl Pool {
    #[new]
    #[pyo3(signature = (module, imports = None, *, size, wasi = None, limits = None))]
    fn new(
        py: Python<'_>,
        module: &Module,
        imports: Option<&Bound<'_, PyAny>>,
        size: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = crate::wasi::given)] wasi: Option<Py<Wasi>>,
        limits: Option<&Limits>,
    ) -> PyResult<Pool> {
        let wasi = wasi.as_ref().map(Py::get);
        let size = number::at_least_one("size", size)?;
        let store = imports::resolve(py, &module.core().imports(), imports, wasi)?;
        let executor = Executor::new(&limits::within(module.config(), limits));
        let core = enter::work(py, || {
            wasmspan::Pool::with_executor(&executor, module.core(), &store, size)
        })?;
        drop(store);
        let owner = Owner::of(Target::Pool(core.clone()), InstanceLock::open()).enter(py)?;
        // The object itself has a handle, too.
        let held = Held::new(&owner);
        Ok(Pool { core, held, wasi: wasi.and_then(|wasi| wasi.held(py)) })
    }

    /// A fresh instance. Waits for a place, `timeout` seconds at most; then it raises `Busy`. Whoever
    /// came first gets the first place.
    #[pyo3(signature = (timeout = None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Instance>> {
        let timeout = interrupt::timeout(timeout)?;
        let get = || match timeout {
            None => self.core.get().map(Some),
            Some(timeout) => self.core.try_get_for(timeout),
        };
        let place = pressure::make(py, || enter::attempt(py, get))?;
        match place.map_err(|failure| error::to_python(py, &failure))? {
            Some(place) => self.handed_out(py, place),
            None => {
                let what = format!("all {} instances of the pool are in use", self.core.size());
                Err(error::raise(py, &names::BUSY, &what)?)
            }
        }
    }

    /// A fresh instance, or `None` if all are in use.
    fn try_get<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, Instance>>> {
        let place = pressure::make(py, || enter::attempt(py, || self.core.try_get()))?;
        let place = place.map_err(|failure| error::to_python(py, &failure))?;
        place.map(|place| self.handed_out(py, place)).transpose()
    }

    /// As `get`, for coroutines: the event loop goes on meanwhile.
    #[pyo3(signature = (timeout = None))]
    fn get_async<'py>(
        slf: &Bound<'py, Self>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let get = slf.py().import("wasmspan._async_call")?.getattr("get_from_pool")?;
        get.call1((slf, timeout))
    }

    /// Most instances at a time.
    #[getter]
    fn size(&self) -> usize {
        self.core.size()
    }

    /// Instances that are handed out.
    #[getter]
    fn in_use(&self) -> usize {
        self.core.in_use()
    }

    /// What its instances count together.
    #[getter]
    fn statistics(&self) -> Statistics {
        Statistics::of(self.core.statistics())
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.Pool: {} of {} in use>", self.core.in_use(), self.core.size())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.wasi.as_ref().map_or(Ok(()), |wasi| wasi.traverse(&visit))?;
        self.held.traverse(&visit)
    }
}

/// A turn in the line before a pool, for event loops: whoever waits is woken.
#[pyclass(frozen, module = "wasmspan._native")]
pub struct Reservation {
    pool: Py<Pool>,
    turn: Mutex<Option<wasmspan::raw::Reservation>>,
    place: Arc<Mutex<Option<Place>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Joins the line before a pool. `wake` is called, on whatever thread, when there is a place to take.
#[pyfunction]
pub fn reserve(pool: Py<Pool>, wake: Py<PyAny>) -> Reservation {
    let place: Arc<Mutex<Option<Place>>> = Arc::default();
    let arrived = Arc::clone(&place);
    let turn = pool.get().core.reserve(move |free| {
        *lock(&arrived) = Some(free);
        // An event loop that has ended can't be woken: the next one in the line gets the place.
        let woken = interpreter::attached(|py| {
            callable::vectorcall(wake.bind(py), &[]).and_then(|woken| woken.is_truthy())
        });
        if !matches!(woken, Some(Ok(true))) {
            let free = lock(&arrived).take();
            drop(free);
        }
    });
    Reservation { pool, turn: Mutex::new(Some(turn)), place }
}

#[pymethods]
impl Reservation {
    /// A fresh instance in the place; `None` if it could not be made there, and no other place is free.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, Instance>>> {
        let pool = self.pool.get();
        let fill = || {
            let place = lock(&self.place).take();
            match place {
                Some(place) => place.fill().map(Some),
                // It went when it could not be filled.
                None => pool.core.try_get(),
            }
        };
        let place = pressure::make(py, || enter::attempt(py, fill))?;
        let place = place.map_err(|failure| error::to_python(py, &failure))?;
        place.map(|place| pool.handed_out(py, place)).transpose()
    }

    /// Leaves the line, and gives the place back if there is one.
    fn leave(&self) {
        let turn = lock(&self.turn).take();
        drop(turn);
        let place = lock(&self.place).take();
        drop(place);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.pool)
    }
}
