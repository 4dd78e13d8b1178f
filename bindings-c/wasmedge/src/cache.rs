//! The disk cache.

use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use wasmspan::CacheStats;
use wasmspan::config::CacheOptions;
use wasmspan_c_shared::abi::{WasmEdge_ConfigureContext, WasmEdge_Result};
use wasmspan_c_shared::enter::{enter, need, result};
use wasmspan_c_shared::handle::get;
use wasmspan_c_shared::text::write_text;

/// The cache in a folder; without one, that of the user.
///
/// # Safety
///
/// `directory` must be a path that ends with zero, or null.
unsafe fn options(directory: *const c_char) -> CacheOptions {
    let folder = |path: &CStr| PathBuf::from(OsStr::from_bytes(path.to_bytes()));
    let directory = match directory.is_null() {
        true => None,
        // SAFETY: the caller's promise.
        false => Some(folder(unsafe { CStr::from_ptr(directory) })),
    };
    CacheOptions { directory, ..CacheOptions::default() }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_configure_set_cache(
    configure: *mut WasmEdge_ConfigureContext,
    directory: *const c_char,
    max_bytes: u64,
) -> WasmEdge_Result {
    result(|| {
        // SAFETY: the caller passes a path that ends with zero, or null.
        let mut options = unsafe { options(directory) };
        if max_bytes > 0 {
            options.max_bytes = max_bytes;
        }
        options.folder()?;
        need(configure.cast_const())?.change(|config| config.cache = Some(Arc::new(options)));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_configure_no_cache(configure: *mut WasmEdge_ConfigureContext) {
    enter((), || {
        get(configure.cast_const())?.change(|config| config.cache = None);
        Some(())
    });
}

/// Tells how much a cache holds.
///
/// # Safety
///
/// Both must be places for a number, or null.
unsafe fn tell(stats: CacheStats, entries: *mut u64, size: *mut u64) {
    for (place, number) in [(entries, stats.entries as u64), (size, stats.bytes)] {
        if !place.is_null() {
            // SAFETY: the caller's promise.
            unsafe { place.write(number) };
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_cache_stats(
    directory: *const c_char,
    entries: *mut u64,
    size: *mut u64,
) -> WasmEdge_Result {
    // SAFETY: the caller passes a path that ends with zero and places for numbers, or null.
    result(|| unsafe {
        tell(options(directory).stats()?, entries, size);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_cache_clear(
    directory: *const c_char,
    entries: *mut u64,
    size: *mut u64,
) -> WasmEdge_Result {
    // SAFETY: as above.
    result(|| unsafe {
        tell(options(directory).clear()?, entries, size);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_cache_folder(
    directory: *const c_char,
    buf: *mut c_char,
    len: usize,
) -> usize {
    enter(0, || {
        // SAFETY: the caller passes a path that ends with zero, or null, and a buffer of this length,
        // or null.
        unsafe {
            let folder = options(directory).folder().ok()?;
            Some(write_text(&folder.to_string_lossy(), buf, len))
        }
    })
}
