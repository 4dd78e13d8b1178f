//! Wasmspan for Node.js: a thin addon over the runtime's crate.
//!
//! The package's TypeScript layer in `lib` has the classes that users see; this addon has what they
//! stand on. `env` is the state of a JavaScript environment, `enter` the one way in, `error` the
//! classes of errors, `value` the conversion of values, `function` and `host_function` the hot paths in
//! both directions, `async_call` and `host_call` work on other threads, `lock` who may call. The rest is
//! a file for each class.
// napi registers nothing in test builds, where the functions that only JavaScript calls look unused.
#![cfg_attr(test, allow(dead_code))]

mod accessor;
mod async_call;
mod bindgen;
mod call;
mod command;
mod config;
mod cycle;
mod enter;
mod env;
mod error;
mod executor;
mod function;
mod global;
mod handle;
mod host_call;
mod host_function;
mod identity;
mod imports;
mod instance;
mod lock;
mod memory;
mod memory_fs;
mod module;
#[cfg(feature = "peer")]
mod peer;
mod pool;
mod statistics;
mod store;
mod table;
mod types;
mod value;
mod vm;
mod wasi;

use napi::bindgen_prelude::Unknown;
use napi::{Env, JsValue};
use napi_derive::napi;

/// Sets the environment up with the functions of the package that the addon calls; see
/// [`env::Hook`]. Where the package is loaded more than once, as test runners do, those of the last
/// one are called: what was loaded before may belong to a context that has ended.
#[napi]
pub fn begin(env: Env, hooks: Vec<Unknown<'_>>) -> napi::Result<()> {
    wasmspan::log::note_places();
    let state = env::EnvState::of(env.raw()).or_else(|_| env::EnvState::create(env.raw()))?;
    let hooks: Vec<_> = hooks.iter().map(JsValue::raw).collect();
    state.set_hooks(&hooks)
}

/// The runtime's version.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Live objects of the process, for leak tests.
#[napi]
pub fn live_objects() -> f64 {
    wasmspan::raw::live_objects() as f64
}

/// Panics of the addon that have become errors: for tests.
#[napi]
pub fn faults() -> f64 {
    wasmspan::log::faults() as f64
}

/// Panics as a fault of the addon would: for tests of what becomes of that.
#[napi]
pub fn provoke_fault(env: napi::Env, text: String) -> napi::Result<()> {
    enter::enter(env, |_| panic!("{text}"))
}
