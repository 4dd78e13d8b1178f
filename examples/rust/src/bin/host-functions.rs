//! Functions of Rust that a guest calls: with values, through its memory, and with errors.

use std::error::Error as _;
use std::fmt;
use wasmspan::{Caller, ErrCode, Error, Func, Instance, Module, Result, Store};

const GUEST: &str = r#"(module
    (import "host" "log" (func $log (param i32 i32)))
    (import "host" "rate" (func $rate (param i32) (result f64)))
    (import "host" "check" (func $check (param i64)))
    (memory (export "memory") 1)
    (data (i32.const 16) "hello from the guest")
    (func (export "greet") (call $log (i32.const 16) (i32.const 20)))
    (func (export "convert") (param f64 i32) (result f64)
        (f64.mul (local.get 0) (call $rate (local.get 1))))
    (func (export "withdraw") (param i64) (call $check (local.get 0))))"#;

/// An error of the host's own.
#[derive(Debug)]
struct Overdrawn(i64);

impl fmt::Display for Overdrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is more than there is", self.0)
    }
}

impl std::error::Error for Overdrawn {}

fn log(caller: Caller<'_>, address: u32, length: u32) -> Result<()> {
    let memory = caller.memory(0).ok_or(ErrCode::MemoryOutOfBounds)?;
    let text = memory.read_vec(address as usize, length as usize)?;
    println!("{}", String::from_utf8_lossy(&text));
    Ok(())
}

fn check(amount: i64) -> Result<()> {
    if amount > 100 { Err(Error::host(Overdrawn(amount))) } else { Ok(()) }
}

fn main() -> Result<()> {
    let host = Instance::host("host");
    host.define("log", Func::wrap(log)?)?;
    host.define("rate", Func::wrap(|currency: u32| if currency == 1 { 1.25 } else { 1.0 })?)?;
    host.define("check", Func::wrap(check)?)?;
    let store = Store::new();
    store.register("host", &host)?;
    let instance = Module::new(GUEST)?.instantiate(&store)?;

    instance.typed::<(), ()>("greet")?.call(())?;
    let convert = instance.typed::<(f64, u32), f64>("convert")?;
    println!("converted: {}", convert.call((8.0, 1))?);
    let withdraw = instance.typed::<i64, ()>("withdraw")?;
    withdraw.call(100)?;
    // The very error that the function returned, through the guest.
    if let Err(error) = withdraw.call(101)
        && let Some(why) = error.source().and_then(|why| why.downcast_ref::<Overdrawn>())
    {
        println!("refused: {why}");
    }
    Ok(())
}
