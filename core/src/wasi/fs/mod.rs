//! Files and directories of the host, as a guest may use them.
//!
//! Every path is resolved by cap-std below a directory that is open: no path, link or race of
//! renames leads out of it. `path` reads the guest's strings, `open` makes a [`File`] or a
//! [`Directory`], and those two do the rest. Whether a guest may is checked by the caller, from the
//! rights of the descriptor.

mod directory;
mod file;
mod open;
mod path;

pub(super) use directory::Directory;
pub(super) use file::{File, Whence};
pub(super) use open::{Opened, Opening};
pub(super) use path::{GuestPath, clean_name};

use super::abi::{Errno, FileStat, FileType, fstflags};
use rustix::fs::{FileType as HostType, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

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

/// Times that a guest wants a file to have.
///
/// # Errors
///
/// `Inval` for unknown flags, and for a time that shall be both given and the present.
pub(super) fn timestamps(accessed: u64, modified: u64, flags: u32) -> Result<Timestamps, Errno> {
    let both = |a: u32, b: u32| flags & a != 0 && flags & b != 0;
    if flags & !fstflags::ALL != 0
        || both(fstflags::ATIM, fstflags::ATIM_NOW)
        || both(fstflags::MTIM, fstflags::MTIM_NOW)
    {
        return Err(Errno::Inval);
    }
    let time = |value: u64, given: u32, now: u32| {
        if flags & now != 0 {
            Timespec { tv_sec: 0, tv_nsec: UTIME_NOW }
        } else if flags & given != 0 {
            let nanoseconds = (value % 1_000_000_000) as u32;
            Timespec { tv_sec: (value / 1_000_000_000) as i64, tv_nsec: nanoseconds.into() }
        } else {
            Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT }
        }
    };
    Ok(Timestamps {
        last_access: time(accessed, fstflags::ATIM, fstflags::ATIM_NOW),
        last_modification: time(modified, fstflags::MTIM, fstflags::MTIM_NOW),
    })
}
