//! Values and failures as scenarios write them.

use serde_json::Value as Json;
use wasmspan::bindgen::{self, CallError};
use wasmspan::error::ErrCategory;
use wasmspan::{ErrCode, Error, ExternRef, Val, ValType};

/// What is wrong with a scenario, or with what came out.
pub type Outcome<T = ()> = Result<T, String>;

/// A field that must be there.
pub fn field<'a>(object: &'a Json, name: &str) -> Outcome<&'a Json> {
    object.get(name).ok_or_else(|| format!("the field \"{name}\" is missing"))
}

/// A text.
pub fn text(json: &Json) -> Outcome<&str> {
    json.as_str().ok_or_else(|| format!("{json} should be a text"))
}

/// The texts of a list.
pub fn texts(json: &Json) -> Outcome<Vec<&str>> {
    json.as_array().ok_or_else(|| format!("{json} should be a list"))?.iter().map(text).collect()
}

/// A number that isn't negative.
pub fn number(json: &Json) -> Outcome<u64> {
    json.as_u64().ok_or_else(|| format!("{json} should be a number"))
}

/// Bytes from hexadecimal digits.
pub fn from_hex(digits: &str) -> Outcome<Vec<u8>> {
    let digits: Vec<u32> = digits
        .chars()
        .map(|digit| digit.to_digit(16))
        .collect::<Option<_>>()
        .ok_or("no hexadecimal digit")?;
    Ok(digits.chunks(2).map(|pair| (pair[0] * 16 + pair.get(1).unwrap_or(&0)) as u8).collect())
}

/// Hexadecimal digits of bytes.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse<T: std::str::FromStr>(text: &str) -> Outcome<T> {
    text.parse().map_err(|_| format!("\"{text}\" is no such value"))
}

/// The two sides of the first colon.
fn split(text: &str) -> Outcome<(&str, &str)> {
    text.split_once(':').ok_or_else(|| format!("\"{text}\" has no type"))
}

/// A type of values.
pub fn val_type(name: &str) -> Outcome<ValType> {
    ValType::ALL
        .iter()
        .copied()
        .find(|ty| ty.name() == name)
        .ok_or_else(|| format!("no type is {name}"))
}

/// Makes values, and keeps the objects of the host that they refer to.
#[derive(Default)]
pub struct Objects(std::cell::RefCell<Vec<ExternRef>>);

impl Objects {
    fn object(&self, number: usize) -> ExternRef {
        let mut objects = self.0.borrow_mut();
        while objects.len() <= number {
            let next = objects.len();
            objects.push(ExternRef::new(next));
        }
        objects[number].clone()
    }

    /// The value that a text stands for.
    pub fn val(&self, value: &str) -> Outcome<Val> {
        let (ty, value) = split(value)?;
        Ok(match val_type(ty)? {
            ValType::I32 => Val::I32(parse(value)?),
            ValType::I64 => Val::I64(parse(value)?),
            ValType::F32 => Val::F32(parse(value)?),
            ValType::F64 => Val::F64(parse(value)?),
            ValType::V128 => {
                let digits = value.strip_prefix("0x").unwrap_or(value);
                Val::V128(u128::from_str_radix(digits, 16).map_err(|error| error.to_string())?)
            }
            ValType::FuncRef => Val::FuncRef(None),
            ValType::ExternRef if value == "null" => Val::ExternRef(None),
            ValType::ExternRef => Val::ExternRef(Some(self.object(parse(value)?))),
        })
    }

    /// The values of a list; none if there is no list.
    pub fn vals(&self, list: Option<&Json>) -> Outcome<Vec<Val>> {
        let list = list.map(texts).transpose()?.unwrap_or_default();
        list.into_iter().map(|value| self.val(value)).collect()
    }
}

impl Objects {
    /// Whether a value is the one that a text stands for.
    pub fn is(&self, value: &Val, wanted: &str) -> Outcome<bool> {
        if wanted == "funcref:any" {
            return Ok(matches!(value, Val::FuncRef(Some(_))));
        }
        Ok(match (value, self.val(wanted)?) {
            (Val::I32(value), Val::I32(wanted)) => *value == wanted,
            (Val::I64(value), Val::I64(wanted)) => *value == wanted,
            (Val::F32(value), Val::F32(wanted)) => {
                value.to_bits() == wanted.to_bits() || value.is_nan() && wanted.is_nan()
            }
            (Val::F64(value), Val::F64(wanted)) => {
                value.to_bits() == wanted.to_bits() || value.is_nan() && wanted.is_nan()
            }
            (Val::V128(value), Val::V128(wanted)) => *value == wanted,
            (Val::FuncRef(value), Val::FuncRef(_)) => value.is_none(),
            (Val::ExternRef(value), Val::ExternRef(wanted)) => {
                let number = |object: &Option<ExternRef>| {
                    object.as_ref().map(|object| object.downcast_ref::<usize>().copied())
                };
                number(value) == number(&wanted)
            }
            _ => false,
        })
    }

    /// Fails unless these are the values.
    pub fn compare(&self, values: &[Val], wanted: &Json) -> Outcome {
        let texts = texts(wanted)?;
        let mut same = texts.len() == values.len();
        for (value, wanted) in values.iter().zip(texts) {
            same &= self.is(value, wanted)?;
        }
        if same { Ok(()) } else { Err(format!("{values:?} instead of {wanted}")) }
    }
}

/// The value of bindgen that a text stands for.
pub fn bindgen_value(value: &str) -> Outcome<bindgen::Value<'_>> {
    fn list<T: std::str::FromStr>(text: &str) -> Outcome<Vec<T>> {
        if text.is_empty() { Ok(Vec::new()) } else { text.split(',').map(parse).collect() }
    }
    let (ty, value) = split(value)?;
    Ok(match ty {
        "u8" => parse::<u8>(value)?.into(),
        "i8" => parse::<i8>(value)?.into(),
        "u16" => parse::<u16>(value)?.into(),
        "i16" => parse::<i16>(value)?.into(),
        "u32" => parse::<u32>(value)?.into(),
        "i32" => parse::<i32>(value)?.into(),
        "u64" => parse::<u64>(value)?.into(),
        "i64" => parse::<i64>(value)?.into(),
        "f32" => parse::<f32>(value)?.into(),
        "f64" => parse::<f64>(value)?.into(),
        "bool" => parse::<bool>(value)?.into(),
        "char" => parse::<char>(value)?.into(),
        "string" => value.into(),
        "u8s" => list::<u8>(value)?.into(),
        "i8s" => list::<i8>(value)?.into(),
        "u16s" => list::<u16>(value)?.into(),
        "i16s" => list::<i16>(value)?.into(),
        "u32s" => list::<u32>(value)?.into(),
        "i32s" => list::<i32>(value)?.into(),
        "u64s" => list::<u64>(value)?.into(),
        "i64s" => list::<i64>(value)?.into(),
        _ => return Err(format!("no type is {ty}")),
    })
}

/// Fails unless the error is the one that is described.
pub fn check_failure(error: &CallError, wanted: &Json) -> Outcome {
    let whole = error.to_string();
    let mut holds = true;
    for (name, value) in wanted.as_object().ok_or("a failure should be an object")? {
        let engine = match error {
            CallError::Guest(_) => None,
            CallError::Engine(error) => Some(error),
        };
        holds &= match name.as_str() {
            "code" => engine.is_some_and(|error| {
                Some(u64::from(error.number())) == value.as_u64() && !is_user(error)
            }),
            "message" => engine.is_some_and(|error| Some(error.message()) == value.as_str()),
            "user" => engine.is_some_and(|error| {
                Some(u64::from(error.number())) == value.as_u64() && is_user(error)
            }),
            "thrown" => {
                engine.is_some_and(|error| error.code() == ErrCode::HostFuncError)
                    && whole.contains(text(value)?)
            }
            "guest" => {
                matches!(error, CallError::Guest(message) if Some(message.as_str()) == value.as_str())
            }
            "detail" => whole.contains(text(value)?),
            other => return Err(format!("a failure has no field \"{other}\"")),
        };
    }
    if holds { Ok(()) } else { Err(format!("{error} instead of {wanted}")) }
}

fn is_user(error: &Error) -> bool {
    error.category() == ErrCategory::UserLevelError
}
