//! Pools of instances.

use crate::control;
use crate::door::{self, Gate, WhenBusy};
use crate::error;
use crate::instance::Instance;
use crate::limits::{self, Limits};
use crate::link;
use crate::module::Module;
use crate::names;
use crate::owner::{self, Held, HeldWasi, Owner, Target};
use crate::statistics::Statistics;
use crate::wasi::Wasi;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use std::time::{Duration, Instant};
use wasmspan::{Executor, Pooled};

/// How long a thread that waits stays away from the interpreter, whose signal handlers may have to run.
const LOOK: Duration = Duration::from_millis(50);

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
    executor: Executor,
    /// Handles of the pool to what Python made; every instance has the same.
    imports: Vec<Held>,
    wasi: Option<HeldWasi>,
}

impl Pool {
    fn handed_out<'py>(&self, py: Python<'py>, place: Pooled) -> PyResult<Bound<'py, Instance>> {
        let gate = Gate::new(WhenBusy::Raise, false);
        let mut owner = Owner::of(Target::Instance((*place).clone()), gate);
        owner.imports = self.imports.iter().map(|held| held.again(py)).collect();
        owner.wasi = self.wasi.as_ref().map(|wasi| wasi.again(py));
        owner.executor = Some(self.executor.clone());
        let instance = Instance::of(&Bound::new(py, owner)?)?;
        instance.get().keep(py, place);
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
        size: usize,
        wasi: Option<&Wasi>,
        limits: Option<&Limits>,
    ) -> PyResult<Pool> {
        let wanted = module.core().imports();
        let linked = link::resolve(py, &wanted, imports, wasi)?;
        let executor = Executor::new(&limits::within(module.config(), limits));
        let made = door::attempt(py, || {
            wasmspan::Pool::with_executor(&executor, module.core(), &linked.store, size)
        })?;
        let core = made.map_err(|failure| link::explain(py, &failure, &wanted))?;
        let mut imports = linked.imports;
        for host in linked.hosts {
            let owner = owner::of_func(py, host.func, host.callable)?;
            imports.push(Held::new(owner.bind(py)));
        }
        Ok(Pool { core, executor, imports, wasi: wasi.and_then(|wasi| wasi.held(py)) })
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
            if let Some(place) = door::work(py, || self.core.try_get_for(now))? {
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
        let place = door::work(py, || self.core.try_get())?;
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
        self.imports.iter().try_for_each(|held| held.traverse(&visit))
    }
}
