//! Calls that run on threads of the runtime.

use crate::abi::{WasmEdge_Async, WasmEdge_Result, WasmEdge_Value};
use crate::door::{delete, door, fill, logged, need, result};
use crate::handle::{Lent, create, get};
use std::ptr;
use std::time::Duration;
use wasmspan::Task;

/// A call that runs on another thread.
pub struct AsyncObject {
    task: Task,
    /// Functions that it gave.
    lent: Lent,
}

/// The context of a task; null, and the error in the log, if it could not be started.
pub fn start(task: impl FnOnce() -> wasmspan::Result<Task>) -> *mut WasmEdge_Async {
    door(ptr::null_mut(), || match task() {
        Ok(task) => Some(create(AsyncObject { task, lent: Lent::default() })),
        Err(error) => {
            crate::door::note(&logged(error));
            None
        }
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_AsyncWait(Cxt: *const WasmEdge_Async) {
    door((), || {
        get(Cxt)?.task.wait();
        Some(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_AsyncWaitFor(Cxt: *const WasmEdge_Async, Milliseconds: u64) -> bool {
    door(false, || Some(get(Cxt)?.task.wait_for(Duration::from_millis(Milliseconds))))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_AsyncCancel(Cxt: *mut WasmEdge_Async) {
    door((), || {
        get(Cxt.cast_const())?.task.cancel();
        Some(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_AsyncGetReturnsLength(Cxt: *const WasmEdge_Async) -> u32 {
    door(0, || Some(get(Cxt)?.task.result_len() as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_AsyncGet(
    Cxt: *const WasmEdge_Async,
    Returns: *mut WasmEdge_Value,
    ReturnLen: u32,
) -> WasmEdge_Result {
    result(|| {
        let object = need(Cxt)?;
        let results = object.task.get()?;
        let results = results.iter().map(|value| WasmEdge_Value::from_val(value, &object.lent));
        // SAFETY: the caller passes a buffer of this length, or null.
        unsafe { fill(Returns, ReturnLen, results) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_AsyncDelete(Cxt: *mut WasmEdge_Async) {
    delete(Cxt);
}
