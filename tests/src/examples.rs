//! What the examples print in every language: `examples/output` has one text for each of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs the program of every example, which `program` finds by its name, and compares what it prints with the text.
pub fn check_all(program: impl Fn(&str) -> PathBuf) {
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("examples/output")).expect("the texts") {
        let file = entry.expect("a text").path();
        let wanted = std::fs::read_to_string(&file).expect("a text of UTF-8");
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name of UTF-8");
        let program = program(name);
        let got = match name {
            "server-deadline" => served(&program, &wanted),
            "demo" => without_times(&printed(&program)),
            _ => printed(&program),
        };
        assert_eq!(got, wanted, "{}", program.display());
        count += 1;
    }
    assert!(count > 10, "only {count} texts");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a program prints that runs at the root; one that never ends fails.
fn printed(program: &Path) -> String {
    let mut command = Command::new("timeout");
    let output = command.arg("300").arg(program).current_dir(root()).output();
    let output = output.expect("the program runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", program.display());
    String::from_utf8(output.stdout).expect("output of UTF-8")
}

/// The demonstration's lines without the language and the times.
fn without_times(lines: &str) -> String {
    let cut = |line: &str| {
        let (columns, verdict) = line.rsplit_once(" ms ").expect("a time");
        let columns = columns.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').trim_end();
        format!("{} {verdict}\n", columns.split_at(9).1)
    };
    lines.lines().map(cut).collect()
}

/// Starts a server that says on which port it listens, and asks for the path that begins each line of `wanted`; the lines
/// with what came.
fn served(program: &Path, wanted: &str) -> String {
    let mut server = Command::new(program)
        .args(["0", "1000"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let out = BufReader::new(server.stdout.take().expect("a pipe"));
    let said = out.lines().next().and_then(Result::ok).unwrap_or_default();
    let address = format!("127.0.0.1:{}", said.trim_start_matches("listening on "));
    let ask = |line: &str| -> std::io::Result<String> {
        let path = line.split(' ').next().unwrap_or_default();
        let mut client = TcpStream::connect(&address)?;
        write!(client, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        client.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        let text = answer.split_once("\r\n\r\n").map_or("", |(_, text)| text);
        Ok(format!("{path} {status} {text}"))
    };
    let got: std::io::Result<String> = wanted.lines().map(ask).collect();
    server.kill().expect("the server can be stopped");
    server.wait().expect("the server has ended");
    got.unwrap_or_else(|error| panic!("{}: {said}: {error}", program.display()))
}
