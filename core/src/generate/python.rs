//! Wrappers in Python: a module with a class whose methods are the functions.

use super::names::{Escape, Names, pascal, quoted, snake};
use super::{Function, Layout, Wrapper};
use crate::bindgen::Kind;
use std::collections::BTreeSet;

const LAYOUT: Layout = Layout { indent: "    ", width: 88, last: "," };

const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];
/// What the text around uses, and what linters take for a digit.
const OURS: &[&str] =
    &["self", "cast", "int", "float", "bool", "str", "bytes", "list", "tuple", "l"];

/// The type of an argument.
fn taken(kind: Kind) -> &'static str {
    match kind {
        Kind::U8s => "bytes",
        kind if kind.is_sequence() && kind != Kind::String => "Iterable[int]",
        kind => given(kind),
    }
}

/// The type of a result.
fn given(kind: Kind) -> &'static str {
    match kind {
        Kind::F32 | Kind::F64 => "float",
        Kind::Bool => "bool",
        Kind::Char | Kind::String => "str",
        Kind::U8s => "bytes",
        kind if kind.is_sequence() => "list[int]",
        _ => "int",
    }
}

/// The class of our package that says which type of Rust a value has; none if its own type says so.
fn class(kind: Kind) -> Option<String> {
    let name = kind.name();
    match kind {
        Kind::Bool | Kind::String | Kind::U8s => None,
        Kind::Char => Some("Char".into()),
        kind if kind.is_sequence() => Some(name[4..name.len() - 1].to_ascii_uppercase() + "s"),
        _ => Some(name.to_ascii_uppercase()),
    }
}

fn result_type(results: &[Kind]) -> String {
    let names: Vec<&str> = results.iter().copied().map(given).collect();
    match names[..] {
        [] => "None".into(),
        [one] => one.into(),
        _ => format!("tuple[{}]", names.join(", ")),
    }
}

pub(super) fn write(wrapper: &Wrapper) -> String {
    let mut methods = Names::new(&[KEYWORDS, OURS]);
    let functions: Vec<(String, &Function)> =
        wrapper.functions.iter().map(|f| (methods.take(snake(&f.export)), f)).collect();
    let init = match wrapper.guest {
        true => "        self._guest = Bindgen(instance)\n".to_string(),
        false => {
            let find = |(method, function): &(String, &Function)| {
                let name = quoted(&function.export, Escape::Digits);
                format!("        self._{method} = instance.exports[{name}]\n")
            };
            functions.iter().map(find).collect()
        }
    };
    let about = match wrapper.guest {
        true => "Prepares calls of a new instance, whose `_initialize` is called.",
        false => "Finds the functions of an instance.",
    };
    let mut out = format!(
        "\"\"\"Functions of the module {}, made by `wasmspan bindgen`.\"\"\"\n\n{}\n\n\
         class {}:\n    \"\"\"An instance of the module.\"\"\"\n\n    \
         def __init__(self, instance: Instance) -> None:\n        \"\"\"{about}\"\"\"\n{init}",
        wrapper.name,
        imports(wrapper),
        pascal(&wrapper.name),
    );
    for (method, function) in &functions {
        out += &write_method(wrapper.guest, method, function);
    }
    out
}

fn imports(wrapper: &Wrapper) -> String {
    let functions = &wrapper.functions;
    let kinds =
        || functions.iter().flat_map(|function| function.params.iter().map(|(_, kind)| *kind));
    let mut out = String::new();
    if wrapper.guest && kinds().any(|kind| taken(kind) == "Iterable[int]") {
        out += "from collections.abc import Iterable\n";
    }
    if functions.iter().any(|function| !function.results.is_empty()) {
        out += "from typing import cast\n";
    }
    if !out.is_empty() {
        out += "\n";
    }
    let mut names: BTreeSet<String> = BTreeSet::from(["Instance".to_string()]);
    if wrapper.guest {
        names.insert("Bindgen".to_string());
        names.extend(kinds().filter_map(class));
    }
    // As isort has it: constants, then classes; numbers in names count as numbers.
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_by_key(|name| {
        let upper =
            name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        let letters = name.split(|letter: char| letter.is_ascii_digit()).next().unwrap_or("");
        (!upper, letters.to_string(), digits.parse::<u32>().unwrap_or(0))
    });
    let line = format!("from wasmspan import {}\n", names.join(", "));
    out + &match line.len() <= LAYOUT.width + 1 {
        true => line,
        false => LAYOUT.list(0, "from wasmspan import (", &names, ")"),
    }
}

fn write_method(guest: bool, method: &str, function: &Function) -> String {
    let Function { export, params, results, .. } = function;
    let mut names = Names::new(&[KEYWORDS, OURS]);
    let params: Vec<(String, Kind)> =
        params.iter().map(|(name, kind)| (names.take(snake(name)), *kind)).collect();
    let mut items = vec!["self".to_string()];
    items.extend(params.iter().map(|(name, kind)| format!("{name}: {}", taken(*kind))));
    let result = result_type(results);
    let head = LAYOUT.list(1, &format!("def {method}("), &items, &format!(") -> {result}:"));
    let values = params.iter().map(|(name, kind)| match class(*kind) {
        Some(class) if guest => format!("{class}({name})"),
        _ => name.clone(),
    });
    let (callee, args): (String, Vec<String>) = match guest {
        true => (
            "self._guest.call(".into(),
            std::iter::once(quoted(export, Escape::Digits)).chain(values).collect(),
        ),
        false => (format!("self._{method}("), values.collect()),
    };
    let line = format!("{callee}{})", args.join(", "));
    let call = match results[..] {
        [] => LAYOUT.list(2, &callee, &args, ")"),
        _ => {
            let whole = format!("        return cast(\"{result}\", {line})\n");
            match whole.chars().count() <= LAYOUT.width + 1 {
                true => whole,
                false => format!(
                    "        return cast(\n            \"{result}\",\n{}        )\n",
                    LAYOUT.list(3, &callee, &args, "),")
                ),
            }
        }
    };
    format!("\n{head}{}{call}", docstring(&function.about()))
}

fn docstring(doc: &[String]) -> String {
    let quotes = "\"\"\"";
    let safe = |line: &str| line.replace('\\', "\\\\").replace(quotes, "'''");
    match doc {
        [] => String::new(),
        // A quotation mark at the end would be read with those behind it.
        [one] => match one.strip_suffix('"') {
            Some(front) => format!("        {quotes}{}\\\"{quotes}\n", safe(front)),
            None => format!("        {quotes}{}{quotes}\n", safe(one)),
        },
        [first, rest @ ..] => {
            let line =
                |line: &String| format!("        {}", safe(line)).trim_end().to_string() + "\n";
            let rest: String = rest.iter().map(line).collect();
            format!("        {quotes}{}\n{rest}        {quotes}\n", safe(first))
        }
    }
}
