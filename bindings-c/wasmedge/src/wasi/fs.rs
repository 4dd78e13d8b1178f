//! File systems for guests: `wasmspan_fs_…`.

use crate::module::{give, wasmspan_bytes};
use crate::wasi::custom_fs::{Functions, wasmspan_fs_functions};
use std::ffi::{CStr, OsStr, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::Arc;
use wasmspan::limits::DEFAULT_MEMORY_FS_BYTES;
use wasmspan::wasi::{ChangeKind, MemoryFs, WasiBuilder};
use wasmspan::{ErrCode, Error};
use wasmspan_c_shared::abi::{WasmEdge_Result, WasmEdge_String};
use wasmspan_c_shared::enter::{bytes, created, delete, enter, need, result};
use wasmspan_c_shared::error::null_argument;
use wasmspan_c_shared::handle::{Context, Kind, create, get};
use wasmspan_c_shared::shim;
use wasmspan_c_shared::text::Text;

/// A file system for guests; opaque.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_fs {
    _opaque: [u8; 0],
}

impl Context for wasmspan_fs {
    const KIND: Kind = Kind::Files;
    type Object = Files;
}

/// Whose the files are.
pub enum Files {
    Memory(MemoryFs),
    Program(Arc<Functions>),
}

impl Files {
    /// Adds it to what a guest gets.
    pub fn mount(&self, builder: WasiBuilder, guest: &str, read_only: bool) -> WasiBuilder {
        match (self, read_only) {
            (Files::Memory(files), false) => builder.mount(files, guest),
            (Files::Memory(files), true) => builder.mount_read_only(files, guest),
            (Files::Program(files), false) => builder.mount_custom(files.clone(), guest),
            (Files::Program(files), true) => builder.mount_custom_read_only(files.clone(), guest),
        }
    }
}

/// The file system, which must be in memory.
fn memory<'a>(files: *const wasmspan_fs) -> wasmspan::Result<&'a MemoryFs> {
    match need(files)? {
        Files::Memory(files) => Ok(files),
        Files::Program(_) => {
            let detail = "the file system is the program's own";
            Err(Error::with_detail(ErrCode::WrongVMWorkflow, detail))
        }
    }
}

/// The capacity that a number means.
fn capacity(bytes: u64) -> u64 {
    if bytes == 0 { DEFAULT_MEMORY_FS_BYTES } else { bytes }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_fs_create_memory(max_bytes: u64) -> *mut wasmspan_fs {
    enter(ptr::null_mut(), || {
        Some(create(Files::Memory(MemoryFs::with_capacity(capacity(max_bytes)))))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_fs_create_overlay(
    host: *const c_char,
    max_bytes: u64,
) -> *mut wasmspan_fs {
    created(|| {
        if host.is_null() {
            return Err(null_argument("the path"));
        }
        // SAFETY: the caller passes a path that ends with zero.
        let host = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(host) }.to_bytes()));
        let files = MemoryFs::over_with_capacity(host, capacity(max_bytes))?;
        Ok(create(Files::Memory(files)))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_fs_create_custom(
    functions: *const wasmspan_fs_functions,
    data: *mut c_void,
) -> *mut wasmspan_fs {
    enter(ptr::null_mut(), || {
        if functions.is_null() {
            return None;
        }
        // SAFETY: the caller passes functions of this kind.
        let own = unsafe { Functions::read(functions, data) }?;
        Some(create(Files::Program(Arc::new(own))))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_fs_write(
    files: *const wasmspan_fs,
    path: WasmEdge_String,
    data: *const u8,
    size: usize,
) -> WasmEdge_Result {
    result(|| {
        // SAFETY: the caller passes a string, and bytes of this length, or null.
        let (path, data) = unsafe { (path.lossy(), bytes(data, size)) };
        memory(files)?.write(path, data.ok_or_else(|| null_argument("the data"))?)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_fs_create_directory(
    files: *const wasmspan_fs,
    path: WasmEdge_String,
) -> WasmEdge_Result {
    // SAFETY: the caller passes a string.
    result(|| memory(files)?.create_dir(unsafe { path.lossy() }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_fs_read(
    files: *const wasmspan_fs,
    path: WasmEdge_String,
    bytes: *mut wasmspan_bytes,
) -> WasmEdge_Result {
    result(|| {
        // SAFETY: the caller passes a string.
        let content = memory(files)?.read(unsafe { path.lossy() })?;
        if bytes.is_null() {
            return Err(null_argument("the place for the bytes"));
        }
        // SAFETY: the caller passes a place for bytes.
        unsafe { give(bytes, &content) };
        Ok(())
    })
}

/// Gets a path and what it is.
#[allow(non_camel_case_types)]
pub type wasmspan_path_t = Option<unsafe extern "C-unwind" fn(*mut c_void, WasmEdge_String, u32)>;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_fs_list(
    files: *const wasmspan_fs,
    path: WasmEdge_String,
    take: wasmspan_path_t,
    data: *mut c_void,
) -> WasmEdge_Result {
    result(|| {
        // SAFETY: the caller passes a string.
        let names = memory(files)?.list(unsafe { path.lossy() })?;
        let take = take.ok_or_else(|| null_argument("the function"))?;
        for name in &names {
            let name = Text::new(name);
            // SAFETY: the caller passes the function for this purpose.
            unsafe { shim::contain(|| take(data, name.lend(), 0)) };
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_fs_changes(
    files: *const wasmspan_fs,
    take: wasmspan_path_t,
    data: *mut c_void,
) -> WasmEdge_Result {
    result(|| {
        let changes = memory(files)?.changes()?;
        let take = take.ok_or_else(|| null_argument("the function"))?;
        for change in &changes {
            let kind = match change.kind {
                ChangeKind::Added => 1,
                ChangeKind::Modified => 2,
                ChangeKind::Removed => 3,
            };
            let path = Text::new(&change.path);
            // SAFETY: the caller passes the function for this purpose.
            unsafe { shim::contain(|| take(data, path.lend(), kind)) };
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_fs_used(files: *const wasmspan_fs) -> u64 {
    enter(0, || match get(files)? {
        Files::Memory(files) => Some(files.used()),
        Files::Program(_) => None,
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_fs_delete(files: *mut wasmspan_fs) {
    delete(files);
}
