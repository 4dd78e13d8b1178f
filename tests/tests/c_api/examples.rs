//! Every complete program of the documents, in our own words: compiled with each compiler, as C and
//! where valid as C++, for each release that it is valid for; what it prints is compared.

use crate::build::{C, CXX, Compiler, Release, installed, program, root, run, scratch, text};
use std::path::{Path, PathBuf};

const BOTH: &[Release] = &[Release::V0_10, Release::V0_11];
const NEW: &[Release] = &[Release::V0_11];

/// What the ahead-of-time compiler logs.
const COMPILES: &str = "[info] compile start\n[info] verify start\n[info] optimize start\n\
                        [info] codegen start\n[info] output start\n[info] compile done\n\
                        [info] output start\n";

/// A folder with the modules that examples read.
pub fn modules() -> PathBuf {
    let folder = scratch("modules");
    let fib = root().join("tests/wasm/fibonacci.wasm");
    std::fs::copy(fib, folder.join("fibonacci.wasm")).unwrap();
    for name in ["funcs", "stl"] {
        let text = std::fs::read(root().join(format!("tests/c/examples/{name}.wat"))).unwrap();
        let bytes = wat::parse_bytes(&text).unwrap();
        std::fs::write(folder.join(format!("{name}.wasm")), bytes).unwrap();
    }
    folder
}

fn check(source: &str, compilers: &[Compiler], releases: &[Release], args: &[&str], wanted: &str) {
    let folder = modules();
    let source = root().join("tests/c/examples").join(source);
    for compiler in compilers.iter().filter(|compiler| installed(compiler.command)) {
        for release in releases {
            let program = program(&source, *compiler, *release, &[]);
            let output = run(&program, args, &folder);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(text(&output), wanted, "{} {errors}", program.display());
            assert_eq!(output.status.code(), Some(0), "{} {errors}", program.display());
        }
    }
}

/// Checks an example in C and in C++.
fn check_all(source: &str, releases: &[Release], args: &[&str], wanted: &str) {
    assert!(installed("gcc") && installed("g++"), "gcc and g++ are required");
    check(source, &C, releases, args, wanted);
    check(source, &CXX, releases, args, wanted);
}

#[test]
fn version() {
    let of = |text| format!("WasmEdge version: {text}\n{text}\n");
    check_all("version.c", &[Release::V0_10], &[], &of("0.10.1"));
    check_all("version.c", &[Release::V0_11], &[], &of("0.11.2"));
}

#[test]
fn runner() {
    check_all("runner.c", BOTH, &["fibonacci.wasm"], "Get result: 3524578\n");
}

#[test]
fn compiler_and_runner_on_its_output() {
    for release in BOTH {
        let output = format!("fibonacci-{release:?}.wasm");
        let release = std::slice::from_ref(release);
        check_all("compiler.c", release, &["fibonacci.wasm", &output], COMPILES);
        check("runner.c", &C[..1], release, &[&output], "Get result: 3524578\n");
    }
}

#[test]
fn compile_without_configuration() {
    check_all("compile_fib.c", BOTH, &[], COMPILES);
    assert!(Path::new(&modules().join("fibonacci-aot.wasm")).exists());
}

#[test]
fn external_references() {
    let wanted = "Test 1 -- `call_add` -- 1234 + 5678 = 6912\n\
                  Test 2 -- `call_mul` -- 789 * 4321 = 3409269\n\
                  Test 3 -- `call_mul` -- 8256 ^ 2 = 68161536\n";
    check_all("externref.c", NEW, &[], wanted);
}

#[test]
fn references_to_objects_of_cxx() {
    let wanted = "Result : 6912\nResult : 1048576\nHello world!\n";
    check("externref_objects.cpp", &CXX, NEW, &[], wanted);
}

#[test]
fn driver_of_the_compiler() {
    check_all("driver_compiler.c", BOTH, &["fibonacci.wasm", "fibonacci-d.wasm"], COMPILES);
}

#[test]
fn driver_of_the_runtime() {
    check_all("driver_tool.c", BOTH, &["--reactor", "fibonacci.wasm", "fib", "10"], "89\n");
}

#[test]
fn vm_at_once() {
    check_all("vm_run.c", BOTH, &[], "Get the result: 8\n");
}

#[test]
fn vm_step_by_step() {
    check_all("vm_steps.c", BOTH, &[], "Get the result: 89\n");
}

#[test]
fn vm_registers() {
    check_all("vm_register.c", BOTH, &[], "Get the result: 10946\n");
}

#[test]
fn vm_runs_on_another_thread() {
    check_all("vm_async_run.c", BOTH, &[], "Get the result: 10946\n");
}

#[test]
fn vm_executes_on_another_thread() {
    check_all("vm_async_execute.c", BOTH, &[], "Get the result: 121393\n");
}

#[test]
fn vm_lists_functions() {
    let wanted = "Get exported function string length: 3, name: fib\n";
    check_all("vm_list.c", BOTH, &[], wanted);
}

#[test]
fn runtime_step_by_step() {
    let wanted = "Get exported function string length: 3, name: fib\nGet the result: 4181\n";
    check_all("runtime.c", BOTH, &[], wanted);
}

#[test]
fn error_of_the_user() {
    let wanted = "[error] user defined failed: user defined error code, Code: 0x15be\n\
                  [error]     When executing function name: \"trap\"\n\
                  Get the error code: 5566\n";
    check_all("user_error.c", NEW, &[], wanted);
}

#[test]
fn host_function() {
    let wanted = "Host function \"Add\": 1234 + 5678\nGet the result: 6912\n";
    check_all("host_function.c", BOTH, &[], wanted);
}

#[test]
fn host_data() {
    let wanted = "Host function \"Add\": 1234 + 5678\nGet the result: 6912\nData value: 6912\n";
    check_all("host_function.c", BOTH, &["data"], wanted);
}
