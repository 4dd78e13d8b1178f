//! Descriptions of functions in TOML: files that people write, and the custom section `wasmspan.types` of modules.
//!
//! ```toml
//! [functions.split]
//! signature = "(text: String, separator: String) -> Result<(String, String), String>"
//! doc = "Divides a text where the separator first is."
//! ```

use crate::bindgen::Kind;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Where guests carry descriptions of their functions.
pub(super) const SECTION: &str = "wasmspan.types";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    functions: BTreeMap<Spanned<String>, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    signature: Spanned<String>,
    #[serde(default)]
    doc: String,
}

/// What is said of a function.
pub(super) struct Described {
    pub signature: Signature,
    pub doc: String,
    /// Where: the line of its name.
    pub line: usize,
}

/// What a function takes and gives.
#[derive(Debug, PartialEq)]
pub(super) struct Signature {
    pub params: Vec<(String, Kind)>,
    pub results: Vec<Kind>,
}

/// Reads a description; functions by the name that they are exported as. Errors name the line.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, Described>, String> {
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let file: File = toml::from_str(text).map_err(|error| {
        let place = error.span().map_or(0, |span| span.start);
        format!("line {}: {}", line(place), error.message())
    })?;
    let described = |(name, entry): (Spanned<String>, Entry)| {
        let signature = Signature::parse(entry.signature.get_ref()).map_err(|what| {
            let line = line(entry.signature.span().start);
            format!("line {line}: function \"{}\": {what}", name.get_ref())
        })?;
        let line = line(name.span().start);
        Ok((name.into_inner(), Described { signature, doc: entry.doc, line }))
    };
    file.functions.into_iter().map(described).collect()
}

impl Signature {
    /// Reads `(name: Type, …) -> Type`, as functions of Rust have it. `Result<T, String>` is `T`: a guest's error is one in
    /// each language.
    fn parse(text: &str) -> Result<Signature, String> {
        let mut rest = Rest(text);
        let mut params = Vec::new();
        rest.must("(")?;
        while !rest.eat(")") {
            let name = rest.word();
            if name.is_empty() {
                return Err(rest.expected("a parameter's name or \")\""));
            }
            rest.must(":")?;
            params.push((name.to_string(), rest.kind()?));
            if !rest.eat(",") {
                rest.must(")")?;
                break;
            }
        }
        let mut results = Vec::new();
        if rest.eat("->") {
            let fallible = rest.eat("Result") && rest.must("<").map(|()| true)?;
            rest.results(&mut results)?;
            if fallible {
                for part in [",", "String", ">"] {
                    rest.must(part)?;
                }
            }
        }
        match rest.0.trim() {
            "" => Ok(Signature { params, results }),
            _ => Err(rest.expected("the end")),
        }
    }
}

/// What of a signature is not read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Whether this comes next, and past it.
    fn eat(&mut self, symbol: &str) -> bool {
        let behind = self.0.trim_start().strip_prefix(symbol);
        self.0 = behind.unwrap_or(self.0);
        behind.is_some()
    }

    fn must(&mut self, symbol: &str) -> Result<(), String> {
        if self.eat(symbol) { Ok(()) } else { Err(self.expected(&format!("{symbol:?}"))) }
    }

    fn expected(&self, what: &str) -> String {
        match self.0.trim_start() {
            "" => format!("{what} is expected at the end"),
            rest => format!("{what} is expected at {rest:?}"),
        }
    }

    fn word(&mut self) -> &'a str {
        let rest = self.0.trim_start();
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
        self.0 = behind;
        word
    }

    fn kind(&mut self) -> Result<Kind, String> {
        let mut name = self.word().to_string();
        if self.eat("<") {
            name = format!("{name}<{}>", self.word());
            self.must(">")?;
        }
        Kind::from_name(&name).ok_or_else(|| {
            let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
            format!("no type is called {name:?}; there are {}", known.join(", "))
        })
    }

    /// Nothing, one type or several.
    fn results(&mut self, into: &mut Vec<Kind>) -> Result<(), String> {
        if !self.eat("(") {
            into.push(self.kind()?);
            return Ok(());
        }
        while !self.eat(")") {
            into.push(self.kind()?);
            if !self.eat(",") {
                return self.must(")");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(String, Vec<Kind>), String> {
        let Signature { params, results } = Signature::parse(text)?;
        let params: Vec<String> =
            params.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        Ok((params.join(" "), results))
    }

    #[test]
    fn signatures_are_read() {
        let ok = |text, params: &str, results: &[Kind]| {
            assert_eq!(parse(text), Ok((params.to_string(), results.to_vec())), "{text}");
        };
        ok("()", "", &[]);
        ok("() -> ()", "", &[]);
        ok("(a: i32) -> u64", "a i32", &[Kind::U64]);
        ok("(a : Vec < u8 > , b : char ,) -> Vec<i64>", "a Vec<u8> b char", &[Kind::I64s]);
        ok("( ) -> Result < () , String >", "", &[]);
        ok("() -> Result<(String, bool,), String>", "", &[Kind::String, Kind::Bool]);
    }

    #[test]
    fn wrong_ones_are_explained() {
        for (text, expected) in [
            ("", "\"(\" is expected at the end"),
            ("(a i32)", "\":\" is expected at \"i32)\""),
            ("(a: i32", "\")\" is expected at the end"),
            ("(: i32)", "a parameter's name or \")\" is expected at \": i32)\""),
            ("() -> Result<i32, i32>", "\"String\" is expected at \"i32>\""),
            ("() -> i32 i32", "the end is expected at \"i32\""),
            ("(a: Vec<f32>)", "no type is called \"Vec<f32>\"; there are u8, i8, u16,"),
            ("(a: &str)", "no type is called \"\"; there are u8, i8, u16,"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn errors_name_their_line() {
        for (text, expected) in [
            (
                "[functions.a]\nsignature = \"()\"\n[functions.b]\nsignature = \"(c: Strin)\"",
                "line 4: function \"b\": no type",
            ),
            ("[functions.a]\nsignature = \"()\"\ndocs = \"\"", "line 3: unknown field `docs`"),
            ("[functions.a]\ndoc = \"\"", "line 1: missing field `signature`"),
            ("\nfunctions = 5", "line 2: invalid type"),
            ("[functions.a", "line 1: "),
        ] {
            let error = read(text).err().expect(text);
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        let read = read("# A guest.\n\n[functions.a-b]\nsignature = \"()\"\ndoc = \"Does it.\"")
            .unwrap_or_default();
        assert_eq!((read["a-b"].line, read["a-b"].doc.as_str()), (3, "Does it."));
    }
}
