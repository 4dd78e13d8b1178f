//! How much the guests that a thread runs may still write to their standard output and error.
//!
//! A call with a limit opens an allowance; calls within it, made by host functions, draw on theirs
//! and on those around them.

use crate::error::{Cause, ErrCode, Error, Result};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

struct Allowance {
    limit: u64,
    left: Cell<u64>,
    outer: Option<Rc<Allowance>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Allowance>>> = const { RefCell::new(None) };
}

/// Runs `call`, in which guests may write this many bytes.
pub(crate) fn with_output<T>(limit: u64, call: impl FnOnce() -> T) -> T {
    /// Ends the allowance also when `call` panics.
    struct Open(Option<Rc<Allowance>>);
    impl Drop for Open {
        fn drop(&mut self) {
            CURRENT.set(self.0.take());
        }
    }
    let outer = CURRENT.take();
    let _open = Open(outer.clone());
    CURRENT.set(Some(Rc::new(Allowance { limit, left: Cell::new(limit), outer })));
    call()
}

/// Writes output of a guest: `write` gets the number of bytes that it may write of those that are
/// wanted, and gives how many it wrote.
///
/// # Errors
///
/// `execution interrupted`, naming the limit, if less was allowed than wanted and that was written;
/// those of `write`.
pub(crate) fn write_output<E: From<Error>>(
    wanted: usize,
    write: impl FnOnce(usize) -> Result<usize, E>,
) -> Result<usize, E> {
    let Some(innermost) = CURRENT.with_borrow(Clone::clone) else { return write(wanted) };
    let all = || std::iter::successors(Some(&innermost), |inner| inner.outer.as_ref());
    let least = all().min_by_key(|allowance| allowance.left.get()).unwrap_or(&innermost);
    let allowed = least.left.get().min(wanted as u64) as usize;
    let written = if allowed == 0 && wanted > 0 { 0 } else { write(allowed)? };
    for allowance in all() {
        allowance.left.set(allowance.left.get().saturating_sub(written as u64));
    }
    if written == allowed && allowed < wanted {
        let detail = format!("the limit of output is {} bytes", least.limit);
        let error = Error::with_detail(ErrCode::Interrupted, detail);
        return Err(error.because(Cause::OutputLimit(least.limit)).into());
    }
    Ok(written)
}
