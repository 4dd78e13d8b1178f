//! An open file of a file system that the host implements.

use super::{Custom, CustomFile, failed};
use crate::limits::CUSTOM_FS_BYTES;
use crate::runtime::Pieces;
use crate::wasi::abi::{Errno, FileStat, FileType, fdflags};
use crate::wasi::fs::{File, Whence, changed_flags, check_range};
use rustix::fs::{Advice, Timestamps};
use std::fmt;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

type Result<T> = std::result::Result<T, Errno>;

/// An open file.
pub(super) struct OpenFile {
    files: Custom,
    path: String,
    device: u64,
    flags: AtomicU16,
    open: Mutex<Open>,
}

/// What one function at a time uses.
struct Open {
    file: Box<dyn CustomFile>,
    position: u64,
}

impl OpenFile {
    pub(super) fn new(
        file: Box<dyn CustomFile>,
        files: &Custom,
        path: String,
        device: u64,
        flags: u16,
    ) -> OpenFile {
        let open = Mutex::new(Open { file, position: 0 });
        OpenFile { files: files.clone(), path, device, flags: AtomicU16::new(flags), open }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves bytes in portions until all is done or `step` moves none; an error counts if it is the first
/// thing that happens.
fn move_all(
    pieces: &Pieces<'_>,
    mut step: impl FnMut(u64, &Pieces<'_>, &mut [u8]) -> Result<usize>,
) -> Result<usize> {
    let mut room = vec![0; pieces.len().min(CUSTOM_FS_BYTES)];
    let mut done = 0;
    while done < pieces.len() {
        let part = pieces.part(done, room.len());
        let len = part.len();
        match step(done as u64, &part, &mut room[..len]) {
            Ok(0) => break,
            Ok(moved) => done += moved.min(len),
            Err(_) if done > 0 => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(done)
}

/// A place in a file, so far after another.
fn place(from: u64, done: u64) -> Result<u64> {
    from.checked_add(done).filter(|at| i64::try_from(*at).is_ok()).ok_or(Errno::FBig)
}

impl Open {
    fn size(&mut self) -> Result<u64> {
        Ok(self.file.info().map_err(failed)?.size)
    }

    fn read(&mut self, into: &Pieces<'_>, from: u64) -> Result<usize> {
        move_all(into, |done, part, room| {
            let at = place(from, done)?;
            let got = self.file.read(at, room).map_err(failed)?.min(room.len());
            Ok(part.fill(&room[..got]))
        })
    }

    fn write(&mut self, from: &Pieces<'_>, to: u64) -> Result<usize> {
        move_all(from, |done, part, room| {
            part.copy_to(room);
            self.file.write(place(to, done)?, room).map_err(failed)
        })
    }
}

impl File for OpenFile {
    fn file_type(&self) -> FileType {
        FileType::RegularFile
    }

    fn flags(&self) -> u16 {
        self.flags.load(Ordering::SeqCst)
    }

    fn set_flags(&self, flags: u16) -> Result<()> {
        self.flags.store(changed_flags(self.flags(), flags)?, Ordering::SeqCst);
        Ok(())
    }

    fn read(&self, into: &Pieces<'_>, at: Option<i64>) -> Result<usize> {
        let mut open = self.open();
        if let Some(at) = at {
            return open.read(into, at.cast_unsigned());
        }
        let from = open.position;
        let done = open.read(into, from)?;
        open.position = from + done as u64;
        Ok(done)
    }

    fn write(&self, from: &Pieces<'_>, at: Option<i64>) -> Result<usize> {
        let mut open = self.open();
        if let Some(at) = at {
            return open.write(from, at.cast_unsigned());
        }
        let appends = self.flags() & fdflags::APPEND != 0;
        let to = if appends { open.size()? } else { open.position };
        let done = open.write(from, to)?;
        open.position = to + done as u64;
        Ok(done)
    }

    fn seek(&self, offset: i64, whence: Whence) -> Result<u64> {
        let mut open = self.open();
        let base = match whence {
            Whence::Start => 0,
            Whence::Current => open.position,
            Whence::End => open.size()?,
        };
        let to = base.checked_add_signed(offset).filter(|to| i64::try_from(*to).is_ok());
        open.position = to.ok_or(Errno::Inval)?;
        Ok(open.position)
    }

    fn advise(&self, offset: u64, len: u64, _advice: Advice) -> Result<()> {
        check_range(offset, len)
    }

    fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        if len == 0 {
            return Err(Errno::Inval);
        }
        let end = place(offset, len)?;
        let mut open = self.open();
        if end > open.size()? {
            open.file.set_size(end).map_err(failed)?;
        }
        Ok(())
    }

    fn set_size(&self, size: u64) -> Result<()> {
        check_range(size, 0)?;
        self.open().file.set_size(size).map_err(failed)
    }

    fn sync(&self) -> Result<()> {
        self.open().file.sync().map_err(failed)
    }

    fn sync_data(&self) -> Result<()> {
        self.sync()
    }

    fn stat(&self) -> Result<FileStat> {
        let info = self.open().file.info().map_err(failed)?;
        Ok(info.stat(self.device, &self.path))
    }

    fn set_times(&self, times: &Timestamps) -> Result<()> {
        super::directory::set_modified(&self.files, &self.path, times)
    }
}

impl fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenFile({:?})", self.path)
    }
}
