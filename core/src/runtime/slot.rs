//! Reserved address space for linear memories, reused from one memory to the next.
//!
//! Making a reservation is what instantiation would spend most of its time on. A slot that comes
//! back is emptied by giving its pages back to the system; a slot onto which a memory image is mapped
//! keeps the mapping, so that the next instance of the same module finds its data in place.

use super::memory_image::{MemoryImage, Token};
use crate::abi::layout::GUARD_BYTES;
use crate::platform::mmap::{self, Protection, Reservation};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// Bytes that a 32-bit index reaches.
const INDEX_SPACE: u64 = 1 << 32;
/// Slots kept for reuse.
const MAX_KEPT: usize = 64;
/// Largest accessible part of a slot that is kept.
const MAX_KEPT_BYTES: usize = 64 << 20;

/// Reserved address space of which the first `accessible` bytes can be used.
pub(super) struct Slot {
    space: Reservation,
    accessible: AtomicUsize,
    /// The image mapped into it, and where.
    mapped: Option<(Weak<Token>, Range<usize>)>,
}

static KEPT: Mutex<Vec<Slot>> = Mutex::new(Vec::new());

fn kept() -> MutexGuard<'static, Vec<Slot>> {
    KEPT.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Slot {
    /// A slot with guards for 32-bit indices: the first `bytes` are accessible and hold `image`,
    /// and zeros elsewhere.
    pub fn guarded(bytes: usize, image: Option<&MemoryImage>) -> io::Result<Slot> {
        let reused = if mmap::has_room() { take_kept(bytes, image) } else { None };
        let mut slot = match reused {
            Some(slot) => slot,
            None => Slot {
                space: reserve((INDEX_SPACE + GUARD_BYTES) as usize)?,
                accessible: AtomicUsize::new(0),
                mapped: None,
            },
        };
        if !slot.holds(image) {
            slot.unmap_image()?;
        }
        let accessible = slot.accessible.load(Ordering::Relaxed);
        if accessible > bytes {
            slot.space.protect(bytes, accessible - bytes, Protection::None)?;
            slot.accessible.store(bytes, Ordering::Relaxed);
        } else {
            slot.extend(bytes)?;
        }
        if let Some(image) = image
            && slot.mapped.is_none()
        {
            let range = image.range();
            match slot.space.map_private(range.clone(), image.file()) {
                Ok(()) => slot.mapped = Some((Arc::downgrade(image.token()), range)),
                // Then the memory's data is copied.
                Err(_) => slot.space.map_zeroed(range)?,
            }
        }
        Ok(slot)
    }

    /// Whether what is mapped is this image, or nothing if there is none.
    fn holds(&self, image: Option<&MemoryImage>) -> bool {
        match (&self.mapped, image) {
            (None, None) => true,
            (Some((mapped, _)), Some(image)) => {
                std::ptr::eq(mapped.as_ptr(), Arc::as_ptr(image.token()))
            }
            _ => false,
        }
    }

    /// A slot for a memory whose code has bounds checks, with room for `capacity` bytes.
    pub fn checked(capacity: usize) -> io::Result<Slot> {
        let space = reserve(capacity)?;
        Ok(Slot { space, accessible: AtomicUsize::new(0), mapped: None })
    }

    /// First byte.
    pub fn base(&self) -> *mut u8 {
        self.space.base()
    }

    /// Makes the first `bytes` accessible.
    pub fn extend(&self, bytes: usize) -> io::Result<()> {
        let accessible = self.accessible.load(Ordering::Relaxed);
        if bytes > accessible {
            self.space.protect(accessible, bytes - accessible, Protection::ReadWrite)?;
            self.accessible.store(bytes, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether an image is mapped.
    pub fn has_image(&self) -> bool {
        self.mapped.is_some()
    }

    fn unmap_image(&mut self) -> io::Result<()> {
        if let Some((_, range)) = self.mapped.take() {
            self.space.unmap_private(range)?;
        }
        Ok(())
    }

    /// Empties a guarded slot and keeps it for the next memory.
    pub fn recycle(self) {
        let accessible = self.accessible.load(Ordering::Relaxed);
        if accessible > MAX_KEPT_BYTES || self.space.discard(0, accessible).is_err() {
            return;
        }
        let mut kept = kept();
        if kept.len() < MAX_KEPT && !self.is_stale() {
            kept.push(self);
        }
    }

    /// Whether it holds an image whose module is gone.
    fn is_stale(&self) -> bool {
        self.mapped.as_ref().is_some_and(|(token, _)| token.strong_count() == 0)
    }
}

/// Reserves address space; if the system refuses it, again without the slots that are kept.
fn reserve(bytes: usize) -> io::Result<Reservation> {
    Reservation::reserve(bytes).or_else(|error| {
        let unused = std::mem::take(&mut *kept());
        if unused.is_empty() {
            return Err(error);
        }
        drop(unused);
        Reservation::reserve(bytes)
    })
}

/// The kept slot that is least work to use for `bytes` and an image.
fn take_kept(bytes: usize, image: Option<&MemoryImage>) -> Option<Slot> {
    let mut kept = kept();
    let work = |slot: &Slot| {
        let protect = slot.accessible.load(Ordering::Relaxed) != bytes;
        let remap = !slot.holds(image);
        let spoil = remap && slot.mapped.is_some();
        u32::from(protect) + 2 * u32::from(remap) + 4 * u32::from(spoil)
    };
    let mut best: Option<(usize, u32)> = None;
    for (at, slot) in kept.iter().enumerate().rev() {
        let work = work(slot);
        if best.is_none_or(|(_, least)| work < least) {
            best = Some((at, work));
            if work == 0 {
                break;
            }
        }
    }
    best.map(|(at, _)| kept.swap_remove(at))
}

/// Lets go of kept slots whose image is gone: its pages would otherwise stay in use.
pub(super) fn forget_images() {
    let mut kept = kept();
    let stale: Vec<Slot> = kept.extract_if(.., |slot| slot.is_stale()).collect();
    // Unmapping takes time, and needs no lock.
    drop(kept);
    drop(stale);
}
