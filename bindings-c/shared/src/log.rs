//! The log, and what happens when the library is loaded.

use wasmspan::log::{self, LogLevel};

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
