//! Blocks, branches, `select`, `drop` and `return`.

use super::env::{returns_through_memory, val_type, value_type};
use super::meter::Beginning;
use super::{FuncTranslator, body_error, trap_code};
use crate::abi::{ExecCtx, SLOT_SIZE, Trap};
use crate::config::InterruptMode;
use crate::error::Result;
use crate::types::ValType;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, InstBuilder, JumpTableData, MemFlagsData, Value, types,
};
use std::collections::HashMap;
use std::mem::offset_of;
use wasmparser::{BlockType, BrTable, Operator};

/// An open block.
pub(in crate::compile) struct ControlFrame {
    kind: FrameKind,
    /// Continues after the block; its parameters are the block's results.
    exit: Block,
    /// Whether anything branches to `exit`.
    exit_used: bool,
    /// Height of the operand stack below the block's parameters.
    height: usize,
    params: usize,
    results: usize,
}

enum FrameKind {
    /// The function body.
    Function,
    Block,
    Loop {
        header: Block,
    },
    If {
        /// Where the condition is zero; filled by `else`, or by `end` if there is none.
        otherwise: Block,
        /// The block's parameters, which `else` starts with again.
        params: Vec<Value>,
        seen_else: bool,
    },
    /// Opened in code that cannot be reached.
    Unreachable,
}

impl ControlFrame {
    /// The body of a function, whose results `exit` returns.
    pub fn function(exit: Block, results: usize) -> ControlFrame {
        ControlFrame {
            kind: FrameKind::Function,
            exit,
            exit_used: false,
            height: 0,
            params: 0,
            results,
        }
    }

    /// Height of the operand stack below the block.
    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Number of values a branch to this block carries.
    fn label_arity(&self) -> usize {
        match self.kind {
            FrameKind::Loop { .. } => self.params,
            _ => self.results,
        }
    }
}

/// Targets up to which a `br_table` goes to its blocks itself. In a larger one each block has a jump of
/// its own on the way: giving one branch another argument takes time in proportion to its targets.
const MAX_DIRECT_TARGETS: u32 = 256;

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it is a control operator.
    pub(super) fn control_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        match op {
            Operator::Nop => {}
            Operator::Unreachable => {
                self.raise(Trap::Unreachable);
                self.reachable = false;
            }
            Operator::Drop => {
                self.pop();
            }
            Operator::Select | Operator::TypedSelect { .. } => self.select(),
            Operator::Block { blockty } => self.open_block(*blockty),
            Operator::Loop { blockty } => self.open_loop(*blockty),
            Operator::If { blockty } => self.open_if(*blockty),
            Operator::Else => self.open_else(),
            Operator::End => self.close(),
            Operator::Br { relative_depth } => self.branch(*relative_depth),
            Operator::BrIf { relative_depth } => self.branch_if(*relative_depth),
            Operator::BrTable { targets } => self.branch_table(targets)?,
            Operator::Return => {
                let count = self.control[0].results;
                let values = self.stack.split_off(self.stack.len() - count);
                self.return_values(&values);
                self.reachable = false;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Follows the nesting of blocks in code that cannot be reached.
    pub(super) fn unreachable_operator(&mut self, op: &Operator<'_>) -> Result<()> {
        match op {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.control.push(ControlFrame {
                    kind: FrameKind::Unreachable,
                    exit: Block::from_u32(0),
                    exit_used: false,
                    height: self.stack.len(),
                    params: 0,
                    results: 0,
                });
            }
            Operator::Else => self.open_else(),
            Operator::End => self.close(),
            _ => {}
        }
        Ok(())
    }

    fn select(&mut self) {
        let (a, b, condition) = self.pop3();
        let (a, b) = (self.canonical(a), self.canonical(b));
        let value = self.b.ins().select(condition, a, b);
        self.push(value);
    }

    /// Parameter and result types of a block.
    fn block_type(&self, ty: BlockType) -> (Vec<ValType>, Vec<ValType>) {
        match ty {
            BlockType::Empty => (Vec::new(), Vec::new()),
            BlockType::Type(ty) => (Vec::new(), vec![val_type(ty)]),
            BlockType::FuncType(index) => {
                let ty = &self.env.module.types[index as usize];
                (ty.params().to_vec(), ty.results().to_vec())
            }
        }
    }

    fn block_with_params(&mut self, params: &[ValType]) -> Block {
        let block = self.b.create_block();
        for ty in params {
            self.b.append_block_param(block, value_type(*ty));
        }
        block
    }

    fn push_frame(&mut self, kind: FrameKind, exit: Block, params: usize, results: usize) {
        let height = self.stack.len() - params;
        self.control.push(ControlFrame { kind, exit, exit_used: false, height, params, results });
    }

    fn open_block(&mut self, ty: BlockType) {
        let (params, results) = self.block_type(ty);
        let exit = self.block_with_params(&results);
        self.push_frame(FrameKind::Block, exit, params.len(), results.len());
    }

    fn open_loop(&mut self, ty: BlockType) {
        let (params, results) = self.block_type(ty);
        let header = self.block_with_params(&params);
        let exit = self.block_with_params(&results);
        self.jump(header, params.len());
        let height = self.stack.len() - params.len();
        self.push_frame(FrameKind::Loop { header }, exit, params.len(), results.len());
        self.stack.truncate(height);
        self.b.switch_to_block(header);
        self.stack.extend_from_slice(self.b.block_params(header));
        self.begin_region(Beginning::Loop);
        self.poll_interrupt();
        self.observe_stores();
    }

    fn open_if(&mut self, ty: BlockType) {
        let condition = self.pop();
        let (params, results) = self.block_type(ty);
        let then = self.b.create_block();
        let otherwise = self.b.create_block();
        let exit = self.block_with_params(&results);
        self.b.ins().brif(condition, then, &[], otherwise, &[]);
        self.b.seal_block(then);
        self.b.seal_block(otherwise);
        let saved = self.stack[self.stack.len() - params.len()..].to_vec();
        let kind = FrameKind::If { otherwise, params: saved, seen_else: false };
        self.push_frame(kind, exit, params.len(), results.len());
        self.b.switch_to_block(then);
        self.end_region();
    }

    fn open_else(&mut self) {
        if self.reachable {
            let frame = self.control.last_mut().expect("else stands in an if");
            if !matches!(frame.kind, FrameKind::Unreachable) {
                frame.exit_used = true;
                let (exit, results) = (frame.exit, frame.results);
                self.jump(exit, results);
            }
        }
        let frame = self.control.last_mut().expect("else stands in an if");
        let FrameKind::If { otherwise, params, seen_else } = &mut frame.kind else {
            return;
        };
        *seen_else = true;
        self.stack.truncate(frame.height);
        self.stack.append(params);
        self.b.switch_to_block(*otherwise);
        self.reachable = true;
        self.begin_region(Beginning::Elsewhere);
    }

    fn close(&mut self) {
        let mut frame = self.control.pop().expect("every end closes a block");
        if let FrameKind::Unreachable = frame.kind {
            self.stack.truncate(frame.height);
            return;
        }
        if self.reachable {
            if let FrameKind::Function = frame.kind
                && !frame.exit_used
            {
                self.begin_region(Beginning::Elsewhere);
                self.write_left();
                let values = self.stack.split_off(self.stack.len() - frame.results);
                self.return_values(&values);
                self.reachable = false;
                return;
            }
            frame.exit_used = true;
            self.jump(frame.exit, frame.results);
        }
        match frame.kind {
            FrameKind::Loop { header } => self.b.seal_block(header),
            FrameKind::If { otherwise, ref params, seen_else: false } => {
                self.b.switch_to_block(otherwise);
                let args = self.block_args(params);
                self.b.ins().jump(frame.exit, &args);
                frame.exit_used = true;
            }
            _ => {}
        }
        self.stack.truncate(frame.height);
        self.reachable = frame.exit_used;
        if !frame.exit_used {
            return;
        }
        self.b.switch_to_block(frame.exit);
        self.b.seal_block(frame.exit);
        self.stack.extend_from_slice(self.b.block_params(frame.exit));
        self.begin_region(Beginning::Elsewhere);
        if let FrameKind::Function = frame.kind {
            self.write_left();
            let values = std::mem::take(&mut self.stack);
            self.return_values(&values);
            self.reachable = false;
        }
    }

    fn block_args(&mut self, values: &[Value]) -> Vec<BlockArg> {
        values.iter().map(|value| BlockArg::Value(self.canonical(*value))).collect()
    }

    /// The topmost `count` operands as arguments of a block.
    fn top_args(&mut self, count: usize) -> Vec<BlockArg> {
        (self.stack.len() - count..self.stack.len())
            .map(|at| BlockArg::Value(self.canonical(self.stack[at])))
            .collect()
    }

    /// Jumps with the topmost `count` operands, which stay on the stack.
    fn jump(&mut self, target: Block, count: usize) {
        let args = self.top_args(count);
        self.b.ins().jump(target, &args);
    }

    /// The block a branch of this depth goes to, and how many operands it takes along.
    fn label(&mut self, depth: u32) -> (Block, usize) {
        let at = self.control.len() - 1 - depth as usize;
        let frame = &mut self.control[at];
        let arity = frame.label_arity();
        match frame.kind {
            FrameKind::Loop { header } => (header, arity),
            _ => {
                frame.exit_used = true;
                (frame.exit, arity)
            }
        }
    }

    fn branch(&mut self, depth: u32) {
        let (target, arity) = self.label(depth);
        self.jump(target, arity);
        self.reachable = false;
    }

    fn branch_if(&mut self, depth: u32) {
        let condition = self.pop();
        let (target, arity) = self.label(depth);
        let args = self.top_args(arity);
        let next = self.b.create_block();
        self.b.ins().brif(condition, target, &args, next, &[]);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
        self.end_region();
    }

    fn branch_table(&mut self, table: &BrTable<'_>) -> Result<()> {
        let index = self.pop();
        let (default, arity) = self.label(table.default());
        let args = self.top_args(arity);
        let direct = table.len() <= MAX_DIRECT_TARGETS;
        let mut edges: Vec<(Block, Block)> = Vec::new();
        let mut edge_of: HashMap<Block, Block> = HashMap::new();
        let mut pool = |this: &mut Self, block: Block| -> BlockCall {
            if direct {
                return this.b.func.dfg.block_call(block, &args);
            }
            let edge = *edge_of.entry(block).or_insert_with(|| {
                let edge = this.b.create_block();
                edges.push((edge, block));
                edge
            });
            this.b.func.dfg.block_call(edge, &[])
        };
        let default = pool(self, default);
        let mut targets = Vec::new();
        for depth in table.targets() {
            let (block, _) = self.label(depth.map_err(body_error)?);
            targets.push(pool(self, block));
        }
        let table = self.b.create_jump_table(JumpTableData::new(default, &targets));
        self.b.ins().br_table(index, table);
        for (edge, target) in edges {
            self.b.seal_block(edge);
            self.b.switch_to_block(edge);
            self.b.ins().jump(target, &args);
        }
        self.reachable = false;
        Ok(())
    }

    /// Returns `values` from the function.
    pub(super) fn return_values(&mut self, values: &[Value]) {
        let values: Vec<Value> = values.iter().map(|value| self.canonical(*value)).collect();
        let Some(area) = self.result_area else {
            self.b.ins().return_(&values);
            return;
        };
        debug_assert!(returns_through_memory(self.env.module.func_type(self.func_index)));
        let flags = self.variable_flags(super::env::Region::Slots);
        for (at, value) in values.into_iter().enumerate() {
            self.b.ins().store(flags, value, area, (at as u32 * SLOT_SIZE) as i32);
        }
        self.b.ins().return_(&[]);
    }

    /// In polling mode, stops if the call is to be interrupted.
    pub(in crate::compile) fn poll_interrupt(&mut self) {
        if self.env.interrupt_mode != InterruptMode::Poll {
            return;
        }
        // Another thread writes the flag, so no region may let the load be merged with another.
        let flags = MemFlagsData::trusted();
        let at = offset_of!(ExecCtx, stop) as i32;
        let place = self.b.ins().iadd_imm_u(self.exec, i64::from(at));
        let stop = self.b.ins().atomic_load(types::I32, flags, place);
        self.raise_if(stop, Trap::Interrupted);
    }

    /// Keeps what was stored before from being taken for overwritten by a store that comes later: a
    /// call may be stopped here by a signal, and others see its memories and globals then.
    ///
    /// To the search for such stores, whatever may trap reads all memory. This trap never happens,
    /// which the same pass finds out afterwards, so that no code is left of it; and what is known of
    /// the contents of memory is kept, which a barrier would forget.
    fn observe_stores(&mut self) {
        if self.env.optimized && self.env.interrupt_mode == InterruptMode::Signal {
            let always = self.b.ins().iconst(types::I32, 1);
            self.b.ins().trapz(always, trap_code(Trap::Unreachable));
        }
    }

    /// Checks, where the processor's faults may not be used, that the stack has room for `size`
    /// bytes more.
    pub(in crate::compile) fn check_stack(&mut self, size: u32) {
        let flags = self.variable_flags(super::env::Region::Exec(0));
        let at = offset_of!(ExecCtx, stack_limit) as i32;
        let mut limit = self.b.ins().load(types::I64, flags, self.exec, at);
        let stack = self.b.ins().get_stack_pointer(types::I64);
        if size > 0 {
            limit = self.b.ins().iadd_imm_u(limit, i64::from(size));
        }
        let out = self.b.ins().icmp(IntCC::UnsignedLessThan, stack, limit);
        self.raise_if(out, Trap::StackOverflow);
    }

    /// Calls the runtime to trap if `condition` is not zero.
    fn raise_if(&mut self, condition: Value, trap: Trap) {
        let (raise, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(raise);
        self.b.ins().brif(condition, raise, &[], next, &[]);
        self.b.seal_block(raise);
        self.b.seal_block(next);
        self.b.switch_to_block(raise);
        self.raise(trap);
        self.b.switch_to_block(next);
    }
}
