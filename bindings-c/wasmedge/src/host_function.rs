//! Host functions that tell when they are gone.

use crate::Direct;
use std::ffi::c_void;
use std::ptr;
use wasmspan_c_shared::abi::{
    WasmEdge_FunctionInstanceContext, WasmEdge_FunctionTypeContext, WasmEdge_HostFunc_t,
    WasmEdge_Result, WasmEdge_Value,
};
use wasmspan_c_shared::enter::enter;
use wasmspan_c_shared::frame::Frame;
use wasmspan_c_shared::handle::get;
use wasmspan_c_shared::host_function::{Body, host_function};

/// A C function with its data, and what to call when it is gone.
struct Finalized {
    function: Direct,
    finalize: unsafe extern "C" fn(*mut c_void),
}

impl Body for Finalized {
    #[inline(always)]
    unsafe fn call(
        &self,
        frame: &Frame<'_>,
        params: *const WasmEdge_Value,
        returns: *mut WasmEdge_Value,
    ) -> WasmEdge_Result {
        // SAFETY: the caller's promise.
        unsafe { self.function.call(frame, params, returns) }
    }
}

impl Drop for Finalized {
    fn drop(&mut self) {
        // SAFETY: the program gave the function for this purpose.
        unsafe { (self.finalize)(self.function.data) }
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
    if enter(true, || Some(get(ty).is_none())) {
        return ptr::null_mut();
    }
    host_function(ty, cost, Finalized { function: Direct { body, data }, finalize })
}
