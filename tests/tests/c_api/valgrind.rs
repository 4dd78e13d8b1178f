//! Example programs under Memcheck: they leave nothing behind and touch nothing that isn't theirs.
//!
//! A few of them in each run of the tests; all with `WASMSPAN_VALGRIND=1`, as `make soak` does.
//! `tests/c/valgrind.supp` names the one thing that is overlooked.

use crate::build::{C, CXX, Release, installed, program, root};
use crate::examples::modules;
use std::process::Command;

/// Sources below the root, and arguments. The first ones are those of each run. WASI's clocks are missing, because rustix
/// looks for the kernel's functions where Memcheck shows none.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("tests/c/examples/version.c", &[]),
    ("tests/c/examples/vm_steps.c", &[]),
    ("tests/c/examples/vm_async_run.c", &[]),
    ("tests/c/examples/vm_list.c", &[]),
    ("tests/c/examples/runtime.c", &[]),
    ("tests/c/examples/host_function.c", &["data"]),
    ("tests/c/examples/compile_fib.c", &[]),
    ("tests/c/examples/compiler.c", &["fibonacci.wasm", "fibonacci-v.wasm"]),
    ("tests/c/examples/driver_compiler.c", &["fibonacci.wasm", "fibonacci-w.wasm"]),
    ("tests/c/examples/driver_tool.c", &["--reactor", "fibonacci.wasm", "fib", "10"]),
    ("tests/c/examples/externref.c", &[]),
    ("tests/c/examples/externref_objects.cpp", &[]),
    ("tests/c/examples/host_function.c", &[]),
    ("tests/c/examples/runner.c", &["fibonacci.wasm"]),
    ("tests/c/examples/user_error.c", &[]),
    ("tests/c/examples/vm_async_execute.c", &[]),
    ("tests/c/examples/vm_register.c", &[]),
    ("tests/c/examples/vm_run.c", &[]),
    ("examples/c/demo.c", &[]),
    ("examples/c/aot-cache.c", &[]),
    ("examples/c/bindgen-strings.c", &[]),
    ("examples/c/host-functions.c", &[]),
    ("examples/c/metering.c", &[]),
    ("examples/c/plugin-limits.c", &[]),
    ("examples/c/pool.c", &[]),
    ("examples/c/shared-memory.c", &[]),
];
const EACH_RUN: usize = 6;

#[test]
fn examples_are_clean_under_valgrind() {
    if !installed("valgrind") {
        eprintln!("skipped: valgrind is not installed");
        return;
    }
    let all = std::env::var_os("WASMSPAN_VALGRIND").is_some();
    let count = if all { PROGRAMS.len() } else { EACH_RUN };
    for (source, args) in &PROGRAMS[..count] {
        let compiler = if source.ends_with(".cpp") { CXX[0] } else { C[0] };
        let program = program(&root().join(source), compiler, Release::V0_11, &[]);
        // Those of `examples` find their guests from the root.
        let folder = if source.starts_with("examples") { root() } else { modules() };
        let supp = root().join("tests/c/valgrind.supp");
        let run = Command::new("valgrind")
            .args(["--quiet", "--error-exitcode=9", "--leak-check=full"])
            .args(["--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"])
            .arg(format!("--suppressions={}", supp.display()))
            .arg(&program)
            .args(*args)
            .current_dir(folder)
            .output()
            .expect("valgrind runs");
        let errors = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{source}: {:?}\n{errors}", run.status);
        println!("{source}: clean");
    }
}
