//! What a module imports and exports.

use super::{FuncType, GlobalType, Logged, MemoryType, TableType};
use std::fmt;

/// The kind of an import or export; the discriminant is its byte in the binary format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExternKind {
    /// A function.
    Func = 0,
    /// A table.
    Table = 1,
    /// A linear memory.
    Memory = 2,
    /// A global.
    Global = 3,
}

impl fmt::Display for ExternKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExternKind::Func => "function",
            ExternKind::Table => "table",
            ExternKind::Memory => "memory",
            ExternKind::Global => "global",
        })
    }
}

/// The type of an import or export.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A linear memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// Something of this kind that the module names and doesn't have. Only a module that has not
    /// passed validation shows it.
    Unknown(ExternKind),
}

impl ExternType {
    /// The kind of the item.
    pub fn kind(&self) -> ExternKind {
        match self {
            ExternType::Func(_) => ExternKind::Func,
            ExternType::Table(_) => ExternKind::Table,
            ExternType::Memory(_) => ExternKind::Memory,
            ExternType::Global(_) => ExternKind::Global,
            ExternType::Unknown(kind) => *kind,
        }
    }
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExternType::Func(ty) => ty.fmt(f),
            ExternType::Table(ty) => ty.fmt(f),
            ExternType::Memory(ty) => ty.fmt(f),
            ExternType::Global(ty) => ty.fmt(f),
            ExternType::Unknown(kind) => write!(f, "unknown {kind}"),
        }
    }
}

impl Logged for ExternType {
    fn logged(&self) -> String {
        match self {
            ExternType::Func(ty) => ty.logged(),
            ExternType::Table(ty) => ty.logged(),
            ExternType::Memory(ty) => ty.logged(),
            ExternType::Global(ty) => ty.logged(),
            ExternType::Unknown(_) => self.to_string(),
        }
    }
}

/// One import of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportType {
    /// Name of the module it is asked from.
    pub module: String,
    /// Name of the item in that module.
    pub name: String,
    /// The type asked for.
    pub ty: ExternType,
}

/// One export of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportType {
    /// Name under which the item is exported.
    pub name: String,
    /// The item's type.
    pub ty: ExternType,
}
