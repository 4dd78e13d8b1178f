//! The thread's last failure and its cause: `wasmspan_error_…`.

use std::ffi::c_char;
use wasmspan::Cause;
use wasmspan_c_shared::abi::{WasmEdge_Result, WasmEdge_String};
use wasmspan_c_shared::enter::enter;
use wasmspan_c_shared::error::{SUCCESS, forget, last, number, result_of};
use wasmspan_c_shared::text::write_text;

/// Gives a text of the last failure to C.
///
/// # Safety
///
/// `len` bytes must be writable at `buf`, unless that is null.
unsafe fn give_text(
    buf: *mut c_char,
    len: usize,
    read: impl FnOnce(&wasmspan::Error) -> String,
) -> usize {
    enter(0, || {
        let text = last(|failure| read(&failure.error)).unwrap_or_default();
        // SAFETY: the caller's promise.
        Some(unsafe { write_text(&text, buf, len) })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_error_text(buf: *mut c_char, len: usize) -> usize {
    // SAFETY: the caller passes a buffer of this length, or null.
    unsafe { give_text(buf, len, ToString::to_string) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_error_summary(buf: *mut c_char, len: usize) -> usize {
    // SAFETY: the caller passes a buffer of this length, or null.
    unsafe { give_text(buf, len, wasmspan::Error::summary) }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_error_result() -> WasmEdge_Result {
    enter(SUCCESS, || last(|failure| result_of(&failure.error)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_error_cause(fact: *mut u64) -> u32 {
    enter(0, || {
        let (number, brings) = last(|failure| number(&failure.error.cause()))?;
        if !fact.is_null() {
            // SAFETY: the caller passes a place for a number, or null.
            unsafe { fact.write(brings) };
        }
        Some(number as u32)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_error_proposal() -> WasmEdge_String {
    enter(WasmEdge_String::NONE, || {
        last(|failure| match failure.error.cause() {
            Cause::Unsupported { proposal, .. } => Some(failure.texts.lend(proposal)),
            _ => None,
        })?
    })
}

/// An import at fault.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_import_fault {
    pub module: WasmEdge_String,
    pub name: WasmEdge_String,
    pub kind: u32,
    pub wanted: WasmEdge_String,
    pub found: WasmEdge_String,
    pub reason: WasmEdge_String,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_error_import(at: u32, fault: *mut wasmspan_import_fault) -> bool {
    enter(false, || {
        let made = last(|failure| {
            let Cause::Imports(faults) = failure.error.cause() else { return None };
            let fault = faults.get(at as usize)?;
            let lend = |text: &str| failure.texts.lend(text);
            Some(wasmspan_import_fault {
                module: lend(&fault.module),
                name: lend(&fault.name),
                kind: fault.wanted.kind() as u32,
                wanted: lend(&fault.wanted.to_string()),
                found: match &fault.found {
                    Some(found) => lend(&found.to_string()),
                    None => WasmEdge_String::NONE,
                },
                reason: lend(&fault.reason),
            })
        })??;
        if fault.is_null() {
            return None;
        }
        // SAFETY: the caller passes a place for a fault.
        unsafe { fault.write(made) };
        Some(true)
    })
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
    enter(0, || last(|failure| failure.error.frames().len() as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_error_frame(at: u32, frame: *mut wasmspan_frame) -> bool {
    enter(false, || {
        let found = last(|failure| failure.error.frames().get(at as usize).cloned())??;
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
    enter(0, || {
        let name = last(|failure| failure.error.frames().get(at as usize)?.func_name())??;
        // SAFETY: the caller passes a buffer of this length, or null.
        Some(unsafe { write_text(&name, buf, len) })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_error_clear() {
    forget();
}
