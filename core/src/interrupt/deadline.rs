//! Requests that come by themselves when their time has come.
//!
//! One thread of the process waits for the next deadline of all; it is made with the first one.
//! Calls without a deadline have nothing to do with it.

use super::Interrupt;
use crate::error::{ErrCode, Error, Result};
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// A request that is made at a moment, unless this is dropped before.
pub struct Deadline {
    timer: &'static Timer,
    key: Option<Key>,
}

/// The moment, and a number that tells deadlines of one moment apart.
type Key = (Instant, u64);

/// The thread's work.
struct Timer {
    /// The process it belongs to; a forked child has none of its threads.
    process: u32,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: BTreeMap<Key, (Interrupt, Duration)>,
    next: u64,
    running: bool,
}

impl Deadline {
    /// Interrupts after `time`; the error names `limit`, of which this is what is left. A time too long
    /// for the clock never ends.
    ///
    /// # Errors
    ///
    /// If the system grants no thread.
    pub fn after(time: Duration, interrupt: &Interrupt, limit: Duration) -> Result<Deadline> {
        let timer = Timer::current();
        let Some(moment) = Instant::now().checked_add(time) else {
            return Ok(Deadline { timer, key: None });
        };
        let mut state = timer.lock();
        if !state.running {
            let thread = std::thread::Builder::new().name("wasmspan-deadlines".into());
            thread.spawn(move || timer.run()).map_err(|error| {
                Error::with_detail(
                    ErrCode::RuntimeError,
                    format!("no thread for deadlines: {error}"),
                )
            })?;
            state.running = true;
        }
        let key = (moment, state.next);
        state.next += 1;
        let first = state.waiting.first_key_value().is_none_or(|(first, _)| key < *first);
        state.waiting.insert(key, (interrupt.clone(), limit));
        drop(state);
        if first {
            timer.changed.notify_one();
        }
        Ok(Deadline { timer, key: Some(key) })
    }
}

impl Deadline {
    /// Ends it; whether its moment had come before.
    pub fn finish(mut self) -> bool {
        self.remove()
    }

    fn remove(&mut self) -> bool {
        let Some(key) = self.key.take() else { return false };
        let removed = self.timer.lock().waiting.remove(&key);
        removed.is_none()
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        self.remove();
    }
}

impl Timer {
    fn current() -> &'static Timer {
        static TIMERS: OnceLock<Mutex<Vec<&'static Timer>>> = OnceLock::new();
        let process = std::process::id();
        let timers = TIMERS.get_or_init(Mutex::default);
        let mut timers = timers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = timers.iter().find(|timer| timer.process == process) {
            return own;
        }
        let own = Box::leak(Box::new(Timer {
            process,
            state: Mutex::default(),
            changed: Condvar::new(),
        }));
        timers.push(own);
        own
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let Some((&key, _)) = state.waiting.first_key_value() else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if key.0 > now {
                let waited = self.changed.wait_timeout(state, key.0 - now);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            let due = state.waiting.remove(&key);
            drop(state);
            if let Some((interrupt, limit)) = due {
                interrupt.expire(limit);
            }
            state = self.lock();
        }
    }
}
