//! Stores: named module instances that others import from.

use crate::abi::{WasmEdge_ModuleInstanceContext, WasmEdge_StoreContext, WasmEdge_String};
use crate::enter::{delete, enter, fill};
use crate::handle::{Key, Kind, Lent, create, get};
use crate::instance;
use crate::text::Texts;
use std::ptr;
use wasmspan::Store;

/// A store and what it lends.
#[derive(Default)]
pub struct StoreObject {
    /// The store.
    pub store: Store,
    /// Whether the end of the handle empties the store.
    owns: bool,
    texts: Texts,
    lent: Lent,
}

crate::context!(WasmEdge_StoreContext = Store, StoreObject, close);

impl StoreObject {
    /// The object through which a VM lends its store.
    pub fn lent_by_vm(store: &Store) -> StoreObject {
        StoreObject { store: store.clone(), ..StoreObject::default() }
    }
}

/// Unlinks all modules, when the program deletes the store.
pub fn close(object: &StoreObject) {
    object.lent.retire_all();
    if object.owns {
        object.store.clear();
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_StoreCreate() -> *mut WasmEdge_StoreContext {
    enter(ptr::null_mut(), || Some(create(StoreObject { owns: true, ..StoreObject::default() })))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_StoreFindModule(
    Cxt: *const WasmEdge_StoreContext,
    Name: WasmEdge_String,
) -> *const WasmEdge_ModuleInstanceContext {
    enter(ptr::null(), || {
        let object = get(Cxt)?;
        // SAFETY: the caller passes a string.
        let name = unsafe { Name.text() }?;
        let found = object.store.find(name)?;
        let key = Key::Named(Kind::ModuleInstance, name.into());
        Some(instance::handle_of(&found, &object.lent, key).cast_const())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_StoreListModuleLength(Cxt: *const WasmEdge_StoreContext) -> u32 {
    enter(0, || Some(get(Cxt)?.store.names().len() as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_StoreListModule(
    Cxt: *const WasmEdge_StoreContext,
    Names: *mut WasmEdge_String,
    Len: u32,
) -> u32 {
    enter(0, || {
        let object = get(Cxt)?;
        let names = object.store.names();
        // SAFETY: the caller passes a buffer of this length, or null.
        unsafe { fill(Names, Len, names.iter().map(|name| object.texts.lend(name))) };
        Some(names.len() as u32)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_StoreDelete(Cxt: *mut WasmEdge_StoreContext) {
    delete(Cxt);
}
