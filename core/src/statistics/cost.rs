//! What each instruction costs.

use crate::limits::MAX_INSTRUCTION_COST;
use std::sync::{Arc, OnceLock};

/// Number of opcodes a table has costs for.
const OPCODES: usize = 1 << 16;

/// A cost for every opcode; never changes.
pub(crate) struct CostTable {
    costs: Box<[u64]>,
    unit: bool,
}

impl CostTable {
    /// The table by which every instruction costs 1.
    pub fn unit() -> Arc<CostTable> {
        static UNIT: OnceLock<Arc<CostTable>> = OnceLock::new();
        Arc::clone(UNIT.get_or_init(|| CostTable::new(&[1; OPCODES])))
    }

    /// A table of these costs; what they don't reach costs nothing.
    pub fn new(costs: &[u64]) -> Arc<CostTable> {
        let costs: Box<[u64]> = (0..OPCODES)
            .map(|opcode| costs.get(opcode).map_or(0, |cost| (*cost).min(MAX_INSTRUCTION_COST)))
            .collect();
        let unit = costs.iter().all(|cost| *cost == 1);
        Arc::new(CostTable { costs, unit })
    }

    /// The cost of an opcode.
    pub fn of(&self, opcode: u16) -> u64 {
        self.costs[usize::from(opcode)]
    }

    /// Whether every instruction costs 1.
    pub fn is_unit(&self) -> bool {
        self.unit
    }

    /// The first cost; generated code reads from here on.
    pub fn as_ptr(&self) -> *const u64 {
        self.costs.as_ptr()
    }
}
