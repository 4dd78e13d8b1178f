//! VMs: their parts, states and registrations. Calls are in `vm_run`.

use crate::abi::{
    WasmEdge_ASTModuleContext, WasmEdge_ConfigureContext, WasmEdge_ExecutorContext,
    WasmEdge_FunctionTypeContext, WasmEdge_LoaderContext, WasmEdge_ModuleInstanceContext,
    WasmEdge_Result, WasmEdge_StatisticsContext, WasmEdge_StoreContext, WasmEdge_String,
    WasmEdge_VMContext, WasmEdge_ValidatorContext,
};
use crate::config;
use crate::enter::{bytes, created, delete, enter, enter_with, fill, need, path, result};
use crate::error::{logged, null_argument};
use crate::handle::{self, Key, Kind, Lent, create, get, get_in};
use crate::instance::{self, InstanceObject};
use crate::store::StoreObject;
use crate::uses::Uses;
use std::ffi::c_char;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wasmspan::config::HostRegistration;
use wasmspan::{Instance, Store, Vm};

/// A VM and what it lends.
pub struct VmObject {
    /// The VM.
    pub vm: Vm,
    /// The store of the program, if it gave one.
    store: *const WasmEdge_StoreContext,
    /// Parts, and modules that were registered.
    lent: Lent,
    /// The handle of the active module.
    active: AtomicU64,
    /// Whether calls on other threads may change the active module.
    shared: AtomicBool,
    /// Held while the active module changes.
    changing: Mutex<()>,
    /// What the VM registered in its store, to be taken out when it goes.
    registered: Mutex<Vec<Instance>>,
}

crate::context!(WasmEdge_VMContext = Vm, VmObject, close);

// SAFETY: the store's handle is only a number.
unsafe impl Send for VmObject {}
// SAFETY: as above.
unsafe impl Sync for VmObject {}

/// Retires what the VM lends and takes its modules out of the store.
pub fn close(object: &VmObject) {
    for instance in object.registered().drain(..) {
        object.vm.store().unregister(&instance);
    }
    if let Some(wasi) = object.vm.wasi() {
        object.vm.store().unregister(wasi.instance());
    }
    object.lent.retire_all();
    object.retire_active();
}

impl Drop for VmObject {
    fn drop(&mut self) {
        // A call that had begun may have changed the active module after the end of the handle.
        self.retire_active();
    }
}

impl VmObject {
    fn registered(&self) -> MutexGuard<'_, Vec<Instance>> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn retire_active(&self) {
        let active = {
            let _changing = self.changing();
            self.active.swap(0, Ordering::SeqCst)
        };
        handle::retire(active);
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handle of the module that the VM holds as its active one.
    pub fn active(&self) -> *mut WasmEdge_ModuleInstanceContext {
        if self.shared.load(Ordering::Relaxed) {
            self.refresh();
        }
        self.active.load(Ordering::SeqCst) as usize as *mut WasmEdge_ModuleInstanceContext
    }

    /// Notes that calls on other threads may change the active module from now on.
    pub fn share(&self) {
        self.shared.store(true, Ordering::Relaxed);
    }

    /// Follows a change of the active module.
    pub fn refresh(&self) {
        let changing = self.changing();
        let present = self.active.load(Ordering::SeqCst);
        let known = get(present as usize as *const WasmEdge_ModuleInstanceContext);
        let next = match (self.vm.active_module(), known) {
            (Some(next), Some(known)) if known.instance.same(&next) => return,
            (None, None) => return,
            (Some(next), _) => {
                let object = InstanceObject::new(next).made_by(self.executor_handle());
                let made = handle::lend(object);
                instance::introduce(made);
                made as u64
            }
            (None, _) => 0,
        };
        self.active.store(next, Ordering::SeqCst);
        drop(changing);
        handle::retire(present);
    }

    /// The active module.
    #[inline(always)]
    pub fn active_object<'a>(&self, uses: &'a Uses) -> Option<&'a InstanceObject> {
        loop {
            let active = self.active();
            let found = get_in(uses, active.cast_const());
            // One that another thread has replaced meanwhile is gone, and the next one is there.
            if found.is_some()
                || active.is_null()
                || active as u64 == self.active.load(Ordering::SeqCst)
            {
                return found;
            }
        }
    }

    /// The executor's context.
    pub fn executor_handle(&self) -> *mut WasmEdge_ExecutorContext {
        self.lent.get_or(Key::Part(Kind::Executor), || Some(self.vm.executor().clone()))
    }

    /// The object of a registered module.
    pub fn registered_module(&self, name: &str) -> Option<&InstanceObject> {
        let instance = self.vm.store().find(name)?;
        let key = Key::Named(Kind::ModuleInstance, name.into());
        get(instance::handle_of(&instance, &self.lent, key).cast_const())
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMCreate(
    ConfCxt: *const WasmEdge_ConfigureContext,
    StoreCxt: *mut WasmEdge_StoreContext,
) -> *mut WasmEdge_VMContext {
    created(|| {
        let given = get(StoreCxt.cast_const());
        let store = given.map_or_else(Store::new, |given| given.store.clone());
        let vm = Vm::with_store(&config::read(ConfCxt), &store).map_err(logged)?;
        let object = VmObject {
            store: if given.is_some() { StoreCxt } else { ptr::null_mut() },
            lent: Lent::default(),
            active: AtomicU64::new(0),
            shared: AtomicBool::new(false),
            changing: Mutex::default(),
            registered: Mutex::default(),
            vm,
        };
        if let Some(wasi) = object.vm.wasi() {
            wasi.allow_sockets(true);
            wasi.list_as_wasmedge(crate::release::minor());
            let made = handle::lend(InstanceObject::with_wasi(wasi));
            object
                .lent
                .put(Key::Named(Kind::ModuleInstance, wasi.instance().name().into()), made as u64);
            instance::introduce(made);
        }
        Ok(create(object))
    })
}

fn register(
    context: *mut WasmEdge_VMContext,
    name: WasmEdge_String,
    register: impl FnOnce(&Vm, &str) -> wasmspan::Result<()>,
) -> WasmEdge_Result {
    result(|| {
        let object = need(context)?;
        // SAFETY: the caller passes a string.
        let name = unsafe { name.lossy() };
        register(&object.vm, &name)?;
        let Some(made) = object.vm.store().find(&name) else { return Ok(()) };
        object.registered().push(made.clone());
        let maker = object.executor_handle();
        let key = Key::Named(Kind::ModuleInstance, name.into());
        instance::lend(&object.lent, key, &made, |object| object.made_by(maker));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMRegisterModuleFromFile(
    Cxt: *mut WasmEdge_VMContext,
    ModuleName: WasmEdge_String,
    Path: *const c_char,
) -> WasmEdge_Result {
    // SAFETY: the caller passes a path that ends with zero, or null.
    register(Cxt, ModuleName, |vm, name| vm.register_file(name, unsafe { path(Path) }?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMRegisterModuleFromBuffer(
    Cxt: *mut WasmEdge_VMContext,
    ModuleName: WasmEdge_String,
    Buf: *const u8,
    BufLen: u32,
) -> WasmEdge_Result {
    register(Cxt, ModuleName, |vm, name| {
        // SAFETY: the caller passes a buffer of this length, or null.
        let bytes = unsafe { bytes(Buf, BufLen as usize) };
        vm.register_bytes(name, bytes.ok_or_else(|| null_argument("the buffer"))?)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMRegisterModuleFromASTModule(
    Cxt: *mut WasmEdge_VMContext,
    ModuleName: WasmEdge_String,
    ASTCxt: *const WasmEdge_ASTModuleContext,
) -> WasmEdge_Result {
    register(Cxt, ModuleName, |vm, name| vm.register_module(name, &need(ASTCxt)?.module))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMRegisterModuleFromImport(
    Cxt: *mut WasmEdge_VMContext,
    ImportCxt: *const WasmEdge_ModuleInstanceContext,
) -> WasmEdge_Result {
    result(|| {
        let (object, import) = (need(Cxt)?, need(ImportCxt)?);
        object.vm.register_instance(&import.instance)?;
        import.registered_in(object.vm.store());
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMLoadWasmFromFile(
    Cxt: *mut WasmEdge_VMContext,
    Path: *const c_char,
) -> WasmEdge_Result {
    // SAFETY: the caller passes a path that ends with zero, or null.
    result(|| need(Cxt)?.vm.load_file(unsafe { path(Path) }?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMLoadWasmFromBuffer(
    Cxt: *mut WasmEdge_VMContext,
    Buf: *const u8,
    BufLen: u32,
) -> WasmEdge_Result {
    result(|| {
        let object = need(Cxt)?;
        // SAFETY: the caller passes a buffer of this length, or null.
        let bytes = unsafe { bytes(Buf, BufLen as usize) };
        object.vm.load_bytes(bytes.ok_or_else(|| null_argument("the buffer"))?)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMLoadWasmFromASTModule(
    Cxt: *mut WasmEdge_VMContext,
    ASTCxt: *const WasmEdge_ASTModuleContext,
) -> WasmEdge_Result {
    result(|| {
        need(Cxt)?.vm.load_module(&need(ASTCxt)?.module);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMValidate(Cxt: *mut WasmEdge_VMContext) -> WasmEdge_Result {
    result(|| need(Cxt)?.vm.validate())
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMInstantiate(Cxt: *mut WasmEdge_VMContext) -> WasmEdge_Result {
    result(|| {
        let object = need(Cxt)?;
        object.vm.instantiate()?;
        object.refresh();
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMCleanup(Cxt: *mut WasmEdge_VMContext) {
    enter((), || {
        let object = get(Cxt.cast_const())?;
        object.vm.cleanup();
        object.refresh();
        Some(())
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMGetFunctionType(
    Cxt: *const WasmEdge_VMContext,
    FuncName: WasmEdge_String,
) -> *const WasmEdge_FunctionTypeContext {
    enter_with(ptr::null(), |uses| {
        let active = get_in(uses, Cxt)?.active_object(uses)?;
        // SAFETY: the caller passes a string.
        let function = active.function_handle(unsafe { FuncName.bytes() });
        Some(crate::function::WasmEdge_FunctionInstanceGetFunctionType(function))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMGetFunctionTypeRegistered(
    Cxt: *const WasmEdge_VMContext,
    ModuleName: WasmEdge_String,
    FuncName: WasmEdge_String,
) -> *const WasmEdge_FunctionTypeContext {
    enter(ptr::null(), || {
        // SAFETY: the caller passes strings.
        let (module, name) = unsafe { (ModuleName.text()?, FuncName.bytes()) };
        let function = get(Cxt)?.registered_module(module)?.function_handle(name);
        Some(crate::function::WasmEdge_FunctionInstanceGetFunctionType(function))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMGetFunctionListLength(Cxt: *const WasmEdge_VMContext) -> u32 {
    enter_with(
        0,
        |uses| Some(get_in(uses, Cxt)?.active_object(uses)?.function_names().len() as u32),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_VMGetFunctionList(
    Cxt: *const WasmEdge_VMContext,
    Names: *mut WasmEdge_String,
    FuncTypes: *mut *const WasmEdge_FunctionTypeContext,
    Len: u32,
) -> u32 {
    enter_with(0, |uses| {
        let active = get_in(uses, Cxt)?.active_object(uses)?;
        let names = active.function_names();
        // SAFETY: the caller passes buffers of this length, or null; the names are ours.
        unsafe {
            let types = names.iter().map(|name| {
                let function = active.function_handle(name.bytes());
                crate::function::WasmEdge_FunctionInstanceGetFunctionType(function)
            });
            fill(FuncTypes, Len, types);
            fill(Names, Len, names.iter().copied());
        }
        Some(names.len() as u32)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMGetImportModuleContext(
    Cxt: *const WasmEdge_VMContext,
    Reg: u32,
) -> *mut WasmEdge_ModuleInstanceContext {
    enter(ptr::null_mut(), || {
        let object = get(Cxt)?;
        match config::host_registration(Reg)? {
            HostRegistration::Wasi => {
                let wasi = object.vm.wasi()?;
                let key = Key::Named(Kind::ModuleInstance, wasi.instance().name().into());
                Some(object.lent.get_or(key, || Some(InstanceObject::with_wasi(wasi))))
            }
            // Their plug-ins aren't installed.
            _ => None,
        }
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMGetActiveModule(
    Cxt: *const WasmEdge_VMContext,
) -> *const WasmEdge_ModuleInstanceContext {
    enter(ptr::null(), || Some(get(Cxt)?.active().cast_const()))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMGetStoreContext(
    Cxt: *mut WasmEdge_VMContext,
) -> *mut WasmEdge_StoreContext {
    enter(ptr::null_mut(), || {
        let object = get(Cxt.cast_const())?;
        if get(object.store).is_some() {
            return Some(object.store.cast_mut());
        }
        let make = || Some(StoreObject::lent_by_vm(object.vm.store()));
        Some(object.lent.get_or(Key::Part(Kind::Store), make))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMGetLoaderContext(
    Cxt: *mut WasmEdge_VMContext,
) -> *mut WasmEdge_LoaderContext {
    enter(ptr::null_mut(), || {
        let object = get(Cxt.cast_const())?;
        Some(object.lent.get_or(Key::Part(Kind::Loader), || Some(object.vm.loader().clone())))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMGetValidatorContext(
    Cxt: *mut WasmEdge_VMContext,
) -> *mut WasmEdge_ValidatorContext {
    enter(ptr::null_mut(), || {
        let object = get(Cxt.cast_const())?;
        let make = || Some(object.vm.validator().clone());
        Some(object.lent.get_or(Key::Part(Kind::Validator), make))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMGetExecutorContext(
    Cxt: *mut WasmEdge_VMContext,
) -> *mut WasmEdge_ExecutorContext {
    enter(ptr::null_mut(), || Some(get(Cxt.cast_const())?.executor_handle()))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMGetStatisticsContext(
    Cxt: *mut WasmEdge_VMContext,
) -> *mut WasmEdge_StatisticsContext {
    enter(ptr::null_mut(), || {
        let object = get(Cxt.cast_const())?;
        let make = || Some(object.vm.statistics().clone());
        Some(object.lent.get_or(Key::Part(Kind::Statistics), make))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_VMDelete(Cxt: *mut WasmEdge_VMContext) {
    delete(Cxt);
}
