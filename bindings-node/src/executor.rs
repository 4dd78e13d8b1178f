//! Executors: a configuration and figures that instances and calls share.

use crate::async_call::within as within_time;
use crate::call::{callee, start, timeout};
use crate::config::{self, NativeConfig};
use crate::enter::enter;
use crate::error::{Failure, Outcome};
use crate::statistics::NativeStatistics;
use crate::value;
use napi::Env;
use napi::bindgen_prelude::Unknown;
use napi_derive::napi;
use wasmspan::{Executor, Module, config::Limits};

/// An executor.
#[napi]
pub struct NativeExecutor {
    pub(crate) executor: Executor,
}

/// The executor that was given, or one of a configuration; that is the module's if none is given.
pub fn of(
    executor: Option<&NativeExecutor>,
    config: Option<&NativeConfig>,
    module: &Module,
) -> Executor {
    match (executor, config) {
        (Some(executor), _) => executor.executor.clone(),
        (None, Some(config)) => Executor::new(&config::of(Some(config))),
        (None, None) => Executor::new(module.config()),
    }
}

fn limits(json: Option<&str>) -> Outcome<Limits> {
    let read = |json| Limits::from_json(json).map_err(|e| Failure::Type(e.to_string()));
    json.map_or_else(|| Ok(Limits::default()), read)
}

#[napi]
impl NativeExecutor {
    /// An executor, which may add to figures that others share.
    #[napi(constructor)]
    pub fn new(config: Option<&NativeConfig>, statistics: Option<&NativeStatistics>) -> Self {
        let config = config::of(config);
        let executor = match statistics {
            Some(shared) => Executor::with_statistics(&config, &shared.statistics),
            None => Executor::new(&config),
        };
        NativeExecutor { executor }
    }

    /// What its calls count.
    #[napi]
    pub fn statistics(&self) -> NativeStatistics {
        NativeStatistics { statistics: self.executor.statistics().clone() }
    }

    /// Calls an exported function on this thread, with so much time and within limits of the
    /// call, as JSON.
    #[napi]
    pub fn invoke<'env>(
        &self,
        env: &'env Env,
        function: Unknown<'_>,
        args: Unknown<'_>,
        limit: Option<f64>,
        within: Option<String>,
    ) -> napi::Result<Unknown<'env>> {
        let raw = enter(*env, |state| {
            let (func, params, _) = callee(state, &function, &args)?;
            let within = limits(within.as_deref())?;
            let call = || self.executor.invoke_within(&func, &params, &within);
            let results = within_time(timeout(limit), call);
            state.refresh_buffers();
            value::results_to_js(state, &results?)
        })?;
        // SAFETY: a value of this environment.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
    }

    /// Calls an exported function on another thread, within limits of the call, as JSON.
    #[napi]
    pub fn invoke_async<'env>(
        &self,
        env: &'env Env,
        function: Unknown<'_>,
        args: Unknown<'_>,
        limit: Option<f64>,
        within: Option<String>,
    ) -> napi::Result<Unknown<'env>> {
        let (func, params, lock, within) = enter(*env, |state| {
            let (func, params, lock) = callee(state, &function, &args)?;
            Ok((func, params, lock, limits(within.as_deref())?))
        })?;
        let executor = self.executor.clone();
        start(
            env,
            lock.into_iter().collect(),
            limit,
            move || executor.invoke_within(&func, &params, &within),
            |state, results| value::results_to_js(state, &results),
        )
    }
}
