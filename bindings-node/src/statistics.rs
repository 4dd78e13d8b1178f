//! What calls count.

use napi_derive::napi;
use wasmspan::Statistics;

/// What calls count.
#[napi]
pub struct NativeStatistics {
    pub(crate) statistics: Statistics,
}

#[napi]
impl NativeStatistics {
    /// Figures that are all zero.
    #[napi(constructor)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        NativeStatistics { statistics: Statistics::new() }
    }

    /// Instructions that ended calls have run.
    #[napi(getter)]
    pub fn instruction_count(&self) -> f64 {
        self.statistics.instruction_count() as f64
    }

    /// Cost of what ended calls have run.
    #[napi(getter)]
    pub fn total_cost(&self) -> f64 {
        self.statistics.total_cost() as f64
    }

    /// Instructions for each second spent in wasm.
    #[napi(getter)]
    pub fn instructions_per_second(&self) -> f64 {
        self.statistics.instructions_per_second()
    }

    /// Milliseconds spent in wasm, and in host functions.
    #[napi(getter)]
    pub fn times(&self) -> Vec<f64> {
        let times = [self.statistics.wasm_time(), self.statistics.host_time()];
        times.iter().map(|time| time.as_secs_f64() * 1000.0).collect()
    }

    /// What the total cost may not exceed; infinite if there is no limit.
    #[napi(getter)]
    pub fn cost_limit(&self) -> f64 {
        match self.statistics.cost_limit() {
            u64::MAX => f64::INFINITY,
            limit => limit as f64,
        }
    }

    /// Sets what the total cost may not exceed.
    #[napi(setter)]
    pub fn set_cost_limit(&self, limit: f64) {
        let limit = if limit.is_finite() { limit.max(0.0) as u64 } else { u64::MAX };
        self.statistics.set_cost_limit(limit);
    }

    /// Sets what instructions cost.
    #[napi]
    pub fn set_cost_table(&self, costs: Vec<f64>) {
        let costs: Vec<u64> = costs.iter().map(|cost| cost.max(0.0) as u64).collect();
        self.statistics.set_cost_table(&costs);
    }

    /// Sets all figures to zero.
    #[napi]
    pub fn clear(&self) {
        self.statistics.clear();
    }
}
