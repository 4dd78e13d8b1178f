//! Guests of wasmedge-bindgen: every type, several results, errors, panics, who frees what, and guests that lie.

use std::path::Path;
use wasmspan::bindgen::{Bindgen, CallError, Kind, Value};
use wasmspan::error::ErrCode;
use wasmspan::wasi::{Output, OutputBuffer};
use wasmspan::{Config, Instance, Module, Store, Wasi};

struct Guest {
    bindgen: Bindgen,
    wasi: Wasi,
    out: OutputBuffer,
    err: OutputBuffer,
}

fn guest() -> Guest {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("wasm/bindgen-rust.wasm");
    let module = Module::from_file(&Config::default(), file).expect("a guest program");
    let (out, err) = (OutputBuffer::with_limit(1 << 16), OutputBuffer::with_limit(1 << 16));
    let wasi = Wasi::builder()
        .stdout(Output::Buffer(out.clone()))
        .stderr(Output::Buffer(err.clone()))
        .build()
        .expect("valid settings");
    let store = Store::new();
    store.register("wasi_snapshot_preview1", wasi.instance()).expect("a new name");
    let instance = module.instantiate(&store).expect("its imports exist");
    Guest { bindgen: Bindgen::new(&instance).expect("a guest of bindgen"), wasi, out, err }
}

impl Guest {
    fn call(&self, name: &str, args: &[Value<'_>]) -> Vec<Value<'static>> {
        self.bindgen.call(name, args).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn text(&self, name: &str, args: &[&str]) -> String {
        let args: Vec<Value<'_>> = args.iter().map(|text| Value::from(*text)).collect();
        let mut results = self.call(name, &args);
        String::try_from(results.remove(0)).expect("a string")
    }

    fn blocks(&self) -> i32 {
        self.bindgen.instance().call("live_blocks", &[]).expect("it only counts")[0].i32().unwrap()
    }
}

#[test]
fn functions_of_the_documents() {
    let guest = guest();
    let line = guest
        .text("create_line", &[r#"{"x":1.5,"y":3.8}"#, r#"{"x":2.5,"y":5.8}"#, "A thin red line"]);
    assert_eq!(
        line,
        r#"{"points":[{"x":1.5,"y":3.8},{"x":2.5,"y":5.8}],"valid":true,"length":2.2360682,"desc":"A thin red line"}"#
    );
    assert_eq!(guest.text("say", &["bindgen funcs test"]), "hello bindgen funcs test");
    let turned = guest.text("obfusticate", &["A quick brown fox jumps over the lazy dog"]);
    assert_eq!(turned, "N dhvpx oebja sbk whzcf bire gur ynml qbt");
    let multiple = guest.call("lowest_common_multiple", &[123.into(), 2.into()]);
    assert_eq!(multiple, [Value::I32(246)]);
    let message = &b"This is an important message"[..];
    let digest = |name| Vec::<u8>::try_from(guest.call(name, &[message.into()]).remove(0)).unwrap();
    assert_eq!(
        digest("sha3_digest"),
        [
            87, 27, 231, 209, 189, 105, 251, 49, 159, 10, 211, 250, 15, 159, 154, 181, 43, 218, 26,
            141, 56, 199, 25, 45, 60, 10, 20, 163, 54, 211, 195, 203
        ]
    );
    assert_eq!(
        digest("keccak_digest"),
        [
            126, 194, 241, 200, 151, 116, 227, 33, 216, 99, 159, 22, 107, 3, 177, 169, 216, 191,
            114, 156, 174, 193, 32, 159, 246, 228, 245, 133, 52, 75, 55, 27
        ]
    );
}

#[test]
fn every_type_goes_in_and_comes_out() {
    let guest = guest();
    let long: Vec<u8> = (0..100_000).map(|at| at as u8).collect();
    let values: Vec<(&str, Value<'_>)> = vec![
        ("echo_u8", Value::U8(0)),
        ("echo_u8", Value::U8(u8::MAX)),
        ("echo_i8", Value::I8(i8::MIN)),
        ("echo_u16", Value::U16(u16::MAX)),
        ("echo_i16", Value::I16(i16::MIN)),
        ("echo_u32", Value::U32(u32::MAX)),
        ("echo_i32", Value::I32(i32::MIN)),
        ("echo_u64", Value::U64(u64::MAX)),
        ("echo_i64", Value::I64(i64::MIN)),
        ("echo_f32", Value::F32(f32::MIN_POSITIVE)),
        ("echo_f32", Value::F32(f32::NEG_INFINITY)),
        ("echo_f64", Value::F64(f64::MAX)),
        ("echo_f64", Value::F64(-0.0)),
        ("echo_u8s", Value::from(vec![0_u8, 1, 255])),
        ("echo_u8s", Value::from(Vec::<u8>::new())),
        ("echo_u8s", Value::from(&long[..])),
        ("echo_i8s", Value::from(vec![i8::MIN, 0, i8::MAX])),
        ("echo_u16s", Value::from(vec![0, u16::MAX])),
        ("echo_i16s", Value::from(vec![i16::MIN, i16::MAX])),
        ("echo_u32s", Value::from(vec![0, u32::MAX])),
        ("echo_i32s", Value::from(vec![i32::MIN, i32::MAX])),
        ("echo_u64s", Value::from(vec![0, u64::MAX])),
        ("echo_i64s", Value::from(vec![i64::MIN, i64::MAX])),
        ("echo_i64s", Value::from(Vec::<i64>::new())),
        ("echo_string", Value::from("")),
        ("echo_string", Value::from("zero \0 and ü € 𝄞")),
    ];
    let blocks = guest.blocks();
    for (name, value) in &values {
        let echo = guest.call(name, std::slice::from_ref(value));
        assert_eq!(&echo, std::slice::from_ref(value), "{name}");
        assert_eq!(echo[0].kind(), value.kind());
    }
    assert_eq!(guest.blocks(), blocks, "everything was freed");
    let nan = guest.call("echo_f64", &[Value::F64(f64::from_bits(0x7ff8_0000_dead_beef))]);
    assert!(matches!(nan[..], [Value::F64(nan)] if nan.to_bits() == 0x7ff8_0000_dead_beef));
    assert_eq!(guest.call("bool_to_u8", &[true.into()]), [Value::U8(1)]);
    assert_eq!(guest.call("bool_to_u8", &[false.into()]), [Value::U8(0)]);
    assert_eq!(guest.call("char_to_u32", &['𝄞'.into()]), [Value::U32(0x1d11e)]);
}

#[test]
fn several_values_at_once() {
    let guest = guest();
    assert_eq!(guest.call("nothing", &[]), []);
    assert_eq!(guest.call("swap", &[7.into(), "x".into()]), [Value::from("x"), Value::I32(7)]);
    let described = guest.call(
        "describe",
        &[
            Value::U8(1),
            Value::I8(-2),
            Value::U16(3),
            Value::I16(-4),
            Value::U32(5),
            Value::I32(-6),
            Value::U64(7),
            Value::I64(-8),
            Value::F32(0.5),
            Value::F64(-0.25),
            Value::Bool(true),
            Value::Char('ß'),
            Value::from("text"),
            Value::from(vec![-1_i16, 2]),
        ],
    );
    assert_eq!(described, [Value::from("1 -2 3 -4 5 -6 7 -8 0.5 -0.25 true ß text [-1, 2]")]);
    let blocks = guest.blocks();
    let all = guest.call("all_types", &[]);
    assert_eq!(guest.blocks(), blocks);
    let kinds: Vec<Kind> = all.iter().map(Value::kind).collect();
    let returned = Kind::ALL.iter().filter(|kind| !matches!(kind, Kind::Bool | Kind::Char));
    assert_eq!(kinds, returned.copied().collect::<Vec<_>>());
    assert_eq!(all[5], Value::I32(i32::MIN));
    assert_eq!(all[16], Value::from(vec![1, u64::MAX]));
}

#[test]
fn errors_of_the_guest_are_messages() {
    let guest = guest();
    let failure = |name: &str, args: &[Value<'_>]| match guest.bindgen.call(name, args) {
        Err(CallError::Guest(message)) => message,
        other => panic!("{name}: {other:?}"),
    };
    let blocks = guest.blocks();
    assert_eq!(failure("divide", &[7.into(), 0.into()]), "7 cannot be divided by zero");
    assert_eq!(failure("split", &["abc".into(), ",".into()]), "no separator");
    assert_eq!(failure("fail_empty", &[]), "");
    assert_eq!(guest.blocks(), blocks, "everything was freed");
    assert_eq!(failure("say", &[]), "Invalid params count, expect 1, got 0");
    assert_eq!(guest.call("divide", &[7.into(), 2.into()]), [Value::I32(3)]);
    let parts = guest.call("split", &["a,b".into(), ",".into()]);
    assert_eq!(parts, [Value::from("a"), Value::from("b")]);
}

#[test]
fn other_ends_are_errors_of_the_engine() {
    let guest = guest();
    let failure = |name: &str, args: &[Value<'_>]| match guest.bindgen.call(name, args) {
        Err(CallError::Engine(error)) => error,
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(failure("panics", &["oh no".into()]).code(), ErrCode::Unreachable);
    let said = String::from_utf8(guest.err.contents()).unwrap();
    assert!(said.contains("oh no"), "{said}");
    let missing = failure("absent", &[]);
    assert_eq!(missing.code(), ErrCode::FuncNotFound);
    assert_eq!(failure("live_blocks", &[]).code(), ErrCode::FuncSigMismatch);
    guest.call("prints", &["shown".into()]);
    assert_eq!(guest.out.contents(), b"shown\n");
    // A panic left the guest usable.
    assert_eq!(guest.text("say", &["you"]), "hello you");
    assert!(failure("exits", &[3.into()]).is_terminated());
    assert_eq!(guest.wasi.exit_code(), 3);
}

#[test]
fn nothing_leaks_in_many_calls() {
    let guest = guest();
    let text = "x".repeat(100);
    guest.text("say", &[&text]);
    let (blocks, size) =
        (guest.blocks(), guest.bindgen.instance().get_memory("memory").unwrap().len());
    for _ in 0..10_000 {
        guest.text("say", &[&text]);
        let _ = guest.bindgen.call("divide", &[1.into(), 0.into()]).unwrap_err();
    }
    assert_eq!(guest.blocks(), blocks);
    assert_eq!(guest.bindgen.instance().get_memory("memory").unwrap().len(), size);
}

#[test]
fn what_is_kept_stays_in_the_guest() {
    let guest = guest();
    let keeping = Bindgen::attach(guest.bindgen.instance()).unwrap().keeping_results();
    let blocks = guest.blocks();
    keeping.call("say", &["x".into()]).unwrap();
    assert_eq!(guest.blocks(), blocks + 4, "frame, record, table and string");
}

#[test]
fn large_vectors() {
    let guest = guest();
    let data = vec![1_u8; 10 << 20];
    assert_eq!(guest.call("take_bytes", &[data[..].into()]), [Value::U32(10 << 20)]);
    let made = guest.call("make_bytes", &[Value::U32(10 << 20)]);
    assert_eq!(made, [Value::from(vec![7_u8; 10 << 20])]);
}

// --- guests that lie -----------------------------------------------------------------------------------------------

/// A guest whose functions answer with what lies at 64: a record of these bytes.
fn liar(allocate: u32, record: &str) -> Instance {
    let text = format!(
        r#"(module (memory (export "memory") 1)
            (func (export "allocate") (param i32) (result i32) (i32.const {allocate}))
            (func (export "deallocate") (param i32 i32))
            (func (export "f") (param i32 i32) (result i32) (i32.const 64))
            (func (export "wild") (param i32 i32) (result i32) (i32.const -4))
            (func (export "number") (result i32) (i32.const 1))
            (data (i32.const 64) "{record}")
            ;; At 128: a u32 of two bytes, at 140 a string of FF, at 152 a string of 4 GiB, at 164 type 99.
            (data (i32.const 128) "\00\00\00\00\05\00\00\00\02\00\00\00")
            (data (i32.const 140) "\b0\00\00\00\1f\00\00\00\01\00\00\00")
            (data (i32.const 152) "\00\00\00\00\1f\00\00\00\ff\ff\ff\ff")
            (data (i32.const 164) "\00\00\00\00\63\00\00\00\01\00\00\00")
            (data (i32.const 176) "\ff")
            ;; At 192: a char that is none; at 208 two that are each as large as the memory.
            (data (i32.const 192) "\cc\00\00\00\0c\00\00\00\04\00\00\00\00\d8\00\00")
            (data (i32.const 208) "\00\00\00\00\15\00\00\00\00\00\01\00\00\00\00\00\15\00\00\00\00\00\01\00"))"#
    );
    Module::new(text).expect("valid").instantiate(&Store::new()).expect("no imports")
}

#[test]
fn guests_that_lie_get_errors() {
    let table = |at: u8, len: u32| {
        let [a, b, c, d] = len.to_le_bytes();
        format!("\\00\\{at:02x}\\00\\00\\00\\{a:02x}\\{b:02x}\\{c:02x}\\{d:02x}")
    };
    let cases = [
        (table(128, 1), ErrCode::RuntimeError, "a u32 cannot have 2 bytes"),
        (table(140, 1), ErrCode::MalformedUTF8, "in a result"),
        (table(152, 1), ErrCode::RuntimeError, "larger than the guest's memory"),
        (table(164, 1), ErrCode::RuntimeError, "no type has the number 99"),
        (table(192, 1), ErrCode::RuntimeError, "no Unicode scalar"),
        (table(208, 2), ErrCode::RuntimeError, "larger than the guest's memory"),
        (table(128, 1001), ErrCode::RuntimeError, "more than 1000 results"),
        (table(128, u32::MAX), ErrCode::RuntimeError, "more than 1000 results"),
        (
            r"\00\ff\ff\ff\ff\01\00\00\00".to_string(),
            ErrCode::MemoryOutOfBounds,
            "Accessing offset",
        ),
        (
            r"\01\00\00\00\00\ff\ff\ff\ff".to_string(),
            ErrCode::MemoryOutOfBounds,
            "Accessing offset",
        ),
        (
            r"\01\ff\ff\ff\ff\01\00\00\00".to_string(),
            ErrCode::MemoryOutOfBounds,
            "Accessing offset",
        ),
    ];
    for (record, code, detail) in cases {
        let bindgen = Bindgen::new(&liar(1024, &record)).unwrap();
        let Err(CallError::Engine(error)) = bindgen.call("f", &[]) else { panic!("{record}") };
        assert_eq!(error.code(), code, "{record}: {error}");
        assert!(error.to_string().contains(detail), "{record}: {error}");
    }
    let code = |bindgen: &Bindgen, name: &str, args: &[Value<'_>]| match bindgen.call(name, args) {
        Err(CallError::Engine(error)) => error.code(),
        other => panic!("{other:?}"),
    };
    let bindgen = Bindgen::new(&liar(1024, "")).unwrap();
    assert_eq!(code(&bindgen, "wild", &[]), ErrCode::MemoryOutOfBounds);
    assert_eq!(code(&bindgen, "number", &[]), ErrCode::FuncSigMismatch);
    let many = vec![Value::U8(1); 1001];
    assert_eq!(code(&bindgen, "f", &many), ErrCode::RuntimeError);
    let bindgen = Bindgen::new(&liar(65_535, "")).unwrap();
    assert_eq!(code(&bindgen, "f", &["ab".into()]), ErrCode::MemoryOutOfBounds);
}

#[test]
fn not_every_module_is_a_guest() {
    let instance = |text| Module::new(text).unwrap().instantiate(&Store::new()).unwrap();
    let code = |text| Bindgen::new(&instance(text)).map(drop).unwrap_err().code();
    assert_eq!(code("(module)"), ErrCode::WrongInstanceAddress);
    assert_eq!(code(r#"(module (memory (export "memory") 1))"#), ErrCode::FuncNotFound);
    let other = r#"(module (memory (export "memory") 1) (func (export "allocate")))"#;
    assert_eq!(code(other), ErrCode::FuncSigMismatch);
    let traps = r#"(module (memory (export "memory") 1)
        (func (export "allocate") (param i32) (result i32) (local.get 0))
        (func (export "_initialize") (unreachable)))"#;
    assert_eq!(code(traps), ErrCode::Unreachable);
}

#[test]
fn values_know_their_kinds() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_number(*kind as u32), Some(*kind));
        assert_eq!(Kind::from_name(kind.name()), Some(*kind));
    }
    assert_eq!(Kind::from_number(0), None);
    assert_eq!(Kind::from_number(20), None);
    let wrong = u8::try_from(Value::I8(1)).unwrap_err();
    assert_eq!(wrong.to_string(), "a value of type u8 was expected, not one of type i8");
}
