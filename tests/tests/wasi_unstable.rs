//! `wasi_unstable`, whose layouts differ from preview 1's, over the same environment.

use std::fs;
use std::time::{Duration, Instant};
use wasmspan::config::HostRegistration;
use wasmspan::wasi::{Output, OutputBuffer};
use wasmspan::{Config, ErrCode, Module, Store, Vm, Wasi};
use wasmspan_tests::wasi_guest::{Guest, Interface};

const INVAL: i32 = 28;

const OLD: Interface<'static> = (
    "wasi_unstable",
    &[
        ("fd_close", "i"),
        ("fd_filestat_get", "ii"),
        ("fd_read", "iiii"),
        ("fd_seek", "iIii"),
        ("fd_tell", "ii"),
        ("fd_write", "iiii"),
        ("path_filestat_get", "iiiii"),
        ("path_open", "iiiiiIIii"),
        ("poll_oneoff", "iiii"),
        ("sock_shutdown", "ii"),
    ],
);

fn number(guest: &Guest, at: usize) -> u64 {
    guest.memory().read_value(at).expect("in bounds")
}

#[test]
fn it_has_the_functions_of_its_time() {
    let wasi = Wasi::builder().build().expect("valid");
    let old = wasi.unstable_instance().expect("room");
    assert_eq!(old.name(), "wasi_unstable");
    let names: Vec<String> = old.export_names().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 45);
    assert!(!names.iter().any(|name| name == "sock_accept" || name == "sock_open"));
    for name in &names {
        assert_eq!(old.func_type(name), wasi.instance().func_type(name), "{name}");
    }
}

#[test]
fn files_have_the_old_layouts() {
    let folder = std::env::temp_dir().join(format!("wasmspan-unstable-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("file"), "0123456789").expect("a file");
    fs::hard_link(folder.join("file"), folder.join("link")).expect("a link");
    let guest = Guest::with(Wasi::builder().preopen(&folder, "/"), OLD);
    guest.put(1000, b"file");
    guest.ok("path_open", &[3, 0, 1000, 4, 0, 0x1FFF_FFFF, 0, 0, 0]);
    let fd = i64::from(guest.word(0));
    // Current, end, start; not start, current, end.
    let seek = |offset: i64, whence: i64| {
        guest.ok("fd_seek", &[fd, offset, whence, 8]);
        number(&guest, 8)
    };
    assert_eq!(seek(4, 2), 4);
    assert_eq!(seek(3, 0), 7);
    assert_eq!(seek(-1, 1), 9);
    assert_eq!(guest.call("fd_seek", &[fd, 0, 3, 8]), INVAL);
    for (name, params) in
        [("fd_filestat_get", &[fd, 64][..]), ("path_filestat_get", &[3, 0, 1000, 4, 64])]
    {
        guest.put(64, &[0xFF; 64]);
        guest.ok(name, params);
        assert_eq!(guest.bytes(64 + 16, 4), [4, 0, 0, 0], "{name}: a file");
        assert_eq!((guest.word(64 + 20), number(&guest, 64 + 24)), (2, 10), "{name}");
        assert_ne!(number(&guest, 64 + 48), u64::MAX, "{name}: the time of the last change");
        assert_eq!(number(&guest, 64 + 56), u64::MAX, "{name}: nothing behind it");
    }
    guest.ok("fd_filestat_get", &[fd, 4 * 65536 - 56]);
    assert_eq!(guest.call("fd_filestat_get", &[fd, 4 * 65536 - 55]), 21);
    guest.ok("fd_close", &[fd]);
    assert_eq!(guest.call("fd_filestat_get", &[fd, 64]), 8);
    assert_eq!(guest.call("sock_shutdown", &[3, 1]), 57);
    drop(guest);
    fs::remove_dir_all(folder).expect("it exists");
}

#[test]
fn polls_have_the_old_layout() {
    let guest = Guest::with(Wasi::builder().stdout(Output::Null), OLD);
    let clock = |at: i64, userdata: u64, timeout: u64| {
        guest.put(at, &[0; 56]);
        guest.put(at, &userdata.to_le_bytes());
        guest.put(at + 16, &u64::MAX.to_le_bytes());
        guest.put_words(at + 24, &[1]);
        guest.put(at + 32, &timeout.to_le_bytes());
    };
    clock(0, 1, 60_000_000_000);
    clock(56, 2, 20_000_000);
    let began = Instant::now();
    guest.ok("poll_oneoff", &[0, 1024, 2, 512]);
    assert!(began.elapsed() >= Duration::from_millis(20));
    assert_eq!((guest.word(512), number(&guest, 1024), guest.word(1032)), (1, 2, 0));
    // Standard output, in the same place as ever.
    guest.put(56, &[0; 56]);
    guest.put(64, &[2]);
    guest.put_words(72, &[1]);
    guest.ok("poll_oneoff", &[0, 1024, 2, 512]);
    assert_eq!((guest.word(512), number(&guest, 1024), guest.word(1032)), (1, 0, 2 << 16));
    assert_eq!(guest.call("poll_oneoff", &[4 * 65536 - 55, 1024, 1, 512]), 21);
}

const HELLO: &str = r#"(module
    (import "wasi_unstable" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_unstable" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "\10\00\00\00\04\00\00\00")
    (data (i32.const 16) "old\n")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
        (call $exit (i32.const 7))))"#;

#[test]
fn a_vm_knows_the_old_name_when_it_is_needed() {
    let mut config = Config::wasmedge();
    config.host_registrations.add(HostRegistration::Wasi);
    let vm = Vm::new(&config).expect("a VM");
    let out = OutputBuffer::with_limit(100);
    let wasi = vm.wasi().expect("it is registered");
    wasi.configure(Wasi::builder().stdout(Output::Buffer(out.clone()))).expect("valid");
    assert_eq!(vm.store().names(), ["wasi_snapshot_preview1"]);
    for _ in 0..2 {
        vm.load_bytes(HELLO).expect("valid");
        vm.validate().expect("valid");
        vm.instantiate().expect("its imports exist");
        assert!(vm.execute("_start", &[]).expect_err("it exits").is_terminated());
    }
    assert_eq!((out.contents(), wasi.exit_code()), (b"old\nold\n".to_vec(), 7));
    assert_eq!(vm.store().names(), ["wasi_snapshot_preview1", "wasi_unstable"]);
    vm.cleanup();
    assert_eq!(vm.store().names(), ["wasi_snapshot_preview1", "wasi_unstable"]);
    vm.clear();
    assert_eq!(vm.store().names(), ["wasi_snapshot_preview1"]);
    vm.register_bytes("lib", HELLO).expect("its imports exist");
    // Without WASI there is none of either name.
    let vm = Vm::new(&Config::default()).expect("a VM");
    assert_eq!(
        vm.register_bytes("lib", HELLO).expect_err("no WASI").code(),
        ErrCode::UnknownImport
    );
    let error = Module::new(HELLO).expect("valid").instantiate(&Store::new());
    assert_eq!(error.expect_err("no WASI").code(), ErrCode::UnknownImport);
}
