//! Errors: one table of WasmEdge's codes, and the value that carries one to the caller.

mod cause;
mod code;
mod frame;

pub use cause::{Cause, ImportFault, time_limit};
pub use code::{ErrCategory, ErrCode, Phase};
pub use frame::Frame;
pub(crate) use frame::{NotRun, Symbols};

use crate::types::{Logged, SizeLimits, mismatch};
use std::fmt;
use std::sync::Arc;

/// The message of a code that the table does not have.
pub const UNKNOWN_CODE: &str = "unknown error code";

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong: a code of WasmEdge's table or a user code, a detail that says what, where and
/// how to mend it, and for traps the WebAssembly frames.
///
/// Cloning is cheap; the value may cross threads.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    /// Why, where the kind doesn't tell.
    cause: Option<Cause>,
    /// Lines of detail, innermost first; they become WasmEdge's indented log lines.
    details: Vec<String>,
    /// Lines that the log has in place of details, with the place of the detail.
    logged: Vec<(usize, String)>,
    /// Byte offset in the module, for load and validation errors.
    offset: Option<u64>,
    /// Parts of the module around the error, innermost first; only the log shows them.
    nodes: &'static [&'static str],
    /// Lines that close the log of the error: the file, the function that was called.
    closing: Vec<String>,
    frames: Vec<Frame>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Wasm(ErrCode),
    /// A number that the table does not have.
    Unknown(u32),
    User(u32),
}

impl Error {
    /// An error of WasmEdge's table without detail.
    pub fn new(code: ErrCode) -> Error {
        Error::from_kind(Kind::Wasm(code))
    }

    /// An error of WasmEdge's table with one line of detail.
    pub fn with_detail(code: ErrCode, detail: impl Into<String>) -> Error {
        Error::new(code).detail(detail)
    }

    /// A host function's own error; `code` is cut to its lower 24 bits.
    pub fn user(code: u32) -> Error {
        Error::from_kind(Kind::User(code & 0x00FF_FFFF))
    }

    /// An error with a number of WasmEdge's category, of which the lower 24 bits count. One that the
    /// table does not have stays as it is; [`code`](Error::code) calls it a runtime error.
    pub fn from_number(number: u32) -> Error {
        let number = number & 0x00FF_FFFF;
        Error::from_kind(ErrCode::from_number(number).map_or(Kind::Unknown(number), Kind::Wasm))
    }

    /// A host function's own error object, kept so that the caller gets it back through
    /// [`std::error::Error::source`].
    pub fn host(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let source: Arc<dyn std::error::Error + Send + Sync> = Arc::from(source.into());
        let mut error = Error::with_detail(ErrCode::HostFuncError, source.to_string());
        Arc::make_mut(&mut error.0).source = Some(source);
        error
    }

    /// The same error, with the system's behind it.
    pub(crate) fn caused_by(mut self, source: std::io::Error) -> Error {
        Arc::make_mut(&mut self.0).source = Some(Arc::new(source));
        self
    }

    fn from_kind(kind: Kind) -> Error {
        Error(Arc::new(Inner {
            kind,
            cause: None,
            details: Vec::new(),
            logged: Vec::new(),
            offset: None,
            nodes: &[],
            closing: Vec::new(),
            frames: Vec::new(),
            source: None,
        }))
    }

    /// Adds a line of detail after the ones it has.
    pub fn detail(mut self, line: impl Into<String>) -> Error {
        Arc::make_mut(&mut self.0).details.push(line.into());
        self
    }

    /// Adds a line of detail that the log has in other words.
    pub(crate) fn detail_logged(mut self, line: String, logged: String) -> Error {
        let inner = Arc::make_mut(&mut self.0);
        inner.logged.push((inner.details.len(), logged));
        inner.details.push(line);
        self
    }

    /// Adds a line of detail about a type that is not the expected one.
    #[doc(hidden)]
    pub fn mismatched<T: Logged + ?Sized>(self, what: &str, expected: &T, got: &T) -> Error {
        let [line, logged] = mismatch(what, expected, got);
        self.detail_logged(line, logged)
    }

    /// A memory or table that shall have no more than less than its least.
    pub(crate) fn invalid_limit(limits: &SizeLimits) -> Error {
        let (least, logged) = (limits.min, format!("In {}", limits.logged()));
        let line =
            format!("the maximum {} is less than the minimum {least}", limits.max.unwrap_or(0));
        Error::new(ErrCode::InvalidLimit).detail_logged(line, logged)
    }

    /// Sets the byte offset in the module.
    pub(crate) fn at(mut self, offset: u64) -> Error {
        Arc::make_mut(&mut self.0).offset = Some(offset);
        self
    }

    /// Sets the parts of the module around the error, innermost first.
    pub(crate) fn in_nodes(mut self, nodes: &'static [&'static str]) -> Error {
        Arc::make_mut(&mut self.0).nodes = nodes;
        self
    }

    /// Adds a line that stays behind all others, such as the name of the file.
    #[doc(hidden)]
    pub fn closing(mut self, line: impl Into<String>) -> Error {
        Arc::make_mut(&mut self.0).closing.push(line.into());
        self
    }

    /// Sets the WebAssembly frames, innermost first, unless some are set already.
    pub(crate) fn with_frames(mut self, frames: Vec<Frame>) -> Error {
        if self.0.frames.is_empty() && !frames.is_empty() {
            Arc::make_mut(&mut self.0).frames = frames;
        }
        self
    }

    /// The code of WasmEdge's table; [`ErrCode::UserDefError`] for user errors.
    pub fn code(&self) -> ErrCode {
        match self.0.kind {
            Kind::Wasm(code) => code,
            Kind::Unknown(_) => ErrCode::RuntimeError,
            Kind::User(_) => ErrCode::UserDefError,
        }
    }

    /// The number a C caller sees: the table's number, or the user's 24-bit code.
    pub fn number(&self) -> u32 {
        match self.0.kind {
            Kind::Wasm(code) => code as u32,
            Kind::Unknown(code) | Kind::User(code) => code,
        }
    }

    /// Whose number [`number`](Error::number) is.
    pub fn category(&self) -> ErrCategory {
        match self.0.kind {
            Kind::Wasm(_) | Kind::Unknown(_) => ErrCategory::Wasm,
            Kind::User(_) => ErrCategory::UserLevelError,
        }
    }

    /// WasmEdge's message for the code.
    pub fn message(&self) -> &'static str {
        match self.0.kind {
            Kind::Unknown(_) => UNKNOWN_CODE,
            _ => self.code().message(),
        }
    }

    /// Detail lines, innermost first.
    pub fn details(&self) -> &[String] {
        &self.0.details
    }

    /// Every line WasmEdge's log has below the first: details, offset, parts of the module from the
    /// inside out, and last the file or the function that was called.
    pub fn log_lines(&self) -> Vec<String> {
        let mut lines = self.0.details.clone();
        for (at, line) in &self.0.logged {
            lines[*at].clone_from(line);
        }
        lines.extend(self.0.offset.map(|offset| format!("Bytecode offset: 0x{offset:08x}")));
        lines.extend(self.0.nodes.iter().map(|node| format!("At AST node: {node}")));
        lines.extend(self.0.closing.iter().cloned());
        lines
    }

    /// Byte offset in the module where loading or validation stopped.
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// WebAssembly frames of a trap, innermost first.
    pub fn frames(&self) -> &[Frame] {
        &self.0.frames
    }

    /// Message and details without the frames, for languages that show those in their own way.
    pub fn summary(&self) -> String {
        Summary(self).to_string()
    }

    /// True if the guest or a host function asked to end the run: not a failure.
    pub fn is_terminated(&self) -> bool {
        self.code() == ErrCode::Terminated
    }

    /// The phase word of WasmEdge's first log line.
    pub fn phase(&self) -> &'static str {
        match self.0.kind {
            Kind::Wasm(code) => code.phase().text(),
            Kind::Unknown(_) => ErrCode::RuntimeError.phase().text(),
            Kind::User(_) => "user defined",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Summary(self).fmt(f)?;
        for frame in &self.0.frames {
            write!(f, "\n    at {frame}")?;
        }
        Ok(())
    }
}

/// An error without its frames.
struct Summary<'a>(&'a Error);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, details, closing, offset, .. } = &*self.0.0;
        f.write_str(self.0.message())?;
        if let Kind::User(code) | Kind::Unknown(code) = kind {
            write!(f, " 0x{code:02x}")?;
        }
        for (i, detail) in details.iter().chain(closing).enumerate() {
            f.write_str(if i == 0 { ": " } else { "; " })?;
            f.write_str(detail)?;
        }
        match offset {
            Some(offset) => write!(f, " (at byte offset 0x{offset:x})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|s| s as _)
    }
}

impl From<ErrCode> for Error {
    fn from(code: ErrCode) -> Error {
        Error::new(code)
    }
}
