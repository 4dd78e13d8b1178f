//! Shared helpers of the test suites.

pub mod fuzz;
pub mod support;
