//! Guests that wait for pipes: they see what is ready, and a request to stop wakes them in every mode.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use wasmspan::wasi::Output;
use wasmspan::{ErrCode, Interrupt, Wasi};
use wasmspan_tests::wasi_guest::{Guest, Interface};

const AGAIN: i32 = 6;

const PIPES: Interface<'static> = (
    "wasi_snapshot_preview1",
    &[
        ("fd_close", "i"),
        ("fd_fdstat_set_flags", "ii"),
        ("fd_read", "iiii"),
        ("fd_write", "iiii"),
        ("path_open", "iiiiiIIii"),
        ("poll_oneoff", "iiii"),
    ],
);

/// A guest with a folder that holds a pipe with a name.
struct Piped {
    guest: Guest,
    folder: PathBuf,
}

impl Piped {
    fn new(name: &str) -> Piped {
        let folder = std::env::temp_dir().join(format!("wasmspan-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let made = std::process::Command::new("mkfifo").arg(folder.join("pipe")).status();
        assert!(made.expect("mkfifo runs").success());
        let settings = Wasi::builder().preopen(&folder, "/").stdout(Output::Null);
        Piped { guest: Guest::with(settings, PIPES), folder }
    }

    /// The guest's end; the other one is opened with it.
    fn open(&self, right: i64) -> i64 {
        self.guest.put(1000, b"pipe");
        self.guest.ok("path_open", &[3, 0, 1000, 4, 0, right | 1 << 3 | 1 << 27, 0, 0, 0]);
        self.guest.word(0).into()
    }

    fn host(&self) -> File {
        // Both ways, which neither waits nor ends.
        OpenOptions::new().read(true).write(true).open(self.folder.join("pipe")).expect("a pipe")
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

const READ: i64 = 1 << 1;
const WRITE: i64 = 1 << 6;

fn subscribe(guest: &Guest, at: i64, tag: u8, fd: i64) {
    guest.put(at, &[0; 48]);
    guest.put(at + 8, &[tag]);
    guest.put_words(at + 16, &[fd as u32]);
}

#[test]
fn a_pipe_is_read_when_something_comes() {
    let piped = Piped::new("pipe-read");
    let mut host = piped.host();
    let fd = piped.open(READ);
    let guest = &piped.guest;
    guest.put_words(64, &[2000, 100]);
    subscribe(guest, 128, 1, fd);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for text in ["polled", "read"] {
                std::thread::sleep(Duration::from_millis(20));
                host.write_all(text.as_bytes()).expect("room");
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        // Under an interrupt that nobody requests.
        Interrupt::new()
            .run(|| {
                guest.ok("poll_oneoff", &[128, 1024, 1, 512]);
                assert_eq!((guest.word(512), guest.word(1032), guest.word(1040)), (1, 1 << 16, 6));
                guest.ok("fd_read", &[fd, 64, 1, 0]);
                assert_eq!(guest.bytes(2000, guest.word(0) as usize), b"polled");
                guest.ok("fd_read", &[fd, 64, 1, 0]);
                assert_eq!(guest.bytes(2000, guest.word(0) as usize), b"read");
                guest.ok("fd_fdstat_set_flags", &[fd, 4]);
                assert_eq!(guest.call("fd_read", &[fd, 64, 1, 0]), AGAIN);
                Ok(())
            })
            .expect("nobody stops it");
    });
    drop(host);
    guest.ok("poll_oneoff", &[128, 1024, 1, 512]);
    assert_eq!(guest.word(1048) & 0xFFFF, 1, "the other side is gone");
    guest.ok("fd_read", &[fd, 64, 1, 0]);
    assert_eq!(guest.word(0), 0);
}

#[test]
fn a_full_pipe_is_not_ready() {
    let piped = Piped::new("pipe-full");
    let mut host = piped.host();
    let fd = piped.open(WRITE);
    let guest = &piped.guest;
    guest.ok("fd_fdstat_set_flags", &[fd, 4]);
    guest.put_words(64, &[0, 65536]);
    while guest.call("fd_write", &[fd, 64, 1, 0]) == 0 {}
    subscribe(guest, 128, 2, fd);
    // A clock of 10 ms beside it.
    guest.put(176, &[0; 48]);
    guest.put(176, &[7]);
    guest.put_words(176 + 16, &[1, 0, 10_000_000]);
    guest.ok("poll_oneoff", &[128, 1024, 2, 512]);
    assert_eq!((guest.word(512), guest.word(1024)), (1, 7));
    host.read_exact(&mut [0; 16384]).expect("it is full");
    guest.ok("poll_oneoff", &[128, 1024, 1, 512]);
    assert_eq!((guest.word(512), guest.word(1032)), (1, 2 << 16));
}

#[test]
fn waits_for_a_pipe_can_be_stopped() {
    let piped = Piped::new("pipe-stop");
    let _host = piped.host();
    let fd = piped.open(READ);
    let guest = &piped.guest;
    guest.put_words(64, &[2000, 100]);
    subscribe(guest, 128, 1, fd);
    for call in [("fd_read", vec![fd, 64, 1, 0]), ("poll_oneoff", vec![128, 1024, 1, 512])] {
        let interrupt = Interrupt::new();
        let requested = std::thread::scope(|scope| {
            let stopper = scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(30));
                let requested = Instant::now();
                interrupt.interrupt();
                requested
            });
            let error = interrupt.run(|| guest.try_call(call.0, &call.1)).expect_err("stopped");
            assert_eq!(error.code(), ErrCode::Interrupted);
            stopper.join().expect("no panic")
        });
        assert!(requested.elapsed() < Duration::from_millis(500), "{:?}", requested.elapsed());
    }
    // The thread's next wait is not disturbed.
    guest.put(176, &[0; 48]);
    guest.put_words(176 + 16, &[1, 0, 10_000_000]);
    let began = Instant::now();
    Interrupt::new()
        .run(|| {
            guest.ok("poll_oneoff", &[128, 1024, 2, 512]);
            Ok(())
        })
        .expect("nobody stops it");
    assert!(began.elapsed() >= Duration::from_millis(10));
}

#[test]
fn every_mode_wakes_what_waits() {
    use wasmspan_tests::support::{interrupt_modes, module};
    let text = r#"(module
        (import "wasi_snapshot_preview1" "poll_oneoff"
            (func $poll (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        ;; A monotonic clock, a century from now.
        (data (i32.const 16) "\01")
        (data (i32.const 24) "\00\00\00\00\00\00\00\2c")
        (func (export "sleep")
            (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))))"#;
    for config in interrupt_modes() {
        let wasi = Wasi::builder().build().expect("valid");
        let store = wasmspan::Store::new();
        store.register("wasi_snapshot_preview1", wasi.instance()).expect("a new name");
        let instance = module(&config, text).instantiate(&store).expect("its imports exist");
        let mut longest = Duration::ZERO;
        for _ in 0..20 {
            let interrupt = Interrupt::new();
            let took = std::thread::scope(|scope| {
                let stopper = scope.spawn(|| {
                    std::thread::sleep(Duration::from_millis(3));
                    let requested = Instant::now();
                    interrupt.interrupt();
                    requested
                });
                let error = interrupt.run(|| instance.call("sleep", &[])).expect_err("stopped");
                assert_eq!(error.code(), ErrCode::Interrupted);
                stopper.join().expect("no panic").elapsed()
            });
            longest = longest.max(took);
        }
        assert!(longest < Duration::from_millis(500), "{longest:?}");
    }
}

#[test]
fn deadlines_follow_the_clock_that_the_guest_sees() {
    let own = 1_000_000_000_000_u64;
    let settings = Wasi::builder().realtime_clock(move || own).monotonic_clock(move || own);
    let guest = Guest::with(settings, PIPES);
    let wait = |clock: u32, timeout: u64, absolute: u8| {
        guest.put(0, &[0; 48]);
        guest.put_words(16, &[clock]);
        guest.put(24, &timeout.to_le_bytes());
        guest.put(40, &[absolute]);
        let started = Instant::now();
        guest.ok("poll_oneoff", &[0, 100, 1, 200]);
        assert_eq!(guest.word(200), 1);
        started.elapsed()
    };
    let pause = Duration::from_millis(30);
    for clock in [0, 1] {
        // The clock stands still; the wait ends all the same, and not at once.
        for (timeout, absolute) in [(own + 30_000_000, 1), (30_000_000, 0)] {
            let took = wait(clock, timeout, absolute);
            assert!(took >= pause && took < pause * 100, "{clock} {absolute}: {took:?}");
        }
        assert!(wait(clock, own - 1, 1) < pause * 100, "it is over already");
    }
}
