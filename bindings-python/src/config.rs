//! The configuration.

use crate::limits::Limits;
use crate::source::items;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use wasmspan::config::{
    CacheOptions, CompileTime, InterruptMode, OptLevel, OptimizationLevel, OutputFormat, Proposal,
    StatisticsOptions, TrapMode,
};

/// Settings for loading, compiling and running. Every finished proposal of WebAssembly is on unless
/// it is named in `without`.
///
/// `compile_time` says when functions are compiled: `"eager"`, `"lazy"` or, by size, `"auto"`. With
/// `cache` compiled code is kept on disk for later processes: `True` for the user's cache folder, or a
/// folder, which must belong to the user and not be writable by others; at most `cache_max_bytes`, and of
/// modules of 2,048 bytes and more.
/// `load_compiled` trusts and runs machine code that comes with a module. `instruction_counting`,
/// `cost_measuring` and `time_measuring` fill in `Statistics`. `generic_code` uses only instructions that
/// every processor of this kind has; `output_format` is what a `Compiler` writes, `"wasm"` or `"native"`.
///
/// >>> Config(without=["SIMD"], max_memory_pages=16)
/// <wasmspan.Config: max_memory_pages=16>
/// >>> Config(limits=Limits(time_ms=100)).limits
/// Limits(time_ms=100)
#[pyclass(frozen, module = "wasmspan")]
pub struct Config {
    core: wasmspan::Config,
}

impl Config {
    /// The configuration itself.
    pub fn core(&self) -> &wasmspan::Config {
        &self.core
    }
}

/// Where compiled code is kept.
#[derive(FromPyObject)]
enum Cache {
    #[pyo3(transparent)]
    Standard(bool),
    #[pyo3(transparent)]
    Folder(PathBuf),
}

/// The proposal of a name, in whatever case and with whatever between its words.
fn proposal(name: &str) -> PyResult<Proposal> {
    let plain = |name: &str| -> String {
        name.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
    };
    let known = Proposal::ALL.iter().copied();
    known.clone().find(|known| plain(&format!("{known:?}")) == plain(name)).ok_or_else(|| {
        let names: Vec<String> = known.map(|known| format!("{known:?}")).collect();
        PyValueError::new_err(format!("{name:?} is no proposal: {}", names.join(", ")))
    })
}

/// As [`proposal`], for one to be switched on.
fn finished(name: &str) -> PyResult<Proposal> {
    match proposal(name)? {
        proposal if proposal.is_finished() => Ok(proposal),
        _ => Err(PyValueError::new_err(format!("with_: {name:?} can't be had yet"))),
    }
}

/// The value of a word, or the exception that lists the words.
fn choose<T: Copy>(what: &str, word: &str, choices: &[(&str, T)]) -> PyResult<T> {
    choices.iter().find(|(known, _)| *known == word).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        PyValueError::new_err(format!("{what} is one of {words:?}, not {word:?}"))
    })
}

#[pymethods]
impl Config {
    #[new]
    #[pyo3(signature = (
        *,
        with_ = None,
        without = None,
        max_memory_pages = None,
        optimize = "speed",
        traps = "signals",
        interrupts = "signals",
        compile_threads = 0,
        compile_time = "auto",
        cache = None,
        cache_max_bytes = None,
        load_compiled = false,
        force_interpreter = false,
        instruction_counting = false,
        cost_measuring = false,
        time_measuring = false,
        generic_code = false,
        output_format = "wasm",
        limits = None,
    ))]
    #[allow(clippy::too_many_arguments)] // They are keywords in Python.
    fn new(
        with_: Option<&Bound<'_, PyAny>>,
        without: Option<&Bound<'_, PyAny>>,
        max_memory_pages: Option<u32>,
        optimize: &str,
        traps: &str,
        interrupts: &str,
        compile_threads: usize,
        compile_time: &str,
        cache: Option<Cache>,
        cache_max_bytes: Option<u64>,
        load_compiled: bool,
        force_interpreter: bool,
        instruction_counting: bool,
        cost_measuring: bool,
        time_measuring: bool,
        generic_code: bool,
        output_format: &str,
        limits: Option<&Limits>,
    ) -> PyResult<Config> {
        let mut core = wasmspan::Config::default();
        let names = |given: Option<&Bound<'_, PyAny>>| given.map_or(Ok(Vec::new()), items);
        for name in names(with_)? {
            let name: String = name;
            core.proposals.add(finished(&name)?);
        }
        for name in names(without)? {
            core.proposals.remove(proposal(&name)?);
        }
        if let Some(pages) = max_memory_pages {
            core.max_memory_pages = pages;
        }
        (core.opt_level, core.compiler.optimization_level) = choose(
            "optimize",
            optimize,
            &[
                ("none", (OptLevel::None, OptimizationLevel::O0)),
                ("speed", (OptLevel::Speed, OptimizationLevel::O3)),
                ("size", (OptLevel::SpeedAndSize, OptimizationLevel::Os)),
            ],
        )?;
        core.trap_mode = choose(
            "traps",
            traps,
            &[("signals", TrapMode::Signals), ("checks", TrapMode::Checks)],
        )?;
        core.interrupt_mode = choose(
            "interrupts",
            interrupts,
            &[("signals", InterruptMode::Signal), ("poll", InterruptMode::Poll)],
        )?;
        core.compile_threads = compile_threads;
        core.compile_time = choose(
            "compile_time",
            compile_time,
            &[
                ("auto", CompileTime::Auto),
                ("eager", CompileTime::Eager),
                ("lazy", CompileTime::Lazy),
            ],
        )?;
        core.compiler.output_format = choose(
            "output_format",
            output_format,
            &[("wasm", OutputFormat::Wasm), ("native", OutputFormat::Native)],
        )?;
        let directory = match cache {
            Some(Cache::Folder(path)) => Some(Some(path)),
            Some(Cache::Standard(true)) => Some(None),
            Some(Cache::Standard(false)) | None => None,
        };
        core.cache = directory.map(|directory| {
            let usual = CacheOptions::default();
            let max_bytes = cache_max_bytes.unwrap_or(usual.max_bytes);
            Arc::new(CacheOptions { directory, max_bytes })
        });
        (core.load_compiled, core.force_interpreter) = (load_compiled, force_interpreter);
        (core.generic_code, core.compiler.generic_binary) = (generic_code, generic_code);
        core.statistics =
            StatisticsOptions { instruction_counting, cost_measuring, time_measuring };
        core.limits = limits.map(|limits| *limits.core()).unwrap_or_default();
        Ok(Config { core })
    }

    /// Largest size of a memory, in pages of 64 KiB.
    #[getter]
    fn max_memory_pages(&self) -> u32 {
        self.core.max_memory_pages
    }

    /// What guests may use at most.
    #[getter]
    fn limits(&self) -> Limits {
        Limits::of(self.core.limits)
    }

    /// Names of the proposals that are on.
    #[getter]
    fn proposals(&self) -> Vec<String> {
        let on = Proposal::ALL.iter().filter(|known| self.core.proposals.has(**known));
        on.map(|known| format!("{known:?}")).collect()
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.Config: max_memory_pages={}>", self.core.max_memory_pages)
    }
}
