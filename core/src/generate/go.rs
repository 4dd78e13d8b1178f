//! Wrappers in Go: a package with a type whose methods are the functions.

use super::names::{Escape, Names, camel, pascal, quoted, shown, snake};
use super::{Function, Wrapper};
use crate::bindgen::Kind;

const KEYWORDS: &[&str] = &[
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];
/// What the text around uses.
const OURS: &[&str] = &["ctx", "context", "err", "error", "results", "wasmspan", "w"];

fn ty(kind: Kind) -> String {
    let name = kind.name();
    let number = |name: &str| match name.split_at(1) {
        ("u", bits) => format!("uint{bits}"),
        ("i", bits) => format!("int{bits}"),
        (_, bits) => format!("float{bits}"),
    };
    match kind {
        Kind::Bool => "bool".into(),
        Kind::Char => "wasmspan.Char".into(),
        Kind::String => "string".into(),
        kind if kind.is_sequence() => format!("[]{}", number(&name[4..name.len() - 1])),
        _ => number(name),
    }
}

pub(super) fn write(wrapper: &Wrapper) -> String {
    let title = pascal(&wrapper.name);
    let mut methods = Names::new(&[]);
    let (field, held) = match wrapper.guest {
        true => ("guest", "*wasmspan.Bindgen"),
        false => ("instance", "*wasmspan.Instance"),
    };
    let new = match wrapper.guest {
        true => format!(
            "// New{title} prepares calls of a new instance, whose _initialize is called if it has one.\n\
             func New{title}(ctx context.Context, instance *wasmspan.Instance) (*{title}, error) {{\n\
             \tguest, err := wasmspan.NewBindgen(ctx, instance)\n\
             \tif err != nil {{\n\t\treturn nil, err\n\t}}\n\
             \treturn &{title}{{guest}}, nil\n}}\n"
        ),
        false => format!(
            "// New{title} wraps an instance.\n\
             func New{title}(instance *wasmspan.Instance) *{title} {{\n\
             \treturn &{title}{{instance}}\n}}\n"
        ),
    };
    let mut out = format!(
        "// Package {} has the functions of the module {}; made by `wasmspan bindgen`.\npackage {0}\n\n\
         import (\n\t\"context\"\n\n\t\"github.com/wasmspan/wasmspan/bindings-go\"\n)\n\n\
         // {title} is an instance of the module.\ntype {title} struct {{\n\t{field} {held}\n}}\n\n{new}",
        snake(&wrapper.name).replace('_', ""),
        wrapper.name,
    );
    for function in &wrapper.functions {
        let method = methods.take(pascal(&function.export));
        out += &write_method(&title, field, &method, function);
    }
    out
}

fn write_method(title: &str, field: &str, method: &str, function: &Function) -> String {
    let Function { export, doc, params, results } = function;
    let mut names = Names::new(&[KEYWORDS, OURS]);
    let params: Vec<(String, Kind)> =
        params.iter().map(|(name, kind)| (names.take(camel(name)), *kind)).collect();
    let results: Vec<(String, Kind)> = match results[..] {
        [one] => vec![(names.take("result".to_string()), one)],
        _ => results
            .iter()
            .enumerate()
            .map(|(at, kind)| (names.take(format!("result{at}")), *kind))
            .collect(),
    };
    let list = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(", ");
    let typed = |(name, kind): &(String, Kind)| format!("{name} {}", ty(*kind));
    let mut takes =
        std::iter::once("ctx context.Context".to_string()).chain(params.iter().map(typed));
    let mut gives = results.iter().map(typed).chain(["err error".to_string()]);
    let mut args = ["ctx".to_string(), quoted(export, Escape::Digits)]
        .into_iter()
        .chain(params.iter().map(|(name, _)| name.clone()));
    let mut places = std::iter::once("results".to_string())
        .chain(results.iter().map(|(name, _)| format!("&{name}")));
    let mut values = results.iter().map(|(name, _)| name.clone()).chain(["err".to_string()]);
    let mut about = format!("// {method} calls {} of the guest.\n", shown(export));
    if !doc.is_empty() {
        about += "//\n";
    }
    for line in doc {
        about += &(format!("// {line}").trim_end().to_string() + "\n");
    }
    format!(
        "\n{about}func (w *{title}) {method}({}) ({}) {{\n\
         \tresults, err := w.{field}.Call({})\n\
         \tif err == nil {{\n\t\terr = wasmspan.Scan({})\n\t}}\n\
         \treturn {}\n}}\n",
        list(&mut takes),
        list(&mut gives),
        list(&mut args),
        list(&mut places),
        list(&mut values),
    )
}
