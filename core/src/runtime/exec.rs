//! State of a stack that wasm runs on, and what a host function sees of it.
//!
//! A thread has one such state for its own stack, and one for each other stack (of a fiber, a coroutine)
//! on which wasm runs or is suspended inside a host function. So each stack has its own landing, limit,
//! interrupt and counting, and stacks may be switched in host functions in any order.

use super::extern_ref::ExternRef;
use super::instance::Instance;
use super::memory::Memory;
use super::meter::{Meter, UNLIMITED};
use super::node::NodeRef;
use super::wasm_instance::WasmInstance;
use crate::abi::context::NO_SITE;
use crate::abi::{ExecCtx, InstanceCtx};
use crate::config;
use crate::error::{ErrCode, Error, Frame, Result};
use crate::interrupt::{Interrupt, STOP, VISIT, visit_now};
use crate::limits::{MAX_BACKTRACE_FRAMES, UNKNOWN_STACK_NEAR, UNKNOWN_STACK_ROOM};
use crate::platform::stack::{self, Stack};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The activations of one stack. Generated code sees the first field.
#[repr(C)]
pub(crate) struct Exec {
    pub jit: ExecCtx,
    /// The stack that this is the state of.
    stack: Stack,
    /// Addresses, from the stack's lowest, at which the state is certainly the right one: those of the
    /// thread's own stack.
    certain: usize,
    /// Where the stack was when its limit was set.
    found_at: usize,
    /// Whether the thread has states for other stacks too.
    several: bool,
    /// Error of the host function that ended the activation.
    pub pending: Option<Error>,
    /// Return addresses and sites of the frames a trap unwound, innermost first.
    pub frames: RawFrames,
    /// Number of activations on this stack.
    pub depth: usize,
    /// The enclosing activation, while there is one.
    pub outer: *const Saved,
    /// Counting of the current call; null if nothing is counted.
    pub meter: *mut Meter,
    /// The interrupt that the current call runs under.
    pub interrupt: Option<Interrupt>,
    /// A binding's record of the innermost host function of its own.
    pub binding_frame: *const (),
    /// What references that came in from the host point to; kept until the outermost call ends.
    pub pinned_nodes: HashMap<usize, NodeRef>,
    pub pinned_externs: HashMap<usize, ExternRef>,
}

/// What an activation changes of its thread's state, kept on the host's stack meanwhile.
pub(crate) struct Saved {
    pub entry_fp: usize,
    pub entry_sp: usize,
    pub entry_pc: usize,
    pub caller: *mut InstanceCtx,
    pub exit_fp: usize,
    pub exit_site: u64,
    pub outer: *const Saved,
}

/// The activation that has called a host function, which may have let others run meanwhile.
pub(crate) struct Activation {
    entry_fp: usize,
    entry_sp: usize,
    entry_pc: usize,
    outer: *const Saved,
    depth: usize,
}

impl Activation {
    /// The innermost one of a state.
    ///
    /// # Safety
    ///
    /// `exec` must be alive and of this thread.
    #[inline(always)]
    pub unsafe fn of(exec: *const Exec) -> Activation {
        // SAFETY: the caller's promise.
        let (jit, outer, depth) = unsafe { (&(*exec).jit, (*exec).outer, (*exec).depth) };
        Activation {
            entry_fp: jit.entry_fp,
            entry_sp: jit.entry_sp,
            entry_pc: jit.entry_pc,
            outer,
            depth,
        }
    }

    /// Makes it the innermost one again. It is, unless the host function has left this stack and
    /// others have called wasm in the meantime: on other stacks of the thread, or on this one if
    /// their frames are copied away and back.
    ///
    /// # Safety
    ///
    /// As for [`of`](Activation::of).
    #[inline(always)]
    pub unsafe fn resume(&self, exec: *mut Exec) {
        // SAFETY: the caller's promise.
        unsafe {
            if (*exec).jit.entry_sp != self.entry_sp || (*exec).depth != self.depth {
                self.restore(exec);
            }
            if (*exec).several {
                Exec::resume(exec);
            }
        }
    }

    #[cold]
    unsafe fn restore(&self, exec: *mut Exec) {
        // SAFETY: the caller's promise.
        unsafe {
            (*exec).jit.entry_fp = self.entry_fp;
            (*exec).jit.entry_sp = self.entry_sp;
            (*exec).jit.entry_pc = self.entry_pc;
            (*exec).outer = self.outer;
            (*exec).depth = self.depth;
        }
    }
}

/// Frames of a trap, gathered without allocation.
pub(crate) struct RawFrames {
    entries: [RawFrame; MAX_BACKTRACE_FRAMES],
    len: usize,
}

#[derive(Clone, Copy)]
pub(crate) enum RawFrame {
    /// The instruction that faulted.
    Fault(usize),
    /// The instruction after a call.
    Return(usize),
    /// Where a builtin was called, in an instance.
    Site(u64, *mut InstanceCtx),
}

impl RawFrames {
    pub fn clear(&mut self) {
        self.len = 0;
    }

    pub fn push(&mut self, frame: RawFrame) {
        if let Some(entry) = self.entries.get_mut(self.len) {
            *entry = frame;
            self.len += 1;
        }
    }

    /// The innermost one.
    pub fn first(&self) -> Option<RawFrame> {
        self.entries[..self.len].first().copied()
    }

    pub fn is_full(&self) -> bool {
        self.len == self.entries.len()
    }

    /// Looks the frames up.
    ///
    /// # Safety
    ///
    /// The code and instances of the frames must still be alive.
    pub unsafe fn resolve(&self) -> Vec<Frame> {
        let mut frames = Vec::with_capacity(self.len);
        for entry in &self.entries[..self.len] {
            let (pc, is_return) = match *entry {
                RawFrame::Fault(pc) => (pc, false),
                RawFrame::Return(pc) => (pc, true),
                RawFrame::Site(site, instance) => {
                    // SAFETY: the caller's promise.
                    let instance = unsafe { WasmInstance::of(instance) };
                    let symbols = instance.code.image.symbols().clone();
                    frames.push(Frame::new((site >> 32) as u32, Some(site as u32), symbols));
                    continue;
                }
            };
            // SAFETY: the caller's promise.
            if let Some(place) = unsafe { crate::engine::image::place_at(pc, is_return) } {
                frames.push(Frame::new(place.func_index, place.offset, place.symbols));
            }
        }
        frames
    }
}

thread_local! {
    /// The state of the stack that ran last on this thread, and of the one that runs wasm. Without
    /// a destructor, so that reading it is one load, also in a signal handler.
    static CURRENT: Cell<*mut Exec> = const { Cell::new(ptr::null_mut()) };
    static OWNED: OwnedExecs = const { OwnedExecs(RefCell::new(Vec::new())) };
}

/// All states of a thread, freed when it ends.
struct OwnedExecs(RefCell<Vec<*mut Exec>>);

impl Drop for OwnedExecs {
    fn drop(&mut self) {
        CURRENT.with(|current| current.set(ptr::null_mut()));
        for exec in self.0.take() {
            // SAFETY: made by `Box::into_raw` in `create`, and not freed yet; no activation can be
            // on an ending thread.
            let exec = unsafe { Box::from_raw(exec) };
            // Only what guards the whole thread is still attached.
            if let Some(interrupt) = &exec.interrupt {
                interrupt.detach(&exec.jit.stop, false);
            }
        }
    }
}

impl OwnedExecs {
    /// The state of the stack that has `here` in it.
    fn find(&self, here: usize) -> *mut Exec {
        let mut all = self.0.borrow_mut();
        let last = CURRENT.with(Cell::get);
        // SAFETY: all are this thread's and alive; nothing holds a reference to one.
        let state = |exec: *mut Exec| unsafe { &mut *exec };
        if !last.is_null() && state(last).is_where_it_was(here) {
            return last;
        }
        let stack = Stack::here();
        if let Some(found) = all.iter().find(|exec| state(**exec).serves(&stack, here)) {
            return *found;
        }
        // Stacks come and go; the state of one that nothing runs on can serve another.
        let own = stack == Stack::of_thread();
        if let Some(idle) = all.iter().find(|exec| !own && state(**exec).can_serve(&stack, here)) {
            state(*idle).settle(stack, here);
            return *idle;
        }
        let made = Exec::create(stack, here);
        all.push(made);
        for exec in all.iter().filter(|_| all.len() > 1) {
            state(*exec).several = true;
        }
        made
    }
}

impl Exec {
    /// The state of the current stack.
    #[inline(always)]
    pub fn current() -> *mut Exec {
        let current = CURRENT.with(Cell::get);
        // SAFETY: what is there is alive.
        if !current.is_null() && unsafe { (*current).is_certain(stack::current_address()) } {
            current
        } else {
            Exec::find()
        }
    }

    /// The state of the stack that runs wasm, or null if the thread has never run any. Fit for signal
    /// handlers, and for threads that run wasm.
    pub fn current_or_null() -> *mut Exec {
        CURRENT.with(Cell::get)
    }

    /// The state of the current stack, or null if the thread has never run wasm.
    pub fn existing() -> *mut Exec {
        if CURRENT.with(Cell::get).is_null() { ptr::null_mut() } else { Exec::current() }
    }

    /// Makes this the state that signal handlers see; to be called before wasm goes on, if others may
    /// have run meanwhile.
    #[inline(always)]
    fn resume(exec: *mut Exec) {
        CURRENT.with(|current| current.set(exec));
    }

    #[inline(always)]
    fn is_certain(&self, here: usize) -> bool {
        here.wrapping_sub(self.stack.lowest) < self.certain
    }

    #[cold]
    fn find() -> *mut Exec {
        let here = stack::current_address();
        // A thread that is ending cannot own anything; its state is then never freed.
        let found = OWNED
            .try_with(|owned| owned.find(here))
            .unwrap_or_else(|_| Exec::create(Stack::here(), here));
        CURRENT.with(|current| current.set(found));
        found
    }

    /// Whether this is the state of a stack that nothing runs on, and which was last seen here. It may
    /// be another that is shorter, by now; see [`is_past_end`](Exec::is_past_end).
    fn is_where_it_was(&self, here: usize) -> bool {
        const NEAR: usize = 4096;
        self.depth == 0 && self.found_at.abs_diff(here) <= NEAR && self.stack.contains(here)
    }

    /// Whether this is the state of `stack`, which has `here` in it.
    fn serves(&self, stack: &Stack, here: usize) -> bool {
        if self.is_own() {
            return self.stack == *stack;
        }
        if self.depth == 0 {
            // Something is about to run, or has just done so.
            return !self.is_idle() && self.may_be_at(stack, here, self.found_at);
        }
        // What calls lies below the host function that wasm has called.
        here < self.jit.exit_fp && self.may_be_at(stack, here, self.jit.exit_fp)
    }

    /// Whether `here` may be on the same stack as `known`. Several may lie in a mapping without guards.
    fn may_be_at(&self, stack: &Stack, here: usize, known: usize) -> bool {
        let apart = known.abs_diff(here);
        match self.stack.exact {
            true => self.stack.same_range(stack) && apart <= UNKNOWN_STACK_ROOM,
            false => self.stack.contains(here) && apart <= UNKNOWN_STACK_NEAR,
        }
    }

    /// Whether this can become the state of `stack`: nothing runs on the one it was of, or that is gone
    /// and `stack` in its place, or begins again where activations were.
    fn can_serve(&self, stack: &Stack, here: usize) -> bool {
        if self.is_own() || self.is_idle() || !self.stack.exact || !stack.exact {
            return self.is_idle();
        }
        let overlaps = self.stack.lowest < stack.end && stack.lowest < self.stack.end;
        overlaps && (!self.stack.same_range(stack) || here >= self.jit.exit_fp)
    }

    /// The error of a call for which there is no room.
    #[cold]
    pub fn out_of_stack(&self) -> Error {
        let error = Error::new(ErrCode::StackOverflow);
        if self.stack.guarded || self.jit.stack_limit != self.stack.end {
            return error;
        }
        error.detail(
            "this stack has no guard page, so where it ends is not known: give it one, or set the limit stack_bytes",
        )
    }

    fn is_own(&self) -> bool {
        self.stack == Stack::of_thread()
    }

    /// Whether nothing runs on the stack, nor is about to.
    fn is_idle(&self) -> bool {
        !self.is_own()
            && self.depth == 0
            && self.interrupt.is_none()
            && self.meter.is_null()
            && self.binding_frame.is_null()
    }

    /// Whether an access to `address` by code with this stack pointer has left the stack. On the thread's
    /// own stack the limit keeps code from getting there; others may be smaller than they were.
    pub fn is_past_end(&self, address: usize, stack_pointer: usize) -> bool {
        /// Functions with larger frames touch the stack in smaller steps.
        const LARGEST_STEP: usize = 64 * 1024;
        !self.is_own() && address.abs_diff(stack_pointer) < LARGEST_STEP
    }

    /// Makes this the state of a stack.
    fn settle(&mut self, stack: Stack, here: usize) {
        self.stack = stack;
        self.certain = if self.is_own() { stack.end - stack.lowest } else { 0 };
        // What ran on a stack that is gone has been given up.
        self.depth = 0;
        self.outer = ptr::null();
        self.jit.entry_pc = 0;
        self.meter = ptr::null_mut();
        self.binding_frame = ptr::null();
        self.found_at = here;
        self.jit.stack_limit = stack.limit(here);
    }

    #[cold]
    fn create(stack: Stack, here: usize) -> *mut Exec {
        let mut exec = Box::new(Exec {
            jit: ExecCtx {
                stack_limit: 0,
                stop: AtomicU64::new(0),
                trap: 0,
                entry_fp: 0,
                entry_sp: 0,
                entry_pc: 0,
                caller: ptr::null_mut(),
                exit_fp: 0,
                exit_site: NO_SITE,
                trap_pc: 0,
                trap_fp: 0,
                left: UNLIMITED,
                floor: 0,
                count: 0,
                // Only code that counts reads it.
                costs: ptr::null(),
                answer: 0,
            },
            stack,
            certain: 0,
            found_at: here,
            several: false,
            pending: None,
            frames: RawFrames { entries: [RawFrame::Fault(0); MAX_BACKTRACE_FRAMES], len: 0 },
            depth: 0,
            outer: ptr::null(),
            meter: ptr::null_mut(),
            interrupt: None,
            binding_frame: ptr::null(),
            pinned_nodes: HashMap::new(),
            pinned_externs: HashMap::new(),
        });
        exec.settle(stack, here);
        Box::into_raw(exec)
    }

    /// Keeps a function alive until the outermost call ends.
    pub fn pin_node(&mut self, node: NodeRef) {
        self.pinned_nodes.entry(node.as_ptr().as_ptr() as usize).or_insert(node);
    }

    /// Keeps a host object alive until the outermost call ends.
    pub fn pin_extern(&mut self, object: ExternRef) {
        self.pinned_externs.entry(object.address()).or_insert(object);
    }

    /// Lets go of pinned objects when the outermost call has ended.
    #[inline]
    pub fn release_pins(&mut self) {
        if !self.pinned_nodes.is_empty() {
            drop(std::mem::take(&mut self.pinned_nodes));
        }
        if !self.pinned_externs.is_empty() {
            drop(std::mem::take(&mut self.pinned_externs));
        }
    }
}

/// What may stop the work that this thread does now.
pub(crate) fn thread_interrupt() -> Option<Interrupt> {
    let exec = Exec::current_or_null();
    // SAFETY: the state belongs to this thread.
    if exec.is_null() { None } else { unsafe { (*exec).interrupt.clone() } }
}

/// Waits for up to `time` until the call that this thread runs is to stop; false if that doesn't come, or
/// nothing can stop it.
#[doc(hidden)]
pub fn wait_for_stop(time: Duration) -> bool {
    thread_interrupt().is_some_and(|interrupt| interrupt.wait(time))
}

/// Whether the running call is to stop; for where the flag isn't zero. If the thread is to be visited, that
/// is done first.
///
/// # Safety
///
/// `exec` is the current thread's state.
#[cold]
pub(crate) unsafe fn is_to_stop(exec: *mut Exec) -> bool {
    loop {
        // SAFETY: the caller's promise.
        let flag = unsafe { &(*exec).jit.stop };
        match flag.load(Ordering::SeqCst) {
            0 => return false,
            VISIT => {
                flag.fetch_and(!VISIT, Ordering::SeqCst);
                visit_now();
            }
            _ => return true,
        }
    }
}

/// Lets `interrupt` stop whatever this thread runs from now on.
pub(crate) fn guard_thread(interrupt: &Interrupt) {
    let exec = Exec::current();
    // SAFETY: the state belongs to this thread, and gives the flag back before it goes.
    unsafe {
        (*exec).interrupt = Some(interrupt.clone());
        interrupt.attach(&raw const (*exec).jit.stop);
    }
}

/// Runs `call` so that `interrupt` stops it, and so does what stops an enclosing call.
#[doc(hidden)]
pub fn interruptible<T>(interrupt: &Interrupt, call: impl FnOnce() -> Result<T>) -> Result<T> {
    /// Detaches also when `call` panics.
    struct Attached<'a> {
        exec: *mut Exec,
        interrupt: &'a Interrupt,
        before: Option<Interrupt>,
        answered: bool,
    }
    impl Drop for Attached<'_> {
        fn drop(&mut self) {
            // SAFETY: the state belongs to this thread.
            let exec = unsafe { &mut *self.exec };
            self.interrupt.detach(&exec.jit.stop, self.answered);
            exec.interrupt = self.before.take();
            let still = exec.interrupt.as_ref().is_some_and(Interrupt::is_requested);
            exec.jit.stop.store(if still { STOP } else { 0 }, Ordering::SeqCst);
        }
    }
    let exec = Exec::current();
    // SAFETY: the state belongs to this thread and lives as long as it.
    let before = unsafe { (*exec).interrupt.take() };
    // Host functions wait on one interrupt, which then has to pass on the requests of both.
    let other = before.as_ref().filter(|outer| !outer.same(interrupt));
    let both = other.map(|outer| interrupt.joined(outer));
    let waited_on = both.as_ref().map_or(interrupt, |(both, _)| both).clone();
    // SAFETY: as above.
    unsafe { (*exec).interrupt = Some(waited_on) };
    let mut attached = Attached { exec, interrupt, before, answered: false };
    // SAFETY: detached before the state can go; see `Attached`.
    unsafe { interrupt.attach(&raw const (*exec).jit.stop) };
    if attached.before.as_ref().is_some_and(Interrupt::is_requested) {
        // Attaching sets the flag for its own interrupt only.
        // SAFETY: as above.
        unsafe { (*exec).jit.stop.store(STOP, Ordering::SeqCst) };
    }
    let mut result = call();
    if let Err(error) = &result
        && error.code() == ErrCode::Interrupted
    {
        attached.answered = true;
        if let Some(limit) = interrupt.expired().filter(|_| error.details().is_empty()) {
            result = Err(error.clone().timed_out(limit));
        }
    }
    result
}

/// Runs `call` with this many bytes of stack at most.
pub(crate) fn with_stack<T>(bytes: u64, call: impl FnOnce() -> Result<T>) -> Result<T> {
    /// Restores the limit also when `call` panics.
    struct Limited {
        exec: *mut Exec,
        before: usize,
    }
    impl Drop for Limited {
        fn drop(&mut self) {
            // SAFETY: the state belongs to this thread.
            unsafe { (*self.exec).jit.stack_limit = self.before };
        }
    }
    let exec = Exec::current();
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    let lowest = stack::current_address().saturating_sub(bytes);
    // SAFETY: the state belongs to this thread.
    let before = unsafe { (*exec).jit.stack_limit };
    // On a stack whose end nobody knows, the limit is what the program says.
    // SAFETY: as above.
    let stated = unsafe { !(*exec).stack.guarded };
    let _limited = (lowest > before || stated).then(|| {
        // SAFETY: as above; code reads it where an activation begins, so no code that runs has
        // read another value that would matter.
        unsafe { (*exec).jit.stack_limit = lowest };
        Limited { exec, before }
    });
    call().map_err(|error| match error.code() {
        ErrCode::StackOverflow if lowest > before && error.details().is_empty() => {
            error.detail(format!("the stack limit is {bytes} bytes"))
        }
        _ => error,
    })
}

/// What a host function sees of the wasm that called it. Dies when the host function returns.
pub struct Caller<'a> {
    exec: *mut Exec,
    activation: PhantomData<&'a mut Exec>,
}

impl<'a> Caller<'a> {
    /// # Safety
    ///
    /// `exec` must be the current thread's state and outlive `'a`.
    pub(crate) unsafe fn new(exec: *mut Exec) -> Caller<'a> {
        Caller { exec, activation: PhantomData }
    }

    pub(super) fn exec(&self) -> *mut Exec {
        self.exec
    }

    pub(super) fn caller_ctx(&self) -> *mut InstanceCtx {
        // SAFETY: see `new`.
        unsafe { (*self.exec).jit.caller }
    }

    /// The module instance whose code called; `None` if the host called the function itself.
    pub fn instance(&self) -> Option<Instance> {
        let ctx = self.caller_ctx();
        // SAFETY: the calling instance is kept alive by its own activation.
        (!ctx.is_null()).then(|| unsafe { WasmInstance::of(ctx).handle() })
    }

    /// Memory `index` of the calling instance.
    pub fn memory(&self, index: u32) -> Option<Memory> {
        let ctx = self.caller_ctx();
        if ctx.is_null() {
            return None;
        }
        // SAFETY: as above.
        unsafe { WasmInstance::of(ctx) }.memories.get(index as usize).cloned()
    }

    /// What the executor that made the calling instance lets it use.
    pub(crate) fn limits(&self) -> config::Limits {
        let ctx = self.caller_ctx();
        if ctx.is_null() {
            return config::Limits::default();
        }
        // SAFETY: as in `instance`.
        unsafe { WasmInstance::of(ctx) }.config.limits
    }

    /// The interrupt that the running call may be stopped by. A host function that blocks should
    /// wait on it, or ask it from time to time.
    pub fn interrupt(&self) -> Option<Interrupt> {
        // SAFETY: see `new`.
        unsafe { (*self.exec).interrupt.clone() }
    }
}
