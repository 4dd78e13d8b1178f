//! Where the arrays of an [`InstanceCtx`] lie; computed once for each module.

use super::{FuncImport, FuncRef, GlobalCell, InstanceCtx, MemoryRef, TableDef};
use crate::module::ModuleInfo;
use std::ffi::c_void;

/// Byte offsets from the start of an [`InstanceCtx`].
#[derive(Clone, Debug)]
pub(crate) struct InstanceLayout {
    /// [`FuncImport`] of each imported function.
    func_imports: u32,
    /// [`MemoryRef`] of each memory, imported ones first.
    memories: u32,
    /// Pointer to the [`TableDef`] of each imported table.
    table_imports: u32,
    /// Pointer to the [`GlobalCell`] of each imported global.
    global_imports: u32,
    /// [`TableDef`] of each defined table.
    tables: u32,
    /// [`FuncRef`] of each escaping function that the module defines or imports.
    func_refs: u32,
    /// [`GlobalCell`] of each defined global.
    globals: u32,
    /// Bytes in all.
    size: u32,
    imported_tables: u32,
    imported_globals: u32,
}

impl InstanceLayout {
    /// The layout for instances of `module`.
    pub fn new(module: &ModuleInfo) -> InstanceLayout {
        let mut end = size_of::<InstanceCtx>() as u32;
        let mut array = |count: usize, element: usize| {
            let start = end.next_multiple_of(element.min(16) as u32);
            end = start + (count * element) as u32;
            start
        };
        let imported = &module.imported;
        let pointer = size_of::<*const c_void>();
        let func_imports = array(imported.funcs as usize, size_of::<FuncImport>());
        let memories = array(module.memories.len(), size_of::<MemoryRef>());
        let table_imports = array(imported.tables as usize, pointer);
        let global_imports = array(imported.globals as usize, pointer);
        let defined_tables = module.tables.len() - imported.tables as usize;
        let tables = array(defined_tables, size_of::<TableDef>());
        let func_refs = array(module.escaping.len(), size_of::<FuncRef>());
        let defined_globals = module.globals.len() - imported.globals as usize;
        let globals = array(defined_globals, size_of::<GlobalCell>());
        InstanceLayout {
            func_imports,
            memories,
            table_imports,
            global_imports,
            tables,
            func_refs,
            globals,
            size: end,
            imported_tables: imported.tables,
            imported_globals: imported.globals,
        }
    }

    /// Bytes of the whole structure.
    pub fn size(&self) -> usize {
        self.size as usize
    }

    /// The [`FuncImport`] of imported function `index`.
    pub fn func_import(&self, index: u32) -> u32 {
        self.func_imports + index * size_of::<FuncImport>() as u32
    }

    /// The [`MemoryRef`] of memory `index`.
    pub fn memory(&self, index: u32) -> u32 {
        self.memories + index * size_of::<MemoryRef>() as u32
    }

    /// The [`TableDef`] of table `index`: itself, or a pointer to it.
    pub fn table(&self, index: u32) -> Place {
        match index.checked_sub(self.imported_tables) {
            Some(defined) => Place::Here(self.tables + defined * size_of::<TableDef>() as u32),
            None => Place::Behind(self.table_imports + index * 8),
        }
    }

    /// The [`GlobalCell`] of global `index`: itself, or a pointer to it.
    pub fn global(&self, index: u32) -> Place {
        match index.checked_sub(self.imported_globals) {
            Some(defined) => Place::Here(self.globals + defined * size_of::<GlobalCell>() as u32),
            None => Place::Behind(self.global_imports + index * 8),
        }
    }

    /// The [`FuncRef`] at position `slot` of the module's escaping functions.
    pub fn func_ref(&self, slot: usize) -> u32 {
        self.func_refs + (slot * size_of::<FuncRef>()) as u32
    }
}

/// Bytes after the 4 GiB of a memory reservation in which every access faults.
pub(crate) const GUARD_BYTES: u64 = 32 << 20;

/// Where an entity lies, seen from an [`InstanceCtx`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At this offset.
    Here(u32),
    /// Behind the pointer at this offset.
    Behind(u32),
}
