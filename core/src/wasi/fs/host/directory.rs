//! An open directory, and everything that is done with paths below it.

use super::open::open;
use crate::wasi::abi::{DirEnt, Errno, FileStat, FileType};
use crate::wasi::fs::{
    Directory, GuestPath, Opened, Opening, Take, file_stat, file_type, nanoseconds,
};
use cap_fs_ext::{
    DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt, SystemTimeSpec,
};
use cap_std::fs::{Dir, Metadata, MetadataExt, OpenOptions};
use cap_std::time::SystemTime;
use rustix::fs::{
    AtFlags, FileType as HostType, RawDir, SeekFrom, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT,
};
use std::any::Any;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

type Result<T> = std::result::Result<T, Errno>;

/// Bytes of entries fetched from the host at once.
const ENTRIES: usize = 16 * 1024;

/// An open directory.
#[derive(Debug)]
pub(in crate::wasi) struct HostDirectory {
    dir: Dir,
    /// Held while entries are read, which moves the position that the host keeps.
    listing: Mutex<()>,
}

impl HostDirectory {
    pub(in crate::wasi) fn new(dir: Dir) -> HostDirectory {
        HostDirectory { dir, listing: Mutex::new(()) }
    }

    /// Another opening of a directory of the host, with a position of its own.
    pub(in crate::wasi) fn reopen(dir: &Dir) -> std::io::Result<HostDirectory> {
        let own = match dir.open_with(".", OpenOptions::new().read(true)) {
            Ok(file) => Dir::from_std_file(file.into_std()),
            // It may be passed through, but not listed.
            Err(_) => dir.try_clone()?,
        };
        Ok(HostDirectory::new(own))
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

    /// The directory of the host behind another, if there is one.
    fn host(other: &dyn Directory) -> Result<&HostDirectory> {
        other.as_any().downcast_ref().ok_or(Errno::XDev)
    }
}

impl Directory for HostDirectory {
    fn open(&self, path: &GuestPath, opening: Opening) -> Result<Opened> {
        open(&self.dir, path, opening)
    }

    fn stat(&self) -> Result<FileStat> {
        Ok(file_stat(&rustix::fs::fstat(&self.dir)?))
    }

    fn set_times(&self, times: &Timestamps) -> Result<()> {
        Ok(rustix::fs::futimens(&self.dir, times)?)
    }

    fn sync(&self) -> Result<()> {
        Ok(rustix::fs::fsync(&self.dir)?)
    }

    fn stat_path(&self, path: &GuestPath, follow: bool) -> Result<FileStat> {
        // The sandbox looks past a slash at the end, which follows links and wants a directory.
        if follow || path.names_directory() {
            let stat = self.dir.metadata(path.as_path())?;
            if path.names_directory() && !stat.is_dir() {
                return Err(Errno::NotDir);
            }
            return Ok(from_metadata(&stat));
        }
        Ok(from_metadata(&self.dir.symlink_metadata(path.as_path())?))
    }

    fn set_path_times(&self, path: &GuestPath, follow: bool, times: &Timestamps) -> Result<()> {
        let (path, names_directory) = (path.as_path(), path.names_directory());
        let (accessed, modified) = (spec(&times.last_access), spec(&times.last_modification));
        if !follow && !names_directory {
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

    fn create_directory(&self, path: &GuestPath) -> Result<()> {
        Ok(self.dir.create_dir(path.as_path())?)
    }

    fn remove_directory(&self, path: &GuestPath) -> Result<()> {
        // The sandbox takes a slash at the end for another part.
        Ok(self.dir.remove_dir(path.without_slash())?)
    }

    fn unlink(&self, path: &GuestPath) -> Result<()> {
        Ok(self.dir.remove_file(path.as_path())?)
    }

    fn link(&self, path: &GuestPath, to: &dyn Directory, new: &GuestPath) -> Result<()> {
        Ok(self.dir.hard_link(path.as_path(), &Self::host(to)?.dir, new.as_path())?)
    }

    fn rename(&self, path: &GuestPath, to: &dyn Directory, new: &GuestPath) -> Result<()> {
        // The sandbox looks past a slash at the end of the new name, which only a directory may get.
        if new.names_directory() && !self.dir.symlink_metadata(path.as_path())?.is_dir() {
            return Err(Errno::NotDir);
        }
        Ok(self.dir.rename(path.as_path(), &Self::host(to)?.dir, new.as_path())?)
    }

    /// The target must not be absolute: other programs would follow it to where the guest may not
    /// go.
    fn symlink(&self, target: &GuestPath, path: &GuestPath) -> Result<()> {
        Ok(DirExt::symlink(&self.dir, target.as_path(), path.as_path())?)
    }

    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        let target = self.dir.read_link(path.as_path())?;
        Ok(target.as_os_str().as_bytes().to_vec())
    }

    /// Positions are the host's own. Names that are not UTF-8 are left out: no path of a guest can
    /// have them.
    fn list(&self, cookie: u64, take: &mut Take<'_>) -> Result<()> {
        let _listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if i64::try_from(cookie).is_err() {
            return Err(Errno::Inval);
        }
        rustix::fs::seek(&self.dir, SeekFrom::Start(cookie))?;
        let own = self.stat()?.inode;
        let mut room: Vec<u8> = Vec::with_capacity(ENTRIES);
        let mut entries = RawDir::new(&self.dir, room.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = match entry {
                // The directory was removed.
                Err(rustix::io::Errno::NOENT) => break,
                other => other?,
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
            if !take(head, name) {
                break;
            }
        }
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
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
