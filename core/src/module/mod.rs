//! A parsed module: what a module says of itself, shared and immutable.
//!
//! The loader makes it, the validator checks it, the compiler and the executor read it. Bodies,
//! data and custom sections stay ranges of the original bytes, so a module costs little more than
//! its file.

mod init;
mod names;

pub(crate) use init::{ConstExpr, ConstOp};
pub(crate) use names::NameMap;

use crate::types::{ExternKind, ExternType, FuncType, GlobalType, MemoryType, RefType, TableType};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Everything a module's sections say; index spaces count imports first.
#[derive(Debug, Default)]
pub(crate) struct ModuleInfo {
    /// The binary the ranges below point into.
    pub bytes: Arc<[u8]>,
    /// The type section.
    pub types: Vec<FuncType>,
    /// The import section.
    pub imports: Vec<ImportDesc>,
    /// Type index of every function.
    pub funcs: Vec<u32>,
    /// Type and initial value of every table.
    pub tables: Vec<TableDesc>,
    /// Type of every memory.
    pub memories: Vec<MemoryType>,
    /// Type and initial value of every global.
    pub globals: Vec<GlobalDesc>,
    /// How many of each index space are imported.
    pub imported: Imported,
    /// The export section.
    pub exports: Vec<ExportDesc>,
    /// Index of the start function.
    pub start: Option<u32>,
    /// The element section.
    pub elements: Vec<ElementSegment>,
    /// The data section.
    pub data: Vec<DataSegment>,
    /// The bodies of the code section, without their size field.
    pub bodies: Vec<Range<usize>>,
    /// Functions that can become a reference: exported, in an element segment, or in a global.
    /// Sorted, without repetition.
    pub escaping: Vec<u32>,
    /// Custom sections: name, and content without the name.
    pub customs: Vec<(String, Range<usize>)>,
    /// Names of the `name` section, read when first asked for.
    pub names: OnceLock<NameMap>,
    /// The hash of `bytes`, once somebody has needed it.
    pub source: OnceLock<[u8; 32]>,
}

/// How many items of each index space are imports.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Imported {
    pub funcs: u32,
    pub tables: u32,
    pub memories: u32,
    pub globals: u32,
}

/// One import.
#[derive(Clone, Debug)]
pub(crate) struct ImportDesc {
    pub module: String,
    pub name: String,
    pub kind: ExternKind,
    /// Index in the index space of its kind.
    pub index: u32,
}

/// One export.
#[derive(Clone, Debug)]
pub(crate) struct ExportDesc {
    pub name: String,
    pub kind: ExternKind,
    pub index: u32,
}

/// A table and, for defined ones, the expression its elements start with.
#[derive(Clone, Debug)]
pub(crate) struct TableDesc {
    pub ty: TableType,
    pub init: Option<ConstExpr>,
}

/// A global and, for defined ones, its initial value.
#[derive(Clone, Debug)]
pub(crate) struct GlobalDesc {
    pub ty: GlobalType,
    pub init: Option<ConstExpr>,
}

/// When a segment is applied.
#[derive(Clone, Debug)]
pub(crate) enum SegmentMode {
    /// By `table.init` or `memory.init`.
    Passive,
    /// At instantiation, into the table or memory `index` at `offset`.
    Active { index: u32, offset: ConstExpr },
    /// Never: it only declares functions that may become references.
    Declared,
}

/// One element segment.
#[derive(Clone, Debug)]
pub(crate) struct ElementSegment {
    pub mode: SegmentMode,
    pub ty: RefType,
    pub items: ElementItems,
}

/// The content of an element segment.
#[derive(Clone, Debug)]
pub(crate) enum ElementItems {
    /// Function indices.
    Funcs(Box<[u32]>),
    /// One constant expression for each element.
    Exprs(Box<[ConstExpr]>),
}

impl ElementItems {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            ElementItems::Funcs(items) => items.len(),
            ElementItems::Exprs(items) => items.len(),
        }
    }
}

/// One data segment; `range` is its content in the module's bytes.
#[derive(Clone, Debug)]
pub(crate) struct DataSegment {
    pub mode: SegmentMode,
    pub range: Range<usize>,
}

impl ModuleInfo {
    /// The type of function `index` of a valid module.
    pub fn func_type(&self, index: u32) -> &FuncType {
        &self.types[self.funcs[index as usize] as usize]
    }

    /// The type of the item of `kind` at `index`; the module need not be valid.
    pub fn extern_type(&self, kind: ExternKind, index: u32) -> ExternType {
        let at = index as usize;
        let known = match kind {
            ExternKind::Func => {
                let ty = self.funcs.get(at).and_then(|&ty| self.types.get(ty as usize));
                ty.cloned().map(ExternType::Func)
            }
            ExternKind::Table => self.tables.get(at).map(|table| ExternType::Table(table.ty)),
            ExternKind::Memory => self.memories.get(at).copied().map(ExternType::Memory),
            ExternKind::Global => self.globals.get(at).map(|global| ExternType::Global(global.ty)),
        };
        known.unwrap_or(ExternType::Unknown(kind))
    }

    /// The names the module gives itself and its functions.
    pub fn names(&self) -> &NameMap {
        self.names.get_or_init(|| {
            let section = self.customs.iter().find(|(name, _)| name == "name");
            let content = section.and_then(|(_, range)| self.bytes.get(range.clone()));
            content.map(|c| NameMap::parse(c, self.funcs.len())).unwrap_or_default()
        })
    }

    /// The position in `escaping` of function `index`.
    pub fn escaping_index(&self, index: u32) -> Option<usize> {
        self.escaping.binary_search(&index).ok()
    }
}
