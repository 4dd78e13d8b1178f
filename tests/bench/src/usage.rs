//! What the process holds: heap, resident memory, mappings, descriptors.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// The system's allocator, which counts the bytes in use while that is asked for.
struct Counting;

static IN_USE: AtomicI64 = AtomicI64::new(0);
static COUNTS: AtomicBool = AtomicBool::new(false);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[inline]
fn count(bytes: i64) {
    if COUNTS.load(Ordering::Relaxed) {
        IN_USE.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Starts counting the heap, which slows allocation down; it stops when the result is dropped.
pub fn count_heap() -> impl Drop {
    struct Stop;
    impl Drop for Stop {
        fn drop(&mut self) {
            COUNTS.store(false, Ordering::Relaxed);
        }
    }
    COUNTS.store(true, Ordering::Relaxed);
    Stop
}

// SAFETY: every request goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(old, layout, size) }
    }
    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(old, layout) }
    }
}

/// What the process holds at one time, or the difference of two times.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Bytes allocated from the heap.
    pub heap: i64,
    /// Bytes of memory that are resident.
    pub resident: i64,
    /// Bytes of page tables.
    pub page_tables: i64,
    /// Mappings of the address space.
    pub mappings: i64,
    /// Open descriptors.
    pub descriptors: i64,
}

impl Usage {
    /// What the process holds now.
    pub fn now() -> Usage {
        let heap = IN_USE.load(Ordering::Relaxed);
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            number.and_then(|number| number.parse::<i64>().ok()).unwrap_or(0) * 1024
        };
        Usage {
            heap,
            resident: field("VmRSS:"),
            page_tables: field("VmPTE:"),
            mappings: fs::read_to_string("/proc/self/maps").map_or(0, |m| m.lines().count() as i64),
            descriptors: fs::read_dir("/proc/self/fd").map_or(0, |all| all.count() as i64),
        }
    }

    /// How much more this is than `before`.
    pub fn since(&self, before: &Usage) -> Usage {
        Usage {
            heap: self.heap - before.heap,
            resident: self.resident - before.resident,
            page_tables: self.page_tables - before.page_tables,
            mappings: self.mappings - before.mappings,
            descriptors: self.descriptors - before.descriptors,
        }
    }
}
