//! The target: the processor this process runs on, and the compiler's settings.

use crate::abi::Target;
use crate::config::{Config, OptLevel};
use crate::error::{ErrCode, Error, Result};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable, Flags};
use std::sync::OnceLock;

/// The target for modules compiled under `config`.
pub(super) fn for_config(config: &Config) -> Result<OwnedTargetIsa> {
    static CACHE: [OnceLock<Built>; 6] = [const { OnceLock::new() }; 6];
    CACHE[config.opt_level as usize * 2 + usize::from(config.generic_code)]
        .get_or_init(|| build(config.opt_level, config.generic_code, "backtracking"))
        .clone()
        .map_err(|reason| Error::with_detail(ErrCode::AOTDisabled, reason))
}

type Built = Result<OwnedTargetIsa, String>;

/// As [`for_config`], with settings whose time is in proportion to a function's size: no optimisation,
/// and registers given in one pass.
pub(super) fn plain(config: &Config) -> Result<OwnedTargetIsa> {
    static CACHE: [OnceLock<Built>; 2] = [const { OnceLock::new() }; 2];
    CACHE[usize::from(config.generic_code)]
        .get_or_init(|| build(OptLevel::None, config.generic_code, "single_pass"))
        .clone()
        .map_err(|reason| Error::with_detail(ErrCode::AOTDisabled, reason))
}

/// The processor that code made under `config` needs.
pub(crate) fn target(config: &Config) -> Result<Target> {
    let isa = for_config(config)?;
    let flags = isa.isa_flags().into_iter();
    let features = flags.filter(|flag| flag.as_bool() == Some(true)).map(|flag| flag.name.into());
    let features = features.collect();
    Ok(Target { triple: isa.triple().to_string(), features })
}

/// What code may use of every x86-64 processor that can run it at all.
#[cfg(target_arch = "x86_64")]
const GENERIC: &[&str] = &["has_sse3", "has_ssse3", "has_sse41"];
#[cfg(not(target_arch = "x86_64"))]
const GENERIC: &[&str] = &[];

fn build(level: OptLevel, generic: bool, allocator: &str) -> Built {
    let mut flags = settings::builder();
    let level = match level {
        OptLevel::None => "none",
        OptLevel::Speed => "speed",
        OptLevel::SpeedAndSize => "speed_and_size",
    };
    let choices = [
        ("opt_level", level),
        ("regalloc_algorithm", allocator),
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
    let mut builder = cranelift_native::builder_with_options(!generic)
        .map_err(|reason| format!("no code generator for this processor: {reason}"))?;
    if generic {
        for feature in GENERIC {
            builder.enable(feature).map_err(|error| format!("{feature}: {error}"))?;
        }
    }
    #[cfg(target_arch = "x86_64")]
    if !std::arch::is_x86_feature_detected!("sse4.1") {
        return Err("this processor lacks SSE4.1, which generated code needs".into());
    }
    builder
        .finish(Flags::new(flags))
        .map_err(|error| format!("no code generator for this processor: {error}"))
}
