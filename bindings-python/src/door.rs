//! The one way into the core.
//!
//! A call lets go of the interpreter while it compiles or runs, takes the instance for this thread,
//! and makes an exception of whatever goes wrong, a panic included.

use crate::cycle;
use crate::error;
use crate::names;
use crate::owner::Owner;
use crate::signals;
use pyo3::prelude::*;
use std::any::Any;
use std::cell::Cell;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use wasmspan::config::Limits;
use wasmspan::{ErrCode, Error, Instance, Interrupt, Result};

/// How long a thread that waits stays away from the interpreter, whose signal handlers may have to run.
pub const LOOK: Duration = Duration::from_millis(50);

/// What may stop a call besides a trap.
#[derive(Default)]
pub struct Stops {
    /// The longest time it may take.
    pub timeout: Option<Duration>,
    /// What others may stop it with.
    pub interrupt: Option<Interrupt>,
    /// What it may use.
    pub limits: Option<Limits>,
}

impl Stops {
    /// Runs a call under time, of which some has passed, and interrupt; limits are for an executor.
    fn run<T>(&self, passed: Duration, call: impl FnOnce() -> Result<T>) -> Result<T> {
        match (&self.interrupt, self.timeout.map(|time| time.saturating_sub(passed))) {
            (None, None) => call(),
            (Some(interrupt), None) => interrupt.run(call),
            (Some(interrupt), Some(time)) => interrupt.run_within(time, call).0,
            (None, Some(time)) => Interrupt::new().run_within(time, call).0,
        }
    }
}

/// What ends a call's wait for its instance.
struct Waiting<'a> {
    owner: &'a Owner,
    stops: Option<&'a Stops>,
}

impl Waiting<'_> {
    /// The longest time: that of the call, of its limits or of the instance's.
    #[cold]
    fn time(&self) -> Option<Duration> {
        let of_limits = |limits: &Limits| limits.time_ms.map(Duration::from_millis);
        let instance = self.owner.instance().map(Instance::executor);
        let times = [
            self.stops.and_then(|stops| stops.timeout),
            self.stops.and_then(|stops| stops.limits.as_ref().and_then(of_limits)),
            instance.and_then(|executor| of_limits(&executor.config().limits)),
        ];
        times.into_iter().flatten().min()
    }
}

/// Does something that may take long: compiles, instantiates, runs a command.
pub fn work<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    attempt(py, work)?.map_err(|failure| error::to_python(py, &failure))
}

/// As [`work`], for callers that make the exception themselves.
pub fn attempt<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T> + Send,
) -> PyResult<Result<T>> {
    signals::look_at_faults();
    let guarded = signals::guard();
    let outcome = detached(py, || catch_unwind(AssertUnwindSafe(work)));
    guarded.leave(py)?;
    outcome.map_err(|panic| panicked(py, panic))
}

/// Runs a guest. `owner` is the instance that is entered, if it is one that Python made.
#[inline]
pub fn run<T: Send>(
    py: Python<'_>,
    owner: Option<&Owner>,
    stops: Option<&Stops>,
    call: impl FnOnce() -> Result<T> + Send,
) -> PyResult<T> {
    let entered = match owner {
        Some(owner) => Some(owner.gate.enter(py, &Waiting { owner, stops })?),
        None => None,
    };
    let waited = entered.as_ref().map_or(Duration::ZERO, |entered| entered.waited);
    signals::look_at_faults();
    let call = || {
        catch_unwind(AssertUnwindSafe(|| match stops {
            None => call(),
            Some(stops) => stops.run(waited, call),
        }))
    };
    let outcome = match owner {
        Some(owner) if owner.gate.keeps_interpreter => kept(call),
        _ => {
            let guarded = signals::guard();
            let outcome = detached(py, call);
            guarded.leave(py)?;
            outcome
        }
    };
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(failure)) => Err(error::to_python(py, &failure)),
        Err(panic) => Err(panicked(py, panic)),
    }
}

/// Runs a guest that is certain to end in less time than letting go of the interpreter takes.
#[inline]
pub fn run_briefly(
    py: Python<'_>,
    owner: Option<&Owner>,
    call: impl FnOnce() -> Result<()>,
) -> PyResult<()> {
    let _entered = match owner {
        Some(owner) => Some(owner.gate.enter(py, &Waiting { owner, stops: None })?),
        None => None,
    };
    signals::look_at_faults();
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(failure)) => Err(error::to_python(py, &failure)),
        Err(panic) => Err(panicked(py, panic)),
    }
}

/// Functions that run at exit are run: the interpreter may be ending.
static MAY_END: AtomicBool = AtomicBool::new(false);

/// To be called at exit.
#[pyfunction]
pub fn at_exit(py: Python<'_>) -> PyResult<()> {
    MAY_END.store(true, Ordering::Relaxed);
    cycle::tie(py)
}

/// Whether functions that run at exit have begun to run.
pub fn may_end() -> bool {
    MAY_END.load(Ordering::Relaxed)
}

/// Lets go of the interpreter for a call. Not at its end, when it could not be taken back for a host
/// function, and nobody else could use it.
#[inline]
fn detached<T: Send>(py: Python<'_>, call: impl FnOnce() -> T + Send) -> T {
    if MAY_END.load(Ordering::Relaxed) && is_ending() { kept(call) } else { py.detach(call) }
}

thread_local! {
    /// The thread is in a call and has the interpreter all the same.
    static KEEPS: Cell<bool> = const { Cell::new(false) };
}

fn kept<T>(call: impl FnOnce() -> T) -> T {
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

/// The exception for a panic.
#[cold]
pub fn panicked(py: Python<'_>, panic: Box<dyn Any + Send>) -> PyErr {
    error::to_python(py, &wasmspan::log::fault(panic))
}

/// What a second thread gets that wants to run an instance which is running.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WhenBusy {
    /// The exception `Busy`.
    Raise,
    /// Its turn.
    Wait,
}

impl WhenBusy {
    /// From the word in Python.
    pub fn parse(word: &str) -> PyResult<WhenBusy> {
        match word {
            "raise" => Ok(WhenBusy::Raise),
            "wait" => Ok(WhenBusy::Wait),
            _ => Err(pyo3::exceptions::PyValueError::new_err(format!(
                "when_busy is \"raise\" or \"wait\", not {word:?}"
            ))),
        }
    }
}

/// Lets one thread at a time into an instance. The thread that is inside may come again, from a host
/// function.
pub struct Gate {
    /// The thread inside, or 0.
    inside: AtomicUsize,
    when_busy: WhenBusy,
    /// Anybody may enter: what it is for has no state of its own.
    is_open: bool,
    /// Calls keep the interpreter: for very short ones, in programs with many threads.
    keeps_interpreter: bool,
    waiting: AtomicUsize,
    turn: Mutex<()>,
    left: Condvar,
}

/// The number of the next thread; none is used twice.
static NEXT_THREAD: AtomicUsize = AtomicUsize::new(1);
/// After a fork: the only thread that came along, and the first number of those made since.
static CAME_ALONG: AtomicUsize = AtomicUsize::new(0);
static MADE_SINCE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The thread's number, or 0 until it needs one.
    static THREAD: Cell<usize> = const { Cell::new(0) };
}

#[inline]
fn this_thread() -> usize {
    match THREAD.get() {
        0 => {
            let number = NEXT_THREAD.fetch_add(1, Ordering::Relaxed);
            THREAD.set(number);
            number
        }
        number => number,
    }
}

/// To be called in the child of a fork, where no other thread exists: what others were inside is free.
pub fn after_fork() {
    CAME_ALONG.store(this_thread(), Ordering::SeqCst);
    MADE_SINCE.store(NEXT_THREAD.load(Ordering::SeqCst), Ordering::SeqCst);
}

/// Whether a thread stayed in the parent of a fork.
fn stayed(thread: usize) -> bool {
    thread < MADE_SINCE.load(Ordering::SeqCst) && thread != CAME_ALONG.load(Ordering::SeqCst)
}

/// A thread's stay in an instance.
pub struct Entered<'a> {
    gate: &'a Gate,
    outermost: bool,
    /// How long it waited for its turn.
    waited: Duration,
}

impl Gate {
    /// An open gate.
    pub fn new(when_busy: WhenBusy, keeps_interpreter: bool) -> Gate {
        Gate {
            inside: AtomicUsize::new(0),
            when_busy,
            is_open: false,
            keeps_interpreter,
            waiting: AtomicUsize::new(0),
            turn: Mutex::new(()),
            left: Condvar::new(),
        }
    }

    /// For what is no instance. Calls of it keep the interpreter: it is Python's own, or short.
    pub fn open() -> Gate {
        Gate { is_open: true, ..Gate::new(WhenBusy::Raise, true) }
    }

    #[inline]
    fn enter(&self, py: Python<'_>, waiting: &Waiting<'_>) -> PyResult<Entered<'_>> {
        let me = this_thread();
        let waited = Duration::ZERO;
        if self.is_open {
            return Ok(Entered { gate: self, outermost: false, waited });
        }
        match self.inside.compare_exchange(0, me, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => Ok(Entered { gate: self, outermost: true, waited }),
            Err(inside) if inside == me => Ok(Entered { gate: self, outermost: false, waited }),
            Err(inside) if stayed(inside) && self.take_over(inside, me) => {
                Ok(Entered { gate: self, outermost: true, waited })
            }
            Err(_) => self.enter_later(py, me, waiting),
        }
    }

    #[cold]
    fn take_over(&self, from: usize, me: usize) -> bool {
        self.inside.compare_exchange(from, me, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    #[cold]
    fn enter_later(
        &self,
        py: Python<'_>,
        me: usize,
        waiting: &Waiting<'_>,
    ) -> PyResult<Entered<'_>> {
        if self.when_busy == WhenBusy::Raise {
            let what = "another thread is running this instance; give it when_busy=\"wait\", or \
                        use an instance for each thread";
            return Err(error::raise(py, &names::BUSY, what)?);
        }
        let begin = Instant::now();
        let time = waiting.time();
        let interrupt = waiting.stops.and_then(|stops| stops.interrupt.as_ref());
        loop {
            let left = time.map(|time| time.saturating_sub(begin.elapsed()));
            let now = left.map_or(LOOK, |left| left.min(LOOK));
            if py.detach(|| self.wait(me, now)) {
                return Ok(Entered { gate: self, outermost: true, waited: begin.elapsed() });
            }
            py.check_signals()?;
            let stopped =
                Error::with_detail(ErrCode::Interrupted, "another thread ran the instance");
            if let Some(interrupt) = interrupt.filter(|interrupt| interrupt.is_requested()) {
                interrupt.withdraw();
                return Err(error::to_python(py, &stopped));
            }
            if let Some(limit) = time.filter(|limit| begin.elapsed() >= *limit) {
                return Err(error::to_python(py, &stopped.timed_out(limit)));
            }
        }
    }

    /// Waits for this thread's turn, for at most `time`; whether it came.
    fn wait(&self, me: usize, time: Duration) -> bool {
        let enters =
            || self.inside.compare_exchange(0, me, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let entered = enters() || {
            let waited = self.left.wait_timeout(turn, time);
            drop(waited);
            enters()
        };
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        entered
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.outermost {
            self.gate.inside.store(0, Ordering::SeqCst);
            if self.gate.waiting.load(Ordering::SeqCst) > 0 {
                drop(self.gate.turn.lock());
                self.gate.left.notify_one();
            }
        }
    }
}
