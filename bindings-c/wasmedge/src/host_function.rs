//! Host functions that tell when they are gone.

use std::ffi::c_void;
use std::ptr;
use wasmspan_c_shared::abi::{
    WasmEdge_CallingFrameContext, WasmEdge_FunctionInstanceContext, WasmEdge_FunctionTypeContext,
    WasmEdge_HostFunc_t, WasmEdge_Result, WasmEdge_Value,
};
use wasmspan_c_shared::enter::enter;
use wasmspan_c_shared::frame::Frame;
use wasmspan_c_shared::handle::get;
use wasmspan_c_shared::host_function::{Body, host_function};
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
    if enter(true, || Some(get(ty).is_none())) {
        return ptr::null_mut();
    }
    host_function(ty, cost, Finalized { body, data, finalize })
}
