//! Imports of a module, found among what Python gives.

use crate::error;
use crate::function;
use crate::global::Global;
use crate::host_function;
use crate::instance::Instance;
use crate::memory::Memory;
use crate::table::Table;
use crate::wasi::Wasi;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyModule, PyType};
use std::collections::{BTreeMap, HashSet};
use wasmspan::{ExternType, ImportType, Store};

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
        module.define(name, host_function::make(py, item, ty)?)
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
