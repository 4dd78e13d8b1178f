//! Which release of the interface the library serves.

use std::sync::atomic::{AtomicU32, Ordering};

/// 0.11, unless a library says otherwise when it is loaded.
static MINOR: AtomicU32 = AtomicU32::new(11);

/// Says that the library serves 0.`minor`.
pub fn serve(minor: u32) {
    MINOR.store(minor, Ordering::Relaxed);
}

/// The minor number of the release.
pub fn minor() -> u32 {
    MINOR.load(Ordering::Relaxed)
}
