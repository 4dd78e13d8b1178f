//! Calls that are stopped at random times, and the state they leave behind.
//!
//! A call may be stopped by a signal at any instruction, so nobody can say beforehand what it will
//! have done. But the [`program`] counts loop heads and function entries. The oracle runs up to the
//! same count, notes its state before every change from there to the next head, and stops. What
//! the engine left is right if each global, byte and element is as the oracle had it at one of these
//! moments: stores may be left out whose place is written again before the next head, others may
//! not.

mod program;

use super::{Random, Value, oracle, ours};
use program::{
    GLOBALS, MAX_ELEMENTS, MEMORIES, OBJECTS, Program, TABLES, WINDOW, program, two_stores,
};
use std::time::Duration;
use wasmspan::config::{CompileTime, InterruptMode, OptLevel, TrapMode};
use wasmspan::raw::Deadline;
use wasmspan::{Config, ErrCode, ExternRef, Interrupt, Module, Store, Val};

/// Stops of each program.
const STOPS: u64 = 16;
/// The longest time of a call is two to this power, in microseconds.
const LONGEST: u64 = 8;

/// What was compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Calls that were stopped.
    pub stops: u64,
    /// Of them, those that had passed a loop head.
    pub in_loops: u64,
    /// Of them, those whose state is neither that of the last head nor of the next.
    pub between: u64,
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: Tally) {
        self.stops += other.stops;
        self.in_loops += other.in_loops;
        self.between += other.between;
    }
}

/// Everything that a program can change, place by place.
type State = Vec<u128>;

/// The way in which the engine works for a seed.
fn config(seed: u64) -> Config {
    let mut random = Random::new(seed ^ 0xC0F1);
    let mut either = || random.below(2) == 0;
    let mut config = Config {
        trap_mode: if either() { TrapMode::Signals } else { TrapMode::Checks },
        interrupt_mode: if either() { InterruptMode::Signal } else { InterruptMode::Poll },
        compile_time: if either() { CompileTime::Lazy } else { CompileTime::Eager },
        compile_threads: 1,
        ..Config::default()
    };
    if either() && either() {
        config.opt_level = OptLevel::None;
    }
    config.statistics.instruction_counting = either() && either();
    config
}

/// Stops calls of the program of a seed and compares what they leave.
///
/// # Errors
///
/// The first difference, in words.
pub fn check_seed(seed: u64) -> Result<Tally, String> {
    check(&program(seed), config(seed), seed)
}

/// As [`check_seed`] for a program of which nothing is lost, or the first of two stores at one place.
///
/// # Errors
///
/// As there.
pub fn check_two_stores(
    config: Config,
    count_in_global: bool,
    lost: bool,
) -> Result<Tally, String> {
    check(&two_stores(count_in_global, lost), config, 1)
}

fn check(program: &Program, config: Config, seed: u64) -> Result<Tally, String> {
    let told = |error: wasmspan::Error| format!("{error}\n{}", program.plain);
    let module = Module::with_config(&config, &program.plain).map_err(told)?;
    let observed = oracle::Observed::new(&program.observed)
        .map_err(|error| format!("the oracle: {error}\n{}", program.observed))?;
    let mut random = Random::new(seed);
    let mut tally = Tally::default();
    for _ in 0..STOPS {
        let found = stop(&module, &config, random.next()).map_err(told)?;
        let count = found[0] as u64;
        let possible = observed.moments(count)?;
        tally.stops += 1;
        tally.in_loops += u64::from(count > 1);
        if let (Some(first), Some(last)) = (possible.first(), possible.last())
            && (found == *first || found == *last)
        {
            continue;
        }
        tally.between += 1;
        let wrong = (0..found.len()).find(|at| possible.iter().all(|it| it[*at] != found[*at]));
        if let Some(at) = wrong {
            let mut expected: Vec<u128> = possible.iter().map(|state| state[at]).collect();
            expected.dedup();
            return Err(format!(
                "{}: after {count} heads place {at} has {:#x}, expected one of {expected:x?}\n{}",
                ways(&config),
                found[at],
                program.plain
            ));
        }
    }
    Ok(tally)
}

fn ways(config: &Config) -> String {
    let Config { trap_mode, interrupt_mode, compile_time, opt_level, .. } = config;
    let counting = config.statistics.instruction_counting;
    format!(
        "{trap_mode:?}, {interrupt_mode:?}, {compile_time:?}, {opt_level:?}, counting {counting}"
    )
}

/// Runs the program for a while; what it leaves.
fn stop(module: &Module, config: &Config, seed: u64) -> wasmspan::Result<State> {
    let instance = wasmspan::Executor::new(config).instantiate(&Store::new(), module)?;
    for (number, name) in OBJECTS.into_iter().enumerate() {
        let object = Val::ExternRef(Some(ExternRef::new(number as u64)));
        instance.get_global(name).expect("exported").set(&object)?;
    }
    let run = instance.get_func("run").expect("exported");
    let mut random = Random::new(seed);
    let power = random.below(LONGEST + 1);
    // Most calls have begun by then.
    let nanoseconds = 20_000 + random.below(1000 << power);
    let interrupt = Interrupt::new();
    let error = interrupt
        .run(|| {
            let time = Duration::from_nanos(nanoseconds);
            let _deadline = Deadline::after(time, &interrupt, time)?;
            run.call(&[Val::I32(ARGUMENT)])
        })
        .expect_err("it never ends by itself");
    if error.code() != ErrCode::Interrupted {
        return Err(error);
    }
    let global = ours::value(&instance.get_global("count").expect("exported").get());
    let memory: u64 = instance.get_memory("c").expect("exported").read_value(0)?;
    // One of them counts, the other stays zero.
    let mut state = State::from([word(global) + u128::from(memory)]);
    for name in GLOBALS {
        state.push(word(ours::value(&instance.get_global(name).expect("exported").get())));
    }
    for name in MEMORIES {
        let memory = instance.get_memory(name).expect("exported");
        state.push(memory.pages().into());
        state.extend(memory.read_vec(0, WINDOW)?.into_iter().map(u128::from));
    }
    for name in TABLES {
        let table = instance.get_table(name).expect("exported");
        let elements: Result<Vec<Val>, _> =
            (0..table.len() as u64).map(|at| table.get(at)).collect();
        push_table(&mut state, elements?.iter().map(ours::value));
    }
    Ok(state)
}

/// What `run` is called with.
pub(super) const ARGUMENT: i32 = 77;

/// The oracle's side of the names above.
pub(super) const NAMES: (&[&str], &[&str], &[&str], &[&str]) =
    (&GLOBALS, &MEMORIES, &TABLES, &OBJECTS);

/// Bytes of each memory that belong to the state.
pub(super) const BYTES: usize = WINDOW;

/// A value as a number.
pub(super) fn word(value: Value) -> u128 {
    match value {
        Value::I32(value) => u128::from(value as u32),
        Value::I64(value) => u128::from(value as u64),
        Value::F32(bits) => bits.into(),
        Value::F64(bits) => bits.into(),
        Value::V128(value) => value,
        Value::Func(is_set) => is_set.into(),
        Value::Extern(value) => value.map_or(0, |value| u128::from(value) + 1),
    }
}

/// Adds a table's elements to a state, and something else for those that it does not have yet.
pub(super) fn push_table(state: &mut Vec<u128>, elements: impl Iterator<Item = Value>) {
    let end = state.len() + MAX_ELEMENTS;
    state.extend(elements.map(word));
    state.resize(end, u128::MAX);
}
