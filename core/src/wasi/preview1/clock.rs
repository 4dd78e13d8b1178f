//! `clock_*`.

use super::{Call, Outcome, functions};
use crate::wasi::abi::Errno;
use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

functions! {
    clock_res_get(id: u32, resolution: u32);
    clock_time_get(id: u32, precision: u64, time: u32);
}

fn clock_res_get(call: &Call<'_>, id: u32, resolution: u32) -> Outcome {
    let clock = clock(id)?;
    call.memory()?.write_u64(resolution, nanoseconds(clock_getres(clock))?)
}

fn clock_time_get(call: &Call<'_>, id: u32, _precision: u64, time: u32) -> Outcome {
    let clock = clock(id)?;
    call.memory()?.write_u64(time, now(clock)?)
}

/// The clock of this number.
pub(super) fn clock(id: u32) -> Outcome<ClockId> {
    match id {
        0 => Ok(ClockId::Realtime),
        1 => Ok(ClockId::Monotonic),
        2 => Ok(ClockId::ProcessCPUTime),
        3 => Ok(ClockId::ThreadCPUTime),
        _ => Err(Errno::Inval.into()),
    }
}

/// What a clock shows, in nanoseconds.
pub(super) fn now(clock: ClockId) -> Outcome<u64> {
    nanoseconds(clock_gettime(clock))
}

fn nanoseconds(time: Timespec) -> Outcome<u64> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno::Overflow)?;
    let nanoseconds = u64::try_from(time.tv_nsec).map_err(|_| Errno::Overflow)?;
    let total = seconds.checked_mul(1_000_000_000).and_then(|s| s.checked_add(nanoseconds));
    Ok(total.ok_or(Errno::Overflow)?)
}
