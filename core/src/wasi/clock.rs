//! What a guest's clocks show: those of the host, or what the host puts in their place.

use super::abi::Errno;
use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};
use std::fmt;
use std::sync::Arc;

/// Gives nanoseconds.
type Source = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The clocks of a guest.
#[derive(Clone, Default)]
pub(super) struct Clocks {
    /// Since 1970; the host's own if none was given.
    pub realtime: Option<Source>,
    /// Since whenever, never backwards; for processor times too, so that a run can be repeated.
    pub monotonic: Option<Source>,
}

impl Clocks {
    /// What the clock of this number shows, in nanoseconds.
    pub(super) fn now(&self, id: u32) -> Result<u64, Errno> {
        let clock = host_clock(id)?;
        match self.source(id) {
            Some(source) => Ok(source()),
            None => nanoseconds(clock_gettime(clock)),
        }
    }

    /// The steps in which the clock of this number goes on, in nanoseconds.
    pub(super) fn resolution(&self, id: u32) -> Result<u64, Errno> {
        let clock = host_clock(id)?;
        if self.source(id).is_some() { Ok(1) } else { nanoseconds(clock_getres(clock)) }
    }

    /// The time of day, in nanoseconds since 1970.
    pub(super) fn realtime(&self) -> u64 {
        self.now(0).unwrap_or(0)
    }

    /// The time of day if it is not the host's.
    pub(super) fn own_time(&self) -> Option<u64> {
        self.realtime.as_ref().map(|source| source())
    }

    fn source(&self, id: u32) -> Option<&Source> {
        if id == 0 { self.realtime.as_ref() } else { self.monotonic.as_ref() }
    }
}

impl fmt::Debug for Clocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (realtime, monotonic) = (self.realtime.is_some(), self.monotonic.is_some());
        write!(f, "Clocks(own realtime: {realtime}, own monotonic: {monotonic})")
    }
}

/// The clock of the host that has this number in preview 1.
pub(super) fn host_clock(id: u32) -> Result<ClockId, Errno> {
    match id {
        0 => Ok(ClockId::Realtime),
        1 => Ok(ClockId::Monotonic),
        2 => Ok(ClockId::ProcessCPUTime),
        3 => Ok(ClockId::ThreadCPUTime),
        _ => Err(Errno::Inval),
    }
}

pub(super) fn nanoseconds(time: Timespec) -> Result<u64, Errno> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno::Overflow)?;
    let nanoseconds = u64::try_from(time.tv_nsec).map_err(|_| Errno::Overflow)?;
    let total = seconds.checked_mul(1_000_000_000).and_then(|s| s.checked_add(nanoseconds));
    total.ok_or(Errno::Overflow)
}
