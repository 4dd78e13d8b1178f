//! What bindings of other languages need: host functions that tell when they are gone, and calls
//! that another thread can stop.

use crate::own::wasmspan_slot;
use std::ffi::c_void;
use std::ptr;
use wasmspan::{ErrCode, Error, Interrupt, interruptible};
use wasmspan_c_shared::abi::{
    WasmEdge_CallingFrameContext, WasmEdge_FunctionInstanceContext, WasmEdge_FunctionTypeContext,
    WasmEdge_HostFunc_t, WasmEdge_Result, WasmEdge_Value,
};
use wasmspan_c_shared::door::{SUCCESS, delete, door, last, need, null_argument, result};
use wasmspan_c_shared::frame::Frame;
use wasmspan_c_shared::function::{Body, host_function};
use wasmspan_c_shared::handle::{self, Context, Kind, get};
use wasmspan_c_shared::shim;

/// A C function, its data, and what to call when it is gone.
struct Finalized {
    body: unsafe extern "C" fn(
        *mut c_void,
        *const WasmEdge_CallingFrameContext,
        *const WasmEdge_Value,
        *mut WasmEdge_Value,
    ) -> WasmEdge_Result,
    data: *mut c_void,
    finalize: unsafe extern "C" fn(*mut c_void),
}

// SAFETY: the program promises that functions and data may be used from the threads it calls on.
unsafe impl Send for Finalized {}
// SAFETY: as above.
unsafe impl Sync for Finalized {}

impl Body for Finalized {
    #[inline(always)]
    unsafe fn call(
        &self,
        frame: &Frame<'_>,
        params: *const WasmEdge_Value,
        returns: *mut WasmEdge_Value,
    ) -> WasmEdge_Result {
        // SAFETY: the program gave the function for this purpose.
        unsafe { shim::call4(self.body as usize, self.data, frame.as_c().cast(), params, returns) }
    }
}

impl Drop for Finalized {
    fn drop(&mut self) {
        // SAFETY: the program gave the function for this purpose.
        unsafe { (self.finalize)(self.data) }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_function_create(
    ty: *const WasmEdge_FunctionTypeContext,
    body: WasmEdge_HostFunc_t,
    data: *mut c_void,
    cost: u64,
    finalize: Option<unsafe extern "C" fn(*mut c_void)>,
) -> *mut WasmEdge_FunctionInstanceContext {
    let (Some(body), Some(finalize)) = (body, finalize) else { return ptr::null_mut() };
    // Where there is no function to make, `finalize` is not called.
    if door(true, || Some(get(ty).is_none())) {
        return ptr::null_mut();
    }
    host_function(ty, cost, Finalized { body, data, finalize })
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
    door(ptr::null_mut(), || Some(handle::create(Interrupt::new())))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_interrupt_request(interrupt: *mut wasmspan_interrupt) {
    door((), || {
        handle::share(interrupt.cast_const())?.interrupt();
        Some(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_interrupt_delete(interrupt: *mut wasmspan_interrupt) {
    delete(interrupt);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_invoke(
    function: *const WasmEdge_FunctionInstanceContext,
    slots: *mut wasmspan_slot,
    count: u32,
    interrupt: *const wasmspan_interrupt,
) -> WasmEdge_Result {
    result(|| {
        let function = need(function)?;
        if !function.has_only_numbers() {
            return Err(Error::with_detail(
                ErrCode::RefTypeMismatch,
                "a function with references can't be called by slots",
            ));
        }
        if function.slot_count() > count as usize {
            return Err(Error::with_detail(ErrCode::FuncSigMismatch, "there are too few slots"));
        }
        if slots.is_null() && function.slot_count() > 0 {
            return Err(null_argument("the list of slots"));
        }
        // SAFETY: there are as many slots as the function needs, and any bits are numbers.
        let call = || unsafe { function.slot_func()?.call(slots.cast(), || ()) };
        match interrupt.is_null() {
            true => call(),
            false => {
                let interrupt = handle::share(interrupt)
                    .ok_or_else(|| null_argument("what the interrupt was"))?;
                interruptible(&interrupt, call)
            }
        }
    })
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
        let interrupt = handle::share(interrupt).ok_or_else(|| null_argument("the interrupt"))?;
        interruptible(&interrupt, || {
            // SAFETY: the program gave the function for this purpose.
            given = unsafe { shim::contain(|| body(data)) }
                .unwrap_or(WasmEdge_Result { Code: ErrCode::HostFuncError as u32 });
            match given.Code == ErrCode::Interrupted as u32 {
                true => {
                    Err(last(|error| error.cloned()).unwrap_or_else(|| ErrCode::Interrupted.into()))
                }
                false => Ok(()),
            }
        })
    });
    if interrupted.Code == SUCCESS.Code { given } else { interrupted }
}
