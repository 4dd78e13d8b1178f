//! From a module to a running instance: compile, link, initialise, call.

mod code;
mod code_cache;
mod instantiate;
mod lazy;
mod link;
mod loader;
mod module;
mod pool;
mod report;
mod symbols;
mod validator;
mod within;

pub use code::ensure_signal_handlers;
pub use loader::Loader;
pub use module::Module;
#[doc(hidden)]
pub use pool::{Place, Reservation};
pub use pool::{Pool, Pooled};
pub use validator::Validator;

pub(crate) use code::prepare_stubs;
pub(crate) use lazy::fill_cache;

use crate::config::{Config, Limits};
use crate::error::{ErrCode, Error, Result};
use crate::interrupt::{Deadline, Interrupt};
use crate::runtime::{Caller, Extern, Func, Instance, Val};
use crate::statistics::Statistics;
use crate::store::Store;
use crate::task::Task;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Instantiates modules and calls functions under one configuration.
///
/// May be used from several threads at once.
#[derive(Clone, Debug, Default)]
pub struct Executor {
    config: Config,
    statistics: Statistics,
    /// How many instances it has made that still exist.
    instances: Arc<AtomicU64>,
    /// Whether it counts or limits calls.
    governs: bool,
}

impl Executor {
    /// An executor with this configuration.
    pub fn new(config: &Config) -> Executor {
        Executor::with_statistics(config, &Statistics::new())
    }

    /// An executor that adds what it counts to figures which others may share. The configuration
    /// says what is counted.
    pub fn with_statistics(config: &Config, statistics: &Statistics) -> Executor {
        let mut config = config.clone();
        config.max_memory_pages = config.limits.pages(config.max_memory_pages);
        if let Some(cost) = config.limits.cost {
            config.statistics.cost_measuring = true;
            statistics.set_cost_limit(cost.min(statistics.cost_limit()));
        }
        let governs = config.statistics.any() || config.limits.apply_to_calls();
        Executor { config, statistics: statistics.clone(), instances: Arc::default(), governs }
    }

    /// The configuration it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What its calls count.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Makes an anonymous instance; what the module imports is looked up in `store`.
    ///
    /// # Errors
    ///
    /// `unknown import` or `incompatible import type` with every import that is at fault; errors of
    /// compiling; traps of segments and of the start function.
    pub fn instantiate(&self, store: &Store, module: &Module) -> Result<Instance> {
        module.require_validated()?;
        let imports = link::from_store(store, module.info())?;
        instantiate::instantiate(self, module, imports, "")
    }

    /// As [`instantiate`](Executor::instantiate), with the imports given in the module's order.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn instantiate_with(&self, module: &Module, imports: &[Extern]) -> Result<Instance> {
        module.require_validated()?;
        let imports = link::from_list(imports, module.info())?;
        instantiate::instantiate(self, module, imports, "")
    }

    /// Makes an instance and registers it in `store` under `name`.
    ///
    /// # Errors
    ///
    /// `module name conflict`, and those of [`instantiate`](Executor::instantiate).
    pub fn register(&self, store: &Store, module: &Module, name: &str) -> Result<Instance> {
        if store.contains(name) {
            let detail = format!("a module is registered as \"{name}\" already");
            return Err(Error::with_detail(ErrCode::ModuleNameConflict, detail));
        }
        module.require_validated()?;
        let imports = link::from_store(store, module.info())?;
        let instance = instantiate::instantiate(self, module, imports, name)?;
        store.register(name, &instance)?;
        Ok(instance)
    }

    /// Registers an instance in `store` under the name it has.
    ///
    /// # Errors
    ///
    /// `module name conflict`.
    pub fn register_instance(&self, store: &Store, instance: &Instance) -> Result<()> {
        store.register(instance.name(), instance)
    }

    /// Calls a function.
    ///
    /// # Errors
    ///
    /// What [`Func::call`] can give.
    pub fn invoke(&self, func: &Func, params: &[Val]) -> Result<Vec<Val>> {
        if !self.governs {
            return func.call(params);
        }
        self.invoke_within(func, params, &Limits::default())
    }

    /// Whether it counts or limits calls itself; else functions may be called without it.
    #[doc(hidden)]
    #[inline(always)]
    pub fn governs(&self) -> bool {
        self.governs
    }

    /// Calls a function on another thread, and returns at once.
    ///
    /// # Errors
    ///
    /// If the system grants no thread. What the call gives, [`Task::get`] tells.
    pub fn invoke_async(&self, func: &Func, params: &[Val]) -> Result<Task> {
        let (executor, func, params) = (self.clone(), func.clone(), params.to_vec());
        Task::start(move || executor.invoke(&func, &params))
    }

    /// As [`invoke_within`](Executor::invoke_within), on another thread. Time counts from when the
    /// call begins there.
    ///
    /// # Errors
    ///
    /// If the system grants no thread. What the call gives, [`Task::get`] tells.
    pub fn invoke_within_async(
        &self,
        func: &Func,
        params: &[Val],
        limits: &Limits,
    ) -> Result<Task> {
        let (executor, func, params) = (self.clone(), func.clone(), params.to_vec());
        let limits = *limits;
        Task::start(move || executor.invoke_within(&func, &params, &limits))
    }
}

impl Instance {
    /// An executor configured as the one that made the instance, which counts and limits together
    /// with it; the default one for host modules.
    pub fn executor(&self) -> Executor {
        let Some(instance) = self.wasm() else { return Executor::default() };
        let statistics = match &instance.metered {
            Some(metered) => metered.statistics.clone(),
            None => Statistics::new(),
        };
        Executor {
            instances: Arc::clone(instance.permit.count()),
            ..Executor::with_statistics(&instance.config, &statistics)
        }
    }
}

impl Caller<'_> {
    /// The [executor](Instance::executor) of the calling instance, for host functions that
    /// instantiate or call on; the default one if the host called the function itself.
    pub fn executor(&self) -> Executor {
        self.instance().map_or_else(Executor::default, |instance| instance.executor())
    }
}

impl Interrupt {
    /// Runs `call`; [`interrupt`](Interrupt::interrupt) stops the wasm that it runs on this thread.
    ///
    /// # Errors
    ///
    /// Those of `call`; `execution interrupted` if it was stopped.
    pub fn run<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        crate::runtime::interruptible(self, call)
    }

    /// As [`run`](Interrupt::run), and stops the call when `time` is over; whether it was, comes
    /// with the result.
    ///
    /// # Errors
    ///
    /// As [`run`](Interrupt::run); `generic runtime error` if no thread for the clock can be started.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wasmspan::{ErrCode, Interrupt, Module, Store};
    /// let module = Module::new(r#"(module (func (export "spin") (loop (br 0))))"#)?;
    /// let instance = module.instantiate(&Store::new())?;
    /// let (ended, expired) = Interrupt::new()
    ///     .run_within(Duration::from_millis(20), || instance.call("spin", &[]));
    /// assert_eq!(ended.unwrap_err().code(), ErrCode::Interrupted);
    /// assert!(expired);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn run_within<T>(
        &self,
        time: Duration,
        call: impl FnOnce() -> Result<T>,
    ) -> (Result<T>, bool) {
        // Its own, so that a clock that rings late stops nothing else.
        let own = Interrupt::new();
        match Deadline::after(time, &own, time) {
            Err(error) => (Err(error), false),
            Ok(limit) => {
                let ended = self.run(|| own.run(call));
                (ended, limit.finish())
            }
        }
    }

    /// Lets the interrupt stop whatever the current thread runs from now on, for the thread's life.
    /// [`withdraw`](Interrupt::withdraw) the request when a call has answered it. Another guard of
    /// the same thread replaces this one.
    pub fn guard_thread(&self) {
        crate::runtime::guard_thread(self);
    }
}
