//! Panics that were caught at a boundary.
//!
//! A panic in this crate is a fault of it, and never of a guest or caller. It becomes an error, is
//! counted, and the first one is told in the log with a request to report it. Panics of a host's own
//! functions are the host's, and don't come here.

use super::{LogLevel, log};
use crate::error::{Cause, ErrCode, Error, Result};
use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

/// Variable of the environment that makes faults end the process, if it is `abort`: for tests.
const SWITCH: &str = "WASMSPAN_FAULTS";

static COUNT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Where the thread's latest panic was.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// How many panics of this crate have become errors, in this process.
///
/// ```
/// assert_eq!(wasmspan::log::faults(), 0);
/// ```
pub fn faults() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

/// Notes where panics are, so that errors can say it. For libraries with a standard library of their
/// own: in a Rust program the hook for panics is the program's.
#[doc(hidden)]
pub fn note_places() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map(ToString::to_string);
            // A thread that is ending has no place for it.
            let _ = PLACE.try_with(|kept| *kept.borrow_mut() = place);
            before(info);
        }));
    });
}

/// How the error of a fault begins.
const FAULT: &str = "a fault of wasmspan, please report it with this text: ";

/// Runs `work`, in which a panic is a fault of this crate.
///
/// # Errors
///
/// Those of `work`; `generic runtime error` with the panic's text.
#[doc(hidden)]
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(fault(panic)))
}

/// The error that stands for a fault; counts it, and tells the first one.
#[cold]
#[doc(hidden)]
pub fn fault(panic: Box<dyn Any + Send>) -> Error {
    let place = PLACE.try_with(|kept| kept.borrow_mut().take()).ok().flatten();
    let text = message(&*panic);
    // What was panicked with may panic when it is dropped.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
    let text = match place {
        Some(place) => format!("{FAULT}{text} (at {place}, version {})", env!("CARGO_PKG_VERSION")),
        None => format!("{FAULT}{text} (version {})", env!("CARGO_PKG_VERSION")),
    };
    if COUNT.fetch_add(1, Ordering::Relaxed) == 0 {
        log(LogLevel::Error, &text);
    }
    if std::env::var_os(SWITCH).is_some_and(|value| value == "abort") {
        eprintln!("{text}");
        std::process::abort();
    }
    Error::with_detail(ErrCode::RuntimeError, text).because(Cause::Fault)
}

/// What a panic says.
#[doc(hidden)]
pub fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}
