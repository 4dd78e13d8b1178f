//! Calls on threads of the runtime's own.

use crate::callable;
use crate::error;
use crate::interpreter;
use crate::interrupt;
use crate::lock::POLL_INTERVAL;
use crate::value;
use pyo3::PyTraverseError;
use pyo3::exceptions::{PyBaseException, PyTimeoutError, PyTypeError};
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use wasmspan::{Result, Task, Val};

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
    context: Py<PyAny>,
}

/// What a call returned or raised, where the garbage collector sees it.
enum Outcome {
    Returned(Py<PyAny>),
    Raised(Py<PyBaseException>),
}

impl Async {
    /// Starts a call of the core.
    pub fn start(
        py: Python<'_>,
        call: impl FnOnce() -> Result<Vec<Val>> + Send + 'static,
    ) -> PyResult<Async> {
        static CONTEXT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let context = CONTEXT.import(py, "wasmspan._host_function", "Context")?.call0()?;
        Async::spawn(context.unbind(), None, move |py| {
            let ended = py.detach(call);
            let results = ended.map_err(|failure| error::to_python(py, &failure))?;
            value::all(py, &results).map(Bound::unbind)
        })
        .map_err(|failure| error::to_python(py, &failure))
    }

    /// Does `work` on a thread of the runtime's, which then calls `wake`, while it has the interpreter.
    fn spawn(
        context: Py<PyAny>,
        wake: Option<Py<PyAny>>,
        work: impl FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Result<Async> {
        let inside = Python::attach(|py| context.clone_ref(py));
        let outcome = Arc::new(Mutex::default());
        let told = Arc::clone(&outcome);
        let core = Task::start(move || {
            // Python knows the thread from here to the end: what it notes for it would be lost else.
            let ran = interpreter::attached(|py| {
                let enter = inside.bind(py).getattr(intern!(py, "enter"));
                drop(inside);
                let entered = enter.and_then(|enter| callable::vectorcall(&enter, &[]));
                let ended = match entered.and_then(|_| work(py)) {
                    Ok(object) => Outcome::Returned(object),
                    Err(raised) => Outcome::Raised(raised.into_value(py)),
                };
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
                if let Some(Err(raised)) = wake.map(|wake| callable::vectorcall(wake.bind(py), &[]))
                {
                    raised.write_unraisable(py, None);
                }
            });
            ran.map(|()| Vec::new()).ok_or_else(error::shutting_down)
        })?;
        Ok(Async { core: Some(core), outcome, context })
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
        let timeout = interrupt::timeout(timeout)?;
        let begin = Instant::now();
        loop {
            let left = timeout.map(|timeout| timeout.saturating_sub(begin.elapsed()));
            let now = left.map_or(POLL_INTERVAL, |left| left.min(POLL_INTERVAL));
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
        let is_there = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !is_there && !self.wait(py, timeout)? {
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
        self.context.call_method0(py, "cancel").map(drop)
    }

    /// Calls `callback` without arguments when the call has ended: now if it has, else on the thread that ends
    /// it.
    fn on_finish(&self, callback: &Bound<'_, PyAny>) -> PyResult<()> {
        if !callback.is_callable() {
            let given = callback.get_type().name()?;
            return Err(PyTypeError::new_err(format!("callback is a callable, not {given}")));
        }
        let callback = callback.clone().unbind();
        self.task().on_finish(move || {
            let _ = interpreter::attached(|py| {
                if let Err(raised) = callable::vectorcall(callback.bind(py), &[]) {
                    raised.write_unraisable(py, Some(callback.bind(py)));
                }
                drop(callback);
            });
        });
        Ok(())
    }

    /// Whether the call has returned, failed or been stopped.
    #[getter]
    fn is_finished(&self) -> bool {
        self.task().is_finished()
    }

    fn __await__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let wait = slf.py().import("wasmspan._async_call")?.getattr("finish")?;
        wait.call1((slf,))?.call_method0("__await__")
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        visit.call(&self.context)?;
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

/// Calls `work` on a thread of the runtime's; `context` says which event loop that is for. What it gave is there
/// when `wake` is called, which is not called if the call is cancelled before it has begun.
#[pyfunction]
pub fn in_thread(
    py: Python<'_>,
    work: Py<PyAny>,
    context: Py<PyAny>,
    wake: Py<PyAny>,
) -> PyResult<Async> {
    let started = Async::spawn(context, Some(wake), move |py| {
        callable::vectorcall(work.bind(py), &[]).map(Bound::unbind)
    });
    started.map_err(|failure| error::to_python(py, &failure))
}

impl Drop for Async {
    fn drop(&mut self) {
        let Some(task) = self.core.take() else { return };
        if interpreter::is_ending() {
            // The call's thread can't take the interpreter any more, so its end would never come.
            task.cancel();
            task.detach();
            return;
        }
        // It waits for the guest's end, which may need the interpreter.
        Python::attach(|py| py.detach(|| drop(task)));
    }
}
