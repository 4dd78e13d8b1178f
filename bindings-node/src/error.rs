//! The one place where errors become JavaScript's.

use crate::env::{EnvState, Hook, JsRef};
use crate::lock::Refusal;
use napi::sys;
use std::ffi::CStr;
use std::fmt;
use std::ptr;
use wasmspan::error::Phase;
use wasmspan::{Cause, ErrCode, ImportFault};

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
    /// A guest's function failed with a message of its own.
    Guest(String),
    /// A JavaScript exception is pending already.
    Pending,
}

/// The result of what a function that JavaScript calls does.
pub type Outcome<T> = Result<T, Failure>;

impl From<wasmspan::Error> for Failure {
    fn from(error: wasmspan::Error) -> Failure {
        Failure::Core(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        match refusal {
            Refusal::Elsewhere => Failure::Busy(
                "the instance is running a call on another thread; await that call first",
            ),
            Refusal::Here => Failure::Busy(
                "the instance is running the call that this happens in; wait until it has returned",
            ),
            Refusal::Disposed => {
                let detail = "it was disposed of, or given back to its pool";
                Failure::Core(wasmspan::Error::with_detail(ErrCode::RuntimeError, detail))
            }
        }
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
    let plain = |class, text: &str| make(state, class, text, 0, &[], &[]);
    match failure {
        Failure::Pending => take_exception(state),
        Failure::Type(text) => plain("TypeError", &text),
        Failure::Range(text) => plain("RangeError", &text),
        Failure::Busy(text) => plain("BusyError", text),
        Failure::Guest(text) => plain("GuestError", &text),
        Failure::OutOfRange(error) => of_core(state, Some("RangeError"), &error),
        Failure::Misused(error) => of_core(state, Some("TypeError"), &error),
        Failure::Core(error) => thrown(state, &error).or_else(|| of_core(state, None, &error)),
    }
}

/// A property of an error.
type Fact = (&'static CStr, sys::napi_value);

/// An error of the runtime: of the given class, or of the one that its cause has.
fn of_core(
    state: &EnvState,
    class: Option<&str>,
    error: &wasmspan::Error,
) -> Option<sys::napi_value> {
    let (of_cause, facts) = class_of(state, error);
    let frames: Vec<String> = error.frames().iter().map(ToString::to_string).collect();
    let class = class.unwrap_or(of_cause);
    make(state, class, &error.summary(), error.number(), &frames, &facts)
}

/// The class that an error has by its cause, and the properties that say more about that.
fn class_of(state: &EnvState, error: &wasmspan::Error) -> (&'static str, Vec<Fact>) {
    let none = Vec::new;
    match error.cause() {
        Cause::Timeout(limit) => {
            ("TimeoutError", vec![(c"limit", number(state, limit.as_secs_f64() * 1000.0))])
        }
        Cause::OutputLimit(bytes) => {
            ("RuntimeError", vec![(c"limit", number(state, bytes as f64))])
        }
        Cause::Exit(code) => ("ExitError", vec![(c"exitCode", number(state, f64::from(code)))]),
        Cause::Imports(faults) => ("LinkError", vec![(c"missing", missing(state, &faults))]),
        Cause::Unsupported { proposal, available: _ } => {
            ("CompileError", vec![(c"proposal", string(state, proposal))])
        }
        // As JavaScript's own engines have it.
        Cause::OutOfMemory => ("RangeError", none()),
        Cause::Malformed | Cause::Invalid => ("CompileError", none()),
        Cause::Instantiation => ("LinkError", none()),
        Cause::Interrupted
        | Cause::CostLimit
        | Cause::StackOverflow
        | Cause::Trap
        | Cause::HostError
        | Cause::User(_)
        | Cause::Panic
        | Cause::Fault => ("RuntimeError", none()),
        // By the step that went wrong.
        Cause::Usage => match error.code().phase() {
            Phase::Loading | Phase::Validation => ("CompileError", none()),
            Phase::Instantiation => ("LinkError", none()),
            Phase::Runtime | Phase::Execution => ("RuntimeError", none()),
        },
    }
}

/// Imports at fault, as an array of objects.
fn missing(state: &EnvState, faults: &[ImportFault]) -> sys::napi_value {
    let mut list = ptr::null_mut();
    // SAFETY: values of this environment, made and used on its thread.
    unsafe {
        sys::napi_create_array_with_length(state.env, faults.len(), &mut list);
        for (at, fault) in faults.iter().enumerate() {
            let mut object = ptr::null_mut();
            sys::napi_create_object(state.env, &mut object);
            let found = fault.found.as_ref().map(ToString::to_string);
            for (name, text) in [
                (c"module", Some(&fault.module)),
                (c"name", Some(&fault.name)),
                (c"wanted", Some(&fault.wanted.to_string())),
                (c"found", found.as_ref()),
                (c"reason", Some(&fault.reason)),
            ] {
                if let Some(text) = text {
                    let value = string(state, text);
                    sys::napi_set_named_property(state.env, object, name.as_ptr(), value);
                }
            }
            sys::napi_set_element(state.env, list, at as u32, object);
        }
    }
    list
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

fn make(
    state: &EnvState,
    class: &str,
    message: &str,
    code: u32,
    frames: &[String],
    facts: &[Fact],
) -> Option<sys::napi_value> {
    let (mut list, mut object) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: values of this environment, made and used on its thread.
    unsafe {
        sys::napi_create_array_with_length(state.env, frames.len(), &mut list);
        for (at, frame) in frames.iter().enumerate() {
            sys::napi_set_element(state.env, list, at as u32, string(state, frame));
        }
        sys::napi_get_undefined(state.env, &mut object);
        if !facts.is_empty() {
            sys::napi_create_object(state.env, &mut object);
        }
        for (name, value) in facts {
            sys::napi_set_named_property(state.env, object, name.as_ptr(), *value);
        }
    }
    let code = number(state, f64::from(code));
    let args = [string(state, class), string(state, message), code, list, object];
    state.call_hook(Hook::MakeError, &args).or_else(|| take_exception(state))
}

/// A JavaScript number.
pub fn number(state: &EnvState, number: f64) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: the environment's thread.
    unsafe { sys::napi_create_double(state.env, number, &mut value) };
    value
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

/// A failure as an error that can go through wasm and comes out as itself.
pub fn as_error(state: &EnvState, failure: Failure) -> wasmspan::Error {
    match failure {
        Failure::Pending => exception_as_error(state),
        Failure::Core(error) => error,
        other => match to_js(state, other).and_then(|value| JsRef::new(state, value)) {
            Some(reference) => wasmspan::Error::host(JsException(reference)),
            None => wasmspan::Error::new(ErrCode::HostFuncError),
        },
    }
}
