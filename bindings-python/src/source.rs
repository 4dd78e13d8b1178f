//! Paths, bytes and lists among arguments.

use crate::error;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};
use std::path::{Path, PathBuf};

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
