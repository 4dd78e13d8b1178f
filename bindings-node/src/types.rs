//! Types by their names.

use crate::error::{Failure, Outcome};
use wasmspan::ValType;

/// The value type of this name.
pub fn val_type(name: &str) -> Outcome<ValType> {
    let name = if name == "anyfunc" { "funcref" } else { name };
    let known = ValType::ALL.iter().copied().find(|ty| ty.name() == name);
    known.ok_or_else(|| Failure::Type(format!("there is no value type {name:?}")))
}

/// Names of a function's parameter and result types.
pub fn type_names(ty: &wasmspan::FuncType) -> Vec<Vec<String>> {
    let names = |types: &[wasmspan::ValType]| types.iter().map(|ty| ty.name().into()).collect();
    vec![names(ty.params()), names(ty.results())]
}
