//! Having the interpreter and letting go of it, also when it ends.

use pyo3::prelude::*;
use std::cell::Cell;
use std::ffi::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Functions that run at exit are run: the interpreter may be ending.
static MAY_END: AtomicBool = AtomicBool::new(false);

/// Notes that functions that run at exit have begun to run.
pub fn note_end() {
    MAY_END.store(true, Ordering::Relaxed);
}

/// Whether functions that run at exit have begun to run.
pub fn may_end() -> bool {
    MAY_END.load(Ordering::Relaxed)
}

/// Lets go of the interpreter for a call. Not at its end, when it could not be taken back for a host
/// function, and nobody else could use it.
#[inline]
pub fn detached<T: Send>(py: Python<'_>, call: impl FnOnce() -> T + Send) -> T {
    if MAY_END.load(Ordering::Relaxed) && is_ending() { kept(call) } else { py.detach(call) }
}

thread_local! {
    /// The thread is in a call and has the interpreter all the same.
    static KEEPS: Cell<bool> = const { Cell::new(false) };
}

/// Runs a call that keeps the interpreter.
pub fn kept<T>(call: impl FnOnce() -> T) -> T {
    let before = KEEPS.replace(true);
    let returned = call();
    KEEPS.set(before);
    returned
}

/// Runs with the interpreter what a guest calls; `None` if it can't be had any more.
#[inline]
pub fn attached<T>(body: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    if !MAY_END.load(Ordering::Relaxed) || !is_ending() {
        return Python::try_attach(body);
    }
    // SAFETY: the thread has the interpreter; it only isn't allowed to ask for it.
    KEEPS.get().then(|| body(unsafe { Python::assume_attached() }))
}

/// Whether the interpreter has begun to end: other threads that want it then sleep for ever.
pub fn is_ending() -> bool {
    static ASK: OnceLock<Option<extern "C" fn() -> c_int>> = OnceLock::new();
    let ask = ASK.get_or_init(|| {
        // Every version that runs this has it; its name lost the line in front of it with 3.13.
        let found = [c"Py_IsFinalizing", c"_Py_IsFinalizing"].into_iter().find_map(|name| {
            // SAFETY: looks a name up in the process.
            let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
            (!found.is_null()).then_some(found)
        });
        // SAFETY: both are functions of this type.
        found.map(|found| unsafe { std::mem::transmute(found) })
    });
    ask.is_some_and(|ask| ask() != 0)
}
