//! Paths as guests give them, and names of the directories given to guests.

use crate::limits::MAX_WASI_PATH_BYTES;
use crate::wasi::abi::Errno;
use std::path::Path;

/// A path of a guest that may be handed to the sandbox: not empty, relative, UTF-8, without zero
/// bytes, and not too long. It may still try to leave; the sandbox refuses that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::wasi) struct GuestPath(String);

impl GuestPath {
    /// Fails if a path is too long to be looked at.
    pub(in crate::wasi) fn check_length(len: u32) -> Result<(), Errno> {
        if len > MAX_WASI_PATH_BYTES { Err(Errno::NameTooLong) } else { Ok(()) }
    }

    /// # Errors
    ///
    /// `IlSeq` for what is not UTF-8, `Inval` for a zero byte, `NoEnt` for nothing, `Perm` for an
    /// absolute path.
    pub(in crate::wasi) fn new(bytes: Vec<u8>) -> Result<GuestPath, Errno> {
        let text = String::from_utf8(bytes).map_err(|_| Errno::IlSeq)?;
        if text.contains('\0') {
            return Err(Errno::Inval);
        }
        if text.is_empty() {
            return Err(Errno::NoEnt);
        }
        if text.starts_with('/') {
            return Err(Errno::Perm);
        }
        Ok(GuestPath(text))
    }

    pub(in crate::wasi) fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// Without the slashes at its end.
    pub(super) fn without_slash(&self) -> &Path {
        Path::new(self.0.trim_end_matches('/'))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a slash at the end says that a directory is meant.
    pub(super) fn names_directory(&self) -> bool {
        self.0.ends_with('/') || self.0.ends_with("/.")
    }
}

/// The name under which a guest sees a directory: slashes at the end and repeated ones go, and `..` is
/// resolved. Above the root it leads nowhere; at the front of a relative name it stays, because
/// programs look for what they call `../a` under that name. Of other dots one at the front stays, and
/// no name is `.`.
pub(in crate::wasi) fn clean_name(name: &str) -> String {
    let absolute = name.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('/').filter(|part| !part.is_empty()) {
        match part {
            "." if parts.is_empty() && !absolute => parts.push(part),
            "." => {}
            ".." => match parts.last() {
                None | Some(&"..") if !absolute => parts.push(part),
                None => {}
                Some(&".") => parts = vec![".."],
                Some(_) => drop(parts.pop()),
            },
            _ => parts.push(part),
        }
    }
    match (absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".into(),
        (false, false) => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned() {
        let cases = [
            ("", "."),
            ("/", "/"),
            ("///", "/"),
            (".", "."),
            ("./", "."),
            ("./a", "./a"),
            ("/a//b/", "/a/b"),
            ("a/../b", "b"),
            ("..", ".."),
            ("../", ".."),
            ("../..", "../.."),
            ("../../a", "../../a"),
            ("../a/..", ".."),
            ("./..", ".."),
            ("./../..", "../.."),
            ("a/..", "."),
            ("a/../..", ".."),
            ("/..", "/"),
            ("/../a", "/a"),
            ("/./a/./b", "/a/b"),
            ("//a/../../b", "/b"),
            ("a//b/", "a/b"),
        ];
        for (given, clean) in cases {
            assert_eq!(clean_name(given), clean, "{given:?}");
        }
    }

    #[test]
    fn bad_paths_are_refused_before_they_are_used() {
        let path = |text: &[u8]| GuestPath::new(text.to_vec()).map(|_| ());
        assert_eq!(path(b"a\0"), Err(Errno::Inval));
        assert_eq!(path(b"\xff"), Err(Errno::IlSeq));
        assert_eq!(path(b""), Err(Errno::NoEnt));
        assert_eq!(path(b"/a"), Err(Errno::Perm));
        assert_eq!(path(b"../a"), Ok(()));
        assert_eq!(GuestPath::check_length(MAX_WASI_PATH_BYTES), Ok(()));
        assert_eq!(GuestPath::check_length(MAX_WASI_PATH_BYTES + 1), Err(Errno::NameTooLong));
    }
}
