//! What a guest costs: instructions counted exactly, a price for each, and an end when the budget is spent.

use wasmspan::config::{Limits, StatisticsOptions};
use wasmspan::log::{LogLevel, set_level};
use wasmspan::{Config, ErrCode, Executor, Module, Result, Store, Val};

const GUEST: &str = r#"(module (func (export "count") (param i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;

fn main() -> Result<()> {
    // Each call's figures would go to the log, as WasmEdge's do; here only warnings matter.
    set_level(LogLevel::Warn);
    let budget = |cost| Limits { cost: Some(cost), ..Limits::default() };
    let config = Config {
        statistics: StatisticsOptions {
            instruction_counting: true,
            cost_measuring: true,
            ..StatisticsOptions::default()
        },
        limits: budget(100_000),
        ..Config::default()
    };
    let executor = Executor::new(&config);
    let instance = executor.instantiate(&Store::new(), &Module::with_config(&config, GUEST)?)?;
    let count = instance.get_func("count").ok_or(ErrCode::FuncNotFound)?;
    let statistics = executor.statistics();

    executor.invoke(&count, &[Val::I32(100)])?;
    println!("instructions: {}", statistics.instruction_count());
    executor.invoke(&count, &[Val::I32(100)])?;
    println!("the same again: {}", statistics.instruction_count());

    // A budget for one call, within what all calls together may cost.
    let attempt = |turns, limits| match executor.invoke_within(&count, &[Val::I32(turns)], &limits)
    {
        Ok(_) => "done",
        Err(error) => error.message(),
    };
    println!("100 turns for 1000: {}", attempt(100, budget(1000)));
    println!("1000 turns for 1000: {}", attempt(1000, budget(1000)));
    println!("a million turns: {}", attempt(1_000_000, Limits::default()));
    println!("cost of all calls: {}", statistics.total_cost());
    Ok(())
}
