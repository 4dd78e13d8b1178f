//! Python's signal handlers run while the main thread runs a guest.
//!
//! Python's own handler of the system's signal only notes it; code runs when the main thread is back in the
//! interpreter. So a handler of ours stands in front: it calls Python's, and tells a thread that waits for
//! this to have the main thread visited, wherever in the guest it is. There Python's handlers run, and
//! the guest goes on, unless one raises. Our handler is put in front again when Python has installed its
//! own anew, as `signal.signal` does.

use crate::interpreter;
use crate::lock;
use pyo3::prelude::*;
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use wasmspan::Interrupt;

/// How often it is looked whether our handlers are still in front, in milliseconds.
const LOOK_EVERY: i32 = 20;
/// How often the main thread is asked again for a visit that hasn't happened, in milliseconds: at first,
/// and at most.
const FIRST_AGAIN: i32 = 1;
const LAST_AGAIN: i32 = 250;
/// Signals have numbers below this.
const SIGNALS: usize = 65;

/// How many calls of the main thread are in one another.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
/// A signal came, and its handlers have not run.
static ASKED: AtomicBool = AtomicBool::new(false);
/// A handler has raised an exception, which waits in `RAISED` for the call's end.
static HAS_RAISED: AtomicBool = AtomicBool::new(false);
static RAISED: Mutex<Option<PyErr>> = Mutex::new(None);
/// The call was stopped for the handlers.
static STOPPED: AtomicBool = AtomicBool::new(false);
/// The waiting thread is about to stop it, or does not.
static DECIDING: AtomicBool = AtomicBool::new(false);
/// The waiting thread sleeps until somebody wakes it.
static ASLEEP: AtomicBool = AtomicBool::new(false);
/// The event it waits for; -1 before there is one.
static EVENT: AtomicI32 = AtomicI32::new(-1);
/// Python's handlers, and the flags they were installed with.
static PYTHON: [AtomicUsize; SIGNALS] = [const { AtomicUsize::new(0) }; SIGNALS];
static PYTHON_FLAGS: [AtomicI32; SIGNALS] = [const { AtomicI32::new(0) }; SIGNALS];
/// What visits and interrupts the main thread.
static INTERRUPT: Mutex<Option<Interrupt>> = Mutex::new(None);

/// When the handlers of faults were looked at, in ticks of a coarse clock.
static LOOKED: AtomicI64 = AtomicI64::new(0);

/// Puts the runtime's handlers of faults back in front if another library has installed its own since,
/// at most once in a tick of the clock: looking takes longer than a short call.
#[inline]
pub fn look_at_faults() {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: fills the structure.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &mut now) };
    let tick = now.tv_sec.wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec);
    if LOOKED.load(Ordering::Relaxed) != tick {
        LOOKED.store(tick, Ordering::Relaxed);
        wasmspan::ensure_signal_handlers();
    }
}

thread_local! {
    /// Whether this is the main thread, once that is known.
    static MAIN: Cell<Option<bool>> = const { Cell::new(None) };
}

/// The main thread's stay in a call; nothing on other threads.
pub struct Guarded(bool);

/// To be held while a guest may run.
#[inline]
pub fn guard() -> Guarded {
    let main = MAIN.get().unwrap_or_else(find_main);
    if !main || EVENT.load(Ordering::Relaxed) < 0 && !start() {
        return Guarded(false);
    }
    // Only this thread writes it.
    let before = INSIDE.load(Ordering::Relaxed);
    INSIDE.store(before + 1, Ordering::SeqCst);
    if before == 0 && ASLEEP.load(Ordering::SeqCst) {
        wake();
    }
    Guarded(true)
}

impl Guarded {
    /// Ends the stay, with what a handler has raised meanwhile.
    #[inline]
    pub fn leave(self, py: Python<'_>) -> PyResult<()> {
        if !self.0 {
            return Ok(());
        }
        drop(self);
        let asked = ASKED.load(Ordering::SeqCst) | STOPPED.load(Ordering::SeqCst);
        match asked | HAS_RAISED.load(Ordering::SeqCst) {
            false => Ok(()),
            true => settle(py),
        }
    }
}

impl Drop for Guarded {
    #[inline]
    fn drop(&mut self) {
        if self.0 {
            // In the child of a fork they are as good as over.
            INSIDE.store(INSIDE.load(Ordering::Relaxed).saturating_sub(1), Ordering::SeqCst);
        }
    }
}

#[cold]
fn settle(py: Python<'_>) -> PyResult<()> {
    ASKED.store(false, Ordering::SeqCst);
    while DECIDING.load(Ordering::SeqCst) {
        std::hint::spin_loop();
    }
    let raised = RAISED.lock().unwrap_or_else(PoisonError::into_inner).take();
    if (HAS_RAISED.swap(false, Ordering::SeqCst) | STOPPED.swap(false, Ordering::SeqCst))
        && let Some(interrupt) = &*interrupt()
    {
        interrupt.withdraw();
    }
    match raised {
        Some(raised) => Err(raised),
        None => py.check_signals(),
    }
}

/// Runs Python's handlers, on the main thread, wherever it is. One that raises stops the call.
fn visit() {
    if HAS_RAISED.load(Ordering::SeqCst) {
        return;
    }
    // A signal that comes now asks for another visit.
    ASKED.store(false, Ordering::SeqCst);
    let raised = interpreter::attached(|py| py.check_signals().err()).flatten();
    match raised {
        None => take_back(),
        Some(raised) => stop_for(raised),
    }
}

/// Takes back the stop that was requested so that handlers run: they have run.
fn take_back() {
    while DECIDING.load(Ordering::SeqCst) {
        std::hint::spin_loop();
    }
    if STOPPED.swap(false, Ordering::SeqCst)
        && let Some(interrupt) = &*interrupt()
    {
        interrupt.withdraw();
    }
}

/// Stops the call for what a handler has raised.
fn stop_for(raised: PyErr) {
    *RAISED.lock().unwrap_or_else(PoisonError::into_inner) = Some(raised);
    HAS_RAISED.store(true, Ordering::SeqCst);
    if let Some(interrupt) = &*interrupt() {
        interrupt.interrupt();
    }
}

fn interrupt() -> std::sync::MutexGuard<'static, Option<Interrupt>> {
    INTERRUPT.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cold]
fn find_main() -> bool {
    // SAFETY: asks for numbers.
    let main = unsafe { libc::gettid() == libc::getpid() };
    MAIN.set(Some(main));
    main
}

/// Starts the thread that waits; false if the system refuses, and signals then wait for the call's end.
#[cold]
fn start() -> bool {
    // SAFETY: makes a descriptor.
    let event = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    if event < 0 {
        return false;
    }
    wasmspan::raw::on_visit(visit);
    let stop = Interrupt::new();
    stop.guard_thread();
    *interrupt() = Some(stop);
    stand_in_front();
    EVENT.store(event, Ordering::SeqCst);
    let thread = std::thread::Builder::new().name("wasmspan-signals".into());
    thread.spawn(move || wait(event)).is_ok()
}

/// In the child of a fork there is no such thread.
#[pyfunction]
pub fn after_fork() {
    lock::after_fork();
    MAIN.set(None);
    INSIDE.store(0, Ordering::SeqCst);
    ASKED.store(false, Ordering::SeqCst);
    DECIDING.store(false, Ordering::SeqCst);
    ASLEEP.store(false, Ordering::SeqCst);
    let event = EVENT.swap(-1, Ordering::SeqCst);
    if event >= 0 {
        // SAFETY: the descriptor is this module's own. Its thread is the parent's.
        unsafe { libc::close(event) };
    }
}

fn add(event: i32) {
    let count = 1u64;
    // SAFETY: writes eight bytes to the event; fit for a signal handler.
    unsafe { libc::write(event, (&raw const count).cast(), size_of::<u64>()) };
}

#[cold]
fn wake() {
    add(EVENT.load(Ordering::SeqCst));
}

fn is_inside() -> bool {
    INSIDE.load(Ordering::SeqCst) > 0
}

fn wait(event: i32) {
    let (mut idle, mut again) = (false, FIRST_AGAIN);
    loop {
        let mut poll = libc::pollfd { fd: event, events: libc::POLLIN, revents: 0 };
        if idle {
            ASLEEP.store(true, Ordering::SeqCst);
        }
        let time = match (idle && !is_inside(), ASKED.load(Ordering::SeqCst)) {
            (true, _) => -1,
            (false, true) => again,
            (false, false) => LOOK_EVERY,
        };
        // SAFETY: waits for one descriptor.
        let ready = unsafe { libc::poll(&mut poll, 1, time) };
        ASLEEP.store(false, Ordering::SeqCst);
        if ready > 0 {
            let mut count = 0u64;
            // SAFETY: reads eight bytes.
            unsafe { libc::read(event, (&raw mut count).cast(), size_of::<u64>()) };
        }
        idle = !is_inside();
        if idle {
            continue;
        }
        // One may have come before.
        let perhaps = stand_in_front();
        if !ASKED.load(Ordering::SeqCst) && !perhaps {
            again = FIRST_AGAIN;
            continue;
        }
        again = if ready > 0 { FIRST_AGAIN } else { (2 * again).min(LAST_AGAIN) };
        let guard = interrupt();
        let Some(interrupt) = &*guard else { continue };
        if interrupt.visit() {
            ASKED.fetch_or(perhaps, Ordering::SeqCst);
            continue;
        }
        // Only stopped can code be left that uses no signals. Handlers then run at the call's end, which
        // waits for the decision.
        DECIDING.store(true, Ordering::SeqCst);
        if ASKED.load(Ordering::SeqCst) && is_inside() {
            STOPPED.store(true, Ordering::SeqCst);
            // What waits runs the handlers before it stops, and then need not.
            interrupt.visit();
            interrupt.interrupt();
        }
        DECIDING.store(false, Ordering::SeqCst);
    }
}

/// Puts our handler in front of Python's, wherever that is in front; whether it was.
fn stand_in_front() -> bool {
    let ours = on_signal as *const () as usize;
    let mut was = false;
    for signal in 1..SIGNALS as i32 {
        // SAFETY: the structures are complete before the system reads them, and the handler has the
        // signature that SA_SIGINFO asks for.
        unsafe {
            let mut old = MaybeUninit::<libc::sigaction>::uninit();
            if libc::sigaction(signal, std::ptr::null(), old.as_mut_ptr()) != 0 {
                continue;
            }
            let old = old.assume_init();
            let handler = old.sa_sigaction;
            if handler == ours || !is_python(handler) || is_fault(signal) {
                continue;
            }
            PYTHON_FLAGS[signal as usize].store(old.sa_flags, Ordering::SeqCst);
            PYTHON[signal as usize].store(handler, Ordering::SeqCst);
            let mut new = old;
            new.sa_sigaction = ours;
            new.sa_flags |= libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaction(signal, &new, std::ptr::null_mut());
            was = true;
        }
    }
    was
}

/// Faults are the runtime's and `faulthandler`'s.
fn is_fault(signal: i32) -> bool {
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT].contains(&signal)
}

/// Whether a handler is a function of Python's own.
fn is_python(handler: usize) -> bool {
    static BASE: OnceLock<usize> = OnceLock::new();
    let base_of = |address: usize| {
        let mut found = MaybeUninit::<libc::Dl_info>::zeroed();
        // SAFETY: asks for what lies at an address, whatever it is.
        unsafe {
            let known = libc::dladdr(address as *const libc::c_void, found.as_mut_ptr());
            if known == 0 { 0 } else { found.assume_init().dli_fbase as usize }
        }
    };
    if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
        return false;
    }
    let base = *BASE.get_or_init(|| base_of(pyo3::ffi::PyErr_CheckSignals as *const () as usize));
    base != 0 && base_of(handler) == base
}

unsafe extern "C" fn on_signal(
    signal: i32,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    let Some(handler) = PYTHON.get(signal as usize) else { return };
    let (handler, flags) =
        (handler.load(Ordering::SeqCst), PYTHON_FLAGS[signal as usize].load(Ordering::SeqCst));
    // SAFETY: the handler was installed with these flags, which say how it is called. Everything here
    // is fit for a signal handler.
    unsafe {
        if flags & libc::SA_SIGINFO != 0 {
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                std::mem::transmute(handler);
            handler(signal, info, context);
        } else {
            let handler: extern "C" fn(i32) = std::mem::transmute(handler);
            handler(signal);
        }
        if is_inside() {
            ASKED.store(true, Ordering::SeqCst);
            let errno = *libc::__errno_location();
            add(EVENT.load(Ordering::SeqCst));
            *libc::__errno_location() = errno;
        }
    }
}
