//! Calls without conversions, and calls that a clock or another thread stops, or that run on another
//! thread.

use crate::limits::execute_within;
use std::ffi::c_void;
use std::ptr;
use std::time::Duration;
use wasmspan::config::Limits;
use wasmspan::raw::interruptible;
use wasmspan::raw::wait_for_stop;
use wasmspan::{ErrCode, Error, Interrupt};
use wasmspan_c_shared::abi::{
    WasmEdge_Async, WasmEdge_ExecutorContext, WasmEdge_FunctionInstanceContext, WasmEdge_Result,
    WasmEdge_String, WasmEdge_VMContext, WasmEdge_Value,
};
use wasmspan_c_shared::async_call::start;
use wasmspan_c_shared::call::values;
use wasmspan_c_shared::enter::{delete, enter, need, need_in, result, result_with};
use wasmspan_c_shared::error::{SUCCESS, last, null_argument};
use wasmspan_c_shared::function::FunctionObject;
use wasmspan_c_shared::handle::{self, Context, Kind, get};
use wasmspan_c_shared::shim;

/// A parameter on the way in, a result on the way out.
#[repr(C)]
#[allow(non_camel_case_types)]
pub union wasmspan_slot {
    pub bits: u128,
}

/// Calls a function, if there are slots enough.
///
/// # Safety
///
/// There must be as many slots as said, unless they are null.
#[inline(always)]
unsafe fn call(
    function: &FunctionObject,
    slots: *mut wasmspan_slot,
    count: u32,
) -> wasmspan::Result<()> {
    let needed = function.slot_count();
    if !function.has_only_numbers() || needed > count as usize || slots.is_null() && needed > 0 {
        return Err(unfit(function, slots));
    }
    // SAFETY: there are as many slots as the function needs, and any bits are numbers.
    unsafe { function.slot_func()?.call(slots.cast(), || ()) }
}

#[cold]
fn unfit(function: &FunctionObject, slots: *mut wasmspan_slot) -> Error {
    if !function.has_only_numbers() {
        let detail = "a function with references can't be called by slots";
        Error::with_detail(ErrCode::RefTypeMismatch, detail)
    } else if slots.is_null() {
        null_argument("the list of slots")
    } else {
        Error::with_detail(ErrCode::FuncSigMismatch, "there are too few slots")
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_call(
    function: *const WasmEdge_FunctionInstanceContext,
    slots: *mut wasmspan_slot,
    count: u32,
) -> WasmEdge_Result {
    // SAFETY: the caller passes as many slots as it says, or null.
    result_with(|uses| unsafe { call(need_in(uses, function)?, slots, count) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_invoke(
    function: *const WasmEdge_FunctionInstanceContext,
    slots: *mut wasmspan_slot,
    count: u32,
    interrupt: *const wasmspan_interrupt,
) -> WasmEdge_Result {
    result_with(|uses| {
        let function = need_in(uses, function)?;
        // SAFETY: the caller passes as many slots as it says, or null.
        let call = || unsafe { call(function, slots, count) };
        match interrupt.is_null() {
            true => call(),
            false => interruptible(&*shared(interrupt)?, call),
        }
    })
}

/// A request to stop calls; opaque.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_interrupt {
    _opaque: [u8; 0],
}

impl Context for wasmspan_interrupt {
    const KIND: Kind = Kind::Interrupt;
    type Object = Interrupt;
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_interrupt_create() -> *mut wasmspan_interrupt {
    enter(ptr::null_mut(), || Some(handle::create(Interrupt::new())))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_interrupt_request(interrupt: *mut wasmspan_interrupt) {
    enter((), || {
        handle::share(interrupt.cast_const())?.interrupt();
        Some(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_interrupt_delete(interrupt: *mut wasmspan_interrupt) {
    delete(interrupt);
}

/// The request behind a handle, counted: it may be deleted while calls run under it.
fn shared(interrupt: *const wasmspan_interrupt) -> wasmspan::Result<std::sync::Arc<Interrupt>> {
    need(interrupt)?;
    handle::share(interrupt).ok_or_else(|| null_argument("what the interrupt was"))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wait_for_stop(milliseconds: u64) -> bool {
    enter(false, || Some(wait_for_stop(Duration::from_millis(milliseconds))))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_interruptible(
    interrupt: *const wasmspan_interrupt,
    body: Option<unsafe extern "C-unwind" fn(data: *mut c_void) -> WasmEdge_Result>,
    data: *mut c_void,
) -> WasmEdge_Result {
    let mut given = SUCCESS;
    let interrupted = result(|| {
        let body = body.ok_or_else(|| null_argument("the function"))?;
        let interrupt = shared(interrupt)?;
        interruptible(&interrupt, || {
            // SAFETY: the program gave the function for this purpose.
            given = unsafe { shim::contain(|| body(data)) }
                .unwrap_or(WasmEdge_Result { Code: ErrCode::HostFuncError as u32 });
            match given.Code == ErrCode::Interrupted as u32 {
                true => Err(last(|failure| failure.error.clone())
                    .unwrap_or_else(|| ErrCode::Interrupted.into())),
                false => Ok(()),
            }
        })
    });
    if interrupted.Code == SUCCESS.Code { given } else { interrupted }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_vm_execute_for(
    vm: *mut WasmEdge_VMContext,
    name: WasmEdge_String,
    params: *const WasmEdge_Value,
    param_len: u32,
    returns: *mut WasmEdge_Value,
    return_len: u32,
    milliseconds: u64,
) -> WasmEdge_Result {
    let limits = Limits { time_ms: Some(milliseconds), ..Limits::default() };
    // SAFETY: the caller passes a string and lists of these lengths, or null.
    unsafe { execute_within(vm, name, (params, param_len), (returns, return_len), &limits) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_executor_invoke_async(
    executor: *const WasmEdge_ExecutorContext,
    function: *const WasmEdge_FunctionInstanceContext,
    params: *const WasmEdge_Value,
    param_len: u32,
) -> *mut WasmEdge_Async {
    enter(ptr::null_mut(), || {
        let (executor, function) = (get(executor)?, get(function)?);
        // SAFETY: the caller passes a list of this length, or null.
        Some(start(|| {
            executor.invoke_async(function.func(), &unsafe { values(params, param_len) }?)
        }))
    })
}
