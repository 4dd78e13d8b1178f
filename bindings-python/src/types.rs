//! Types of the core as objects of the Python layer, and back.

use crate::names;
use crate::number;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use wasmspan::error::ErrCode;
use wasmspan::limits::MAX_MEMORY_PAGES;
use wasmspan::{
    ExternType, FuncType, GlobalType, MemoryType, Mutability, RefType, SizeLimits, TableType,
    ValType,
};

/// Names of types, with commas between.
pub fn names(types: &[ValType]) -> String {
    types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ")
}

/// The value type of this name.
pub fn val_type(name: &str) -> PyResult<ValType> {
    ValType::ALL.iter().copied().find(|ty| ty.name() == name).ok_or_else(|| {
        PyValueError::new_err(format!("{name:?} is no value type: {}", names(ValType::ALL)))
    })
}

/// The reference type of this name.
fn ref_type(name: &str) -> PyResult<RefType> {
    val_type(name)?
        .as_ref_type()
        .ok_or_else(|| PyValueError::new_err(format!("{name:?} is no reference type")))
}

/// Raises `TypeError` for an object that is not of the class with this name.
fn check_class(object: &Bound<'_, PyAny>, class: &names::Class, name: &str) -> PyResult<()> {
    if object.is_instance(class.get(object.py())?)? {
        return Ok(());
    }
    let given = object.get_type().name()?;
    Err(PyTypeError::new_err(format!("a {name} is expected, not {given}")))
}

/// A function type of the core.
pub fn func_type(object: &Bound<'_, PyAny>) -> PyResult<FuncType> {
    let py = object.py();
    check_class(object, &names::FUNC_TYPE, "FuncType")?;
    let list = |name: &Bound<'_, pyo3::types::PyString>| {
        let types = object.getattr(name)?;
        types
            .try_iter()?
            .map(|ty| val_type(&ty?.extract::<String>()?))
            .collect::<PyResult<Vec<_>>>()
    };
    Ok(FuncType::new(list(intern!(py, "params"))?, list(intern!(py, "results"))?))
}

/// Names of types, as a tuple.
pub fn list<'py>(py: Python<'py>, types: &[ValType]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, types.iter().map(|ty| ty.name()))
}

/// A function type of the Python layer.
pub fn func_object<'py>(py: Python<'py>, ty: &FuncType) -> PyResult<Bound<'py, PyAny>> {
    names::FUNC_TYPE.get(py)?.call1((list(py, ty.params())?, list(py, ty.results())?))
}

/// A type of the Python layer.
pub fn object<'py>(py: Python<'py>, ty: &ExternType) -> PyResult<Bound<'py, PyAny>> {
    match ty {
        ExternType::Func(ty) => func_object(py, ty),
        ExternType::Memory(ty) => names::MEMORY_TYPE.get(py)?.call1((
            ty.limits.min,
            ty.limits.max,
            ty.shared,
            ty.memory64,
        )),
        ExternType::Table(ty) => names::TABLE_TYPE.get(py)?.call1((
            ValType::from(ty.element).name(),
            ty.limits.min,
            ty.limits.max,
            ty.table64,
        )),
        ExternType::Global(ty) => {
            names::GLOBAL_TYPE.get(py)?.call1((ty.content.name(), ty.mutability == Mutability::Var))
        }
        // Only a module that has not passed validation shows one.
        ExternType::Unknown(_) => {
            let detail = format!("it names an {ty} (call `Validator.validate` first)");
            let failure = wasmspan::Error::with_detail(ErrCode::NotValidated, detail);
            Err(names::WASM_ERROR.error(py, &failure)?)
        }
    }
}

/// A memory type of the core.
pub fn memory_type(object: &Bound<'_, PyAny>) -> PyResult<MemoryType> {
    check_class(object, &names::MEMORY_TYPE, "MemoryType")?;
    let memory64 = object.getattr("memory64")?.extract()?;
    // What addresses of the type can reach.
    let most = if memory64 { 1 << 48 } else { MAX_MEMORY_PAGES.into() };
    Ok(MemoryType {
        limits: limits(object, most)?,
        shared: object.getattr("shared")?.extract()?,
        memory64,
    })
}

/// A table type of the core.
pub fn table_type(object: &Bound<'_, PyAny>) -> PyResult<TableType> {
    check_class(object, &names::TABLE_TYPE, "TableType")?;
    let table64 = object.getattr("table64")?.extract()?;
    let most = if table64 { u64::MAX } else { u32::MAX.into() };
    Ok(TableType {
        element: ref_type(&object.getattr("element")?.extract::<String>()?)?,
        limits: limits(object, most)?,
        table64,
    })
}

/// A global type of the core.
pub fn global_type(object: &Bound<'_, PyAny>) -> PyResult<GlobalType> {
    check_class(object, &names::GLOBAL_TYPE, "GlobalType")?;
    let mutable: bool = object.getattr("mutable")?.extract()?;
    let content = val_type(&object.getattr("content")?.extract::<String>()?)?;
    Ok(GlobalType::new(content, if mutable { Mutability::Var } else { Mutability::Const }))
}

/// The range of sizes of a type, neither end of which may be more than `most`.
fn limits(object: &Bound<'_, PyAny>, most: u64) -> PyResult<SizeLimits> {
    let minimum = number::up_to("minimum", &object.getattr("minimum")?, most)?;
    Ok(SizeLimits::new(minimum, number::maybe("maximum", Some(&object.getattr("maximum")?), most)?))
}
