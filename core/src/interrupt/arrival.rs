//! A value that another thread brings, waited for under an interrupt.

use super::Interrupt;
use crate::error::{ErrCode, Error, Result};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The place where those who wait find the value.
#[derive(Debug)]
pub(crate) struct Arrival<T> {
    value: Mutex<Option<T>>,
    changed: Condvar,
}

impl<T> Default for Arrival<T> {
    fn default() -> Arrival<T> {
        Arrival { value: Mutex::new(None), changed: Condvar::new() }
    }
}

impl<T: Send + 'static> Arrival<T> {
    fn lock(&self) -> MutexGuard<'_, Option<T>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings the value.
    pub fn put(&self, value: T) {
        *self.lock() = Some(value);
        self.changed.notify_all();
    }

    /// Waits for the value and gives what `take` makes of it; `None` if it hasn't come by `end`. Visits of
    /// the thread go on meanwhile.
    ///
    /// # Errors
    ///
    /// `execution interrupted` as soon as the interrupt is requested.
    pub fn wait<R>(
        self: &Arc<Self>,
        interrupt: Option<&Interrupt>,
        end: Option<Instant>,
        take: impl Fn(&mut Option<T>) -> Option<R>,
    ) -> Result<Option<R>> {
        let _waker = interrupt.map(|interrupt| {
            let arrival = Arc::clone(self);
            interrupt.on_request_or_visit(Arc::new(move || {
                // Whoever looked before the request waits now.
                drop(arrival.lock());
                arrival.changed.notify_all();
            }))
        });
        let mut value = self.lock();
        loop {
            if let Some(taken) = take(&mut value) {
                return Ok(Some(taken));
            }
            if let Some(interrupt) = interrupt {
                drop(value);
                if interrupt.stops_wait() {
                    return Err(Error::new(ErrCode::Interrupted));
                }
                value = self.lock();
                if value.is_some() || interrupt.is_requested() {
                    continue;
                }
            }
            value = match end {
                None => self.changed.wait(value).unwrap_or_else(PoisonError::into_inner),
                Some(end) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Ok(None);
                    }
                    let waited = self.changed.wait_timeout(value, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}
