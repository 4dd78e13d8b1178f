//! What a module tells before it has passed validation: never a panic, whatever it names.

use std::convert::Infallible;
use wasm_encoder::reencode::{Error as ReencodeError, Reencode};
use wasmspan::config::Proposal;
use wasmspan::error::Phase;
use wasmspan::types::ExternKind;
use wasmspan::{Compiler, Config, ErrCode, Executor, ExternType, Loader, Module, Store, Vm};

/// A module with something of everything that has an index.
const RICH: &str = r#"(module
    (type $binary (func (param i32 i32) (result i32)))
    (import "env" "f" (func $f (type $binary)))
    (import "env" "t" (table $t 1 funcref))
    (import "env" "m" (memory $m 1))
    (import "env" "g" (global $g i32))
    (table $own 4 externref)
    (memory $second 1)
    (global $sum (mut i32) (global.get $g))
    (global $ref funcref (ref.func $f))
    (export "f" (func $f)) (export "add" (func $add)) (export "t" (table $t))
    (export "own" (table $own)) (export "m" (memory $m)) (export "second" (memory $second))
    (export "g" (global $g)) (export "sum" (global $sum))
    (elem $e (table $t) (offset (i32.const 0)) func $add)
    (elem $items (table $t) (offset (global.get $g)) funcref (ref.func $f) (ref.null func))
    (data $d (memory $second) (offset (i32.const 0)) "text")
    (start $begin)
    (func $begin (drop (call $add (i32.const 1) (i32.const 2))))
    (func $add (type $binary) (param $left i32) (param $right i32) (result i32)
        (global.set $sum (i32.load $second (i32.const 0)))
        (call_indirect $t (type $binary) (local.get $left) (local.get $right) (i32.const 0))))"#;

/// Writes a module again, with another index at one place.
struct Damage {
    seen: usize,
    at: usize,
    index: u32,
}

impl Damage {
    fn pass(&mut self, index: u32) -> Result<u32, ReencodeError<Infallible>> {
        self.seen += 1;
        Ok(if self.seen - 1 == self.at { self.index } else { index })
    }
}

impl Reencode for Damage {
    type Error = Infallible;

    fn type_index(&mut self, index: u32) -> Result<u32, ReencodeError<Infallible>> {
        self.pass(index)
    }
    fn function_index(&mut self, index: u32) -> Result<u32, ReencodeError<Infallible>> {
        self.pass(index)
    }
    fn table_index(&mut self, index: u32) -> Result<u32, ReencodeError<Infallible>> {
        self.pass(index)
    }
    fn memory_index(&mut self, index: u32) -> Result<u32, ReencodeError<Infallible>> {
        self.pass(index)
    }
    fn global_index(&mut self, index: u32) -> Result<u32, ReencodeError<Infallible>> {
        self.pass(index)
    }
    fn element_index(&mut self, index: u32) -> Result<u32, ReencodeError<Infallible>> {
        self.pass(index)
    }
    fn data_index(&mut self, index: u32) -> Result<u32, ReencodeError<Infallible>> {
        self.pass(index)
    }
}

/// The module with index number `at` replaced, and how many indices it has.
fn damaged(bytes: &[u8], at: usize, index: u32) -> (Vec<u8>, usize) {
    let mut damage = Damage { seen: 0, at, index };
    let mut module = wasm_encoder::Module::new();
    let parser = wasmparser::Parser::new(0);
    damage.parse_core_module(&mut module, parser, bytes).expect("a valid module");
    (module.finish(), damage.seen)
}

/// Asks for everything that can be asked for, and checks that what needs validation is refused.
fn ask(module: &Module, config: &Config) {
    for import in module.imports() {
        assert!(!import.ty.to_string().is_empty());
    }
    for export in module.exports() {
        assert!(!export.ty.to_string().is_empty());
        let names = module.param_names(&export.name);
        assert!(names.is_empty() || matches!(export.ty, ExternType::Func(_)));
    }
    assert!(module.name().is_none_or(|name| !name.is_empty()));
    assert!(!format!("{module:?}").is_empty());
    assert_eq!(module.custom_sections("name").count(), module.custom_sections("name").count());
    module.custom_section_sizes().for_each(drop);
    module.producers();
    assert!(!module.bytes().is_empty());
    assert_eq!(module.code_size(), 0);
    assert!(!module.is_validated() && !module.is_precompiled());
    let (executor, store) = (Executor::new(config), Store::new());
    let refused = [
        module.compile(config).err(),
        executor.instantiate(&store, module).err(),
        executor.instantiate_with(module, &[]).err(),
        executor.register(&store, module, "name").err(),
    ];
    for error in refused {
        assert_eq!(error.expect("it isn't validated").code(), ErrCode::NotValidated);
    }
}

#[test]
fn modules_with_damaged_indices_answer_everything() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/wasm");
    let mut modules = vec![wat::parse_str(RICH).expect("text")];
    for name in ["hello-c.wasm", "invert.wasm", "trap-debug.wasm", "fibonacci.wasm"] {
        modules.push(std::fs::read(format!("{folder}/{name}")).expect("a guest"));
    }
    let config = Config::default();
    let (mut invalid, mut valid) = (0, 0);
    for bytes in modules {
        let (_, indices) = damaged(&bytes, usize::MAX, 0);
        // Indices of sections before the code are the first ones, and those of segments the last.
        let places = (0..indices.min(80)).chain(indices.saturating_sub(20).max(80)..indices);
        for at in places {
            for index in [1, 7, 1_000_000, u32::MAX] {
                let (bytes, _) = damaged(&bytes, at, index);
                let module = Loader::new(&config).load_bytes(&bytes).expect("it is well-formed");
                ask(&module, &config);
                match module.validate() {
                    Ok(()) => valid += 1,
                    Err(error) => {
                        assert_eq!(error.code().phase(), Phase::Validation, "{error}");
                        invalid += 1;
                        // After the refusal as before it.
                        ask(&module, &config);
                        Compiler::new(&config).compile_to_bytes(&bytes).expect_err("invalid");
                        let vm = Vm::new(&config).expect("a VM");
                        vm.load_bytes(&bytes).expect("it is well-formed");
                        vm.validate().expect_err("invalid");
                    }
                }
            }
        }
    }
    assert!(invalid > 300 && valid > 30, "{invalid} invalid, {valid} valid");
}

#[test]
fn unknown_items_are_listed_by_kind_and_refused_by_validation() {
    let hex = |sections: &[&[u8]]| [&b"\0asm\x01\0\0\0"[..], &sections.concat()].concat();
    let export = |kind: u8| hex(&[&[7, 5, 1, 1, b'a', kind, 0]]);
    let cases = [
        (export(0), ErrCode::InvalidFuncIdx, ExternKind::Func),
        (export(1), ErrCode::InvalidTableIdx, ExternKind::Table),
        (export(2), ErrCode::InvalidMemoryIdx, ExternKind::Memory),
        (export(3), ErrCode::InvalidGlobalIdx, ExternKind::Global),
    ];
    for (bytes, code, kind) in cases {
        let module = Loader::new(&Config::default()).load_bytes(bytes).expect("well-formed");
        let exports = module.exports();
        assert_eq!((exports[0].name.as_str(), &exports[0].ty), ("a", &ExternType::Unknown(kind)));
        assert_eq!(exports[0].ty.to_string(), format!("unknown {kind}"));
        assert_eq!(module.validate().expect_err("unknown").code(), code);
    }
    // A function of a type that isn't there: imported, and exported too; and one with a body.
    let imported = hex(&[&[2, 7, 1, 1, b'm', 1, b'f', 0, 9], &[7, 5, 1, 1, b'a', 0, 0]]);
    let own = hex(&[&[3, 2, 1, 9], &[7, 5, 1, 1, b'a', 0, 0], &[10, 4, 1, 2, 0, 0x0B]]);
    for bytes in [imported, own] {
        let module = Loader::new(&Config::default()).load_bytes(bytes).expect("well-formed");
        let unknown = ExternType::Unknown(ExternKind::Func);
        assert!(module.imports().iter().all(|import| import.ty == unknown));
        assert_eq!(module.exports()[0].ty, unknown);
        let error = module.validate().expect_err("unknown");
        assert_eq!(error.code(), ErrCode::InvalidFuncTypeIdx);
    }
}

#[test]
fn arithmetic_in_constants_is_refused_by_validation_where_it_is_off() {
    let mut config = Config::default();
    config.proposals.remove(Proposal::ExtendedConst);
    let add = "(i32.add (i32.const 0) (i32.const 1))";
    for text in [
        format!("(module (table 1 funcref) (elem (i32.const 0) funcref {add}))"),
        format!("(module (table 1 funcref) (elem (offset {add}) func))"),
        format!("(module (global i32 {add}))"),
        format!("(module (memory 1) (data (offset {add}) \"\"))"),
    ] {
        let module = Loader::new(&config).load_bytes(text).expect("well-formed");
        let error = module.validate().expect_err("not constant");
        assert_eq!((error.code(), error.phase()), (ErrCode::ConstExprRequired, "validation"));
        assert!(error.to_string().contains("xtended"), "{error}");
    }
}

#[test]
fn integers_that_are_too_long_are_named_where_their_section_ends() {
    let long = [0x81, 0x80, 0x80, 0x80, 0x80, 0x00];
    // A number of results, of types, of exports; the index of a start function.
    for (id, content, cut) in [
        (1, &[1, 0x60, 2, 0x7F, 0x7E][..], 3),
        (1, &[], 3),
        (7, &[], 2),
        (8, &[], 4),
        (12, &[], 1),
        (10, &[], 5),
    ] {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend([id, (content.len() + cut) as u8]);
        bytes.extend(content);
        bytes.extend(long);
        bytes.push(0x7F);
        let error = Loader::new(&Config::default()).load_bytes(&bytes).expect_err("malformed");
        assert_eq!(error.code(), ErrCode::IntegerTooLong, "section {id}: {error}");
    }
}
