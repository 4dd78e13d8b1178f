//! Files and directories of the host, below a directory that is open.

mod directory;
mod file;
mod open;

pub(in crate::wasi) use directory::HostDirectory;
use file::HostFile;
