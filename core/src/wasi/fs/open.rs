//! Opening what a path names.
//!
//! A file is opened without waiting, and only then looked at: a pipe without a writer or a device
//! can't hold a guest up, and nothing can change between the look and the use.

use super::{Directory, File, GuestPath};
use crate::wasi::abi::{Errno, fdflags, oflags, rights};
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::{FileType as HostType, OFlags};
use std::os::fd::OwnedFd;

/// What a guest asks `path_open` for, apart from the path.
#[derive(Clone, Copy, Debug)]
pub(in crate::wasi) struct Opening {
    /// Whether a link as the last part is followed.
    pub follow: bool,
    pub oflags: u32,
    pub fdflags: u16,
    /// The rights of the new descriptor, as far as they mean something for what is opened.
    pub base: u64,
}

/// What was opened.
#[derive(Debug)]
pub(in crate::wasi) enum Opened {
    File(File),
    Directory(Directory),
}

impl Opening {
    fn has(&self, flag: u32) -> bool {
        self.oflags & flag != 0
    }

    fn options(&self, write: bool) -> OpenOptions {
        let mut options = OpenOptions::new();
        let read = self.base & (rights::FD_READ | rights::FD_READDIR) != 0;
        let sync = self.fdflags & (fdflags::SYNC | fdflags::RSYNC) != 0;
        options
            .read(read || !write)
            .write(write)
            .follow(if self.follow { FollowSymlinks::Yes } else { FollowSymlinks::No })
            .nonblock(true)
            .sync(sync)
            .dsync(self.fdflags & fdflags::DSYNC != 0);
        // A terminal must not become that of the process.
        options.custom_flags(OFlags::NOCTTY.bits().cast_signed());
        options
    }
}

/// Opens what a path below `dir` names.
pub(super) fn open(dir: &Dir, path: &GuestPath, opening: Opening) -> Result<Opened, Errno> {
    let writes = opening.base & rights::WRITING != 0;
    let makes = opening.has(oflags::CREAT) || opening.has(oflags::TRUNC);
    if opening.has(oflags::DIRECTORY) {
        if makes || opening.has(oflags::EXCL) {
            return Err(Errno::Inval);
        }
        if opening.base & rights::FD_WRITE != 0 {
            return Err(Errno::IsDir);
        }
    } else if path.names_directory() && makes {
        return Err(Errno::IsDir);
    }
    let mut options = opening.options((writes || makes) && !opening.has(oflags::DIRECTORY));
    options
        .create(opening.has(oflags::CREAT))
        .truncate(opening.has(oflags::TRUNC))
        .create_new(opening.has(oflags::CREAT) && opening.has(oflags::EXCL));
    // Files are made and cut only when open for writing. One that exists and may only be read is
    // opened for reading, as nothing else is asked of it then.
    let readable = opening.oflags == oflags::CREAT && !writes;
    let file = match dir.open_with(path.as_path(), &options).map_err(Errno::from) {
        Err(Errno::Acces) if readable => dir.open_with(path.as_path(), &opening.options(false))?,
        other => other?,
    };
    let fd = OwnedFd::from(file.into_std());
    let kind = HostType::from_raw_mode(rustix::fs::fstat(&fd)?.st_mode);
    if kind == HostType::Directory {
        let dir = Dir::from_std_file(fd.into());
        return Ok(Opened::Directory(Directory::new(dir)));
    }
    if opening.has(oflags::DIRECTORY) || path.names_directory() {
        return Err(Errno::NotDir);
    }
    Ok(Opened::File(File::new(fd, kind, opening.fdflags)?))
}
