//! What belongs to one JavaScript environment: the main thread's, or that of a worker.
//!
//! An [`EnvState`] stays on its thread. Its [`Shared`] part is what other threads may touch: they
//! send closures to the environment's thread, which the event loop runs, and references to
//! JavaScript values that they let go.

use crate::cycle::Order;
use crate::function::Exported;
use crate::handle::Known;
use crate::lock::Lock;
use napi::sys;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use wasmspan::{Interrupt, Memory};

/// A closure for the environment's thread.
type Job = Box<dyn FnOnce(&Rc<EnvState>) + Send>;

/// The state of one environment; reached from every function that JavaScript calls.
pub struct EnvState {
    pub env: sys::napi_env,
    pub shared: Arc<Shared>,
    /// Exported functions by [`Func::identity`](wasmspan::Func::identity).
    pub functions: RefCell<HashMap<usize, Function>>,
    /// JavaScript functions that are imported, by [`Survey::identity`](wasmspan::raw::Survey::identity).
    pub imports: RefCell<HashMap<usize, Weak<JsRef>>>,
    /// What other objects of JavaScript's hold.
    pub handles: RefCell<Vec<Known>>,
    /// When to look for cycles.
    pub order: Order,
    /// Buffers that JavaScript has over memories; they are detached when a memory has grown.
    pub buffers: RefCell<Vec<LiveBuffer>>,
    /// Functions of the package that the addon calls, in the order of [`Hook`].
    hooks: RefCell<Vec<sys::napi_ref>>,
    /// Promises that wait; while there are some, the event loop is kept running.
    waiting: Cell<usize>,
    next_run: Cell<u64>,
    /// Calls that promises wait for, by their numbers.
    pub pending: RefCell<HashMap<u64, PendingCall>>,
}

/// An exported function that JavaScript has.
#[derive(Clone, Copy)]
pub struct Function {
    /// Weak.
    pub reference: sys::napi_ref,
    pub exported: *const Exported,
}

/// A buffer over a memory, with the length it was made for.
pub struct LiveBuffer {
    pub id: usize,
    pub memory: Memory,
    pub len: usize,
    /// Weak.
    pub reference: sys::napi_ref,
}

/// Functions of the package that the addon calls.
#[derive(Clone, Copy)]
pub enum Hook {
    /// `(kind, message, code, userCode, frames) => Error`
    MakeError = 0,
    /// `(value) => bigint`, by JavaScript's rules.
    ToBigInt = 1,
    /// `(iterable) => array`
    ToArray = 2,
    /// `(value, done, fail)`: awaits the value, and calls one of the two with what comes of it.
    Settle = 3,
    /// `(milliseconds)`: has the core surveyed after that time.
    Schedule = 4,
    /// `(object, knot)`: the object holds the knot from now on, and nothing that it was tied to before.
    Tie = 5,
    /// `() => (function, ...args) => value`: what calls functions later in the asynchronous context
    /// of now.
    Snapshot = 6,
}

/// What stays on the environment's thread of a call that runs, or waits, elsewhere.
pub struct PendingCall {
    pub deferred: sys::napi_deferred,
    /// Of the instances that the call uses.
    locks: Vec<Lock>,
    /// Calls functions in the asynchronous context in which the call was made.
    pub context: Option<JsRef>,
    /// The call waits for an import, which may call its instances meanwhile.
    waits: Cell<bool>,
    /// The event loop is kept running for it.
    keeps_loop: Cell<bool>,
    /// What is let go when it has ended.
    kept: Option<Box<dyn Any>>,
}

impl PendingCall {
    /// A call that has just left.
    pub fn new(deferred: sys::napi_deferred, locks: Vec<Lock>, context: Option<JsRef>) -> Self {
        let (waits, keeps_loop) = (Cell::new(false), Cell::new(true));
        PendingCall { deferred, locks, context, waits, keeps_loop, kept: None }
    }

    /// Lets go of `what` when the call has ended.
    pub fn keep(&mut self, what: impl Any) {
        self.kept = Some(Box::new(what));
    }

    /// It waits for an import.
    pub fn wait(&self) {
        if !self.waits.replace(true) {
            self.locks.iter().for_each(|lock| lock.wait());
        }
    }

    /// It waits no longer.
    pub fn resume(&self) {
        if self.waits.replace(false) {
            self.locks.iter().for_each(|lock| lock.resume());
        }
    }

    /// It has ended. A guest that was stopped has not got the reply that it waited for.
    pub fn come_back(&self, state: &EnvState) {
        if self.keeps_loop.get() {
            state.release_loop();
        }
        self.resume();
        self.locks.iter().for_each(|lock| lock.come_back());
    }
}

/// The part of an environment that every thread may touch.
pub struct Shared {
    /// Null when the environment has ended.
    entrance: Mutex<Entrance>,
    alive: AtomicBool,
    /// References that other threads let go.
    garbage: Mutex<Vec<Garbage>>,
    /// What runs on other threads for this environment, to be stopped when it ends.
    running: Mutex<HashMap<u64, Interrupt>>,
}

struct Entrance(sys::napi_threadsafe_function);
// SAFETY: Node-API lets every thread call a thread-safe function; the lock orders that with its end.
unsafe impl Send for Entrance {}

struct Garbage(sys::napi_ref);
// SAFETY: only a word; it is deleted on its own thread.
unsafe impl Send for Garbage {}

thread_local! {
    /// Environments of this thread: one, unless the addon was loaded twice. In boxes, since
    /// `CURRENT` points to one.
    #[allow(clippy::vec_box)]
    static STATES: RefCell<Vec<Box<Rc<EnvState>>>> = const { RefCell::new(Vec::new()) };
    /// One of them, for the hot path; null when there is none.
    static CURRENT: Cell<*const Rc<EnvState>> = const { Cell::new(ptr::null()) };
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl EnvState {
    /// Sets a new environment up; called when the addon is loaded into it.
    pub fn create(env: sys::napi_env) -> napi::Result<Rc<EnvState>> {
        let shared = Arc::new(Shared {
            entrance: Mutex::new(Entrance(ptr::null_mut())),
            alive: AtomicBool::new(true),
            garbage: Mutex::default(),
            running: Mutex::default(),
        });
        let state = Rc::new(EnvState {
            env,
            shared: Arc::clone(&shared),
            functions: RefCell::default(),
            imports: RefCell::default(),
            handles: RefCell::default(),
            order: Order::default(),
            buffers: RefCell::default(),
            hooks: RefCell::default(),
            waiting: Cell::new(0),
            next_run: Cell::new(0),
            pending: RefCell::default(),
        });
        // SAFETY: the environment is the one that loads us; the hook's argument is a count of the
        // state that the hook takes back.
        unsafe {
            let mut name = ptr::null_mut();
            check(sys::napi_create_string_utf8(env, c"wasmspan".as_ptr(), 8, &mut name))?;
            let mut entrance = ptr::null_mut();
            check(sys::napi_create_threadsafe_function(
                env,
                ptr::null_mut(),
                ptr::null_mut(),
                name,
                0,
                1,
                ptr::null_mut(),
                None,
                ptr::null_mut(),
                Some(run_job),
                &mut entrance,
            ))?;
            check(sys::napi_unref_threadsafe_function(env, entrance))?;
            lock(&shared.entrance).0 = entrance;
            let argument = Rc::into_raw(Rc::clone(&state)).cast_mut().cast();
            check(sys::napi_add_env_cleanup_hook(env, Some(end), argument))?;
        }
        let kept = Box::new(Rc::clone(&state));
        CURRENT.set(&raw const *kept);
        STATES.with(|states| states.borrow_mut().push(kept));
        Ok(state)
    }

    /// The state of an environment of this thread.
    pub fn of(env: sys::napi_env) -> napi::Result<Rc<EnvState>> {
        STATES.with(|states| {
            let states = states.borrow();
            let found = states.iter().find(|state| state.env == env);
            found.map(|state| Rc::clone(state)).ok_or_else(|| {
                napi::Error::from_reason("this JavaScript environment has ended or never began")
            })
        })
    }

    /// Calls `body` with the state that `shared` belongs to, if that is one of the current thread.
    #[inline(always)]
    pub fn here<T>(shared: &Arc<Shared>, body: impl FnOnce(&Rc<EnvState>) -> T) -> Option<T> {
        let current = CURRENT.get();
        // SAFETY: null unless the environment lives, and it does not end during a call from it.
        if let Some(state) = unsafe { current.as_ref() }
            && Arc::ptr_eq(&state.shared, shared)
        {
            return Some(body(state));
        }
        let find = |states: &RefCell<Vec<Box<Rc<EnvState>>>>| {
            let states = states.try_borrow().ok()?;
            let found = states.iter().find(|state| Arc::ptr_eq(&state.shared, shared))?;
            Some(Rc::clone(found))
        };
        STATES.try_with(find).ok().flatten().map(|state| body(&state))
    }

    /// Keeps the functions that [`Hook`] names, in place of earlier ones.
    pub fn set_hooks(&self, functions: &[sys::napi_value]) -> napi::Result<()> {
        let mut hooks = Vec::with_capacity(functions.len());
        for &function in functions {
            let mut reference = ptr::null_mut();
            // SAFETY: a function of this environment.
            check(unsafe { sys::napi_create_reference(self.env, function, 1, &mut reference) })?;
            hooks.push(reference);
        }
        // The knots go with the functions that keep them.
        self.untie_all();
        for old in self.hooks.replace(hooks) {
            // SAFETY: a reference of this environment, deleted once, on its thread.
            unsafe { sys::napi_delete_reference(self.env, old) };
        }
        Ok(())
    }

    /// Calls a function of the package; `None` if it threw, and then an exception is pending.
    pub fn call_hook(&self, hook: Hook, args: &[sys::napi_value]) -> Option<sys::napi_value> {
        let reference = *self.hooks.borrow().get(hook as usize)?;
        let (mut function, mut this, mut result) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: the hooks are references of this environment, on whose thread we are.
        unsafe {
            sys::napi_get_reference_value(self.env, reference, &mut function);
            sys::napi_get_undefined(self.env, &mut this);
            let status = sys::napi_call_function(
                self.env,
                this,
                function,
                args.len(),
                args.as_ptr(),
                &mut result,
            );
            (status == sys::Status::napi_ok).then_some(result)
        }
    }

    /// Keeps the event loop running until as many calls of [`release_loop`](Self::release_loop).
    fn keep_loop(&self) {
        let waiting = self.waiting.get();
        self.waiting.set(waiting + 1);
        if waiting == 0 {
            let entrance = lock(&self.shared.entrance);
            if !entrance.0.is_null() {
                // SAFETY: not ended, since the word is not null; this is the environment's thread.
                unsafe { sys::napi_ref_threadsafe_function(self.env, entrance.0) };
            }
        }
    }

    /// Takes one [`keep_loop`](Self::keep_loop) back.
    fn release_loop(&self) {
        let waiting = self.waiting.get().saturating_sub(1);
        self.waiting.set(waiting);
        if waiting == 0 {
            let entrance = lock(&self.shared.entrance);
            if !entrance.0.is_null() {
                // SAFETY: as in `keep_loop`.
                unsafe { sys::napi_unref_threadsafe_function(self.env, entrance.0) };
            }
        }
    }

    /// Adds a call for which the event loop is kept running.
    pub fn add_pending(&self, run: u64, call: PendingCall) {
        self.keep_loop();
        self.pending.borrow_mut().insert(run, call);
    }

    /// Lets the event loop end before that call has.
    pub fn let_loop_end(&self, run: u64) {
        if self.pending.borrow().get(&run).is_some_and(|call| call.keeps_loop.replace(false)) {
            self.release_loop();
        }
    }

    /// Takes [`let_loop_end`](Self::let_loop_end) back.
    pub fn keep_loop_for(&self, run: u64) {
        if self.pending.borrow().get(&run).is_some_and(|call| !call.keeps_loop.replace(true)) {
            self.keep_loop();
        }
    }

    /// A number for something that runs on another thread; see [`Shared::begin`].
    pub fn next_run(&self) -> u64 {
        let run = self.next_run.get();
        self.next_run.set(run + 1);
        run
    }

    /// Deletes what other threads have let go.
    pub fn collect_garbage(&self) {
        let garbage = std::mem::take(&mut *lock(&self.shared.garbage));
        for reference in garbage {
            // SAFETY: references of this environment, deleted once, on its thread.
            unsafe { sys::napi_delete_reference(self.env, reference.0) };
        }
    }

    /// Detaches the buffers of memories that have grown, as the JavaScript API of WebAssembly has it.
    #[inline(always)]
    pub fn refresh_buffers(&self) {
        let buffers = self.buffers.borrow();
        if buffers.iter().any(|buffer| buffer.memory.len() != buffer.len) {
            drop(buffers);
            self.detach_grown();
        }
    }

    /// Forgets a buffer that was collected.
    pub fn forget_buffer(&self, id: usize) {
        let taken = {
            let mut buffers = self.buffers.borrow_mut();
            let at = buffers.iter().position(|buffer| buffer.id == id);
            at.map(|at| buffers.swap_remove(at))
        };
        if let Some(buffer) = taken {
            // SAFETY: the reference belongs to this environment and is deleted once.
            unsafe { sys::napi_delete_reference(self.env, buffer.reference) };
        }
    }

    /// Detaches the buffers of `memory`.
    pub fn detach(&self, memory: &Memory) {
        self.detach_if(|buffer| buffer.memory.same(memory));
    }

    #[cold]
    fn detach_grown(&self) {
        self.detach_if(|buffer| buffer.memory.len() != buffer.len);
    }

    /// No borrow is held while Node-API is called: some runtimes run finalizers within such calls.
    fn detach_if(&self, outdated: impl Fn(&LiveBuffer) -> bool) {
        let taken: Vec<LiveBuffer> =
            self.buffers.borrow_mut().extract_if(.., |buffer| outdated(buffer)).collect();
        for buffer in taken {
            // SAFETY: the reference belongs to this environment and is deleted once, here, since the
            // buffer is off the list.
            unsafe {
                let mut value = ptr::null_mut();
                sys::napi_get_reference_value(self.env, buffer.reference, &mut value);
                if !value.is_null() {
                    sys::napi_detach_arraybuffer(self.env, value);
                }
                sys::napi_delete_reference(self.env, buffer.reference);
            }
        }
    }
}

impl Shared {
    /// Whether the environment has not ended.
    pub fn is_alive(&self) -> bool {
        self.alive.load(Ordering::SeqCst)
    }

    /// Has the environment's thread run `job` as soon as its event loop gets there. If it has ended,
    /// `job` is dropped instead.
    pub fn post(&self, job: impl FnOnce(&Rc<EnvState>) + Send + 'static) {
        let job: Job = Box::new(job);
        let data = Box::into_raw(Box::new(job));
        let status = {
            let entrance = lock(&self.entrance);
            if entrance.0.is_null() {
                sys::Status::napi_closing
            } else {
                // SAFETY: not ended; the callee takes the box over if it says ok.
                unsafe {
                    sys::napi_call_threadsafe_function(
                        entrance.0,
                        data.cast(),
                        sys::ThreadsafeFunctionCallMode::nonblocking,
                    )
                }
            }
        };
        if status != sys::Status::napi_ok {
            // SAFETY: nobody took it over.
            drop(unsafe { Box::from_raw(data) });
        }
    }

    /// Notes what runs on another thread, so that the environment's end stops it.
    pub fn begin(&self, run: u64, interrupt: Interrupt) {
        lock(&self.running).insert(run, interrupt);
        if !self.alive.load(Ordering::SeqCst)
            && let Some(interrupt) = lock(&self.running).get(&run)
        {
            interrupt.interrupt();
        }
    }

    /// Ends what [`begin`](Self::begin) began.
    pub fn finish(&self, run: u64) {
        let ended = lock(&self.running).remove(&run);
        drop(ended);
    }

    /// Asks what [`begin`](Self::begin) began to stop.
    pub fn stop(&self, run: u64) {
        let interrupt = lock(&self.running).get(&run).cloned();
        if let Some(interrupt) = interrupt {
            interrupt.interrupt();
        }
    }
}

/// A counted reference to a JavaScript value, which any thread may hold and let go.
pub struct JsRef {
    shared: Arc<Shared>,
    env: sys::napi_env,
    raw: sys::napi_ref,
    /// The reference is to an array with the value in it: numbers and the like can't be referred to.
    boxed: bool,
    /// JavaScript's collector decides about the value.
    weak: AtomicBool,
}

// SAFETY: the value is reached only on its own thread, which `get` checks; see `Drop` for the rest.
unsafe impl Send for JsRef {}
// SAFETY: as above.
unsafe impl Sync for JsRef {}

impl JsRef {
    /// A reference to `value`; `None` if an exception is pending or the environment ends.
    pub fn new(state: &EnvState, value: sys::napi_value) -> Option<JsRef> {
        let env = state.env;
        // SAFETY: a value of this environment, on its thread.
        unsafe {
            let mut kind = 0;
            sys::napi_typeof(env, value, &mut kind);
            let boxed = !matches!(
                kind,
                sys::ValueType::napi_object
                    | sys::ValueType::napi_function
                    | sys::ValueType::napi_external
            );
            let mut target = value;
            if boxed {
                sys::napi_create_array_with_length(env, 1, &mut target);
                sys::napi_set_element(env, target, 0, value);
            }
            let mut raw = ptr::null_mut();
            let status = sys::napi_create_reference(env, target, 1, &mut raw);
            let shared = Arc::clone(&state.shared);
            (status == sys::Status::napi_ok).then_some(JsRef {
                shared,
                env,
                raw,
                boxed,
                weak: AtomicBool::new(false),
            })
        }
    }

    /// Whether the reference may be made weak here.
    pub fn can_be_weak(&self, state: &EnvState) -> bool {
        !self.boxed && Arc::ptr_eq(&self.shared, &state.shared)
    }

    /// Leaves it to JavaScript's collector whether the value lives; on its own thread.
    pub fn weaken(&self) {
        if !self.weak.swap(true, Ordering::Relaxed) {
            let mut count = 0;
            // SAFETY: only `cycle` calls this, on the thread of the environment.
            unsafe { sys::napi_reference_unref(self.env, self.raw, &mut count) };
        }
    }

    /// Takes [`weaken`](Self::weaken) back, while the value still lives.
    pub fn strengthen(&self) {
        if self.weak.swap(false, Ordering::Relaxed) {
            let mut count = 0;
            // SAFETY: as in `weaken`.
            unsafe { sys::napi_reference_ref(self.env, self.raw, &mut count) };
        }
    }

    /// The value, on its own thread; `None` elsewhere.
    pub fn get(&self, state: &EnvState) -> Option<sys::napi_value> {
        if !Arc::ptr_eq(&self.shared, &state.shared) {
            return None;
        }
        let mut value = ptr::null_mut();
        // SAFETY: this is the value's environment and thread.
        unsafe {
            sys::napi_get_reference_value(self.env, self.raw, &mut value);
            if self.boxed && !value.is_null() {
                let mut inner = ptr::null_mut();
                sys::napi_get_element(self.env, value, 0, &mut inner);
                value = inner;
            }
        }
        (!value.is_null()).then_some(value)
    }
}

impl Drop for JsRef {
    fn drop(&mut self) {
        if !self.shared.alive.load(Ordering::SeqCst) {
            // The environment has freed its references, or is about to.
            return;
        }
        if EnvState::here(&self.shared, |_| ()).is_some() {
            // SAFETY: a reference of this thread's environment, deleted once.
            unsafe { sys::napi_delete_reference(self.env, self.raw) };
            return;
        }
        let first = {
            let mut garbage = lock(&self.shared.garbage);
            garbage.push(Garbage(self.raw));
            garbage.len() == 1
        };
        if first {
            self.shared.post(|state| state.collect_garbage());
        }
    }
}

/// An error of Node-API as one of the bindings' crate.
pub fn check(status: sys::napi_status) -> napi::Result<()> {
    if status == sys::Status::napi_ok {
        return Ok(());
    }
    let status = napi::Status::from(status);
    Err(napi::Error::new(status, format!("Node-API refused: {status}")))
}

/// Runs a posted closure on the environment's thread.
unsafe extern "C" fn run_job(
    env: sys::napi_env,
    _function: sys::napi_value,
    _context: *mut c_void,
    data: *mut c_void,
) {
    // SAFETY: `post` made the box for us.
    let job = unsafe { Box::from_raw(data.cast::<Job>()) };
    if env.is_null() {
        return;
    }
    let Ok(state) = EnvState::of(env) else { return };
    // The error has nobody to go to; what the closure held has told its waiter when dropped.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(&state))) {
        wasmspan::log::fault(panic);
    }
}

/// The environment ends: stops what runs for it, and lets no thread in any more.
unsafe extern "C" fn end(argument: *mut c_void) {
    // SAFETY: the count that `create` gave away.
    let state = unsafe { Rc::from_raw(argument.cast::<EnvState>()) };
    let shared = &state.shared;
    shared.alive.store(false, Ordering::SeqCst);
    for interrupt in lock(&shared.running).values() {
        interrupt.interrupt();
    }
    let entrance = std::mem::replace(&mut lock(&shared.entrance).0, ptr::null_mut());
    // SAFETY: made in `create`, and released once.
    unsafe {
        sys::napi_release_threadsafe_function(entrance, sys::ThreadsafeFunctionReleaseMode::abort)
    };
    CURRENT.set(ptr::null());
    STATES.with(|states| {
        if let Ok(mut states) = states.try_borrow_mut() {
            states.retain(|known| !Rc::ptr_eq(known, &state));
        }
    });
}
