//! Numbers as the command line reads and prints them: those of the C and C++ standard libraries.

use crate::runtime::Val;

/// The integer at the start of a word, in decimal; what follows it is ignored. `None` if there is
/// none, or one that no 64-bit integer, signed or unsigned, can hold.
pub(super) fn leading_integer(word: &str) -> Option<i64> {
    let word = word.trim_ascii_start();
    let (negative, digits) = sign(word);
    let end = digits.bytes().take_while(u8::is_ascii_digit).count();
    let magnitude: u64 = digits[..end].parse().ok()?;
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { Some(magnitude.cast_signed()) }
}

/// The float at the start of a word, in decimal; what follows it is ignored. `None` if there is
/// none.
pub(super) fn leading_float<F: std::str::FromStr>(word: &str) -> Option<F> {
    let word = word.trim_ascii_start();
    let (_, rest) = sign(word);
    let lower = rest.to_ascii_lowercase();
    let special = ["infinity", "inf", "nan"].iter().find(|name| lower.starts_with(**name));
    let len = special.map_or_else(|| decimal_len(rest), |name| name.len());
    word[..word.len() - rest.len() + len].parse().ok()
}

fn sign(word: &str) -> (bool, &str) {
    match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    }
}

/// Length of `digits[.digits][e[sign]digits]` at the start.
fn decimal_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits_from = |at: usize| bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits_from(0);
    if bytes.get(end) == Some(&b'.') {
        end += 1 + digits_from(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
        let from = end + 1 + usize::from(signed);
        let digits = bytes.get(from..).map_or(0, |_| digits_from(from));
        if digits > 0 {
            end = from + digits;
        }
    }
    end
}

/// A result as it is printed: integers and vectors unsigned, floats with six digits. References are
/// not printed.
pub(super) fn printed(value: &Val) -> Option<String> {
    match value {
        Val::I32(value) => Some(value.cast_unsigned().to_string()),
        Val::I64(value) => Some(value.cast_unsigned().to_string()),
        Val::F32(value) => Some(general(f64::from(*value))),
        Val::F64(value) => Some(general(*value)),
        Val::V128(value) => Some(value.to_string()),
        Val::FuncRef(_) | Val::ExternRef(_) => None,
    }
}

/// A float as a C++ stream or `%g` writes it.
fn general(value: f64) -> String {
    const PRECISION: i32 = 6;
    if value.is_nan() {
        return if value.is_sign_negative() { "-nan" } else { "nan" }.into();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-inf" } else { "inf" }.into();
    }
    let scientific = format!("{value:.*e}", PRECISION as usize - 1);
    let (mantissa, exponent) = scientific.split_once('e').expect("this format has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    if !(-4..PRECISION).contains(&exponent) {
        let (sign, size) = if exponent < 0 { ('-', -exponent) } else { ('+', exponent) };
        return format!("{}e{sign}{size:02}", without_zeros(mantissa));
    }
    let digits = (PRECISION - 1 - exponent) as usize;
    without_zeros(&format!("{value:.digits$}")).to_string()
}

/// Cuts zeros off the end of a fraction.
fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_far_as_they_go() {
        assert_eq!(leading_integer(" -12abc"), Some(-12));
        assert_eq!(leading_integer("0x10"), Some(0));
        assert_eq!(leading_integer("+7"), Some(7));
        assert_eq!(leading_integer("abc"), None);
        assert_eq!(leading_integer(""), None);
        assert_eq!(leading_integer("18446744073709551615"), Some(-1));
        assert_eq!(leading_integer("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(leading_integer("-9223372036854775809"), None);
        assert_eq!(leading_integer("18446744073709551616"), None);
    }

    #[test]
    fn floats_are_read_as_far_as_they_go() {
        assert_eq!(leading_float::<f64>("1.5e3x"), Some(1500.0));
        assert_eq!(leading_float::<f64>("2e"), Some(2.0));
        assert_eq!(leading_float::<f64>("-.5"), Some(-0.5));
        assert_eq!(leading_float::<f32>("-INFinity"), Some(f32::NEG_INFINITY));
        assert!(leading_float::<f32>("nan").is_some_and(f32::is_nan));
        assert_eq!(leading_float::<f64>("x"), None);
        assert_eq!(leading_float::<f64>("é"), None);
    }

    #[test]
    fn floats_are_printed_with_six_digits() {
        let cases = [
            (3.25159265, "3.25159"),
            (1e10, "1e+10"),
            (-0.0, "-0"),
            (0.0, "0"),
            (100000.0, "100000"),
            (999999.5, "1e+06"),
            (1234567.0, "1.23457e+06"),
            (0.0001, "0.0001"),
            (0.00001234, "1.234e-05"),
            (1.5, "1.5"),
            (1e300, "1e+300"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        for (value, text) in cases {
            assert_eq!(general(value), text);
        }
    }
}
