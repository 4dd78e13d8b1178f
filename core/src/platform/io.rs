//! Moving bytes between a descriptor and memory that other threads may use meanwhile.
//!
//! The memory is named by address and length, and never becomes a Rust reference: the system call is
//! the only one here that touches it.

use std::io::{Error, Result};
use std::os::fd::{AsRawFd, BorrowedFd};

/// A piece of memory, as the system calls take it.
pub(crate) type Piece = libc::iovec;

/// Reads once into the pieces, in order; from `at` without moving the position if it is given.
///
/// # Safety
///
/// The pieces must be mapped and writable until this returns.
pub(crate) unsafe fn read(fd: BorrowedFd<'_>, pieces: &[Piece], at: Option<i64>) -> Result<usize> {
    let fd = fd.as_raw_fd();
    // SAFETY: the caller's promise; the list itself lives for the call.
    count(unsafe {
        match (pieces, at) {
            ([piece], None) => libc::read(fd, piece.iov_base, piece.iov_len),
            ([piece], Some(at)) => libc::pread(fd, piece.iov_base, piece.iov_len, at),
            (_, None) => libc::readv(fd, pieces.as_ptr(), length(pieces)),
            (_, Some(at)) => libc::preadv(fd, pieces.as_ptr(), length(pieces), at),
        }
    })
}

/// Writes the pieces once, in order; to `at` without moving the position if it is given. May take
/// less than everything.
///
/// # Safety
///
/// The pieces must be mapped until this returns.
pub(crate) unsafe fn write(fd: BorrowedFd<'_>, pieces: &[Piece], at: Option<i64>) -> Result<usize> {
    let fd = fd.as_raw_fd();
    // SAFETY: as in `read`.
    count(unsafe {
        match (pieces, at) {
            ([piece], None) => libc::write(fd, piece.iov_base, piece.iov_len),
            ([piece], Some(at)) => libc::pwrite(fd, piece.iov_base, piece.iov_len, at),
            (_, None) => libc::writev(fd, pieces.as_ptr(), length(pieces)),
            (_, Some(at)) => libc::pwritev(fd, pieces.as_ptr(), length(pieces), at),
        }
    })
}

/// The system refuses lists that are longer than it takes.
fn length(pieces: &[Piece]) -> libc::c_int {
    libc::c_int::try_from(pieces.len()).unwrap_or(libc::c_int::MAX)
}

fn count(returned: libc::ssize_t) -> Result<usize> {
    usize::try_from(returned).map_err(|_| Error::last_os_error())
}
