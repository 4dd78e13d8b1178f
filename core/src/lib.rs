//! Wasmspan: a WebAssembly runtime.

pub mod config;
pub mod error;
pub mod limits;
pub mod log;
pub mod types;

pub(crate) mod abi;
pub(crate) mod compile;
pub(crate) mod engine;
pub(crate) mod loader;
pub(crate) mod module;
pub(crate) mod platform;
pub(crate) mod validator;
