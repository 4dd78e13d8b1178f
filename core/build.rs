//! Names this build of the engine: compiled files of another build are not loaded.
//!
//! The name is a hash of everything that decides what generated code looks like: the sources of
//! this crate and, where they are known, the exact versions of the crates that generate code. All
//! packages that are made of one source have one name, although each has only a part of the
//! workspace's lock file, and cargo writes manifests anew where it packs them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut hash = Hash::default();
    let mut files = Vec::new();
    println!("cargo:rerun-if-changed={}", root.join("src").display());
    collect(&root.join("src"), &mut files);
    files.sort();
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file);
        hash.add(name.to_string_lossy().as_bytes());
        hash.add(&fs::read(file).unwrap_or_default());
    }
    // That of the workspace, or the one in a package of this crate alone.
    let locks = ["../Cargo.lock", "Cargo.lock"].map(|name| root.join(name));
    for lock in locks.iter().filter(|lock| lock.exists()) {
        println!("cargo:rerun-if-changed={}", lock.display());
    }
    let lock = locks.iter().find_map(|lock| fs::read_to_string(lock).ok());
    for package in generators(&lock.unwrap_or_default()) {
        hash.add(package.as_bytes());
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

/// Whether a crate has a part in generating code.
fn generates(name: &str) -> bool {
    name.starts_with("cranelift-") || ["regalloc2", "wasmparser"].contains(&name)
}

/// The crates below this one that generate code, with versions and checksums. Others of the same
/// names may be in the lock file, which tests and benchmarks use.
fn generators(lock: &str) -> Vec<String> {
    let mut packages: BTreeMap<&str, Vec<Package<'_>>> = BTreeMap::new();
    for text in lock.split("[[package]]").skip(1) {
        let package = Package::of(text);
        packages.entry(package.name).or_default().push(package);
    }
    let (mut found, mut todo) = (BTreeMap::new(), vec!["wasmspan"]);
    while let Some(dependency) = todo.pop() {
        // With a version where there are several.
        let mut words = dependency.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next());
        let of_name = packages.get(name).into_iter().flatten();
        for package in of_name.filter(|package| version.is_none_or(|own| own == package.version)) {
            let line = format!("{name} {} {}", package.version, package.checksum);
            if name == "wasmspan" || found.insert(line, ()).is_none() {
                let below = package.dependencies.iter();
                todo.extend(below.filter(|name| generates(name.split(' ').next().unwrap_or(name))));
            }
        }
    }
    found.into_keys().collect()
}

/// An entry of a lock file.
#[derive(Default)]
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    checksum: &'a str,
    dependencies: Vec<&'a str>,
}

impl<'a> Package<'a> {
    fn of(text: &'a str) -> Package<'a> {
        let mut package = Package::default();
        for line in text.lines() {
            match line.split_once(" = ") {
                Some(("name", name)) => package.name = name.trim_matches('"'),
                Some(("version", version)) => package.version = version.trim_matches('"'),
                Some(("checksum", checksum)) => package.checksum = checksum.trim_matches('"'),
                None if line.starts_with(" \"") => {
                    package.dependencies.push(line.trim_matches([' ', '"', ',']));
                }
                _ => {}
            }
        }
        package
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
