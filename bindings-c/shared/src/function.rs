//! Function instances.

use crate::abi::{WasmEdge_FunctionInstanceContext, WasmEdge_FunctionTypeContext};
use crate::enter::{delete, enter};
use crate::handle::{self, Key, Kind, Lent, get};
use std::collections::HashMap;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use wasmspan::raw::RawFunc;
use wasmspan::{Func, ValType};

/// A function instance.
pub struct FunctionObject {
    func: Func,
    slots: OnceLock<RawFunc>,
    pub(crate) params: Box<[u32]>,
    pub(crate) results: Box<[u32]>,
    /// No reference among parameters and results.
    pub(crate) numbers: bool,
    /// The type, and functions that calls gave.
    pub lent: Lent,
    /// The handle under which the function is known to `KNOWN`.
    handle: AtomicU64,
}

crate::context!(WasmEdge_FunctionInstanceContext = FunctionInstance, FunctionObject, close);

/// Handles by the identity of the function they are for, so that a reference that comes back from
/// wasm is the pointer that C has already.
static KNOWN: LazyLock<Mutex<HashMap<usize, u64>>> = LazyLock::new(Mutex::default);

fn known() -> std::sync::MutexGuard<'static, HashMap<usize, u64>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes the handle of a function that has none yet.
pub fn introduce(handle: *mut WasmEdge_FunctionInstanceContext) {
    let Some(object) = get(handle.cast_const()) else { return };
    let handle = handle as u64;
    let mut known = known();
    let entry = known.entry(object.func.identity()).or_insert(handle);
    if !handle::is_live::<WasmEdge_FunctionInstanceContext>(*entry) {
        *entry = handle;
    }
    if *entry == handle {
        object.handle.store(handle, Ordering::Relaxed);
    }
}

/// The handle of a function: the one C has, or one that `owner` lends.
pub fn handle_of(func: &Func, owner: &Lent) -> *mut WasmEdge_FunctionInstanceContext {
    let identity = func.identity();
    let have = known().get(&identity).copied().unwrap_or(0);
    if handle::is_live::<WasmEdge_FunctionInstanceContext>(have) {
        return have as usize as *mut WasmEdge_FunctionInstanceContext;
    }
    let make = || Some(FunctionObject::new(func.clone()));
    let made = owner.get_or(Key::Func(identity), make);
    introduce(made);
    made
}

/// Retires what a function lends, when its handle ends.
pub fn close(object: &FunctionObject) {
    let handle = object.handle.load(Ordering::Relaxed);
    let mut known = known();
    if known.get(&object.func.identity()) == Some(&handle) {
        known.remove(&object.func.identity());
    }
    drop(known);
    object.lent.retire_all();
}

impl FunctionObject {
    /// The object of a function.
    pub fn new(func: Func) -> FunctionObject {
        let bytes = |types: &[ValType]| types.iter().map(|ty| *ty as u32).collect();
        let ty = func.ty();
        FunctionObject {
            params: bytes(ty.params()),
            results: bytes(ty.results()),
            numbers: !ty.params().iter().chain(ty.results()).any(|ty| ty.is_ref()),
            slots: OnceLock::new(),
            lent: Lent::default(),
            handle: AtomicU64::new(0),
            func,
        }
    }

    /// The function.
    pub fn func(&self) -> &Func {
        &self.func
    }

    /// The prepared function.
    #[inline(always)]
    pub fn slot_func(&self) -> wasmspan::Result<&RawFunc> {
        match self.slots.get() {
            Some(slots) => Ok(slots),
            None => self.prepare(),
        }
    }

    #[cold]
    fn prepare(&self) -> wasmspan::Result<&RawFunc> {
        let made = RawFunc::new(&self.func)?;
        Ok(self.slots.get_or_init(|| made))
    }

    /// Number of slots that a call needs.
    #[inline]
    pub fn slot_count(&self) -> usize {
        self.params.len().max(self.results.len())
    }

    /// Whether no reference is among parameters and results.
    #[inline]
    pub fn has_only_numbers(&self) -> bool {
        self.numbers
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_FunctionInstanceGetFunctionType(
    Cxt: *const WasmEdge_FunctionInstanceContext,
) -> *const WasmEdge_FunctionTypeContext {
    enter(ptr::null(), || {
        let object = get(Cxt)?;
        let make = || Some(object.func.ty().clone());
        Some(
            object
                .lent
                .get_or::<WasmEdge_FunctionTypeContext, _>(Key::Part(Kind::FunctionType), make)
                .cast_const(),
        )
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_FunctionInstanceDelete(Cxt: *mut WasmEdge_FunctionInstanceContext) {
    delete(Cxt);
}
