//! Pools of instances: `wasmspan_pool_…`.

use std::ptr;
use std::time::Duration;
use wasmspan::{Pool, Store};
use wasmspan_c_shared::abi::{
    WasmEdge_ASTModuleContext, WasmEdge_ModuleInstanceContext, WasmEdge_Result,
    WasmEdge_StatisticsContext, WasmEdge_StoreContext,
};
use wasmspan_c_shared::enter::{created, delete, enter, need, result};
use wasmspan_c_shared::error::{logged, null_argument};
use wasmspan_c_shared::handle::{Context, Key, Kind, Lent, create, get};
use wasmspan_c_shared::instance::{self, InstanceObject};

/// A pool of instances; opaque.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_pool {
    _opaque: [u8; 0],
}

impl Context for wasmspan_pool {
    const KIND: Kind = Kind::Pool;
    type Object = PoolObject;
    fn close(object: &PoolObject) {
        object.lent.retire_all();
    }
}

/// A pool and what it lends.
pub struct PoolObject {
    pool: Pool,
    lent: Lent,
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_pool_create(
    module: *const WasmEdge_ASTModuleContext,
    store: *const WasmEdge_StoreContext,
    size: usize,
) -> *mut wasmspan_pool {
    created(|| {
        let ast = need(module)?;
        let none = Store::new();
        let store = match store.is_null() {
            true => &none,
            false => &need(store)?.store,
        };
        let pool = Pool::new(&ast.module, store, size).map_err(logged)?;
        Ok(create(PoolObject { pool, lent: Lent::default() }))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_pool_get(
    pool: *const wasmspan_pool,
    milliseconds: u64,
    instance: *mut *mut WasmEdge_ModuleInstanceContext,
) -> WasmEdge_Result {
    result(|| {
        // The handle may be deleted while this waits.
        let pool = need(pool)?.pool.clone();
        if instance.is_null() {
            return Err(null_argument("the place for the module instance"));
        }
        let pooled = match milliseconds {
            u64::MAX => pool.get(),
            _ => pool.get_timeout(Duration::from_millis(milliseconds)),
        };
        let made = create(InstanceObject::pooled(pooled.map_err(logged)?));
        instance::introduce(made);
        // SAFETY: the caller passes a place for a pointer.
        unsafe { instance.write(made) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_pool_in_use(pool: *const wasmspan_pool) -> usize {
    enter(0, || Some(get(pool)?.pool.in_use()))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_pool_size(pool: *const wasmspan_pool) -> usize {
    enter(0, || Some(get(pool)?.pool.size()))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_pool_statistics(
    pool: *const wasmspan_pool,
) -> *mut WasmEdge_StatisticsContext {
    enter(ptr::null_mut(), || {
        let object = get(pool)?;
        let key = Key::Part(Kind::Statistics);
        Some(object.lent.get_or(key, || Some(object.pool.statistics().clone())))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_pool_delete(pool: *mut wasmspan_pool) {
    delete(pool);
}
