//! Wrappers that `wasmspan bindgen` writes: the files of this folder and its neighbours are what it gives, and those in
//! Rust do what they say. `WASMSPAN_BLESS=1` writes them anew.

#[allow(dead_code)] // Not every function is called.
mod bindgen_rust;
mod numbers;

use bindgen_rust::BindgenRust;
use numbers::Numbers;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmspan::bindgen::CallError;
use wasmspan::{Config, ErrCode, Instance, Module, Store, Wasi};

/// Each language with where it has a wrapper.
const WRAPPERS: &[(&str, &str, &str)] = &[
    ("rust", "rust/bindgen_rust.rs", "rust/numbers.rs"),
    ("c", "c/bindgen_rust.h", "c/numbers.h"),
    ("python", "python/bindgen_rust.py", "python/numbers_wat.py"),
    ("ts", "ts/bindgen_rust.ts", "ts/numbers.ts"),
    (
        "go",
        "go/bindgenrust/bindgen_rust.go",
        "go/numbers/numbers.go",
    ),
];

fn tests(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs the command: its status, and what it writes.
fn run(args: &[&str]) -> (i32, String, String) {
    let args = ["wasmspan", "bindgen"].iter().chain(args);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = wasmspan::cli::wasmspan(args.map(Into::into), &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status, text(out), text(err))
}

#[test]
fn files_are_what_the_command_writes() {
    let guest = tests("wasm/bindgen-rust.wasm");
    let (module, types) = (
        tests("generated/numbers.wat"),
        tests("generated/numbers.toml"),
    );
    let [guest, module, types] = [&guest, &module, &types].map(|path| path.to_str().unwrap());
    for (language, rich, plain) in WRAPPERS {
        let rich_args: &[&str] = &["--lang", language, guest];
        let plain_args: &[&str] = &["--lang", language, "--types", types, module];
        for (file, args, told) in [
            (
                rich,
                rich_args,
                "left out: all_types (not described)\nleft out: live_blocks (not described)\n",
            ),
            (plain, plain_args, ""),
        ] {
            let (status, text, errors) = run(args);
            assert_eq!((status, errors.as_str()), (0, told), "{file}");
            let file = tests("generated").join(file);
            if std::env::var_os("WASMSPAN_BLESS").is_some() {
                std::fs::write(&file, &text).unwrap();
            }
            let recorded = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(recorded == text, "{} is not up to date", file.display());
        }
    }
}

/// What the guest carries and the same in a file make the same wrapper.
#[test]
fn a_description_may_be_a_file() {
    let guest = tests("wasm/bindgen-rust.wasm");
    let module = Module::from_file(&Config::default(), &guest).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (types, output) = (
        folder.path().join("types.toml"),
        folder.path().join("out.py"),
    );
    let section: Vec<u8> = module
        .custom_sections("wasmspan.types")
        .collect::<Vec<_>>()
        .concat();
    std::fs::write(&types, section).unwrap();
    let [guest, types, file] = [&guest, &types, &output].map(|path| path.to_str().unwrap());
    let args = [
        "--lang", "python", "--types", types, "--output", file, guest,
    ];
    let (status, out, _) = run(&args);
    assert_eq!((status, out.as_str()), (0, ""));
    let recorded = tests("generated/python/bindgen_rust.py");
    assert_eq!(
        std::fs::read_to_string(&output).unwrap(),
        std::fs::read_to_string(recorded).unwrap()
    );

    std::fs::write(types, "\n[functions.say]\nsignature = \"(name: Text)\"\n").unwrap();
    let (status, _, errors) = run(&args);
    assert_eq!(status, 1);
    let expected =
        "types.toml: line 3: function \"say\": no type is called \"Text\"; there are u8, i8";
    assert!(errors.contains(expected), "{errors}");
}

#[test]
fn rust_is_formatted() {
    for name in ["bindgen_rust", "numbers"] {
        let file = tests("generated/rust").join(name).with_extension("rs");
        let run = Command::new("rustfmt").arg("--check").arg(file).output();
        let run = run.expect("rustfmt, which the prerequisites name");
        let difference = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{name}:\n{difference}");
    }
}

fn instance(file: &str) -> Instance {
    let module = Module::from_file(&Config::default(), tests(file)).unwrap();
    let (store, wasi) = (Store::new(), Wasi::builder().build().unwrap());
    store
        .register("wasi_snapshot_preview1", wasi.instance())
        .unwrap();
    module.instantiate(&store).unwrap()
}

#[test]
fn a_guest_of_bindgen_is_called() {
    let guest = BindgenRust::new(&instance("wasm/bindgen-rust.wasm")).unwrap();
    assert_eq!(
        guest.say("bindgen funcs test").unwrap(),
        "hello bindgen funcs test"
    );
    assert_eq!(guest.lowest_common_multiple(123, 2).unwrap(), 246);
    assert_eq!(
        guest.sha3_digest(b"This is an important message").unwrap()[..2],
        [87, 27]
    );
    assert_eq!(guest.swap(5, "five").unwrap(), ("five".to_string(), 5));
    guest.nothing().unwrap();
    assert_eq!(
        guest.echo_i64s(&[i64::MIN, i64::MAX]).unwrap(),
        [i64::MIN, i64::MAX]
    );
    let described = guest.describe(
        1,
        -2,
        3,
        -4,
        5,
        -6,
        7,
        -8,
        0.5,
        -0.25,
        true,
        'é',
        "text",
        &[9, -9],
    );
    assert_eq!(
        described.unwrap(),
        "1 -2 3 -4 5 -6 7 -8 0.5 -0.25 true é text [9, -9]"
    );
    let failed = guest.divide(7, 0).unwrap_err();
    assert!(matches!(failed, CallError::Guest(text) if text == "7 cannot be divided by zero"));
    let trap = guest.panics("on purpose").unwrap_err();
    assert!(matches!(trap, CallError::Engine(error) if error.code() == ErrCode::Unreachable));
}

#[test]
fn a_module_of_numbers_is_called() {
    let numbers = Numbers::new(&instance("generated/numbers.wat")).unwrap();
    assert_eq!(numbers.add(i64::MAX, -1).unwrap(), i64::MAX - 1);
    assert_eq!(numbers.div_rem(17, 5).unwrap(), (3, 2));
    assert_eq!(numbers.new_(0.5).unwrap(), 0.5);
    numbers.import(1).unwrap();
    numbers.not_much().unwrap();
    assert_eq!(
        numbers.div_rem(1, 0).unwrap_err().code(),
        ErrCode::DivideByZero
    );
    assert!(
        Numbers::new(&instance("wasm/fibonacci.wasm")).is_err(),
        "it has other functions"
    );
}
