//! The contract between generated code and the runtime: structures, builtins, traps.
//!
//! Both the compiler and the runtime import this layer, and neither imports the other. The
//! structures are plain data; every offset that generated code uses is taken from them with
//! `offset_of!`, so there is no second copy to keep in step.

pub(crate) mod builtin;
pub(crate) mod code;
pub(crate) mod context;
pub(crate) mod layout;
pub(crate) mod leb;
pub(crate) mod table;
pub(crate) mod target;
pub(crate) mod trap;

pub(crate) use builtin::{Builtin, BuiltinTable, BuiltinType};
pub(crate) use code::{CodeBlob, StubCode, StubKind, Text};
pub(crate) use context::{
    ExecCtx, FuncImport, FuncRef, GlobalCell, HostFuncCtx, InstanceCtx, MemoryDef, MemoryRef,
    TableDef,
};
pub(crate) use layout::InstanceLayout;
pub(crate) use table::{OffsetTable, OffsetTableBuilder};
pub(crate) use target::Target;
pub(crate) use trap::Trap;

/// Bytes of one value in the arrays through which values pass between host and generated code.
pub(crate) const SLOT_SIZE: u32 = 16;

/// Bytes of one record, in which values pass to hosts that want to see their types: a value in 16 bytes,
/// zero above it, then its type's byte as a number of 16 bytes.
pub(crate) const RECORD_SIZE: u32 = 32;

/// Results of each register class that the `Tail` convention returns in registers; functions with
/// more of either store all results through a hidden pointer parameter.
pub(crate) const MAX_REG_RESULTS: usize = 8;
