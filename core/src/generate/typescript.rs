//! Wrappers in TypeScript: a module with a class whose methods are the functions.

use super::names::{Escape, Names, camel, pascal, quoted};
use super::{Function, Layout, Wrapper};
use crate::bindgen::Kind;

const LAYOUT: Layout = Layout { indent: "  ", width: 80, last: "," };

const KEYWORDS: &[&str] = &[
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// What the compiler takes for a member of `Object` in the exports of an instance.
const OF_OBJECTS: &[&str] = &[
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

fn ty(kind: Kind) -> &'static str {
    match kind {
        Kind::U64 | Kind::I64 => "bigint",
        Kind::Bool => "boolean",
        Kind::Char | Kind::String => "string",
        Kind::U8s => "Uint8Array",
        Kind::I8s => "Int8Array",
        Kind::U16s => "Uint16Array",
        Kind::I16s => "Int16Array",
        Kind::U32s => "Uint32Array",
        Kind::I32s => "Int32Array",
        Kind::U64s => "BigUint64Array",
        Kind::I64s => "BigInt64Array",
        _ => "number",
    }
}

/// An argument; with its type in Rust where its own doesn't say that.
fn argument(name: &str, kind: Kind) -> String {
    match kind {
        kind if kind.is_sequence() || kind == Kind::Bool => name.to_string(),
        kind if kind.name() == name => format!("{{ {name} }}"),
        kind => format!("{{ {kind}: {name} }}"),
    }
}

fn result_type(results: &[Kind]) -> String {
    let names: Vec<&str> = results.iter().copied().map(ty).collect();
    match names[..] {
        [] => "void".into(),
        [one] => one.into(),
        _ => format!("[{}]", names.join(", ")),
    }
}

fn comment(indent: &str, lines: &[String]) -> String {
    let safe = |line: &String| line.replace("*/", "* /");
    match lines {
        [one] => format!("{indent}/** {} */\n", safe(one)),
        _ => {
            let line =
                |line: &String| format!("{indent} * {}", safe(line)).trim_end().to_string() + "\n";
            format!("{indent}/**\n{}{indent} */\n", lines.iter().map(line).collect::<String>())
        }
    }
}

pub(super) fn write(wrapper: &Wrapper) -> String {
    let mut methods = Names::new(&[&["constructor"]]);
    let functions: Vec<(String, &Function)> =
        wrapper.functions.iter().map(|f| (methods.take(camel(&f.export)), f)).collect();
    let (uses, fields, made) = match wrapper.guest {
        true => (
            "{ Bindgen, type Instance }",
            "  readonly #guest: Bindgen;\n".to_string(),
            "    this.#guest = new Bindgen(instance);\n".to_string(),
        ),
        false => {
            let field = |(method, function): &(String, &Function)| {
                let (params, result) = (parameters(function), result_type(&function.results));
                LAYOUT.list(
                    1,
                    &format!("readonly #{method}: ("),
                    &params,
                    &format!(") => {result};"),
                )
            };
            let find = |(method, function): &(String, &Function)| {
                // What every object has is not of this type for the compiler.
                let cast = if OF_OBJECTS.contains(&&*function.export) { " as never" } else { "" };
                format!(
                    "    this.#{method} = instance.exports{}{cast};\n",
                    member(&function.export)
                )
            };
            let fields = functions.iter().map(field).collect();
            ("type { Instance }", fields, functions.iter().map(find).collect())
        }
    };
    let about = match wrapper.guest {
        true => "Prepares calls of a new instance, whose `_initialize` is called if it has one.",
        false => "Finds the functions of an instance.",
    };
    let mut out = format!(
        "// Functions of the module {}, made by `wasmspan bindgen`.\n\
         import {uses} from \"wasmspan\";\n\n\
         /** An instance of the module. */\nexport class {} {{\n{fields}\n  \
         /** {about} */\n  constructor(instance: Instance) {{\n{made}  }}\n",
        wrapper.name,
        pascal(&wrapper.name),
    );
    for (method, function) in &functions {
        out += &write_method(wrapper.guest, method, function);
    }
    out + "}\n"
}

/// How a property of this name is reached.
fn member(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$';
    match name.chars().all(plain)
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
    {
        true => format!(".{name}"),
        false => format!("[{}]", quoted(name, Escape::Braces)),
    }
}

/// Names for the parameters of a function.
fn names(function: &Function) -> Vec<String> {
    let mut names = Names::new(&[KEYWORDS]);
    function.params.iter().map(|(name, _)| names.take(camel(name))).collect()
}

fn parameters(function: &Function) -> Vec<String> {
    let named = names(function).into_iter().zip(&function.params);
    named.map(|(name, (_, kind))| format!("{name}: {}", ty(*kind))).collect()
}

fn write_method(guest: bool, method: &str, function: &Function) -> String {
    let Function { export, results, params, .. } = function;
    let result = result_type(results);
    let head =
        LAYOUT.list(1, &format!("{method}("), &parameters(function), &format!("): {result} {{"));
    let gives = if results.is_empty() { "" } else { "return " };
    let names = names(function);
    let call = match guest {
        true => {
            let args = names.iter().zip(params).map(|(name, (_, kind))| argument(name, *kind));
            let close = if results.is_empty() { "]);".into() } else { format!("]) as {result};") };
            let open = format!("{gives}this.#guest.call({}, [", quoted(export, Escape::Braces));
            LAYOUT.list(2, &open, &args.collect::<Vec<_>>(), &close)
        }
        false => LAYOUT.list(2, &format!("{gives}this.#{method}("), &names, ");"),
    };
    format!("\n{}{head}{call}  }}\n", comment("  ", &function.about()))
}
