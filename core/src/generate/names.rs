//! Names that a language takes, from names that a module has.

use std::collections::BTreeSet;

/// Names in a place where each may stand for one thing only.
#[derive(Clone)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// With words that the language, or the text around, needs for itself.
    pub fn new(taken: &[&[&str]]) -> Names {
        Names(taken.iter().flat_map(|words| words.iter()).map(ToString::to_string).collect())
    }

    /// A name of its own for what would be called so: with as many `_` behind it as that needs.
    pub fn take(&mut self, mut name: String) -> String {
        while !self.0.insert(name.clone()) {
            name.push('_');
        }
        name
    }
}

/// The words of a name: parts of letters and digits, and where a capital begins a new one. Other letters than those of
/// ASCII divide words, since not all languages take them.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut last = ' ';
    for letter in name.chars() {
        let begins = !last.is_ascii_alphanumeric()
            || letter.is_ascii_uppercase() && !last.is_ascii_uppercase();
        if letter.is_ascii_alphanumeric() {
            if begins {
                words.push(String::new());
            }
            words.last_mut().expect("it has begun").push(letter.to_ascii_lowercase());
        }
        last = letter;
    }
    // No language lets a name begin with a digit.
    if words.first().is_none_or(|word| word.starts_with(|first: char| first.is_ascii_digit())) {
        words.insert(0, "x".to_string());
    }
    words
}

/// `like_this`.
pub(super) fn snake(name: &str) -> String {
    words(name).join("_")
}

/// `LikeThis`.
pub(super) fn pascal(name: &str) -> String {
    words(name).iter().map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

/// `likeThis`.
pub(super) fn camel(name: &str) -> String {
    let name = pascal(name);
    name[..1].to_ascii_lowercase() + &name[1..]
}

/// Whether a letter may stand in a program as it is: one that ends a line, turns the direction of writing or can't be
/// seen would let a name pass for text of the program.
fn is_plain(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '\\') || letter.escape_debug().len() == 1
}

/// A text for a comment of one line.
pub(super) fn shown(text: &str) -> String {
    text.chars()
        .flat_map(|letter| match is_plain(letter) {
            true => vec![letter],
            false => letter.escape_debug().collect(),
        })
        .collect()
}

/// How a language writes a letter by its number in a string.
pub(super) enum Escape {
    /// `\u{2028}`: Rust and TypeScript.
    Braces,
    /// `\U00002028`: Python and Go.
    Digits,
}

/// A name between quotes.
pub(super) fn quoted(name: &str, escape: Escape) -> String {
    let mut out = String::from("\"");
    for letter in name.chars() {
        match (letter, &escape) {
            ('"' | '\\', _) => out.extend(['\\', letter]),
            (plain, _) if is_plain(plain) => out.push(plain),
            (other, Escape::Braces) => out += &format!("\\u{{{:x}}}", u32::from(other)),
            (other, Escape::Digits) => out += &format!("\\U{:08x}", u32::from(other)),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_language() {
        for (name, expected) in [
            ("say", ["say", "Say", "say"]),
            (
                "lowest_common_multiple",
                ["lowest_common_multiple", "LowestCommonMultiple", "lowestCommonMultiple"],
            ),
            ("toJSONText", ["to_jsontext", "ToJsontext", "toJsontext"]),
            ("sha3-digest", ["sha3_digest", "Sha3Digest", "sha3Digest"]),
            ("__new", ["new", "New", "new"]),
            ("3d", ["x_3d", "X3d", "x3d"]),
            ("größe", ["gr_e", "GrE", "grE"]),
            ("", ["x", "X", "x"]),
        ] {
            assert_eq!([snake(name), pascal(name), camel(name)], expected, "{name}");
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut names = Names::new(&[&["new"], &["self"]]);
        let mut take = |name: &str| names.take(name.to_string());
        assert_eq!(
            [take("new"), take("a"), take("a"), take("a"), take("new")],
            ["new_", "a", "a_", "a__", "new__"]
        );
    }
}
