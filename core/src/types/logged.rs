//! The second form that types have: that of WasmEdge's log.

use std::fmt::Display;

/// A type that WasmEdge's log writes in another form than people do.
pub trait Logged: Display {
    /// That form, for instance `FuncType {params{i32 , i32} returns{i32}}`.
    fn logged(&self) -> String;
}

/// Says that a type is not the expected one: to people, and in the log.
pub(crate) fn mismatch<T: Logged + ?Sized>(what: &str, expected: &T, got: &T) -> [String; 2] {
    let (wanted, given) = (expected.logged(), got.logged());
    [
        format!("mismatched {what}: expected {expected}, got {got}"),
        format!("Mismatched {what}. Expected: {wanted} , Got: {given}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ValType::{F32, I32, I64};
    use crate::types::{FuncType, GlobalType, MemoryType, Mutability, RefType, TableType};

    #[test]
    fn people_and_the_log_have_a_form_each() {
        let mut shared = MemoryType::new(1, Some(2));
        (shared.shared, shared.memory64) = (true, true);
        let types: [(&dyn Logged, &str, &str); 8] = [
            (
                &FuncType::new([I32, I32], [I32]),
                "(i32, i32) -> i32",
                "FuncType {params{i32 , i32} returns{i32}}",
            ),
            (&FuncType::new([], []), "() -> ()", "FuncType {params{} returns{}}"),
            (
                &FuncType::new([F32], [I32, I64]),
                "(f32) -> (i32, i64)",
                "FuncType {params{f32} returns{i32 , i64}}",
            ),
            (&MemoryType::new(2, None), "memory 2", "MemoryType {Limit{2}}"),
            (&shared, "memory i64 1 2 shared", "MemoryType {Limit{1 , 2} shared i64}"),
            (
                &TableType::new(RefType::FuncRef, 1, Some(10)),
                "table 1 10 funcref",
                "TableType {RefType{funcref} Limit{1 , 10}}",
            ),
            (
                &GlobalType::new(I32, Mutability::Var),
                "global mut i32",
                "GlobalType {Mutability{var} ValType{i32}}",
            ),
            (
                &GlobalType::new(I64, Mutability::Const),
                "global i64",
                "GlobalType {Mutability{const} ValType{i64}}",
            ),
        ];
        for (ty, shown, logged) in types {
            assert_eq!((ty.to_string(), ty.logged()), (shown.to_string(), logged.to_string()));
        }
    }
}
