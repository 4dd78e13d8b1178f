//! What modules import and export.

use super::func::Func;
use super::global::Global;
use super::instance::Instance;
use super::memory::Memory;
use super::node::NodeRef;
use super::table::Table;
use crate::types::{ExternKind, ExternType};

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
        Some(Instance::of_wasm(owner.clone()))
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
