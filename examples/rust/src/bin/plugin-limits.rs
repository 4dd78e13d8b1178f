//! A plug-in that nobody has read: so much time, memory and stack, and no way out but what it is given.

use wasmspan::config::Limits;
use wasmspan::{Config, ErrCode, Executor, Module, Result, Store, Val};

const PLUGIN: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "price") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
    (func (export "hang") (loop (br 0)))
    (func (export "hoard") (result i32)
        (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))) (memory.size))
    (func $deep (export "deep") (call $deep)))"#;

fn main() -> Result<()> {
    let limits = Limits {
        time_ms: Some(500), // of each call
        memory_pages: Some(4),
        stack_bytes: Some(256 << 10),
        ..Limits::default()
    };
    let config = Config { limits, ..Config::default() };
    let executor = Executor::new(&config);
    let plugin = executor.instantiate(&Store::new(), &Module::with_config(&config, PLUGIN)?)?;
    let call = |name, params: &[Val]| -> Result<i32> {
        let func = plugin.get_func(name).ok_or(ErrCode::FuncNotFound)?;
        let results = executor.invoke(&func, params)?;
        Ok(results.first().and_then(Val::i32).unwrap_or_default())
    };

    println!("price: {}", call("price", &[Val::I32(14)])?);
    println!("pages that it got: {}", call("hoard", &[])?);
    for name in ["hang", "deep"] {
        let Err(error) = call(name, &[]) else { continue };
        let why = if error.is_timeout() { "it ran out of time" } else { error.message() };
        println!("{name} was stopped: {why}");
    }
    // Stopped is not broken.
    println!("price: {}", call("price", &[Val::I32(2)])?);
    Ok(())
}
