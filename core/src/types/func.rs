//! Function types.

use super::{Logged, ValType};
use std::fmt;
use std::sync::Arc;

/// The parameters and results of a function; cloning shares the lists.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// Parameters, then results.
    types: Arc<[ValType]>,
    params: usize,
}

impl FuncType {
    /// A function type with these parameters and results.
    pub fn new(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> FuncType {
        let mut types: Vec<ValType> = params.into_iter().collect();
        let params = types.len();
        types.extend(results);
        FuncType { types: types.into(), params }
    }

    /// The parameter types, in order.
    pub fn params(&self) -> &[ValType] {
        &self.types[..self.params]
    }

    /// The result types, in order.
    pub fn results(&self) -> &[ValType] {
        &self.types[self.params..]
    }
}

/// As people write it: `(i32, i32) -> i32`, and `(i32) -> ()` without results.
impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}) -> ", joined(self.params(), ", "))?;
        match self.results() {
            [result] => write!(f, "{result}"),
            results => write!(f, "({})", joined(results, ", ")),
        }
    }
}

impl Logged for FuncType {
    fn logged(&self) -> String {
        let (params, results) = (joined(self.params(), " , "), joined(self.results(), " , "));
        format!("FuncType {{params{{{params}}} returns{{{results}}}}}")
    }
}

fn joined(types: &[ValType], between: &str) -> String {
    types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(between)
}

impl fmt::Debug for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
