//! Failures, fast calls, memories and modules: what of `<wasmspan/wasmspan.h>` has no context of its own.

use std::ffi::{CStr, c_char};
use std::ptr;
use std::time::Duration;
use wasmspan::{Config, ErrCode, Error, Loader};
use wasmspan_c_shared::abi::{
    WasmEdge_ASTModuleContext, WasmEdge_Async, WasmEdge_CompilerContext, WasmEdge_ExecutorContext,
    WasmEdge_FunctionInstanceContext, WasmEdge_MemoryInstanceContext, WasmEdge_Result,
    WasmEdge_String, WasmEdge_VMContext, WasmEdge_Value,
};
use wasmspan_c_shared::door::{self, bytes, door, fill, need, null_argument, result};
use wasmspan_c_shared::function::values;
use wasmspan_c_shared::handle::get;
use wasmspan_c_shared::task::start;

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}

/// Writes a text as C wants it and gives its whole length.
///
/// # Safety
///
/// `len` bytes must be writable at `buf`, unless that is null.
pub unsafe fn write_text(text: &str, buf: *mut c_char, len: usize) -> usize {
    if !buf.is_null() && len > 0 {
        let count = text.len().min(len - 1);
        // SAFETY: the caller's promise.
        unsafe {
            ptr::copy(text.as_ptr().cast(), buf, count);
            buf.add(count).write(0);
        }
    }
    text.len()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_error_text(buf: *mut c_char, len: usize) -> usize {
    door(0, || {
        let text = door::last(|error| error.map(ToString::to_string)).unwrap_or_default();
        // SAFETY: the caller passes a buffer of this length, or null.
        Some(unsafe { write_text(&text, buf, len) })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_error_result() -> WasmEdge_Result {
    door(door::SUCCESS, || door::last(|error| error.cloned()).map(|error| door::pack(&error)))
}

/// Where a call was when it trapped.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct wasmspan_frame {
    pub function: u32,
    pub has_offset: u32,
    pub offset: u32,
    pub line: u32,
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_error_frame_count() -> u32 {
    door(0, || Some(door::last(|error| error.map_or(0, |error| error.frames().len())) as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_error_frame(at: u32, frame: *mut wasmspan_frame) -> bool {
    door(false, || {
        let found = door::last(|error| error?.frames().get(at as usize).cloned())?;
        if frame.is_null() {
            return None;
        }
        let made = wasmspan_frame {
            function: found.func_index(),
            has_offset: u32::from(found.offset().is_some()),
            offset: found.offset().unwrap_or(0),
            line: found.location().map_or(0, |(_, line)| line),
        };
        // SAFETY: the caller passes a place for a frame.
        unsafe { frame.write(made) };
        Some(true)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_error_frame_name(at: u32, buf: *mut c_char, len: usize) -> usize {
    door(0, || {
        let name = door::last(|error| error?.frames().get(at as usize)?.func_name())?;
        // SAFETY: the caller passes a buffer of this length, or null.
        Some(unsafe { write_text(&name, buf, len) })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_error_clear() {
    door::forget();
}

/// A parameter on the way in, a result on the way out.
#[repr(C)]
#[allow(non_camel_case_types)]
pub union wasmspan_slot {
    pub bits: u128,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_call(
    function: *const WasmEdge_FunctionInstanceContext,
    slots: *mut wasmspan_slot,
    count: u32,
) -> WasmEdge_Result {
    result(|| {
        let function = need(function)?;
        if !function.has_only_numbers() || function.slot_count() > count as usize {
            return Err(unfit(function.has_only_numbers()));
        }
        // A call without values needs no slot.
        if slots.is_null() && function.slot_count() > 0 {
            return Err(null_argument("the list of slots"));
        }
        // SAFETY: there are as many slots as the function needs, and any bits are numbers.
        unsafe { function.slot_func()?.call(slots.cast(), || ()) }
    })
}

#[cold]
fn unfit(numbers: bool) -> Error {
    match numbers {
        true => Error::with_detail(ErrCode::FuncSigMismatch, "there are too few slots"),
        false => Error::with_detail(
            ErrCode::RefTypeMismatch,
            "a function with references can't be called by slots",
        ),
    }
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
    result(|| {
        let object = need(vm)?;
        // SAFETY: the caller passes a string and lists of these lengths, or null.
        let (name, params) = unsafe { (name.lossy(), values(params, param_len)?) };
        let task = object.vm.execute_async(&name, &params)?;
        if !task.wait_for(Duration::from_millis(milliseconds)) {
            task.cancel();
        }
        let results = task.get()?;
        let Some(active) = object.active_object() else { return Ok(()) };
        let results = results.iter().map(|value| WasmEdge_Value::from_val(value, &active.lent));
        // SAFETY: as above.
        unsafe { fill(returns, return_len, results) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_executor_invoke_async(
    executor: *const WasmEdge_ExecutorContext,
    function: *const WasmEdge_FunctionInstanceContext,
    params: *const WasmEdge_Value,
    param_len: u32,
) -> *mut WasmEdge_Async {
    door(ptr::null_mut(), || {
        let (executor, function) = (&get(executor)?.executor, get(function)?);
        // SAFETY: the caller passes a list of this length, or null.
        Some(start(|| {
            executor.invoke_async(function.func(), &unsafe { values(params, param_len) }?)
        }))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_memory_view(
    memory: *const WasmEdge_MemoryInstanceContext,
    base: *mut *mut u8,
    size: *mut u64,
) -> bool {
    door(false, || {
        let memory = &get(memory)?.memory;
        if base.is_null() || size.is_null() {
            return None;
        }
        // SAFETY: the caller passes places for both.
        unsafe {
            base.write(memory.as_ptr());
            size.write(memory.len() as u64);
        }
        Some(true)
    })
}

/// Bytes that the library made.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_bytes {
    pub data: *mut u8,
    pub size: usize,
}

/// Gives bytes to C.
///
/// # Safety
///
/// `place` must be a place for them.
pub unsafe fn give(place: *mut wasmspan_bytes, bytes: &[u8]) {
    let copy: Box<[u8]> = bytes.into();
    let size = copy.len();
    let data = if size == 0 { ptr::null_mut() } else { Box::into_raw(copy).cast() };
    // SAFETY: the caller's promise.
    unsafe { place.write(wasmspan_bytes { data, size }) };
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_bytes_delete(bytes: *mut wasmspan_bytes) {
    if bytes.is_null() {
        return;
    }
    // SAFETY: the caller passes bytes that `give` made, or an empty structure.
    unsafe {
        let wasmspan_bytes { data, size } =
            ptr::replace(bytes, wasmspan_bytes { data: ptr::null_mut(), size: 0 });
        if !data.is_null() {
            drop(Box::from_raw(ptr::slice_from_raw_parts_mut(data, size)));
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wat_to_wasm(
    text: *const c_char,
    len: usize,
    wasm: *mut wasmspan_bytes,
) -> WasmEdge_Result {
    result(|| {
        // SAFETY: the caller passes a text of this length, or null.
        let text = unsafe { bytes(text.cast(), len) };
        let text = text.ok_or_else(|| null_argument("the text"))?;
        if wasm.is_null() {
            return Err(null_argument("the place for the bytes"));
        }
        let module = Loader::new(&Config::default()).load_bytes(text)?;
        // SAFETY: the caller passes a place for bytes.
        unsafe { give(wasm, module.bytes()) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_compile(
    compiler: *const WasmEdge_CompilerContext,
    data: *const u8,
    size: usize,
    compiled: *mut wasmspan_bytes,
) -> WasmEdge_Result {
    result(|| {
        let compiler = need(compiler)?;
        // SAFETY: the caller passes bytes of this length, or null.
        let data = unsafe { bytes(data, size) }.ok_or_else(|| null_argument("the module"))?;
        if compiled.is_null() {
            return Err(null_argument("the place for the bytes"));
        }
        // SAFETY: the caller passes a place for bytes.
        unsafe { give(compiled, &compiler.compile_to_bytes(data)?) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_module_is_compiled(module: *const WasmEdge_ASTModuleContext) -> bool {
    door(false, || Some(get(module)?.module.is_precompiled()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_module_wasm(
    module: *const WasmEdge_ASTModuleContext,
    data: *mut *const u8,
    size: *mut usize,
) -> bool {
    door(false, || {
        let wasm = get(module)?.module.bytes();
        if data.is_null() || size.is_null() {
            return None;
        }
        // SAFETY: the caller passes places for both.
        unsafe {
            data.write(wasm.as_ptr());
            size.write(wasm.len());
        }
        Some(true)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_module_name(
    module: *const WasmEdge_ASTModuleContext,
) -> WasmEdge_String {
    door(WasmEdge_String::NONE, || {
        let ast = get(module)?;
        Some(ast.texts.lend(ast.module.name()?))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_module_custom_section(
    module: *const WasmEdge_ASTModuleContext,
    name: WasmEdge_String,
    at: u32,
    data: *mut *const u8,
    size: *mut usize,
) -> bool {
    door(false, || {
        // SAFETY: the caller passes a string.
        let name = unsafe { name.text() }?;
        let section = get(module)?.module.custom_sections(name).nth(at as usize)?;
        if data.is_null() || size.is_null() {
            return None;
        }
        // SAFETY: the caller passes places for both.
        unsafe {
            data.write(section.as_ptr());
            size.write(section.len());
        }
        Some(true)
    })
}
