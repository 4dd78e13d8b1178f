//! Wrappers in C: a header of inline functions.

use super::names::{Names, snake};
use super::{Function, Wrapper};
use crate::bindgen::Kind;

/// Longest line of a function's head.
const WIDTH: usize = 80;

const KEYWORDS: &[&str] = &[
    "alignas",
    "alignof",
    "and",
    "asm",
    "auto",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "constexpr",
    "continue",
    "default",
    "delete",
    "do",
    "double",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "not",
    "nullptr",
    "operator",
    "or",
    "private",
    "protected",
    "public",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "template",
    "this",
    "throw",
    "true",
    "try",
    "typedef",
    "typename",
    "typeof",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "while",
    "xor",
];
/// What the text around uses.
const OURS: &[&str] = &["vm", "guest", "args", "params", "returns", "results", "ended"];

/// The type of a value, or of the items of a sequence.
fn ty(kind: Kind) -> String {
    match kind {
        Kind::F32 => "float".into(),
        Kind::F64 => "double".into(),
        Kind::Bool => "bool".into(),
        Kind::Char => "uint32_t".into(),
        Kind::String => "char".into(),
        other => {
            let name = other.name().trim_start_matches("Vec<").trim_end_matches('>');
            let (sign, bits) = name.split_at(1);
            format!("{}int{bits}_t", if sign == "u" { "u" } else { "" })
        }
    }
}

/// The field of a `wasmspan_value` that holds it.
fn field(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "boolean",
        Kind::Char => "character",
        other => other.name(),
    }
}

/// Its constant in `enum wasmspan_kind`.
fn constant(kind: Kind) -> String {
    format!("wasmspan_kind_{}", format!("{kind:?}").to_ascii_lowercase())
}

/// A name as the arguments of `WasmEdge_StringWrap`.
fn string(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b' '..=b'~' if !b"\"\\?".contains(&byte) => char::from(byte).to_string(),
        other => format!("\\{other:03o}"),
    };
    format!(
        "WasmEdge_StringWrap(\"{}\", {})",
        name.bytes().map(byte).collect::<String>(),
        name.len()
    )
}

fn comment(lines: &[String]) -> String {
    let safe = |line: &String| line.replace("*/", "* /").replace("/*", "/ *");
    let line = |line: &String| format!(" * {}", safe(line)).trim_end().to_string() + "\n";
    match lines {
        [one] => format!("/** {} */\n", safe(one)),
        _ => format!("/**\n{} */\n", lines.iter().map(line).collect::<String>()),
    }
}

/// Parameters of a function in the module, and where its results go.
struct Named {
    params: Vec<(String, Kind)>,
    results: Vec<(String, Kind)>,
}

pub(super) fn write(wrapper: &Wrapper) -> String {
    let prefix = snake(&wrapper.name);
    let guard = format!("{}_BINDGEN_H", prefix.to_uppercase());
    let about = match wrapper.guest {
        true => {
            "\n *\n * Texts are passed as UTF-8 with a zero at the end. What is given lies in `results`, a text\n \
             * without a zero; it is freed by wasmspan_results_delete(), which is due after each call. An\n \
             * `Err` of the guest is there, too: `results->failed`; nothing else is written then.\n"
        }
        false => "\n",
    };
    let about = format!(
        "/**\n * @file\n * Functions of the module {}, made by `wasmspan bindgen`.{about} */\n",
        wrapper.name
    );
    let mut out = format!(
        "{about}#ifndef {guard}\n#define {guard}\n\n#include <string.h>\n#include <wasmspan/wasmspan.h>\n\n/* clang-format off */\n"
    );
    let mut functions = Names::new(&[]);
    for function in &wrapper.functions {
        let name = functions.take(format!("{prefix}_{}", snake(&function.export)));
        out += &write_function(wrapper.guest, &name, function);
    }
    out + "\n/* clang-format on */\n\n#endif\n"
}

fn write_function(guest: bool, name: &str, function: &Function) -> String {
    let mut names = Names::new(&[KEYWORDS, OURS]);
    let params: Vec<(String, Kind)> =
        function.params.iter().map(|(name, kind)| (names.take(snake(name)), *kind)).collect();
    let title = |at: usize| {
        if function.results.len() == 1 { "result".to_string() } else { format!("result{at}") }
    };
    let results: Vec<(String, Kind)> = function
        .results
        .iter()
        .enumerate()
        .map(|(at, kind)| (names.take(title(at)), *kind))
        .collect();
    let named = Named { params, results };
    let text = if guest { rich(name, function, &named) } else { plain(name, function, &named) };
    format!("\n{}{text}", comment(&function.about()))
}

/// The first lines of a function, with as many parameters on each as fit.
fn head(name: &str, params: &[String]) -> String {
    let open = format!("static inline WasmEdge_Result {name}(");
    let line = format!("{open}{}) {{\n", params.join(", "));
    if line.len() <= WIDTH + 1 {
        return line;
    }
    let (mut out, mut line) = (open, WIDTH);
    for (at, param) in params.iter().enumerate() {
        let param = format!("{param}{}", if at + 1 < params.len() { "," } else { ") {" });
        if line + 1 + param.len() > WIDTH {
            out += "\n   ";
            line = 3;
        }
        out.extend([" ", &param]);
        line += 1 + param.len();
    }
    out + "\n"
}

fn plain(name: &str, function: &Function, named: &Named) -> String {
    let Named { params, results } = named;
    let value = |kind: Kind| kind.name().to_uppercase();
    let mut list = vec!["WasmEdge_VMContext *vm".to_string()];
    list.extend(params.iter().map(|(name, kind)| format!("{} {name}", ty(*kind))));
    list.extend(results.iter().map(|(name, kind)| format!("{} *{name}", ty(*kind))));
    let mut out = head(name, &list);
    let array = |name: &str, len: usize| match len {
        0 => String::new(),
        _ => format!("  WasmEdge_Value {name}[{len}];\n"),
    };
    let passed = |name: &'static str, len: usize| if len == 0 { "NULL" } else { name };
    out += &array("params", params.len());
    out += &array("returns", results.len());
    for (at, (name, kind)) in params.iter().enumerate() {
        out += &format!("  params[{at}] = WasmEdge_ValueGen{}({name});\n", value(*kind));
    }
    let call = format!(
        "WasmEdge_VMExecute(\n      vm, {}, {}, {}, {}, {});\n",
        string(&function.export),
        passed("params", params.len()),
        params.len(),
        passed("returns", results.len()),
        results.len()
    );
    if results.is_empty() {
        return out + &format!("  return {call}}}\n");
    }
    out += &format!(
        "  WasmEdge_Result ended = {call}  if (!WasmEdge_ResultOK(ended))\n    return ended;\n"
    );
    for (at, (name, kind)) in results.iter().enumerate() {
        out += &format!("  *{name} = WasmEdge_ValueGet{}(returns[{at}]);\n", value(*kind));
    }
    out + "  return ended;\n}\n"
}

fn rich(name: &str, function: &Function, named: &Named) -> String {
    let Named { params, results } = named;
    let mut list = vec!["const wasmspan_bindgen *guest".to_string()];
    for (name, kind) in params {
        list.push(match kind.is_sequence() {
            true => format!("const {} *{name}", ty(*kind)),
            false => format!("{} {name}", ty(*kind)),
        });
        if kind.is_sequence() && *kind != Kind::String {
            list.push(format!("size_t {name}_count"));
        }
    }
    for (name, kind) in results {
        list.push(match kind.is_sequence() {
            true => format!("const {} **{name}", ty(*kind)),
            false => format!("{} *{name}", ty(*kind)),
        });
        if kind.is_sequence() {
            list.push(format!("size_t *{name}_count"));
        }
    }
    list.push("wasmspan_results *results".to_string());
    let mut out = head(name, &list);
    if !params.is_empty() {
        out += &format!("  wasmspan_value args[{}];\n", params.len());
    }
    for (at, (name, kind)) in params.iter().enumerate() {
        out += &format!("  args[{at}].kind = {};\n", constant(*kind));
        if kind.is_sequence() {
            let count = match kind {
                Kind::String => format!("strlen({name})"),
                _ => format!("{name}_count"),
            };
            out += &format!(
                "  args[{at}].of.list.items = {name};\n  args[{at}].of.list.count = {count};\n"
            );
        } else {
            out += &format!("  args[{at}].of.{} = {name};\n", field(*kind));
        }
    }
    let args = if params.is_empty() { "NULL" } else { "args" };
    out += &format!(
        "  WasmEdge_Result ended = wasmspan_bindgen_call(\n      guest, {}, {args}, {}, results);\n  \
         if (!WasmEdge_ResultOK(ended) || results->failed)\n    return ended;\n  if (results->count != {}",
        string(&function.export),
        params.len(),
        results.len()
    );
    for (at, (_, kind)) in results.iter().enumerate() {
        out += &format!(" ||\n      results->values[{at}].kind != {}", constant(*kind));
    }
    out += ")\n    return WasmEdge_ResultGen(WasmEdge_ErrCategory_WASM,\n                              \
            WasmEdge_ErrCode_FuncSigMismatch);\n";
    for (at, (name, kind)) in results.iter().enumerate() {
        let value = format!("results->values[{at}].of");
        out += &match kind.is_sequence() {
            true => format!(
                "  *{name} = (const {} *){value}.list.items;\n  *{name}_count = {value}.list.count;\n",
                ty(*kind)
            ),
            false => format!("  *{name} = {value}.{};\n", field(*kind)),
        };
    }
    out + "  return ended;\n}\n"
}
