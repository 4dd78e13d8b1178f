//! Modules run as processes: what goes in, what comes out, and every way to end.

use std::fs;
use std::time::{Duration, Instant};
use wasmspan::command::{Command, Ending};
use wasmspan::limits::DEFAULT_OUTPUT_BYTES;
use wasmspan::wasi::{Denials, Input, MemoryFs, Output, OutputBuffer};
use wasmspan::{ErrCode, Func, Instance, Module, Store};
use wasmspan_tests::wasi_guest::Folder;

fn guest(name: &str) -> Module {
    let path = format!("{}/wasm/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    Module::new(fs::read(path).unwrap()).unwrap()
}

fn text(wat: &str) -> Command {
    Command::new(&Module::new(wat).unwrap())
}

#[test]
fn a_command_imports_from_a_store() {
    let env = Instance::host("env");
    env.define("half", Func::wrap(|n: i32| n / 2).unwrap()).unwrap();
    // A module of this name is the run's own, whatever the store has.
    let wasi = Instance::host("wasi_snapshot_preview1");
    let store = Store::new();
    store.register("wasi_snapshot_preview1", &wasi).unwrap();
    let command = text(
        r#"(module (import "env" "half" (func $half (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (call $exit (call $half (i32.const 84)))))"#,
    );
    assert_eq!(command.run().unwrap_err().code(), ErrCode::UnknownImport);
    let command = command.imports(&store);
    assert_eq!(command.run().unwrap_err().code(), ErrCode::UnknownImport);
    store.register("env", &env).unwrap();
    for _ in 0..2 {
        assert_eq!(command.run().unwrap().exit_code(), Some(42));
    }
}

#[test]
fn an_image_goes_through_a_pipe_unharmed() {
    let (width, height) = (640_usize, 480);
    let pixels: Vec<u8> = (0..width * height * 3).map(|at| (at * 31 + at / 256) as u8).collect();
    let image = [format!("P6 {width} {height} 255\n").as_bytes(), &pixels].concat();
    let inverted: Vec<u8> = pixels.iter().map(|byte| 255 - byte).collect();
    let expected = [format!("P6 {width} {height} 255\n").as_bytes(), &inverted].concat();
    let command = Command::new(&guest("invert")).arg("invert");

    let finished = command.clone().stdin(Input::Bytes(image.clone())).run().unwrap();
    assert_eq!(finished.exit_code(), Some(0), "{:?}", finished.ending);
    assert!(finished.stdout == expected, "the bytes differ");
    assert_eq!(finished.stderr, b"640 by 480\n");
    assert!(finished.usage.memory_pages > 0 && finished.usage.wall > Duration::ZERO);

    // The same through functions, files and a pipe.
    let mut left = std::io::Cursor::new(image.clone());
    let stdin = Input::reader(move |room| std::io::Read::read(&mut left, room));
    let (sent, received) = std::sync::mpsc::channel();
    let stdout = Output::writer(move |bytes| {
        sent.send(bytes.to_vec()).unwrap();
        Ok(bytes.len())
    });
    assert!(command.clone().stdin(stdin).stdout(stdout).run().unwrap().success());
    drop(command.clone());
    assert!(received.try_iter().flatten().collect::<Vec<u8>>() == expected);

    let folder = Folder::new("command-image");
    let (from, to) = (folder.path().join("in"), folder.path().join("out"));
    fs::write(&from, &image).unwrap();
    let stdin = Input::File(fs::File::open(&from).unwrap().into());
    let stdout = Output::File(fs::File::create(&to).unwrap().into());
    assert!(command.clone().stdin(stdin).stdout(stdout).run().unwrap().success());
    assert!(fs::read(&to).unwrap() == expected);

    let (reader, mut writer) = std::io::pipe().unwrap();
    let stdin = Input::File(fs::File::from(std::os::fd::OwnedFd::from(reader)).into());
    let finished = std::thread::scope(|scope| {
        scope.spawn(move || std::io::Write::write_all(&mut writer, &image).unwrap());
        command.clone().stdin(stdin).run().unwrap()
    });
    assert!(finished.stdout == expected);

    let finished = command.stdin(Input::Null).run().unwrap();
    assert_eq!((finished.exit_code(), finished.stderr), (Some(3), b"not an image\n".to_vec()));
}

#[test]
fn output_stops_at_its_limit() {
    let image = [&b"P6 100 100 255\n"[..], &[0; 30_000]].concat();
    let command = Command::new(&guest("invert")).stdin(Input::Bytes(image)).output_limit(1000);
    let finished = command.run().unwrap();
    assert_eq!((finished.stdout.len(), finished.truncated), (1000, true));
    assert_eq!(finished.exit_code(), Some(5));
    let buffer = OutputBuffer::with_limit(1000);
    let finished = command.stdout(Output::Buffer(buffer.clone())).run().unwrap();
    assert_eq!((buffer.contents().len(), finished.truncated), (1000, true));
    assert!(!text("(module (func (export \"_start\")))").run().unwrap().truncated);
}

#[test]
fn output_stops_at_the_limit_that_the_documents_state() {
    assert_eq!(DEFAULT_OUTPUT_BYTES, 64 << 20);
    let writes = |more: u32| {
        text(&format!(
            r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 17)
            (func (export "_start") (local $left i32)
                (local.set $left (i32.const 64))
                (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 0x100000))
                (loop
                    (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
                    (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
                (i32.store (i32.const 4) (i32.const {more}))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#
        ))
    };
    for more in [0, 1] {
        let finished = writes(more).run().unwrap();
        assert_eq!((finished.exit_code(), finished.stdout.len()), (Some(0), DEFAULT_OUTPUT_BYTES));
        assert_eq!((finished.truncated, finished.success()), (more > 0, more == 0));
    }
}

#[test]
fn every_way_to_end_is_told() {
    let finished = text("(module (func (export \"_start\") unreachable))").run().unwrap();
    assert!(matches!(&finished.ending, Ending::Failed(e) if e.code() == ErrCode::Unreachable));
    assert_eq!((finished.exit_code(), finished.success()), (None, false));

    let endless = text("(module (func (export \"_start\") (loop (br 0))))");
    let start = Instant::now();
    let stopped = endless.clone().timeout(Duration::from_millis(50)).run().unwrap();
    assert!(matches!(stopped.ending, Ending::TimedOut), "{:?}", stopped.ending);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(stopped.usage.cpu > Duration::ZERO);

    let finished = std::thread::scope(|scope| {
        let interrupt = endless.interrupt().clone();
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            interrupt.interrupt();
        });
        endless.run().unwrap()
    });
    assert!(matches!(finished.ending, Ending::Interrupted), "{:?}", finished.ending);

    // A limit that was not needed leaves nothing behind.
    let quick = text("(module (func (export \"_start\")))").timeout(Duration::from_secs(1));
    for _ in 0..200 {
        assert!(quick.run().unwrap().success());
    }

    // What does not start is an error.
    for (wat, code) in [
        ("(module)", ErrCode::FuncNotFound),
        ("(module (func (export \"_start\") (param i32)))", ErrCode::FuncNotFound),
        ("(module (import \"a\" \"b\" (func)) (func (export \"_start\")))", ErrCode::UnknownImport),
    ] {
        assert_eq!(text(wat).run().unwrap_err().code(), code, "{wat}");
    }
    assert!(Command::from_file("no/such/file.wasm").run().is_err());
    assert!(text("(module)").preopen("/no/such/directory", "/").run().is_err());
}

#[test]
fn memory_has_a_limit_and_is_counted() {
    let grow = text(
        "(module (memory (export \"memory\") 1)
            (func (export \"_start\")
                (drop (memory.grow (i32.const 9)))
                (drop (memory.grow (i32.const 10)))))",
    );
    assert_eq!(grow.run().unwrap().usage.memory_pages, 20);
    assert_eq!(grow.clone().max_memory_pages(15).run().unwrap().usage.memory_pages, 10);
    assert_eq!(grow.max_memory_pages(10).run().unwrap().usage.memory_pages, 10);
}

#[test]
fn files_in_memory_last_from_run_to_run() {
    let files = MemoryFs::new();
    let command = Command::new(&guest("files")).args(["files", "/data"]).mount(&files, "/data");
    for _ in 0..2 {
        let finished = command.run().unwrap();
        let printed = String::from_utf8(finished.stdout.clone()).unwrap();
        assert_eq!((printed.as_str(), finished.exit_code()), ("all is well\n", Some(0)));
    }
    // Runs side by side, each with files of its own.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let own = Command::new(&guest("files")).args(["files", "/data"]);
            let own = own.mount(&MemoryFs::new(), "/data");
            scope.spawn(move || assert!(own.run().unwrap().success()));
        }
    });
}

#[test]
fn what_was_refused_is_told_with_the_option_that_gives_it() {
    let folder = Folder::new("command-denied");
    fs::write(folder.guest().join("f"), "x").unwrap();
    let denials = Denials::new();
    let run = |at: &str, wasi: &dyn Fn(Command) -> Command| {
        let command = Command::new(&guest("files")).args(["files", at]);
        wasi(command.record_denials(&denials).wasi(|wasi| wasi.list_preopens())).run().unwrap()
    };
    // Nothing is given; the program asks for a file in a directory of its own choice.
    assert!(!run("/elsewhere/deep", &|command| command).success());
    // What is given may only be read.
    let read_only = |command: Command| command.preopen_read_only(folder.guest(), "/data");
    assert!(!run("/data", &read_only).success());
    let told: Vec<String> = denials.entries().iter().map(ToString::to_string).collect();
    let has = |parts: &[&str]| told.iter().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(has(&["path_open", "elsewhere/deep/a.txt", "--dir /elsewhere/deep:HOST"]), "{told:?}");
    assert!(has(&["path_open", "a.txt", "\"/data\" is read-only", "--dir /data:HOST"]), "{told:?}");
}

#[test]
fn runs_repeat_exactly_with_clocks_and_random_numbers_of_the_host() {
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get"
            (func $clock (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write"
            (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\40\00\00\00\24\00\00\00")
        (func (export "_start")
            (drop (call $random (i32.const 64) (i32.const 20)))
            (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 84)))
            (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 92)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;
    let plain = || text(wat).run().unwrap().stdout;
    assert_ne!(plain(), plain());
    let with = |seed| {
        let command = text(wat)
            .wasi(|wasi| wasi.random_seed(seed).realtime_clock(|| 7).monotonic_clock(|| 9));
        command.run().unwrap().stdout
    };
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
    assert_eq!(with(1)[20..], [7, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
    let same = text(wat).wasi(|wasi| wasi.random_source(|into| into.fill(5))).run().unwrap();
    assert_eq!(same.stdout[..20], [5; 20]);
}

#[test]
fn a_database_stays_in_its_file() {
    let folder = Folder::new("command-database");
    let files = MemoryFs::new();
    let places: [&dyn Fn(Command) -> Command; 2] =
        [&|command| command.preopen(folder.guest(), "/data"), &|command| {
            command.mount(&files, "/data")
        }];
    let module = guest("sqlite-cli");
    for place in places {
        let run = |sql: &str| {
            let command = Command::new(&module).args(["sqlite-cli", "/data/shop.db"]);
            let finished = place(command.stdin(Input::Bytes(sql.into()))).run().unwrap();
            assert!(finished.success(), "{finished:?}");
            String::from_utf8(finished.stdout).unwrap()
        };
        let numbers =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)";
        run(&format!("CREATE TABLE t(i, v); {numbers} INSERT INTO t SELECT i, i * i FROM n;"));
        run(
            "BEGIN; DELETE FROM t; ROLLBACK; CREATE INDEX of_t ON t(v); DELETE FROM t WHERE i = 1;",
        );
        // What was begun and not ended is undone, by the next run if need be.
        run("BEGIN; DELETE FROM t;");
        let asked = "SELECT count(*), sum(v) FROM t; SELECT i FROM t WHERE v = 1764; PRAGMA integrity_check;";
        assert_eq!(run(asked), "1999|2668666999\n42\nok\n");
    }
    let head = fs::read(folder.guest().join("shop.db")).unwrap();
    assert!(head.starts_with(b"SQLite format 3\0"));
    assert_eq!(fs::read_dir(folder.guest()).unwrap().count(), 1, "no journal and no lock is left");
}

#[test]
fn functions_behind_streams_end_the_run() {
    let source = r#"(module
        (import "wasi_snapshot_preview1" "fd_write"
            (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 8) "\10\00\00\00\02\00\00\00")
        (func (export "write") (result i32)
            (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0))))"#;
    let module = Module::new(source).unwrap();
    let instance = |output: Output| {
        let wasi = wasmspan::Wasi::builder().stdout(output).build().unwrap();
        let store = wasmspan::Store::new();
        store.register("wasi_snapshot_preview1", wasi.instance()).unwrap();
        module.instantiate(&store).unwrap()
    };
    // An error of the system is the guest's, one of this crate the host's.
    let full = instance(Output::writer(|_| Err(std::io::ErrorKind::StorageFull.into())));
    assert_eq!(full.call("write", &[]).unwrap()[0].i32().unwrap(), 51);
    let failing =
        instance(Output::writer(|_| Err(std::io::Error::other(wasmspan::Error::user(7)))));
    assert_eq!(failing.call("write", &[]).unwrap_err().number(), 7);
    let panicking = instance(Output::writer(|_| panic!("oh no")));
    for _ in 0..2 {
        assert!(panicking.call("write", &[]).unwrap_err().is_panic());
    }

    // A function that comes back to itself would wait for ever.
    let again = std::sync::Arc::new(std::sync::OnceLock::<wasmspan::Instance>::new());
    let inner = again.clone();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let notes = seen.clone();
    let made = instance(Output::writer(move |bytes| {
        let number = inner.get().unwrap().call("write", &[]).unwrap()[0].i32().unwrap();
        notes.lock().unwrap().push(number);
        Ok(bytes.len())
    }));
    again.set(made).ok().unwrap();
    let first = again.get().unwrap().call("write", &[]).unwrap()[0].i32().unwrap();
    assert_eq!((first, &seen.lock().unwrap()[..]), (0, &[16][..]));
}
