//! A file system that the host implements.
//!
//! [`CustomFs`] and [`CustomFile`] are what the host writes; `directory` and `file` are what a guest
//! opens. The rules of paths, flags and positions are kept here, so that a host that only shows
//! something needs three functions.

mod directory;
mod file;

pub(in crate::wasi) use directory::CustomDirectory;

use crate::wasi::abi::{Errno, FileStat, FileType};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

/// Files and directories that the host implements; there are no links.
///
/// Paths are relative and have no empty, `.` and `..` parts; the root is `"."`. What a function's
/// error tells the guest follows from its number, or from its kind if it has none. Functions are
/// called on the guest's thread, and by several guests at the same time; those of one open file
/// never are.
///
/// ```
/// use std::io::{Error, ErrorKind, Result};
/// use std::sync::Arc;
/// use wasmspan::wasi::{CustomFile, CustomFs, FileInfo, OpenMode};
///
/// /// One file, `greeting`.
/// struct Greeting;
/// struct Open;
///
/// impl CustomFs for Greeting {
///     fn info(&self, path: &str) -> Result<FileInfo> {
///         match path {
///             "." => Ok(FileInfo::directory()),
///             "greeting" => Ok(FileInfo::file(5)),
///             _ => Err(ErrorKind::NotFound.into()),
///         }
///     }
///     fn open(&self, _: &str, _: OpenMode) -> Result<Box<dyn CustomFile>> {
///         Ok(Box::new(Open))
///     }
///     fn list(&self, _: &str, take: &mut dyn FnMut(&str, bool)) -> Result<()> {
///         take("greeting", false);
///         Ok(())
///     }
/// }
///
/// impl CustomFile for Open {
///     fn info(&mut self) -> Result<FileInfo> {
///         Ok(FileInfo::file(5))
///     }
///     fn read(&mut self, at: u64, into: &mut [u8]) -> Result<usize> {
///         let rest = b"hello".get(at as usize..).unwrap_or_default();
///         let count = rest.len().min(into.len());
///         into[..count].copy_from_slice(&rest[..count]);
///         Ok(count)
///     }
/// }
///
/// let wasi = wasmspan::Wasi::builder().mount_custom(Arc::new(Greeting), "/").build()?;
/// # drop(wasi);
/// # Ok::<(), wasmspan::Error>(())
/// ```
pub trait CustomFs: Send + Sync {
    /// What is there under a path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if nothing is.
    fn info(&self, path: &str) -> Result<FileInfo>;

    /// Opens a file, or makes it if `mode` says so.
    ///
    /// # Errors
    ///
    /// Any; it becomes the guest's.
    fn open(&self, path: &str, mode: OpenMode) -> Result<Box<dyn CustomFile>>;

    /// Gives each name in a directory to `take`, and whether it is a directory's. Names that no path
    /// can have are left out.
    ///
    /// # Errors
    ///
    /// Any; it becomes the guest's.
    fn list(&self, path: &str, take: &mut dyn FnMut(&str, bool)) -> Result<()>;

    /// Whether guests get no rights to change anything. What follows is then never called.
    fn is_read_only(&self) -> bool {
        true
    }

    /// Makes a directory.
    ///
    /// # Errors
    ///
    /// "Read-only file system" unless overridden.
    fn create_directory(&self, path: &str) -> Result<()> {
        let _ = path;
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// As [`create_directory`](CustomFs::create_directory).
    fn remove_file(&self, path: &str) -> Result<()> {
        let _ = path;
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    ///
    /// As [`create_directory`](CustomFs::create_directory).
    fn remove_directory(&self, path: &str) -> Result<()> {
        let _ = path;
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }

    /// Gives something another path; what is there already is replaced.
    ///
    /// # Errors
    ///
    /// As [`create_directory`](CustomFs::create_directory).
    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let _ = (from, to);
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }

    /// Sets when something was changed last, in nanoseconds since 1970.
    ///
    /// # Errors
    ///
    /// "Not supported" unless overridden.
    fn set_modified(&self, path: &str, time: u64) -> Result<()> {
        let _ = (path, time);
        Err(ErrorKind::Unsupported.into())
    }
}

/// An open file of a [`CustomFs`]; dropped when the guest closes it, or ends.
pub trait CustomFile: Send {
    /// What the file is like now.
    ///
    /// # Errors
    ///
    /// Any; it becomes the guest's.
    fn info(&mut self) -> Result<FileInfo>;

    /// Reads bytes from a place on, fewer if there are not so many; 0 is the end of the file.
    ///
    /// # Errors
    ///
    /// Any; it becomes the guest's.
    fn read(&mut self, at: u64, into: &mut [u8]) -> Result<usize>;

    /// Writes bytes at a place, and says how many it took. A gap before them is filled with zeros.
    ///
    /// # Errors
    ///
    /// "Read-only file system" unless overridden.
    fn write(&mut self, at: u64, from: &[u8]) -> Result<usize> {
        let _ = (at, from);
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }

    /// Cuts the file, or makes it longer with zeros.
    ///
    /// # Errors
    ///
    /// As [`write`](CustomFile::write).
    fn set_size(&mut self, size: u64) -> Result<()> {
        let _ = size;
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }

    /// Makes sure that what was written lasts.
    ///
    /// # Errors
    ///
    /// Any; it becomes the guest's.
    fn sync(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What a [`CustomFs`] says about a file or directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileInfo {
    /// Whether it is a directory.
    pub directory: bool,
    /// Size in bytes.
    pub size: u64,
    /// When it was changed last, in nanoseconds since 1970.
    pub modified: u64,
}

impl FileInfo {
    /// A directory of no size, changed in 1970.
    pub fn directory() -> FileInfo {
        FileInfo { directory: true, ..FileInfo::default() }
    }

    /// A file of this size, changed in 1970.
    pub fn file(size: u64) -> FileInfo {
        FileInfo { size, ..FileInfo::default() }
    }

    fn stat(self, device: u64, path: &str) -> FileStat {
        FileStat {
            device,
            inode: inode(path),
            file_type: file_type(self.directory),
            links: 1,
            size: self.size,
            accessed: self.modified,
            modified: self.modified,
            changed: self.modified,
        }
    }
}

/// What a file is opened for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenMode {
    /// It may be written to, which is so wherever one of the others is set; else it is only read.
    pub write: bool,
    /// It is made if it is not there.
    pub create: bool,
    /// It is made, and must not be there.
    pub exclusive: bool,
    /// What is in it goes.
    pub truncate: bool,
}

fn file_type(directory: bool) -> FileType {
    if directory { FileType::Directory } else { FileType::RegularFile }
}

/// A number that tells a file from others: its path's, since there are no links.
fn inode(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

/// The guest's form of a host's error. "Interrupted" would be tried again, and is for system calls.
fn failed(error: Error) -> Errno {
    match Errno::from(error) {
        Errno::Intr => Errno::Io,
        errno => errno,
    }
}

/// A file system of the host's, as settings keep it.
#[derive(Clone)]
pub(in crate::wasi) struct Custom(pub Arc<dyn CustomFs>);

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomFs")
    }
}
