//! Headers against the Rust side: every signature, every number, every layout.

use crate::build::{C, CXX, Release, installed, root, scratch};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmspan::ErrCode;
use wasmspan::bindgen::Kind;
use wasmspan::config::{HostRegistration, OptimizationLevel, OutputFormat, Proposal};
use wasmspan::{ExternKind, Mutability, RefType, ValType};

/// Compiles a source without linking it.
fn compiles(name: &str, source: &str, cxx: bool, release: Release) {
    let file = scratch("header").join(name);
    std::fs::write(&file, source).unwrap();
    for compiler in if cxx { CXX } else { C } {
        if !installed(compiler.command) {
            continue;
        }
        let standards: &[&str] = if cxx { &["-std=c++17"] } else { &["-std=c99", "-std=c11"] };
        for standard in standards {
            let run = Command::new(compiler.command)
                .args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"])
                .args(["-O2", "-Wmissing-declarations", "-I"])
                .arg(release.include())
                .arg(&file)
                .output()
                .unwrap();
            let errors = String::from_utf8_lossy(&run.stderr);
            assert!(run.status.success(), "{compiler:?} {standard} {release:?}:\n{errors}");
        }
    }
}

#[test]
fn headers_are_clean() {
    for release in [Release::V0_10, Release::V0_11] {
        let source = "#include <wasmedge/wasmedge.h>\n#include <wasmedge/wasmedge.h>\n";
        compiles("clean.c", source, false, release);
        compiles("clean.cpp", source, true, release);
    }
    let source = "#include <wasmspan/wasmspan.h>\n";
    compiles("own.c", source, false, Release::V0_11);
    compiles("own.cpp", source, true, Release::V0_11);
}

#[test]
fn the_limit_of_output_is_the_one_of_the_runtime() {
    let header = std::fs::read_to_string(root().join("bindings-c/include/wasmspan/wasmspan.h"));
    let mebibytes = wasmspan::limits::DEFAULT_OUTPUT_BYTES >> 20;
    let line = format!("#define WASMSPAN_DEFAULT_OUTPUT_BYTES ((size_t){mebibytes} << 20)\n");
    assert!(header.unwrap().contains(&line), "{line}");
}

/// The Rust sources in a folder and below.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// What cbindgen makes of the Rust sources, as declarations.
fn declarations(release: Release) -> String {
    let mut builder = cbindgen::Builder::new()
        .with_language(cbindgen::Language::C)
        .with_no_includes()
        .with_cpp_compat(false)
        .with_item_prefix("");
    let own = match release {
        Release::V0_10 => "bindings-c/wasmedge-0.10/src",
        Release::V0_11 => "bindings-c/wasmedge/src",
    };
    for folder in ["bindings-c/shared/src", own] {
        for file in sources(&root().join(folder)) {
            builder = builder.with_src(file);
        }
    }
    let mut config = cbindgen::Config { language: cbindgen::Language::C, ..Default::default() };
    config.export.item_types = vec![cbindgen::ItemType::Functions];
    config.usize_is_size_t = true;
    config.no_includes = true;
    let config = cbindgen::Config { style: cbindgen::Style::Type, ..config };
    let mut out = Vec::new();
    builder.with_config(config).generate().unwrap().write(&mut out);
    String::from_utf8(out).unwrap()
}

/// Compatible declarations of one function may stand in one file; others are an error. Enumerations
/// of C are `unsigned int` for both compilers, and so is Rust's `u32`.
#[test]
fn signatures_are_those_of_the_rust_side() {
    for release in [Release::V0_10, Release::V0_11] {
        let declared = declarations(release);
        let header =
            std::fs::read_to_string(release.include().join("wasmedge/wasmedge.h")).unwrap();
        let mut source = String::from("#include <wasmedge/wasmedge.h>\ntypedef int128_t i128;\n");
        if release == Release::V0_11 {
            source += "#include <wasmspan/wasmspan.h>\n";
        }
        let mut count = 0;
        for item in declared.split(';') {
            let Some(name) = function_name(item) else { continue };
            if name.starts_with("WasmEdge_") && !header.contains(&format!("{name}(")) {
                // Some functions of 0.11.2 are in the shared part; 0.10.1 does not declare them.
                assert_eq!(release, Release::V0_10, "{name} is not declared");
                continue;
            }
            count += 1;
            // A pointer to an enumeration is another type than one to its numbers.
            let mut item = item.to_string();
            for list in ["ParamList", "ReturnList", "List"] {
                let (numbers, types) = (format!("uint32_t *{list},"), "enum WasmEdge_ValType *");
                item = item.replace(&numbers, &format!("{types}{list},"));
            }
            writeln!(source, "{item};").unwrap();
        }
        assert!(count > 200, "only {count} functions were found");
        compiles("signatures.c", &source, false, release);
    }
}

/// The name of the function that a declaration declares.
fn function_name(item: &str) -> Option<String> {
    let head = item.split_once('(')?.0;
    let name = head.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
    (name.starts_with("WasmEdge_") || name.starts_with("wasmspan_")).then(|| name.to_string())
}

#[test]
fn numbers_and_layouts_are_those_of_the_rust_side() {
    use wasmspan_c_shared::abi::{
        WasmEdge_Limit, WasmEdge_Result, WasmEdge_String, WasmEdge_Value,
    };
    let mut source = String::from("#include <stddef.h>\n#include <wasmedge/wasmedge.h>\n");
    let mut same = |what: &str, number: usize| {
        // C99 has no static assertions; an array of negative size is one.
        writeln!(source, "extern char check_{}[({what}) == {number} ? 1 : -1];", source.len())
            .unwrap();
    };
    macro_rules! layout {
        ($name:ident: $($field:ident),*) => {
            same(concat!("sizeof(", stringify!($name), ")"), size_of::<$name>());
            $(same(
                concat!("offsetof(", stringify!($name), ", ", stringify!($field), ")"),
                std::mem::offset_of!($name, $field),
            );)*
        };
    }
    layout!(WasmEdge_Value: Value, Type);
    layout!(WasmEdge_String: Length, Buf);
    layout!(WasmEdge_Limit: HasMax, Shared, Min, Max);
    let mut same = |what: String, number: u32| same(&what, number as usize);
    let mut kinds = String::new();
    for kind in Kind::ALL {
        let name = format!("{kind:?}").to_lowercase();
        writeln!(
            kinds,
            "extern char kind_{name}[wasmspan_kind_{name} == {} ? 1 : -1];",
            *kind as u32
        )
        .unwrap();
    }
    for cause in wasmspan_c_shared::error::Number::ALL {
        let mut name = String::new();
        for c in format!("{cause:?}").chars() {
            if c.is_uppercase() {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
        }
        let number = cause as u32;
        writeln!(kinds, "extern char cause{name}[wasmspan_cause{name} == {number} ? 1 : -1];")
            .unwrap();
    }
    let bindgen = "#include <wasmspan/bindgen.h>\n".to_string() + &kinds;
    compiles("kinds.c", &bindgen, false, Release::V0_11);
    compiles("kinds.cpp", &bindgen, true, Release::V0_11);
    for ty in ValType::ALL {
        same(format!("WasmEdge_ValType_{ty:?}"), *ty as u32);
    }
    same("WasmEdge_ValType_None".into(), 0x40);
    for ty in [RefType::FuncRef, RefType::ExternRef] {
        same(format!("WasmEdge_RefType_{ty:?}"), ty as u32);
    }
    for mutability in [Mutability::Const, Mutability::Var] {
        same(format!("WasmEdge_Mutability_{mutability:?}"), mutability as u32);
    }
    for (name, kind) in [
        ("Function", ExternKind::Func),
        ("Table", ExternKind::Table),
        ("Memory", ExternKind::Memory),
        ("Global", ExternKind::Global),
    ] {
        same(format!("WasmEdge_ExternalType_{name}"), kind as u32);
    }
    for proposal in Proposal::ALL.iter().filter(|proposal| **proposal != Proposal::RelaxedSIMD) {
        same(format!("WasmEdge_Proposal_{proposal:?}"), *proposal as u32);
    }
    for (name, host) in [
        ("Wasi", HostRegistration::Wasi),
        ("WasmEdge_Process", HostRegistration::WasmEdgeProcess),
        ("WasiNN", HostRegistration::WasiNN),
        ("WasiCrypto_Common", HostRegistration::WasiCryptoCommon),
        ("WasiCrypto_AsymmetricCommon", HostRegistration::WasiCryptoAsymmetricCommon),
        ("WasiCrypto_Kx", HostRegistration::WasiCryptoKx),
        ("WasiCrypto_Signatures", HostRegistration::WasiCryptoSignatures),
        ("WasiCrypto_Symmetric", HostRegistration::WasiCryptoSymmetric),
    ] {
        same(format!("WasmEdge_HostRegistration_{name}"), host as u32);
    }
    for level in [
        OptimizationLevel::O0,
        OptimizationLevel::O1,
        OptimizationLevel::O2,
        OptimizationLevel::O3,
        OptimizationLevel::Os,
        OptimizationLevel::Oz,
    ] {
        same(format!("WasmEdge_CompilerOptimizationLevel_{level:?}"), level as u32);
    }
    for format in [OutputFormat::Native, OutputFormat::Wasm] {
        same(format!("WasmEdge_CompilerOutputFormat_{format:?}"), format as u32);
    }
    let old = source.clone();
    // The one structure that the releases have in different sizes.
    let result = |size: usize| {
        format!("extern char check_result[sizeof(WasmEdge_Result) == {size} ? 1 : -1];\n")
    };
    let results =
        (result(size_of::<WasmEdge_Result>()), result(size_of::<wasmedge_c::WasmEdge_Result>()));
    let codes = |renamed: bool| {
        let mut lines = String::new();
        for code in ErrCode::ALL.iter().filter(|code| **code != ErrCode::StackOverflow) {
            let name = match code {
                ErrCode::HostFuncError if renamed => "ExecutionFailed",
                ErrCode::UserDefError if renamed => continue,
                code => code.name(),
            };
            let number = *code as u32;
            let what = format!("WasmEdge_ErrCode_{name} == {number}");
            writeln!(lines, "extern char code_{number}[{what} ? 1 : -1];").unwrap();
        }
        lines
    };
    let new = old.clone() + &results.0 + &codes(false);
    compiles("numbers.c", &new, false, Release::V0_11);
    compiles("numbers.c", &(old + &results.1 + &codes(true)), false, Release::V0_10);
}
