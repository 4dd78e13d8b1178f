//! Scalar numbers: constants, comparisons, arithmetic, conversions.
//!
//! Most operators are one Cranelift instruction; the tables below say which. In check mode,
//! divisions and conversions that can trap are preceded by comparisons, so that the instruction
//! itself never faults.

use super::FuncTranslator;
use crate::abi::Trap;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::types::{F32, F64, I8, I16, I32, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Opcode, Type, Value};
use cranelift_frontend::FunctionBuilder;
use wasmparser::Operator;

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it belongs to this family.
    pub(super) fn numeric_operator(&mut self, op: &Operator<'_>) -> bool {
        if let Some(opcode) = binary_opcode(op) {
            let (a, b) = self.pop2();
            let ty = self.b.func.dfg.value_type(a);
            let result = self.emit_binary(opcode, ty, a, b);
            self.push(result);
        } else if let Some((opcode, ty)) = unary_opcode(op) {
            let a = self.pop();
            let result = self.emit_unary(opcode, ty, a);
            self.push(result);
        } else if let Some(cc) = int_comparison(op) {
            let (a, b) = self.pop2();
            let result = self.b.ins().icmp(cc, a, b);
            self.push_bool(result);
        } else if let Some(cc) = float_comparison(op) {
            let (a, b) = self.pop2();
            let result = self.b.ins().fcmp(cc, a, b);
            self.push_bool(result);
        } else {
            return self.other_numeric_operator(op);
        }
        true
    }

    /// Operators that are not exactly one instruction on the operands.
    fn other_numeric_operator(&mut self, op: &Operator<'_>) -> bool {
        use Operator::*;
        match *op {
            I32Const { value } => self.push_with(|b| b.ins().iconst(I32, i64::from(value))),
            I64Const { value } => self.push_with(|b| b.ins().iconst(I64, value)),
            F32Const { value } => {
                self.push_with(|b| b.ins().f32const(Ieee32::with_bits(value.bits())));
            }
            F64Const { value } => {
                self.push_with(|b| b.ins().f64const(Ieee64::with_bits(value.bits())));
            }
            I32Eqz | I64Eqz => {
                let a = self.pop();
                let result = self.b.ins().icmp_imm_s(IntCC::Equal, a, 0);
                self.push_bool(result);
            }
            I32DivS | I64DivS => self.divide(Opcode::Sdiv),
            I32DivU | I64DivU => self.divide(Opcode::Udiv),
            I32RemS | I64RemS => self.divide(Opcode::Srem),
            I32RemU | I64RemU => self.divide(Opcode::Urem),
            I32Extend8S => self.extend_low(I8, I32),
            I32Extend16S => self.extend_low(I16, I32),
            I64Extend8S => self.extend_low(I8, I64),
            I64Extend16S => self.extend_low(I16, I64),
            I64Extend32S => self.extend_low(I32, I64),
            I32TruncF32S | I32TruncF64S => self.truncate(I32, true),
            I32TruncF32U | I32TruncF64U => self.truncate(I32, false),
            I64TruncF32S | I64TruncF64S => self.truncate(I64, true),
            I64TruncF32U | I64TruncF64U => self.truncate(I64, false),
            I32ReinterpretF32 => self.reinterpret(I32),
            I64ReinterpretF64 => self.reinterpret(I64),
            F32ReinterpretI32 => self.reinterpret(F32),
            F64ReinterpretI64 => self.reinterpret(F64),
            _ => return false,
        }
        true
    }

    /// One instruction of format `Unary`; `ty` is its controlling type.
    pub(super) fn emit_unary(&mut self, opcode: Opcode, ty: Type, a: Value) -> Value {
        let (inst, dfg) = self.b.ins().Unary(opcode, ty, a);
        dfg.first_result(inst)
    }

    /// One instruction of format `Binary`; `ty` is its controlling type.
    pub(super) fn emit_binary(&mut self, opcode: Opcode, ty: Type, a: Value, b: Value) -> Value {
        let (inst, dfg) = self.b.ins().Binary(opcode, ty, a, b);
        dfg.first_result(inst)
    }

    /// Pushes a truth value of type `I8` as the `i32` that wasm has for it.
    pub(super) fn push_bool(&mut self, value: Value) {
        self.push_with(|b| b.ins().uextend(I32, value));
    }

    fn push_with(&mut self, emit: impl FnOnce(&mut FunctionBuilder<'_>) -> Value) {
        let value = emit(&mut self.b);
        self.push(value);
    }

    /// Division or remainder.
    fn divide(&mut self, opcode: Opcode) {
        let (a, b) = self.pop2();
        let ty = self.b.func.dfg.value_type(a);
        if self.explicit_checks() {
            let zero = self.b.ins().icmp_imm_s(IntCC::Equal, b, 0);
            self.trap_if(zero, Trap::DivideByZero);
            if opcode == Opcode::Sdiv {
                let lowest = i64::MIN >> (64 - ty.bits());
                let lowest = self.b.ins().icmp_imm_s(IntCC::Equal, a, lowest);
                let negated = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
                let overflow = self.b.ins().band(lowest, negated);
                self.trap_if(overflow, Trap::IntegerOverflow);
            }
        }
        let result = self.emit_binary(opcode, ty, a, b);
        self.push(result);
    }

    /// Sign extension of the low bits of an integer.
    fn extend_low(&mut self, low: Type, ty: Type) {
        let a = self.pop();
        let narrow = self.b.ins().ireduce(low, a);
        let result = self.b.ins().sextend(ty, narrow);
        self.push(result);
    }

    /// Same bits, other type.
    fn reinterpret(&mut self, ty: Type) {
        let a = self.pop();
        let result = self.b.ins().bitcast(ty, MemFlagsData::new(), a);
        self.push(result);
    }

    /// Conversion of a float to an integer that traps where no integer is the result.
    fn truncate(&mut self, to: Type, signed: bool) {
        let a = self.pop();
        let opcode = match (self.explicit_checks(), signed) {
            (false, true) => Opcode::FcvtToSint,
            (false, false) => Opcode::FcvtToUint,
            (true, signed) => {
                self.check_truncation(a, to, signed);
                // In range saturation changes nothing, and it has no trap of its own.
                if signed { Opcode::FcvtToSintSat } else { Opcode::FcvtToUintSat }
            }
        };
        let result = self.emit_unary(opcode, to, a);
        self.push(result);
    }

    /// Traps unless `a`, rounded towards zero, is an integer of type `to`.
    fn check_truncation(&mut self, a: Value, to: Type, signed: bool) {
        let unordered = self.b.ins().fcmp(FloatCC::Unordered, a, a);
        self.trap_if(unordered, Trap::InvalidConversion);
        let from = self.b.func.dfg.value_type(a);
        // The first float past the range on either side; powers of two are exact. The lowest
        // signed integer minus one is a float only for `i32` from `f64`: elsewhere the next float
        // below the integer is at least two less, so the integer itself is the bound.
        let power = |exponent: u32| 2f64.powi(exponent as i32);
        let (low, low_cc) = match (signed, to, from) {
            (false, ..) => (-1.0, FloatCC::LessThanOrEqual),
            (true, I32, F64) => (-power(31) - 1.0, FloatCC::LessThanOrEqual),
            (true, ..) => (-power(to.bits() - 1), FloatCC::LessThan),
        };
        let high = power(to.bits() - u32::from(signed));
        let (low, high) = (self.float_constant(from, low), self.float_constant(from, high));
        let below = self.b.ins().fcmp(low_cc, a, low);
        let above = self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, a, high);
        let out = self.b.ins().bor(below, above);
        self.trap_if(out, Trap::IntegerOverflow);
    }

    /// A float constant that type `ty` represents exactly.
    fn float_constant(&mut self, ty: Type, value: f64) -> Value {
        if ty == F32 {
            self.b.ins().f32const(Ieee32::with_float(value as f32))
        } else {
            self.b.ins().f64const(Ieee64::with_float(value))
        }
    }
}

/// Operators that are one instruction on two operands of the same type as the result. Cranelift
/// masks the amounts of shifts and rotations as wasm does.
fn binary_opcode(op: &Operator<'_>) -> Option<Opcode> {
    use Operator::*;
    Some(match op {
        I32Add | I64Add => Opcode::Iadd,
        I32Sub | I64Sub => Opcode::Isub,
        I32Mul | I64Mul => Opcode::Imul,
        I32And | I64And => Opcode::Band,
        I32Or | I64Or => Opcode::Bor,
        I32Xor | I64Xor => Opcode::Bxor,
        I32Shl | I64Shl => Opcode::Ishl,
        I32ShrS | I64ShrS => Opcode::Sshr,
        I32ShrU | I64ShrU => Opcode::Ushr,
        I32Rotl | I64Rotl => Opcode::Rotl,
        I32Rotr | I64Rotr => Opcode::Rotr,
        F32Add | F64Add => Opcode::Fadd,
        F32Sub | F64Sub => Opcode::Fsub,
        F32Mul | F64Mul => Opcode::Fmul,
        F32Div | F64Div => Opcode::Fdiv,
        F32Min | F64Min => Opcode::Fmin,
        F32Max | F64Max => Opcode::Fmax,
        F32Copysign | F64Copysign => Opcode::Fcopysign,
        _ => return None,
    })
}

/// Operators that are one instruction on one operand, with the type of the result.
fn unary_opcode(op: &Operator<'_>) -> Option<(Opcode, Type)> {
    use Operator::*;
    Some(match op {
        I32Clz => (Opcode::Clz, I32),
        I64Clz => (Opcode::Clz, I64),
        I32Ctz => (Opcode::Ctz, I32),
        I64Ctz => (Opcode::Ctz, I64),
        I32Popcnt => (Opcode::Popcnt, I32),
        I64Popcnt => (Opcode::Popcnt, I64),
        F32Abs => (Opcode::Fabs, F32),
        F64Abs => (Opcode::Fabs, F64),
        F32Neg => (Opcode::Fneg, F32),
        F64Neg => (Opcode::Fneg, F64),
        F32Ceil => (Opcode::Ceil, F32),
        F64Ceil => (Opcode::Ceil, F64),
        F32Floor => (Opcode::Floor, F32),
        F64Floor => (Opcode::Floor, F64),
        F32Trunc => (Opcode::Trunc, F32),
        F64Trunc => (Opcode::Trunc, F64),
        F32Nearest => (Opcode::Nearest, F32),
        F64Nearest => (Opcode::Nearest, F64),
        F32Sqrt => (Opcode::Sqrt, F32),
        F64Sqrt => (Opcode::Sqrt, F64),
        I32WrapI64 => (Opcode::Ireduce, I32),
        I64ExtendI32S => (Opcode::Sextend, I64),
        I64ExtendI32U => (Opcode::Uextend, I64),
        F32DemoteF64 => (Opcode::Fdemote, F32),
        F64PromoteF32 => (Opcode::Fpromote, F64),
        F32ConvertI32S | F32ConvertI64S => (Opcode::FcvtFromSint, F32),
        F32ConvertI32U | F32ConvertI64U => (Opcode::FcvtFromUint, F32),
        F64ConvertI32S | F64ConvertI64S => (Opcode::FcvtFromSint, F64),
        F64ConvertI32U | F64ConvertI64U => (Opcode::FcvtFromUint, F64),
        I32TruncSatF32S | I32TruncSatF64S => (Opcode::FcvtToSintSat, I32),
        I32TruncSatF32U | I32TruncSatF64U => (Opcode::FcvtToUintSat, I32),
        I64TruncSatF32S | I64TruncSatF64S => (Opcode::FcvtToSintSat, I64),
        I64TruncSatF32U | I64TruncSatF64U => (Opcode::FcvtToUintSat, I64),
        _ => return None,
    })
}

/// Comparisons of integers.
fn int_comparison(op: &Operator<'_>) -> Option<IntCC> {
    use Operator::*;
    Some(match op {
        I32Eq | I64Eq => IntCC::Equal,
        I32Ne | I64Ne => IntCC::NotEqual,
        I32LtS | I64LtS => IntCC::SignedLessThan,
        I32LtU | I64LtU => IntCC::UnsignedLessThan,
        I32GtS | I64GtS => IntCC::SignedGreaterThan,
        I32GtU | I64GtU => IntCC::UnsignedGreaterThan,
        I32LeS | I64LeS => IntCC::SignedLessThanOrEqual,
        I32LeU | I64LeU => IntCC::UnsignedLessThanOrEqual,
        I32GeS | I64GeS => IntCC::SignedGreaterThanOrEqual,
        I32GeU | I64GeU => IntCC::UnsignedGreaterThanOrEqual,
        _ => return None,
    })
}

/// Comparisons of floats.
fn float_comparison(op: &Operator<'_>) -> Option<FloatCC> {
    use Operator::*;
    Some(match op {
        F32Eq | F64Eq => FloatCC::Equal,
        F32Ne | F64Ne => FloatCC::NotEqual,
        F32Lt | F64Lt => FloatCC::LessThan,
        F32Gt | F64Gt => FloatCC::GreaterThan,
        F32Le | F64Le => FloatCC::LessThanOrEqual,
        F32Ge | F64Ge => FloatCC::GreaterThanOrEqual,
        _ => return None,
    })
}
