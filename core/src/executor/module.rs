//! Modules as users hold them: loaded, validated, and compiled when first needed.

use super::lazy;
use super::shelf::{self, Shelf};
use super::symbols::ModuleSymbols;
use crate::abi::{CodeBlob, InstanceLayout};
use crate::artifact::{self, Artifact};
use crate::compile;
use crate::config::{CodeKind, Config, InterruptMode, Metering, TrapMode};
use crate::engine::Image;
use crate::engine::signature::{self, StubCompiler};
use crate::error::{ErrCode, Error, Result};
use crate::loader;
use crate::log::{self, LogLevel};
use crate::module::{ModuleInfo, NameMap};
use crate::platform;
use crate::runtime::{self, CodeModule, MemoryImage};
use crate::types::{ExportType, ExternKind, ExternType, ImportType};
use crate::validator;
use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

/// A WebAssembly module. Clones share it; it never changes, and any thread may use it.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

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
    precompiled: bool,
    /// Code that came with it or was found in the disk cache, until it is first needed.
    waiting: Mutex<Option<(CodeKind, CodeBlob)>>,
}

/// The code of one kind among that of several.
fn find(known: &[(CodeKind, Arc<CodeModule>)], kind: CodeKind) -> Option<Arc<CodeModule>> {
    known.iter().find(|(other, _)| *other == kind).map(|(_, code)| Arc::clone(code))
}

impl Inner {
    fn known_code(&self) -> MutexGuard<'_, Vec<(CodeKind, Arc<CodeModule>)>> {
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

    fn from_info(config: &Config, info: ModuleInfo) -> Module {
        Module(Arc::new(Inner {
            info: Arc::new(info),
            config: config.clone(),
            validated: OnceLock::new(),
            known_valid: false,
            code: Mutex::default(),
            images: OnceLock::new(),
            used: AtomicBool::new(false),
            precompiled: false,
            waiting: Mutex::default(),
        }))
    }

    /// A module with its code; `valid` if its bodies need no validation.
    fn with_code(config: &Config, info: ModuleInfo, artifact: Artifact, valid: bool) -> Module {
        let mut module = Module::from_info(config, info);
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

    /// The module's code for `config` with traps found by `trap_mode`.
    pub(super) fn code(
        &self,
        config: &Config,
        trap_mode: TrapMode,
        metering: Metering,
    ) -> Result<Arc<CodeModule>> {
        self.require_validated()?;
        let kind = CodeKind { metering, ..CodeKind::of(config, trap_mode) };
        // Not held while compiling, for the reason given in `validate`: two threads that come at
        // once may both compile, and the first result counts.
        if let Some(code) = find(&self.0.known_code(), kind) {
            return Ok(code);
        }
        prepare(kind)?;
        let info = &self.0.info;
        let layout = InstanceLayout::new(info);
        let config = Config { trap_mode, ..config.clone() };
        let found = match self.take_waiting(kind) {
            None => shelf::find(&config, metering, info)?,
            found => found,
        };
        let mut blob = match found {
            Some(blob) => blob,
            None => {
                if lazy::is_wanted(&config, metering, info)
                    && let Some(code) = lazy::code(&self.0, kind, &config, &layout)?
                {
                    return Ok(code);
                }
                shelf::compile(&config, metering, info, &layout)?
            }
        };
        let stubs = std::mem::take(&mut blob.stubs);
        let image = publish(blob, metering, info)?;
        let mut code = CodeModule::new(Arc::clone(info), layout, image);
        signature::adopt(&code.signatures, &stubs)?;
        if metering != Metering::None {
            let (info, layout) = (Arc::clone(info), code.layout.clone());
            code = code.with_table_code(Box::new(move || {
                let metering = Metering::Table;
                let blob = shelf::find_or_compile(&config, metering, &info, &layout)?;
                publish(blob, metering, &info)
            }));
        }
        Ok(self.0.keep(kind, Arc::new(code)))
    }

    /// The code that came with the module, if it does for `wanted`; only the first caller gets it.
    fn take_waiting(&self, wanted: CodeKind) -> Option<CodeBlob> {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let kind = waiting.as_ref()?.0;
        if !kind.serves(wanted) {
            if self.0.precompiled {
                not_used("it was compiled for another configuration");
            }
            return None;
        }
        let (_, code) = waiting.take()?;
        (code.entries.len() == self.0.info.bodies.len()).then_some(code)
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

/// Gives code an address.
fn publish(blob: CodeBlob, metering: Metering, info: &Arc<ModuleInfo>) -> Result<Image> {
    let symbols = Arc::new(ModuleSymbols::new(Arc::clone(info), metering));
    Image::publish(blob, info.imported.funcs, symbols)
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

/// Hands the compiler of call stubs down to the engine.
pub(crate) fn prepare_stubs() {
    signature::set_compiler(StubCompiler {
        entry: compile::entry_trampoline,
        exit: compile::exit_trampoline,
        record: compile::record_trampoline,
        keeping: compile::keeping_trampoline,
    });
}

/// Sets up what code needs once in a process: call stubs, and signal handlers unless it does
/// without.
fn prepare(kind: CodeKind) -> Result<()> {
    prepare_stubs();
    match (kind.trap_mode, kind.interrupt_mode) {
        (TrapMode::Checks, InterruptMode::Poll) => Ok(()),
        _ => runtime::install_handlers(),
    }
}

/// Puts the runtime's signal handlers back on top if another library has installed its own since.
///
/// Libraries such as Python's `faulthandler` or another WebAssembly engine may do so; without this
/// call the next trap then reaches their handler first. Does nothing while no handler is installed.
pub fn ensure_signal_handlers() {
    runtime::ensure_handlers();
}

/// Reads modules.
#[derive(Clone, Debug, Default)]
pub struct Loader {
    config: Config,
}

impl Loader {
    /// A loader with this configuration.
    pub fn new(config: &Config) -> Loader {
        Loader { config: config.clone() }
    }

    /// Reads a module from bytes; it is not validated yet.
    ///
    /// # Errors
    ///
    /// If the bytes are not a well-formed module.
    pub fn load_bytes(&self, bytes: impl AsRef<[u8]>) -> Result<Module> {
        let bytes = bytes.as_ref();
        if !self.config.lenient_input {
            loader::check_header(bytes)?;
        }
        self.load(bytes.into())
    }

    /// Reads a module from a file; it is not validated yet.
    ///
    /// What the file is, is told from its content: a module, a compiled file, or, if
    /// [`Config::lenient_input`] is on, text.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is not a well-formed module.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Module> {
        loader::with_file(path.as_ref(), |bytes| {
            if !self.config.lenient_input && !artifact::is_elf(&bytes) {
                loader::check_header(&bytes)?;
            }
            self.load(bytes)
        })
    }

    fn load(&self, file: Arc<[u8]>) -> Result<Module> {
        let config = &self.config;
        let wanted = config.load_compiled && !config.force_interpreter;
        // Asking for the host costs something, which most modules can do without.
        let host = match wanted && artifact::may_carry_code(&file) {
            true => Some(compile::target(&Config::default())?),
            false => None,
        };
        let content = artifact::open(&file, host.as_ref())?;
        let code = content.code.and_then(|code| code.map_err(|reason| not_used(&reason)).ok());
        let module = match content.module {
            Cow::Borrowed(all) if all.len() == file.len() => Arc::clone(&file),
            Cow::Borrowed(part) => platform::file::copy_of(part),
            Cow::Owned(module) => module.into(),
        };
        if let Some(artifact) = code {
            let valid = artifact.identity.proposals.is_subset(config.proposals);
            let load = if valid { loader::load_valid } else { loader::load_bytes };
            let mut module = Module::with_code(config, load(config, module)?, artifact, valid);
            Arc::get_mut(&mut module.0).expect("just made").precompiled = true;
            return Ok(module);
        }
        // What is in the cache was valid under the same configuration.
        let metering = config.statistics.metering(true);
        match Shelf::of(config, metering, &module)?.and_then(|shelf| shelf.find()) {
            Some(found) => {
                let info = loader::load_valid(config, module)?;
                Ok(Module::with_code(config, info, found, true))
            }
            None => Ok(Module::from_info(config, loader::load_bytes(config, module)?)),
        }
    }
}

/// Says why compiled code is left aside.
fn not_used(reason: &str) {
    let line = format!("compiled code is not used: {reason}; the module is compiled anew");
    log::log(LogLevel::Warn, &line);
}

/// Checks modules.
#[derive(Clone, Debug, Default)]
pub struct Validator {
    _config: Config,
}

impl Validator {
    /// A validator with this configuration.
    pub fn new(config: &Config) -> Validator {
        Validator { _config: config.clone() }
    }

    /// Checks a module; the result is kept with it.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, and where.
    pub fn validate(&self, module: &Module) -> Result<()> {
        module.validate()
    }
}
