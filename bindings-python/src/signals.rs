//! Ctrl-C: a signal that Python handles stops the guest that the main thread runs.
//!
//! Python's own handler of SIGINT only notes the signal; code runs when the main thread is back in the
//! interpreter. So a handler of ours stands in front of it: it calls Python's, and tells a thread that
//! waits for this to interrupt the guest. The call then returns, and Python's handlers run. Our
//! handler is put back in front when Python has installed its own anew, as `signal.signal` does.

use pyo3::prelude::*;
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use wasmspan::Interrupt;

/// How often it is looked whether our handler is still in front, in milliseconds.
const LOOK_EVERY: i32 = 20;
/// What the signal adds to the counter of the event; what wakes the thread adds more.
const SIGNAL: u64 = 1;
const WAKE: u64 = 1 << 32;

/// The main thread is in a call.
static INSIDE: AtomicBool = AtomicBool::new(false);
/// The number of the main thread's call, and of that in which the last signal came: one that comes when
/// Python has raised its exception already must not stop the next call.
static CALL: AtomicU64 = AtomicU64::new(0);
static SIGNALLED_CALL: AtomicU64 = AtomicU64::new(0);
/// The waiting thread is about to interrupt, or does not.
static DECIDING: AtomicBool = AtomicBool::new(false);
/// It has interrupted a call because of a signal.
static SIGNALLED: AtomicBool = AtomicBool::new(false);
/// It sleeps until somebody wakes it.
static ASLEEP: AtomicBool = AtomicBool::new(false);
/// The event it waits for; -1 before there is one.
static EVENT: AtomicI32 = AtomicI32::new(-1);
/// Python's handler, and the flags it was installed with.
static PYTHON: AtomicUsize = AtomicUsize::new(0);
static PYTHON_FLAGS: AtomicI32 = AtomicI32::new(0);
/// What interrupts the main thread.
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
    if !main || INSIDE.load(Ordering::Relaxed) {
        return Guarded(false);
    }
    if EVENT.load(Ordering::Relaxed) < 0 && !start() {
        return Guarded(false);
    }
    CALL.store(CALL.load(Ordering::Relaxed) + 1, Ordering::SeqCst);
    INSIDE.store(true, Ordering::SeqCst);
    if ASLEEP.load(Ordering::SeqCst) {
        wake();
    }
    Guarded(true)
}

impl Guarded {
    /// Ends the stay; whether a signal came meanwhile, whose handlers are to be run.
    #[inline]
    pub fn leave(&self) -> bool {
        if !self.0 {
            return false;
        }
        INSIDE.store(false, Ordering::SeqCst);
        if !DECIDING.load(Ordering::SeqCst) && !SIGNALLED.load(Ordering::SeqCst) {
            return false;
        }
        while DECIDING.load(Ordering::SeqCst) {
            std::hint::spin_loop();
        }
        let signalled = SIGNALLED.swap(false, Ordering::SeqCst);
        if signalled && let Some(interrupt) = &*interrupt() {
            interrupt.withdraw();
        }
        signalled
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if self.0 && INSIDE.load(Ordering::SeqCst) {
            self.leave();
        }
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

/// Starts the thread that waits; false if the system refuses, and Ctrl-C then waits for the call's end.
#[cold]
fn start() -> bool {
    // SAFETY: makes a descriptor.
    let event = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    if event < 0 {
        return false;
    }
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
    crate::door::after_fork();
    MAIN.set(None);
    INSIDE.store(false, Ordering::SeqCst);
    DECIDING.store(false, Ordering::SeqCst);
    SIGNALLED.store(false, Ordering::SeqCst);
    ASLEEP.store(false, Ordering::SeqCst);
    let event = EVENT.swap(-1, Ordering::SeqCst);
    if event >= 0 {
        // SAFETY: the descriptor is this module's own. Its thread is the parent's.
        unsafe { libc::close(event) };
    }
}

fn add(event: i32, count: u64) {
    // SAFETY: writes eight bytes to the event; fit for a signal handler.
    unsafe { libc::write(event, (&raw const count).cast(), size_of::<u64>()) };
}

#[cold]
fn wake() {
    add(EVENT.load(Ordering::SeqCst), WAKE);
}

fn wait(event: i32) {
    let mut idle = false;
    loop {
        let mut poll = libc::pollfd { fd: event, events: libc::POLLIN, revents: 0 };
        if idle {
            ASLEEP.store(true, Ordering::SeqCst);
        }
        let sleep = idle && !INSIDE.load(Ordering::SeqCst);
        // SAFETY: waits for one descriptor.
        let ready = unsafe { libc::poll(&mut poll, 1, if sleep { -1 } else { LOOK_EVERY }) };
        ASLEEP.store(false, Ordering::SeqCst);
        let mut count = 0u64;
        if ready > 0 {
            // SAFETY: reads eight bytes.
            unsafe { libc::read(event, (&raw mut count).cast(), size_of::<u64>()) };
        }
        if count % WAKE >= SIGNAL {
            DECIDING.store(true, Ordering::SeqCst);
            let is_inside = INSIDE.load(Ordering::SeqCst);
            if is_inside && SIGNALLED_CALL.load(Ordering::SeqCst) == CALL.load(Ordering::SeqCst) {
                SIGNALLED.store(true, Ordering::SeqCst);
                if let Some(interrupt) = &*interrupt() {
                    interrupt.interrupt();
                }
            }
            DECIDING.store(false, Ordering::SeqCst);
        }
        idle = !INSIDE.load(Ordering::SeqCst);
        if !idle {
            stand_in_front();
        }
    }
}

/// Puts our handler in front of Python's, if Python has one and it is in front.
fn stand_in_front() {
    let ours = on_signal as *const () as usize;
    // SAFETY: the structures are complete before the system reads them, and the handler has the
    // signature that SA_SIGINFO asks for.
    unsafe {
        let mut old = MaybeUninit::<libc::sigaction>::uninit();
        if libc::sigaction(libc::SIGINT, std::ptr::null(), old.as_mut_ptr()) != 0 {
            return;
        }
        let old = old.assume_init();
        let handler = old.sa_sigaction;
        if handler == ours || handler == libc::SIG_DFL || handler == libc::SIG_IGN {
            return;
        }
        PYTHON_FLAGS.store(old.sa_flags, Ordering::SeqCst);
        PYTHON.store(handler, Ordering::SeqCst);
        let mut new = old;
        new.sa_sigaction = ours;
        new.sa_flags |= libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigaction(libc::SIGINT, &new, std::ptr::null_mut());
    }
}

unsafe extern "C" fn on_signal(
    signal: i32,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    let handler = PYTHON.load(Ordering::SeqCst);
    // SAFETY: the handler was installed with these flags, which say how it is called. Everything here
    // is fit for a signal handler.
    unsafe {
        if PYTHON_FLAGS.load(Ordering::SeqCst) & libc::SA_SIGINFO != 0 {
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                std::mem::transmute(handler);
            handler(signal, info, context);
        } else {
            let handler: extern "C" fn(i32) = std::mem::transmute(handler);
            handler(signal);
        }
        if INSIDE.load(Ordering::SeqCst) {
            SIGNALLED_CALL.store(CALL.load(Ordering::SeqCst), Ordering::SeqCst);
            let errno = *libc::__errno_location();
            add(EVENT.load(Ordering::SeqCst), SIGNAL);
            *libc::__errno_location() = errno;
        }
    }
}
