//! Modules as users hold them: loaded, validated, and compiled when first needed.

use super::symbols::ModuleSymbols;
use crate::abi::InstanceLayout;
use crate::compile;
use crate::config::{Config, InterruptMode, Metering, OptLevel, TrapMode};
use crate::engine::Image;
use crate::engine::signature::{self, StubCompiler};
use crate::error::{ErrCode, Error, Result};
use crate::loader;
use crate::module::ModuleInfo;
use crate::runtime::{self, CodeModule};
use crate::types::{ExportType, ImportType};
use crate::validator;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

/// A WebAssembly module. Clones share it; it never changes, and any thread may use it.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

struct Inner {
    info: Arc<ModuleInfo>,
    config: Config,
    validated: OnceLock<Result<()>>,
    /// Code for each way of compiling that was asked for.
    code: Mutex<Vec<(CodeKind, Arc<CodeModule>)>>,
}

/// What makes two compilations of one module differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CodeKind {
    trap_mode: TrapMode,
    interrupt_mode: InterruptMode,
    opt_level: OptLevel,
    metering: Metering,
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
            code: Mutex::default(),
        }))
    }

    pub(super) fn info(&self) -> &Arc<ModuleInfo> {
        &self.0.info
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
        let result = validator::validate(&self.0.config, &self.0.info);
        self.0.validated.get_or_init(|| result).clone()
    }

    /// Whether the module has passed validation.
    pub fn is_validated(&self) -> bool {
        matches!(self.0.validated.get(), Some(Ok(())))
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
        if !self.is_validated() {
            return Err(Error::new(ErrCode::NotValidated));
        }
        let kind = CodeKind {
            trap_mode,
            interrupt_mode: config.interrupt_mode,
            opt_level: config.opt_level,
            metering,
        };
        let find = |known: &[(CodeKind, Arc<CodeModule>)]| {
            known.iter().find(|(other, _)| *other == kind).map(|(_, code)| Arc::clone(code))
        };
        let lock = || self.0.code.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Not held while compiling, for the reason given in `validate`: two threads that come at
        // once may both compile, and the first result counts.
        if let Some(code) = find(&lock()) {
            return Ok(code);
        }
        prepare(kind)?;
        let info = &self.0.info;
        let layout = InstanceLayout::new(info);
        let config = Config { trap_mode, ..config.clone() };
        let image = make_image(&config, metering, info, &layout)?;
        let mut code = CodeModule::new(Arc::clone(info), layout, image);
        if metering == Metering::Unit {
            let (info, layout) = (Arc::clone(info), code.layout.clone());
            code = code.with_table_code(Box::new(move || {
                make_image(&config, Metering::Table, &info, &layout)
            }));
        }
        let code = Arc::new(code);
        let mut known = lock();
        if let Some(first) = find(&known) {
            return Ok(first);
        }
        known.push((kind, Arc::clone(&code)));
        Ok(code)
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

    /// The module in the binary format.
    pub fn bytes(&self) -> &[u8] {
        &self.0.info.bytes
    }

    /// Bytes of machine code made so far.
    pub fn code_size(&self) -> usize {
        let known = self.0.code.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        known.iter().map(|(_, code)| code.image.code_len()).sum()
    }
}

/// Compiles a module and gives the code an address.
fn make_image(
    config: &Config,
    metering: Metering,
    info: &Arc<ModuleInfo>,
    layout: &InstanceLayout,
) -> Result<Image> {
    let blob = compile::compile(config, metering, info, layout)?;
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
        let info = loader::load_bytes(&self.config, bytes.as_ref().into())?;
        Ok(Module::from_info(&self.config, info))
    }

    /// Reads a module from a file; it is not validated yet.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is not a well-formed module.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Module> {
        let info = loader::load_file(&self.config, path.as_ref())?;
        Ok(Module::from_info(&self.config, info))
    }
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
