//! Calling a function by name with words as parameters.

use super::number::{leading_float, leading_integer};
use crate::runtime::Val;
use crate::types::{FuncType, ValType};

/// The parameters that words stand for. Vectors and references can't be written, and words beyond
/// the parameters have no type: the call then fails with a signature mismatch.
///
/// # Errors
///
/// The first word that is not a number.
pub(super) fn parameters(ty: Option<&FuncType>, words: &[String]) -> Result<Vec<Val>, String> {
    let types = ty.map_or(&[][..], FuncType::params);
    let mut values = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let value = match types.get(at) {
            Some(ValType::I32) => leading_integer(word).map(|value| Val::I32(value as i32)),
            Some(ValType::I64) => leading_integer(word).map(Val::I64),
            Some(ValType::F32) => leading_float(word).map(Val::F32),
            Some(ValType::F64) => leading_float(word).map(Val::F64),
            Some(_) => continue,
            None => Some(Val::F64(leading_float(word).unwrap_or(0.0))),
        };
        let value = value
            .ok_or_else(|| format!("parameter {} is not a number in range: {word:?}", at + 1))?;
        values.push(value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_take_the_types_of_the_parameters() {
        use ValType::{F32, F64, I32, I64, V128};
        let ty = FuncType::new([I32, I64, F32, F64], []);
        let words = ["4294967295", "-1", "1.5", "2", "9"].map(String::from);
        let values = parameters(Some(&ty), &words).expect("numbers");
        assert_eq!(format!("{values:?}"), "[I32(-1), I64(-1), F32(1.5), F64(2.0), F64(9.0)]");
        let ty = FuncType::new([V128], []);
        assert!(parameters(Some(&ty), &words[..1]).expect("left out").is_empty());
        let ty = FuncType::new([I32], []);
        assert!(parameters(Some(&ty), &["abc".to_string()]).is_err());
    }
}
