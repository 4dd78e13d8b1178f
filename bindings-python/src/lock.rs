//! Exclusive use of an instance: one thread at a time runs it.

use crate::error;
use crate::names;
use pyo3::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wasmspan::{ErrCode, Error, Interrupt};

/// How long a thread that waits stays away from the interpreter, whose signal handlers may have to run.
pub const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// What ends a wait for an instance.
pub trait Waiting {
    /// The longest time; asked only by those that wait.
    fn time(&self) -> Option<Duration>;
    /// What others may stop it with.
    fn interrupt(&self) -> Option<&Interrupt>;
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
pub struct InstanceLock {
    /// The thread inside, or 0.
    inside: AtomicUsize,
    when_busy: WhenBusy,
    /// Anybody may enter: what it is for has no state of its own.
    is_open: bool,
    /// Calls keep the interpreter: for very short ones, in programs with many threads.
    pub keeps_interpreter: bool,
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
    lock: &'a InstanceLock,
    outermost: bool,
    /// How long it waited for its turn.
    pub waited: Duration,
}

impl InstanceLock {
    /// A free lock.
    pub fn new(when_busy: WhenBusy, keeps_interpreter: bool) -> InstanceLock {
        InstanceLock {
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
    pub fn open() -> InstanceLock {
        InstanceLock { is_open: true, ..InstanceLock::new(WhenBusy::Raise, true) }
    }

    #[inline]
    pub fn enter(&self, py: Python<'_>, waiting: &impl Waiting) -> PyResult<Entered<'_>> {
        let me = this_thread();
        let waited = Duration::ZERO;
        if self.is_open {
            return Ok(Entered { lock: self, outermost: false, waited });
        }
        match self.inside.compare_exchange(0, me, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => Ok(Entered { lock: self, outermost: true, waited }),
            Err(inside) if inside == me => Ok(Entered { lock: self, outermost: false, waited }),
            Err(inside) if stayed(inside) && self.take_over(inside, me) => {
                Ok(Entered { lock: self, outermost: true, waited })
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
        waiting: &impl Waiting,
    ) -> PyResult<Entered<'_>> {
        if self.when_busy == WhenBusy::Raise {
            let what = "another thread is running this instance; give it when_busy=\"wait\", or \
                        use an instance for each thread";
            return Err(error::raise(py, &names::BUSY, what)?);
        }
        let begin = Instant::now();
        let time = waiting.time();
        let interrupt = waiting.interrupt();
        loop {
            let left = time.map(|time| time.saturating_sub(begin.elapsed()));
            let now = left.map_or(POLL_INTERVAL, |left| left.min(POLL_INTERVAL));
            if py.detach(|| self.wait(me, now)) {
                return Ok(Entered { lock: self, outermost: true, waited: begin.elapsed() });
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
            self.lock.inside.store(0, Ordering::SeqCst);
            if self.lock.waiting.load(Ordering::SeqCst) > 0 {
                drop(self.lock.turn.lock());
                self.lock.left.notify_one();
            }
        }
    }
}
