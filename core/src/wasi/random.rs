//! Where a guest's random bytes come from.

use super::abi::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

type Source = dyn FnMut(&mut [u8]) + Send;

/// A source of random bytes: the system's, or one that the host gave.
#[derive(Clone, Default)]
pub(super) struct Random(Option<Arc<Mutex<Source>>>);

impl Random {
    pub(super) fn from_fn(source: impl FnMut(&mut [u8]) + Send + 'static) -> Random {
        Random(Some(Arc::new(Mutex::new(source))))
    }

    /// Bytes that follow from a number alone.
    pub(super) fn seeded(seed: u64) -> Random {
        let mut state = seed;
        Random::from_fn(move |into| {
            for chunk in into.chunks_mut(8) {
                state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut word = state;
                word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                word ^= word >> 31;
                chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
            }
        })
    }

    /// Fills some of `into`, from its start; gives how much. `Intr` if a signal came first.
    pub(super) fn fill(&self, into: &mut [u8]) -> Result<usize, Errno> {
        match &self.0 {
            Some(source) => {
                let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
                source(into);
                Ok(into.len())
            }
            None => getrandom(into, GetRandomFlags::empty()).map_err(|errno| match errno {
                rustix::io::Errno::INTR => Errno::Intr,
                _ => Errno::Io,
            }),
        }
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Random(own source: {})", self.0.is_some())
    }
}
