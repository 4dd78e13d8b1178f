//! Strings: bytes with a length.

use crate::abi::WasmEdge_String;
use crate::door::door;
use std::collections::BTreeSet;
use std::ffi::{CStr, c_char};
use std::ptr;
use std::sync::{Mutex, PoisonError};

const EMPTY: WasmEdge_String = WasmEdge_String { Length: 0, Buf: ptr::null() };

impl WasmEdge_String {
    /// A borrowed string; the text must outlive its use in C.
    pub fn borrowed(text: &str) -> WasmEdge_String {
        WasmEdge_String {
            Length: u32::try_from(text.len()).unwrap_or(u32::MAX),
            Buf: text.as_ptr().cast(),
        }
    }

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

/// Texts handed out as borrowed strings; they stay as long as this does.
#[derive(Default)]
pub struct Texts(Mutex<BTreeSet<Box<str>>>);

impl Texts {
    /// The text as a borrowed string.
    pub fn lend(&self, text: &str) -> WasmEdge_String {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !texts.contains(text) {
            texts.insert(text.into());
        }
        let kept = texts.get(text).map_or("", |kept| kept);
        WasmEdge_String::borrowed(kept)
    }
}

/// A new string with these bytes.
fn owned(bytes: &[u8]) -> WasmEdge_String {
    let Ok(length) = u32::try_from(bytes.len()) else { return EMPTY };
    if bytes.is_empty() {
        return EMPTY;
    }
    let copy: Box<[u8]> = bytes.into();
    WasmEdge_String { Length: length, Buf: Box::into_raw(copy).cast_const().cast() }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_StringCreateByCString(Str: *const c_char) -> WasmEdge_String {
    door(EMPTY, || {
        // SAFETY: the caller passes a string that ends with zero, or null.
        (!Str.is_null()).then(|| owned(unsafe { CStr::from_ptr(Str) }.to_bytes()))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_StringCreateByBuffer(
    Buf: *const c_char,
    Len: u32,
) -> WasmEdge_String {
    // SAFETY: the caller passes a buffer of this length, or null.
    door(EMPTY, || Some(owned(unsafe { WasmEdge_String { Length: Len, Buf }.bytes() })))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_StringWrap(Buf: *const c_char, Len: u32) -> WasmEdge_String {
    WasmEdge_String { Length: if Buf.is_null() { 0 } else { Len }, Buf }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_StringIsEqual(
    Str1: WasmEdge_String,
    Str2: WasmEdge_String,
) -> bool {
    // SAFETY: the caller passes strings.
    unsafe { Str1.bytes() == Str2.bytes() }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_StringCopy(
    Str: WasmEdge_String,
    Buf: *mut c_char,
    Len: u32,
) -> u32 {
    if Buf.is_null() {
        return 0;
    }
    // SAFETY: the caller passes a string and a buffer of this length.
    unsafe {
        let bytes = Str.bytes();
        let count = bytes.len().min(Len as usize);
        ptr::write_bytes(Buf.add(count), 0, Len as usize - count);
        ptr::copy(bytes.as_ptr().cast(), Buf, count);
        count as u32
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_StringDelete(Str: WasmEdge_String) {
    if !Str.Buf.is_null() && Str.Length > 0 {
        let bytes =
            ptr::slice_from_raw_parts_mut(Str.Buf.cast_mut().cast::<u8>(), Str.Length as usize);
        // SAFETY: the caller passes a string that a `StringCreate` function made, once.
        drop(unsafe { Box::from_raw(bytes) });
    }
}
