//! Running a module as a process: arguments, streams, files and limits in; exit code, output and
//! usage out.
//!
//! [`Command`] puts the other layers together the way most hosts would: a fresh store, a fresh WASI
//! module, a fresh instance, one call of `_start` under a time limit.

mod finished;

pub use finished::{Ending, Finished, Usage};

use crate::config::Config;
use crate::error::{ErrCode, Error, Phase, Result};
use crate::executor::{Executor, Module};
use crate::interrupt::Interrupt;
use crate::limits::DEFAULT_OUTPUT_BYTES;
use crate::runtime::{Extern, Instance};
use crate::store::Store;
use crate::wasi::{Denials, Input, MemoryFs, Output, OutputBuffer, Wasi, WasiBuilder};
use finished::Meter;
use std::path::PathBuf;
use std::time::Duration;

/// A module to be run as a process, as often as wanted.
///
/// It starts with nothing: no arguments, no environment, no directories, empty input. Output is
/// captured, up to [`DEFAULT_OUTPUT_BYTES`] for each of the two streams. Runs share nothing but the
/// compiled module and the directories given, and may happen on several threads at once.
///
/// ```
/// use std::time::Duration;
/// use wasmspan::{Command, Module};
///
/// let module = Module::new(br#"(module
///     (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
///     (memory (export "memory") 2)
///     (func (export "_start") (call $exit (i32.const 3))))"#)?;
/// let finished = Command::new(&module).arg("guest").timeout(Duration::from_secs(10)).run()?;
/// assert_eq!(finished.exit_code(), Some(3));
/// assert_eq!(finished.usage.memory_pages, 2);
/// # Ok::<(), wasmspan::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Command {
    module: Source,
    config: Config,
    imports: Option<Store>,
    wasi: WasiBuilder,
    stdout: Option<Output>,
    stderr: Option<Output>,
    output_limit: usize,
    timeout: Option<Duration>,
    interrupt: Interrupt,
}

/// Where the module comes from.
#[derive(Clone, Debug)]
enum Source {
    Module(Module),
    File(PathBuf),
}

impl Command {
    /// A command that runs a module.
    pub fn new(module: &Module) -> Command {
        Command::of(Source::Module(module.clone()))
    }

    /// A command that runs a file, which is read and compiled at each run.
    pub fn from_file(path: impl Into<PathBuf>) -> Command {
        Command::of(Source::File(path.into()))
    }

    fn of(module: Source) -> Command {
        Command {
            module,
            config: Config::default(),
            imports: None,
            wasi: Wasi::builder().stdin(Input::Null),
            stdout: None,
            stderr: None,
            output_limit: DEFAULT_OUTPUT_BYTES,
            timeout: None,
            interrupt: Interrupt::new(),
        }
    }

    /// Lets the module import from what a store has when it runs, besides WASI.
    pub fn imports(mut self, store: &Store) -> Command {
        self.imports = Some(store.clone());
        self
    }

    /// Sets how the module is loaded, compiled and run.
    pub fn config(mut self, config: &Config) -> Command {
        self.config = config.clone();
        self
    }

    /// Adds an argument; the first is the program's name.
    pub fn arg(self, arg: impl AsRef<[u8]>) -> Command {
        self.wasi(|wasi| wasi.arg(arg))
    }

    /// Adds arguments.
    pub fn args<A: AsRef<[u8]>>(self, args: impl IntoIterator<Item = A>) -> Command {
        self.wasi(|wasi| wasi.args(args))
    }

    /// Sets an environment variable.
    pub fn env(self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Command {
        self.wasi(|wasi| wasi.env(name, value))
    }

    /// Gives a directory of the host; see [`WasiBuilder::preopen`].
    pub fn preopen(self, host: impl Into<PathBuf>, guest: impl AsRef<str>) -> Command {
        self.wasi(|wasi| wasi.preopen(host, guest))
    }

    /// Gives a directory of the host to read; see [`WasiBuilder::preopen_read_only`].
    pub fn preopen_read_only(self, host: impl Into<PathBuf>, guest: impl AsRef<str>) -> Command {
        self.wasi(|wasi| wasi.preopen_read_only(host, guest))
    }

    /// Gives a file system in memory, which every run shares; see [`WasiBuilder::mount`].
    pub fn mount(self, files: &MemoryFs, guest: impl AsRef<str>) -> Command {
        self.wasi(|wasi| wasi.mount(files, guest))
    }

    /// Changes anything else of the guest's environment, such as clocks or sockets.
    ///
    /// ```
    /// # let module = wasmspan::Module::new("(module (func (export \"_start\")))")?;
    /// let command = wasmspan::Command::new(&module).wasi(|wasi| wasi.random_seed(1));
    /// assert_eq!(command.run()?.exit_code(), Some(0));
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn wasi(mut self, change: impl FnOnce(WasiBuilder) -> WasiBuilder) -> Command {
        self.wasi = change(self.wasi);
        self
    }

    /// Sets where standard input comes from.
    pub fn stdin(self, input: Input) -> Command {
        self.wasi(|wasi| wasi.stdin(input))
    }

    /// Sends standard output somewhere instead of capturing it.
    pub fn stdout(mut self, output: Output) -> Command {
        self.stdout = Some(output);
        self
    }

    /// Sends standard error somewhere instead of capturing it.
    pub fn stderr(mut self, output: Output) -> Command {
        self.stderr = Some(output);
        self
    }

    /// Captures both output streams, as at first.
    pub fn capture(mut self) -> Command {
        (self.stdout, self.stderr) = (None, None);
        self
    }

    /// Captures at most this many bytes of each stream; the guest's writes beyond fail with "no
    /// space left".
    pub fn output_limit(mut self, bytes: usize) -> Command {
        self.output_limit = bytes;
        self
    }

    /// Stops the run after this time. It counts from the instantiation: functions that are compiled when
    /// they are first called belong to it, compiling before that doesn't.
    pub fn timeout(mut self, time: Duration) -> Command {
        self.timeout = Some(time);
        self
    }

    /// Lets no memory of the module have more pages of 64 KiB than this.
    pub fn max_memory_pages(mut self, pages: u32) -> Command {
        self.config.max_memory_pages = self.config.max_memory_pages.min(pages);
        self
    }

    /// Keeps a record of what the guest is refused.
    pub fn record_denials(self, denials: &Denials) -> Command {
        self.wasi(|wasi| wasi.record_denials(denials))
    }

    /// Stops the run that is under way, or the next one, from another thread.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Runs the module and waits for its end.
    ///
    /// # Errors
    ///
    /// What keeps it from starting: a module that can't be read, is not valid or has no `_start`
    /// without parameters, imports that are not there, directories that can't be opened. How the
    /// guest itself ended, by a trap too, is in the result.
    pub fn run(&self) -> Result<Finished> {
        let module = match &self.module {
            Source::Module(module) => module.clone(),
            Source::File(path) => Module::from_file(&self.config, path)?,
        };
        module.compile(&self.config)?;
        let captured = [(); 2].map(|()| OutputBuffer::with_limit(self.output_limit));
        let output = |given: &Option<Output>, buffer: &OutputBuffer| {
            given.clone().unwrap_or_else(|| Output::Buffer(buffer.clone()))
        };
        let wasi = self.wasi.clone();
        let wasi = wasi.stdout(output(&self.stdout, &captured[0]));
        let wasi = wasi.stderr(output(&self.stderr, &captured[1])).build()?;
        let store = Store::new();
        for interface in [wasi.instance(), &wasi.unstable_instance()?] {
            store.register(interface.name(), interface)?;
        }
        for name in self.imports.iter().flat_map(Store::names) {
            let instance = self.imports.as_ref().and_then(|imports| imports.find(&name));
            if let Some(instance) = instance
                && !store.contains(&name)
            {
                store.register(&name, &instance)?;
            }
        }

        let meter = Meter::start();
        let mut instance = None;
        let executor = Executor::new(&self.config);
        let call = || {
            let made = instance.insert(executor.instantiate(&store, &module)?);
            executor.invoke(&start_of(made)?, &[]).map(drop)
        };
        let result = match self.timeout {
            Some(time) => self.interrupt.run_within(time, call).0,
            None => self.interrupt.run(call),
        };
        let error = result.as_ref().err().filter(|error| !error.is_terminated()).cloned();
        let ending = match result {
            Ok(()) => Ending::Exited(0),
            Err(error) if error.is_terminated() => Ending::Exited(wasi.exit_code()),
            Err(error) if error.is_timeout() => Ending::TimedOut,
            Err(error) if error.code() == ErrCode::Interrupted => Ending::Interrupted,
            Err(error) if error.code() == ErrCode::CostLimitExceeded => Ending::Failed(error),
            // A start function that trapped ran too; a link that failed did not.
            Err(error) if error.code().phase() != Phase::Execution => return Err(error),
            Err(error) => Ending::Failed(error),
        };
        let pages = instance.as_ref().map_or(0, memory_pages);
        let usage = meter.finish(pages, executor.statistics().total_cost());
        let truncated = [&self.stdout, &self.stderr].iter().zip(&captured).any(|(given, own)| {
            let buffer = match given {
                Some(Output::Buffer(buffer)) => buffer,
                _ => own,
            };
            buffer.is_truncated()
        });
        let [stdout, stderr] = captured;
        let (stdout, stderr) = (stdout.take(), stderr.take());
        Ok(Finished { ending, stdout, stderr, truncated, usage, error })
    }
}

/// The function that a process begins with.
fn start_of(instance: &Instance) -> Result<crate::runtime::Func> {
    let start = instance.find_func("_start")?;
    if start.ty().params().is_empty() && start.ty().results().is_empty() {
        return Ok(start);
    }
    let detail = "a process begins with `_start` without parameters and results";
    Err(Error::with_detail(ErrCode::FuncNotFound, detail))
}

/// Pages of the memories that an instance exports. They never shrink, so that this is the most there
/// was.
fn memory_pages(instance: &Instance) -> u64 {
    let exports = instance.export_names().into_iter();
    let mut memories = Vec::new();
    for (name, _) in exports {
        if let Some(Extern::Memory(memory)) = instance.get_export(&name)
            && !memories.iter().any(|known: &crate::runtime::Memory| known.same(&memory))
        {
            memories.push(memory);
        }
    }
    memories.iter().map(crate::runtime::Memory::pages).sum()
}
