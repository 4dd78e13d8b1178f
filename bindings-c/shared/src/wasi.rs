//! The WASI module.

use crate::abi::WasmEdge_ModuleInstanceContext;
use crate::enter::{created, enter, need, result};
use crate::error::logged;
use crate::handle::{create, get};
use crate::instance::{self, InstanceObject};
use std::ffi::{CStr, c_char};
use std::fs::File;
use wasmspan::log::{self, LogLevel};
use wasmspan::wasi::{Dir, WasiBuilder};
use wasmspan::{ErrCode, Error, Wasi};

/// The strings of a list; those that are null are left out.
///
/// # Safety
///
/// `list` must have `len` strings that end with zero, or be null.
unsafe fn strings<'a>(list: *const *const c_char, len: u32) -> Vec<&'a [u8]> {
    let count = if list.is_null() { 0 } else { len as usize };
    let string = |at| {
        // SAFETY: the caller's promise.
        unsafe {
            let string: *const c_char = *list.add(at);
            (!string.is_null()).then(|| CStr::from_ptr(string).to_bytes())
        }
    };
    (0..count).filter_map(string).collect()
}

/// The WASI module behind a context.
pub fn wasi_of<'a>(wasi: *const WasmEdge_ModuleInstanceContext) -> wasmspan::Result<&'a Wasi> {
    need(wasi)?.wasi.as_ref().ok_or_else(|| {
        Error::with_detail(ErrCode::WrongVMWorkflow, "the module instance isn't WASI")
    })
}

/// Splits at the first `separator`.
fn split(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

/// The environment that C describes. A directory that can't be opened is logged and left out.
///
/// # Safety
///
/// As [`strings`], for each list.
unsafe fn environment(
    args: (*const *const c_char, u32),
    envs: (*const *const c_char, u32),
    preopens: (*const *const c_char, u32),
) -> WasiBuilder {
    // SAFETY: the caller's promise.
    let (args, envs, preopens) = unsafe {
        (strings(args.0, args.1), strings(envs.0, envs.1), strings(preopens.0, preopens.1))
    };
    let mut settings = Wasi::builder().args(args).sockets(true);
    for variable in envs {
        let (name, value) = split(variable, b'=').unwrap_or((variable, b""));
        settings = settings.env(name, value);
    }
    for preopen in preopens {
        let text = String::from_utf8_lossy(preopen);
        let (guest, host) = text.split_once(':').unwrap_or((&text, &text));
        let guest = if guest.is_empty() { "/" } else { guest };
        match File::open(host).and_then(|dir| {
            dir.metadata()?.is_dir().then_some(dir).ok_or_else(|| {
                std::io::Error::from_raw_os_error(20) // not a directory
            })
        }) {
            Ok(dir) => settings = settings.preopen_dir(Dir::from_std_file(dir), guest),
            Err(error) => {
                let number = error.raw_os_error().unwrap_or(0);
                log::log(LogLevel::Error, &format!("Bind guest directory failed:{number}"));
            }
        }
    }
    settings
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceCreateWASI(
    Args: *const *const c_char,
    ArgLen: u32,
    Envs: *const *const c_char,
    EnvLen: u32,
    Preopens: *const *const c_char,
    PreopenLen: u32,
) -> *mut WasmEdge_ModuleInstanceContext {
    created(|| {
        // SAFETY: the caller passes lists of these lengths, or null.
        let settings =
            unsafe { environment((Args, ArgLen), (Envs, EnvLen), (Preopens, PreopenLen)) };
        let wasi = settings.build().map_err(logged)?;
        wasi.list_as_wasmedge(crate::release::minor());
        let made = create(InstanceObject::with_wasi(&wasi));
        instance::introduce(made);
        Ok(made)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceInitWASI(
    Cxt: *mut WasmEdge_ModuleInstanceContext,
    Args: *const *const c_char,
    ArgLen: u32,
    Envs: *const *const c_char,
    EnvLen: u32,
    Preopens: *const *const c_char,
    PreopenLen: u32,
) {
    // There is no result to give; the failure is noted.
    result(|| {
        let wasi = wasi_of(Cxt)?;
        // SAFETY: the caller passes lists of these lengths, or null.
        let settings =
            unsafe { environment((Args, ArgLen), (Envs, EnvLen), (Preopens, PreopenLen)) };
        wasi.configure(settings).map_err(logged)
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceWASIGetExitCode(
    Cxt: *const WasmEdge_ModuleInstanceContext,
) -> u32 {
    enter(1, || Some(get(Cxt)?.wasi.as_ref()?.exit_code()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceWASIGetNativeHandler(
    Cxt: *const WasmEdge_ModuleInstanceContext,
    Fd: i32,
    NativeHandler: *mut u64,
) -> u32 {
    /// No module was given.
    const NO_MODULE: u32 = 1;
    /// The module isn't WASI, or has no such descriptor.
    const NO_DESCRIPTOR: u32 = 2;
    enter(NO_DESCRIPTOR, || {
        let Some(module) = get(Cxt) else { return Some(NO_MODULE) };
        module.wasi.as_ref()?;
        // Only the standard streams have a descriptor of the host's that outlives the question.
        let native = u64::try_from(Fd).ok().filter(|fd| *fd <= 2)?;
        if NativeHandler.is_null() {
            return None;
        }
        // SAFETY: the caller passes a place for the number.
        unsafe { NativeHandler.write(native) };
        Some(0)
    })
}
