//! WebAssembly values from and to JavaScript's, by the rules of the JavaScript API.

use crate::env::{EnvState, Hook, JsRef};
use crate::error::{Failure, Outcome};
use crate::function;
use napi::sys;
use std::ptr;
use std::rc::Rc;
use wasmspan::{ExternRef, Val, ValType};

/// Largest integer that a JavaScript number holds exactly.
pub const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

/// What has a type in JavaScript's sense.
fn type_of(state: &EnvState, value: sys::napi_value) -> sys::napi_valuetype {
    let mut kind = sys::ValueType::napi_undefined;
    // SAFETY: a value of this environment.
    unsafe { sys::napi_typeof(state.env, value, &mut kind) };
    kind
}

/// Whether a value is `undefined`.
pub fn is_undefined(state: &EnvState, value: sys::napi_value) -> bool {
    type_of(state, value) == sys::ValueType::napi_undefined
}

/// Whether a value is an object, which may have to be awaited.
pub fn is_object(state: &EnvState, value: sys::napi_value) -> bool {
    matches!(type_of(state, value), sys::ValueType::napi_object | sys::ValueType::napi_function)
}

/// Where a value comes from.
#[derive(Clone, Copy)]
pub enum Origin {
    /// A caller or a setter.
    Caller,
    /// An imported function, in a synchronous call.
    Import,
}

/// JavaScript's `+value`; fails for a promise that an imported function returned.
#[cold]
fn coerce(state: &EnvState, value: sys::napi_value, from: Origin) -> Outcome<sys::napi_value> {
    if matches!(from, Origin::Import) {
        refuse_promise(state, value)?;
    }
    // V8 would refuse these with an error of the context that the addon was loaded in, which may not
    // be the caller's.
    match type_of(state, value) {
        sys::ValueType::napi_bigint => return Err(no_number("BigInt")),
        sys::ValueType::napi_symbol => return Err(no_number("Symbol")),
        _ => {}
    }
    let mut number = ptr::null_mut();
    // SAFETY: a value of this environment.
    match unsafe { sys::napi_coerce_to_number(state.env, value, &mut number) } {
        sys::Status::napi_ok => Ok(number),
        _ => Err(Failure::Pending),
    }
}

fn no_number(what: &str) -> Failure {
    Failure::Type(format!("Cannot convert a {what} value to a number"))
}

/// Fails for a promise, which would otherwise be a number that is none.
fn refuse_promise(state: &EnvState, value: sys::napi_value) -> Outcome<()> {
    let mut promise = false;
    // SAFETY: a value of this environment.
    unsafe { sys::napi_is_promise(state.env, value, &mut promise) };
    if !promise {
        return Ok(());
    }
    let text = "an imported function returned a Promise, which only asynchronous calls can await";
    Err(Failure::Type(text.into()))
}

/// An `i32`, wrapped as `ToInt32` does.
#[inline(always)]
pub fn get_i32(state: &EnvState, value: sys::napi_value, from: Origin) -> Outcome<i32> {
    let mut result = 0;
    // SAFETY: a value of this environment.
    unsafe {
        if sys::napi_get_value_int32(state.env, value, &mut result) == sys::Status::napi_ok {
            return Ok(result);
        }
        sys::napi_get_value_int32(state.env, coerce(state, value, from)?, &mut result);
    }
    Ok(result)
}

/// An `f64`.
#[inline(always)]
pub fn get_f64(state: &EnvState, value: sys::napi_value, from: Origin) -> Outcome<f64> {
    let mut result = 0.0;
    // SAFETY: a value of this environment.
    unsafe {
        if sys::napi_get_value_double(state.env, value, &mut result) == sys::Status::napi_ok {
            return Ok(result);
        }
        sys::napi_get_value_double(state.env, coerce(state, value, from)?, &mut result);
    }
    Ok(result)
}

/// An `i64` from a BigInt, wrapped as `ToBigInt64` does, or from a number that is a safe integer.
pub fn get_i64(state: &EnvState, value: sys::napi_value) -> Outcome<i64> {
    let (mut result, mut lossless) = (0, false);
    // SAFETY: a value of this environment.
    unsafe {
        let got = sys::napi_get_value_bigint_int64(state.env, value, &mut result, &mut lossless);
        if got == sys::Status::napi_ok {
            return Ok(result);
        }
        if type_of(state, value) == sys::ValueType::napi_number {
            let mut number = 0.0;
            sys::napi_get_value_double(state.env, value, &mut number);
            if number.fract() == 0.0 && number.abs() <= MAX_SAFE {
                return Ok(number as i64);
            }
            return Err(Failure::Type(format!("{number} is no integer that an i64 can take over")));
        }
        let big = state.call_hook(Hook::ToBigInt, &[value]).ok_or(Failure::Pending)?;
        sys::napi_get_value_bigint_int64(state.env, big, &mut result, &mut lossless);
    }
    Ok(result)
}

/// A vector from a `Uint8Array` of 16 bytes.
fn get_v128(state: &EnvState, value: sys::napi_value) -> Outcome<u128> {
    let wrong = || Failure::Type("a v128 is a Uint8Array of 16 bytes".into());
    let (mut is_array, mut kind, mut len, mut data) = (false, 0, 0, ptr::null_mut());
    // SAFETY: a value of this environment; the bytes are read before anything else runs.
    unsafe {
        sys::napi_is_typedarray(state.env, value, &mut is_array);
        if !is_array {
            return Err(wrong());
        }
        sys::napi_get_typedarray_info(
            state.env,
            value,
            &mut kind,
            &mut len,
            &mut data,
            ptr::null_mut(),
            ptr::null_mut(),
        );
        if kind != sys::TypedarrayType::uint8_array || len != 16 || data.is_null() {
            return Err(wrong());
        }
        Ok(u128::from_le_bytes(data.cast::<[u8; 16]>().read_unaligned()))
    }
}

/// What the slot of a number's type `ty` gets for a JavaScript value.
#[inline(always)]
pub fn get_slot(
    state: &EnvState,
    value: sys::napi_value,
    ty: ValType,
    from: Origin,
) -> Outcome<u128> {
    Ok(match ty {
        ValType::I32 => u128::from(get_i32(state, value, from)? as u32),
        ValType::I64 => u128::from(get_i64(state, value)? as u64),
        ValType::F32 => u128::from((get_f64(state, value, from)? as f32).to_bits()),
        _ => u128::from(get_f64(state, value, from)?.to_bits()),
    })
}

/// The bits of a number of type `ty` in a slot. They are read no wider than code has just written
/// them: a processor would wait for the rest to reach the cache.
///
/// # Safety
///
/// The slot must hold a number of this type.
#[inline(always)]
pub unsafe fn slot_bits(slot: *const u128, ty: ValType) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        match ty {
            ValType::I32 | ValType::F32 => u64::from(slot.cast::<u32>().read()),
            _ => slot.cast::<u64>().read(),
        }
    }
}

/// The JavaScript value of a number of type `ty` with these bits.
#[inline(always)]
pub fn bits_to_js(state: &EnvState, bits: u64, ty: ValType) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: the environment's thread.
    unsafe {
        match ty {
            ValType::I32 => sys::napi_create_int32(state.env, bits as i32, &mut value),
            ValType::I64 => sys::napi_create_bigint_int64(state.env, bits as i64, &mut value),
            ValType::F32 => {
                let number = f64::from(f32::from_bits(bits as u32));
                sys::napi_create_double(state.env, number, &mut value)
            }
            _ => sys::napi_create_double(state.env, f64::from_bits(bits), &mut value),
        };
    }
    value
}

/// The value of the number's type `ty` for a JavaScript number, which runs no JavaScript; `None` for
/// what isn't as simple.
pub fn from_number(state: &EnvState, value: sys::napi_value, ty: ValType) -> Option<Val> {
    let (mut integer, mut number) = (0, 0.0);
    // SAFETY: a value of this environment.
    unsafe {
        let got = match ty {
            ValType::I32 => sys::napi_get_value_int32(state.env, value, &mut integer),
            ValType::F32 | ValType::F64 => {
                sys::napi_get_value_double(state.env, value, &mut number)
            }
            _ => return None,
        };
        if got != sys::Status::napi_ok {
            return None;
        }
    }
    Some(match ty {
        ValType::I32 => Val::I32(integer),
        ValType::F32 => Val::F32(number as f32),
        _ => Val::F64(number),
    })
}

/// The WebAssembly value of type `ty` that a JavaScript value stands for.
pub fn from_js(state: &Rc<EnvState>, value: sys::napi_value, ty: ValType) -> Outcome<Val> {
    Ok(match ty {
        ValType::I32 => Val::I32(get_i32(state, value, Origin::Caller)?),
        ValType::I64 => Val::I64(get_i64(state, value)?),
        ValType::F32 => Val::F32(get_f64(state, value, Origin::Caller)? as f32),
        ValType::F64 => Val::F64(get_f64(state, value, Origin::Caller)?),
        ValType::V128 => Val::V128(get_v128(state, value)?),
        ValType::FuncRef => match type_of(state, value) {
            sys::ValueType::napi_null => Val::FuncRef(None),
            _ => match function::unwrap(state, value) {
                Some(func) => Val::FuncRef(Some(func)),
                None => {
                    return Err(Failure::Type(
                        "a funcref is null or a function that an instance exports".into(),
                    ));
                }
            },
        },
        ValType::ExternRef => match type_of(state, value) {
            sys::ValueType::napi_null => Val::ExternRef(None),
            _ => {
                let reference = JsRef::new(state, value).ok_or(Failure::Pending)?;
                state.refers();
                Val::ExternRef(Some(ExternRef::new(reference)))
            }
        },
    })
}

/// The JavaScript value of a WebAssembly value.
pub fn to_js(state: &Rc<EnvState>, value: &Val) -> Outcome<sys::napi_value> {
    let mut result = ptr::null_mut();
    // SAFETY: the environment's thread.
    unsafe {
        match value {
            Val::I32(value) => sys::napi_create_int32(state.env, *value, &mut result),
            Val::I64(value) => sys::napi_create_bigint_int64(state.env, *value, &mut result),
            Val::F32(value) => sys::napi_create_double(state.env, f64::from(*value), &mut result),
            Val::F64(value) => sys::napi_create_double(state.env, *value, &mut result),
            Val::V128(value) => {
                let (mut data, mut buffer) = (ptr::null_mut(), ptr::null_mut());
                sys::napi_create_arraybuffer(state.env, 16, &mut data, &mut buffer);
                data.cast::<[u8; 16]>().write_unaligned(value.to_le_bytes());
                let kind = sys::TypedarrayType::uint8_array;
                sys::napi_create_typedarray(state.env, kind, 16, buffer, 0, &mut result)
            }
            Val::FuncRef(None) | Val::ExternRef(None) => sys::napi_get_null(state.env, &mut result),
            Val::FuncRef(Some(func)) => return function::to_js(state, func, None),
            Val::ExternRef(Some(object)) => {
                return object
                    .downcast_ref::<JsRef>()
                    .and_then(|reference| reference.get(state))
                    .ok_or_else(|| {
                        Failure::Type("the reference is not to a value of this environment".into())
                    });
            }
        };
    }
    Ok(result)
}

/// Results as the JavaScript API gives them: nothing, one value, or an array.
pub fn results_to_js(state: &Rc<EnvState>, results: &[Val]) -> Outcome<sys::napi_value> {
    match results {
        [] => Ok(undefined(state)),
        [one] => to_js(state, one),
        many => array(state, many),
    }
}

/// An array of values.
pub fn array(state: &Rc<EnvState>, values: &[Val]) -> Outcome<sys::napi_value> {
    let mut list = ptr::null_mut();
    // SAFETY: values of this environment.
    unsafe {
        sys::napi_create_array_with_length(state.env, values.len(), &mut list);
        for (at, value) in values.iter().enumerate() {
            sys::napi_set_element(state.env, list, at as u32, to_js(state, value)?);
        }
    }
    Ok(list)
}

/// `undefined`.
pub fn undefined(state: &EnvState) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: the environment's thread.
    unsafe { sys::napi_get_undefined(state.env, &mut value) };
    value
}

/// Element `at` of an array.
pub fn element(state: &EnvState, list: sys::napi_value, at: usize) -> Outcome<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: an array of this environment.
    match unsafe { sys::napi_get_element(state.env, list, at as u32, &mut value) } {
        sys::Status::napi_ok => Ok(value),
        _ => Err(Failure::Pending),
    }
}

/// Values of the given types from a JavaScript array.
pub fn list_from_js(
    state: &Rc<EnvState>,
    list: sys::napi_value,
    types: &[ValType],
) -> Outcome<Vec<Val>> {
    let typed = types.iter().enumerate();
    typed.map(|(at, ty)| from_js(state, element(state, list, at)?, *ty)).collect()
}

/// What an imported function returned, as values of its result types.
pub fn returned_from_js(
    state: &Rc<EnvState>,
    value: sys::napi_value,
    types: &[ValType],
) -> Outcome<Vec<Val>> {
    match types {
        [] => Ok(Vec::new()),
        [one] => {
            if !matches!(one, ValType::ExternRef) {
                refuse_promise(state, value)?;
            }
            Ok(vec![from_js(state, value, *one)?])
        }
        many => {
            let list = state.call_hook(Hook::ToArray, &[value]).ok_or(Failure::Pending)?;
            let mut len = 0;
            // SAFETY: the hook gives an array.
            unsafe { sys::napi_get_array_length(state.env, list, &mut len) };
            if len as usize != many.len() {
                let wanted = many.len();
                return Err(Failure::Type(format!(
                    "an imported function returned {len} values instead of {wanted}"
                )));
            }
            list_from_js(state, list, many)
        }
    }
}
