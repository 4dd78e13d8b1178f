//! The target: the processor this process runs on, and the compiler's settings.

use crate::config::{Config, OptLevel};
use crate::error::{ErrCode, Error, Result};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable, Flags};
use std::sync::OnceLock;

/// The target for modules compiled under `config`.
pub(super) fn for_config(config: &Config) -> Result<OwnedTargetIsa> {
    static CACHE: [OnceLock<Result<OwnedTargetIsa, String>>; 3] = [const { OnceLock::new() }; 3];
    CACHE[config.opt_level as usize]
        .get_or_init(|| build(config.opt_level))
        .clone()
        .map_err(|reason| Error::with_detail(ErrCode::AOTDisabled, reason))
}

fn build(level: OptLevel) -> Result<OwnedTargetIsa, String> {
    let mut flags = settings::builder();
    let level = match level {
        OptLevel::None => "none",
        OptLevel::Speed => "speed",
        OptLevel::SpeedAndSize => "speed_and_size",
    };
    let choices = [
        ("opt_level", level),
        // The tests switch the verifier on; it costs a fifth of the compile time.
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        // Backtraces walk frame pointers.
        ("preserve_frame_pointers", "true"),
        ("unwind_info", "false"),
        // The stack check in every prologue covers the whole frame.
        ("enable_probestack", "false"),
        ("enable_heap_access_spectre_mitigation", "true"),
        ("enable_table_access_spectre_mitigation", "true"),
    ];
    for (name, value) in choices {
        flags.set(name, value).map_err(|error| format!("compiler setting {name}: {error}"))?;
    }
    let builder = cranelift_native::builder()
        .map_err(|reason| format!("no code generator for this processor: {reason}"))?;
    #[cfg(target_arch = "x86_64")]
    if !std::arch::is_x86_feature_detected!("sse4.1") {
        return Err("this processor lacks SSE4.1, which generated code needs".into());
    }
    builder
        .finish(Flags::new(flags))
        .map_err(|error| format!("no code generator for this processor: {error}"))
}
