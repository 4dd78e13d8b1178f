//! Names this build of the engine: compiled files of another build are not loaded.
//!
//! The name is a hash of everything that decides what generated code looks like: the sources of
//! this crate and, where they are known, the exact versions of its dependencies.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    for place in ["src", "Cargo.toml", "Cargo.lock", "../Cargo.lock"] {
        let place = root.join(place);
        if place.exists() {
            println!("cargo:rerun-if-changed={}", place.display());
            collect(&place, &mut files);
        }
    }
    files.sort();
    let mut hash = Hash::default();
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file);
        hash.add(name.to_string_lossy().as_bytes());
        hash.add(&fs::read(file).unwrap_or_default());
    }
    let version = std::env::var("CARGO_PKG_VERSION").expect("cargo sets it");
    println!("cargo:rustc-env=WASMSPAN_BUILD={version}+{:016x}", hash.0);
}

fn collect(place: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(place) else {
        files.push(place.to_path_buf());
        return;
    };
    for entry in entries.flatten() {
        collect(&entry.path(), files);
    }
}

/// FNV-1a: accidents are told apart, nobody attacks their own build.
struct Hash(u64);

impl Default for Hash {
    fn default() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    fn add(&mut self, bytes: &[u8]) {
        let len = (bytes.len() as u64).to_le_bytes();
        for byte in len.iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
