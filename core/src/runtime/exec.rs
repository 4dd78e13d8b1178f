//! State of a thread that runs wasm, and what a host function sees of it.

use super::extern_ref::ExternRef;
use super::instance::{Instance, WasmInstance};
use super::memory::Memory;
use super::meter::{Meter, UNLIMITED};
use super::node::NodeRef;
use crate::abi::context::NO_SITE;
use crate::abi::{ExecCtx, InstanceCtx};
use crate::config;
use crate::error::{ErrCode, Error, Frame, Result};
use crate::interrupt::{Interrupt, STOP, VISIT, visit_now};
use crate::limits::{MAX_BACKTRACE_FRAMES, MAX_STACK_RESERVE, STACK_RESERVE, STACK_RESERVE_SHARE};
use crate::platform::stack;
use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

/// The activations of one thread. Generated code sees the first field.
#[repr(C)]
pub(crate) struct Exec {
    pub jit: ExecCtx,
    /// Error of the host function that ended the activation.
    pub pending: Option<Error>,
    /// Return addresses and sites of the frames a trap unwound, innermost first.
    pub frames: RawFrames,
    /// Number of activations on this thread's stack.
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
    /// The thread's state, once it has run wasm. Without a destructor, so that reading it is one
    /// load, also in a signal handler.
    static CURRENT: Cell<*mut Exec> = const { Cell::new(ptr::null_mut()) };
    static OWNER: OnceCell<ExecOwner> = const { OnceCell::new() };
}

/// Frees the thread's state when the thread ends.
struct ExecOwner(*mut Exec);

impl Drop for ExecOwner {
    fn drop(&mut self) {
        CURRENT.with(|current| current.set(ptr::null_mut()));
        // SAFETY: made by `Box::into_raw` below, and not freed yet.
        let exec = unsafe { &*self.0 };
        // Only what guards the whole thread is still attached.
        if let Some(interrupt) = &exec.interrupt {
            interrupt.detach(&exec.jit.stop, false);
        }
        // SAFETY: made by `Box::into_raw` below; no activation can be on an ending thread.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

impl Exec {
    /// The current thread's state.
    #[inline(always)]
    pub fn current() -> *mut Exec {
        let current = CURRENT.with(Cell::get);
        if current.is_null() { Exec::create() } else { current }
    }

    /// The current thread's state, or null if it has never run wasm. Fit for signal handlers of
    /// threads that run wasm.
    pub fn current_or_null() -> *mut Exec {
        CURRENT.with(Cell::get)
    }

    #[cold]
    fn create() -> *mut Exec {
        let (lowest, size) = stack::bounds();
        let reserve = (size / STACK_RESERVE_SHARE).clamp(STACK_RESERVE, MAX_STACK_RESERVE);
        let exec = Box::into_raw(Box::new(Exec {
            jit: ExecCtx {
                stack_limit: lowest.saturating_add(reserve),
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
            pending: None,
            frames: RawFrames { entries: [RawFrame::Fault(0); MAX_BACKTRACE_FRAMES], len: 0 },
            depth: 0,
            outer: ptr::null(),
            meter: ptr::null_mut(),
            interrupt: None,
            binding_frame: ptr::null(),
            pinned_nodes: HashMap::new(),
            pinned_externs: HashMap::new(),
        }));
        CURRENT.with(|current| current.set(exec));
        // A thread that is ending cannot take an owner; its state is then never freed.
        let _ = OWNER.try_with(|owner| owner.set(ExecOwner(exec)));
        exec
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
        if let Some(why) = interrupt.why().filter(|_| error.details().is_empty()) {
            result = Err(error.clone().detail(why));
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
    let _limited = (lowest > before).then(|| {
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
