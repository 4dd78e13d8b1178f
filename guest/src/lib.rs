//! For guests that are built with the crates `wasmedge-bindgen`: the attribute [`macro@described`] writes what types a function
//! takes and returns into the module, from which `wasmspan bindgen` makes typed wrappers in other languages.

use proc_macro::{Delimiter, Literal, TokenStream, TokenTree};
use std::fmt::Write;

/// Describes a function in the module's custom section `wasmspan.types`: its name, its signature and its documentation.
///
/// It stands above `wasmedge_bindgen`, which gives the function another name.
///
/// ```ignore
/// /// Greets somebody.
/// #[wasmspan_guest::described]
/// #[wasmedge_bindgen]
/// pub fn say(name: String) -> String {
///     format!("hello {name}")
/// }
/// ```
#[proc_macro_attribute]
pub fn described(_: TokenStream, item: TokenStream) -> TokenStream {
    let section = match describe(item.clone()) {
        Some(text) => {
            let (count, bytes) = (text.len(), Literal::byte_string(text.as_bytes()));
            format!(
                "#[cfg(target_arch = \"wasm32\")] const _: () = {{ #[used] \
                 #[link_section = \"wasmspan.types\"] static TYPES: [u8; {count}] = *{bytes}; }};"
            )
        }
        None => "compile_error!(\"`described` is for functions\");".to_string(),
    };
    let mut out: TokenStream = section.parse().expect("an item of Rust");
    out.extend(item);
    out
}

/// The table of TOML for a function. `None` if the item is none.
fn describe(item: TokenStream) -> Option<String> {
    let mut doc = String::new();
    let mut tokens = item.into_iter();
    loop {
        match tokens.next()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                doc.extend(doc_line(group.stream()).map(|line| line + "\n"));
            }
            TokenTree::Ident(word) if word.to_string() == "fn" => break,
            _ => {}
        }
    }
    let name = tokens.next()?;
    let mut signature = TokenStream::new();
    let body = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    signature.extend(tokens.take_while(|token| !body(token)));
    let mut text = format!("[functions.{name}]\nsignature = {}\n", toml(&signature.to_string()));
    if !doc.is_empty() {
        let _ = writeln!(text, "doc = {}", toml(doc.trim_end()));
    }
    Some(text)
}

/// The text of `doc = "text"`.
fn doc_line(attribute: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    let [TokenTree::Ident(name), _, TokenTree::Literal(text)] = &tokens[..] else { return None };
    (name.to_string() == "doc").then(|| unquoted(&text.to_string()).trim().to_string())
}

/// What a literal of Rust says.
fn unquoted(literal: &str) -> String {
    let raw = literal.strip_prefix('r').map(|raw| raw.trim_matches('#'));
    let inside = raw.unwrap_or(literal);
    let inside = inside.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(inside);
    if raw.is_some() {
        return inside.to_string();
    }
    let mut letters = inside.chars();
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        text.extend(match letter {
            '\\' => escaped(&mut letters),
            other => Some(other),
        });
    }
    text
}

/// What stands behind a backslash.
fn escaped(letters: &mut std::str::Chars<'_>) -> Option<char> {
    Some(match letters.next()? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'u' => {
            let digits: String = letters.take_while(|&letter| letter != '}').skip(1).collect();
            char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
        }
        other => other,
    })
}

/// A text as TOML writes it.
fn toml(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        let _ = match letter {
            '"' | '\\' => write!(quoted, "\\{letter}"),
            control if control.is_control() => write!(quoted, "\\u{:04X}", u32::from(control)),
            other => write!(quoted, "{other}"),
        };
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::{toml, unquoted};

    #[test]
    fn literals_are_read() {
        assert_eq!(unquoted(r#"" a \"b\" \u{e9}\n\'c\' ""#), " a \"b\" é\n'c' ");
        assert_eq!(unquoted("r#\" a \"b\" \\ \"#"), " a \"b\" \\ ");
        assert_eq!(unquoted("\"\\\"\""), "\"");
    }

    #[test]
    fn texts_are_written() {
        assert_eq!(toml("a \"b\" \\ é\n"), "\"a \\\"b\\\" \\\\ é\\u000A\"");
    }
}
