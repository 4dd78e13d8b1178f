//! Every option of the core can be set in every language, or a reason is listed why not.
//!
//! The options are those that the core declares. `options/<language>.json` has what isn't as usual: the
//! name that a language gives an option (`"limits.time_ms": "Time"`), or the reason for which it has none
//! (`"compiler.dump_ir": { "reason": "…" }`).

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const LANGUAGES: [&str; 4] = ["c", "python", "node", "go"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a language has under another name, or not at all.
fn exceptions(language: &str) -> Map<String, Value> {
    serde_json::from_str(&read(&format!("tests/options/{language}.json"))).expect("an object")
}

/// The options of the core, as `group.name`.
fn options() -> BTreeSet<String> {
    let groups = [
        ("limits", fields("core/src/config/limits.rs", "Limits")),
        ("config", fields("core/src/config/mod.rs", "Config")),
        ("statistics", fields("core/src/config/mod.rs", "StatisticsOptions")),
        ("compiler", fields("core/src/config/compiler.rs", "CompilerOptions")),
        ("cache", fields("core/src/config/cache.rs", "CacheOptions")),
        ("wasi", builders("core/src/wasi/ctx.rs", "WasiBuilder")),
        ("command", builders("core/src/command/mod.rs", "Command")),
    ];
    let mut all = BTreeSet::new();
    for (group, names) in groups {
        assert!(names.len() > 1, "{group} was found");
        all.extend(names.iter().map(|name| format!("{group}.{name}")));
    }
    all
}

/// The public text of a language's package.
fn interface(language: &str) -> String {
    let (folder, ends): (&str, &[&str]) = match language {
        "c" => ("bindings-c/include/wasmspan", &["wasmspan.h"]),
        "python" => ("bindings-python/python/wasmspan", &[".pyi", ".py"]),
        "node" => ("bindings-node/types", &[".d.ts"]),
        _ => ("bindings-go", &[".go"]),
    };
    let mut text = String::new();
    for entry in std::fs::read_dir(root().join(folder)).expect(folder) {
        let name = entry.expect("readable").file_name().into_string().expect("text");
        let internal = name.ends_with("_test.go");
        if !internal && ends.iter().any(|end| name.ends_with(end)) {
            text.push_str(&read(&format!("{folder}/{name}")));
        }
    }
    if language == "c" {
        text.push_str(&read("bindings-c/include/wasmedge/wasmedge.h"));
    }
    text
}

/// Words as each language writes them.
fn usual(language: &str, name: &str) -> String {
    let mut words = name.split('_');
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    match language {
        "node" => {
            let first = words.next().unwrap_or_default().to_string();
            words.fold(first, |text, word| text + &capital(word))
        }
        "go" => words.map(capital).collect(),
        _ => name.to_string(),
    }
}

/// Whether an identifier is `name`, or ends in it after `_` or `With`, as setters do.
fn has(interface: &BTreeSet<String>, language: &str, name: &str) -> bool {
    interface.contains(name)
        || match language {
            "c" => interface.iter().any(|word| word.ends_with(&format!("_{name}"))),
            "go" => interface.contains(&format!("With{name}")),
            _ => false,
        }
}

fn words(text: &str) -> BTreeSet<String> {
    let word = |c: char| !(c.is_alphanumeric() || c == '_');
    text.split(word).filter(|word| !word.is_empty()).map(str::to_string).collect()
}

#[test]
fn every_option_can_be_set_in_every_language() {
    let options = options();
    let languages =
        LANGUAGES.map(|language| (language, words(&interface(language)), exceptions(language)));
    for (language, _, exceptions) in &languages {
        for option in exceptions.keys() {
            assert!(options.contains(option), "{language}: there is no option {option}");
        }
    }
    let mut holes = Vec::new();
    println!("{:32}{}", "option", LANGUAGES.map(|language| format!("{language:28}")).concat());
    for option in &options {
        let mut line = format!("{option:32}");
        for (language, interface, exceptions) in &languages {
            let (group, short) = option.split_once('.').expect("a group");
            let said = exceptions.get(option);
            let reason = said.and_then(|said| said.get("reason")).and_then(Value::as_str);
            let name =
                said.and_then(Value::as_str).map_or_else(|| usual(language, short), str::to_string);
            let found = has(interface, language, &name);
            let shown = match (reason, found) {
                (Some(reason), _) if reason.len() > 20 => "–".into(),
                (None, true) => name,
                _ => {
                    holes.push(format!("{language}: {group}.{short} (looked for {name})"));
                    "MISSING".into()
                }
            };
            line.push_str(&format!("{shown:28}"));
        }
        println!("{line}");
    }
    assert!(holes.is_empty(), "options that a language lacks:\n{}", holes.join("\n"));
}

/// Names of the public functions of `impl <name>` in a file that take `self` and give it back.
fn builders(path: &str, name: &str) -> BTreeSet<String> {
    let text = read(path);
    let mut found = BTreeSet::new();
    let parts: Vec<&str> = text.split("    pub fn ").skip(1).collect();
    for part in parts {
        let head = part.split('{').next().unwrap_or_default();
        let function = head.split(['(', '<']).next().unwrap_or_default();
        if head.contains("self") && head.contains(&format!("-> {name}")) {
            found.insert(function.to_string());
        }
    }
    found
}

/// Names of the public fields of `struct <name>` in a file.
fn fields(path: &str, name: &str) -> BTreeSet<String> {
    let text = read(path);
    let body = text.split(&format!("pub struct {name} {{")).nth(1).expect(name);
    let body = body.split("\n}").next().expect("an end");
    let field = |line: &str| {
        let line = line.trim().strip_prefix("pub ")?;
        Some(line.split(':').next()?.to_string())
    };
    body.lines().filter_map(field).collect()
}
