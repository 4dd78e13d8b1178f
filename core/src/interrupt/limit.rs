//! Stopping a run when its time is over.

use super::Interrupt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Interrupts a run when its time is over, unless it is dropped before.
pub(crate) struct TimeLimit {
    /// Its end tells the thread that the run has ended.
    running: mpsc::Sender<()>,
    expired: Arc<AtomicBool>,
}

impl TimeLimit {
    /// # Errors
    ///
    /// If no thread can be started.
    pub(crate) fn start(interrupt: &Interrupt, time: Duration) -> Result<TimeLimit, String> {
        let (running, ended) = mpsc::channel::<()>();
        let (interrupt, expired) = (interrupt.clone(), Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&expired);
        let wait = move || {
            if let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(time) {
                flag.store(true, Ordering::SeqCst);
                interrupt.interrupt();
            }
        };
        std::thread::Builder::new()
            .name("wasmspan-time-limit".into())
            .spawn(wait)
            .map_err(|error| format!("no thread for the time limit: {error}"))?;
        Ok(TimeLimit { running, expired })
    }

    /// Ends the limit; whether the time was over before.
    pub(crate) fn finish(self) -> bool {
        drop(self.running);
        self.expired.load(Ordering::SeqCst)
    }
}
