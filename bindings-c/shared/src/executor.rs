//! Executors: instantiating, registering and calling.

use crate::abi::{
    WasmEdge_ASTModuleContext, WasmEdge_ConfigureContext, WasmEdge_ExecutorContext,
    WasmEdge_FunctionInstanceContext, WasmEdge_ModuleInstanceContext, WasmEdge_Result,
    WasmEdge_StatisticsContext, WasmEdge_StoreContext, WasmEdge_String, WasmEdge_Value,
};
use crate::enter::{delete, enter, need, need_in, result, result_with};
use crate::error::{logged, null_argument};
use crate::handle::create;
use crate::instance::{self, InstanceObject};
use crate::{config, statistics};
use std::ptr;
use wasmspan::{Executor, Instance};

crate::context!(WasmEdge_ExecutorContext = Executor, Executor);

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ExecutorCreate(
    ConfCxt: *const WasmEdge_ConfigureContext,
    StatCxt: *mut WasmEdge_StatisticsContext,
) -> *mut WasmEdge_ExecutorContext {
    enter(ptr::null_mut(), || {
        let executor = statistics::executor(&config::read(ConfCxt), StatCxt);
        Some(create(executor))
    })
}

fn make(
    place: *mut *mut WasmEdge_ModuleInstanceContext,
    executor: *const WasmEdge_ExecutorContext,
    make: impl FnOnce(&Executor) -> wasmspan::Result<Instance>,
) -> wasmspan::Result<&'static InstanceObject> {
    let maker = need(executor)?;
    if place.is_null() {
        return Err(null_argument("the place for the module instance"));
    }
    let instance = make(maker)?;
    let made = create(InstanceObject::new(instance).made_by(executor));
    instance::introduce(made);
    // SAFETY: the caller passes a place for a pointer.
    unsafe { place.write(made) };
    need(made)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ExecutorInstantiate(
    Cxt: *mut WasmEdge_ExecutorContext,
    ModuleCxt: *mut *mut WasmEdge_ModuleInstanceContext,
    StoreCxt: *mut WasmEdge_StoreContext,
    ASTCxt: *const WasmEdge_ASTModuleContext,
) -> WasmEdge_Result {
    result(|| {
        let (store, ast) = (need(StoreCxt)?, need(ASTCxt)?);
        make(ModuleCxt, Cxt, |executor| {
            executor.instantiate(&store.store, &ast.module).map_err(logged)
        })?;
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ExecutorRegister(
    Cxt: *mut WasmEdge_ExecutorContext,
    ModuleCxt: *mut *mut WasmEdge_ModuleInstanceContext,
    StoreCxt: *mut WasmEdge_StoreContext,
    ASTCxt: *const WasmEdge_ASTModuleContext,
    ModuleName: WasmEdge_String,
) -> WasmEdge_Result {
    result(|| {
        let (store, ast) = (need(StoreCxt)?, need(ASTCxt)?);
        // SAFETY: the caller passes a string.
        let name = unsafe { ModuleName.lossy() };
        let made = make(ModuleCxt, Cxt, |executor| {
            executor.register(&store.store, &ast.module, &name).map_err(logged)
        })?;
        made.registered_in(&store.store);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ExecutorRegisterImport(
    Cxt: *mut WasmEdge_ExecutorContext,
    StoreCxt: *mut WasmEdge_StoreContext,
    ImportCxt: *const WasmEdge_ModuleInstanceContext,
) -> WasmEdge_Result {
    result(|| {
        let (executor, store, import) = (need(Cxt)?, need(StoreCxt)?, need(ImportCxt)?);
        let registered = executor.register_instance(&store.store, &import.instance);
        registered.map_err(logged)?;
        import.registered_in(&store.store);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ExecutorInvoke(
    Cxt: *mut WasmEdge_ExecutorContext,
    FuncCxt: *const WasmEdge_FunctionInstanceContext,
    Params: *const WasmEdge_Value,
    ParamLen: u32,
    Returns: *mut WasmEdge_Value,
    ReturnLen: u32,
) -> WasmEdge_Result {
    result_with(|uses| {
        let (executor, function) = (need_in(uses, Cxt.cast_const())?, need_in(uses, FuncCxt)?);
        // SAFETY: the caller passes lists of these lengths, or null.
        let done = unsafe { function.call_through(executor, Params, ParamLen, Returns, ReturnLen) };
        done.map_err(logged)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ExecutorDelete(Cxt: *mut WasmEdge_ExecutorContext) {
    delete(Cxt);
}
