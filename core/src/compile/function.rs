//! One function body, from operators to relocatable machine code.

use super::Observer;
use super::pressure;
use super::region::regions;
use super::translate::{
    ControlFrame, FuncEnv, FuncTranslator, Locals, body_error, returns_through_memory,
    trap_of_code, val_type, value_type, wasm_signature,
};
use crate::abi::ExecCtx;
use crate::config::{Metering, TrapMode};
use crate::error::{ErrCode, Error, Result};
use crate::limits::{MAX_VALUES_PER_BYTE, SMALL_BODY_VALUES, STACK_RESERVE};
use crate::log::fault;
use cranelift_codegen::Context;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{
    self, ExternalName, GlobalValueData, MemFlagsData, SourceLoc, UserFuncName, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{CodegenError, FinalizedRelocTarget};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmparser::{BinaryReader, FunctionBody};

/// Machine code of one function; offsets are from its start.
pub(super) struct CompiledFunction {
    pub code: Vec<u8>,
    pub align: u32,
    /// Calls of other functions of the module: place, kind, addend, function index.
    pub calls: Vec<(u32, Reloc, i64, u32)>,
    pub traps: Vec<(u32, u8)>,
    pub sites: Vec<(u32, u32)>,
    /// The function itself, where `code` only checks that its large frame fits the stack.
    pub body: Option<Box<CompiledFunction>>,
}

/// Function index by which a frame check names the body that follows it.
pub(super) const OWN_BODY: u32 = u32::MAX;

/// In check mode the stack is compared after the frame was made. The reserve below the limit makes
/// that sound for frames up to this size; larger ones are compared before, by a check of their own.
const LARGE_FRAME: u32 = STACK_RESERVE as u32 / 4;

/// Parameters of all blocks together that are too many for registers.
const MANY_MEETING: usize = 60_000;

/// The same where blocks have more than [`CROWDED_BLOCK`] on average: loops in one another that each
/// change the same hundreds of locals take time in proportion to a cube.
const CROWDED: usize = 8_000;
const CROWDED_BLOCK: usize = 16;

/// What came of a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Ordinary,
    /// So many operands wait at once that some wait in memory.
    Deep,
    /// It has more values than its size allows; the code is not complete.
    TooMuch,
}

/// Blocks from which on a function gets its registers in one pass: the better way merges the lives of
/// values that go from block to block, and splits those around calls, in quadratic time.
const MANY_BLOCKS: usize = 10_000;

/// Compiles bodies one after the other, reusing its memory.
pub(super) struct FunctionCompiler<'a> {
    isa: &'a dyn TargetIsa,
    /// For functions with which that would take too long.
    plain: &'a dyn TargetIsa,
    env: &'a FuncEnv<'a>,
    context: Context,
    builder: FunctionBuilderContext,
    observer: &'a dyn Observer,
}

impl<'a> FunctionCompiler<'a> {
    pub fn new(
        isa: &'a dyn TargetIsa,
        plain: &'a dyn TargetIsa,
        env: &'a FuncEnv<'a>,
        observer: &'a dyn Observer,
    ) -> FunctionCompiler<'a> {
        FunctionCompiler {
            isa,
            plain,
            env,
            context: Context::new(),
            builder: FunctionBuilderContext::new(),
            observer,
        }
    }

    /// Compiles the body `number`, counted from the first function the module defines.
    pub fn compile(&mut self, number: u32) -> Result<CompiledFunction> {
        match catch_unwind(AssertUnwindSafe(|| self.compile_unguarded(number))) {
            Ok(result) => result,
            Err(panic) => {
                self.renew();
                let index = self.env.module.imported.funcs + number;
                Err(fault(panic).detail(format!("function {index} cannot be compiled")))
            }
        }
    }

    /// Whether values meet in so many blocks that giving them registers takes more than a second.
    fn is_crowded(&self) -> bool {
        let dfg = &self.context.func.dfg;
        let blocks = self.context.func.layout.blocks();
        let meeting: usize = blocks.map(|block| dfg.num_block_params(block)).sum();
        meeting > MANY_MEETING || meeting > CROWDED && meeting / CROWDED_BLOCK > dfg.num_blocks()
    }

    /// Makes room for another function.
    fn reset(&mut self) {
        // Nothing tells how much of the memory that is kept is in use.
        if self.context.func.dfg.value_lists.capacity() > SMALL_BODY_VALUES / 4 {
            self.renew();
        }
        self.context.clear();
    }

    fn renew(&mut self) {
        self.context = Context::new();
        self.builder = FunctionBuilderContext::new();
    }

    fn failure(&self, number: u32, reason: &str) -> Error {
        let index = self.env.module.imported.funcs + number;
        let start = self.env.module.bodies[number as usize].start;
        let detail = format!("function {index} cannot be compiled: {reason}");
        Error::with_detail(ErrCode::RuntimeError, detail).at(start as u64)
    }

    fn compile_unguarded(&mut self, number: u32) -> Result<CompiledFunction> {
        let module = self.env.module;
        let params = module.func_type(module.imported.funcs + number).params().len();
        let body = module.bodies[number as usize].clone();
        let mut in_memory = pressure::is_high(&module.bytes, body, params);
        self.reset();
        let mut made = self.translate(number, in_memory)?;
        if made == Made::TooMuch || !in_memory && self.is_crowded() {
            self.renew();
            // Locals that are set in many places and meet in many others are values in each.
            in_memory = true;
            made = self.translate(number, in_memory)?;
            if made == Made::TooMuch {
                self.renew();
                return Err(self.failure(
                    number,
                    &format!(
                        "its instructions work on too many values for its size; the limit is \
                         {SMALL_BODY_VALUES} and {MAX_VALUES_PER_BYTE} for each byte"
                    ),
                ));
            }
        }
        let large =
            in_memory || made == Made::Deep || self.context.func.dfg.num_blocks() > MANY_BLOCKS;
        let isa = if large { self.plain } else { self.isa };
        let (function, frame) = self.generate(number, isa)?;
        if self.env.trap_mode == TrapMode::Signals || frame <= LARGE_FRAME {
            return Ok(function);
        }
        self.context.clear();
        self.translate_frame_check(number, frame);
        let (mut check, _) = self.generate(number, isa)?;
        check.body = Some(Box::new(function));
        Ok(check)
    }

    /// Machine code of the function in the context, and the size of its frame.
    fn generate(&mut self, number: u32, isa: &dyn TargetIsa) -> Result<(CompiledFunction, u32)> {
        let mut control = ControlPlane::default();
        let before = self.observer.wants_ir().then(|| self.context.func.to_string());
        if let Err(error) = self.context.compile(isa, &mut control) {
            let reason = match error.inner {
                CodegenError::ImplLimitExceeded | CodegenError::CodeTooLarge => {
                    "it is too large".to_string()
                }
                other => other.to_string(),
            };
            return Err(self.failure(number, &reason));
        }
        let compiled = self.context.take_compiled_code().expect("compiling succeeded");
        if let Some(before) = before {
            self.observer.ir(number, before, self.context.func.to_string());
        }
        let buffer = &compiled.buffer;
        let mut calls = Vec::with_capacity(buffer.relocs().len());
        for reloc in buffer.relocs() {
            let FinalizedRelocTarget::ExternalName(ExternalName::User(name)) = &reloc.target else {
                return Err(self.failure(number, "it needs a function the runtime does not have"));
            };
            let target = self.context.func.params.user_named_funcs()[*name].index;
            calls.push((reloc.offset, reloc.kind, reloc.addend, target));
        }
        let traps = buffer
            .traps()
            .iter()
            .filter_map(|trap| trap_of_code(trap.code).map(|known| (trap.offset, known as u8)))
            .collect();
        let sites = buffer
            .get_srclocs_sorted()
            .iter()
            .filter(|site| !site.loc.is_default())
            .map(|site| (site.start, site.loc.bits()))
            .collect();
        let frame = buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset);
        let function = CompiledFunction {
            code: buffer.data().to_vec(),
            align: buffer.alignment.max(isa.function_alignment().minimum).max(16),
            calls,
            traps,
            sites,
            body: None,
        };
        Ok((function, frame))
    }

    /// Makes a function that checks the stack for a frame of `size` bytes and continues in the
    /// body, with the same parameters.
    fn translate_frame_check(&mut self, number: u32, size: u32) {
        let env = self.env;
        let func_index = env.module.imported.funcs + number;
        let func = &mut self.context.func;
        func.signature = wasm_signature(env.module.func_type(func_index));
        func.name = UserFuncName::user(0, func_index);
        let mut b = FunctionBuilder::new(func, &mut self.builder);
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        b.seal_block(entry);
        let params: Vec<ir::Value> = b.block_params(entry).to_vec();
        let start = env.module.bodies[number as usize].start as u32;
        let mut translator = FuncTranslator::new(b, env, func_index, params[0], params[1], start);
        translator.check_stack(size);
        translator.return_call_body(&params);
        translator.b.finalize(self.isa.frontend_config());
    }

    /// Makes the intermediate code of a body.
    fn translate(&mut self, number: u32, in_memory: bool) -> Result<Made> {
        let env = self.env;
        let func_index = env.module.imported.funcs + number;
        let ty = env.module.func_type(func_index);
        let range = env.module.bodies[number as usize].clone();

        let func = &mut self.context.func;
        func.signature = wasm_signature(ty);
        func.name = UserFuncName::user(0, func_index);
        if env.trap_mode == TrapMode::Signals {
            let exec = func.create_global_value(GlobalValueData::VMContext);
            let flags = MemFlagsData::trusted().with_readonly();
            let flags = func.dfg.mem_flags.insert(flags).expect("the first set of flags");
            let limit = func.create_global_value(GlobalValueData::Load {
                base: exec,
                offset: (offset_of!(ExecCtx, stack_limit) as i32).into(),
                global_type: types::I64,
                flags,
            });
            func.stack_limit = Some(limit);
        }

        let mut b = FunctionBuilder::new(func, &mut self.builder);
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        b.seal_block(entry);
        let params: Vec<ir::Value> = b.block_params(entry).to_vec();
        let through_memory = returns_through_memory(ty);
        let hidden = if through_memory { 3 } else { 2 };

        let bytes = &env.module.bytes[range.clone()];
        let body = FunctionBody::new(BinaryReader::new(bytes, range.start as u64));
        let mut declared = Vec::new();
        for declaration in body.get_locals_reader().map_err(body_error)? {
            let (count, ty) = declaration.map_err(body_error)?;
            declared.push((count, value_type(val_type(ty))));
        }
        let locals = Locals::new(&mut b, in_memory, &params[hidden..], &declared);

        let exit = b.create_block();
        for result in ty.results() {
            b.append_block_param(exit, value_type(*result));
        }
        let start = range.start as u32;
        let mut translator = FuncTranslator::new(b, env, func_index, params[0], params[1], start);
        translator.result_area = through_memory.then(|| params[2]);
        translator.control.push(ControlFrame::function(exit, ty.results().len()));
        translator.locals = locals;
        if env.trap_mode == TrapMode::Checks {
            translator.check_stack(0);
        }
        translator.poll_interrupt();
        if env.metering != Metering::None {
            translator.start_metering(regions(env.module, number), params);
        }
        let most = SMALL_BODY_VALUES + MAX_VALUES_PER_BYTE * range.len();
        let mut operators = body.get_operators_reader().map_err(body_error)?;
        while !operators.eof() {
            let (op, offset) = operators.read_with_offset().map_err(body_error)?;
            translator.offset = offset as u32;
            translator.b.set_srcloc(SourceLoc::new(offset as u32));
            translator.operator(&op)?;
            let dfg = &translator.b.func.dfg;
            if dfg.num_insts() + dfg.value_lists.capacity() > most {
                return Ok(Made::TooMuch);
            }
        }
        let deep = translator.is_deep();
        translator.b.finalize(self.isa.frontend_config());
        Ok(if deep { Made::Deep } else { Made::Ordinary })
    }
}
