//! What instances and memories take of the machine's memory, of which Python's collector sees nothing.
//!
//! A program that forgets instances in cycles would fill the machine long before the collector finds
//! its few objects worth a look. So whenever twice as much is alive as after the last collection, there
//! is one.

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmspan::Instance;

/// So much may be alive without anybody looking.
const LEAST: usize = 64 << 20;
/// What an instance takes besides its memories: mappings, tables of pages, structures.
const INSTANCE: usize = 64 << 10;

/// What is alive, and how much may be before the next collection.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(LEAST);

/// What one object takes.
#[derive(Default)]
pub struct Weight(AtomicUsize);

impl Weight {
    /// Sets it.
    pub fn set(&self, bytes: usize) {
        let before = self.0.swap(bytes, Ordering::Relaxed);
        ALIVE.fetch_add(bytes, Ordering::Relaxed);
        ALIVE.fetch_sub(before, Ordering::Relaxed);
    }

    /// Sets it anew, if it was set.
    pub fn again(&self, bytes: usize) {
        if self.0.load(Ordering::Relaxed) > 0 {
            self.set(bytes);
        }
    }

    /// Sets it to what an instance takes.
    pub fn of_instance(&self, instance: &Instance) {
        self.set(instance.bytes() + INSTANCE);
    }

    /// The same, if it was set.
    pub fn of_instance_again(&self, instance: &Instance) {
        self.again(instance.bytes() + INSTANCE);
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        ALIVE.fetch_sub(*self.0.get_mut(), Ordering::Relaxed);
    }
}

/// Collects if much has been made; to be called before something is.
pub fn relieve(py: Python<'_>) -> PyResult<()> {
    if ALIVE.load(Ordering::Relaxed) <= MOST.load(Ordering::Relaxed) {
        return Ok(());
    }
    collect(py)
}

/// Collects.
#[cold]
fn collect(py: Python<'_>) -> PyResult<()> {
    // Others need not do the same meanwhile.
    MOST.store(usize::MAX, Ordering::Relaxed);
    let collected = py.import("gc").and_then(|gc| gc.call_method0("collect"));
    let alive = ALIVE.load(Ordering::Relaxed);
    MOST.store(LEAST.max(alive.saturating_mul(2)), Ordering::Relaxed);
    match collected {
        // At the end of the interpreter nothing can be imported.
        Err(failure) if !failure.is_instance_of::<PyImportError>(py) => Err(failure),
        _ => Ok(()),
    }
}

/// Makes something that takes memory; if there is none, once more after a collection.
pub fn make<T>(
    py: Python<'_>,
    mut make: impl FnMut() -> PyResult<wasmspan::Result<T>>,
) -> PyResult<wasmspan::Result<T>> {
    relieve(py)?;
    match make()? {
        Err(failure) if failure.is_out_of_memory() => {
            collect(py)?;
            make()
        }
        made => Ok(made),
    }
}
