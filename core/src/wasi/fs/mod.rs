//! Files and directories, as a guest may use them.
//!
//! [`Directory`] and [`File`] are what the functions of WASI work on. `host` has those of the host,
//! where cap-std resolves every path below a directory that is open: no path, link or race of
//! renames leads out of it. `memory` has those of a [`MemoryFs`], which may lie over a directory of
//! the host, `custom` those that the host implements, and `root` a directory that lists what was given. `path` reads the guest's strings.
//! Whether a guest may is checked by the caller, from the rights of the descriptor.

mod custom;
mod host;
mod memory;
mod path;
mod root;

pub(super) use custom::{Custom, CustomDirectory};
pub use custom::{CustomFile, CustomFs, FileInfo, OpenMode};
pub(super) use host::HostDirectory;
pub use memory::{Change, ChangeKind, MemoryFs};
pub(super) use path::{GuestPath, clean_name};
pub(super) use root::Root;

use super::abi::{DirEnt, Errno, FileStat, FileType, fdflags, fstflags, oflags, rights};
use crate::runtime::Pieces;
use rustix::fs::{Advice, FileType as HostType, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use std::any::Any;
use std::fmt::Debug;
use std::os::fd::BorrowedFd;

type Result<T> = std::result::Result<T, Errno>;

/// Where a seek begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whence {
    Start,
    Current,
    End,
}

/// An open file: anything that is no directory.
pub(super) trait File: Debug + Send + Sync {
    fn file_type(&self) -> FileType;
    fn flags(&self) -> u16;

    /// Changes appending and waiting. The flags about synchronous writes are those of the opening:
    /// they stay, and asking for others is not supported.
    fn set_flags(&self, flags: u16) -> Result<()>;

    /// The descriptor of the host that has to be waited for; `None` for files that are always ready.
    fn host_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// As [`host_fd`](File::host_fd), but `None` also for a guest that does not want to wait.
    fn waits_on(&self) -> Option<BorrowedFd<'_>> {
        self.host_fd().filter(|_| self.flags() & fdflags::NONBLOCK == 0)
    }

    /// Reads once, at the position or at a place that is given.
    fn read(&self, into: &Pieces<'_>, at: Option<i64>) -> Result<usize>;

    /// Writes once, at the position or at a place that is given; may take less than everything.
    fn write(&self, from: &Pieces<'_>, at: Option<i64>) -> Result<usize>;

    /// Moves the position; gives the new one.
    fn seek(&self, offset: i64, whence: Whence) -> Result<u64>;
    fn advise(&self, offset: u64, len: u64, advice: Advice) -> Result<()>;
    fn allocate(&self, offset: u64, len: u64) -> Result<()>;
    fn set_size(&self, size: u64) -> Result<()>;
    fn sync(&self) -> Result<()>;
    fn sync_data(&self) -> Result<()>;
    fn stat(&self) -> Result<FileStat>;
    fn set_times(&self, times: &Timestamps) -> Result<()>;
}

/// An open directory, and everything that is done with paths below it.
///
/// No path leads out of the directory: `Perm` is the answer to those that try.
pub(super) trait Directory: Debug + Send + Sync {
    fn open(&self, path: &GuestPath, opening: Opening) -> Result<Opened>;
    fn stat(&self) -> Result<FileStat>;
    fn set_times(&self, times: &Timestamps) -> Result<()>;
    fn sync(&self) -> Result<()>;
    fn stat_path(&self, path: &GuestPath, follow: bool) -> Result<FileStat>;
    fn set_path_times(&self, path: &GuestPath, follow: bool, times: &Timestamps) -> Result<()>;
    fn create_directory(&self, path: &GuestPath) -> Result<()>;
    fn remove_directory(&self, path: &GuestPath) -> Result<()>;
    fn unlink(&self, path: &GuestPath) -> Result<()>;

    /// Gives a file a second name, in a directory of the same file system; else `XDev`.
    fn link(&self, path: &GuestPath, to: &dyn Directory, new: &GuestPath) -> Result<()>;

    /// Moves something, to a directory of the same file system; else `XDev`.
    fn rename(&self, path: &GuestPath, to: &dyn Directory, new: &GuestPath) -> Result<()>;

    /// Makes a link. Its target is not looked at.
    fn symlink(&self, target: &GuestPath, path: &GuestPath) -> Result<()>;

    /// Where a link leads; that of a link to an absolute path is not told.
    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>>;

    /// Gives the entries from a position on to `take`, until it wants no more. Positions stay right
    /// while entries come and go.
    fn list(&self, cookie: u64, take: &mut Take<'_>) -> Result<()>;

    /// Itself, so that `link` and `rename` find out whether the other directory is of their kind.
    fn as_any(&self) -> &dyn Any;
}

/// Takes an entry of a directory and its name; false if no more are wanted.
pub(super) type Take<'a> = dyn FnMut(DirEnt, &[u8]) -> bool + 'a;

/// What a guest asks `path_open` for, apart from the path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    /// Whether a link as the last part is followed.
    pub follow: bool,
    pub oflags: u32,
    pub fdflags: u16,
    /// The rights of the new descriptor, as far as they mean something for what is opened.
    pub base: u64,
}

/// What was opened.
#[derive(Debug)]
pub(super) enum Opened {
    File(Box<dyn File>),
    Directory(Box<dyn Directory>),
}

impl Opening {
    fn has(&self, flag: u32) -> bool {
        self.oflags & flag != 0
    }

    /// Whether anything of a file may be changed through the descriptor.
    fn writes(&self) -> bool {
        self.base & rights::WRITING != 0
    }

    /// Whether opening alone may change something.
    fn makes(&self) -> bool {
        self.has(oflags::CREAT) || self.has(oflags::TRUNC)
    }

    /// Whether a directory can't be what is wanted.
    fn needs_file(&self) -> bool {
        !self.has(oflags::DIRECTORY) && (self.writes() || self.makes())
    }

    /// Fails for wishes that contradict each other or the path.
    fn check(&self, path: &GuestPath) -> Result<()> {
        if self.has(oflags::DIRECTORY) {
            if self.makes() || self.has(oflags::EXCL) {
                return Err(Errno::Inval);
            }
            if self.base & rights::FD_WRITE != 0 {
                return Err(Errno::IsDir);
            }
        } else if path.names_directory() && self.makes() {
            return Err(Errno::IsDir);
        }
        Ok(())
    }
}

/// The flags of an open file after `wanted` were asked for: only appending and waiting change.
fn changed_flags(old: u16, wanted: u16) -> Result<u16> {
    let fixed = old & (fdflags::DSYNC | fdflags::RSYNC | fdflags::SYNC);
    let changeable = fdflags::APPEND | fdflags::NONBLOCK;
    if wanted & !changeable & !fixed != 0 {
        return Err(Errno::NotSup);
    }
    Ok(wanted & changeable | fixed)
}

/// Fails for a range of a file that no file can have.
fn check_range(offset: u64, len: u64) -> Result<()> {
    match offset.checked_add(len) {
        Some(end) if i64::try_from(end).is_ok() => Ok(()),
        _ => Err(Errno::Inval),
    }
}

/// The guest's kind of a file.
pub(super) fn file_type(host: HostType) -> FileType {
    match host {
        HostType::RegularFile => FileType::RegularFile,
        HostType::Directory => FileType::Directory,
        HostType::Symlink => FileType::SymbolicLink,
        HostType::CharacterDevice => FileType::CharacterDevice,
        HostType::BlockDevice => FileType::BlockDevice,
        HostType::Socket => FileType::SocketStream,
        _ => FileType::Unknown,
    }
}

/// Nanoseconds since 1970; times before are cut to that.
fn nanoseconds(seconds: i64, nanoseconds: i64) -> u64 {
    let seconds = u64::try_from(seconds).unwrap_or(0);
    let nanoseconds = u64::try_from(nanoseconds).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}

/// The guest's form of what the host says about an open file.
#[allow(clippy::unnecessary_cast)] // The fields differ between platforms.
pub(super) fn file_stat(stat: &Stat) -> FileStat {
    FileStat {
        device: stat.st_dev as u64,
        inode: stat.st_ino as u64,
        file_type: file_type(HostType::from_raw_mode(stat.st_mode)),
        links: stat.st_nlink as u64,
        size: stat.st_size as u64,
        accessed: nanoseconds(stat.st_atime as i64, stat.st_atime_nsec as i64),
        modified: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        changed: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
    }
}

/// Times that a guest wants a file to have; the present is the host's own unless it is given.
///
/// # Errors
///
/// `Inval` for unknown flags, and for a time that shall be both given and the present.
pub(super) fn timestamps(
    accessed: u64,
    modified: u64,
    flags: u32,
    present: Option<u64>,
) -> Result<Timestamps> {
    let both = |a: u32, b: u32| flags & a != 0 && flags & b != 0;
    if flags & !fstflags::ALL != 0
        || both(fstflags::ATIM, fstflags::ATIM_NOW)
        || both(fstflags::MTIM, fstflags::MTIM_NOW)
    {
        return Err(Errno::Inval);
    }
    let absolute = |value: u64| {
        let nanoseconds = (value % 1_000_000_000) as u32;
        Timespec { tv_sec: (value / 1_000_000_000) as i64, tv_nsec: nanoseconds.into() }
    };
    let time = |value: u64, given: u32, now: u32| match present {
        _ if flags & (now | given) == 0 => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        _ if flags & given != 0 => absolute(value),
        Some(present) => absolute(present),
        None => Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
    };
    Ok(Timestamps {
        last_access: time(accessed, fstflags::ATIM, fstflags::ATIM_NOW),
        last_modification: time(modified, fstflags::MTIM, fstflags::MTIM_NOW),
    })
}
