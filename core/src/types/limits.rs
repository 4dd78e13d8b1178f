//! Limits of size, and the types of memories, tables and globals.

use super::{Logged, Mutability, RefType, ValType};
use std::fmt;

/// The size range of a memory (in pages) or a table (in elements).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SizeLimits {
    /// Initial size.
    pub min: u64,
    /// Largest size; `None` where the type states none.
    pub max: Option<u64>,
}

impl SizeLimits {
    /// Limits from `min` to `max`.
    pub fn new(min: u64, max: Option<u64>) -> SizeLimits {
        SizeLimits { min, max }
    }

    /// Whether an item of actual size `current` and these limits may stand where `wanted` is asked for.
    pub fn matches(&self, current: u64, wanted: &SizeLimits) -> bool {
        current >= wanted.min
            && match (self.max, wanted.max) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(have), Some(want)) => have <= want,
            }
    }
}

/// As the text format has it: least, and most if there is one.
impl fmt::Display for SizeLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) => write!(f, "{} {max}", self.min),
            None => write!(f, "{}", self.min),
        }
    }
}

impl Logged for SizeLimits {
    fn logged(&self) -> String {
        match self.max {
            Some(max) => format!("Limit{{{} , {max}}}", self.min),
            None => format!("Limit{{{}}}", self.min),
        }
    }
}

/// The type of a linear memory; limits are in pages of 64 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// Size range in pages.
    pub limits: SizeLimits,
    /// Whether threads may share it.
    pub shared: bool,
    /// Whether it is indexed by `i64`.
    pub memory64: bool,
}

impl MemoryType {
    /// An unshared memory indexed by `i32`.
    pub fn new(min: u64, max: Option<u64>) -> MemoryType {
        MemoryType { limits: SizeLimits::new(min, max), shared: false, memory64: false }
    }
}

/// As the text format has it: `memory 1 10`.
impl fmt::Display for MemoryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = if self.memory64 { "i64 " } else { "" };
        let shared = if self.shared { " shared" } else { "" };
        write!(f, "memory {index}{}{shared}", self.limits)
    }
}

impl Logged for MemoryType {
    fn logged(&self) -> String {
        let shared = if self.shared { " shared" } else { "" };
        let index = if self.memory64 { " i64" } else { "" };
        format!("MemoryType {{{}{shared}{index}}}", self.limits.logged())
    }
}

/// The type of a table; limits are in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// What the table holds.
    pub element: RefType,
    /// Size range in elements.
    pub limits: SizeLimits,
    /// Whether it is indexed by `i64`.
    pub table64: bool,
}

impl TableType {
    /// A table indexed by `i32`.
    pub fn new(element: RefType, min: u64, max: Option<u64>) -> TableType {
        TableType { element, limits: SizeLimits::new(min, max), table64: false }
    }
}

/// As the text format has it: `table 1 10 funcref`.
impl fmt::Display for TableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = if self.table64 { "i64 " } else { "" };
        write!(f, "table {index}{} {}", self.limits, self.element)
    }
}

impl Logged for TableType {
    fn logged(&self) -> String {
        let index = if self.table64 { " i64" } else { "" };
        format!("TableType {{RefType{{{}}} {}{index}}}", self.element, self.limits.logged())
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

/// As the text format has it, without parentheses: `global mut i32`.
impl fmt::Display for GlobalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mutable = if self.mutability == Mutability::Var { "mut " } else { "" };
        write!(f, "global {mutable}{}", self.content)
    }
}

impl Logged for GlobalType {
    fn logged(&self) -> String {
        format!("GlobalType {{Mutability{{{}}} ValType{{{}}}}}", self.mutability, self.content)
    }
}
