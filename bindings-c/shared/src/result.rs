//! Results, the log, and the thread's last failure as C reads them.

use crate::abi::WasmEdge_Result;
use crate::door::door;
use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::sync::LazyLock;
use wasmspan::log::{self, LogLevel};
use wasmspan::{ErrCode, Error};

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
    door(c"unknown error code".as_ptr(), || {
        let code = match result.category() {
            WASM => result.code(),
            _ => ErrCode::UserDefError as u32,
        };
        MESSAGES.get(&code).map(|text| text.as_ptr())
    })
}

/// A result of a category; what does not fit into 24 bits is cut.
pub fn generate(category: u32, code: u32) -> WasmEdge_Result {
    WasmEdge_Result { Code: category << 24 | code & 0x00FF_FFFF }
}

/// The category of a result.
pub fn category(result: WasmEdge_Result) -> u32 {
    result.category()
}

/// Programs that never ask for a level get WasmEdge's.
extern "C" fn at_load() {
    log::set_level(LogLevel::Info);
    log::note_places();
}

// SAFETY: the functions of this section take nothing and give nothing; this one stores a number, and
// puts a hook in front of the standard library's, which is there before anything runs.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = at_load;

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_LogSetErrorLevel() {
    log::set_level(LogLevel::Error);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_LogSetDebugLevel() {
    log::set_level(LogLevel::Debug);
}
