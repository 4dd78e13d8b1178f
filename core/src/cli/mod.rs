//! The commands as functions: arguments and streams in, exit status out.
//!
//! `wasmedge` and `wasmedgec` take the options of WasmEdge 0.11.2; `wasmspan` has our own. The
//! binaries only call these functions, and so do other languages' "driver" calls. What a guest
//! itself reads and writes are the streams of the process.

mod number;
mod options;
mod parser;
mod reactor;
mod wasmedge;
mod wasmedgec;
mod wasmspan;

pub use self::wasmedge::wasmedge;
pub use self::wasmedgec::wasmedgec;
pub use self::wasmspan::wasmspan;

/// The version that `wasmedge` and `wasmedgec` tell: the one whose interface they have.
const WASMEDGE_VERSION: &str = "0.11.2";

/// Exit status of a run that failed.
const FAILURE: i32 = 1;
