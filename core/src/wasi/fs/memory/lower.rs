//! The read-only directory of the host below an overlay.

use super::node::{Content, Kind, Meta};
use crate::wasi::abi::Errno;
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, File, MetadataExt, OpenOptions};
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, Weak};

type Result<T> = std::result::Result<T, Errno>;

/// A directory of the host. Paths are resolved below it each time, so that no descriptor is held for
/// what is only known by name.
#[derive(Debug)]
pub(super) struct Lower(Dir);

impl Lower {
    pub(super) fn new(dir: Dir) -> Lower {
        Lower(dir)
    }

    /// What is at a path: `None` if it is neither file nor directory nor link.
    pub(super) fn look(&self, path: &Path) -> Result<Option<(Kind, Meta)>> {
        let stat = self.0.symlink_metadata(path)?;
        let time = super::super::nanoseconds;
        let meta = Meta {
            accessed: time(stat.atime(), stat.atime_nsec()),
            modified: time(stat.mtime(), stat.mtime_nsec()),
            changed: time(stat.ctime(), stat.ctime_nsec()),
            links: 1,
        };
        let kind = if stat.is_file() {
            Kind::File(Mutex::new(Content::Lower { size: stat.len(), open: Weak::new() }))
        } else if stat.is_dir() {
            Kind::Directory(Mutex::default())
        } else if stat.is_symlink() {
            let target = self.0.read_link_contents(path)?;
            let Some(target) = target.to_str() else { return Ok(None) };
            Kind::Link(target.to_string())
        } else {
            return Ok(None);
        };
        Ok(Some((kind, meta)))
    }

    pub(super) fn exists(&self, path: &Path) -> bool {
        self.0.symlink_metadata(path).is_ok()
    }

    /// The names in a directory, those that guests can name.
    pub(super) fn names(&self, path: &Path) -> Result<Vec<String>> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let mut names = Vec::new();
        for entry in self.0.read_dir(path)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    pub(super) fn open(&self, path: &Path) -> Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let file = self.0.open_with(path, &options)?;
        // Something else may have taken its place.
        if file.metadata()?.is_file() { Ok(file) } else { Err(Errno::Stale) }
    }

    /// Up to `size` bytes of a file.
    pub(super) fn read(&self, path: &Path, size: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes.try_reserve(size as usize).map_err(|_| Errno::NoSpc)?;
        self.open(path)?.take(size).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
