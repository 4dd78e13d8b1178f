//! Relaxed vector operators.
//!
//! Of the results the proposal allows, each operator here gives the one of its strict counterpart,
//! so results do not depend on the processor: multiplication and addition round separately, and
//! dot products take both operands as signed.

use super::FuncTranslator;
use cranelift_codegen::ir::types::{F32X4, F64X2, I8X16, I16X8, I32X4};
use cranelift_codegen::ir::{InstBuilder, Type};
use wasmparser::Operator;

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it belongs to this family.
    pub(super) fn simd_relaxed_operator(&mut self, op: &Operator<'_>) -> bool {
        if let Some(strict) = strict_counterpart(op) {
            return self.simd_operator(&strict);
        }
        use Operator::*;
        match op {
            F32x4RelaxedMadd => self.multiply_add(F32X4, false),
            F32x4RelaxedNmadd => self.multiply_add(F32X4, true),
            F64x2RelaxedMadd => self.multiply_add(F64X2, false),
            F64x2RelaxedNmadd => self.multiply_add(F64X2, true),
            I16x8RelaxedDotI8x16I7x16S => {
                let (a, b) = self.pop2_vectors(I8X16);
                let result = self.dot(I8X16, a, b);
                self.push(result);
            }
            I32x4RelaxedDotI8x16I7x16AddS => {
                let addend = self.pop_vector(I32X4);
                let (a, b) = self.pop2_vectors(I8X16);
                let products = self.dot(I8X16, a, b);
                self.push(products);
                self.add_pairwise_widened(I16X8, true);
                let sums = self.pop();
                let result = self.b.ins().iadd(sums, addend);
                self.push(result);
            }
            _ => return false,
        }
        true
    }

    /// `a * b + c`, or `c - a * b`, which is `-(a * b) + c`.
    fn multiply_add(&mut self, ty: Type, negated: bool) {
        let (a, b, c) = self.pop3_vectors(ty);
        let product = self.b.ins().fmul(a, b);
        let result =
            if negated { self.b.ins().fsub(c, product) } else { self.b.ins().fadd(product, c) };
        self.push(result);
    }
}

/// The operator whose result a relaxed one takes.
fn strict_counterpart(op: &Operator<'_>) -> Option<Operator<'static>> {
    use Operator::*;
    Some(match op {
        I8x16RelaxedSwizzle => I8x16Swizzle,
        I32x4RelaxedTruncF32x4S => I32x4TruncSatF32x4S,
        I32x4RelaxedTruncF32x4U => I32x4TruncSatF32x4U,
        I32x4RelaxedTruncF64x2SZero => I32x4TruncSatF64x2SZero,
        I32x4RelaxedTruncF64x2UZero => I32x4TruncSatF64x2UZero,
        I8x16RelaxedLaneselect
        | I16x8RelaxedLaneselect
        | I32x4RelaxedLaneselect
        | I64x2RelaxedLaneselect => V128Bitselect,
        F32x4RelaxedMin => F32x4Min,
        F32x4RelaxedMax => F32x4Max,
        F64x2RelaxedMin => F64x2Min,
        F64x2RelaxedMax => F64x2Max,
        I16x8RelaxedQ15mulrS => I16x8Q15MulrSatS,
        _ => return None,
    })
}
