//! The way from the host into generated code.

use super::exec::{Exec, Saved};
use super::trap;
use crate::abi::FuncRef;
use crate::engine::signature::EntryStub;
use crate::error::{ErrCode, Error, Result};
use crate::platform::stack;
use std::sync::atomic::Ordering;

/// Calls the function behind `func` with the parameters in `slots`; its results replace them.
///
/// # Safety
///
/// `func` must be alive during the call, `entry` be the entry stub of its type, and `slots` have
/// room for the parameters and for the results, of which the parameters are set.
#[inline]
pub(crate) unsafe fn enter(func: &FuncRef, entry: EntryStub, slots: *mut u128) -> Result<()> {
    let exec = Exec::current();
    // SAFETY: the state belongs to this thread; no reference to it is held across the call, since
    // host functions that are called meanwhile take their own.
    unsafe {
        let jit = &raw mut (*exec).jit;
        if stack::current_address() < (*jit).stack_limit {
            return Err(Error::new(ErrCode::StackOverflow));
        }
        if (*jit).stop.load(Ordering::Relaxed) != 0 {
            return Err(Error::new(ErrCode::Interrupted));
        }
        let saved = Saved {
            entry_fp: (*jit).entry_fp,
            entry_sp: (*jit).entry_sp,
            entry_pc: (*jit).entry_pc,
            caller: (*jit).caller,
            exit_fp: (*jit).exit_fp,
            exit_site: (*jit).exit_site,
            outer: (*exec).outer,
        };
        (*exec).outer = &raw const saved;
        (*exec).depth += 1;
        (*jit).caller = std::ptr::null_mut();
        let float_state = FloatState::standard();
        let returned = entry(jit, func.ctx, func.code, slots);
        float_state.restore();
        (*jit).entry_fp = saved.entry_fp;
        (*jit).entry_sp = saved.entry_sp;
        (*jit).entry_pc = saved.entry_pc;
        (*jit).caller = saved.caller;
        (*jit).exit_fp = saved.exit_fp;
        (*jit).exit_site = saved.exit_site;
        (*exec).outer = saved.outer;
        (*exec).depth -= 1;
        if returned != 0 { Ok(()) } else { Err(trap::take_error(&mut *exec)) }
    }
}

/// Lets go of what the call kept alive; to be called when its results have been taken over.
#[inline]
pub(crate) fn finish() {
    // SAFETY: the state belongs to this thread.
    unsafe {
        let exec = Exec::current();
        if (*exec).depth == 0 {
            (*exec).release_pins();
        }
    }
}

/// The host's floating-point control word, if it is not the standard one.
struct FloatState(Option<u32>);

impl FloatState {
    /// Control bits of MXCSR: all exceptions masked, round to nearest, no flushing to zero.
    #[cfg(target_arch = "x86_64")]
    const STANDARD: u32 = 0x1F80;

    /// Sets what WebAssembly's semantics need.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn standard() -> FloatState {
        let mut word = 0u32;
        // SAFETY: stores a register of the processor in a local.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut word, options(nostack)) };
        // The lowest six bits only record past exceptions.
        if word & !0x3F == FloatState::STANDARD {
            return FloatState(None);
        }
        FloatState::load(FloatState::STANDARD);
        FloatState(Some(word))
    }

    /// Gives the host its state back.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn restore(self) {
        if let Some(word) = self.0 {
            FloatState::load(word);
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[cold]
    fn load(word: u32) {
        // SAFETY: the word is the standard one or one that was in force before.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const word, options(nostack)) };
    }

    /// Other processors keep their state.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline(always)]
    fn standard() -> FloatState {
        FloatState(None)
    }

    /// Other processors keep their state.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline(always)]
    fn restore(self) {}
}
