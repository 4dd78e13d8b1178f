//! Names to addresses.
//!
//! The system's resolver can't be told to stop, so it runs on a thread of its own: a guest that is
//! to stop leaves it behind, and what it finds is dropped.

use crate::interrupt::Interrupt;
use crate::limits::MAX_WASI_RESOLVERS;
use crate::platform::net::{Hints, Resolved, resolve};
use crate::wasi::abi::Errno;
use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Resolvers that run in this process.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// A place among the resolvers that may run at once.
struct Place;

impl Place {
    fn take() -> Option<Place> {
        let taken = RUNNING.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |running| {
            (running < MAX_WASI_RESOLVERS).then_some(running + 1)
        });
        taken.ok().map(|_| Place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The addresses of a name and a service, at most `most`.
///
/// # Errors
///
/// The `Ai…` number of the resolver; `Intr` if the run is to stop.
pub(in crate::wasi) fn addresses(
    node: Option<CString>,
    service: Option<CString>,
    hints: Hints,
    most: usize,
    interrupt: Option<&Interrupt>,
) -> Result<Vec<Resolved>, Errno> {
    let work = move || resolve(node.as_ref(), service.as_ref(), hints, most);
    aside(work, interrupt)?.map_err(errno)
}

/// Runs `work` on a thread of its own until it ends or the run is to stop.
fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    interrupt: Option<&Interrupt>,
) -> Result<T, Errno> {
    let place = Place::take().ok_or(Errno::AiAgain)?;
    let (sender, receiver) = mpsc::channel();
    let stop = sender.clone();
    let work = move || {
        let _place = place;
        // Nobody listens if the guest was stopped.
        let _ = sender.send(Some(work()));
    };
    let thread = std::thread::Builder::new().name("wasmspan-resolver".into());
    thread.spawn(work).map_err(|_| Errno::AiAgain)?;
    let _waker = interrupt.map(|interrupt| {
        interrupt.on_request_or_visit(Arc::new(move || {
            let _ = stop.send(None);
        }))
    });
    loop {
        match (receiver.recv(), interrupt) {
            (Ok(Some(result)), _) => return Ok(result),
            (Ok(None), Some(interrupt)) if !interrupt.is_requested() => interrupt.take_visit(),
            (Ok(None), _) => return Err(Errno::Intr),
            (Err(_), _) => return Err(Errno::AiFail),
        }
    }
}

/// The guest's number of an error of the resolver.
fn errno(error: i32) -> Errno {
    match error {
        libc::EAI_AGAIN => Errno::AiAgain,
        libc::EAI_BADFLAGS => Errno::AiBadFlag,
        libc::EAI_FAIL => Errno::AiFail,
        libc::EAI_FAMILY => Errno::AiFamily,
        libc::EAI_MEMORY => Errno::AiMemory,
        libc::EAI_NODATA => Errno::AiNoData,
        libc::EAI_NONAME => Errno::AiNoName,
        libc::EAI_SERVICE => Errno::AiService,
        libc::EAI_SOCKTYPE => Errno::AiSockType,
        libc::EAI_SYSTEM => Errno::AiSystem,
        _ => Errno::AiFail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn a_look_up_is_left_behind_when_the_run_is_to_stop() {
        assert_eq!(aside(|| 1, None), Ok(1));
        let (interrupt, (release, held)) = (Interrupt::new(), mpsc::channel::<()>());
        let hangs = move || held.recv().is_ok();
        let began = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                interrupt.interrupt();
            });
            assert_eq!(aside(hangs, Some(&interrupt)), Err(Errno::Intr));
        });
        assert!(began.elapsed() < Duration::from_secs(5));
        assert!(RUNNING.load(Ordering::SeqCst) > 0, "it still hangs");
        drop(release);
        while RUNNING.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(aside(|| 2, Some(&Interrupt::new())), Ok(2));
        // How many run at once is limited. Here, since the count is that of the process.
        let places: Vec<Place> = std::iter::from_fn(Place::take).take(1000).collect();
        assert!(places.len() <= MAX_WASI_RESOLVERS);
        assert_eq!(aside(|| 1, None), Err(Errno::AiAgain));
        drop(places);
        assert_eq!(aside(|| 3, None), Ok(3));
    }
}
