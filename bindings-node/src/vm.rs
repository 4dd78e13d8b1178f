//! The VM.

use crate::async_call::within;
use crate::call::{start, timeout};
use crate::config::{self, NativeConfig};
use crate::cycle;
use crate::enter::enter;
use crate::env::EnvState;
use crate::error::Outcome;
use crate::handle::{self, Handle};
use crate::instance::NativeInstance;
use crate::lock::Lock;
use crate::memory_fs::NativeMemoryFs;
use crate::module::NativeModule;
use crate::statistics::NativeStatistics;
use crate::store::NativeStore;
use crate::types::type_names;
use crate::value;
use crate::wasi::{Given, NativeDenial, NativeWasiOptions, Record, builder, denied};
use napi::bindgen_prelude::{ClassInstance, This, Uint8Array, Unknown};
use napi::{Env, JsValue, sys};
use napi_derive::napi;
use std::cell::RefCell;
use std::rc::Rc;
use wasmspan::{ExternType, FuncType, Val, Vm, VmState};

/// A VM.
#[napi]
pub struct NativeVm {
    handle: Rc<Handle>,
    lock: Lock,
    /// What is kept of the guest's doings, if it was given an environment.
    record: RefCell<Record>,
}

/// Where a VM's call goes.
enum Target {
    Active(String),
    Registered(String, String),
}

impl Target {
    fn ty(&self, vm: &Vm) -> Option<FuncType> {
        match self {
            Target::Active(name) => vm.function_type(name),
            Target::Registered(module, name) => vm.function_type_registered(module, name),
        }
    }

    fn call(&self, vm: &Vm, params: &[Val]) -> wasmspan::Result<Vec<Val>> {
        match self {
            Target::Active(name) => vm.execute(name, params),
            Target::Registered(module, name) => vm.execute_registered(module, name, params),
        }
    }
}

#[napi]
impl NativeVm {
    /// A VM, on a store of its own if none is given.
    #[napi(constructor)]
    pub fn new(
        env: Env,
        config: Option<&NativeConfig>,
        store: Option<&NativeStore>,
    ) -> napi::Result<Self> {
        enter(env, |_| {
            let config = config::of(config);
            let vm = match store {
                Some(store) => Vm::with_store(&config, &store.get()?)?,
                None => Vm::new(&config)?,
            };
            let handle = Handle::new(handle::Target::Vm(vm));
            Ok(NativeVm { handle, lock: Lock::default(), record: RefCell::default() })
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

    /// How far the VM's module has come.
    #[napi(getter)]
    pub fn state(&self, env: Env) -> napi::Result<&'static str> {
        enter(env, |_| {
            Ok(match self.get()?.state() {
                VmState::Inited => "inited",
                VmState::Loaded => "loaded",
                VmState::Validated => "validated",
                VmState::Instantiated => "instantiated",
            })
        })
    }

    /// Takes a module that was loaded.
    #[napi]
    pub fn load(&self, env: Env, module: &NativeModule) -> napi::Result<()> {
        enter(env, |_| {
            self.get()?.load_module(&module.module);
            Ok(())
        })
    }

    /// Validates the module.
    #[napi]
    pub fn validate(&self, env: Env) -> napi::Result<()> {
        enter(env, |_| Ok(self.get()?.validate()?))
    }

    /// Instantiates the module.
    #[napi]
    pub fn instantiate(&self, env: Env, limit: Option<f64>) -> napi::Result<()> {
        self.run(env, limit, |vm| vm.instantiate())
    }

    /// Forgets everything.
    #[napi]
    pub fn cleanup(&self, env: Env) -> napi::Result<()> {
        enter(env, |_| {
            self.free()?.clear();
            Ok(())
        })
    }

    /// Instantiates a module and registers the instance.
    #[napi]
    pub fn register(&self, env: Env, name: String, module: &NativeModule) -> napi::Result<()> {
        self.run(env, None, |vm| vm.register_module(&name, &module.module))
    }

    /// Registers an instance under the name it has.
    #[napi]
    pub fn register_instance(&self, env: Env, instance: &NativeInstance) -> napi::Result<()> {
        enter(env, |_| Ok(self.get()?.register_instance(&instance.get()?)?))
    }

    /// Calls a function: of the active module, or of a registered one.
    #[napi]
    pub fn execute<'env>(
        &self,
        env: &'env Env,
        module: Option<String>,
        name: String,
        args: Unknown<'_>,
        limit: Option<f64>,
    ) -> napi::Result<Unknown<'env>> {
        let raw = enter(*env, |state| {
            let (vm, target) = (self.free()?, target(module, name));
            let params = self.params(state, target.ty(&vm), args.raw())?;
            let call = || target.call(&vm, &params);
            let results = within(timeout(limit), call);
            state.refresh_buffers();
            value::array(state, &results?)
        })?;
        // SAFETY: a value of this environment.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
    }

    /// As `execute`, on another thread.
    #[napi]
    pub fn execute_async<'env>(
        &self,
        env: &'env Env,
        module: Option<String>,
        name: String,
        args: Unknown<'_>,
        limit: Option<f64>,
    ) -> napi::Result<Unknown<'env>> {
        let target = target(module, name);
        let (vm, params) = enter(*env, |state| {
            let vm = self.free()?;
            let params = self.params(state, target.ty(&vm), args.raw())?;
            Ok((vm, params))
        })?;
        start(
            env,
            vec![Rc::clone(&self.lock)],
            limit,
            move || target.call(&vm, &params),
            |state, results| value::array(state, &results),
        )
    }

    /// Validates and instantiates a module, and calls a function of it.
    #[napi]
    pub fn run_module<'env>(
        &self,
        env: &'env Env,
        module: &NativeModule,
        name: String,
        args: Unknown<'_>,
        limit: Option<f64>,
    ) -> napi::Result<Unknown<'env>> {
        let raw = enter(*env, |state| {
            let vm = self.free()?;
            let params = self.params(state, type_in(module, &name), args.raw())?;
            let call = || vm.run_module(&module.module, &name, &params);
            let results = within(timeout(limit), call);
            state.refresh_buffers();
            value::array(state, &results?)
        })?;
        // SAFETY: a value of this environment.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
    }

    /// As `run_module`, on another thread.
    #[napi]
    pub fn run_module_async<'env>(
        &self,
        env: &'env Env,
        module: &NativeModule,
        name: String,
        args: Unknown<'_>,
        limit: Option<f64>,
    ) -> napi::Result<Unknown<'env>> {
        let (ty, module) = (type_in(module, &name), module.module.clone());
        let (vm, params) = enter(*env, |state| {
            let vm = self.free()?;
            Ok((vm, self.params(state, ty, args.raw())?))
        })?;
        start(
            env,
            vec![Rc::clone(&self.lock)],
            limit,
            move || vm.run_module(&module, &name, &params),
            |state, results| value::array(state, &results),
        )
    }

    /// The active module's instance.
    #[napi]
    pub fn active_module(&self, env: Env) -> napi::Result<Option<NativeInstance>> {
        enter(env, |_| {
            let instance = self.get()?.active_module();
            Ok(instance.map(|instance| NativeInstance::new(instance, Rc::clone(&self.lock))))
        })
    }

    /// Names, parameters and results of the active module's functions.
    #[napi]
    pub fn function_list(&self, env: Env) -> napi::Result<Vec<Vec<Vec<String>>>> {
        enter(env, |_| {
            let list = self.get()?.function_list().into_iter();
            Ok(list.map(|(name, ty)| [vec![vec![name]], type_names(&ty)].concat()).collect())
        })
    }

    /// Types of a function: of the active module, or of a registered one.
    #[napi]
    pub fn function_type(
        &self,
        env: Env,
        module: Option<String>,
        name: String,
    ) -> napi::Result<Option<Vec<Vec<String>>>> {
        enter(env, |_| Ok(target(module, name).ty(&self.get()?).map(|ty| type_names(&ty))))
    }

    /// The store.
    #[napi]
    pub fn store(&self, env: Env) -> napi::Result<NativeStore> {
        enter(env, |_| Ok(NativeStore::from(self.get()?.store().clone())))
    }

    /// What calls count.
    #[napi]
    pub fn statistics(&self, env: Env) -> napi::Result<NativeStatistics> {
        enter(env, |_| Ok(NativeStatistics { statistics: self.get()?.statistics().clone() }))
    }

    /// Gives the guest's WASI module another environment; false if the VM has none.
    #[napi]
    pub fn configure_wasi(
        &self,
        env: Env,
        options: NativeWasiOptions,
        mounts: Vec<ClassInstance<'_, NativeMemoryFs>>,
        places: Vec<Vec<String>>,
        clocks: Vec<Unknown<'_>>,
    ) -> napi::Result<bool> {
        enter(env, |state| {
            let vm = self.get()?;
            let Some(wasi) = vm.wasi() else { return Ok(false) };
            let given = Given { mounts, places, clocks };
            let (builder, record) = builder(state, options, &given)?;
            wasi.configure(builder)?;
            *self.record.borrow_mut() = record;
            Ok(true)
        })
    }

    /// What the guest gave to `proc_exit`; null without WASI.
    #[napi(getter)]
    pub fn exit_code(&self) -> Option<u32> {
        self.get().ok()?.wasi().map(wasmspan::Wasi::exit_code)
    }

    /// What was written to standard output (1) or error (2), if that is kept.
    #[napi]
    pub fn output(&self, descriptor: u32) -> Option<Uint8Array> {
        let record = self.record.borrow();
        let buffer = if descriptor == 1 { &record.stdout } else { &record.stderr };
        Some(Uint8Array::from(buffer.as_ref()?.contents()))
    }

    /// Whether the guest wanted to write more than is kept.
    #[napi(getter)]
    pub fn truncated(&self) -> bool {
        self.record.borrow().is_truncated()
    }

    /// What the guest was refused.
    #[napi]
    pub fn denials(&self) -> Vec<NativeDenial> {
        denied(&self.record.borrow().denials)
    }
}

impl NativeVm {
    fn get(&self) -> Outcome<Vm> {
        self.handle.with(|target| match target {
            handle::Target::Vm(vm) => Some(vm.clone()),
            _ => None,
        })
    }

    /// The VM, unless a call runs on another thread.
    fn free(&self) -> Outcome<Vm> {
        self.lock.check()?;
        self.get()
    }

    fn run(
        &self,
        env: Env,
        limit: Option<f64>,
        call: impl Fn(&Vm) -> wasmspan::Result<()>,
    ) -> napi::Result<()> {
        enter(env, |state| {
            let vm = self.free()?;
            let result = within(timeout(limit), || cycle::make(state, || call(&vm)));
            state.refresh_buffers();
            Ok(result?)
        })
    }

    /// Parameters by the function's type; none if there is no such function, which the call says.
    fn params(
        &self,
        state: &Rc<EnvState>,
        ty: Option<FuncType>,
        args: sys::napi_value,
    ) -> Outcome<Vec<Val>> {
        let params = match ty {
            Some(ty) => value::list_from_js(state, args, ty.params())?,
            None => Vec::new(),
        };
        // Conversions may have run JavaScript.
        self.lock.check()?;
        Ok(params)
    }
}

fn target(module: Option<String>, name: String) -> Target {
    match module {
        Some(module) => Target::Registered(module, name),
        None => Target::Active(name),
    }
}

fn type_in(module: &NativeModule, name: &str) -> Option<FuncType> {
    let export = module.module.exports().into_iter().find(|export| export.name == name)?;
    match export.ty {
        ExternType::Func(ty) => Some(ty),
        _ => None,
    }
}
