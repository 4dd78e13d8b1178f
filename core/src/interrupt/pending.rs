//! Work that goes on elsewhere when those who wait for it are stopped.

use super::Interrupt;
use super::arrival::Arrival;
use crate::error::{ErrCode, Error, Result};
use crate::log::guarded;
use std::sync::Arc;

/// The result of work on another thread, for any number of threads that wait for it.
#[derive(Debug)]
pub(crate) struct Pending<T>(Arc<Arrival<Result<T>>>);

impl<T: Clone + Send + 'static> Pending<T> {
    /// Starts `work` on a thread with this much stack.
    ///
    /// # Errors
    ///
    /// If the system grants no thread.
    pub fn start(
        stack: usize,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<Arc<Pending<T>>> {
        let pending = Arc::new(Pending(Arc::default()));
        let arrival = Arc::clone(&pending.0);
        let thread = std::thread::Builder::new().name("wasmspan-compile".into()).stack_size(stack);
        let spawned = thread.spawn(move || arrival.put(guarded(work)));
        spawned.map(|_| pending).map_err(|error| {
            Error::with_detail(ErrCode::RuntimeError, format!("no thread to compile: {error}"))
        })
    }

    /// What the work gave. Visits of the thread go on meanwhile.
    ///
    /// # Errors
    ///
    /// That of the work; `execution interrupted` as soon as the interrupt is requested.
    pub fn wait(&self, interrupt: Option<&Interrupt>) -> Result<T> {
        let result = self.0.wait(interrupt, None, |result| result.clone())?;
        result.expect("nothing ends the wait before")
    }
}
