//! The configuration.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use wasmspan::config::{InterruptMode, OptLevel, Proposal, TrapMode};

/// Settings for loading, compiling and running. Every finished proposal of WebAssembly is on unless
/// it is named in `without`.
///
/// >>> Config(without=["SIMD"], max_memory_pages=16)
/// <wasmspan.Config: max_memory_pages=16>
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

fn proposal(name: &str) -> PyResult<Proposal> {
    let known = Proposal::ALL.iter().copied();
    known.clone().find(|known| format!("{known:?}") == name).ok_or_else(|| {
        let names: Vec<String> = known.map(|known| format!("{known:?}")).collect();
        PyValueError::new_err(format!("{name:?} is no proposal: {}", names.join(", ")))
    })
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
    ))]
    fn new(
        with_: Option<Vec<String>>,
        without: Option<Vec<String>>,
        max_memory_pages: Option<u32>,
        optimize: &str,
        traps: &str,
        interrupts: &str,
        compile_threads: usize,
    ) -> PyResult<Config> {
        let mut core = wasmspan::Config::default();
        for name in with_.iter().flatten() {
            core.proposals.add(proposal(name)?);
        }
        for name in without.iter().flatten() {
            core.proposals.remove(proposal(name)?);
        }
        if let Some(pages) = max_memory_pages {
            core.max_memory_pages = pages;
        }
        core.opt_level = choose(
            "optimize",
            optimize,
            &[
                ("none", OptLevel::None),
                ("speed", OptLevel::Speed),
                ("size", OptLevel::SpeedAndSize),
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
        Ok(Config { core })
    }

    /// Largest size of a memory, in pages of 64 KiB.
    #[getter]
    fn max_memory_pages(&self) -> u32 {
        self.core.max_memory_pages
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
