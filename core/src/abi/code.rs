//! Compiled code of a module, before it has an address.

/// Machine code and its tables; offsets are from the start of `text`.
#[derive(Debug, Default)]
pub(crate) struct CodeBlob {
    /// Code of all functions the module defines.
    pub text: Vec<u8>,
    /// Entry of each defined function, in index order.
    pub entries: Vec<u32>,
    /// Which function's code begins where: offset and defined-function number, sorted.
    pub starts: Vec<(u32, u32)>,
    /// Offset of every instruction that may fault, with its [`super::Trap`] number; sorted.
    pub traps: Vec<(u32, u8)>,
    /// Offset in code from which on a byte offset of the module applies; sorted.
    pub sites: Vec<(u32, u32)>,
}
