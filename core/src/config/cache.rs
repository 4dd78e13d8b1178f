//! Settings of the disk cache.

use std::path::PathBuf;

/// Where compiled code is kept from one process to the next, and how much of it. Modules of less than
/// [`MIN_CACHED_BYTES`](crate::limits::MIN_CACHED_BYTES) are compiled anew each time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CacheOptions {
    /// The folder; without one, `wasmspan` in the user's cache folder (`XDG_CACHE_HOME`, else
    /// `.cache` in `HOME`). It must belong to the user and not be writable by others.
    pub directory: Option<PathBuf>,
    /// Bytes that entries may take; what was not used for longest goes first.
    pub max_bytes: u64,
}

impl Default for CacheOptions {
    fn default() -> CacheOptions {
        CacheOptions { directory: None, max_bytes: 1 << 30 }
    }
}
