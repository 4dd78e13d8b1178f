//! Who may spend how much of the cost that a limit allows.
//!
//! Threads take portions before they spend and give back what is left, so that all of them together
//! never spend more than the limit. Portions shrink as the rest does: a thread that ends because
//! nothing is left can have missed only the small portions that others have not used up.

#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU64, Ordering};

/// The share of the rest that one portion is.
const SHARE: u64 = 16;
/// The least portion, unless less is left.
const LEAST: u64 = 1024;
/// What a call may spend that no limit applies to.
const UNLIMITED: u64 = 1 << 62;

/// Cost that is spent, taken, and allowed.
pub(crate) struct Budget {
    /// Given out and not given back: spent, or in the hands of running calls.
    taken: AtomicU64,
    spent: AtomicU64,
    limit: AtomicU64,
}

/// What a running call may spend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Portion {
    /// How much.
    pub amount: u64,
    /// What it may become.
    most: u64,
    /// Whether it was taken from what the limit allows.
    limited: bool,
}

impl Budget {
    pub fn new(limit: u64) -> Budget {
        let (taken, spent) = (AtomicU64::new(0), AtomicU64::new(0));
        Budget { taken, spent, limit: AtomicU64::new(limit) }
    }

    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    pub fn limit(&self) -> u64 {
        self.limit.load(Ordering::Relaxed)
    }

    pub fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// Forgets what was spent; what running calls hold stays taken.
    pub fn clear(&self) {
        let spent = self.spent.swap(0, Ordering::Relaxed);
        self.taken.fetch_sub(spent, Ordering::Relaxed);
    }

    /// Takes a portion, of nothing if nothing is left; it never becomes more than `most`.
    pub fn take(&self, most: u64) -> Portion {
        let most = most.min(UNLIMITED);
        if self.limit() == u64::MAX {
            return Portion { amount: most, most, limited: false };
        }
        let amount = self.take_limited(|left| (left / SHARE).max(LEAST.min(left)).min(most));
        Portion { amount, most, limited: true }
    }

    /// Makes a portion larger: by a share of what is left, but by `least` at least, or not at all;
    /// whether it did.
    pub fn enlarge(&self, portion: &mut Portion, least: u64) -> bool {
        if !portion.limited {
            return false;
        }
        let room = portion.most - portion.amount;
        let amount = self.take_limited(|left| {
            if left.min(room) < least {
                return 0;
            }
            (left / SHARE).max(LEAST.min(left)).max(least).min(room)
        });
        portion.amount += amount;
        amount >= least
    }

    /// Adds everything that is left to a portion.
    pub fn take_rest(&self, portion: &mut Portion) {
        if portion.limited {
            let room = portion.most - portion.amount;
            portion.amount += self.take_limited(|left| left.min(room));
        }
    }

    fn take_limited(&self, wanted: impl Fn(u64) -> u64) -> u64 {
        let mut taken = self.taken.load(Ordering::Relaxed);
        loop {
            let amount = wanted(self.limit().saturating_sub(taken));
            if amount == 0 {
                return 0;
            }
            match self.taken.compare_exchange_weak(
                taken,
                taken + amount,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return amount,
                Err(other) => taken = other,
            }
        }
    }

    /// Ends a portion of which `spent` was used.
    pub fn settle(&self, portion: Portion, spent: u64) {
        if portion.limited {
            // Never more than was taken.
            self.taken.fetch_sub(portion.amount.saturating_sub(spent), Ordering::Relaxed);
        } else {
            self.taken.fetch_add(spent, Ordering::Relaxed);
        }
        self.spent.fetch_add(spent, Ordering::Relaxed);
    }

    /// Spends `cost` at once, if the limit allows it.
    pub fn spend(&self, cost: u64) -> bool {
        if self.limit() == u64::MAX {
            self.taken.fetch_add(cost, Ordering::Relaxed);
        } else if cost > 0 && self.take_limited(|left| if left < cost { 0 } else { cost }) == 0 {
            return false;
        }
        self.spent.fetch_add(cost, Ordering::Relaxed);
        true
    }
}
