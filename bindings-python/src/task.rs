//! Calls on threads of the runtime's own.

use crate::control;
use crate::door::{self, LOOK};
use crate::error;
use crate::owner::HeldWasi;
use crate::value;
use pyo3::PyTraverseError;
use pyo3::exceptions::PyTimeoutError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
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
    /// Tells the status of a guest that ended itself.
    wasi: Option<HeldWasi>,
    /// The event loop that coroutines of the host run in.
    surroundings: Py<PyAny>,
}

impl Async {
    /// Starts a call.
    pub fn start(
        py: Python<'_>,
        wasi: Option<HeldWasi>,
        call: impl FnOnce() -> Result<Vec<Val>> + Send + 'static,
    ) -> PyResult<Async> {
        static SURROUNDINGS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let class = SURROUNDINGS.import(py, "wasmspan._host", "Surroundings")?;
        let surroundings = class.call0()?.unbind();
        let inside = surroundings.clone_ref(py);
        let started = Task::start(move || {
            // Python knows the thread from here to the end: what it notes for it would be lost else.
            let ran = door::attached(|py| {
                let entered = inside.call_method0(py, "enter");
                drop(inside);
                entered.map_err(error::from_python)?;
                py.detach(call)
            });
            ran.unwrap_or_else(|| Err(error::shutting_down()))
        });
        let core = started.map_err(|failure| error::to_python(py, &failure))?;
        Ok(Async { core: Some(core), wasi, surroundings })
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
        let results = self.task().get().map_err(|failure| match &self.wasi {
            Some(wasi) if failure.is_terminated() => error::exit(py, wasi.core.exit_code()),
            _ => error::to_python(py, &failure),
        })?;
        value::all(py, &results)
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
        self.wasi.as_ref().map_or(Ok(()), |wasi| wasi.traverse(&visit))
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
