//! Function types.

use super::ValType;
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

/// Writes the shape of WasmEdge's log lines: `FuncType {params{i32 , i32} returns{i32}}`.
impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list(f: &mut fmt::Formatter<'_>, types: &[ValType]) -> fmt::Result {
            for (i, ty) in types.iter().enumerate() {
                if i > 0 {
                    f.write_str(" , ")?;
                }
                write!(f, "{ty}")?;
            }
            Ok(())
        }
        f.write_str("FuncType {params{")?;
        list(f, self.params())?;
        f.write_str("} returns{")?;
        list(f, self.results())?;
        f.write_str("}}")
    }
}

impl fmt::Debug for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
