//! The one door for functions that JavaScript calls, and the one place where errors become
//! JavaScript's.

use crate::env::{EnvState, Hook, JsRef};
use napi::sys;
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use wasmspan::ErrCode;
use wasmspan::error::{ErrCategory, Phase};

/// Why a function that JavaScript called can't return a value.
#[derive(Debug)]
pub enum Failure {
    /// An error of the runtime.
    Core(wasmspan::Error),
    /// A `TypeError`.
    Type(String),
    /// A `RangeError`.
    Range(String),
    /// An error of the runtime that JavaScript's API has as a `RangeError`.
    OutOfRange(wasmspan::Error),
    /// An error of the runtime that JavaScript's API has as a `TypeError`.
    Misused(wasmspan::Error),
    /// The instance is running, as it says.
    Busy(&'static str),
    /// A call was stopped by its time limit.
    Timeout(wasmspan::Error),
    /// A guest's function failed with a message of its own.
    Guest(String),
    /// A JavaScript exception is pending already.
    Pending,
}

/// The result of what a function does behind the door.
pub type Outcome<T> = Result<T, Failure>;

impl From<wasmspan::Error> for Failure {
    fn from(error: wasmspan::Error) -> Failure {
        Failure::Core(error)
    }
}

impl From<napi::Error> for Failure {
    fn from(error: napi::Error) -> Failure {
        Failure::Type(error.reason.clone())
    }
}

/// A JavaScript exception on its way through wasm.
pub struct JsException(pub JsRef);

impl fmt::Debug for JsException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsException")
    }
}

impl fmt::Display for JsException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JavaScript function threw an exception")
    }
}

impl std::error::Error for JsException {}

/// Runs what a function of the addon does: panics and failures become JavaScript exceptions.
pub fn door<T>(env: napi::Env, body: impl FnOnce(&Rc<EnvState>) -> Outcome<T>) -> napi::Result<T> {
    let state = EnvState::of(env.raw())?;
    let outcome = catch_unwind(AssertUnwindSafe(|| body(&state)));
    outcome.unwrap_or_else(|panic| Err(panicked(panic))).map_err(|failure| {
        throw(&state, failure);
        napi::Error::new(napi::Status::PendingException, String::new())
    })
}

/// What a caught panic stands for.
pub fn panicked(panic: Box<dyn Any + Send>) -> Failure {
    Failure::Core(wasmspan::log::fault(panic))
}

/// Makes `failure` the pending exception, and gives what a function that threw returns.
#[cold]
pub fn throw(state: &EnvState, failure: Failure) -> sys::napi_value {
    if let Some(value) = to_js(state, failure) {
        // SAFETY: a value of this environment, on its thread.
        unsafe { sys::napi_throw(state.env, value) };
    }
    ptr::null_mut()
}

/// The JavaScript value that stands for a failure; `None` if an exception is pending.
pub fn to_js(state: &EnvState, failure: Failure) -> Option<sys::napi_value> {
    match failure {
        Failure::Pending => take_exception(state),
        Failure::Type(text) => make(state, "TypeError", &text, 0, &[]),
        Failure::Range(text) => make(state, "RangeError", &text, 0, &[]),
        Failure::Busy(text) => make(state, "BusyError", text, 0, &[]),
        Failure::Guest(text) => make(state, "GuestError", &text, 0, &[]),
        Failure::OutOfRange(error) => of_core(state, "RangeError", &error),
        Failure::Misused(error) => of_core(state, "TypeError", &error),
        Failure::Timeout(error) => of_core(state, "TimeoutError", &error),
        Failure::Core(error) => {
            thrown(state, &error).or_else(|| of_core(state, kind(&error), &error))
        }
    }
}

fn of_core(state: &EnvState, kind: &str, error: &wasmspan::Error) -> Option<sys::napi_value> {
    let frames: Vec<String> = error.frames().iter().map(ToString::to_string).collect();
    make(state, kind, &message(error), error.number(), &frames)
}

/// The exception that a function of JavaScript threw, if that is what the error carries.
pub fn thrown(state: &EnvState, error: &wasmspan::Error) -> Option<sys::napi_value> {
    let source = std::error::Error::source(error)?;
    source.downcast_ref::<JsException>()?.0.get(state)
}

/// Takes the pending exception.
pub fn take_exception(state: &EnvState) -> Option<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: the environment's thread.
    let status = unsafe { sys::napi_get_and_clear_last_exception(state.env, &mut value) };
    (status == sys::Status::napi_ok && !value.is_null()).then_some(value)
}

/// The pending exception as an error that can go through wasm.
pub fn exception_as_error(state: &EnvState) -> wasmspan::Error {
    match take_exception(state).and_then(|value| JsRef::new(state, value)) {
        Some(reference) => wasmspan::Error::host(JsException(reference)),
        None => wasmspan::Error::with_detail(
            ErrCode::HostFuncError,
            "a JavaScript function failed while its environment was ending",
        ),
    }
}

/// The class of JavaScript that an error becomes.
fn kind(error: &wasmspan::Error) -> &'static str {
    if error.category() == ErrCategory::UserLevelError {
        return "RuntimeError";
    }
    if error.is_terminated() {
        return "ExitError";
    }
    match error.code().phase() {
        Phase::Loading | Phase::Validation => "CompileError",
        Phase::Instantiation => "LinkError",
        Phase::Runtime | Phase::Execution => "RuntimeError",
    }
}

/// Message and details, without the frames, which go into the stack.
fn message(error: &wasmspan::Error) -> String {
    let mut text = error.message().to_string();
    for (at, detail) in error.details().iter().enumerate() {
        text.push_str(if at == 0 { ": " } else { "; " });
        text.push_str(detail);
    }
    if let Some(offset) = error.offset() {
        text.push_str(&format!(" (at byte offset 0x{offset:x})"));
    }
    text
}

fn make(
    state: &EnvState,
    kind: &str,
    message: &str,
    number: u32,
    frames: &[String],
) -> Option<sys::napi_value> {
    let (mut code, mut list) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: values of this environment, made and used on its thread.
    unsafe {
        sys::napi_create_uint32(state.env, number, &mut code);
        sys::napi_create_array_with_length(state.env, frames.len(), &mut list);
        for (at, frame) in frames.iter().enumerate() {
            sys::napi_set_element(state.env, list, at as u32, string(state, frame));
        }
    }
    let args = [string(state, kind), string(state, message), code, list];
    state.call_hook(Hook::MakeError, &args).or_else(|| take_exception(state))
}

/// A JavaScript string.
pub fn string(state: &EnvState, text: &str) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: the text outlives the call, which copies it.
    unsafe {
        let (start, len) = (text.as_ptr().cast(), text.len() as isize);
        sys::napi_create_string_utf8(state.env, start, len, &mut value);
    }
    value
}
