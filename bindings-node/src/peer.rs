//! What napi-rs itself costs: the figures that the benchmark measures the addon by.

use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};
use napi_derive::napi;

/// Nothing.
#[napi]
pub fn peer_empty() {}

/// Adds, without checking anything that napi-rs does not check.
#[napi]
pub fn peer_add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

/// An addition on another thread.
pub struct Add(i32, i32);

impl Task for Add {
    type Output = i32;
    type JsValue = i32;

    fn compute(&mut self) -> napi::Result<i32> {
        Ok(self.0.wrapping_add(self.1))
    }

    fn resolve(&mut self, _env: Env, output: i32) -> napi::Result<i32> {
        Ok(output)
    }
}

/// Adds on another thread.
#[napi]
pub fn peer_add_async(a: i32, b: i32) -> AsyncTask<Add> {
    AsyncTask::new(Add(a, b))
}
