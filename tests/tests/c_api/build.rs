//! The built libraries, and programs built against them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};

/// A release of the interface: the library that serves it and the headers that declare it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Release {
    V0_10,
    V0_11,
}

impl Release {
    pub fn library(self) -> &'static str {
        match self {
            Release::V0_10 => "wasmedge_c",
            Release::V0_11 => "wasmedge",
        }
    }

    pub fn include(self) -> PathBuf {
        let include = root().join("bindings-c/include");
        match self {
            Release::V0_10 => include.join("wasmedge-0.10"),
            Release::V0_11 => include,
        }
    }
}

/// A compiler and the language it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Compiler {
    pub command: &'static str,
    pub standard: &'static str,
}

pub const C: [Compiler; 2] = [
    Compiler { command: "gcc", standard: "-std=c11" },
    Compiler { command: "clang-19", standard: "-std=c99" },
];
pub const CXX: [Compiler; 2] = [
    Compiler { command: "g++", standard: "-std=c++17" },
    Compiler { command: "clang++-19", standard: "-std=c++17" },
];

/// Whether a command is installed. gcc is required; the others are used where they are.
pub fn installed(command: &str) -> bool {
    Command::new(command).arg("--version").output().is_ok()
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The folder with the libraries under all names that programs know.
pub fn libraries() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // They are dependencies of the tests, so they are built and lie beside them.
        let mut target = std::env::current_exe().unwrap();
        target.pop();
        let lib = scratch("lib");
        for (file, name) in [
            ("libwasmedge.so", "libwasmedge.so"),
            ("libwasmedge.so", "libwasmedge.so.0"),
            ("libwasmedge.a", "libwasmedge.a"),
            ("libwasmedge_c.so", "libwasmedge_c.so"),
        ] {
            let link = lib.join(name);
            let _ = std::fs::remove_file(&link);
            std::os::unix::fs::symlink(target.join(file), link).unwrap();
        }
        lib
    })
}

/// A folder for the tests' own files.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c_api").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Compiles and links a program; its name tells source, compiler and release apart.
pub fn program(source: &Path, compiler: Compiler, release: Release, flags: &[&str]) -> PathBuf {
    /// What this process has built, so that tests that share a program don't build it under each
    /// other.
    static BUILT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let lib = libraries();
    let name = format!(
        "{}-{}-{:?}",
        source.file_stem().and_then(OsStr::to_str).unwrap(),
        compiler.command,
        release
    );
    let output = scratch("bin").join(name);
    let mut built = BUILT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if built.contains(&output) {
        return output;
    }
    let language = if compiler.command.contains("++") { "c++" } else { "c" };
    let run = Command::new(compiler.command)
        .args([compiler.standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-O1"])
        .args(flags)
        .arg("-I")
        .arg(release.include())
        .arg("-I")
        .arg(root().join("tests/c"))
        .args(["-x", language])
        .arg(source)
        .arg("-o")
        .arg(&output)
        .arg("-L")
        .arg(lib)
        .arg(format!("-l{}", release.library()))
        // Also where LD_LIBRARY_PATH, which cargo sets, leads to libraries that were left in `target`.
        .args(["-Wl,--disable-new-dtags", &format!("-Wl,-rpath,{}", lib.display())])
        .arg("-lpthread")
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{} does not compile with {compiler:?} for {release:?}:\n{}",
        source.display(),
        String::from_utf8_lossy(&run.stderr)
    );
    built.insert(output.clone());
    output
}

/// Runs a program in `folder`; one that never ends fails.
pub fn run(program: &Path, args: &[&str], folder: &Path) -> Output {
    let mut command = Command::new("timeout");
    command.arg("1800").arg(program).args(args).current_dir(folder).output().unwrap()
}

/// Standard output, without the times of log lines.
pub fn text(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    let without_time = |line: &str| match line.strip_prefix("[20") {
        Some(rest) => rest.split_once("] ").map_or(line, |(_, rest)| rest).to_string(),
        None => line.to_string(),
    };
    text.lines().map(|line| without_time(line) + "\n").collect()
}
