//! What stops calls: time, and whoever holds an `Interrupt`.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::time::Duration;

/// A request to stop, for calls that are given it as `interrupt=`.
///
/// A request made before the call stops it at once; the call that it stops uses it up. It may be made
/// from any thread.
#[pyclass(frozen, module = "wasmspan")]
pub struct Interrupt {
    core: wasmspan::Interrupt,
}

impl Interrupt {
    /// The interrupt itself.
    pub fn core(&self) -> &wasmspan::Interrupt {
        &self.core
    }
}

#[pymethods]
impl Interrupt {
    #[new]
    fn new() -> Interrupt {
        Interrupt { core: wasmspan::Interrupt::new() }
    }

    /// Asks the call that runs, or the next one, to stop.
    fn interrupt(&self, py: Python<'_>) {
        py.detach(|| self.core.interrupt());
    }

    /// Whether a request was made that no call has answered.
    #[getter]
    fn is_requested(&self) -> bool {
        self.core.is_requested()
    }

    fn __repr__(&self) -> String {
        let state = if self.core.is_requested() { "requested" } else { "not requested" };
        format!("<wasmspan.Interrupt: {state}>")
    }
}

/// A timeout in seconds; `None` is none.
pub fn timeout(seconds: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Duration>> {
    let Some(seconds) = seconds.filter(|seconds| !seconds.is_none()) else { return Ok(None) };
    let Ok(seconds) = seconds.extract::<f64>() else {
        let given = seconds.get_type().name()?;
        return Err(PyTypeError::new_err(format!("timeout is a number of seconds, not {given}")));
    };
    let wrong = |_| PyValueError::new_err(format!("{seconds:?} seconds are no timeout"));
    Duration::try_from_secs_f64(seconds).map(Some).map_err(wrong)
}
