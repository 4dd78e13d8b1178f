//! One reserved range of address space for all generated code.
//!
//! Because every byte of generated code lies in this range, a signal handler recognises it with two
//! comparisons, and calls between modules always reach. Stubs and modules lie in separate zones: a
//! thread may be interrupted in a module's code, but not half-way through a stub. Pages are either
//! writable or executable, never both.

use crate::error::{ErrCode, Error, Result};
use crate::platform::mmap::{Protection, Reservation};
use std::ops::Range;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, OnceLock};

/// Bytes reserved, if the system grants them; else half, and so on.
const ARENA_BYTES: usize = 2 << 30;
/// Smallest useful reservation.
const MIN_ARENA_BYTES: usize = 64 << 20;
/// Code is handed out in multiples of this.
const GRANULE: usize = 16 << 10;
/// One in this many bytes is for stubs.
const STUB_SHARE: usize = 16;

/// What owns a granule of code; lets handlers find it without a lock.
type Tag = super::image::ImageInner;

struct Arena {
    memory: Reservation,
    /// End of the stub zone.
    stubs_end: usize,
    /// Owner of each granule.
    tags: Box<[AtomicPtr<Tag>]>,
    free: Mutex<Free>,
}

#[derive(Default)]
struct Free {
    /// Unused ranges of the module zone, by rising start.
    modules: Vec<Range<usize>>,
    /// Next unused byte of the stub zone.
    stubs: usize,
}

static ARENA: OnceLock<Result<Arena, String>> = OnceLock::new();

fn arena() -> Result<&'static Arena> {
    ARENA.get_or_init(Arena::new).as_ref().map_err(|reason| {
        Error::with_detail(ErrCode::RuntimeError, format!("no memory for code: {reason}"))
    })
}

impl Arena {
    fn new() -> Result<Arena, String> {
        let mut bytes = ARENA_BYTES;
        let memory = loop {
            match Reservation::reserve(bytes) {
                Ok(memory) => break memory,
                Err(_) if bytes > MIN_ARENA_BYTES => bytes /= 2,
                Err(error) => return Err(error.to_string()),
            }
        };
        let stubs_end = bytes / STUB_SHARE;
        let tags = (0..bytes / GRANULE).map(|_| AtomicPtr::default()).collect();
        let whole = stubs_end..bytes;
        let free = Free { modules: Vec::from([whole]), stubs: 0 };
        Ok(Arena { memory, stubs_end, tags, free: Mutex::new(free) })
    }

    fn write(&self, at: usize, code: &[u8], room: usize) -> Result<()> {
        let failed = |error: std::io::Error| {
            Error::with_detail(ErrCode::RuntimeError, format!("memory for code: {error}"))
        };
        self.memory.protect(at, room, Protection::ReadWrite).map_err(failed)?;
        // SAFETY: the range was just made writable and belongs to the caller alone.
        unsafe {
            std::ptr::copy_nonoverlapping(code.as_ptr(), self.memory.base().add(at), code.len());
        }
        self.memory.protect(at, room, Protection::ReadExecute).map_err(failed)
    }
}

/// Code of one module in executable memory; its range is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct CodeRange {
    offset: usize,
    room: usize,
    len: usize,
}

impl CodeRange {
    /// Copies `code` into executable memory.
    pub fn publish(code: &[u8]) -> Result<CodeRange> {
        let arena = arena()?;
        let room = code.len().max(1).next_multiple_of(GRANULE);
        let offset = {
            let mut free = arena.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let found =
                free.modules.iter().position(|range| range.len() >= room).ok_or_else(|| {
                    Error::with_detail(
                        ErrCode::RuntimeError,
                        format!(
                            "{room} bytes of code do not fit: {ARENA_BYTES} bytes hold all modules"
                        ),
                    )
                })?;
            let range = &mut free.modules[found];
            let offset = range.start;
            range.start += room;
            if range.start == range.end {
                free.modules.remove(found);
            }
            offset
        };
        let range = CodeRange { offset, room, len: code.len() };
        arena.write(offset, code, room)?;
        Ok(range)
    }

    /// Address of the first byte.
    pub fn base(&self) -> *const u8 {
        // SAFETY: the offset lies in the reservation.
        unsafe {
            ARENA
                .get()
                .and_then(|arena| arena.as_ref().ok())
                .expect("published")
                .memory
                .base()
                .add(self.offset)
        }
    }

    /// Number of bytes of code.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Says who owns the range; null again before the owner goes.
    pub fn set_tag(&self, tag: *mut Tag) {
        if let Ok(arena) = arena() {
            for granule in self.offset / GRANULE..(self.offset + self.room) / GRANULE {
                arena.tags[granule].store(tag, Ordering::Release);
            }
        }
    }
}

impl Drop for CodeRange {
    fn drop(&mut self) {
        let Ok(arena) = arena() else { return };
        self.set_tag(std::ptr::null_mut());
        // A range whose pages cannot be taken back stays out of use.
        if arena.memory.protect(self.offset, self.room, Protection::None).is_err()
            || arena.memory.discard(self.offset, self.room).is_err()
        {
            return;
        }
        let mut free = arena.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let range = self.offset..self.offset + self.room;
        let at = free.modules.partition_point(|other| other.start < range.start);
        free.modules.insert(at, range);
        if at + 1 < free.modules.len() && free.modules[at].end == free.modules[at + 1].start {
            free.modules[at].end = free.modules[at + 1].end;
            free.modules.remove(at + 1);
        }
        if at > 0 && free.modules[at - 1].end == free.modules[at].start {
            free.modules[at - 1].end = free.modules[at].end;
            free.modules.remove(at);
        }
    }
}

/// Copies a stub into executable memory, where it stays for the life of the process.
pub(crate) fn publish_stub(code: &[u8]) -> Result<*const u8> {
    let arena = arena()?;
    let mut free = arena.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    // Whole pages, because a page that other threads execute must not become writable.
    let room = code.len().max(1).next_multiple_of(crate::platform::mmap::HOST_PAGE);
    if free.stubs + room > arena.stubs_end {
        return Err(Error::with_detail(
            ErrCode::RuntimeError,
            "too many different function types: no room for another call stub",
        ));
    }
    let offset = free.stubs;
    arena.write(offset, code, room)?;
    free.stubs += room;
    // SAFETY: the offset lies in the reservation.
    Ok(unsafe { arena.memory.base().add(offset) })
}

/// True if `pc` is in the code of a module. Fit for signal handlers.
pub(crate) fn is_module_code(pc: usize) -> bool {
    let Some(Ok(arena)) = ARENA.get() else { return false };
    let offset = pc.wrapping_sub(arena.memory.base() as usize);
    offset >= arena.stubs_end && offset < arena.memory.len()
}

/// The owner of the code at `pc`; null outside module code. Fit for signal handlers.
pub(crate) fn tag_at(pc: usize) -> *mut Tag {
    let Some(Ok(arena)) = ARENA.get() else { return std::ptr::null_mut() };
    let offset = pc.wrapping_sub(arena.memory.base() as usize);
    if offset >= arena.memory.len() {
        return std::ptr::null_mut();
    }
    arena.tags[offset / GRANULE].load(Ordering::Acquire)
}
