//! Numbers among arguments, with their names in what is said about wrong ones.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;

/// An integer from 0 to `most`.
pub fn up_to(name: &str, given: &Bound<'_, PyAny>, most: u64) -> PyResult<u64> {
    let py = given.py();
    match given.extract::<u64>() {
        Ok(number) if number <= most => Ok(number),
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {
            let given = given.get_type().name()?;
            Err(PyTypeError::new_err(format!("{name} is an integer, not {given}")))
        }
        Err(error) if !error.is_instance_of::<PyOverflowError>(py) => Err(error),
        _ => Err(PyValueError::new_err(format!("{name} is from 0 to {most}, not {given}"))),
    }
}

/// The same, or `None`.
pub fn maybe(name: &str, given: Option<&Bound<'_, PyAny>>, most: u64) -> PyResult<Option<u64>> {
    let given = given.filter(|given| !given.is_none());
    given.map(|given| up_to(name, given, most)).transpose()
}

/// An integer that is not 0.
pub fn at_least_one(name: &str, given: &Bound<'_, PyAny>) -> PyResult<usize> {
    match up_to(name, given, usize::MAX as u64)? {
        0 => Err(PyValueError::new_err(format!("{name} is at least 1, not 0"))),
        number => Ok(number as usize),
    }
}
