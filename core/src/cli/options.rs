//! Options that `wasmedge` and `wasmedgec` share, and what they do to a configuration.

use super::parser::{Opt, Parsed};
use crate::config::{Config, Proposal};

macro_rules! switches {
    ($($name:literal, $text:literal;)*) => {
        &[$(Opt { name: $name, takes_value: false, text: $text }),*]
    };
}

/// The statistics switches.
pub(super) const STATISTICS: &[Opt] = switches! {
    "enable-instruction-count", "Count the instructions that run.";
    "enable-gas-measuring", "Add up the cost of the instructions that run.";
    "enable-time-measuring", "Measure the time spent in the guest and in host functions.";
    "enable-all-statistics", "All three of the above.";
};

/// The proposal switches.
pub(super) const PROPOSALS: &[Opt] = switches! {
    "disable-import-export-mut-globals", "Refuse imports and exports of mutable globals.";
    "disable-non-trap-float-to-int", "Refuse saturating conversions of floats to integers.";
    "disable-sign-extension-operators", "Refuse sign-extension instructions.";
    "disable-multi-value", "Refuse several results of functions and blocks.";
    "disable-bulk-memory", "Refuse bulk memory and table instructions.";
    "disable-reference-types", "Refuse references and table instructions.";
    "disable-simd", "Refuse 128-bit vectors.";
    "enable-multi-memory", "Accept several memories in one module.";
    "enable-tail-call", "Accept tail calls.";
    "enable-extended-const", "Accept arithmetic in constant expressions.";
    "enable-threads", "Accept shared memories and atomic instructions.";
    "enable-all", "Accept all four of the above.";
};

const EFFECTS: &[(&str, Proposal, bool)] = &[
    ("disable-import-export-mut-globals", Proposal::ImportExportMutGlobals, false),
    ("disable-non-trap-float-to-int", Proposal::NonTrapFloatToIntConversions, false),
    ("disable-sign-extension-operators", Proposal::SignExtensionOperators, false),
    ("disable-multi-value", Proposal::MultiValue, false),
    ("disable-bulk-memory", Proposal::BulkMemoryOperations, false),
    ("disable-reference-types", Proposal::ReferenceTypes, false),
    ("disable-simd", Proposal::SIMD, false),
    ("enable-multi-memory", Proposal::MultiMemories, true),
    ("enable-tail-call", Proposal::TailCall, true),
    ("enable-extended-const", Proposal::ExtendedConst, true),
    ("enable-threads", Proposal::Threads, true),
];

/// WasmEdge's defaults, changed by the proposal and statistics switches.
pub(super) fn config(parsed: &Parsed) -> Config {
    let mut config = Config::wasmedge();
    let all = parsed.has("enable-all");
    for &(name, proposal, on) in EFFECTS {
        if parsed.has(name) || (all && on) {
            if on {
                config.proposals.add(proposal);
            } else {
                config.proposals.remove(proposal);
            }
        }
    }
    let all = parsed.has("enable-all-statistics");
    let statistics = &mut config.statistics;
    statistics.instruction_counting = all || parsed.has("enable-instruction-count");
    statistics.cost_measuring = all || parsed.has("enable-gas-measuring");
    statistics.time_measuring = all || parsed.has("enable-time-measuring");
    config
}
