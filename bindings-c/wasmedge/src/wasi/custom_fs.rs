//! File systems whose functions are the program's: `wasmspan_fs_functions`.

use crate::callback::{Data, moved, told, wasmspan_finalize_t};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::io::{Error, ErrorKind, Result};
use std::mem::offset_of;
use std::ptr;
use std::sync::Arc;
use wasmspan::wasi::{CustomFile, CustomFs, FileInfo, OpenMode};
use wasmspan_c_shared::shim;

/// What there is under a path.
#[repr(C)]
#[derive(Default)]
#[allow(non_camel_case_types)]
pub struct wasmspan_file_info {
    /// C's `bool`; read as a byte, any value is sound.
    pub directory: u8,
    pub size: u64,
    pub modified: u64,
}

impl From<wasmspan_file_info> for FileInfo {
    fn from(info: wasmspan_file_info) -> FileInfo {
        let wasmspan_file_info { directory, size, modified } = info;
        FileInfo { directory: directory != 0, size, modified }
    }
}

/// Takes a name in a directory.
#[allow(non_camel_case_types)]
pub type wasmspan_take_t = unsafe extern "C" fn(*mut c_void, *const c_char, bool);

type Path<R = c_int> = Option<unsafe extern "C-unwind" fn(*mut c_void, *const c_char) -> R>;
type OpenFile<T, R = c_int> = Option<unsafe extern "C-unwind" fn(*mut c_void, *mut c_void, T) -> R>;
type Of<R = c_int> = Option<unsafe extern "C-unwind" fn(*mut c_void, *mut c_void) -> R>;

/// The functions of a file system.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_fs_functions {
    pub size: usize,
    pub stat: Option<
        unsafe extern "C-unwind" fn(*mut c_void, *const c_char, *mut wasmspan_file_info) -> c_int,
    >,
    pub open: Option<
        unsafe extern "C-unwind" fn(*mut c_void, *const c_char, u32, *mut *mut c_void) -> c_int,
    >,
    pub read: Option<
        unsafe extern "C-unwind" fn(
            *mut c_void,
            *mut c_void,
            u64,
            *mut u8,
            usize,
            *mut usize,
        ) -> c_int,
    >,
    pub close: Of<()>,
    pub list: Option<
        unsafe extern "C-unwind" fn(
            *mut c_void,
            *const c_char,
            wasmspan_take_t,
            *mut c_void,
        ) -> c_int,
    >,
    pub stat_file: OpenFile<*mut wasmspan_file_info>,
    pub write: Option<
        unsafe extern "C-unwind" fn(
            *mut c_void,
            *mut c_void,
            u64,
            *const u8,
            usize,
            *mut usize,
        ) -> c_int,
    >,
    pub set_size: OpenFile<u64>,
    pub sync: Of,
    pub create_directory: Path,
    pub remove: Option<unsafe extern "C-unwind" fn(*mut c_void, *const c_char, bool) -> c_int>,
    pub rename:
        Option<unsafe extern "C-unwind" fn(*mut c_void, *const c_char, *const c_char) -> c_int>,
    pub set_modified: Option<unsafe extern "C-unwind" fn(*mut c_void, *const c_char, u64) -> c_int>,
    pub finalize: wasmspan_finalize_t,
}

/// Bits of the mode that a file is opened with.
const WRITE: u32 = 1;
const CREATE: u32 = 2;
const EXCLUSIVE: u32 = 4;
const TRUNCATE: u32 = 8;

/// A file system of the program's.
#[derive(Clone)]
pub struct Functions(Arc<Inner>);

struct Inner {
    functions: wasmspan_fs_functions,
    data: Data,
}

/// An open file of it.
struct Open {
    files: Functions,
    path: CString,
    file: *mut c_void,
}

// SAFETY: the program promises that an open file may be used on any thread, one at a time.
unsafe impl Send for Open {}

impl Functions {
    /// Reads the functions; `None` if one is missing that every file system has.
    ///
    /// # Safety
    ///
    /// The structure must have as many bytes as it says, and its functions do as the header says.
    pub unsafe fn read(
        functions: *const wasmspan_fs_functions,
        data: *mut c_void,
    ) -> Option<Functions> {
        // SAFETY: every pointer to a function may be null, and a size zero.
        let mut own: wasmspan_fs_functions = unsafe { std::mem::zeroed() };
        // SAFETY: the caller's promise.
        unsafe {
            let given = (*functions).size;
            if given < offset_of!(wasmspan_fs_functions, stat_file) {
                return None;
            }
            let known = given.min(size_of::<wasmspan_fs_functions>());
            ptr::copy(functions.cast::<u8>(), (&raw mut own).cast(), known);
        }
        own.stat.and(own.open).and(own.read).and(own.close).and(own.list)?;
        let data = Data { data, finalize: own.finalize };
        Some(Functions(Arc::new(Inner { functions: own, data })))
    }

    fn data(&self) -> *mut c_void {
        self.0.data.data
    }

    /// Calls a function with a path, if there is one.
    fn with_path<F: Copy>(
        &self,
        function: Option<F>,
        path: &str,
        call: impl FnOnce(F, *mut c_void, *const c_char) -> c_int,
    ) -> Result<()> {
        let function = function.ok_or(ErrorKind::Unsupported)?;
        let path = CString::new(path)?;
        let (data, path) = (self.data(), path.as_ptr());
        // SAFETY: the program gave the functions for this purpose.
        told(unsafe { shim::contain(|| call(function, data, path)) })
    }

    fn info_of(&self, path: &CStr) -> Result<FileInfo> {
        let mut info = wasmspan_file_info::default();
        let stat = self.0.functions.stat.ok_or(ErrorKind::Unsupported)?;
        let (data, path, place) = (self.data(), path.as_ptr(), &raw mut info);
        // SAFETY: as above.
        told(unsafe { shim::contain(|| stat(data, path, place)) })?;
        Ok(info.into())
    }
}

impl CustomFs for Functions {
    fn info(&self, path: &str) -> Result<FileInfo> {
        self.info_of(&CString::new(path)?)
    }

    fn open(&self, path: &str, mode: OpenMode) -> Result<Box<dyn CustomFile>> {
        let flags = [
            (mode.write, WRITE),
            (mode.create, CREATE),
            (mode.exclusive, EXCLUSIVE),
            (mode.truncate, TRUNCATE),
        ];
        let bits = flags.iter().filter(|(set, _)| *set).map(|(_, bit)| bit).sum();
        let mut file = ptr::null_mut();
        let place = &raw mut file;
        self.with_path(self.0.functions.open, path, |open, data, path| {
            // SAFETY: the program gave the function for this purpose.
            unsafe { open(data, path, bits, place) }
        })?;
        Ok(Box::new(Open { files: self.clone(), path: CString::new(path)?, file }))
    }

    fn list(&self, path: &str, take: &mut dyn FnMut(&str, bool)) -> Result<()> {
        /// Hands a name on to `take`.
        unsafe extern "C" fn entry(into: *mut c_void, name: *const c_char, directory: bool) {
            wasmspan_c_shared::enter::enter((), || {
                if name.is_null() {
                    return None;
                }
                // SAFETY: called by the program with the `into` it was given, and a string.
                let (take, name) = unsafe {
                    (&mut *into.cast::<&mut dyn FnMut(&str, bool)>(), CStr::from_ptr(name))
                };
                take(name.to_str().ok()?, directory);
                Some(())
            });
        }
        let mut take = take;
        let into: *mut c_void = (&raw mut take).cast();
        self.with_path(self.0.functions.list, path, |list, data, path| {
            // SAFETY: as above.
            unsafe { list(data, path, entry, into) }
        })
    }

    fn is_read_only(&self) -> bool {
        self.0.functions.write.is_none()
    }

    fn create_directory(&self, path: &str) -> Result<()> {
        self.with_path(self.0.functions.create_directory, path, |create, data, path| {
            // SAFETY: as above.
            unsafe { create(data, path) }
        })
    }

    fn remove_file(&self, path: &str) -> Result<()> {
        self.with_path(self.0.functions.remove, path, |remove, data, path| {
            // SAFETY: as above.
            unsafe { remove(data, path, false) }
        })
    }

    fn remove_directory(&self, path: &str) -> Result<()> {
        self.with_path(self.0.functions.remove, path, |remove, data, path| {
            // SAFETY: as above.
            unsafe { remove(data, path, true) }
        })
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let to = CString::new(to)?;
        let to = to.as_ptr();
        self.with_path(self.0.functions.rename, from, |rename, data, from| {
            // SAFETY: as above.
            unsafe { rename(data, from, to) }
        })
    }

    fn set_modified(&self, path: &str, time: u64) -> Result<()> {
        self.with_path(self.0.functions.set_modified, path, |set, data, path| {
            // SAFETY: as above.
            unsafe { set(data, path, time) }
        })
    }
}

impl Open {
    fn parts(&self) -> (&wasmspan_fs_functions, *mut c_void, *mut c_void) {
        (&self.files.0.functions, self.files.data(), self.file)
    }
}

impl CustomFile for Open {
    fn info(&mut self) -> Result<FileInfo> {
        let (functions, data, file) = self.parts();
        let Some(stat) = functions.stat_file else { return self.files.info_of(&self.path) };
        let mut info = wasmspan_file_info::default();
        let place = &raw mut info;
        // SAFETY: as above.
        told(unsafe { shim::contain(|| stat(data, file, place)) })?;
        Ok(info.into())
    }

    fn read(&mut self, at: u64, into: &mut [u8]) -> Result<usize> {
        let (functions, data, file) = self.parts();
        let read = functions.read.ok_or(ErrorKind::Unsupported)?;
        let (buf, len) = (into.as_mut_ptr(), into.len());
        // SAFETY: as above.
        unsafe { moved(|done| read(data, file, at, buf, len, done)) }
    }

    fn write(&mut self, at: u64, from: &[u8]) -> Result<usize> {
        let (functions, data, file) = self.parts();
        let write = functions.write.ok_or(ErrorKind::ReadOnlyFilesystem)?;
        let (buf, len) = (from.as_ptr(), from.len());
        // SAFETY: as above.
        unsafe { moved(|done| write(data, file, at, buf, len, done)) }
    }

    fn set_size(&mut self, size: u64) -> Result<()> {
        let (functions, data, file) = self.parts();
        let set = functions.set_size.ok_or_else(|| Error::from(ErrorKind::Unsupported))?;
        // SAFETY: as above.
        told(unsafe { shim::contain(|| set(data, file, size)) })
    }

    fn sync(&mut self) -> Result<()> {
        let (functions, data, file) = self.parts();
        let Some(sync) = functions.sync else { return Ok(()) };
        // SAFETY: as above.
        told(unsafe { shim::contain(|| sync(data, file)) })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let (functions, data, file) = self.parts();
        if let Some(close) = functions.close {
            // SAFETY: as above.
            unsafe { shim::contain(|| close(data, file)) };
        }
    }
}
