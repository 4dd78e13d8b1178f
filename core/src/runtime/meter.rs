//! Counting of a running call: taking from the budget, adding to the statistics, clocks.
//!
//! A [`Meter`] belongs to a call and lies on its stack; the thread's state points to it. Generated
//! code counts in the activation's own words ([`ExecCtx::left`] and its neighbours), which hold what
//! of the meter's portion is left.

use super::exec::{Exec, RawFrame};
use super::wasm_instance::WasmInstance;
use crate::abi::{ExecCtx, Trap};
use crate::config::{Config, StatisticsOptions};
use crate::engine::image;
use crate::error::{ErrCode, Error, Result};
use crate::module::{ConstOp, ElementItems, ModuleInfo, SegmentMode};
use crate::statistics::{CostTable, Portion, Statistics};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a call may spend that nothing limits.
pub(crate) const UNLIMITED: i64 = 1 << 62;

/// Opcode of the `end` of a constant expression.
const END: u16 = 0x0B;

/// Where calls count, and what.
#[derive(Clone, Debug)]
pub(crate) struct Metered {
    pub statistics: Statistics,
    pub options: StatisticsOptions,
}

/// State of the counting of one call.
pub(crate) struct Meter {
    metered: Metered,
    costs: Arc<CostTable>,
    /// Costs come from the table, so all code that runs reads it.
    by_table: bool,
    portion: Portion,
    /// What of the portion went to host functions.
    host_cost: u64,
    /// Instructions counted that did not run, because they would have cost too much.
    refused: u64,
    /// What the call may cost, whatever the statistics allow.
    most: u64,
    clock: Option<Clock>,
}

/// Time in wasm and in host functions.
struct Clock {
    since: Instant,
    wasm: Duration,
    host: Duration,
}

impl Clock {
    fn start() -> Clock {
        Clock { since: Instant::now(), wasm: Duration::ZERO, host: Duration::ZERO }
    }

    /// What has passed since the last look.
    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.since, now)
    }

    /// The time until now was spent in wasm.
    fn leave_wasm(&mut self) {
        let lap = self.lap();
        self.wasm += lap;
    }

    /// The time until now was spent in a host function.
    fn leave_host(&mut self) {
        let lap = self.lap();
        self.host += lap;
    }
}

impl Metered {
    /// What an executor keeps; `None` if that is nothing.
    pub fn new(config: &Config, statistics: &Statistics) -> Option<Metered> {
        let options = config.statistics;
        options.any().then(|| Metered { statistics: statistics.clone(), options })
    }

    /// Runs `call` and counts, unless the call around it counts already.
    pub fn unless_metered<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        // SAFETY: the state belongs to this thread.
        if unsafe { !(*Exec::current()).meter.is_null() } {
            return call();
        }
        self.run(call)
    }

    /// Runs `call` and counts.
    pub fn run<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        self.run_within(u64::MAX, call)
    }

    /// Runs `call`, which may cost `most`, and counts.
    pub fn run_within<T>(&self, most: u64, call: impl FnOnce() -> Result<T>) -> Result<T> {
        let exec = Exec::current();
        // SAFETY: the state belongs to this thread; a meter lives while the state points to it.
        let around = unsafe { (*exec).meter.as_ref() };
        let same = |around: &Meter| around.metered.statistics.same(&self.statistics);
        if most == u64::MAX && around.is_some_and(same) {
            return call();
        }
        let mut meter = Meter::new(self, most);
        // SAFETY: as above; what is replaced comes back when `attached` goes.
        let mut attached = unsafe { Attached::new(exec, &mut meter) };
        let result = call();
        match attached.overdrawn() {
            Some(error) if !matches!(&result, Err(e) if e.code() == error.code()) => Err(error),
            _ => result,
        }
    }

    /// Counts the constant expressions that making an instance evaluates.
    pub fn count_constants(&self, module: &ModuleInfo) -> Result<()> {
        let costs = self.statistics.costs();
        let (mut count, mut cost) = (0u64, 0u64);
        for_each_constant(module, &mut |opcode| {
            count += 1;
            cost = cost.saturating_add(costs.of(opcode));
        });
        if self.options.instruction_counting {
            self.statistics.add_instructions(count);
        }
        if self.options.cost_measuring && !self.statistics.budget().spend(cost) {
            return Err(exceeded(self.statistics.cost_limit()));
        }
        Ok(())
    }
}

impl Meter {
    fn new(metered: &Metered, most: u64) -> Meter {
        let costs = metered.statistics.costs();
        let portion = if metered.options.cost_measuring {
            metered.statistics.budget().take(most)
        } else {
            Portion::default()
        };
        Meter {
            by_table: metered.options.cost_measuring && !costs.is_unit(),
            portion,
            costs: if metered.options.cost_measuring { costs } else { CostTable::unit() },
            host_cost: 0,
            refused: 0,
            most,
            clock: metered.options.time_measuring.then(Clock::start),
            metered: metered.clone(),
        }
    }

    /// What it began with, and got since.
    fn granted(&self) -> i64 {
        if self.metered.options.cost_measuring { self.portion.amount as i64 } else { UNLIMITED }
    }

    /// Gets at least `need` more; whether it did.
    fn enlarge(&mut self, jit: &mut ExecCtx, need: i64) -> bool {
        let before = self.portion.amount;
        let done = self.metered.statistics.budget().enlarge(&mut self.portion, need as u64);
        jit.left += (self.portion.amount - before) as i64;
        done
    }

    /// Gets what is left of the budget, and gives the error that nothing is.
    fn exhaust(&mut self, jit: &mut ExecCtx) -> Error {
        let before = self.portion.amount;
        self.metered.statistics.budget().take_rest(&mut self.portion);
        jit.left += (self.portion.amount - before) as i64;
        self.exceeded()
    }

    /// The error of the limit that has been reached.
    fn exceeded(&self) -> Error {
        let limit = self.metered.statistics.cost_limit();
        exceeded(if self.portion.amount >= self.most { self.most.min(limit) } else { limit })
    }

    /// Notes that instructions which cost 1 each have used up everything.
    fn use_up(&mut self, jit: &mut ExecCtx) {
        jit.left = 0;
        self.refused += 1;
    }
}

/// The thread's state points to a meter until this is dropped.
struct Attached<'a> {
    exec: *mut Exec,
    meter: &'a mut Meter,
    before: (*mut Meter, i64, i64, u64, *const u64),
}

impl<'a> Attached<'a> {
    /// # Safety
    ///
    /// `exec` is the current thread's state.
    unsafe fn new(exec: *mut Exec, meter: &'a mut Meter) -> Attached<'a> {
        // SAFETY: the caller's promise.
        let exec_ref = unsafe { &mut *exec };
        let jit = &mut exec_ref.jit;
        let before = (exec_ref.meter, jit.left, jit.floor, jit.count, jit.costs);
        exec_ref.meter = meter;
        jit.left = meter.granted();
        jit.floor = if meter.by_table { i64::MAX } else { 0 };
        jit.count = 0;
        jit.costs = meter.costs.as_ptr();
        Attached { exec, meter, before }
    }

    /// The error of a call that has spent more than it may. Code for the usual costs does not look
    /// everywhere.
    fn overdrawn(&mut self) -> Option<Error> {
        // SAFETY: the state belongs to this thread.
        let jit = unsafe { &mut (*self.exec).jit };
        if jit.left >= 0 || self.meter.enlarge(jit, -jit.left) {
            return None;
        }
        let error = self.meter.exhaust(jit);
        self.meter.use_up(jit);
        Some(error)
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        // SAFETY: the state belongs to this thread.
        let exec = unsafe { &mut *self.exec };
        let (jit, meter) = (&mut exec.jit, &mut *self.meter);
        let Metered { statistics, options } = &meter.metered;
        let spent = (meter.granted() - jit.left.max(0)).max(0) as u64;
        if options.instruction_counting {
            statistics.add_instructions(if meter.by_table {
                jit.count
            } else {
                spent - meter.host_cost + meter.refused
            });
        }
        if options.cost_measuring {
            statistics.budget().settle(meter.portion, spent);
        }
        if let Some(clock) = &mut meter.clock {
            clock.leave_wasm();
            statistics.add_times(clock.wasm, clock.host);
        }
        (exec.meter, jit.left, jit.floor, jit.count, jit.costs) = self.before;
    }
}

/// The error of a call that would cost more than is allowed.
#[cold]
fn exceeded(limit: u64) -> Error {
    Error::with_detail(ErrCode::CostLimitExceeded, format!("the cost limit is {limit}"))
}

/// Metered code needs `price` and has less left: gives more, or the error. If `may_hand_over` and
/// costs come from a table, gives the address of the function in code that reads it.
///
/// # Safety
///
/// Called by a builtin on this thread.
pub(super) unsafe fn low(
    exec: *mut Exec,
    instance: &WasmInstance,
    price: u64,
    may_hand_over: bool,
) -> Result<*const u8> {
    // SAFETY: the state belongs to this thread.
    let exec = unsafe { &mut *exec };
    let jit = &mut exec.jit;
    let site = jit.exit_site;
    // SAFETY: a meter lives while the state points to it.
    let Some(meter) = (unsafe { exec.meter.as_mut() }) else {
        jit.left = UNLIMITED;
        return Ok(std::ptr::null());
    };
    if may_hand_over && meter.by_table {
        return instance.code.in_table_code((site >> 32) as u32);
    }
    let price = i64::try_from(price).unwrap_or(i64::MAX);
    let need = price.saturating_sub(jit.left);
    if need <= 0 || meter.enlarge(jit, need) {
        return Ok(std::ptr::null());
    }
    let error = meter.exhaust(jit);
    if !meter.by_table {
        meter.use_up(jit);
        return Err(error);
    }
    for opcode in instance.code.image.symbols().region((site >> 32) as u32, site as u32) {
        jit.count += 1;
        let cost = meter.costs.of(opcode) as i64;
        if cost > jit.left {
            break;
        }
        jit.left -= cost;
    }
    Err(error)
}

/// A host function is about to run: its cost is due, and the other clock runs.
///
/// # Safety
///
/// `exec` is the current thread's state, and has a meter.
#[cold]
pub(super) unsafe fn leave_wasm(exec: *mut Exec, cost: u64) -> Result<()> {
    // SAFETY: the caller's promise.
    let (jit, meter) = unsafe { (&mut (*exec).jit, &mut *(*exec).meter) };
    if let Some(clock) = &mut meter.clock {
        clock.leave_wasm();
    }
    if !meter.metered.options.cost_measuring {
        let statistics = &meter.metered.statistics;
        return if cost == 0 || statistics.budget().spend(cost) {
            Ok(())
        } else {
            Err(exceeded(statistics.cost_limit()))
        };
    }
    let cost = i64::try_from(cost).unwrap_or(i64::MAX);
    let need = cost.saturating_sub(jit.left);
    if need > 0 && !meter.enlarge(jit, need) {
        if jit.left >= 0 {
            return Err(meter.exceeded());
        }
        let error = meter.exhaust(jit);
        meter.use_up(jit);
        return Err(error);
    }
    jit.left -= cost;
    meter.host_cost += cost as u64;
    Ok(())
}

/// A host function has returned.
///
/// # Safety
///
/// As [`leave_wasm`].
#[cold]
pub(super) unsafe fn back_to_wasm(exec: *mut Exec) {
    // SAFETY: the caller's promise.
    if let Some(clock) = unsafe { &mut (*(*exec).meter).clock } {
        clock.leave_host();
    }
}

/// A host function calls wasm.
///
/// # Safety
///
/// `exec` is the current thread's state.
pub(super) unsafe fn enter_again(exec: *mut Exec) {
    // SAFETY: the caller's promise; a meter lives while the state points to it.
    if let Some(clock) = unsafe { (*exec).meter.as_mut().and_then(|meter| meter.clock.as_mut()) } {
        clock.leave_host();
    }
}

/// The wasm that a host function called has ended.
///
/// # Safety
///
/// As [`enter_again`].
pub(super) unsafe fn leave_again(exec: *mut Exec) {
    // SAFETY: as above.
    if let Some(clock) = unsafe { (*exec).meter.as_mut().and_then(|meter| meter.clock.as_mut()) } {
        clock.leave_wasm();
    }
}

/// Takes back what was counted but kept from running by a trap, whose frames were gathered.
///
/// # Safety
///
/// The code and instances of the frames must still be alive.
pub(super) unsafe fn correct(exec: &mut Exec) {
    // SAFETY: a meter lives while the state points to it.
    let Some(meter) = (unsafe { exec.meter.as_mut() }) else { return };
    let trap = Trap::from_number(exec.jit.trap);
    let refused = |error: &Error| error.code() == ErrCode::CostLimitExceeded;
    if exec.pending.as_ref().is_some_and(refused) {
        return;
    }
    let not_run = match exec.frames.first() {
        Some(RawFrame::Site(site, instance)) => {
            // SAFETY: the caller's promise.
            let instance = unsafe { WasmInstance::of(instance) };
            let symbols = instance.code.image.symbols();
            symbols.not_run((site >> 32) as u32, site as u32, None)
        }
        // An interrupted thread may be anywhere, and a function whose frame has no room has not
        // begun.
        Some(RawFrame::Fault(pc))
            if !matches!(trap, Some(Trap::Interrupted | Trap::StackOverflow)) =>
        {
            // SAFETY: the caller's promise.
            let Some(place) = (unsafe { image::place_at(pc, false) }) else { return };
            let Some(offset) = place.offset else { return };
            // SAFETY: as above.
            let may_fault = |offsets| unsafe { image::may_fault(pc, offsets) };
            let may_fault: Option<&dyn Fn(Range<u32>) -> bool> =
                if trap == Some(Trap::MemoryOutOfBounds) { Some(&may_fault) } else { None };
            place.symbols.not_run(place.func_index, offset, may_fault)
        }
        _ => return,
    };
    if meter.by_table {
        for opcode in not_run.opcodes {
            exec.jit.count -= 1;
            exec.jit.left += meter.costs.of(opcode) as i64;
        }
    } else {
        exec.jit.left += not_run.opcodes.len() as i64 - not_run.unwritten as i64;
    }
}

/// Visits the opcodes of every constant expression that instantiation evaluates.
fn for_each_constant(module: &ModuleInfo, visit: &mut dyn FnMut(u16)) {
    let mut expression = |ops: &[ConstOp]| {
        ops.iter().map(opcode).chain([END]).for_each(&mut *visit);
    };
    module.globals.iter().filter_map(|global| global.init.as_ref()).for_each(|e| expression(e));
    module.tables.iter().filter_map(|table| table.init.as_ref()).for_each(|e| expression(e));
    for segment in &module.elements {
        if let SegmentMode::Active { offset, .. } = &segment.mode {
            expression(offset);
        }
        match &segment.items {
            ElementItems::Funcs(funcs) => {
                funcs.iter().for_each(|func| expression(&[ConstOp::RefFunc(*func)]));
            }
            ElementItems::Exprs(items) => items.iter().for_each(|item| expression(item)),
        }
    }
    for segment in &module.data {
        if let SegmentMode::Active { offset, .. } = &segment.mode {
            expression(offset);
        }
    }
}

fn opcode(op: &ConstOp) -> u16 {
    match op {
        ConstOp::I32Const(_) => 0x41,
        ConstOp::I64Const(_) => 0x42,
        ConstOp::F32Const(_) => 0x43,
        ConstOp::F64Const(_) => 0x44,
        ConstOp::V128Const(_) => 0xFD0C,
        ConstOp::GlobalGet(_) => 0x23,
        ConstOp::RefNull(_) => 0xD0,
        ConstOp::RefFunc(_) => 0xD2,
        ConstOp::I32Add => 0x6A,
        ConstOp::I32Sub => 0x6B,
        ConstOp::I32Mul => 0x6C,
        ConstOp::I64Add => 0x7C,
        ConstOp::I64Sub => 0x7D,
        ConstOp::I64Mul => 0x7E,
    }
}
