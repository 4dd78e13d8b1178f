//! Answers that depend on our layouts: how a body reaches memories, tables, globals, functions and
//! builtins, and with which flags.
//!
//! The flags decide what the optimiser may do. A load marked `readonly` and `can_move` is hoisted
//! out of loops and across calls, so it is allowed only where the word never changes while an
//! activation runs. The functions here are the only ones that choose flags for runtime structures.

use super::FuncTranslator;
use crate::abi::layout::Place;
use crate::abi::{
    Builtin, BuiltinTable, BuiltinType, ExecCtx, InstanceCtx, InstanceLayout, MAX_REG_RESULTS,
    MemoryDef, MemoryRef, TableDef,
};
use crate::config::{Config, InterruptMode, Metering, OptLevel, TrapMode};
use crate::module::ModuleInfo;
use crate::types::{ExternKind, FuncType, ValType};
use cranelift_codegen::ir::{
    self, AbiParam, AliasRegion, AliasRegionData, ArgumentPurpose, InstBuilder, MemFlagsData,
    Signature, Type, Value, types,
};
use cranelift_codegen::isa::CallConv;
use std::mem::offset_of;

/// What the translation of every body of one module shares.
pub(in crate::compile) struct FuncEnv<'a> {
    pub module: &'a ModuleInfo,
    pub layout: &'a InstanceLayout,
    pub trap_mode: TrapMode,
    pub interrupt_mode: InterruptMode,
    pub metering: Metering,
    /// The code generator may remove stores that nothing is seen to read.
    pub optimized: bool,
    /// Functions of the module are called through slots: they are compiled when first called.
    pub lazy: bool,
    /// The C convention of the target, for builtins.
    pub c_conv: CallConv,
    /// Which memories, tables and globals others can reach.
    public: [Vec<bool>; 4],
}

impl<'a> FuncEnv<'a> {
    pub fn new(
        module: &'a ModuleInfo,
        layout: &'a InstanceLayout,
        config: &Config,
        metering: Metering,
        c_conv: CallConv,
    ) -> FuncEnv<'a> {
        let imported = &module.imported;
        let shared = |count: usize, imports: u32| -> Vec<bool> {
            (0..count).map(|index| index < imports as usize).collect()
        };
        let mut public = [
            Vec::new(),
            shared(module.tables.len(), imported.tables),
            shared(module.memories.len(), imported.memories),
            shared(module.globals.len(), imported.globals),
        ];
        for export in module.exports.iter().filter(|export| export.kind != ExternKind::Func) {
            public[export.kind as usize][export.index as usize] = true;
        }
        let (trap_mode, interrupt_mode) = (config.trap_mode, config.interrupt_mode);
        FuncEnv {
            module,
            layout,
            trap_mode,
            interrupt_mode,
            metering,
            optimized: config.opt_level != OptLevel::None,
            lazy: false,
            c_conv,
            public,
        }
    }

    fn is_public(&self, kind: ExternKind, index: u32) -> bool {
        self.public[kind as usize][index as usize]
    }
}

/// The Cranelift type of a value outside the operand stack.
pub(in crate::compile) fn value_type(ty: ValType) -> Type {
    match ty {
        ValType::I32 => types::I32,
        ValType::I64 => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => types::I8X16,
        ValType::FuncRef | ValType::ExternRef => types::I64,
    }
}

/// The type of a local or block that the validator has let through.
pub(in crate::compile) fn val_type(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) if ty.is_func_ref() => ValType::FuncRef,
        wasmparser::ValType::Ref(_) => ValType::ExternRef,
    }
}

/// True if a function of this type stores its results through a hidden pointer.
pub(in crate::compile) fn returns_through_memory(ty: &FuncType) -> bool {
    let floats = |ty: &&ValType| matches!(ty, ValType::F32 | ValType::F64 | ValType::V128);
    let float_count = ty.results().iter().filter(floats).count();
    float_count > MAX_REG_RESULTS || ty.results().len() - float_count > MAX_REG_RESULTS
}

/// The signature of a wasm function: activation, instance, result area if needed, parameters.
pub(in crate::compile) fn wasm_signature(ty: &FuncType) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.push(AbiParam::special(types::I64, ArgumentPurpose::VMContext));
    signature.params.push(AbiParam::new(types::I64));
    let through_memory = returns_through_memory(ty);
    if through_memory {
        signature.params.push(AbiParam::new(types::I64));
    }
    signature.params.extend(ty.params().iter().map(|ty| AbiParam::new(value_type(*ty))));
    if !through_memory {
        signature.returns.extend(ty.results().iter().map(|ty| AbiParam::new(value_type(*ty))));
    }
    signature
}

/// The signature of a builtin in a convention: activation, instance, parameters.
pub(in crate::compile) fn builtin_signature(builtin: Builtin, convention: CallConv) -> Signature {
    let value = |ty: &BuiltinType| {
        AbiParam::new(match ty {
            BuiltinType::I32 => types::I32,
            BuiltinType::I64 | BuiltinType::Pointer => types::I64,
        })
    };
    let (params, result) = builtin.signature();
    let mut signature = Signature::new(convention);
    signature.params = vec![AbiParam::new(types::I64); 2];
    signature.params.extend(params.iter().map(value));
    signature.returns.extend(result.iter().map(value));
    signature
}

/// Alias regions: accesses of different regions never touch the same bytes.
#[derive(Clone, Copy)]
pub(in crate::compile) enum Region {
    /// Words that never change during an activation.
    Constant,
    /// A field of `ExecCtx`, by offset.
    Exec(u32),
    /// Contents of a memory, or of any public one.
    Memory(Option<u32>),
    /// Length of a memory.
    MemoryLen,
    /// Elements of a table, or of any public one.
    Table(Option<u32>),
    /// Length of any table.
    TableLen,
    /// A global, or any public one.
    Global(Option<u32>),
    /// Value slots between host and generated code.
    Slots,
    /// Code addresses of functions that are compiled when they are called.
    CodeSlots,
}

/// Entities with a region of their own; those past it share one, since a body may use at most
/// 65,534 different sets of flags.
const MAX_OWN_REGIONS: u32 = 4096;

impl Region {
    pub fn id(self) -> u32 {
        let own = |kind: u32, index: Option<u32>| match index {
            Some(index) => kind << 24 | (1 + index.min(MAX_OWN_REGIONS)),
            None => kind << 24,
        };
        match self {
            Region::Constant => 1 << 24,
            Region::Exec(offset) => own(2, Some(offset)),
            Region::Memory(index) => own(3, index),
            Region::MemoryLen => 4 << 24,
            Region::Table(index) => own(5, index),
            Region::TableLen => 6 << 24,
            Region::Global(index) => own(7, index),
            Region::Slots => 8 << 24,
            Region::CodeSlots => 9 << 24,
        }
    }

    /// Enters the region into `func`.
    pub fn insert(self, func: &mut ir::Function) -> AliasRegion {
        let data = AliasRegionData { user_id: self.id(), description: "".into() };
        func.dfg.alias_regions.insert(data)
    }
}

impl FuncTranslator<'_, '_> {
    fn region(&mut self, region: Region) -> AliasRegion {
        let id = region.id();
        if let Some(known) = self.regions.get(&id) {
            return *known;
        }
        let entered = region.insert(self.b.func);
        self.regions.insert(id, entered);
        entered
    }

    /// Flags for words that never change while an activation runs.
    fn constant_flags(&mut self) -> MemFlagsData {
        let region = self.region(Region::Constant);
        MemFlagsData::trusted().with_readonly().with_can_move().with_alias_region(Some(region))
    }

    /// Flags for words that may change.
    pub(super) fn variable_flags(&mut self, region: Region) -> MemFlagsData {
        let region = self.region(region);
        MemFlagsData::trusted().with_alias_region(Some(region))
    }

    /// Loads a word that never changes while an activation runs.
    pub(super) fn load_constant(&mut self, ty: Type, base: Value, offset: u32) -> Value {
        let flags = self.constant_flags();
        self.b.ins().load(ty, flags, base, offset as i32)
    }

    /// Loads a field of `ExecCtx` that the runtime changes.
    pub(super) fn load_exec(&mut self, ty: Type, offset: usize) -> Value {
        let flags = self.variable_flags(Region::Exec(offset as u32));
        self.b.ins().load(ty, flags, self.exec, offset as i32)
    }

    /// Stores into a field of `ExecCtx`.
    pub(super) fn store_exec(&mut self, value: Value, offset: usize) {
        let flags = self.variable_flags(Region::Exec(offset as u32));
        self.b.ins().store(flags, value, self.exec, offset as i32);
    }

    // Memories.

    /// Address of the first byte of a memory: constant for the memory's life.
    pub(super) fn memory_base(&mut self, index: u32) -> Value {
        let at = self.env.layout.memory(index) + offset_of!(MemoryRef, base) as u32;
        self.load_constant(types::I64, self.inst, at)
    }

    /// Current length of a memory in bytes.
    pub(super) fn memory_len(&mut self, index: u32) -> Value {
        let at = self.env.layout.memory(index) + offset_of!(MemoryRef, def) as u32;
        let def = self.load_constant(types::I64, self.inst, at);
        let flags = self.variable_flags(Region::MemoryLen);
        let offset = offset_of!(MemoryDef, len) as i32;
        if self.env.module.memories[index as usize].shared {
            let place = self.b.ins().iadd_imm_u(def, i64::from(offset));
            self.b.ins().atomic_load(types::I64, flags, place)
        } else {
            self.b.ins().load(types::I64, flags, def, offset)
        }
    }

    /// Region of a memory's contents.
    pub(super) fn memory_region(&mut self, index: u32) -> AliasRegion {
        let own = !self.env.is_public(ExternKind::Memory, index);
        self.region(Region::Memory(own.then_some(index)))
    }

    // Tables.

    /// Address of a table's first element: tables never move.
    pub(super) fn table_base(&mut self, index: u32) -> Value {
        let (def, at) = self.table_def(index);
        self.load_constant(types::I64, def, at + offset_of!(TableDef, base) as u32)
    }

    /// Current number of elements of a table, as I64.
    pub(super) fn table_len(&mut self, index: u32) -> Value {
        let limits = self.env.module.tables[index as usize].ty.limits;
        if limits.max == Some(limits.min) {
            return self.b.ins().iconst(types::I64, limits.min as i64);
        }
        let (def, at) = self.table_def(index);
        let flags = self.variable_flags(Region::TableLen);
        self.b.ins().load(types::I64, flags, def, (at as usize + offset_of!(TableDef, len)) as i32)
    }

    /// Base and displacement of a table's definition.
    fn table_def(&mut self, index: u32) -> (Value, u32) {
        match self.env.layout.table(index) {
            Place::Here(at) => (self.inst, at),
            Place::Behind(at) => (self.load_constant(types::I64, self.inst, at), 0),
        }
    }

    /// Flags of an access to a table's elements.
    pub(super) fn table_flags(&mut self, index: u32) -> MemFlagsData {
        let own = !self.env.is_public(ExternKind::Table, index);
        self.variable_flags(Region::Table(own.then_some(index)))
    }

    // Globals.

    /// Address, displacement and flags of a global.
    pub(super) fn global_place(&mut self, index: u32) -> (Value, i32, MemFlagsData) {
        let global = self.env.module.globals[index as usize].ty;
        let flags = if global.mutability == crate::types::Mutability::Const {
            self.constant_flags()
        } else {
            let own = !self.env.is_public(ExternKind::Global, index);
            self.variable_flags(Region::Global(own.then_some(index)))
        };
        match self.env.layout.global(index) {
            Place::Here(at) => (self.inst, at as i32, flags),
            Place::Behind(at) => (self.load_constant(types::I64, self.inst, at), 0, flags),
        }
    }

    // Functions.

    /// Present code of a function of this module that is compiled when it is called.
    pub(super) fn lazy_code(&mut self, number: u32) -> Value {
        let at = offset_of!(InstanceCtx, code_slots) as u32;
        let slots = self.load_constant(types::I64, self.inst, at);
        let flags = self.variable_flags(Region::CodeSlots);
        self.b.ins().load(types::I64, flags, slots, (number * 8) as i32)
    }

    /// Process-wide number of type `index` of the module.
    pub(super) fn type_id(&mut self, index: u32) -> Value {
        let at = offset_of!(InstanceCtx, type_ids) as u32;
        let ids = self.load_constant(types::I64, self.inst, at);
        self.load_constant(types::I32, ids, index * 4)
    }

    /// Notes that this instance is about to call out of its module.
    pub(super) fn store_caller(&mut self) {
        self.store_exec(self.inst, offset_of!(ExecCtx, caller));
    }

    /// Calls a function of the runtime.
    pub(super) fn call_builtin(&mut self, builtin: Builtin, args: &[Value]) -> Option<Value> {
        let frame = self.b.ins().get_frame_pointer(types::I64);
        self.store_exec(frame, offset_of!(ExecCtx, exit_fp));
        let site = u64::from(self.func_index) << 32 | u64::from(self.offset);
        let site = self.b.ins().iconst(types::I64, site as i64);
        self.store_exec(site, offset_of!(ExecCtx, exit_site));

        let table = offset_of!(InstanceCtx, builtins) as u32;
        let table = self.load_constant(types::I64, self.inst, table);
        debug_assert!(size_of::<BuiltinTable>() >= (builtin as usize + 1) * 8);
        let callee = self.load_constant(types::I64, table, builtin as u32 * 8);

        let signature = self.builtin_signature(builtin);
        let mut all = vec![self.exec, self.inst];
        all.extend_from_slice(args);
        let call = self.b.ins().call_indirect(signature, callee, &all);
        self.b.inst_results(call).first().copied()
    }

    fn builtin_signature(&mut self, builtin: Builtin) -> ir::SigRef {
        /// Keys of builtins in the cache, which types of the module use from 0 up.
        const FIRST_KEY: u32 = 1 << 31;
        let key = FIRST_KEY + builtin as u32;
        if let Some(known) = self.signatures.get(&key) {
            return *known;
        }
        let convention =
            if builtin.keeps_registers() { CallConv::PreserveAll } else { self.env.c_conv };
        let signature = builtin_signature(builtin, convention);
        let entered = self.b.import_signature(signature);
        self.signatures.insert(key, entered);
        entered
    }
}
