//! Modules as bytes, and what lies in them.

use std::ffi::c_char;
use std::ptr;
use wasmspan::{Config, Loader};
use wasmspan_c_shared::abi::{
    WasmEdge_ASTModuleContext, WasmEdge_CompilerContext, WasmEdge_Result, WasmEdge_String,
};
use wasmspan_c_shared::enter::{bytes, enter, need, result};
use wasmspan_c_shared::error::null_argument;
use wasmspan_c_shared::handle::get;

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
    enter(false, || Some(get(module)?.module.is_precompiled()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_module_wasm(
    module: *const WasmEdge_ASTModuleContext,
    data: *mut *const u8,
    size: *mut usize,
) -> bool {
    enter(false, || {
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
    enter(WasmEdge_String::NONE, || {
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
    enter(false, || {
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
