//! Text from before the format had its final form, as books and old tools have it: names of instructions
//! that changed, and `if` without `then` and `else`.
//!
//! Only tokens are looked at, so that strings, comments and identifiers stay what they are.

use wast::lexer::{Lexer, TokenKind};

/// Old words and those that took their place.
const WORDS: &[(&str, &str)] = &[
    ("anyfunc", "funcref"),
    ("current_memory", "memory.size"),
    ("f32.convert_s/i32", "f32.convert_i32_s"),
    ("f32.convert_s/i64", "f32.convert_i64_s"),
    ("f32.convert_u/i32", "f32.convert_i32_u"),
    ("f32.convert_u/i64", "f32.convert_i64_u"),
    ("f32.demote/f64", "f32.demote_f64"),
    ("f32.reinterpret/i32", "f32.reinterpret_i32"),
    ("f64.convert_s/i32", "f64.convert_i32_s"),
    ("f64.convert_s/i64", "f64.convert_i64_s"),
    ("f64.convert_u/i32", "f64.convert_i32_u"),
    ("f64.convert_u/i64", "f64.convert_i64_u"),
    ("f64.promote/f32", "f64.promote_f32"),
    ("f64.reinterpret/i64", "f64.reinterpret_i64"),
    ("get_global", "global.get"),
    ("get_local", "local.get"),
    ("grow_memory", "memory.grow"),
    ("i32.reinterpret/f32", "i32.reinterpret_f32"),
    ("i32.trunc_s/f32", "i32.trunc_f32_s"),
    ("i32.trunc_s/f64", "i32.trunc_f64_s"),
    ("i32.trunc_s:sat/f32", "i32.trunc_sat_f32_s"),
    ("i32.trunc_s:sat/f64", "i32.trunc_sat_f64_s"),
    ("i32.trunc_u/f32", "i32.trunc_f32_u"),
    ("i32.trunc_u/f64", "i32.trunc_f64_u"),
    ("i32.trunc_u:sat/f32", "i32.trunc_sat_f32_u"),
    ("i32.trunc_u:sat/f64", "i32.trunc_sat_f64_u"),
    ("i32.wrap/i64", "i32.wrap_i64"),
    ("i64.extend_s/i32", "i64.extend_i32_s"),
    ("i64.extend_u/i32", "i64.extend_i32_u"),
    ("i64.reinterpret/f64", "i64.reinterpret_f64"),
    ("i64.trunc_s/f32", "i64.trunc_f32_s"),
    ("i64.trunc_s/f64", "i64.trunc_f64_s"),
    ("i64.trunc_s:sat/f32", "i64.trunc_sat_f32_s"),
    ("i64.trunc_s:sat/f64", "i64.trunc_sat_f64_s"),
    ("i64.trunc_u/f32", "i64.trunc_f32_u"),
    ("i64.trunc_u/f64", "i64.trunc_f64_u"),
    ("i64.trunc_u:sat/f32", "i64.trunc_sat_f32_u"),
    ("i64.trunc_u:sat/f64", "i64.trunc_sat_f64_u"),
    ("set_global", "global.set"),
    ("set_local", "local.set"),
    ("tee_local", "local.tee"),
];

/// Heads of lists that come before the condition of an `if`.
const TYPES: &[&str] = &["type", "param", "result"];

/// A text in today's form.
pub(super) struct Renewed {
    text: String,
    edits: Vec<Edit>,
}

/// A word put in place of another, or of nothing.
struct Edit {
    /// Where the old one began, and how long it was.
    at: usize,
    len: usize,
    word: &'static str,
}

/// A list that is read.
#[derive(Default)]
struct List<'a> {
    start: usize,
    head: Option<&'a str>,
    /// Lists in it that are no types, with their ends.
    children: Vec<(Option<&'a str>, usize, usize)>,
}

/// The text in today's form; `None` if nothing in it is old, or not all of it are tokens.
pub(super) fn renewed(old: &str) -> Option<Renewed> {
    let edits = edits(old)?;
    let (mut text, mut done) = (String::with_capacity(old.len() + 64), 0);
    for edit in &edits {
        text.push_str(&old[done..edit.at]);
        text.push_str(edit.word);
        done = edit.at + edit.len;
    }
    text.push_str(&old[done..]);
    (!edits.is_empty()).then_some(Renewed { text, edits })
}

fn edits(old: &str) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    let mut lists: Vec<List<'_>> = vec![List::default()];
    for token in Lexer::new(old).iter(0) {
        let token = token.ok()?;
        let word = token.src(old);
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => {}
            TokenKind::LParen => {
                lists.push(List { start: token.offset, ..List::default() });
            }
            TokenKind::RParen => {
                let list = lists.pop().filter(|_| !lists.is_empty())?;
                add_clauses(&list, &mut edits);
                if list.head.is_none_or(|head| !TYPES.contains(&head)) {
                    let end = token.offset + word.len();
                    lists.last_mut()?.children.push((list.head, list.start, end));
                }
            }
            _ => {
                if let Ok(found) = WORDS.binary_search_by_key(&word, |(old, _)| old) {
                    edits.push(Edit { at: token.offset, len: word.len(), word: WORDS[found].1 });
                }
                let list = lists.last_mut()?;
                list.head = list.head.or(Some(word));
            }
        }
    }
    // An insertion that ends something stays before one that begins something at the same place.
    edits.sort_by_key(|edit| edit.at);
    Some(edits)
}

/// Puts `then` and `else` around what follows the condition of an `if` that has neither.
fn add_clauses(list: &List<'_>, edits: &mut Vec<Edit>) {
    let new = list.children.iter().any(|(head, ..)| *head == Some("then"));
    if list.head != Some("if") || new || !matches!(list.children.len(), 2 | 3) {
        return;
    }
    for ((_, start, end), word) in list.children[1..].iter().zip(["(then ", "(else "]) {
        edits.push(Edit { at: *start, len: 0, word });
        edits.push(Edit { at: *end, len: 0, word: ")" });
    }
}

impl Renewed {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where in the old text this place of the new one is.
    pub(super) fn old_offset(&self, offset: usize) -> usize {
        let (mut new, mut old) = (0, 0);
        for edit in &self.edits {
            let start = new + (edit.at - old);
            if offset < start {
                break;
            }
            (new, old) = (start + edit.word.len(), edit.at + edit.len);
            if offset < new {
                return edit.at;
            }
        }
        old + (offset - new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(old: &str) -> String {
        renewed(old).map_or_else(|| old.to_string(), |new| new.text)
    }

    #[test]
    fn words_are_sorted() {
        assert!(WORDS.is_sorted());
    }

    #[test]
    fn words_change_and_nothing_else_does() {
        let old = r#"(module ;; get_local
            (import "get_local" "grow_memory" (func $get_local)) (; set_local ;)
            (table anyfunc (elem $get_local)) (data (i32.const 0) "get_local")
            (func (param $get_local i32) (drop (get_local $get_local)) get_local 0 drop
                (drop (i32.wrap/i64 (i64.trunc_u:sat/f64 (f64.promote/f32 (f32.const 1)))))))"#;
        let wanted = r#"(module ;; get_local
            (import "get_local" "grow_memory" (func $get_local)) (; set_local ;)
            (table funcref (elem $get_local)) (data (i32.const 0) "get_local")
            (func (param $get_local i32) (drop (local.get $get_local)) local.get 0 drop
                (drop (i32.wrap_i64 (i64.trunc_sat_f64_u (f64.promote_f32 (f32.const 1)))))))"#;
        assert_eq!(new(old), wanted);
        assert!(renewed(wanted).is_none());
        assert!(renewed("(module \"get_local)").is_none());
        assert!(renewed("get_local ) (").is_none());
    }

    #[test]
    fn clauses_are_added_where_there_are_none() {
        for (old, wanted) in [
            ("(if (a) (b))", "(if (a) (then (b)))"),
            ("(if (a)(b)(c))", "(if (a)(then (b))(else (c)))"),
            ("(if $l (result i32) (a) (b) (c))", "(if $l (result i32) (a) (then (b)) (else (c)))"),
            ("(if (a) (if (b) (c)) (d))", "(if (a) (then (if (b) (then (c)))) (else (d)))"),
            ("(if (a) (then (b)))", "(if (a) (then (b)))"),
            ("(if (then (b)) (else (c)))", "(if (then (b)) (else (c)))"),
            ("(a) if (b) end", "(a) if (b) end"),
        ] {
            assert_eq!(new(old), wanted);
        }
    }

    #[test]
    fn places_are_found_again() {
        let old = "(if (get_local 0)(b)(current_memory x)) w";
        let new = renewed(old).expect("it is old");
        for mark in ["0)", "b)", "x)", "w", "(if"] {
            let at = new.text.find(mark).expect("there");
            assert_eq!(new.old_offset(at), old.find(mark).expect("there"), "{mark}");
        }
        let word = new.text.find("memory.size").expect("there");
        assert_eq!(new.old_offset(word), old.find("current_memory").expect("there"));
        assert_eq!(new.old_offset(word + 3), old.find("current_memory").expect("there"));
    }
}
