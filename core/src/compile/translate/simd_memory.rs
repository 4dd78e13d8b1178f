//! Loads and stores of vectors and of single lanes.

use super::FuncTranslator;
use cranelift_codegen::ir::types::{I8X16, I16X8, I32X4, I64X2, INVALID};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type};
use wasmparser::{MemArg, Operator};

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it belongs to this family.
    pub(super) fn simd_memory_operator(&mut self, op: &Operator<'_>) -> bool {
        use Operator::*;
        match op {
            V128Load { memarg } => self.load(memarg, Opcode::Load, I8X16, 16),
            V128Load8x8S { memarg } => self.load(memarg, Opcode::Sload8x8, INVALID, 8),
            V128Load8x8U { memarg } => self.load(memarg, Opcode::Uload8x8, INVALID, 8),
            V128Load16x4S { memarg } => self.load(memarg, Opcode::Sload16x4, INVALID, 8),
            V128Load16x4U { memarg } => self.load(memarg, Opcode::Uload16x4, INVALID, 8),
            V128Load32x2S { memarg } => self.load(memarg, Opcode::Sload32x2, INVALID, 8),
            V128Load32x2U { memarg } => self.load(memarg, Opcode::Uload32x2, INVALID, 8),
            V128Load8Splat { memarg } => self.load_spread(memarg, Opcode::Splat, I8X16),
            V128Load16Splat { memarg } => self.load_spread(memarg, Opcode::Splat, I16X8),
            V128Load32Splat { memarg } => self.load_spread(memarg, Opcode::Splat, I32X4),
            V128Load64Splat { memarg } => self.load_spread(memarg, Opcode::Splat, I64X2),
            V128Load32Zero { memarg } => self.load_spread(memarg, Opcode::ScalarToVector, I32X4),
            V128Load64Zero { memarg } => self.load_spread(memarg, Opcode::ScalarToVector, I64X2),
            V128Load8Lane { memarg, lane } => self.load_lane(memarg, I8X16, *lane),
            V128Load16Lane { memarg, lane } => self.load_lane(memarg, I16X8, *lane),
            V128Load32Lane { memarg, lane } => self.load_lane(memarg, I32X4, *lane),
            V128Load64Lane { memarg, lane } => self.load_lane(memarg, I64X2, *lane),
            V128Store { memarg } => self.store(memarg, Opcode::Store, 16),
            V128Store8Lane { memarg, lane } => self.store_lane(memarg, I8X16, *lane),
            V128Store16Lane { memarg, lane } => self.store_lane(memarg, I16X8, *lane),
            V128Store32Lane { memarg, lane } => self.store_lane(memarg, I32X4, *lane),
            V128Store64Lane { memarg, lane } => self.store_lane(memarg, I64X2, *lane),
            _ => return false,
        }
        true
    }

    /// Loads one lane's worth and makes a vector of it with `opcode`.
    fn load_spread(&mut self, memarg: &MemArg, opcode: Opcode, ty: Type) {
        let lane = ty.lane_type();
        self.load(memarg, Opcode::Load, lane, lane.bytes());
        let value = self.pop();
        let result = self.emit_unary(opcode, ty, value);
        self.push(result);
    }

    /// Loads into one lane of a vector.
    fn load_lane(&mut self, memarg: &MemArg, ty: Type, lane: u8) {
        let vector = self.pop_vector(ty);
        self.load(memarg, Opcode::Load, ty.lane_type(), ty.lane_type().bytes());
        let value = self.pop();
        let result = self.b.ins().insertlane(vector, value, lane);
        self.push(result);
    }

    /// Stores one lane of a vector.
    fn store_lane(&mut self, memarg: &MemArg, ty: Type, lane: u8) {
        let vector = self.pop_vector(ty);
        let value = self.b.ins().extractlane(vector, lane);
        self.push(value);
        self.store(memarg, Opcode::Store, ty.lane_type().bytes());
    }
}
