//! Modules: compiled, inspected, shared with workers.

use crate::call;
use crate::config::{self, NativeConfig};
use crate::enter::enter;
use crate::error::Failure;
use napi::Env;
use napi::bindgen_prelude::{ToNapiValue, Uint8Array, Unknown};
use napi_derive::napi;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use wasmspan::{Compiler, Loader, Module};

/// A module.
#[napi]
pub struct NativeModule {
    pub(crate) module: Module,
    /// Counts those who hold the module in any environment.
    held: Arc<Shared>,
}

/// What a shared module's token leads to.
struct Shared {
    number: u64,
    module: Module,
}

/// Modules that tokens were made for, by number.
static SHARED: Mutex<Option<HashMap<u64, Weak<Shared>>>> = Mutex::new(None);

fn shared<T>(use_it: impl FnOnce(&mut HashMap<u64, Weak<Shared>>) -> T) -> T {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    use_it(shared.get_or_insert_default())
}

impl Drop for Shared {
    fn drop(&mut self) {
        shared(|known| known.remove(&self.number));
    }
}

impl NativeModule {
    pub(crate) fn new(module: Module) -> NativeModule {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let held = Arc::new(Shared { number, module: module.clone() });
        NativeModule { module, held }
    }
}

#[napi]
impl NativeModule {
    /// Loads, validates and compiles.
    #[napi(factory)]
    pub fn compile(
        env: Env,
        config: Option<&NativeConfig>,
        bytes: &[u8],
    ) -> napi::Result<NativeModule> {
        enter(env, |_| Ok(NativeModule::new(Module::with_config(&config::of(config), bytes)?)))
    }

    /// As `compile`, on another thread.
    #[napi]
    pub fn compile_async<'env>(
        env: &'env Env,
        config: Option<&NativeConfig>,
        bytes: &[u8],
    ) -> napi::Result<Unknown<'env>> {
        let (config, bytes) = (config::of(config), bytes.to_vec());
        call::start(
            env,
            Vec::new(),
            None,
            move || Module::with_config(&config, bytes),
            |state, module| {
                let module = NativeModule::new(module);
                // SAFETY: the environment's thread.
                Ok(unsafe { ToNapiValue::to_napi_value(state.env, module) }?)
            },
        )
    }

    /// Loads without validating.
    #[napi(factory)]
    pub fn load(
        env: Env,
        config: Option<&NativeConfig>,
        bytes: &[u8],
    ) -> napi::Result<NativeModule> {
        enter(env, |_| Ok(NativeModule::new(Loader::new(&config::of(config)).load_bytes(bytes)?)))
    }

    /// Loads a file without validating.
    #[napi(factory)]
    pub fn load_file(
        env: Env,
        config: Option<&NativeConfig>,
        path: String,
    ) -> napi::Result<NativeModule> {
        enter(env, |_| Ok(NativeModule::new(Loader::new(&config::of(config)).load_file(path)?)))
    }

    /// Validates.
    #[napi]
    pub fn validate(&self, env: Env) -> napi::Result<()> {
        enter(env, |_| Ok(self.module.validate()?))
    }

    /// Whether bytes are a valid module.
    #[napi]
    pub fn is_valid(env: Env, config: Option<&NativeConfig>, bytes: &[u8]) -> napi::Result<bool> {
        enter(env, |_| {
            let loaded = Loader::new(&config::of(config)).load_bytes(bytes);
            Ok(loaded.and_then(|module| module.validate()).is_ok())
        })
    }

    /// Whether compiled code came with it.
    #[napi(getter)]
    pub fn is_precompiled(&self) -> bool {
        self.module.is_precompiled()
    }

    /// The name in the name section.
    #[napi(getter)]
    pub fn name(&self) -> Option<String> {
        self.module.name().map(str::to_string)
    }

    /// Triples of module, name and kind.
    #[napi]
    pub fn imports(&self) -> Vec<Vec<String>> {
        let imports = self.module.imports().into_iter();
        imports
            .map(|import| {
                let ty = import.ty.to_string();
                vec![import.module, import.name, import.ty.kind().to_string(), ty]
            })
            .collect()
    }

    /// Pairs of name and kind.
    #[napi]
    pub fn exports(&self) -> Vec<Vec<String>> {
        let exports = self.module.exports().into_iter();
        exports
            .map(|export| {
                let ty = export.ty.to_string();
                vec![export.name, export.ty.kind().to_string(), ty]
            })
            .collect()
    }

    /// For each import that is a global: its type's name, and whether it is mutable.
    #[napi]
    pub fn global_imports(&self) -> Vec<Vec<String>> {
        let imports = self.module.imports().into_iter();
        imports
            .map(|import| match import.ty {
                wasmspan::ExternType::Global(ty) => {
                    vec![ty.content.name().to_string(), ty.mutability.to_string()]
                }
                _ => Vec::new(),
            })
            .collect()
    }

    /// For each import, or else export, that is a function: names of its parameters' and results' types.
    #[napi]
    pub fn function_types(&self, imports: bool) -> Vec<Vec<Vec<String>>> {
        let types = |ty: &wasmspan::ExternType| match ty {
            wasmspan::ExternType::Func(ty) => crate::types::type_names(ty),
            _ => Vec::new(),
        };
        if imports {
            self.module.imports().iter().map(|import| types(&import.ty)).collect()
        } else {
            self.module.exports().iter().map(|export| types(&export.ty)).collect()
        }
    }

    /// Contents of the custom sections of this name.
    #[napi]
    pub fn custom_sections(&self, name: String) -> Vec<Uint8Array> {
        self.module.custom_sections(&name).map(|bytes| Uint8Array::from(bytes.to_vec())).collect()
    }

    /// The module in the binary format.
    #[napi]
    pub fn bytes(&self) -> Uint8Array {
        Uint8Array::from(self.module.bytes().to_vec())
    }

    /// A number by which another environment opens the module, while this object lives.
    #[napi]
    pub fn share(&self) -> f64 {
        shared(|known| known.insert(self.held.number, Arc::downgrade(&self.held)));
        self.held.number as f64
    }

    /// The module behind a number of `share`.
    #[napi(factory)]
    pub fn from_shared(env: Env, number: f64) -> napi::Result<NativeModule> {
        enter(env, |_| {
            let held = shared(|known| known.get(&(number as u64)).and_then(Weak::upgrade));
            let held = held.ok_or_else(|| {
                Failure::Type("the shared module is gone: whoever shared it must keep it".into())
            })?;
            Ok(NativeModule { module: held.module.clone(), held })
        })
    }

    /// Compiles ahead of time into bytes.
    #[napi]
    pub fn compile_to_bytes(
        env: Env,
        config: Option<&NativeConfig>,
        bytes: &[u8],
    ) -> napi::Result<Uint8Array> {
        enter(env, |_| {
            Ok(Uint8Array::from(Compiler::new(&config::of(config)).compile_to_bytes(bytes)?))
        })
    }

    /// Compiles a file ahead of time into another.
    #[napi]
    pub fn compile_file(
        env: Env,
        config: Option<&NativeConfig>,
        input: String,
        output: String,
    ) -> napi::Result<()> {
        enter(env, |_| Ok(Compiler::new(&config::of(config)).compile_file(input, output)?))
    }
}
