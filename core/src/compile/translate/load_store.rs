//! Scalar loads and stores.

use super::FuncTranslator;
use super::bounds::Address;
use cranelift_codegen::ir::types::{F32, F64, I32, I64};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type};
use wasmparser::{MemArg, Operator};

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it belongs to this family.
    pub(super) fn load_store_operator(&mut self, op: &Operator<'_>) -> bool {
        use Operator::*;
        match op {
            I32Load { memarg } => self.load(memarg, Opcode::Load, I32, 4),
            I64Load { memarg } => self.load(memarg, Opcode::Load, I64, 8),
            F32Load { memarg } => self.load(memarg, Opcode::Load, F32, 4),
            F64Load { memarg } => self.load(memarg, Opcode::Load, F64, 8),
            I32Load8S { memarg } => self.load(memarg, Opcode::Sload8, I32, 1),
            I32Load8U { memarg } => self.load(memarg, Opcode::Uload8, I32, 1),
            I32Load16S { memarg } => self.load(memarg, Opcode::Sload16, I32, 2),
            I32Load16U { memarg } => self.load(memarg, Opcode::Uload16, I32, 2),
            I64Load8S { memarg } => self.load(memarg, Opcode::Sload8, I64, 1),
            I64Load8U { memarg } => self.load(memarg, Opcode::Uload8, I64, 1),
            I64Load16S { memarg } => self.load(memarg, Opcode::Sload16, I64, 2),
            I64Load16U { memarg } => self.load(memarg, Opcode::Uload16, I64, 2),
            I64Load32S { memarg } => self.load(memarg, Opcode::Sload32, I64, 4),
            I64Load32U { memarg } => self.load(memarg, Opcode::Uload32, I64, 4),
            I32Store { memarg } | F32Store { memarg } => self.store(memarg, Opcode::Store, 4),
            I64Store { memarg } | F64Store { memarg } => self.store(memarg, Opcode::Store, 8),
            I32Store8 { memarg } | I64Store8 { memarg } => self.store(memarg, Opcode::Istore8, 1),
            I32Store16 { memarg } | I64Store16 { memarg } => {
                self.store(memarg, Opcode::Istore16, 2);
            }
            I64Store32 { memarg } => self.store(memarg, Opcode::Istore32, 4),
            _ => return false,
        }
        true
    }

    /// A load of `size` bytes whose result has type `ty`.
    pub(super) fn load(&mut self, memarg: &MemArg, opcode: Opcode, ty: Type, size: u32) {
        let Address { flags, base, offset } = self.pop_address(memarg, size);
        let flags = self.b.func.dfg.mem_flags.insert_unchecked(flags);
        let (inst, dfg) = self.b.ins().Load(opcode, ty, flags, offset.into(), base);
        let value = dfg.first_result(inst);
        self.push(value);
    }

    /// A store of the low `size` bytes of a value.
    pub(super) fn store(&mut self, memarg: &MemArg, opcode: Opcode, size: u32) {
        let value = self.pop();
        let ty = self.b.func.dfg.value_type(value);
        let Address { flags, base, offset } = self.pop_address(memarg, size);
        let flags = self.b.func.dfg.mem_flags.insert_unchecked(flags);
        self.b.ins().Store(opcode, ty, flags, offset.into(), value, base);
    }
}
