//! WasmEdge's C interface over Wasmspan: what all releases of it share.
//!
//! The libraries `wasmedge` and `wasmedge_c` are this crate and the few functions in which the
//! releases differ. `abi` has the structures, `handle` what a context pointer is, `door` the way in
//! and out of every function; the other modules have a part of the interface each. What is said of a
//! function in the header is not said again here.

#![allow(non_snake_case, non_camel_case_types, missing_docs)]
// What every pointer must be is in the header, for all functions alike.
#![allow(clippy::missing_safety_doc, clippy::not_unsafe_ptr_arg_deref)]

pub mod abi;
pub mod ast;
pub mod cause;
pub mod compiler;
pub mod configure;
pub mod door;
pub mod entities;
pub mod executor;
pub mod frame;
pub mod function;
pub mod handle;
pub mod hosts;
pub mod instance;
pub mod kinds;
pub mod release;
pub mod result;
pub mod shim;
pub mod statistics;
pub mod store;
pub mod string;
pub mod task;
pub mod uses;
pub mod value;
pub mod vm;
pub mod vm_run;
