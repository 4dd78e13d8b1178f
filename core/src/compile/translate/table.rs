//! Tables and references.
//!
//! Reading a function from a table is inline; everything that stores a reference, or reads an
//! `externref`, goes through the runtime, which keeps the referenced object alive.

use super::FuncTranslator;
use crate::abi::{Builtin, FuncImport, Trap};
use crate::types::RefType;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use std::mem::offset_of;
use wasmparser::Operator;

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it acts on a table or a reference.
    pub(super) fn table_operator(&mut self, op: &Operator<'_>) -> bool {
        match op {
            Operator::RefNull { .. } => {
                let null = self.b.ins().iconst(types::I64, 0);
                self.push(null);
            }
            Operator::RefIsNull => {
                let reference = self.pop();
                let zero = self.b.ins().iconst(types::I64, 0);
                let is_null = self.b.ins().icmp(IntCC::Equal, reference, zero);
                let is_null = self.b.ins().uextend(types::I32, is_null);
                self.push(is_null);
            }
            Operator::RefFunc { function_index } => {
                let func_ref = self.func_ref(*function_index);
                self.push(func_ref);
            }
            Operator::TableGet { table } => {
                let element = self.table_get(*table);
                self.push(element);
            }
            Operator::TableSet { table } => {
                let value = self.pop();
                let index = self.pop_index(self.is_table64(*table));
                let table = self.index_constant(*table);
                self.call_builtin(Builtin::TableSet, &[table, index, value]);
            }
            Operator::TableSize { table } => {
                let len = self.table_len(*table);
                self.push_index(len, self.is_table64(*table));
            }
            Operator::TableGrow { table } => {
                let delta = self.pop_index(self.is_table64(*table));
                let value = self.pop();
                let index = self.index_constant(*table);
                let old = self.call_builtin(Builtin::TableGrow, &[index, value, delta]);
                self.push_index(old.expect("returns the old size"), self.is_table64(*table));
            }
            Operator::TableFill { table } => {
                let len = self.pop_index(self.is_table64(*table));
                let value = self.pop();
                let dst = self.pop_index(self.is_table64(*table));
                let table = self.index_constant(*table);
                self.call_builtin(Builtin::TableFill, &[table, dst, value, len]);
            }
            Operator::TableCopy { dst_table, src_table } => {
                let (wide_dst, wide_src) =
                    (self.is_table64(*dst_table), self.is_table64(*src_table));
                let len = self.pop_index(wide_dst && wide_src);
                let src = self.pop_index(wide_src);
                let dst = self.pop_index(wide_dst);
                let dst_table = self.index_constant(*dst_table);
                let src_table = self.index_constant(*src_table);
                self.call_builtin(Builtin::TableCopy, &[dst_table, src_table, dst, src, len]);
            }
            Operator::TableInit { elem_index, table } => {
                let len = self.pop_index(false);
                let src = self.pop_index(false);
                let dst = self.pop_index(self.is_table64(*table));
                let table = self.index_constant(*table);
                let segment = self.index_constant(*elem_index);
                self.call_builtin(Builtin::TableInit, &[table, segment, dst, src, len]);
            }
            Operator::ElemDrop { elem_index } => {
                let segment = self.index_constant(*elem_index);
                self.call_builtin(Builtin::ElemDrop, &[segment]);
            }
            _ => return false,
        }
        true
    }

    fn is_table64(&self, index: u32) -> bool {
        self.env.module.tables[index as usize].ty.table64
    }

    fn table_get(&mut self, table: u32) -> Value {
        let wide = self.is_table64(table);
        if self.env.module.tables[table as usize].ty.element == RefType::FuncRef {
            let index = self.pop();
            return self.table_element(table, index, Trap::TableOutOfBounds);
        }
        let index = self.pop_index(wide);
        let table = self.index_constant(table);
        self.call_builtin(Builtin::TableGet, &[table, index]).expect("returns the reference")
    }

    /// Loads an element of a table after a bounds check. The address is masked, so that a
    /// mispredicted check cannot load from outside the table.
    pub(super) fn table_element(&mut self, table: u32, index: Value, past_end: Trap) -> Value {
        let wide = self.is_table64(table);
        let index = if wide { index } else { self.b.ins().uextend(types::I64, index) };
        let len = self.table_len(table);
        let out = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
        self.trap_if(out, past_end);
        let base = self.table_base(table);
        let displacement = self.b.ins().ishl_imm_u(index, 3);
        let address = self.b.ins().iadd(base, displacement);
        let address = self.b.ins().select_spectre_guard(out, base, address);
        let flags = self.table_flags(table);
        self.b.ins().load(types::I64, flags, address, 0)
    }

    /// The reference to a function of the module's index space.
    fn func_ref(&mut self, index: u32) -> Value {
        if index < self.env.module.imported.funcs {
            let at = self.env.layout.func_import(index) + offset_of!(FuncImport, func_ref) as u32;
            return self.load_constant(types::I64, self.inst, at);
        }
        let slot =
            self.env.module.escaping_index(index).expect("a valid body declares its ref.func");
        let at = self.env.layout.func_ref(slot);
        self.b.ins().iadd_imm_u(self.inst, i64::from(at))
    }
}
