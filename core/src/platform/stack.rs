//! Bounds of the stack that the current code runs on: the thread's own, or one that the program made
//! (a fiber's, a coroutine's).

use crate::error::{ErrCode, Error, Result};
use crate::limits::{MAX_STACK_RESERVE, STACK_RESERVE, STACK_RESERVE_SHARE, UNKNOWN_STACK_ROOM};
use std::cell::Cell;

/// A range of addresses that is, or has in it, one stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stack {
    /// Lowest usable address.
    pub lowest: usize,
    /// The address after the last.
    pub end: usize,
    /// What lies right below may not be touched, so this is where the stack ends.
    pub guarded: bool,
    /// The range is the stack. Otherwise it may hold other things too, other stacks among them:
    /// the system joins neighbours that have no guard pages between them.
    pub exact: bool,
}

impl Stack {
    /// The stack that the current code runs on.
    pub fn here() -> Stack {
        let address = current_address();
        let own = Stack::of_thread();
        if own.contains(address) { own } else { Stack::around(address) }
    }

    /// The current thread's own stack. The main thread's grows on demand up to the limit of the
    /// process, which is what counts here; of a system that tells nothing, all addresses.
    pub fn of_thread() -> Stack {
        thread_local! {
            /// Neither bound changes during a thread's life.
            static OWN: Cell<Option<Stack>> = const { Cell::new(None) };
        }
        if let Some(known) = OWN.get() {
            return known;
        }
        let (lowest, size) = bounds();
        let end = if size == 0 { usize::MAX } else { lowest.saturating_add(size) };
        let own = Stack { lowest, end, guarded: true, exact: true };
        OWN.set(Some(own));
        own
    }

    /// The stack that has `address` in it and isn't the thread's own: the mapping around it, which
    /// is exact if a guard page lies below, and its other end near.
    fn around(address: usize) -> Stack {
        let Some(mut stack) = mapping_around(address) else {
            return Stack {
                lowest: address.saturating_sub(UNKNOWN_STACK_ROOM),
                end: address.saturating_add(1),
                guarded: false,
                exact: false,
            };
        };
        stack.exact = stack.guarded && stack.end - address <= UNKNOWN_STACK_ROOM;
        stack
    }

    /// Whether both have the same ends.
    pub fn same_range(&self, other: &Stack) -> bool {
        (self.lowest, self.end) == (other.lowest, other.end)
    }

    /// Whether `address` is in the range.
    #[inline(always)]
    pub fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.lowest) < self.end.wrapping_sub(self.lowest)
    }

    /// The lowest address that WebAssembly may use if it begins at `address`. Below is room for host
    /// functions and signal handlers. On a stack whose end nobody knows, none: whatever was guessed,
    /// a guest that recurses could get from there into memory of others.
    pub fn limit(&self, address: usize) -> usize {
        if !self.guarded {
            return self.end;
        }
        let size = self.end - self.lowest;
        let reserve = (size / STACK_RESERVE_SHARE).clamp(STACK_RESERVE, MAX_STACK_RESERVE);
        if *self == Stack::of_thread() {
            return self.lowest.saturating_add(reserve.min(size / 2));
        }
        self.lowest + reserve.min(address.saturating_sub(self.lowest) / 2)
    }
}

/// Runs `work` here, or on a thread of its own if less than `needed` bytes of this stack are known
/// to be left.
///
/// # Errors
///
/// If the system grants no thread.
pub(crate) fn with_room<T: Send>(
    needed: usize,
    work: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    let stack = Stack::here();
    if stack.guarded && current_address().saturating_sub(stack.lowest) >= needed {
        return work();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(2 * needed);
        let spawned = thread.spawn_scoped(scope, work).map_err(|error| {
            Error::with_detail(ErrCode::RuntimeError, format!("no thread to compile: {error}"))
        })?;
        spawned.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The mapping that has `address` in it.
#[cfg(target_os = "linux")]
fn mapping_around(address: usize) -> Option<Stack> {
    use std::fs::File;
    let maps = File::open("/proc/self/maps").ok()?;
    match ask(&maps, address) {
        Ok((lowest, end, _)) => {
            let below = lowest.checked_sub(1).and_then(|below| ask(&maps, below).ok());
            let guarded =
                below.is_some_and(|(start, end, rights)| is_guard(start, end, rights != 0));
            Some(Stack { lowest, end, guarded, exact: false })
        }
        Err(_) => read_mapping(maps, address),
    }
}

/// Whether a mapping is a guard, and not address space that something else has reserved.
#[cfg(target_os = "linux")]
fn is_guard(lowest: usize, end: usize, accessible: bool) -> bool {
    const LARGEST: usize = 1 << 20;
    /// Heaps of glibc's threads begin at multiples of this, right above what another has left untouched.
    const HEAP: usize = 64 << 20;
    !accessible && end - lowest <= LARGEST && !end.is_multiple_of(HEAP)
}

/// Bounds and rights of a mapping, from systems that answer without writing all of them down (Linux 6.11).
#[cfg(target_os = "linux")]
fn ask(maps: &std::fs::File, address: usize) -> std::io::Result<(usize, usize, u64)> {
    use std::os::fd::AsRawFd;

    /// `struct procmap_query` of the system.
    #[repr(C)]
    #[derive(Default)]
    struct Query {
        size: u64,
        flags: u64,
        address: u64,
        start: u64,
        end: u64,
        rights: u64,
        page_size: u64,
        offset: u64,
        inode: u64,
        device: [u32; 2],
        sizes: [u32; 2],
        addresses: [u64; 2],
    }
    /// `PROCMAP_QUERY`: reads and writes such a structure, number 17 of the group `f`.
    const REQUEST: u64 = 3 << 30 | (size_of::<Query>() as u64) << 16 | (b'f' as u64) << 8 | 17;

    let mut query =
        Query { size: size_of::<Query>() as u64, address: address as u64, ..Query::default() };
    // SAFETY: the request reads and writes one such structure.
    if unsafe { libc::ioctl(maps.as_raw_fd(), REQUEST as _, &raw mut query) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    /// Readable, writable, executable.
    const RIGHTS: u64 = 7;
    Ok((query.start as usize, query.end as usize, query.rights & RIGHTS))
}

/// The same from the text that all systems write.
#[cfg(target_os = "linux")]
fn read_mapping(maps: std::fs::File, address: usize) -> Option<Stack> {
    use std::io::{BufRead, BufReader};
    let mut maps = BufReader::new(maps);
    let mut line = Vec::with_capacity(256);
    // Where a guard ends, if the line before was of one.
    let mut guard = None;
    loop {
        line.clear();
        if maps.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        // What comes after the rights may be no text.
        let text = std::str::from_utf8(line.get(..line.len().min(40))?).ok()?;
        let (range, rest) = text.split_once(' ')?;
        let (lowest, end) = range.split_once('-')?;
        let lowest = usize::from_str_radix(lowest, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        if (lowest..end).contains(&address) {
            return Some(Stack { lowest, end, guarded: guard == Some(lowest), exact: false });
        }
        guard = is_guard(lowest, end, !rest.starts_with("---")).then_some(end);
    }
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
fn mapping_around(_address: usize) -> Option<Stack> {
    None
}

/// Lowest usable address of the current thread's stack, and its size; zeros if the system does not
/// tell.
#[cfg(target_os = "linux")]
fn bounds() -> (usize, usize) {
    use std::mem::MaybeUninit;
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut base, mut size, mut guard) = (std::ptr::null_mut(), 0usize, 0usize);
    // SAFETY: `attributes` is initialised by the first call before the others read it, and
    // destroyed once.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return (0, 0);
        }
        libc::pthread_attr_getstack(attributes.as_ptr(), &mut base, &mut size);
        libc::pthread_attr_getguardsize(attributes.as_ptr(), &mut guard);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
    }
    (base as usize + guard, size.saturating_sub(guard))
}

/// Lowest usable address of the current thread's stack, and its size.
#[cfg(target_os = "macos")]
fn bounds() -> (usize, usize) {
    // SAFETY: both calls only read facts of the current thread.
    unsafe {
        let thread = libc::pthread_self();
        let size = libc::pthread_get_stacksize_np(thread);
        (libc::pthread_get_stackaddr_np(thread) as usize - size, size)
    }
}

/// An address near the top of the current stack.
#[inline(always)]
pub(crate) fn current_address() -> usize {
    let marker = 0u8;
    std::hint::black_box(&raw const marker) as usize
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_find_a_mapping_agree() {
        let maps = || std::fs::File::open("/proc/self/maps").expect("there");
        let here = current_address();
        let read = read_mapping(maps(), here).expect("a stack is mapped");
        assert!(read.contains(here));
        if let Ok((lowest, end, rights)) = ask(&maps(), here) {
            assert_eq!((lowest, end, rights), (read.lowest, read.end, 3));
        }
        assert_eq!(mapping_around(here), Some(read));
        assert_eq!(mapping_around(8), None);
    }
}
