//! `libwasmedge`: the C interface of WasmEdge 0.11.2.
//!
//! Here are only the functions that other releases lack or have in another form; the modules are our
//! additions.

#![allow(non_snake_case, missing_docs)]
// What every pointer must be is in the header, for all functions alike.
#![allow(clippy::missing_safety_doc, clippy::not_unsafe_ptr_arg_deref)]

pub mod bindgen;
pub mod cache;
pub mod call;
pub mod callback;
pub mod command;
pub mod config;
pub mod error;
pub mod host_function;
pub mod limits;
pub mod memory;
pub mod module;
pub mod pool;
pub mod wasi;

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use wasmspan::log::{self, LogLevel};
use wasmspan_c_shared::abi::{
    WasmEdge_CallingFrameContext, WasmEdge_ConfigureContext, WasmEdge_ExecutorContext,
    WasmEdge_FunctionInstanceContext, WasmEdge_FunctionTypeContext, WasmEdge_HostFunc_t,
    WasmEdge_MemoryInstanceContext, WasmEdge_ModuleInstanceContext, WasmEdge_Result,
    WasmEdge_Value, WasmEdge_WrapFunc_t,
};
use wasmspan_c_shared::enter::enter;
use wasmspan_c_shared::frame::Frame;
use wasmspan_c_shared::handle::get;
use wasmspan_c_shared::host_function::{Body, host_function};
use wasmspan_c_shared::{self as shared, shim};

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VersionGet() -> *const c_char {
    c"0.11.2".as_ptr()
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VersionGetMajor() -> u32 {
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VersionGetMinor() -> u32 {
    11
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VersionGetPatch() -> u32 {
    2
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_LogOff() {
    log::set_level(LogLevel::Off);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_PluginLoadWithDefaultPaths() {}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ResultOK(Res: WasmEdge_Result) -> bool {
    shared::error::ok(Res)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ResultGetCode(Res: WasmEdge_Result) -> u32 {
    shared::error::code(Res)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ResultGetMessage(Res: WasmEdge_Result) -> *const c_char {
    shared::error::message(Res)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ResultGen(Category: u32, Code: u32) -> WasmEdge_Result {
    shared::error::generate(Category, Code)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ResultGetCategory(Res: WasmEdge_Result) -> u32 {
    shared::error::category(Res)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureSetForceInterpreter(
    Cxt: *mut WasmEdge_ConfigureContext,
    IsForceInterpreter: bool,
) {
    shared::config::set_force_interpreter(Cxt, IsForceInterpreter);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureIsForceInterpreter(
    Cxt: *const WasmEdge_ConfigureContext,
) -> bool {
    shared::config::is_force_interpreter(Cxt)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_CallingFrameGetExecutor(
    Cxt: *const WasmEdge_CallingFrameContext,
) -> *mut WasmEdge_ExecutorContext {
    shared::host_function::frame_executor(Cxt)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_CallingFrameGetModuleInstance(
    Cxt: *const WasmEdge_CallingFrameContext,
) -> *const WasmEdge_ModuleInstanceContext {
    shared::host_function::frame_module(Cxt)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_CallingFrameGetMemoryInstance(
    Cxt: *const WasmEdge_CallingFrameContext,
    Idx: u32,
) -> *mut WasmEdge_MemoryInstanceContext {
    shared::host_function::frame_memory(Cxt, Idx)
}

/// A C function and its data.
struct Direct {
    body: unsafe extern "C" fn(
        *mut c_void,
        *const WasmEdge_CallingFrameContext,
        *const WasmEdge_Value,
        *mut WasmEdge_Value,
    ) -> WasmEdge_Result,
    data: *mut c_void,
}

// SAFETY: the program promises that function and data may be used from the threads it calls on.
unsafe impl Send for Direct {}
// SAFETY: as above.
unsafe impl Sync for Direct {}

impl Body for Direct {
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

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_FunctionInstanceCreate(
    Type: *const WasmEdge_FunctionTypeContext,
    HostFunc: WasmEdge_HostFunc_t,
    Data: *mut c_void,
    Cost: u64,
) -> *mut WasmEdge_FunctionInstanceContext {
    let Some(body) = HostFunc else { return ptr::null_mut() };
    host_function(Type, Cost, Direct { body, data: Data })
}

/// A C function that serves many host functions, and its data.
struct Wrapped {
    body: unsafe extern "C" fn(
        *mut c_void,
        *mut c_void,
        *const WasmEdge_CallingFrameContext,
        *const WasmEdge_Value,
        u32,
        *mut WasmEdge_Value,
        u32,
    ) -> WasmEdge_Result,
    binding: *mut c_void,
    data: *mut c_void,
    params: u32,
    returns: u32,
}

// SAFETY: the program promises that function and data may be used from the threads it calls on.
unsafe impl Send for Wrapped {}
// SAFETY: as above.
unsafe impl Sync for Wrapped {}

impl Body for Wrapped {
    unsafe fn call(
        &self,
        frame: &Frame<'_>,
        params: *const WasmEdge_Value,
        returns: *mut WasmEdge_Value,
    ) -> WasmEdge_Result {
        let Wrapped { body, binding, data, .. } = *self;
        // SAFETY: the program gave the function for this purpose.
        unsafe {
            let frame = frame.as_c().cast();
            let lens = (self.params, self.returns);
            shim::call7(body as usize, binding, data, frame, params, returns, lens)
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_FunctionInstanceCreateBinding(
    Type: *const WasmEdge_FunctionTypeContext,
    WrapFunc: WasmEdge_WrapFunc_t,
    Binding: *mut c_void,
    Data: *mut c_void,
    Cost: u64,
) -> *mut WasmEdge_FunctionInstanceContext {
    let Some(body) = WrapFunc else { return ptr::null_mut() };
    enter(ptr::null_mut(), || {
        let ty = get(Type)?;
        let (params, returns) = (ty.params().len() as u32, ty.results().len() as u32);
        let wrapped = Wrapped { body, binding: Binding, data: Data, params, returns };
        Some(host_function(Type, Cost, wrapped))
    })
}
