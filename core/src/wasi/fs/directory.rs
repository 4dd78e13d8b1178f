//! An open directory, and everything that is done with paths below it.

use super::open::{Opened, Opening, open};
use super::{GuestPath, file_stat, file_type, nanoseconds};
use crate::wasi::abi::{DirEnt, Errno, FileStat, FileType};
use cap_fs_ext::{
    DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt, SystemTimeSpec,
};
use cap_std::fs::{Dir, Metadata, MetadataExt, OpenOptions};
use cap_std::time::SystemTime;
use rustix::fs::{
    AtFlags, FileType as HostType, RawDir, SeekFrom, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT,
};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

type Result<T> = std::result::Result<T, Errno>;

/// Bytes of entries fetched from the host at once.
const ENTRIES: usize = 16 * 1024;

/// An open directory.
#[derive(Debug)]
pub(in crate::wasi) struct Directory {
    dir: Dir,
    /// Held while entries are read, which moves the position that the host keeps.
    listing: Mutex<()>,
}

impl Directory {
    pub(in crate::wasi) fn new(dir: Dir) -> Directory {
        Directory { dir, listing: Mutex::new(()) }
    }

    /// Another opening of a directory of the host, with a position of its own.
    pub(in crate::wasi) fn reopen(dir: &Dir) -> std::io::Result<Directory> {
        let own = match dir.open_with(".", OpenOptions::new().read(true)) {
            Ok(file) => Dir::from_std_file(file.into_std()),
            // It may be passed through, but not listed.
            Err(_) => dir.try_clone()?,
        };
        Ok(Directory::new(own))
    }

    pub(in crate::wasi) fn open(&self, path: &GuestPath, opening: Opening) -> Result<Opened> {
        open(&self.dir, path, opening)
    }

    pub(in crate::wasi) fn stat(&self) -> Result<FileStat> {
        Ok(file_stat(&rustix::fs::fstat(&self.dir)?))
    }

    pub(in crate::wasi) fn set_times(&self, times: &Timestamps) -> Result<()> {
        Ok(rustix::fs::futimens(&self.dir, times)?)
    }

    pub(in crate::wasi) fn sync(&self) -> Result<()> {
        Ok(rustix::fs::fsync(&self.dir)?)
    }

    pub(in crate::wasi) fn stat_path(&self, path: &GuestPath, follow: bool) -> Result<FileStat> {
        let stat = if follow {
            self.dir.metadata(path.as_path())
        } else {
            self.dir.symlink_metadata(path.as_path())
        };
        Ok(from_metadata(&stat?))
    }

    pub(in crate::wasi) fn set_path_times(
        &self,
        path: &GuestPath,
        follow: bool,
        times: &Timestamps,
    ) -> Result<()> {
        let path = path.as_path();
        let (accessed, modified) = (spec(&times.last_access), spec(&times.last_modification));
        if !follow {
            return Ok(self.dir.set_symlink_times(path, accessed, modified)?);
        }
        // Opened without waiting, so that a pipe holds nobody up.
        let open = |write: bool| {
            let mut options = OpenOptions::new();
            options.read(!write).write(write).follow(FollowSymlinks::Yes).nonblock(true);
            self.dir.open_with(path, &options)
        };
        let opened = open(false).or_else(|error| open(true).map_err(|_| error));
        match opened.map_err(Errno::from) {
            Ok(file) => Ok(rustix::fs::futimens(&file, times)?),
            // It may be neither read nor written, but its owner may still set its times.
            Err(Errno::Acces) => Ok(self.dir.set_times(path, accessed, modified)?),
            Err(errno) => Err(errno),
        }
    }

    pub(in crate::wasi) fn create_directory(&self, path: &GuestPath) -> Result<()> {
        Ok(self.dir.create_dir(path.as_path())?)
    }

    pub(in crate::wasi) fn remove_directory(&self, path: &GuestPath) -> Result<()> {
        Ok(self.dir.remove_dir(path.as_path())?)
    }

    pub(in crate::wasi) fn unlink(&self, path: &GuestPath) -> Result<()> {
        Ok(self.dir.remove_file(path.as_path())?)
    }

    pub(in crate::wasi) fn link(
        &self,
        path: &GuestPath,
        to: &Directory,
        new: &GuestPath,
    ) -> Result<()> {
        Ok(self.dir.hard_link(path.as_path(), &to.dir, new.as_path())?)
    }

    pub(in crate::wasi) fn rename(
        &self,
        path: &GuestPath,
        to: &Directory,
        new: &GuestPath,
    ) -> Result<()> {
        // The sandbox looks past a slash at the end of the new name, which only a directory may get.
        if new.names_directory() && !self.dir.symlink_metadata(path.as_path())?.is_dir() {
            return Err(Errno::NotDir);
        }
        Ok(self.dir.rename(path.as_path(), &to.dir, new.as_path())?)
    }

    /// Makes a link. Its target is not looked at, except that it must not be absolute: other
    /// programs would follow it to where the guest may not go.
    pub(in crate::wasi) fn symlink(&self, target: &GuestPath, path: &GuestPath) -> Result<()> {
        Ok(DirExt::symlink(&self.dir, target.as_path(), path.as_path())?)
    }

    /// Where a link leads; that of a link to an absolute path is not told.
    pub(in crate::wasi) fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        let target = self.dir.read_link(path.as_path())?;
        Ok(target.as_os_str().as_bytes().to_vec())
    }

    /// Gives the entries from a position on to `take`, until it wants no more. Positions are the
    /// host's own, so that they stay right while entries come and go. Names that are not UTF-8 are
    /// left out: no path of a guest can have them.
    pub(in crate::wasi) fn list<E: From<Errno>>(
        &self,
        cookie: u64,
        mut take: impl FnMut(DirEnt, &[u8]) -> std::result::Result<bool, E>,
    ) -> std::result::Result<(), E> {
        let _listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        let errno = |error: rustix::io::Errno| E::from(Errno::from(error));
        if i64::try_from(cookie).is_err() {
            return Err(Errno::Inval.into());
        }
        rustix::fs::seek(&self.dir, SeekFrom::Start(cookie)).map_err(errno)?;
        let own = self.stat()?.inode;
        let mut room: Vec<u8> = Vec::with_capacity(ENTRIES);
        let mut entries = RawDir::new(&self.dir, room.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = match entry {
                // The directory was removed.
                Err(rustix::io::Errno::NOENT) => break,
                other => other.map_err(errno)?,
            };
            let name = entry.file_name().to_bytes();
            if std::str::from_utf8(name).is_err() {
                continue;
            }
            let file_type = match entry.file_type() {
                HostType::Unknown => self.entry_type(name),
                known => file_type(known),
            };
            let head = DirEnt {
                next: entry.next_entry_cookie(),
                // What lies above may be outside of what the guest was given.
                inode: if name == b".." { own } else { entry.ino() },
                name_len: u32::try_from(name.len()).map_err(|_| Errno::Overflow)?,
                file_type,
            };
            if !take(head, name)? {
                break;
            }
        }
        Ok(())
    }

    /// The type of an entry of which the listing does not tell it.
    fn entry_type(&self, name: &[u8]) -> FileType {
        let stat = rustix::fs::statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW);
        stat.map_or(FileType::Unknown, |stat| file_type(HostType::from_raw_mode(stat.st_mode)))
    }

    /// Opens a directory of the host by a path that is not the guest's.
    pub(in crate::wasi) fn open_host(path: &Path) -> std::io::Result<Dir> {
        Dir::open_ambient_dir(path, cap_std::ambient_authority())
    }
}

fn from_metadata(stat: &Metadata) -> FileStat {
    FileStat {
        device: stat.dev(),
        inode: stat.ino(),
        file_type: file_type(HostType::from_raw_mode(stat.mode())),
        links: stat.nlink(),
        size: stat.size(),
        accessed: nanoseconds(stat.atime(), stat.atime_nsec()),
        modified: nanoseconds(stat.mtime(), stat.mtime_nsec()),
        changed: nanoseconds(stat.ctime(), stat.ctime_nsec()),
    }
}

/// A time in the form of the sandbox.
fn spec(time: &Timespec) -> Option<SystemTimeSpec> {
    match time.tv_nsec {
        UTIME_OMIT => None,
        UTIME_NOW => Some(SystemTimeSpec::SymbolicNow),
        nanoseconds => {
            let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
            let since = Duration::new(seconds, u32::try_from(nanoseconds).unwrap_or(0));
            let at = std::time::UNIX_EPOCH + since;
            Some(SystemTimeSpec::Absolute(SystemTime::from_std(at)))
        }
    }
}
