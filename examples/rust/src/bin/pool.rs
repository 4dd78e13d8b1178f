//! Many requests at once, each with an instance of its own that begins in the module's first state.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
use wasmspan::{Func, Instance, Module, Pool, Result, Store};

const GUEST: &str = r#"(module
    (import "host" "fetch" (func $fetch (param i32) (result i32)))
    (global $seen (mut i32) (i32.const 0))
    (func (export "handle") (param i32) (result i32)
        (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
        (i32.add (i32.mul (call $fetch (local.get 0)) (i32.const 1000)) (global.get $seen))))"#;

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn fetch(n: i32) -> i32 {
    MOST.fetch_max(RUNNING.fetch_add(1, Relaxed) + 1, Relaxed);
    thread::sleep(Duration::from_millis(20));
    RUNNING.fetch_sub(1, Relaxed);
    n
}

fn main() -> Result<()> {
    let host = Instance::host("host");
    host.define("fetch", Func::wrap(fetch)?)?;
    let store = Store::new();
    store.register("host", &host)?;
    let pool = Pool::new(&Module::new(GUEST)?, &store, 4)?;

    let request = |n| -> Result<i32> {
        let instance = pool.get_timeout(Duration::from_secs(5))?;
        instance.typed::<i32, i32>("handle")?.call(n)
    };
    let answers = thread::scope(|scope| {
        let threads: Vec<_> = (0..12).map(|n| scope.spawn(move || request(n))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect::<Result<Vec<_>>>()
    })?;
    println!("answers: {}", answers.iter().map(i32::to_string).collect::<Vec<_>>().join(" "));
    println!("at once, at most 4: {}", (2..=4).contains(&MOST.load(Relaxed)));
    println!("in use: {} of {}", pool.in_use(), pool.size());
    Ok(())
}
