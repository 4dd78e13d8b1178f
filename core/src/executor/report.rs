//! The lines that tell, after each call, what was counted.

use crate::error::Result;
use crate::log::{LogLevel, enabled, log};
use crate::runtime::Metered;

/// Runs a call and writes the figures to the log, as WasmEdge does after calls that return or fail.
pub(super) fn reported<T>(metered: &Metered, call: impl FnOnce() -> Result<T>) -> Result<T> {
    let result = call();
    if enabled(LogLevel::Info) {
        lines(metered).iter().for_each(|line| log(LogLevel::Info, line));
    }
    result
}

fn lines(metered: &Metered) -> Vec<String> {
    let Metered { statistics, options } = metered;
    let mut lines = vec!["====================  Statistics  ====================".to_string()];
    if options.time_measuring {
        let total = statistics.total_time().as_nanos();
        let (wasm, host) = (statistics.wasm_time().as_nanos(), statistics.host_time().as_nanos());
        lines.push(format!(" Total execution time: {total} ns"));
        lines.push(format!(" Wasm instructions execution time: {wasm} ns"));
        lines.push(format!(" Host functions execution time: {host} ns"));
    }
    if options.instruction_counting {
        let count = statistics.instruction_count();
        lines.push(format!(" Executed wasm instructions count: {count}"));
    }
    if options.cost_measuring {
        lines.push(format!(" Gas costs: {}", statistics.total_cost()));
    }
    if options.instruction_counting && options.time_measuring {
        let rate = statistics.instructions_per_second();
        lines.push(format!(" Instructions per second: {}", rate as u64));
    }
    lines.push("=======================   End   ======================".to_string());
    lines
}
