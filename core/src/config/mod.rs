//! Configuration: an immutable snapshot that every stage reads.

mod cache;
mod code;
mod compiler;
mod host;
mod limits;
mod proposal;

pub use cache::CacheOptions;
pub(crate) use code::CodeKind;
pub use compiler::{CompilerOptions, OptimizationLevel, OutputFormat};
pub use host::{HostRegistration, HostRegistrations};
pub use limits::Limits;
pub use proposal::{Proposal, Proposals};

use crate::limits::MAX_MEMORY_PAGES;
use std::sync::Arc;

/// How generated code finds accesses out of bounds and other traps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum TrapMode {
    /// Guard pages and processor faults, caught by signal handlers: the fastest.
    #[default]
    Signals,
    /// Explicit checks in the code; no signal handler is installed.
    Checks,
}

/// How a running call is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum InterruptMode {
    /// A real-time signal to the running thread; adds nothing to the code.
    #[default]
    Signal,
    /// A flag tested at function entries and loops; for hosts that forbid signals.
    Poll,
}

/// How hard the compiler works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum OptLevel {
    /// No optimisation: `O0`.
    None,
    /// For speed: `O1`, `O2`, `O3`.
    #[default]
    Speed,
    /// For speed and size: `Os`, `Oz`.
    SpeedAndSize,
}

/// When the functions of a module are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum CompileTime {
    /// Those of a large module when they are first called, and meanwhile all of them in the
    /// background; those of a small one before it runs.
    #[default]
    Auto,
    /// All before the module runs.
    Eager,
    /// When they are first called, and meanwhile all of them in the background.
    Lazy,
}

/// Which statistics a run keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct StatisticsOptions {
    /// Count instructions.
    pub instruction_counting: bool,
    /// Add up instruction costs and enforce the limit.
    pub cost_measuring: bool,
    /// Measure time in wasm and in host functions.
    pub time_measuring: bool,
}

impl StatisticsOptions {
    /// How code has to be compiled that these options apply to.
    pub(crate) fn metering(self, unit_costs: bool) -> Metering {
        match (self.instruction_counting, self.cost_measuring) {
            (false, false) => Metering::None,
            (_, true) if !unit_costs => Metering::Table,
            _ => Metering::Unit,
        }
    }

    /// Whether anything is kept.
    pub(crate) fn any(self) -> bool {
        self.instruction_counting || self.cost_measuring || self.time_measuring
    }
}

/// What generated code counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) enum Metering {
    /// Nothing.
    #[default]
    None,
    /// Instructions, each at a cost of 1.
    Unit,
    /// Instructions, and their costs from a table.
    Table,
}

/// Everything that can be set before a loader, validator, compiler, executor or VM is made.
///
/// The defaults are those of this crate: every finished proposal on, no host registration. For
/// WasmEdge 0.11.2's defaults use [`Config::wasmedge`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Proposals a module may use.
    pub proposals: Proposals,
    /// Host modules a VM registers when it is made.
    pub host_registrations: HostRegistrations,
    /// Largest size of any memory, in pages of 64 KiB; growing past it fails.
    pub max_memory_pages: u32,
    /// Ignore compiled code that travels with a module.
    pub force_interpreter: bool,
    /// Run compiled code that travels with a module, trusting the file it is in. Off, such a
    /// module is compiled anew.
    pub load_compiled: bool,
    /// Take text, and shared objects in memory, where a module is expected; off, as in WasmEdge, a
    /// module has its binary format, and only files may be shared objects.
    pub lenient_input: bool,
    /// Keep compiled code on disk for later processes. Off by default; on in the commands.
    pub cache: Option<Arc<CacheOptions>>,
    /// How a [`Compiler`](crate::Compiler) makes compiled files.
    pub compiler: CompilerOptions,
    /// Signals or explicit checks.
    pub trap_mode: TrapMode,
    /// Signal or polling interrupts.
    pub interrupt_mode: InterruptMode,
    /// Effort of the compiler.
    pub opt_level: OptLevel,
    /// When functions are compiled.
    pub compile_time: CompileTime,
    /// Use only instructions that every supported processor of this kind has.
    pub generic_code: bool,
    /// Threads that compile one module, at most [`MAX_COMPILE_THREADS`](crate::limits::MAX_COMPILE_THREADS);
    /// 0 means all cores.
    pub compile_threads: usize,
    /// What a run counts.
    pub statistics: StatisticsOptions,
    /// What runs may use at most.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            proposals: Proposals::finished(),
            host_registrations: HostRegistrations::none(),
            max_memory_pages: MAX_MEMORY_PAGES,
            force_interpreter: false,
            load_compiled: false,
            lenient_input: true,
            cache: None,
            compiler: CompilerOptions::default(),
            trap_mode: TrapMode::Signals,
            interrupt_mode: InterruptMode::Signal,
            opt_level: OptLevel::Speed,
            compile_time: CompileTime::default(),
            generic_code: false,
            compile_threads: 0,
            statistics: StatisticsOptions::default(),
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// The defaults of WasmEdge 0.11.2: its seven default proposals, and compiled files run.
    pub fn wasmedge() -> Config {
        Config {
            proposals: Proposals::wasmedge_default(),
            load_compiled: true,
            ..Config::default()
        }
    }
}
