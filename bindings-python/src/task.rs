//! Calls on threads of the runtime's own.

use crate::control;
use crate::door::{self, LOOK};
use crate::error;
use crate::value;
use pyo3::PyTraverseError;
use pyo3::exceptions::{PyBaseException, PyTimeoutError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use wasmspan::{Result, Task, Val, Wasi};

/// A call that runs on another thread: made by the `…_async` functions of `VM` and `Executor`.
///
/// Any thread may wait for it and cancel it; `await` works, too, and cancels the call with its task. An
/// `Async` that is dropped before its end cancels the call.
///
/// >>> vm = VM()
/// >>> spin = vm.run_async(b'(module (func (export "spin") (loop (br 0))))', "spin")
/// >>> spin.wait(0.01)
/// False
/// >>> spin.cancel()
/// >>> spin.get()
/// Traceback (most recent call last):
/// wasmspan._errors.Interrupted: execution interrupted
#[pyclass(frozen, weakref, module = "wasmspan")]
pub struct Async {
    /// Always there until the object goes.
    core: Option<Task>,
    /// What the call gave, unless it was stopped before it began.
    outcome: Arc<Mutex<Option<Outcome>>>,
    /// The event loop that coroutines of the host run in.
    surroundings: Py<PyAny>,
}

/// What a call returned or raised, where the garbage collector sees it.
enum Outcome {
    Returned(Py<PyAny>),
    Raised(Py<PyBaseException>),
}

impl Outcome {
    fn of(py: Python<'_>, ended: Result<Vec<Val>>, wasi: Option<&Wasi>) -> Outcome {
        let returned = match (ended, wasi) {
            (Ok(results), _) => value::all(py, &results),
            (Err(failure), Some(wasi)) if failure.is_terminated() => {
                Err(error::exit(py, wasi.exit_code()))
            }
            (Err(failure), _) => Err(error::to_python(py, &failure)),
        };
        match returned {
            Ok(object) => Outcome::Returned(object.unbind()),
            Err(raised) => Outcome::Raised(raised.into_value(py)),
        }
    }
}

impl Async {
    /// Starts a call. A guest that ends itself leaves its status in `wasi`.
    pub fn start(
        py: Python<'_>,
        wasi: Option<Wasi>,
        call: impl FnOnce() -> Result<Vec<Val>> + Send + 'static,
    ) -> PyResult<Async> {
        static SURROUNDINGS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let class = SURROUNDINGS.import(py, "wasmspan._host", "Surroundings")?;
        let surroundings = class.call0()?.unbind();
        let inside = surroundings.clone_ref(py);
        let outcome = Arc::new(Mutex::default());
        let told = Arc::clone(&outcome);
        let started = Task::start(move || {
            // Python knows the thread from here to the end: what it notes for it would be lost else.
            let ran = door::attached(|py| {
                let entered = inside.call_method0(py, "enter");
                drop(inside);
                entered.map_err(error::from_python)?;
                let ended = Outcome::of(py, py.detach(call), wasi.as_ref());
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
                Ok(Vec::new())
            });
            ran.unwrap_or_else(|| Err(error::shutting_down()))
        });
        let core = started.map_err(|failure| error::to_python(py, &failure))?;
        Ok(Async { core: Some(core), outcome, surroundings })
    }

    fn task(&self) -> &Task {
        self.core.as_ref().expect("taken by drop alone")
    }
}

#[pymethods]
impl Async {
    /// Waits for the end, `timeout` seconds at most; whether it has come.
    #[pyo3(signature = (timeout = None))]
    fn wait(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        let timeout = control::timeout(timeout)?;
        let begin = Instant::now();
        loop {
            let left = timeout.map(|timeout| timeout.saturating_sub(begin.elapsed()));
            let now = left.map_or(LOOK, |left| left.min(LOOK));
            if py.detach(|| self.task().wait_for(now)) {
                return Ok(true);
            }
            py.check_signals()?;
            if left.is_some_and(|left| left <= now) {
                return Ok(false);
            }
        }
    }

    /// Waits, and gives what the call returned or raises what it raised; may be called again. Raises
    /// `TimeoutError` if the call has not ended by then, and lets it go on.
    #[pyo3(signature = (timeout = None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if !self.wait(py, timeout)? {
            return Err(PyTimeoutError::new_err("the call has not ended yet"));
        }
        match &*self.outcome.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Outcome::Returned(object)) => Ok(object.bind(py).clone()),
            Some(Outcome::Raised(raised)) => {
                Err(PyErr::from_value(raised.bind(py).clone().into_any()))
            }
            None => match self.task().get() {
                Ok(_) => Ok(py.None().into_bound(py)),
                Err(failure) => Err(error::to_python(py, &failure)),
            },
        }
    }

    /// Asks the call to stop: it ends with `Interrupted` unless it has ended. Returns at once.
    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.task().cancel());
        self.surroundings.call_method0(py, "cancel").map(drop)
    }

    /// Whether the call has returned, failed or been stopped.
    #[getter]
    fn is_finished(&self) -> bool {
        self.task().is_finished()
    }

    fn __await__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let wait = slf.py().import("wasmspan._aio")?.getattr("finish")?;
        wait.call1((slf,))?.call_method0("__await__")
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        visit.call(&self.surroundings)?;
        // While the call runs, its thread has a share.
        if Arc::strong_count(&self.outcome) > 1 {
            return Ok(());
        }
        match self.outcome.try_lock().as_deref() {
            Ok(Some(Outcome::Returned(object))) => visit.call(object),
            Ok(Some(Outcome::Raised(raised))) => visit.call(raised),
            _ => Ok(()),
        }
    }

    fn __clear__(&self) {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(outcome);
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.Async: {}>", if self.is_finished() { "finished" } else { "running" })
    }
}

impl Drop for Async {
    fn drop(&mut self) {
        let Some(task) = self.core.take() else { return };
        if door::is_ending() {
            // The call's thread can't take the interpreter any more, so its end would never come.
            task.cancel();
            task.detach();
            return;
        }
        // It waits for the guest's end, which may need the interpreter.
        Python::attach(|py| py.detach(|| drop(task)));
    }
}
