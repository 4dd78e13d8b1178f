//! What two runs of a case must agree on.

use super::{Report, Stop};
use std::fmt::Debug;

/// Compares a run with the one that counts as right.
///
/// # Errors
///
/// The first difference, in words.
pub fn compare(got: &Report, expected: &Report) -> Result<(), String> {
    if stack(got.refused.as_ref()) || stack(expected.refused.as_ref()) {
        return Ok(());
    }
    same("instantiation", &got.refused, &expected.refused)?;
    for (at, (got, expected)) in got.calls.iter().zip(&expected.calls).enumerate() {
        // From here on the engines may be in different states.
        if stack(got.as_ref().err()) || stack(expected.as_ref().err()) {
            return Ok(());
        }
        same(&format!("call {at}"), got, expected)?;
    }
    same("number of calls", &got.calls.len(), &expected.calls.len())?;
    each("global", &got.globals, &expected.globals)?;
    each("memory", &got.memories, &expected.memories)?;
    each("table", &got.tables, &expected.tables)
}

fn stack(stop: Option<&Stop>) -> bool {
    stop == Some(&Stop::Stack)
}

fn each<T: PartialEq + Debug>(what: &str, got: &[T], expected: &[T]) -> Result<(), String> {
    for (at, (got, expected)) in got.iter().zip(expected).enumerate() {
        same(&format!("{what} {at}"), got, expected)?;
    }
    same(&format!("number of {what} exports"), &got.len(), &expected.len())
}

fn same<T: PartialEq + Debug>(what: &str, got: &T, expected: &T) -> Result<(), String> {
    if got == expected {
        return Ok(());
    }
    Err(format!("{what} gave {got:?}, expected {expected:?}"))
}
