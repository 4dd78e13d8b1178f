//! The instance of a wasm module: its context, its objects, and how they come to be and go.

use super::builtins;
use super::call;
use super::code::CodeModule;
use super::extern_ref::ExternRef;
use super::external::Extern;
use super::func::Func;
use super::global::{self, Global};
use super::instance::Instance;
use super::memory::Memory;
use super::meter::Metered;
use super::node::{Kind, Node, NodeRef};
use super::permit::Permit;
use super::table::{Table, TableCore};
use crate::abi::layout::Place;
use crate::abi::{FuncImport, FuncRef, GlobalCell, InstanceCtx, MemoryRef, TableDef};
use crate::config::Config;
use crate::error::{ErrCode, Error, Result};
use crate::module::{ConstOp, ElementItems};
use crate::types::{ExternKind, ValType};
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
    pub(super) tables: Vec<TableCore>,
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
            Ok(Instance::of_wasm(handle))
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
        Instance::of_wasm(unsafe { NodeRef::another(NonNull::from(&self.node)) })
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
    pub(super) fn item(&self, kind: ExternKind, index: u32) -> Extern {
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
