//! The one way in: every function that JavaScript calls runs in [`enter`] or [`guard`], which make
//! JavaScript exceptions of failures and panics.

use crate::env::EnvState;
use crate::error::{Failure, Outcome, throw};
use napi::sys;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// Runs a function of a class, or one that the addon exports.
pub fn enter<T>(env: napi::Env, body: impl FnOnce(&Rc<EnvState>) -> Outcome<T>) -> napi::Result<T> {
    let state = EnvState::of(env.raw())?;
    let outcome = catch_unwind(AssertUnwindSafe(|| body(&state)));
    outcome.unwrap_or_else(|panic| Err(panicked(panic))).map_err(|failure| {
        throw(&state, failure);
        napi::Error::new(napi::Status::PendingException, String::new())
    })
}

/// Runs a function that Node-API calls without the help of the bindings' crate.
#[inline(always)]
pub fn guard(state: &EnvState, body: impl FnOnce() -> Outcome<sys::napi_value>) -> sys::napi_value {
    // The failure is dealt with inside, so that nothing but a pointer has to come out.
    let outcome =
        catch_unwind(AssertUnwindSafe(|| body().unwrap_or_else(|failure| throw(state, failure))));
    outcome.unwrap_or_else(|panic| throw(state, panicked(panic)))
}

/// What a caught panic stands for.
pub fn panicked(panic: Box<dyn Any + Send>) -> Failure {
    Failure::Core(wasmspan::log::fault(panic))
}
