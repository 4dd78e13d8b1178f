//! The text format, where a binary is accepted.

use super::diagnose::{self, Part};
use crate::error::{ErrCode, Result};
use std::sync::Arc;

/// The binary of what may be text.
pub(super) fn to_binary(bytes: Arc<[u8]>) -> Result<Arc<[u8]>> {
    if looks_like_text(&bytes) { from_text(&bytes) } else { Ok(bytes) }
}

/// Whether the first thing that is neither white space nor comment is a parenthesis.
fn looks_like_text(bytes: &[u8]) -> bool {
    let rest = bytes.trim_ascii_start();
    rest.starts_with(b"(") || rest.starts_with(b";;")
}

#[cfg(feature = "wat")]
fn from_text(text: &[u8]) -> Result<Arc<[u8]>> {
    let fail = |offset: u64, why: String| {
        Err(diagnose::error(ErrCode::IllegalGrammar, Part::Header, offset, why))
    };
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(e) => return fail(e.valid_up_to() as u64, "the text isn't UTF-8".into()),
    };
    let parsed = parse(text).or_else(|error| match super::old_text::renewed(text) {
        None => Err(error),
        Some(new) => parse(new.text()).map_err(|error| {
            let span = wast::token::Span::from_offset(new.old_offset(error.span().offset()));
            wast::Error::new(span, error.message())
        }),
    });
    match parsed {
        Ok(binary) => Ok(binary.into()),
        Err(mut error) => {
            error.set_text(text);
            fail(0, format!("this is not valid WebAssembly text: {error}"))
        }
    }
}

#[cfg(feature = "wat")]
fn parse(text: &str) -> std::result::Result<Vec<u8>, wast::Error> {
    let buffer = wast::parser::ParseBuffer::new(text)?;
    wast::parser::parse::<wast::Wat<'_>>(&buffer)?.encode()
}

#[cfg(not(feature = "wat"))]
fn from_text(_text: &[u8]) -> Result<Arc<[u8]>> {
    let why = "this looks like WebAssembly text, which this build doesn't read";
    Err(diagnose::error(ErrCode::MalformedMagic, Part::Header, 0, why))
}
