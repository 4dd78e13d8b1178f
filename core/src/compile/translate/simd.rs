//! Fixed-width vectors: constants, lanes, bitwise operators, comparisons.
//!
//! `simd_arith` has arithmetic and conversions, `simd_memory` loads and stores, `simd_relaxed` the
//! relaxed operators. Each operator gives its operands the lane type it needs; that costs nothing.

use super::FuncTranslator;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32X4, F64X2, I8, I8X16, I16, I16X8, I32, I32X4, I64X2};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::Operator;

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it belongs to this family.
    pub(super) fn simd_operator(&mut self, op: &Operator<'_>) -> bool {
        self.simd_lane_operator(op)
            || self.simd_bitwise_operator(op)
            || self.simd_comparison(op)
            || self.simd_arith_operator(op)
            || self.simd_memory_operator(op)
            || self.simd_relaxed_operator(op)
    }

    /// Constants, and operators that move lanes.
    fn simd_lane_operator(&mut self, op: &Operator<'_>) -> bool {
        use Operator::*;
        match *op {
            V128Const { value } => {
                let value = self.vector_constant(*value.bytes());
                self.push(value);
            }
            I8x16Shuffle { lanes } => {
                let (a, b) = self.pop2_vectors(I8X16);
                let lanes = self.b.func.dfg.immediates.push(lanes.as_slice().into());
                let result = self.b.ins().shuffle(a, b, lanes);
                self.push(result);
            }
            I8x16Swizzle => {
                let (a, b) = self.pop2_vectors(I8X16);
                let result = self.b.ins().swizzle(a, b);
                self.push(result);
            }
            I8x16Splat => self.splat(I8X16),
            I16x8Splat => self.splat(I16X8),
            I32x4Splat => self.splat(I32X4),
            I64x2Splat => self.splat(I64X2),
            F32x4Splat => self.splat(F32X4),
            F64x2Splat => self.splat(F64X2),
            I8x16ExtractLaneS { lane } => self.extract_lane(I8X16, lane, Some(Opcode::Sextend)),
            I8x16ExtractLaneU { lane } => self.extract_lane(I8X16, lane, Some(Opcode::Uextend)),
            I16x8ExtractLaneS { lane } => self.extract_lane(I16X8, lane, Some(Opcode::Sextend)),
            I16x8ExtractLaneU { lane } => self.extract_lane(I16X8, lane, Some(Opcode::Uextend)),
            I32x4ExtractLane { lane } => self.extract_lane(I32X4, lane, None),
            I64x2ExtractLane { lane } => self.extract_lane(I64X2, lane, None),
            F32x4ExtractLane { lane } => self.extract_lane(F32X4, lane, None),
            F64x2ExtractLane { lane } => self.extract_lane(F64X2, lane, None),
            I8x16ReplaceLane { lane } => self.replace_lane(I8X16, lane),
            I16x8ReplaceLane { lane } => self.replace_lane(I16X8, lane),
            I32x4ReplaceLane { lane } => self.replace_lane(I32X4, lane),
            I64x2ReplaceLane { lane } => self.replace_lane(I64X2, lane),
            F32x4ReplaceLane { lane } => self.replace_lane(F32X4, lane),
            F64x2ReplaceLane { lane } => self.replace_lane(F64X2, lane),
            _ => return false,
        }
        true
    }

    /// Operators on bits, and those that reduce a vector to a scalar.
    fn simd_bitwise_operator(&mut self, op: &Operator<'_>) -> bool {
        use Operator::*;
        match op {
            V128Not => {
                let a = self.pop_vector(I8X16);
                let result = self.b.ins().bnot(a);
                self.push(result);
            }
            V128And => self.lanes_binary(Opcode::Band, I8X16),
            V128Or => self.lanes_binary(Opcode::Bor, I8X16),
            V128Xor => self.lanes_binary(Opcode::Bxor, I8X16),
            V128AndNot => {
                let (a, b) = self.pop2_vectors(I8X16);
                let inverted = self.b.ins().bnot(b);
                let result = self.b.ins().band(a, inverted);
                self.push(result);
            }
            V128Bitselect => {
                let (a, b, mask) = self.pop3_vectors(I8X16);
                let result = self.b.ins().bitselect(mask, a, b);
                self.push(result);
            }
            V128AnyTrue => {
                let a = self.pop_vector(I8X16);
                let result = self.b.ins().vany_true(a);
                self.push_bool(result);
            }
            I8x16AllTrue => self.all_true(I8X16),
            I16x8AllTrue => self.all_true(I16X8),
            I32x4AllTrue => self.all_true(I32X4),
            I64x2AllTrue => self.all_true(I64X2),
            I8x16Bitmask => self.bitmask(I8X16),
            I16x8Bitmask => self.bitmask(I16X8),
            I32x4Bitmask => self.bitmask(I32X4),
            I64x2Bitmask => self.bitmask(I64X2),
            _ => return false,
        }
        true
    }

    fn simd_comparison(&mut self, op: &Operator<'_>) -> bool {
        let result = if let Some((cc, ty)) = int_comparison(op) {
            let (a, b) = self.pop2_vectors(ty);
            self.b.ins().icmp(cc, a, b)
        } else if let Some((cc, ty)) = float_comparison(op) {
            let (a, b) = self.pop2_vectors(ty);
            self.b.ins().fcmp(cc, a, b)
        } else {
            return false;
        };
        self.push(result);
        true
    }

    /// Pops two vectors with lane type `ty`: the deeper one first.
    pub(super) fn pop2_vectors(&mut self, ty: Type) -> (Value, Value) {
        let (a, b) = self.pop2();
        (self.as_vector(a, ty), self.as_vector(b, ty))
    }

    /// Pops three vectors with lane type `ty`: the deepest one first.
    pub(super) fn pop3_vectors(&mut self, ty: Type) -> (Value, Value, Value) {
        let (a, b, c) = self.pop3();
        (self.as_vector(a, ty), self.as_vector(b, ty), self.as_vector(c, ty))
    }

    /// One instruction on two vectors with lane type `ty`.
    pub(super) fn lanes_binary(&mut self, opcode: Opcode, ty: Type) {
        let (a, b) = self.pop2_vectors(ty);
        let result = self.emit_binary(opcode, ty, a, b);
        self.push(result);
    }

    /// Pops the scalar for a lane of `ty`; `i8` and `i16` lanes take the low bits of an `i32`.
    fn pop_lane(&mut self, ty: Type) -> Value {
        let value = self.pop();
        match ty.lane_type() {
            lane @ (I8 | I16) => self.b.ins().ireduce(lane, value),
            _ => value,
        }
    }

    fn splat(&mut self, ty: Type) {
        let value = self.pop_lane(ty);
        let result = self.b.ins().splat(ty, value);
        self.push(result);
    }

    fn extract_lane(&mut self, ty: Type, lane: u8, extend: Option<Opcode>) {
        let a = self.pop_vector(ty);
        let value = self.b.ins().extractlane(a, lane);
        let result = match extend {
            Some(opcode) => self.emit_unary(opcode, I32, value),
            None => value,
        };
        self.push(result);
    }

    fn replace_lane(&mut self, ty: Type, lane: u8) {
        let value = self.pop_lane(ty);
        let a = self.pop_vector(ty);
        let result = self.b.ins().insertlane(a, value, lane);
        self.push(result);
    }

    fn all_true(&mut self, ty: Type) {
        let a = self.pop_vector(ty);
        let result = self.b.ins().vall_true(a);
        self.push_bool(result);
    }

    fn bitmask(&mut self, ty: Type) {
        let a = self.pop_vector(ty);
        let result = self.b.ins().vhigh_bits(I32, a);
        self.push(result);
    }
}

/// Comparisons of integer lanes.
fn int_comparison(op: &Operator<'_>) -> Option<(IntCC, Type)> {
    use Operator::*;
    Some(match op {
        I8x16Eq => (IntCC::Equal, I8X16),
        I8x16Ne => (IntCC::NotEqual, I8X16),
        I8x16LtS => (IntCC::SignedLessThan, I8X16),
        I8x16LtU => (IntCC::UnsignedLessThan, I8X16),
        I8x16GtS => (IntCC::SignedGreaterThan, I8X16),
        I8x16GtU => (IntCC::UnsignedGreaterThan, I8X16),
        I8x16LeS => (IntCC::SignedLessThanOrEqual, I8X16),
        I8x16LeU => (IntCC::UnsignedLessThanOrEqual, I8X16),
        I8x16GeS => (IntCC::SignedGreaterThanOrEqual, I8X16),
        I8x16GeU => (IntCC::UnsignedGreaterThanOrEqual, I8X16),
        I16x8Eq => (IntCC::Equal, I16X8),
        I16x8Ne => (IntCC::NotEqual, I16X8),
        I16x8LtS => (IntCC::SignedLessThan, I16X8),
        I16x8LtU => (IntCC::UnsignedLessThan, I16X8),
        I16x8GtS => (IntCC::SignedGreaterThan, I16X8),
        I16x8GtU => (IntCC::UnsignedGreaterThan, I16X8),
        I16x8LeS => (IntCC::SignedLessThanOrEqual, I16X8),
        I16x8LeU => (IntCC::UnsignedLessThanOrEqual, I16X8),
        I16x8GeS => (IntCC::SignedGreaterThanOrEqual, I16X8),
        I16x8GeU => (IntCC::UnsignedGreaterThanOrEqual, I16X8),
        I32x4Eq => (IntCC::Equal, I32X4),
        I32x4Ne => (IntCC::NotEqual, I32X4),
        I32x4LtS => (IntCC::SignedLessThan, I32X4),
        I32x4LtU => (IntCC::UnsignedLessThan, I32X4),
        I32x4GtS => (IntCC::SignedGreaterThan, I32X4),
        I32x4GtU => (IntCC::UnsignedGreaterThan, I32X4),
        I32x4LeS => (IntCC::SignedLessThanOrEqual, I32X4),
        I32x4LeU => (IntCC::UnsignedLessThanOrEqual, I32X4),
        I32x4GeS => (IntCC::SignedGreaterThanOrEqual, I32X4),
        I32x4GeU => (IntCC::UnsignedGreaterThanOrEqual, I32X4),
        I64x2Eq => (IntCC::Equal, I64X2),
        I64x2Ne => (IntCC::NotEqual, I64X2),
        I64x2LtS => (IntCC::SignedLessThan, I64X2),
        I64x2GtS => (IntCC::SignedGreaterThan, I64X2),
        I64x2LeS => (IntCC::SignedLessThanOrEqual, I64X2),
        I64x2GeS => (IntCC::SignedGreaterThanOrEqual, I64X2),
        _ => return None,
    })
}

/// Comparisons of float lanes.
fn float_comparison(op: &Operator<'_>) -> Option<(FloatCC, Type)> {
    use Operator::*;
    Some(match op {
        F32x4Eq => (FloatCC::Equal, F32X4),
        F32x4Ne => (FloatCC::NotEqual, F32X4),
        F32x4Lt => (FloatCC::LessThan, F32X4),
        F32x4Gt => (FloatCC::GreaterThan, F32X4),
        F32x4Le => (FloatCC::LessThanOrEqual, F32X4),
        F32x4Ge => (FloatCC::GreaterThanOrEqual, F32X4),
        F64x2Eq => (FloatCC::Equal, F64X2),
        F64x2Ne => (FloatCC::NotEqual, F64X2),
        F64x2Lt => (FloatCC::LessThan, F64X2),
        F64x2Gt => (FloatCC::GreaterThan, F64X2),
        F64x2Le => (FloatCC::LessThanOrEqual, F64X2),
        F64x2Ge => (FloatCC::GreaterThanOrEqual, F64X2),
        _ => return None,
    })
}
