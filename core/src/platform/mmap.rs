//! Reserved address space whose pages are made accessible, protected and given back.

use super::room::{self, Room};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::FileExt;
use std::ptr::{self, NonNull};

/// What may be done with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    None,
    ReadWrite,
    ReadExecute,
}

/// Bytes from which on asking for pages at once pays.
const MIN_POPULATED: usize = 16 * HOST_PAGE;

/// Bytes from which on huge pages are asked for: as many as one has on common processors.
const MIN_HUGE: usize = 2 << 20;

/// Whether the system has mappings left for something new.
pub(crate) fn has_room() -> bool {
    room::keep()
}

/// Gives the pages that lie in a range of memory which is about to be written, all at once and huge
/// where they can be. Where the system does not know how, each comes when it is first touched.
pub(crate) fn populate<T>(range: Range<*mut T>) {
    let start = (range.start as usize).next_multiple_of(HOST_PAGE);
    let len = (range.end as usize & !(HOST_PAGE - 1)).saturating_sub(start);
    if len >= MIN_HUGE {
        // SAFETY: the advice changes the content of no page.
        unsafe { libc::madvise(start as *mut _, len, libc::MADV_HUGEPAGE) };
    }
    if len >= MIN_POPULATED {
        // SAFETY: as above.
        unsafe { libc::madvise(start as *mut _, len, libc::MADV_POPULATE_WRITE) };
    }
}

/// A range of address space; unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    base: NonNull<u8>,
    len: usize,
    room: Room,
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
        let room = Room::take(len)?;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a fresh anonymous mapping touches nothing that exists.
        let base = unsafe { libc::mmap(ptr::null_mut(), len, protection, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(room::explained(io::Error::last_os_error()));
        }
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Reservation { base, len, room })
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
        room::for_existing(|| {
            // SAFETY: the range lies in this mapping, which nothing else manages.
            unsafe { libc::mprotect(self.base().add(offset).cast(), len, protection) == 0 }
        })
    }

    /// Gives the pages back; they read as zero afterwards, or as what is mapped there.
    pub fn discard(&self, offset: usize, len: usize) -> io::Result<()> {
        assert!(offset.checked_add(len).is_some_and(|end| end <= self.len));
        if len == 0 {
            return Ok(());
        }
        // SAFETY: the range lies in this mapping, and all of it is private.
        let result =
            unsafe { libc::madvise(self.base().add(offset).cast(), len, libc::MADV_DONTNEED) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Maps a file over a range of pages, which must not be in use; what is written there stays
    /// here.
    pub fn map_private(&self, range: Range<usize>, file: &SharedFile) -> io::Result<()> {
        assert_eq!(range.len(), file.len);
        self.room.divide()?;
        let flags = libc::MAP_PRIVATE | libc::MAP_NORESERVE;
        self.replace(range, flags, file.file.as_raw_fd()).inspect_err(|_| self.room.join())
    }

    /// Replaces what [`map_private`](Reservation::map_private) mapped by zeros that may be written.
    pub fn unmap_private(&self, range: Range<usize>) -> io::Result<()> {
        self.map_zeroed(range)?;
        self.room.join();
        Ok(())
    }

    /// Replaces what is mapped over a range of pages by zeros that may be written.
    pub fn map_zeroed(&self, range: Range<usize>) -> io::Result<()> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        self.replace(range, flags, -1)
    }

    fn replace(&self, range: Range<usize>, flags: i32, file: i32) -> io::Result<()> {
        assert!(range.start <= range.end && range.end <= self.len);
        assert!(range.start.is_multiple_of(HOST_PAGE) && range.end.is_multiple_of(HOST_PAGE));
        room::for_existing(|| {
            // SAFETY: the range lies in this mapping, so nothing else is replaced.
            let at = unsafe {
                let start = self.base().add(range.start).cast();
                let access = libc::PROT_READ | libc::PROT_WRITE;
                libc::mmap(start, range.len(), access, flags | libc::MAP_FIXED, file, 0)
            };
            at != libc::MAP_FAILED
        })
    }
}

/// Bytes in a file without a name, for mapping.
#[derive(Debug)]
pub(crate) struct SharedFile {
    file: File,
    len: usize,
}

impl SharedFile {
    /// So many bytes, all zero.
    #[cfg(target_os = "linux")]
    pub fn new(len: usize) -> io::Result<SharedFile> {
        super::file::check_size(len as u64)?;
        // SAFETY: the name is a string that ends in zero.
        let file = unsafe { libc::memfd_create(c"wasmspan-memory".as_ptr(), libc::MFD_CLOEXEC) };
        if file < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and nobody else's.
        let file = unsafe { File::from_raw_fd(file) };
        file.set_len(len as u64)?;
        Ok(SharedFile { file, len })
    }

    /// Files without a name are used on Linux only.
    #[cfg(not(target_os = "linux"))]
    pub fn new(_len: usize) -> io::Result<SharedFile> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Writes at an offset.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset as u64)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // What cannot be unmapped, which would be a fault of ours, stays out of use.
        let _ = room::for_existing(|| {
            // SAFETY: the mapping is ours and nothing refers to it any more.
            unsafe { libc::munmap(self.base().cast(), self.len) == 0 }
        });
    }
}
