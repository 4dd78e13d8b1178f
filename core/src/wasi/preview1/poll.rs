//! `poll_oneoff`: waiting for clocks. Of streams, those for output are always ready, and so are files.

use super::clock::{clock, now};
use super::{Call, Failure, Outcome, functions};
use crate::wasi::abi::{Errno, Event, Subscription, SubscriptionKind, rights};
use crate::wasi::fds::Object;
use std::time::Duration;

functions! {
    poll_oneoff(subscriptions: u32, events: u32, count: u32, done: u32);
}

/// Longest sleep without looking at the clock again.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Most subscriptions of one call.
const MAX_SUBSCRIPTIONS: u32 = 65_536;

/// What a subscription waits for.
enum Waiting {
    Ready(Errno),
    /// Until this clock shows this time.
    Until(u32, u64),
}

fn poll_oneoff(call: &Call<'_>, subs: u32, events: u32, count: u32, done: u32) -> Outcome {
    if count == 0 || count > MAX_SUBSCRIPTIONS {
        return Err(Errno::Inval.into());
    }
    let memory = call.memory()?;
    // Bounds first: a count is believed only as far as there is memory.
    memory.check(events, u64::from(count) * Event::SIZE as u64)?;
    memory.check(subs, u64::from(count) * Subscription::SIZE as u64)?;
    memory.check(done, 4)?;
    let bytes = memory.read(subs, count as usize * Subscription::SIZE)?;
    let waiting: Vec<(Subscription, Waiting)> = bytes
        .chunks_exact(Subscription::SIZE)
        .map(Subscription::from_bytes)
        .map(|subscription| Ok((subscription, begin(call, &subscription)?)))
        .collect::<Outcome<_>>()?;
    loop {
        let ready = waiting
            .iter()
            .filter_map(|(subscription, waiting)| {
                let errno = match *waiting {
                    Waiting::Ready(errno) => errno,
                    Waiting::Until(id, end) if left(id, end).is_ok_and(|left| left == 0) => {
                        Errno::Success
                    }
                    Waiting::Until(..) => return None,
                };
                Some(Event { userdata: subscription.userdata, errno, tag: subscription.tag() })
            })
            .collect::<Vec<_>>();
        if !ready.is_empty() {
            let bytes: Vec<u8> = ready.iter().flat_map(|event| event.to_bytes()).collect();
            memory.write(events, &bytes)?;
            return memory.write_u32(done, ready.len() as u32);
        }
        sleep(call, shortest(&waiting))?;
    }
}

/// What a subscription waits for, from now on.
fn begin(call: &Call<'_>, subscription: &Subscription) -> Outcome<Waiting> {
    Ok(match subscription.kind {
        // Processor time does not pass while waiting.
        SubscriptionKind::Clock { id, .. } if id > 1 => Waiting::Ready(Errno::Inval),
        SubscriptionKind::Clock { id, timeout, absolute: true } => Waiting::Until(id, timeout),
        SubscriptionKind::Clock { id, timeout, absolute: false } => {
            Waiting::Until(id, now(clock(id)?)?.saturating_add(timeout))
        }
        SubscriptionKind::Read { fd } => Waiting::Ready(ready(call, fd, true)),
        SubscriptionKind::Write { fd } => Waiting::Ready(ready(call, fd, false)),
        SubscriptionKind::Unknown { .. } => Waiting::Ready(Errno::Inval),
    })
}

/// What is to be said of a descriptor that shall be read or written. Files and directories are
/// always ready.
fn ready(call: &Call<'_>, fd: u32, read: bool) -> Errno {
    let descriptor = match call.ctx().descriptors.get(fd) {
        Ok(descriptor) => descriptor,
        Err(errno) => return errno,
    };
    match &descriptor.object {
        Object::Stream(stream) if stream.is_input() != read => Errno::NotCapable,
        Object::Stream(stream) if stream.is_input() => Errno::NoSys,
        Object::Stream(_) => Errno::Success,
        Object::File(_) | Object::Directory(_) => {
            let wanted = rights::POLL_FD_READWRITE | rights::FD_READ;
            if descriptor.base() & wanted == 0 { Errno::NotCapable } else { Errno::Success }
        }
    }
}

/// Nanoseconds until clock `id` shows `end`.
fn left(id: u32, end: u64) -> Outcome<u64> {
    Ok(end.saturating_sub(now(clock(id)?)?))
}

/// How long nothing can become ready.
fn shortest(waiting: &[(Subscription, Waiting)]) -> Duration {
    let times = waiting.iter().filter_map(|(_, waiting)| match *waiting {
        Waiting::Until(id, end) => left(id, end).ok(),
        Waiting::Ready(_) => None,
    });
    times.min().map_or(LONGEST_SLEEP, Duration::from_nanos).min(LONGEST_SLEEP)
}

fn sleep(call: &Call<'_>, time: Duration) -> std::result::Result<(), Failure> {
    match call.caller.interrupt() {
        Some(interrupt) if interrupt.wait(time) => Err(Call::interrupted()),
        Some(_) => Ok(()),
        None => {
            std::thread::sleep(time);
            Ok(())
        }
    }
}
