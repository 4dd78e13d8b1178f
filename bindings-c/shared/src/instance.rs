//! Module instances: of wasm modules and of host modules.

use crate::abi::{
    WasmEdge_ExecutorContext, WasmEdge_FunctionInstanceContext, WasmEdge_GlobalInstanceContext,
    WasmEdge_MemoryInstanceContext, WasmEdge_ModuleInstanceContext, WasmEdge_String,
    WasmEdge_TableInstanceContext,
};
use crate::enter::{delete, enter, fill};
use crate::function;
use crate::function::FunctionObject;
use crate::global::GlobalObject;
use crate::handle::{self, Context, Key, Kind, Lent, create, get};
use crate::memory::MemoryObject;
use crate::table::TableObject;
use crate::text::Texts;
use std::collections::BTreeMap;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmspan::{Extern, ExternKind, Instance, Pooled, Store, Wasi};

/// A module instance and what it lends.
pub struct InstanceObject {
    /// The instance.
    pub instance: Instance,
    /// The WASI module, if it is one.
    pub wasi: Option<Wasi>,
    /// Functions, tables, memories and globals.
    pub lent: Lent,
    texts: Texts,
    /// The handle of memory 0, which host functions ask for most.
    memory0: AtomicU64,
    /// The executor that made it.
    maker: AtomicU64,
    /// Where it is registered, so that it can be taken out.
    stores: Mutex<Vec<Store>>,
    functions: Mutex<Functions>,
    /// The function that was found last.
    last: AtomicPtr<Named>,
    /// Its place in a pool, given back when all else is gone.
    _pooled: Option<Pooled>,
}

/// Functions that were looked up. They stay until the instance goes, because callers use them
/// without a lock.
#[derive(Default)]
struct Functions {
    by_name: BTreeMap<Box<str>, Arc<Named>>,
    replaced: Vec<Arc<Named>>,
}

/// A function under a name.
struct Named {
    name: Box<str>,
    object: Arc<FunctionObject>,
}

crate::context!(WasmEdge_ModuleInstanceContext = ModuleInstance, InstanceObject, close);

/// Ties the tag of an instance to the handle that C gets.
pub fn introduce(handle: *mut WasmEdge_ModuleInstanceContext) {
    let Some(object) = get(handle.cast_const()) else { return };
    let tag = object.instance.binding_tag();
    if !handle::is_live::<WasmEdge_ModuleInstanceContext>(tag.load(Ordering::Relaxed)) {
        tag.store(handle as u64, Ordering::Relaxed);
    }
}

/// The handle of an instance: the one C has, or one that `owner` lends.
pub fn handle_of(
    instance: &Instance,
    owner: &Lent,
    key: Key,
) -> *mut WasmEdge_ModuleInstanceContext {
    let tag = instance.binding_tag().load(Ordering::Relaxed);
    if handle::is_live::<WasmEdge_ModuleInstanceContext>(tag) {
        return tag as usize as *mut WasmEdge_ModuleInstanceContext;
    }
    lend(owner, key, instance, |object| object)
}

/// The handle that `owner` lends for an instance under this key, made by `prepare` if it lends none or
/// one for another instance.
pub fn lend(
    owner: &Lent,
    key: Key,
    instance: &Instance,
    prepare: impl FnOnce(InstanceObject) -> InstanceObject,
) -> *mut WasmEdge_ModuleInstanceContext {
    let is_same = |known: *const WasmEdge_ModuleInstanceContext| {
        get(known).is_some_and(|object| object.instance.same(instance))
    };
    let make = || prepare(InstanceObject::new(instance.clone()));
    let lent = owner.replace_unless(key, is_same, make);
    introduce(lent);
    lent
}

/// Takes the instance out of its stores and retires what it lends, when its handle ends.
pub fn close(object: &InstanceObject) {
    for store in object.stores().drain(..) {
        store.unregister(&object.instance);
    }
    object.lent.retire_all();
}

impl InstanceObject {
    /// The object of an instance.
    pub fn new(instance: Instance) -> InstanceObject {
        InstanceObject {
            instance,
            wasi: None,
            lent: Lent::default(),
            texts: Texts::default(),
            memory0: AtomicU64::new(0),
            maker: AtomicU64::new(0),
            stores: Mutex::default(),
            functions: Mutex::default(),
            last: AtomicPtr::default(),
            _pooled: None,
        }
    }

    /// The object of an instance from a pool.
    pub fn pooled(pooled: Pooled) -> InstanceObject {
        let object = InstanceObject::new(pooled.clone());
        InstanceObject { _pooled: Some(pooled), ..object }
    }

    /// The object of a WASI module.
    pub fn with_wasi(wasi: &Wasi) -> InstanceObject {
        InstanceObject { wasi: Some(wasi.clone()), ..InstanceObject::new(wasi.instance().clone()) }
    }

    /// Notes the executor that made it.
    pub fn made_by(self, executor: *const WasmEdge_ExecutorContext) -> InstanceObject {
        self.maker.store(executor as u64, Ordering::Relaxed);
        self
    }

    /// The executor that made it, if it is still there.
    pub fn maker(&self) -> Option<*mut WasmEdge_ExecutorContext> {
        let maker = self.maker.load(Ordering::Relaxed);
        handle::is_live::<WasmEdge_ExecutorContext>(maker).then_some(maker as usize as *mut _)
    }

    /// Notes a store that it was registered in.
    pub fn registered_in(&self, store: &Store) {
        self.stores().push(store.clone());
    }

    fn stores(&self) -> MutexGuard<'_, Vec<Store>> {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn functions(&self) -> MutexGuard<'_, Functions> {
        self.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The exported function of a name.
    #[inline]
    pub fn function(&self, name: &[u8]) -> Option<&FunctionObject> {
        let last = self.last.load(Ordering::Acquire);
        // SAFETY: such entries stay as long as the object.
        if let Some(last) = unsafe { last.as_ref() }
            && last.name.as_bytes() == name
        {
            return Some(&last.object);
        }
        self.find(name).map(|found| &*found.object)
    }

    #[cold]
    fn find(&self, name: &[u8]) -> Option<&Named> {
        let name = std::str::from_utf8(name).ok()?;
        let mut functions = self.functions();
        let found: *const Named = match functions.by_name.get(name) {
            Some(known) => &raw const **known,
            None => {
                let func = self.instance.get_func(name)?;
                let made = Arc::new(Named {
                    name: name.into(),
                    object: Arc::new(FunctionObject::new(func)),
                });
                &raw const **functions.by_name.entry(name.into()).or_insert(made)
            }
        };
        self.last.store(found.cast_mut(), Ordering::Release);
        // SAFETY: such entries stay as long as the object.
        Some(unsafe { &*found })
    }

    /// The handle of memory `index`.
    #[inline]
    pub fn memory(
        &self,
        index: u32,
        make: impl FnOnce() -> Option<MemoryObject>,
    ) -> *mut WasmEdge_MemoryInstanceContext {
        if index == 0 {
            let known = self.memory0.load(Ordering::Relaxed);
            if handle::is_live::<WasmEdge_MemoryInstanceContext>(known) {
                return known as usize as *mut _;
            }
        }
        let made: *mut WasmEdge_MemoryInstanceContext =
            self.lent.get_or(Key::Numbered(Kind::MemoryInstance, index), make);
        if index == 0 {
            self.memory0.store(made as u64, Ordering::Relaxed);
        }
        made
    }

    /// Names of the exports of a kind, sorted.
    fn names(&self, kind: ExternKind) -> Vec<String> {
        let names = self.instance.export_names().into_iter();
        let mut names: Vec<String> =
            names.filter(|(_, known)| *known == kind).map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    /// Names of the exported functions, sorted, as lent strings.
    pub fn function_names(&self) -> Vec<WasmEdge_String> {
        let names = self.names(ExternKind::Func);
        names.iter().map(|name| self.texts.lend(name)).collect()
    }

    /// The handle of the exported function of a name.
    pub fn function_handle(&self, name: &[u8]) -> *mut WasmEdge_FunctionInstanceContext {
        let Some(named) = self.find(name) else { return ptr::null_mut() };
        let key = Key::Named(Kind::FunctionInstance, named.name.clone());
        // The program's own handle, if the function came from it.
        let made: *mut WasmEdge_FunctionInstanceContext =
            self.lent.get_or(key, || None::<Arc<FunctionObject>>);
        if !made.is_null() {
            return made;
        }
        let lent = self
            .lent
            .get_or(Key::Func(named.object.func().identity()), || Some(Arc::clone(&named.object)));
        function::introduce(lent);
        lent
    }

    /// Puts an item into a host module; its handle passes to the module.
    fn add<C: Context>(&self, name: &str, handle: *mut C, item: Extern) -> Option<()> {
        if get(handle.cast_const()).is_none() || self.instance.define(name, item).is_err() {
            return None;
        }
        {
            let mut functions = self.functions();
            self.last.store(ptr::null_mut(), Ordering::Release);
            let old = functions.by_name.remove(name);
            functions.replaced.extend(old);
        }
        if handle::hand_over(handle) {
            self.lent.put(Key::Named(C::KIND, name.into()), handle as u64);
        }
        Some(())
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceCreate(
    ModuleName: WasmEdge_String,
) -> *mut WasmEdge_ModuleInstanceContext {
    enter(ptr::null_mut(), || {
        // SAFETY: the caller passes a string.
        let name = unsafe { ModuleName.lossy() };
        let made = create(InstanceObject::new(Instance::host(name)));
        introduce(made);
        Some(made)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceGetModuleName(
    Cxt: *const WasmEdge_ModuleInstanceContext,
) -> WasmEdge_String {
    enter(WasmEdge_String::NONE, || {
        let object = get(Cxt)?;
        Some(object.texts.lend(object.instance.name()))
    })
}

fn list(
    context: *const WasmEdge_ModuleInstanceContext,
    kind: ExternKind,
    names: *mut WasmEdge_String,
    len: u32,
) -> u32 {
    enter(0, || {
        let object = get(context)?;
        let found = object.names(kind);
        // SAFETY: the caller passes a buffer of this length, or null.
        unsafe { fill(names, len, found.iter().map(|name| object.texts.lend(name))) };
        Some(found.len() as u32)
    })
}

fn count(context: *const WasmEdge_ModuleInstanceContext, kind: ExternKind) -> u32 {
    list(context, kind, ptr::null_mut(), 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceListFunctionLength(
    Cxt: *const WasmEdge_ModuleInstanceContext,
) -> u32 {
    count(Cxt, ExternKind::Func)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceListFunction(
    Cxt: *const WasmEdge_ModuleInstanceContext,
    Names: *mut WasmEdge_String,
    Len: u32,
) -> u32 {
    list(Cxt, ExternKind::Func, Names, Len)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceListTableLength(
    Cxt: *const WasmEdge_ModuleInstanceContext,
) -> u32 {
    count(Cxt, ExternKind::Table)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceListTable(
    Cxt: *const WasmEdge_ModuleInstanceContext,
    Names: *mut WasmEdge_String,
    Len: u32,
) -> u32 {
    list(Cxt, ExternKind::Table, Names, Len)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceListMemoryLength(
    Cxt: *const WasmEdge_ModuleInstanceContext,
) -> u32 {
    count(Cxt, ExternKind::Memory)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceListMemory(
    Cxt: *const WasmEdge_ModuleInstanceContext,
    Names: *mut WasmEdge_String,
    Len: u32,
) -> u32 {
    list(Cxt, ExternKind::Memory, Names, Len)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceListGlobalLength(
    Cxt: *const WasmEdge_ModuleInstanceContext,
) -> u32 {
    count(Cxt, ExternKind::Global)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceListGlobal(
    Cxt: *const WasmEdge_ModuleInstanceContext,
    Names: *mut WasmEdge_String,
    Len: u32,
) -> u32 {
    list(Cxt, ExternKind::Global, Names, Len)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceFindFunction(
    Cxt: *const WasmEdge_ModuleInstanceContext,
    Name: WasmEdge_String,
) -> *mut WasmEdge_FunctionInstanceContext {
    // SAFETY: the caller passes a string.
    enter(ptr::null_mut(), || Some(get(Cxt)?.function_handle(unsafe { Name.bytes() })))
}

fn find<C: Context>(
    context: *const WasmEdge_ModuleInstanceContext,
    name: WasmEdge_String,
    make: impl FnOnce(&Instance, &str) -> Option<C::Object>,
) -> *mut C {
    enter(ptr::null_mut(), || {
        let object = get(context)?;
        // SAFETY: the caller passes a string.
        let name = unsafe { name.text() }?;
        let key = Key::Named(C::KIND, name.into());
        Some(object.lent.get_or::<C, C::Object>(key, || make(&object.instance, name)))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceFindTable(
    Cxt: *const WasmEdge_ModuleInstanceContext,
    Name: WasmEdge_String,
) -> *mut WasmEdge_TableInstanceContext {
    find(Cxt, Name, |instance, name| Some(TableObject::new(instance.get_table(name)?)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceFindMemory(
    Cxt: *const WasmEdge_ModuleInstanceContext,
    Name: WasmEdge_String,
) -> *mut WasmEdge_MemoryInstanceContext {
    find(Cxt, Name, |instance, name| Some(MemoryObject::new(instance.get_memory(name)?)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceFindGlobal(
    Cxt: *const WasmEdge_ModuleInstanceContext,
    Name: WasmEdge_String,
) -> *mut WasmEdge_GlobalInstanceContext {
    find(Cxt, Name, |instance, name| Some(GlobalObject::new(instance.get_global(name)?)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceAddFunction(
    Cxt: *mut WasmEdge_ModuleInstanceContext,
    Name: WasmEdge_String,
    FuncCxt: *mut WasmEdge_FunctionInstanceContext,
) {
    enter((), || {
        let item = get(FuncCxt.cast_const())?.func().clone();
        // SAFETY: the caller passes a string.
        get(Cxt.cast_const())?.add(&unsafe { Name.lossy() }, FuncCxt, item.into())
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceAddTable(
    Cxt: *mut WasmEdge_ModuleInstanceContext,
    Name: WasmEdge_String,
    TableCxt: *mut WasmEdge_TableInstanceContext,
) {
    enter((), || {
        let item = get(TableCxt.cast_const())?.table.clone();
        // SAFETY: the caller passes a string.
        get(Cxt.cast_const())?.add(&unsafe { Name.lossy() }, TableCxt, item.into())
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceAddMemory(
    Cxt: *mut WasmEdge_ModuleInstanceContext,
    Name: WasmEdge_String,
    MemoryCxt: *mut WasmEdge_MemoryInstanceContext,
) {
    enter((), || {
        let item = get(MemoryCxt.cast_const())?.memory.clone();
        // SAFETY: the caller passes a string.
        get(Cxt.cast_const())?.add(&unsafe { Name.lossy() }, MemoryCxt, item.into())
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceAddGlobal(
    Cxt: *mut WasmEdge_ModuleInstanceContext,
    Name: WasmEdge_String,
    GlobalCxt: *mut WasmEdge_GlobalInstanceContext,
) {
    enter((), || {
        let item = get(GlobalCxt.cast_const())?.global.clone();
        // SAFETY: the caller passes a string.
        get(Cxt.cast_const())?.add(&unsafe { Name.lossy() }, GlobalCxt, item.into())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceDelete(Cxt: *mut WasmEdge_ModuleInstanceContext) {
    delete(Cxt);
}
