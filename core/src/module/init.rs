//! Constant expressions: offsets, element items and initial values of globals.

use crate::types::RefType;

/// A validated constant expression in postfix order, without its `end`.
pub(crate) type ConstExpr = Box<[ConstOp]>;

/// One instruction of a constant expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ConstOp {
    I32Const(i32),
    I64Const(i64),
    /// Bits of an `f32`.
    F32Const(u32),
    /// Bits of an `f64`.
    F64Const(u64),
    V128Const(u128),
    GlobalGet(u32),
    RefNull(RefType),
    RefFunc(u32),
    I32Add,
    I32Sub,
    I32Mul,
    I64Add,
    I64Sub,
    I64Mul,
}
