//! Cases kept as files: a `.wasm` and beside it a `.txt` that says what to call.
//!
//! Lines of the text that begin with `#` are remarks. The others are `seed N`, which makes the
//! values of imports, and `call F N`: call the exported function number F with parameters made
//! from N.

use super::{Call, Case};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder in which found cases are kept.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions")
}

/// Writes a case as `name.wasm` and `name.txt`.
///
/// # Errors
///
/// If a file cannot be written.
pub fn write(folder: &Path, name: &str, remark: &str, case: &Case) -> Result<PathBuf, String> {
    let mut text = String::new();
    for line in remark.lines() {
        text += &format!("# {line}\n");
    }
    text += &format!("seed {}\n", case.seed);
    for call in &case.calls {
        text += &format!("call {} {}\n", call.func, call.seed);
    }
    let path = folder.join(format!("{name}.wasm"));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, &case.wasm))
        .and_then(|()| fs::write(folder.join(format!("{name}.txt")), text))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// Reads the case whose module is this file.
///
/// # Errors
///
/// If a file is missing, or the text beside it is not understood.
pub fn read(wasm: &Path) -> Result<Case, String> {
    let told = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let note = wasm.with_extension("txt");
    let text = fs::read_to_string(&note).map_err(|error| told(&note, error))?;
    let bytes = fs::read(wasm).map_err(|error| told(wasm, error))?;
    let mut case = Case { wasm: bytes, calls: Vec::new(), seed: 0 };
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| {
            let word = words.get(at).copied().unwrap_or_default();
            word.parse().map_err(|_| format!("{}: not understood: {line}", note.display()))
        };
        match words.first() {
            None => {}
            Some(&"seed") => case.seed = number(1)?,
            Some(&"call") => {
                case.calls.push(Call { func: number(1)? as usize, seed: number(2)? });
            }
            Some(_) => return Err(format!("{}: not understood: {line}", note.display())),
        }
    }
    Ok(case)
}

/// The modules of all kept cases, sorted.
///
/// # Errors
///
/// If the folder cannot be read.
pub fn all() -> Result<Vec<PathBuf>, String> {
    let folder = folder();
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    paths.sort();
    Ok(paths)
}
