//! Asynchronous calls: a call runs as a [`Task`] of the runtime, and its end is posted to the
//! environment's thread, which settles the promise.

use crate::env::{EnvState, Hook, JsRef, PendingCall, Shared, check};
use crate::error::{Failure, Outcome, to_js};
use crate::lock::Lock;
use crate::value;
use napi::sys;
use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use wasmspan::raw::Deadline;
use wasmspan::{ErrCode, Error, Interrupt, Task};

thread_local! {
    /// The number of the task that this thread runs.
    static RUN: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Something that a promise waits for: the promise, and the number to stop it by.
pub struct Started {
    pub promise: sys::napi_value,
    pub run: u64,
}

/// What may stop something that a promise waits for.
pub struct Stop {
    pub interrupt: Interrupt,
    /// Requests the interrupt when the time is over, while this lives.
    pub deadline: Option<Deadline>,
}

/// A promise that [`finish`] settles. The locks are held until then.
pub fn begin(
    state: &Rc<EnvState>,
    locks: Vec<Lock>,
    limit: Option<Duration>,
) -> Outcome<(Started, Stop)> {
    let interrupt = Interrupt::new();
    let deadline = limit.map(|limit| Deadline::after(limit, &interrupt, limit)).transpose()?;
    // Without locks no guest runs that could call.
    let context = if locks.is_empty() {
        None
    } else {
        let snapshot = state.call_hook(Hook::Snapshot, &[]).ok_or(Failure::Pending)?;
        JsRef::new(state, snapshot)
    };
    let (mut deferred, mut promise) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: the environment's thread.
    check(unsafe { sys::napi_create_promise(state.env, &mut deferred, &mut promise) })?;
    let run = state.next_run();
    state.shared.begin(run, interrupt.clone());
    for lock in &locks {
        lock.leave();
    }
    state.add_pending(run, PendingCall::new(deferred, locks, context));
    Ok((Started { promise, run }, Stop { interrupt, deadline }))
}

/// Settles the promise of [`begin`], unless that has happened; `outcome` is not called then.
pub fn finish(
    state: &Rc<EnvState>,
    run: u64,
    outcome: impl FnOnce(&Rc<EnvState>) -> Outcome<sys::napi_value>,
) {
    let pending = state.pending.borrow_mut().remove(&run);
    let Some(pending) = pending else { return };
    state.shared.finish(run);
    pending.come_back(state);
    state.disturb();
    state.refresh_buffers();
    settle(state, pending.deferred, outcome(state));
}

/// Runs `work` on another thread for as long as `limit` allows, and settles a promise with what
/// `convert` makes of its result. The locks are held until then.
pub fn start<T: Send + 'static>(
    state: &Rc<EnvState>,
    locks: Vec<Lock>,
    limit: Option<Duration>,
    work: impl FnOnce() -> wasmspan::Result<T> + Send + 'static,
    convert: impl FnOnce(&Rc<EnvState>, T) -> Outcome<sys::napi_value> + Send + 'static,
) -> Outcome<Started> {
    let (started, Stop { interrupt, deadline }) = begin(state, locks, limit)?;
    let run = started.run;
    let mut end =
        End { shared: Arc::clone(&state.shared), run, convert: Some(convert), result: PhantomData };
    let task = Task::start(move || {
        RUN.set(Some(run));
        let result = catch_unwind(AssertUnwindSafe(|| interrupt.run(work)));
        RUN.set(None);
        drop(deadline);
        end.tell(result.unwrap_or_else(|panic| Err(wasmspan::log::fault(panic))));
        Ok(Vec::new())
    });
    // If no thread was granted, the work was dropped, which has told the promise.
    if let Ok(task) = task {
        task.detach();
    }
    Ok(started)
}

/// Tells a task's result to the environment's thread; also if the task never ran.
struct End<T: Send + 'static, F>
where
    F: FnOnce(&Rc<EnvState>, T) -> Outcome<sys::napi_value> + Send + 'static,
{
    shared: Arc<Shared>,
    run: u64,
    convert: Option<F>,
    result: PhantomData<fn(T)>,
}

impl<T: Send + 'static, F> End<T, F>
where
    F: FnOnce(&Rc<EnvState>, T) -> Outcome<sys::napi_value> + Send + 'static,
{
    fn tell(&mut self, result: wasmspan::Result<T>) {
        let Some(convert) = self.convert.take() else { return };
        let run = self.run;
        // Nothing runs any more that could be stopped.
        self.shared.finish(run);
        self.shared.post(move |state| {
            finish(state, run, |state| convert(state, result?));
        });
    }
}

impl<T: Send + 'static, F> Drop for End<T, F>
where
    F: FnOnce(&Rc<EnvState>, T) -> Outcome<sys::napi_value> + Send + 'static,
{
    fn drop(&mut self) {
        let detail = "the system grants no thread for an asynchronous call";
        self.tell(Err(Error::with_detail(ErrCode::RuntimeError, detail)));
    }
}

/// Settles a promise.
fn settle(state: &EnvState, deferred: sys::napi_deferred, outcome: Outcome<sys::napi_value>) {
    // SAFETY: a promise of this environment that is settled once.
    unsafe {
        match outcome {
            Ok(value) => sys::napi_resolve_deferred(state.env, deferred, value),
            Err(failure) => {
                let reason = to_js(state, failure).unwrap_or_else(|| value::undefined(state));
                sys::napi_reject_deferred(state.env, deferred, reason)
            }
        };
    }
}

/// The call that the current thread runs for an environment.
pub fn current_run() -> Option<u64> {
    RUN.get()
}

/// Runs `call` on this thread, and stops it after `limit`.
pub fn within<T>(
    limit: Option<Duration>,
    call: impl FnOnce() -> wasmspan::Result<T>,
) -> wasmspan::Result<T> {
    match limit {
        Some(limit) => Interrupt::new().run_within(limit, call).0,
        None => call(),
    }
}
