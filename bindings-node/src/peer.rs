//! What napi-rs itself costs, and calls of guests made by hand: what the benchmark measures the addon by.

use crate::enter::enter;
use crate::error::Failure;
use crate::instance::NativeInstance;
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

/// Calls a function of wasmedge-bindgen so many times with a text that gives a text, with nothing but
/// the guest's exports: allocate, write, call, read, deallocate. The length of the last answer.
#[napi]
pub fn peer_bindgen(
    env: Env,
    instance: &NativeInstance,
    name: String,
    text: String,
    turns: u32,
) -> napi::Result<u32> {
    enter(env, |_| {
        let instance = instance.get()?;
        let missing = || Failure::Type("no such export".into());
        let memory = instance.get_memory("memory").ok_or_else(missing)?;
        let allocate = instance.typed::<u32, u32>("allocate")?;
        let deallocate = instance.typed::<(u32, u32), ()>("deallocate")?;
        let function = instance.typed::<(u32, u32), u32>(&name)?;
        let mut last = 0;
        for _ in 0..turns {
            let (frame, argument) = (allocate.call(8)?, allocate.call(text.len() as u32)?);
            memory.write(argument as usize, text.as_bytes())?;
            memory.write_value(frame as usize, argument)?;
            memory.write_value(frame as usize + 4, text.len() as u32)?;
            let record = function.call((frame, 1))?;
            let table: u32 = memory.read_value(record as usize + 1)?;
            let address: u32 = memory.read_value(table as usize)?;
            let size: u32 = memory.read_value(table as usize + 8)?;
            let answer = memory.read_vec(address as usize, size as usize)?;
            last = String::from_utf8_lossy(&answer).len() as u32;
            for (address, size) in [(address, size), (table, 12), (record, 9), (frame, 8)] {
                deallocate.call((address, size))?;
            }
        }
        Ok(last)
    })
}
