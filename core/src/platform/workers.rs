//! Work that is shared among processors, in forked children too.
//!
//! rayon's own threads don't survive `fork`, and a child that gave them work would wait for ever. So a
//! child has a pool of its own.

use crate::error::{ErrCode, Error, Result};
use crate::limits::MAX_COMPILE_THREADS;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Runs work whose parallel parts go to this many threads; 0 means all processors.
///
/// # Errors
///
/// If the system grants no threads.
pub(crate) fn share<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T> {
    static FIRST: OnceLock<u32> = OnceLock::new();
    let process = std::process::id();
    match threads {
        0 if *FIRST.get_or_init(|| process) == process => Ok(work()),
        0 => Ok(of_child(process)?.install(work)),
        _ => Ok(pool(threads.min(MAX_COMPILE_THREADS))?.install(work)),
    }
}

/// The pool of a forked child.
fn of_child(process: u32) -> Result<&'static ThreadPool> {
    static POOLS: Mutex<Vec<(u32, &'static ThreadPool)>> = Mutex::new(Vec::new());
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, own)) = pools.iter().find(|(owner, _)| *owner == process) {
        return Ok(own);
    }
    let own: &'static ThreadPool = Box::leak(Box::new(pool(0)?));
    pools.push((process, own));
    Ok(own)
}

fn pool(threads: usize) -> Result<ThreadPool> {
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
        Error::with_detail(ErrCode::RuntimeError, format!("no compile threads: {error}"))
    })
}
