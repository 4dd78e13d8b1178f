//! Atomic accesses, wait and notify.
//!
//! All are sequentially consistent. Narrow ones extend with zeros, so each is the instruction on
//! the access's own type between a reduction and an extension.

use super::FuncTranslator;
use super::bounds::memory_index;
use crate::abi::{Builtin, Trap};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{AtomicRmwOp, InstBuilder, MemFlagsData, Type, Value};
use wasmparser::{MemArg, Operator};

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it belongs to this family.
    pub(super) fn atomic_operator(&mut self, op: &Operator<'_>) -> bool {
        if let Some((rmw, access, memarg)) = read_modify_write(op) {
            self.atomic_rmw(rmw, access, memarg);
            return true;
        }
        use Operator::*;
        match op {
            I32AtomicLoad { memarg } => self.atomic_load(I32, I32, memarg),
            I32AtomicLoad8U { memarg } => self.atomic_load(I32, I8, memarg),
            I32AtomicLoad16U { memarg } => self.atomic_load(I32, I16, memarg),
            I64AtomicLoad { memarg } => self.atomic_load(I64, I64, memarg),
            I64AtomicLoad8U { memarg } => self.atomic_load(I64, I8, memarg),
            I64AtomicLoad16U { memarg } => self.atomic_load(I64, I16, memarg),
            I64AtomicLoad32U { memarg } => self.atomic_load(I64, I32, memarg),
            I32AtomicStore8 { memarg } | I64AtomicStore8 { memarg } => {
                self.atomic_store(I8, memarg);
            }
            I32AtomicStore16 { memarg } | I64AtomicStore16 { memarg } => {
                self.atomic_store(I16, memarg);
            }
            I32AtomicStore { memarg } | I64AtomicStore32 { memarg } => {
                self.atomic_store(I32, memarg);
            }
            I64AtomicStore { memarg } => self.atomic_store(I64, memarg),
            I32AtomicRmw8CmpxchgU { memarg } | I64AtomicRmw8CmpxchgU { memarg } => {
                self.atomic_cas(I8, memarg);
            }
            I32AtomicRmw16CmpxchgU { memarg } | I64AtomicRmw16CmpxchgU { memarg } => {
                self.atomic_cas(I16, memarg);
            }
            I32AtomicRmwCmpxchg { memarg } | I64AtomicRmw32CmpxchgU { memarg } => {
                self.atomic_cas(I32, memarg);
            }
            I64AtomicRmwCmpxchg { memarg } => self.atomic_cas(I64, memarg),
            AtomicFence { .. } => {
                self.b.ins().fence();
            }
            MemoryAtomicWait32 { memarg } => self.atomic_wait(Builtin::AtomicWait32, memarg),
            MemoryAtomicWait64 { memarg } => self.atomic_wait(Builtin::AtomicWait64, memarg),
            MemoryAtomicNotify { memarg } => self.atomic_notify(memarg),
            _ => return false,
        }
        true
    }

    fn atomic_load(&mut self, ty: Type, access: Type, memarg: &MemArg) {
        let (flags, address) = self.pop_atomic_address(memarg, access);
        let value = self.b.ins().atomic_load(access, flags, address);
        let value = self.widen(value, ty);
        self.push(value);
    }

    fn atomic_store(&mut self, access: Type, memarg: &MemArg) {
        let value = self.pop();
        let value = self.narrow(value, access);
        let (flags, address) = self.pop_atomic_address(memarg, access);
        self.b.ins().atomic_store(flags, value, address);
    }

    fn atomic_rmw(&mut self, op: AtomicRmwOp, access: Type, memarg: &MemArg) {
        let value = self.pop();
        let ty = self.b.func.dfg.value_type(value);
        let value = self.narrow(value, access);
        let (flags, address) = self.pop_atomic_address(memarg, access);
        let old = self.b.ins().atomic_rmw(access, flags, op, address, value);
        let old = self.widen(old, ty);
        self.push(old);
    }

    fn atomic_cas(&mut self, access: Type, memarg: &MemArg) {
        let (wide, replacement) = self.pop2();
        let ty = self.b.func.dfg.value_type(wide);
        // The comparison, too, is of the access's own type: upper bits do not count.
        let (expected, replacement) = (self.narrow(wide, access), self.narrow(replacement, access));
        let (flags, address) = self.pop_atomic_address(memarg, access);
        let old = self.b.ins().atomic_cas(flags, address, expected, replacement);
        let old = self.widen(old, ty);
        self.push(old);
    }

    /// Pops an index, the expected value and the timeout, and pushes how the wait ended.
    fn atomic_wait(&mut self, builtin: Builtin, memarg: &MemArg) {
        let (expected, timeout) = self.pop2();
        let (memory, address) = self.pop_wait_address(memarg);
        let result = self.call_builtin(builtin, &[memory, address, expected, timeout]);
        self.push(result.expect("a wait has a result"));
    }

    fn atomic_notify(&mut self, memarg: &MemArg) {
        let count = self.pop();
        let (memory, address) = self.pop_wait_address(memarg);
        let result = self.call_builtin(Builtin::AtomicNotify, &[memory, address, count]);
        self.push(result.expect("notify has a result"));
    }

    /// Pops an index and gives the place of an atomic access, which is aligned and in bounds.
    fn pop_atomic_address(&mut self, memarg: &MemArg, access: Type) -> (MemFlagsData, Value) {
        let index = self.pop();
        self.check_alignment(index, memarg, access.bytes());
        let place = self.address(index, memarg, access.bytes());
        let address = match place.offset {
            0 => place.base,
            offset => self.b.ins().iadd_imm_s(place.base, i64::from(offset)),
        };
        (place.flags, address)
    }

    /// Traps unless `index + memarg.offset` is a multiple of `size`, a power of two.
    fn check_alignment(&mut self, index: Value, memarg: &MemArg, size: u32) {
        if size == 1 {
            return;
        }
        // Only the low bits count, so it matters neither whether the sum wraps nor how wide it is.
        let mask = i64::from(size - 1);
        let sum = match memarg.offset as i64 & mask {
            0 => index,
            low => self.b.ins().iadd_imm_s(index, low),
        };
        let misaligned = self.b.ins().band_imm_s(sum, mask);
        self.trap_if(misaligned, Trap::UnalignedAtomic);
    }

    /// Pops an index and gives the memory and the effective address, for a builtin that checks
    /// both bounds and alignment.
    fn pop_wait_address(&mut self, memarg: &MemArg) -> (Value, Value) {
        let index = self.pop();
        let wide = self.widen(index, I64);
        let memory = memory_index(memarg);
        let address = if memarg.offset == 0 {
            wide
        } else {
            let sum = self.b.ins().iadd_imm_u(wide, memarg.offset as i64);
            if self.env.module.memories[memory as usize].memory64 {
                let wrapped = self.b.ins().icmp(IntCC::UnsignedLessThan, sum, wide);
                self.trap_if(wrapped, Trap::MemoryOutOfBounds);
            }
            sum
        };
        (self.b.ins().iconst(I32, i64::from(memory)), address)
    }

    /// Drops the upper bits of an integer that is wider than `ty`.
    fn narrow(&mut self, value: Value, ty: Type) -> Value {
        if self.b.func.dfg.value_type(value) == ty {
            value
        } else {
            self.b.ins().ireduce(ty, value)
        }
    }

    /// Extends an integer that is narrower than `ty` with zeros.
    fn widen(&mut self, value: Value, ty: Type) -> Value {
        if self.b.func.dfg.value_type(value) == ty {
            value
        } else {
            self.b.ins().uextend(ty, value)
        }
    }
}

/// The read-modify-write operators: what they do, the type of the access, its place.
fn read_modify_write<'a>(op: &'a Operator<'_>) -> Option<(AtomicRmwOp, Type, &'a MemArg)> {
    use AtomicRmwOp::{Add, And, Or, Sub, Xchg, Xor};
    use Operator::*;
    Some(match op {
        I32AtomicRmw8AddU { memarg } | I64AtomicRmw8AddU { memarg } => (Add, I8, memarg),
        I32AtomicRmw16AddU { memarg } | I64AtomicRmw16AddU { memarg } => (Add, I16, memarg),
        I32AtomicRmwAdd { memarg } | I64AtomicRmw32AddU { memarg } => (Add, I32, memarg),
        I64AtomicRmwAdd { memarg } => (Add, I64, memarg),
        I32AtomicRmw8SubU { memarg } | I64AtomicRmw8SubU { memarg } => (Sub, I8, memarg),
        I32AtomicRmw16SubU { memarg } | I64AtomicRmw16SubU { memarg } => (Sub, I16, memarg),
        I32AtomicRmwSub { memarg } | I64AtomicRmw32SubU { memarg } => (Sub, I32, memarg),
        I64AtomicRmwSub { memarg } => (Sub, I64, memarg),
        I32AtomicRmw8AndU { memarg } | I64AtomicRmw8AndU { memarg } => (And, I8, memarg),
        I32AtomicRmw16AndU { memarg } | I64AtomicRmw16AndU { memarg } => (And, I16, memarg),
        I32AtomicRmwAnd { memarg } | I64AtomicRmw32AndU { memarg } => (And, I32, memarg),
        I64AtomicRmwAnd { memarg } => (And, I64, memarg),
        I32AtomicRmw8OrU { memarg } | I64AtomicRmw8OrU { memarg } => (Or, I8, memarg),
        I32AtomicRmw16OrU { memarg } | I64AtomicRmw16OrU { memarg } => (Or, I16, memarg),
        I32AtomicRmwOr { memarg } | I64AtomicRmw32OrU { memarg } => (Or, I32, memarg),
        I64AtomicRmwOr { memarg } => (Or, I64, memarg),
        I32AtomicRmw8XorU { memarg } | I64AtomicRmw8XorU { memarg } => (Xor, I8, memarg),
        I32AtomicRmw16XorU { memarg } | I64AtomicRmw16XorU { memarg } => (Xor, I16, memarg),
        I32AtomicRmwXor { memarg } | I64AtomicRmw32XorU { memarg } => (Xor, I32, memarg),
        I64AtomicRmwXor { memarg } => (Xor, I64, memarg),
        I32AtomicRmw8XchgU { memarg } | I64AtomicRmw8XchgU { memarg } => (Xchg, I8, memarg),
        I32AtomicRmw16XchgU { memarg } | I64AtomicRmw16XchgU { memarg } => (Xchg, I16, memarg),
        I32AtomicRmwXchg { memarg } | I64AtomicRmw32XchgU { memarg } => (Xchg, I32, memarg),
        I64AtomicRmwXchg { memarg } => (Xchg, I64, memarg),
        _ => return None,
    })
}
