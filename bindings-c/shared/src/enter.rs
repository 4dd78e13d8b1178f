//! The one way in from C: what is used stays in memory meanwhile, panics stop here, and errors become
//! results.

use crate::abi::WasmEdge_Result;
use crate::error::{SUCCESS, note, null_argument, pack};
use crate::handle::{self, Context};
use crate::uses::Uses;
use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use wasmspan::{ErrCode, Error, log};

#[cold]
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Error {
    let error = log::fault(panic);
    let _ = catch_unwind(AssertUnwindSafe(|| note(&error)));
    error
}

/// Runs the body of a function that gives a value; `otherwise` if there is none to give.
#[inline(always)]
pub fn enter<R>(otherwise: R, body: impl FnOnce() -> Option<R>) -> R {
    enter_with(otherwise, |_| body())
}

/// As [`enter`], for functions that are called often: `body` is handed the list of what it uses, so that
/// it need not be looked for again.
#[inline(always)]
pub fn enter_with<R>(otherwise: R, body: impl FnOnce(&Uses) -> Option<R>) -> R {
    let uses = Uses::begin();
    match catch_unwind(AssertUnwindSafe(|| body(&uses))) {
        Ok(Some(value)) => value,
        Ok(None) => otherwise,
        Err(panic) => {
            panicked(panic);
            otherwise
        }
    }
}

/// Runs the body of a function that gives a result.
#[inline(always)]
pub fn result(body: impl FnOnce() -> wasmspan::Result<()>) -> WasmEdge_Result {
    result_with(|_| body())
}

/// As [`result`], for functions that are called often: see [`enter_with`].
#[inline(always)]
pub fn result_with(body: impl FnOnce(&Uses) -> wasmspan::Result<()>) -> WasmEdge_Result {
    let uses = Uses::begin();
    match catch_unwind(AssertUnwindSafe(|| body(&uses))) {
        Ok(Ok(())) => SUCCESS,
        Ok(Err(error)) => pack(&error),
        Err(panic) => pack(&panicked(panic)),
    }
}

/// Runs the body of a function that makes a context: null, and the failure noted, if it can't.
#[inline(always)]
pub fn created<C>(body: impl FnOnce() -> wasmspan::Result<*mut C>) -> *mut C {
    let mut made = std::ptr::null_mut();
    result(|| {
        made = body()?;
        Ok(())
    });
    made
}

/// Deletes a context that the program owns.
pub fn delete<C: Context>(context: *mut C) {
    enter((), || {
        handle::delete(context);
        Some(())
    });
}

/// The object behind a context, or the error for what is no such context.
#[inline(always)]
pub fn need<'a, C: Context>(context: *const C) -> wasmspan::Result<&'a C::Object> {
    match handle::get(context) {
        Some(object) => Ok(object),
        None => Err(no_context::<C>(context.is_null())),
    }
}

#[cold]
fn no_context<C: Context>(null: bool) -> Error {
    let what = if null { "null" } else { "deleted, or a context of another kind" };
    Error::with_detail(ErrCode::WrongVMWorkflow, format!("the {:?} context is {what}", C::KIND))
}

/// The bytes of an argument; `None` if it has a length and no address.
///
/// # Safety
///
/// `len` bytes must be readable at `bytes`.
pub unsafe fn bytes<'a>(bytes: *const u8, len: usize) -> Option<&'a [u8]> {
    match (bytes.is_null(), len) {
        (_, 0) => Some(&[]),
        (true, _) => None,
        // SAFETY: the caller's promise.
        (false, _) => Some(unsafe { std::slice::from_raw_parts(bytes, len) }),
    }
}

/// As [`need`], noted in a list that is at hand.
#[inline(always)]
pub fn need_in<C: Context>(uses: &Uses, context: *const C) -> wasmspan::Result<&C::Object> {
    match handle::get_in(uses, context) {
        Some(object) => Ok(object),
        None => Err(no_context::<C>(context.is_null())),
    }
}

/// A path that C gave.
///
/// # Safety
///
/// `path` must end with zero, unless it is null.
pub unsafe fn path<'a>(path: *const c_char) -> wasmspan::Result<&'a Path> {
    if path.is_null() {
        return Err(null_argument("the path"));
    }
    // SAFETY: the caller's promise.
    Ok(Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes())))
}

/// Copies items into a caller's buffer as far as it reaches.
///
/// # Safety
///
/// `len` items must be writable at `buffer`, unless that is null.
pub unsafe fn fill<T>(buffer: *mut T, len: u32, items: impl Iterator<Item = T>) {
    if buffer.is_null() {
        return;
    }
    for (at, item) in items.take(len as usize).enumerate() {
        // SAFETY: the caller's promise.
        unsafe { buffer.add(at).write(item) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::last;

    #[test]
    fn panics_are_errors_that_say_what_and_where_and_are_counted() {
        log::note_places();
        let before = log::faults();
        let given = result(|| panic!("out of {}", "sorts"));
        assert_eq!(given.Code, ErrCode::RuntimeError as u32);
        let told = last(|failure| {
            assert!(failure.error.is_panic());
            let text = failure.error.to_string();
            for part in ["please report it", "out of sorts", "enter.rs:"] {
                assert!(text.contains(part), "no {part:?} in {text}");
            }
        });
        told.expect("it was noted");
        assert_eq!(enter(7, || panic!("again")), 7);
        assert_eq!(log::faults(), before + 2);
    }
}
