//! `clock_*`.

use super::{Call, Outcome, functions};
use crate::wasi::clock::{host_clock, nanoseconds};
use rustix::time::{ClockId, clock_gettime};

functions! {
    clock_res_get(id: u32, resolution: u32);
    clock_time_get(id: u32, precision: u64, time: u32);
}

fn clock_res_get(call: &Call<'_>, id: u32, resolution: u32) -> Outcome {
    let found = call.ctx().clocks.resolution(id)?;
    call.memory()?.write_u64(resolution, found)
}

fn clock_time_get(call: &Call<'_>, id: u32, _precision: u64, time: u32) -> Outcome {
    let now = call.ctx().clocks.now(id)?;
    call.memory()?.write_u64(time, now)
}

/// The host's clock of this number.
pub(super) fn clock(id: u32) -> Outcome<ClockId> {
    Ok(host_clock(id)?)
}

/// What a clock of the host shows, in nanoseconds: waiting takes real time.
pub(super) fn now(clock: ClockId) -> Outcome<u64> {
    Ok(nanoseconds(clock_gettime(clock))?)
}
