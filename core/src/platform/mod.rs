//! The only code that differs between systems, and the only home of `unsafe` system calls.

pub(crate) mod time;
