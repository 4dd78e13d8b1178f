//! Arithmetic and conversions of vectors.

use super::FuncTranslator;
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::types::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2, INVALID};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::Operator;

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it belongs to this family.
    pub(super) fn simd_arith_operator(&mut self, op: &Operator<'_>) -> bool {
        if let Some((opcode, ty)) = lanes_binary_opcode(op) {
            self.lanes_binary(opcode, ty);
        } else if let Some((opcode, from, controlling)) = lanes_unary_opcode(op) {
            let a = self.pop_vector(from);
            let result = self.emit_unary(opcode, controlling, a);
            self.push(result);
        } else if let Some((opcode, ty)) = lanes_shift(op) {
            let amount = self.pop();
            let a = self.pop_vector(ty);
            let result = self.emit_binary(opcode, ty, a, amount);
            self.push(result);
        } else if let Some((widen, from)) = extended_multiplication(op) {
            let (a, b) = self.pop2_vectors(from);
            let result = self.multiply_widened(widen, from, a, b);
            self.push(result);
        } else {
            return self.other_simd_arith_operator(op);
        }
        true
    }

    /// Operators that are several instructions.
    fn other_simd_arith_operator(&mut self, op: &Operator<'_>) -> bool {
        use Operator::*;
        match op {
            I16x8ExtAddPairwiseI8x16S => self.add_pairwise_widened(I8X16, true),
            I16x8ExtAddPairwiseI8x16U => self.add_pairwise_widened(I8X16, false),
            I32x4ExtAddPairwiseI16x8S => self.add_pairwise_widened(I16X8, true),
            I32x4ExtAddPairwiseI16x8U => self.add_pairwise_widened(I16X8, false),
            I32x4DotI16x8S => {
                let (a, b) = self.pop2_vectors(I16X8);
                let result = self.dot(I16X8, a, b);
                self.push(result);
            }
            F32x4PMin => self.pseudo_extreme(F32X4, FloatCC::LessThan),
            F32x4PMax => self.pseudo_extreme(F32X4, FloatCC::GreaterThan),
            F64x2PMin => self.pseudo_extreme(F64X2, FloatCC::LessThan),
            F64x2PMax => self.pseudo_extreme(F64X2, FloatCC::GreaterThan),
            I32x4TruncSatF64x2SZero => {
                self.truncate_to_low_lanes(Opcode::FcvtToSintSat, Opcode::Snarrow);
            }
            I32x4TruncSatF64x2UZero => {
                self.truncate_to_low_lanes(Opcode::FcvtToUintSat, Opcode::Uunarrow);
            }
            F64x2ConvertLowI32x4S => {
                self.convert_low_lanes(Opcode::SwidenLow, Opcode::FcvtFromSint);
            }
            F64x2ConvertLowI32x4U => {
                self.convert_low_lanes(Opcode::UwidenLow, Opcode::FcvtFromUint);
            }
            _ => return false,
        }
        true
    }

    /// The product of half of the lanes, widened by `widen`.
    fn multiply_widened(&mut self, widen: Opcode, from: Type, a: Value, b: Value) -> Value {
        let a = self.emit_unary(widen, from, a);
        let b = self.emit_unary(widen, from, b);
        self.b.ins().imul(a, b)
    }

    /// Sums of products of adjacent signed lanes, in lanes twice as wide.
    pub(super) fn dot(&mut self, from: Type, a: Value, b: Value) -> Value {
        let low = self.multiply_widened(Opcode::SwidenLow, from, a, b);
        let high = self.multiply_widened(Opcode::SwidenHigh, from, a, b);
        self.b.ins().iadd_pairwise(low, high)
    }

    /// Sums of adjacent lanes, in lanes twice as wide.
    pub(super) fn add_pairwise_widened(&mut self, from: Type, signed: bool) {
        let a = self.pop_vector(from);
        let (low, high) = if signed {
            (self.b.ins().swiden_low(a), self.b.ins().swiden_high(a))
        } else {
            (self.b.ins().uwiden_low(a), self.b.ins().uwiden_high(a))
        };
        let result = self.b.ins().iadd_pairwise(low, high);
        self.push(result);
    }

    /// `pmin` and `pmax`: the second operand where it compares so with the first, else the first.
    fn pseudo_extreme(&mut self, ty: Type, cc: FloatCC) {
        let (a, b) = self.pop2_vectors(ty);
        // The code generator has one instruction for a "less than" that selects its own operands.
        let second = match cc {
            FloatCC::GreaterThan => self.b.ins().fcmp(FloatCC::LessThan, a, b),
            cc => self.b.ins().fcmp(cc, b, a),
        };
        let second = self.as_vector(second, ty);
        let result = self.b.ins().bitselect(second, b, a);
        self.push(result);
    }

    /// Saturating truncation of two `f64` lanes to the low `i32` lanes; the high ones are zero.
    fn truncate_to_low_lanes(&mut self, truncate: Opcode, narrow: Opcode) {
        let a = self.pop_vector(F64X2);
        let wide = self.emit_unary(truncate, I64X2, a);
        let zero = self.b.func.dfg.constants.insert([0u8; 16].as_slice().into());
        let zero = self.b.ins().vconst(I64X2, zero);
        let result = self.emit_binary(narrow, I64X2, wide, zero);
        self.push(result);
    }

    /// The two low `i32` lanes as `f64`.
    fn convert_low_lanes(&mut self, widen: Opcode, convert: Opcode) {
        let a = self.pop_vector(I32X4);
        let wide = self.emit_unary(widen, I32X4, a);
        let result = self.emit_unary(convert, F64X2, wide);
        self.push(result);
    }
}

/// Operators that are one instruction on two vectors with this lane type.
fn lanes_binary_opcode(op: &Operator<'_>) -> Option<(Opcode, Type)> {
    use Operator::*;
    Some(match op {
        I8x16Add => (Opcode::Iadd, I8X16),
        I16x8Add => (Opcode::Iadd, I16X8),
        I32x4Add => (Opcode::Iadd, I32X4),
        I64x2Add => (Opcode::Iadd, I64X2),
        I8x16Sub => (Opcode::Isub, I8X16),
        I16x8Sub => (Opcode::Isub, I16X8),
        I32x4Sub => (Opcode::Isub, I32X4),
        I64x2Sub => (Opcode::Isub, I64X2),
        I16x8Mul => (Opcode::Imul, I16X8),
        I32x4Mul => (Opcode::Imul, I32X4),
        I64x2Mul => (Opcode::Imul, I64X2),
        I8x16AddSatS => (Opcode::SaddSat, I8X16),
        I16x8AddSatS => (Opcode::SaddSat, I16X8),
        I8x16AddSatU => (Opcode::UaddSat, I8X16),
        I16x8AddSatU => (Opcode::UaddSat, I16X8),
        I8x16SubSatS => (Opcode::SsubSat, I8X16),
        I16x8SubSatS => (Opcode::SsubSat, I16X8),
        I8x16SubSatU => (Opcode::UsubSat, I8X16),
        I16x8SubSatU => (Opcode::UsubSat, I16X8),
        I8x16MinS => (Opcode::Smin, I8X16),
        I16x8MinS => (Opcode::Smin, I16X8),
        I32x4MinS => (Opcode::Smin, I32X4),
        I8x16MinU => (Opcode::Umin, I8X16),
        I16x8MinU => (Opcode::Umin, I16X8),
        I32x4MinU => (Opcode::Umin, I32X4),
        I8x16MaxS => (Opcode::Smax, I8X16),
        I16x8MaxS => (Opcode::Smax, I16X8),
        I32x4MaxS => (Opcode::Smax, I32X4),
        I8x16MaxU => (Opcode::Umax, I8X16),
        I16x8MaxU => (Opcode::Umax, I16X8),
        I32x4MaxU => (Opcode::Umax, I32X4),
        I8x16AvgrU => (Opcode::AvgRound, I8X16),
        I16x8AvgrU => (Opcode::AvgRound, I16X8),
        I16x8Q15MulrSatS => (Opcode::SqmulRoundSat, I16X8),
        I8x16NarrowI16x8S => (Opcode::Snarrow, I16X8),
        I8x16NarrowI16x8U => (Opcode::Unarrow, I16X8),
        I16x8NarrowI32x4S => (Opcode::Snarrow, I32X4),
        I16x8NarrowI32x4U => (Opcode::Unarrow, I32X4),
        F32x4Add => (Opcode::Fadd, F32X4),
        F64x2Add => (Opcode::Fadd, F64X2),
        F32x4Sub => (Opcode::Fsub, F32X4),
        F64x2Sub => (Opcode::Fsub, F64X2),
        F32x4Mul => (Opcode::Fmul, F32X4),
        F64x2Mul => (Opcode::Fmul, F64X2),
        F32x4Div => (Opcode::Fdiv, F32X4),
        F64x2Div => (Opcode::Fdiv, F64X2),
        F32x4Min => (Opcode::Fmin, F32X4),
        F64x2Min => (Opcode::Fmin, F64X2),
        F32x4Max => (Opcode::Fmax, F32X4),
        F64x2Max => (Opcode::Fmax, F64X2),
        _ => return None,
    })
}

/// Operators that are one instruction on one vector: lane type of the operand, and the
/// instruction's controlling type.
fn lanes_unary_opcode(op: &Operator<'_>) -> Option<(Opcode, Type, Type)> {
    use Operator::*;
    Some(match op {
        I8x16Abs => (Opcode::Iabs, I8X16, I8X16),
        I16x8Abs => (Opcode::Iabs, I16X8, I16X8),
        I32x4Abs => (Opcode::Iabs, I32X4, I32X4),
        I64x2Abs => (Opcode::Iabs, I64X2, I64X2),
        I8x16Neg => (Opcode::Ineg, I8X16, I8X16),
        I16x8Neg => (Opcode::Ineg, I16X8, I16X8),
        I32x4Neg => (Opcode::Ineg, I32X4, I32X4),
        I64x2Neg => (Opcode::Ineg, I64X2, I64X2),
        I8x16Popcnt => (Opcode::Popcnt, I8X16, I8X16),
        I16x8ExtendLowI8x16S => (Opcode::SwidenLow, I8X16, I8X16),
        I16x8ExtendLowI8x16U => (Opcode::UwidenLow, I8X16, I8X16),
        I16x8ExtendHighI8x16S => (Opcode::SwidenHigh, I8X16, I8X16),
        I16x8ExtendHighI8x16U => (Opcode::UwidenHigh, I8X16, I8X16),
        I32x4ExtendLowI16x8S => (Opcode::SwidenLow, I16X8, I16X8),
        I32x4ExtendLowI16x8U => (Opcode::UwidenLow, I16X8, I16X8),
        I32x4ExtendHighI16x8S => (Opcode::SwidenHigh, I16X8, I16X8),
        I32x4ExtendHighI16x8U => (Opcode::UwidenHigh, I16X8, I16X8),
        I64x2ExtendLowI32x4S => (Opcode::SwidenLow, I32X4, I32X4),
        I64x2ExtendLowI32x4U => (Opcode::UwidenLow, I32X4, I32X4),
        I64x2ExtendHighI32x4S => (Opcode::SwidenHigh, I32X4, I32X4),
        I64x2ExtendHighI32x4U => (Opcode::UwidenHigh, I32X4, I32X4),
        F32x4Abs => (Opcode::Fabs, F32X4, F32X4),
        F64x2Abs => (Opcode::Fabs, F64X2, F64X2),
        F32x4Neg => (Opcode::Fneg, F32X4, F32X4),
        F64x2Neg => (Opcode::Fneg, F64X2, F64X2),
        F32x4Ceil => (Opcode::Ceil, F32X4, F32X4),
        F64x2Ceil => (Opcode::Ceil, F64X2, F64X2),
        F32x4Floor => (Opcode::Floor, F32X4, F32X4),
        F64x2Floor => (Opcode::Floor, F64X2, F64X2),
        F32x4Trunc => (Opcode::Trunc, F32X4, F32X4),
        F64x2Trunc => (Opcode::Trunc, F64X2, F64X2),
        F32x4Nearest => (Opcode::Nearest, F32X4, F32X4),
        F64x2Nearest => (Opcode::Nearest, F64X2, F64X2),
        F32x4Sqrt => (Opcode::Sqrt, F32X4, F32X4),
        F64x2Sqrt => (Opcode::Sqrt, F64X2, F64X2),
        I32x4TruncSatF32x4S => (Opcode::FcvtToSintSat, F32X4, I32X4),
        I32x4TruncSatF32x4U => (Opcode::FcvtToUintSat, F32X4, I32X4),
        F32x4ConvertI32x4S => (Opcode::FcvtFromSint, I32X4, F32X4),
        F32x4ConvertI32x4U => (Opcode::FcvtFromUint, I32X4, F32X4),
        F32x4DemoteF64x2Zero => (Opcode::Fvdemote, F64X2, INVALID),
        F64x2PromoteLowF32x4 => (Opcode::FvpromoteLow, F32X4, INVALID),
        _ => return None,
    })
}

/// Shifts; Cranelift masks the amount by the width of a lane, as wasm does.
fn lanes_shift(op: &Operator<'_>) -> Option<(Opcode, Type)> {
    use Operator::*;
    Some(match op {
        I8x16Shl => (Opcode::Ishl, I8X16),
        I16x8Shl => (Opcode::Ishl, I16X8),
        I32x4Shl => (Opcode::Ishl, I32X4),
        I64x2Shl => (Opcode::Ishl, I64X2),
        I8x16ShrS => (Opcode::Sshr, I8X16),
        I16x8ShrS => (Opcode::Sshr, I16X8),
        I32x4ShrS => (Opcode::Sshr, I32X4),
        I64x2ShrS => (Opcode::Sshr, I64X2),
        I8x16ShrU => (Opcode::Ushr, I8X16),
        I16x8ShrU => (Opcode::Ushr, I16X8),
        I32x4ShrU => (Opcode::Ushr, I32X4),
        I64x2ShrU => (Opcode::Ushr, I64X2),
        _ => return None,
    })
}

/// Multiplications of widened lanes: how they are widened, and from which type.
fn extended_multiplication(op: &Operator<'_>) -> Option<(Opcode, Type)> {
    use Operator::*;
    Some(match op {
        I16x8ExtMulLowI8x16S => (Opcode::SwidenLow, I8X16),
        I16x8ExtMulLowI8x16U => (Opcode::UwidenLow, I8X16),
        I16x8ExtMulHighI8x16S => (Opcode::SwidenHigh, I8X16),
        I16x8ExtMulHighI8x16U => (Opcode::UwidenHigh, I8X16),
        I32x4ExtMulLowI16x8S => (Opcode::SwidenLow, I16X8),
        I32x4ExtMulLowI16x8U => (Opcode::UwidenLow, I16X8),
        I32x4ExtMulHighI16x8S => (Opcode::SwidenHigh, I16X8),
        I32x4ExtMulHighI16x8U => (Opcode::UwidenHigh, I16X8),
        I64x2ExtMulLowI32x4S => (Opcode::SwidenLow, I32X4),
        I64x2ExtMulLowI32x4U => (Opcode::UwidenLow, I32X4),
        I64x2ExtMulHighI32x4S => (Opcode::SwidenHigh, I32X4),
        I64x2ExtMulHighI32x4U => (Opcode::UwidenHigh, I32X4),
        _ => return None,
    })
}
