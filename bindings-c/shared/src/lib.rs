//! WasmEdge's C interface over Wasmspan: what all releases of it share.
//!
//! The libraries `wasmedge` and `wasmedge_c` are this crate and the few functions in which the
//! releases differ. `abi` has the structures, `handle` what a context pointer is, `enter` the way in
//! and out of every function; the other modules have a part of the interface each. What is said of a
//! function in the header is not said again here.

#![allow(non_snake_case, non_camel_case_types, missing_docs)]
// What every pointer must be is in the header, for all functions alike.
#![allow(clippy::missing_safety_doc, clippy::not_unsafe_ptr_arg_deref)]

pub mod abi;
pub mod async_call;
pub mod call;
pub mod compiler;
pub mod config;
pub mod enter;
pub mod error;
pub mod executor;
pub mod frame;
pub mod function;
pub mod global;
pub mod handle;
pub mod host_function;
pub mod import_export;
pub mod instance;
pub mod log;
pub mod memory;
pub mod module;
pub mod plugin;
pub mod release;
pub mod shim;
pub mod statistics;
pub mod store;
pub mod string;
pub mod table;
pub mod text;
pub mod types;
pub mod uses;
pub mod value;
pub mod vm;
pub mod vm_run;
pub mod wasi;
