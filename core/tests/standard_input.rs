//! Guests that wait for the standard input of the process.
#![cfg(all(feature = "cli", unix))]

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Waits until standard input is ready or ten seconds are over; ends with the event's type, plus ten
/// if the other side has closed, plus a hundred times the bytes that are there. `read` reads at once.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff"
        (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "\01")
    (data (i32.const 64) "\01")
    (data (i32.const 72) "\00\e4\0b\54\02")
    (data (i32.const 512) "\00\04\00\00\10\00\00\00")
    (func (export "_start")
        (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 2) (i32.const 200)))
        (call $exit (i32.add
            (i32.load8_u (i32.const 110))
            (i32.add
                (i32.mul (i32.const 10) (i32.load8_u (i32.const 124)))
                (i32.mul (i32.const 100) (i32.load8_u (i32.const 116)))))))
    (func (export "read") (result i32)
        (drop (call $read (i32.const 0) (i32.const 512) (i32.const 1) (i32.const 600)))
        (i32.load (i32.const 600))))"#;

struct Guest {
    file: std::path::PathBuf,
    child: Child,
}

impl Guest {
    fn start(name: &str, before: &[&str], after: &[&str]) -> Guest {
        let file = format!("wasmspan-stdin-{name}-{}.wat", std::process::id());
        let file = std::env::temp_dir().join(file);
        std::fs::write(&file, GUEST).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmedge"));
        command.args(before).arg(&file).args(after);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        Guest { file, child: child.expect("the command starts") }
    }

    fn status(&mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }

    fn output(&mut self) -> String {
        let mut text = String::new();
        self.child.stdout.take().expect("a pipe").read_to_string(&mut text).expect("text");
        text
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.file);
    }
}

#[test]
fn a_poll_sees_input_and_its_end() {
    let mut guest = Guest::start("poll", &[], &[]);
    std::thread::sleep(Duration::from_millis(200));
    assert!(guest.child.try_wait().expect("a child").is_none(), "nothing is there yet");
    let mut stdin = guest.child.stdin.take().expect("a pipe");
    stdin.write_all(b"xy").expect("room");
    assert_eq!(guest.status(), Some(201));
    let mut guest = Guest::start("end", &[], &[]);
    drop(guest.child.stdin.take());
    assert_eq!(guest.status(), Some(11));
}

#[test]
fn a_time_limit_ends_a_read() {
    let began = Instant::now();
    let limited = ["--time-limit", "300", "--reactor"];
    let mut guest = Guest::start("limit", &limited, &["read"]);
    // Kept open: waiting for a child closes what it has left.
    let _stdin = guest.child.stdin.take();
    assert_eq!(guest.status(), Some(1));
    assert!(guest.output().contains("execution interrupted"));
    assert!(began.elapsed() < Duration::from_secs(8));
    let mut guest = Guest::start("read", &["--time-limit", "20000", "--reactor"], &["read"]);
    let mut stdin = guest.child.stdin.take().expect("a pipe");
    std::thread::sleep(Duration::from_millis(100));
    stdin.write_all(b"abc").expect("room");
    drop(stdin);
    assert_eq!(guest.status(), Some(0));
    assert_eq!(guest.output(), "3\n");
}
