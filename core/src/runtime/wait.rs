//! Waiting on addresses of shared memories: `memory.atomic.wait` and `memory.atomic.notify`.

use crate::interrupt::Interrupt;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

/// How a wait ended; the numbers are those wasm sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    Woken = 0,
    NotEqual = 1,
    TimedOut = 2,
    /// The run is to stop.
    Interrupted = 3,
}

#[derive(Default)]
struct Waiter {
    state: Mutex<WaiterState>,
    changed: Condvar,
}

#[derive(Default)]
struct WaiterState {
    woken: bool,
    /// The run is to stop, or the thread to be visited.
    called: bool,
}

type Queues = HashMap<usize, VecDeque<Arc<Waiter>>>;

fn queues() -> MutexGuard<'static, Queues> {
    static QUEUES: OnceLock<Mutex<Queues>> = OnceLock::new();
    QUEUES.get_or_init(Mutex::default).lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Waits at `address` while `unchanged` holds; for ever if there is no `timeout`.
pub(crate) fn wait(
    address: usize,
    unchanged: impl FnOnce() -> bool,
    timeout: Option<Duration>,
    interrupt: Option<&Interrupt>,
) -> Waited {
    let waiter = Arc::new(Waiter::default());
    {
        // The comparison and the entry into the queue are one step for whoever notifies.
        let mut queues = queues();
        if !unchanged() {
            return Waited::NotEqual;
        }
        queues.entry(address).or_default().push_back(Arc::clone(&waiter));
    }
    let _waker = interrupt.map(|interrupt| {
        let waiter = Arc::clone(&waiter);
        interrupt.on_request_or_visit(Arc::new(move || {
            waiter.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).called = true;
            waiter.changed.notify_all();
        }))
    });
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut state = waiter.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    loop {
        if state.woken {
            return Waited::Woken;
        }
        let called = interrupt.filter(|_| std::mem::take(&mut state.called));
        if let Some(interrupt) = called.filter(|interrupt| !interrupt.is_requested()) {
            drop(state);
            interrupt.take_visit();
            state = waiter.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            continue;
        }
        let ended = if called.is_some() {
            Some(Waited::Interrupted)
        } else if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Some(Waited::TimedOut)
        } else {
            None
        };
        if let Some(ended) = ended {
            drop(state);
            return leave(address, &waiter, ended);
        }
        state = match deadline {
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                let waited = waiter.changed.wait_timeout(state, left);
                waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0
            }
            None => waiter.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner()),
        };
    }
}

/// Takes the waiter out of its queue, unless somebody has woken it meanwhile.
fn leave(address: usize, waiter: &Arc<Waiter>, ended: Waited) -> Waited {
    let mut queues = queues();
    if let Some(queue) = queues.get_mut(&address) {
        queue.retain(|other| !Arc::ptr_eq(other, waiter));
        if queue.is_empty() {
            queues.remove(&address);
        }
    }
    drop(queues);
    let woken = waiter.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).woken;
    if woken { Waited::Woken } else { ended }
}

/// Wakes up to `count` waiters at `address`; how many there were.
pub(crate) fn notify(address: usize, count: u32) -> u32 {
    let mut queues = queues();
    let Some(queue) = queues.get_mut(&address) else { return 0 };
    let mut woken = 0;
    while woken < count
        && let Some(waiter) = queue.pop_front()
    {
        waiter.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).woken = true;
        waiter.changed.notify_all();
        woken += 1;
    }
    if queue.is_empty() {
        queues.remove(&address);
    }
    woken
}
