//! Where a module comes from, for the stages of WasmEdge's API.

use crate::error;
use crate::module::Module;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use wasmspan::{Loader, Result};

/// What was given as a source.
pub enum Source {
    /// A file.
    File(PathBuf),
    /// The bytes of a module, or its text.
    Bytes(Vec<u8>),
    /// A module that was loaded before.
    Module(wasmspan::Module),
}

impl Source {
    /// Takes a path, bytes or a `Module`.
    pub fn of(source: &Bound<'_, PyAny>) -> PyResult<Source> {
        if let Ok(module) = source.cast::<Module>() {
            return Ok(Source::Module(module.get().core().clone()));
        }
        if let Some(path) = path(source)? {
            return match readable(&path) {
                Ok(()) => Ok(Source::File(path)),
                Err(failure) => Err(error::of_file(&failure, source)),
            };
        }
        Ok(Source::Bytes(bytes(source)?))
    }

    /// The module.
    pub fn load(self, loader: &Loader) -> Result<wasmspan::Module> {
        match self {
            Source::Module(module) => Ok(module),
            Source::File(path) => loader.load_file(path),
            Source::Bytes(bytes) => loader.load_bytes(bytes),
        }
    }
}

/// Fails as reading the file would, if that can be known without.
fn readable(path: &Path) -> std::io::Result<()> {
    if std::fs::metadata(path)?.is_dir() {
        return Err(std::io::Error::from_raw_os_error(libc::EISDIR));
    }
    let name = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the name ends with a zero.
    match unsafe { libc::access(name.as_ptr(), libc::R_OK) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// The path that an object is, if it is one.
pub fn path(source: &Bound<'_, PyAny>) -> PyResult<Option<PathBuf>> {
    if source.is_instance_of::<PyString>() || source.hasattr("__fspath__")? {
        return source.extract().map(Some);
    }
    Ok(None)
}

/// The bytes that an object holds, if it holds any.
pub fn buffer(source: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
    if let Ok(bytes) = source.cast::<PyBytes>() {
        Ok(Some(bytes.as_bytes().to_vec()))
    } else if let Ok(bytes) = source.cast::<PyByteArray>() {
        Ok(Some(bytes.to_vec()))
    } else if let Ok(buffer) = pyo3::buffer::PyBuffer::<u8>::get(source) {
        buffer.to_vec(source.py()).map(Some)
    } else {
        Ok(None)
    }
}

/// The bytes that a module is made of.
pub fn bytes(source: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Some(bytes) = buffer(source)? {
        return Ok(bytes);
    }
    let given = source.get_type().name()?;
    Err(PyTypeError::new_err(format!("a module is made of a path or bytes, not {given}")))
}

/// The content of a file, or the exception of Python's own functions.
pub fn read(source: &Bound<'_, PyAny>, path: &Path) -> PyResult<Vec<u8>> {
    let bytes = source.py().detach(|| std::fs::read(path));
    bytes.map_err(|failure| error::of_file(&failure, source))
}

/// The items of an iterable; a text or bytes is none.
pub fn items<T>(iterable: &Bound<'_, PyAny>) -> PyResult<Vec<T>>
where
    T: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>,
{
    if iterable.is_instance_of::<PyString>() || iterable.is_instance_of::<PyBytes>() {
        let given = iterable.get_type().name()?;
        return Err(PyTypeError::new_err(format!("a list is expected, not one {given}")));
    }
    iterable.try_iter()?.map(|item| item?.extract()).collect()
}
