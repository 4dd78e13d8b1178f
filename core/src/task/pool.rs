//! The threads that run tasks.
//!
//! There are as many as processors, and more while tasks wait without one being taken: the workers
//! are then blocked, perhaps on the very tasks that wait. A watcher that exists only while tasks
//! wait adds them, up to [`MAX_TASK_THREADS`]; these leave when they have had nothing to do for a while.
//!
//! A worker that has run a task looks out for the next one for a moment before it sleeps: whoever
//! waits for a task often starts another one at once, and waking a thread takes longer than most
//! calls. One worker at a time does so.

use super::Shared;
use crate::error::{ErrCode, Error, Result};
use crate::limits::{MAX_TASK_THREADS, TASK_STACK_BYTES};
use crate::platform::stack::{self, Stack};
use rustix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::collections::VecDeque;
use std::hint;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a worker that has run a task looks out for another one.
const MOMENT: Duration = Duration::from_micros(30);
/// How often it looks before it reads the clock.
const GLANCES: u32 = 16;
/// How long a worker without work stays, if there are more of them than processors.
const IDLE: Duration = Duration::from_secs(5);
/// How often the watcher looks.
const LOOK: Duration = Duration::from_millis(1);
/// How many looks in a row may find busy processors before a worker is added all the same.
const PATIENCE: u32 = 20;
/// Most workers that one look adds.
const MOST_ADDED: usize = 16;

/// Workers and what waits for them.
pub(super) struct Pool {
    /// The process it belongs to; a forked child has none of its threads.
    process: u32,
    state: Mutex<State>,
    work: Condvar,
    /// How long the queue is; written under the lock.
    queued: AtomicUsize,
    /// Whether a worker looks out for a task. After that it looks into the queue once more.
    looking: AtomicBool,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Arc<Shared>>,
    threads: usize,
    idle: usize,
    /// How many tasks were ever taken from the queue.
    taken: u64,
    watched: bool,
}

thread_local! {
    static WORKER: Cell<bool> = const { Cell::new(false) };
}

/// Whether the current thread runs tasks.
pub(super) fn is_worker() -> bool {
    WORKER.get()
}

/// Whether half of a worker's stack is still free.
pub(super) fn has_stack_left() -> bool {
    let stack = Stack::of_thread();
    stack::current_address().saturating_sub(stack.lowest) > (stack.end - stack.lowest) / 2
}

impl Pool {
    /// The pool of this process.
    pub fn current() -> &'static Pool {
        static POOLS: OnceLock<Mutex<Vec<&'static Pool>>> = OnceLock::new();
        static FIRST: OnceLock<&'static Pool> = OnceLock::new();
        let process = std::process::id();
        let first = FIRST.get_or_init(|| Pool::for_process(process));
        if first.process == process {
            return first;
        }
        // A forked child, which has a pool of its own.
        let pools = POOLS.get_or_init(Mutex::default);
        let mut pools = pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = pools.iter().find(|pool| pool.process == process) {
            return own;
        }
        let own = Pool::for_process(process);
        pools.push(own);
        own
    }

    fn for_process(process: u32) -> &'static Pool {
        Box::leak(Box::new(Pool {
            process,
            state: Mutex::default(),
            work: Condvar::new(),
            queued: AtomicUsize::new(0),
            looking: AtomicBool::new(false),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a task into the queue.
    pub fn submit(&'static self, task: Arc<Shared>) -> Result<()> {
        let usual = processors();
        let mut state = self.lock();
        state.queue.push_back(task);
        let queued = state.queue.len();
        self.queued.store(queued, Ordering::SeqCst);
        let looking = usize::from(self.looking.load(Ordering::SeqCst));
        if queued <= looking {
            return Ok(());
        }
        if queued <= looking + state.idle {
            drop(state);
            self.work.notify_one();
            return Ok(());
        }
        if state.threads < usual && self.add_worker(&mut state) {
            return Ok(());
        }
        if state.threads == 0 {
            state.queue.pop_back();
            self.queued.store(state.queue.len(), Ordering::SeqCst);
            let detail = "the system grants no thread for an asynchronous call";
            return Err(Error::with_detail(ErrCode::RuntimeError, detail));
        }
        if !state.watched {
            state.watched = spawn("wasmspan-tasks", 0, move || self.watch());
        }
        Ok(())
    }

    /// Whether there is neither a worker without work nor room for another.
    pub fn is_exhausted(&self) -> bool {
        let state = self.lock();
        state.threads >= MAX_TASK_THREADS && state.idle == 0
    }

    fn add_worker(&'static self, state: &mut State) -> bool {
        if state.threads >= MAX_TASK_THREADS
            || !spawn("wasmspan-task", TASK_STACK_BYTES, move || self.serve())
        {
            return false;
        }
        state.threads += 1;
        true
    }

    /// A worker's life.
    fn serve(&self) {
        WORKER.set(true);
        let mut state = self.lock();
        loop {
            if let Some(task) = state.queue.pop_front() {
                self.queued.store(state.queue.len(), Ordering::SeqCst);
                state.taken += 1;
                drop(state);
                task.run();
                drop(task);
                self.look_out();
                state = self.lock();
                continue;
            }
            state.idle += 1;
            // Waiting with a time limit takes longer.
            let mut over = false;
            if state.threads <= processors() {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                let waited = self.work.wait_timeout(state, IDLE);
                let (guard, ended) = waited.unwrap_or_else(PoisonError::into_inner);
                (state, over) = (guard, ended.timed_out());
            }
            state.idle -= 1;
            if over && state.queue.is_empty() {
                state.threads -= 1;
                return;
            }
        }
    }

    /// Waits a moment for a task without sleeping.
    fn look_out(&self) {
        if processors() == 1 || self.looking.swap(true, Ordering::SeqCst) {
            return;
        }
        let start = Instant::now();
        while start.elapsed() < MOMENT {
            if (0..GLANCES).any(|_| {
                hint::spin_loop();
                self.queued.load(Ordering::SeqCst) > 0
            }) {
                break;
            }
        }
        self.looking.store(false, Ordering::SeqCst);
    }

    /// The watcher's life: adds workers while tasks wait and none is taken.
    fn watch(&'static self) {
        let (mut seen, mut added) = (u64::MAX, 1);
        let mut last = (Instant::now(), processor_time());
        let mut passed_over = 0;
        loop {
            thread::sleep(LOOK);
            let now = (Instant::now(), processor_time());
            let (time, used) = (now.0 - last.0, now.1.saturating_sub(last.1));
            last = now;
            let mut state = self.lock();
            if state.queue.is_empty() {
                state.watched = false;
                return;
            }
            if state.taken != seen {
                (seen, added, passed_over) = (state.taken, 1, 0);
                continue;
            }
            // Workers that compute are not blocked, and more of them would only take turns.
            if used > time * processors() as u32 / 2 && passed_over < PATIENCE {
                passed_over += 1;
                continue;
            }
            passed_over = 0;
            for _ in 0..added.min(state.queue.len()) {
                if !self.add_worker(&mut state) {
                    break;
                }
            }
            added = (added * 2).min(MOST_ADDED);
        }
    }
}

fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Time for which all threads of the process have computed.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Starts a thread; with the usual stack if `stack` is 0.
fn spawn(name: &str, stack: usize, life: impl FnOnce() + Send + 'static) -> bool {
    let mut builder = thread::Builder::new().name(name.into());
    if stack > 0 {
        builder = builder.stack_size(stack);
    }
    builder.spawn(life).is_ok()
}
