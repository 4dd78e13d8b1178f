//! Room that the system has left for mappings and for address space, and what is kept back of it.
//!
//! A process may have only so many mappings of memory, and each reservation takes a few. What runs
//! already needs one more now and then: when a memory grows, or when a function is compiled at its
//! first call. So some are kept back for that, and what is new is refused while they are not all
//! there. A share of everything is left to the rest of the program, whose allocator, threads and
//! garbage collector end it when they are refused.

use super::mmap::HOST_PAGE;
use crate::limits::{KEPT_MAPPINGS, PROGRAM_SHARE};
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Mappings of a reservation: what is accessible, and the rest.
const PARTS: usize = 2;

/// Bytes that a process can address on the processors with the least.
const ADDRESS_SPACE: usize = 1 << 47;

static MAPPINGS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// The part of the room that one reservation takes, until it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    mappings: AtomicUsize,
    bytes: usize,
}

impl Room {
    /// Takes room for something new of `bytes` bytes.
    ///
    /// # Errors
    ///
    /// If too little would be left; the message says what to do.
    pub fn take(bytes: usize) -> io::Result<Room> {
        MAPPINGS.fetch_add(PARTS, Ordering::Relaxed);
        BYTES.fetch_add(bytes, Ordering::Relaxed);
        let room = Room { mappings: AtomicUsize::new(PARTS), bytes };
        let most = most_mappings();
        if MAPPINGS.load(Ordering::Relaxed) > most - most / PROGRAM_SHARE || !keep() {
            return Err(no_mappings());
        }
        check_address_space(bytes)?;
        Ok(room)
    }

    /// Takes two more mappings: a part of a reservation becomes another than what is around it.
    pub fn divide(&self) -> io::Result<()> {
        if !keep() {
            return Err(no_mappings());
        }
        self.mappings.fetch_add(PARTS, Ordering::Relaxed);
        MAPPINGS.fetch_add(PARTS, Ordering::Relaxed);
        Ok(())
    }

    /// Gives back what [`divide`](Room::divide) took.
    pub fn join(&self) {
        self.mappings.fetch_sub(PARTS, Ordering::Relaxed);
        MAPPINGS.fetch_sub(PARTS, Ordering::Relaxed);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        MAPPINGS.fetch_sub(*self.mappings.get_mut(), Ordering::Relaxed);
        BYTES.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn check_address_space(bytes: usize) -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: 0 };
    // SAFETY: the call writes the structure.
    unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) };
    let (used, most) = match (limit.rlim_cur, program_bytes()) {
        (libc::RLIM_INFINITY, _) | (_, None) => (BYTES.load(Ordering::Relaxed), ADDRESS_SPACE),
        (most, Some(used)) => (used.saturating_add(bytes), most as usize),
    };
    if used <= most - most / PROGRAM_SHARE {
        return Ok(());
    }
    Err(refused(format!(
        "too little address space is left to this process, which may use {most} bytes: close \
         instances, let memories have smaller maxima, or raise the limit (ulimit -v)"
    )))
}

/// Bytes of address space that the process has in use; known on Linux only. Asked only where a limit
/// is set.
fn program_bytes() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = text.split(' ').next()?.parse().ok()?;
    Some(pages * HOST_PAGE)
}

/// Mappings that a process may have.
fn most_mappings() -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    *MOST.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/sys/vm/max_map_count").ok();
        text.and_then(|text| text.trim().parse().ok()).unwrap_or(usize::MAX)
    })
}

/// The error of a new mapping that the system refused, with what to do about it.
pub(super) fn explained(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(libc::ENOMEM) { no_mappings() } else { error }
}

fn no_mappings() -> io::Error {
    refused(format!(
        "too few of the mappings that the system allows a process (vm.max_map_count, {}) are left: \
         close instances, or raise it (sysctl -w vm.max_map_count=...)",
        most_mappings()
    ))
}

fn refused(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::OutOfMemory, why)
}

/// Mappings that hold nothing. Each has a page with other rights than the next, or the system would
/// make one mapping of them.
struct Kept {
    base: *mut libc::c_void,
    pairs: usize,
}

// SAFETY: the pages are nobody's, and unmapped once.
unsafe impl Send for Kept {}

impl Kept {
    fn new(pairs: usize) -> Option<Kept> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let len = pairs * 2 * HOST_PAGE;
        // SAFETY: a fresh anonymous mapping touches nothing that exists.
        let base = unsafe { libc::mmap(ptr::null_mut(), len, libc::PROT_NONE, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return None;
        }
        let kept = Kept { base, pairs };
        let divide = |pair: usize| {
            // SAFETY: the page lies in the mapping just made.
            unsafe {
                libc::mprotect(base.byte_add(pair * 2 * HOST_PAGE), HOST_PAGE, libc::PROT_READ) == 0
            }
        };
        (0..pairs).all(divide).then_some(kept)
    }

    /// As many as there are, up to `pairs`.
    fn up_to(pairs: usize) -> Option<Kept> {
        (1..=pairs).rev().find_map(Kept::new)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and nothing refers to it.
        unsafe { libc::munmap(self.base, self.pairs * 2 * HOST_PAGE) };
    }
}

static KEPT: Mutex<Option<Kept>> = Mutex::new(None);
static ALL_KEPT: AtomicBool = AtomicBool::new(false);

fn kept() -> MutexGuard<'static, Option<Kept>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether all mappings that should be are kept back; takes those that are missing.
pub(super) fn keep() -> bool {
    if ALL_KEPT.load(Ordering::Relaxed) {
        return true;
    }
    let mut kept = kept();
    if kept.as_ref().is_none_or(|kept| kept.pairs < KEPT_MAPPINGS) {
        drop(kept.take());
        *kept = Kept::up_to(KEPT_MAPPINGS);
    }
    let all = kept.as_ref().is_some_and(|kept| kept.pairs == KEPT_MAPPINGS);
    ALL_KEPT.store(all, Ordering::Relaxed);
    all
}

/// Makes a call of the system for what exists already; if there are no mappings left for it, again with
/// those that were kept back. `call` tells whether it succeeded.
pub(super) fn for_existing(call: impl Fn() -> bool) -> io::Result<()> {
    if call() {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    if error.raw_os_error() != Some(libc::ENOMEM) {
        return Err(error);
    }
    let mut kept = kept();
    let Some(released) = kept.take() else { return Err(error) };
    let pairs = released.pairs;
    drop(released);
    let result = if call() { Ok(()) } else { Err(io::Error::last_os_error()) };
    *kept = Kept::up_to(pairs);
    let all = kept.as_ref().is_some_and(|kept| kept.pairs == KEPT_MAPPINGS);
    ALL_KEPT.store(all, Ordering::Relaxed);
    result
}
