//! Wrappers in Rust: a module with a type whose methods are the functions.

use super::names::{Escape, Names, pascal, quoted, snake};
use super::{Function, Layout, Wrapper};
use crate::bindgen::Kind;

const LAYOUT: Layout = Layout { indent: "    ", width: 100, last: "," };
/// Widest arguments and arrays that rustfmt leaves on a line.
const SHORT: usize = 60;
/// With more parameters than this clippy warns.
const MANY: usize = 7;

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// What a function takes: borrowed where the value is.
fn taken(kind: Kind) -> String {
    match kind.name().strip_prefix("Vec<") {
        Some(item) => format!("&[{}]", item.trim_end_matches('>')),
        None if kind == Kind::String => "&str".into(),
        None => kind.name().into(),
    }
}

/// One type as it is, others as a tuple.
fn tuple(kinds: impl Iterator<Item = Kind>) -> String {
    let names: Vec<&str> = kinds.map(Kind::name).collect();
    match names[..] {
        [one] => one.to_string(),
        _ => format!("({})", names.join(", ")),
    }
}

fn comment(indent: &str, lines: &[String]) -> String {
    let line = |line: &String| format!("{indent}/// {line}").trim_end().to_string() + "\n";
    lines.iter().map(line).collect()
}

pub(super) fn write(wrapper: &Wrapper) -> String {
    let (name, title) = (&wrapper.name, pascal(&wrapper.name));
    let mut methods = Names::new(&[KEYWORDS, &["new"]]);
    let functions: Vec<(String, &Function)> =
        wrapper.functions.iter().map(|f| (methods.take(snake(&f.export)), f)).collect();
    let (uses, fields, made) = match wrapper.guest {
        true => (
            "use wasmspan::bindgen::{Bindgen, CallError, Value};\nuse wasmspan::{Instance, Result};\n",
            "    guest: Bindgen,\n".to_string(),
            format!(
                "        let guest = Bindgen::new(instance)?;\n        Ok({title} {{ guest }})\n"
            ),
        ),
        false => {
            let field = |(method, function): &(String, &Function)| {
                let params = tuple(function.params.iter().map(|(_, kind)| *kind));
                let results = tuple(function.results.iter().copied());
                let field = format!("    {method}: TypedFunc<{params}, {results}>,\n");
                skipped_if_long(&field, "    ")
            };
            let find = |(method, function): &(String, &Function)| {
                let find = format!(
                    "            {method}: instance.typed({})?,\n",
                    quoted(&function.export, Escape::Braces)
                );
                skipped_if_long(&find, "            ")
            };
            let made: String = functions.iter().map(find).collect();
            (
                "use wasmspan::{Instance, Result, TypedFunc};\n",
                functions.iter().map(field).collect(),
                format!("        Ok({title} {{\n{made}        }})\n"),
            )
        }
    };
    let about = match wrapper.guest {
        true => "Prepares calls of a new instance, whose `_initialize` is called if it has one.",
        false => "Finds the functions of an instance.",
    };
    let mut out = format!(
        "//! Functions of the module `{name}`, made by `wasmspan bindgen`.\n\n{uses}\n\
         /// An instance of the module.\npub struct {title} {{\n{fields}}}\n\nimpl {title} {{\n    \
         /// {about}\n    pub fn new(instance: &Instance) -> Result<{title}> {{\n{made}    }}\n"
    );
    for (method, function) in &functions {
        out += &write_method(wrapper.guest, method, function);
    }
    out + "}\n"
}

/// The formatter would break a line of this length; how is not worth telling.
fn skipped_if_long(line: &str, indent: &str) -> String {
    match line.chars().count() > LAYOUT.width + 1 {
        true => format!("{indent}#[rustfmt::skip]\n{line}"),
        false => line.to_string(),
    }
}

fn write_method(guest: bool, method: &str, function: &Function) -> String {
    let Function { export, params, results, .. } = function;
    let mut names = Names::new(&[KEYWORDS, &["args"]]);
    let params: Vec<(String, Kind)> =
        params.iter().map(|(name, kind)| (names.take(snake(name)), *kind)).collect();
    let mut items = vec!["&self".to_string()];
    items.extend(params.iter().map(|(name, kind)| format!("{name}: {}", taken(*kind))));
    let result = tuple(results.iter().copied());
    let result = if guest { format!("{result}, CallError") } else { result };
    let close = format!(") -> Result<{result}> {{");
    let mut head = LAYOUT.list(1, &format!("pub fn {method}("), &items, &close);
    if head.lines().any(|line| line.chars().count() > LAYOUT.width) {
        head = format!("    #[rustfmt::skip]\n{head}");
    }
    if items.len() > MANY {
        head = format!("    #[allow(clippy::too_many_arguments)]\n{head}");
    }
    let values = params.iter().map(|(name, _)| match guest {
        true => format!("Value::from({name})"),
        false => name.clone(),
    });
    let values: Vec<String> = values.collect();
    let body = match guest {
        true => body(
            "guest",
            &format!("call_as({}, &", quoted(export, Escape::Braces)),
            &values,
            "[",
            "]",
        ),
        false if values.len() == 1 => body(method, "call(", &values, "", ""),
        false => body(method, "call(", &values, "(", ")"),
    };
    format!("\n{}{head}{body}    }}\n", comment("    ", &function.about()))
}

/// Calls a function with values between brackets: in a line, or with a line for them, or with a line for each.
fn body(field: &str, call: &str, values: &[String], open: &str, close: &str) -> String {
    let line = format!("{open}{}{close}", values.join(", "));
    if format!("self.{field}.{call}{line})").chars().count() <= SHORT {
        return chain(field, &format!("{call}{line})"));
    }
    let end = chain(field, &format!("{call}args)"));
    if line.len() <= SHORT + 2 {
        return format!("        let args = {line};\n{end}");
    }
    let items: String = values.iter().map(|value| format!("            {value},\n")).collect();
    format!("        let args = {open}\n{items}        {close};\n{end}")
}

fn chain(field: &str, call: &str) -> String {
    let line = format!("self.{field}.{call}");
    match line.chars().count() <= SHORT {
        true => format!("        {line}\n"),
        false => format!("        self.{field}\n            .{call}\n"),
    }
}
