//! Stopping a running call from another thread.
//!
//! An [`Interrupt`] is attached to a call while it runs. Requesting it sets the flag of the running
//! thread and sends that thread a signal, again and again until the call has ended: a signal that
//! arrives while the thread is outside generated code only wakes a blocking system call, and the
//! flag is seen when wasm is entered again. Host functions that block wait on the interrupt itself.
//! `deadline` makes requests when their time has come, `pending` is work that a stopped call leaves behind.

mod arrival;
mod deadline;
mod pending;

pub(crate) use arrival::Arrival;
#[doc(hidden)]
pub use deadline::Deadline;
pub(crate) use pending::Pending;

use crate::platform::signal::{self, ThreadId};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

/// First pause between two signals to a thread that has not stopped yet.
const FIRST_RESEND: Duration = Duration::from_millis(1);
/// Longest pause between two signals.
const LONGEST_RESEND: Duration = Duration::from_millis(20);

/// What a flag of a running thread says: that its call is to stop.
pub(crate) const STOP: u64 = 1;
/// What it says else: that the thread is to be visited. Code that polls doesn't see this.
pub(crate) const VISIT: u64 = 1 << 32;

static ON_VISIT: OnceLock<fn()> = OnceLock::new();

/// Says what a thread does that is visited, once for the process: a function that may call wasm, and may
/// request a stop. For hosts whose signal handlers run on one thread, and not in the handler of the system.
#[doc(hidden)]
pub fn on_visit(visit: fn()) {
    let _ = ON_VISIT.set(visit);
}

/// Does it.
pub(crate) fn visit_now() {
    if let Some(visit) = ON_VISIT.get() {
        // Whoever is visited has nothing to do with its panics.
        drop(catch_unwind(visit));
    }
}

/// A request to stop that other threads may make while a call runs.
///
/// Clones share one request. A request made before the call starts stops it at once; the call that
/// it stops uses it up. May be used from any thread.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    requested: AtomicBool,
    /// The thread is to do what the host told [`on_visit`], and go on.
    visiting: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    targets: Vec<Target>,
    /// Each with whether it is for visits, too.
    wakers: Vec<(u64, bool, Waker)>,
    next_waker: u64,
    resending: bool,
    /// A call has stopped because of the request that others may still have to answer.
    answered: bool,
    /// The limit of time that has ended, if the stop was requested for that.
    expired: Option<Duration>,
}

struct Waker(Arc<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waker")
    }
}

/// A thread that runs a call under the interrupt.
#[derive(Debug)]
struct Target {
    /// The flag that generated code's surroundings test.
    stop: *const AtomicU64,
    thread: ThreadId,
    /// It runs, or began, under a request that it has not answered.
    asked: bool,
}

// SAFETY: the flag outlives the target's stay in the list, and is atomic.
unsafe impl Send for Target {}

impl Interrupt {
    /// An interrupt that nobody has requested.
    pub fn new() -> Interrupt {
        Interrupt::default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Asks the call that runs under this interrupt, or the next one, to stop. Returns at once.
    pub fn interrupt(&self) {
        self.0.requested.store(true, Ordering::SeqCst);
        let mut state = self.lock();
        for (_, _, waker) in &state.wakers {
            waker.0();
        }
        self.0.changed.notify_all();
        if state.targets.is_empty() {
            return;
        }
        state.signal();
        if !state.resending {
            state.resending = true;
            let again = self.clone();
            let started = std::thread::Builder::new()
                .name("wasmspan-interrupt".into())
                .spawn(move || again.resend());
            if started.is_err() {
                // Without a thread the flag and the first signal must do.
                state.resending = false;
            }
        }
    }

    /// Has the thread that runs a call under this interrupt do what [`on_visit`] was told, where it is,
    /// and go on with the call. Returns at once. The thread may be where it can't: to be repeated
    /// until it was done. False where no signals are used: code that computes is not to be had then.
    #[doc(hidden)]
    pub fn visit(&self) -> bool {
        self.0.visiting.store(true, Ordering::SeqCst);
        let state = self.lock();
        for (_, _, waker) in state.wakers.iter().filter(|(_, visits, _)| *visits) {
            waker.0();
        }
        self.0.changed.notify_all();
        for target in &state.targets {
            // SAFETY: a target is in the list only while its thread runs the call.
            unsafe { (*target.stop).fetch_or(VISIT, Ordering::SeqCst) };
            signal::interrupt_thread(target.thread);
        }
        signal::is_installed()
    }

    /// Does what a visit is for, if there is one; for threads that wait under this interrupt.
    pub(crate) fn take_visit(&self) {
        if self.0.visiting.swap(false, Ordering::SeqCst) {
            visit_now();
        }
    }

    /// As [`interrupt`](Interrupt::interrupt); the error of the call that stops names the limit.
    pub(crate) fn expire(&self, limit: Duration) {
        self.lock().expired = Some(limit);
        self.interrupt();
    }

    /// The limit of time that has ended, if the stop was requested for that.
    pub(crate) fn expired(&self) -> Option<Duration> {
        self.lock().expired
    }

    /// Whether what waits under this interrupt is to stop. Does what a visit is for, which may take the
    /// request back.
    pub(crate) fn stops_wait(&self) -> bool {
        loop {
            let requested = self.is_requested();
            self.take_visit();
            match (requested, self.is_requested()) {
                (_, false) => return false,
                (true, true) => return true,
                // It came meanwhile, perhaps with a visit.
                (false, true) => {}
            }
        }
    }

    fn resend(&self) {
        let mut pause = FIRST_RESEND;
        let mut state = self.lock();
        while state.targets.iter().any(|target| target.asked) {
            let (guard, _) = self
                .0
                .changed
                .wait_timeout(state, pause)
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            state = guard;
            state.resignal();
            pause = (pause * 2).min(LONGEST_RESEND);
        }
        state.resending = false;
    }

    /// Takes a request back that no call has answered yet.
    pub fn withdraw(&self) {
        let mut state = self.lock();
        state.answered = false;
        for target in &mut state.targets {
            target.asked = false;
            // SAFETY: a target is in the list only while its thread runs the call.
            unsafe { (*target.stop).store(0, Ordering::SeqCst) };
        }
        self.0.requested.store(false, Ordering::SeqCst);
        self.0.changed.notify_all();
    }

    /// Whether a stop was requested and no call has answered it yet.
    pub fn is_requested(&self) -> bool {
        self.0.requested.load(Ordering::SeqCst)
    }

    /// Blocks a host function for up to `timeout`; true as soon as a stop is requested.
    pub fn wait(&self, timeout: Duration) -> bool {
        let end = Instant::now().checked_add(timeout);
        let mut state = self.lock();
        while !self.is_requested() {
            if self.0.visiting.load(Ordering::SeqCst) {
                drop(state);
                self.take_visit();
                state = self.lock();
                continue;
            }
            let left = match end {
                Some(end) => match end.checked_duration_since(Instant::now()) {
                    Some(left) if !left.is_zero() => left,
                    _ => return false,
                },
                None => timeout,
            };
            let (guard, _) = self
                .0
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            state = guard;
        }
        true
    }

    /// Calls `waker` when a stop is requested, until the guard is dropped. At once if it is
    /// requested already.
    #[doc(hidden)]
    pub fn on_request(&self, waker: Arc<dyn Fn() + Send + Sync>) -> WakerGuard {
        self.wake(waker, false)
    }

    /// As [`on_request`](Interrupt::on_request), for visits, too: who is woken looks which it is.
    pub(crate) fn on_request_or_visit(&self, waker: Arc<dyn Fn() + Send + Sync>) -> WakerGuard {
        self.wake(waker, true)
    }

    fn wake(&self, waker: Arc<dyn Fn() + Send + Sync>, visits: bool) -> WakerGuard {
        let mut state = self.lock();
        if self.is_requested() || visits && self.0.visiting.load(Ordering::SeqCst) {
            waker();
        }
        let id = state.next_waker;
        state.next_waker += 1;
        state.wakers.push((id, visits, Waker(waker)));
        WakerGuard { interrupt: self.clone(), id }
    }

    /// Whether both are the same request.
    pub(crate) fn same(&self, other: &Interrupt) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// An interrupt that is requested when this one or `other` is, while the guards are held.
    pub(crate) fn joined(&self, other: &Interrupt) -> (Interrupt, [WakerGuard; 2]) {
        let both = Interrupt::new();
        let pass_on = |from: &Interrupt| {
            let (both, requests) = (both.clone(), Arc::downgrade(&from.0));
            from.on_request_or_visit(Arc::new(move || {
                if requests.upgrade().is_some_and(|it| it.requested.load(Ordering::SeqCst)) {
                    both.interrupt();
                } else {
                    both.visit();
                }
            }))
        };
        let guards = [pass_on(self), pass_on(other)];
        (both, guards)
    }

    /// Attaches the current thread: from now on a request sets `stop`.
    ///
    /// # Safety
    ///
    /// `stop` must stay valid until [`detach`](Interrupt::detach) is called with it, on this thread.
    pub(crate) unsafe fn attach(&self, stop: *const AtomicU64) {
        let mut state = self.lock();
        let asked = self.is_requested();
        state.targets.push(Target { stop, thread: ThreadId::current(), asked });
        if asked {
            // SAFETY: the caller's promise.
            unsafe { (*stop).store(STOP, Ordering::SeqCst) };
        }
    }

    /// Ends what [`attach`](Interrupt::attach) began; `answered` if the call stopped because of it.
    pub(crate) fn detach(&self, stop: *const AtomicU64, answered: bool) {
        let mut state = self.lock();
        if let Some(at) = state.targets.iter().rposition(|target| target.stop == stop) {
            state.targets.remove(at);
        }
        state.answered |= answered;
        // The request is used up when the last call that it was meant for has ended.
        if state.answered && !state.targets.iter().any(|target| target.asked) {
            state.answered = false;
            state.expired = None;
            self.0.requested.store(false, Ordering::SeqCst);
        }
        self.0.changed.notify_all();
    }
}

impl State {
    /// Asks every running call to stop.
    fn signal(&mut self) {
        for target in &mut self.targets {
            target.asked = true;
        }
        self.resignal();
    }

    /// Signals the calls that were asked and have not ended.
    fn resignal(&self) {
        for target in self.targets.iter().filter(|target| target.asked) {
            // SAFETY: a target is in the list only while its thread runs the call.
            unsafe { (*target.stop).store(STOP, Ordering::SeqCst) };
            signal::interrupt_thread(target.thread);
        }
    }
}

/// Takes a waker back when dropped.
#[doc(hidden)]
pub struct WakerGuard {
    interrupt: Interrupt,
    id: u64,
}

impl Drop for WakerGuard {
    fn drop(&mut self) {
        self.interrupt.lock().wakers.retain(|(id, ..)| *id != self.id);
    }
}
