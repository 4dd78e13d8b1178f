//! Every function of both headers, with every kind of bad argument.

use crate::build::{C, Release, program, scratch};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::Command;

/// Functions that are called by hand below, or that nothing can be called with.
const BY_HAND: &[&str] =
    &["WasmEdge_Driver_Compiler", "WasmEdge_Driver_Tool", "WasmEdge_StringDelete"];

#[test]
fn bad_arguments_do_no_harm() {
    let include = Release::V0_11.include();
    let headers = ["wasmedge/wasmedge.h", "wasmspan/wasmspan.h", "wasmspan/bindgen.h"];
    let functions: Vec<Function> = headers
        .iter()
        .map(|name| std::fs::read_to_string(include.join(name)).expect("a header"))
        .flat_map(|header| declarations(&header))
        .collect();
    let names: BTreeSet<&str> = functions.iter().map(|function| function.name.as_str()).collect();
    let exported = include_str!("../../c/symbols-V0_11.txt");
    assert_eq!(names, exported.lines().collect(), "all that the library has, once");

    let folder = scratch("bad");
    let file = folder.join("bad_arguments.c");
    std::fs::write(&file, source(&functions)).expect("the program is written");
    let flags = ["-Wno-pedantic", "-Wno-unused-result", "-fsanitize=address", "-O0"];
    let program = program(&file, C[0], Release::V0_11, &flags);
    // Some write to the user's own cache.
    let output = Command::new(&program)
        .current_dir(&folder)
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .output()
        .expect("the program runs");
    let out = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {out}{errors}", output.status);
    assert!(out.ends_with("0 failures\n"), "{out}{errors}");
}

/// A function of a header.
struct Function {
    name: String,
    gives: String,
    parameters: Vec<Parameter>,
}

struct Parameter {
    text: String,
    kind: Kind,
}

/// What there is to be got wrong about a parameter.
enum Kind {
    /// A context of this kind.
    Context(String),
    /// An address of something else.
    Address,
    /// A function.
    Function,
    String,
    /// A structure that is passed by value.
    Value(&'static str),
    /// How much there is at an address.
    Length,
    Number,
}

/// The functions that a header declares.
fn declarations(header: &str) -> Vec<Function> {
    let heads = header.split("WASMEDGE_CAPI_EXPORT ").skip(1);
    heads.filter_map(|text| Function::parse(text.split_once(';')?.0)).collect()
}

impl Function {
    fn parse(head: &str) -> Option<Function> {
        let head = head.split_whitespace().collect::<Vec<_>>().join(" ");
        let (start, rest) = head.split_once('(')?;
        let (gives, name) = start.rsplit_once([' ', '*'])?;
        let known = name.starts_with("WasmEdge_") || name.starts_with("wasmspan_");
        // A plug-in has this one, not the library.
        if !known || name == "WasmEdge_Plugin_GetDescriptor" {
            return None;
        }
        let list = rest.strip_suffix(')')?.trim();
        let parameters = match list {
            "void" => Vec::new(),
            list => split(list).into_iter().map(Parameter::parse).collect(),
        };
        let gives = start[..gives.len() + 1].trim().to_string();
        Some(Function { name: name.to_string(), gives, parameters })
    }
}

/// A list of parameters, of which some may be functions with lists of their own.
fn split(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts
}

impl Parameter {
    fn parse(text: &str) -> Parameter {
        let text = text.trim();
        let ty = text.trim_start_matches("const ");
        let context = |ty: &str| {
            let name = ty.split_once(" *")?.0;
            let name = name.trim_start_matches("WasmEdge_").trim_start_matches("wasmspan_");
            let own = ["pool", "fs", "wasi_config", "command", "interrupt", "bindgen", "heap"];
            let known = name.ends_with("Context") || name == "Async" || own.contains(&name);
            (known && !ty.contains("**")).then(|| name.to_string())
        };
        let lengths = ["Len", "len", "size", "count"];
        let name = text.rsplit([' ', '*']).next().unwrap_or_default();
        let kind = if let Some(name) = context(ty) {
            Kind::Context(name)
        } else if text.contains("(*")
            || ty
                .split(' ')
                .next()
                .is_some_and(|ty| ty.ends_with("_t") && ty.starts_with(['W', 'w']))
        {
            Kind::Function
        } else if text.contains('*') || text.ends_with(']') {
            Kind::Address
        } else if ty.starts_with("WasmEdge_String ") {
            Kind::String
        } else if let Some(value) = ["WasmEdge_Value", "WasmEdge_Limit", "WasmEdge_Result"]
            .into_iter()
            .find(|value| ty.starts_with(&format!("{value} ")))
        {
            Kind::Value(value)
        } else if lengths.iter().any(|end| name.ends_with(end)) {
            Kind::Length
        } else {
            Kind::Number
        };
        Parameter { text: text.to_string(), kind }
    }
}

/// Which contexts a call gets.
#[derive(Clone, Copy, PartialEq)]
enum Contexts {
    Null,
    Other,
    Stale,
    Live,
}

/// What else a call gets.
struct Rest {
    address: &'static str,
    length: &'static str,
    number: &'static str,
    string: &'static str,
    ones: bool,
}

/// Lengths and addresses that don't belong together, numbers out of every range, strings that are
/// no text or have no bytes. Lists at an address that is given are of zeros, so what they lead to is
/// null.
const RESTS: &[Rest] = &[
    Rest { address: "NULL", length: "0", number: "0", string: "{0, NULL}", ones: false },
    Rest { address: "NULL", length: "9", number: "0", string: "{7, NULL}", ones: false },
    Rest {
        address: "NULL",
        length: "(-1)",
        number: "(-1)",
        string: "{UINT32_MAX, NULL}",
        ones: true,
    },
    Rest {
        address: "(void *)zeros",
        length: "0",
        number: "0",
        string: "{3, \"\\xff\\x00\\xfe\"}",
        ones: true,
    },
    Rest {
        address: "(void *)zeros",
        length: "9",
        number: "1",
        string: "{3, \"\\xff\\x00\\xfe\"}",
        ones: false,
    },
    Rest { address: "(void *)zeros", length: "9", number: "(-1)", string: "{0, NULL}", ones: true },
];

/// Begins with a look whether there is a context of every kind.
const EVERY_KIND: &str = "  for (int kind = 0; kind < KINDS; kind++) {
    void *context = live((enum kind)kind);
    if (!context) {
      printf(\"no context of kind %d\\n\", kind);
      failures++;
    }
    end();
  }
";

/// The program that makes the calls.
fn source(functions: &[Function]) -> String {
    let mut calls = String::new();
    for function in functions.iter().filter(|function| !BY_HAND.contains(&function.name.as_str())) {
        let _ = writeln!(calls, "static void call_{}(void) {{", function.name);
        for contexts in [Contexts::Null, Contexts::Other, Contexts::Stale, Contexts::Live] {
            let has_context = |p: &Parameter| matches!(p.kind, Kind::Context(_));
            if contexts != Contexts::Null && !function.parameters.iter().any(has_context) {
                continue;
            }
            for rest in RESTS {
                let _ = writeln!(calls, "  {}; end();", statement(function, contexts, rest));
            }
        }
        calls += "}\n";
    }
    let mut main = String::new();
    for function in functions.iter().filter(|function| !BY_HAND.contains(&function.name.as_str())) {
        let _ = writeln!(main, "  call_{}();", function.name);
    }
    format!(
        "{}{calls}\nint main(void) {{\n  WasmEdge_LogOff();\n{EVERY_KIND}{main}{}",
        include_str!("../../c/bad_arguments.h"),
        "  odd_values(), odd_functions();\n\
         \x20 const char *none[2] = {NULL, NULL};\n\
         \x20 WasmEdge_StringDelete((WasmEdge_String){0, NULL});\n\
         \x20 WasmEdge_StringDelete((WasmEdge_String){7, NULL});\n\
         \x20 for (int argc = -1; argc < 3; argc++) {\n\
         \x20   WasmEdge_Driver_Compiler(argc, NULL), WasmEdge_Driver_Tool(argc, NULL);\n\
         \x20   WasmEdge_Driver_Compiler(argc, none), WasmEdge_Driver_Tool(argc, none);\n  }\n\
         \x20 WasmEdge_ASTModuleDelete(module());\n\
         \x20 printf(\"%d failures\\n\", failures);\n  return failures != 0;\n}\n"
    )
}

/// One call, and what is to be done with what it gives.
fn statement(function: &Function, contexts: Contexts, rest: &Rest) -> String {
    let argument = |parameter: &Parameter| match &parameter.kind {
        Kind::Context(kind) => match contexts {
            Contexts::Null => "NULL".to_string(),
            Contexts::Other => format!("other({kind})"),
            Contexts::Stale => format!("stale({kind})"),
            Contexts::Live => format!("live({kind})"),
        },
        Kind::Address => rest.address.to_string(),
        Kind::Function => "NULL".to_string(),
        Kind::String => format!("(WasmEdge_String){}", rest.string),
        Kind::Value(name) if rest.ones => format!("ones_{name}()"),
        Kind::Value(name) => format!("({name}){{0}}"),
        Kind::Length => rest.length.to_string(),
        Kind::Number => rest.number.to_string(),
    };
    let arguments: Vec<String> = function.parameters.iter().map(argument).collect();
    let call = format!("{}({})", function.name, arguments.join(", "));
    let first = function.parameters.first().map(|parameter| &parameter.kind);
    let call = match function.gives.as_str() {
        "WasmEdge_Result"
            if contexts != Contexts::Live && matches!(first, Some(Kind::Context(_))) =>
        {
            format!("refused(\"{}\", {call})", function.name)
        }
        gives
            if gives.ends_with("Context *")
                || gives.ends_with("Async *")
                || gives.starts_with("wasmspan_") && gives.ends_with('*') =>
        {
            format!("given({call})")
        }
        "WasmEdge_String" if function.name.contains("StringCreate") => {
            format!("WasmEdge_StringDelete({call})")
        }
        _ => call,
    };
    // What it may have left at the address.
    let leaves = |what: &str| {
        rest.address != "NULL"
            && function.parameters.iter().any(|parameter| parameter.text.starts_with(what))
    };
    let after = [
        ("wasmspan_bytes *", "wasmspan_bytes_delete((void *)zeros)"),
        ("wasmspan_results *", "wasmspan_results_delete((void *)zeros)"),
        ("wasmspan_finished *", "wasmspan_bytes_delete(&((wasmspan_finished *)zeros)->out)"),
        ("wasmspan_finished *", "wasmspan_bytes_delete(&((wasmspan_finished *)zeros)->err)"),
    ];
    let after = after.iter().filter(|(what, _)| leaves(what));
    after.fold(call, |call, (_, after)| format!("{call}; {after}"))
}
