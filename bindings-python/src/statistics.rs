//! What calls count.

use crate::source::items;
use pyo3::prelude::*;

/// Counters of instructions, cost and time, and the costs and the limit that apply.
///
/// Those are filled in that a `Config` switches on. One object may be given to several executors and
/// VMs, which then count together, on any number of threads. A call that is running adds its figures
/// when it ends.
///
/// >>> vm = VM(Config(instruction_counting=True))
/// >>> vm.run(b'(module (func (export "two") (result i32) i32.const 2))', "two")
/// 2
/// >>> vm.statistics.instruction_count
/// 2
#[pyclass(frozen, module = "wasmspan")]
pub struct Statistics {
    core: wasmspan::Statistics,
}

impl Statistics {
    /// The Python object for figures.
    pub fn of(core: &wasmspan::Statistics) -> Statistics {
        Statistics { core: core.clone() }
    }

    /// The figures themselves.
    pub fn core(&self) -> &wasmspan::Statistics {
        &self.core
    }
}

#[pymethods]
impl Statistics {
    #[new]
    fn new() -> Statistics {
        Statistics { core: wasmspan::Statistics::new() }
    }

    /// Instructions that ended calls have run.
    #[getter]
    fn instruction_count(&self) -> u64 {
        self.core.instruction_count()
    }

    /// Instructions for each second spent in wasm; infinite or not a number if no time was measured.
    #[getter]
    fn instructions_per_second(&self) -> f64 {
        self.core.instructions_per_second()
    }

    /// Cost of what ended calls have run, host functions included.
    #[getter]
    fn total_cost(&self) -> u64 {
        self.core.total_cost()
    }

    /// Seconds spent in wasm code.
    #[getter]
    fn wasm_time(&self) -> f64 {
        self.core.wasm_time().as_secs_f64()
    }

    /// Seconds spent in host functions that wasm called.
    #[getter]
    fn host_time(&self) -> f64 {
        self.core.host_time().as_secs_f64()
    }

    /// Seconds spent in wasm code and in host functions.
    #[getter]
    fn total_time(&self) -> f64 {
        self.core.total_time().as_secs_f64()
    }

    /// What the total cost may not exceed, for calls that begin from now on; `None` is no limit.
    #[getter]
    fn get_cost_limit(&self) -> Option<u64> {
        Some(self.core.cost_limit()).filter(|limit| *limit != u64::MAX)
    }

    #[setter]
    fn set_cost_limit(&self, limit: Option<u64>) {
        self.core.set_cost_limit(limit.unwrap_or(u64::MAX));
    }

    /// Sets what instructions cost, for calls that begin from now on. The index is the opcode: its
    /// byte, or prefix times 256 plus second number for opcodes of two parts. Instructions past the
    /// end of `costs` cost nothing.
    fn set_cost_table(&self, costs: &Bound<'_, PyAny>) -> PyResult<()> {
        self.core.set_cost_table(&items::<u64>(costs)?);
        Ok(())
    }

    /// What the instruction with this opcode costs.
    fn cost_of(&self, opcode: u16) -> u64 {
        self.core.cost_of(opcode)
    }

    /// Sets the figures to zero; costs and limit stay.
    fn clear(&self) {
        self.core.clear();
    }

    fn __eq__(&self, other: &Statistics) -> bool {
        self.core.same(&other.core)
    }

    fn __repr__(&self) -> String {
        let (instructions, cost) = (self.core.instruction_count(), self.core.total_cost());
        let time = self.core.total_time().as_secs_f64();
        format!("<wasmspan.Statistics: {instructions} instructions, cost {cost}, {time:.6} s>")
    }
}
