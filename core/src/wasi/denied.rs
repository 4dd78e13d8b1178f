//! What a guest asked for and did not get, and the option that would give it.

use super::abi::Errno;
use crate::limits::MAX_DENIALS;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Something that a guest was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The function that the guest called.
    pub function: String,
    /// What it asked for, as a path, an address or words.
    pub wanted: String,
    /// The error number that it got.
    pub errno: u32,
    /// What would allow it, as an option of the command; what else is to be said if nothing would.
    pub option: String,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Denial { function, wanted, errno, option } = self;
        write!(f, "{function}: {wanted} was refused with {errno}; {option}")
    }
}

/// A record of what guests were refused; clones share it. Each refusal is kept once, and at most
/// [`MAX_DENIALS`] of them.
///
/// ```
/// use wasmspan::wasi::Denials;
/// let denials = Denials::new();
/// let wasi = wasmspan::Wasi::builder().record_denials(&denials).build()?;
/// # drop(wasi);
/// for denial in denials.entries() {
///     eprintln!("{denial}");
/// }
/// # Ok::<(), wasmspan::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Denials(Arc<Mutex<Vec<Denial>>>);

impl Denials {
    /// An empty record.
    pub fn new() -> Denials {
        Denials::default()
    }

    /// What was refused so far, in order.
    pub fn entries(&self) -> Vec<Denial> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn add(&self, function: &str, wanted: String, errno: Errno, option: String) {
        let errno = errno as u32;
        let denial = Denial { function: function.to_string(), wanted, errno, option };
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() < MAX_DENIALS && !held.contains(&denial) {
            held.push(denial);
        }
    }
}

/// The option that would give a guest the path that it named below a directory which it sees as
/// `below`; `None` for a directory that has no name of its own.
pub(super) fn option_for_path(below: Option<&str>, path: &str, errno: Errno) -> String {
    let leaves = matches!(errno, Errno::Perm | Errno::NoEnt);
    match below {
        Some(name) if !leaves => {
            format!(
                "{name:?} is read-only for the guest, or its files are for this user: --dir {name}:HOST_DIRECTORY gives all rights"
            )
        }
        Some(name) => match wanted_directory(name, path) {
            Some(directory) => format!("--dir {directory}:HOST_DIRECTORY would give it"),
            None => "it leads out of every directory that could be given".to_string(),
        },
        None if leaves => "it leads out of its directory, perhaps through a link".to_string(),
        None => "the descriptor lacks the right".to_string(),
    }
}

/// The option that would give a guest sockets.
pub(super) fn option_for_sockets() -> String {
    "--sockets would give it, or running without --no-sockets".to_string()
}

/// What would give a guest an address or a name that its list leaves out.
pub(super) fn option_for_address() -> String {
    "naming it in the list of allowed addresses would give it".to_string()
}

/// The directory of the guest's that holds what a path names.
fn wanted_directory(below: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let start = if path.starts_with('/') { "" } else { below };
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    // The last part may be the file.
    if parts.len() > 1 {
        parts.pop();
    }
    if parts.is_empty() { None } else { Some(format!("/{}", parts.join("/"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_a_path_is_named() {
        let cases = [
            ("/", "etc/passwd", Some("/etc")),
            ("data", "../other/file", Some("/other")),
            ("data", "/etc/passwd", Some("/etc")),
            ("data", "..", None),
            ("a/b", "../c", Some("/a")),
        ];
        for (below, path, wanted) in cases {
            assert_eq!(wanted_directory(below, path).as_deref(), wanted, "{below} {path}");
        }
    }
}
