//! The VM: a loader, validator, executor and store behind one state machine.
//!
//! `state` has the states and the steps between them, `register` names modules for others to import
//! from, `run` calls functions, `run_async` does so on other threads, `query` answers what there is.
//! Every step that fails is logged, as
//! WasmEdge does.
//!
//! The lock guards only the state. Guest code, whether of a call or of a start function, runs
//! without it, so that it may come back to the VM through a host function.

mod query;
mod register;
mod run;
mod run_async;
mod state;

pub use state::VmState;

use crate::config::{Config, HostRegistration};
use crate::error::{ErrCode, Error, Result};
use crate::executor::{Executor, Loader, Module, Validator};
use crate::interrupt::Interrupt;
use crate::log;
use crate::runtime::Survey;
use crate::statistics::Statistics;
use crate::store::Store;
use crate::wasi::{self, Wasi};
use state::State;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Loads, validates, instantiates and runs modules, one step after another or all at once.
///
/// A VM has one active module, and a [`Store`] of registered modules that it can import from. It may
/// be used from several threads; calls run side by side. Clones are handles to the same VM.
///
/// ```
/// use wasmspan::{Config, Val, Vm};
///
/// let vm = Vm::new(&Config::default())?;
/// vm.load_bytes(br#"(module (func (export "add") (param i32 i32) (result i32)
///     (i32.add (local.get 0) (local.get 1))))"#)?;
/// vm.validate()?;
/// vm.instantiate()?;
/// let sum = vm.execute("add", &[Val::I32(2), Val::I32(3)])?;
/// assert_eq!(sum[0].i32(), Some(5));
/// # Ok::<(), wasmspan::Error>(())
/// ```
#[derive(Clone)]
pub struct Vm(Arc<Inner>);

struct Inner {
    config: Config,
    loader: Loader,
    validator: Validator,
    executor: Executor,
    store: Store,
    wasi: Option<Wasi>,
    interrupt: Interrupt,
    state: Mutex<State>,
}

impl Vm {
    /// A VM with a store of its own.
    ///
    /// # Errors
    ///
    /// If a host module that the configuration asks for can't be made.
    pub fn new(config: &Config) -> Result<Vm> {
        Vm::with_store(config, &Store::new())
    }

    /// A VM on a store that others may use too. Where the store has a module under the name of a
    /// host registration already, that module stays.
    ///
    /// # Errors
    ///
    /// As [`new`](Vm::new).
    pub fn with_store(config: &Config, store: &Store) -> Result<Vm> {
        Vm::with_statistics(config, store, &Statistics::new())
    }

    /// As [`with_store`](Vm::with_store), adding what calls count to figures that others may share.
    ///
    /// # Errors
    ///
    /// As [`new`](Vm::new).
    pub fn with_statistics(config: &Config, store: &Store, statistics: &Statistics) -> Result<Vm> {
        let wasi = if config.host_registrations.has(HostRegistration::Wasi) {
            Some(Wasi::builder().build()?)
        } else {
            None
        };
        let vm = Vm(Arc::new(Inner {
            config: config.clone(),
            loader: Loader::new(config),
            validator: Validator::new(config),
            executor: Executor::with_statistics(config, statistics),
            store: store.clone(),
            wasi,
            interrupt: Interrupt::new(),
            state: Mutex::default(),
        }));
        vm.register_hosts();
        Ok(vm)
    }

    /// The VM as a unit of a survey.
    #[doc(hidden)]
    pub fn survey(&self, survey: &mut Survey) -> usize {
        let (unit, is_new) = survey.shared(&self.0);
        if is_new {
            if let Some(active) = &self.lock().active {
                let held = survey.instance(active);
                survey.holds(unit, held);
            }
            let store = self.0.store.survey(survey);
            survey.holds(unit, store);
        }
        unit
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers what the configuration asks for; a name that is taken stays with its module.
    fn register_hosts(&self) {
        if let Some(wasi) = &self.0.wasi
            && !self.0.store.contains(wasi.instance().name())
        {
            // Another user of the store may have been quicker, which is the same case.
            let _ = self.0.store.register(wasi.instance().name(), wasi.instance());
        }
    }

    /// Registers the old name of WASI if this module imports from it. Not before: programs of
    /// WasmEdge, which does not know it, count what is registered.
    fn register_unstable(&self, module: &Module) -> Result<()> {
        let name = wasi::UNSTABLE_MODULE_NAME;
        if let Some(wasi) = &self.0.wasi
            && module.imports().iter().any(|import| import.module == name)
            && !self.0.store.contains(name)
        {
            let _ = self.0.store.register(name, &wasi.unstable_instance()?);
        }
        Ok(())
    }
}

/// Writes a failure to the log and passes it on.
fn logged<T>(result: Result<T>) -> Result<T> {
    if let Err(error) = &result {
        log::log_error(error);
    }
    result
}

/// The error of a step that the present state does not allow.
fn wrong_workflow(wanted: &str) -> Error {
    Error::with_detail(ErrCode::WrongVMWorkflow, wanted)
}

impl fmt::Debug for Vm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vm").field("state", &self.state()).field("store", &self.0.store).finish()
    }
}
