//! One reserved range of address space for all generated code.
//!
//! Because every byte of generated code lies in this range, a signal handler recognises it with two
//! comparisons, and calls between modules always reach. Stubs and modules lie in separate zones: a
//! thread may be interrupted in a module's code, but not half-way through a stub. Pages are either
//! writable or executable, never both.

use crate::error::{ErrCode, Error, Result};
use crate::platform::mmap::{self, HOST_PAGE, Protection, Reservation};
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

/// Which kind of code a range holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Stubs between host and wasm: one page each, because a page that other threads execute must
    /// not become writable.
    Stubs,
    /// Code of a module.
    Modules,
}

impl Zone {
    /// Ranges are handed out in multiples of this.
    fn granule(self) -> usize {
        match self {
            Zone::Stubs => HOST_PAGE,
            Zone::Modules => GRANULE,
        }
    }
}

/// Unused ranges of each zone, by rising start.
struct Free([Vec<Range<usize>>; 2]);

static ARENA: OnceLock<Arena> = OnceLock::new();

fn arena() -> Result<&'static Arena> {
    if let Some(arena) = ARENA.get() {
        return Ok(arena);
    }
    let arena = Arena::new().map_err(|reason| {
        Error::with_detail(ErrCode::RuntimeError, format!("no memory for code: {reason}"))
    })?;
    Ok(ARENA.get_or_init(|| arena))
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
        let (stubs, modules) = (0..stubs_end, stubs_end..bytes);
        let free = Free([Vec::from([stubs]), Vec::from([modules])]);
        Ok(Arena { memory, stubs_end, tags, free: Mutex::new(free) })
    }

    fn write(&self, at: usize, code: &[u8], room: usize) -> Result<()> {
        let failed = |error: std::io::Error| {
            Error::with_detail(ErrCode::RuntimeError, format!("memory for code: {error}"))
        };
        self.memory.protect(at, room, Protection::ReadWrite).map_err(failed)?;
        // SAFETY: as below.
        let start = unsafe { self.memory.base().add(at) };
        mmap::populate(start..start.wrapping_add(code.len()));
        // SAFETY: the range was just made writable and belongs to the caller alone.
        unsafe {
            std::ptr::copy_nonoverlapping(code.as_ptr(), start, code.len());
        }
        self.memory.protect(at, room, Protection::ReadExecute).map_err(failed)
    }
}

/// Code in executable memory; its range is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct CodeRange {
    zone: Zone,
    offset: usize,
    room: usize,
    len: usize,
}

impl CodeRange {
    /// Copies `code` into executable memory.
    pub fn publish(zone: Zone, code: &[u8]) -> Result<CodeRange> {
        let arena = arena()?;
        let room = code.len().max(1).next_multiple_of(zone.granule());
        let offset = {
            let mut free = arena.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let ranges = &mut free.0[zone as usize];
            let found = ranges.iter().position(|range| range.len() >= room);
            let found = found.ok_or_else(|| no_room(zone, code.len()))?;
            let range = &mut ranges[found];
            let offset = range.start;
            range.start += room;
            if range.start == range.end {
                ranges.remove(found);
            }
            offset
        };
        let range = CodeRange { zone, offset, room, len: code.len() };
        arena.write(offset, code, room)?;
        Ok(range)
    }

    /// Address of the first byte.
    pub fn base(&self) -> *const u8 {
        let arena = ARENA.get().expect("a range exists only in an arena");
        // SAFETY: the offset lies in the reservation.
        unsafe { arena.memory.base().add(self.offset) }
    }

    /// Number of bytes of code.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Says who owns the code of a module; null again before the owner goes.
    pub fn set_tag(&self, tag: *mut Tag) {
        debug_assert_eq!(self.zone, Zone::Modules);
        if let Ok(arena) = arena() {
            for granule in self.offset / GRANULE..(self.offset + self.room) / GRANULE {
                arena.tags[granule].store(tag, Ordering::Release);
            }
        }
    }
}

fn no_room(zone: Zone, len: usize) -> Error {
    let detail = match zone {
        Zone::Stubs => {
            "too many different function types are in use: no room for a call stub".into()
        }
        Zone::Modules => {
            format!("{len} bytes of code do not fit: {ARENA_BYTES} bytes hold all modules")
        }
    };
    Error::with_detail(ErrCode::RuntimeError, detail)
}

impl Drop for CodeRange {
    fn drop(&mut self) {
        let Ok(arena) = arena() else { return };
        if self.zone == Zone::Modules {
            self.set_tag(std::ptr::null_mut());
        }
        // A range whose pages cannot be taken back stays out of use.
        if arena.memory.protect(self.offset, self.room, Protection::None).is_err()
            || arena.memory.discard(self.offset, self.room).is_err()
        {
            return;
        }
        let mut free = arena.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let ranges = &mut free.0[self.zone as usize];
        let range = self.offset..self.offset + self.room;
        let at = ranges.partition_point(|other| other.start < range.start);
        ranges.insert(at, range);
        if at + 1 < ranges.len() && ranges[at].end == ranges[at + 1].start {
            ranges[at].end = ranges[at + 1].end;
            ranges.remove(at + 1);
        }
        if at > 0 && ranges[at - 1].end == ranges[at].start {
            ranges[at - 1].end = ranges[at].end;
            ranges.remove(at);
        }
    }
}

/// True if `pc` is in the code of a module. Fit for signal handlers.
pub(crate) fn is_module_code(pc: usize) -> bool {
    let Some(arena) = ARENA.get() else { return false };
    let offset = pc.wrapping_sub(arena.memory.base() as usize);
    offset >= arena.stubs_end && offset < arena.memory.len()
}

/// The owner of the code at `pc`; null outside module code. Fit for signal handlers.
pub(crate) fn tag_at(pc: usize) -> *mut Tag {
    let Some(arena) = ARENA.get() else { return std::ptr::null_mut() };
    let offset = pc.wrapping_sub(arena.memory.base() as usize);
    if offset >= arena.memory.len() {
        return std::ptr::null_mut();
    }
    arena.tags[offset / GRANULE].load(Ordering::Acquire)
}
