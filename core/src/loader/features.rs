//! Which of the parser's features the configured proposals switch on, and the names by which a
//! missing one is refused.

use crate::config::{Config, Proposal};
use wasmparser::WasmFeatures;

/// The parser's features for a configuration. Proposals this engine hasn't finished stay off
/// whatever the configuration says.
pub(crate) fn features(config: &Config) -> WasmFeatures {
    let mut features = WasmFeatures::FLOATS | WasmFeatures::GC_TYPES;
    for &proposal in Proposal::ALL {
        if !config.proposals.has(proposal) || !proposal.is_finished() {
            continue;
        }
        features |= match proposal {
            Proposal::ImportExportMutGlobals => WasmFeatures::MUTABLE_GLOBAL,
            Proposal::NonTrapFloatToIntConversions => WasmFeatures::SATURATING_FLOAT_TO_INT,
            Proposal::SignExtensionOperators => WasmFeatures::SIGN_EXTENSION,
            Proposal::MultiValue => WasmFeatures::MULTI_VALUE,
            Proposal::BulkMemoryOperations => WasmFeatures::BULK_MEMORY,
            // Reference types build on the segments of bulk memory.
            Proposal::ReferenceTypes => WasmFeatures::REFERENCE_TYPES | WasmFeatures::BULK_MEMORY,
            Proposal::SIMD => WasmFeatures::SIMD,
            Proposal::TailCall => WasmFeatures::TAIL_CALL,
            Proposal::MultiMemories => WasmFeatures::MULTI_MEMORY,
            Proposal::Memory64 => WasmFeatures::MEMORY64,
            Proposal::ExtendedConst => WasmFeatures::EXTENDED_CONST,
            Proposal::Threads => WasmFeatures::THREADS,
            Proposal::RelaxedSIMD => WasmFeatures::RELAXED_SIMD | WasmFeatures::SIMD,
            Proposal::Annotations | Proposal::ExceptionHandling | Proposal::FunctionReferences => {
                WasmFeatures::empty()
            }
        };
    }
    features
}

/// What a module may use only with a proposal that is off or unfinished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    /// The proposal's name in messages.
    pub text: &'static str,
    /// Whether switching it on in the configuration helps.
    pub finished: bool,
}

/// The proposal behind a feature of the parser, by the feature's name in lower case.
pub(crate) fn missing(feature: &str) -> Missing {
    let proposal = match feature {
        "mutable_global" => Proposal::ImportExportMutGlobals,
        "saturating_float_to_int" => Proposal::NonTrapFloatToIntConversions,
        "sign_extension" => Proposal::SignExtensionOperators,
        "multi_value" => Proposal::MultiValue,
        "bulk_memory" | "bulk_memory_opt" => Proposal::BulkMemoryOperations,
        "reference_types" | "call_indirect_overlong" => Proposal::ReferenceTypes,
        "simd" => Proposal::SIMD,
        "tail_call" => Proposal::TailCall,
        "multi_memory" => Proposal::MultiMemories,
        "memory64" => Proposal::Memory64,
        "exceptions" | "legacy_exceptions" => Proposal::ExceptionHandling,
        "extended_const" => Proposal::ExtendedConst,
        "threads" => Proposal::Threads,
        "function_references" => Proposal::FunctionReferences,
        "relaxed_simd" => Proposal::RelaxedSIMD,
        other => return Missing { text: foreign(other), finished: false },
    };
    Missing { text: proposal.text(), finished: proposal.is_finished() }
}

/// Names of proposals outside WasmEdge's enumeration.
fn foreign(feature: &str) -> &'static str {
    match feature {
        "gc" | "gc_types" => "Garbage Collection",
        "component_model" => "Component Model",
        "stack_switching" => "Stack Switching",
        "custom_page_sizes" => "Custom Page Sizes",
        "wide_arithmetic" => "Wide Arithmetic",
        "memory_control" => "Memory Control",
        "shared_everything_threads" => "Shared-Everything Threads",
        "custom_descriptors" => "Custom Descriptors",
        "compact_imports" => "Compact Import Section",
        "acquire_release_atomics" => "Acquire-Release Atomics",
        "multibyte_array_access" => "Multibyte Array Access",
        _ => "of a later version of WebAssembly",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_proposals_stay_off() {
        let mut config = Config::default();
        for &proposal in Proposal::ALL {
            config.proposals.add(proposal);
        }
        let features = features(&config);
        assert!(!features.gc() && !features.exceptions() && !features.function_references());
        assert!(!features.custom_page_sizes() && !features.wide_arithmetic());
        assert!(features.simd() && features.memory64() && features.relaxed_simd());
    }

    #[test]
    fn every_feature_has_a_name() {
        for (name, _) in WasmFeatures::all().iter_names() {
            if name != "FLOATS" && !name.starts_with("CM") {
                assert!(!missing(&name.to_lowercase()).text.starts_with("of a later"), "{name}");
            }
        }
    }
}
