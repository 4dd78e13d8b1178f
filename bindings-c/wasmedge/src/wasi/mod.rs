//! What guests of WASI get: `wasmspan_wasi_…` and `wasmspan_fs_…`.

pub mod config;
pub mod custom_fs;
pub mod environment;
pub mod fs;
