//! Strings that C makes: bytes with a length.

use crate::abi::WasmEdge_String;
use crate::enter::enter;
use crate::text::Text;
use std::ffi::{CStr, c_char};
use std::ptr;

/// A new string with these bytes.
fn owned(bytes: &[u8]) -> WasmEdge_String {
    match u32::try_from(bytes.len()) {
        // Nothing to free.
        Ok(0) => WasmEdge_String { Length: 0, Buf: c"".as_ptr() },
        Ok(length) => {
            let copy = Box::into_raw(Text::new(bytes).0);
            WasmEdge_String { Length: length, Buf: copy.cast_const().cast() }
        }
        Err(_) => WasmEdge_String::NONE,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_StringCreateByCString(Str: *const c_char) -> WasmEdge_String {
    enter(WasmEdge_String::NONE, || {
        // SAFETY: the caller passes a string that ends with zero, or null.
        (!Str.is_null()).then(|| owned(unsafe { CStr::from_ptr(Str) }.to_bytes()))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_StringCreateByBuffer(
    Buf: *const c_char,
    Len: u32,
) -> WasmEdge_String {
    enter(WasmEdge_String::NONE, || {
        // SAFETY: the caller passes a buffer of this length, or null.
        (!Buf.is_null()).then(|| owned(unsafe { WasmEdge_String { Length: Len, Buf }.bytes() }))
    })
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
        let size = Str.Length as usize + 1;
        let bytes = ptr::slice_from_raw_parts_mut(Str.Buf.cast_mut().cast::<u8>(), size);
        // SAFETY: the caller passes a string that a `StringCreate` function made, once; a zero
        // follows its bytes.
        drop(unsafe { Box::from_raw(bytes) });
    }
}
