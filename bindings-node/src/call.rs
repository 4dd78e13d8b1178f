//! Calls of functions with a time limit or on other threads, as JavaScript asks for them.

use crate::async_call::within;
use crate::async_call::{self, Started};
use crate::enter::enter;
use crate::env::EnvState;
use crate::error::{Failure, Outcome, number};
use crate::function;
use crate::lock::{Lock, Refusal};
use crate::types::type_names;
use crate::value;
use napi::bindgen_prelude::Unknown;
use napi::{Env, JsValue, sys};
use napi_derive::napi;
use std::ptr;
use std::rc::Rc;
use std::time::Duration;
use wasmspan::{Func, Val};

/// What JavaScript gets of something that was started: an array of a promise and the number to stop it
/// by.
pub fn started_to_js(state: &EnvState, started: &Started) -> sys::napi_value {
    let mut pair = ptr::null_mut();
    // SAFETY: values of this environment.
    unsafe {
        sys::napi_create_array_with_length(state.env, 2, &mut pair);
        sys::napi_set_element(state.env, pair, 0, started.promise);
        sys::napi_set_element(state.env, pair, 1, number(state, started.run as f64));
    }
    pair
}

/// Runs `work` on another thread; see [`started_to_js`].
pub fn start<'env, T: Send + 'static>(
    env: &'env Env,
    locks: Vec<Lock>,
    limit: Option<f64>,
    work: impl FnOnce() -> wasmspan::Result<T> + Send + 'static,
    finish: impl FnOnce(&Rc<EnvState>, T) -> Outcome<sys::napi_value> + Send + 'static,
) -> napi::Result<Unknown<'env>> {
    let pair = enter(*env, |state| {
        let started = async_call::start(state, locks, timeout(limit), work, finish)?;
        Ok(started_to_js(state, &started))
    })?;
    // SAFETY: a value of this environment.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), pair) })
}

/// A time limit in milliseconds, if it is one.
pub fn timeout(milliseconds: Option<f64>) -> Option<Duration> {
    let milliseconds = milliseconds.filter(|m| m.is_finite())?;
    Duration::try_from_secs_f64(milliseconds.max(0.0) / 1000.0).ok()
}

/// Asks the work with this number to stop.
#[napi]
pub fn stop(env: Env, run: f64) -> napi::Result<()> {
    enter(env, |state| {
        state.shared.stop(run as u64);
        Ok(())
    })
}

/// The function behind a JavaScript function, its parameters from a list, and its instance's lock, which
/// lets calls in.
pub fn callee(
    state: &Rc<EnvState>,
    function: &Unknown<'_>,
    args: &Unknown<'_>,
) -> Outcome<(Func, Vec<Val>, Option<Lock>)> {
    let lock = function::lock_of(state, function.raw());
    let func = function::unwrap(state, function.raw());
    let func = match (func, &lock) {
        (Some(func), _) => func,
        // It says that it was disposed of.
        (None, Some(lock)) => return Err(lock.check().err().unwrap_or(Refusal::Disposed).into()),
        (None, None) => {
            let text = "this is no function that an instance exports";
            return Err(Failure::Type(text.into()));
        }
    };
    let params = value::list_from_js(state, args.raw(), func.ty().params())?;
    // Asked last: conversions may have run JavaScript.
    if let Some(lock) = &lock {
        lock.check()?;
    }
    Ok((func, params, lock))
}

/// Calls an exported function on this thread, for as long as `timeout` allows.
#[napi]
pub fn call<'env>(
    env: &'env Env,
    function: Unknown<'_>,
    args: Unknown<'_>,
    limit: Option<f64>,
) -> napi::Result<Unknown<'env>> {
    let raw = enter(*env, |state| {
        let (func, params, _) = callee(state, &function, &args)?;
        let results = within(timeout(limit), || func.call(&params));
        state.refresh_buffers();
        value::results_to_js(state, &results?)
    })?;
    // SAFETY: a value of this environment.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
}

/// Calls an exported function on another thread.
#[napi]
pub fn call_async<'env>(
    env: &'env Env,
    function: Unknown<'_>,
    args: Unknown<'_>,
    limit: Option<f64>,
) -> napi::Result<Unknown<'env>> {
    let (func, params, lock) = enter(*env, |state| callee(state, &function, &args))?;
    start(
        env,
        lock.into_iter().collect(),
        limit,
        move || func.call(&params),
        |state, results| value::results_to_js(state, &results),
    )
}

/// Parameter and result types of an exported function, by name; null for other functions.
#[napi]
pub fn function_type(env: Env, function: Unknown<'_>) -> napi::Result<Option<Vec<Vec<String>>>> {
    enter(env, |state| {
        let Some(func) = function::unwrap(state, function.raw()) else { return Ok(None) };
        Ok(Some(type_names(func.ty())))
    })
}
