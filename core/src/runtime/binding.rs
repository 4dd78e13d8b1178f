//! Calls and host functions that pass raw value slots: for bindings whose language has a value type
//! of its own, so that nothing is converted twice or allocated.
//!
//! A slot has 16 bytes. A number lies in its low bytes; a reference is a word that only this crate
//! makes, by [`Val::to_raw`], and reads, by [`Val::from_raw`].

use super::call;
use super::exec::{Caller, Exec};
use super::func::{Func, body_of, dispatch};
use super::instance::Instance;
use super::value::Val;
use super::wasm_instance::WasmInstance;
use crate::abi::{ExecCtx, HostFuncCtx};
use crate::engine::Signature;
use crate::engine::signature::EntryStub;
use crate::error::Result;
use crate::types::{FuncType, ValType};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

/// A function whose calls pass slots. Checks nothing at a call; what its instance limits and counts holds.
#[derive(Clone, Debug)]
pub struct RawFunc {
    func: Func,
    entry: EntryStub,
    /// Whether its instance limits or counts calls.
    governed: bool,
}

impl RawFunc {
    /// Prepares a function for such calls.
    ///
    /// # Errors
    ///
    /// If there is no room for the call stub of a new function type.
    pub fn new(func: &Func) -> Result<RawFunc> {
        let governed = func.governor().is_some();
        Ok(RawFunc { entry: func.signature().entry()?, func: func.clone(), governed })
    }

    /// The function.
    pub fn func(&self) -> &Func {
        &self.func
    }

    /// Calls the function; `results` reads the slots of a call that returned.
    ///
    /// # Errors
    ///
    /// What ended the call.
    ///
    /// # Safety
    ///
    /// `slots` must have room for the parameters and for the results, and hold parameters of the
    /// function's types; what references refer to must outlive the call.
    #[inline(always)]
    pub unsafe fn call<R>(&self, slots: *mut u128, results: impl FnOnce() -> R) -> Result<R> {
        // SAFETY: the caller's promise.
        unsafe {
            match self.governed {
                false => self.call_bare(slots, results),
                true => self.call_governed(slots, results),
            }
        }
    }

    /// As [`call`](RawFunc::call), without the limits and the counting of the function's instance.
    ///
    /// # Errors
    ///
    /// What ended the call.
    ///
    /// # Safety
    ///
    /// As for [`call`](RawFunc::call).
    #[inline(always)]
    unsafe fn call_bare<R>(&self, slots: *mut u128, results: impl FnOnce() -> R) -> Result<R> {
        // Looked up once: in a shared library that is a call of its own.
        let exec = Exec::current();
        let (func, nobody) = (self.func.func_ref(), std::ptr::null_mut());
        // SAFETY: the caller's promise is that of `call::enter`; a call ends on the stack it began on.
        let ended = unsafe { call::enter_on(exec, nobody, func, self.entry, slots) };
        let result = match ended {
            Ok(()) => Ok(results()),
            Err(error) => Err(error),
        };
        // SAFETY: as above.
        unsafe { call::finish_on(exec) };
        result
    }

    #[cold]
    unsafe fn call_governed<R>(&self, slots: *mut u128, results: impl FnOnce() -> R) -> Result<R> {
        let instance = self.func.governor().expect("looked at when `self` was made");
        // SAFETY: the caller's promise.
        instance.governed(|| unsafe { self.call_bare(slots, results) })
    }
}

/// Parameters of a host function on entry, results on return.
pub struct Slots<'a> {
    slots: *mut u128,
    exec: *mut Exec,
    activation: PhantomData<&'a mut u128>,
}

impl Slots<'_> {
    /// The first slot. There are as many as the type has parameters or results, whichever is more.
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut u128 {
        self.slots
    }

    /// The parameter in slot `at`, of which the type is `ty`.
    ///
    /// # Safety
    ///
    /// The function must have such a parameter, whose slot was not written meanwhile.
    pub unsafe fn get(&self, at: usize, ty: ValType) -> Val {
        // SAFETY: the caller's promise.
        unsafe { Val::from_raw(*self.slots.add(at), ty) }
    }

    /// Writes a result into slot `at` and keeps what it refers to alive until the thread's outermost
    /// call ends.
    ///
    /// # Safety
    ///
    /// The function must have such a result, of the value's type.
    pub unsafe fn set(&self, at: usize, value: &Val) {
        // SAFETY: the caller's promise; the state is the thread's.
        unsafe { *self.slots.add(at) = value.to_raw_pinned(&mut *self.exec) }
    }
}

impl Func {
    /// Makes a host function whose dispatcher passes slots.
    pub(crate) fn from_raw_slots<F>(ty: &FuncType, body: F) -> Result<Func>
    where
        F: Fn(&Caller<'_>, Slots<'_>) -> Result<()> + Send + Sync + 'static,
    {
        Func::from_host(ty, call_slots::<F>, body)
    }

    /// Makes a host function whose dispatcher passes records.
    pub(crate) fn from_raw_records<F>(ty: &FuncType, body: F) -> Result<Func>
    where
        F: Fn(&Caller<'_>, *mut u128) -> Result<()> + Send + Sync + 'static,
    {
        Func::from_host_through(ty, Signature::record, call_records::<F>, body)
    }

    /// A number that no other live function has.
    pub fn identity(&self) -> usize {
        self.as_raw()
    }
}

unsafe extern "C" fn call_slots<F>(host: *mut HostFuncCtx, exec: *mut ExecCtx, slots: *mut u128)
where
    F: Fn(&Caller<'_>, Slots<'_>) -> Result<()> + Send + Sync + 'static,
{
    // SAFETY: the exit stub passes the function's own head, the thread's state, and slots.
    unsafe {
        let (body, _) = body_of::<F>(host);
        dispatch(host, exec, |caller, exec| {
            body(&caller, Slots { slots, exec, activation: PhantomData })
        });
    }
}

unsafe extern "C" fn call_records<F>(host: *mut HostFuncCtx, exec: *mut ExecCtx, records: *mut u128)
where
    F: Fn(&Caller<'_>, *mut u128) -> Result<()> + Send + Sync + 'static,
{
    // SAFETY: the exit stub passes the function's own head, the thread's state, and records.
    unsafe {
        let (body, _) = body_of::<F>(host);
        dispatch(host, exec, |caller, _| body(&caller, records));
    }
}

impl Instance {
    /// A word for a binding to find its own object of this instance by; zero at first.
    pub fn binding_tag(&self) -> &AtomicU64 {
        self.tag()
    }
}

impl Caller<'_> {
    /// The [`binding_tag`](Instance::binding_tag) of the calling instance; zero if the host called.
    pub fn binding_tag(&self) -> u64 {
        let ctx = self.caller_ctx();
        if ctx.is_null() {
            return 0;
        }
        // SAFETY: the calling instance is kept alive by its own activation.
        unsafe { WasmInstance::of(ctx) }.tag.load(Ordering::Relaxed)
    }

    /// Notes a binding's own record of the running host function, and gives the one before, which
    /// the binding must put back.
    #[inline(always)]
    pub fn replace_binding_frame(&self, frame: *const ()) -> *const () {
        // SAFETY: the state is the thread's.
        unsafe { std::mem::replace(&mut (*self.exec()).binding_frame, frame) }
    }
}

/// The record that [`Caller::replace_binding_frame`] noted last on this thread.
pub fn binding_frame() -> *const () {
    let exec = Exec::existing();
    if exec.is_null() {
        return std::ptr::null();
    }
    // SAFETY: the state is the thread's.
    unsafe { (*exec).binding_frame }
}

/// Whether this thread is inside a call of wasm.
pub fn in_call() -> bool {
    let exec = Exec::existing();
    // SAFETY: the state is the thread's.
    !exec.is_null() && unsafe { (*exec).depth } > 0
}
