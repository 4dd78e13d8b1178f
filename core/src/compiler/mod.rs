//! Ahead-of-time compilation: from a module to a file that carries its code.

mod dump;
mod output;

use crate::abi::InstanceLayout;
use crate::artifact::{self, BUILD, Identity};
use crate::compile::{self, Observer};
use crate::config::{
    CodeKind, CompilerOptions, Config, InterruptMode, OptLevel, OptimizationLevel, OutputFormat,
};
use crate::error::{ErrCode, Error, Result};
use crate::executor::{Loader, Module};
use crate::log::{self, LogLevel};
use dump::Dump;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How far a compilation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Functions that are done.
    pub functions: usize,
    /// Functions in all.
    pub all_functions: usize,
    /// Bytes of function bodies that are done: the better measure of the time that is left.
    pub bytes: usize,
    /// Bytes of function bodies in all.
    pub all_bytes: usize,
}

type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// Compiles modules ahead of time.
///
/// What it writes is loaded like any module, by a [`Loader`] whose configuration says
/// [`load_compiled`](Config::load_compiled); it runs without being compiled again as long as engine,
/// processor and configuration fit, and is compiled anew where they do not. May be used from several
/// threads at once.
///
/// ```
/// use wasmspan::{Compiler, Config, Loader, Store};
///
/// let compiler = Compiler::new(&Config::default());
/// let file = compiler.compile_to_bytes(br#"(module
///     (func (export "answer") (result i32) i32.const 42))"#)?;
///
/// let config = Config { load_compiled: true, ..Config::default() };
/// let module = Loader::new(&config).load_bytes(file)?;
/// assert!(module.is_precompiled());
/// module.validate()?;
/// let instance = module.instantiate(&Store::new())?;
/// assert_eq!(instance.typed::<(), i32>("answer")?.call(())?, 42);
/// # Ok::<(), wasmspan::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Compiler {
    config: Config,
    on_progress: Option<OnProgress>,
}

impl Compiler {
    /// A compiler with this configuration, of which [`Config::compiler`] says what is made.
    pub fn new(config: &Config) -> Compiler {
        Compiler { config: config.clone(), on_progress: None }
    }

    /// Calls `report` after each function, from any of the compiling threads.
    pub fn on_progress(mut self, report: impl Fn(Progress) + Send + Sync + 'static) -> Compiler {
        self.on_progress = Some(Arc::new(report));
        self
    }

    /// Compiles the module in the file `input` into the file `output`, which may be the same.
    ///
    /// `output` is a shared object if its name ends in `.so`, and what
    /// [`CompilerOptions::output_format`] says otherwise. It is replaced only when all is done: a
    /// failure leaves no half file. `input` may be a compiled file.
    ///
    /// # Errors
    ///
    /// Those of reading, loading, validation, compiling and writing.
    pub fn compile_file(&self, input: impl AsRef<Path>, output: impl AsRef<Path>) -> Result<()> {
        self.compile_module(&self.loader().load_file(input)?, output)
    }

    /// As [`compile_file`](Compiler::compile_file), from bytes.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn compile_bytes(&self, bytes: impl AsRef<[u8]>, output: impl AsRef<Path>) -> Result<()> {
        self.compile_module(&self.loader().load_bytes(bytes)?, output)
    }

    /// Compiles a module to the content of a compiled file in the configured format.
    ///
    /// # Errors
    ///
    /// Those of loading, validation and compiling.
    pub fn compile_to_bytes(&self, bytes: impl AsRef<[u8]>) -> Result<Vec<u8>> {
        let module = self.loader().load_bytes(bytes)?;
        self.compile(&module, self.config.compiler.output_format)
    }

    /// Compiles a loaded module into a file, validating it first if that was not done.
    ///
    /// # Errors
    ///
    /// Those of validation, compiling and writing.
    pub fn compile_module(&self, module: &Module, output: impl AsRef<Path>) -> Result<()> {
        let output = output.as_ref();
        let named = |extension: &str| output.extension().is_some_and(|own| own == extension);
        if named("dylib") || named("dll") {
            let what = "compiled files are ELF shared objects, which other systems don't load: let \
                        the name end in .so, or in .wasm for a module that runs everywhere";
            return Err(Error::with_detail(ErrCode::IllegalPath, what)
                .closing(format!("File name: \"{}\"", output.display())));
        }
        let format =
            if named("so") { OutputFormat::Native } else { self.config.compiler.output_format };
        let file = self.compile(module, format)?;
        log::log(LogLevel::Info, "output start");
        output::write(output, &file)?;
        log::log(LogLevel::Info, "compile done");
        if format == OutputFormat::Wasm {
            // WasmEdge says so once more for this format, and scripts count lines.
            log::log(LogLevel::Info, "output start");
        }
        Ok(())
    }

    fn loader(&self) -> Loader {
        Loader::new(&Config { load_compiled: false, ..self.config.clone() })
    }

    fn compile(&self, module: &Module, format: OutputFormat) -> Result<Vec<u8>> {
        let config = self.code_config();
        module.validate()?;
        log::log(LogLevel::Info, "compile start");
        log::log(LogLevel::Info, "verify start");
        let info = module.info();
        log::log(LogLevel::Info, "optimize start");
        let watch = Watch::new(self, info.bodies.iter().map(|body| body.len()))?;
        let kind = CodeKind::of(&config, config.trap_mode);
        let layout = InstanceLayout::new(info);
        let mut code = compile::compile(&config, kind.metering, info, &layout, &watch)?;
        code.stubs = compile::stubs(&config, info)?;
        watch.finish()?;
        log::log(LogLevel::Info, "codegen start");
        let identity = Identity {
            build: BUILD.to_string(),
            target: compile::target(&config)?,
            kind,
            proposals: self.config.proposals,
            source: artifact::hash(&info.bytes),
        };
        artifact::pack(format, &info.bytes, &artifact::encode(&identity, &code))
    }

    /// The configuration with the compiler's options applied.
    fn code_config(&self) -> Config {
        let CompilerOptions { optimization_level, generic_binary, interruptible, .. } =
            self.config.compiler;
        let mut config = self.config.clone();
        config.opt_level = match optimization_level {
            OptimizationLevel::O0 => OptLevel::None,
            OptimizationLevel::O1 | OptimizationLevel::O2 | OptimizationLevel::O3 => {
                OptLevel::Speed
            }
            OptimizationLevel::Os | OptimizationLevel::Oz => OptLevel::SpeedAndSize,
        };
        config.generic_code = generic_binary;
        if interruptible {
            config.interrupt_mode = InterruptMode::Poll;
        }
        config
    }
}

impl fmt::Debug for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Compiler({:?})", self.config.compiler)
    }
}

/// Reports progress and collects intermediate code.
struct Watch<'a> {
    report: Option<&'a OnProgress>,
    functions: AtomicUsize,
    bytes: AtomicUsize,
    all_functions: usize,
    all_bytes: usize,
    dump: Option<Dump>,
}

impl<'a> Watch<'a> {
    fn new(compiler: &'a Compiler, sizes: impl ExactSizeIterator<Item = usize>) -> Result<Self> {
        let all_functions = sizes.len();
        Ok(Watch {
            report: compiler.on_progress.as_ref(),
            functions: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            all_functions,
            all_bytes: sizes.sum(),
            dump: compiler.config.compiler.dump_ir.then(|| Dump::new(all_functions)),
        })
    }

    fn finish(self) -> Result<()> {
        let Some(dump) = self.dump else { return Ok(()) };
        dump.write(Path::new(".")).map_err(|error| {
            let what = format!("the intermediate code can't be written: {error}");
            Error::with_detail(ErrCode::IllegalPath, what)
        })
    }
}

impl Observer for Watch<'_> {
    fn wants_ir(&self) -> bool {
        self.dump.is_some()
    }

    fn ir(&self, number: u32, before: String, after: String) {
        if let Some(dump) = &self.dump {
            dump.add(number, before, after);
        }
    }

    fn done(&self, bytes: usize) {
        let functions = self.functions.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if let Some(report) = self.report {
            let (all_functions, all_bytes) = (self.all_functions, self.all_bytes);
            report(Progress { functions, all_functions, bytes, all_bytes });
        }
    }
}
