//! Programs that check the rules of the interface, and what they need from the outside.

use crate::build::{C, CXX, Release, installed, libraries, program, root, run, scratch};
use std::path::PathBuf;
use std::process::Command;

fn source(name: &str) -> PathBuf {
    root().join("tests/c").join(name)
}

/// Runs a program of checks, which says how many it made and fails if one failed.
fn passes(name: &str, release: Release, args: &[&str]) {
    let compilers = if name.ends_with(".cpp") { CXX } else { C };
    for compiler in compilers.iter().filter(|compiler| installed(compiler.command)) {
        let program = program(&source(name), *compiler, release, &["-Wno-pedantic"]);
        let output = run(&program, args, &scratch("rules"));
        let out = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name} {compiler:?}: {:?}\n{out}{errors}", output.status);
        assert!(out.contains(" 0 failures"), "{name}: {out}");
    }
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
fn rules_of_0_10() {
    passes("rules_0_10.c", Release::V0_10, &[]);
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
fn additions_that_bound_and_count() {
    passes("additions_limits.c", Release::V0_11, &[]);
}

#[test]
fn threads() {
    passes("threads.c", Release::V0_11, &[]);
}

/// A hundredth of what the soak runs; under AddressSanitizer, which sees what C does and what is
/// freed twice.
#[test]
fn random_sequences_do_no_harm() {
    let flags = ["-Wno-pedantic", "-fsanitize=address"];
    let program = program(&source("random_calls.c"), C[0], Release::V0_11, &flags);
    let output = run(&program, &["10000"], &scratch("rules"));
    let out = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {out}{errors}", output.status);
}

#[test]
fn exceptions_of_cxx_end_at_the_host_function() {
    passes("exceptions.cpp", Release::V0_11, &[]);
}

/// Every function, with NULL and with contexts of other kinds for every pointer.
#[test]
fn bad_arguments_do_no_harm() {
    let header = std::fs::read_to_string(Release::V0_11.include().join("wasmedge/wasmedge.h"));
    let (calls, functions) = bad_calls(&header.unwrap());
    assert_eq!(functions, 227, "all but the commands");
    std::fs::write(scratch("bad").join("bad_arguments.c"), calls).unwrap();
    let file = scratch("bad").join("bad_arguments.c");
    let program = program(&file, C[0], Release::V0_11, &["-Wno-pedantic"]);
    let output = run(&program, &[], &scratch("bad"));
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{:?}: {out}", output.status);
    assert!(out.ends_with("done\n"), "{out}");
}

/// A program that calls every function of the header with bad arguments, and how many there are.
fn bad_calls(header: &str) -> (String, usize) {
    let mut calls = String::new();
    let mut functions = 0;
    let declarations = header.split("WASMEDGE_CAPI_EXPORT").skip(4);
    for declaration in declarations.filter_map(|text| text.split_once(';').map(|(head, _)| head)) {
        let Some((head, parameters)) = declaration.trim().split_once('(') else { continue };
        let Some(name) = head.rsplit([' ', '\n', '*']).next() else { continue };
        if !name.starts_with("WasmEdge_") || name.starts_with("WasmEdge_Driver") {
            continue;
        }
        functions += 1;
        // What it gets must be a string that the library made; only the empty one is another.
        let is_delete = name == "WasmEdge_StringDelete";
        let parameters = parameters.trim_end_matches(')').trim();
        let parameters: Vec<&str> = match parameters {
            "void" => Vec::new(),
            list => list.split(',').map(str::trim).collect(),
        };
        let is_context = |parameter: &str| {
            (parameter.contains("Context *") || parameter.contains("Async *"))
                && !parameter.contains("**")
        };
        // 0: all null. 1…: another context in one place. Last: deleted contexts.
        for variant in 0..=parameters.len() + 1 {
            let argument = |(at, parameter): (usize, &&str)| {
                let chosen = !is_delete && (variant == at + 1 || variant == parameters.len() + 1);
                if is_context(parameter) {
                    let kind = if variant == parameters.len() + 1 { "deleted" } else { "other" };
                    return match chosen {
                        true => format!("(void *)(uintptr_t){kind}({at})"),
                        false => "NULL".into(),
                    };
                }
                if parameter.contains('*')
                    || parameter.contains("HostFunc_t")
                    || parameter.contains("WrapFunc_t")
                {
                    return "NULL".into();
                }
                if parameter.starts_with("WasmEdge_String") {
                    // Bytes that are no text, and a length without an address.
                    return match chosen {
                        true => "(WasmEdge_String){3, \"\\xff\\x00\\xfe\"}".into(),
                        false => "(WasmEdge_String){7, NULL}".into(),
                    };
                }
                for plain in ["WasmEdge_Value", "WasmEdge_Limit", "WasmEdge_Result"] {
                    if parameter.starts_with(plain) {
                        return match chosen {
                            true => format!("ones_{plain}()"),
                            false => format!("({plain}){{0}}"),
                        };
                    }
                }
                // Numbers out of every range; lengths stay zero where the list is null.
                if chosen && parameter.starts_with("enum") { "(-1)".into() } else { "0".into() }
            };
            let arguments: Vec<String> = parameters.iter().enumerate().map(argument).collect();
            let call = format!("  {name}({});\n", arguments.join(", "));
            // Lengths that promise more than a null list has.
            calls += &call;
            if variant == 0 && parameters.iter().any(|p| p.ends_with("Len")) {
                let promised = parameters.iter().enumerate().map(|(at, parameter)| {
                    if parameter.ends_with("Len") { "9".into() } else { argument((at, parameter)) }
                });
                calls += &format!("  {name}({});\n", promised.collect::<Vec<_>>().join(", "));
            }
        }
    }
    let program = format!(
        "{}{calls}  puts(\"done\");\n  return 0;\n}}\n",
        include_str!("../../c/bad_arguments.h")
    );
    (program, functions)
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

/// The examples leave nothing behind and touch nothing that isn't theirs.
#[test]
fn examples_are_clean_under_valgrind() {
    if !installed("valgrind") {
        eprintln!("skipped: valgrind is not installed");
        return;
    }
    let folder = scratch("valgrind");
    std::fs::copy(root().join("tests/wasm/fibonacci.wasm"), folder.join("fibonacci.wasm")).unwrap();
    for name in ["version", "vm_steps", "vm_register", "vm_list", "runtime", "host_function"] {
        let program = program(&source(&format!("examples/{name}.c")), C[0], Release::V0_11, &[]);
        let run = Command::new("valgrind")
            .args(["--quiet", "--error-exitcode=9", "--leak-check=full"])
            .args(["--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"])
            .arg(format!("--suppressions={}", source("valgrind.supp").display()))
            .arg(&program)
            .current_dir(&folder)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{name}: {:?}\n{errors}", run.status);
    }
}
