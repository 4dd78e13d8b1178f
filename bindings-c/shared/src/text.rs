//! Text on its way between C and Rust: bytes with a length.

use crate::abi::WasmEdge_String;
use std::collections::BTreeSet;
use std::ffi::c_char;
use std::ptr;
use std::sync::{Mutex, PoisonError};

impl WasmEdge_String {
    /// What functions give that have no string to give.
    pub const NONE: WasmEdge_String = WasmEdge_String { Length: 0, Buf: ptr::null() };

    /// The bytes; none if there is no address.
    ///
    /// # Safety
    ///
    /// `Length` bytes must be readable at `Buf`, unless that is null.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.Buf.is_null() || self.Length == 0 {
            return &[];
        }
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts(self.Buf.cast(), self.Length as usize) }
    }

    /// The text, if it is UTF-8, as every name in a module is.
    ///
    /// # Safety
    ///
    /// As [`bytes`](WasmEdge_String::bytes).
    pub unsafe fn text<'a>(self) -> Option<&'a str> {
        // SAFETY: the caller's promise.
        std::str::from_utf8(unsafe { self.bytes() }).ok()
    }

    /// As [`text`](WasmEdge_String::text), with what is no UTF-8 replaced.
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn lossy(self) -> String {
        // SAFETY: the caller's promise.
        String::from_utf8_lossy(unsafe { self.bytes() }).into_owned()
    }
}

/// Bytes with a zero behind them. Programs read the strings that they get as C strings, because
/// WasmEdge's end with zero.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(pub(crate) Box<[u8]>);

impl Text {
    /// A copy with a zero behind it.
    pub fn new(text: impl AsRef<[u8]>) -> Text {
        Text([text.as_ref(), &[0]].concat().into())
    }

    /// The text as C gets it; it must not be used longer than this lives.
    pub fn lend(&self) -> WasmEdge_String {
        let length = self.0.len() - 1;
        WasmEdge_String {
            Length: u32::try_from(length).unwrap_or(u32::MAX),
            Buf: self.0.as_ptr().cast(),
        }
    }
}

/// Texts that are lent; they stay as long as this does.
#[derive(Default)]
pub struct Texts(Mutex<BTreeSet<Text>>);

impl Texts {
    /// Lends a copy of the text.
    pub fn lend(&self, text: &str) -> WasmEdge_String {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = Text::new(text);
        if let Some(kept) = texts.get(&text) {
            return kept.lend();
        }
        let lent = text.lend();
        texts.insert(text);
        lent
    }
}

/// Writes a text as C wants it and gives its whole length.
///
/// # Safety
///
/// `len` bytes must be writable at `buf`, unless that is null.
pub unsafe fn write_text(text: &str, buf: *mut c_char, len: usize) -> usize {
    if !buf.is_null() && len > 0 {
        let count = text.len().min(len - 1);
        // SAFETY: the caller's promise.
        unsafe {
            ptr::copy(text.as_ptr().cast(), buf, count);
            buf.add(count).write(0);
        }
    }
    text.len()
}
