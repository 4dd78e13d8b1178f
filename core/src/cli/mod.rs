//! The commands as functions: arguments and streams in, exit status out.
//!
//! `wasmedge` and `wasmedgec` take the options of WasmEdge 0.11.2; `wasmspan` has our own. The
//! binaries only call these functions, and so do other languages' "driver" calls. What a guest
//! itself reads and writes are the streams of the process.

mod inspect;
mod number;
mod options;
mod parser;
mod reactor;
mod wasmedge;
mod wasmedgec;
mod wasmspan;

use crate::cache;
use crate::config::Config;
use std::sync::Arc;

pub use self::wasmedge::wasmedge;
pub use self::wasmedgec::wasmedgec;
pub use self::wasmspan::wasmspan;

/// Keeps compiled code on disk for later runs; what goes wrong with that is told on standard error.
fn switch_cache_on(config: &mut Config) {
    cache::warn_on_stderr();
    config.cache = Some(Arc::default());
}

/// The version that `wasmedge` and `wasmedgec` tell: the one whose interface they have.
const WASMEDGE_VERSION: &str = "0.11.2";

/// Exit status of a run that failed.
const FAILURE: i32 = 1;
