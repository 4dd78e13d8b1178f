//! Pools of instances.

use crate::control;
use crate::door::{self, Gate, LOOK, WhenBusy};
use crate::error;
use crate::instance::Instance;
use crate::limits::{self, Limits};
use crate::link;
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
use std::time::Instant;
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
    executor: Executor,
    wasi: Option<HeldWasi>,
}

impl Pool {
    fn handed_out<'py>(&self, py: Python<'py>, place: Pooled) -> PyResult<Bound<'py, Instance>> {
        let gate = Gate::new(WhenBusy::Raise, false);
        let mut owner = Owner::of(Target::Instance((*place).clone()), gate);
        owner.wasi = self.wasi.as_ref().map(|wasi| wasi.again(py));
        let instance = Instance::made(py, owner, &self.executor)?;
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
        let wanted = module.core().imports();
        let store = link::resolve(py, &wanted, imports, wasi)?;
        let executor = Executor::new(&limits::within(module.config(), limits));
        let made = door::attempt(py, || {
            wasmspan::Pool::with_executor(&executor, module.core(), &store, size)
        })?;
        let core = made.map_err(|failure| link::explain(py, &failure, &wanted))?;
        drop(store);
        let owner = Owner::of(Target::Pool(core.clone()), Gate::open()).enter(py)?;
        // The object itself has a handle, too.
        let held = Held::new(&owner);
        Ok(Pool { core, held, executor, wasi: wasi.and_then(|wasi| wasi.held(py)) })
    }

    /// A fresh instance. Waits for a place, `timeout` seconds at most; then it raises `Busy`.
    #[pyo3(signature = (timeout = None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Instance>> {
        let timeout = control::timeout(timeout)?;
        let begin = Instant::now();
        loop {
            let left = timeout.map(|timeout| timeout.saturating_sub(begin.elapsed()));
            let now = left.map_or(LOOK, |left| left.min(LOOK));
            let place = pressure::make(py, || door::attempt(py, || self.core.try_get_for(now)))?;
            if let Some(place) = place.map_err(|failure| error::to_python(py, &failure))? {
                return self.handed_out(py, place);
            }
            py.check_signals()?;
            if left.is_some_and(|left| left <= now) {
                let what = format!("all {} instances of the pool are in use", self.core.size());
                return Err(error::raise(py, &names::BUSY, &what)?);
            }
        }
    }

    /// A fresh instance, or `None` if all are in use.
    fn try_get<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, Instance>>> {
        let place = pressure::make(py, || door::attempt(py, || self.core.try_get()))?;
        let place = place.map_err(|failure| error::to_python(py, &failure))?;
        place.map(|place| self.handed_out(py, place)).transpose()
    }

    /// As `get`, for coroutines: the event loop goes on meanwhile.
    #[pyo3(signature = (timeout = None))]
    fn get_async<'py>(
        slf: &Bound<'py, Self>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let get = slf.py().import("wasmspan._aio")?.getattr("get_from_pool")?;
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
