//! Shows the main job: the same module, run from each language that has a binding.
//!
//! Each line names the language and what ran, what was expected, what came out, and how long it
//! took. The process fails if a line is wrong.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use wasmspan::config::Config;
use wasmspan::{Func, Instance, Interrupt, Module, Store, Val};

/// One line of the table.
struct Line {
    language: &'static str,
    what: &'static str,
    expected: String,
    got: String,
    took: Duration,
}

fn main() -> ExitCode {
    let lines = match run() {
        Ok(lines) => lines,
        Err(error) => {
            eprintln!("the demo failed: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{:<10} {:<44} {:>22} {:>22} {:>12}", "language", "what", "expected", "got", "time");
    let mut good = true;
    for line in &lines {
        let right = line.expected == line.got;
        good &= right;
        println!(
            "{:<10} {:<44} {:>22} {:>22} {:>12} {}",
            line.language,
            line.what,
            line.expected,
            line.got,
            format!("{:.1?}", line.took),
            if right { "ok" } else { "WRONG" }
        );
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn timed(what: &'static str, expected: &str, work: impl FnOnce() -> String) -> Line {
    let start = Instant::now();
    let got = work();
    Line { language: "Rust", what, expected: expected.into(), got, took: start.elapsed() }
}

fn run() -> wasmspan::Result<Vec<Line>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/wasm/fibonacci.wasm");
    let start = Instant::now();
    let module = Module::from_file(&Config::default(), &path)?;
    let mut lines = vec![Line {
        language: "Rust",
        what: "load, validate and compile fibonacci.wasm",
        expected: "1 export".into(),
        got: format!("{} export", module.exports().len()),
        took: start.elapsed(),
    }];
    let instance = module.instantiate(&Store::new())?;
    let fib = instance.typed::<i32, i32>("fib")?;
    lines.push(timed("fib(10)", "89", || show(fib.call(10))));
    lines.push(timed("fib(30)", "1346269", || show(fib.call(30))));

    let store = Store::new();
    let env = Instance::host("env");
    env.define("double", Func::wrap(|n: i32| n * 2)?)?;
    store.register("env", &env)?;
    let caller = Module::new(
        br#"(module (import "env" "double" (func $double (param i32) (result i32)))
            (func (export "run") (param i32) (result i32) (call $double (local.get 0)))
            (func (export "divide") (param i32 i32) (result i32)
                (i32.div_s (local.get 0) (local.get 1)))
            (func (export "forever") (loop (br 0))))"#,
    )?
    .instantiate(&store)?;
    lines.push(timed("a host function called from wasm", "42", || {
        show(caller.typed::<i32, i32>("run").and_then(|run| run.call(21)))
    }));
    lines.push(timed("a trap, caught", "integer divide by zero", || {
        match caller.call("divide", &[Val::I32(1), Val::I32(0)]) {
            Ok(values) => format!("{values:?}"),
            Err(error) => error.message().into(),
        }
    }));
    lines.push(timed("an endless loop, stopped after 20 ms", "execution interrupted", || {
        let interrupt = Interrupt::new();
        let stop = interrupt.clone();
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            stop.interrupt();
        });
        let result = interrupt.run(|| caller.call("forever", &[]));
        // The thread only sleeps and asks.
        let _ = stopper.join();
        match result {
            Ok(_) => "it ended".into(),
            Err(error) => error.message().into(),
        }
    }));
    Ok(lines)
}

fn show(result: wasmspan::Result<i32>) -> String {
    result.map_or_else(|error| error.to_string(), |value| value.to_string())
}
