//! Pools: a bounded number of instances of one module, each fresh.

use crate::async_call::{Stop, begin, finish};
use crate::call::{started_to_js, timeout};
use crate::cycle;
use crate::enter::enter;
use crate::env::EnvState;
use crate::error::Outcome;
use crate::handle::{Handle, Target};
use crate::imports::imports_from_js;
use crate::instance::NativeInstance;
use crate::module::NativeModule;
use crate::statistics::NativeStatistics;
use crate::store::NativeStore;
use crate::value;
use napi::Env;
use napi::bindgen_prelude::{This, ToNapiValue, Unknown};
use napi_derive::napi;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use wasmspan::raw::Place;
use wasmspan::{ErrCode, Pool};

/// A pool.
#[napi]
pub struct NativePool {
    handle: Rc<Handle>,
}

impl From<Pool> for NativePool {
    fn from(pool: Pool) -> NativePool {
        NativePool { handle: Handle::new(Target::Pool(pool)) }
    }
}

impl NativePool {
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
        enter(env, |state| {
            let imports = imports_from_js(state, &module.module, &imports)?;
            let pool = Pool::with_imports(&module.module, &imports, size as usize)?;
            Ok(NativePool::from(pool))
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
        enter(env, |_| {
            let pool = Pool::new(&module.module, &store.get()?, size as usize)?;
            Ok(NativePool::from(pool))
        })
    }

    /// To be called by the JavaScript object that has it.
    #[napi]
    pub fn attach(&self, env: Env, this: This<'_>) -> napi::Result<()> {
        enter(env, |state| {
            self.handle.attach(state, &this);
            Ok(())
        })
    }

    /// A fresh instance, or null if all are in use.
    #[napi]
    pub fn try_get(&self, env: Env) -> napi::Result<Option<NativeInstance>> {
        enter(env, |state| {
            let pool = self.get()?;
            pool.try_reserve().map(|place| fill(state, &pool, place)).transpose()
        })
    }

    /// A promise of a fresh instance, and the number to stop waiting by. Waits for a place no longer
    /// than so many milliseconds.
    #[napi]
    pub fn wait<'env>(&self, env: &'env Env, limit: Option<f64>) -> napi::Result<Unknown<'env>> {
        let raw = enter(*env, |state| {
            let pool = self.get()?;
            let (started, Stop { interrupt, deadline }) = begin(state, Vec::new(), timeout(limit))?;
            // Who waits for what nobody gives back doesn't keep the program running.
            if deadline.is_none() {
                state.let_loop_end(started.run);
            }
            let run = started.run;
            let (shared, own) = (Arc::clone(&state.shared), pool.clone());
            let reservation = pool.reserve(move |place| {
                EnvState::here(&shared, |state| state.keep_loop_for(run));
                shared.post(move |state| {
                    finish(state, run, |state| {
                        let instance = fill(state, &own, place)?;
                        // SAFETY: the environment's thread.
                        Ok(unsafe { ToNapiValue::to_napi_value(state.env, instance)? })
                    });
                });
            });
            let (shared, asked) = (Arc::clone(&state.shared), interrupt.clone());
            let size = pool.size();
            let waker = interrupt.on_request(Arc::new(move || {
                EnvState::here(&shared, |state| state.keep_loop_for(run));
                let asked = asked.clone();
                shared.post(move |state| {
                    // The interrupt knows why it was requested.
                    let reason = asked.run(|| Err::<(), _>(ErrCode::Interrupted.into()));
                    let detail = format!("all {size} instances of the pool are still in use");
                    finish(state, run, |state| {
                        reason.map_err(|error| error.detail(detail))?;
                        Ok(value::undefined(state))
                    });
                });
            }));
            if let Some(pending) = state.pending.borrow_mut().get_mut(&run) {
                pending.keep((reservation, waker, deadline));
            }
            Ok(started_to_js(state, &started))
        })?;
        // SAFETY: a value of this environment.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
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
        enter(env, |_| Ok(NativeStatistics { statistics: self.get()?.statistics().clone() }))
    }
}

/// A fresh instance in a place; if there is no memory for it, once more after a collection.
fn fill(state: &Rc<EnvState>, pool: &Pool, place: Place) -> Outcome<NativeInstance> {
    let place = Cell::new(Some(place));
    let made = cycle::make(state, || {
        match place.take() {
            Some(place) => place.fill(),
            // Somebody else may have got the place meanwhile.
            None => pool.get_timeout(Duration::ZERO),
        }
    });
    state.refresh_buffers();
    Ok(NativeInstance::pooled(made?, pool))
}
