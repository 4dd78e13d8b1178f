//! Compiled ahead of time into a file, and kept in a cache from one process to the next.

use std::sync::Arc;
use std::{env, fs, process};
use wasmspan::config::CacheOptions;
use wasmspan::log::{LogLevel, set_level};
use wasmspan::{Compiler, Config, Module, Result, Store};

const SOURCE: &str = "tests/wasm/fibonacci.wasm";

fn fib(module: &Module, n: i32) -> Result<i32> {
    module.instantiate(&Store::new())?.typed::<i32, i32>("fib")?.call(n)
}

fn main() -> Result<()> {
    // The compiler says what it does, as WasmEdge's; here only warnings matter.
    set_level(LogLevel::Warn);
    let folder = env::temp_dir().join(format!("wasmspan-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder for the files");
    let config = Config::default();

    // One file for every runtime: the code lies in a section that others ignore.
    let file = folder.join("fibonacci.wasm");
    Compiler::new(&config).compile_file(SOURCE, &file)?;
    let compiled = Module::load_compiled_file(&config, &file)?;
    println!("the file has its code: {}", compiled.is_precompiled());
    println!("fib(10): {}", fib(&compiled, 10)?);
    // Code in a file is only run for those who trust the file; for others it is a module like any.
    let module = Module::from_file(&config, &file)?;
    println!("without trust: {}", module.is_precompiled());
    println!("fib(10): {}", fib(&module, 10)?);

    // Or let the runtime remember: the second time nothing is compiled, in other processes too.
    let cache = CacheOptions { directory: Some(folder.join("cache")), max_bytes: 64 << 20 };
    let config = Config { cache: Some(Arc::new(cache)), ..config };
    for turn in ["first", "second"] {
        println!("{turn} time: {}", fib(&Module::from_file(&config, SOURCE)?, 20)?);
    }
    fs::remove_dir_all(&folder).expect("the folder can be removed");
    Ok(())
}
