//! Work on other threads: asynchronous calls, and imports that such calls make.
//!
//! A call runs as a [`Task`] of the runtime; its end is posted to the environment's thread, which
//! settles the promise. An import goes the same way to JavaScript, while the guest's thread waits
//! for the answer or for a request to stop; what JavaScript returns may be a promise.

use crate::env::{EnvState, Hook, JsRef, Shared, check};
use crate::error::{Failure, JsException, Outcome, to_js};
use crate::function::{self, apply, call_function};
use crate::gate::Gate;
use crate::value;
use napi::sys;
use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wasmspan::{Caller, Deadline, ErrCode, Error, FuncType, Interrupt, Task, Val};

/// What stays on the environment's thread while a task runs.
pub struct Parked {
    deferred: sys::napi_deferred,
    /// Of the instances that the task uses.
    gates: Vec<Gate>,
    /// Calls functions in the asynchronous context in which the task was started.
    context: Option<JsRef>,
    /// The task waits for an import, which may call its instances meanwhile.
    asking: Cell<bool>,
}

impl Parked {
    fn ask(&self) {
        if !self.asking.replace(true) {
            self.gates.iter().for_each(|gate| gate.wait());
        }
    }

    fn go_on(&self) {
        if self.asking.replace(false) {
            self.gates.iter().for_each(|gate| gate.resume());
        }
    }
}

thread_local! {
    /// The number of the task that this thread runs.
    static RUN: Cell<Option<u64>> = const { Cell::new(None) };
}

/// A task that was started: its promise, and the number to stop it by.
pub struct Started {
    pub promise: sys::napi_value,
    pub run: u64,
}

/// Runs `work` on another thread, and settles a promise with what `finish` makes of its result. The
/// gates are shut until then.
pub fn start<T: Send + 'static>(
    state: &Rc<EnvState>,
    gates: Vec<Gate>,
    work: impl FnOnce() -> wasmspan::Result<T> + Send + 'static,
    finish: impl FnOnce(&Rc<EnvState>, T) -> Outcome<sys::napi_value> + Send + 'static,
) -> Outcome<Started> {
    let (mut deferred, mut promise) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: the environment's thread.
    check(unsafe { sys::napi_create_promise(state.env, &mut deferred, &mut promise) })?;
    // Without gates no guest runs that could call.
    let context = match gates.is_empty() {
        true => None,
        false => {
            let snapshot = state.call_hook(Hook::Snapshot, &[]).ok_or(Failure::Pending)?;
            JsRef::new(state, snapshot)
        }
    };
    let run = state.next_run();
    let interrupt = Interrupt::new();
    state.shared.begin(run, interrupt.clone());
    for gate in &gates {
        gate.leave();
    }
    state.keep_loop();
    state
        .parked
        .borrow_mut()
        .insert(run, Parked { deferred, gates, context, asking: Cell::new(false) });
    let mut end = End {
        shared: Arc::clone(&state.shared),
        run,
        finish: Some(finish),
        result: std::marker::PhantomData,
    };
    let task = Task::start(move || {
        RUN.set(Some(run));
        let result = catch_unwind(AssertUnwindSafe(|| interrupt.run(work)));
        RUN.set(None);
        end.tell(result.unwrap_or_else(|panic| Err(wasmspan::log::fault(panic))));
        Ok(Vec::new())
    });
    // If no thread was granted, the work was dropped, which has told the promise.
    if let Ok(task) = task {
        task.detach();
    }
    Ok(Started { promise, run })
}

/// Tells a task's result to the environment's thread; also if the task never ran.
struct End<T: Send + 'static, F>
where
    F: FnOnce(&Rc<EnvState>, T) -> Outcome<sys::napi_value> + Send + 'static,
{
    shared: Arc<Shared>,
    run: u64,
    finish: Option<F>,
    result: std::marker::PhantomData<fn(T)>,
}

impl<T: Send + 'static, F> End<T, F>
where
    F: FnOnce(&Rc<EnvState>, T) -> Outcome<sys::napi_value> + Send + 'static,
{
    fn tell(&mut self, result: wasmspan::Result<T>) {
        let Some(finish) = self.finish.take() else { return };
        let run = self.run;
        self.shared.finish(run);
        self.shared.post(move |state| {
            let parked = state.parked.borrow_mut().remove(&run);
            let Some(parked) = parked else { return };
            // A guest that was stopped has not got its answer.
            parked.go_on();
            for gate in &parked.gates {
                gate.come_back();
            }
            state.release_loop();
            state.disturb();
            state.refresh_buffers();
            let outcome = result.map_err(Failure::Core).and_then(|value| finish(state, value));
            settle(state, parked.deferred, outcome);
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

/// An answer that a guest's thread waits for.
#[derive(Default)]
struct Answer {
    state: Mutex<AnswerState>,
    changed: Condvar,
}

#[derive(Default)]
struct AnswerState {
    result: Option<wasmspan::Result<Vec<Val>>>,
    stopped: bool,
}

impl Answer {
    fn lock(&self) -> MutexGuard<'_, AnswerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, result: wasmspan::Result<Vec<Val>>) {
        self.lock().result.get_or_insert(result);
        self.changed.notify_all();
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    fn wait(&self) -> wasmspan::Result<Vec<Val>> {
        let mut state = self.lock();
        loop {
            if let Some(result) = state.result.take() {
                return result;
            }
            if state.stopped {
                return Err(Error::new(ErrCode::Interrupted));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Gives the answer when it is dropped without one: the environment has ended.
struct Question {
    answer: Arc<Answer>,
    /// The task that asks.
    run: Option<u64>,
}

impl Question {
    /// Calls `tell` with the task that asks, while it runs.
    fn tell(&self, state: &EnvState, tell: impl Fn(&Parked)) {
        let parked = state.parked.borrow();
        self.run.and_then(|run| parked.get(&run)).into_iter().for_each(tell);
    }

    /// Lets the guest run on.
    fn answer(&self, state: &EnvState, result: wasmspan::Result<Vec<Val>>) {
        self.tell(state, Parked::go_on);
        self.answer.give(result);
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let detail = "the JavaScript environment ended, or never settled what an import returned";
        self.answer.give(Err(Error::with_detail(ErrCode::HostFuncError, detail)));
    }
}

/// Calls a JavaScript function from another thread than its own, and waits for what it returns, or
/// what the promise that it returns is resolved with.
pub fn call(
    caller: &Caller<'_>,
    shared: &Arc<Shared>,
    function: &Arc<JsRef>,
    ty: &FuncType,
    params: Vec<Val>,
) -> wasmspan::Result<Vec<Val>> {
    let answer = Arc::new(Answer::default());
    let question = Question { answer: Arc::clone(&answer), run: RUN.get() };
    let (function, ty) = (Arc::clone(function), ty.clone());
    shared.post(move |state| ask(state, question, &function, ty, &params));
    let stop = Arc::clone(&answer);
    let interrupt = caller.interrupt();
    let _waker = interrupt.as_ref().map(|i| i.on_request(Arc::new(move || stop.stop())));
    answer.wait()
}

/// Calls the function on its own thread.
fn ask(state: &Rc<EnvState>, question: Question, function: &JsRef, ty: FuncType, params: &[Val]) {
    state.refresh_buffers();
    question.tell(state, Parked::ask);
    let args: Outcome<Vec<_>> = params.iter().map(|param| value::to_js(state, param)).collect();
    let returned = args.and_then(|args| apply_for(state, question.run, function, args));
    if let Ok(value) = returned
        && value::is_object(state, value)
    {
        await_value(state, question, value, ty);
        return;
    }
    let results = returned.and_then(|value| value::returned_from_js(state, value, ty.results()));
    question.answer(state, results.map_err(|failure| function::as_error(state, failure)));
}

/// Calls a function in the context of the task that wants it.
fn apply_for(
    state: &Rc<EnvState>,
    run: Option<u64>,
    function: &JsRef,
    mut args: Vec<sys::napi_value>,
) -> Outcome<sys::napi_value> {
    let snapshot = {
        let parked = state.parked.borrow();
        let context = run.and_then(|run| parked.get(&run)?.context.as_ref());
        context.and_then(|context| context.get(state))
    };
    let (Some(snapshot), Some(callee)) = (snapshot, function.get(state)) else {
        return apply(state, function, &args);
    };
    args.insert(0, callee);
    call_function(state, snapshot, &args)
}

/// What is told what comes of an awaited value.
struct Pending {
    state: Rc<EnvState>,
    question: Option<Question>,
    ty: FuncType,
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(question) = self.question.take() {
            question.tell(&self.state, Parked::go_on);
        }
    }
}

/// Answers when the value has been awaited.
fn await_value(state: &Rc<EnvState>, question: Question, value: sys::napi_value, ty: FuncType) {
    let pending = Pending { state: Rc::clone(state), question: Some(question), ty };
    let pending = Rc::new(std::cell::RefCell::new(pending));
    let callback = |body: sys::napi_callback| {
        let mut function = ptr::null_mut();
        let data = Rc::into_raw(Rc::clone(&pending)).cast_mut().cast::<c_void>();
        // SAFETY: the environment's thread; the finalizer takes the count back.
        unsafe {
            sys::napi_create_function(state.env, ptr::null(), 0, body, data, &mut function);
            sys::napi_add_finalizer(
                state.env,
                function,
                data,
                Some(drop_pending),
                ptr::null_mut(),
                ptr::null_mut(),
            );
        }
        function
    };
    let (done, fail) = (callback(Some(resolved)), callback(Some(rejected)));
    if state.call_hook(Hook::Settle, &[value, done, fail]).is_none() {
        let error = function::as_error(state, Failure::Pending);
        if let Some(question) = pending.borrow_mut().question.take() {
            question.answer(state, Err(error));
        }
    }
}

type PendingCell = std::cell::RefCell<Pending>;

unsafe extern "C" fn drop_pending(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: the count that `await_value` gave away.
    drop(unsafe { Rc::from_raw(data.cast::<PendingCell>()) });
}

/// Reads the settled value and gives the answer that `answer` makes of it.
unsafe fn settled(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    answer: impl FnOnce(&Rc<EnvState>, &FuncType, sys::napi_value) -> wasmspan::Result<Vec<Val>>,
) -> sys::napi_value {
    let (mut count, mut value, mut data) = (1, ptr::null_mut(), ptr::null_mut());
    // SAFETY: Node-API calls us with the data that `await_value` gave.
    let pending = unsafe {
        sys::napi_get_cb_info(env, info, &mut count, &mut value, ptr::null_mut(), &mut data);
        &*data.cast::<PendingCell>()
    };
    let (state, question, ty) = {
        let mut pending = pending.borrow_mut();
        (Rc::clone(&pending.state), pending.question.take(), pending.ty.clone())
    };
    if let Some(question) = question {
        let result = catch_unwind(AssertUnwindSafe(|| answer(&state, &ty, value)));
        let failed = |panic| Err(wasmspan::log::fault(panic));
        question.answer(&state, result.unwrap_or_else(failed));
    }
    ptr::null_mut()
}

unsafe extern "C" fn resolved(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: called by Node-API.
    unsafe {
        settled(env, info, |state, ty, value| {
            value::returned_from_js(state, value, ty.results())
                .map_err(|failure| function::as_error(state, failure))
        })
    }
}

unsafe extern "C" fn rejected(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: called by Node-API.
    unsafe {
        settled(env, info, |state, _, value| {
            Err(match JsRef::new(state, value) {
                Some(reference) => Error::host(JsException(reference)),
                None => Error::new(ErrCode::HostFuncError),
            })
        })
    }
}

/// Runs `call` on this thread, and stops it after `timeout`.
pub fn with_timeout<T>(
    timeout: Option<Duration>,
    call: impl FnOnce() -> wasmspan::Result<T>,
) -> Outcome<T> {
    let Some(timeout) = timeout else { return Ok(call()?) };
    let interrupt = Interrupt::new();
    let deadline = Deadline::after(timeout, &interrupt, timeout)?;
    let result = interrupt.run(call);
    let expired = deadline.finish();
    match result {
        Err(error) if error.code() == ErrCode::Interrupted && expired => {
            Err(Failure::Timeout(error))
        }
        other => Ok(other?),
    }
}
