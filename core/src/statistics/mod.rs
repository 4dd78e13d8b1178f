//! What calls count: instructions, cost and time, shared by any number of executors and threads.
//!
//! A running call counts by itself and adds its figures when it ends, so that nothing is shared
//! while it runs. Only what the cost limit allows has to be agreed upon: `budget` hands it out in
//! portions, and takes back what is left of them.

mod budget;
mod cost;

pub(crate) use budget::Portion;
pub(crate) use cost::CostTable;

use budget::Budget;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Counters of instructions, cost and time, and the costs and the limit that apply.
///
/// An [`Executor`](crate::Executor) or [`Vm`](crate::Vm) fills in those that its configuration
/// switches on. Clones share one set of figures; they may be read and changed from any thread, and
/// stay exact however many threads run. A call that is running adds its figures when it ends.
///
/// ```
/// use wasmspan::{Config, Val, Vm};
/// let mut config = Config::default();
/// config.statistics.instruction_counting = true;
/// let vm = Vm::new(&config)?;
/// let text = r#"(module (func (export "two") (result i32) i32.const 2))"#;
/// vm.run_bytes(text, "two", &[])?;
/// assert_eq!(vm.statistics().instruction_count(), 2); // `i32.const` and `end`
/// # Ok::<(), wasmspan::Error>(())
/// ```
#[derive(Clone)]
pub struct Statistics(Arc<Inner>);

struct Inner {
    instructions: AtomicU64,
    budget: Budget,
    wasm_nanoseconds: AtomicU64,
    host_nanoseconds: AtomicU64,
    costs: RwLock<Arc<CostTable>>,
}

impl Default for Statistics {
    fn default() -> Statistics {
        Statistics::new()
    }
}

impl Statistics {
    /// Figures that are all zero, every instruction at a cost of 1, and no limit.
    pub fn new() -> Statistics {
        Statistics(Arc::new(Inner {
            instructions: AtomicU64::new(0),
            budget: Budget::new(u64::MAX),
            wasm_nanoseconds: AtomicU64::new(0),
            host_nanoseconds: AtomicU64::new(0),
            costs: RwLock::new(CostTable::unit()),
        }))
    }

    /// Instructions that ended calls have run, constant expressions of instantiation included.
    pub fn instruction_count(&self) -> u64 {
        self.0.instructions.load(Ordering::Relaxed)
    }

    /// Instructions for each second spent in wasm; infinite or not a number if no time was
    /// measured.
    pub fn instructions_per_second(&self) -> f64 {
        self.instruction_count() as f64 / self.wasm_time().as_secs_f64()
    }

    /// Cost of what ended calls have run, host functions included.
    pub fn total_cost(&self) -> u64 {
        self.0.budget.spent()
    }

    /// Time spent in wasm code.
    pub fn wasm_time(&self) -> Duration {
        Duration::from_nanos(self.0.wasm_nanoseconds.load(Ordering::Relaxed))
    }

    /// Time spent in host functions that wasm called.
    pub fn host_time(&self) -> Duration {
        Duration::from_nanos(self.0.host_nanoseconds.load(Ordering::Relaxed))
    }

    /// Time spent in wasm code and in host functions.
    pub fn total_time(&self) -> Duration {
        self.wasm_time() + self.host_time()
    }

    /// Sets what instructions cost, for calls that begin from now on. The index is the opcode: its
    /// byte, or prefix · 256 + second number for opcodes of two parts. Instructions past the end of
    /// `costs` cost nothing. One instruction costs
    /// [`MAX_INSTRUCTION_COST`](crate::limits::MAX_INSTRUCTION_COST) at most.
    pub fn set_cost_table(&self, costs: &[u64]) {
        let table = CostTable::new(costs);
        *self.0.costs.write().unwrap_or_else(PoisonError::into_inner) = table;
    }

    /// What the instruction with this opcode costs; see [`set_cost_table`](Self::set_cost_table).
    pub fn cost_of(&self, opcode: u16) -> u64 {
        self.costs().of(opcode)
    }

    /// The costs that apply to calls that begin now.
    pub(crate) fn costs(&self) -> Arc<CostTable> {
        Arc::clone(&self.0.costs.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets what the total cost may not exceed; a call that would ends with `cost limit exceeded`.
    /// Applies to calls that begin from now on; `u64::MAX` means no limit.
    pub fn set_cost_limit(&self, limit: u64) {
        self.0.budget.set_limit(limit);
    }

    /// What the total cost may not exceed.
    pub fn cost_limit(&self) -> u64 {
        self.0.budget.limit()
    }

    /// Sets the figures to zero; costs and limit stay.
    pub fn clear(&self) {
        self.0.instructions.store(0, Ordering::Relaxed);
        self.0.wasm_nanoseconds.store(0, Ordering::Relaxed);
        self.0.host_nanoseconds.store(0, Ordering::Relaxed);
        self.0.budget.clear();
    }

    /// The cost that is still allowed, and who has taken what of it.
    pub(crate) fn budget(&self) -> &Budget {
        &self.0.budget
    }

    pub(crate) fn add_instructions(&self, count: u64) {
        self.0.instructions.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn add_times(&self, wasm: Duration, host: Duration) {
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.wasm_nanoseconds.fetch_add(nanoseconds(wasm), Ordering::Relaxed);
        self.0.host_nanoseconds.fetch_add(nanoseconds(host), Ordering::Relaxed);
    }

    /// True if both are the same set of figures.
    pub fn same(&self, other: &Statistics) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statistics")
            .field("instruction_count", &self.instruction_count())
            .field("total_cost", &self.total_cost())
            .field("cost_limit", &self.cost_limit())
            .field("wasm_time", &self.wasm_time())
            .field("host_time", &self.host_time())
            .finish()
    }
}
