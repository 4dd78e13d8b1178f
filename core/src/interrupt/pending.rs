//! Work that goes on elsewhere when those who wait for it are stopped.

use super::Interrupt;
use crate::error::{ErrCode, Error, Result};
use crate::log::guarded;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The result of work on another thread, for any number of threads that wait for it.
#[derive(Debug)]
pub(crate) struct Pending<T> {
    result: Mutex<Option<Result<T>>>,
    changed: Condvar,
}

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
        let pending = Arc::new(Pending { result: Mutex::new(None), changed: Condvar::new() });
        let own = Arc::clone(&pending);
        let thread = std::thread::Builder::new().name("wasmspan-compile".into()).stack_size(stack);
        let spawned = thread.spawn(move || {
            let result = guarded(work);
            *own.lock() = Some(result);
            own.changed.notify_all();
        });
        spawned.map(|_| pending).map_err(|error| {
            Error::with_detail(ErrCode::RuntimeError, format!("no thread to compile: {error}"))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Result<T>>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the work gave. Visits of the thread go on meanwhile.
    ///
    /// # Errors
    ///
    /// That of the work; `execution interrupted` as soon as the interrupt is requested.
    pub fn wait(self: &Arc<Self>, interrupt: Option<&Interrupt>) -> Result<T> {
        let bell = Arc::clone(self);
        let ring = move || {
            // Whoever looked before the request waits now.
            drop(bell.lock());
            bell.changed.notify_all();
        };
        let _bell = interrupt.map(|interrupt| interrupt.on_request_or_visit(Arc::new(ring)));
        let mut result = self.lock();
        loop {
            if let Some(known) = &*result {
                return known.clone();
            }
            if let Some(interrupt) = interrupt {
                drop(result);
                if interrupt.stops_wait() {
                    return Err(Error::new(ErrCode::Interrupted));
                }
                result = self.lock();
                if result.is_some() || interrupt.is_requested() {
                    continue;
                }
            }
            result = self.changed.wait(result).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
