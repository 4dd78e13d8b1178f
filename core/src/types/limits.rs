//! Limits, and the types of memories, tables and globals.

use super::{Mutability, RefType, ValType};
use std::fmt;

/// The size range of a memory (in pages) or a table (in elements).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Initial size.
    pub min: u64,
    /// Largest size; `None` where the type states none.
    pub max: Option<u64>,
}

impl Limits {
    /// Limits from `min` to `max`.
    pub fn new(min: u64, max: Option<u64>) -> Limits {
        Limits { min, max }
    }

    /// Whether an item of actual size `current` and these limits may stand where `wanted` is asked for.
    pub fn matches(&self, current: u64, wanted: &Limits) -> bool {
        current >= wanted.min
            && match (self.max, wanted.max) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(have), Some(want)) => have <= want,
            }
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) => write!(f, "Limit{{{} , {}}}", self.min, max),
            None => write!(f, "Limit{{{}}}", self.min),
        }
    }
}

/// The type of a linear memory; limits are in pages of 64 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// Size range in pages.
    pub limits: Limits,
    /// Whether threads may share it.
    pub shared: bool,
    /// Whether it is indexed by `i64`.
    pub memory64: bool,
}

impl MemoryType {
    /// An unshared memory indexed by `i32`.
    pub fn new(min: u64, max: Option<u64>) -> MemoryType {
        MemoryType { limits: Limits::new(min, max), shared: false, memory64: false }
    }
}

impl fmt::Display for MemoryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryType {{{}", self.limits)?;
        if self.shared {
            f.write_str(" shared")?;
        }
        if self.memory64 {
            f.write_str(" i64")?;
        }
        f.write_str("}")
    }
}

/// The type of a table; limits are in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// What the table holds.
    pub element: RefType,
    /// Size range in elements.
    pub limits: Limits,
    /// Whether it is indexed by `i64`.
    pub table64: bool,
}

impl TableType {
    /// A table indexed by `i32`.
    pub fn new(element: RefType, min: u64, max: Option<u64>) -> TableType {
        TableType { element, limits: Limits::new(min, max), table64: false }
    }
}

impl fmt::Display for TableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TableType {{RefType{{{}}} {}", self.element, self.limits)?;
        if self.table64 {
            f.write_str(" i64")?;
        }
        f.write_str("}")
    }
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    /// Type of the value.
    pub content: ValType,
    /// Whether it may be written.
    pub mutability: Mutability,
}

impl GlobalType {
    /// A global of this type and mutability.
    pub fn new(content: ValType, mutability: Mutability) -> GlobalType {
        GlobalType { content, mutability }
    }
}

impl fmt::Display for GlobalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GlobalType {{Mutability{{{}}} ValType{{{}}}}}", self.mutability, self.content)
    }
}
