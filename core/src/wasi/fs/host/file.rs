//! An open file: anything of the host that is no directory.

use crate::runtime::Pieces;
use crate::wasi::abi::{Errno, FileStat, FileType, fdflags};
use crate::wasi::fs::{File, Whence, changed_flags, check_range, file_stat, file_type};
use rustix::fs::{Advice, FallocateFlags, FileType as HostType, OFlags, SeekFrom, Timestamps};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU16, Ordering};

type Result<T> = std::result::Result<T, Errno>;

/// An open file.
#[derive(Debug)]
pub(in crate::wasi) struct HostFile {
    fd: OwnedFd,
    file_type: FileType,
    flags: AtomicU16,
}

impl HostFile {
    /// Takes a file that was opened without waiting, and gives it these flags.
    pub(super) fn new(fd: OwnedFd, kind: HostType, flags: u16) -> Result<HostFile> {
        let file = HostFile { fd, file_type: file_type(kind), flags: AtomicU16::new(flags) };
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
}

impl File for HostFile {
    fn file_type(&self) -> FileType {
        self.file_type
    }

    fn flags(&self) -> u16 {
        self.flags.load(Ordering::SeqCst)
    }

    fn set_flags(&self, flags: u16) -> Result<()> {
        let flags = changed_flags(self.flags(), flags)?;
        self.apply(flags)?;
        self.flags.store(flags, Ordering::SeqCst);
        Ok(())
    }

    fn read(&self, into: &Pieces<'_>, at: Option<i64>) -> Result<usize> {
        Ok(into.read_from(self.fd.as_fd(), at)?)
    }

    fn write(&self, from: &Pieces<'_>, at: Option<i64>) -> Result<usize> {
        Ok(from.write_to(self.fd.as_fd(), at)?)
    }

    fn seek(&self, offset: i64, whence: Whence) -> Result<u64> {
        let to = match whence {
            Whence::Start => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
            Whence::Current => SeekFrom::Current(offset),
            Whence::End => SeekFrom::End(offset),
        };
        Ok(rustix::fs::seek(&self.fd, to)?)
    }

    fn advise(&self, offset: u64, len: u64, advice: Advice) -> Result<()> {
        check_range(offset, len)?;
        Ok(rustix::fs::fadvise(&self.fd, offset, std::num::NonZeroU64::new(len), advice)?)
    }

    fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        Ok(rustix::fs::fallocate(&self.fd, FallocateFlags::empty(), offset, len)?)
    }

    fn set_size(&self, size: u64) -> Result<()> {
        if i64::try_from(size).is_err() {
            return Err(Errno::Inval);
        }
        Ok(rustix::fs::ftruncate(&self.fd, size)?)
    }

    fn sync(&self) -> Result<()> {
        Ok(rustix::fs::fsync(&self.fd)?)
    }

    fn sync_data(&self) -> Result<()> {
        Ok(rustix::fs::fdatasync(&self.fd)?)
    }

    fn stat(&self) -> Result<FileStat> {
        Ok(file_stat(&rustix::fs::fstat(&self.fd)?))
    }

    fn set_times(&self, times: &Timestamps) -> Result<()> {
        Ok(rustix::fs::futimens(&self.fd, times)?)
    }
}
