//! What wrappers are made of; the text itself is compared in `tests/generated`.

use super::{Language, Wrapper};
use crate::executor::Module;
use clap::ValueEnum;

const GUEST: &str = r#"(module
    (func (export "allocate") (param i32) (result i32) unreachable)
    (func (export "deallocate") (param i32 i32))
    (func (export "say") (param i32 i32) (result i32) unreachable)
    (func (export "count") (result i64) unreachable)
    (memory (export "memory") 1))"#;

fn wrap(module: &str, description: Option<&str>) -> Result<Wrapper, String> {
    Wrapper::new("m", &Module::new(module).unwrap(), description)
}

fn fails(module: &str, description: Option<&str>) -> String {
    wrap(module, description).err().expect("it fails")
}

#[test]
fn what_has_no_place_is_told() {
    let text = r#"(module
        (func (export "ok") (param i32 f64) (result i64 f32) unreachable)
        (func (export "many") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32))
        (func (export "vector") (param v128)))"#;
    let wrapper = wrap(text, None).unwrap();
    assert_eq!(wrapper.functions.len(), 1);
    let [many, vector] = wrapper.left_out() else { panic!("{:?}", wrapper.left_out()) };
    assert_eq!(many, "many (more than 16 values)");
    assert!(vector.starts_with("vector (its type is ") && vector.contains("v128"), "{vector}");

    let say = "[functions.say]\nsignature = \"(a: String)\"\n";
    assert_eq!(wrap(GUEST, Some(say)).unwrap().left_out(), ["count (not described)"]);
}

#[test]
fn descriptions_must_fit_the_module() {
    let say = "[functions.say]\nsignature = \"(a: String)\"\n";
    let error = fails(GUEST, None);
    assert!(error.contains("say, count;") && error.contains("--types"), "{error}");
    let error = fails(GUEST, Some(&format!("{say}[functions.shout]\nsignature = \"()\"")));
    assert_eq!(error, "line 3: the module exports no function \"shout\"");
    let error = fails(GUEST, Some("[functions.count]\nsignature = \"()\""));
    assert!(error.starts_with("line 1: \"count\" is no function of wasmedge-bindgen"), "{error}");
    let plain = "(module (func (export \"say\") (param i32)))";
    let error = fails(plain, Some(say));
    assert!(error.starts_with("line 1: \"say\" is described as another type"), "{error}");
    let numbers = "[functions.say]\nsignature = \"(loud: i32)\"\n";
    assert_eq!(wrap(plain, Some(numbers)).unwrap().functions[0].params[0].0, "loud");
    let garbage = "(module (@custom \"wasmspan.types\" \"\\ff\") (func (export \"say\")))";
    assert_eq!(fails(garbage, None), "the section wasmspan.types is no UTF-8");
}

/// Names that a language has for itself, or that are the same in it, are told apart; the functions called are the same.
#[test]
fn names_do_not_clash() {
    let text = r#"(module
        (func (export "new") (param $self i32) (param $type i32) (param $ctx i32) (result i32) unreachable)
        (func (export "a-b") (param $x i32) (param $X i32))
        (func (export "a_b"))
        (func (export "constructor"))
        (func (export "\"\\") (param i32)))"#;
    let wrapper = wrap(text, None).unwrap();
    let expected: &[(Language, &[&str])] = &[
        (Language::C, &["m_new(", "int32_t self", "m_a_b(", "m_a_b_(", "\"\\042\\134\", 2"]),
        (
            Language::Rust,
            &["fn new_(", "self_: i32, type_: i32", "fn a_b(", "x: i32, x_: i32", "\"\\\"\\\\\""],
        ),
        (Language::Python, &["def new(", "self_: int, type: int", "def a_b_(", "\"\\\"\\\\\""]),
        (
            Language::Ts,
            &[
                "  new(self: number",
                "  constructor_(",
                "exports.constructor as never;",
                "aB_(",
                "exports[\"\\\"\\\\\"]",
            ],
        ),
        (
            Language::Go,
            &[
                "New(ctx context.Context, self int32, type_ int32, ctx_ int32)",
                ") AB_(",
                "\"\\\"\\\\\"",
            ],
        ),
    ];
    for (language, parts) in expected {
        let text = wrapper.write(*language);
        for part in *parts {
            assert!(text.contains(part), "{language:?}: {part}\n{text}");
        }
    }
}

/// What a module says of itself stays a name in the text: it ends no line, string or comment.
#[test]
fn names_cannot_become_text_of_the_program() {
    let evil = "a\n/* */ \"\"\" */ EVIL\u{2028}\r\u{202e}\0";
    let module = wat::parse_str("(module (func (export \"a\")))").unwrap();
    // The export section with the other name: id, size, count, name, kind and index.
    let export = [&[evil.len() as u8][..], evil.as_bytes(), &[0, 0]].concat();
    let section = [&[7, export.len() as u8 + 1, 1][..], &export].concat();
    let at = module.windows(7).position(|bytes| bytes == [7, 5, 1, 1, b'a', 0, 0]).unwrap();
    let module = [&module[..at], &section, &module[at + 7..]].concat();
    let wrapper = Wrapper::new(evil, &Module::new(&module[..]).unwrap(), None).unwrap();
    for language in Language::value_variants() {
        let text = wrapper.write(*language);
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("EVIL")).collect();
        assert!(!lines.is_empty(), "{text}");
        assert!(!text.contains(['\u{2028}', '\r', '\u{202e}', '\0']), "{text}");
        assert!(lines.iter().all(|line| !line.trim_start().starts_with("/* */")), "{text}");
        match language {
            Language::C | Language::Ts => {
                let ends = |line: &&str| line.starts_with("/**") && line.matches("*/").count() > 1;
                assert!(
                    !lines.iter().map(|line| line.trim_start()).any(|line| ends(&line)),
                    "{text}"
                );
            }
            Language::Python => {
                assert!(lines.iter().all(|line| line.matches("\"\"\"").count() != 1), "{text}");
            }
            _ => {}
        }
    }
}

#[test]
fn a_module_without_functions_makes_a_wrapper() {
    for language in Language::value_variants() {
        assert!(!wrap("(module)", None).unwrap().write(*language).is_empty());
    }
}
