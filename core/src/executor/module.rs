//! Modules as users hold them: loaded, validated, and compiled when first needed.

use super::loader::Loader;
use crate::abi::CodeBlob;
use crate::artifact::Artifact;
use crate::config::{CodeKind, Config};
use crate::error::{ErrCode, Error, Result};
use crate::loader;
use crate::module::{ModuleInfo, NameMap};
use crate::runtime::{self, CodeModule, MemoryImage};
use crate::types::{ExportType, ExternKind, ExternType, ImportType};
use crate::validator;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

/// A WebAssembly module. Clones share it; it never changes, and any thread may use it.
#[derive(Clone)]
pub struct Module(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub info: Arc<ModuleInfo>,
    config: Config,
    validated: OnceLock<Result<()>>,
    /// Compiling it has shown that it is valid.
    known_valid: bool,
    /// Code for each way of compiling that was asked for.
    code: Mutex<Vec<(CodeKind, Arc<CodeModule>)>>,
    /// Initial content of its memories.
    images: OnceLock<Vec<Option<MemoryImage>>>,
    /// Whether it was instantiated before.
    used: AtomicBool,
    /// It came with compiled code.
    pub precompiled: bool,
    /// The kind of code that the disk cache didn't have when the module was loaded.
    asked: Option<CodeKind>,
    /// Code that came with it or was found in the disk cache, until it is first needed.
    pub waiting: Mutex<Option<(CodeKind, CodeBlob)>>,
}

/// The code of one kind among that of several.
pub(super) fn find(
    known: &[(CodeKind, Arc<CodeModule>)],
    kind: CodeKind,
) -> Option<Arc<CodeModule>> {
    known.iter().find(|(other, _)| *other == kind).map(|(_, code)| Arc::clone(code))
}

impl Inner {
    pub fn known_code(&self) -> MutexGuard<'_, Vec<(CodeKind, Arc<CodeModule>)>> {
        self.code.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Keeps code for those who ask for this kind later; of several, the first.
    pub fn keep(&self, kind: CodeKind, code: Arc<CodeModule>) -> Arc<CodeModule> {
        let mut known = self.known_code();
        if let Some(first) = find(&known, kind) {
            return first;
        }
        known.push((kind, Arc::clone(&code)));
        code
    }

    /// Gives new instances other code than those before them.
    pub fn replace(&self, kind: CodeKind, code: Arc<CodeModule>) {
        let mut known = self.known_code();
        if let Some(entry) = known.iter_mut().find(|(other, _)| *other == kind) {
            let old = std::mem::replace(&mut entry.1, code);
            drop(known);
            drop(old);
        }
    }
}

impl Module {
    /// Loads, validates and compiles a module from bytes, with the default configuration. The text
    /// format is accepted too.
    ///
    /// # Errors
    ///
    /// Those of loading, validation and compiling.
    ///
    /// ```
    /// use wasmspan::{Module, Store};
    /// let module = Module::new(br#"(module
    ///     (func (export "add") (param i32 i32) (result i32)
    ///         local.get 0
    ///         local.get 1
    ///         i32.add))"#)?;
    /// let instance = module.instantiate(&Store::new())?;
    /// assert_eq!(instance.typed::<(i32, i32), i32>("add")?.call((2, 3))?, 5);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Module> {
        Module::with_config(&Config::default(), bytes)
    }

    /// As [`new`](Module::new), with a configuration.
    ///
    /// # Errors
    ///
    /// Those of loading, validation and compiling.
    pub fn with_config(config: &Config, bytes: impl AsRef<[u8]>) -> Result<Module> {
        Loader::new(config).load_bytes(bytes)?.finish()
    }

    /// As [`with_config`](Module::with_config), from a file.
    ///
    /// # Errors
    ///
    /// Those of reading, loading, validation and compiling.
    pub fn from_file(config: &Config, path: impl AsRef<Path>) -> Result<Module> {
        Loader::new(config).load_file(path)?.finish()
    }

    /// Loads a compiled file, or any module, with its code: trusting the file, as one trusts a
    /// program. What [`with_config`](Module::with_config) does with such a file is to compile the
    /// module in it anew.
    ///
    /// # Errors
    ///
    /// Those of loading, validation and compiling; code that cannot be used here is none.
    ///
    /// ```
    /// use wasmspan::{Compiler, Config, Module};
    /// let config = Config::default();
    /// let file = Compiler::new(&config).compile_to_bytes("(module)")?;
    /// assert!(Module::load_compiled(&config, file)?.is_precompiled());
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn load_compiled(config: &Config, bytes: impl AsRef<[u8]>) -> Result<Module> {
        Module::with_config(&Config { load_compiled: true, ..config.clone() }, bytes)
    }

    /// As [`load_compiled`](Module::load_compiled), from a file.
    ///
    /// # Errors
    ///
    /// Those of reading, loading, validation and compiling.
    pub fn load_compiled_file(config: &Config, path: impl AsRef<Path>) -> Result<Module> {
        Module::from_file(&Config { load_compiled: true, ..config.clone() }, path)
    }

    fn finish(self) -> Result<Module> {
        self.validate()?;
        self.compile(&self.0.config)?;
        Ok(self)
    }

    /// A module without code; `asked` is the kind for which the disk cache was asked.
    pub(super) fn from_info(config: &Config, info: ModuleInfo, asked: Option<CodeKind>) -> Module {
        Module(Arc::new(Inner {
            info: Arc::new(info),
            config: config.clone(),
            validated: OnceLock::new(),
            known_valid: false,
            code: Mutex::default(),
            images: OnceLock::new(),
            used: AtomicBool::new(false),
            precompiled: false,
            asked,
            waiting: Mutex::default(),
        }))
    }

    /// Whether the disk cache was asked for such code, and had none.
    pub(super) fn is_known_to_miss(&self, kind: CodeKind, config: &Config) -> bool {
        let made_with = &self.0.config;
        let same = config.cache == made_with.cache && config.proposals == made_with.proposals;
        same && self.0.asked == Some(kind)
    }

    /// A module that came with its code.
    pub(super) fn precompiled(
        config: &Config,
        info: ModuleInfo,
        artifact: Artifact,
        valid: bool,
    ) -> Module {
        let mut module = Module::with_code(config, info, artifact, valid);
        Arc::get_mut(&mut module.0).expect("just made").precompiled = true;
        module
    }

    /// A module with its code; `valid` if its bodies need no validation.
    pub(super) fn with_code(
        config: &Config,
        info: ModuleInfo,
        artifact: Artifact,
        valid: bool,
    ) -> Module {
        let mut module = Module::from_info(config, info, None);
        let inner = Arc::get_mut(&mut module.0).expect("just made");
        inner.waiting = Mutex::new(Some((artifact.identity.kind, artifact.code)));
        inner.known_valid = valid;
        module
    }

    /// The configuration that it was made with.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn info(&self) -> &Arc<ModuleInfo> {
        &self.0.info
    }

    /// Images of its memories, by index; empty if segments must be copied.
    ///
    /// The first instance copies: most modules have only one, and an image costs more than a copy.
    pub(super) fn images(&self) -> &[Option<MemoryImage>] {
        if !self.0.used.swap(true, Ordering::Relaxed) {
            return &[];
        }
        self.0.images.get_or_init(|| MemoryImage::of_module(&self.0.info))
    }

    /// Checks the module against the rules of WebAssembly, once.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, and where.
    pub fn validate(&self) -> Result<()> {
        if let Some(known) = self.0.validated.get() {
            return known.clone();
        }
        // Not inside the cell: a worker that waits for parts of this work may begin other work of
        // its pool, and that may ask for the same module.
        let result = match self.0.known_valid {
            true => Ok(()),
            false => validator::validate(&self.0.config, &self.0.info),
        };
        self.0.validated.get_or_init(|| result).clone()
    }

    /// Whether the module has passed validation.
    pub fn is_validated(&self) -> bool {
        matches!(self.0.validated.get(), Some(Ok(())))
    }

    /// The error that comes first if the module has not passed validation.
    pub(super) fn require_validated(&self) -> Result<()> {
        if self.is_validated() { Ok(()) } else { Err(Error::new(ErrCode::NotValidated)) }
    }

    /// Compiles the module for `config`, unless that was done.
    ///
    /// # Errors
    ///
    /// `wasm module hasn't passed validation yet`, or what the compiler cannot do.
    pub fn compile(&self, config: &Config) -> Result<()> {
        let metering = config.statistics.metering(true);
        self.code(config, config.trap_mode, metering).map(|_| ())
    }

    /// Whether the module came with compiled code that this engine can run.
    pub fn is_precompiled(&self) -> bool {
        self.0.precompiled
    }

    /// Makes an instance with the module's configuration; imports are looked up in `store`.
    ///
    /// # Errors
    ///
    /// Those of [`Executor::instantiate`](super::Executor::instantiate).
    pub fn instantiate(&self, store: &crate::store::Store) -> Result<runtime::Instance> {
        super::Executor::new(&self.0.config).instantiate(store, self)
    }

    /// What the module imports, in its order.
    pub fn imports(&self) -> Vec<ImportType> {
        let info = &self.0.info;
        info.imports
            .iter()
            .map(|import| ImportType {
                module: import.module.clone(),
                name: import.name.clone(),
                ty: info.extern_type(import.kind, import.index),
            })
            .collect()
    }

    /// What the module exports, in its order.
    pub fn exports(&self) -> Vec<ExportType> {
        let info = &self.0.info;
        info.exports
            .iter()
            .map(|export| ExportType {
                name: export.name.clone(),
                ty: info.extern_type(export.kind, export.index),
            })
            .collect()
    }

    /// Names that the name section has for the parameters of the function exported as `export`; empty if there is no
    /// such function.
    pub fn param_names(&self, export: &str) -> Vec<Option<String>> {
        let info = &self.0.info;
        let found = info.exports.iter().find(|e| e.name == export && e.kind == ExternKind::Func);
        let Some(index) = found.map(|export| export.index) else { return Vec::new() };
        let ExternType::Func(ty) = info.extern_type(ExternKind::Func, index) else {
            return Vec::new();
        };
        let section = self.custom_sections("name").next().unwrap_or_default();
        NameMap::params(section, index, ty.params().len())
    }

    /// The name in the module's name section.
    pub fn name(&self) -> Option<&str> {
        self.0.info.names().module.as_deref()
    }

    /// Contents of the custom sections of this name, in the module's order.
    pub fn custom_sections<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        let info = &self.0.info;
        info.customs
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, range)| &info.bytes[range.clone()])
    }

    /// Name and size of every custom section, in the module's order.
    pub fn custom_section_sizes(&self) -> impl Iterator<Item = (&str, usize)> + '_ {
        self.0.info.customs.iter().map(|(name, range)| (name.as_str(), range.len()))
    }

    /// What made the module, as its `producers` section says: field (`language`, `processed-by` or
    /// `sdk`), name and version.
    pub fn producers(&self) -> Vec<(String, String, String)> {
        loader::producers(&self.0.info)
    }

    /// The module in the binary format.
    pub fn bytes(&self) -> &[u8] {
        &self.0.info.bytes
    }

    /// Bytes of machine code made so far.
    pub fn code_size(&self) -> usize {
        let known = self.0.known_code();
        known.iter().map(|(_, code)| code.image.code_len()).sum()
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Module({:?}, {} imports, {} exports)",
            self.name().unwrap_or(""),
            self.0.info.imports.len(),
            self.0.info.exports.len()
        )
    }
}
