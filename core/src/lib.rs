//! Wasmspan: a WebAssembly runtime.

pub mod config;
pub mod error;
pub mod limits;
pub mod types;

pub(crate) mod module;
