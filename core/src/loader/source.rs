//! Where modules come from: files, read within bounds, and the text format.

use super::diagnose::{self, Part};
use crate::error::{ErrCode, Error, Result};
use crate::limits;
use crate::platform::file::read_whole;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// The content of a regular file.
///
/// Directories, pipes and devices are refused, so that a read always ends.
pub(super) fn read(path: &Path) -> Result<Arc<[u8]>> {
    let file = open(path).map_err(|e| {
        let what = match e.kind() {
            ErrorKind::NotFound => "there is no such file".to_string(),
            _ => format!("the file can't be opened: {e}"),
        };
        Error::with_detail(ErrCode::IllegalPath, what)
    })?;
    let unreadable = |e| Error::with_detail(ErrCode::ReadError, format!("reading failed: {e}"));
    let meta = file.metadata().map_err(unreadable)?;
    if meta.is_dir() {
        return Err(Error::with_detail(ErrCode::IllegalPath, "this is a directory, not a file"));
    }
    if !meta.is_file() {
        return Err(Error::with_detail(ErrCode::IllegalPath, "this is not a regular file"));
    }
    let bytes = read_whole(&file, limits::MAX_MODULE_BYTES + 1).map_err(unreadable)?;
    if bytes.len() as u64 > limits::MAX_MODULE_BYTES {
        return Err(too_large());
    }
    Ok(bytes)
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Without the flag, opening a pipe waits for its other end.
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// The error for more bytes than [`limits::MAX_MODULE_BYTES`].
pub(super) fn too_large() -> Error {
    let limit = limits::MAX_MODULE_BYTES;
    let detail = format!("the module is larger than the limit of {limit} bytes");
    Error::with_detail(ErrCode::LengthOutOfBounds, detail)
}

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
    match wat::parse_str(text) {
        Ok(binary) => Ok(binary.into()),
        Err(e) => fail(0, format!("this is not valid WebAssembly text: {e}")),
    }
}

#[cfg(not(feature = "wat"))]
fn from_text(_text: &[u8]) -> Result<Arc<[u8]>> {
    let why = "this looks like WebAssembly text, which this build doesn't read";
    Err(diagnose::error(ErrCode::MalformedMagic, Part::Header, 0, why))
}
