//! Calls of a VM's functions, on the caller's thread and on others.

use crate::abi::{
    WasmEdge_ASTModuleContext, WasmEdge_Async, WasmEdge_Result, WasmEdge_String,
    WasmEdge_VMContext, WasmEdge_Value,
};
use crate::async_call;
use crate::call::values;
use crate::enter::{bytes, enter, fill, need, need_in, path, result, result_with};
use crate::error::null_argument;
use crate::handle::get;
use crate::instance::InstanceObject;
use crate::vm::VmObject;
use std::ffi::c_char;
use wasmspan::{ErrCode, Error, Task, Val, Vm};

/// Parameters and the place for results, as C passes them.
struct Arguments {
    params: *const WasmEdge_Value,
    param_len: u32,
    returns: *mut WasmEdge_Value,
    return_len: u32,
}

impl Arguments {
    #[inline(always)]
    fn new(
        params: *const WasmEdge_Value,
        param_len: u32,
        returns: *mut WasmEdge_Value,
        return_len: u32,
    ) -> Arguments {
        Arguments { params, param_len, returns, return_len }
    }
}

/// Calls a function of an instance through the VM's executor.
///
/// # Safety
///
/// As [`FunctionObject::call`](crate::function::FunctionObject::call).
#[inline(always)]
unsafe fn call(
    vm: &VmObject,
    instance: &InstanceObject,
    name: &[u8],
    arguments: Arguments,
) -> wasmspan::Result<()> {
    let Some(function) = instance.function(name) else { return Err(not_found(instance, name)) };
    let Arguments { params, param_len, returns, return_len } = arguments;
    // SAFETY: the caller's promise.
    unsafe { function.call_through(vm.vm.executor(), params, param_len, returns, return_len) }
}

#[cold]
fn not_found(instance: &InstanceObject, name: &[u8]) -> Error {
    match instance.instance.find_func(&String::from_utf8_lossy(name)) {
        // Another thread may have put it in meanwhile.
        Ok(_) => ErrCode::FuncNotFound.into(),
        Err(error) => error,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMExecute(
    Cxt: *mut WasmEdge_VMContext,
    FuncName: WasmEdge_String,
    Params: *const WasmEdge_Value,
    ParamLen: u32,
    Returns: *mut WasmEdge_Value,
    ReturnLen: u32,
) -> WasmEdge_Result {
    result_with(|uses| {
        let vm = need_in(uses, Cxt.cast_const())?;
        // SAFETY: the caller passes a string and lists of these lengths, or null.
        unsafe {
            let name = FuncName.bytes();
            let called = match vm.active_object(uses) {
                Some(active) => {
                    call(vm, active, name, Arguments::new(Params, ParamLen, Returns, ReturnLen))
                }
                None => Err(Vm::none_active()),
            };
            Vm::ended(called, None, name)
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMExecuteRegistered(
    Cxt: *mut WasmEdge_VMContext,
    ModuleName: WasmEdge_String,
    FuncName: WasmEdge_String,
    Params: *const WasmEdge_Value,
    ParamLen: u32,
    Returns: *mut WasmEdge_Value,
    ReturnLen: u32,
) -> WasmEdge_Result {
    result(|| {
        let vm = need(Cxt)?;
        // SAFETY: the caller passes strings and lists of these lengths, or null.
        unsafe {
            let (module, name) = (ModuleName.bytes(), FuncName.bytes());
            let found = ModuleName.text().and_then(|module| vm.registered_module(module));
            let called = match found {
                Some(found) => {
                    call(vm, found, name, Arguments::new(Params, ParamLen, Returns, ReturnLen))
                }
                None => Err(Vm::none_registered(&String::from_utf8_lossy(module))),
            };
            Vm::ended(called, Some(module), name)
        }
    })
}

/// Loads, validates, instantiates and calls.
fn run(
    context: *mut WasmEdge_VMContext,
    name: WasmEdge_String,
    arguments: Arguments,
    run: impl FnOnce(&VmObject, &str, &[Val]) -> wasmspan::Result<Vec<Val>>,
) -> WasmEdge_Result {
    result_with(|uses| {
        let vm = need_in(uses, context.cast_const())?;
        // SAFETY: the caller passes a string and lists of these lengths, or null.
        let (name, params) =
            unsafe { (name.lossy(), values(arguments.params, arguments.param_len)?) };
        let done = run(vm, &name, &params);
        vm.refresh();
        let results = done?;
        let Some(active) = vm.active_object(uses) else { return Ok(()) };
        let results = results.iter().map(|value| WasmEdge_Value::from_val(value, &active.lent));
        // SAFETY: as above.
        unsafe { fill(arguments.returns, arguments.return_len, results) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMRunWasmFromFile(
    Cxt: *mut WasmEdge_VMContext,
    Path: *const c_char,
    FuncName: WasmEdge_String,
    Params: *const WasmEdge_Value,
    ParamLen: u32,
    Returns: *mut WasmEdge_Value,
    ReturnLen: u32,
) -> WasmEdge_Result {
    let arguments = Arguments::new(Params, ParamLen, Returns, ReturnLen);
    run(Cxt, FuncName, arguments, |vm, name, params| {
        // SAFETY: the caller passes a path that ends with zero, or null.
        vm.vm.run_file(unsafe { path(Path) }?, name, params)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMRunWasmFromBuffer(
    Cxt: *mut WasmEdge_VMContext,
    Buf: *const u8,
    BufLen: u32,
    FuncName: WasmEdge_String,
    Params: *const WasmEdge_Value,
    ParamLen: u32,
    Returns: *mut WasmEdge_Value,
    ReturnLen: u32,
) -> WasmEdge_Result {
    let arguments = Arguments::new(Params, ParamLen, Returns, ReturnLen);
    run(Cxt, FuncName, arguments, |vm, name, params| {
        // SAFETY: the caller passes a buffer of this length, or null.
        let bytes = unsafe { bytes(Buf, BufLen as usize) };
        vm.vm.run_bytes(bytes.ok_or_else(|| null_argument("the buffer"))?, name, params)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMRunWasmFromASTModule(
    Cxt: *mut WasmEdge_VMContext,
    ASTCxt: *const WasmEdge_ASTModuleContext,
    FuncName: WasmEdge_String,
    Params: *const WasmEdge_Value,
    ParamLen: u32,
    Returns: *mut WasmEdge_Value,
    ReturnLen: u32,
) -> WasmEdge_Result {
    let arguments = Arguments::new(Params, ParamLen, Returns, ReturnLen);
    run(Cxt, FuncName, arguments, |vm, name, params| {
        vm.vm.run_module(&need(ASTCxt)?.module, name, params)
    })
}

/// Starts a call on another thread.
fn run_async(
    context: *mut WasmEdge_VMContext,
    params: *const WasmEdge_Value,
    param_len: u32,
    start: impl FnOnce(&VmObject, &[Val]) -> wasmspan::Result<Task>,
) -> *mut WasmEdge_Async {
    enter(std::ptr::null_mut(), || {
        let vm = get(context.cast_const())?;
        Some(async_call::start(|| {
            // SAFETY: the caller passes a list of this length, or null.
            let params = unsafe { values(params, param_len)? };
            start(vm, &params)
        }))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMAsyncRunWasmFromFile(
    Cxt: *mut WasmEdge_VMContext,
    Path: *const c_char,
    FuncName: WasmEdge_String,
    Params: *const WasmEdge_Value,
    ParamLen: u32,
) -> *mut WasmEdge_Async {
    run_async(Cxt, Params, ParamLen, |vm, params| {
        vm.share();
        // SAFETY: the caller passes a path that ends with zero, or null, and a string.
        unsafe { vm.vm.run_file_async(path(Path)?, &FuncName.lossy(), params) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMAsyncRunWasmFromBuffer(
    Cxt: *mut WasmEdge_VMContext,
    Buf: *const u8,
    BufLen: u32,
    FuncName: WasmEdge_String,
    Params: *const WasmEdge_Value,
    ParamLen: u32,
) -> *mut WasmEdge_Async {
    run_async(Cxt, Params, ParamLen, |vm, params| {
        vm.share();
        // SAFETY: the caller passes a buffer of this length, or null, and a string.
        let (bytes, name) = unsafe { (bytes(Buf, BufLen as usize), FuncName.lossy()) };
        vm.vm.run_bytes_async(bytes.ok_or_else(|| null_argument("the buffer"))?, &name, params)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMAsyncRunWasmFromASTModule(
    Cxt: *mut WasmEdge_VMContext,
    ASTCxt: *const WasmEdge_ASTModuleContext,
    FuncName: WasmEdge_String,
    Params: *const WasmEdge_Value,
    ParamLen: u32,
) -> *mut WasmEdge_Async {
    run_async(Cxt, Params, ParamLen, |vm, params| {
        vm.share();
        // SAFETY: the caller passes a string.
        let name = unsafe { FuncName.lossy() };
        vm.vm.run_module_async(&need(ASTCxt)?.module, &name, params)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMAsyncExecute(
    Cxt: *mut WasmEdge_VMContext,
    FuncName: WasmEdge_String,
    Params: *const WasmEdge_Value,
    ParamLen: u32,
) -> *mut WasmEdge_Async {
    // SAFETY: the caller passes a string.
    run_async(Cxt, Params, ParamLen, |vm, params| {
        vm.vm.execute_async(&unsafe { FuncName.lossy() }, params)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMAsyncExecuteRegistered(
    Cxt: *mut WasmEdge_VMContext,
    ModuleName: WasmEdge_String,
    FuncName: WasmEdge_String,
    Params: *const WasmEdge_Value,
    ParamLen: u32,
) -> *mut WasmEdge_Async {
    run_async(Cxt, Params, ParamLen, |vm, params| {
        // SAFETY: the caller passes strings.
        let (module, name) = unsafe { (ModuleName.lossy(), FuncName.lossy()) };
        vm.vm.execute_registered_async(&module, &name, params)
    })
}
