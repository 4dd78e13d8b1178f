//! Addresses of linear memory: the only file that decides how an access is proved in bounds.
//!
//! A memory indexed by `i32` in signal mode lies in a reservation of 4 GiB and a guard. Any index
//! is below 4 GiB, so `index + offset + size` cannot leave the reservation while `offset + size`
//! is at most the guard; the processor's fault is the check. Larger static offsets, memories
//! indexed by `i64`, and all memories in check mode compare with the current length first.

use super::FuncTranslator;
use crate::abi::Trap;
use crate::config::TrapMode;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, TrapCode, Value, types};
use wasmparser::{MemArg, MemArgTarget};

/// Bytes after the 4 GiB of a reservation that always fault.
pub(crate) const GUARD_BYTES: u64 = crate::abi::layout::GUARD_BYTES;

/// A place in linear memory that one access may use.
#[derive(Clone, Copy)]
pub(super) struct Address {
    /// Flags of the access, with its alias region and trap code.
    pub flags: MemFlagsData,
    /// Base of the access.
    pub base: Value,
    /// Displacement from `base`.
    pub offset: i32,
}

impl FuncTranslator<'_, '_> {
    /// Pops an index and gives the place of an access of `size` bytes, checked as needed.
    pub(super) fn pop_address(&mut self, memarg: &MemArg, size: u32) -> Address {
        let index = self.pop();
        self.address(index, memarg, size)
    }

    /// The place of an access of `size` bytes at `index + memarg.offset`, checked as needed.
    pub(super) fn address(&mut self, index: Value, memarg: &MemArg, size: u32) -> Address {
        let target = memory_index(memarg);
        let memory = self.env.module.memories[target as usize];
        let flags = self.memory_flags(target);
        let end = memarg.offset.checked_add(u64::from(size));
        let wide = if memory.memory64 { index } else { self.b.ins().uextend(types::I64, index) };
        let elide = self.env.trap_mode == TrapMode::Signals
            && !memory.memory64
            && end.is_some_and(|end| end <= GUARD_BYTES);
        let base = self.memory_base(target);
        if elide {
            let place = self.b.ins().iadd(base, wide);
            return match i32::try_from(memarg.offset) {
                Ok(offset) => Address { flags, base: place, offset },
                Err(_) => {
                    let far = self.b.ins().iadd_imm_u(place, memarg.offset as i64);
                    Address { flags, base: far, offset: 0 }
                }
            };
        }
        let place = self.checked_place(target, wide, memarg.offset, end);
        let base = self.b.ins().iadd(base, place);
        // The check has proved the access; nothing may fault here.
        Address { flags: flags.with_trap_code(Some(TrapCode::HEAP_OUT_OF_BOUNDS)), base, offset: 0 }
    }

    /// Compares `index + offset + size` with the memory's length and gives `index + offset`.
    fn checked_place(&mut self, memory: u32, index: Value, offset: u64, end: Option<u64>) -> Value {
        let Some(end) = end else {
            let always = self.b.ins().iconst(types::I32, 1);
            self.trap_if(always, Trap::MemoryOutOfBounds);
            return index;
        };
        let len = self.memory_len(memory);
        // `len >= end` and `index <= len - end`: neither subtraction nor sum can wrap then.
        let end_value = self.b.ins().iconst(types::I64, end as i64);
        let short = self.b.ins().icmp(IntCC::UnsignedLessThan, len, end_value);
        let room = self.b.ins().isub(len, end_value);
        let past = self.b.ins().icmp(IntCC::UnsignedGreaterThan, index, room);
        let out = self.b.ins().bor(short, past);
        self.trap_if(out, Trap::MemoryOutOfBounds);
        let place = if offset == 0 { index } else { self.b.ins().iadd_imm_u(index, offset as i64) };
        // A mispredicted check must not reach past the memory either.
        let first = self.b.ins().iconst(types::I64, 0);
        self.b.ins().select_spectre_guard(out, first, place)
    }

    /// Flags of an access to memory `index`.
    fn memory_flags(&mut self, index: u32) -> MemFlagsData {
        let region = self.memory_region(index);
        MemFlagsData::new()
            .with_endianness(Endianness::Little)
            .with_trap_code(Some(TrapCode::HEAP_OUT_OF_BOUNDS))
            .with_alias_region(Some(region))
    }
}

/// The memory an access goes to.
pub(super) fn memory_index(memarg: &MemArg) -> u32 {
    match memarg.target {
        MemArgTarget::Memory(index) => index,
        MemArgTarget::Array(_) => unreachable!("the validator refuses accesses of GC arrays"),
    }
}
