//! Functions that are compiled when they are first called.
//!
//! Code of such a module calls its own functions through slots. A slot first leads to
//! [`first_call`], which saves the arguments, has the function compiled, fills the slot and goes on
//! into the function. Slots only ever change from one good address to another, so no code is
//! patched and nobody waits for anybody.

use super::exec::Exec;
use super::trap;
use super::wasm_instance::WasmInstance;
use crate::abi::context::NO_SITE;
use crate::abi::{CodeBlob, ExecCtx, InstanceCtx, Trap};
use crate::engine::{Image, stub};
use crate::error::{ErrCode, Result, Symbols};
use crate::interrupt::{Interrupt, Pending};
use crate::limits::MAX_LAZY_COMPILATIONS;
use crate::log::guarded;
use crate::platform::stack;
use std::collections::HashMap;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Compiles a function a module defines, by its number.
pub(crate) type CompileOne = Box<dyn Fn(u32) -> Result<CodeBlob> + Send + Sync>;

/// Stack below which compiling goes to a thread of its own.
const COMPILER_STACK: usize = 1 << 20;

/// Bytes of a body up to which compiling takes no time worth an interruption.
const QUICK_BYTES: usize = 4096;

/// The functions of a module that come when they are called.
pub(crate) struct LazyCode {
    slots: Box<[AtomicPtr<u8>]>,
    stubs: Image,
    compile: CompileOne,
    symbols: Arc<dyn Symbols>,
    imported: u32,
    /// Keeps the code that slots point to or pointed to, since threads may still be in it.
    images: Mutex<Vec<Image>>,
    /// Functions that are being compiled on threads of their own.
    pending: Mutex<HashMap<u32, Arc<Pending<usize>>>>,
}

impl LazyCode {
    /// For a module of `count` functions after `imported` ones. `None` where the processor is not
    /// known well enough.
    pub fn new(
        count: usize,
        imported: u32,
        symbols: Arc<dyn Symbols>,
        compile: CompileOne,
    ) -> Result<Option<LazyCode>> {
        let Some(stubs) = stub::stubs(count, first_call_address()) else { return Ok(None) };
        let stubs = Image::publish(stubs, imported, Arc::clone(&symbols))?;
        let slot = |number| {
            let stub = stubs.entry(imported + number);
            AtomicPtr::new(stub::before_first_call(stub).cast_mut())
        };
        let slots = (0..count as u32).map(slot).collect();
        let (images, pending) = (Mutex::default(), Mutex::default());
        Ok(Some(LazyCode { slots, stubs, compile, symbols, imported, images, pending }))
    }

    /// Code with a stub for each function.
    pub fn stubs(&self) -> &Image {
        &self.stubs
    }

    /// What instances point to.
    pub fn slots(&self) -> *const AtomicPtr<u8> {
        self.slots.as_ptr()
    }

    fn images(&self) -> MutexGuard<'_, Vec<Image>> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_waiting(&self, number: u32, at: *const u8) -> bool {
        at == stub::before_first_call(self.stubs.entry(self.imported + number))
    }

    /// The code of a function, compiled if it was not.
    fn resolve(&self, number: u32) -> Result<*const u8> {
        let slot = &self.slots[number as usize];
        let known = slot.load(Ordering::Acquire);
        if !self.is_waiting(number, known) {
            return Ok(known);
        }
        let blob = (self.compile)(number)?;
        let image = Image::publish(blob, self.imported, Arc::clone(&self.symbols))?;
        let code = image.first();
        let mut images = self.images();
        let known = slot.load(Ordering::Acquire);
        if !self.is_waiting(number, known) {
            // Another thread was faster.
            return Ok(known);
        }
        images.push(image);
        slot.store(code.cast_mut(), Ordering::Release);
        Ok(code)
    }

    /// As [`resolve`](LazyCode::resolve), on a thread of its own, which goes on when the interrupt is
    /// requested: the next call finds the function compiled, or waits for the same thread.
    fn resolve_apart(
        self: &Arc<Self>,
        number: u32,
        interrupt: Option<&Interrupt>,
    ) -> Result<*const u8> {
        loop {
            let mut all = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            let known = all.get(&number).or_else(|| {
                let full = all.len() >= MAX_LAZY_COMPILATIONS;
                full.then(|| all.values().next()).flatten()
            });
            let pending = match known {
                Some(known) => Arc::clone(known),
                None => {
                    let own = Arc::clone(self);
                    let work = move || {
                        let code = own.resolve_guarded(number);
                        own.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
                        code
                    };
                    let pending = Pending::start(4 * COMPILER_STACK, work)?;
                    all.insert(number, Arc::clone(&pending));
                    pending
                }
            };
            let own = all.contains_key(&number);
            drop(all);
            let code = pending.wait(interrupt);
            if own || code.as_ref().is_err_and(|error| error.code() == ErrCode::Interrupted) {
                return code.map(|code| code as *const u8);
            }
        }
    }

    /// As [`resolve`](LazyCode::resolve); panics of the compiler are errors. An address as a number,
    /// which may cross threads.
    fn resolve_guarded(&self, number: u32) -> Result<usize> {
        guarded(|| self.resolve(number).map(|code| code as usize))
    }

    /// Takes over code of all functions; calls go there from now on.
    pub fn replace_all(&self, image: Image) {
        let mut images = self.images();
        for (number, slot) in self.slots.iter().enumerate() {
            let code = image.entry(self.imported + number as u32);
            slot.store(code.cast_mut(), Ordering::Release);
        }
        images.push(image);
    }
}

#[cfg(target_arch = "x86_64")]
fn first_call_address() -> *const u8 {
    first_call as *const u8
}

#[cfg(not(target_arch = "x86_64"))]
fn first_call_address() -> *const u8 {
    std::ptr::null()
}

/// Reached from a stub as if it were the function: all arguments are where the `Tail` convention has
/// them, `eax` holds the function's number.
///
/// # Safety
///
/// Jumped to by generated code only.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn first_call() {
    std::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, 176",
        "mov [rsp], rdi",
        "mov [rsp + 8], rsi",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], rcx",
        "mov [rsp + 32], r8",
        "mov [rsp + 40], r9",
        "movups [rsp + 48], xmm0",
        "movups [rsp + 64], xmm1",
        "movups [rsp + 80], xmm2",
        "movups [rsp + 96], xmm3",
        "movups [rsp + 112], xmm4",
        "movups [rsp + 128], xmm5",
        "movups [rsp + 144], xmm6",
        "movups [rsp + 160], xmm7",
        "mov edx, eax",
        "mov rcx, rbp",
        "call {resolve}",
        "mov r11, rax",
        "mov rdi, [rsp]",
        "mov rsi, [rsp + 8]",
        "mov rdx, [rsp + 16]",
        "mov rcx, [rsp + 24]",
        "mov r8, [rsp + 32]",
        "mov r9, [rsp + 40]",
        "movups xmm0, [rsp + 48]",
        "movups xmm1, [rsp + 64]",
        "movups xmm2, [rsp + 80]",
        "movups xmm3, [rsp + 96]",
        "movups xmm4, [rsp + 112]",
        "movups xmm5, [rsp + 128]",
        "movups xmm6, [rsp + 144]",
        "movups xmm7, [rsp + 160]",
        "mov rsp, rbp",
        "pop rbp",
        "jmp r11",
        resolve = sym resolve,
    )
}

/// The code of a function of the instance, or the end of the activation.
///
/// # Safety
///
/// Called by [`first_call`] with what generated code passed to it.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
unsafe extern "C" fn resolve(
    exec: *mut ExecCtx,
    ctx: *mut InstanceCtx,
    number: u32,
    frame: usize,
) -> *const u8 {
    // SAFETY: the caller holds the instance.
    let failed = match unsafe { try_resolve(exec, ctx, number) } {
        Ok(code) => return code,
        Err(error) => error,
    };
    // SAFETY: the state is this thread's; nothing that needs dropping is left on the stack.
    unsafe {
        let exec = exec.cast::<Exec>();
        (*exec).jit.exit_fp = frame;
        (*exec).jit.exit_site = NO_SITE;
        (*exec).pending = Some(failed);
        trap::raise(exec, std::ptr::null_mut(), Trap::Host)
    }
}

unsafe fn try_resolve(exec: *mut ExecCtx, ctx: *mut InstanceCtx, number: u32) -> Result<*const u8> {
    // SAFETY: the caller's promise.
    let (instance, limit) = unsafe { (WasmInstance::of(ctx), (*exec).stack_limit) };
    let lazy = instance.code.lazy.as_ref().expect("only lazy code gets here");
    let bytes = instance.code.info.bodies[number as usize].len();
    // SAFETY: the state is this thread's; the interrupt is kept by those who wait under it.
    let interrupt = unsafe { (*exec.cast::<Exec>()).interrupt.clone() };
    let room = stack::current_address().saturating_sub(limit) >= COMPILER_STACK;
    if room && (interrupt.is_none() || bytes <= QUICK_BYTES) {
        return lazy.resolve_guarded(number).map(|code| code as *const u8);
    }
    // The guest has left too little of this thread's stack, or the call may have to end first.
    lazy.resolve_apart(number, interrupt.as_ref())
}
