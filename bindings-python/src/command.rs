//! Running a module as a process.

use crate::enter;
use crate::error;
use crate::imports;
use crate::interrupt::{self, Interrupt};
use crate::limits::{self, Limits};
use crate::module::Module;
use crate::names;
use crate::number;
use crate::stream::{self, Sink};
use crate::wasi::{self, WasiOptions};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use wasmspan::command::Finished;
use wasmspan::{Command, ErrCode};

/// Runs a module once, and gives its `Completed`; `wasmspan.run` is made of this.
#[pyfunction]
#[pyo3(signature = (
    module,
    args,
    *,
    imports,
    stdout,
    stderr,
    timeout,
    interrupt,
    memory,
    output_limit,
    limits,
    **given,
))]
#[allow(clippy::too_many_arguments)] // They are keywords in Python.
pub fn run_command<'py>(
    py: Python<'py>,
    module: &Module,
    args: &Bound<'py, PyAny>,
    imports: Option<&Bound<'py, PyAny>>,
    stdout: Sink<'py>,
    stderr: Sink<'py>,
    timeout: Option<&Bound<'py, PyAny>>,
    interrupt: Option<&Interrupt>,
    memory: Option<&Bound<'py, PyAny>>,
    output_limit: Option<&Bound<'py, PyAny>>,
    limits: Option<&Limits>,
    given: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let given = WasiOptions::of(given)?.with_args(args)?;
    let denials = given.denials.clone();
    let store = imports::resolve(py, &module.core().imports(), imports, None)?;
    let config = limits::within(module.config(), limits);
    let mut command = Command::new(module.core()).config(&config).imports(&store);
    command = command.wasi(|wasi| given.apply(wasi));
    // What is captured comes with the outcome.
    if let (out, None) = stream::output("stdout", &stdout)? {
        command = command.stdout(out.core);
    }
    if let (err, None) = stream::output("stderr", &stderr)? {
        command = command.stderr(err.core);
    }
    if let Some(time) = interrupt::timeout(timeout)? {
        command = command.timeout(time);
    }
    if let Some(pages) = number::maybe("memory", memory, u32::MAX.into())? {
        command = command.max_memory_pages(pages as u32);
    }
    if let Some(bytes) = number::maybe("output_limit", output_limit, usize::MAX as u64)? {
        command = command.output_limit(bytes as usize);
    }
    let finished = match interrupt {
        None => enter::attempt(py, || command.run())?,
        Some(interrupt) => {
            let stop = interrupt.core().clone();
            enter::attempt(py, || stop.run(|| command.run()))?
        }
    };
    let finished = finished.map_err(|failure| match failure.code() {
        ErrCode::HostFuncError => error::of_setting(py, &failure),
        _ => error::to_python(py, &failure),
    })?;
    let (exit_code, failure) = (finished.exit_code(), finished.error().cloned());
    let Finished { stdout, stderr, truncated, usage, .. } = finished;
    let (stdout, stderr) = (PyBytes::new(py, &stdout), PyBytes::new(py, &stderr));
    let denials = wasi::denied(py, &denials)?;
    let Some(failure) = failure else {
        let (code, pages, cost) = (exit_code.unwrap_or(0), usage.memory_pages, usage.cost);
        let (wall, cpu) = (usage.wall.as_secs_f64(), usage.cpu.as_secs_f64());
        let all = (args, code, stdout, stderr, truncated, wall, cpu, pages, cost, denials);
        return names::COMPLETED.get(py)?.call1(all);
    };
    let raised = error::to_python(py, &failure);
    if raised.is_instance(py, names::WASM_ERROR.get(py)?) {
        let value = raised.value(py);
        value.setattr("stdout", stdout)?;
        value.setattr("stderr", stderr)?;
        value.setattr("denials", denials)?;
    }
    Err(raised)
}
