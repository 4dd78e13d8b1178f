//! The one place where the core's errors become exceptions, and exceptions errors.

use crate::names::{self, Class};
use crate::types;
use pyo3::exceptions::{PyIndexError, PyOSError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3::{IntoPyObjectExt, PyTypeInfo};
use std::fmt;
use std::io::ErrorKind;
use wasmspan::error::{Cause, ErrCode, Error, ImportFault};

/// An exception that a host function raised, on its way through wasm.
#[derive(Debug)]
struct Raised(PyErr);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Python exception")
    }
}

impl std::error::Error for Raised {}

/// The error that carries an exception through wasm.
pub fn from_python(error: PyErr) -> Error {
    Error::host(Raised(error))
}

/// The error for calls at the end of the process.
pub fn shutting_down() -> Error {
    Error::host("the Python interpreter is shutting down")
}

/// The exception for an error: what a host function raised comes out as it went in, with the trap as
/// its context.
#[cold]
pub fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    let raised =
        std::error::Error::source(error).and_then(|source| source.downcast_ref::<Raised>());
    let made = match raised {
        Some(raised) => with_context(py, &raised.0, error),
        None => plain(py, error),
    };
    made.unwrap_or_else(|failed| failed)
}

/// An exception of a class of Python's own, with the error's number and name.
#[cold]
pub fn of_python<E: PyTypeInfo>(py: Python<'_>, error: &Error) -> PyErr {
    let raised = PyErr::new::<E, _>(error.to_string());
    match names::number(raised.value(py), error) {
        Ok(()) => raised,
        Err(failed) => failed,
    }
}

/// The exception for an access outside a memory or table that the host made.
#[cold]
pub fn out_of_bounds(error: &Error) -> PyErr {
    Python::attach(|py| of_python::<PyIndexError>(py, error))
}

/// The exception for a memory or table that can't grow.
pub fn no_growth(py: Python<'_>, error: &Error) -> PyErr {
    let made = names::MEMORY_LIMIT.error(py, error);
    made.unwrap_or_else(|failed| failed)
}

/// The exception for a file that can't be read.
pub fn of_file(failure: &std::io::Error, path: &Bound<'_, PyAny>) -> PyErr {
    let number = failure.raw_os_error().or(match failure.kind() {
        ErrorKind::NotFound => Some(libc::ENOENT),
        ErrorKind::PermissionDenied => Some(libc::EACCES),
        ErrorKind::StorageFull => Some(libc::ENOSPC),
        ErrorKind::ReadOnlyFilesystem => Some(libc::EROFS),
        _ => None,
    });
    let Some(number) = number else {
        if failure.kind() == ErrorKind::InvalidInput {
            return PyValueError::new_err(failure.to_string());
        }
        return PyOSError::new_err(failure.to_string());
    };
    let text = path.py().import("os").and_then(|os| os.call_method1("strerror", (number,)));
    match text {
        Ok(text) => PyOSError::new_err((number, text.unbind(), path.clone().unbind())),
        Err(failed) => failed,
    }
}

/// The exception for a file that can't be written, or what else kept it from being.
pub fn of_output(py: Python<'_>, failure: &Error, path: &std::path::Path) -> PyErr {
    let source = std::error::Error::source(failure);
    match source.and_then(|source| source.downcast_ref::<std::io::Error>()) {
        Some(refused) => match path.as_os_str().into_pyobject(py) {
            Ok(path) => of_file(refused, path.as_any()),
            Err(never) => match never {},
        },
        None => to_python(py, failure),
    }
}

/// The exception for settings that can't be: of the system's own kind if that refused, else a `ValueError`.
pub fn of_setting(py: Python<'_>, failure: &Error) -> PyErr {
    let detail = || failure.details().join("; ");
    let source = std::error::Error::source(failure);
    match source.and_then(|source| source.downcast_ref::<std::io::Error>()) {
        Some(refused) => match refused.raw_os_error() {
            Some(number) => PyOSError::new_err((number, detail())),
            None => PyOSError::new_err(detail()),
        },
        None if failure.code() == ErrCode::HostFuncError && source.is_none() => {
            PyValueError::new_err(detail())
        }
        None => to_python(py, failure),
    }
}

/// The same exception with the name of the argument in front, if it says that a value is wrong.
pub fn of_argument(py: Python<'_>, name: &str, error: PyErr) -> PyErr {
    let class = error.get_type(py);
    let plain = class.is(PyTypeError::type_object(py))
        || class.is(PyValueError::type_object(py))
        || class.is(PyOverflowError::type_object(py));
    if !plain {
        return error;
    }
    let made = PyErr::from_type(class, format!("{name}: {}", error.value(py)));
    made.set_cause(py, error.cause(py));
    made
}

/// An exception of a class of the Python layer.
pub fn raise(py: Python<'_>, class: &Class, message: &str) -> PyResult<PyErr> {
    Ok(PyErr::from_value(class.get(py)?.call1((message,))?))
}

/// A fact about an error, and the attribute that has it.
type Fact<'py> = Option<(&'static str, Bound<'py, PyAny>)>;

/// The class for a cause, and what is known of it.
fn class_and_fact<'py>(py: Python<'py>, cause: &Cause) -> PyResult<(&'static Class, Fact<'py>)> {
    let fact = |name, value: Bound<'py, PyAny>| Some((name, value));
    Ok(match cause {
        Cause::Timeout(limit) => {
            (&names::WASM_TIMEOUT, fact("limit", limit.as_secs_f64().into_bound_py_any(py)?))
        }
        Cause::Interrupted => (&names::INTERRUPTED, None),
        Cause::OutputLimit(limit) => {
            (&names::OUTPUT_LIMIT, fact("limit", limit.into_bound_py_any(py)?))
        }
        Cause::CostLimit => (&names::OUT_OF_FUEL, None),
        Cause::OutOfMemory => (&names::MEMORY_LIMIT, None),
        Cause::Exit(_) => (&names::EXIT, None),
        Cause::User(_) => (&names::USER_ERROR, None),
        Cause::StackOverflow | Cause::Trap | Cause::HostError | Cause::Instantiation => {
            (&names::TRAP, None)
        }
        Cause::Panic | Cause::Fault => (&names::INTERNAL_ERROR, None),
        Cause::Imports(faults) => {
            (&names::LINK_ERROR, fact("missing", missing(py, faults)?.into_any()))
        }
        Cause::Unsupported { proposal, available: _ } => {
            (&names::COMPILE_ERROR, fact("proposal", proposal.into_bound_py_any(py)?))
        }
        Cause::Malformed | Cause::Invalid => (&names::COMPILE_ERROR, None),
        Cause::Usage => (&names::WASM_ERROR, None),
    })
}

/// Imports at fault, as objects of the Python layer.
fn missing<'py>(py: Python<'py>, faults: &[ImportFault]) -> PyResult<Bound<'py, PyTuple>> {
    let class = names::MISSING_IMPORT.get(py)?;
    let missing = faults.iter().map(|fault| {
        let wanted = types::object(py, &fault.wanted)?;
        let found = fault.found.as_ref().map(|found| types::object(py, found)).transpose()?;
        class.call1((&fault.module, &fault.name, wanted, found, &fault.reason))
    });
    PyTuple::new(py, missing.collect::<PyResult<Vec<_>>>()?)
}

fn plain(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let cause = error.cause();
    if let Cause::Exit(code) = cause {
        return Ok(PyErr::from_value(names::EXIT.get(py)?.call1((code,))?));
    }
    let (class, fact) = class_and_fact(py, &cause)?;
    let raised = class.error(py, error)?;
    let value = raised.value(py);
    if let Some((name, fact)) = fact {
        value.setattr(name, fact)?;
    }
    if let Some(offset) = error.offset() {
        value.setattr(intern!(py, "offset"), offset)?;
    }
    if !error.frames().is_empty() {
        value.setattr(intern!(py, "frames"), frames(py, error)?)?;
        for frame in error.frames() {
            value.call_method1(intern!(py, "add_note"), (format!("    at {frame}"),))?;
        }
    }
    Ok(raised)
}

fn frames<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyTuple>> {
    let class = names::FRAME.get(py)?;
    let frames = error.frames().iter().map(|frame| {
        let (file, line) = frame.location().unzip();
        let (index, offset) = (frame.func_index(), frame.offset());
        class.call1((frame.module_name(), frame.func_name(), index, offset, file, line))
    });
    PyTuple::new(py, frames.collect::<PyResult<Vec<_>>>()?)
}

/// The exception itself; the trap goes to the end of its chain of contexts.
fn with_context(py: Python<'_>, raised: &PyErr, error: &Error) -> PyResult<PyErr> {
    /// Contexts that are followed; a chain may be a circle.
    const MOST: usize = 100;
    let trap = plain(py, error)?;
    let mut last = raised.value(py).clone();
    for _ in 0..MOST {
        match PyErr::from_value(last.clone().into_any()).context(py) {
            Some(next) if !next.value(py).is(raised.value(py)) => last = next.value(py).clone(),
            Some(_) => return Ok(raised.clone_ref(py)),
            None => {
                last.setattr(intern!(py, "__context__"), trap.value(py))?;
                break;
            }
        }
    }
    Ok(raised.clone_ref(py))
}
