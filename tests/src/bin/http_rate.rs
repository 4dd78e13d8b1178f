//! Requests per second of the guest `http-echo` as a server, beside the same program built natively, over loopback.
//!
//!     cargo run --release -p wasmspan-tests --bin http_rate [ROUNDS [REQUESTS]]
//!
//! The client is native in both cases and asks over one connection; the rounds alternate. Prints the median of each and
//! of their ratio.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use wasmspan::wasi::{Output, OutputBuffer};
use wasmspan::{Config, Module, Store, Wasi};
use wasmspan_tests::support::wait_until;

/// Asks the server that runs at a port; gives requests per second.
fn ask(native: &Path, port: &str, requests: u32) -> f64 {
    let began = Instant::now();
    let ask = ["ask", "4", port, &requests.to_string(), "a short question"];
    let status = Command::new(native).args(ask).stdout(Stdio::null()).status();
    assert!(status.expect("the client starts").success());
    f64::from(requests) / began.elapsed().as_secs_f64()
}

fn port(line: &str) -> String {
    line.trim().strip_prefix("port ").expect("a server says its port").to_string()
}

fn native_rate(native: &Path, requests: u32) -> f64 {
    let serve = ["serve", "4", "0", &requests.to_string()];
    let child = Command::new(native).args(serve).stdout(Stdio::piped()).spawn();
    let mut child = child.expect("the server starts");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("text");
    let rate = ask(native, &port(&line), requests);
    assert!(child.wait().expect("it ends").success());
    rate
}

fn guest_rate(module: &Module, native: &Path, requests: u32) -> f64 {
    let out = OutputBuffer::with_limit(100);
    let wasi = Wasi::builder()
        .args(["http-echo", "serve", "4", "0", &requests.to_string()])
        .sockets(true)
        .stdout(Output::Buffer(out.clone()))
        .build()
        .expect("valid settings");
    let store = Store::new();
    store.register("wasi_snapshot_preview1", wasi.instance()).expect("a new name");
    let instance = module.instantiate(&store).expect("its imports exist");
    std::thread::scope(|scope| {
        let server = scope.spawn(|| instance.call("_start", &[]).map(drop));
        wait_until("the server's port", || out.contents().ends_with(b"\n"));
        let line = String::from_utf8(out.contents()).expect("text");
        let rate = ask(native, &port(&line), requests);
        let ended = server.join().expect("no panic");
        assert!(ended.is_ok() && wasi.exit_code() == 0, "{ended:?}");
        rate
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let mut words = std::env::args().skip(1).map(|word| word.parse().expect("a number"));
    let (rounds, requests) = (words.next().unwrap_or(9), words.next().unwrap_or(20_000));
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("wasm");
    let native = std::env::temp_dir().join(format!("http-echo-{}", std::process::id()));
    let mut build = Command::new("cc");
    build.arg("-O2").arg(folder.join("src/http-echo.c")).arg("-o").arg(&native);
    assert!(build.status().expect("a C compiler").success());
    let module = Module::from_file(&Config::default(), folder.join("http-echo.wasm"));
    let module = module.expect("a guest program");
    let (mut guests, mut natives, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        guests.push(guest_rate(&module, &native, requests));
        natives.push(native_rate(&native, requests));
        ratios.push(guests[guests.len() - 1] / natives[natives.len() - 1]);
    }
    let _ = std::fs::remove_file(&native);
    println!("guest:  {:.0} requests/s", median(guests));
    println!("native: {:.0} requests/s", median(natives));
    println!("ratio:  {:.3}", median(ratios));
}
