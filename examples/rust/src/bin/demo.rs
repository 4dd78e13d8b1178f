//! The lines of Rust in the demonstration. `make demo` runs the same program in five languages.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use wasmspan::bindgen::{Bindgen, Value};
use wasmspan::{Config, ErrCode, Func, Instance, Interrupt, Module, Result, Store, Val, Wasi};

fn main() -> ExitCode {
    match demo() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the demo in Rust failed: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line: what ran, what was expected, what came out, and how long it took.
fn line(what: &str, expected: &str, got: &str, start: Instant) -> bool {
    let time = format!("{:.2} ms", start.elapsed().as_secs_f64() * 1e3);
    let verdict = if got == expected { "ok" } else { "WRONG" };
    println!("{:<8} {what:<34} {expected:>22} {got:>22} {time:>11} {verdict}", "Rust");
    got == expected
}

fn demo() -> Result<bool> {
    let mut good = true;

    // A guest of wasmedge-bindgen: its functions take and return texts and bytes.
    let start = Instant::now();
    let store = Store::new();
    let wasi = Wasi::builder().build()?;
    store.register("wasi_snapshot_preview1", wasi.instance())?;
    let guest = Bindgen::new(&load("tests/wasm/bindgen-rust.wasm")?.instantiate(&store)?)?;
    let hello = guest.call("say", &["demo".into()])?;
    good &= line("load a guest, pass it a text", "hello demo", text(&hello), start);

    let start = Instant::now();
    let points = [r#"{"x":0,"y":0}"#, r#"{"x":3,"y":4}"#, "a line"];
    let created = guest.call("create_line", &points.map(Value::from))?;
    let digest = guest.call("sha3_digest", &[text(&created).as_bytes().into()])?;
    good &= line("create_line, digest of its text", "b9b5c1698ab7b6ec", &hex(&digest), start);

    let bytes: Vec<u8> = (0..256 << 10).map(|at| (at % 251) as u8).collect();
    let start = Instant::now();
    let digest = guest.call("sha3_digest", &[bytes.as_slice().into()])?;
    good &= line("sha3_digest of 256 KiB", "2ae120f51b9b63e9", &hex(&digest), start);

    // A guest that calls a function of its host.
    let store = Store::new();
    let env = Instance::host("env");
    env.define("double", Func::wrap(|n: i32| n * 2)?)?;
    store.register("env", &env)?;
    let guest = load("examples/demo.wat")?.instantiate(&store)?;
    let start = Instant::now();
    let sum = guest.typed::<i32, i32>("sum_of_doubles")?.call(10_000)?;
    good &= line("10000 calls of a host function", "100010000", &sum.to_string(), start);

    // Errors of the guest, after which it can be called again.
    let start = Instant::now();
    let trap = match guest.call("divide", &[Val::I32(1), Val::I32(0)]) {
        Ok(_) => "no trap",
        Err(error) => error.message(),
    };
    good &= line("a trap, caught", "integer divide by zero", trap, start);

    let start = Instant::now();
    let interrupt = Interrupt::new();
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            interrupt.interrupt();
        });
        interrupt.run(|| guest.call("forever", &[]))
    });
    let stopped = ended.is_err_and(|error| error.code() == ErrCode::Interrupted);
    let got = if stopped { "stopped" } else { "not stopped" };
    good &= line("an endless loop, stopped at 20 ms", "stopped", got, start);
    Ok(good)
}

fn load(file: &str) -> Result<Module> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Module::from_file(&Config::default(), root.join(file))
}

/// The text that a function returned.
fn text<'a>(results: &'a [Value<'_>]) -> &'a str {
    results[0].as_str().unwrap_or("no text")
}

/// The first of the bytes that a function returned.
fn hex(results: &[Value<'_>]) -> String {
    let bytes = results[0].as_bytes().unwrap_or(&[]);
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
