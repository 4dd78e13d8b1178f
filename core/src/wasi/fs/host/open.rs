//! Opening what a path names.
//!
//! A file is opened without waiting, and only then looked at: a pipe without a writer or a device
//! can't hold a guest up, and nothing can change between the look and the use.

use super::{HostDirectory, HostFile};
use crate::wasi::abi::{Errno, fdflags, oflags, rights};
use crate::wasi::fs::{GuestPath, Opened, Opening};
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::{FileType as HostType, OFlags};
use std::os::fd::OwnedFd;

impl Opening {
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
    opening.check(path)?;
    let writes = opening.writes();
    let mut options =
        opening.options((writes || opening.makes()) && !opening.has(oflags::DIRECTORY));
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
        return Ok(Opened::Directory(Box::new(HostDirectory::new(dir))));
    }
    if opening.has(oflags::DIRECTORY) || path.names_directory() {
        return Err(Errno::NotDir);
    }
    Ok(Opened::File(Box::new(HostFile::new(fd, kind, opening.fdflags)?)))
}
