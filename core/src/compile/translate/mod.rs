//! Translation of one function body from operators to Cranelift IR.
//!
//! Each operator family has its file: `control` (blocks, branches), `call`, `variable` (locals and
//! globals), `deep` (operands far down the stack), `load_store`, `memory` (sizes, bulk), `table` (tables and references), `numeric`,
//! `simd`, `atomic`. `bounds` alone computes addresses of linear memory, `meter` counts.
//!
//! The body is valid: the validator has seen it. Vectors travel on the operand stack in whatever
//! lane type made them and as `I8X16` in locals, block parameters, arguments and globals.

mod atomic;
mod bounds;
mod call;
mod control;
mod deep;
mod env;
mod load_store;
mod memory;
mod meter;
mod numeric;
mod simd;
mod simd_arith;
mod simd_memory;
mod simd_relaxed;
mod table;
mod variable;

pub(super) use control::ControlFrame;
pub(super) use env::{
    FuncEnv, Region, builtin_signature, returns_through_memory, val_type, value_type,
    wasm_signature,
};
pub(super) use variable::Locals;

use crate::abi::{Builtin, Trap};
use crate::config::TrapMode;
use crate::error::{ErrCode, Error, Result};
use crate::loader::operators::{Family, facts};
use cranelift_codegen::ir::{
    self, AliasRegion, InstBuilder, MemFlagsData, TrapCode, Type, Value, types,
};
use cranelift_frontend::FunctionBuilder;
use std::collections::HashMap;
use wasmparser::{BinaryReaderError, Operator};

/// State of the translation of one body.
pub(super) struct FuncTranslator<'a, 'b> {
    pub(super) b: FunctionBuilder<'b>,
    pub(super) env: &'a FuncEnv<'a>,
    /// Index of the function in its module.
    pub(super) func_index: u32,
    /// The first hidden argument, a pointer to `ExecCtx`.
    pub(super) exec: Value,
    /// The second hidden argument, a pointer to `InstanceCtx`.
    pub(super) inst: Value,
    /// The third hidden argument of functions that return through memory.
    pub(super) result_area: Option<Value>,
    /// Operand stack.
    pub(super) stack: Vec<Value>,
    /// Open blocks, outermost first.
    pub(super) control: Vec<ControlFrame>,
    /// False between an unconditional branch and the end of its block.
    pub(super) reachable: bool,
    pub(super) locals: Locals,
    /// Operands far down the stack.
    deep: deep::Deep,
    /// Byte offset of the current operator in the module.
    pub(super) offset: u32,
    pub(super) regions: HashMap<u32, AliasRegion>,
    pub(super) signatures: HashMap<u32, ir::SigRef>,
    pub(super) functions: HashMap<u32, ir::FuncRef>,
    /// Present in metered code.
    pub(super) meter: Option<meter::Meter>,
}

impl<'a, 'b> FuncTranslator<'a, 'b> {
    /// The state before the first operator of a function without results in memory, locals and
    /// blocks; `start` is the byte offset of its body.
    pub(super) fn new(
        b: FunctionBuilder<'b>,
        env: &'a FuncEnv<'a>,
        func_index: u32,
        exec: Value,
        inst: Value,
        start: u32,
    ) -> FuncTranslator<'a, 'b> {
        FuncTranslator {
            b,
            env,
            func_index,
            exec,
            inst,
            result_area: None,
            stack: Vec::with_capacity(16),
            control: Vec::new(),
            reachable: true,
            locals: Locals::Values(Vec::new()),
            deep: deep::Deep::default(),
            offset: start,
            regions: HashMap::new(),
            signatures: HashMap::new(),
            functions: HashMap::new(),
            meter: None,
        }
    }
}

impl FuncTranslator<'_, '_> {
    /// Translates one operator.
    pub(super) fn operator(&mut self, op: &Operator<'_>) -> Result<()> {
        if let Operator::Else | Operator::End = op {
            self.forget_deep();
        }
        if !self.reachable {
            return self.unreachable_operator(op);
        }
        // These begin their region where they lead to.
        match op {
            Operator::Loop { .. } => self.begin_with_loop(),
            Operator::Else | Operator::End => {}
            _ => self.begin_due_region(),
        }
        let facts = facts(op);
        if facts.leaves {
            self.write_left();
        }
        let translated = match facts.family {
            Family::Control => self.control_operator(op)?,
            Family::Variable => self.variable_operator(op),
            Family::Numeric => self.numeric_operator(op),
            Family::LoadStore => self.load_store_operator(op),
            Family::Memory => self.memory_operator(op),
            Family::Call => self.call_operator(op),
            Family::Table => self.table_operator(op),
            Family::Vector => self.simd_operator(op),
            Family::Atomic => self.atomic_operator(op),
            Family::Absent => false,
        };
        if translated {
            return Ok(());
        }
        Err(Error::with_detail(
            ErrCode::IllegalOpCode,
            format!("operator {op:?} has no translation"),
        )
        .at(u64::from(self.offset)))
    }

    // The operand stack.

    pub(super) fn push(&mut self, value: Value) {
        if self.stack.len() >= deep::FROM {
            self.put_down(value);
        }
        self.stack.push(value);
    }

    pub(super) fn pop(&mut self) -> Value {
        let value = self.stack.pop().expect("a valid body never pops an empty stack");
        if self.stack.len() >= deep::FROM { self.take_up(value) } else { value }
    }

    /// Pops two operands: the deeper one first.
    pub(super) fn pop2(&mut self) -> (Value, Value) {
        let b = self.pop();
        (self.pop(), b)
    }

    /// Pops three operands: the deepest one first.
    pub(super) fn pop3(&mut self) -> (Value, Value, Value) {
        let c = self.pop();
        let (a, b) = self.pop2();
        (a, b, c)
    }

    /// Pops a vector and gives it the lane type `ty`.
    pub(super) fn pop_vector(&mut self, ty: Type) -> Value {
        let value = self.pop();
        self.as_vector(value, ty)
    }

    /// Gives a vector the lane type `ty`.
    pub(super) fn as_vector(&mut self, value: Value, ty: Type) -> Value {
        if self.b.func.dfg.value_type(value) == ty {
            return value;
        }
        let flags = MemFlagsData::new().with_endianness(ir::Endianness::Little);
        self.b.ins().bitcast(ty, flags, value)
    }

    /// Gives a vector the type it has outside the operand stack; other values stay as they are.
    pub(super) fn canonical(&mut self, value: Value) -> Value {
        if self.b.func.dfg.value_type(value).is_vector() {
            self.as_vector(value, types::I8X16)
        } else {
            value
        }
    }

    // Traps.

    /// Traps if `condition` is not zero.
    pub(super) fn trap_if(&mut self, condition: Value, trap: Trap) {
        match self.env.trap_mode {
            TrapMode::Signals => {
                self.b.ins().trapnz(condition, trap_code(trap));
            }
            TrapMode::Checks => {
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
    }

    /// Traps if `condition` is zero.
    pub(super) fn trap_unless(&mut self, condition: Value, trap: Trap) {
        match self.env.trap_mode {
            TrapMode::Signals => {
                self.b.ins().trapz(condition, trap_code(trap));
            }
            TrapMode::Checks => {
                let ty = self.b.func.dfg.value_type(condition);
                let zero = self.b.ins().iconst(ty, 0);
                let inverted = self.b.ins().icmp(ir::condcodes::IntCC::Equal, condition, zero);
                self.trap_if(inverted, trap);
            }
        }
    }

    /// Traps always, through the runtime: much cheaper than a processor fault. Ends the block.
    pub(super) fn raise(&mut self, trap: Trap) {
        let number = self.b.ins().iconst(types::I32, i64::from(trap as u8));
        self.call_builtin(Builtin::Raise, &[number]);
        self.b.ins().trap(trap_code(Trap::Unreachable));
    }

    /// True if a division or conversion must be checked before the instruction, because the
    /// processor's own fault may not be used.
    pub(super) fn explicit_checks(&self) -> bool {
        self.env.trap_mode == TrapMode::Checks
    }

    /// A vector constant of 16 bytes, as `I8X16`.
    pub(super) fn vector_constant(&mut self, bytes: [u8; 16]) -> Value {
        let constant = self.b.func.dfg.constants.insert(bytes.as_slice().into());
        self.b.ins().vconst(types::I8X16, constant)
    }
}

/// The code of a trap in Cranelift's tables.
pub(super) fn trap_code(trap: Trap) -> TrapCode {
    match trap {
        Trap::StackOverflow => TrapCode::STACK_OVERFLOW,
        Trap::MemoryOutOfBounds => TrapCode::HEAP_OUT_OF_BOUNDS,
        Trap::IntegerOverflow => TrapCode::INTEGER_OVERFLOW,
        Trap::DivideByZero => TrapCode::INTEGER_DIVISION_BY_ZERO,
        Trap::InvalidConversion => TrapCode::BAD_CONVERSION_TO_INTEGER,
        other => TrapCode::unwrap_user(other as u8),
    }
}

/// The inverse of [`trap_code`].
pub(super) fn trap_of_code(code: TrapCode) -> Option<Trap> {
    match code {
        TrapCode::STACK_OVERFLOW => Some(Trap::StackOverflow),
        TrapCode::HEAP_OUT_OF_BOUNDS => Some(Trap::MemoryOutOfBounds),
        TrapCode::INTEGER_OVERFLOW => Some(Trap::IntegerOverflow),
        TrapCode::INTEGER_DIVISION_BY_ZERO => Some(Trap::DivideByZero),
        TrapCode::BAD_CONVERSION_TO_INTEGER => Some(Trap::InvalidConversion),
        other => Trap::from_number(u32::from(other.as_raw().get())),
    }
}

/// An error of the parser in a body that has been validated.
pub(super) fn body_error(error: BinaryReaderError) -> Error {
    Error::with_detail(ErrCode::IllegalGrammar, error.message().to_string()).at(error.offset())
}
