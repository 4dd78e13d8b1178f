//! `poll_oneoff`: waiting for clocks and descriptors, whichever is ready first.

use super::{Call, Outcome, functions};
use crate::limits::MAX_WASI_SUBSCRIPTIONS;
use crate::wasi::abi::{Errno, Event, Subscription, SubscriptionKind, Version, rights};
use crate::wasi::clock::host_now;
use crate::wasi::fds::{Descriptor, Object};
use crate::wasi::wait::{Source, wait};
use rustix::event::PollFlags;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::ioctl_fionread;
use std::collections::HashMap;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

functions! {
    epoll_oneoff(subscriptions: u32, events: u32, count: u32, done: u32);
    poll_oneoff(subscriptions: u32, events: u32, count: u32, done: u32);
}

/// Longest wait without looking at the clocks again, of which one may be set meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What a subscription waits for.
enum Waiting {
    /// Nothing.
    Ready(Errno),
    /// Until this clock of the host shows this time.
    Until(u32, u64),
    /// Until this descriptor can be read or written.
    Descriptor(Arc<Descriptor>, PollFlags),
}

fn poll_oneoff(call: &Call<'_>, subs: u32, events: u32, count: u32, done: u32) -> Outcome {
    poll(call, Version::Preview1, subs, events, count, done)
}

/// WasmEdge's second name, under which a guest is told of a change once. It may be told more often.
fn epoll_oneoff(call: &Call<'_>, subs: u32, events: u32, count: u32, done: u32) -> Outcome {
    poll(call, Version::Preview1, subs, events, count, done)
}

pub(super) fn poll(
    call: &Call<'_>,
    version: Version,
    subs: u32,
    events: u32,
    count: u32,
    done: u32,
) -> Outcome {
    if count == 0 || count > MAX_WASI_SUBSCRIPTIONS {
        return Err(Errno::Inval.into());
    }
    let memory = call.memory()?;
    let size = Subscription::size(version);
    // Bounds first: a count is believed only as far as there is memory.
    memory.check(events, u64::from(count) * Event::SIZE as u64)?;
    memory.check(subs, u64::from(count) * size as u64)?;
    memory.check(done, 4)?;
    let bytes = memory.read(subs, count as usize * size)?;
    let waiting: Vec<(Subscription, Waiting)> = bytes
        .chunks_exact(size)
        .map(|bytes| Subscription::from_bytes(bytes, version))
        .map(|subscription| Ok((subscription, begin(call, &subscription)?)))
        .collect::<Outcome<_>>()?;
    let ready = ready(call, &waiting)?;
    let bytes: Vec<u8> = ready.iter().flat_map(|event| event.to_bytes()).collect();
    memory.write(events, &bytes)?;
    memory.write_u32(done, ready.len() as u32)
}

/// What a subscription waits for, from now on.
fn begin(call: &Call<'_>, subscription: &Subscription) -> Outcome<Waiting> {
    Ok(match subscription.kind {
        // Processor time does not pass while waiting.
        SubscriptionKind::Clock { id, .. } if id > 1 => Waiting::Ready(Errno::Inval),
        SubscriptionKind::Clock { id, timeout, absolute } => {
            Waiting::Until(id, call.ctx().clocks.end_of_wait(id, timeout, absolute)?)
        }
        SubscriptionKind::Read { fd } => descriptor(call, fd, true),
        SubscriptionKind::Write { fd } => descriptor(call, fd, false),
        SubscriptionKind::Unknown { .. } => Waiting::Ready(Errno::Inval),
    })
}

/// What has to be waited for until a descriptor can be read or written. Regular files, directories
/// and streams that are not the host's are always ready.
fn descriptor(call: &Call<'_>, fd: u32, read: bool) -> Waiting {
    let descriptor = match call.ctx().descriptors.get(fd) {
        Ok(descriptor) => descriptor,
        Err(errno) => return Waiting::Ready(errno),
    };
    let right = rights::POLL_FD_READWRITE | if read { rights::FD_READ } else { rights::FD_WRITE };
    if descriptor.base() & right == 0 {
        return Waiting::Ready(Errno::NotCapable);
    }
    if let Object::Stream(stream) = &descriptor.object
        && stream.is_input() != read
    {
        return Waiting::Ready(Errno::NotCapable);
    }
    let flags = if read { PollFlags::IN | PollFlags::RDHUP } else { PollFlags::OUT };
    match host_fd(&descriptor) {
        Some(_) => Waiting::Descriptor(descriptor, flags),
        None => Waiting::Ready(Errno::Success),
    }
}

/// The descriptor of the host that tells when this one is ready.
fn host_fd(descriptor: &Descriptor) -> Option<BorrowedFd<'_>> {
    match &descriptor.object {
        Object::Stream(stream) => stream.host_fd(),
        Object::File(file) => file.host_fd(),
        Object::Directory(_) => None,
        Object::Socket(socket) => Some(socket.as_fd()),
    }
}

/// Waits until something is ready; gives an event for everything that is.
fn ready(call: &Call<'_>, waiting: &[(Subscription, Waiting)]) -> Outcome<Vec<Event>> {
    // A descriptor is asked about once, however many wait for it.
    let mut sources: Vec<Source<'_>> = Vec::new();
    let mut places: HashMap<i32, usize> = HashMap::new();
    for (_, waiting) in waiting {
        let Waiting::Descriptor(descriptor, flags) = waiting else { continue };
        let fd = host_fd(descriptor).expect("it is waited for");
        let place = *places.entry(fd.as_raw_fd()).or_insert(sources.len());
        match sources.get_mut(place) {
            Some(source) => source.wanted |= *flags,
            None => sources.push(Source::new(fd, *flags)),
        }
    }
    loop {
        let left = shortest(waiting)?;
        let interrupt = call.caller.interrupt();
        if !(sources.is_empty() && left.is_zero()) {
            call.waited(wait(&mut sources, Some(left), interrupt.as_ref()))?;
        } else {
            call.check_interrupt()?;
        }
        let mut events = Vec::new();
        for (subscription, waiting) in waiting {
            let event = match waiting {
                Waiting::Ready(errno) => Some((*errno, 0, false)),
                Waiting::Until(id, end) => (left_until(*id, *end)? == 0).then_some(PASSED),
                Waiting::Descriptor(descriptor, flags) => {
                    let fd = host_fd(descriptor).expect("it is waited for");
                    state_of(&sources[places[&fd.as_raw_fd()]], *flags)
                }
            };
            let Some((errno, available, hangup)) = event else { continue };
            let (userdata, tag) = (subscription.userdata, subscription.tag());
            events.push(Event { userdata, errno, tag, available, hangup });
        }
        if !events.is_empty() {
            return Ok(events);
        }
    }
}

/// What the event of a clock says.
const PASSED: (Errno, u64, bool) = (Errno::Success, 0, false);

/// Error, bytes that can be read, and whether the other side has closed; `None` while the source is
/// not ready for these flags.
fn state_of(source: &Source<'_>, flags: PollFlags) -> Option<(Errno, u64, bool)> {
    let ended = PollFlags::HUP | PollFlags::ERR;
    let found = source.found & (flags | ended | PollFlags::NVAL);
    if found.is_empty() {
        return None;
    }
    if found.contains(PollFlags::NVAL) {
        return Some((Errno::BadF, 0, false));
    }
    let reads = flags.contains(PollFlags::IN);
    // A listener has no bytes, and says so by an error.
    let available = if reads { ioctl_fionread(source.fd).unwrap_or(0) } else { 0 };
    Some((Errno::Success, available, found.intersects(PollFlags::HUP | PollFlags::RDHUP)))
}

/// Nanoseconds until the host's clock `id` shows `end`.
fn left_until(id: u32, end: u64) -> Outcome<u64> {
    Ok(end.saturating_sub(host_now(id)?))
}

/// How long nothing but a descriptor can become ready.
fn shortest(waiting: &[(Subscription, Waiting)]) -> Outcome<Duration> {
    let mut shortest = LONGEST_WAIT;
    for (_, waiting) in waiting {
        let left = match waiting {
            Waiting::Ready(_) => Duration::ZERO,
            Waiting::Until(id, end) => Duration::from_nanos(left_until(*id, *end)?),
            Waiting::Descriptor(..) => continue,
        };
        shortest = shortest.min(left);
    }
    Ok(shortest)
}
