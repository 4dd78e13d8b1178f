//! Counting in generated code.
//!
//! What is left of a call's budget, and in code for cost tables the number of instructions too, are
//! variables of the function. A region is paid for where it begins. The activation's own words are
//! brought up to date before anything looks at them, and read again after a call, which spends from
//! them; what a trap needs beyond them, `region` computes.
//!
//! Code for the usual costs, 1 for each instruction, subtracts constants and looks whether the
//! budget is used up where functions and loops begin. When costs from a table apply to a call, such
//! code hands over to code that reads the table, which looks in every region.

use super::FuncTranslator;
use crate::abi::{Builtin, ExecCtx};
use crate::compile::region::Region;
use crate::config::Metering;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use cranelift_frontend::Variable;
use std::mem::offset_of;

/// Where a region begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    Function,
    Loop,
    Elsewhere,
}

/// State of the metering of one body.
pub(in crate::compile) struct Meter {
    left: Variable,
    count: Variable,
    /// All regions, by their start.
    regions: Vec<Region>,
    /// The next instruction begins a region.
    due: Option<Beginning>,
    /// The activation's words are those of this region.
    written: bool,
    /// The function's parameters, with which it hands over.
    params: Vec<Value>,
}

const LEFT: usize = offset_of!(ExecCtx, left);
const COUNT: usize = offset_of!(ExecCtx, count);

impl FuncTranslator<'_, '_> {
    /// Begins metering, before the first instruction of the body.
    pub(in crate::compile) fn start_metering(&mut self, regions: Vec<Region>, params: Vec<Value>) {
        let left = self.b.declare_var(types::I64);
        let count = self.b.declare_var(types::I64);
        self.meter = Some(Meter {
            left,
            count,
            regions,
            due: Some(Beginning::Function),
            written: true,
            params,
        });
        self.reload_counters();
    }

    /// Reads the counters again, which a callee may have changed; what follows is a new region.
    pub(super) fn reload_counters(&mut self) {
        let Some(meter) = &self.meter else { return };
        let (left, count) = (meter.left, meter.count);
        let value = self.load_exec(types::I64, LEFT);
        self.b.def_var(left, value);
        if self.env.metering == Metering::Table {
            let value = self.load_exec(types::I64, COUNT);
            self.b.def_var(count, value);
        }
    }

    /// The next instruction begins a region.
    pub(super) fn end_region(&mut self) {
        if let Some(meter) = &mut self.meter {
            meter.due = Some(Beginning::Elsewhere);
        }
    }

    /// Looks at the budget where a function begins with a loop: what the loop's own region does
    /// happens in every round.
    pub(super) fn begin_with_loop(&mut self) {
        let Some(meter) = &mut self.meter else { return };
        if meter.due.take() != Some(Beginning::Function) {
            return;
        }
        let left = meter.left;
        let left = self.b.use_var(left);
        let nothing = self.b.ins().iconst(types::I64, 0);
        self.check_budget(Beginning::Function, left, left, nothing);
    }

    /// Begins a region if the instruction before has ended one.
    pub(super) fn begin_due_region(&mut self) {
        if let Some(due) = self.meter.as_mut().and_then(|meter| meter.due.take()) {
            self.begin_region(due);
        }
    }

    /// Pays for the region that begins with the current instruction.
    pub(super) fn begin_region(&mut self, beginning: Beginning) {
        let Some(meter) = &mut self.meter else { return };
        let first = meter.due.take() == Some(Beginning::Function);
        let beginning = if first { Beginning::Function } else { beginning };
        let at = meter.regions.binary_search_by_key(&self.offset, |region| region.start);
        let region = std::mem::take(&mut meter.regions[at.expect("regions begin there")]);
        let (left, count) = (meter.left, meter.count);
        let table = self.env.metering == Metering::Table;

        let before = self.b.use_var(left);
        let (price, after) = if table {
            let price = self.table_price(&region);
            (price, self.b.ins().isub(before, price))
        } else {
            // As an addition, which the optimiser joins with those before.
            let count = i64::from(region.count);
            let price = self.b.ins().iconst(types::I64, count);
            (price, self.b.ins().iadd_imm_s(before, -count))
        };
        self.b.def_var(left, after);
        if table || beginning != Beginning::Elsewhere {
            self.check_budget(beginning, before, after, price);
        }
        let writes = if table { region.observed } else { region.writes };
        let writes = writes || beginning == Beginning::Loop;
        if table {
            let counted = self.b.use_var(count);
            let counted = self.b.ins().iadd_imm_u(counted, i64::from(region.count));
            self.b.def_var(count, counted);
            if writes {
                self.store_exec(counted, COUNT);
            }
        }
        self.meter.as_mut().expect("this is metered code").written = false;
        if writes {
            self.write_left();
        }
    }

    /// Brings the activation's word up to date, before a call or a return.
    pub(super) fn write_left(&mut self) {
        let Some(meter) = &mut self.meter else { return };
        if !std::mem::replace(&mut meter.written, true) {
            let left = meter.left;
            let left = self.b.use_var(left);
            self.store_exec(left, LEFT);
        }
    }

    /// What a region costs by the table that applies.
    fn table_price(&mut self, region: &Region) -> Value {
        let costs = self.load_constant(types::I64, self.exec, offset_of!(ExecCtx, costs) as u32);
        let mut sum = None;
        for (opcode, times) in &region.opcodes {
            let mut cost = self.load_constant(types::I64, costs, u32::from(*opcode) * 8);
            if *times > 1 {
                cost = self.b.ins().imul_imm_u(cost, i64::from(*times));
            }
            sum = Some(match sum {
                Some(sum) => self.b.ins().iadd(sum, cost),
                None => cost,
            });
        }
        sum.expect("a region has an instruction")
    }

    /// Asks the runtime for more if less than nothing is left. It ends the call, or gives more, or
    /// at the start of a function has the code for cost tables take over.
    fn check_budget(&mut self, beginning: Beginning, before: Value, after: Value, price: Value) {
        let hands_over = beginning == Beginning::Function && self.env.metering != Metering::Table;
        let floor = if hands_over {
            self.load_exec(types::I64, offset_of!(ExecCtx, floor))
        } else {
            self.b.ins().iconst(types::I64, 0)
        };
        let low = self.b.ins().icmp(IntCC::SignedLessThan, after, floor);
        let (ask, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(ask);
        self.b.ins().brif(low, ask, &[], next, &[]);
        self.b.seal_block(ask);

        self.b.switch_to_block(ask);
        self.store_exec(before, LEFT);
        let meter = self.meter.as_ref().expect("this is metered code");
        let (left, count) = (meter.left, meter.count);
        if self.env.metering == Metering::Table {
            let counted = self.b.use_var(count);
            self.store_exec(counted, COUNT);
        }
        let asks = self.b.ins().iconst(types::I32, i64::from(hands_over));
        self.call_builtin(Builtin::MeterLow, &[price, asks]);
        if hands_over {
            let other = self.load_exec(types::I64, offset_of!(ExecCtx, answer));
            let (leave, stay) = (self.b.create_block(), self.b.create_block());
            self.b.set_cold_block(leave);
            self.b.ins().brif(other, leave, &[], stay, &[]);
            self.b.seal_block(leave);
            self.b.seal_block(stay);
            self.b.switch_to_block(leave);
            self.return_call_other(other);
            self.b.switch_to_block(stay);
        }
        let granted = self.load_exec(types::I64, LEFT);
        let after = self.b.ins().isub(granted, price);
        self.b.def_var(left, after);
        self.b.ins().jump(next, &[]);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
    }

    /// Continues at the start of this function in other code.
    fn return_call_other(&mut self, code: Value) {
        let signature = self.signature(self.env.module.funcs[self.func_index as usize]);
        let params = self.meter.as_ref().expect("this is metered code").params.clone();
        self.b.ins().return_call_indirect(signature, code, &params);
    }
}
