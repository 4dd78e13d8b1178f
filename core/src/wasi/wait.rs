//! Waiting for descriptors of the host and for time, in such a way that a request to stop the run
//! wakes the thread.

use super::abi::Errno;
use crate::interrupt::Interrupt;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A descriptor that is waited for, and what was found.
pub(super) struct Source<'a> {
    pub fd: BorrowedFd<'a>,
    pub wanted: PollFlags,
    /// Empty while the descriptor is not ready.
    pub found: PollFlags,
}

impl<'a> Source<'a> {
    pub(super) fn new(fd: BorrowedFd<'a>, wanted: PollFlags) -> Source<'a> {
        Source { fd, wanted, found: PollFlags::empty() }
    }
}

/// Wakes a thread that waits for descriptors.
#[derive(Clone)]
struct Bell {
    state: Arc<BellState>,
    /// What an interrupt calls.
    ring: Arc<dyn Fn() + Send + Sync>,
}

struct BellState {
    fd: OwnedFd,
    rung: AtomicBool,
}

thread_local! {
    /// The thread's bell, made when it first waits under an interrupt.
    static BELL: RefCell<Option<Bell>> = const { RefCell::new(None) };
}

impl Bell {
    fn of_thread() -> Result<Bell, Errno> {
        BELL.with_borrow_mut(|bell| match bell {
            Some(bell) => Ok(bell.clone()),
            None => Ok(bell.insert(Bell::new()?).clone()),
        })
    }

    fn new() -> Result<Bell, Errno> {
        let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let state = Arc::new(BellState { fd, rung: AtomicBool::new(false) });
        let rings = Arc::clone(&state);
        let ring = move || {
            rings.rung.store(true, Ordering::SeqCst);
            // Fails only if it has been rung more often than can be counted.
            let _ = rustix::io::write(&rings.fd, &1_u64.to_ne_bytes());
        };
        Ok(Bell { state, ring: Arc::new(ring) })
    }

    /// Makes it silent again, when nobody is able to ring any more; whether it was rung.
    fn reset(&self) -> bool {
        let was_rung = self.state.rung.swap(false, Ordering::SeqCst);
        if was_rung {
            let _ = rustix::io::read(&self.state.fd, &mut [0; 8]);
        }
        was_rung
    }
}

/// Waits until a descriptor is ready for this, under an interrupt that can end the wait.
///
/// # Errors
///
/// `Intr` if the run is to stop.
pub(super) fn until(
    fd: BorrowedFd<'_>,
    wanted: PollFlags,
    interrupt: &Interrupt,
) -> Result<(), Errno> {
    let mut now = [PollFd::from_borrowed_fd(fd, wanted)];
    if poll(&mut now, Some(&Timespec::default())) == Ok(1) {
        return Ok(());
    }
    match wait(&mut [Source::new(fd, wanted)], None, Some(interrupt)) {
        Err(Errno::Intr) => Err(Errno::Intr),
        // What comes after tells best what is wrong.
        _ => Ok(()),
    }
}

/// Waits until a source is ready, for at most `timeout` (for ever without one); true if one is.
///
/// # Errors
///
/// `Intr` if the run is to stop; what the host says if it can't wait.
pub(super) fn wait(
    sources: &mut [Source<'_>],
    timeout: Option<Duration>,
    interrupt: Option<&Interrupt>,
) -> Result<bool, Errno> {
    let Some(interrupt) = interrupt else { return poll_sources(sources, timeout, None) };
    if sources.is_empty() {
        // Nothing but time, for which the interrupt needs no descriptor.
        return match interrupt.wait(timeout.unwrap_or(Duration::MAX)) {
            true => Err(Errno::Intr),
            false => Ok(false),
        };
    }
    let bell = Bell::of_thread()?;
    let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        let guard = interrupt.on_request_or_visit(Arc::clone(&bell.ring));
        let left = end.map(|end| end.saturating_duration_since(Instant::now())).or(timeout);
        let result = poll_sources(sources, left, Some(bell.state.fd.as_fd()));
        drop(guard);
        let was_rung = bell.reset();
        if interrupt.is_requested() {
            return Err(Errno::Intr);
        }
        let is_found = sources.iter().any(|source| !source.found.is_empty());
        if !was_rung || is_found || result.is_err() {
            return result;
        }
        interrupt.take_visit();
    }
}

fn poll_sources(
    sources: &mut [Source<'_>],
    timeout: Option<Duration>,
    bell: Option<BorrowedFd<'_>>,
) -> Result<bool, Errno> {
    // A time too far away to be written down is as good as none.
    let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut all: Vec<PollFd<'_>> = Vec::with_capacity(sources.len() + 1);
    all.extend(sources.iter().map(|source| PollFd::from_borrowed_fd(source.fd, source.wanted)));
    all.extend(bell.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut all, left.as_ref()) {
            // A signal that may be anybody's; one of an interrupt rings the bell as well.
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(ready) => {
                for (source, polled) in sources.iter_mut().zip(&all) {
                    source.found = polled.revents();
                }
                return Ok(ready > 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_wakes_a_wait_and_leaves_no_trace() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let interrupt = Interrupt::new();
        let wait_for = |timeout, interrupt: &Interrupt| {
            let mut sources = [Source::new(reader.as_fd(), PollFlags::IN)];
            wait(&mut sources, timeout, Some(interrupt)).map(|ready| (ready, sources[0].found))
        };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                interrupt.interrupt();
            });
            assert_eq!(wait_for(None, &interrupt), Err(Errno::Intr));
        });
        // Another interrupt on the same thread: the bell is silent.
        let other = Interrupt::new();
        let short = Some(Duration::from_millis(5));
        assert_eq!(wait_for(short, &other), Ok((false, PollFlags::empty())));
        rustix::io::write(&writer, b"x").expect("room");
        assert_eq!(wait_for(None, &other), Ok((true, PollFlags::IN)));
        other.interrupt();
        assert_eq!(wait_for(None, &other), Err(Errno::Intr));
        assert_eq!(wait(&mut [], None, Some(&other)), Err(Errno::Intr));
        assert_eq!(wait(&mut [], short, None), Ok(false));
    }
}
