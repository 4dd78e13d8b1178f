//! A command-line program for WASI with arguments and input; output, exit code and usage come back.

use std::time::Duration;
use wasmspan::wasi::Input;
use wasmspan::{Command, Result};

const SCRIPT: &str = r#"local sum = 0
for at = 1, #arg do sum = sum + tonumber(arg[at]) end
print("sum", sum)
error("nothing left to do")"#;

fn main() -> Result<()> {
    // A Lua interpreter that was written in C, which reads a script from its standard input.
    let finished = Command::from_file("tests/wasm/lua-cli.wasm")
        .args(["lua", "19", "23"])
        .stdin(Input::Bytes(SCRIPT.into()))
        .timeout(Duration::from_secs(10))
        .run()?;
    println!("exit code: {}", finished.exit_code().unwrap_or(u32::MAX));
    print!("output: {}", String::from_utf8_lossy(&finished.stdout));
    print!("errors: {}", String::from_utf8_lossy(&finished.stderr));
    println!("pages of memory: {}", finished.usage.memory_pages);
    Ok(())
}
