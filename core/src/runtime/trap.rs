//! Where a fault of generated code becomes an error.
//!
//! A trap leaves generated code in one of three ways. A processor fault comes to [`on_fault`] in a
//! signal handler. A builtin or failed host function calls [`raise`]. An interrupt comes to
//! [`on_interrupt`]. Each gathers the frames, notes the reason in the thread's state and continues
//! at the landing of the innermost entry stub, which returns 0; [`take_error`] then makes the error.

use super::exec::{Exec, RawFrame, RawFrames, Saved};
use super::meter;
use crate::abi::context::NO_SITE;
use crate::abi::{ExecCtx, InstanceCtx, Trap};
use crate::engine::{arena, image};
use crate::error::{ErrCode, Error, Result};
use crate::interrupt::{VISIT, visit_now};
use crate::platform::signal::{self, MachineContext};
use std::sync::atomic::Ordering;

/// Addresses below this are never mapped: an access there went through a null reference.
const NULL_PAGE: usize = 4096;

/// Installs the signal handlers; once for the process, and only if some code needs them.
pub(crate) fn install_handlers() -> Result<()> {
    signal::install(on_fault, on_interrupt).map_err(|error| {
        Error::with_detail(ErrCode::RuntimeError, format!("signal handlers: {error}"))
    })
}

/// Puts the handlers back on top if another library has installed its own since.
pub(crate) fn ensure_handlers() {
    signal::ensure();
}

/// Deals with a processor fault if it is a trap of generated code.
fn on_fault(machine: &mut MachineContext, address: usize) -> bool {
    let pc = machine.pc();
    if !arena::is_module_code(pc) {
        return false;
    }
    let exec = Exec::current_or_null();
    // SAFETY: the thread runs generated code, so its state exists and has an entry.
    let Some(exec) = (unsafe { exec.as_mut() }) else { return false };
    if exec.jit.entry_pc == 0 {
        return false;
    }
    let Some(trap) = image::trap_at(pc) else {
        if exec.is_past_end(address, machine.sp()) {
            end_anywhere(exec, machine, Trap::StackOverflow);
            return true;
        }
        // An instruction that is not known to trap must not fault: that is a bug to report, not to
        // hide.
        return false;
    };
    if trap == Trap::UninitializedElement && address >= NULL_PAGE {
        return false;
    }
    exec.frames.clear();
    exec.frames.push(RawFrame::Fault(pc));
    // SAFETY: the frame pointer is that of the faulting function.
    unsafe { walk(&mut exec.frames, machine.fp(), exec.jit.entry_fp, exec.outer) };
    exec.jit.trap = trap as u32;
    machine.resume_at(exec.jit.entry_pc, exec.jit.entry_sp, exec.jit.entry_fp);
    true
}

/// Stops the thread's call if it is in a module's code; elsewhere the flag is seen later.
fn on_interrupt(machine: &mut MachineContext) {
    let pc = machine.pc();
    if !arena::is_module_code(pc) {
        return;
    }
    let exec = Exec::current_or_null();
    // SAFETY: as in `on_fault`.
    let Some(exec) = (unsafe { exec.as_mut() }) else { return };
    if exec.jit.entry_pc == 0 {
        return;
    }
    match exec.jit.stop.load(Ordering::SeqCst) {
        0 => return,
        VISIT => {
            exec.jit.stop.fetch_and(!VISIT, Ordering::SeqCst);
            machine.detour(visit);
            return;
        }
        _ => {}
    }
    end_anywhere(exec, machine, Trap::Interrupted);
}

/// Ends the activation at an instruction of a module's code that is not known to trap.
fn end_anywhere(exec: &mut Exec, machine: &mut MachineContext, trap: Trap) {
    exec.frames.clear();
    // The frame pointer may be half-way changed here, so the walk cannot begin.
    exec.frames.push(RawFrame::Fault(machine.pc()));
    exec.jit.trap = trap as u32;
    machine.resume_at(exec.jit.entry_pc, exec.jit.entry_sp, exec.jit.entry_fp);
}

/// The thread is visited between two instructions of a module's code, on the guest's stack.
extern "C" fn visit() {
    let exec = Exec::current();
    // SAFETY: the state belongs to this thread. No reference to it is held while the visit may call wasm.
    unsafe {
        let jit = &raw mut (*exec).jit;
        let frame = ((*jit).exit_fp, (*jit).exit_site);
        let meter = ((*exec).meter, (*jit).left, (*jit).floor, (*jit).count, (*jit).costs);
        // What the code has in registers, nobody knows: frames can't be walked from here, and what a call
        // costs that is made now counts for itself.
        ((*jit).exit_fp, (*jit).exit_site) = ((*jit).entry_fp, NO_SITE);
        (*exec).meter = std::ptr::null_mut();
        visit_now();
        ((*jit).exit_fp, (*jit).exit_site) = frame;
        ((*exec).meter, (*jit).left, (*jit).floor, (*jit).count, (*jit).costs) = meter;
    }
}

/// Gathers the return addresses from the frame at `fp` to the innermost entry, then those of the
/// enclosing activations.
///
/// # Safety
///
/// `fp` must be the frame pointer of a live frame above the entry stub's.
unsafe fn walk(frames: &mut RawFrames, fp: usize, entry_fp: usize, outer: *const Saved) {
    let (mut fp, mut entry_fp, mut outer) = (fp, entry_fp, outer);
    loop {
        while fp != entry_fp && fp != 0 && !frames.is_full() {
            // SAFETY: every function between begins by pushing the frame pointer.
            let (next, back) = unsafe { (*(fp as *const usize), *((fp + 8) as *const usize)) };
            if next == entry_fp {
                break;
            }
            frames.push(RawFrame::Return(back));
            fp = next;
        }
        // SAFETY: enclosing activations keep their state on the stack until they end.
        let Some(saved) = (unsafe { outer.as_ref() }) else { return };
        if saved.entry_pc == 0 || frames.is_full() {
            return;
        }
        (fp, entry_fp, outer) = (saved.exit_fp, saved.entry_fp, saved.outer);
    }
}

/// Ends the innermost activation with `trap`. What the thread's `pending` holds goes with it.
///
/// # Safety
///
/// Called from a builtin or host dispatcher that generated code has called on this thread, with
/// nothing on the stack above the entry stub that needs dropping. `instance` is the calling
/// instance of a builtin, and null for a host function.
pub(crate) unsafe fn raise(exec: *mut Exec, instance: *mut InstanceCtx, trap: Trap) -> ! {
    // SAFETY: the state belongs to this thread.
    unsafe {
        let exec = &mut *exec;
        exec.frames.clear();
        // A run that ends on purpose needs no backtrace.
        let wanted = !exec.pending.as_ref().is_some_and(Error::is_terminated);
        if wanted {
            if exec.jit.exit_site != NO_SITE && !instance.is_null() {
                exec.frames.push(RawFrame::Site(exec.jit.exit_site, instance));
            }
            walk(&mut exec.frames, exec.jit.exit_fp, exec.jit.entry_fp, exec.outer);
        }
        exec.jit.trap = trap as u32;
        land(&raw const exec.jit)
    }
}

/// Continues at the landing of the innermost entry stub.
#[cfg(target_arch = "x86_64")]
unsafe fn land(exec: *const ExecCtx) -> ! {
    // SAFETY: the entry stub stored the three words, and its frame is still on the stack.
    unsafe {
        std::arch::asm!(
            "mov rsp, rcx",
            "mov rbp, rsi",
            "jmp rdi",
            in("rcx") (*exec).entry_sp,
            in("rsi") (*exec).entry_fp,
            in("rdi") (*exec).entry_pc,
            // Payload registers of the exception handler.
            in("rax") 0usize,
            in("rdx") 0usize,
            options(noreturn),
        )
    }
}

/// Continues at the landing of the innermost entry stub.
#[cfg(target_arch = "aarch64")]
unsafe fn land(exec: *const ExecCtx) -> ! {
    // SAFETY: the entry stub stored the three words, and its frame is still on the stack.
    unsafe {
        std::arch::asm!(
            "mov sp, x2",
            "mov x29, x3",
            "br x4",
            in("x2") (*exec).entry_sp,
            in("x3") (*exec).entry_fp,
            in("x4") (*exec).entry_pc,
            // Payload registers of the exception handler.
            in("x0") 0usize,
            in("x1") 0usize,
            options(noreturn),
        )
    }
}

/// The error of the activation that has just been ended.
#[cold]
pub(crate) fn take_error(exec: &mut Exec) -> Error {
    // SAFETY: the activation's caller still holds what it called.
    unsafe { meter::correct(exec) };
    let error = match exec.pending.take() {
        Some(error) => error,
        None => match Trap::from_number(exec.jit.trap) {
            Some(trap) => Error::new(trap.code()),
            None => Error::new(ErrCode::RuntimeError),
        },
    };
    // SAFETY: the activation's caller still holds what it called.
    let frames = unsafe { exec.frames.resolve() };
    exec.frames.clear();
    error.with_frames(frames)
}
