//! Stubs between host and wasm, one pair for each function type.
//!
//! The entry stub loads parameters from value slots, notes where the runtime continues after a
//! trap, and calls. It calls with an exception handler: whoever stops the activation sets stack
//! pointer, frame pointer and program counter to what the stub noted, and the stub then returns 0.
//! The exit stub stores parameters into slots on the stack, or into records that name their types, and
//! calls the host.

use super::isa;
use super::translate::{
    Region, builtin_signature, returns_through_memory, value_type, wasm_signature,
};
use crate::abi::context::NO_SITE;
use crate::abi::{
    Builtin, CodeBlob, ExecCtx, HostFuncCtx, RECORD_SIZE, SLOT_SIZE, StubCode, StubKind,
};
use crate::config::Config;
use crate::error::{ErrCode, Error, Result};
use crate::module::ModuleInfo;
use crate::types::{ExternKind, FuncType, ValType};
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{
    AbiParam, BlockArg, BlockCall, ExceptionTableData, ExceptionTableItem, InstBuilder,
    MemFlagsData, Signature, StackSlotData, StackSlotKind, Value, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use std::collections::HashSet;
use std::mem::offset_of;

/// Code with the C signature `(exec, ctx, code, slots) -> i8`: calls the wasm function `code` of
/// type `ty`; 1 if it returned, 0 if it was stopped.
pub(crate) fn entry_trampoline(ty: &FuncType) -> Result<CodeBlob> {
    entry(&*isa::for_config(&Config::default())?, ty)
}

fn entry(isa: &dyn TargetIsa, ty: &FuncType) -> Result<CodeBlob> {
    let mut context = Context::new();
    let mut builder = FunctionBuilderContext::new();
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params = vec![AbiParam::new(types::I64); 4];
    signature.returns = vec![AbiParam::new(types::I8)];
    context.func.signature = signature;
    let mut b = FunctionBuilder::new(&mut context.func, &mut builder);
    let start = b.create_block();
    b.append_block_params_for_function_params(start);
    b.switch_to_block(start);
    b.seal_block(start);
    let [exec, ctx, code, slots] = b.block_params(start) else { unreachable!("four parameters") };
    let (exec, ctx, code, slots) = (*exec, *ctx, *code, *slots);
    // The handler's address is that of a block that ends in the call.
    let calling = b.create_block();
    b.ins().jump(calling, &[]);
    b.switch_to_block(calling);
    b.seal_block(calling);

    let mut args = vec![exec, ctx];
    if returns_through_memory(ty) {
        args.push(slots);
    }
    let flags = slot_flags(&mut b);
    for (at, param) in ty.params().iter().enumerate() {
        let offset = (at as u32 * SLOT_SIZE) as i32;
        args.push(b.ins().load(value_type(*param), flags, slots, offset));
    }
    let frame = b.ins().get_frame_pointer(types::I64);
    let stack = b.ins().get_stack_pointer(types::I64);
    let handler = b.ins().get_exception_handler_address(types::I64, calling, 0);
    for (value, offset) in [
        (frame, offset_of!(ExecCtx, entry_fp)),
        (stack, offset_of!(ExecCtx, entry_sp)),
        (handler, offset_of!(ExecCtx, entry_pc)),
    ] {
        b.ins().store(MemFlagsData::trusted(), value, exec, offset as i32);
    }

    let wasm = wasm_signature(ty);
    let results: Vec<_> = wasm.returns.iter().map(|result| result.value_type).collect();
    let signature = b.import_signature(wasm);
    let (returned, stopped) = (b.create_block(), b.create_block());
    let results: Vec<Value> =
        results.into_iter().map(|ty| b.append_block_param(returned, ty)).collect();
    let pool = &mut b.func.dfg.value_lists;
    let normal = (0..results.len() as u32).map(BlockArg::TryCallRet);
    let normal = BlockCall::new(returned, normal, pool);
    let stop = BlockCall::new(stopped, [], pool);
    let table = ExceptionTableData::new(signature, normal, [ExceptionTableItem::Default(stop)]);
    let table = b.func.dfg.exception_tables.push(table);
    b.ins().try_call_indirect(code, &args, table);
    b.seal_block(returned);
    b.seal_block(stopped);

    b.switch_to_block(returned);
    for (at, value) in results.into_iter().enumerate() {
        b.ins().store(flags, value, slots, (at as u32 * SLOT_SIZE) as i32);
    }
    let yes = b.ins().iconst(types::I8, 1);
    b.ins().return_(&[yes]);
    b.switch_to_block(stopped);
    b.set_cold_block(stopped);
    let no = b.ins().iconst(types::I8, 0);
    b.ins().return_(&[no]);
    b.finalize(isa.frontend_config());
    emit(context, isa)
}

/// Code in the `Tail` convention of `ty` whose second hidden argument is a [`HostFuncCtx`]: calls
/// the host with the parameters in value slots and returns what it left there.
pub(crate) fn exit_trampoline(ty: &FuncType) -> Result<CodeBlob> {
    exit(&*isa::for_config(&Config::default())?, ty, Passing::Slots)
}

/// As [`exit_trampoline`], with [records](RECORD_SIZE) instead of slots.
pub(crate) fn record_trampoline(ty: &FuncType) -> Result<CodeBlob> {
    exit(&*isa::for_config(&Config::default())?, ty, Passing::Records)
}

/// How values lie before the host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passing {
    /// Parameters in slots, and results in the same ones.
    Slots,
    /// Parameters in records, and results in the records after them.
    Records,
}

fn exit(isa: &dyn TargetIsa, ty: &FuncType, passing: Passing) -> Result<CodeBlob> {
    let mut context = Context::new();
    let mut builder = FunctionBuilderContext::new();
    context.func.signature = wasm_signature(ty);
    let mut b = FunctionBuilder::new(&mut context.func, &mut builder);
    let start = b.create_block();
    b.append_block_params_for_function_params(start);
    b.switch_to_block(start);
    b.seal_block(start);
    let params: Vec<Value> = b.block_params(start).to_vec();
    let (exec, host) = (params[0], params[1]);
    let (area, params) = if returns_through_memory(ty) {
        (Some(params[2]), &params[3..])
    } else {
        (None, &params[2..])
    };

    let (count, size) = match passing {
        Passing::Slots => (ty.params().len().max(ty.results().len()), SLOT_SIZE),
        Passing::Records => (ty.params().len() + ty.results().len(), RECORD_SIZE),
    };
    let (kind, bytes) = (StackSlotKind::ExplicitSlot, count.max(1) as u32 * size);
    let slots = b.create_sized_stack_slot(StackSlotData::new(kind, bytes, 4));
    let slots = b.ins().stack_addr(types::I64, slots, 0);
    let flags = slot_flags(&mut b);
    // Where results are found.
    let first = if passing == Passing::Records { params.len() } else { 0 };
    for (at, value) in params.iter().enumerate() {
        match passing {
            Passing::Slots => {
                b.ins().store(flags, *value, slots, (at as u32 * SLOT_SIZE) as i32);
            }
            Passing::Records => store_record(&mut b, Some(*value), ty.params()[at], slots, at),
        }
    }
    if passing == Passing::Records {
        for (at, ty) in ty.results().iter().enumerate() {
            store_record(&mut b, None, *ty, slots, first + at);
        }
    }
    let frame = b.ins().get_frame_pointer(types::I64);
    let no_site = b.ins().iconst(types::I64, NO_SITE as i64);
    let trusted = MemFlagsData::trusted();
    b.ins().store(trusted, frame, exec, offset_of!(ExecCtx, exit_fp) as i32);
    b.ins().store(trusted, no_site, exec, offset_of!(ExecCtx, exit_site) as i32);

    let mut signature = Signature::new(isa.default_call_conv());
    signature.params = vec![AbiParam::new(types::I64); 3];
    let signature = b.import_signature(signature);
    let call = b.ins().load(types::I64, trusted, host, offset_of!(HostFuncCtx, call) as i32);
    b.ins().call_indirect(signature, call, &[host, exec, slots]);

    let load = |b: &mut FunctionBuilder<'_>, at: usize, ty: ValType| {
        let offset = (first + at) as u32 * size;
        b.ins().load(value_type(ty), flags, slots, offset as i32)
    };
    match area {
        None => {
            let results: Vec<Value> =
                ty.results().iter().enumerate().map(|(at, ty)| load(&mut b, at, *ty)).collect();
            b.ins().return_(&results);
        }
        Some(area) => {
            for (at, ty) in ty.results().iter().enumerate() {
                let value = load(&mut b, at, *ty);
                b.ins().store(flags, value, area, (at as u32 * SLOT_SIZE) as i32);
            }
            b.ins().return_(&[]);
        }
    }
    b.finalize(isa.frontend_config());
    emit(context, isa)
}

/// Writes a record: a value, or zero, and its type. Both as 16 bytes at once, since a host that copies
/// so much and finds it written in smaller parts waits for them to reach memory.
fn store_record(
    b: &mut FunctionBuilder<'_>,
    value: Option<Value>,
    ty: ValType,
    records: Value,
    at: usize,
) {
    let whole = |b: &mut FunctionBuilder<'_>, number: i64| {
        let number = b.ins().iconst(types::I32, number);
        b.ins().scalar_to_vector(types::I32X4, number)
    };
    let payload = match value {
        None => whole(b, 0),
        Some(value) => match b.func.dfg.value_type(value) {
            types::I32 => b.ins().scalar_to_vector(types::I32X4, value),
            types::I64 => b.ins().scalar_to_vector(types::I64X2, value),
            types::F32 => b.ins().scalar_to_vector(types::F32X4, value),
            types::F64 => b.ins().scalar_to_vector(types::F64X2, value),
            _ => value,
        },
    };
    let tag = whole(b, ty as i64);
    let (flags, offset) = (slot_flags(b), (at as u32 * RECORD_SIZE) as i32);
    b.ins().store(flags, payload, records, offset);
    b.ins().store(flags, tag, records, offset + SLOT_SIZE as i32);
}

/// Most stubs that travel with a module: more types than these, a module hardly calls at its start.
const MAX_STUBS: usize = 256;

/// The call stubs that `module` is likely to need, for the processor that its code under `config` is
/// made for: into the types of what it exports, out of those of what it imports.
pub(crate) fn stubs(config: &Config, module: &ModuleInfo) -> Result<Vec<StubCode>> {
    let isa = isa::for_config(&Config { generic_code: config.generic_code, ..Config::default() })?;
    let imports = (0..module.imported.funcs).map(|index| (index, StubKind::Exit));
    let exports = module.exports.iter().filter(|export| export.kind == ExternKind::Func);
    let exports = exports.map(|export| (export.index, StubKind::Entry));
    let mut made: Vec<StubCode> = Vec::new();
    let mut known = HashSet::new();
    for (func_index, kind) in imports.chain(exports) {
        let ty = module.func_type(func_index);
        if made.len() == MAX_STUBS || !known.insert((ty, kind == StubKind::Entry)) {
            continue;
        }
        let code = match kind {
            StubKind::Entry => entry(&*isa, ty),
            StubKind::Exit => exit(&*isa, ty, Passing::Slots),
        }?;
        let type_index = module.funcs[func_index as usize];
        made.push(StubCode { type_index, kind, text: code.text.to_vec() });
    }
    Ok(made)
}

/// Code in the convention that preserves all registers: calls the builtin at `address`, which has no
/// result, with the C convention.
pub(crate) fn keeping_trampoline(address: *const u8, builtin: Builtin) -> Result<CodeBlob> {
    let isa = isa::for_config(&Config::default())?;
    let mut context = Context::new();
    let mut builder = FunctionBuilderContext::new();
    let c = builtin_signature(builtin, isa.default_call_conv());
    debug_assert!(c.returns.is_empty());
    context.func.signature = Signature { call_conv: CallConv::PreserveAll, ..c.clone() };
    let mut b = FunctionBuilder::new(&mut context.func, &mut builder);
    let start = b.create_block();
    b.append_block_params_for_function_params(start);
    b.switch_to_block(start);
    b.seal_block(start);
    let params: Vec<Value> = b.block_params(start).to_vec();
    let c = b.import_signature(c);
    let address = b.ins().iconst(types::I64, address as i64);
    b.ins().call_indirect(c, address, &params);
    b.ins().return_(&[]);
    b.finalize(isa.frontend_config());
    emit(context, &*isa)
}

fn slot_flags(b: &mut FunctionBuilder<'_>) -> MemFlagsData {
    let region = Region::Slots.insert(b.func);
    MemFlagsData::new().with_notrap().with_alias_region(Some(region))
}

fn emit(mut context: Context, isa: &dyn TargetIsa) -> Result<CodeBlob> {
    let compiled = context.compile(isa, &mut ControlPlane::default()).map_err(|error| {
        Error::with_detail(ErrCode::RuntimeError, format!("trampoline: {}", error.inner))
    })?;
    debug_assert!(compiled.buffer.relocs().is_empty());
    Ok(CodeBlob {
        text: compiled.buffer.data().to_vec().into(),
        entries: vec![0],
        ..CodeBlob::default()
    })
}
