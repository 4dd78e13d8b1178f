//! Python objects and WebAssembly values, in both directions.
//!
//! Integers of a type's signed and of its unsigned range are taken, and come back signed. A vector is
//! 16 bytes. Any object may be an `externref`, of which `None` is null.

use crate::callable::Reference;
use crate::error;
use crate::function;
use crate::owner::Held;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyTuple};
use std::ffi::c_int;
use wasmspan::{ExternRef, FuncType, Val, ValType};

/// A Python object that wasm refers to.
pub type Object = Reference;

/// The slot of a number or vector.
#[inline]
pub fn to_slot(object: &Bound<'_, PyAny>, ty: ValType) -> PyResult<u128> {
    match ty {
        ValType::I32 => Ok(u128::from(to_i32(object)? as u32)),
        ValType::I64 => Ok(u128::from(to_i64(object)? as u64)),
        ValType::F32 => Ok(u128::from(to_f32(object)?.to_bits())),
        ValType::F64 => Ok(u128::from(to_f64(object, "f64")?.to_bits())),
        ValType::V128 => to_v128(object),
        ValType::FuncRef | ValType::ExternRef => {
            Err(PyTypeError::new_err("references don't go through slots"))
        }
    }
}

/// The object for the number or vector in a slot.
#[inline]
pub fn from_slot(py: Python<'_>, slot: u128, ty: ValType) -> Bound<'_, PyAny> {
    match ty {
        ValType::I32 => from_int(py, i64::from(slot as i32)),
        ValType::I64 => from_int(py, slot as i64),
        ValType::F32 => PyFloat::new(py, f32::from_bits(slot as u32).into()).into_any(),
        ValType::F64 => PyFloat::new(py, f64::from_bits(slot as u64)).into_any(),
        ValType::V128 => PyBytes::new(py, &slot.to_le_bytes()).into_any(),
        ValType::FuncRef | ValType::ExternRef => py.None().into_bound(py),
    }
}

/// The value of any type.
pub fn to_val(object: &Bound<'_, PyAny>, ty: ValType) -> PyResult<Val> {
    Ok(match ty {
        ValType::I32 => Val::I32(to_i32(object)?),
        ValType::I64 => Val::I64(to_i64(object)?),
        ValType::F32 => Val::F32(to_f32(object)?),
        ValType::F64 => Val::F64(to_f64(object, "f64")?),
        ValType::V128 => Val::V128(to_v128(object)?),
        ValType::FuncRef => Val::FuncRef(match object.is_none() {
            true => None,
            false => Some(
                function::core_of(object)
                    .ok_or_else(|| wrong("a Function or None (funcref)", object))?,
            ),
        }),
        ValType::ExternRef => Val::ExternRef(match object.is_none() {
            true => None,
            false => Some(ExternRef::new(Object::new(object.clone().unbind()))),
        }),
    })
}

/// The object for a value of any type.
pub fn from_val<'py>(py: Python<'py>, value: &Val) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Val::I32(value) => from_int(py, (*value).into()),
        Val::I64(value) => from_int(py, *value),
        Val::F32(value) => PyFloat::new(py, (*value).into()).into_any(),
        Val::F64(value) => PyFloat::new(py, *value).into_any(),
        Val::V128(value) => PyBytes::new(py, &value.to_le_bytes()).into_any(),
        Val::FuncRef(Some(func)) => function::make(py, func.clone(), Held::func(py, func)?, None)?,
        Val::FuncRef(None) | Val::ExternRef(None) => py.None().into_bound(py),
        Val::ExternRef(Some(object)) => match object.downcast_ref::<Object>() {
            Some(object) => object.get(py)?.clone(),
            None => return Err(PyTypeError::new_err("the externref is no Python object")),
        },
    })
}

/// The arguments of a call of this type.
pub fn params(ty: &FuncType, args: &Bound<'_, PyTuple>) -> PyResult<Vec<Val>> {
    if ty.params().len() != args.len() {
        let wanted = crate::types::names(ty.params());
        let message = format!("{} arguments are given for ({wanted})", args.len());
        return Err(PyTypeError::new_err(message));
    }
    let convert = |(at, (arg, ty)): (usize, (Bound<'_, PyAny>, &ValType))| {
        let name = || format!("argument {}", at + 1);
        to_val(&arg, *ty).map_err(|error| error::of_argument(arg.py(), &name(), error))
    };
    args.iter().zip(ty.params()).enumerate().map(convert).collect()
}

/// One object for all results of a call.
pub fn all<'py>(py: Python<'py>, values: &[Val]) -> PyResult<Bound<'py, PyAny>> {
    results(py, values.len(), |at| from_val(py, &values[at]))
}

/// One object for a list of results: `None`, the only one, or a tuple.
pub fn results<'py>(
    py: Python<'py>,
    count: usize,
    mut get: impl FnMut(usize) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    match count {
        0 => Ok(py.None().into_bound(py)),
        1 => get(0),
        _ => {
            let items = (0..count).map(get).collect::<PyResult<Vec<_>>>()?;
            Ok(pyo3::types::PyTuple::new(py, items)?.into_any())
        }
    }
}

#[inline]
fn from_int(py: Python<'_>, value: i64) -> Bound<'_, PyAny> {
    PyInt::new(py, value).into_any()
}

/// The integer in `object`, and whether it is too large (1), too small (-1) or neither.
#[inline]
fn to_long_long(object: &Bound<'_, PyAny>, ty: &str) -> PyResult<(i64, c_int)> {
    let mut overflow = 0;
    // SAFETY: the interpreter is attached, and the object alive.
    let value = unsafe { pyo3::ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &mut overflow) };
    if value == -1
        && overflow == 0
        && let Some(error) = PyErr::take(object.py())
    {
        return Err(no_number(object, error, "__index__", "an integer", ty));
    }
    Ok((value, overflow))
}

#[inline]
fn to_i32(object: &Bound<'_, PyAny>) -> PyResult<i32> {
    let (value, overflow) = to_long_long(object, "i32")?;
    if overflow == 0 && (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&value) {
        return Ok(value as i32);
    }
    Err(too_large(object, "i32", 32))
}

#[inline]
fn to_i64(object: &Bound<'_, PyAny>) -> PyResult<i64> {
    let (value, overflow) = to_long_long(object, "i64")?;
    match overflow {
        0 => Ok(value),
        1 => match object.extract::<u64>() {
            Ok(value) => Ok(value as i64),
            Err(_) => Err(too_large(object, "i64", 64)),
        },
        _ => Err(too_large(object, "i64", 64)),
    }
}

#[inline]
fn to_f64(object: &Bound<'_, PyAny>, ty: &str) -> PyResult<f64> {
    object.extract().map_err(|error: PyErr| no_number(object, error, "__float__", "a number", ty))
}

/// A number that is too large is no infinity, as in the module `struct`.
#[inline]
pub fn to_f32(object: &Bound<'_, PyAny>) -> PyResult<f32> {
    let value = to_f64(object, "f32")?;
    let rounded = value as f32;
    if rounded.is_infinite() && value.is_finite() {
        return Err(PyOverflowError::new_err(format!("{value:e} is too large for f32")));
    }
    Ok(rounded)
}

/// What an object gives that can't become a number: what its own method raised, or which type is wanted.
#[cold]
fn no_number(
    object: &Bound<'_, PyAny>,
    error: PyErr,
    method: &str,
    wanted: &str,
    ty: &str,
) -> PyErr {
    match object.hasattr(method) {
        Ok(false) => wrong(&format!("{wanted} ({ty})"), object),
        _ => error,
    }
}

fn to_v128(object: &Bound<'_, PyAny>) -> PyResult<u128> {
    let bytes: &[u8] = object.extract().map_err(|_| wrong("16 bytes (v128)", object))?;
    let bytes = <[u8; 16]>::try_from(bytes)
        .map_err(|_| PyValueError::new_err(format!("a v128 is 16 bytes, not {}", bytes.len())))?;
    Ok(u128::from_le_bytes(bytes))
}

#[cold]
fn too_large(object: &Bound<'_, PyAny>, ty: &str, bits: u32) -> PyErr {
    PyOverflowError::new_err(format!(
        "{object} is outside the range of {ty}: -2**{} to 2**{bits} - 1",
        bits - 1
    ))
}

#[cold]
fn wrong(wanted: &str, got: &Bound<'_, PyAny>) -> PyErr {
    let name = got.get_type().qualname().map(|name| name.to_string());
    PyTypeError::new_err(format!("{wanted} is expected, not {}", name.unwrap_or_default()))
}
