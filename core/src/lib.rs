//! Wasmspan: a WebAssembly runtime that loads, validates, compiles and runs modules.
//!
//! A [`Module`] is loaded and compiled once; an [`Instance`] of it has its own memories, tables and
//! globals; a [`Store`] holds instances under the names that others import from. Host functions are
//! made from closures by [`Func::wrap`] and put into a host module made by [`Instance::host`].
//!
//! ```
//! use wasmspan::{Func, Instance, Module, Store};
//!
//! let store = Store::new();
//! let env = Instance::host("env");
//! env.define("double", Func::wrap(|n: i32| n * 2)?)?;
//! store.register("env", &env)?;
//!
//! let module = Module::new(br#"(module
//!     (import "env" "double" (func $double (param i32) (result i32)))
//!     (func (export "quadruple") (param i32) (result i32)
//!         (call $double (call $double (local.get 0)))))"#)?;
//! let instance = module.instantiate(&store)?;
//! let quadruple = instance.typed::<i32, i32>("quadruple")?;
//! assert_eq!(quadruple.call(5)?, 20);
//! # Ok::<(), wasmspan::Error>(())
//! ```
//!
//! The folders of this crate are its layers; `ARCHITECTURE.md` draws how a module travels through
//! them from bytes to a result.

// A few functions serve the commands only.
#![cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]

pub mod bindgen;
#[cfg(feature = "cli")]
pub mod cli;
pub mod command;
pub mod config;
pub mod error;
pub mod limits;
pub mod log;
pub mod raw;
pub mod types;
pub mod wasi;

pub(crate) mod abi;
pub(crate) mod artifact;
pub(crate) mod cache;
pub(crate) mod compile;
pub(crate) mod compiler;
pub(crate) mod engine;
pub(crate) mod executor;
#[cfg(feature = "cli")]
pub(crate) mod generate;
pub(crate) mod host;
pub(crate) mod interrupt;
pub(crate) mod loader;
pub(crate) mod module;
pub(crate) mod platform;
pub(crate) mod runtime;
pub(crate) mod statistics;
pub(crate) mod store;
pub(crate) mod task;
pub(crate) mod validator;
pub(crate) mod vm;

pub use cache::Stats as CacheStats;
pub use command::Command;
pub use compiler::{Compiler, Progress};
pub use config::{Config, Limits};
pub use error::{Cause, ErrCode, Error, ImportFault, Result};
pub use executor::{Executor, Loader, Module, Pool, Pooled, Validator, ensure_signal_handlers};
pub use interrupt::Interrupt;
pub use runtime::{
    Caller, Extern, ExternRef, Func, Global, HostResult, Instance, IntoFunc, Memory, SlotFunc,
    Table, TypedFunc, Val, WasmParams, WasmResults, WasmTy,
};
pub use statistics::Statistics;
pub use store::Store;
pub use task::Task;
pub use types::{
    ExportType, ExternKind, ExternType, FuncType, GlobalType, ImportType, MemoryType, Mutability,
    RefType, SizeLimits, TableType, ValType,
};
pub use vm::{Vm, VmState};
pub use wasi::Wasi;
