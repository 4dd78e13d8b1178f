//! Contexts as C sees them: numbers that look like pointers and are never dereferenced by C.
//!
//! A handle names a slot, the kind of object in it, and a generation that changes whenever the slot
//! is given to another object. Slots live in chunks that are never freed, so that a handle of any
//! age, of the wrong kind, or made up by the caller is recognised with two loads and a comparison.
//!
//! ```text
//!  62  61        41  40      36  35            4  3  0
//! +---+-------------+----------+-----------------+----+
//! | 1 | generation  |   kind   |   slot number   | 0  |
//! +---+-------------+----------+-----------------+----+
//! ```
//!
//! Bit 62 keeps handles out of every range in which the host has memory; garbage collectors that scan
//! for pointers, such as Go's, pass them by.
//!
//! An object is owned by the program (made by a `…Create` function, deleted by `…Delete`) or lent by
//! another object, which retires it when it dies itself. Deleting a lent object does nothing. A handle
//! that is deleted is out of force at once; the object stays in memory while functions use it
//! (`crate::uses`).

use crate::uses::{Uses, bury, deleting};
use std::collections::BTreeMap;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What kinds of contexts there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    Configure = 1,
    Statistics,
    AstModule,
    FunctionType,
    MemoryType,
    TableType,
    GlobalType,
    ImportType,
    ExportType,
    Compiler,
    Loader,
    Validator,
    Executor,
    Store,
    ModuleInstance,
    FunctionInstance,
    TableInstance,
    MemoryInstance,
    GlobalInstance,
    Async,
    Interrupt,
    Vm,
    WasiConfig,
    Command,
    Files,
    Pool,
    Bindgen,
    Heap,
}

/// An opaque C type and the object behind its handles.
pub trait Context: Sized + 'static {
    /// The kind, for messages and checks.
    const KIND: Kind;
    /// What a handle leads to.
    type Object: Send + Sync + 'static;
    /// Retires what the object has lent, when its own handle ends.
    fn close(_object: &Self::Object) {}
}

/// Says what the handles of an opaque C type lead to, and what ends with them.
#[macro_export]
macro_rules! context {
    ($name:ident = $kind:ident, $object:ty $(, $close:expr)?) => {
        impl $crate::handle::Context for $name {
            const KIND: $crate::handle::Kind = $crate::handle::Kind::$kind;
            type Object = $object;
            $(fn close(object: &$object) {
                let close: fn(&$object) = $close;
                close(object);
            })?
        }
    };
}

const MARK: u64 = 1 << 62;
const KIND_SHIFT: u32 = 36;
const GENERATION_SHIFT: u32 = 41;
const MAX_GENERATION: u64 = (1 << 21) - 1;
const SLOT_SHIFT: u32 = 4;
/// Bits that are the same in all handles of a kind.
const FIXED: u64 = MARK | 1 << 63 | 0x1F << KIND_SHIFT | 0xF;

/// In a slot's key, where handles have zeros: the program owns the handle.
const OWNED: u64 = 1;

/// Slots of the first chunk; each chunk has twice as many as the one before.
const FIRST_CHUNK: u64 = 1024;

struct Slot {
    /// The handle in force, and whether the program owns it; 0 if none is.
    key: AtomicU64,
    object: AtomicPtr<()>,
    /// Ends an object of the slot's kind.
    end: AtomicUsize,
}

static CHUNKS: [AtomicPtr<Slot>; 32] = [const { AtomicPtr::new(ptr::null_mut()) }; 32];

#[derive(Default)]
struct Free {
    /// Slots without an object, and the generation each had last.
    slots: Vec<(u32, u64)>,
    /// The lowest slot that was never used.
    next: u32,
}

static FREE: Mutex<Free> = Mutex::new(Free { slots: Vec::new(), next: 0 });

fn free_slots() -> MutexGuard<'static, Free> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[inline(always)]
fn slot_at(index: u64) -> Option<&'static Slot> {
    let biased = index + FIRST_CHUNK;
    let level = biased.ilog2() - FIRST_CHUNK.ilog2();
    let chunk = CHUNKS[level as usize].load(Ordering::Acquire);
    if chunk.is_null() {
        return None;
    }
    // SAFETY: a chunk has `FIRST_CHUNK << level` slots and is never freed.
    Some(unsafe { &*chunk.add((biased - (FIRST_CHUNK << level)) as usize) })
}

/// The slot of a handle in force.
#[inline(always)]
fn find(handle: u64) -> Option<&'static Slot> {
    let slot = slot_at((handle >> SLOT_SHIFT) & 0xFFFF_FFFF)?;
    (slot.key.load(Ordering::Acquire) & !OWNED == handle && handle != 0).then_some(slot)
}

#[inline(always)]
const fn fixed_bits(kind: Kind) -> u64 {
    MARK | (kind as u64) << KIND_SHIFT
}

/// The object behind a handle; `None` for null, another kind, and what was deleted.
///
/// The reference is good until the end of the [function](crate::enter) that C called; other threads
/// may delete the object meanwhile.
#[inline(always)]
pub fn get<'a, C: Context>(context: *const C) -> Option<&'a C::Object> {
    let object: *const C::Object = get_in(&Uses::current(), context)?;
    // SAFETY: it stays noted until C's call ends.
    Some(unsafe { &*object })
}

/// As [`get`], noted in a list that is at hand.
#[inline(always)]
pub fn get_in<C: Context>(uses: &Uses, context: *const C) -> Option<&C::Object> {
    let handle = context as u64;
    if !is_of_kind::<C>(handle) {
        return None;
    }
    let slot = find(handle)?;
    let object = slot.object.load(Ordering::Acquire);
    uses.note(object);
    // In force before and after, so it was meanwhile, and the object is noted.
    if slot.key.load(Ordering::Acquire) & !OWNED != handle {
        return None;
    }
    // SAFETY: the slot held an object of the kind that its handle, just compared, tells; it stays in
    // memory as long as it is noted.
    Some(unsafe { &*object.cast::<C::Object>() })
}

/// As [`get`], counted.
pub fn share<C: Context>(context: *const C) -> Option<Arc<C::Object>> {
    let object: *const C::Object = get(context)?;
    // SAFETY: the slot's pointer came from an `Arc`, which is kept while it is noted.
    unsafe {
        Arc::increment_strong_count(object);
        Some(Arc::from_raw(object))
    }
}

fn insert<C: Context>(object: Arc<C::Object>, owned: bool) -> *mut C {
    unsafe fn end<C: Context>(object: *mut ()) {
        // SAFETY: the slot gave up its count of the object.
        let object = unsafe { Arc::from_raw(object.cast_const().cast::<C::Object>()) };
        C::close(&object);
        bury(object);
    }
    let mut free = free_slots();
    let (index, generation) = match free.slots.pop() {
        Some((index, last)) => (index, last + 1),
        None => {
            let index = free.next;
            let Some(next) = index.checked_add(1) else { return ptr::null_mut() };
            free.next = next;
            let biased = u64::from(index) + FIRST_CHUNK;
            if biased.is_power_of_two() {
                let level = biased.ilog2() - FIRST_CHUNK.ilog2();
                let empty = || Slot {
                    key: AtomicU64::new(0),
                    object: AtomicPtr::default(),
                    end: AtomicUsize::new(0),
                };
                let chunk: Box<[Slot]> = (0..biased).map(|_| empty()).collect();
                CHUNKS[level as usize].store(Box::leak(chunk).as_mut_ptr(), Ordering::Release);
            }
            (index, 1)
        }
    };
    drop(free);
    let slot = slot_at(u64::from(index)).expect("its chunk was made above");
    slot.object.store(Arc::into_raw(object).cast_mut().cast(), Ordering::Relaxed);
    slot.end.store(end::<C> as unsafe fn(*mut ()) as usize, Ordering::Relaxed);
    let handle =
        fixed_bits(C::KIND) | generation << GENERATION_SHIFT | u64::from(index) << SLOT_SHIFT;
    slot.key.store(if owned { handle | OWNED } else { handle }, Ordering::Release);
    handle as usize as *mut C
}

/// A handle that the program owns.
pub fn create<C: Context>(object: C::Object) -> *mut C {
    insert(Arc::new(object), true)
}

/// A handle that another object owns, and retires.
pub fn lend<C: Context>(object: impl Into<Arc<C::Object>>) -> *mut C {
    insert(object.into(), false)
}

/// Ends a handle that the program owns; anything else is left alone.
pub fn delete<C: Context>(context: *mut C) {
    let handle = context as u64;
    if is_of_kind::<C>(handle) && take_out(handle, OWNED) {
        end(handle);
    }
}

/// Passes a handle from the program to another object; false if the program does not own it.
pub fn hand_over<C: Context>(context: *mut C) -> bool {
    let handle = context as u64;
    let Some(slot) = find(handle).filter(|_| is_of_kind::<C>(handle)) else { return false };
    slot.key.compare_exchange(handle | OWNED, handle, Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

/// Ends a handle, if it is in force.
pub fn retire(handle: u64) {
    if take_out(handle, OWNED) || take_out(handle, 0) {
        end(handle);
    }
}

/// Puts a handle out of force, if it is in force and owned as said.
fn take_out(handle: u64, owned: u64) -> bool {
    let Some(slot) = find(handle) else { return false };
    slot.key.compare_exchange(handle | owned, 0, Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

/// Ends the object of a handle that the caller has put out of force.
fn end(handle: u64) {
    let Some(slot) = slot_at((handle >> SLOT_SHIFT) & 0xFFFF_FFFF) else { return };
    let object = slot.object.swap(ptr::null_mut(), Ordering::AcqRel);
    let end = slot.end.load(Ordering::Relaxed);
    let generation = (handle >> GENERATION_SHIFT) & MAX_GENERATION;
    if generation < MAX_GENERATION {
        // A slot whose generations are used up stays empty for good.
        let index = (handle >> SLOT_SHIFT) as u32;
        free_slots().slots.push((index, generation));
    }
    // SAFETY: `insert` stored the function for this slot's kind; we took the object out.
    deleting(|| unsafe {
        let end = std::mem::transmute::<usize, unsafe fn(*mut ())>(end);
        end(object);
    });
}

/// Whether a handle is in force and of kind `C`.
pub fn is_live<C: Context>(handle: u64) -> bool {
    is_of_kind::<C>(handle) && find(handle).is_some()
}

#[inline(always)]
fn is_of_kind<C: Context>(handle: u64) -> bool {
    handle & FIXED == const { fixed_bits(C::KIND) }
}

/// What an object lends, under the reason for which it does.
#[derive(Default)]
pub struct Lent(Mutex<BTreeMap<Key, u64>>);

/// Why something was lent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The part or the type that there is one of.
    Part(Kind),
    /// Number of something that is counted.
    Numbered(Kind, u32),
    /// The export of this name.
    Named(Kind, Box<str>),
    /// The function with this identity.
    Func(usize),
}

impl Lent {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handle lent for this reason, made if it is not in force.
    pub fn get_or<C: Context, T: Into<Arc<C::Object>>>(
        &self,
        key: Key,
        make: impl FnOnce() -> Option<T>,
    ) -> *mut C {
        let mut lent = self.lock();
        if let Some(&known) = lent.get(&key)
            && is_live::<C>(known)
        {
            return known as usize as *mut C;
        }
        let Some(object) = make() else { return ptr::null_mut() };
        let made = lend::<C>(object);
        lent.insert(key, made as u64);
        made
    }

    /// The handle lent for this reason, if `keep` says so; otherwise it is retired, and another made.
    pub fn replace_unless<C: Context>(
        &self,
        key: Key,
        keep: impl FnOnce(*const C) -> bool,
        make: impl FnOnce() -> C::Object,
    ) -> *mut C {
        let mut lent = self.lock();
        let old = lent.get(&key).copied();
        if let Some(old) = old
            && keep(old as usize as *const C)
        {
            return old as usize as *mut C;
        }
        let made = lend::<C>(make());
        lent.insert(key, made as u64);
        drop(lent);
        if let Some(old) = old {
            retire(old);
        }
        made
    }

    /// Takes a handle over; one that was lent for the same reason is retired.
    pub fn put(&self, key: Key, handle: u64) {
        let old = self.lock().insert(key, handle);
        if let Some(old) = old {
            retire(old);
        }
    }

    /// Retires everything lent.
    pub fn retire_all(&self) {
        let lent = std::mem::take(&mut *self.lock());
        for handle in lent.into_values() {
            retire(handle);
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.retire_all();
    }
}
