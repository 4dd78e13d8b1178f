//! Shared parts of the test suites.

pub mod examples;
pub mod fuzz;
pub mod old_kernel;
pub mod scenario;
pub mod spec;
pub mod support;
pub mod wasi_guest;
