//! JavaScript functions that wasm imports, called from another thread than theirs: the guest's thread
//! waits for the reply or for a request to stop; what JavaScript returns may be a promise.

use crate::async_call::current_run;
use crate::env::{EnvState, Hook, JsRef, PendingCall, Shared};
use crate::error::{Failure, JsException, Outcome, as_error};
use crate::value;
use napi::sys;
use std::cell::RefCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use wasmspan::{Caller, ErrCode, Error, FuncType, Val};

/// What a JavaScript function gives, for which a guest's thread waits.
#[derive(Default)]
struct Reply {
    state: Mutex<ReplyState>,
    changed: Condvar,
}

#[derive(Default)]
struct ReplyState {
    result: Option<wasmspan::Result<Vec<Val>>>,
    stopped: bool,
}

impl Reply {
    fn lock(&self) -> MutexGuard<'_, ReplyState> {
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

/// Gives the reply when it is dropped without one: the environment has ended.
struct HostCall {
    reply: Arc<Reply>,
    /// The task that asks.
    run: Option<u64>,
}

impl HostCall {
    /// Calls `tell` with the task that asks, while it runs.
    fn tell(&self, state: &EnvState, tell: impl Fn(&PendingCall)) {
        let pending = state.pending.borrow();
        self.run.and_then(|run| pending.get(&run)).into_iter().for_each(tell);
    }

    /// Lets the guest run on.
    fn reply(&self, state: &EnvState, result: wasmspan::Result<Vec<Val>>) {
        self.tell(state, PendingCall::resume);
        self.reply.give(result);
    }
}

impl Drop for HostCall {
    fn drop(&mut self) {
        let detail = "the JavaScript environment ended, or never settled what an import returned";
        self.reply.give(Err(Error::with_detail(ErrCode::HostFuncError, detail)));
    }
}

/// Calls a JavaScript function from another thread than its own, and waits for what it returns, or
/// what the promise that it returns is resolved with.
pub fn call_there(
    caller: &Caller<'_>,
    shared: &Arc<Shared>,
    function: &Arc<JsRef>,
    ty: &FuncType,
    params: Vec<Val>,
) -> wasmspan::Result<Vec<Val>> {
    let reply = Arc::new(Reply::default());
    let call = HostCall { reply: Arc::clone(&reply), run: current_run() };
    let (function, ty) = (Arc::clone(function), ty.clone());
    shared.post(move |state| ask(state, call, &function, ty, &params));
    let stop = Arc::clone(&reply);
    let interrupt = caller.interrupt();
    let _waker = interrupt.as_ref().map(|i| i.on_request(Arc::new(move || stop.stop())));
    reply.wait()
}

/// Calls the function on its own thread.
fn ask(state: &Rc<EnvState>, call: HostCall, function: &JsRef, ty: FuncType, params: &[Val]) {
    state.refresh_buffers();
    call.tell(state, PendingCall::wait);
    let args: Outcome<Vec<_>> = params.iter().map(|param| value::to_js(state, param)).collect();
    let returned = args.and_then(|args| apply_for(state, call.run, function, args));
    if let Ok(value) = returned
        && value::is_object(state, value)
    {
        await_value(state, call, value, ty);
        return;
    }
    let results = returned.and_then(|value| value::returned_from_js(state, value, ty.results()));
    call.reply(state, results.map_err(|failure| as_error(state, failure)));
}

/// Calls a function in the context of the task that wants it.
fn apply_for(
    state: &Rc<EnvState>,
    run: Option<u64>,
    function: &JsRef,
    mut args: Vec<sys::napi_value>,
) -> Outcome<sys::napi_value> {
    let snapshot = {
        let pending = state.pending.borrow();
        let context = run.and_then(|run| pending.get(&run)?.context.as_ref());
        context.and_then(|context| context.get(state))
    };
    let (Some(snapshot), Some(callee)) = (snapshot, function.get(state)) else {
        return apply(state, function, &args);
    };
    args.insert(0, callee);
    call_function(state, snapshot, &args)
}

/// What is told what comes of an awaited value.
struct Awaited {
    state: Rc<EnvState>,
    call: Option<HostCall>,
    ty: FuncType,
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            call.tell(&self.state, PendingCall::resume);
        }
    }
}

/// Replies when the value has been awaited.
fn await_value(state: &Rc<EnvState>, call: HostCall, value: sys::napi_value, ty: FuncType) {
    let pending = Awaited { state: Rc::clone(state), call: Some(call), ty };
    let pending = Rc::new(RefCell::new(pending));
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
                Some(drop_awaited),
                ptr::null_mut(),
                ptr::null_mut(),
            );
        }
        function
    };
    let (done, fail) = (callback(Some(resolved)), callback(Some(rejected)));
    if state.call_hook(Hook::Settle, &[value, done, fail]).is_none() {
        let error = as_error(state, Failure::Pending);
        if let Some(call) = pending.borrow_mut().call.take() {
            call.reply(state, Err(error));
        }
    }
}

type AwaitedCell = RefCell<Awaited>;

unsafe extern "C" fn drop_awaited(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: the count that `await_value` gave away.
    drop(unsafe { Rc::from_raw(data.cast::<AwaitedCell>()) });
}

/// Reads the settled value and gives the reply that `reply` makes of it.
unsafe fn settled(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    reply: impl FnOnce(&Rc<EnvState>, &FuncType, sys::napi_value) -> wasmspan::Result<Vec<Val>>,
) -> sys::napi_value {
    let (mut count, mut value, mut data) = (1, ptr::null_mut(), ptr::null_mut());
    // SAFETY: Node-API calls us with the data that `await_value` gave.
    let pending = unsafe {
        sys::napi_get_cb_info(env, info, &mut count, &mut value, ptr::null_mut(), &mut data);
        &*data.cast::<AwaitedCell>()
    };
    let (state, call, ty) = {
        let mut pending = pending.borrow_mut();
        (Rc::clone(&pending.state), pending.call.take(), pending.ty.clone())
    };
    if let Some(call) = call {
        let result = catch_unwind(AssertUnwindSafe(|| reply(&state, &ty, value)));
        let failed = |panic| Err(wasmspan::log::fault(panic));
        call.reply(&state, result.unwrap_or_else(failed));
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
                .map_err(|failure| as_error(state, failure))
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

/// Calls a JavaScript function.
#[inline(always)]
pub fn apply(
    state: &EnvState,
    function: &JsRef,
    args: &[sys::napi_value],
) -> Outcome<sys::napi_value> {
    let Some(function) = function.get(state) else {
        return Err(Failure::Type("the imported function's environment has ended".into()));
    };
    call_function(state, function, args)
}

/// Calls a JavaScript function on its thread.
#[inline(always)]
pub fn call_function(
    state: &EnvState,
    function: sys::napi_value,
    args: &[sys::napi_value],
) -> Outcome<sys::napi_value> {
    let mut result = ptr::null_mut();
    // SAFETY: values of this environment, on its thread.
    let status = unsafe {
        let this = value::undefined(state);
        sys::napi_call_function(state.env, this, function, args.len(), args.as_ptr(), &mut result)
    };
    if status == sys::Status::napi_ok { Ok(result) } else { Err(Failure::Pending) }
}
