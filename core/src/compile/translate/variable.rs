//! Locals and globals.

use super::{FuncTranslator, value_type};
use crate::abi::Builtin;
use crate::module::ConstOp;
use crate::types::{Mutability, ValType};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmparser::Operator;

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it reads or writes a local or global.
    pub(super) fn variable_operator(&mut self, op: &Operator<'_>) -> bool {
        match op {
            Operator::LocalGet { local_index } => {
                let value = self.b.use_var(self.locals[*local_index as usize]);
                self.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                let value = self.canonical(value);
                self.b.def_var(self.locals[*local_index as usize], value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                let value = self.canonical(value);
                self.b.def_var(self.locals[*local_index as usize], value);
                self.push(value);
            }
            Operator::GlobalGet { global_index } => self.global_get(*global_index),
            Operator::GlobalSet { global_index } => self.global_set(*global_index),
            _ => return false,
        }
        true
    }

    fn global_get(&mut self, index: u32) {
        let ty = self.env.module.globals[index as usize].ty.content;
        let value = if let Some(value) = self.known_global(index) {
            value
        } else if ty == ValType::ExternRef {
            let global = self.b.ins().iconst(types::I32, i64::from(index));
            self.call_builtin(Builtin::GlobalGetRef, &[global]).expect("returns the reference")
        } else {
            let (base, offset, flags) = self.global_place(index);
            self.b.ins().load(value_type(ty), flags, base, offset)
        };
        self.push(value);
    }

    fn global_set(&mut self, index: u32) {
        let ty = self.env.module.globals[index as usize].ty.content;
        let value = self.pop();
        let value = self.canonical(value);
        if ty.is_ref() {
            let global = self.b.ins().iconst(types::I32, i64::from(index));
            self.call_builtin(Builtin::GlobalSetRef, &[global, value]);
        } else {
            let (base, offset, flags) = self.global_place(index);
            self.b.ins().store(flags, value, base, offset);
        }
    }

    /// The value of an immutable global that is the same in every instance.
    fn known_global(&mut self, index: u32) -> Option<Value> {
        let global = &self.env.module.globals[index as usize];
        if global.ty.mutability != Mutability::Const {
            return None;
        }
        let [op] = global.init.as_deref()? else { return None };
        match *op {
            ConstOp::I32Const(value) => Some(self.b.ins().iconst(types::I32, i64::from(value))),
            ConstOp::I64Const(value) => Some(self.b.ins().iconst(types::I64, value)),
            ConstOp::F32Const(bits) => Some(self.b.ins().f32const(Ieee32::with_bits(bits))),
            ConstOp::F64Const(bits) => Some(self.b.ins().f64const(Ieee64::with_bits(bits))),
            _ => None,
        }
    }
}
