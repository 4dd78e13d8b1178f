//! The way from the host into generated code.

use super::exec::{Exec, Saved, is_to_stop};
use super::meter;
use super::trap;
use crate::abi::{FuncRef, InstanceCtx};
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
#[inline(always)]
pub(crate) unsafe fn enter(func: &FuncRef, entry: EntryStub, slots: *mut u128) -> Result<()> {
    // SAFETY: the caller's promise.
    unsafe { enter_from(std::ptr::null_mut(), func, entry, slots) }
}

/// As [`enter`]; a host function that is called sees this instance as its caller.
///
/// # Safety
///
/// As there; the instance is alive, or there is none.
#[inline(always)]
pub(crate) unsafe fn enter_from(
    caller: *mut InstanceCtx,
    func: &FuncRef,
    entry: EntryStub,
    slots: *mut u128,
) -> Result<()> {
    // SAFETY: the caller's promise, and the state of this stack.
    unsafe { enter_on(Exec::current(), caller, func, entry, slots) }
}

/// As [`enter_from`], for those who have looked up the state already.
///
/// # Safety
///
/// As there; `exec` is the state of the current stack.
#[inline(always)]
pub(crate) unsafe fn enter_on(
    exec: *mut Exec,
    caller: *mut InstanceCtx,
    func: &FuncRef,
    entry: EntryStub,
    slots: *mut u128,
) -> Result<()> {
    // SAFETY: the state belongs to this thread; no reference to it is held across the call, since
    // host functions that are called meanwhile take their own.
    unsafe {
        let jit = &raw mut (*exec).jit;
        if stack::current_address() < (*jit).stack_limit {
            return Err((*exec).out_of_stack());
        }
        if (*jit).stop.load(Ordering::Relaxed) != 0 && is_to_stop(exec) {
            return Err(refused(ErrCode::Interrupted));
        }
        let returned = if (*exec).depth == 0 {
            let returned = run(exec, caller, func, entry, slots);
            // Says that the thread is outside wasm; what else is left is not read then.
            (*jit).entry_pc = 0;
            returned
        } else {
            enter_nested(exec, caller, func, entry, slots)
        };
        if returned { Ok(()) } else { Err(trap::take_error(&mut *exec)) }
    }
}

#[cold]
fn refused(code: ErrCode) -> Error {
    Error::new(code)
}

/// Calls from within a host function: the state of the activation around it must come back.
#[inline(never)]
unsafe fn enter_nested(
    exec: *mut Exec,
    caller: *mut InstanceCtx,
    func: &FuncRef,
    entry: EntryStub,
    slots: *mut u128,
) -> bool {
    // SAFETY: as in `enter`.
    unsafe {
        let jit = &raw mut (*exec).jit;
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
        meter::enter_again(exec);
        let returned = run(exec, caller, func, entry, slots);
        meter::leave_again(exec);
        (*jit).entry_fp = saved.entry_fp;
        (*jit).entry_sp = saved.entry_sp;
        (*jit).entry_pc = saved.entry_pc;
        (*jit).caller = saved.caller;
        (*jit).exit_fp = saved.exit_fp;
        (*jit).exit_site = saved.exit_site;
        (*exec).outer = saved.outer;
        returned
    }
}

/// Runs one activation; false if it was stopped.
#[inline(always)]
unsafe fn run(
    exec: *mut Exec,
    caller: *mut InstanceCtx,
    func: &FuncRef,
    entry: EntryStub,
    slots: *mut u128,
) -> bool {
    // SAFETY: as in `enter`.
    unsafe {
        let jit = &raw mut (*exec).jit;
        (*exec).depth += 1;
        (*jit).caller = caller;
        let float_state = FloatState::standard();
        let returned = entry(jit, func.ctx, func.code, slots);
        float_state.restore();
        (*exec).depth -= 1;
        returned != 0
    }
}

/// Lets go of what the call kept alive; to be called when its results have been taken over.
#[inline]
pub(crate) fn finish() {
    // SAFETY: the state of this stack.
    unsafe { finish_on(Exec::current()) }
}

/// As [`finish`], for those who have looked up the state already.
///
/// # Safety
///
/// `exec` is the state of the current stack.
#[inline(always)]
pub(crate) unsafe fn finish_on(exec: *mut Exec) {
    // SAFETY: the caller's promise.
    unsafe {
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
        if FloatState::computes_as_standard() { FloatState(None) } else { FloatState::replace() }
    }

    /// Whether sums round to nearest and keep small numbers. Reading the control word would tell
    /// the same, but waits for the processor's pipeline: it takes as long as the rest of a call.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn computes_as_standard() -> bool {
        // 1.0 unless rounding goes up; more than 1.0 unless it goes down or to zero; not zero
        // unless small results are flushed; not zero unless small operands are taken as zero.
        let (mut below, mut above) = (1.0f64, 1.0f64);
        let (mut result, mut operand) = (f64::MIN_POSITIVE * 1.5, f64::from_bits(1));
        // SAFETY: arithmetic on registers.
        unsafe {
            std::arch::asm!(
                "addsd {below}, {quarter}",
                "addsd {above}, {three_quarters}",
                "subsd {result}, {smallest}",
                "addsd {operand}, {operand}",
                below = inout(xmm_reg) below,
                above = inout(xmm_reg) above,
                result = inout(xmm_reg) result,
                operand = inout(xmm_reg) operand,
                quarter = in(xmm_reg) f64::EPSILON * 0.25,
                three_quarters = in(xmm_reg) f64::EPSILON * 0.75,
                smallest = in(xmm_reg) f64::MIN_POSITIVE,
                options(nomem, nostack, preserves_flags),
            );
        }
        let one = 1.0f64.to_bits();
        below.to_bits() == one
            && above.to_bits() != one
            && result.to_bits() != 0
            && operand.to_bits() != 0
    }

    #[cfg(target_arch = "x86_64")]
    #[cold]
    fn replace() -> FloatState {
        let mut word = 0u32;
        // SAFETY: stores a register of the processor in a local.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut word, options(nostack)) };
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
