//! A file system in memory, which may lie over a directory of the host.
//!
//! `node` has files, directories and links, `tree` finds them by path, `lower` is the directory of
//! the host below, `directory` and `file` are what a guest opens, `changes` tells what became of the
//! directory below. An overlay is the same tree: names of the lower directory become nodes when
//! somebody asks for them, a file's bytes are fetched when it is first written to, and a name that
//! was removed is remembered as hidden.

mod changes;
mod directory;
mod file;
mod lower;
mod node;
mod tree;

pub use changes::{Change, ChangeKind};
pub(in crate::wasi) use directory::MemoryDirectory;

use super::{Directory, GuestPath, HostDirectory};
use crate::error::{ErrCode, Error, Result};
use crate::limits::DEFAULT_MEMORY_FS_BYTES;
use crate::wasi::abi::Errno;
use crate::wasi::clock::Clocks;
use lower::Lower;
use node::{Content, Entries, Kind, Node, lock};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tree::{LastLink, Tree};

/// A file system in memory; clones are handles to the same one.
///
/// Guests see it where [`WasiBuilder::mount`](crate::wasi::WasiBuilder::mount) puts it. The host may
/// use it before, during and after their runs, from any thread.
///
/// ```
/// use wasmspan::Wasi;
/// use wasmspan::wasi::MemoryFs;
///
/// let files = MemoryFs::new();
/// files.write("in/words.txt", "one two")?;
/// let wasi = Wasi::builder().mount(&files, "/data").build()?;
/// # drop(wasi);
/// assert_eq!(files.read("in/words.txt")?, b"one two");
/// assert_eq!(files.list("")?, ["in"]);
/// # Ok::<(), wasmspan::Error>(())
/// ```
#[derive(Clone)]
pub struct MemoryFs(Arc<Tree>);

impl Default for MemoryFs {
    fn default() -> MemoryFs {
        MemoryFs::new()
    }
}

impl MemoryFs {
    /// An empty one that takes up to
    /// [`DEFAULT_MEMORY_FS_BYTES`](crate::limits::DEFAULT_MEMORY_FS_BYTES).
    pub fn new() -> MemoryFs {
        MemoryFs::with_capacity(DEFAULT_MEMORY_FS_BYTES)
    }

    /// An empty one that takes up to `bytes`: the contents of files, and for each file, directory
    /// and link its name and 256 more. Whoever wants more gets "no space left".
    pub fn with_capacity(bytes: u64) -> MemoryFs {
        MemoryFs(Tree::new(bytes, None))
    }

    /// One that shows a directory of the host and keeps every change in memory: the directory is
    /// only read. Links in it are followed as far as they stay below it; what is neither file nor
    /// directory nor link is not shown. What a guest sees of files that the host changes meanwhile
    /// is unspecified.
    ///
    /// ```
    /// use wasmspan::wasi::{ChangeKind, MemoryFs};
    /// let folder = std::env::temp_dir();
    /// let files = MemoryFs::over(&folder)?;
    /// files.write("report", "all is well")?;
    /// let changes = files.changes()?;
    /// assert_eq!((changes[0].path.as_str(), changes[0].kind), ("report", ChangeKind::Added));
    /// assert!(!folder.join("report").exists());
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the directory can't be opened.
    pub fn over(directory: impl AsRef<Path>) -> Result<MemoryFs> {
        MemoryFs::over_with_capacity(directory, DEFAULT_MEMORY_FS_BYTES)
    }

    /// As [`over`](MemoryFs::over), where the changes may take up to `bytes`.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn over_with_capacity(directory: impl AsRef<Path>, bytes: u64) -> Result<MemoryFs> {
        let path = directory.as_ref();
        let dir = HostDirectory::open_host(path).map_err(|error| {
            let detail = format!("the directory {}: {error}", path.display());
            Error::with_detail(ErrCode::HostFuncError, detail).caused_by(error)
        })?;
        Ok(MemoryFs(Tree::new(bytes, Some(Lower::new(dir)))))
    }

    /// Bytes used of the capacity.
    pub fn used(&self) -> u64 {
        self.0.budget.used()
    }

    /// Writes a whole file; directories on the way to it are made.
    ///
    /// # Errors
    ///
    /// If the path leads out or to a directory, or there is no room.
    pub fn write(&self, path: impl AsRef<str>, bytes: impl AsRef<[u8]>) -> Result<()> {
        let (text, bytes) = (path.as_ref(), bytes.as_ref());
        self.told("write", text, || {
            if let Some((above, _)) = text.rsplit_once('/') {
                self.make_directories(above)?;
            }
            let path = host_path(text)?;
            let _structure = self.0.structure();
            let place = self.0.resolve(&self.0.root, &path, LastLink::Follow)?;
            let node = match place.node {
                Some(node) => node,
                None => {
                    let (directory, name) = place.name.ok_or(Errno::IsDir)?;
                    let empty = Content::Bytes(Vec::new());
                    let node = self.0.node(Kind::File(Mutex::new(empty)))?;
                    self.0.put(&directory, &name, Arc::clone(&node))?;
                    node
                }
            };
            let Kind::File(content) = &node.kind else { return Err(Errno::IsDir) };
            let mut content = lock(content);
            if let Content::Lower { .. } = &*content {
                *content = Content::Bytes(Vec::new());
            }
            let held = node.bytes(&mut content, None)?;
            node.resize(held, bytes.len() as u64)?;
            held.copy_from_slice(bytes);
            node.touch(self.0.now());
            Ok(())
        })
    }

    /// Makes a directory, and those on the way to it.
    ///
    /// # Errors
    ///
    /// If the path leads out or through a file, or there is no room.
    pub fn create_dir(&self, path: impl AsRef<str>) -> Result<()> {
        let path = path.as_ref();
        self.told("make", path, || self.make_directories(path))
    }

    fn make_directories(&self, path: &str) -> std::result::Result<(), Errno> {
        let mut above = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            above += part;
            let place = host_path(&above)?;
            let root = self.directory();
            match root.create_directory(&place) {
                Ok(()) => {}
                // Whether it is a directory shows with the next part.
                Err(Errno::Exist) => {}
                Err(errno) => return Err(errno),
            }
            above.push('/');
        }
        if above.is_empty() {
            return Ok(());
        }
        self.directory().stat_path(&host_path(&above)?, true).map(drop)
    }

    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// If there is no such file, or the host's file below can't be read.
    pub fn read(&self, path: impl AsRef<str>) -> Result<Vec<u8>> {
        let path = path.as_ref();
        self.told("read", path, || {
            let node = self.find(path)?;
            let Kind::File(content) = &node.kind else { return Err(Errno::IsDir) };
            match (&*lock(content), &self.0.lower, &node.origin) {
                (Content::Bytes(bytes), ..) => Ok(bytes.clone()),
                (Content::Lower { size, .. }, Some(lower), Some(at)) => lower.read(at, *size),
                _ => Err(Errno::Stale),
            }
        })
    }

    /// The names in a directory, in alphabetical order; `""` is the root.
    ///
    /// # Errors
    ///
    /// If there is no such directory.
    pub fn list(&self, path: impl AsRef<str>) -> Result<Vec<String>> {
        let path = path.as_ref();
        self.told("list", path, || {
            let node = self.find(path)?;
            let _structure = self.0.structure();
            let mut entries = lock(node.directory()?);
            self.0.complete(&node, &mut entries)?;
            Ok(sorted(&entries))
        })
    }

    /// What is different from how the file system began: from nothing, or from the directory below.
    /// In the order of paths.
    ///
    /// # Errors
    ///
    /// If a directory of the host that lies below can't be read.
    pub fn changes(&self) -> Result<Vec<Change>> {
        self.told("compare", "", || {
            let _structure = self.0.structure();
            changes::changes(&self.0)
        })
    }

    fn find(&self, path: &str) -> std::result::Result<Arc<Node>, Errno> {
        if path.trim_matches('/').is_empty() {
            return Ok(Arc::clone(&self.0.root));
        }
        let _structure = self.0.structure();
        self.0.resolve(&self.0.root, &host_path(path)?, LastLink::Follow)?.found()
    }

    /// Its root, as a guest opens it.
    pub(in crate::wasi) fn directory(&self) -> MemoryDirectory {
        MemoryDirectory::new(&self.0, &self.0.root)
    }

    /// Takes over the clocks of the guest that uses it, and a number to tell it from others.
    pub(in crate::wasi) fn mounted(&self, device: u64, clocks: &Clocks) {
        self.0.mounted(device, clocks);
    }

    fn told<T>(
        &self,
        what: &str,
        path: &str,
        work: impl FnOnce() -> std::result::Result<T, Errno>,
    ) -> Result<T> {
        work().map_err(|errno| {
            let detail = format!("cannot {what} {path:?} in memory: {errno:?}");
            Error::with_detail(ErrCode::HostFuncError, detail).caused_by(errno.to_host())
        })
    }
}

/// A path that the host gives: a slash at its front means nothing.
fn host_path(path: &str) -> std::result::Result<GuestPath, Errno> {
    GuestPath::new(path.trim_start_matches('/').as_bytes().to_vec())
}

fn sorted(entries: &Entries) -> Vec<String> {
    let mut names: Vec<String> = entries.after(0).map(|(_, name, _)| name.to_string()).collect();
    names.sort_unstable();
    names
}

impl fmt::Debug for MemoryFs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryFs({} bytes used)", self.used())
    }
}
