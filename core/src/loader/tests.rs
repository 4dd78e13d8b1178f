//! Good and bad input to loader and validator.

use super::{load_bytes, with_file};
use crate::abi::leb;
use crate::config::{Config, Proposal, Proposals};
use crate::error::{ErrCode, Error, Phase, Result};
use crate::limits;
use crate::module::{ConstOp, ElementItems, ModuleInfo, SegmentMode};
use crate::types::{ExternKind, RefType};
use crate::validator::{check_capacity, validate};
use std::path::{Path, PathBuf};

/// Guest programs of the integration tests: what compilers really write.
const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/wasm");

fn guests(max_bytes: u64) -> Vec<(PathBuf, Vec<u8>)> {
    let mut guests = Vec::new();
    for entry in std::fs::read_dir(GUESTS).expect("the guests") {
        let path = entry.unwrap().path();
        let small = || path.metadata().unwrap().len() <= max_bytes;
        if path.extension().is_some_and(|ext| ext == "wasm") && small() {
            let bytes = std::fs::read(&path).unwrap();
            guests.push((path, bytes));
        }
    }
    guests.sort();
    assert!(!guests.is_empty());
    guests
}

fn load(bytes: &[u8]) -> Result<ModuleInfo> {
    load_bytes(&Config::default(), bytes.into())
}

fn load_file(config: &Config, path: &Path) -> Result<ModuleInfo> {
    with_file(path, |bytes| load_bytes(config, bytes))
}

/// Loads and validates.
fn check(config: &Config, bytes: &[u8]) -> Result<ModuleInfo> {
    let info = load_bytes(config, bytes.into())?;
    validate(config, &info)?;
    Ok(info)
}

/// Checks the binary of a text.
fn check_text(text: &str) -> Result<ModuleInfo> {
    check(&Config::default(), &wat::parse_str(text).expect(text))
}

#[track_caller]
fn fails(result: Result<ModuleInfo>, code: ErrCode, detail: &str) -> Error {
    let error = result.expect_err("an error");
    assert_eq!(error.code(), code, "{error}");
    let lines = error.log_lines().join("\n");
    assert!(lines.contains(detail), "no {detail:?} in:\n{lines}");
    error
}

fn leb128(value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    leb::write(&mut bytes, value);
    bytes
}

/// A module of sections: id and content.
fn module(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    for (id, content) in sections {
        bytes.push(*id);
        bytes.extend(leb128(content.len() as u64));
        bytes.extend(content);
    }
    bytes
}

/// A module of one function `() -> ()` with this body, local declarations included.
fn one_function(body: &[u8]) -> Vec<u8> {
    let code = [&[1][..], &leb128(body.len() as u64), body].concat();
    module(&[(1, vec![1, 0x60, 0, 0]), (3, vec![1, 0]), (10, code)])
}

fn loads_and_validates(info: &ModuleInfo) {
    let defined = info.funcs.len() - info.imported.funcs as usize;
    assert_eq!(info.bodies.len(), defined);
    assert!(info.funcs.iter().all(|&ty| (ty as usize) < info.types.len()));
    assert!(info.escaping.iter().all(|&func| (func as usize) < info.funcs.len()));
    assert!(info.escaping.is_sorted());
    for body in &info.bodies {
        assert_eq!(info.bytes[body.clone()].last(), Some(&0x0B));
    }
    for export in &info.exports {
        info.extern_type(export.kind, export.index);
    }
    let own = info.imported.globals as usize;
    assert!(info.globals[own..].iter().all(|g| g.init.as_ref().is_some_and(|i| !i.is_empty())));
    for segment in &info.data {
        assert!(info.bytes.get(segment.range.clone()).is_some());
    }
}

#[test]
fn real_programs_pass() {
    for (path, bytes) in guests(u64::MAX) {
        let info = load_file(&Config::default(), &path).unwrap();
        validate(&Config::default(), &info).unwrap();
        validate(&Config { compile_threads: 1, ..Config::default() }, &info).unwrap();
        assert_eq!(*info.bytes, *bytes);
        loads_and_validates(&info);
        assert!(check_capacity(&info).is_ok());
    }
}

#[test]
fn every_prefix_of_real_programs_ends_well() {
    for (_, bytes) in guests(4096) {
        for end in 0..bytes.len() {
            if let Err(error) = check(&Config::default(), &bytes[..end]) {
                let phase = error.code().phase();
                assert!(matches!(phase, Phase::Loading | Phase::Validation), "{end}: {error}");
                let offset = error.offset().expect("an offset");
                assert!(offset <= end as u64, "{end}: {error}");
            }
        }
    }
}

/// Marsaglia's xorshift: the same mutations on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..1 + self.below(4) {
            let at = self.below(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match self.below(6) {
                0 => bytes.truncate(at.max(8)),
                1 => bytes.insert(at, self.below(256) as u8),
                2 => drop(bytes.remove(at)),
                3 => bytes[at] ^= 1 << self.below(8),
                4 => bytes[at] = [0, 1, 0x7F, 0x80, 0xFF][self.below(5)],
                _ => bytes[at] = self.below(256) as u8,
            }
        }
    }
}

#[test]
fn mutations_of_real_programs_end_well() {
    const COUNT: usize = 100_000;
    let guests = guests(4096);
    let all_on = Config::default();
    let wasmedge = Config::wasmedge();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut valid = 0;
    for round in 0..COUNT {
        let mut bytes = guests[round % guests.len()].1.clone();
        random.mutate(&mut bytes);
        let config = if round % 4 == 0 { &wasmedge } else { &all_on };
        match check(config, &bytes) {
            Ok(info) => {
                loads_and_validates(&info);
                valid += 1;
            }
            Err(error) => {
                let phase = error.code().phase();
                assert!(matches!(phase, Phase::Loading | Phase::Validation), "{error}");
                assert!(!error.details().is_empty(), "{round}: {error}");
            }
        }
    }
    println!("{COUNT} mutations, {valid} of them valid");
}

#[test]
fn huge_counts_reserve_nothing() {
    let huge = leb128(u64::from(u32::MAX));
    for id in 1..=12 {
        let alone = module(&[(id, huge.clone())]);
        if id != 8 {
            check(&Config::default(), &alone).expect_err("a section shorter than its count");
        }
        let padded = module(&[(id, [&huge[..], &[0; 32]].concat())]);
        check(&Config::default(), &padded).expect_err("a section shorter than its count");
    }
    let with = |before: &[u8]| [before, &huge].concat();
    let bad = [
        module(&[(1, with(&[1, 0x60]))]),    // parameters
        module(&[(1, with(&[1, 0x60, 0]))]), // results
        module(&[(1, with(&[1, 0x4E]))]),    // types of a recursive group
        module(&[(1, with(&[1, 0x5F]))]),    // fields of a structure
        module(&[(2, with(&[1]))]),          // module name
        module(&[(2, with(&[1, 0]))]),       // item name
        module(&[(9, with(&[1, 1, 0]))]),    // functions of an element segment
        module(&[(9, with(&[1, 5, 0x70]))]), // expressions of an element segment
        module(&[(11, with(&[1, 1]))]),      // bytes of a data segment
        module(&[(0, huge.clone())]),        // name of a custom section
        one_function(&huge),                 // declarations of locals
        one_function(&[&[1][..], &huge, &[0x7F, 0x0B]].concat()), // locals of a declaration
        one_function(&[&[0, 0x0E][..], &huge].concat()), // targets of br_table
        one_function(&[&[0, 0x1C][..], &huge].concat()), // types of select
        one_function(&[&[0, 0x1F, 0x40][..], &huge].concat()), // handlers of try_table
        module(&[(1, vec![1, 0x60, 0, 0]), (3, vec![1, 0]), (10, with(&[1]))]), // body size
    ];
    for bytes in bad {
        check(&Config::default(), &bytes).expect_err("a count beyond the input");
    }
    // The names of a module are hints: a bad count in them is no error.
    let names = [&b"\x04name\x01\x06"[..], &huge, &[0]].concat();
    assert!(check(&Config::default(), &module(&[(0, names)])).unwrap().names().module.is_none());
}

#[test]
fn deep_nesting() {
    for depth in [10_000, 200_000] {
        let blocks = [&[0u8][..], &[0x02, 0x40].repeat(depth), &[0x0B].repeat(depth + 1)].concat();
        check(&Config::default(), &one_function(&blocks)).unwrap();
        let open = &blocks[..blocks.len() - 1];
        let error = load(&one_function(open)).expect_err("a block that stays open");
        assert_eq!(error.code(), ErrCode::UnexpectedEnd);
    }
}

#[test]
fn locals_up_to_the_limit() {
    let locals = |count: u32| {
        let body = [&[1][..], &leb128(u64::from(count)), &[0x7F, 0x0B]].concat();
        check(&Config::default(), &one_function(&body))
    };
    locals(limits::MAX_LOCALS).unwrap();
    fails(locals(limits::MAX_LOCALS + 1), ErrCode::TooManyLocals, "50000");
    // Parameters count.
    let with_param = |count: u32| {
        let body = [&[1][..], &leb128(u64::from(count)), &[0x7F, 0x0B]].concat();
        let code = [&[1][..], &leb128(body.len() as u64), &body].concat();
        let ty = vec![1, 0x60, 1, 0x7F, 0];
        check(&Config::default(), &module(&[(1, ty), (3, vec![1, 0]), (10, code)]))
    };
    with_param(limits::MAX_LOCALS - 1).unwrap();
    fails(with_param(limits::MAX_LOCALS), ErrCode::TooManyLocals, "50000");
}

#[test]
fn names_up_to_the_limit() {
    let export = |len: usize| {
        let name = [leb128(len as u64), vec![b'n'; len]].concat();
        let exports = [&[1][..], &name, &[2, 0]].concat();
        check(&Config::default(), &module(&[(5, vec![1, 0, 1]), (7, exports)]))
    };
    assert_eq!(export(limits::MAX_NAME_BYTES).unwrap().exports[0].name.len(), 100_000);
    fails(export(limits::MAX_NAME_BYTES + 1), ErrCode::LengthOutOfBounds, "100000");
}

#[test]
fn entries_up_to_the_limit() {
    let types = |count: u32| {
        let list = [leb128(u64::from(count)), [0x60, 0, 0].repeat(count as usize)].concat();
        check(&Config::default(), &module(&[(1, list)]))
    };
    assert_eq!(types(limits::MAX_ENTRIES).unwrap().types.len(), 1_000_000);
    fails(types(limits::MAX_ENTRIES + 1), ErrCode::LengthOutOfBounds, "the limit is 1000000");
    let customs = |count: u32| {
        let sections = [0, 1, 0].repeat(count as usize);
        check(&Config::default(), &[module(&[]), sections].concat())
    };
    assert_eq!(customs(limits::MAX_ENTRIES).unwrap().customs.len(), 1_000_000);
    fails(customs(limits::MAX_ENTRIES + 1), ErrCode::LengthOutOfBounds, "the limit is 1000000");
    let elements = |count: u64| {
        let list = [&[1, 1, 0][..], &leb128(count), &vec![0; count as usize]].concat();
        load(&module(&[(9, list)]))
    };
    elements(limits::MAX_TABLE_ELEMENTS).unwrap();
    let error = elements(limits::MAX_TABLE_ELEMENTS + 1);
    fails(error, ErrCode::LengthOutOfBounds, "the limit is 10000000");
}

#[test]
fn constant_expressions_up_to_the_limit() {
    let global = |adds: usize| {
        let expr = [&[0x41, 1][..], &[0x41, 1, 0x6A].repeat(adds), &[0x0B]].concat();
        check(&Config::default(), &module(&[(6, [&[1, 0x7F, 0][..], &expr].concat())]))
    };
    let adds = (limits::MAX_CONST_OPS - 1) / 2;
    assert_eq!(global(adds).unwrap().globals[0].init.as_ref().unwrap().len(), 1 + 2 * adds);
    fails(global(adds + 1), ErrCode::LengthOutOfBounds, "10000");
}

#[test]
fn parameters_and_results_up_to_the_limit() {
    let of = |params: usize, results: usize| {
        let list = |len: usize| [leb128(len as u64), vec![0x7F; len]].concat();
        let ty = [&[1, 0x60][..], &list(params), &list(results)].concat();
        check(&Config::default(), &module(&[(1, ty)]))
    };
    of(limits::MAX_PARAMS, limits::MAX_PARAMS).unwrap();
    fails(of(limits::MAX_PARAMS + 1, 0), ErrCode::LengthOutOfBounds, "1000");
    fails(of(0, limits::MAX_PARAMS + 1), ErrCode::LengthOutOfBounds, "1000");
}

#[test]
fn br_table_up_to_the_limit() {
    let targets = |count: u32| {
        let table = [&[0, 0x41, 0, 0x0E][..], &leb128(u64::from(count))].concat();
        let body = [&table[..], &vec![0; count as usize + 1], &[0x0B]].concat();
        check(&Config::default(), &one_function(&body))
    };
    targets(limits::MAX_BR_TABLE_TARGETS).unwrap();
    fails(targets(limits::MAX_BR_TABLE_TARGETS + 1), ErrCode::IllegalGrammar, "65520");
}

#[test]
fn sizes_up_to_the_limit() {
    let capacity = |text: &str| check_text(text).and_then(|i| check_capacity(&i).map(|()| i));
    capacity("(module (table 10_000_000 funcref) (memory 65536))").unwrap();
    let error = capacity("(module (table 10_000_001 funcref))");
    fails(error, ErrCode::TableOutOfBounds, "10000001 elements; the limit is 10000000");
    capacity("(module (memory i64 262144 0x1_0000_0000_0000))").unwrap();
    let error = capacity("(module (memory i64 262145))");
    fails(error, ErrCode::InvalidMemPages, "the limit is 262144");
    let error = check_text("(module (memory 65537))");
    fails(error, ErrCode::InvalidMemPages, "At AST node: memory section");
}

#[test]
fn names_must_be_utf8() {
    for (id, content) in [
        (0, vec![1, 0xFF]),
        (2, vec![1, 1, 0xFF, 0, 0, 0]),
        (2, vec![1, 0, 1, 0xC0, 0, 0]),
        (7, vec![1, 2, 0xED, 0xA0, 0, 0]),
    ] {
        fails(load(&module(&[(id, content)])), ErrCode::MalformedUTF8, "Bytecode offset: 0x");
    }
}

#[test]
fn files() {
    let dir = std::env::temp_dir().join(format!("wasmspan-loader-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let config = Config::default();
    let file = |name: &str, content: &[u8]| {
        let path = dir.join(name);
        std::fs::write(&path, content).unwrap();
        load_file(&config, &path)
    };

    let missing = load_file(&config, &dir.join("missing.wasm"));
    let error = fails(missing, ErrCode::IllegalPath, "no such file");
    let last = error.log_lines().pop().unwrap();
    assert_eq!(last, format!("File name: \"{}\"", dir.join("missing.wasm").display()));

    fails(load_file(&config, &dir), ErrCode::IllegalPath, "a directory");
    fails(file("empty.wasm", b""), ErrCode::UnexpectedEnd, "empty");
    fails(file("junk.wasm", b"hello, world\n"), ErrCode::MalformedMagic, "68");
    fails(file("blank.wasm", b" \n\n\n"), ErrCode::MalformedMagic, "00 61 73 6d");
    fails(file("elf.so", b"\x7fELF\x02\x01\x01\0"), ErrCode::MalformedMagic, "7f");
    if cfg!(unix) {
        let device = load_file(&config, Path::new("/dev/zero"));
        fails(device, ErrCode::IllegalPath, "neither a regular file nor a pipe");
    }
    assert!(file("short.wasm", b"\0asm\x01\0\0\0").is_ok());
    let error = file("section.wasm", b"\0asm\x01\0\0\0\x01\x05\x01").expect_err("a cut section");
    assert_eq!(
        error.log_lines(),
        [
            "the section states 5 bytes, but 1 are left".to_owned(),
            "Bytecode offset: 0x00000009".to_owned(),
            "At AST node: function type".to_owned(),
            "At AST node: type section".to_owned(),
            "At AST node: module".to_owned(),
            format!("File name: \"{}\"", dir.join("section.wasm").display()),
        ]
    );
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
#[cfg(feature = "wat")]
fn text() {
    let config = Config::default();
    let check_text = |text: &str| check(&config, text.as_bytes());
    let info = check_text(";; a comment\n(module $m (func (export \"f\")))").unwrap();
    assert_eq!(info.exports[0].name, "f");
    assert_eq!(info.names().module.as_deref(), Some("m"));
    check_text("(; a block ;) (module)").unwrap();
    fails(check_text("(modul)"), ErrCode::IllegalGrammar, "not valid WebAssembly text");
    fails(check_text("(module (func)"), ErrCode::IllegalGrammar, "expected");
    let deep = "(".repeat(100_000);
    fails(check_text(&deep), ErrCode::IllegalGrammar, "not valid WebAssembly text");
    fails(check(&config, b"(module \xff)"), ErrCode::IllegalGrammar, "UTF-8");
}

#[test]
fn components_are_named() {
    let header = b"\0asm\x0d\0\x01\0";
    fails(load(header), ErrCode::MalformedVersion, "this is a component, not a module");
    if cfg!(feature = "wat") {
        fails(load(b"(component)"), ErrCode::MalformedVersion, "component");
    }
    fails(load(b"\0asm\x02\0\0\0"), ErrCode::MalformedVersion, "");
}

#[test]
fn switched_off_proposals_are_named() {
    let none = Config { proposals: Proposals::none(), ..Config::default() };
    let cases = [
        ("(func (param i32) (drop (i32.extend8_s (local.get 0))))", "Sign-extension operators"),
        ("(func (drop (i32.trunc_sat_f32_s (f32.const 1))))", "Non-trapping float-to-int"),
        ("(func (result i32 i32) i32.const 1 i32.const 2)", "Multi-value returns"),
        ("(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))", "Bulk"),
        ("(func (param externref))", "Reference types"),
        ("(func (drop (v128.const i64x2 0 0)))", "Fixed-width SIMD"),
        ("(func (param v128))", "Fixed-width SIMD"),
        ("(func (local v128))", "Fixed-width SIMD"),
        ("(func $f return_call $f)", "Tail call"),
        ("(import \"m\" \"g\" (global (mut i32)))", "Import/Export of mutable globals"),
        ("(global (export \"g\") (mut i32) (i32.const 0))", "Import/Export of mutable globals"),
        ("(memory i64 1)", "Memory64"),
        ("(memory 1 1 shared)", "Threads"),
        ("(func atomic.fence)", "Threads"),
        ("(tag)", "Exception handling"),
        ("(func (throw 0))", "Exception handling"),
        ("(func (param (ref func)))", "Typed Function References"),
        ("(type (struct))", "Garbage Collection"),
        ("(rec (type (func)))", "Garbage Collection"),
        ("(func (param anyref))", "Garbage Collection"),
        ("(memory 1 (pagesize 1))", "Custom Page Sizes"),
        ("(func (drop (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0))))", ""),
    ];
    for (fields, proposal) in cases {
        let binary = wat::parse_str(format!("(module {fields})")).expect(fields);
        let line = format!("requires enabling proposal {proposal}");
        fails(check(&none, &binary), check(&none, &binary).unwrap_err().code(), &line);
    }
    let tail_call = wat::parse_str("(module (func $f return_call $f))").unwrap();
    let error = fails(check(&none, &tail_call), ErrCode::IllegalOpCode, "Tail call");
    assert_eq!(error.code().phase(), Phase::Loading);
    assert_eq!(
        error.details()[0],
        "This instruction or syntax requires enabling proposal Tail call"
    );

    // Switching an unfinished one on changes nothing but is no mistake.
    let mut config = Config::default();
    config.proposals.add(Proposal::ExceptionHandling);
    let tag = wat::parse_str("(module (tag))").unwrap();
    fails(check(&config, &tag), ErrCode::MalformedSection, "Exception handling");
}

#[test]
fn a_parsed_module_says_what_it_holds() {
    let info = check_text(
        r#"(module $shop
            (import "env" "log" (func $log (param i32)))
            (import "env" "base" (global $base i32))
            (table $t 2 4 funcref)
            (memory 1)
            (global $next (mut i32) (i32.add (global.get $base) (i32.const 2)))
            (global $handler funcref (ref.func $two))
            (elem (table $t) (i32.const 0) func $one $two)
            (elem $later externref (ref.null extern))
            (elem declare func $three)
            (data (i32.const 8) "hello")
            (data $lazy "later")
            (func $one) (func $two) (func $three (drop (ref.func $three))) (func $four)
            (func (export "five") (memory.init $lazy (i32.const 0) (i32.const 0) (i32.const 0)))
            (start $four)
            (@custom "note" "text"))"#,
    )
    .unwrap();
    loads_and_validates(&info);
    assert_eq!(info.imported.funcs, 1);
    assert_eq!(info.imports[1].kind, ExternKind::Global);
    assert_eq!(info.escaping, [1, 2, 3, 5]);
    assert_eq!(info.escaping_index(3), Some(2));
    assert_eq!(info.start, Some(4));
    let next = info.globals[1].init.as_deref().unwrap();
    assert_eq!(next, [ConstOp::GlobalGet(0), ConstOp::I32Const(2), ConstOp::I32Add]);
    assert_eq!(info.elements.len(), 3);
    assert!(matches!(&info.elements[0].items, ElementItems::Funcs(items) if **items == [1, 2]));
    assert_eq!(info.elements[1].ty, RefType::ExternRef);
    assert!(matches!(info.elements[2].mode, SegmentMode::Declared));
    assert_eq!(&info.bytes[info.data[0].range.clone()], b"hello");
    assert!(matches!(info.data[1].mode, SegmentMode::Passive));
    let (name, content) = info.customs.iter().find(|(name, _)| name == "note").unwrap();
    assert_eq!((name.as_str(), &info.bytes[content.clone()]), ("note", &b"text"[..]));
    assert_eq!(info.names().module.as_deref(), Some("shop"));
    assert_eq!(info.names().function(4), Some("four"));
}

#[test]
fn errors_in_bodies_name_the_function() {
    let text = "(module (func $fine) (func $broken (result i32) i64.const 1))";
    let error = fails(check_text(text), ErrCode::TypeCheckFailed, "in function 1 \"broken\"");
    assert!(error.details()[0].contains("expected i32"), "{error}");
    assert_eq!(error.phase(), "validation");
    let text = "(module (func (export \"run\") drop))";
    fails(check_text(text), ErrCode::TypeCheckFailed, "in function 0 \"run\"");
}

/// Bytes per second of loading and of validating; run it with `--release --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn speed() {
    for threads in [1, 0] {
        let config = Config { compile_threads: threads, ..Config::default() };
        for (path, bytes) in guests(u64::MAX).iter().filter(|(_, bytes)| bytes.len() > 100_000) {
            let bytes: std::sync::Arc<[u8]> = bytes[..].into();
            let info = load_bytes(&config, bytes.clone()).unwrap();
            let rate = |work: &dyn Fn()| {
                let mut best = f64::MAX;
                for _ in 0..30 {
                    let start = std::time::Instant::now();
                    work();
                    best = best.min(start.elapsed().as_secs_f64());
                }
                bytes.len() as f64 / best / 1e6
            };
            let load = rate(&|| drop(load_bytes(&config, bytes.clone()).unwrap()));
            let valid = rate(&|| validate(&config, &info).unwrap());
            let name = path.file_name().unwrap().to_string_lossy();
            println!("{name}: load {load:.0} MB/s, validate {valid:.0} MB/s, threads {threads}");
        }
    }
}
