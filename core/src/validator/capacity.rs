//! Sizes that are valid but larger than this engine provides.
//!
//! A module that defines such a memory or table is a valid module and may be inspected; only an
//! instance of it can't be made.

use crate::error::{Cause, ErrCode, Error, Result};
use crate::limits;
use crate::module::ModuleInfo;

/// Refuses a module whose own memories or tables start larger than the engine's limits.
///
/// # Errors
///
/// Names the memory or table, its size and the limit.
pub(crate) fn check_capacity(module: &ModuleInfo) -> Result<()> {
    let too_large = |code, what: &str, index: usize, size: u64, unit: &str, limit: u64| {
        let text = format!("{what} {index} starts with {size} {unit}; the limit is {limit}");
        Err(Error::with_detail(code, text))
    };
    let own = module.imported.memories as usize;
    for (index, ty) in module.memories.iter().enumerate().skip(own) {
        let limit = match ty.memory64 {
            true => limits::MAX_MEMORY64_PAGES,
            false => u64::from(limits::MAX_MEMORY_PAGES),
        };
        let size = ty.limits.min;
        if size > limit {
            return too_large(ErrCode::InvalidMemPages, "memory", index, size, "pages", limit)
                .map_err(|error| error.because(Cause::OutOfMemory));
        }
    }
    let own = module.imported.tables as usize;
    for (index, table) in module.tables.iter().enumerate().skip(own) {
        let (size, limit) = (table.ty.limits.min, limits::MAX_TABLE_ELEMENTS);
        if size > limit {
            return too_large(ErrCode::TableOutOfBounds, "table", index, size, "elements", limit);
        }
    }
    Ok(())
}
