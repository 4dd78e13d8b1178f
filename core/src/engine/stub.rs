//! Machine code through which functions are called that may not have been compiled yet.
//!
//! Each function has a stub at a fixed address, which is what references to it hold. The stub jumps
//! to where the function's slot points: at first to the second half of the stub, which tells the
//! runtime which function is wanted; later to the function's code.

use crate::abi::{CodeBlob, InstanceCtx};
use std::mem::offset_of;

/// Bytes of one stub.
const SIZE: usize = 32;

/// Offset of the second half.
const FIRST_CALL: usize = 13;

/// Stubs of `count` functions; `first_call` is reached with the function's number in `eax` and all
/// else as the caller left it. `None` where this processor's stubs are not known.
#[cfg(target_arch = "x86_64")]
pub(crate) fn stubs(count: usize, first_call: *const u8) -> Option<CodeBlob> {
    let slots = (offset_of!(InstanceCtx, code_slots) as u32).to_le_bytes();
    let mut blob = CodeBlob::default();
    let mut text = Vec::with_capacity(count * SIZE);
    for number in 0..count {
        let start = text.len();
        blob.entries.push(u32::try_from(start).ok()?);
        let slot = u32::try_from(number * 8).ok()?;
        // The second hidden argument is in rsi; rax and r11 carry no argument.
        let parts: [&[u8]; 9] = [
            // mov rax, [rsi + slots]
            &[0x48, 0x8B, 0x86],
            &slots,
            // jmp [rax + slot]
            &[0xFF, 0xA0],
            &slot.to_le_bytes(),
            // mov eax, number
            &[0xB8],
            &(number as u32).to_le_bytes(),
            // mov r11, first_call
            &[0x49, 0xBB],
            &(first_call as u64).to_le_bytes(),
            // jmp r11
            &[0x41, 0xFF, 0xE3],
        ];
        parts.iter().for_each(|part| text.extend_from_slice(part));
        text.resize(start + SIZE, 0xCC);
    }
    blob.text = text.into();
    Some(blob)
}

/// Stubs of `count` functions; not known for this processor.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn stubs(_count: usize, _first_call: *const u8) -> Option<CodeBlob> {
    None
}

/// Where the slot of a function points before the first call, given its stub.
pub(crate) fn before_first_call(stub: *const u8) -> *const u8 {
    stub.wrapping_add(FIRST_CALL)
}
