//! The ahead-of-time compiler, its settings, and the commands as functions.

use crate::abi::{WasmEdge_CompilerContext, WasmEdge_ConfigureContext, WasmEdge_Result};
use crate::ast::path;
use crate::configure;
use crate::door::{bytes, delete, door, logged, need, null_argument, result};
use crate::handle::{create, get};
use std::ffi::{CStr, OsString, c_char, c_int};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::ptr;
use wasmspan::config::{CompilerOptions, OptimizationLevel, OutputFormat};
use wasmspan::{Compiler, cli};

/// What a handle to a compiler leads to.
pub type CompilerObject = Compiler;

fn set(context: *mut WasmEdge_ConfigureContext, change: impl FnOnce(&mut CompilerOptions)) {
    door((), || {
        get(context.cast_const())?.change(|config| change(&mut config.compiler));
        Some(())
    });
}

fn ask<R>(
    context: *const WasmEdge_ConfigureContext,
    otherwise: R,
    read: impl FnOnce(&CompilerOptions) -> R,
) -> R {
    door(otherwise, || Some(get(context)?.read(|config| read(&config.compiler))))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerSetOptimizationLevel(
    Cxt: *mut WasmEdge_ConfigureContext,
    Level: u32,
) {
    use OptimizationLevel::*;
    let Some(level) = [O0, O1, O2, O3, Os, Oz].into_iter().find(|level| *level as u32 == Level)
    else {
        return;
    };
    set(Cxt, |options| options.optimization_level = level);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerGetOptimizationLevel(
    Cxt: *const WasmEdge_ConfigureContext,
) -> u32 {
    ask(Cxt, OptimizationLevel::O0 as u32, |options| options.optimization_level as u32)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerSetOutputFormat(
    Cxt: *mut WasmEdge_ConfigureContext,
    Format: u32,
) {
    let format = match Format {
        0 => OutputFormat::Native,
        1 => OutputFormat::Wasm,
        _ => return,
    };
    set(Cxt, |options| options.output_format = format);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerGetOutputFormat(
    Cxt: *const WasmEdge_ConfigureContext,
) -> u32 {
    ask(Cxt, OutputFormat::Wasm as u32, |options| options.output_format as u32)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerSetDumpIR(
    Cxt: *mut WasmEdge_ConfigureContext,
    IsDump: bool,
) {
    set(Cxt, |options| options.dump_ir = IsDump);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerIsDumpIR(
    Cxt: *const WasmEdge_ConfigureContext,
) -> bool {
    ask(Cxt, false, |options| options.dump_ir)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerSetGenericBinary(
    Cxt: *mut WasmEdge_ConfigureContext,
    IsGeneric: bool,
) {
    set(Cxt, |options| options.generic_binary = IsGeneric);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerIsGenericBinary(
    Cxt: *const WasmEdge_ConfigureContext,
) -> bool {
    ask(Cxt, false, |options| options.generic_binary)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerSetInterruptible(
    Cxt: *mut WasmEdge_ConfigureContext,
    IsInterruptible: bool,
) {
    set(Cxt, |options| options.interruptible = IsInterruptible);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerIsInterruptible(
    Cxt: *const WasmEdge_ConfigureContext,
) -> bool {
    ask(Cxt, false, |options| options.interruptible)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_CompilerCreate(
    ConfCxt: *const WasmEdge_ConfigureContext,
) -> *mut WasmEdge_CompilerContext {
    door(ptr::null_mut(), || Some(create(Compiler::new(&configure::read(ConfCxt)))))
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
    door(1, || {
        // SAFETY: the caller passes the arguments of a command.
        let words = unsafe { words(Argc, Argv) };
        Some(cli::wasmedgec(words, &mut io::stdout(), &mut io::stderr()))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_Driver_Tool(Argc: c_int, Argv: *mut *const c_char) -> c_int {
    door(1, || {
        // SAFETY: the caller passes the arguments of a command.
        let words = unsafe { words(Argc, Argv) };
        Some(cli::wasmedge(words, &mut io::stdout(), &mut io::stderr()))
    })
}
