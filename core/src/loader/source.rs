//! Where modules come from: files and pipes, read within bounds.

use crate::error::{ErrCode, Error, Result};
use crate::limits;
use crate::platform::file::{is_pipe, read_pipe, read_whole};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// The content of a regular file or pipe.
///
/// Directories and devices are refused, and pipes that nobody writes to after a while.
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
    let bytes = if is_pipe(&meta) {
        read_pipe(&file, limits::MAX_MODULE_BYTES + 1, limits::PIPE_WAIT).map_err(unreadable)?
    } else if meta.is_file() {
        read_whole(&file, limits::MAX_MODULE_BYTES + 1).map_err(unreadable)?
    } else {
        let what = "this is neither a regular file nor a pipe";
        return Err(Error::with_detail(ErrCode::IllegalPath, what));
    };
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
