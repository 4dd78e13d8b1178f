//! The functions of `abi/builtin.rs`.
//!
//! Each does its work in a closure that returns an error, and only then, with nothing left to
//! drop, ends the activation.

use super::exec::{Exec, is_to_stop};
use super::extern_ref::ExternRef;
use super::global;
use super::meter;
use super::trap;
use super::wait::{self, Waited};
use super::wasm_instance::WasmInstance;
use crate::abi::{Builtin, BuiltinTable, ExecCtx, InstanceCtx, Trap};
use crate::engine::arena::CodeRange;
use crate::engine::signature;
use crate::error::{ErrCode, Error, Result};
use crate::interrupt::STOP;
use crate::limits::BULK_BYTES;
use crate::log::fault;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// The addresses that instances point to whose code is not metered.
static TABLE: BuiltinTable = BuiltinTable {
    raise: raise as *const u8,
    memory_grow: memory_grow as *const u8,
    memory_fill: memory_fill as *const u8,
    memory_copy: memory_copy as *const u8,
    memory_init: memory_init as *const u8,
    data_drop: data_drop as *const u8,
    table_get: table_get as *const u8,
    table_set: table_set as *const u8,
    table_grow: table_grow as *const u8,
    table_fill: table_fill as *const u8,
    table_copy: table_copy as *const u8,
    table_init: table_init as *const u8,
    elem_drop: elem_drop as *const u8,
    global_get_ref: global_get_ref as *const u8,
    global_set_ref: global_set_ref as *const u8,
    atomic_wait32: atomic_wait32 as *const u8,
    atomic_wait64: atomic_wait64 as *const u8,
    atomic_notify: atomic_notify as *const u8,
    meter_low: meter_low as *const u8,
};

/// The addresses for an instance.
///
/// # Errors
///
/// If there is no room for the stub that metered code needs.
pub(super) fn table(metered: bool) -> Result<*const BuiltinTable> {
    /// The same with the stub, which is never given back.
    static METERED: OnceLock<(BuiltinTable, CodeRange)> = OnceLock::new();
    if !metered {
        return Ok(&raw const TABLE);
    }
    if let Some((table, _)) = METERED.get() {
        return Ok(table);
    }
    let stub = signature::keeping_stub(meter_low as *const u8, Builtin::MeterLow)?;
    let table = BuiltinTable { meter_low: stub.base(), ..TABLE };
    Ok(&raw const METERED.get_or_init(|| (table, stub)).0)
}

type Ctx = *mut InstanceCtx;

/// Runs `work`; ends the activation if it fails.
///
/// # Safety
///
/// Called by a builtin, with the arguments generated code passed.
unsafe fn guard<T: Copy>(
    exec: *mut ExecCtx,
    ctx: Ctx,
    work: impl FnOnce(&WasmInstance) -> Result<T>,
) -> T {
    let exec: *mut Exec = exec.cast();
    // SAFETY: the instance runs, so it is alive; the state belongs to this thread.
    unsafe {
        let failure = match catch_unwind(AssertUnwindSafe(|| work(WasmInstance::of(ctx)))) {
            // A loop that is nearly always here would not see the signal.
            Ok(Ok(_)) if (*exec).jit.stop.load(Ordering::Relaxed) != 0 && is_to_stop(exec) => {
                trap::raise(exec, ctx, Trap::Interrupted)
            }
            Ok(Ok(value)) => return value,
            Ok(Err(error)) => error,
            Err(panic) => fault(panic),
        };
        (*exec).pending = Some(failure);
        trap::raise(exec, ctx, Trap::Host)
    }
}

unsafe extern "C" fn raise(exec: *mut ExecCtx, ctx: Ctx, trap: u32) {
    let trap = Trap::from_number(trap).unwrap_or(Trap::Unreachable);
    // SAFETY: called by generated code, and this frame has nothing to drop.
    unsafe { trap::raise(exec.cast(), ctx, trap) }
}

unsafe extern "C" fn meter_low(exec: *mut ExecCtx, ctx: Ctx, price: u64, may_hand_over: u32) {
    // SAFETY: called by generated code, with this thread's state.
    unsafe {
        let low =
            |instance: &WasmInstance| meter::low(exec.cast(), instance, price, may_hand_over != 0);
        (*exec).answer = guard(exec, ctx, low) as usize;
    }
}

unsafe extern "C" fn memory_grow(exec: *mut ExecCtx, ctx: Ctx, memory: u32, delta: u64) -> u64 {
    // SAFETY: called by generated code.
    unsafe {
        guard(exec, ctx, |instance| {
            Ok(instance.memories[memory as usize].try_grow(delta).unwrap_or(u64::MAX))
        })
    }
}

/// Calls `part` with ranges that cover `0..len`, of at most [`BULK_BYTES`], until the thread's call is
/// to stop; from the last to the first if `backwards`.
fn in_parts(len: usize, backwards: bool, mut part: impl FnMut(Range<usize>)) -> Result<()> {
    let mut done = 0;
    while done < len {
        if done > 0 {
            check_stop()?;
        }
        let size = BULK_BYTES.min(len - done);
        let start = if backwards { len - done - size } else { done };
        part(start..start + size);
        done += size;
    }
    Ok(())
}

/// An error if what this thread runs is to stop. A visit waits until the work is done.
pub(crate) fn check_stop() -> Result<()> {
    let exec = Exec::existing();
    // SAFETY: the state belongs to this thread.
    let stop = !exec.is_null() && unsafe { (*exec).jit.stop.load(Ordering::Relaxed) } & STOP != 0;
    if stop { Err(Error::new(ErrCode::Interrupted)) } else { Ok(()) }
}

/// Checks a range of a memory and gives the address of its first byte.
fn memory_range(instance: &WasmInstance, memory: u32, at: u64, len: u64) -> Result<*mut u8> {
    let memory = &instance.memories[memory as usize];
    let size = memory.len() as u64;
    match at.checked_add(len) {
        // SAFETY: the offset is within the memory, or just past it.
        Some(end) if end <= size => Ok(unsafe { memory.as_ptr().add(at as usize) }),
        _ => Err(Error::with_detail(
            ErrCode::MemoryOutOfBounds,
            format!(
                "Accessing offset from: 0x{at:08x} to: 0x{:08x} , Out of boundary: 0x{:08x}",
                at.saturating_add(len).saturating_sub(1),
                size.saturating_sub(1)
            ),
        )),
    }
}

unsafe extern "C" fn memory_fill(
    exec: *mut ExecCtx,
    ctx: Ctx,
    memory: u32,
    dst: u64,
    value: u32,
    len: u64,
) {
    // SAFETY: called by generated code; the range is checked.
    unsafe {
        guard(exec, ctx, |instance| {
            let dst = memory_range(instance, memory, dst, len)?;
            in_parts(len as usize, false, |part| {
                ptr::write_bytes(dst.add(part.start), value as u8, part.len());
            })
        })
    }
}

unsafe extern "C" fn memory_copy(
    exec: *mut ExecCtx,
    ctx: Ctx,
    dst_memory: u32,
    src_memory: u32,
    dst: u64,
    src: u64,
    len: u64,
) {
    // SAFETY: called by generated code; both ranges are checked.
    unsafe {
        guard(exec, ctx, |instance| {
            let src = memory_range(instance, src_memory, src, len)?;
            let dst = memory_range(instance, dst_memory, dst, len)?;
            // Parts that overlap what is still to be read are written last.
            in_parts(len as usize, dst > src, |part| {
                ptr::copy(src.add(part.start), dst.add(part.start), part.len());
            })
        })
    }
}

unsafe extern "C" fn memory_init(
    exec: *mut ExecCtx,
    ctx: Ctx,
    memory: u32,
    segment: u32,
    dst: u64,
    src: u64,
    len: u64,
) {
    // SAFETY: called by generated code.
    unsafe { guard(exec, ctx, |instance| init_memory(instance, memory, segment, dst, src, len)) }
}

/// `memory.init`.
pub(crate) fn init_memory(
    instance: &WasmInstance,
    memory: u32,
    segment: u32,
    dst: u64,
    src: u64,
    len: u64,
) -> Result<()> {
    let bytes = instance.data_bytes(segment);
    let end = src.checked_add(len).filter(|end| *end <= bytes.len() as u64);
    let Some(end) = end else {
        return Err(Error::with_detail(
            ErrCode::MemoryOutOfBounds,
            format!(
                "data segment {segment} has {} bytes, {src} + {len} are asked for",
                bytes.len()
            ),
        ));
    };
    let bytes = &bytes[src as usize..end as usize];
    let dst = memory_range(instance, memory, dst, len)?;
    // SAFETY: the range was checked, and segments do not lie in linear memory.
    in_parts(bytes.len(), false, |part| unsafe {
        let from = bytes[part.clone()].as_ptr();
        ptr::copy_nonoverlapping(from, dst.add(part.start), part.len());
    })
}

unsafe extern "C" fn data_drop(exec: *mut ExecCtx, ctx: Ctx, segment: u32) {
    // SAFETY: called by generated code.
    unsafe {
        guard(exec, ctx, |instance| {
            instance.drop_data(segment);
            Ok(())
        })
    }
}

/// Hands a host object to wasm: it stays alive until the thread's outermost call ends.
unsafe fn hand_over(exec: *mut ExecCtx, object: Option<ExternRef>) -> usize {
    let Some(object) = object else { return 0 };
    let word = object.address();
    // SAFETY: the state belongs to this thread.
    unsafe { (*exec.cast::<Exec>()).pin_extern(object) };
    word
}

unsafe extern "C" fn table_get(exec: *mut ExecCtx, ctx: Ctx, table: u32, index: u64) -> usize {
    // SAFETY: called by generated code, only for tables of host objects.
    unsafe {
        guard(exec, ctx, |instance| Ok(hand_over(exec, instance.table(table).get_extern(index)?)))
    }
}

unsafe extern "C" fn table_set(exec: *mut ExecCtx, ctx: Ctx, table: u32, index: u64, value: usize) {
    // SAFETY: called by generated code with a live reference.
    unsafe { guard(exec, ctx, |instance| instance.table(table).fill(index, value, 1)) }
}

unsafe extern "C" fn table_grow(
    exec: *mut ExecCtx,
    ctx: Ctx,
    table: u32,
    value: usize,
    delta: u64,
) -> u64 {
    // SAFETY: called by generated code with a live reference.
    unsafe {
        guard(exec, ctx, |instance| {
            Ok(instance.table(table).grow(delta, value)?.unwrap_or(u64::MAX))
        })
    }
}

unsafe extern "C" fn table_fill(
    exec: *mut ExecCtx,
    ctx: Ctx,
    table: u32,
    dst: u64,
    value: usize,
    len: u64,
) {
    // SAFETY: called by generated code with a live reference.
    unsafe { guard(exec, ctx, |instance| instance.table(table).fill(dst, value, len)) }
}

unsafe extern "C" fn table_copy(
    exec: *mut ExecCtx,
    ctx: Ctx,
    dst_table: u32,
    src_table: u32,
    dst: u64,
    src: u64,
    len: u64,
) {
    // SAFETY: called by generated code.
    unsafe {
        guard(exec, ctx, |instance| {
            instance.table(dst_table).copy(dst, instance.table(src_table), src, len)
        })
    }
}

unsafe extern "C" fn table_init(
    exec: *mut ExecCtx,
    ctx: Ctx,
    table: u32,
    segment: u32,
    dst: u64,
    src: u64,
    len: u64,
) {
    // SAFETY: called by generated code.
    unsafe { guard(exec, ctx, |instance| instance.table_init(table, segment, dst, src, len)) }
}

unsafe extern "C" fn elem_drop(exec: *mut ExecCtx, ctx: Ctx, segment: u32) {
    // SAFETY: called by generated code.
    unsafe {
        guard(exec, ctx, |instance| {
            instance.drop_element(segment);
            Ok(())
        })
    }
}

unsafe extern "C" fn global_get_ref(exec: *mut ExecCtx, ctx: Ctx, index: u32) -> usize {
    // SAFETY: called by generated code, only for globals of host objects.
    unsafe {
        guard(exec, ctx, |instance| {
            Ok(hand_over(exec, global::read_extern(instance.global_cell(index).as_ref())))
        })
    }
}

unsafe extern "C" fn global_set_ref(exec: *mut ExecCtx, ctx: Ctx, index: u32, value: usize) {
    // SAFETY: called by generated code with a live reference of the global's type.
    unsafe {
        guard(exec, ctx, |instance| {
            let ty = instance.code.info.globals[index as usize].ty.content;
            let cell = instance.global_cell(index);
            global::write_ref(cell.as_ref(), ty, instance.global_owner(index), value);
            Ok(())
        })
    }
}

/// Checks the address of a wait or notify.
fn atomic_address(
    instance: &WasmInstance,
    memory: u32,
    address: u64,
    size: u64,
) -> Result<*mut u8> {
    if !address.is_multiple_of(size) {
        return Err(Error::new(ErrCode::UnalignedAtomicAccess));
    }
    memory_range(instance, memory, address, size)
}

fn wait_at(
    exec: *mut ExecCtx,
    instance: &WasmInstance,
    memory: u32,
    place: *mut u8,
    timeout: i64,
    unchanged: impl FnOnce() -> bool,
) -> Result<u32> {
    if !instance.memories[memory as usize].ty().shared {
        return Err(Error::new(ErrCode::WaitOnUnsharedMemory));
    }
    // SAFETY: the state belongs to this thread.
    let interrupt = unsafe { (*exec.cast::<Exec>()).interrupt.as_ref() };
    let timeout = u64::try_from(timeout).ok().map(Duration::from_nanos);
    match wait::wait(place as usize, unchanged, timeout, interrupt) {
        Waited::Interrupted => Err(Error::new(ErrCode::Interrupted)),
        ended => Ok(ended as u32),
    }
}

unsafe extern "C" fn atomic_wait32(
    exec: *mut ExecCtx,
    ctx: Ctx,
    memory: u32,
    address: u64,
    expected: u32,
    timeout: i64,
) -> u32 {
    // SAFETY: called by generated code; the address is checked and aligned.
    unsafe {
        guard(exec, ctx, |instance| {
            let place = atomic_address(instance, memory, address, 4)?;
            wait_at(exec, instance, memory, place, timeout, || {
                AtomicU32::from_ptr(place.cast()).load(Ordering::SeqCst) == expected
            })
        })
    }
}

unsafe extern "C" fn atomic_wait64(
    exec: *mut ExecCtx,
    ctx: Ctx,
    memory: u32,
    address: u64,
    expected: u64,
    timeout: i64,
) -> u32 {
    // SAFETY: called by generated code; the address is checked and aligned.
    unsafe {
        guard(exec, ctx, |instance| {
            let place = atomic_address(instance, memory, address, 8)?;
            wait_at(exec, instance, memory, place, timeout, || {
                AtomicU64::from_ptr(place.cast()).load(Ordering::SeqCst) == expected
            })
        })
    }
}

unsafe extern "C" fn atomic_notify(
    exec: *mut ExecCtx,
    ctx: Ctx,
    memory: u32,
    address: u64,
    count: u32,
) -> u32 {
    // SAFETY: called by generated code.
    unsafe {
        guard(exec, ctx, |instance| {
            let place = atomic_address(instance, memory, address, 4)?;
            Ok(wait::notify(place as usize, count))
        })
    }
}
