//! Globals.

use super::extern_ref::ExternRef;
use super::node::{Kind, Node, NodeRef};
use super::table::keep_func_alive;
use super::value::Val;
use crate::abi::GlobalCell;
use crate::error::{ErrCode, Error, Result};
use crate::types::{GlobalType, Mutability, ValType};
use std::cell::UnsafeCell;
use std::fmt;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard};

/// A global. Clones are handles to the same global; it may be used from any thread.
#[derive(Clone)]
pub struct Global {
    owner: NodeRef,
    cell: NonNull<GlobalCell>,
    ty: GlobalType,
}

// SAFETY: the owner is counted atomically; references change under a lock, and races on numbers
// are the guest's.
unsafe impl Send for Global {}
// SAFETY: as above.
unsafe impl Sync for Global {}

/// A global made by the host.
#[repr(C)]
struct HostGlobal {
    node: Node,
    cell: GlobalCell,
    ty: GlobalType,
}

static HOST_GLOBAL: Kind = {
    unsafe fn no_edges(_: *const Node, _: &mut dyn FnMut(NonNull<Node>)) {}
    unsafe fn objects(node: *const Node, visit: &mut dyn FnMut(ExternRef)) {
        // SAFETY: the node heads a live `HostGlobal`.
        unsafe {
            let global = node.cast::<HostGlobal>();
            if (*global).ty.content == ValType::ExternRef {
                read_extern(&(*global).cell).into_iter().for_each(visit);
            }
        }
    }
    unsafe fn clear(node: *mut Node) {
        // SAFETY: the node heads a `HostGlobal` that nobody uses any more.
        unsafe {
            let global = node.cast::<HostGlobal>();
            release(&(*global).cell, (*global).ty.content);
        }
    }
    unsafe fn free(node: *mut Node) {
        // SAFETY: allocated as a box.
        drop(unsafe { Box::from_raw(node.cast::<HostGlobal>()) });
    }
    Kind { edges: no_edges, objects, clear, free, is_instance: false }
};

/// Held while a reference is read or written, so that what was read is counted before it can go.
static REFERENCES: Mutex<()> = Mutex::new(());

fn lock() -> MutexGuard<'static, ()> {
    REFERENCES.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The word in a cell.
pub(crate) fn read_raw(cell: &GlobalCell) -> u128 {
    // SAFETY: a cell is sixteen readable bytes.
    unsafe { cell.0.get().cast::<u128>().read() }
}

/// Overwrites a cell whose type is a number.
pub(crate) fn write_raw(cell: &GlobalCell, raw: u128) {
    // SAFETY: a cell is sixteen writable bytes.
    unsafe { cell.0.get().cast::<u128>().write(raw) };
}

/// Stores a reference into a cell of `owner`.
///
/// # Safety
///
/// `word` must be null or refer to a live object of type `ty`, and the cell hold such a one.
pub(crate) unsafe fn write_ref(cell: &GlobalCell, ty: ValType, owner: NonNull<Node>, word: usize) {
    let _old = {
        let _guard = lock();
        let old = read_raw(cell) as usize;
        // SAFETY: the caller's promise.
        unsafe {
            match ty {
                ValType::FuncRef if word != 0 => keep_func_alive(owner, word),
                ValType::ExternRef if word != 0 => std::mem::forget(ExternRef::another(word)),
                _ => {}
            }
        }
        write_raw(cell, word as u128);
        // SAFETY: the cell held a count of the old object.
        (ty == ValType::ExternRef && old != 0).then(|| unsafe { ExternRef::from_raw(old) })
    };
}

/// A counted reference to the host object in a cell.
///
/// # Safety
///
/// The cell must be of type `externref`.
pub(crate) unsafe fn read_extern(cell: &GlobalCell) -> Option<ExternRef> {
    let _guard = lock();
    let word = read_raw(cell) as usize;
    // SAFETY: the lock keeps the object in place until it is counted.
    (word != 0).then(|| unsafe { ExternRef::another(word) })
}

/// Lets go of the reference in a cell that is about to be freed.
///
/// # Safety
///
/// Nobody may use the cell any more.
pub(crate) unsafe fn release(cell: &GlobalCell, ty: ValType) {
    if ty == ValType::ExternRef {
        let word = read_raw(cell) as usize;
        write_raw(cell, 0);
        if word != 0 {
            // SAFETY: the cell held a count.
            drop(unsafe { ExternRef::from_raw(word) });
        }
    }
}

impl Global {
    /// Makes a global with an initial value.
    ///
    /// # Errors
    ///
    /// `type mismatch` if the value is of another type.
    pub fn new(ty: GlobalType, value: &Val) -> Result<Global> {
        check(&ty, value)?;
        let object = Box::into_raw(Box::new(HostGlobal {
            node: Node::new(&HOST_GLOBAL),
            cell: GlobalCell(UnsafeCell::new([0; 16])),
            ty,
        }));
        // SAFETY: just made; the first count goes to the handle. `value` keeps its object alive.
        let global = unsafe {
            let cell = NonNull::new_unchecked(&raw mut (*object).cell);
            Global { owner: NodeRef::adopt(NonNull::new_unchecked(object)), cell, ty }
        };
        global.store(value);
        Ok(global)
    }

    /// # Safety
    ///
    /// `cell` must be of type `ty` and belong to `owner`.
    pub(crate) unsafe fn from_cell(
        owner: NodeRef,
        cell: NonNull<GlobalCell>,
        ty: GlobalType,
    ) -> Global {
        Global { owner, cell, ty }
    }

    pub(crate) fn cell(&self) -> &GlobalCell {
        // SAFETY: the owner keeps it alive.
        unsafe { self.cell.as_ref() }
    }

    pub(crate) fn owner(&self) -> &NodeRef {
        &self.owner
    }

    /// A number that no other live global has.
    pub fn identity(&self) -> usize {
        self.cell.as_ptr() as usize
    }

    /// The type it was made with.
    pub fn ty(&self) -> &GlobalType {
        &self.ty
    }

    /// The current value.
    pub fn get(&self) -> Val {
        // SAFETY: the cell is of this type, and keeps a function alive while the global is.
        unsafe {
            match self.ty.content {
                ValType::ExternRef => Val::ExternRef(read_extern(self.cell())),
                ty => Val::from_raw(read_raw(self.cell()), ty),
            }
        }
    }

    /// Sets the value.
    ///
    /// # Errors
    ///
    /// `global is immutable`, or `type mismatch`; the value stays then.
    pub fn set(&self, value: &Val) -> Result<()> {
        if self.ty.mutability == Mutability::Const {
            return Err(Error::new(ErrCode::ImmutableGlobal));
        }
        check(&self.ty, value)?;
        self.store(value);
        Ok(())
    }

    fn store(&self, value: &Val) {
        if self.ty.content.is_ref() {
            let word = value.to_raw() as usize;
            // SAFETY: `value` is of the cell's type and keeps its object alive.
            unsafe { write_ref(self.cell(), self.ty.content, self.owner.as_ptr(), word) };
        } else {
            write_raw(self.cell(), value.to_raw());
        }
    }
}

fn check(ty: &GlobalType, value: &Val) -> Result<()> {
    if value.ty() == ty.content {
        return Ok(());
    }
    let error = Error::new(ErrCode::TypeCheckFailed);
    Err(error.mismatched("value type", &ty.content, &value.ty()))
}

/// True if both are the same global.
impl PartialEq for Global {
    fn eq(&self, other: &Global) -> bool {
        self.cell == other.cell
    }
}

impl fmt::Debug for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Global({:?} of {})", self.get(), self.ty)
    }
}
