//! Processes that end while guests run: at once, with their own code, and without a word.

use crate::build::{C, Release, libraries, program, root};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The code with which the programs end.
const CODE: i32 = 7;
/// Starting and ending together, on a machine that does other things too.
const AT_ONCE: Duration = Duration::from_secs(10);

fn ends(program: &Path, args: &[&str]) {
    let begin = Instant::now();
    let mut command = Command::new("timeout");
    command.args(["-s", "KILL", "60"]).arg(program).args(args);
    // A pipe that nobody writes to, for guests that read.
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("timeout is there");
    let input = child.stdin.take();
    let output = child.wait_with_output().expect("the program ends");
    drop(input);
    let texts = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert_eq!(output.status.code(), Some(CODE), "{args:?}: {:?} {texts:?}", output.status);
    assert_eq!(texts, ["", ""], "{args:?}");
    assert!(begin.elapsed() < AT_ONCE, "{args:?} took {:?}", begin.elapsed());
}

fn endings() -> std::path::PathBuf {
    let source = root().join("tests/c/endings.c");
    program(&source, C[0], Release::V0_11, &["-Wno-pedantic"])
}

#[test]
fn programs_end_while_guests_run() {
    let program = endings();
    for what in [
        "spin",
        "calls",
        "waits",
        "notify",
        "sleep",
        "read",
        "compile",
        "pool",
        "async",
        "asyncsleep",
    ] {
        for how in ["exit", "return", "pthread_exit"] {
            ends(&program, &[what, how]);
        }
    }
}

#[test]
fn programs_end_in_every_way() {
    let program = endings();
    for what in ["calls", "sleep", "async"] {
        for how in ["quick_exit", "host", "atexit", "delete", "dlclose"] {
            ends(&program, &[what, how]);
        }
    }
}

#[test]
fn forked_children_end() {
    let program = endings();
    for what in ["spin", "calls", "sleep", "compile", "async"] {
        for how in ["fork", "forkuse"] {
            ends(&program, &[what, how]);
        }
    }
}

#[test]
fn a_library_that_is_closed_stays_while_its_guests_run() {
    let source = root().join("tests/c/unload.c");
    let program = program(&source, C[0], Release::V0_11, &["-Wno-pedantic", "-ldl"]);
    for name in ["libwasmedge.so", "libwasmedge_c.so"] {
        let library = libraries().join(name);
        ends(&program, &[library.to_str().expect("a path of UTF-8")]);
    }
}
