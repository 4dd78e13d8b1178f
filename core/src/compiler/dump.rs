//! The intermediate code of a compilation as two text files, in the order of the functions.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Collects the texts of all functions.
pub(super) struct Dump(Mutex<Vec<(String, String)>>);

impl Dump {
    /// For a module that defines so many functions.
    pub fn new(functions: usize) -> Dump {
        Dump(Mutex::new(vec![Default::default(); functions]))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a function's code before and after optimisation; a function of two parts adds twice.
    pub fn add(&self, number: u32, before: String, after: String) {
        if let Some(texts) = self.lock().get_mut(number as usize) {
            texts.0.push_str(&before);
            texts.1.push_str(&after);
        }
    }

    /// Writes `wasm.clif` and `wasm-opt.clif` into a folder.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let (mut before, mut after) = (String::new(), String::new());
        for (unoptimised, optimised) in self.lock().iter() {
            before.push_str(unoptimised);
            before.push('\n');
            after.push_str(optimised);
            after.push('\n');
        }
        std::fs::write(folder.join("wasm.clif"), before)?;
        std::fs::write(folder.join("wasm-opt.clif"), after)
    }
}
