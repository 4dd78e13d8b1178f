//! Programs that check the rules of the interface, and what they need from the outside.

use crate::build::{C, CXX, Compiler, Release, installed, libraries, program, root, run, scratch};
use std::path::PathBuf;
use std::process::Command;

fn source(name: &str) -> PathBuf {
    root().join("tests/c").join(name)
}

/// Runs a program of checks, which says how many it made and fails if one failed.
fn passes(name: &str, release: Release, args: &[&str]) {
    let compilers = if name.ends_with(".cpp") { CXX } else { C };
    for compiler in compilers.iter().filter(|compiler| installed(compiler.command)) {
        passes_with(name, *compiler, release, args, &["-Wno-pedantic"]);
    }
}

/// As [`passes`], with one compiler and these flags.
fn passes_with(name: &str, compiler: Compiler, release: Release, args: &[&str], flags: &[&str]) {
    let program = program(&source(name), compiler, release, flags);
    let output = run(&program, args, &scratch("rules"));
    let out = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {compiler:?}: {:?}\n{out}{errors}", output.status);
    assert!(out.contains(" 0 failures"), "{name}: {out}");
}

#[test]
fn rules_of_contexts() {
    passes("rules.c", Release::V0_11, &[]);
}

#[test]
fn rules_of_modules() {
    passes("rules_modules.c", Release::V0_11, &[]);
}

#[test]
fn rules_of_vms_and_input() {
    passes("rules_vm.c", Release::V0_11, &[]);
}

#[test]
fn names_end_with_zero() {
    passes("names.c", Release::V0_11, &[]);
}

#[test]
fn rules_of_0_10() {
    passes("rules_0_10.c", Release::V0_10, &[]);
}

#[test]
fn causes_of_errors() {
    passes("causes.c", Release::V0_11, &[]);
}

#[test]
fn additions() {
    passes("additions.c", Release::V0_11, &[]);
}

#[test]
fn bindgen() {
    let guests = ["bindgen-rust", "strings-c", "strings-assemblyscript"];
    let guests = guests.map(|name| root().join(format!("tests/wasm/{name}.wasm")));
    let guests = guests.each_ref().map(|path| path.to_str().expect("a path of UTF-8"));
    passes("bindgen.c", Release::V0_11, &guests);
}

/// The wrappers that `wasmspan bindgen` writes, in C and in C++.
#[test]
fn generated_wrappers() {
    let args = ["tests/wasm/bindgen-rust.wasm", "tests/generated/numbers.wat"];
    let args = args.map(|path| root().join(path).to_str().expect("a path of UTF-8").to_string());
    for compiler in [C, CXX].concat().into_iter().filter(|compiler| installed(compiler.command)) {
        let source = root().join("tests/generated/c/main.c");
        let program = program(&source, compiler, Release::V0_11, &[]);
        let output = run(&program, &args.each_ref().map(String::as_str), &scratch("generated"));
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && out.contains(" 0 failures"), "{compiler:?}: {out}");
    }
}

#[test]
fn scenarios() {
    let flags = ["-Wno-pedantic", "-lm", "-lpthread"];
    let program = program(&source("scenarios/run.c"), C[0], Release::V0_11, &flags);
    let results = wasmspan_tests::scenario::report::results_folder();
    std::fs::create_dir_all(&results).expect("the folder of results");
    let (tests, results) = (root().join("tests"), results.join("scenarios-c.json"));
    let args = [tests.join("scenarios"), tests.join("wasm"), results];
    let args = args.each_ref().map(|path| path.to_str().expect("a path of UTF-8"));
    let output = run(&program, &args, &scratch("rules"));
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && out.contains(" 0 failures"), "{:?}: {out}", output.status);
}

#[test]
fn additions_to_wasi() {
    passes("additions_wasi.c", Release::V0_11, &[]);
}

#[test]
fn additions_of_settings() {
    passes("additions_settings.c", Release::V0_11, &[]);
}

#[test]
fn additions_that_bound_and_count() {
    passes("additions_limits.c", Release::V0_11, &[]);
}

/// With AddressSanitizer, which sees what one thread frees under another.
#[test]
fn stacks_of_any_kind() {
    passes("stacks.c", Release::V0_11, &[]);
}

#[test]
fn threads() {
    let flags = ["-Wno-pedantic", "-fsanitize=address"];
    passes_with("threads.c", C[0], Release::V0_11, &[], &flags);
}

/// Under AddressSanitizer, which sees what C does and what is freed twice. `make soak` makes a hundred
/// times as many.
#[test]
fn random_sequences_do_no_harm() {
    let flags = ["-Wno-pedantic", "-fsanitize=address"];
    let program = program(&source("random_calls.c"), C[0], Release::V0_11, &flags);
    let count = std::env::var("WASMSPAN_SEQUENCES").unwrap_or_else(|_| "10000".into());
    let output = run(&program, &[&count], &scratch("rules"));
    let out = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {out}{errors}", output.status);
}

/// Under AddressSanitizer, which fills what is freed. `make soak` runs it for a minute and more.
#[test]
fn threads_that_delete_what_others_use_do_no_harm() {
    let flags = ["-Wno-pedantic", "-fsanitize=address"];
    let time = std::env::var("WASMSPAN_STRESS_MS").unwrap_or_else(|_| "5000".into());
    passes_with("stress.c", C[0], Release::V0_11, &[&time], &flags);
}

#[test]
fn exceptions_of_cxx_end_at_the_host_function() {
    passes("exceptions.cpp", Release::V0_11, &[]);
}

#[test]
fn exported_symbols_are_those_of_the_header() {
    for release in [Release::V0_10, Release::V0_11] {
        let library = libraries().join(format!("lib{}.so", release.library()));
        let nm = Command::new("nm").args(["-D", "--defined-only"]).arg(&library).output().unwrap();
        let nm = String::from_utf8(nm.stdout).unwrap();
        let mut exported: Vec<&str> =
            nm.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
        exported.sort_unstable();
        let list = root().join(format!("tests/c/symbols-{release:?}.txt"));
        if std::env::var_os("WASMSPAN_BLESS").is_some() {
            std::fs::write(&list, exported.join("\n") + "\n").unwrap();
        }
        let wanted = std::fs::read_to_string(&list).unwrap();
        assert_eq!(exported, wanted.lines().collect::<Vec<_>>(), "{release:?}");
        let header =
            std::fs::read_to_string(release.include().join("wasmedge/wasmedge.h")).unwrap();
        let own: String = ["wasmspan.h", "bindgen.h"]
            .map(|name| Release::V0_11.include().join("wasmspan").join(name))
            .map(|file| std::fs::read_to_string(file).expect("a header"))
            .concat();
        for symbol in &exported {
            let declared = header.contains(&format!("{symbol}("))
                || own.contains(&format!("{symbol}("))
                || release == Release::V0_10;
            assert!(declared, "{symbol} is exported and not declared");
        }
        for declared in header.split("WASMEDGE_CAPI_EXPORT").skip(4) {
            let head = declared.split('(').next().unwrap();
            let name = head.rsplit([' ', '\n', '*']).next().unwrap();
            if name.starts_with("WasmEdge_") {
                assert!(exported.contains(&name), "{name} is declared and not exported");
            }
        }
    }
}
