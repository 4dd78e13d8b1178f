//! Linear memories.
//!
//! A memory never moves: it reserves address space for its whole life and makes pages accessible as
//! it grows. A guarded memory reserves 4 GiB and a guard, so that code needs no bounds checks for
//! it.

use super::memory_image::MemoryImage;
use super::slot::Slot;
use crate::abi::MemoryDef;
use crate::error::{Cause, ErrCode, Error, Result};
use crate::limits;
use crate::platform::mmap::HOST_PAGE;
use crate::types::{MemoryType, PAGE_SIZE};
use std::fmt;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

/// How a memory proves its accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemoryKind {
    /// By a guard if the system grants the address space, else by checks.
    Guarded,
    /// By checks in the code; reserves only what the memory may grow to.
    Checked,
}

/// A linear memory. Clones are handles to the same memory; it may be used from any thread.
///
/// Reading and writing here is bounds-checked. While a guest writes the same bytes on another
/// thread, what is read is unspecified.
#[derive(Clone)]
pub struct Memory(Arc<Inner>);

struct Inner {
    def: MemoryDef,
    ty: MemoryType,
    /// Bytes up to which it may grow.
    capacity: usize,
    guarded: bool,
    slot: Option<Slot>,
    growing: Mutex<()>,
}

// SAFETY: the base is constant, the length atomic, growth locked; contents are raw bytes.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

impl Memory {
    /// Makes a memory of its minimum size, all zero.
    ///
    /// # Errors
    ///
    /// If the type is impossible, or the system grants no address space.
    ///
    /// ```
    /// use wasmspan::{Memory, MemoryType};
    /// let memory = Memory::new(MemoryType::new(1, Some(5)))?;
    /// memory.write(0x1000, b"abc")?;
    /// assert_eq!(memory.grow(2)?, 1);
    /// assert_eq!(memory.pages(), 3);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn new(ty: MemoryType) -> Result<Memory> {
        let most =
            if ty.memory64 { limits::MAX_MEMORY64_PAGES } else { limits::MAX_MEMORY_PAGES.into() };
        Memory::with_kind(ty, MemoryKind::Guarded, most, None)
    }

    /// Makes a memory that never grows past `max_pages`; it holds `image` if it
    /// [`has_image`](Memory::has_image) then, and zeros otherwise.
    pub(crate) fn with_kind(
        ty: MemoryType,
        kind: MemoryKind,
        max_pages: u64,
        image: Option<&MemoryImage>,
    ) -> Result<Memory> {
        let Some(refused) = Memory::refusal(&ty, max_pages) else {
            return Memory::make(ty, kind, max_pages, image).map_err(|error| {
                let detail = format!("Unable to find usable memory address: {error}");
                Error::with_detail(ErrCode::MemoryOutOfBounds, detail).because(Cause::OutOfMemory)
            });
        };
        Err(refused)
    }

    fn refusal(ty: &MemoryType, max_pages: u64) -> Option<Error> {
        if ty.limits.max.is_some_and(|max| max < ty.limits.min) {
            return Some(Error::invalid_limit(&ty.limits));
        }
        if ty.shared && ty.limits.max.is_none() {
            return Some(Error::new(ErrCode::SharedMemoryNoMax));
        }
        if ty.limits.min > max_pages {
            let detail = format!(
                "Create memory instance failed -- exceeded limit page size: {max_pages} (minimum \
                 is {})",
                ty.limits.min
            );
            let error = Error::with_detail(ErrCode::InvalidMemPages, detail);
            return Some(error.because(Cause::OutOfMemory));
        }
        None
    }

    fn make(
        ty: MemoryType,
        kind: MemoryKind,
        max_pages: u64,
        image: Option<&MemoryImage>,
    ) -> std::io::Result<Memory> {
        let reach =
            if ty.memory64 { limits::MAX_MEMORY64_PAGES } else { limits::MAX_MEMORY_PAGES.into() };
        let pages = ty.limits.max.unwrap_or(max_pages).min(max_pages).min(reach);
        let bytes = |pages: u64| (pages * PAGE_SIZE) as usize;
        let (len, mut capacity) = (bytes(ty.limits.min), bytes(pages));
        let slot = match kind {
            MemoryKind::Guarded if !ty.memory64 => Slot::guarded(len, image).ok(),
            _ => None,
        };
        let guarded = slot.is_some();
        let slot = match slot {
            Some(slot) => slot,
            None => loop {
                match Slot::checked(capacity + HOST_PAGE) {
                    Ok(slot) => {
                        slot.extend(len)?;
                        break slot;
                    }
                    // A memory that can grow less far is better than none.
                    Err(_) if capacity > len => capacity = (capacity / 2).max(len),
                    Err(error) => return Err(error),
                }
            },
        };
        Ok(Memory(Arc::new(Inner {
            def: MemoryDef { base: slot.base(), len: AtomicUsize::new(len) },
            ty,
            capacity,
            guarded,
            slot: Some(slot),
            growing: Mutex::new(()),
        })))
    }

    pub(crate) fn def(&self) -> &MemoryDef {
        &self.0.def
    }

    /// True if code without bounds checks may use this memory.
    pub(crate) fn is_guarded(&self) -> bool {
        self.0.guarded
    }

    /// Whether its initial content came from an image.
    pub(crate) fn has_image(&self) -> bool {
        self.0.slot.as_ref().is_some_and(Slot::has_image)
    }

    /// The type it was made with.
    pub fn ty(&self) -> &MemoryType {
        &self.0.ty
    }

    /// Current size in bytes.
    pub fn len(&self) -> usize {
        self.0.def.len.load(Ordering::Acquire)
    }

    /// True if the size is zero.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Current size in pages of 64 KiB.
    pub fn pages(&self) -> u64 {
        self.len() as u64 / PAGE_SIZE
    }

    /// Grows by `delta` pages and gives the old size in pages.
    ///
    /// # Errors
    ///
    /// `out of bounds memory access` if it may not become that large; the memory stays as it was.
    pub fn grow(&self, delta: u64) -> Result<u64> {
        self.try_grow(delta).ok_or_else(|| {
            let limit = self.0.capacity as u64 / PAGE_SIZE;
            Error::with_detail(
                ErrCode::MemoryOutOfBounds,
                format!("Memory grow page failed -- exceeded limit page size: {limit}"),
            )
        })
    }

    pub(crate) fn try_grow(&self, delta: u64) -> Option<u64> {
        let _growing = self.0.growing.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let old = self.len();
        let bytes = usize::try_from(delta.checked_mul(PAGE_SIZE)?).ok()?;
        let new = old.checked_add(bytes).filter(|new| *new <= self.0.capacity)?;
        self.0.slot.as_ref()?.extend(new).ok()?;
        self.0.def.len.store(new, Ordering::Release);
        Some(old as u64 / PAGE_SIZE)
    }

    pub(super) fn check(&self, offset: usize, len: usize) -> Result<()> {
        let size = self.len();
        if offset.checked_add(len).is_some_and(|end| end <= size) {
            return Ok(());
        }
        Err(Error::with_detail(
            ErrCode::MemoryOutOfBounds,
            format!(
                "Accessing offset from: 0x{offset:08x} to: 0x{:08x} , Out of boundary: 0x{:08x}",
                offset.saturating_add(len).saturating_sub(1),
                size.saturating_sub(1)
            ),
        ))
    }

    /// Copies bytes from `offset` into `into`.
    ///
    /// # Errors
    ///
    /// `out of bounds memory access`; nothing is copied then.
    pub fn read(&self, offset: usize, into: &mut [u8]) -> Result<()> {
        self.check(offset, into.len())?;
        // SAFETY: checked; memory never shrinks or moves.
        unsafe {
            let from = self.0.def.base.add(offset);
            std::ptr::copy(from, into.as_mut_ptr(), into.len());
        }
        Ok(())
    }

    /// As [`read`](Memory::read) to where nothing is yet; gives what is there then.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read_uninit<'a>(
        &self,
        offset: usize,
        into: &'a mut [MaybeUninit<u8>],
    ) -> Result<&'a mut [u8]> {
        self.check(offset, into.len())?;
        // SAFETY: checked; all of `into` is written.
        unsafe {
            let (from, to) = (self.0.def.base.add(offset), into.as_mut_ptr().cast::<u8>());
            std::ptr::copy(from, to, into.len());
            Ok(std::slice::from_raw_parts_mut(to, into.len()))
        }
    }

    /// Copies `len` bytes from `offset`.
    ///
    /// # Errors
    ///
    /// `out of bounds memory access`; checked before anything is allocated.
    pub fn read_vec(&self, offset: usize, len: usize) -> Result<Vec<u8>> {
        self.check(offset, len)?;
        let mut bytes = vec![0; len];
        self.read(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// Copies `bytes` to `offset`.
    ///
    /// # Errors
    ///
    /// `out of bounds memory access`; nothing is copied then.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.check(offset, bytes.len())?;
        // SAFETY: checked; memory never shrinks or moves.
        unsafe {
            let to = self.0.def.base.add(offset);
            std::ptr::copy(bytes.as_ptr(), to, bytes.len());
        }
        Ok(())
    }

    /// Reads a little-endian number, such as a `u32` or `f64`.
    ///
    /// # Errors
    ///
    /// `out of bounds memory access`.
    pub fn read_value<T: MemoryValue>(&self, offset: usize) -> Result<T> {
        let mut bytes = T::Bytes::default();
        self.read(offset, bytes.as_mut())?;
        Ok(T::from_bytes(bytes))
    }

    /// Writes a number in little-endian form.
    ///
    /// # Errors
    ///
    /// `out of bounds memory access`.
    pub fn write_value<T: MemoryValue>(&self, offset: usize, value: T) -> Result<()> {
        self.write(offset, value.to_bytes().as_ref())
    }

    /// Reads `count` little-endian numbers in a row.
    ///
    /// # Errors
    ///
    /// `out of bounds memory access`; checked before anything is allocated.
    pub fn read_values<T: MemoryValue>(&self, offset: usize, count: usize) -> Result<Vec<T>> {
        let len = count.saturating_mul(size_of::<T>());
        self.check(offset, len)?;
        let mut values = Vec::<T>::with_capacity(count);
        // SAFETY: checked; there is room for them, and every bit pattern is a number.
        unsafe {
            let from = self.0.def.base.add(offset);
            std::ptr::copy_nonoverlapping(from, values.as_mut_ptr().cast::<u8>(), len);
            values.set_len(count);
        }
        if cfg!(target_endian = "big") {
            values.iter_mut().for_each(T::swap_bytes);
        }
        Ok(values)
    }

    /// Writes numbers in a row, in little-endian form.
    ///
    /// # Errors
    ///
    /// `out of bounds memory access`; nothing is written then.
    pub fn write_values<T: MemoryValue>(&self, offset: usize, values: &[T]) -> Result<()> {
        // SAFETY: numbers have no padding.
        let bytes = unsafe {
            std::slice::from_raw_parts(values.as_ptr().cast::<u8>(), size_of_val(values))
        };
        if cfg!(target_endian = "little") || size_of::<T>() == 1 {
            return self.write(offset, bytes);
        }
        let mut bytes = bytes.to_vec();
        bytes.chunks_mut(size_of::<T>()).for_each(<[u8]>::reverse);
        self.write(offset, &bytes)
    }

    /// Address of the first byte; constant for the memory's life. Bytes below [`len`](Memory::len)
    /// may be used while a handle exists; races with guests on other threads are the user's.
    pub fn as_ptr(&self) -> *mut u8 {
        self.0.def.base
    }

    /// True if both are the same memory.
    pub fn same(&self, other: &Memory) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A handle that doesn't keep the memory.
    pub(crate) fn downgrade(&self) -> WeakMemory {
        WeakMemory(Arc::downgrade(&self.0))
    }
}

/// A handle to a memory that may be gone; by default to none.
#[derive(Default)]
pub(crate) struct WeakMemory(Weak<Inner>);

impl WeakMemory {
    /// The memory, if somebody still has it.
    pub fn upgrade(&self) -> Option<Memory> {
        self.0.upgrade().map(Memory)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} pages of {})", self.pages(), self.0.ty)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take()
            && self.guarded
        {
            slot.recycle();
        }
    }
}

/// A number that [`Memory::read_value`] and [`Memory::write_value`] know.
pub trait MemoryValue: Sized {
    /// The number's bytes.
    #[doc(hidden)]
    type Bytes: Default + AsRef<[u8]> + AsMut<[u8]>;
    /// From little-endian bytes.
    #[doc(hidden)]
    fn from_bytes(bytes: Self::Bytes) -> Self;
    /// To little-endian bytes.
    #[doc(hidden)]
    fn to_bytes(self) -> Self::Bytes;
    /// Between the host's order of bytes and the other.
    #[doc(hidden)]
    fn swap_bytes(&mut self);
}

macro_rules! memory_values {
    ($($ty:ty),*) => {$(
        impl MemoryValue for $ty {
            type Bytes = [u8; size_of::<$ty>()];
            fn from_bytes(bytes: Self::Bytes) -> Self {
                <$ty>::from_le_bytes(bytes)
            }
            fn to_bytes(self) -> Self::Bytes {
                self.to_le_bytes()
            }
            fn swap_bytes(&mut self) {
                let mut bytes = self.to_ne_bytes();
                bytes.reverse();
                *self = <$ty>::from_ne_bytes(bytes);
            }
        }
    )*};
}

memory_values!(u8, i8, u16, i16, u32, i32, u64, i64, u128, i128, f32, f64);
