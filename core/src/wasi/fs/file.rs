//! An open file: anything of the host that is no directory.

use super::{file_stat, file_type};
use crate::wasi::abi::{Errno, FileStat, FileType, fdflags};
use rustix::fs::{Advice, FallocateFlags, FileType as HostType, OFlags, SeekFrom, Timestamps};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU16, Ordering};

type Result<T> = std::result::Result<T, Errno>;

/// Where a seek begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wasi) enum Whence {
    Start,
    Current,
    End,
}

/// An open file.
#[derive(Debug)]
pub(in crate::wasi) struct File {
    fd: OwnedFd,
    file_type: FileType,
    flags: AtomicU16,
}

impl File {
    /// Takes a file that was opened without waiting, and gives it these flags.
    pub(super) fn new(fd: OwnedFd, kind: HostType, flags: u16) -> Result<File> {
        let file = File { fd, file_type: file_type(kind), flags: AtomicU16::new(flags) };
        file.apply(flags)?;
        Ok(file)
    }

    /// Tells the host what of the flags can change while a file is open.
    fn apply(&self, flags: u16) -> Result<()> {
        let mut host = OFlags::empty();
        host.set(OFlags::APPEND, flags & fdflags::APPEND != 0);
        host.set(OFlags::NONBLOCK, flags & fdflags::NONBLOCK != 0);
        Ok(rustix::fs::fcntl_setfl(&self.fd, host)?)
    }

    pub(in crate::wasi) fn file_type(&self) -> FileType {
        self.file_type
    }

    pub(in crate::wasi) fn flags(&self) -> u16 {
        self.flags.load(Ordering::SeqCst)
    }

    /// The descriptor of the host that has to be waited for; `None` for files that are always ready.
    pub(in crate::wasi) fn host_fd(&self) -> Option<BorrowedFd<'_>> {
        (self.file_type != FileType::RegularFile).then(|| self.fd.as_fd())
    }

    /// As [`host_fd`](File::host_fd), but `None` also for a guest that does not want to wait.
    pub(in crate::wasi) fn waits_on(&self) -> Option<BorrowedFd<'_>> {
        self.host_fd().filter(|_| self.flags() & fdflags::NONBLOCK == 0)
    }

    /// Changes appending and waiting. The flags about synchronous writes are those of the opening:
    /// they stay, and asking for others is not supported.
    pub(in crate::wasi) fn set_flags(&self, flags: u16) -> Result<()> {
        let fixed = self.flags() & (fdflags::DSYNC | fdflags::RSYNC | fdflags::SYNC);
        let changeable = fdflags::APPEND | fdflags::NONBLOCK;
        if flags & !changeable & !fixed != 0 {
            return Err(Errno::NotSup);
        }
        self.apply(flags)?;
        self.flags.store(flags & changeable | fixed, Ordering::SeqCst);
        Ok(())
    }

    /// Reads once.
    pub(in crate::wasi) fn read(&self, into: &mut [u8]) -> Result<usize> {
        Ok(rustix::io::read(&self.fd, into)?)
    }

    /// Writes once; may take less than everything.
    pub(in crate::wasi) fn write(&self, bytes: &[u8]) -> Result<usize> {
        Ok(rustix::io::write(&self.fd, bytes)?)
    }

    pub(in crate::wasi) fn read_at(&self, into: &mut [u8], offset: u64) -> Result<usize> {
        Ok(rustix::io::pread(&self.fd, into, offset)?)
    }

    pub(in crate::wasi) fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        Ok(rustix::io::pwrite(&self.fd, bytes, offset)?)
    }

    /// Moves the position; gives the new one.
    pub(in crate::wasi) fn seek(&self, offset: i64, whence: Whence) -> Result<u64> {
        let to = match whence {
            Whence::Start => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
            Whence::Current => SeekFrom::Current(offset),
            Whence::End => SeekFrom::End(offset),
        };
        Ok(rustix::fs::seek(&self.fd, to)?)
    }

    pub(in crate::wasi) fn advise(&self, offset: u64, len: u64, advice: Advice) -> Result<()> {
        if offset.checked_add(len).is_none_or(|end| i64::try_from(end).is_err()) {
            return Err(Errno::Inval);
        }
        Ok(rustix::fs::fadvise(&self.fd, offset, std::num::NonZeroU64::new(len), advice)?)
    }

    pub(in crate::wasi) fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        Ok(rustix::fs::fallocate(&self.fd, FallocateFlags::empty(), offset, len)?)
    }

    pub(in crate::wasi) fn set_size(&self, size: u64) -> Result<()> {
        if i64::try_from(size).is_err() {
            return Err(Errno::Inval);
        }
        Ok(rustix::fs::ftruncate(&self.fd, size)?)
    }

    pub(in crate::wasi) fn sync(&self) -> Result<()> {
        Ok(rustix::fs::fsync(&self.fd)?)
    }

    pub(in crate::wasi) fn sync_data(&self) -> Result<()> {
        Ok(rustix::fs::fdatasync(&self.fd)?)
    }

    pub(in crate::wasi) fn stat(&self) -> Result<FileStat> {
        Ok(file_stat(&rustix::fs::fstat(&self.fd)?))
    }

    pub(in crate::wasi) fn set_times(&self, times: &Timestamps) -> Result<()> {
        Ok(rustix::fs::futimens(&self.fd, times)?)
    }
}
