//! Typed wrappers in other languages for what a module exports: `wasmspan bindgen`.
//!
//! A [`Wrapper`] says what functions there are: those whose types are numbers, as the module says; in guests of
//! wasmedge-bindgen, whose exports all have one type, those that a description (`describe`) names. Each language has a
//! writer, which makes text that the language's formatter leaves as it is.

mod c;
mod describe;
mod go;
mod names;
mod python;
mod rust;
mod typescript;

use crate::bindgen::Kind;
use crate::executor::Module;
use crate::types::{ExternType, FuncType, ValType};
use describe::Described;

/// What is to be written.
pub(crate) struct Wrapper {
    /// What the module is called.
    name: String,
    /// Whether it is a guest of wasmedge-bindgen.
    guest: bool,
    functions: Vec<Function>,
    /// Exported functions that are not among them, each with the reason.
    left_out: Vec<String>,
}

struct Function {
    /// Its name in the module.
    export: String,
    /// Documentation, line by line.
    doc: Vec<String>,
    params: Vec<(String, Kind)>,
    results: Vec<Kind>,
}

impl Function {
    /// Its documentation, or what there is to say without any.
    fn about(&self) -> Vec<String> {
        match self.doc[..] {
            [] => vec![format!("Calls `{}`.", names::shown(&self.export))],
            _ => self.doc.clone(),
        }
    }
}

/// A language that wrappers are written in.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Language {
    C,
    Rust,
    Python,
    Ts,
    Go,
}

/// More values no function of a wrapper takes or gives: Rust's typed functions end there.
const MAX_VALUES: usize = 16;

/// What a guest of wasmedge-bindgen exports for its host alone.
const PROTOCOL: &[&str] = &["allocate", "deallocate", "_initialize", "_start"];

impl Wrapper {
    /// A wrapper for a module that is called `name`. The description is the one given, or that in the module.
    ///
    /// # Errors
    ///
    /// A message with the line, if the description is wrong or doesn't fit the module; one that tells what to do if a guest
    /// of wasmedge-bindgen has none.
    pub fn new(name: &str, module: &Module, given: Option<&str>) -> Result<Wrapper, String> {
        let carried = module.custom_sections(describe::SECTION).flatten().copied().collect();
        let carried = String::from_utf8(carried)
            .map_err(|_| format!("the section {} is no UTF-8", describe::SECTION))?;
        let text = given.unwrap_or(&carried);
        let mut described = describe::read(text)?;
        let mut exports = Vec::new();
        for export in module.exports() {
            if let ExternType::Func(ty) = export.ty {
                exports.push((export.name, ty));
            }
        }
        let guest = is_guest(&exports);
        // The name stands in comments, and those of some languages have an end.
        let known = |letter: char| letter.is_alphanumeric() || "-_. ".contains(letter);
        let name = name.chars().map(|letter| if known(letter) { letter } else { '_' }).collect();
        let mut wrapper = Wrapper { name, guest, functions: vec![], left_out: vec![] };
        for (export, ty) in exports {
            let entry = described.remove(&export);
            match (guest, entry) {
                (true, Some(entry)) => wrapper.add_rich(export, &ty, entry)?,
                (true, None) if PROTOCOL.contains(&export.as_str()) => {}
                (true, None) => wrapper.left_out.push(format!("{export} (not described)")),
                (false, entry) => {
                    let names = module.param_names(&export);
                    wrapper.add_plain(export, &ty, names, entry)?;
                }
            }
        }
        if let Some((name, entry)) = described.iter().min_by_key(|(_, entry)| entry.line) {
            return Err(format!("line {}: the module exports no function \"{name}\"", entry.line));
        }
        if guest && wrapper.functions.is_empty() {
            return Err(format!(
                "this guest of wasmedge-bindgen doesn't say what types its functions have: \
                 {}; describe them in a file for --types, or with the crate wasmspan-guest",
                wrapper.left_out.join(", ").replace(" (not described)", "")
            ));
        }
        Ok(wrapper)
    }

    fn add_rich(&mut self, export: String, ty: &FuncType, entry: Described) -> Result<(), String> {
        if ty.params() != [ValType::I32; 2] || ty.results() != [ValType::I32] {
            return Err(format!(
                "line {}: \"{export}\" is no function of wasmedge-bindgen: its type is {ty}",
                entry.line
            ));
        }
        let Described { signature, doc, .. } = entry;
        self.add(Function {
            export,
            doc: lines(&doc),
            params: signature.params,
            results: signature.results,
        });
        Ok(())
    }

    fn add_plain(
        &mut self,
        export: String,
        ty: &FuncType,
        names: Vec<Option<String>>,
        entry: Option<Described>,
    ) -> Result<(), String> {
        let (Some(params), Some(results)) = (kinds(ty.params()), kinds(ty.results())) else {
            self.left_out.push(format!("{export} (its type is {ty})"));
            return Ok(());
        };
        let mut doc = Vec::new();
        let mut names: Vec<String> = names
            .into_iter()
            .enumerate()
            .map(|(at, name)| name.unwrap_or_else(|| format!("p{at}")))
            .collect();
        if let Some(Described { signature, doc: text, line }) = entry {
            let given: Vec<Kind> = signature.params.iter().map(|(_, kind)| *kind).collect();
            if given != params || signature.results != results {
                return Err(format!(
                    "line {line}: \"{export}\" is described as another type than it has: {ty}"
                ));
            }
            doc = lines(&text);
            names = signature.params.into_iter().map(|(name, _)| name).collect();
        }
        let params = names.into_iter().zip(params).collect();
        self.add(Function { export, doc, params, results });
        Ok(())
    }

    fn add(&mut self, function: Function) {
        if function.params.len().max(function.results.len()) > MAX_VALUES {
            self.left_out.push(format!("{} (more than {MAX_VALUES} values)", function.export));
        } else {
            self.functions.push(function);
        }
    }

    /// Exported functions that it doesn't have, each with the reason.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// The text in a language.
    pub fn write(&self, language: Language) -> String {
        match language {
            Language::C => c::write(self),
            Language::Rust => rust::write(self),
            Language::Python => python::write(self),
            Language::Ts => typescript::write(self),
            Language::Go => go::write(self),
        }
    }
}

/// Whether these exports are what a host of wasmedge-bindgen calls.
fn is_guest(exports: &[(String, FuncType)]) -> bool {
    let found = |name: &str, params: &[ValType], results: &[ValType]| {
        exports
            .iter()
            .any(|(export, ty)| export == name && ty.params() == params && ty.results() == results)
    };
    found("allocate", &[ValType::I32], &[ValType::I32])
        && found("deallocate", &[ValType::I32; 2], &[])
}

/// The kinds of numbers; `None` if others are among them.
fn kinds(types: &[ValType]) -> Option<Vec<Kind>> {
    let kind = |ty: &ValType| match ty {
        ValType::I32 => Some(Kind::I32),
        ValType::I64 => Some(Kind::I64),
        ValType::F32 => Some(Kind::F32),
        ValType::F64 => Some(Kind::F64),
        _ => None,
    };
    types.iter().map(kind).collect()
}

fn lines(doc: &str) -> Vec<String> {
    doc.trim().lines().map(|line| names::shown(&line.trim().replace('\t', " "))).collect()
}

/// How a language's formatter breaks lines.
struct Layout {
    indent: &'static str,
    width: usize,
    /// What stands behind the last item of a list with an item on each line.
    last: &'static str,
}

impl Layout {
    /// `open`, a list and `close`: on a line if that fits, else with an item on each.
    fn list(&self, depth: usize, open: &str, items: &[String], close: &str) -> String {
        let indent = self.indent.repeat(depth);
        let line = format!("{indent}{open}{}{close}\n", items.join(", "));
        if items.is_empty() || line.chars().count() <= self.width + 1 {
            return line;
        }
        let inner = format!(",\n{indent}{}", self.indent);
        format!(
            "{indent}{open}{}{}{}\n{indent}{close}\n",
            &inner[1..],
            items.join(&inner),
            self.last
        )
    }
}

#[cfg(test)]
mod tests;
