//! What a guest of WASI gets: `wasmspan_wasi_…`.

use crate::callback::{self, wasmspan_finalize_t, wasmspan_read_t, wasmspan_write_t};
use crate::module::{give, wasmspan_bytes};
use crate::wasi::fs::wasmspan_fs;
use std::ffi::{c_char, c_int, c_void};
use std::fs::File;
use std::net::TcpListener;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmspan::wasi::{Denials, Input, Output, OutputBuffer, WasiBuilder};
use wasmspan::{Command, ErrCode, Error, Wasi};
use wasmspan_c_shared::abi::{WasmEdge_ModuleInstanceContext, WasmEdge_Result, WasmEdge_String};
use wasmspan_c_shared::enter::{bytes, delete, enter, need, path, result};
use wasmspan_c_shared::handle::{Context, Kind, create, get};
use wasmspan_c_shared::wasi::wasi_of;

/// Settings for a WASI module; opaque.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_wasi_config {
    _opaque: [u8; 0],
}

impl Context for wasmspan_wasi_config {
    const KIND: Kind = Kind::WasiConfig;
    type Object = Mutex<Settings>;
}

/// What a guest is to get.
#[derive(Clone)]
pub struct Settings {
    builder: WasiBuilder,
    /// Where standard output and standard error go.
    outputs: [Option<Output>; 2],
    /// What guests with these settings were refused.
    pub denials: Denials,
}

impl Settings {
    /// The settings for a module; outputs that nobody asked for are closed.
    fn builder(&self) -> WasiBuilder {
        let [out, err] = self.outputs.clone().map(|output| output.unwrap_or(Output::Null));
        self.builder.clone().stdout(out).stderr(err)
    }

    /// Gives a command these settings in place of those it had; outputs that nobody asked for are
    /// captured, as commands do.
    pub fn apply(&self, command: Command) -> Command {
        let command = command.wasi(|_| self.builder.clone()).capture();
        let [out, err] = self.outputs.clone();
        let command = match out {
            Some(out) => command.stdout(out),
            None => command,
        };
        match err {
            Some(err) => command.stderr(err),
            None => command,
        }
    }
}

/// The settings, for the time of one function.
pub fn lock(settings: &Mutex<Settings>) -> MutexGuard<'_, Settings> {
    settings.lock().unwrap_or_else(PoisonError::into_inner)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_config_create() -> *mut wasmspan_wasi_config {
    enter(ptr::null_mut(), || {
        let denials = Denials::new();
        let builder = Wasi::builder().stdin(Input::Null).record_denials(&denials);
        Some(create(Mutex::new(Settings { builder, outputs: [None, None], denials })))
    })
}

/// Changes settings; false if there are none.
pub fn set(
    config: *mut wasmspan_wasi_config,
    change: impl FnOnce(WasiBuilder) -> WasiBuilder,
) -> bool {
    enter(false, || {
        let mut settings = lock(get(config.cast_const())?);
        settings.builder = change(std::mem::take(&mut settings.builder));
        Some(true)
    })
}

/// Says where an output goes; false if there are no settings.
fn set_output(config: *mut wasmspan_wasi_config, standard_error: bool, output: Output) -> bool {
    enter(false, || {
        lock(get(config.cast_const())?).outputs[usize::from(standard_error)] = Some(output);
        Some(true)
    })
}

/// A change of what a guest gets: of settings, or of a command.
pub type Change = Box<dyn FnOnce(WasiBuilder) -> WasiBuilder>;

/// Adds an argument.
///
/// # Safety
///
/// It must be a string.
pub unsafe fn arg(arg: WasmEdge_String) -> Change {
    // SAFETY: the caller's promise.
    let arg = unsafe { arg.bytes() }.to_vec();
    Box::new(|builder| builder.arg(arg))
}

/// Sets an environment variable.
///
/// # Safety
///
/// Both must be strings.
pub unsafe fn env(name: WasmEdge_String, value: WasmEdge_String) -> Change {
    // SAFETY: the caller's promise.
    let (name, value) = unsafe { (name.bytes().to_vec(), value.bytes().to_vec()) };
    Box::new(|builder| builder.env(name, value))
}

/// Gives a directory.
///
/// # Safety
///
/// The path must end with zero, unless it is null; `guest` must be a string.
pub unsafe fn directory(
    host: *const c_char,
    guest: WasmEdge_String,
    read_only: bool,
) -> wasmspan::Result<Change> {
    // SAFETY: the caller's promise.
    let (host, guest) = unsafe { (path(host)?.to_path_buf(), guest.lossy()) };
    Ok(Box::new(move |builder| match read_only {
        true => builder.preopen_read_only(host, guest),
        false => builder.preopen(host, guest),
    }))
}

/// Gives bytes to read.
///
/// # Safety
///
/// `size` bytes must be readable at `data`, unless that is null.
pub unsafe fn stdin(data: *const u8, size: usize) -> Change {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bytes(data, size) }.unwrap_or_default().to_vec();
    Box::new(|builder| builder.stdin(Input::Bytes(bytes)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_arg(
    config: *mut wasmspan_wasi_config,
    arg: WasmEdge_String,
) {
    // SAFETY: the caller passes a string.
    set(config, unsafe { self::arg(arg) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_env(
    config: *mut wasmspan_wasi_config,
    name: WasmEdge_String,
    value: WasmEdge_String,
) {
    // SAFETY: the caller passes strings.
    set(config, unsafe { env(name, value) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_directory(
    config: *mut wasmspan_wasi_config,
    host: *const c_char,
    guest: WasmEdge_String,
    read_only: bool,
) {
    // There is no result to give; the failure is noted.
    result(|| {
        // SAFETY: the caller passes a path that ends with zero, or null, and a string.
        set(config, unsafe { directory(host, guest, read_only) }?);
        Ok(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_config_inherit_streams(config: *mut wasmspan_wasi_config) {
    set(config, |builder| builder.stdin(Input::Inherit));
    set_output(config, false, Output::Inherit);
    set_output(config, true, Output::Inherit);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_stdin(
    config: *mut wasmspan_wasi_config,
    data: *const u8,
    size: usize,
) {
    // SAFETY: the caller passes bytes of this length, or null.
    set(config, unsafe { stdin(data, size) });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_config_capture(
    config: *mut wasmspan_wasi_config,
    standard_error: bool,
    limit: usize,
) {
    set_output(config, standard_error, Output::Buffer(OutputBuffer::with_limit(limit)));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_config_capture_together(
    config: *mut wasmspan_wasi_config,
    limit: usize,
) {
    let both = Output::Buffer(OutputBuffer::with_limit(limit));
    set_output(config, false, both.clone());
    set_output(config, true, both);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_output(
    config: *const wasmspan_wasi_config,
    standard_error: bool,
    bytes: *mut wasmspan_bytes,
) -> bool {
    enter(false, || {
        let settings = lock(get(config)?);
        let Some(Output::Buffer(buffer)) = &settings.outputs[usize::from(standard_error)] else {
            return None;
        };
        if bytes.is_null() {
            return None;
        }
        // SAFETY: the caller passes a place for bytes.
        unsafe { give(bytes, &buffer.contents()) };
        Some(true)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_config_truncated(
    config: *const wasmspan_wasi_config,
    standard_error: bool,
) -> bool {
    enter(false, || match &lock(get(config)?).outputs[usize::from(standard_error)] {
        Some(Output::Buffer(buffer)) => Some(buffer.is_truncated()),
        _ => None,
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_stdin_from(
    config: *mut wasmspan_wasi_config,
    read: wasmspan_read_t,
    data: *mut c_void,
    finalize: wasmspan_finalize_t,
) -> bool {
    let Some(read) = read else { return false };
    enter(false, || {
        get(config.cast_const())?;
        // SAFETY: the program gives function and data for this purpose.
        let input = unsafe { callback::input(read, data, finalize) };
        Some(set(config, |builder| builder.stdin(input)))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_output_to(
    config: *mut wasmspan_wasi_config,
    standard_error: bool,
    write: wasmspan_write_t,
    data: *mut c_void,
    finalize: wasmspan_finalize_t,
) -> bool {
    let Some(write) = write else { return false };
    enter(false, || {
        get(config.cast_const())?;
        // SAFETY: the program gives function and data for this purpose.
        let output = unsafe { callback::output(write, data, finalize) };
        Some(set_output(config, standard_error, output))
    })
}

/// The error for a descriptor that can't be used.
fn bad_descriptor(fd: c_int, why: &dyn std::fmt::Display) -> Error {
    Error::with_detail(ErrCode::HostFuncError, format!("the descriptor {fd}: {why}"))
}

/// A descriptor of the program's, duplicated.
///
/// # Safety
///
/// The descriptor must be open, or be none.
unsafe fn duplicate(fd: c_int) -> wasmspan::Result<OwnedFd> {
    if fd < 0 {
        return Err(bad_descriptor(fd, &"there is no such descriptor"));
    }
    // SAFETY: the caller's promise; the system answers for those that are not open.
    let own = unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned();
    own.map_err(|error| bad_descriptor(fd, &error))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_stdin_fd(
    config: *mut wasmspan_wasi_config,
    fd: c_int,
) -> WasmEdge_Result {
    result(|| {
        need(config.cast_const())?;
        // SAFETY: the caller passes a descriptor.
        let file = File::from(unsafe { duplicate(fd) }?);
        set(config, |builder| builder.stdin(Input::File(Arc::new(file))));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_output_fd(
    config: *mut wasmspan_wasi_config,
    standard_error: bool,
    fd: c_int,
) -> WasmEdge_Result {
    result(|| {
        need(config.cast_const())?;
        // SAFETY: the caller passes a descriptor.
        let file = File::from(unsafe { duplicate(fd) }?);
        set_output(config, standard_error, Output::File(Arc::new(file)));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_mount(
    config: *mut wasmspan_wasi_config,
    files: *const wasmspan_fs,
    guest: WasmEdge_String,
    read_only: bool,
) -> WasmEdge_Result {
    result(|| {
        need(config.cast_const())?;
        let files = need(files)?;
        // SAFETY: the caller passes a string.
        let guest = unsafe { guest.lossy() };
        set(config, |builder| files.mount(builder, &guest, read_only));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_config_sockets(config: *mut wasmspan_wasi_config, allowed: bool) {
    set(config, |builder| builder.sockets(allowed));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_listener(
    config: *mut wasmspan_wasi_config,
    fd: c_int,
) -> WasmEdge_Result {
    result(|| {
        need(config.cast_const())?;
        // SAFETY: the caller passes a descriptor.
        let listener = TcpListener::from(unsafe { duplicate(fd) }?);
        listener.local_addr().map_err(|error| bad_descriptor(fd, &error))?;
        set(config, |builder| builder.listener(listener));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_config_outside_is_not_capable(config: *mut wasmspan_wasi_config) {
    set(config, WasiBuilder::outside_is_not_capable);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_config_max_descriptors(
    config: *mut wasmspan_wasi_config,
    most: usize,
) {
    set(config, |builder| builder.max_descriptors(most));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_sockets(
    wasi: *mut WasmEdge_ModuleInstanceContext,
    allowed: bool,
) -> WasmEdge_Result {
    result(|| {
        wasi_of(wasi)?.allow_sockets(allowed);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_configure(
    wasi: *mut WasmEdge_ModuleInstanceContext,
    config: *const wasmspan_wasi_config,
) -> WasmEdge_Result {
    result(|| {
        let wasi = wasi_of(wasi)?;
        let settings = lock(need(config)?).builder();
        wasi.configure(settings)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_config_delete(config: *mut wasmspan_wasi_config) {
    delete(config);
}
