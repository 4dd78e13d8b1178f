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
        (Language::Ts, &["  new(self: number", "  constructor_(", "aB_(", "exports[\"\\\"\\\\\"]"]),
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

#[test]
fn a_module_without_functions_makes_a_wrapper() {
    for language in Language::value_variants() {
        assert!(!wrap("(module)", None).unwrap().write(*language).is_empty());
    }
}
