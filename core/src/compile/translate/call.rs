//! Calls: direct, through a table, and tail calls.

use super::env::{Region, returns_through_memory, wasm_signature};
use super::{FuncTranslator, trap_code};
use crate::abi::{FuncImport, FuncRef, SLOT_SIZE, Trap};
use crate::compile::function::OWN_BODY;
use crate::config::TrapMode;
use crate::types::FuncType;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, ExtFuncData, ExternalName, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind,
    UserExternalName, Value, types,
};
use std::mem::offset_of;
use wasmparser::Operator;

/// What a call goes to.
enum Callee {
    /// A function of this module.
    Own(ir::FuncRef),
    /// Code address in the `Tail` convention.
    Address(Value),
}

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it is a call.
    pub(super) fn call_operator(&mut self, op: &Operator<'_>) -> bool {
        match op {
            Operator::Call { function_index } => self.call(*function_index, false),
            Operator::ReturnCall { function_index } => self.call(*function_index, true),
            Operator::CallIndirect { type_index, table_index } => {
                self.call_indirect(*type_index, *table_index, false);
            }
            Operator::ReturnCallIndirect { type_index, table_index } => {
                self.call_indirect(*type_index, *table_index, true);
            }
            _ => return false,
        }
        true
    }

    fn call(&mut self, index: u32, tail: bool) {
        let ty_index = self.env.module.funcs[index as usize];
        if index < self.env.module.imported.funcs {
            let at = self.env.layout.func_import(index);
            let code = at + offset_of!(FuncImport, code) as u32;
            let ctx = at + offset_of!(FuncImport, ctx) as u32;
            let code = self.load_constant(types::I64, self.inst, code);
            let ctx = self.load_constant(types::I64, self.inst, ctx);
            self.store_caller();
            self.finish_call(ty_index, Callee::Address(code), ctx, tail);
        } else if self.env.lazy {
            let code = self.lazy_code(index - self.env.module.imported.funcs);
            self.finish_call(ty_index, Callee::Address(code), self.inst, tail);
        } else {
            let callee = self.own_function(index);
            self.finish_call(ty_index, Callee::Own(callee), self.inst, tail);
        }
    }

    fn call_indirect(&mut self, ty_index: u32, table: u32, tail: bool) {
        let index = self.pop();
        let func_ref = self.table_element(table, index, Trap::UndefinedElement);
        let found = match self.env.trap_mode {
            // A null reference faults here: the first page is never mapped.
            TrapMode::Signals => {
                let flags = MemFlagsData::new()
                    .with_aligned()
                    .with_readonly()
                    .with_trap_code(Some(trap_code(Trap::UninitializedElement)));
                self.b.ins().load(types::I32, flags, func_ref, offset_of!(FuncRef, type_id) as i32)
            }
            TrapMode::Checks => {
                self.trap_unless(func_ref, Trap::UninitializedElement);
                self.load_func_ref(types::I32, func_ref, offset_of!(FuncRef, type_id))
            }
        };
        let wanted = self.type_id(ty_index);
        let differs = self.b.ins().icmp(IntCC::NotEqual, found, wanted);
        self.trap_if(differs, Trap::IndirectCallTypeMismatch);
        let code = self.load_func_ref(types::I64, func_ref, offset_of!(FuncRef, code));
        let ctx = self.load_func_ref(types::I64, func_ref, offset_of!(FuncRef, ctx));
        self.store_caller();
        self.finish_call(ty_index, Callee::Address(code), ctx, tail);
    }

    /// Loads a field of a function reference that has been proved not null.
    fn load_func_ref(&mut self, ty: ir::Type, func_ref: Value, offset: usize) -> Value {
        // Not `can_move`: the address is good only after the null check.
        let flags = MemFlagsData::trusted().with_readonly();
        self.b.ins().load(ty, flags, func_ref, offset as i32)
    }

    /// Pops the arguments, calls, and pushes the results; a tail call ends the block.
    fn finish_call(&mut self, ty_index: u32, callee: Callee, ctx: Value, tail: bool) {
        let module = self.env.module;
        let ty: &FuncType = &module.types[ty_index as usize];
        let count = ty.params().len();
        let through_memory = returns_through_memory(ty);
        let mut args = Vec::with_capacity(count + 3);
        args.push(self.exec);
        args.push(ctx);
        let mut slot = None;
        if through_memory {
            let area = if tail {
                self.result_area.expect("a tail callee returns what its caller returns")
            } else {
                let size = ty.results().len() as u32 * SLOT_SIZE;
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, size, 4);
                let area = self.b.create_sized_stack_slot(data);
                let address = self.b.ins().stack_addr(types::I64, area, 0);
                slot = Some(address);
                address
            };
            args.push(area);
        }
        let operands = self.stack.split_off(self.stack.len() - count);
        for operand in operands {
            let value = self.canonical(operand);
            args.push(value);
        }
        if tail {
            match callee {
                Callee::Own(function) => self.b.ins().return_call(function, &args),
                Callee::Address(code) => {
                    let signature = self.signature(ty_index);
                    self.b.ins().return_call_indirect(signature, code, &args)
                }
            };
            self.reachable = false;
            return;
        }
        let call = match callee {
            Callee::Own(function) => self.b.ins().call(function, &args),
            Callee::Address(code) => {
                let signature = self.signature(ty_index);
                self.b.ins().call_indirect(signature, code, &args)
            }
        };
        self.reload_counters();
        self.end_region();
        match slot {
            None => self.stack.extend_from_slice(self.b.inst_results(call)),
            Some(area) => {
                let flags = self.variable_flags(Region::Slots);
                for (at, result) in ty.results().iter().enumerate() {
                    let ty = super::value_type(*result);
                    let value = self.b.ins().load(ty, flags, area, (at as u32 * SLOT_SIZE) as i32);
                    self.push(value);
                }
            }
        }
    }

    pub(super) fn signature(&mut self, ty_index: u32) -> ir::SigRef {
        if let Some(known) = self.signatures.get(&ty_index) {
            return *known;
        }
        let signature = wasm_signature(&self.env.module.types[ty_index as usize]);
        let entered = self.b.import_signature(signature);
        self.signatures.insert(ty_index, entered);
        entered
    }

    /// Continues in the body of this function, of which this is only the frame check.
    pub(in crate::compile) fn return_call_body(&mut self, params: &[Value]) {
        let ty = self.env.module.funcs[self.func_index as usize];
        let body = self.declare_function(OWN_BODY, ty);
        self.b.ins().return_call(body, params);
    }

    fn own_function(&mut self, index: u32) -> ir::FuncRef {
        self.declare_function(index, self.env.module.funcs[index as usize])
    }

    fn declare_function(&mut self, index: u32, ty: u32) -> ir::FuncRef {
        if let Some(known) = self.functions.get(&index) {
            return *known;
        }
        let signature = self.signature(ty);
        let name = UserExternalName { namespace: 0, index };
        let name = ExternalName::user(self.b.func.declare_imported_user_function(name));
        let entered = self.b.import_function(ExtFuncData {
            name,
            signature,
            colocated: true,
            patchable: false,
        });
        self.functions.insert(index, entered);
        entered
    }
}
