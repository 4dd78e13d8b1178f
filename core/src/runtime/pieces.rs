//! Pieces of a linear memory that bytes are moved into or out of without a buffer in between.

use super::memory::Memory;
use crate::error::Result;
use crate::platform::io::{self, Piece};
use std::os::fd::BorrowedFd;

/// Pieces that need no heap.
const INLINE: usize = 8;

const NONE: Piece = Piece { iov_base: std::ptr::null_mut(), iov_len: 0 };

/// Ranges of a memory, each checked when it is added. They stay good while the memory is borrowed,
/// since memories never shrink or move.
///
/// Guests on other threads may use the same bytes meanwhile; what is moved then is unspecified.
pub(crate) struct Pieces<'m> {
    memory: &'m Memory,
    first: [Piece; INLINE],
    more: Vec<Piece>,
    count: usize,
    len: usize,
    limit: usize,
}

impl<'m> Pieces<'m> {
    /// No pieces yet. Of those that are added, what exceeds `limit` bytes in all is checked but left
    /// out.
    pub(crate) fn new(memory: &'m Memory, limit: usize) -> Pieces<'m> {
        Pieces { memory, first: [NONE; INLINE], more: Vec::new(), count: 0, len: 0, limit }
    }

    /// Adds a range.
    ///
    /// # Errors
    ///
    /// `out of bounds memory access`.
    pub(crate) fn push(&mut self, offset: usize, len: usize) -> Result<()> {
        self.memory.check(offset, len)?;
        let len = len.min(self.limit - self.len);
        if len == 0 {
            return Ok(());
        }
        // The address is that of a byte in bounds, as `len` is not zero.
        let piece =
            Piece { iov_base: self.memory.as_ptr().wrapping_add(offset).cast(), iov_len: len };
        match self.first.get_mut(self.count) {
            Some(place) => *place = piece,
            None => {
                if self.more.is_empty() {
                    self.more.extend_from_slice(&self.first);
                }
                self.more.push(piece);
            }
        }
        self.count += 1;
        self.len += len;
        Ok(())
    }

    fn list(&self) -> &[Piece] {
        if self.more.is_empty() { &self.first[..self.count] } else { &self.more }
    }

    /// Bytes in all.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Reads once from a descriptor, at a place of its own if one is given.
    pub(crate) fn read_from(&self, fd: BorrowedFd<'_>, at: Option<i64>) -> std::io::Result<usize> {
        // SAFETY: the pieces were checked, and the memory lives as long as this.
        unsafe { io::read(fd, self.list(), at) }
    }

    /// Writes once to a descriptor, at a place of its own if one is given.
    pub(crate) fn write_to(&self, fd: BorrowedFd<'_>, at: Option<i64>) -> std::io::Result<usize> {
        // SAFETY: as in `read_from`.
        unsafe { io::write(fd, self.list(), at) }
    }

    /// Copies as much of `bytes` as there is room for into the pieces; gives how much.
    pub(crate) fn fill(&self, bytes: &[u8]) -> usize {
        self.each(bytes.len(), |piece, done, len| {
            // SAFETY: the piece was checked; `len` bytes from `done` on are in bounds of `bytes`,
            // which is no part of a linear memory or may be, as `copy` allows overlap.
            unsafe { std::ptr::copy(bytes.as_ptr().add(done), piece.iov_base.cast(), len) }
        })
    }

    /// Copies as much from the pieces as there is room for in `into`; gives how much.
    pub(crate) fn copy_to(&self, into: &mut [u8]) -> usize {
        let (room, base) = (into.len(), into.as_mut_ptr());
        self.each(room, |piece, done, len| {
            // SAFETY: the piece was checked; `len` bytes from `done` on are in bounds of `into`.
            unsafe { std::ptr::copy(piece.iov_base.cast(), base.add(done), len) }
        })
    }

    /// Gives each piece, the bytes done before it and those to do, up to `most` in all.
    fn each(&self, most: usize, mut copy: impl FnMut(&Piece, usize, usize)) -> usize {
        let mut done = 0;
        for piece in self.list() {
            let len = piece.iov_len.min(most - done);
            copy(piece, done, len);
            done += len;
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::MemoryType;

    #[test]
    fn pieces_are_checked_limited_and_copied_in_order() {
        let memory = Memory::new(MemoryType::new(1, Some(1))).expect("a memory");
        let mut pieces = Pieces::new(&memory, 40);
        assert!(pieces.push(65_536, 1).is_err());
        assert!(pieces.push(65_535, 2).is_err());
        assert!(pieces.push(usize::MAX, 2).is_err());
        for i in 0..12 {
            pieces.push(100 - i * 4, 3).expect("in bounds");
        }
        // Past the limit only the check is left.
        pieces.push(0, 65_536).expect("in bounds");
        assert!(pieces.push(1, 65_536).is_err());
        assert_eq!(pieces.len(), 40);
        let bytes: Vec<u8> = (0..50).collect();
        assert_eq!(pieces.fill(&bytes), 40);
        let mut back = [0; 50];
        assert_eq!(pieces.copy_to(&mut back), 40);
        assert_eq!((&back[..40], &back[40..]), (&bytes[..40], &[0; 10][..]));
        assert_eq!(memory.read_vec(96, 7).expect("in bounds"), [3, 4, 5, 0, 0, 1, 2]);
    }
}
