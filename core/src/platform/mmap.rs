//! Reserved address space whose pages are made accessible, protected and given back.

use std::io;
use std::ptr::{self, NonNull};

/// What may be done with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    None,
    ReadWrite,
    ReadExecute,
}

/// A range of address space; unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: the range is plain memory; who may touch which page is its owner's business.
unsafe impl Send for Reservation {}
// SAFETY: as above.
unsafe impl Sync for Reservation {}

/// Bytes of a page of the processor's memory management.
pub(crate) const HOST_PAGE: usize = 4096;

impl Reservation {
    /// Reserves `len` bytes, rounded up to pages, of which none is accessible.
    pub fn reserve(len: usize) -> io::Result<Reservation> {
        Reservation::map(len, libc::PROT_NONE)
    }

    /// Reserves `len` bytes, rounded up to pages, that read as zero and use no memory until
    /// written.
    pub fn zeroed(len: usize) -> io::Result<Reservation> {
        Reservation::map(len, libc::PROT_READ | libc::PROT_WRITE)
    }

    fn map(len: usize, protection: i32) -> io::Result<Reservation> {
        let len =
            len.max(1).checked_next_multiple_of(HOST_PAGE).ok_or(io::ErrorKind::OutOfMemory)?;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a fresh anonymous mapping touches nothing that exists.
        let base = unsafe { libc::mmap(ptr::null_mut(), len, protection, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Reservation { base, len })
    }

    /// First byte.
    pub fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Changes the protection of `len` bytes from `offset`, both multiples of the page size.
    pub fn protect(&self, offset: usize, len: usize, protection: Protection) -> io::Result<()> {
        assert!(offset.checked_add(len).is_some_and(|end| end <= self.len));
        if len == 0 {
            return Ok(());
        }
        let protection = match protection {
            Protection::None => libc::PROT_NONE,
            Protection::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
            Protection::ReadExecute => libc::PROT_READ | libc::PROT_EXEC,
        };
        // SAFETY: the range lies in this mapping, which nothing else manages.
        let result = unsafe { libc::mprotect(self.base().add(offset).cast(), len, protection) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Gives the pages back; they read as zero afterwards.
    pub fn discard(&self, offset: usize, len: usize) -> io::Result<()> {
        assert!(offset.checked_add(len).is_some_and(|end| end <= self.len));
        if len == 0 {
            return Ok(());
        }
        // SAFETY: the range lies in this private anonymous mapping.
        let result =
            unsafe { libc::madvise(self.base().add(offset).cast(), len, libc::MADV_DONTNEED) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and nothing refers to it any more.
        unsafe { libc::munmap(self.base().cast(), self.len) };
    }
}
