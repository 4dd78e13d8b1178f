//! The ahead-of-time compiler, and the commands as functions.

use crate::abi::{WasmEdge_CompilerContext, WasmEdge_ConfigureContext, WasmEdge_Result};
use crate::config;
use crate::enter::{bytes, delete, enter, need, path, result};
use crate::error::{logged, null_argument};
use crate::handle::create;
use std::ffi::{CStr, OsString, c_char, c_int};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::ptr;
use wasmspan::{Compiler, cli};

crate::context!(WasmEdge_CompilerContext = Compiler, Compiler);

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_CompilerCreate(
    ConfCxt: *const WasmEdge_ConfigureContext,
) -> *mut WasmEdge_CompilerContext {
    enter(ptr::null_mut(), || Some(create(Compiler::new(&config::read(ConfCxt)))))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_CompilerCompile(
    Cxt: *mut WasmEdge_CompilerContext,
    InPath: *const c_char,
    OutPath: *const c_char,
) -> WasmEdge_Result {
    result(|| {
        let compiler = need(Cxt)?;
        // SAFETY: the caller passes paths that end with zero, or null.
        let (input, output) = unsafe { (path(InPath)?, path(OutPath)?) };
        compiler.compile_file(input, output).map_err(logged)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_CompilerCompileFromBuffer(
    Cxt: *mut WasmEdge_CompilerContext,
    InBuffer: *const u8,
    InBufferLen: u64,
    OutPath: *const c_char,
) -> WasmEdge_Result {
    result(|| {
        let compiler = need(Cxt)?;
        // SAFETY: the caller passes a buffer of this length and a path that ends with zero, or null.
        let (input, output) = unsafe { (bytes(InBuffer, InBufferLen as usize), path(OutPath)?) };
        let input = input.ok_or_else(|| null_argument("the buffer"))?;
        compiler.compile_bytes(input, output).map_err(logged)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_CompilerDelete(Cxt: *mut WasmEdge_CompilerContext) {
    delete(Cxt);
}

/// The words of a command line.
///
/// # Safety
///
/// `argv` must have `argc` strings that end with zero, or be null.
unsafe fn words(argc: c_int, argv: *const *const c_char) -> Vec<OsString> {
    let count = if argv.is_null() { 0 } else { usize::try_from(argc).unwrap_or(0) };
    let word = |at| {
        // SAFETY: the caller's promise.
        unsafe {
            let word = *argv.add(at);
            (!word.is_null()).then(|| OsString::from_vec(CStr::from_ptr(word).to_bytes().to_vec()))
        }
    };
    (0..count).map_while(word).collect()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_Driver_Compiler(Argc: c_int, Argv: *mut *const c_char) -> c_int {
    enter(1, || {
        // SAFETY: the caller passes the arguments of a command.
        let words = unsafe { words(Argc, Argv) };
        Some(cli::wasmedgec(words, &mut io::stdout(), &mut io::stderr()))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_Driver_Tool(Argc: c_int, Argv: *mut *const c_char) -> c_int {
    enter(1, || {
        // SAFETY: the caller passes the arguments of a command.
        let words = unsafe { words(Argc, Argv) };
        Some(cli::wasmedge(words, &mut io::stdout(), &mut io::stderr()))
    })
}
