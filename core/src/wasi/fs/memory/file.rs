//! An open file of a file system in memory.

use super::node::{Content, Kind, Node, lock};
use super::tree::Tree;
use crate::runtime::Pieces;
use crate::wasi::abi::{Errno, FileStat, FileType, fdflags};
use crate::wasi::fs::{File, Whence, changed_flags, check_range};
use rustix::fs::{Advice, Timestamps};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

type Result<T> = std::result::Result<T, Errno>;

/// Most bytes a write takes at once, so that whoever reads meanwhile gets a turn.
const MOST: u64 = 1 << 20;

/// An open file.
#[derive(Debug)]
pub(super) struct MemoryFile {
    tree: Arc<Tree>,
    node: Arc<Node>,
    flags: AtomicU16,
    position: Mutex<u64>,
    /// Keeps the host's file open, while there is one.
    _lower: Option<Arc<std::fs::File>>,
}

impl MemoryFile {
    /// Opens a file; `Acces` and the like if its content is still the host's and can't be read.
    pub(super) fn open(tree: &Arc<Tree>, node: Arc<Node>, flags: u16) -> Result<MemoryFile> {
        let mut held = None;
        if let (Kind::File(content), Some(lower)) = (&node.kind, &tree.lower)
            && let Content::Lower { open, .. } = &mut *lock(content)
        {
            let file = match open.upgrade() {
                Some(file) => file,
                None => {
                    let origin = node.origin.as_ref().ok_or(Errno::Stale)?;
                    Arc::new(lower.open(origin)?.into_std())
                }
            };
            *open = Arc::downgrade(&file);
            held = Some(file);
        }
        let (tree, flags) = (Arc::clone(tree), AtomicU16::new(flags));
        Ok(MemoryFile { tree, node, flags, position: Mutex::new(0), _lower: held })
    }

    fn content(&self) -> Result<&Mutex<Content>> {
        if let Kind::File(content) = &self.node.kind { Ok(content) } else { Err(Errno::IsDir) }
    }

    fn read_at(&self, into: &Pieces<'_>, at: u64) -> Result<usize> {
        match &*lock(self.content()?) {
            Content::Bytes(bytes) => {
                let at = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Ok(into.fill(&bytes[at..]))
            }
            Content::Lower { open, .. } => {
                let file = open.upgrade().ok_or(Errno::Stale)?;
                let at = i64::try_from(at).map_err(|_| Errno::Inval)?;
                Ok(into.read_from(file.as_fd(), Some(at))?)
            }
        }
    }

    /// Writes at a place, or at the end if there is none; gives the count and where it ended.
    fn write_at(&self, from: &Pieces<'_>, at: Option<u64>) -> Result<(usize, u64)> {
        let mut content = lock(self.content()?);
        let bytes = self.node.bytes(&mut content, self.tree.lower.as_ref())?;
        let old = bytes.len() as u64;
        let at = at.unwrap_or(old);
        let wanted = (from.len() as u64).min(MOST);
        if wanted == 0 {
            return Ok((0, at));
        }
        let end = at.checked_add(wanted).filter(|end| i64::try_from(*end).is_ok());
        let end = end.ok_or(Errno::FBig)?;
        let mut len = wanted;
        if end > old {
            let budget = self.node.budget();
            // At least one byte past what is there, or all that is there to be replaced.
            let gap = at.saturating_sub(old);
            let inside = old.saturating_sub(at);
            let least = if inside > 0 { 0 } else { gap + 1 };
            let grown = budget.charge_up_to(least, end - old);
            if grown < least {
                return Err(Errno::NoSpc);
            }
            if bytes.try_reserve(grown as usize).is_err() {
                budget.refund(grown);
                return Err(Errno::NoSpc);
            }
            bytes.resize((old + grown) as usize, 0);
            len = (old + grown - at).min(wanted);
        }
        let done = from.copy_to(&mut bytes[at as usize..(at + len) as usize]);
        drop(content);
        self.node.touch(self.tree.now());
        Ok((done, at + done as u64))
    }
}

impl File for MemoryFile {
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
        if let Some(at) = at {
            return self.read_at(into, at.cast_unsigned());
        }
        let mut position = lock(&self.position);
        let done = self.read_at(into, *position)?;
        *position += done as u64;
        Ok(done)
    }

    fn write(&self, from: &Pieces<'_>, at: Option<i64>) -> Result<usize> {
        if let Some(at) = at {
            return Ok(self.write_at(from, Some(at.cast_unsigned()))?.0);
        }
        let mut position = lock(&self.position);
        let appends = self.flags() & fdflags::APPEND != 0;
        let (done, end) = self.write_at(from, (!appends).then_some(*position))?;
        *position = end;
        Ok(done)
    }

    fn seek(&self, offset: i64, whence: Whence) -> Result<u64> {
        let mut position = lock(&self.position);
        let base = match whence {
            Whence::Start => 0,
            Whence::Current => *position,
            Whence::End => lock(self.content()?).len(),
        };
        let to = base.checked_add_signed(offset).filter(|to| i64::try_from(*to).is_ok());
        *position = to.ok_or(Errno::Inval)?;
        Ok(*position)
    }

    fn advise(&self, offset: u64, len: u64, _advice: Advice) -> Result<()> {
        check_range(offset, len)
    }

    fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        if len == 0 {
            return Err(Errno::Inval);
        }
        let end = offset.checked_add(len).filter(|end| i64::try_from(*end).is_ok());
        let end = end.ok_or(Errno::FBig)?;
        let mut content = lock(self.content()?);
        if end > content.len() {
            let bytes = self.node.bytes(&mut content, self.tree.lower.as_ref())?;
            self.node.resize(bytes, end)?;
        }
        Ok(())
    }

    fn set_size(&self, size: u64) -> Result<()> {
        check_range(size, 0)?;
        let mut content = lock(self.content()?);
        let bytes = self.node.bytes(&mut content, self.tree.lower.as_ref())?;
        self.node.resize(bytes, size)?;
        drop(content);
        self.node.touch(self.tree.now());
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn sync_data(&self) -> Result<()> {
        Ok(())
    }

    fn stat(&self) -> Result<FileStat> {
        Ok(self.node.stat(self.tree.device()))
    }

    fn set_times(&self, times: &Timestamps) -> Result<()> {
        self.node.set_times(times, self.tree.now());
        Ok(())
    }
}
