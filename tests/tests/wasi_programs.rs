//! Small C programs over the C library print the same natively and as guests, over directories of
//! the host, over memory and over an overlay.

use std::fs;
use std::path::Path;
use std::process;
use wasmspan::wasi::MemoryFs;
use wasmspan::{Command, Module};
use wasmspan_tests::wasi_guest::Folder;

/// Builds the program for this machine.
fn native(folder: &Path) -> std::path::PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("wasm/src/libc-cases.c");
    let program = folder.join("libc-cases");
    let status = process::Command::new("gcc")
        .args(["-O1", "-w", "-D_GNU_SOURCE", "-o"])
        .args([&program, &source])
        .arg("-lm")
        .status();
    assert!(status.expect("gcc is there").success());
    program
}

#[test]
fn programs_of_the_c_library_print_the_same_as_natively() {
    let folder = Folder::new("programs");
    let program = native(folder.path());
    let wasm = Path::new(env!("CARGO_MANIFEST_DIR")).join("wasm/libc-cases.wasm");
    let module = Module::new(fs::read(wasm).unwrap()).unwrap();
    let count = process::Command::new(&program).output().unwrap().stdout;
    let count: usize = String::from_utf8(count).unwrap().trim().parse().unwrap();
    assert!(count >= 40, "{count} programs");
    let mut different = Vec::new();
    for number in 0..count {
        let [one, two, below] = ["native", "guest", "below"].map(|name| {
            let path = folder.path().join(format!("{name}-{number}"));
            fs::create_dir(&path).unwrap();
            path
        });
        let text = number.to_string();
        let ran = process::Command::new(&program).arg(&text).arg(&one).output().unwrap();
        let command = Command::new(&module).args(["libc-cases", &text, "/work"]);
        let overlay = MemoryFs::over(&below).unwrap();
        for (kind, command) in [
            ("host", command.clone().preopen(&two, "/work")),
            ("memory", command.clone().mount(&MemoryFs::new(), "/work")),
            ("overlay", command.clone().mount(&overlay, "/work")),
        ] {
            let finished = command.run().unwrap();
            let code = finished.exit_code().map(u32::cast_signed);
            if finished.stdout != ran.stdout || code != ran.status.code() {
                let [ours, theirs] =
                    [&finished.stdout, &ran.stdout].map(|bytes| String::from_utf8_lossy(bytes));
                let ending = &finished.ending;
                different.push(format!("{number} on {kind}: {ours:?} {ending:?}, not {theirs:?}"));
            }
        }
        assert_eq!(fs::read_dir(&below).unwrap().count(), 0, "the overlay wrote below");
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}
