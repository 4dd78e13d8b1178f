//! What is wrong with an item that goes on past the end of its section.
//!
//! The parser stops at the stated end and says so. WasmEdge, and the suite's expectations, come
//! from readers that go on; these look at what such a reader would have met.

use super::convert::Place;
use super::diagnose::{self, Part};
use crate::error::{ErrCode, Error};
use wasmparser::{BinaryReader, FromReader};

/// Translates the parser's error for an item at `place` of a section that stops at `end`.
#[cold]
pub(super) fn item<'a, T: FromReader<'a>>(
    bytes: &'a [u8],
    place: Place,
    end: usize,
    e: &wasmparser::Error,
) -> Error {
    let rest = &bytes[place.offset as usize..];
    let flags = match place.part {
        Part::Memory => rest.first(),
        Part::Table => rest.get(1),
        _ => None,
    };
    if let Some(error) = flags.and_then(|&flags| limits_flags(flags, place)) {
        return error;
    }
    if !e.message().contains("unexpected end-of-file") {
        return diagnose::malformed(place.part, e);
    }
    let mut reader = BinaryReader::new_features(rest, place.offset, place.features);
    if matches!(place.part, Part::Import | Part::Export)
        && let Some(error) = names_and_kind(&mut reader.clone(), place)
    {
        return error;
    }
    if end > 0
        && bytes[end - 1] & 0x80 != 0
        && let Err(beyond) = reader.read::<T>()
    {
        let beyond = diagnose::malformed(place.part, &beyond);
        if is_integer(&beyond) {
            return beyond;
        }
    }
    diagnose::malformed(place.part, e)
}

/// Whether an error is about the form of an integer.
pub(super) fn is_integer(error: &Error) -> bool {
    matches!(error.code(), ErrCode::IntegerTooLong | ErrCode::IntegerTooLarge)
}

/// The error that a flags byte of limits deserves before what follows it is read.
fn limits_flags(flags: u8, place: Place) -> Option<Error> {
    let shared_without_max = flags & 0b11 == 0b10;
    if flags & 0x80 != 0 {
        let why = "the flags of limits are a single byte";
        return Some(diagnose::error(ErrCode::IntegerTooLong, place.part, place.offset, why));
    }
    if shared_without_max && !(place.part == Part::Memory && place.features.threads()) {
        return place.refuse::<()>(ErrCode::IntegerTooLarge, "threads").err();
    }
    if flags & 0b100 != 0 && !place.features.memory64() {
        return place.refuse::<()>(ErrCode::IntegerTooLarge, "memory64").err();
    }
    None
}

/// The error of an import or export that is cut off: a name longer than the rest of the input, or
/// a kind of an unfinished proposal, of which no more can be read.
fn names_and_kind(reader: &mut BinaryReader<'_>, place: Place) -> Option<Error> {
    let names = if place.part == Part::Import { 2 } else { 1 };
    for _ in 0..names {
        let offset = reader.original_position();
        let len = reader.read_var_u32().ok()?;
        let left = reader.bytes_remaining();
        if len as usize > left {
            let why = format!("a name states {len} bytes, but {left} are left");
            return Some(diagnose::error(ErrCode::LengthOutOfBounds, place.part, offset, why));
        }
        reader.read_bytes(len as usize).ok()?;
    }
    match reader.read_u8().ok()? {
        4 => place.refuse_part::<()>("exceptions").err(),
        _ => None,
    }
}
