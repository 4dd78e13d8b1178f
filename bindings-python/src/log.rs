//! The log of the runtime, which is off until somebody asks for it.

use crate::interpreter;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::sync::Arc;
use wasmspan::log::{self, LogLevel};

/// Writes WasmEdge's log lines from a level on: "trace", "debug", "info", "warning", "error"; "off" is none.
///
/// They go to standard output, or to `sink`, which is called with level and line, from any thread.
///
/// >>> lines = []
/// >>> set_log("error", lambda level, line: lines.append((level, line)))
/// >>> try:
/// ...     VM().load(b"nonsense")
/// ... except CompileError:
/// ...     set_log("off")
/// >>> lines[0]
/// ('error', 'loading failed: ...
#[pyfunction]
#[pyo3(signature = (level, sink = None))]
pub fn set_log(py: Python<'_>, level: &str, sink: Option<Py<PyAny>>) -> PyResult<()> {
    let known = LogLevel::ALL.iter().copied().find(|known| known.text() == level);
    let Some(level) = known else {
        let names: Vec<&str> = LogLevel::ALL.iter().map(|level| level.text()).collect();
        return Err(PyValueError::new_err(format!("{level:?} is no level: {}", names.join(", "))));
    };
    let sink = sink.map(|sink| -> log::Sink {
        Arc::new(move |level, line| {
            interpreter::attached(|py| {
                if let Err(failed) = sink.call1(py, (level.text(), line)) {
                    failed.write_unraisable(py, Some(sink.bind(py)));
                }
            });
        })
    });
    py.detach(|| log::set_sink(sink));
    log::set_level(level);
    Ok(())
}
