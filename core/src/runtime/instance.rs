//! Module instances: of wasm modules and of host modules.

use super::builtins;
use super::call;
use super::code::CodeModule;
use super::extern_ref::ExternRef;
use super::func::Func;
use super::global::{self, Global};
use super::memory::Memory;
use super::meter::Metered;
use super::node::{Kind, Node, NodeRef};
use super::table::{Table, TableCore};
use crate::abi::layout::Place;
use crate::abi::{FuncImport, FuncRef, GlobalCell, InstanceCtx, MemoryRef, TableDef};
use crate::config::Config;
use crate::error::{ErrCode, Error, Result};
use crate::module::{ConstOp, ElementItems};
use crate::types::{ExternKind, ExternType, FuncType, ValType};
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

/// Something that can be exported and imported.
#[derive(Clone, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A linear memory.
    Memory(Memory),
    /// A global.
    Global(Global),
}

impl Extern {
    /// The item's kind.
    pub fn kind(&self) -> ExternKind {
        match self {
            Extern::Func(_) => ExternKind::Func,
            Extern::Table(_) => ExternKind::Table,
            Extern::Memory(_) => ExternKind::Memory,
            Extern::Global(_) => ExternKind::Global,
        }
    }

    /// The item's type, with the sizes it was made with.
    pub fn ty(&self) -> ExternType {
        match self {
            Extern::Func(func) => ExternType::Func(func.ty().clone()),
            Extern::Table(table) => ExternType::Table(*table.ty()),
            Extern::Memory(memory) => ExternType::Memory(*memory.ty()),
            Extern::Global(global) => ExternType::Global(*global.ty()),
        }
    }

    /// The instance of a module that the item belongs to, if it belongs to one.
    #[doc(hidden)]
    pub fn home(&self) -> Option<Instance> {
        let owner = self.owner().filter(|owner| owner.node().is_instance())?;
        Some(Instance(Repr::Wasm(owner.clone())))
    }

    /// The node that keeps the item alive, if it is one that can take part in cycles.
    pub(super) fn owner(&self) -> Option<&NodeRef> {
        match self {
            Extern::Func(func) => Some(func.owner()),
            Extern::Table(table) => Some(table.owner()),
            Extern::Memory(_) => None,
            Extern::Global(global) => Some(global.owner()),
        }
    }
}

impl From<Func> for Extern {
    fn from(item: Func) -> Extern {
        Extern::Func(item)
    }
}

impl From<Table> for Extern {
    fn from(item: Table) -> Extern {
        Extern::Table(item)
    }
}

impl From<Memory> for Extern {
    fn from(item: Memory) -> Extern {
        Extern::Memory(item)
    }
}

impl From<Global> for Extern {
    fn from(item: Global) -> Extern {
        Extern::Global(item)
    }
}

/// A module of the host: a name, and items under names.
#[derive(Debug)]
struct HostModule {
    name: String,
    items: RwLock<BTreeMap<String, Extern>>,
    tag: AtomicU64,
    /// Functions that take the place of an item for an import of their type.
    alternates: RwLock<BTreeMap<String, Vec<Func>>>,
}

/// A module instance. Clones are handles to the same instance; it may be used from any thread.
///
/// It lives while a handle to it or to one of its exports exists, or another instance imports from
/// it; the order in which handles are dropped does not matter.
#[derive(Clone)]
pub struct Instance(Repr);

#[derive(Clone)]
enum Repr {
    Wasm(NodeRef),
    Host(Arc<HostModule>),
}

/// An instance of a wasm module.
#[repr(C)]
pub(crate) struct WasmInstance {
    node: Node,
    /// Name it was registered under; empty for an anonymous one.
    pub name: String,
    /// For bindings; see `binding`.
    pub tag: AtomicU64,
    pub code: Arc<CodeModule>,
    /// What the executor that made it was configured with.
    pub config: Config,
    /// Where calls of its functions count.
    pub metered: Option<Metered>,
    pub permit: Permit,
    ctx: NonNull<InstanceCtx>,
    /// What it imports, in the module's order.
    imports: Box<[Extern]>,
    /// All memories, imported ones first.
    pub memories: Box<[Memory]>,
    /// Tables it defines.
    tables: Vec<TableCore>,
    dropped_elements: Box<[AtomicBool]>,
    dropped_data: Box<[AtomicBool]>,
}

static WASM_INSTANCE: Kind = {
    unsafe fn edges(node: *const Node, visit: &mut dyn FnMut(NonNull<Node>)) {
        // SAFETY: the node heads a `WasmInstance`.
        let instance = unsafe { &*node.cast::<WasmInstance>() };
        for owner in instance.imports.iter().filter_map(Extern::owner) {
            visit(owner.as_ptr());
        }
    }
    unsafe fn objects(node: *const Node, visit: &mut dyn FnMut(ExternRef)) {
        // SAFETY: the node heads a live `WasmInstance`.
        let instance = unsafe { &*node.cast::<WasmInstance>() };
        for table in &instance.tables {
            table.each_object(visit);
        }
        let info = &instance.code.info;
        for index in info.imported.globals..info.globals.len() as u32 {
            if info.globals[index as usize].ty.content == ValType::ExternRef {
                // SAFETY: the instance's own cell, of this type.
                let object = unsafe { global::read_extern(instance.global_cell(index).as_ref()) };
                object.into_iter().for_each(&mut *visit);
            }
        }
    }
    unsafe fn clear(node: *mut Node) {
        // SAFETY: the node heads a `WasmInstance` that nobody uses any more.
        let instance = unsafe { &mut *node.cast::<WasmInstance>() };
        instance.tables.clear();
        let info = Arc::clone(&instance.code.info);
        for index in info.imported.globals..info.globals.len() as u32 {
            let ty = info.globals[index as usize].ty.content;
            if ty.is_ref() {
                // SAFETY: the instance's own cell.
                unsafe { global::release(instance.global_cell(index).as_ref(), ty) };
            }
        }
        instance.imports = Box::default();
        instance.memories = Box::default();
    }
    unsafe fn free(node: *mut Node) {
        // SAFETY: allocated as a box.
        drop(unsafe { Box::from_raw(node.cast::<WasmInstance>()) });
    }
    Kind { edges, objects, clear, free, is_instance: true }
};

/// The leave to exist; how many there are is counted.
pub(crate) struct Permit(Arc<AtomicU64>);

impl Permit {
    /// One more, unless there would then be more than `most`.
    pub fn get(count: &Arc<AtomicU64>, most: Option<u64>) -> Result<Permit> {
        let permit = Permit(Arc::clone(count));
        let before = count.fetch_add(1, Ordering::Relaxed);
        match most {
            Some(most) if before >= most => Err(Error::with_detail(
                ErrCode::RuntimeError,
                format!("the limit of module instances is {most}"),
            )),
            _ => Ok(permit),
        }
    }

    /// Where it is counted.
    pub fn count(&self) -> &Arc<AtomicU64> {
        &self.0
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for WasmInstance {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout in `make`.
        unsafe { dealloc(self.ctx.as_ptr().cast(), ctx_layout(&self.code)) };
    }
}

fn ctx_layout(code: &CodeModule) -> Layout {
    Layout::from_size_align(code.layout.size(), 64).expect("sizes of modules are bounded")
}

impl WasmInstance {
    /// Makes an instance with its memories, tables and globals; segments are not applied yet.
    ///
    /// `imports` must fit the module's imports, in order; the caller has checked that.
    pub fn make(
        name: String,
        config: &Config,
        metered: Option<Metered>,
        permit: Permit,
        code: Arc<CodeModule>,
        imports: Box<[Extern]>,
        memories: Box<[Memory]>,
    ) -> Result<Instance> {
        let layout = ctx_layout(&code);
        // SAFETY: the layout's size is not zero.
        let ctx = unsafe { alloc_zeroed(layout) };
        let Some(ctx) = NonNull::new(ctx.cast::<InstanceCtx>()) else { handle_alloc_error(layout) };
        let info = &code.info;
        let flags = |count: usize| (0..count).map(|_| AtomicBool::new(false)).collect();
        let object = Box::into_raw(Box::new(WasmInstance {
            node: Node::new(&WASM_INSTANCE),
            name,
            tag: AtomicU64::new(0),
            config: config.clone(),
            metered,
            permit,
            ctx,
            imports,
            memories,
            tables: Vec::with_capacity(info.tables.len() - info.imported.tables as usize),
            dropped_elements: flags(info.elements.len()),
            dropped_data: flags(info.data.len()),
            code,
        }));
        // SAFETY: just made; the first count goes to the handle, which frees it if the rest fails.
        unsafe {
            let handle = NodeRef::adopt(NonNull::new_unchecked(object));
            (*object).fill_ctx()?;
            Ok(Instance(Repr::Wasm(handle)))
        }
    }

    fn at<T>(&self, offset: u32) -> NonNull<T> {
        // SAFETY: offsets of the layout lie within the allocation.
        unsafe { self.ctx.byte_add(offset as usize).cast() }
    }

    unsafe fn fill_ctx(&mut self) -> Result<()> {
        let code = Arc::clone(&self.code);
        let (info, layout) = (&code.info, &code.layout);
        let builtins = builtins::table(self.metered.is_some())?;
        let owner: *const c_void = (&raw const *self).cast();
        // SAFETY: all places come from the layout and are written once, before any code runs.
        unsafe {
            self.ctx.write(InstanceCtx {
                builtins,
                type_ids: code.type_ids.as_ptr(),
                owner,
                code_slots: code.lazy.as_ref().map_or(std::ptr::null(), |lazy| lazy.slots()),
            });
            let (mut tables, mut globals, mut funcs) = (0, 0, 0);
            for import in &self.imports {
                match import {
                    Extern::Func(func) => {
                        let target = func.func_ref();
                        self.at(layout.func_import(funcs)).write(FuncImport {
                            code: target.code,
                            ctx: target.ctx,
                            func_ref: target,
                        });
                        funcs += 1;
                    }
                    Extern::Table(table) => {
                        let Place::Behind(at) = layout.table(tables) else { unreachable!() };
                        self.at(at).write(table.core().def());
                        tables += 1;
                    }
                    Extern::Global(global) => {
                        let Place::Behind(at) = layout.global(globals) else { unreachable!() };
                        self.at(at).write(NonNull::from(global.cell()));
                        globals += 1;
                    }
                    Extern::Memory(_) => {}
                }
            }
            for (index, memory) in self.memories.iter().enumerate() {
                let def = memory.def();
                self.at(layout.memory(index as u32)).write(MemoryRef { base: def.base, def });
            }
            for (slot, &index) in info.escaping.iter().enumerate() {
                let Some(_) = index.checked_sub(info.imported.funcs) else { continue };
                self.at(layout.func_ref(slot)).write(FuncRef {
                    code: code.image.entry(index),
                    ctx: self.ctx.as_ptr().cast(),
                    type_id: code.type_ids[info.funcs[index as usize] as usize],
                    index,
                    owner,
                    signature: Arc::as_ptr(&code.signatures[info.funcs[index as usize] as usize])
                        .cast(),
                });
            }
            for index in info.imported.tables..info.tables.len() as u32 {
                let Place::Here(at) = layout.table(index) else { unreachable!() };
                let def = self.at::<TableDef>(at);
                let table = &info.tables[index as usize];
                let owner = NonNull::from(&self.node);
                let core = TableCore::new(table.ty, self.config.limits.elements(), def, owner)?;
                self.tables.push(core);
            }
            for index in info.imported.globals..info.globals.len() as u32 {
                let global = &info.globals[index as usize];
                let Some(init) = &global.init else { continue };
                let raw = self.evaluate(init);
                self.init_global(index, raw);
            }
            for index in info.imported.tables..info.tables.len() as u32 {
                if let Some(init) = &info.tables[index as usize].init {
                    let word = self.evaluate(init) as usize;
                    let core = self.table(index);
                    core.fill(0, word, core.len() as u64)?;
                }
            }
        }
        Ok(())
    }

    unsafe fn init_global(&self, index: u32, raw: u128) {
        let ty = self.code.info.globals[index as usize].ty.content;
        // SAFETY: the instance's own cell; what a constant expression refers to is alive.
        unsafe {
            let cell = self.global_cell(index);
            if ty.is_ref() {
                global::write_ref(cell.as_ref(), ty, NonNull::from(&self.node), raw as usize);
            } else {
                global::write_raw(cell.as_ref(), raw);
            }
        }
    }

    /// The instance whose context generated code uses.
    ///
    /// # Safety
    ///
    /// `ctx` must be the context of a live instance.
    pub unsafe fn of<'a>(ctx: *mut InstanceCtx) -> &'a WasmInstance {
        // SAFETY: the caller's promise; `fill_ctx` stored the owner.
        unsafe { &*(*ctx).owner.cast::<WasmInstance>() }
    }

    /// A handle to this instance.
    pub fn handle(&self) -> Instance {
        // SAFETY: alive as long as the borrow.
        Instance(Repr::Wasm(unsafe { NodeRef::another(NonNull::from(&self.node)) }))
    }

    fn node_ref(&self) -> NodeRef {
        // SAFETY: alive as long as the borrow.
        unsafe { NodeRef::another(NonNull::from(&self.node)) }
    }

    /// The node, as the owner of what references are stored into.
    pub fn node_ptr(&self) -> NonNull<Node> {
        NonNull::from(&self.node)
    }

    /// The cell of a global.
    pub fn global_cell(&self, index: u32) -> NonNull<GlobalCell> {
        match self.code.layout.global(index) {
            Place::Here(at) => self.at(at),
            // SAFETY: `fill_ctx` stored the pointer.
            Place::Behind(at) => unsafe { self.at::<NonNull<GlobalCell>>(at).read() },
        }
    }

    /// The node that owns a global.
    pub fn global_owner(&self, index: u32) -> NonNull<Node> {
        match self.import_of(ExternKind::Global, index) {
            Some(Extern::Global(global)) => global.owner().as_ptr(),
            _ => self.node_ptr(),
        }
    }

    fn import_of(&self, kind: ExternKind, index: u32) -> Option<&Extern> {
        self.imports.iter().filter(|import| import.kind() == kind).nth(index as usize)
    }

    /// A table.
    pub fn table(&self, index: u32) -> &TableCore {
        match index.checked_sub(self.code.info.imported.tables) {
            Some(defined) => &self.tables[defined as usize],
            None => match self.import_of(ExternKind::Table, index) {
                Some(Extern::Table(table)) => table.core(),
                _ => unreachable!("imports were checked"),
            },
        }
    }

    /// The reference to a function of the module's index space; it must be one that escapes.
    pub fn func_ref(&self, index: u32) -> NonNull<FuncRef> {
        if index < self.code.info.imported.funcs {
            let at = self.code.layout.func_import(index);
            // SAFETY: `fill_ctx` stored the import.
            let import = unsafe { self.at::<FuncImport>(at).read() };
            return NonNull::new(import.func_ref.cast_mut()).expect("imports are never null");
        }
        let slot = self.code.info.escaping_index(index).expect("the function escapes");
        self.at(self.code.layout.func_ref(slot))
    }

    /// The value of a constant expression, as a slot.
    pub fn evaluate(&self, expression: &[ConstOp]) -> u128 {
        let mut stack: Vec<u128> = Vec::with_capacity(expression.len());
        let binary = |stack: &mut Vec<u128>, op: fn(u64, u64) -> u64| {
            let b = stack.pop().unwrap_or(0) as u64;
            let a = stack.pop().unwrap_or(0) as u64;
            stack.push(u128::from(op(a, b)));
        };
        for op in expression {
            match *op {
                ConstOp::I32Const(value) => stack.push(u128::from(value as u32)),
                ConstOp::I64Const(value) => stack.push(u128::from(value as u64)),
                ConstOp::F32Const(bits) => stack.push(u128::from(bits)),
                ConstOp::F64Const(bits) => stack.push(u128::from(bits)),
                ConstOp::V128Const(value) => stack.push(value),
                // SAFETY: the cell lives while this instance does.
                ConstOp::GlobalGet(index) => {
                    stack.push(global::read_raw(unsafe { self.global_cell(index).as_ref() }));
                }
                ConstOp::RefNull(_) => stack.push(0),
                ConstOp::RefFunc(index) => stack.push(self.func_ref(index).as_ptr() as u128),
                ConstOp::I32Add => {
                    binary(&mut stack, |a, b| u64::from((a as u32).wrapping_add(b as u32)))
                }
                ConstOp::I32Sub => {
                    binary(&mut stack, |a, b| u64::from((a as u32).wrapping_sub(b as u32)))
                }
                ConstOp::I32Mul => {
                    binary(&mut stack, |a, b| u64::from((a as u32).wrapping_mul(b as u32)))
                }
                ConstOp::I64Add => binary(&mut stack, u64::wrapping_add),
                ConstOp::I64Sub => binary(&mut stack, u64::wrapping_sub),
                ConstOp::I64Mul => binary(&mut stack, u64::wrapping_mul),
            }
        }
        stack.pop().unwrap_or(0)
    }

    /// Number of elements a segment has left: none once it was dropped.
    fn element_count(&self, segment: u32) -> usize {
        if self.dropped_elements[segment as usize].load(Ordering::Acquire) {
            return 0;
        }
        self.code.info.elements[segment as usize].items.len()
    }

    /// `table.init`.
    pub fn table_init(&self, table: u32, segment: u32, to: u64, from: u64, len: u64) -> Result<()> {
        let count = self.element_count(segment) as u64;
        if from.checked_add(len).is_none_or(|end| end > count) {
            return Err(Error::with_detail(
                ErrCode::TableOutOfBounds,
                format!(
                    "element segment {segment} has {count} elements, {from} + {len} are asked for"
                ),
            ));
        }
        let range = from as usize..(from + len) as usize;
        let table = self.table(table);
        debug_assert_eq!(self.code.info.elements[segment as usize].ty, table.ty().element);
        // SAFETY: constant expressions give live references of the segment's type.
        unsafe {
            match &self.code.info.elements[segment as usize].items {
                ElementItems::Funcs(items) => {
                    let items = if range.is_empty() { &[] } else { &items[range] };
                    let words = items.iter().map(|&index| self.func_ref(index).as_ptr() as usize);
                    table.write(to, words)
                }
                ElementItems::Exprs(items) => {
                    let items = if range.is_empty() { &[] } else { &items[range] };
                    table.write(to, items.iter().map(|item| self.evaluate(item) as usize))
                }
            }
        }
    }

    /// `memory.init`.
    pub fn memory_init(
        &self,
        memory: u32,
        segment: u32,
        to: u64,
        from: u64,
        len: u64,
    ) -> Result<()> {
        builtins::init_memory(self, memory, segment, to, from, len)
    }

    /// Calls the start function.
    pub fn call_start(&self, index: u32) -> Result<()> {
        let ty = self.code.info.funcs[index as usize];
        let signature = &self.code.signatures[ty as usize];
        let func_ref = if index < self.code.info.imported.funcs {
            // SAFETY: imports live as long as the instance.
            unsafe { *self.func_ref(index).as_ref() }
        } else {
            FuncRef {
                code: self.code.image.entry(index),
                ctx: self.ctx.as_ptr().cast(),
                type_id: signature.id,
                index,
                owner: (&raw const *self).cast(),
                signature: Arc::as_ptr(signature).cast(),
            }
        };
        let (entry, mut slot) = (signature.entry()?, 0);
        // SAFETY: the caller holds this instance; a start function has no parameters or results.
        let result = unsafe { call::enter_from(self.ctx.as_ptr(), &func_ref, entry, &mut slot) };
        call::finish();
        result
    }

    /// `elem.drop`.
    pub fn drop_element(&self, segment: u32) {
        self.dropped_elements[segment as usize].store(true, Ordering::Release);
    }

    /// Bytes a data segment has left: none once it was dropped.
    pub fn data_bytes(&self, segment: u32) -> &[u8] {
        if self.dropped_data[segment as usize].load(Ordering::Acquire) {
            return &[];
        }
        let info = &self.code.info;
        &info.bytes[info.data[segment as usize].range.clone()]
    }

    /// `data.drop`.
    pub fn drop_data(&self, segment: u32) {
        self.dropped_data[segment as usize].store(true, Ordering::Release);
    }

    /// The item at an index of a kind, which must escape if it is a function.
    fn item(&self, kind: ExternKind, index: u32) -> Extern {
        // SAFETY: everything reached here belongs to this instance or is imported by it.
        unsafe {
            match kind {
                ExternKind::Func => Extern::Func(Func::from_raw(self.func_ref(index))),
                ExternKind::Memory => Extern::Memory(self.memories[index as usize].clone()),
                ExternKind::Table => match self.import_of(kind, index) {
                    Some(import) if index < self.code.info.imported.tables => import.clone(),
                    _ => Extern::Table(Table::from_core(self.node_ref(), self.table(index))),
                },
                ExternKind::Global => match self.import_of(kind, index) {
                    Some(import) if index < self.code.info.imported.globals => import.clone(),
                    _ => {
                        let ty = self.code.info.globals[index as usize].ty;
                        let cell = self.global_cell(index);
                        Extern::Global(Global::from_cell(self.node_ref(), cell, ty))
                    }
                },
            }
        }
    }
}

impl Instance {
    /// Makes an empty host module; fill it with [`define`](Instance::define).
    ///
    /// ```
    /// use wasmspan::{Func, Instance};
    /// let env = Instance::host("env");
    /// env.define("add", Func::wrap(|a: i32, b: i32| a + b)?)?;
    /// assert_eq!(env.name(), "env");
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn host(name: impl Into<String>) -> Instance {
        let module = HostModule {
            name: name.into(),
            items: RwLock::default(),
            alternates: RwLock::default(),
            tag: AtomicU64::new(0),
        };
        Instance(Repr::Host(Arc::new(module)))
    }

    /// Puts an item into a host module under a name, replacing what had it.
    ///
    /// # Errors
    ///
    /// `wrong VM workflow` if this is an instance of a wasm module.
    pub fn define(&self, name: impl Into<String>, item: impl Into<Extern>) -> Result<()> {
        match &self.0 {
            Repr::Host(module) => {
                let mut items =
                    module.items.write().unwrap_or_else(|poisoned| poisoned.into_inner());
                let old = items.insert(name.into(), item.into());
                drop(items);
                drop(old);
                Ok(())
            }
            Repr::Wasm(_) => Err(Error::with_detail(
                ErrCode::WrongVMWorkflow,
                "only host modules take new items; a wasm module's exports are fixed",
            )),
        }
    }

    /// Puts a second function under a name into a host module: an import of its type gets it, every
    /// other use of the name gets what [`define`](Instance::define) put there.
    ///
    /// # Errors
    ///
    /// As [`define`](Instance::define).
    pub(crate) fn define_alternate(&self, name: impl Into<String>, func: Func) -> Result<()> {
        let Repr::Host(module) = &self.0 else { return self.define(name, func) };
        let mut all = module.alternates.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        all.entry(name.into()).or_default().push(func);
        Ok(())
    }

    /// The item that an import of this name and type gets: of functions of a host module that share a
    /// name, the one of that type, and functions that are not listed among the exports, too.
    pub(crate) fn get_import(&self, name: &str, wanted: &ExternType) -> Option<Extern> {
        let Repr::Host(module) = &self.0 else { return self.get_export(name) };
        let all = module.alternates.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let alternates = all.get(name).map_or(&[][..], Vec::as_slice);
        let fits = |func: &&Func| matches!(wanted, ExternType::Func(wanted) if func.ty() == wanted);
        if let Some(func) = alternates.iter().find(fits) {
            return Some(func.clone().into());
        }
        self.get_export(name).or_else(|| Some(alternates.first()?.clone().into()))
    }

    /// Takes a function of a host module off the list of exports. Modules that import it still get it.
    pub(crate) fn unlist(&self, name: &str) {
        let Repr::Host(module) = &self.0 else { return };
        let mut items = module.items.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut all = module.alternates.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        match items.remove(name) {
            Some(Extern::Func(func)) => all.entry(name.into()).or_default().push(func),
            Some(other) => drop(items.insert(name.into(), other)),
            None => {}
        }
    }

    /// The index of an export in its module, among the items of its kind and after those that are
    /// imported; none for a host module's.
    pub fn export_index(&self, name: &str) -> Option<u32> {
        let (_, index) = *self.wasm()?.code.exports.get(name)?;
        Some(index)
    }

    /// The instance of a wasm module, if it is one.
    pub(crate) fn wasm(&self) -> Option<&WasmInstance> {
        match &self.0 {
            // SAFETY: nodes of instances head a `WasmInstance`, and the handle keeps it alive.
            Repr::Wasm(node) if node.node().is_instance() => {
                Some(unsafe { node.as_ptr().cast::<WasmInstance>().as_ref() })
            }
            _ => None,
        }
    }

    pub(super) fn tag(&self) -> &AtomicU64 {
        match &self.0 {
            Repr::Host(module) => &module.tag,
            // SAFETY: such a node heads a `WasmInstance`, and the handle keeps it alive.
            Repr::Wasm(node) => unsafe { &node.as_ptr().cast::<WasmInstance>().as_ref().tag },
        }
    }

    /// The name it was registered under or made with; empty for an anonymous instance.
    pub fn name(&self) -> &str {
        match &self.0 {
            Repr::Host(module) => &module.name,
            Repr::Wasm(_) => self.wasm().map_or("", |instance| &instance.name),
        }
    }

    /// The export of this name.
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        match &self.0 {
            Repr::Host(module) => {
                let items = module.items.read().unwrap_or_else(|poisoned| poisoned.into_inner());
                items.get(name).cloned()
            }
            Repr::Wasm(_) => {
                let instance = self.wasm()?;
                let (kind, index) = *instance.code.exports.get(name)?;
                Some(instance.item(kind, index))
            }
        }
    }

    /// Names and kinds of the exports: in the module's order, or sorted for host modules.
    pub fn export_names(&self) -> Vec<(String, ExternKind)> {
        match &self.0 {
            Repr::Host(module) => {
                let items = module.items.read().unwrap_or_else(|poisoned| poisoned.into_inner());
                items.iter().map(|(name, item)| (name.clone(), item.kind())).collect()
            }
            Repr::Wasm(_) => self.wasm().map_or_else(Vec::new, |instance| {
                let exports = instance.code.info.exports.iter();
                exports.map(|export| (export.name.clone(), export.kind)).collect()
            }),
        }
    }

    /// The exported function of this name.
    pub fn get_func(&self, name: &str) -> Option<Func> {
        match self.get_export(name)? {
            Extern::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The exported memory of this name.
    pub fn get_memory(&self, name: &str) -> Option<Memory> {
        match self.get_export(name)? {
            Extern::Memory(memory) => Some(memory),
            _ => None,
        }
    }

    /// The exported table of this name.
    pub fn get_table(&self, name: &str) -> Option<Table> {
        match self.get_export(name)? {
            Extern::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The exported global of this name.
    pub fn get_global(&self, name: &str) -> Option<Global> {
        match self.get_export(name)? {
            Extern::Global(global) => Some(global),
            _ => None,
        }
    }

    /// The exported function of this name and type.
    ///
    /// # Errors
    ///
    /// `wasm function not found`, or `function signature mismatch`.
    pub fn typed<P: super::WasmParams, R: super::WasmResults>(
        &self,
        name: &str,
    ) -> Result<super::TypedFunc<P, R>> {
        self.find_func(name)?.typed()
    }

    /// Calls the exported function of this name.
    ///
    /// # Errors
    ///
    /// `wasm function not found`, and what [`Func::call`] can give.
    pub fn call(&self, name: &str, params: &[super::Val]) -> Result<Vec<super::Val>> {
        self.find_func(name)?.call(params)
    }

    /// The exported function of this name, or the error that says which there are.
    ///
    /// # Errors
    ///
    /// `wasm function not found`.
    #[doc(hidden)]
    pub fn find_func(&self, name: &str) -> Result<Func> {
        self.get_func(name).ok_or_else(|| {
            let known: Vec<String> = self
                .export_names()
                .into_iter()
                .filter(|(_, kind)| *kind == ExternKind::Func)
                .map(|(name, _)| name)
                .take(20)
                .collect();
            Error::with_detail(
                ErrCode::FuncNotFound,
                format!("no function is exported as \"{name}\"; there are: {}", known.join(", ")),
            )
        })
    }

    /// The type of the exported function of this name.
    pub fn func_type(&self, name: &str) -> Option<FuncType> {
        self.get_func(name).map(|func| func.ty().clone())
    }

    /// How many handles to the instance and its functions, tables and globals there are, imports of
    /// other instances included; `None` if references stored in tables or globals hold it too. A host
    /// with a garbage collector of its own learns from this whether all holders are known to it.
    pub fn holders(&self) -> Option<usize> {
        match &self.0 {
            Repr::Wasm(node) => node.node().holders(),
            Repr::Host(module) => Some(Arc::strong_count(module)),
        }
    }

    /// Bytes of the memories and tables that it does not import, as far as they are accessible.
    #[doc(hidden)]
    pub fn bytes(&self) -> usize {
        self.wasm().map_or(0, |instance| {
            let imported = instance.code.info.imported.memories as usize;
            let memories = instance.memories[imported..].iter().map(Memory::len);
            let tables = instance.tables.iter().map(|table| table.len() * size_of::<usize>());
            memories.sum::<usize>() + tables.sum::<usize>()
        })
    }

    /// The node, if it is an instance of a wasm module.
    pub(super) fn node(&self) -> Option<&NodeRef> {
        match &self.0 {
            Repr::Wasm(node) => Some(node),
            Repr::Host(_) => None,
        }
    }

    /// Where it lies: a number that no other live instance has.
    pub(super) fn address(&self) -> usize {
        match &self.0 {
            Repr::Wasm(node) => node.as_ptr().as_ptr() as usize,
            Repr::Host(module) => Arc::as_ptr(module) as usize,
        }
    }

    /// Handles to all items of a host module.
    pub(super) fn host_items(&self) -> Vec<Extern> {
        let Repr::Host(module) = &self.0 else { return Vec::new() };
        let items = module.items.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let alternates = module.alternates.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let others = alternates.values().flatten().cloned().map(Extern::Func);
        items.values().cloned().chain(others).collect()
    }

    /// How many handles to functions of a host module there are besides those of its names.
    pub(crate) fn func_holders(&self) -> Option<usize> {
        let Repr::Host(module) = &self.0 else { return None };
        let items = module.items.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let alternates = module.alternates.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let named = items.values().filter_map(|item| match item {
            Extern::Func(func) => Some(func),
            _ => None,
        });
        let mut funcs: Vec<&Func> = named.chain(alternates.values().flatten()).collect();
        let names = funcs.len();
        funcs.sort_unstable_by_key(|func| func.as_raw());
        funcs.dedup_by_key(|func| func.as_raw());
        let holders = funcs.iter().map(|func| func.holders()).sum::<Option<usize>>()?;
        Some(holders - names)
    }

    /// True if both are the same instance.
    pub fn same(&self, other: &Instance) -> bool {
        match (&self.0, &other.0) {
            (Repr::Wasm(a), Repr::Wasm(b)) => a == b,
            (Repr::Host(a), Repr::Host(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instance({:?}, {} exports)", self.name(), self.export_names().len())
    }
}
