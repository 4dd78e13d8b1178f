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
use crate::platform;
use std::io::{self, Write};
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

/// Exit status of a command whose reader went away, as shells show it for programs that the signal
/// about that ended.
const BROKEN_PIPE: i32 = 128 + 13;

/// Prepares the process of a command: a file that becomes larger than the process may write is an
/// error for the guest, or for whoever else writes it, and does not end the process.
pub fn begin() {
    platform::signal::ignore_file_size();
}

/// Runs a command with its output. If the reader of that has gone away, such as `head`, the command
/// has nothing more to say.
fn with_output(out: &mut dyn Write, run: impl FnOnce(&mut dyn Write) -> i32) -> i32 {
    let mut out = Output { to: out, broken: false };
    let status = run(&mut out);
    let _ = out.flush();
    if out.broken { BROKEN_PIPE } else { status }
}

/// An output that notes when its reader has gone away, and takes everything from then on.
struct Output<'a> {
    to: &'a mut dyn Write,
    broken: bool,
}

impl Output<'_> {
    fn unless_broken<T>(&mut self, gone: T, result: io::Result<T>) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.broken = true;
                Ok(gone)
            }
            other => other,
        }
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Ok(bytes.len());
        }
        let result = self.to.write(bytes);
        self.unless_broken(bytes.len(), result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.to.flush();
        self.unless_broken((), result)
    }
}
