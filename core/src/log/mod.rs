//! The process-wide log, in WasmEdge's line format.
//!
//! The library logs nothing but through these functions, and nothing at all until a level is set;
//! lines go to standard output, or to a sink the host sets. WasmEdge's commands and C library begin
//! with [`LogLevel::Info`], as its own do.

mod fault;

pub use fault::faults;
#[doc(hidden)]
pub use fault::{fault, guarded, message, note_places};

use crate::error::Error;
use crate::platform::time::{LocalTime, local_now};
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// How important a line is. The process-wide level names the least important lines still written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LogLevel {
    /// Every step.
    Trace = 0,
    /// For finding mistakes.
    Debug = 1,
    /// What happens.
    Info = 2,
    /// Something that may be wrong.
    Warn = 3,
    /// Failures.
    Error = 4,
    /// Nothing: as a level, it silences the log, as at start.
    Off = 5,
}

impl LogLevel {
    /// Every level, the least important first.
    pub const ALL: [LogLevel; 6] = [
        LogLevel::Trace,
        LogLevel::Debug,
        LogLevel::Info,
        LogLevel::Warn,
        LogLevel::Error,
        LogLevel::Off,
    ];

    /// The word in a line.
    pub fn text(self) -> &'static str {
        match self {
            LogLevel::Trace => "trace",
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Warn => "warning",
            LogLevel::Error => "error",
            LogLevel::Off => "off",
        }
    }

    /// Escape sequence of the word's colour on a terminal.
    fn colour(self) -> &'static str {
        match self {
            LogLevel::Trace => "\x1b[37m",
            LogLevel::Debug => "\x1b[36m",
            LogLevel::Info => "\x1b[32m",
            LogLevel::Warn => "\x1b[33m\x1b[1m",
            LogLevel::Error => "\x1b[31m\x1b[1m",
            LogLevel::Off => "",
        }
    }
}

/// Receives lines instead of standard output: level and text, without time.
pub type Sink = Arc<dyn Fn(LogLevel, &str) + Send + Sync>;

static LEVEL: AtomicU8 = AtomicU8::new(LogLevel::Off as u8);
static SINK: RwLock<Option<Sink>> = RwLock::new(None);

/// Sets the level of the process; [`LogLevel::Off`] silences the log.
pub fn set_level(level: LogLevel) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// The level of the process.
pub fn level() -> LogLevel {
    LogLevel::ALL[usize::from(LEVEL.load(Ordering::Relaxed))]
}

/// Whether lines of this level are written.
pub fn enabled(level: LogLevel) -> bool {
    level != LogLevel::Off && level as u8 >= LEVEL.load(Ordering::Relaxed)
}

/// Sends lines to `sink` from now on; `None` sends them to standard output again.
///
/// # Notes
///
/// The sink may be called from any thread, and may log itself. A panic in it is contained.
pub fn set_sink(sink: Option<Sink>) {
    *SINK.write().unwrap_or_else(PoisonError::into_inner) = sink;
}

/// Writes a line, if its level is enabled.
pub fn log(level: LogLevel, text: &str) {
    if !enabled(level) {
        return;
    }
    // Cloned, so that the sink runs without the lock.
    let sink = SINK.read().unwrap_or_else(PoisonError::into_inner).clone();
    match sink {
        Some(sink) => {
            let call = std::panic::AssertUnwindSafe(|| sink(level, text));
            let _ = std::panic::catch_unwind(call);
        }
        None => {
            let mut out = std::io::stdout().lock();
            let line = format_line(local_now(), level, text, out.is_terminal());
            // There is no better place to report that the log can't be written.
            let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        }
    }
}

/// Writes a failure as WasmEdge does: phase, message and code, then every line of detail. Ending
/// on request is no failure and writes nothing.
pub fn log_error(error: &Error) {
    if error.is_terminated() || !enabled(LogLevel::Error) {
        return;
    }
    log(LogLevel::Error, &headline(error));
    for line in error.log_lines() {
        for line in line.lines() {
            log(LogLevel::Error, &format!("    {line}"));
        }
    }
}

fn headline(error: &Error) -> String {
    format!("{} failed: {}, Code: 0x{:02x}", error.phase(), error.message(), error.number())
}

fn format_line(time: LocalTime, level: LogLevel, text: &str, colour: bool) -> String {
    let LocalTime { year, month, day, hour, minute, second, millisecond } = time;
    let (on, off) = if colour { (level.colour(), "\x1b[m") } else { ("", "") };
    format!(
        "[{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{millisecond:03}] \
         [{on}{}{off}] {text}\n",
        level.text()
    )
}

#[cfg(test)]
mod tests;
