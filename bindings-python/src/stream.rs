//! What a guest's standard streams are connected to: words, descriptors, bytes, callables and objects
//! like files.

use crate::callable::{self, Callable};
use crate::error;
use crate::interpreter;
use crate::source;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyInt, PyString};
use pyo3::{Borrowed, IntoPyObjectExt};
use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use wasmspan::wasi::{Input, Output, OutputBuffer};

/// A stream, and the callable behind it if there is one.
pub struct StreamEnd<T> {
    /// The stream.
    pub core: T,
    /// What it calls, to be shown to the garbage collector.
    pub callable: Option<Arc<Callable>>,
}

impl<T> StreamEnd<T> {
    /// One without.
    pub fn plain(core: T) -> StreamEnd<T> {
        StreamEnd { core, callable: None }
    }
}

/// Where standard input comes from.
pub fn input(given: &Bound<'_, PyAny>) -> PyResult<StreamEnd<Input>> {
    if given.is_none() {
        return Ok(StreamEnd::plain(Input::Null));
    }
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(StreamEnd::plain(match text.to_str()? {
            "inherit" => Input::Inherit,
            text => Input::Bytes(text.into()),
        }));
    }
    if let Some(bytes) = source::buffer(given)? {
        return Ok(StreamEnd::plain(Input::Bytes(bytes)));
    }
    if let Some(file) = descriptor("stdin", given)? {
        return Ok(StreamEnd::plain(Input::File(file.into())));
    }
    static READER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let read = READER.import(given.py(), "wasmspan._streams", "reader")?.call1((given,))?;
    let callable = Arc::new(Callable::plain(read.unbind()));
    let body = Arc::clone(&callable);
    let core = Input::reader(move |room| {
        attached(|py| {
            let read = callable::vectorcall(body.get(py)?, &[room.len().into_bound_py_any(py)?])?;
            let bytes = read.cast::<PyBytes>()?.as_bytes();
            let taken = bytes.len().min(room.len());
            room[..taken].copy_from_slice(&bytes[..taken]);
            Ok(taken)
        })
    });
    Ok(StreamEnd { core, callable: Some(callable) })
}

/// An argument that says where output goes.
pub enum Sink<'py> {
    /// There is none: to the stream of this process.
    Inherit,
    /// It says it.
    WasiOptions(Bound<'py, PyAny>),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Sink<'py> {
    type Error = Infallible;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> Result<Sink<'py>, Infallible> {
        Ok(Sink::WasiOptions(object.to_owned()))
    }
}

/// Where standard output or error goes, and the buffer that captures it.
pub fn output(what: &str, given: &Sink<'_>) -> PyResult<(StreamEnd<Output>, Option<OutputBuffer>)> {
    let Sink::WasiOptions(given) = given else {
        return Ok((StreamEnd::plain(Output::Inherit), None));
    };
    if given.is_none() {
        return Ok((StreamEnd::plain(Output::Null), None));
    }
    if let Ok(word) = given.cast::<PyString>() {
        return match word.to_str()? {
            "inherit" => Ok((StreamEnd::plain(Output::Inherit), None)),
            "capture" => {
                let buffer = OutputBuffer::default();
                Ok((StreamEnd::plain(Output::Buffer(buffer.clone())), Some(buffer)))
            }
            word => Err(PyValueError::new_err(format!(
                "{what} is \"inherit\", \"capture\", None, a descriptor, a callable or a file, not {word:?}"
            ))),
        };
    }
    if let Some(file) = descriptor(what, given)? {
        return Ok((StreamEnd::plain(Output::File(file.into())), None));
    }
    static WRITER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let write = WRITER.import(given.py(), "wasmspan._streams", "writer")?.call1((what, given))?;
    let callable = Arc::new(Callable::plain(write.unbind()));
    let body = Arc::clone(&callable);
    let core = Output::writer(move |bytes| {
        attached(|py| {
            callable::vectorcall(body.get(py)?, &[PyBytes::new(py, bytes).into_any()])?;
            Ok(bytes.len())
        })
    });
    Ok((StreamEnd { core, callable: Some(callable) }, None))
}

/// A copy of the descriptor that a number names.
fn descriptor(what: &str, given: &Bound<'_, PyAny>) -> PyResult<Option<File>> {
    if !given.is_instance_of::<PyInt>() || given.is_instance_of::<PyBool>() {
        return Ok(None);
    }
    let number: i32 = given.extract()?;
    if number < 0 {
        let message = format!("{what} is to be the number of an open file, not {number}");
        return Err(PyValueError::new_err(message));
    }
    // SAFETY: the number is only asked for a copy, which fails if no file has it.
    let copy = unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned();
    copy.map(|copy| Some(File::from(copy))).map_err(|failure| error::of_file(&failure, given))
}

/// Runs with the interpreter; an exception ends the guest's run.
fn attached(body: impl FnOnce(Python<'_>) -> PyResult<usize>) -> io::Result<usize> {
    let failure = match interpreter::attached(body) {
        Some(Ok(moved)) => return Ok(moved),
        Some(Err(raised)) => error::from_python(raised),
        None => error::shutting_down(),
    };
    Err(io::Error::other(failure))
}
