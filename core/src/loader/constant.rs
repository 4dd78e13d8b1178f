//! Constant expressions: from the parser's operators to ours.

use crate::limits;
use crate::module::{ConstExpr, ConstOp};
use crate::types::RefType;
use wasmparser::{AbstractHeapType, HeapType, Operator};

/// Reads a constant expression that decodes without error.
///
/// An operator that isn't constant makes the whole expression empty: the validator refuses it from
/// the bytes.
///
/// # Errors
///
/// The limit, if there are more instructions than [`limits::MAX_CONST_OPS`].
pub(super) fn read(expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, usize> {
    let mut ops = Vec::new();
    for op in expr.get_operators_reader() {
        match op.map(|op| (constant(&op), op)) {
            Ok((Some(_), _)) if ops.len() == limits::MAX_CONST_OPS => {
                return Err(limits::MAX_CONST_OPS);
            }
            Ok((Some(op), _)) => ops.push(op),
            Ok((None, Operator::End)) => break,
            _ => return Ok(ConstExpr::default()),
        }
    }
    Ok(ops.into())
}

fn constant(op: &Operator<'_>) -> Option<ConstOp> {
    Some(match *op {
        Operator::I32Const { value } => ConstOp::I32Const(value),
        Operator::I64Const { value } => ConstOp::I64Const(value),
        Operator::F32Const { value } => ConstOp::F32Const(value.bits()),
        Operator::F64Const { value } => ConstOp::F64Const(value.bits()),
        Operator::V128Const { value } => ConstOp::V128Const(value.i128() as u128),
        Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
        Operator::RefNull { hty: HeapType::Abstract { shared: false, ty } } => {
            ConstOp::RefNull(match ty {
                AbstractHeapType::Func => RefType::FuncRef,
                AbstractHeapType::Extern => RefType::ExternRef,
                _ => return None,
            })
        }
        Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        _ => return None,
    })
}
