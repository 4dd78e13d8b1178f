//! Calls that run on another thread while the caller goes on.
//!
//! A [`Task`] is the handle; `pool` has the threads. A task that waits in the queue belongs to
//! whoever takes its work first: a worker, or the handle that cancels it.

mod pool;

use crate::error::{ErrCode, Error, Result};
use crate::interrupt::Interrupt;
use crate::log::guarded;
use crate::runtime::{Val, drop_quietly};
use pool::Pool;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// A call that runs on a thread of the runtime's own.
///
/// Made by the `…_async` functions of [`Vm`](crate::Vm) and [`Executor`](crate::Executor), which
/// return at once. Any thread may wait for it, ask it and cancel it. It keeps alive what it calls.
///
/// Dropping a task that has not finished cancels it and waits until its guest has stopped, so that
/// afterwards nothing of it runs any more. A host function that neither returns nor watches
/// [`Caller::interrupt`](crate::Caller::interrupt) delays that; [`detach`](Task::detach) doesn't wait.
///
/// Threads do not survive `fork`: in the child a task made before it has failed, unless it had
/// finished; new ones can be made there.
///
/// ```
/// use std::time::Duration;
/// use wasmspan::{Config, ErrCode, Vm};
/// let vm = Vm::new(&Config::default())?;
/// let text = r#"(module (func (export "spin") (loop (br 0))))"#;
/// let task = vm.run_bytes_async(text, "spin", &[])?;
/// assert!(!task.wait_for(Duration::from_millis(20)));
/// task.cancel();
/// assert_eq!(task.get().unwrap_err().code(), ErrCode::Interrupted);
/// # Ok::<(), wasmspan::Error>(())
/// ```
pub struct Task {
    shared: Arc<Shared>,
    /// The process it was started in.
    process: u32,
    /// Whether dropping the handle leaves the task alone.
    detached: bool,
}

/// What a task does.
type Work = Box<dyn FnOnce() -> Result<Vec<Val>> + Send>;

/// What the handle and the worker share.
struct Shared {
    interrupt: Interrupt,
    state: Mutex<State>,
    finished: Condvar,
    callbacks: Mutex<Vec<Callback>>,
}

/// What is called when a task has finished.
type Callback = Box<dyn FnOnce() + Send>;

enum State {
    Queued(Work),
    Running(ThreadId),
    Finished(Result<Vec<Val>>),
}

impl Task {
    /// Starts `work` on a worker as soon as one is free. For bindings, whose calls end in their own
    /// language's event loop.
    ///
    /// # Errors
    ///
    /// If the system grants no thread.
    #[doc(hidden)]
    pub fn start(work: impl FnOnce() -> Result<Vec<Val>> + Send + 'static) -> Result<Task> {
        let shared = Arc::new(Shared {
            interrupt: Interrupt::new(),
            state: Mutex::new(State::Queued(Box::new(work))),
            finished: Condvar::new(),
            callbacks: Mutex::default(),
        });
        Pool::current().submit(Arc::clone(&shared))?;
        Ok(Task { shared, process: std::process::id(), detached: false })
    }

    /// Blocks until the task has finished.
    pub fn wait(&self) {
        drop(self.finished(None));
    }

    /// Blocks until the task has finished, for up to `timeout`; whether it has.
    pub fn wait_for(&self, timeout: Duration) -> bool {
        self.finished(Some(timeout)).is_some()
    }

    /// Whether the task has finished: returned, failed or stopped.
    pub fn is_finished(&self) -> bool {
        matches!(*self.state(), State::Finished(_))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.shared.lock();
        if self.process != std::process::id() && !matches!(*state, State::Finished(_)) {
            let stayed = Error::new(ErrCode::Interrupted)
                .detail("the call stayed in the process that was forked");
            let left = std::mem::replace(&mut *state, State::Finished(Err(stayed)));
            // The parent's thread may have been in the midst of it.
            std::mem::forget(left);
        }
        state
    }

    /// Asks the task to stop: it ends with `execution interrupted`, unless it has finished. Returns
    /// at once.
    pub fn cancel(&self) {
        if self.is_finished() {
            return;
        }
        if let Some(work) = self.shared.take_work() {
            // What it holds may run the host's code when dropped.
            drop(work);
            self.shared.finish(Err(Error::new(ErrCode::Interrupted)));
            return;
        }
        self.shared.interrupt.interrupt();
    }

    /// Waits, and gives the number of results; 0 if the call failed.
    pub fn result_len(&self) -> usize {
        match self.finished(None).as_deref() {
            Some(State::Finished(Ok(results))) => results.len(),
            _ => 0,
        }
    }

    /// Waits, and gives the results. May be called again.
    ///
    /// # Errors
    ///
    /// What the call ended with; `execution interrupted` if it was cancelled.
    pub fn get(&self) -> Result<Vec<Val>> {
        match self.finished(None).as_deref() {
            Some(State::Finished(result)) => result.clone(),
            _ => Err(Error::new(ErrCode::RuntimeError)),
        }
    }

    /// Calls `callback` once when the task has finished: now if it has, else on the thread that ends
    /// it, where it should neither block nor panic. For event loops, which then take the result.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use wasmspan::{Config, Vm};
    /// let vm = Vm::new(&Config::default())?;
    /// let text = r#"(module (func (export "two") (result i32) (i32.const 2)))"#;
    /// let task = vm.run_bytes_async(text, "two", &[])?;
    /// let (sender, receiver) = channel();
    /// task.on_finish(move || sender.send(()).expect("somebody listens"));
    /// receiver.recv().expect("it is called");
    /// assert!(task.is_finished());
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn on_finish(&self, callback: impl FnOnce() + Send + 'static) {
        let mut callbacks = self.shared.callbacks();
        // Looked at while nobody can take the callbacks away.
        if !self.is_finished() {
            callbacks.push(Box::new(callback));
            return;
        }
        drop(callbacks);
        callback();
    }

    /// Lets the task run on without its handle.
    pub fn detach(mut self) {
        self.detached = true;
    }

    /// Waits for the end; `None` when the time is over before.
    fn finished(&self, timeout: Option<Duration>) -> Option<MutexGuard<'_, State>> {
        /// How often a worker that waits looks whether it has to run the task itself.
        const LOOK: Duration = Duration::from_millis(5);
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.state();
        loop {
            if let State::Finished(_) = *state {
                return Some(state);
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return None;
            }
            let worker = pool::is_worker();
            if worker && end.is_none() && matches!(*state, State::Queued(_)) {
                // Nobody else may be left to run it.
                drop(state);
                if Pool::current().is_exhausted() && pool::has_stack_left() {
                    self.shared.run();
                }
                state = self.shared.lock();
                if let State::Finished(_) = *state {
                    return Some(state);
                }
            }
            let pause = match left {
                None if worker => Some(LOOK),
                left => left,
            };
            state = match pause {
                Some(pause) => {
                    let waited = self.shared.finished.wait_timeout(state, pause);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.shared.finished.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if self.detached || self.is_finished() {
            return;
        }
        self.cancel();
        let own = matches!(*self.shared.lock(), State::Running(thread) if thread == thread::current().id());
        if !own {
            self.wait();
        }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("finished", &self.is_finished()).finish()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The work, if nobody has taken it; the task then counts as running on this thread.
    fn take_work(&self) -> Option<Work> {
        let mut state = self.lock();
        if !matches!(*state, State::Queued(_)) {
            return None;
        }
        match std::mem::replace(&mut *state, State::Running(thread::current().id())) {
            State::Queued(work) => Some(work),
            _ => None,
        }
    }

    /// Does the work, unless somebody has taken it.
    fn run(&self) {
        let Some(work) = self.take_work() else { return };
        self.finish(guarded(|| self.interrupt.run(work)));
    }

    fn callbacks(&self) -> MutexGuard<'_, Vec<Callback>> {
        self.callbacks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, result: Result<Vec<Val>>) {
        *self.lock() = State::Finished(result);
        self.finished.notify_all();
        let callbacks = std::mem::take(&mut *self.callbacks());
        for callback in callbacks {
            drop_quietly(callback);
        }
    }
}
