//! Locals and globals.

use super::{FuncTranslator, value_type};
use crate::abi::Builtin;
use crate::module::ConstOp;
use crate::types::{Mutability, ValType};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{
    self, InstBuilder, StackSlot, StackSlotData, StackSlotKind, Value, types,
};
use cranelift_frontend::{FunctionBuilder, Variable};
use wasmparser::Operator;

/// Where the locals of a body are.
pub(in crate::compile) enum Locals {
    /// Values, for which the code generator finds registers.
    Values(Vec<Variable>),
    /// In the function's frame: type and place of each.
    Memory(StackSlot, Vec<(ir::Type, i32)>),
}

impl Locals {
    /// The locals of a function: those that are given, which are its parameters, and some of each
    /// type that begin with zero.
    pub fn new(
        b: &mut FunctionBuilder<'_>,
        in_memory: bool,
        params: &[Value],
        declared: &[(u32, ir::Type)],
    ) -> Locals {
        let mut all = Vec::with_capacity(params.len());
        for param in params {
            all.push((b.func.dfg.value_type(*param), *param));
        }
        for (count, ty) in declared {
            let zero = zero(b, *ty);
            all.extend(std::iter::repeat_n((*ty, zero), *count as usize));
        }
        if !in_memory {
            let declare = |(ty, value)| {
                let local = b.declare_var(ty);
                b.def_var(local, value);
                local
            };
            return Locals::Values(all.into_iter().map(declare).collect());
        }
        let mut size: u32 = 0;
        let mut places = Vec::with_capacity(all.len());
        for (ty, _) in &all {
            size = size.next_multiple_of(ty.bytes());
            places.push((*ty, size as i32));
            size += ty.bytes();
        }
        let data = StackSlotData::new(StackSlotKind::ExplicitSlot, size, VECTOR_SHIFT);
        let slot = b.create_sized_stack_slot(data);
        for ((_, value), (_, at)) in all.iter().zip(&places) {
            b.ins().stack_store(types::I64, *value, slot, *at);
        }
        Locals::Memory(slot, places)
    }
}

/// Alignment of places in the frame, as a power of two: that of vectors.
pub(super) const VECTOR_SHIFT: u8 = 4;

fn zero(b: &mut FunctionBuilder<'_>, ty: ir::Type) -> Value {
    match ty {
        types::F32 => b.ins().f32const(0.0),
        types::F64 => b.ins().f64const(0.0),
        types::I8X16 => {
            let zero = b.func.dfg.constants.insert([0u8; 16].as_slice().into());
            b.ins().vconst(types::I8X16, zero)
        }
        int => b.ins().iconst(int, 0),
    }
}

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it reads or writes a local or global.
    pub(super) fn variable_operator(&mut self, op: &Operator<'_>) -> bool {
        match op {
            Operator::LocalGet { local_index } => {
                let value = self.local(*local_index);
                self.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                self.set_local(*local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                let value = self.set_local(*local_index, value);
                self.push(value);
            }
            Operator::GlobalGet { global_index } => self.global_get(*global_index),
            Operator::GlobalSet { global_index } => self.global_set(*global_index),
            _ => return false,
        }
        true
    }

    fn local(&mut self, index: u32) -> Value {
        match &self.locals {
            Locals::Values(locals) => self.b.use_var(locals[index as usize]),
            Locals::Memory(slot, places) => {
                let (ty, at) = places[index as usize];
                self.b.ins().stack_load(types::I64, ty, *slot, at)
            }
        }
    }

    /// Sets a local, and gives the value as it is in it.
    fn set_local(&mut self, index: u32, value: Value) -> Value {
        let value = self.canonical(value);
        match &self.locals {
            Locals::Values(locals) => self.b.def_var(locals[index as usize], value),
            Locals::Memory(slot, places) => {
                let (_, at) = places[index as usize];
                self.b.ins().stack_store(types::I64, value, *slot, at);
            }
        }
        value
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
