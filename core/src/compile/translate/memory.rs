//! Size, growth and bulk operations of linear memories.

use super::FuncTranslator;
use crate::abi::Builtin;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmparser::Operator;

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it acts on a whole memory.
    pub(super) fn memory_operator(&mut self, op: &Operator<'_>) -> bool {
        match op {
            Operator::MemorySize { mem } => {
                let len = self.memory_len(*mem);
                let pages = self.b.ins().ushr_imm_u(len, 16);
                self.push_index(pages, self.is_memory64(*mem));
            }
            Operator::MemoryGrow { mem } => {
                let delta = self.pop_index(self.is_memory64(*mem));
                let memory = self.index_constant(*mem);
                let old = self.call_builtin(Builtin::MemoryGrow, &[memory, delta]);
                self.push_index(old.expect("returns the old size"), self.is_memory64(*mem));
            }
            Operator::MemoryFill { mem } => {
                let len = self.pop_index(self.is_memory64(*mem));
                let value = self.pop();
                let dst = self.pop_index(self.is_memory64(*mem));
                let memory = self.index_constant(*mem);
                self.call_builtin(Builtin::MemoryFill, &[memory, dst, value, len]);
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                let (wide_dst, wide_src) = (self.is_memory64(*dst_mem), self.is_memory64(*src_mem));
                let len = self.pop_index(wide_dst && wide_src);
                let src = self.pop_index(wide_src);
                let dst = self.pop_index(wide_dst);
                let dst_memory = self.index_constant(*dst_mem);
                let src_memory = self.index_constant(*src_mem);
                let args = [dst_memory, src_memory, dst, src, len];
                self.call_builtin(Builtin::MemoryCopy, &args);
            }
            Operator::MemoryInit { data_index, mem } => {
                let len = self.pop_index(false);
                let src = self.pop_index(false);
                let dst = self.pop_index(self.is_memory64(*mem));
                let memory = self.index_constant(*mem);
                let segment = self.index_constant(*data_index);
                self.call_builtin(Builtin::MemoryInit, &[memory, segment, dst, src, len]);
            }
            Operator::DataDrop { data_index } => {
                let segment = self.index_constant(*data_index);
                self.call_builtin(Builtin::DataDrop, &[segment]);
            }
            _ => return false,
        }
        true
    }

    fn is_memory64(&self, index: u32) -> bool {
        self.env.module.memories[index as usize].memory64
    }

    /// Pops an index or length and widens it to I64.
    pub(super) fn pop_index(&mut self, wide: bool) -> Value {
        let value = self.pop();
        if wide { value } else { self.b.ins().uextend(types::I64, value) }
    }

    /// Pushes an I64 as an index or size.
    pub(super) fn push_index(&mut self, value: Value, wide: bool) {
        let value = if wide { value } else { self.b.ins().ireduce(types::I32, value) };
        self.push(value);
    }

    /// An index of the module as an argument of a builtin.
    pub(super) fn index_constant(&mut self, index: u32) -> Value {
        self.b.ins().iconst(types::I32, i64::from(index))
    }
}
