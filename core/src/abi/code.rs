//! Compiled code of a module, before it has an address.

use super::OffsetTable;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Bytes of machine code: their own, or part of a file that was read.
#[derive(Debug)]
pub(crate) enum Text {
    Own(Vec<u8>),
    Part(Arc<[u8]>, Range<usize>),
}

impl Text {
    /// A part of `whole`, which is kept instead of a copy.
    pub fn part(whole: &Arc<[u8]>, part: &[u8]) -> Text {
        let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
        let range = start..start.wrapping_add(part.len());
        match whole.get(range.clone()) {
            Some(_) => Text::Part(Arc::clone(whole), range),
            None => Text::Own(part.to_vec()),
        }
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::Own(Vec::new())
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Text {
        Text::Own(bytes)
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Text::Own(bytes) => bytes,
            Text::Part(whole, range) => &whole[range.clone()],
        }
    }
}

/// Machine code and its tables; offsets are from the start of `text`.
#[derive(Debug, Default)]
pub(crate) struct CodeBlob {
    /// Code of all functions the module defines.
    pub text: Text,
    /// Entry of each defined function, in index order.
    pub entries: Vec<u32>,
    /// Which function's code begins where: offset and defined-function number, sorted.
    pub starts: Vec<(u32, u32)>,
    /// Offset of every instruction that may fault, with its [`super::Trap`] number.
    pub traps: OffsetTable,
    /// Offset in code from which on a byte offset of the module applies.
    pub sites: OffsetTable,
    /// Call stubs that the module needs, if they were made with it.
    pub stubs: Vec<StubCode>,
}

/// Which way a call stub leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StubKind {
    /// From the host into wasm.
    Entry,
    /// From wasm to the host, which finds parameters in slots.
    Exit,
}

/// Machine code of a call stub, before it has an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StubCode {
    /// The type of the functions it calls, by its index in the module.
    pub type_index: u32,
    pub kind: StubKind,
    pub text: Vec<u8>,
}
