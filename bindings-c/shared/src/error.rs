//! Errors and results: what C gets of a failure, and the thread's last one.

use crate::abi::WasmEdge_Result;
use crate::frame;
use crate::text::Texts;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::sync::LazyLock;
use wasmspan::{Cause, ErrCode, Error};

/// Category of errors that the engine names.
const WASM: u32 = 0;

/// Messages as C wants them.
static MESSAGES: LazyLock<BTreeMap<u32, CString>> = LazyLock::new(|| {
    let text = |code: &ErrCode| (*code as u32, CString::new(code.message()).unwrap_or_default());
    ErrCode::ALL.iter().map(text).collect()
});

impl WasmEdge_Result {
    fn category(self) -> u32 {
        self.Code >> 24
    }

    fn code(self) -> u32 {
        self.Code & 0x00FF_FFFF
    }

    /// What a host function's result says to the engine.
    pub fn into_error(self) -> Error {
        match self.category() {
            WASM => Error::from_number(self.code()),
            _ => Error::user(self.code()),
        }
    }
}

/// Result of a call that succeeded.
pub const SUCCESS: WasmEdge_Result = WasmEdge_Result { Code: 0 };

/// The last failure of a thread.
pub struct Failure {
    pub error: Error,
    /// What C was lent of it.
    pub texts: Texts,
}

thread_local! {
    static LAST: RefCell<Option<Failure>> = const { RefCell::new(None) };
}

/// Notes a failure as the thread's last one.
#[cold]
pub fn note(error: &Error) {
    frame::note(error);
    let failure = Failure { error: error.clone(), texts: Texts::default() };
    // A thread that is ending has nowhere to note it.
    let _ = LAST.try_with(|last| last.replace(Some(failure)));
}

/// Lets `read` see the thread's last failure; `None` if there is none.
pub fn last<R>(read: impl FnOnce(&Failure) -> R) -> Option<R> {
    LAST.try_with(|last| last.borrow().as_ref().map(read)).ok().flatten()
}

/// Forgets the thread's last failure.
pub fn forget() {
    let _ = LAST.try_with(|last| last.replace(None));
}

/// The one place where an error becomes a result.
#[cold]
pub fn pack(error: &Error) -> WasmEdge_Result {
    note(error);
    result_of(error)
}

/// The result that an error is.
pub fn result_of(error: &Error) -> WasmEdge_Result {
    WasmEdge_Result { Code: (error.category() as u32) << 24 | error.number() & 0x00FF_FFFF }
}

/// Writes a failure to the log, as WasmEdge's parts do where they find it.
#[cold]
pub fn logged(error: Error) -> Error {
    wasmspan::log::log_error(&error);
    error
}

/// The error for an argument that may not be null.
#[cold]
pub fn null_argument(what: &str) -> Error {
    Error::with_detail(ErrCode::WrongVMWorkflow, format!("{what} is null"))
}

/// Whether a result is a success.
pub fn ok(result: WasmEdge_Result) -> bool {
    result.category() == WASM && result.code() <= ErrCode::Terminated as u32
}

/// The code of a result.
pub fn code(result: WasmEdge_Result) -> u32 {
    result.code()
}

/// The text of a result's code; a constant.
pub fn message(result: WasmEdge_Result) -> *const c_char {
    let code = match result.category() {
        WASM => result.code(),
        _ => ErrCode::UserDefError as u32,
    };
    MESSAGES.get(&code).map_or(c"unknown error code".as_ptr(), |text| text.as_ptr())
}

/// A result of a category; what does not fit into 24 bits is cut.
pub fn generate(category: u32, code: u32) -> WasmEdge_Result {
    WasmEdge_Result { Code: category << 24 | code & 0x00FF_FFFF }
}

/// The category of a result.
pub fn category(result: WasmEdge_Result) -> u32 {
    result.category()
}

/// A cause, by its number.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum Number {
    Timeout = 1,
    Interrupted,
    OutputLimit,
    CostLimit,
    StackOverflow,
    OutOfMemory,
    Exit,
    Trap,
    HostError,
    User,
    Panic,
    Fault,
    Imports,
    Unsupported,
    Malformed,
    Invalid,
    Instantiation,
    Usage,
}

impl Number {
    /// All of them, for the test that compares the header.
    pub const ALL: [Number; 18] = [
        Number::Timeout,
        Number::Interrupted,
        Number::OutputLimit,
        Number::CostLimit,
        Number::StackOverflow,
        Number::OutOfMemory,
        Number::Exit,
        Number::Trap,
        Number::HostError,
        Number::User,
        Number::Panic,
        Number::Fault,
        Number::Imports,
        Number::Unsupported,
        Number::Malformed,
        Number::Invalid,
        Number::Instantiation,
        Number::Usage,
    ];
}

/// A cause as C gets it: its number, and the number that it brings.
pub fn number(cause: &Cause) -> (Number, u64) {
    match cause {
        Cause::Timeout(limit) => {
            (Number::Timeout, u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX))
        }
        Cause::Interrupted => (Number::Interrupted, 0),
        Cause::OutputLimit(bytes) => (Number::OutputLimit, *bytes),
        Cause::CostLimit => (Number::CostLimit, 0),
        Cause::StackOverflow => (Number::StackOverflow, 0),
        Cause::OutOfMemory => (Number::OutOfMemory, 0),
        Cause::Exit(code) => (Number::Exit, u64::from(*code)),
        Cause::Trap => (Number::Trap, 0),
        Cause::HostError => (Number::HostError, 0),
        Cause::User(number) => (Number::User, u64::from(*number)),
        Cause::Panic => (Number::Panic, 0),
        Cause::Fault => (Number::Fault, 0),
        Cause::Imports(faults) => (Number::Imports, faults.len() as u64),
        Cause::Unsupported { available, .. } => (Number::Unsupported, u64::from(*available)),
        Cause::Malformed => (Number::Malformed, 0),
        Cause::Invalid => (Number::Invalid, 0),
        Cause::Instantiation => (Number::Instantiation, 0),
        Cause::Usage => (Number::Usage, 0),
    }
}
