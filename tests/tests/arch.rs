//! Rules about the source itself: which module may use which, where `unsafe` and the big libraries may appear, how long a
//! file may be, that every module says what it is, and that the documents name only paths that exist.
//!
//! Each rule is a function from text to a list of complaints; the tests at the end of this file feed them made-up input
//! that breaks the rule, so that a rule that stopped looking is noticed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

// --- the rules -----------------------------------------------------------------------------------------------------

/// Modules of `core/src`, low to high. A module may use its own layer and lower ones.
const LAYERS: &[&[&str]] = &[
    &["error", "types", "config", "limits"],
    &["platform", "interrupt", "log", "statistics"],
    &["abi", "module", "loader", "validator"],
    &["compile", "artifact"],
    &["engine", "cache"],
    &["runtime"],
    &["store", "executor", "compiler", "host", "task", "bindgen"],
    &["wasi"],
    &["vm", "command", "generate"],
    &["cli"],
];

/// Edges that are forbidden although (or whether or not) the layers would allow them.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("compile", &["engine", "runtime", "store", "artifact"]),
    ("artifact", &["compile"]),
    ("executor", &["compiler"]),
    ("engine", &["compile"]),
    ("runtime", &["compile"]),
    ("wasi", &["vm", "executor", "store"]),
    ("platform", &["interrupt"]),
];

/// Libraries that only some modules may name. A name ending in `_` stands for all crates that begin so.
const LIBRARIES: &[(&str, &[&str])] =
    &[("wasmparser", &["loader", "validator", "compile"]), ("cranelift_", &["compile"])];

/// Modules in which `unsafe` may appear.
const UNSAFE_MODULES: &[&str] = &["platform", "engine", "runtime", "abi", "interrupt"];

/// Single files outside those modules in which it may appear, each with its reason.
const UNSAFE_FILES: &[(&str, &str)] = &[];

/// No Rust file is longer than this; about 500 is already long.
const MAX_LINES: usize = 800;

/// Files that are longer, each with its reason.
const LONG_FILES: &[(&str, &str)] =
    &[("tests/tests/wasi_sockets.rs", "one set of peers, which all its tests share")];

/// Files at the root of `core/src` that stand above the layers.
const ABOVE_LAYERS: &[&str] = &["lib.rs", "raw.rs", "main.rs", "bin"];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|l| l.contains(&module))
}

// --- reading Rust --------------------------------------------------------------------------------------------------

/// Replaces comments and the contents of strings and character literals by nothing; keeps everything else.
fn strip(source: &str) -> String {
    let s: Vec<char> = source.chars().collect();
    let at = |i: usize| s.get(i).copied().unwrap_or('\0');
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::new();
    let mut i = 0;
    while i < s.len() {
        let c = s[i];
        if c == '/' && at(i + 1) == '/' {
            while i < s.len() && s[i] != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            while i < s.len() {
                if at(i) == '/' && at(i + 1) == '*' {
                    depth += 1;
                    i += 2;
                } else if at(i) == '*' && at(i + 1) == '/' {
                    depth -= 1;
                    i += 2;
                    if depth == 0 {
                        break;
                    }
                } else {
                    i += 1;
                }
            }
            out.push(' ');
        } else if c == '"' {
            i += 1;
            while i < s.len() && s[i] != '"' {
                i += if s[i] == '\\' { 2 } else { 1 };
            }
            i += 1;
            out.push_str("\"\"");
        } else if c == '\'' {
            // A literal ('x', '\n') or a lifetime ('a): a literal has its closing quote after one character or an escape.
            if at(i + 1) == '\\' {
                i += 3;
                while i < s.len() && s[i] != '\'' {
                    i += 1;
                }
                i += 1;
            } else if at(i + 2) == '\'' {
                i += 3;
            } else {
                i += 1;
            }
            out.push(' ');
        } else if word(c) {
            let start = i;
            while i < s.len() && word(s[i]) {
                i += 1;
            }
            let name: String = s[start..i].iter().collect();
            let mut hashes = i;
            while at(hashes) == '#' {
                hashes += 1;
            }
            if matches!(name.as_str(), "r" | "br" | "cr") && at(hashes) == '"' {
                let close: String =
                    std::iter::once('"').chain(std::iter::repeat_n('#', hashes - i)).collect();
                let close: Vec<char> = close.chars().collect();
                i = hashes + 1;
                while i < s.len() && !s[i..].starts_with(&close) {
                    i += 1;
                }
                i += close.len();
                out.push_str("\"\"");
            } else {
                out.push_str(&name);
            }
        } else {
            out.push(c);
            i += 1;
        }
    }
    out
}

/// Words, `::` and single punctuation characters of stripped source.
fn tokens(stripped: &str) -> Vec<String> {
    let s: Vec<char> = stripped.chars().collect();
    let mut out = Vec::new();
    let mut i = 0;
    while i < s.len() {
        let start = i;
        if s[i].is_alphanumeric() || s[i] == '_' {
            while i < s.len() && (s[i].is_alphanumeric() || s[i] == '_') {
                i += 1;
            }
            out.push(s[start..i].iter().collect());
        } else if s[i] == ':' && s.get(i + 1) == Some(&':') {
            i += 2;
            out.push("::".to_string());
        } else {
            if !s[i].is_whitespace() {
                out.push(s[i].to_string());
            }
            i += 1;
        }
    }
    out
}

/// First names after the crate's root: of `crate::a::b`, `crate::{a::x, b}` and enough `super::`s in a row.
/// `depth` is how many modules the file itself lies below the root (1 for `a.rs` and `a/mod.rs`).
/// Macros (`crate::name!`) and functions of the root do not count as modules; what is found is returned as written.
fn uses(tokens: &[String], depth: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let tok = |i: usize| tokens.get(i).map(String::as_str).unwrap_or("");
    let mut braces = 0usize;
    let mut inline: Vec<usize> = Vec::new(); // brace depth at which each `mod name {` began
    let mut i = 0;
    while i < tokens.len() {
        match tok(i) {
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                if inline.last() == Some(&braces) {
                    inline.pop();
                }
            }
            "mod" if tok(i + 2) == "{" => inline.push(braces),
            "crate" | "super" | "self" if tok(i + 1) == "::" && (i == 0 || tok(i - 1) != "::") => {
                let mut left = depth + inline.len(); // steps up to the root
                let mut j = i;
                if tok(i) == "crate" {
                    left = 0;
                    j += 2;
                }
                if tok(j) == "self" {
                    j += 2;
                }
                while tok(j) == "super" && tok(j + 1) == "::" {
                    left = left.saturating_sub(1);
                    j += 2;
                }
                if left == 0 {
                    names_at(tokens, j, &mut found);
                }
            }
            _ => {}
        }
        i += 1;
    }
    found
}

/// The first names of the path or brace group that begins at token `i`.
fn names_at(tokens: &[String], i: usize, found: &mut BTreeSet<String>) {
    let tok = |i: usize| tokens.get(i).map(String::as_str).unwrap_or("");
    if tok(i) != "{" {
        if !tok(i).is_empty() && tok(i + 1) != "!" {
            found.insert(tok(i).to_string());
        }
        return;
    }
    let (mut depth, mut first, mut j) = (0, true, i);
    loop {
        match tok(j) {
            "{" => {
                depth += 1;
                first = depth == 1;
            }
            "}" => {
                depth -= 1;
                first = false;
                if depth == 0 {
                    return;
                }
            }
            "," => first = depth == 1,
            "" => return,
            name => {
                if first && depth == 1 && name != "self" {
                    found.insert(name.to_string());
                }
                first = false;
            }
        }
        j += 1;
    }
}

/// Top-level module and depth below the root of a file in `core/src`, given its path inside it.
fn place(file: &str) -> (&str, usize) {
    let parts: Vec<&str> = file.split('/').collect();
    let top = parts[0].trim_end_matches(".rs");
    let depth = parts.len() - usize::from(parts.len() > 1 && parts[parts.len() - 1] == "mod.rs");
    (top, depth)
}

// --- the checks, from text to complaints ---------------------------------------------------------------------------

fn check_arrows(file: &str, source: &str) -> Vec<String> {
    let (module, depth) = place(file);
    if ABOVE_LAYERS.contains(&file.split('/').next().unwrap_or("")) {
        return Vec::new();
    }
    let Some(own) = layer(module) else {
        return vec![format!("{file}: module `{module}` is in no layer; give it one in LAYERS")];
    };
    let forbidden: &[&str] = FORBIDDEN.iter().find(|(m, _)| *m == module).map_or(&[], |(_, f)| *f);
    let mut out = Vec::new();
    for used in uses(&tokens(&strip(source)), depth) {
        match layer(&used) {
            _ if used == module => {}
            None => out.push(format!("{file}: `crate::{used}` is no module of a layer; name the module where it is defined")),
            Some(l) if l > own => {
                out.push(format!("{file}: `{module}` (layer {own}) uses `{used}` (layer {l}), which is higher"))
            }
            Some(_) if forbidden.contains(&used.as_str()) => {
                out.push(format!("{file}: `{module}` must not use `{used}`"))
            }
            Some(_) => {}
        }
    }
    out
}

fn check_libraries(file: &str, source: &str) -> Vec<String> {
    let (module, _) = place(file);
    let words: BTreeSet<String> = tokens(&strip(source)).into_iter().collect();
    let mut out = Vec::new();
    for (library, allowed) in LIBRARIES {
        let named = words
            .iter()
            .any(|w| w == library || (library.ends_with('_') && w.starts_with(library)));
        if named && !allowed.contains(&module) {
            out.push(format!("{file}: names `{library}`, which belongs in {allowed:?} only"));
        }
    }
    out
}

fn check_unsafe(file: &str, source: &str) -> Vec<String> {
    let (module, _) = place(file);
    let allowed = UNSAFE_MODULES.contains(&module) || UNSAFE_FILES.iter().any(|(f, _)| *f == file);
    if !allowed && tokens(&strip(source)).iter().any(|t| t == "unsafe") {
        return vec![format!(
            "{file}: `unsafe` outside {UNSAFE_MODULES:?}; move it there or list the file with its reason"
        )];
    }
    Vec::new()
}

fn check_module_doc(file: &str, source: &str) -> Vec<String> {
    if source.lines().next().is_some_and(|l| l.starts_with("//! ") && l.len() > 8) {
        return Vec::new();
    }
    vec![format!("{file}: does not begin with a `//!` line that says what the module is")]
}

fn check_length(file: &str, source: &str) -> Vec<String> {
    let lines = source.lines().count();
    let listed = LONG_FILES.iter().any(|(f, _)| *f == file);
    if lines > MAX_LINES && !listed {
        return vec![format!("{file}: {lines} lines, more than {MAX_LINES}; split it by concept")];
    }
    if lines <= MAX_LINES && listed {
        return vec![format!("{file}: {lines} lines only; take it off LONG_FILES")];
    }
    Vec::new()
}

/// Paths a document names: link targets, and words in backticks that look like a path of this repository.
/// `exists` answers for a relative path.
fn check_paths(document: &str, text: &str, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut wanted = BTreeSet::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        for span in line.split('`').skip(1).step_by(2) {
            wanted
                .extend(span.split_whitespace().filter(|w| is_path(w, exists)).map(str::to_string));
        }
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', '#', ' ']).next().unwrap_or("");
            if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                wanted.insert(target.to_string());
            }
        }
    }
    let missing = wanted.into_iter().filter(|p| !exists(p));
    missing.map(|p| format!("{document}: names `{p}`, which does not exist")).collect()
}

fn is_path(word: &str, exists: &dyn Fn(&str) -> bool) -> bool {
    const ENDINGS: &[&str] =
        &[".md", ".rs", ".sh", ".wat", ".wasm", ".toml", ".go", ".py", ".ts", ".js", ".c"];
    const MADE: &[&str] = &["target", "dist"]; // made by the build
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let Some((first, rest)) = word.split_once('/') else { return false };
    if !plain || first.is_empty() || first == ".." || MADE.contains(&first) {
        return false;
    }
    exists(first) && !rest.is_empty() || ENDINGS.iter().any(|e| word.ends_with(e))
}

// --- over the real tree --------------------------------------------------------------------------------------------

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests lie in the workspace")
        .to_path_buf()
}

/// All Rust files below `dir`, as (path inside it, text), in order.
fn rust_files(dir: &Path) -> Vec<(String, String)> {
    fn walk(dir: &Path, base: &Path, out: &mut Vec<(String, String)>) {
        let Ok(entries) = fs::read_dir(dir) else { return };
        for path in entries.map(|e| e.expect("a readable folder").path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | "node_modules" | "dist")
                    && !name.starts_with('.')
                {
                    walk(&path, base, out);
                }
            } else if name.ends_with(".rs") {
                let inside = path
                    .strip_prefix(base)
                    .expect("below the base")
                    .to_string_lossy()
                    .replace('\\', "/");
                out.push((inside, fs::read_to_string(&path).expect("UTF-8 source")));
            }
        }
    }
    let mut out = Vec::new();
    walk(dir, dir, &mut out);
    out.sort();
    out
}

fn over_core(check: fn(&str, &str) -> Vec<String>) {
    let files = rust_files(&root().join("core/src"));
    assert!(!files.is_empty(), "no source found under core/src");
    report(files.iter().flat_map(|(file, source)| check(file, source)).collect());
}

fn report(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{} found:\n  {}", complaints.len(), complaints.join("\n  "));
}

#[test]
fn arrows_point_down() {
    over_core(check_arrows);
}

/// Names in the tables that no module has.
fn unknown(names: &[&str], exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let gone = names.iter().filter(|name| !exists(name));
    gone.map(|name| format!("{name}: in a table of this file, but no module")).collect()
}

#[test]
fn tables_name_modules_that_exist() {
    let src = root().join("core/src");
    let exists = |name: &str| src.join(name).is_dir() || src.join(format!("{name}.rs")).is_file();
    let mut names: Vec<&str> = LAYERS.concat();
    names.extend(UNSAFE_MODULES);
    for (module, others) in FORBIDDEN {
        names.push(module);
        names.extend(*others);
    }
    LIBRARIES.iter().for_each(|(_, modules)| names.extend(*modules));
    report(unknown(&names, &exists));
    assert_eq!(unknown(&["error", "gone"], &exists).len(), 1);
}

#[test]
fn libraries_stay_in_their_modules() {
    over_core(check_libraries);
}

#[test]
fn unsafe_stays_in_its_modules() {
    over_core(check_unsafe);
    let src = root().join("core/src");
    let stale = UNSAFE_FILES.iter().filter(|(f, _)| !src.join(f).is_file());
    report(stale.map(|(f, _)| format!("{f}: on UNSAFE_FILES but gone")).collect());
}

#[test]
fn modules_say_what_they_are() {
    over_core(check_module_doc);
}

#[test]
fn files_are_short() {
    let root = root();
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    for top in
        ["core", "bindings-c", "bindings-python", "bindings-node", "examples", "guest", "tests"]
    {
        for (file, source) in rust_files(&root.join(top)) {
            let file = format!("{top}/{file}");
            complaints.extend(check_length(&file, &source));
            seen.insert(file);
        }
    }
    complaints.extend(
        LONG_FILES
            .iter()
            .filter(|(f, _)| !seen.contains(*f))
            .map(|(f, _)| format!("{f}: on LONG_FILES but gone")),
    );
    report(complaints);
}

#[test]
fn documents_name_paths_that_exist() {
    let root = root();
    // A path is written from the root, or from core/src where the text is about the core's modules, or
    // from the folder of the how-tos.
    let from = [root.clone(), root.join("core/src"), root.join("docs")];
    let exists = |p: &str| from.iter().any(|folder| folder.join(p).exists());
    let mut complaints = Vec::new();
    let mut documents = 0;
    let folder = |path: &Path| fs::read_dir(path).expect("a readable folder");
    for entry in folder(&root).chain(folder(&root.join("docs"))) {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".md") {
            documents += 1;
            complaints.extend(check_paths(
                &name,
                &fs::read_to_string(&path).expect("UTF-8"),
                &exists,
            ));
        }
    }
    assert!(documents > 0, "no documents at the root");
    report(complaints);
}

// --- the checks themselves, on made-up input -----------------------------------------------------------------------

fn found(source: &str, depth: usize) -> Vec<String> {
    uses(&tokens(&strip(source)), depth).into_iter().collect()
}

#[test]
fn finds_every_form_of_path() {
    assert_eq!(found("use crate::vm::Vm;", 1), ["vm"]);
    assert_eq!(
        found("fn f() -> crate::store::Store { crate :: runtime::g() }", 1),
        ["runtime", "store"]
    );
    assert_eq!(
        found("use crate::{error::{Error, Code}, types, vm as v};", 1),
        ["error", "types", "vm"]
    );
    assert_eq!(
        found("pub(crate) use crate::{\n  // words\n  self,\n  wasi::{a, b::{c}},\n  cli,\n};", 1),
        ["cli", "wasi"]
    );
    assert_eq!(found("use super::vm::Vm;", 1), ["vm"], "up from a.rs or a/mod.rs is the root");
    assert_eq!(found("use super::vm::Vm;", 2), [""; 0], "up from a/b.rs is a");
    assert_eq!(found("use super::super::{vm, store};", 2), ["store", "vm"]);
    assert_eq!(
        found("mod tests { use super::*; use super::super::vm::Vm; } use super::store::S;", 1),
        ["store", "vm"]
    );
    assert_eq!(found("use self::super::vm;", 1), ["vm"]);
    assert_eq!(found("macro_rules! m { () => { $crate::vm::Vm } }", 1), ["vm"]);
    assert_eq!(
        found("pub(crate) fn f() { crate::log_line!(1) } pub(in crate::runtime) struct S;", 1),
        ["runtime"]
    );
}

#[test]
fn looks_past_comments_and_literals() {
    assert_eq!(
        found(
            "// crate::vm\n/* crate::vm /* nested crate::vm */ crate::vm */ //! [crate::vm::Vm]\n",
            1
        ),
        [""; 0]
    );
    assert_eq!(
        found(
            r####"let a = "crate::vm \" crate::vm"; let b = r##"crate::vm "# x"##; use crate::cli;"####,
            1
        ),
        ["cli"]
    );
    assert_eq!(
        found(
            "fn f<'a>(x: &'a str) { let q = '\"'; let e = '\\''; crate::vm::g::<'a>() } // \"",
            1
        ),
        ["vm"]
    );
}

#[test]
fn arrows_that_point_up_are_found() {
    assert_eq!(check_arrows("types/func.rs", "use crate::vm::Vm;").len(), 1);
    assert_eq!(check_arrows("vm/mod.rs", "use crate::{types, runtime, wasi};"), [""; 0]);
    assert_eq!(
        check_arrows("error/mod.rs", "use crate::types::ValType;"),
        [""; 0],
        "the same layer is allowed"
    );
    assert_eq!(check_arrows("error.rs", "use super::abi;").len(), 1);
    assert_eq!(check_arrows("compile/env.rs", "use crate::runtime::Memory;").len(), 1);
    assert_eq!(
        check_arrows("runtime/a.rs", "use crate::compile::x;").len(),
        1,
        "lower, but forbidden"
    );
    assert_eq!(check_arrows("engine/a.rs", "use crate::compile::x;").len(), 1);
    assert_eq!(
        check_arrows(
            "wasi/fd.rs",
            "use crate::store::Store; use crate::executor::E; use crate::host::H;"
        )
        .len(),
        2
    );
    assert_eq!(check_arrows("platform/unix.rs", "use crate::interrupt::Token;").len(), 1);
    assert_eq!(check_arrows("surprise/mod.rs", "").len(), 1, "a module without a layer");
    assert_eq!(
        check_arrows("vm/mod.rs", "use crate::Error;").len(),
        1,
        "a short cut through lib.rs"
    );
    assert_eq!(check_arrows("lib.rs", "pub use crate::vm::Vm; pub use crate::Anything;"), [""; 0]);
    assert_eq!(check_arrows("bin/wasmedge.rs", "use crate::vm;"), [""; 0]);
}

#[test]
fn strangers_are_found() {
    assert_eq!(check_libraries("runtime/a.rs", "use wasmparser::Parser;").len(), 1);
    assert_eq!(check_libraries("engine/a.rs", "fn f(x: cranelift_codegen::Context) {}").len(), 1);
    assert_eq!(
        check_libraries("loader/a.rs", "use cranelift_codegen::ir; use wasmparser::Parser;").len(),
        1
    );
    assert_eq!(
        check_libraries("compile/a.rs", "use cranelift_codegen::ir; use wasmparser::Parser;"),
        [""; 0]
    );
    assert_eq!(
        check_libraries("vm/a.rs", "// wasmparser\nconst A: &str = \"cranelift_codegen\";"),
        [""; 0]
    );
    assert_eq!(check_unsafe("vm/mod.rs", "fn f() { unsafe { g() } }").len(), 1);
    assert_eq!(check_unsafe("vm/mod.rs", "// unsafe\n#![forbid(unsafe_code)]"), [""; 0]);
    assert_eq!(check_unsafe("platform/unix/mmap.rs", "unsafe fn f() {}"), [""; 0]);
}

#[test]
fn shape_of_files_is_checked() {
    assert_eq!(check_length("core/src/a.rs", &"x\n".repeat(MAX_LINES)), [""; 0]);
    assert_eq!(check_length("core/src/a.rs", &"x\n".repeat(MAX_LINES + 1)).len(), 1);
    assert_eq!(check_module_doc("a.rs", "//! What it is.\nuse b;"), [""; 0]);
    assert_eq!(check_module_doc("a.rs", "use b;\n//! Late.").len(), 1);
    assert_eq!(check_module_doc("a.rs", "").len(), 1);
    assert_eq!(check_module_doc("a.rs", "//!\n").len(), 1);
}

#[test]
fn paths_in_documents_are_checked() {
    let exists = |p: &str| matches!(p, "core" | "core/src" | "core/src/lib.rs" | "README.md");
    let check = |text: &str| check_paths("X.md", text, &exists).len();
    assert_eq!(check("see `core/src` and [the readme](README.md#top), `core/src/lib.rs`"), 0);
    assert_eq!(check("see `core/gone`"), 1);
    assert_eq!(check("see [x](gone.md) and `elsewhere/a.rs`"), 2);
    assert_eq!(check("run `cargo test --manifest-path core/none.toml`"), 1);
    assert_eq!(
        check(
            "`application/json`, `a/b`, `core/*.rs`, `target/release/x.rs`, [y](https://example.org/a)"
        ),
        0
    );
    assert_eq!(check("```\ncore/gone `core/gone`\n```\nafter `core/gone`"), 1);
}
