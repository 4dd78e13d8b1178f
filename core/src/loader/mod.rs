//! From bytes, text or a file to a parsed module.
//!
//! The loader decodes everything, function bodies included, so that every malformed module fails
//! here; whether a well-formed module obeys the rules is the validator's question. It never
//! reserves memory on the word of a count in the module.

mod beyond;
mod body;
mod brief;
mod constant;
mod convert;
pub(crate) mod diagnose;
pub(crate) mod features;
#[cfg(feature = "wat")]
mod old_text;
pub(crate) mod operators;
mod sections;
mod source;
mod text;

#[cfg(test)]
mod suite_tests;
#[cfg(test)]
mod tests;

pub(crate) use brief::is_brief;

use crate::config::Config;
use crate::error::{ErrCode, Error, Result};
use crate::limits;
use crate::module::ModuleInfo;
use diagnose::Part;
use std::path::Path;
use std::sync::Arc;

/// Parses a module in the binary format or, where the text format is built in, in that.
///
/// # Errors
///
/// Malformed modules, with the byte offset and what was expected there.
pub(crate) fn load_bytes(config: &Config, bytes: Arc<[u8]>) -> Result<ModuleInfo> {
    if bytes.len() as u64 > limits::MAX_MODULE_BYTES {
        return Err(source::too_large());
    }
    let bytes = text::to_binary(bytes)?;
    check_header(&bytes)?;
    sections::parse(config, bytes, Bodies::Unknown)
}

/// Parses a binary whose function bodies were found valid when it was compiled; they are not read.
///
/// # Errors
///
/// As [`load_bytes`].
pub(crate) fn load_valid(config: &Config, bytes: Arc<[u8]>) -> Result<ModuleInfo> {
    check_header(&bytes)?;
    sections::parse(config, bytes, Bodies::Valid)
}

/// What is known of function bodies before they are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bodies {
    Unknown,
    Valid,
}

/// Reads a file and does `then` with its content.
///
/// # Errors
///
/// Those of `then`, and files that can't be read; every error names the file in its last line.
pub(crate) fn with_file<T>(path: &Path, then: impl FnOnce(Arc<[u8]>) -> Result<T>) -> Result<T> {
    source::read(path)
        .and_then(then)
        .map_err(|error| error.closing(format!("File name: \"{}\"", path.display())))
}

/// What the `producers` section says: field, name and version, as far as it makes sense.
pub(crate) fn producers(module: &ModuleInfo) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (_, range) in module.customs.iter().filter(|(name, _)| name == "producers") {
        let reader = wasmparser::BinaryReader::new(&module.bytes[range.clone()], 0);
        let Ok(fields) = wasmparser::ProducersSectionReader::new(reader) else { continue };
        for field in fields.into_iter().map_while(|field| field.ok()) {
            for value in field.values.into_iter().map_while(|value| value.ok()) {
                found.push((field.name.into(), value.name.into(), value.version.into()));
            }
        }
    }
    found
}

/// Refuses what isn't a module by saying what it is.
pub(crate) fn check_header(bytes: &[u8]) -> Result<()> {
    const MAGIC: &[u8] = b"\0asm";
    let fail = |code, offset, detail: String| {
        let error: Error = diagnose::error(code, Part::Header, offset, detail);
        Err(error)
    };
    if bytes.is_empty() {
        return fail(ErrCode::UnexpectedEnd, 0, "the input is empty".into());
    }
    let shown = &bytes[..bytes.len().min(MAGIC.len())];
    if shown != MAGIC {
        let detail = format!("a module starts with the bytes 00 61 73 6d, not {shown:02x?}");
        let cut = shown.len() < MAGIC.len();
        let code = if cut { ErrCode::UnexpectedEnd } else { ErrCode::MalformedMagic };
        return fail(code, 0, detail);
    }
    if wasmparser::Parser::is_component(bytes) {
        let detail = "this is a component, not a module; build it for a core target such as \
                      wasm32-wasip1, or extract its core module";
        return fail(ErrCode::MalformedVersion, 4, detail.into());
    }
    Ok(())
}
