//! Replays the commands of `tests/cli/*.case` and compares output and exit status.
//!
//! A case is a text file: a line `$ command words`, optionally a line `< file` for standard input, a
//! line `exit N`, then the sections `--- stdout` and `--- stderr` (a section may say `--- stdout from
//! FILE` instead of its text). Commands run in `tests/wasm`. In output, times of log lines become
//! `TIME`, that folder `DIR`, and the escape character `\e`. With `WASMSPAN_BLESS=1` the files are
//! rewritten with what came out.
#![cfg(all(feature = "cli", unix))]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

fn tests_dir() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    tests.canonicalize().expect("the repository has a folder of tests")
}

fn binary(name: &str) -> &'static str {
    match name {
        "wasmedge" => env!("CARGO_BIN_EXE_wasmedge"),
        "wasmedgec" => env!("CARGO_BIN_EXE_wasmedgec"),
        "wasmspan" => env!("CARGO_BIN_EXE_wasmspan"),
        other => panic!("no command is called {other}"),
    }
}

/// A cache folder for all cases of one test run.
fn cache_home() -> &'static Path {
    static HOME: OnceLock<tempfile::TempDir> = OnceLock::new();
    HOME.get_or_init(|| tempfile::tempdir().expect("a folder")).path()
}

/// The head of a case: everything above the sections.
struct Case {
    command: String,
    input: Option<String>,
    /// Where standard output is compared with a file.
    stdout_from: Option<String>,
}

fn read_case(text: &str) -> Case {
    let line = |mark: &str| {
        text.lines().find_map(|line| line.strip_prefix(mark)).map(|rest| rest.trim().to_string())
    };
    Case {
        command: line("$ ").expect("a case has a command"),
        input: line("< "),
        stdout_from: line("--- stdout from "),
    }
}

fn run(case: &Case, dir: &Path) -> Output {
    let mut words = case.command.split_whitespace();
    let name = words.next().expect("a command has a name");
    let stdin = match &case.input {
        Some(file) => fs::File::open(dir.join(file)).expect("input exists").into(),
        None => Stdio::null(),
    };
    let mut command = Command::new(binary(name));
    command.arg0(name).args(words).current_dir(dir).stdin(stdin);
    command.env_clear().env("TZ", "UTC").env("SECRET", "not for guests");
    command.env("XDG_CACHE_HOME", cache_home());
    command.output().expect("the command starts")
}

/// Output without what differs between machines and runs.
fn normal(bytes: &[u8], dir: &Path) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.replace(dir.to_str().expect("UTF-8"), "DIR").replace('\x1b', "\\e");
    let lines = text.split_inclusive('\n').map(|line| match line.split_once("] [") {
        Some((time, rest)) if is_time(time) => format!("[TIME] [{}", without_measures(rest)),
        _ => line.to_string(),
    });
    lines.collect()
}

/// A line of statistics without what was measured: nanoseconds and the rate.
fn without_measures(line: &str) -> String {
    let measured = ["execution time: ", "Instructions per second: "];
    let Some(at) = measured.iter().find_map(|text| line.find(text).map(|at| at + text.len()))
    else {
        return line.to_string();
    };
    let rest = line[at..].trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{}N{rest}", &line[..at])
}

/// Whether this is `[YYYY-MM-DD HH:MM:SS.mmm`.
fn is_time(text: &str) -> bool {
    let form = "[0000-00-00 00:00:00.000";
    text.len() == form.len()
        && text.chars().zip(form.chars()).all(|(c, f)| c == f || (f == '0' && c.is_ascii_digit()))
}

/// The whole file as it should be, given what happened.
fn written(case: &Case, output: &Output, dir: &Path) -> String {
    let mut text = format!("$ {}\n", case.command);
    if let Some(input) = &case.input {
        let _ = writeln!(text, "< {input}");
    }
    let status = output.status.code().map_or_else(|| "by signal".into(), |code| code.to_string());
    let _ = writeln!(text, "exit {status}");
    let stdout = normal(&output.stdout, dir);
    match &case.stdout_from {
        Some(file) if fs::read(dir.join(file)).expect("the file exists") == output.stdout => {
            let _ = writeln!(text, "--- stdout from {file}");
        }
        _ => {
            let _ = write!(text, "--- stdout\n{}", with_newline(stdout));
        }
    }
    let _ = write!(text, "--- stderr\n{}", with_newline(normal(&output.stderr, dir)));
    text
}

/// Text that ends with a line feed, and says so where it had none.
fn with_newline(text: String) -> String {
    if text.is_empty() || text.ends_with('\n') { text } else { text + "\\no newline\n" }
}

#[test]
fn commands_print_and_exit_as_recorded() {
    let tests = tests_dir();
    let dir = tests.join("wasm");
    let bless = std::env::var_os("WASMSPAN_BLESS").is_some();
    let mut files: Vec<PathBuf> = fs::read_dir(tests.join("cli"))
        .expect("the folder of cases exists")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "case"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there are no cases");
    let mut wrong = String::new();
    for file in files {
        let wanted = fs::read_to_string(&file).expect("readable text");
        let case = read_case(&wanted);
        let got = written(&case, &run(&case, &dir), &dir);
        if got == wanted {
            continue;
        }
        if bless {
            fs::write(&file, got).expect("writable");
        } else {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let _ = write!(wrong, "\n=== {name}: wanted\n{wanted}\n=== {name}: got\n{got}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_reader_that_goes_away_does_not_kill_the_runtime() {
    // The guest sees an error from its write, and ends by itself.
    let dir = tests_dir().join("wasm");
    let mut child = Command::new(binary("wasmedge"))
        .arg("hello-c.wasm")
        .current_dir(&dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let status = child.wait().expect("ends");
    assert!(status.code().is_some(), "no signal ended it: {status}");
}

#[test]
fn commands_end_quietly_when_their_reader_goes_away() {
    for words in [
        "wasmspan inspect sqlite-cli.wasm",
        "wasmspan inspect --json sqlite-cli.wasm",
        "wasmspan validate hello-c.wasm",
        "wasmspan run --invoke fib fibonacci.wasm 3",
        "wasmspan --help",
        "wasmspan cache dir",
        "wasmedge --help",
        "wasmedge --reactor fibonacci.wasm fib 3",
        "wasmedgec --help",
    ] {
        let mut words = words.split(' ');
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = Command::new(binary(words.next().expect("a name")))
            .args(words.clone())
            .current_dir(tests_dir().join("wasm"))
            .env("XDG_CACHE_HOME", cache_home())
            .stdin(Stdio::null())
            .stdout(writer)
            .output()
            .expect("starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*said), (Some(141), ""), "{words:?}");
    }
}

/// Runs a line of the shell in which `$NAME` are the commands.
fn shell(line: &str, cache: &Path) -> Output {
    let mut command = Command::new("sh");
    for name in ["wasmedge", "wasmedgec", "wasmspan"] {
        command.env(name, binary(name));
    }
    command.args(["-c", line]).current_dir(tests_dir().join("wasm")).stdin(Stdio::null());
    command.env("XDG_CACHE_HOME", cache).output().expect("starts")
}

#[test]
fn modules_come_from_pipes() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    let pipe = pipe.to_str().expect("UTF-8");
    let from_pipe = |line: &str| {
        let line = format!(
            "mkfifo {pipe} && (cat hello-c.wasm > {pipe} &) && {line}; s=$?; rm {pipe}; exit $s"
        );
        let output = shell(&line, cache_home());
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let run = "hello from C\narg 1: x\nGREETING=(unset)\n";
    assert_eq!(from_pipe(&format!("$wasmedge {pipe} x")), run);
    assert_eq!(from_pipe(&format!("$wasmspan run {pipe} x")), run);
    assert!(from_pipe(&format!("$wasmspan validate {pipe}")).ends_with("valid\n"));
    assert!(from_pipe(&format!("$wasmspan inspect {pipe}")).contains("\nsize 30364 bytes,"));
    let compiled = folder.path().join("compiled.wasm");
    from_pipe(&format!("$wasmedgec {pipe} {}", compiled.display()));
    assert!(fs::metadata(compiled).is_ok_and(|compiled| compiled.len() > 30_364));
    let output = shell("cat hello-c.wasm | $wasmedge /dev/stdin x", cache_home());
    assert_eq!(String::from_utf8_lossy(&output.stdout), run);
    let output = shell("$wasmedge /dev/zero", cache_home());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("this is neither a regular file nor a pipe"), "{said}");
}

#[test]
fn a_limit_of_file_sizes_switches_the_cache_off_and_is_an_error_for_guests() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("cache");
    let below = |path: &Path| -> Vec<String> {
        let entries = fs::read_dir(path).expect("there").map(|entry| entry.expect("readable"));
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    // In blocks of 512 bytes; with one of them the key of the cache can be written.
    for (blocks, left) in [(0, &[][..]), (1, &["key".to_string()][..])] {
        for run in ["$wasmedge", "$wasmspan run"] {
            let output = shell(&format!("ulimit -f {blocks}; {run} hello-c.wasm"), &cache);
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{run}: {output:?}");
            assert!(output.stdout.starts_with(b"hello from C\n"), "{output:?}");
            assert!(said.contains("compiled code is not kept on disk"), "{said}");
            assert_eq!(below(&cache.join("wasmspan")), left, "{run}");
        }
    }
    let files = folder.path().join("files");
    fs::create_dir(&files).expect("made");
    let place = files.display();
    for run in ["$wasmedge", "$wasmspan run"] {
        let line = format!("ulimit -f 1; {run} --dir /:{place} ../cli/guests/fill-file.wat");
        let output = shell(&line, &cache);
        assert_eq!(output.status.code(), Some(22), "EFBIG: {output:?}");
        fs::remove_file(files.join("f")).expect("made by the guest");
    }
    let output = shell(&format!("ulimit -f 1; $wasmedgec hello-c.wasm {place}/out.wasm"), &cache);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("the file can't be written: File too large"), "{said}");
    assert_eq!(below(&files), [""; 0]);
}

#[test]
fn a_time_limit_wakes_a_guest_that_waits_for_input() {
    let mut child = Command::new(binary("wasmedge"))
        .args(["--time-limit", "100", "lua-cli.wasm"])
        .current_dir(tests_dir().join("wasm"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    // The input stays open, so that only the limit can end the wait.
    let input = child.stdin.take();
    let output = child.wait_with_output().expect("ends");
    drop(input);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("execution interrupted, Code: 0x07"), "{text}");
}

#[test]
fn compiled_programs_print_what_the_programs_print() {
    let wasm = tests_dir().join("wasm");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |program: &Path, args: &[&str], input: Option<&str>| {
        let stdin = match input {
            Some(file) => fs::File::open(wasm.join(file)).expect("input exists").into(),
            None => Stdio::null(),
        };
        let mut command = Command::new(binary("wasmedge"));
        command.arg("--no-cache").arg(program).args(args).current_dir(&wasm).stdin(stdin);
        let output = command.output().expect("starts");
        (output.status.code(), output.stdout, output.stderr)
    };
    for (program, args, input) in [
        ("hello-c.wasm", &["3"][..], None),
        ("hello-rust.wasm", &[], None),
        ("lua-cli.wasm", &[], Some("input/words.lua")),
        ("sqlite-cli.wasm", &[], Some("input/orders.sql")),
    ] {
        let wanted = run(&wasm.join(program), args, input);
        assert!(!wanted.1.is_empty(), "{program} prints something");
        for form in ["wasm", "so"] {
            let compiled = folder.path().join(program).with_extension(form);
            let status = Command::new(binary("wasmedgec"))
                .arg(wasm.join(program))
                .arg(&compiled)
                .stdout(Stdio::null())
                .status()
                .expect("starts");
            assert!(status.success());
            assert!(run(&compiled, args, input) == wanted, "{program} as {form}");
        }
    }
}
