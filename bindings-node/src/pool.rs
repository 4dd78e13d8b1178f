//! Pools: a bounded number of instances of one module, each fresh.

use crate::cycle;
use crate::error::{Outcome, door};
use crate::gate::GateState;
use crate::handle::{Handle, Target};
use crate::instance::{NativeInstance, NativeStore, imports_from_js};
use crate::module::NativeModule;
use crate::vm::NativeStatistics;
use napi::Env;
use napi::bindgen_prelude::{This, Unknown};
use napi_derive::napi;
use std::rc::Rc;
use wasmspan::{Executor, Module, Pool};

/// A pool.
#[napi]
pub struct NativePool {
    handle: Rc<Handle>,
    /// For the calls of its instances.
    executor: Executor,
}

impl NativePool {
    fn new(module: &Module, pool: Pool) -> NativePool {
        let executor = Executor::with_statistics(module.config(), pool.statistics());
        NativePool { handle: Handle::new(Target::Pool(pool)), executor }
    }

    fn get(&self) -> Outcome<Pool> {
        self.handle.with(|target| match target {
            Target::Pool(pool) => Some(pool.clone()),
            _ => None,
        })
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
            let pool = Pool::new(&module.module, &store.get()?, size as usize)?;
            Ok(NativePool::new(&module.module, pool))
        })
    }

    /// To be called by the JavaScript object that has it.
    #[napi]
    pub fn enter(&self, env: Env, this: This<'_>) -> napi::Result<()> {
        door(env, |state| {
            self.handle.enter(state, &this);
            Ok(())
        })
    }

    /// A fresh instance, or null if all are in use.
    #[napi]
    pub fn try_get(&self, env: Env) -> napi::Result<Option<NativeInstance>> {
        door(env, |state| {
            let pool = self.get()?;
            let taken = cycle::make(state, || pool.try_get());
            state.refresh_buffers();
            let gate = || GateState::of(&self.executor);
            Ok(taken?.map(|taken| NativeInstance::pooled(taken, &pool, gate())))
        })
    }

    /// Instances that are handed out.
    #[napi(getter)]
    pub fn in_use(&self) -> u32 {
        self.get().map_or(0, |pool| pool.in_use() as u32)
    }

    /// Most instances at a time.
    #[napi(getter)]
    pub fn size(&self) -> u32 {
        self.get().map_or(0, |pool| pool.size() as u32)
    }

    /// What its instances count together.
    #[napi]
    pub fn statistics(&self, env: Env) -> napi::Result<NativeStatistics> {
        door(env, |_| Ok(NativeStatistics { statistics: self.get()?.statistics().clone() }))
    }
}
