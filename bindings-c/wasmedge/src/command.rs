//! Modules run as processes: `wasmspan_command_…`.

use crate::module::{give, wasmspan_bytes};
use crate::wasi::config::{self, Change, lock, wasmspan_wasi_config};
use std::ffi::c_char;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use wasmspan::command::Ending;
use wasmspan::{Command, Config, ErrCode, Error};
use wasmspan_c_shared::abi::{
    WasmEdge_ASTModuleContext, WasmEdge_ConfigureContext, WasmEdge_Result, WasmEdge_StoreContext,
    WasmEdge_String,
};
use wasmspan_c_shared::enter::{created, delete, enter, need, result};
use wasmspan_c_shared::error::null_argument;
use wasmspan_c_shared::handle::{Context, Kind, create, get};

/// A module to be run as a process; opaque.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_command {
    _opaque: [u8; 0],
}

impl Context for wasmspan_command {
    const KIND: Kind = Kind::Command;
    type Object = Mutex<Command>;
}

/// What a run gave.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_finished {
    pub exit_code: u32,
    pub out: wasmspan_bytes,
    pub err: wasmspan_bytes,
    pub truncated: bool,
    pub timed_out: bool,
    pub wall_nanoseconds: u64,
    pub cpu_nanoseconds: u64,
    pub memory_pages: u64,
}

fn copy(command: *const wasmspan_command) -> Option<Command> {
    Some(get(command)?.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

fn set(command: *mut wasmspan_command, change: impl FnOnce(Command) -> Command) {
    enter((), || {
        let mut command = get(command.cast_const())?.lock().unwrap_or_else(PoisonError::into_inner);
        *command = change(command.clone());
        Some(())
    });
}

/// Changes what the guest gets.
fn set_wasi(command: *mut wasmspan_command, change: Change) {
    set(command, |command| command.wasi(change));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_command_create(
    module: *const WasmEdge_ASTModuleContext,
) -> *mut wasmspan_command {
    created(|| Ok(create(Mutex::new(Command::new(&need(module)?.module)))))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_command_arg(
    command: *mut wasmspan_command,
    arg: WasmEdge_String,
) {
    // SAFETY: the caller passes a string.
    set_wasi(command, unsafe { config::arg(arg) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_command_env(
    command: *mut wasmspan_command,
    name: WasmEdge_String,
    value: WasmEdge_String,
) {
    // SAFETY: the caller passes strings.
    set_wasi(command, unsafe { config::env(name, value) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_command_directory(
    command: *mut wasmspan_command,
    host: *const c_char,
    guest: WasmEdge_String,
    read_only: bool,
) {
    // There is no result to give; the failure is noted.
    result(|| {
        // SAFETY: the caller passes a path that ends with zero, or null, and a string.
        set_wasi(command, unsafe { config::directory(host, guest, read_only) }?);
        Ok(())
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_command_stdin(
    command: *mut wasmspan_command,
    data: *const u8,
    size: usize,
) {
    // SAFETY: the caller passes bytes of this length, or null.
    set_wasi(command, unsafe { config::stdin(data, size) });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_command_timeout(command: *mut wasmspan_command, milliseconds: u64) {
    set(command, |command| command.timeout(Duration::from_millis(milliseconds)));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_command_output_limit(command: *mut wasmspan_command, limit: usize) {
    set(command, |command| command.output_limit(limit));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_command_max_memory_pages(command: *mut wasmspan_command, pages: u32) {
    set(command, |command| command.max_memory_pages(pages));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_command_wasi(
    command: *mut wasmspan_command,
    config: *const wasmspan_wasi_config,
) -> WasmEdge_Result {
    result(|| {
        need(command.cast_const())?;
        let settings = lock(need(config)?).clone();
        set(command, |command| settings.apply(command));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_command_configure(
    command: *mut wasmspan_command,
    configure: *const WasmEdge_ConfigureContext,
) -> WasmEdge_Result {
    result(|| {
        need(command.cast_const())?;
        let config = need(configure)?.read(Config::clone);
        set(command, |command| command.config(&config));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_command_imports(
    command: *mut wasmspan_command,
    store: *const WasmEdge_StoreContext,
) -> WasmEdge_Result {
    result(|| {
        need(command.cast_const())?;
        let store = need(store)?.store.clone();
        set(command, |command| command.imports(&store));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_command_run(
    command: *const wasmspan_command,
    finished: *mut wasmspan_finished,
) -> WasmEdge_Result {
    result(|| {
        need(command)?;
        if finished.is_null() {
            return Err(null_argument("the place for the result"));
        }
        let command = copy(command).ok_or_else(|| Error::new(ErrCode::WrongVMWorkflow))?;
        let run = command.run()?;
        // SAFETY: the caller passes a place for the result.
        unsafe {
            (*finished).exit_code = run.exit_code().unwrap_or(1);
            give(&raw mut (*finished).out, &run.stdout);
            give(&raw mut (*finished).err, &run.stderr);
            (*finished).truncated = run.truncated;
            (*finished).timed_out = matches!(run.ending, Ending::TimedOut);
            (*finished).wall_nanoseconds = run.usage.wall.as_nanos() as u64;
            (*finished).cpu_nanoseconds = run.usage.cpu.as_nanos() as u64;
            (*finished).memory_pages = run.usage.memory_pages;
        }
        run.error().map_or(Ok(()), |error| Err(error.clone()))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_command_interrupt(command: *const wasmspan_command) {
    enter((), || {
        let command = copy(command)?;
        command.interrupt().interrupt();
        Some(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_command_delete(command: *mut wasmspan_command) {
    delete(command);
}
