//! What running functions use stays in memory, whatever other threads delete meanwhile.
//!
//! Each thread has a list of the objects that its functions use (hazard pointers): [`crate::handle::get`]
//! adds to it, and the end of the [function](crate::enter) that C called takes away what was added
//! since. Who deletes an object puts its handle out of force first, and then looks through all lists. An
//! object that stands in one is freed by the thread whose list it is, when that thread is done with it.
//!
//! To add is two stores, without a fence or an atomic operation: who deletes lets the system put a
//! barrier into all threads (`membarrier`). Where the system has none, both sides use fences.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::catch_unwind;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering, compiler_fence, fence};
use std::sync::{Arc, Mutex, Once, PoisonError};

/// Something whose handle is out of force.
type Remains = Arc<dyn Any + Send + Sync>;

/// Entries of a list's first chunk; each chunk has twice as many as the one before.
const FIRST: usize = 32;
const CHUNKS: usize = 24;

/// The objects that one thread uses.
struct List {
    /// Entries in force; only the thread itself changes entries and their number.
    len: AtomicUsize,
    /// The thread has something to free when fewer entries than this are in force.
    wanted: AtomicUsize,
    first: [AtomicPtr<()>; FIRST],
    more: [AtomicPtr<AtomicPtr<()>>; CHUNKS],
    taken: AtomicBool,
    /// The list made before; lists are never freed.
    next: *const List,
}

// SAFETY: `next` is written once, before others see the list; the rest is atomic.
unsafe impl Sync for List {}

/// The list made last.
static LISTS: AtomicPtr<List> = AtomicPtr::new(ptr::null_mut());
/// What could not be freed when it was deleted, and whether there is something.
static PENDING: Mutex<Vec<Remains>> = Mutex::new(Vec::new());
static ANY_PENDING: AtomicBool = AtomicBool::new(false);
/// How many objects are looked for one by one.
const FEW: usize = 8;
/// Whether the system has no barrier for all threads.
static FENCES: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The thread's list, if it has one.
    static LIST: Cell<*const List> = const { Cell::new(ptr::null()) };
    /// Gives the list back when the thread ends.
    static AT_END: AtEnd = const { AtEnd };
    /// What this thread deleted while it ran wasm, or is deleting.
    static DELETED: Deleted = const { Deleted { depth: Cell::new(0), objects: RefCell::new(Vec::new()) } };
}

struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        // SAFETY: lists are never freed.
        if let Some(list) = unsafe { LIST.replace(ptr::null()).as_ref() } {
            list.give_back();
        }
    }
}

struct Deleted {
    /// How many deletions are going on, one inside the other.
    depth: Cell<usize>,
    objects: RefCell<Vec<Remains>>,
}

impl Drop for Deleted {
    fn drop(&mut self) {
        free(std::mem::take(self.objects.get_mut()));
    }
}

impl List {
    /// A list that no thread has, or a new one.
    #[cold]
    fn take() -> *const List {
        static CHOICE: Once = Once::new();
        CHOICE.call_once(|| FENCES.store(!barrier::prepare(), Ordering::SeqCst));
        if let Some(list) = lists().find(|list| !list.taken.swap(true, Ordering::SeqCst)) {
            return Self::given(list);
        }
        let made = Box::leak(Box::new(List {
            len: AtomicUsize::new(0),
            wanted: AtomicUsize::new(0),
            first: [const { AtomicPtr::new(ptr::null_mut()) }; FIRST],
            more: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS],
            taken: AtomicBool::new(true),
            next: ptr::null(),
        }));
        let mut head = LISTS.load(Ordering::Relaxed);
        loop {
            made.next = head;
            match LISTS.compare_exchange(head, made, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return Self::given(made),
                Err(present) => head = present,
            }
        }
    }

    fn given(list: &'static List) -> *const List {
        LIST.set(list);
        if AT_END.try_with(|_| ()).is_err() {
            // The thread is ending; it gives the list back at the end of the function.
            list.wanted.store(usize::MAX, Ordering::Relaxed);
        }
        // Who deletes now either sees that the list is taken, or has put the handle out of force before
        // this thread looks at it.
        fence(Ordering::SeqCst);
        list
    }

    fn give_back(&self) {
        self.len.store(0, Ordering::Release);
        self.taken.store(false, Ordering::Release);
    }

    /// The place of an entry.
    #[inline(always)]
    fn entry(&self, index: usize) -> &AtomicPtr<()> {
        match self.first.get(index) {
            Some(entry) => entry,
            None => self.far_entry(index),
        }
    }

    #[cold]
    fn far_entry(&self, index: usize) -> &AtomicPtr<()> {
        let level = (index / FIRST + 1).ilog2() as usize;
        let size = FIRST << level;
        let start = size - FIRST;
        let chunk = &self.more[level];
        let mut entries = chunk.load(Ordering::Acquire);
        if entries.is_null() {
            // Only the thread itself asks for entries that aren't in force yet.
            let made: Box<[AtomicPtr<()>]> = (0..size).map(|_| AtomicPtr::default()).collect();
            entries = Box::leak(made).as_mut_ptr();
            chunk.store(entries, Ordering::Release);
        }
        // SAFETY: the chunk has `size` entries from `start` on.
        unsafe { &*entries.add(index - start) }
    }
}

/// The time of a function that C called: what it uses is noted until this ends.
pub struct Uses {
    list: &'static List,
    /// Entries in force before.
    before: usize,
}

impl Uses {
    /// Begins.
    #[inline(always)]
    pub fn begin() -> Uses {
        let mut list = LIST.get();
        if list.is_null() {
            list = List::take();
        }
        // SAFETY: lists are never freed.
        let list = unsafe { &*list };
        Uses { list, before: list.len.load(Ordering::Relaxed) }
    }

    /// The list of the function that runs, for a short look; what is noted through it stays.
    #[inline(always)]
    pub fn current() -> ManuallyDrop<Uses> {
        ManuallyDrop::new(Uses::begin())
    }

    /// Notes that the running function uses an object; to be compared with what the caller took it
    /// from afterwards.
    #[inline(always)]
    pub fn note(&self, object: *mut ()) {
        let at = self.list.len.load(Ordering::Relaxed);
        self.list.entry(at).store(object, Ordering::Relaxed);
        self.list.len.store(at + 1, Ordering::Release);
        light_fence();
    }
}

impl Drop for Uses {
    #[inline(always)]
    fn drop(&mut self) {
        self.list.len.store(self.before, Ordering::Release);
        light_fence();
        if self.list.wanted.load(Ordering::Acquire) > self.before {
            done(self.list, self.before);
        }
    }
}

/// Frees what the thread does not use any more.
#[cold]
fn done(list: &List, before: usize) {
    list.wanted.store(0, Ordering::Relaxed);
    // No panic of what is freed may leave the function that C called.
    let _ = catch_unwind(|| {
        free(Vec::new());
        release();
    });
    if before == 0 && AT_END.try_with(|_| ()).is_err() {
        LIST.set(ptr::null());
        list.give_back();
    }
}

/// Orders this thread's stores before its loads, together with the other side's barrier.
#[inline(always)]
fn light_fence() {
    if FENCES.load(Ordering::Relaxed) {
        fence(Ordering::SeqCst);
    } else {
        compiler_fence(Ordering::SeqCst);
    }
}

/// Runs `delete`, and frees then, all at once, what it put out of force.
pub fn deleting(delete: impl FnOnce()) {
    struct Deleting;
    impl Drop for Deleting {
        fn drop(&mut self) {
            let _ = DELETED.try_with(|deleted| deleted.depth.set(deleted.depth.get() - 1));
        }
    }
    // A thread that is ending has no place to collect; there each object is freed for itself.
    let _ = DELETED.try_with(|deleted| deleted.depth.set(deleted.depth.get() + 1));
    let in_progress = Deleting;
    delete();
    drop(in_progress);
    release();
}

/// Frees an object whose handle is out of force, as soon as nothing uses it.
///
/// What is deleted while the thread runs wasm stays until the thread is out of it, because callers
/// further up the stack may be using it.
pub fn bury<T: Any + Send + Sync>(object: Arc<T>) {
    let mut remains = Some(object as Remains);
    let _ = DELETED.try_with(|deleted| deleted.objects.borrow_mut().extend(remains.take()));
    if let Some(object) = remains {
        free(vec![object]);
    }
}

/// Frees what the thread has deleted, unless it is in the midst of it.
pub fn release() {
    let objects = DELETED.try_with(|deleted| {
        if deleted.depth.get() > 0 || deleted.objects.borrow().is_empty() {
            return Vec::new();
        }
        if wasmspan::raw::in_call() {
            // SAFETY: lists are never freed.
            if let Some(list) = unsafe { LIST.get().as_ref() } {
                list.wanted.fetch_max(1, Ordering::Relaxed);
            }
            return Vec::new();
        }
        std::mem::take(&mut *deleted.objects.borrow_mut())
    });
    match objects {
        Ok(objects) if !objects.is_empty() => free(objects),
        _ => {}
    }
}

/// Frees these objects, and others that were left, as far as nothing uses them.
fn free(mut objects: Vec<Remains>) {
    let left = ANY_PENDING.load(Ordering::Acquire);
    if !left && objects.len() <= FEW && pass_barrier() {
        objects.retain(is_used);
    }
    if !left && objects.is_empty() {
        // The place is of use for the next.
        let _ = DELETED.try_with(|deleted| {
            let mut place = deleted.objects.borrow_mut();
            if place.capacity() == 0 {
                *place = objects;
            }
        });
        return;
    }
    let mut pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner);
    pending.extend(objects);
    // Before anybody is asked, who then waits for the lock.
    ANY_PENDING.store(true, Ordering::Release);
    let mut unused = take_unused(&mut pending, true);
    if !pending.is_empty() {
        // A thread that ended its use before it saw the request has left it to us.
        unused.extend(take_unused(&mut pending, false));
    }
    ANY_PENDING.store(!pending.is_empty(), Ordering::Release);
    drop(pending);
    drop(unused);
}

/// Whether an object is in a list.
fn is_used(object: &Remains) -> bool {
    let address = address(object);
    lists().any(|list| {
        let used = list.len.load(Ordering::Acquire);
        (0..used).any(|at| list.entry(at).load(Ordering::Relaxed) == address)
    })
}

fn address(object: &Remains) -> *mut () {
    Arc::as_ptr(object).cast::<()>().cast_mut()
}

fn lists() -> impl Iterator<Item = &'static List> {
    // SAFETY: lists are never freed.
    let at = |list: *const List| unsafe { list.as_ref::<'static>() };
    std::iter::successors(at(LISTS.load(Ordering::Acquire)), move |list| at(list.next))
}

/// Takes out what no list has; asks those who have the others to free them.
fn take_unused(pending: &mut Vec<Remains>, ask: bool) -> Vec<Remains> {
    if !pass_barrier() {
        return Vec::new();
    }
    let mut used: Vec<(usize, &List, usize)> = Vec::new();
    for list in lists() {
        for at in 0..list.len.load(Ordering::Acquire) {
            used.push((list.entry(at).load(Ordering::Relaxed) as usize, list, at));
        }
    }
    used.sort_unstable_by_key(|(object, _, at)| (*object, std::cmp::Reverse(*at)));
    let mut unused = Vec::new();
    pending.retain(|object| {
        let address = address(object) as usize;
        let from = used.partition_point(|(known, ..)| *known < address);
        let users = used[from..].iter().take_while(|(known, ..)| *known == address);
        let mut is_used = false;
        for (_, list, at) in users {
            is_used = true;
            if ask {
                list.wanted.fetch_max(at + 1, Ordering::Release);
            }
        }
        if !is_used {
            unused.push(Arc::clone(object));
        }
        is_used
    });
    unused
}

/// Makes every thread's entries visible; false if that can't be, and then nothing may be freed.
fn pass_barrier() -> bool {
    fence(Ordering::SeqCst);
    let own = LIST.get();
    let is_others = |list: &List| !ptr::eq(list, own) && list.taken.load(Ordering::Relaxed);
    !lists().any(is_others) || barrier::pass()
}

/// The barrier that passes through all threads of the process.
#[cfg(target_os = "linux")]
mod barrier {
    use super::FENCES;
    use std::sync::atomic::{Ordering, fence};

    const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
    const REGISTER: libc::c_int = 1 << 4;

    fn membarrier(command: libc::c_int) -> bool {
        // SAFETY: the call touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }

    /// Whether there is one.
    pub(super) fn prepare() -> bool {
        membarrier(REGISTER) && membarrier(PRIVATE_EXPEDITED)
    }

    /// Lets all threads pass one; false if that can't be, and then nothing may be freed.
    pub(super) fn pass() -> bool {
        fence(Ordering::SeqCst);
        // A forked child has to register again.
        FENCES.load(Ordering::Relaxed)
            || membarrier(PRIVATE_EXPEDITED)
            || membarrier(REGISTER) && membarrier(PRIVATE_EXPEDITED)
    }
}

#[cfg(not(target_os = "linux"))]
mod barrier {
    use std::sync::atomic::{Ordering, fence};

    /// Whether there is one.
    pub(super) fn prepare() -> bool {
        false
    }

    /// Orders this thread; the others use fences.
    pub(super) fn pass() -> bool {
        fence(Ordering::SeqCst);
        true
    }
}
