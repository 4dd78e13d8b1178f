//! Shared parts of the test suites.

pub mod fuzz;
pub mod spec;
pub mod support;
pub mod wasi_guest;
