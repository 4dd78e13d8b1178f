//! Writing a file so that it is there whole or not at all.

use crate::error::{ErrCode, Error, Result};
use crate::platform::file::check_size;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Replaces the content of the file at `path`.
///
/// A new file takes the old one's place when all of it is written; until then, and after any
/// failure, the old one is there. Devices and pipes are written directly.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes).map_err(|error| {
        let what = match error.kind() {
            io::ErrorKind::NotFound => "there is no such folder".to_string(),
            _ => format!("the file can't be written: {error}"),
        };
        Error::with_detail(ErrCode::IllegalPath, what)
            .closing(format!("File name: \"{}\"", path.display()))
            .caused_by(error)
    })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What a link points to is replaced, not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if fs::metadata(&target).is_ok_and(|meta| !meta.is_file()) {
        return OpenOptions::new().write(true).open(&target)?.write_all(bytes);
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wasmspan-");
    let permissions = new_permissions(&target);
    if let Some(permissions) = &permissions {
        builder.permissions(permissions.clone());
    }
    check_size(bytes.len() as u64)?;
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_data()?;
    file.persist(&target)?;
    Ok(())
}

/// Permissions of the file that is replaced; those of any new file if there is none.
#[cfg(unix)]
fn new_permissions(target: &Path) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    // The process's mask still applies.
    let usual = || Permissions::from_mode(0o666);
    Some(fs::metadata(target).map_or_else(|_| usual(), |meta| meta.permissions()))
}

#[cfg(not(unix))]
fn new_permissions(_target: &Path) -> Option<Permissions> {
    None
}
