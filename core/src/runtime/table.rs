//! Tables of references.
//!
//! Like a memory, a table never moves. What it holds is kept alive: host objects are counted, and a
//! function of another owner joins the table's link group.

use super::builtins::check_stop;
use super::extern_ref::ExternRef;
use super::func::Func;
use super::node::{self, Kind, Node, NodeRef};
use super::value::Val;
use crate::abi::{FuncRef, TableDef};
use crate::error::{ErrCode, Error, Result};
use crate::limits::MAX_TABLE_ELEMENTS;
use crate::platform::mmap::Reservation;
use crate::types::{RefType, TableType, ValType};
use std::ffi::c_void;
use std::fmt;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard};

/// Elements written under one hold of a table's lock.
const CHUNK: usize = 4096;

/// Elements up to which a table's whole capacity is allocated at once.
const SMALL_CAPACITY: u64 = 1024;

/// The runtime's part of a table; generated code sees only its [`TableDef`].
pub(crate) struct TableCore {
    def: NonNull<TableDef>,
    ty: TableType,
    capacity: usize,
    /// Holds the elements.
    _storage: Storage,
    /// Held while elements are written, the length changes, or host objects are read.
    changing: Mutex<()>,
    owner: NonNull<Node>,
}

// SAFETY: elements change only under the lock; generated code reads whole words.
unsafe impl Send for TableCore {}
// SAFETY: as above.
unsafe impl Sync for TableCore {}

enum Storage {
    Small { _elements: Box<[*mut c_void]> },
    Large { _space: Reservation },
}

impl TableCore {
    /// Makes a table of at most `most` elements, which are null, and whose definition `def` becomes.
    ///
    /// # Safety
    ///
    /// `def` must be writable and live as long as the table; `owner` must own the table.
    pub unsafe fn new(
        ty: TableType,
        most: u64,
        def: NonNull<TableDef>,
        owner: NonNull<Node>,
    ) -> Result<TableCore> {
        let Sizes { min, capacity } = check(&ty, most)?;
        let (storage, base) = if capacity <= SMALL_CAPACITY {
            let mut elements = vec![std::ptr::null_mut(); capacity as usize].into_boxed_slice();
            let base = elements.as_mut_ptr();
            (Storage::Small { _elements: elements }, base)
        } else {
            let space = Reservation::zeroed(capacity as usize * 8).map_err(|error| {
                Error::with_detail(
                    ErrCode::TableOutOfBounds,
                    format!("memory for a table: {error}"),
                )
            })?;
            let base = space.base().cast();
            (Storage::Large { _space: space }, base)
        };
        // SAFETY: the caller's promise.
        unsafe { def.write(TableDef { base, len: min as usize }) };
        Ok(TableCore {
            def,
            ty,
            capacity: capacity as usize,
            _storage: storage,
            changing: Mutex::new(()),
            owner,
        })
    }

    pub fn ty(&self) -> &TableType {
        &self.ty
    }

    pub fn def(&self) -> NonNull<TableDef> {
        self.def
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Current number of elements.
    pub fn len(&self) -> usize {
        // SAFETY: a word that is only ever written whole.
        unsafe { (&raw const (*self.def.as_ptr()).len).read_volatile() }
    }

    fn element(&self, index: usize) -> *mut *mut c_void {
        // SAFETY: callers check the index against the length.
        unsafe { (*self.def.as_ptr()).base.add(index) }
    }

    fn out_of_bounds(&self, from: u64, len: u64) -> Error {
        let size = self.len();
        Error::with_detail(
            ErrCode::TableOutOfBounds,
            format!(
                "Accessing offset from: 0x{from:08x} to: 0x{:08x} , Out of boundary: 0x{:08x}",
                from.saturating_add(len).saturating_sub(1),
                size.saturating_sub(1)
            ),
        )
    }

    fn check_range(&self, from: u64, len: u64) -> Result<usize> {
        match from.checked_add(len) {
            Some(end) if end <= self.len() as u64 => Ok(from as usize),
            _ => Err(self.out_of_bounds(from, len)),
        }
    }

    /// The element at `index`, as a word.
    pub fn get_raw(&self, index: u64) -> Result<usize> {
        let index = self.check_range(index, 1)?;
        // SAFETY: checked.
        Ok(unsafe { self.element(index).read() } as usize)
    }

    /// A counted reference to the host object at `index`.
    pub fn get_extern(&self, index: u64) -> Result<Option<ExternRef>> {
        let _changing = self.lock();
        let word = self.get_raw(index)?;
        // SAFETY: the lock keeps the element, and so the object, in place.
        Ok((word != 0).then(|| unsafe { ExternRef::another(word) }))
    }

    /// Calls the function with each object of the host in the table.
    pub fn each_object(&self, visit: &mut dyn FnMut(ExternRef)) {
        if self.ty.element != RefType::ExternRef {
            return;
        }
        let _changing = self.lock();
        for index in 0..self.len() {
            // SAFETY: in bounds; the lock keeps the element, and so the object, in place.
            unsafe {
                let word = self.element(index).read() as usize;
                if word != 0 {
                    visit(ExternRef::another(word));
                }
            }
        }
    }

    /// Counts a new reference before it is stored.
    ///
    /// # Safety
    ///
    /// `word` must be null or refer to a live object of the table's element type.
    unsafe fn retain(&self, word: usize) {
        if word == 0 {
            return;
        }
        // SAFETY: the caller's promise.
        unsafe {
            match self.ty.element {
                RefType::FuncRef => keep_func_alive(self.owner, word),
                RefType::ExternRef => std::mem::forget(ExternRef::another(word)),
            }
        }
    }

    /// Stores a counted reference; gives the old one, which the caller must release.
    unsafe fn swap(&self, index: usize, word: usize) -> Option<ExternRef> {
        // SAFETY: the caller has checked the index and holds the lock.
        let old = unsafe { self.element(index).replace(word as *mut c_void) } as usize;
        // SAFETY: a table of host objects holds a count for each element.
        (self.ty.element == RefType::ExternRef && old != 0)
            .then(|| unsafe { ExternRef::from_raw(old) })
    }

    /// Stores `word` into `len` elements from `from`.
    ///
    /// # Safety
    ///
    /// `word` must be null or refer to a live object of the table's element type.
    pub unsafe fn fill(&self, from: u64, word: usize, len: u64) -> Result<()> {
        // SAFETY: the caller's promise.
        unsafe { self.write(from, std::iter::repeat_n(word, len as usize)) }
    }

    /// Stores consecutive words from `from`.
    ///
    /// # Safety
    ///
    /// Each word must be null or refer to a live object of the table's element type.
    pub unsafe fn write(
        &self,
        from: u64,
        mut words: impl ExactSizeIterator<Item = usize>,
    ) -> Result<()> {
        // A table never shrinks, so what was checked stays true between the chunks.
        let mut at = self.check_range(from, words.len() as u64)?;
        let mut first = true;
        while words.len() > 0 {
            if !std::mem::take(&mut first) {
                check_stop()?;
            }
            let mut released = Vec::new();
            {
                let _changing = self.lock();
                for word in words.by_ref().take(CHUNK) {
                    // SAFETY: the caller's promise; the range was checked.
                    unsafe {
                        self.retain(word);
                        released.extend(self.swap(at, word));
                    }
                    at += 1;
                }
            }
            // Destructors of host objects run outside the lock.
            drop(released);
        }
        Ok(())
    }

    /// Copies elements, also within one table.
    pub fn copy(&self, to: u64, source: &TableCore, from: u64, len: u64) -> Result<()> {
        source.check_range(from, len)?;
        self.check_range(to, len)?;
        let chunk = CHUNK as u64;
        // Chunks that overlap what is still to be read are written last.
        let backwards = to > from;
        let mut done = 0;
        while done < len {
            let part = chunk.min(len - done);
            let at = if backwards { len - done - part } else { done };
            if done > 0 {
                check_stop()?;
            }
            self.copy_chunk(to + at, source, from + at, part)?;
            done += part;
        }
        Ok(())
    }

    fn copy_chunk(&self, to: u64, source: &TableCore, from: u64, len: u64) -> Result<()> {
        // One table's lock at a time: two copies in opposite directions must not wait for each
        // other. The references are counted while both locks are free.
        let mut held = Vec::new();
        let words: Vec<usize> = {
            let _changing = source.lock();
            let from = source.check_range(from, len)?;
            (from..from + len as usize)
                .map(|index| {
                    // SAFETY: checked; the lock keeps host objects alive until they are counted.
                    unsafe {
                        let word = source.element(index).read() as usize;
                        if source.ty.element == RefType::ExternRef && word != 0 {
                            held.push(ExternRef::another(word));
                        }
                        word
                    }
                })
                .collect()
        };
        // SAFETY: functions stay alive with their group, host objects with `held`.
        unsafe { self.write(to, words.into_iter()) }
    }

    /// Grows by `delta` elements of value `word`; the old length, or `None` if it may not become that
    /// large.
    ///
    /// # Errors
    ///
    /// If the call is stopped meanwhile; the table is as it was then.
    ///
    /// # Safety
    ///
    /// `word` must be null or refer to a live object of the table's element type.
    pub unsafe fn grow(&self, delta: u64, word: usize) -> Result<Option<u64>> {
        let _changing = self.lock();
        let old = self.len();
        let new = usize::try_from(delta).ok().and_then(|delta| old.checked_add(delta));
        let Some(new) = new.filter(|new| *new <= self.capacity) else { return Ok(None) };
        if word != 0 {
            for index in old..new {
                if index > old && index.is_multiple_of(CHUNK) {
                    check_stop().inspect_err(|_| self.forget(old..index))?;
                }
                // SAFETY: the caller's promise; storage has room for the capacity, and elements
                // past the length are null.
                unsafe {
                    self.retain(word);
                    self.element(index).write(word as *mut c_void);
                }
            }
        }
        // SAFETY: a word written whole, after the elements it makes reachable.
        unsafe { (&raw mut (*self.def.as_ptr()).len).write_volatile(new) };
        Ok(Some(old as u64))
    }

    /// Makes elements past the length null again. The caller holds the lock, and a reference to what
    /// they hold, so that no destructor runs.
    fn forget(&self, range: Range<usize>) {
        for index in range {
            // SAFETY: past the length, so nobody else reads it; each was just written.
            drop(unsafe { self.swap(index, 0) });
        }
    }
}

impl Drop for TableCore {
    fn drop(&mut self) {
        if self.ty.element == RefType::ExternRef {
            for index in 0..self.len() {
                // SAFETY: nobody else uses the table any more.
                drop(unsafe { self.swap(index, 0) });
            }
        }
    }
}

/// Keeps the function behind `word` alive while `owner` is.
///
/// # Safety
///
/// `word` must refer to a live function, and `owner` be alive.
pub(super) unsafe fn keep_func_alive(owner: NonNull<Node>, word: usize) {
    // SAFETY: the caller's promise; the owner of a function is a node.
    unsafe {
        let target = (*(word as *const FuncRef)).owner.cast_mut().cast::<Node>();
        if let Some(target) = NonNull::new(target) {
            node::keep_alive(owner, target);
        }
    }
}

struct Sizes {
    min: u64,
    capacity: u64,
}

fn check(ty: &TableType, most: u64) -> Result<Sizes> {
    let limits = ty.limits;
    if limits.max.is_some_and(|max| max < limits.min) {
        return Err(Error::invalid_limit(&limits));
    }
    if limits.min > most {
        return Err(Error::with_detail(
            ErrCode::TableOutOfBounds,
            format!("a table may have at most {most} elements, its minimum is {}", limits.min),
        ));
    }
    let capacity = limits.max.unwrap_or(most).min(most);
    Ok(Sizes { min: limits.min, capacity })
}

/// A table. Clones are handles to the same table; it may be used from any thread.
#[derive(Clone)]
pub struct Table {
    owner: NodeRef,
    core: NonNull<TableCore>,
}

// SAFETY: the table is made to be shared, and the owner is counted atomically.
unsafe impl Send for Table {}
// SAFETY: as above.
unsafe impl Sync for Table {}

/// A table made by the host.
#[repr(C)]
struct HostTable {
    node: Node,
    def: TableDef,
    core: Option<TableCore>,
}

static HOST_TABLE: Kind = {
    unsafe fn no_edges(_: *const Node, _: &mut dyn FnMut(NonNull<Node>)) {}
    unsafe fn objects(node: *const Node, visit: &mut dyn FnMut(ExternRef)) {
        // SAFETY: the node heads a live `HostTable`.
        if let Some(core) = unsafe { &(*node.cast::<HostTable>()).core } {
            core.each_object(visit);
        }
    }
    unsafe fn clear(node: *mut Node) {
        // SAFETY: the node heads a `HostTable`.
        unsafe { (*node.cast::<HostTable>()).core = None };
    }
    unsafe fn free(node: *mut Node) {
        // SAFETY: allocated as a box.
        drop(unsafe { Box::from_raw(node.cast::<HostTable>()) });
    }
    Kind { edges: no_edges, objects, clear, free, is_instance: false }
};

impl Table {
    /// Makes a table of its minimum size whose elements are null.
    ///
    /// # Errors
    ///
    /// If the type is impossible or past the limit of elements.
    pub fn new(ty: TableType) -> Result<Table> {
        check(&ty, MAX_TABLE_ELEMENTS)?;
        let object = Box::into_raw(Box::new(HostTable {
            node: Node::new(&HOST_TABLE),
            def: TableDef { base: std::ptr::null_mut(), len: 0 },
            core: None,
        }));
        // SAFETY: just made; the first count goes to `owner`, which frees it if the rest fails.
        unsafe {
            let owner = NodeRef::adopt(NonNull::new_unchecked(object));
            let def = NonNull::new_unchecked(&raw mut (*object).def);
            (*object).core = Some(TableCore::new(ty, MAX_TABLE_ELEMENTS, def, owner.as_ptr())?);
            let core = (*object).core.as_mut().expect("just set");
            Ok(Table { core: NonNull::from(core), owner })
        }
    }

    /// # Safety
    ///
    /// `core` must belong to `owner`.
    pub(crate) unsafe fn from_core(owner: NodeRef, core: &TableCore) -> Table {
        Table { owner, core: NonNull::from(core) }
    }

    pub(crate) fn core(&self) -> &TableCore {
        // SAFETY: the owner keeps it alive.
        unsafe { self.core.as_ref() }
    }

    pub(crate) fn owner(&self) -> &NodeRef {
        &self.owner
    }

    /// The type it was made with.
    pub fn ty(&self) -> &TableType {
        self.core().ty()
    }

    /// A number that no other live table has.
    pub fn identity(&self) -> usize {
        self.core.as_ptr() as usize
    }

    /// Current number of elements.
    pub fn len(&self) -> usize {
        self.core().len()
    }

    /// True if there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element at `index`.
    ///
    /// # Errors
    ///
    /// `out of bounds table access`.
    pub fn get(&self, index: u64) -> Result<Val> {
        match self.ty().element {
            RefType::ExternRef => Ok(Val::ExternRef(self.core().get_extern(index)?)),
            RefType::FuncRef => {
                let word = self.core().get_raw(index)?;
                // SAFETY: what a table holds lives while the table does.
                Ok(unsafe { Val::from_raw(word as u128, ValType::FuncRef) })
            }
        }
    }

    /// Stores a reference at `index`.
    ///
    /// # Errors
    ///
    /// `out of bounds table access`, or `reference type mismatch`.
    pub fn set(&self, index: u64, value: &Val) -> Result<()> {
        let word = self.word(value)?;
        // SAFETY: `value` keeps the object alive.
        unsafe { self.core().fill(index, word, 1) }
    }

    /// Grows by `delta` elements of value `value` and gives the old size.
    ///
    /// # Errors
    ///
    /// `out of bounds table access` if it may not become that large; the table stays as it was.
    pub fn grow(&self, delta: u64, value: &Val) -> Result<u64> {
        let word = self.word(value)?;
        // SAFETY: `value` keeps the object alive.
        unsafe { self.core().grow(delta, word) }?.ok_or_else(|| {
            let limit = self.core().capacity;
            let detail = format!("the table may have at most {limit} elements");
            Error::with_detail(ErrCode::TableOutOfBounds, detail)
        })
    }

    fn word(&self, value: &Val) -> Result<usize> {
        let wanted = ValType::from(self.ty().element);
        if value.ty() != wanted {
            let error = Error::new(ErrCode::RefTypeMismatch);
            return Err(error.mismatched("value type", &wanted, &value.ty()));
        }
        Ok(value.to_raw() as usize)
    }
}

/// True if both are the same table.
impl PartialEq for Table {
    fn eq(&self, other: &Table) -> bool {
        self.core == other.core
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({} elements of {})", self.len(), self.ty())
    }
}

impl Table {
    /// The function at `index`, if it is one.
    ///
    /// # Errors
    ///
    /// `out of bounds table access`.
    pub fn get_func(&self, index: u64) -> Result<Option<Func>> {
        match self.get(index)? {
            Val::FuncRef(func) => Ok(func),
            _ => Ok(None),
        }
    }
}
