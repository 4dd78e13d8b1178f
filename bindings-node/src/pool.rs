//! Pools: a bounded number of instances of one module, each fresh.

use crate::error::door;
use crate::gate::GateState;
use crate::instance::{NativeInstance, NativeStore, imports_from_js};
use crate::module::NativeModule;
use crate::vm::NativeStatistics;
use napi::Env;
use napi::bindgen_prelude::Unknown;
use napi_derive::napi;
use wasmspan::{Executor, Module, Pool};

/// A pool.
#[napi]
pub struct NativePool {
    pool: Pool,
    /// For the calls of its instances.
    executor: Executor,
}

impl NativePool {
    fn new(module: &Module, pool: Pool) -> NativePool {
        let executor = Executor::with_statistics(module.config(), pool.statistics());
        NativePool { pool, executor }
    }
}

#[napi]
impl NativePool {
    /// A pool whose imports come in a list.
    #[napi(factory)]
    pub fn with_imports(
        env: Env,
        module: &NativeModule,
        imports: Unknown<'_>,
        size: u32,
    ) -> napi::Result<NativePool> {
        door(env, |state| {
            let imports = imports_from_js(state, &module.module, &imports)?;
            let pool = Pool::with_imports(&module.module, &imports, size as usize)?;
            Ok(NativePool::new(&module.module, pool))
        })
    }

    /// A pool whose imports a store has.
    #[napi(factory)]
    pub fn in_store(
        env: Env,
        module: &NativeModule,
        store: &NativeStore,
        size: u32,
    ) -> napi::Result<NativePool> {
        door(env, |_| {
            let pool = Pool::new(&module.module, &store.store, size as usize)?;
            Ok(NativePool::new(&module.module, pool))
        })
    }

    /// A fresh instance, or null if all are in use.
    #[napi]
    pub fn try_get(&self, env: Env) -> napi::Result<Option<NativeInstance>> {
        door(env, |state| {
            let taken = self.pool.try_get();
            state.refresh_buffers();
            Ok(taken?.map(|taken| NativeInstance::pooled(taken, GateState::of(&self.executor))))
        })
    }

    /// Instances that are handed out.
    #[napi(getter)]
    pub fn in_use(&self) -> u32 {
        self.pool.in_use() as u32
    }

    /// Most instances at a time.
    #[napi(getter)]
    pub fn size(&self) -> u32 {
        self.pool.size() as u32
    }

    /// What its instances count together.
    #[napi]
    pub fn statistics(&self) -> NativeStatistics {
        NativeStatistics { statistics: self.pool.statistics().clone() }
    }
}
