//! What executors and VMs count.

use crate::abi::WasmEdge_StatisticsContext;
use crate::enter::{delete, enter};
use crate::handle::{create, get};
use std::ptr;
use wasmspan::{Config, Executor, Statistics};

crate::context!(WasmEdge_StatisticsContext = Statistics, Statistics);

/// An executor that counts into a context, or for itself.
pub fn executor(config: &Config, statistics: *const WasmEdge_StatisticsContext) -> Executor {
    match get(statistics) {
        Some(statistics) => Executor::with_statistics(config, statistics),
        None => Executor::new(config),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_StatisticsCreate() -> *mut WasmEdge_StatisticsContext {
    enter(ptr::null_mut(), || Some(create(Statistics::new())))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_StatisticsGetInstrCount(Cxt: *const WasmEdge_StatisticsContext) -> u64 {
    enter(0, || Some(get(Cxt)?.instruction_count()))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_StatisticsGetInstrPerSecond(
    Cxt: *const WasmEdge_StatisticsContext,
) -> f64 {
    enter(0.0, || Some(get(Cxt)?.instructions_per_second()))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_StatisticsGetTotalCost(Cxt: *const WasmEdge_StatisticsContext) -> u64 {
    enter(0, || Some(get(Cxt)?.total_cost()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_StatisticsSetCostTable(
    Cxt: *mut WasmEdge_StatisticsContext,
    CostArr: *mut u64,
    Len: u32,
) {
    enter((), || {
        let statistics = get(Cxt.cast_const())?;
        let costs: &[u64] = match (CostArr.is_null(), Len) {
            (true, _) | (_, 0) => &[],
            // SAFETY: the caller passes a table of this length.
            _ => unsafe { std::slice::from_raw_parts(CostArr, Len as usize) },
        };
        statistics.set_cost_table(costs);
        Some(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_StatisticsSetCostLimit(
    Cxt: *mut WasmEdge_StatisticsContext,
    Limit: u64,
) {
    enter((), || {
        get(Cxt.cast_const())?.set_cost_limit(Limit);
        Some(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_StatisticsClear(Cxt: *mut WasmEdge_StatisticsContext) {
    enter((), || {
        get(Cxt.cast_const())?.clear();
        Some(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_StatisticsDelete(Cxt: *mut WasmEdge_StatisticsContext) {
    delete(Cxt);
}
