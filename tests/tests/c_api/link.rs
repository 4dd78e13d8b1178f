//! Linking with what `make dist` installs: by pkg-config and by CMake, from a clean folder, with the
//! prefix moved after the installation.

use crate::build::{installed, libraries, root, scratch};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// An installation that was moved to another place.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let (first, moved) = (scratch("link").join("first"), scratch("link").join("moved"));
        let _ = std::fs::remove_dir_all(&first);
        let _ = std::fs::remove_dir_all(&moved);
        succeeds(
            Command::new(root().join("bindings-c/pkg/install.sh")).arg(libraries()).arg(&first),
        );
        std::fs::rename(first, &moved).unwrap();
        moved
    })
}

/// Runs a command and gives what it printed.
fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}{errors}");
    out.into_owned()
}

/// A folder with nothing but a program and its module.
fn clean(name: &str) -> PathBuf {
    let folder = scratch("link").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(root().join("tests/c/examples/vm_run.c"), folder.join("main.c")).unwrap();
    std::fs::copy(root().join("tests/wasm/fibonacci.wasm"), folder.join("fibonacci.wasm")).unwrap();
    folder
}

fn works(program: &Path, folder: &Path) {
    let out = succeeds(
        Command::new(program).current_dir(folder).env("LD_LIBRARY_PATH", prefix().join("lib")),
    );
    assert_eq!(out, "Get the result: 8\n", "{}", program.display());
}

#[test]
fn by_pkg_config() {
    if !installed("pkg-config") {
        eprintln!("skipped: pkg-config is not installed");
        return;
    }
    for package in ["wasmedge", "wasmedge-static", "wasmedge_c"] {
        let folder = clean(package);
        let flags = succeeds(
            Command::new("pkg-config")
                .args(["--cflags", "--libs", package])
                .env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig")),
        );
        succeeds(
            Command::new("gcc")
                .arg("main.c")
                .args(flags.split_whitespace())
                .args(["-o", "main"])
                .current_dir(&folder),
        );
        works(&folder.join("main"), &folder);
        let needed = succeeds(Command::new("readelf").arg("-d").arg(folder.join("main")));
        let shared = needed.contains("libwasmedge");
        assert_eq!(shared, package != "wasmedge-static", "{needed}");
    }
}

/// The archive needs no more than `Libs.private` says, in programs with shared libraries and without.
#[test]
fn by_pkg_config_for_static_programs() {
    if !installed("pkg-config") {
        eprintln!("skipped: pkg-config is not installed");
        return;
    }
    for (package, options) in [
        ("wasmedge", &[][..]),
        ("wasmedge", &["-static"][..]),
        ("wasmedge", &["-static-pie"][..]),
        ("wasmedge-static", &["-static"][..]),
    ] {
        let folder = clean(&format!("{package}{}", options.concat()));
        let flags = succeeds(
            Command::new("pkg-config")
                .args(["--static", "--cflags", "--libs", package])
                .env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig")),
        );
        let flags = flags.replace("-lwasmedge ", "-l:libwasmedge.a ");
        succeeds(
            Command::new("gcc")
                .args(options)
                .arg("main.c")
                .args(flags.split_whitespace())
                .args(["-o", "main"])
                .current_dir(&folder),
        );
        works(&folder.join("main"), &folder);
        let needed = succeeds(Command::new("readelf").arg("-d").arg(folder.join("main")));
        assert_eq!(needed.contains("(NEEDED)"), options.is_empty(), "{needed}");
    }
}

#[test]
fn by_cmake() {
    if !installed("cmake") {
        eprintln!("skipped: cmake is not installed");
        return;
    }
    let folder = clean("cmake");
    let lists = "cmake_minimum_required(VERSION 3.16)\nproject(clean C)\n\
                 find_package(wasmedge CONFIG REQUIRED)\n\
                 foreach(target wasmedge static wasmedge_c)\n\
                 add_executable(with_${target} main.c)\n\
                 target_link_libraries(with_${target} wasmedge::${target})\nendforeach()\n";
    std::fs::write(folder.join("CMakeLists.txt"), lists).unwrap();
    succeeds(
        Command::new("cmake")
            .args(["-S", ".", "-B", "build"])
            .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix().display()))
            .current_dir(&folder),
    );
    succeeds(Command::new("cmake").args(["--build", "build"]).current_dir(&folder));
    for target in ["with_wasmedge", "with_static", "with_wasmedge_c"] {
        works(&folder.join("build").join(target), &folder);
    }
}

/// Nothing of Rust is visible, so the archive can stand beside another Rust library.
#[test]
fn archive_shows_only_the_interface() {
    let archive = prefix().join("lib/libwasmedge.a");
    let out = succeeds(Command::new("nm").args(["-g", "--defined-only"]).arg(archive));
    let mut count = 0;
    for symbol in out.lines().filter_map(|line| line.split_whitespace().nth(2)) {
        count += 1;
        assert!(symbol.starts_with("WasmEdge_") || symbol.starts_with("wasmspan_"), "{symbol}");
    }
    assert!(count > 229, "{count}");
}

/// Two archives with a Rust library of their own in each, in one program.
#[test]
fn archive_stands_beside_another_rust_library() {
    let folder = clean("beside");
    let other = "#[unsafe(no_mangle)]\npub extern \"C\" fn other(n: i32) -> i32 {\n    \
                 let sum = std::thread::spawn(move || (0..n).map(Box::new).map(|n| *n).sum());\n    \
                 sum.join().unwrap_or(-1)\n}\n";
    std::fs::write(folder.join("other.rs"), other).unwrap();
    let main = "#include <stdio.h>\n#include <wasmedge/wasmedge.h>\nint other(int n);\n\
                int main(void) {\n  WasmEdge_VMContext *vm = WasmEdge_VMCreate(NULL, NULL);\n  \
                printf(\"%d %d\\n\", vm != NULL, other(5));\n  WasmEdge_VMDelete(vm);\n}\n";
    std::fs::write(folder.join("main.c"), main).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    succeeds(
        Command::new(rustc)
            .args(["--edition", "2024", "-O", "--crate-type", "staticlib", "other.rs"])
            .current_dir(&folder),
    );
    let lib = prefix().join("lib");
    succeeds(
        Command::new("gcc")
            .args(["main.c", "-o", "main", "libother.a"])
            .arg(lib.join("libwasmedge.a"))
            .arg(format!("-I{}", prefix().join("include").display()))
            .args(["-lpthread", "-lm", "-ldl"])
            .current_dir(&folder),
    );
    assert_eq!(succeeds(&mut Command::new(folder.join("main"))), "1 10\n");
}
