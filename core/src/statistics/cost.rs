//! What each instruction costs.

use crate::limits::MAX_INSTRUCTION_COST;
use std::sync::{Arc, OnceLock};

/// Number of opcodes a table has costs for.
const OPCODES: usize = 1 << 16;

/// A cost for every opcode; never changes.
pub(crate) struct CostTable {
    /// Made when somebody reads it: most programs never look at costs of 1.
    costs: OnceLock<Box<[u64]>>,
    unit: bool,
}

impl CostTable {
    /// The table by which every instruction costs 1.
    pub fn unit() -> Arc<CostTable> {
        static UNIT: OnceLock<Arc<CostTable>> = OnceLock::new();
        let unit = || Arc::new(CostTable { costs: OnceLock::new(), unit: true });
        Arc::clone(UNIT.get_or_init(unit))
    }

    /// A table of these costs; what they don't reach costs nothing.
    pub fn new(costs: &[u64]) -> Arc<CostTable> {
        let unit = costs.len() >= OPCODES && costs[..OPCODES].iter().all(|cost| *cost == 1);
        if unit {
            return CostTable::unit();
        }
        let cost =
            |opcode: usize| costs.get(opcode).map_or(0, |cost| (*cost).min(MAX_INSTRUCTION_COST));
        let costs = OnceLock::from((0..OPCODES).map(cost).collect::<Box<[u64]>>());
        Arc::new(CostTable { costs, unit })
    }

    fn costs(&self) -> &[u64] {
        self.costs.get_or_init(|| vec![1; OPCODES].into())
    }

    /// The cost of an opcode.
    pub fn of(&self, opcode: u16) -> u64 {
        if self.unit { 1 } else { self.costs()[usize::from(opcode)] }
    }

    /// Whether every instruction costs 1.
    pub fn is_unit(&self) -> bool {
        self.unit
    }

    /// The first cost; generated code reads from here on.
    pub fn as_ptr(&self) -> *const u64 {
        self.costs().as_ptr()
    }
}
