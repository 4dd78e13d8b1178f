//! Compiled files: what they are, when they run, and that no damaged one ever does.

use std::fs;
use std::path::{Path, PathBuf};
use wasmspan::config::{CompilerOptions, InterruptMode, OutputFormat, Proposal, TrapMode};
use wasmspan::{Compiler, Config, ErrCode, Error, Loader, Module, Store};

/// Uses every table of an artifact: calls, traps, several functions.
const GUEST: &str = r#"(module $guest
    (memory 1)
    (func $fac (param i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0))
            (then (i64.const 1))
            (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
    (func (export "fac") (param i64) (result i64) (call $fac (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "divide") (param i32 i32) (result i32)
        (i32.div_s (local.get 0) (local.get 1))))"#;

const FORMATS: [OutputFormat; 2] = [OutputFormat::Wasm, OutputFormat::Native];

fn compiled_config() -> Config {
    Config { load_compiled: true, ..Config::default() }
}

fn with_format(config: &Config, output_format: OutputFormat) -> Config {
    let compiler = CompilerOptions { output_format, ..config.compiler };
    Config { compiler, ..config.clone() }
}

fn compile(config: &Config, format: OutputFormat) -> Vec<u8> {
    Compiler::new(&with_format(config, format)).compile_to_bytes(GUEST).unwrap()
}

fn load(config: &Config, bytes: &[u8]) -> Result<Module, Error> {
    Loader::new(config).load_bytes(bytes)
}

/// Runs the guest, traps included.
fn check(module: &Module) {
    module.validate().unwrap();
    let instance = module.instantiate(&Store::new()).unwrap();
    assert_eq!(instance.typed::<i64, i64>("fac").unwrap().call(20).unwrap(), 2432902008176640000);
    let error = instance.typed::<i32, i32>("load").unwrap().call(65536).unwrap_err();
    assert_eq!(error.code(), ErrCode::MemoryOutOfBounds);
    assert!(error.frames().iter().any(|frame| frame.to_string().contains("load")), "{error}");
    let error = instance.typed::<(i32, i32), i32>("divide").unwrap().call((1, 0)).unwrap_err();
    assert_eq!(error.code(), ErrCode::DivideByZero);
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn both_forms_run_from_bytes_and_from_files() {
    let config = compiled_config();
    let folder = folder();
    let source = folder.path().join("guest.wat");
    fs::write(&source, GUEST).unwrap();
    for name in ["out.wasm", "out.so", "noextension"] {
        let out = folder.path().join(name);
        Compiler::new(&config).compile_file(&source, &out).unwrap();
        let elf = fs::read(&out).unwrap().starts_with(b"\x7fELF");
        assert_eq!(elf, name == "out.so");
        let module = Loader::new(&config).load_file(&out).unwrap();
        assert!(module.is_precompiled(), "{name}");
        assert!(!module.is_validated(), "the order of steps stays");
        check(&module);
        let module = load(&config, &fs::read(&out).unwrap()).unwrap();
        assert!(module.is_precompiled());
        check(&module);
        assert_eq!(module.name(), Some("guest"));
        assert_eq!(module.custom_sections("wasmedge").count(), 0, "the module is as it was");
    }
}

#[test]
fn compiled_code_runs_only_where_it_is_asked_for() {
    let config = compiled_config();
    for format in FORMATS {
        let file = compile(&config, format);
        for ignoring in [Config::default(), Config { force_interpreter: true, ..config.clone() }] {
            let module = load(&ignoring, &file).unwrap();
            assert!(!module.is_precompiled());
            check(&module);
        }
    }
}

#[test]
fn a_compiled_file_can_be_compiled_again_in_place() {
    let config = compiled_config();
    let folder = folder();
    for name in ["again.wasm", "again.so"] {
        let file = folder.path().join(name);
        Compiler::new(&config).compile_bytes(GUEST, &file).unwrap();
        let first = fs::read(&file).unwrap();
        Compiler::new(&config).compile_file(&file, &file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), first, "compiling is repeatable");
        let unoptimised = CompilerOptions {
            optimization_level: wasmspan::config::OptimizationLevel::O0,
            ..CompilerOptions::default()
        };
        let other = Config { compiler: unoptimised, ..config.clone() };
        Compiler::new(&other).compile_file(&file, &file).unwrap();
        assert_ne!(fs::read(&file).unwrap(), first);
        let module = Loader::new(&config).load_file(&file).unwrap();
        assert!(module.is_precompiled(), "the effort spent is the user's choice");
        check(&module);
    }
    let native = compile(&config, OutputFormat::Native);
    let universal = Compiler::new(&config).compile_to_bytes(&native).unwrap();
    assert_eq!(universal, compile(&config, OutputFormat::Wasm), "one form from the other");
}

#[test]
fn the_same_on_one_thread_and_on_many() {
    let one = Config { compile_threads: 1, ..compiled_config() };
    let eight = Config { compile_threads: 8, ..compiled_config() };
    for format in FORMATS {
        assert_eq!(compile(&one, format), compile(&eight, format));
    }
}

#[test]
fn every_flipped_byte_is_noticed() {
    let config = compiled_config();
    for format in FORMATS {
        let mut file = compile(&config, format);
        assert!(load(&config, &file).unwrap().is_precompiled());
        for at in 0..file.len() {
            for bit in [0x01, 0x80] {
                file[at] ^= bit;
                if let Ok(module) = load(&config, &file) {
                    assert!(!module.is_precompiled(), "{format:?}: byte {at}, bit {bit:#x}");
                }
                file[at] ^= bit;
            }
        }
        assert!(load(&config, &file).unwrap().is_precompiled());
    }
}

/// In a file of more than a megabyte: 100 places, or as many as `WASMSPAN_FLIPS` says.
#[test]
fn flips_and_cuts_of_a_large_file_are_noticed() {
    let places: u64 = std::env::var("WASMSPAN_FLIPS").map_or(100, |text| text.parse().unwrap());
    let config = compiled_config();
    for format in FORMATS {
        let compiler = Compiler::new(&with_format(&config, format));
        let bytes = fs::read(guests().join("zstd-bench.wasm")).unwrap();
        let mut file = compiler.compile_to_bytes(&bytes).unwrap();
        assert!(file.len() > 1 << 20);
        assert!(load(&config, &file).unwrap().is_precompiled());
        let mut random = 0x2545_f491_4f6c_dd1du64;
        for _ in 0..places {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let at = (random >> 8) as usize % file.len();
            let bit = 1 << (random & 7);
            file[at] ^= bit;
            assert!(!load(&config, &file).is_ok_and(|module| module.is_precompiled()), "byte {at}");
            file[at] ^= bit;
            let cut = load(&config, &file[..at]);
            assert!(!cut.is_ok_and(|module| module.is_precompiled()), "{at} bytes");
        }
    }
}

#[test]
fn every_prefix_and_every_tail_is_noticed() {
    let config = compiled_config();
    for format in FORMATS {
        let file = compile(&config, format);
        for len in 0..file.len() {
            for cut in [&file[..len], &file[file.len() - len..]] {
                if let Ok(module) = load(&config, cut) {
                    assert!(!module.is_precompiled(), "{format:?}: {len} bytes");
                }
            }
        }
        let mut longer = file.clone();
        longer.push(0);
        assert!(load(&config, &longer).is_err() || format == OutputFormat::Native);
        assert!(!load(&config, &longer).is_ok_and(|module| module.is_precompiled()));
    }
}

#[test]
fn a_damaged_file_falls_back_on_the_module_in_it() {
    let config = compiled_config();
    for format in FORMATS {
        let mut file = compile(&config, format);
        // Somewhere in the code, far from module, header and end.
        let at = file.len() * 2 / 3;
        file[at] ^= 0x10;
        let module = load(&config, &file).unwrap();
        assert!(!module.is_precompiled());
        check(&module);
    }
}

#[test]
fn code_of_another_configuration_is_left_aside() {
    let config = compiled_config();
    let file = compile(&config, OutputFormat::Wasm);
    for other in [
        Config { trap_mode: TrapMode::Checks, ..config.clone() },
        Config { interrupt_mode: InterruptMode::Poll, ..config.clone() },
    ] {
        let module = load(&other, &file).unwrap();
        check(&module);
        let size = module.code_size();
        let plain = load(&other, GUEST.as_bytes()).unwrap();
        check(&plain);
        assert_eq!(size, plain.code_size(), "it was compiled for {other:?}");
    }
    // Polling code can also be interrupted by a signal, and checks do where guards do.
    let compiler = CompilerOptions { interruptible: true, ..config.compiler };
    let careful = Config { trap_mode: TrapMode::Checks, compiler, ..config.clone() };
    let module = load(&config, &compile(&careful, OutputFormat::Wasm)).unwrap();
    check(&module);
    assert_ne!(module.code_size(), {
        let plain = load(&config, GUEST.as_bytes()).unwrap();
        check(&plain);
        plain.code_size()
    });
}

#[test]
fn fewer_proposals_than_at_compilation_are_checked_again() {
    let tail = r#"(module (func $f (export "f") (param i32) (return_call $f (local.get 0))))"#;
    let config = compiled_config();
    let file = Compiler::new(&config).compile_to_bytes(tail).unwrap();
    let mut less = config.clone();
    less.proposals.remove(Proposal::TailCall);
    let refused = load(&less, &file).and_then(|module| module.validate());
    let plain = load(&less, tail.as_bytes()).and_then(|module| module.validate());
    assert_eq!(refused.unwrap_err().code(), plain.unwrap_err().code());
    less = config.clone();
    less.proposals.remove(Proposal::SIMD);
    let module = load(&less, &file).unwrap();
    assert!(module.is_precompiled());
    module.validate().unwrap();
}

#[test]
fn foreign_sections_do_no_harm() {
    let config = compiled_config();
    let plain = wat::parse_str(GUEST).unwrap();
    let ours = compile(&config, OutputFormat::Wasm);
    // Name and content of our section, without its header.
    let content = &ours[plain.len()..];
    for (what, section) in [
        ("empty", vec![]),
        ("random", (0..200u32).map(|n| (n * 37 % 251) as u8).collect()),
        ("our magic only", content[content.len().min(13)..content.len().min(21)].to_vec()),
        ("version 3 of another engine", vec![3, 0, 0, 0, 1, 1, 9, 9, 9]),
    ] {
        let mut file = plain.clone();
        file.push(0);
        file.push((9 + section.len()) as u8 | 0x80);
        file.push(((9 + section.len()) >> 7) as u8);
        file.push(8);
        file.extend_from_slice(b"wasmedge");
        file.extend_from_slice(&section);
        let module = load(&config, &file).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(!module.is_precompiled(), "{what}");
        check(&module);
    }
}

#[test]
fn code_for_another_module_is_left_aside() {
    let config = compiled_config();
    let plain = wat::parse_str(GUEST).unwrap();
    let ours = compile(&config, OutputFormat::Wasm);
    let mut other = wat::parse_str(r#"(module (func (export "f") unreachable))"#).unwrap();
    other.extend_from_slice(&ours[plain.len()..]);
    let module = load(&config, &other).unwrap();
    assert!(!module.is_precompiled());
    module.validate().unwrap();
}

#[test]
fn shared_objects_that_are_not_ours_are_refused_by_name() {
    let config = compiled_config();
    let own = fs::read(std::env::current_exe().unwrap()).unwrap();
    for bytes in [&b"\x7fELF"[..], &own] {
        let error = load(&config, bytes).unwrap_err();
        assert_eq!(error.code(), ErrCode::MalformedMagic);
        assert!(
            error.to_string().contains("shared object without a WebAssembly module"),
            "{error}"
        );
    }
}

#[test]
fn failures_leave_the_output_as_it_was() {
    let config = compiled_config();
    let folder = folder();
    let out = folder.path().join("out.wasm");
    fs::write(&out, "before").unwrap();
    let compiler = Compiler::new(&config);
    compiler.compile_bytes("(module (func (result i32)))", &out).unwrap_err();
    assert_eq!(fs::read(&out).unwrap(), b"before");
    let error = compiler.compile_bytes(GUEST, folder.path().join("no/such/folder.wasm"));
    assert_eq!(error.unwrap_err().code(), ErrCode::IllegalPath);
    let error = compiler.compile_bytes(GUEST, folder.path()).unwrap_err();
    assert_eq!(error.code(), ErrCode::IllegalPath, "a folder");
    let error = compiler.compile_bytes(GUEST, "/dev/full").unwrap_err();
    assert_eq!(error.code(), ErrCode::IllegalPath, "no room");
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names, [out], "nothing is left over");
}

#[test]
fn progress_counts_to_the_end() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let list = seen.clone();
    let config = Config { compile_threads: 1, ..compiled_config() };
    let compiler =
        Compiler::new(&config).on_progress(move |progress| list.lock().unwrap().push(progress));
    compiler.compile_to_bytes(GUEST).unwrap();
    let seen = seen.lock().unwrap();
    let counts: Vec<usize> = seen.iter().map(|progress| progress.functions).collect();
    assert_eq!(counts, [1, 2, 3, 4]);
    let last = seen.last().unwrap();
    assert_eq!((last.functions, last.bytes), (last.all_functions, last.all_bytes));
}

fn guests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wasm")
}

/// The dynamic linker and `readelf` accept what is written.
#[cfg(target_os = "linux")]
#[test]
fn shared_objects_are_what_they_say() {
    use std::ffi::{CStr, CString};
    let folder = folder();
    let out = folder.path().join("real.so");
    Compiler::new(&compiled_config()).compile_file(guests().join("hello-c.wasm"), &out).unwrap();
    let path = CString::new(out.to_str().unwrap()).unwrap();
    // SAFETY: the library has no code that runs on loading; symbols are read while it is loaded.
    unsafe {
        let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
        assert!(!library.is_null(), "{:?}", CStr::from_ptr(libc::dlerror()));
        let symbol = |name: &CStr| {
            let address = libc::dlsym(library, name.as_ptr());
            assert!(!address.is_null(), "{name:?}");
            address
        };
        let size = symbol(c"wasm.size").cast::<u32>().read() as usize;
        let code = std::slice::from_raw_parts(symbol(c"wasm.code").cast::<u8>(), size);
        assert!(code == fs::read(guests().join("hello-c.wasm")).unwrap(), "the module is inside");
        symbol(c"wasmspan.artifact");
        assert_eq!(libc::dlclose(library), 0);
    }
    let readelf = std::process::Command::new("readelf").arg("-aW").arg(&out).output();
    let Ok(readelf) = readelf else { return };
    assert!(readelf.status.success());
    let complaints = String::from_utf8_lossy(&readelf.stderr);
    assert!(complaints.is_empty(), "{complaints}");
    let text = String::from_utf8_lossy(&readelf.stdout);
    assert!(!text.to_lowercase().contains("warning"), "{text}");
}
