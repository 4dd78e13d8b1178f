//! Types of the core as objects of the Python layer, and back; and imports, resolved.

use crate::error;
use crate::function;
use crate::global::Global;
use crate::host;
use crate::instance::Instance;
use crate::memory::Memory;
use crate::names;
use crate::number;
use crate::owner::{Held, Owner};
use crate::table::Table;
use crate::wasi::Wasi;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyModule, PyTuple, PyType};
use std::collections::{BTreeMap, HashSet};
use wasmspan::error::ErrCode;
use wasmspan::limits::MAX_MEMORY_PAGES;
use wasmspan::{
    ExternType, FuncType, GlobalType, ImportType, MemoryType, Mutability, RefType, SizeLimits,
    Store, TableType, ValType,
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
pub fn func_type_object<'py>(py: Python<'py>, ty: &FuncType) -> PyResult<Bound<'py, PyAny>> {
    names::FUNC_TYPE.get(py)?.call1((list(py, ty.params())?, list(py, ty.results())?))
}

/// A type of the Python layer.
pub fn type_object<'py>(py: Python<'py>, ty: &ExternType) -> PyResult<Bound<'py, PyAny>> {
    match ty {
        ExternType::Func(ty) => func_type_object(py, ty),
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
            Err(error::to_python(py, &failure))
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

/// Finds what `wanted` asks for in `given`: a mapping from module names to mappings from names to
/// items, or to instances. What is not there is left out, for the core to report.
pub fn resolve(
    py: Python<'_>,
    wanted: &[ImportType],
    given: Option<&Bound<'_, PyAny>>,
    wasi: Option<&Wasi>,
) -> PyResult<Store> {
    let store = Store::new();
    let fail = |failure| error::to_python(py, &failure);
    if let Some(wasi) = wasi {
        let instance = wasi.core().instance();
        store.register(instance.name(), instance).map_err(fail)?;
    }
    let Some(given) = given else { return Ok(store) };
    let given = given.cast::<PyMapping>().map_err(|_| {
        PyTypeError::new_err("imports is a mapping: {\"module\": {\"name\": item}}")
    })?;
    let mut modules: BTreeMap<&str, wasmspan::Instance> = BTreeMap::new();
    for import in wanted {
        let Ok(items) = given.get_item(&import.module) else { continue };
        let items = match items.cast::<Instance>() {
            Err(_) => items,
            Ok(instance) => match instance.get().items() {
                Some(items) => items.bind(py).clone().into_any(),
                None => {
                    let core = instance.get().core();
                    modules.entry(&import.module).or_insert_with(|| core.clone());
                    continue;
                }
            },
        };
        let Ok(items) = items.cast_into::<PyMapping>() else {
            return Err(no_items(&import.module, &given.get_item(&import.module)?));
        };
        let module = modules
            .entry(&import.module)
            .or_insert_with(|| wasmspan::Instance::host(&import.module));
        let Ok(item) = items.get_item(&import.name) else {
            let asked = wanted.iter().filter(|other| other.module == import.module);
            name_items(module, items.as_any(), &asked.map(|other| other.name.as_str()).collect());
            continue;
        };
        if module.get_export(&import.name).is_none() {
            define(py, module, import, &item)?;
        }
    }
    for (name, module) in modules {
        store.register(name, &module).map_err(fail)?;
    }
    Ok(store)
}

/// The exception for what is given in place of a module's items.
fn no_items(module: &str, given: &Bound<'_, PyAny>) -> PyErr {
    let name = given.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    let hint = match () {
        () if given.is_instance_of::<PyType>() || given.is_instance_of::<PyModule>() => {
            "; write vars(…) around it"
        }
        () if given.is_callable() => "; write {\"name\": …} around it",
        () => "",
    };
    let given = given.repr().map(|shown| shown.to_string()).unwrap_or(name);
    PyTypeError::new_err(format!(
        "imports[{module:?}] is a mapping from names to items, or an Instance, not {given}{hint}"
    ))
}

/// Gives a module the names of a mapping that are not `asked` for, so that the error about one that the
/// mapping lacks can tell them. What they stand for doesn't matter: linking fails.
fn name_items(module: &wasmspan::Instance, items: &Bound<'_, PyAny>, asked: &HashSet<&str>) {
    let names = items.cast::<PyMapping>().map(|items| items.keys());
    let Ok(Ok(names)) = names else { return };
    for name in names.iter().filter_map(|name| name.extract::<String>().ok()) {
        if !asked.contains(&*name)
            && let Ok(nothing) = wasmspan::Func::wrap(|| ())
        {
            let _ = module.define(&name, nothing);
        }
    }
}

fn define(
    py: Python<'_>,
    module: &wasmspan::Instance,
    import: &ImportType,
    item: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let name = &import.name;
    let defined = if let Some(func) = function::core_of(item) {
        module.define(name, func)
    } else if let Ok(memory) = item.cast::<Memory>() {
        module.define(name, memory.get().core().clone())
    } else if let Ok(table) = item.cast::<Table>() {
        module.define(name, table.get().core().clone())
    } else if let Ok(global) = item.cast::<Global>() {
        module.define(name, global.get().core().clone())
    } else if let ExternType::Func(ty) = &import.ty
        && item.is_callable()
    {
        module.define(name, host::make(py, item, ty)?)
    } else {
        return Err(PyTypeError::new_err(format!(
            "the import {}.{name} is to be {}, not {}",
            import.module,
            import.ty,
            item.get_type().name()?
        )));
    };
    defined.map_err(|failure| error::to_python(py, &failure))
}

/// A dictionary of everything an instance exports.
pub fn exports<'py>(py: Python<'py>, owner: &Bound<'py, Owner>) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    if let Some(instance) = owner.get().instance() {
        for (name, _) in instance.export_names() {
            if let Some(item) = export(py, owner, &name)? {
                found.set_item(name, item)?;
            }
        }
    }
    Ok(found)
}

/// One export of an instance.
pub fn export<'py>(
    py: Python<'py>,
    owner: &Bound<'py, Owner>,
    name: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(instance) = owner.get().instance() else { return Ok(None) };
    let Some(item) = instance.get_export(name) else { return Ok(None) };
    let Some(held) = Held::item(py, &item)? else {
        let wasmspan::Extern::Memory(memory) = item else { return Ok(None) };
        return Ok(Some(Bound::new(py, Memory::new(memory))?.into_any()));
    };
    Ok(Some(match item {
        wasmspan::Extern::Func(func) => function::make(py, func, held, Some(name.to_string()))?,
        wasmspan::Extern::Memory(_) => return Ok(None),
        wasmspan::Extern::Table(table) => Bound::new(py, Table::new(table, held))?.into_any(),
        wasmspan::Extern::Global(global) => Bound::new(py, Global::new(global, held))?.into_any(),
    }))
}
