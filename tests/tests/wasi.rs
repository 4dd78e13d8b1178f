//! WASI preview 1 as a guest sees it.

use std::time::{Duration, Instant};
use wasmspan::wasi::{Input, Output, OutputBuffer, WasiBuilder};
use wasmspan::{ErrCode, ExternKind, Instance, Interrupt, Module, Store, Val, Wasi};

/// Name, parameters and results of every function; `i` is `i32`, `I` is `i64`.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    ("args_get", "ii", "i"),
    ("args_sizes_get", "ii", "i"),
    ("clock_res_get", "ii", "i"),
    ("clock_time_get", "iIi", "i"),
    ("environ_get", "ii", "i"),
    ("environ_sizes_get", "ii", "i"),
    ("fd_advise", "iIIi", "i"),
    ("fd_allocate", "iII", "i"),
    ("fd_close", "i", "i"),
    ("fd_datasync", "i", "i"),
    ("fd_fdstat_get", "ii", "i"),
    ("fd_fdstat_set_flags", "ii", "i"),
    ("fd_fdstat_set_rights", "iII", "i"),
    ("fd_filestat_get", "ii", "i"),
    ("fd_filestat_set_size", "iI", "i"),
    ("fd_filestat_set_times", "iIIi", "i"),
    ("fd_pread", "iiiIi", "i"),
    ("fd_prestat_dir_name", "iii", "i"),
    ("fd_prestat_get", "ii", "i"),
    ("fd_pwrite", "iiiIi", "i"),
    ("fd_read", "iiii", "i"),
    ("fd_readdir", "iiiIi", "i"),
    ("fd_renumber", "ii", "i"),
    ("fd_seek", "iIii", "i"),
    ("fd_sync", "i", "i"),
    ("fd_tell", "ii", "i"),
    ("fd_write", "iiii", "i"),
    ("path_create_directory", "iii", "i"),
    ("path_filestat_get", "iiiii", "i"),
    ("path_filestat_set_times", "iiiiIIi", "i"),
    ("path_link", "iiiiiii", "i"),
    ("path_open", "iiiiiIIii", "i"),
    ("path_readlink", "iiiiii", "i"),
    ("path_remove_directory", "iii", "i"),
    ("path_rename", "iiiiii", "i"),
    ("path_symlink", "iiiii", "i"),
    ("path_unlink_file", "iii", "i"),
    ("poll_oneoff", "iiii", "i"),
    ("proc_exit", "i", ""),
    ("proc_raise", "i", "i"),
    ("random_get", "ii", "i"),
    ("sched_yield", "", "i"),
    ("sock_accept", "iii", "i"),
    ("sock_recv", "iiiiii", "i"),
    ("sock_send", "iiiii", "i"),
    ("sock_shutdown", "ii", "i"),
];

const FAULT: i32 = 21;
const INVAL: i32 = 28;
const BADF: i32 = 8;

/// A module that imports every function and exports each under its own name again, with a wrapper
/// so that its memory is the caller's; one page of memory.
fn guest(settings: WasiBuilder) -> (Wasi, Instance) {
    let types = |letters: &str, word: &str| {
        if letters.is_empty() {
            return String::new();
        }
        let list: Vec<&str> =
            letters.chars().map(|c| if c == 'i' { "i32" } else { "i64" }).collect();
        format!("({word} {})", list.join(" "))
    };
    let (mut imports, mut wrappers) = (String::new(), String::new());
    for (name, params, results) in FUNCTIONS {
        let ty = format!("{} {}", types(params, "param"), types(results, "result"));
        imports += &format!("(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} {ty}))\n");
        let gets: String = (0..params.len()).map(|i| format!("(local.get {i})")).collect();
        wrappers += &format!("(func (export \"{name}\") {ty} (call ${name} {gets}))\n");
    }
    let text = format!("(module {imports} (memory (export \"memory\") 1) {wrappers})");
    let wasi = settings.build().unwrap();
    let store = Store::new();
    store.register("wasi_snapshot_preview1", wasi.instance()).unwrap();
    let instance = Module::new(text).unwrap().instantiate(&store).unwrap();
    (wasi, instance)
}

/// Calls a function with numbers of the right types; gives its error number.
fn call(instance: &Instance, name: &str, params: &[i64]) -> i32 {
    let ty = instance.func_type(name).unwrap();
    let params: Vec<Val> = params
        .iter()
        .zip(ty.params())
        .map(|(value, ty)| match ty {
            wasmspan::ValType::I32 => Val::I32(*value as i32),
            _ => Val::I64(*value),
        })
        .collect();
    instance.call(name, &params).unwrap()[0].i32().unwrap()
}

fn bytes(instance: &Instance, at: usize, len: usize) -> Vec<u8> {
    instance.get_memory("memory").unwrap().read_vec(at, len).unwrap()
}

fn word(instance: &Instance, at: usize) -> u32 {
    instance.get_memory("memory").unwrap().read_value(at).unwrap()
}

fn put(instance: &Instance, at: usize, bytes: &[u8]) {
    instance.get_memory("memory").unwrap().write(at, bytes).unwrap();
}

fn put_words(instance: &Instance, at: usize, words: &[u32]) {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    put(instance, at, &bytes);
}

#[test]
fn every_function_exists_with_its_type_and_no_other() {
    let (wasi, _) = guest(Wasi::builder());
    assert_eq!(FUNCTIONS.len(), 46);
    let names = wasi.instance().export_names().into_iter().map(|(name, _)| name);
    let other: Vec<String> =
        names.filter(|name| !FUNCTIONS.iter().any(|(known, _, _)| known == name)).collect();
    // WasmEdge's own.
    let own = [
        "epoll_oneoff",
        "sock_accept_v2",
        "sock_bind",
        "sock_bind_v2",
        "sock_connect",
        "sock_connect_v2",
        "sock_getaddrinfo",
        "sock_getlocaladdr",
        "sock_getlocaladdr_v2",
        "sock_getpeeraddr",
        "sock_getpeeraddr_v2",
        "sock_getsockopt",
        "sock_listen",
        "sock_listen_v2",
        "sock_open",
        "sock_open_v2",
        "sock_recv_from",
        "sock_recv_from_v2",
        "sock_recv_v2",
        "sock_send_to",
        "sock_send_to_v2",
        "sock_send_v2",
        "sock_setsockopt",
    ];
    assert_eq!(other, own);
    assert!(wasi.instance().export_names().iter().all(|(_, kind)| *kind == ExternKind::Func));
}

#[test]
fn a_guest_gets_nothing_it_was_not_given() {
    let (_, guest) = guest(Wasi::builder());
    for name in ["args_sizes_get", "environ_sizes_get"] {
        put_words(&guest, 0, &[7, 7]);
        assert_eq!(call(&guest, name, &[0, 4]), 0);
        assert_eq!((word(&guest, 0), word(&guest, 4)), (0, 0));
    }
    assert_eq!(call(&guest, "fd_prestat_get", &[3, 0]), BADF);
}

#[test]
fn arguments_and_variables_are_lists_of_strings() {
    let settings = Wasi::builder().args(["a", "", "ccc"]).env("N", "1").env("M", "").env("N", "2");
    let (_, guest) = guest(settings);
    assert_eq!(call(&guest, "args_sizes_get", &[0, 4]), 0);
    assert_eq!((word(&guest, 0), word(&guest, 4)), (3, 7));
    assert_eq!(call(&guest, "args_get", &[16, 100]), 0);
    assert_eq!(bytes(&guest, 100, 7), b"a\0\0ccc\0");
    assert_eq!([16, 20, 24].map(|at| word(&guest, at)), [100, 102, 103]);
    assert_eq!(call(&guest, "environ_sizes_get", &[0, 4]), 0);
    assert_eq!((word(&guest, 0), word(&guest, 4)), (2, 7));
    assert_eq!(call(&guest, "environ_get", &[16, 100]), 0);
    assert_eq!(bytes(&guest, 100, 7), b"N=2\0M=\0");
}

#[test]
fn strings_that_guests_could_not_read_are_refused() {
    for settings in [
        Wasi::builder().arg("a\0b"),
        Wasi::builder().env("N", "a\0"),
        Wasi::builder().env("N=", "a"),
    ] {
        assert!(settings.build().is_err());
    }
}

#[test]
fn bad_pointers_are_faults() {
    let settings = || Wasi::builder().arg("a").env("N", "1").stdin(Input::Bytes(b"x".to_vec()));
    let (_, guest) = guest(settings().stdout(Output::Null));
    let end = 65536;
    let cases: &[(&str, &[i64])] = &[
        ("args_get", &[end - 3, 0]),
        ("args_get", &[0, end - 1]),
        ("args_sizes_get", &[end - 3, 0]),
        ("args_sizes_get", &[0, -1]),
        ("environ_get", &[0, end]),
        ("environ_sizes_get", &[0, end]),
        ("clock_res_get", &[0, end - 7]),
        ("clock_time_get", &[0, 0, -4]),
        ("random_get", &[end - 3, 4]),
        ("random_get", &[0, -1]),
        ("fd_fdstat_get", &[0, end - 23]),
        ("fd_read", &[0, end - 7, 1, 0]),
        ("fd_write", &[1, 0, 1, end - 3]),
        ("fd_write", &[1, end - 8 * 1024 + 1, 1024, 0]),
        ("poll_oneoff", &[end - 47, 0, 1, 0]),
        ("poll_oneoff", &[0, end - 31, 1, 0]),
        ("poll_oneoff", &[0, 0, 1, end]),
        ("poll_oneoff", &[0, 0, 60000, 0]),
    ];
    for (name, params) in cases {
        assert_eq!(call(&guest, name, params), FAULT, "{name} {params:?}");
    }
    // A piece out of bounds: nothing is written or read, not even of the good one before it.
    let out = OutputBuffer::with_limit(100);
    let (_, guest) = self::guest(settings().stdout(Output::Buffer(out.clone())));
    put_words(&guest, 0, &[100, 4, 65535, 2]);
    assert_eq!(call(&guest, "fd_write", &[1, 0, 2, 32]), FAULT);
    assert!(out.contents().is_empty());
    assert_eq!(call(&guest, "fd_read", &[0, 0, 2, 32]), FAULT);
    assert_eq!(bytes(&guest, 100, 1), [0]);
    put_words(&guest, 0, &[0xFFFF_FFFF, 0xFFFF_FFFF]);
    assert_eq!(call(&guest, "fd_write", &[1, 0, 1, 32]), FAULT);
}

#[test]
fn a_caller_without_memory_gets_faults() {
    let wasi = Wasi::builder().build().unwrap();
    let store = Store::new();
    store.register("wasi_snapshot_preview1", wasi.instance()).unwrap();
    let text = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $f (param i32 i32) (result i32)))
        (func (export "f") (result i32) (call $f (i32.const 0) (i32.const 0))))"#;
    let instance = Module::new(text).unwrap().instantiate(&store).unwrap();
    assert_eq!(instance.call("f", &[]).unwrap()[0].i32(), Some(FAULT));
    let direct = wasi.instance().call("random_get", &[Val::I32(0), Val::I32(0)]).unwrap();
    assert_eq!(direct[0].i32(), Some(FAULT));
}

#[test]
fn output_is_gathered_up_to_the_limit() {
    let (out, err) = (OutputBuffer::with_limit(8), OutputBuffer::with_limit(100));
    let settings =
        Wasi::builder().stdout(Output::Buffer(out.clone())).stderr(Output::Buffer(err.clone()));
    let (_, guest) = guest(settings);
    put(&guest, 100, b"abcdef");
    put_words(&guest, 0, &[100, 4, 0, 0, 104, 2]);
    assert_eq!(call(&guest, "fd_write", &[1, 0, 3, 32]), 0);
    assert_eq!(word(&guest, 32), 6);
    assert_eq!(call(&guest, "fd_write", &[2, 0, 1, 32]), 0);
    assert_eq!(call(&guest, "fd_write", &[1, 0, 3, 32]), 0);
    assert_eq!(word(&guest, 32), 2, "what fits");
    assert_eq!(call(&guest, "fd_write", &[1, 0, 3, 32]), 51, "no space left");
    assert_eq!(call(&guest, "fd_write", &[1, 0, 0, 32]), 0, "nothing always fits");
    assert_eq!(out.contents(), b"abcdefab");
    assert_eq!(err.contents(), b"abcd");
}

#[test]
fn input_is_scattered_and_ends() {
    let (_, guest) = guest(Wasi::builder().stdin(Input::Bytes(b"12345".to_vec())));
    put_words(&guest, 0, &[100, 2, 200, 8]);
    assert_eq!(call(&guest, "fd_read", &[0, 0, 2, 32]), 0);
    assert_eq!(word(&guest, 32), 5);
    assert_eq!((bytes(&guest, 100, 3), bytes(&guest, 200, 4)), (b"12\0".into(), b"345\0".into()));
    assert_eq!(call(&guest, "fd_read", &[0, 0, 2, 32]), 0);
    assert_eq!(word(&guest, 32), 0);
}

#[test]
fn the_number_of_pieces_is_limited() {
    let (_, guest) = guest(Wasi::builder().stdout(Output::Null).stdin(Input::Null));
    for (name, fd) in [("fd_write", 1), ("fd_read", 0)] {
        assert_eq!(call(&guest, name, &[fd, 0, 1024, 32000]), 0);
        assert_eq!(call(&guest, name, &[fd, 0, 1025, 32000]), INVAL);
        assert_eq!(call(&guest, name, &[fd, 0, -1, 32000]), INVAL);
    }
}

#[test]
fn descriptors_have_directions_and_can_be_closed() {
    let (_, guest) = guest(Wasi::builder().stdout(Output::Null).stdin(Input::Null));
    assert_eq!(call(&guest, "fd_write", &[0, 0, 0, 32]), BADF);
    assert_eq!(call(&guest, "fd_read", &[1, 0, 0, 32]), 0, "nothing is asked of the stream");
    put_words(&guest, 0, &[100, 1]);
    assert_eq!(call(&guest, "fd_read", &[1, 0, 1, 32]), BADF);
    assert_eq!(call(&guest, "fd_seek", &[1, 0, 0, 32]), 70);
    assert_eq!(call(&guest, "fd_seek", &[1, 0, 3, 32]), INVAL);
    assert_eq!(call(&guest, "fd_seek", &[9, 0, 0, 32]), BADF);
    assert_eq!(call(&guest, "fd_fdstat_get", &[1, 64]), 0);
    assert_eq!(u64::from(word(&guest, 72)) & (1 << 6 | 1 << 1), 1 << 6, "may be written only");
    assert_eq!(call(&guest, "fd_close", &[1]), 0);
    for name in ["fd_close", "fd_fdstat_get", "fd_write", "fd_seek"] {
        assert_eq!(call(&guest, name, &[1, 0, 0, 0]), BADF, "{name}");
    }
    assert_eq!(call(&guest, "fd_close", &[-1]), BADF);
}

#[test]
fn clocks_advance() {
    let (_, guest) = guest(Wasi::builder());
    for id in 0..4 {
        assert_eq!(call(&guest, "clock_res_get", &[id, 8]), 0);
        assert!(word(&guest, 8) > 0);
        assert_eq!(call(&guest, "clock_time_get", &[id, 0, 16]), 0);
        let first: u64 = guest.get_memory("memory").unwrap().read_value(16).unwrap();
        assert_eq!(call(&guest, "clock_time_get", &[id, 0, 16]), 0);
        let second: u64 = guest.get_memory("memory").unwrap().read_value(16).unwrap();
        assert!(0 < first && first <= second, "clock {id}");
    }
    assert_eq!(call(&guest, "clock_time_get", &[4, 0, 16]), INVAL);
    assert_eq!(call(&guest, "clock_res_get", &[-1, 16]), INVAL);
}

#[test]
fn random_bytes_fill_exactly_what_was_asked() {
    let (_, guest) = guest(Wasi::builder());
    assert_eq!(call(&guest, "random_get", &[16, 32]), 0);
    assert_ne!(bytes(&guest, 16, 32), [0; 32]);
    assert_eq!((word(&guest, 12), word(&guest, 48)), (0, 0));
    assert_eq!(call(&guest, "random_get", &[0, 65536]), 0);
    assert_eq!(call(&guest, "random_get", &[65536, 0]), 0);
}

#[test]
fn an_exit_ends_the_run_and_leaves_its_code() {
    let (wasi, guest) = guest(Wasi::builder());
    let error = guest.call("proc_exit", &[Val::I32(300)]).unwrap_err();
    assert!(error.is_terminated());
    assert_eq!(wasi.exit_code(), 300);
    wasi.configure(Wasi::builder().arg("again")).unwrap();
    assert_eq!(wasi.exit_code(), 0);
    assert_eq!(call(&guest, "args_sizes_get", &[0, 4]), 0);
    assert_eq!(word(&guest, 0), 1, "the guest sees the new environment");
}

fn put_clock(instance: &Instance, at: usize, userdata: u64, id: u32, timeout: u64, absolute: u16) {
    put(instance, at, &[0; 48]);
    put(instance, at, &userdata.to_le_bytes());
    put(instance, at + 16, &id.to_le_bytes());
    put(instance, at + 24, &timeout.to_le_bytes());
    put(instance, at + 40, &absolute.to_le_bytes());
}

#[test]
fn polls_wait_for_the_first_clock() {
    let (_, guest) = guest(Wasi::builder());
    put_clock(&guest, 0, 11, 1, 10_000_000_000, 0);
    put_clock(&guest, 48, 22, 0, 30_000_000, 0);
    let began = Instant::now();
    assert_eq!(call(&guest, "poll_oneoff", &[0, 1024, 2, 512]), 0);
    assert!(began.elapsed() >= Duration::from_millis(29));
    assert_eq!((word(&guest, 512), word(&guest, 1024)), (1, 22));
    // A time that has passed is ready at once, and so is a mistake.
    put_clock(&guest, 0, 33, 0, 1, 1);
    put_clock(&guest, 48, 44, 9, 1, 0);
    assert_eq!(call(&guest, "poll_oneoff", &[0, 1024, 2, 512]), 0);
    assert_eq!(word(&guest, 512), 2);
    assert_eq!((word(&guest, 1024), word(&guest, 1032) & 0xFFFF), (33, 0));
    assert_eq!((word(&guest, 1056), word(&guest, 1064) & 0xFFFF), (44, INVAL as u32));
    assert_eq!(call(&guest, "poll_oneoff", &[0, 1024, 0, 512]), INVAL);
    assert_eq!(call(&guest, "poll_oneoff", &[0, 1024, -1, 512]), INVAL);
}

#[test]
fn a_sleeping_guest_can_be_interrupted() {
    let (_, guest) = guest(Wasi::builder());
    put_clock(&guest, 0, 0, 1, u64::MAX, 0);
    let interrupt = Interrupt::new();
    let began = Instant::now();
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(30));
            interrupt.interrupt();
        });
        let params = [0, 1024, 1, 512].map(Val::I32);
        interrupt.run(|| guest.call("poll_oneoff", &params)).unwrap_err()
    });
    assert_eq!(error.code(), ErrCode::Interrupted);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_signal_ends_the_guest_as_it_would_end_a_process() {
    let (wasi, guest) = guest(Wasi::builder());
    for ignored in [0, 13, 16, 17, 22, 27] {
        assert_eq!(call(&guest, "proc_raise", &[ignored]), 0, "{ignored}");
    }
    for stopping in 18..=21 {
        assert_eq!(call(&guest, "proc_raise", &[stopping]), 58, "{stopping}");
    }
    for unknown in [31, 255, 256, -1] {
        assert_eq!(call(&guest, "proc_raise", &[unknown]), INVAL, "{unknown}");
    }
    // Of the system's numbers, those of KILL, ABRT and XCPU are 9, 6 and 24.
    for (signal, code) in [(9, 137), (6, 134), (23, 152)] {
        let error = guest.call("proc_raise", &[Val::I32(signal)]).unwrap_err();
        assert!(error.is_terminated());
        assert_eq!(wasi.exit_code(), code);
    }
    assert_eq!(call(&guest, "sched_yield", &[]), 0);
}

#[test]
fn poll_lists_are_limited() {
    let (_, guest) = guest(Wasi::builder());
    let most = i64::from(wasmspan::limits::MAX_WASI_SUBSCRIPTIONS);
    let memory = guest.get_memory("memory").unwrap();
    memory.grow(127).unwrap();
    let events = most * 48;
    let done = events + most * 32;
    // Every one of them is a clock that has passed.
    let mut one = [0; 48];
    one[40] = 1;
    memory.write(0, &one.repeat(most as usize)).unwrap();
    assert_eq!(call(&guest, "poll_oneoff", &[0, events, most, done]), 0);
    assert_eq!(u64::from(word(&guest, done as usize)), most as u64);
    assert_eq!(call(&guest, "poll_oneoff", &[0, events, most + 1, done]), INVAL);
}

#[test]
fn streams_that_are_not_the_hosts_are_always_ready() {
    let settings = Wasi::builder().stdin(Input::Bytes(b"x".to_vec())).stdout(Output::Null);
    let (_, guest) = guest(settings.stderr(Output::Buffer(OutputBuffer::with_limit(1))));
    for (fd, tag, errno) in [(0, 1, 0), (1, 2, 0), (2, 2, 0), (0, 2, 76), (1, 1, 76), (7, 1, BADF)]
    {
        put(&guest, 0, &[0; 48]);
        put(&guest, 8, &[tag]);
        put_words(&guest, 16, &[fd]);
        // And a day.
        put_clock(&guest, 48, 9, 1, 86_400_000_000_000, 0);
        assert_eq!(call(&guest, "poll_oneoff", &[0, 1024, 2, 512]), 0);
        assert_eq!(word(&guest, 512), 1);
        assert_eq!(word(&guest, 1032) as i32, errno | i32::from(tag) << 16, "{fd} {tag}");
    }
}
