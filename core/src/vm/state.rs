//! The states of a VM and the steps between them.

use super::{Vm, logged, wrong_workflow};
use crate::error::Result;
use crate::executor::Module;
use crate::runtime::Instance;
use std::path::Path;

/// How far the VM's module has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum VmState {
    /// No module is loaded.
    #[default]
    Inited,
    /// A module is loaded.
    Loaded,
    /// The module is validated.
    Validated,
    /// The module is instantiated.
    Instantiated,
}

/// What the VM's lock guards.
#[derive(Debug, Default)]
pub(super) struct State {
    pub stage: VmState,
    /// The loaded module.
    pub module: Option<Module>,
    /// The instance that `execute` uses. It stays when another module is loaded, until that is
    /// instantiated.
    pub active: Option<Instance>,
    /// Counts changes of `module`, so that a step that ran without the lock sees whether its module
    /// is still the one.
    loads: u64,
}

impl State {
    pub(super) fn set_module(&mut self, module: Option<Module>) -> Option<Module> {
        self.loads += 1;
        self.stage = if module.is_some() { VmState::Loaded } else { VmState::Inited };
        std::mem::replace(&mut self.module, module)
    }

    /// A registration or a run takes an instantiated module one step back.
    pub(super) fn step_back(&mut self) {
        self.stage = self.stage.min(VmState::Validated);
    }
}

impl Vm {
    /// The present state.
    pub fn state(&self) -> VmState {
        self.lock().stage
    }

    /// Loads a module from a file; allowed in every state.
    ///
    /// # Errors
    ///
    /// Those of reading and loading; the state stays as it was.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<()> {
        self.loaded(logged(self.0.loader.load_file(path))?);
        Ok(())
    }

    /// Loads a module from bytes; allowed in every state.
    ///
    /// # Errors
    ///
    /// Those of loading; the state stays as it was.
    pub fn load_bytes(&self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.loaded(logged(self.0.loader.load_bytes(bytes))?);
        Ok(())
    }

    /// Takes a module that is loaded already; allowed in every state.
    pub fn load_module(&self, module: &Module) {
        self.loaded(module.clone());
    }

    fn loaded(&self, module: Module) {
        // Dropped after the lock: a drop may run the host's code.
        let old = self.lock().set_module(Some(module));
        drop(old);
    }

    /// Validates the loaded module.
    ///
    /// # Errors
    ///
    /// `wrong VM workflow` if none is loaded; the first rule that the module breaks. The state stays
    /// as it was.
    pub fn validate(&self) -> Result<()> {
        let (module, loads) = {
            let state = self.lock();
            (state.module.clone(), state.loads)
        };
        let Some(module) = module else {
            return logged(Err(wrong_workflow("no module is loaded: load one, then validate")));
        };
        logged(self.0.validator.validate(&module))?;
        let mut state = self.lock();
        if state.loads == loads {
            state.stage = VmState::Validated;
        }
        Ok(())
    }

    /// Instantiates the validated module and makes the instance the active one.
    ///
    /// # Errors
    ///
    /// `wrong VM workflow` if the module isn't validated; missing imports; traps of the start
    /// function. State and active module stay as they were.
    pub fn instantiate(&self) -> Result<()> {
        let (module, loads) = {
            let state = self.lock();
            let ready = state.stage >= VmState::Validated;
            (state.module.clone().filter(|_| ready), state.loads)
        };
        let Some(module) = module else {
            let hint = "the module isn't validated: load, validate, then instantiate";
            return logged(Err(wrong_workflow(hint)));
        };
        let instance = logged(self.start(&module))?;
        let old = {
            let mut state = self.lock();
            if state.loads == loads {
                state.stage = VmState::Instantiated;
            }
            state.active.replace(instance)
        };
        drop(old);
        Ok(())
    }

    /// Makes an anonymous instance; its start function can be interrupted.
    pub(super) fn start(&self, module: &Module) -> Result<Instance> {
        self.register_unstable(module)?;
        self.0.interrupt.run(|| self.0.executor.instantiate(&self.0.store, module))
    }

    /// Forgets the module, the active instance and the figures of the statistics, as WasmEdge does.
    /// What is registered stays; [`clear`](Vm::clear) takes it out too.
    pub fn cleanup(&self) {
        let old = {
            let mut state = self.lock();
            (state.set_module(None), state.active.take())
        };
        drop(old);
        self.statistics().clear();
    }

    /// As [`cleanup`](Vm::cleanup), and takes everything out of the store, except the host modules
    /// that the configuration asks for.
    pub fn clear(&self) {
        self.cleanup();
        self.0.store.clear();
        self.register_hosts();
    }
}
