//! Calls that run on threads of the runtime.

use crate::abi::{WasmEdge_Async, WasmEdge_Result, WasmEdge_Value};
use crate::enter::{delete, enter, fill, need, result};
use crate::error::logged;
use crate::handle::{Lent, create, get};
use std::ptr;
use std::time::Duration;
use wasmspan::Task;

/// A call that runs on another thread.
pub struct AsyncObject {
    /// The call, or why it could not begin.
    task: wasmspan::Result<Task>,
    /// Functions that it gave.
    lent: Lent,
}

crate::context!(WasmEdge_Async = Async, AsyncObject, close);

/// Stops the call, when its handle is deleted. Others may be waiting for it.
pub fn close(object: &AsyncObject) {
    if let Ok(task) = &object.task {
        task.cancel();
    }
}

/// The context of a task. One that could not be started, which the log tells, has ended with its error.
pub fn start(task: impl FnOnce() -> wasmspan::Result<Task>) -> *mut WasmEdge_Async {
    enter(ptr::null_mut(), || {
        let task = task().map_err(logged).inspect_err(crate::error::note);
        Some(create(AsyncObject { task, lent: Lent::default() }))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_AsyncWait(Cxt: *const WasmEdge_Async) {
    enter((), || {
        get(Cxt)?.task.as_ref().ok()?.wait();
        Some(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_AsyncWaitFor(Cxt: *const WasmEdge_Async, Milliseconds: u64) -> bool {
    enter(false, || {
        let Ok(task) = &get(Cxt)?.task else { return Some(true) };
        Some(task.wait_for(Duration::from_millis(Milliseconds)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_AsyncCancel(Cxt: *mut WasmEdge_Async) {
    enter((), || {
        get(Cxt.cast_const())?.task.as_ref().ok()?.cancel();
        Some(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_AsyncGetReturnsLength(Cxt: *const WasmEdge_Async) -> u32 {
    enter(0, || Some(get(Cxt)?.task.as_ref().ok()?.result_len() as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_AsyncGet(
    Cxt: *const WasmEdge_Async,
    Returns: *mut WasmEdge_Value,
    ReturnLen: u32,
) -> WasmEdge_Result {
    result(|| {
        let object = need(Cxt)?;
        let results = object.task.as_ref().map_err(Clone::clone)?.get()?;
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
