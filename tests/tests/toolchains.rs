//! One program of each toolchain, doing the same: files, directories, clocks, variables, random numbers, streams, an exit
//! code.

use std::path::PathBuf;
use wasmspan::wasi::{Input, Output, OutputBuffer};
use wasmspan::{Config, Module, Store, Wasi};

fn run(name: &str) {
    run_in(name, "/data");
}

/// Runs a guest with a folder under this name, in which or as which it finds `/data`.
fn run_in(name: &str, preopen: &str) {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let module = Module::from_file(&Config::default(), tests.join(format!("wasm/{name}.wasm")));
    let folder = std::env::temp_dir().join(format!("wasmspan-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let data = if preopen == "/" { folder.join("data") } else { folder.clone() };
    std::fs::create_dir_all(&data).expect("a folder");
    let (out, err) = (OutputBuffer::with_limit(1 << 16), OutputBuffer::with_limit(1 << 16));
    let wasi = Wasi::builder()
        .args([name, "one", "two words"])
        .env("GREETING", "world")
        .preopen(&folder, preopen)
        .stdin(Input::Bytes(b"some input".to_vec()))
        .stdout(Output::Buffer(out.clone()))
        .stderr(Output::Buffer(err.clone()))
        .build()
        .expect("valid settings");
    let store = Store::new();
    store.register("wasi_snapshot_preview1", wasi.instance()).expect("a new name");
    let instance = module.expect("a guest program").instantiate(&store);
    let ended = instance.expect("its imports exist").call("_start", &[]).map(drop);
    let text = |buffer: &OutputBuffer| String::from_utf8_lossy(&buffer.contents()).into_owned();
    let said = (text(&out), text(&err));
    // A return of C's `main` with a code that is not zero is an exit, too.
    assert!(ended.as_ref().is_err_and(|error| error.is_terminated()), "{ended:?} {said:?}");
    assert_eq!(wasi.exit_code(), 7, "{said:?}");
    assert_eq!(said, ("hello world\n".to_string(), "some input".to_string()));
    std::fs::remove_dir(&data).expect("the guest left nothing behind");
    let _ = std::fs::remove_dir(&folder);
}

#[test]
fn c() {
    run("toolchain-c");
}

#[test]
fn cpp() {
    run("toolchain-cpp");
}

#[test]
fn rust() {
    run("toolchain-rust");
    run("toolchain-rust-wasip1");
}

#[test]
fn go() {
    // Its library finds absolute paths below `/` only: other names are told without their slash.
    run_in("toolchain-go", "/");
}

#[test]
fn assemblyscript() {
    run("toolchain-assemblyscript");
}
