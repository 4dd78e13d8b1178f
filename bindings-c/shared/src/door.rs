//! The one door between C and Rust: panics stop here, and errors become results here.

use crate::abi::WasmEdge_Result;
use crate::handle::{self, Context};
use crate::string::Texts;
use crate::uses::Uses;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmspan::{ErrCode, Error, log};

/// Result of a call that succeeded.
pub const SUCCESS: WasmEdge_Result = WasmEdge_Result { Code: 0 };

/// The last failure of a thread.
pub struct Failure {
    pub error: Error,
    /// What C was lent of it.
    pub texts: Texts,
}

thread_local! {
    static LAST: RefCell<Option<Failure>> = const { RefCell::new(None) };
}

/// Notes a failure as the thread's last one.
#[cold]
pub fn note(error: &Error) {
    let failure = Failure { error: error.clone(), texts: Texts::default() };
    // A thread that is ending has nowhere to note it.
    let _ = LAST.try_with(|last| last.replace(Some(failure)));
}

/// Lets `read` see the thread's last failure; `None` if there is none.
pub fn last<R>(read: impl FnOnce(&Failure) -> R) -> Option<R> {
    LAST.try_with(|last| last.borrow().as_ref().map(read)).ok().flatten()
}

/// Forgets the thread's last failure.
pub fn forget() {
    let _ = LAST.try_with(|last| last.replace(None));
}

#[cold]
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Error {
    let error = log::fault(panic);
    let _ = catch_unwind(AssertUnwindSafe(|| note(&error)));
    error
}

/// Runs the body of a function that gives a value; `otherwise` if there is none to give.
#[inline(always)]
pub fn door<R>(otherwise: R, body: impl FnOnce() -> Option<R>) -> R {
    let _uses = Uses::begin();
    match catch_unwind(AssertUnwindSafe(body)) {
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
    let _uses = Uses::begin();
    match catch_unwind(AssertUnwindSafe(body)) {
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
    door((), || {
        handle::delete(context);
        Some(())
    });
}

/// The one place where an error becomes a result.
#[cold]
pub fn pack(error: &Error) -> WasmEdge_Result {
    note(error);
    result_of(error)
}

/// The result that an error is.
pub fn result_of(error: &Error) -> WasmEdge_Result {
    WasmEdge_Result { Code: (error.category() as u32) << 24 | error.number() & 0x00FF_FFFF }
}

/// Writes a failure to the log, as WasmEdge's parts do where they find it.
#[cold]
pub fn logged(error: Error) -> Error {
    wasmspan::log::log_error(&error);
    error
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

/// The error for an argument that may not be null.
#[cold]
pub fn null_argument(what: &str) -> Error {
    Error::with_detail(ErrCode::WrongVMWorkflow, format!("{what} is null"))
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

    #[test]
    fn panics_are_errors_that_say_what_and_where_and_are_counted() {
        log::note_places();
        let before = log::faults();
        let given = result(|| panic!("out of {}", "sorts"));
        assert_eq!(given.Code, ErrCode::RuntimeError as u32);
        let told = last(|failure| {
            assert!(failure.error.is_panic());
            let text = failure.error.to_string();
            for part in ["please report it", "out of sorts", "door.rs:"] {
                assert!(text.contains(part), "no {part:?} in {text}");
            }
        });
        told.expect("it was noted");
        assert_eq!(door(7, || panic!("again")), 7);
        assert_eq!(log::faults(), before + 2);
    }
}
