//! WebAssembly types as plain values, and the rules by which they match.
//!
//! Origin: "Types" and "Matching" in the WebAssembly core specification.

mod external;
mod func;
mod limits;
mod logged;
mod val;

pub use external::{ExportType, ExternKind, ExternType, ImportType};
pub use func::FuncType;
pub use limits::{GlobalType, MemoryType, SizeLimits, TableType};
pub use logged::Logged;
pub(crate) use logged::mismatch;
pub use val::{Mutability, RefType, ValType};

/// Bytes in one WebAssembly page.
pub const PAGE_SIZE: u64 = 65_536;
