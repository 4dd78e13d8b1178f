//! The only calls of the operating system for memory, faults, stacks, clocks, whole files, raw
//! transfers and what sockets lack elsewhere, and threads that share work; knows no wasm.
//!
//! Differences between systems and processors are whole files: `signal/linux_x86_64.rs` and its
//! siblings offer the same names, `signal/unsupported.rs` says clearly what is missing.

pub(crate) mod file;
pub(crate) mod io;
pub(crate) mod mmap;
pub(crate) mod net;
mod room;
pub(crate) mod signal;
pub(crate) mod stack;
pub(crate) mod time;
pub(crate) mod workers;
