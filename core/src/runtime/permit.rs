//! How many instances there may be at the same time.

use crate::error::{ErrCode, Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The leave to exist; how many there are is counted.
pub(crate) struct Permit(Arc<AtomicU64>);

impl Permit {
    /// One more, unless there would then be more than `most`.
    pub fn get(count: &Arc<AtomicU64>, most: Option<u64>) -> Result<Permit> {
        let permit = Permit(Arc::clone(count));
        let before = count.fetch_add(1, Ordering::Relaxed);
        match most {
            Some(most) if before >= most => Err(Error::with_detail(
                ErrCode::RuntimeError,
                format!("the limit of module instances is {most}"),
            )),
            _ => Ok(permit),
        }
    }

    /// Where it is counted.
    pub fn count(&self) -> &Arc<AtomicU64> {
        &self.0
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
