//! Running a module as a process.

use crate::control::{self, Interrupt};
use crate::door;
use crate::error;
use crate::limits::{self, Limits};
use crate::module::Module;
use crate::stream::{self, Sink};
use crate::wasi::Given;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use wasmspan::command::Ending;
use wasmspan::{Command, ErrCode};

/// What a run gave: how it ended, exit code, error, standard output and error, whether they were cut,
/// seconds, processor seconds, pages of memory, cost.
type Outcome<'py> = (
    &'static str,
    u32,
    Option<PyErr>,
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
    bool,
    f64,
    f64,
    u64,
    u64,
);

/// Runs a module once; `wasmspan.run` is made of this.
#[pyfunction]
#[pyo3(signature = (module, given, stdout, stderr, timeout, interrupt, memory, output_limit, limits))]
#[allow(clippy::too_many_arguments)] // One caller, in the Python layer.
pub fn run_command<'py>(
    py: Python<'py>,
    module: &Module,
    given: &Bound<'py, PyDict>,
    stdout: Sink<'py>,
    stderr: Sink<'py>,
    timeout: Option<&Bound<'py, PyAny>>,
    interrupt: Option<&Interrupt>,
    memory: Option<u32>,
    output_limit: Option<usize>,
    limits: Option<&Limits>,
) -> PyResult<Outcome<'py>> {
    let given = Given::of(given)?;
    let mut command = Command::new(module.core()).config(&limits::within(module.config(), limits));
    command = command.wasi(|wasi| given.apply(wasi));
    // What is captured comes with the outcome.
    if let (out, None) = stream::output("stdout", &stdout)? {
        command = command.stdout(out.core);
    }
    if let (err, None) = stream::output("stderr", &stderr)? {
        command = command.stderr(err.core);
    }
    if let Some(time) = control::timeout(timeout)? {
        command = command.timeout(time);
    }
    if let Some(pages) = memory {
        command = command.max_memory_pages(pages);
    }
    if let Some(bytes) = output_limit {
        command = command.output_limit(bytes);
    }
    let finished = match interrupt {
        None => door::attempt(py, || command.run())?,
        Some(interrupt) => {
            let stop = interrupt.core().clone();
            door::attempt(py, || stop.run(|| command.run()))?
        }
    };
    let wanted = module.core().imports();
    let finished = finished.map_err(|failure| match failure.code() {
        ErrCode::HostFuncError => error::of_setting(py, &failure),
        _ => crate::link::explain(py, &failure, &wanted),
    })?;
    let (how, code, raised) = match &finished.ending {
        Ending::Exited(code) => ("exited", *code, None),
        Ending::Failed(failure) => ("failed", 0, Some(error::to_python(py, failure))),
        Ending::TimedOut => ("timed out", 0, None),
        Ending::Interrupted => ("interrupted", 0, None),
    };
    let usage = finished.usage;
    Ok((
        how,
        code,
        raised,
        PyBytes::new(py, &finished.stdout),
        PyBytes::new(py, &finished.stderr),
        finished.truncated,
        usage.wall.as_secs_f64(),
        usage.cpu.as_secs_f64(),
        usage.memory_pages,
        usage.cost,
    ))
}
