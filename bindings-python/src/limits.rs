//! What calls may use.

use crate::number;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use wasmspan::config;

/// What guests may use at most; `None` leaves the runtime's own limit.
///
/// `time_ms` is the time of one call in milliseconds, `cost` what all calls of an instance or VM may
/// cost together (1 for each instruction, unless a `Statistics` says otherwise; `fuel` is another name
/// for it), `memory_pages` the size of each memory in pages of 64 KiB, `table_elements` that of each
/// table, `stack_bytes` the stack of one call, `instances` how many instances exist at a time,
/// `open_files` the descriptors of a WASI guest, `output_bytes` what one call writes to standard streams.
///
/// `Config`, `Module.instantiate`, `Pool` and `run` take limits; where several apply, the smallest
/// counts. A call takes limits of time, cost, stack and output for itself: `f(1, limits=Limits(time_ms=20))`;
/// that of cost needs an instance whose costs are counted, by a limit of its own or `Config(cost_measuring=True)`.
///
/// >>> Limits(time_ms=250, fuel=1_000_000)
/// Limits(time_ms=250, cost=1000000)
/// >>> Limits.from_json('{"cost": 5}').cost
/// 5
#[pyclass(frozen, eq, hash, module = "wasmspan")]
#[derive(PartialEq, Eq)]
pub struct Limits {
    core: config::Limits,
}

impl std::hash::Hash for Limits {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.core.to_json().hash(state);
    }
}

impl Limits {
    /// The Python object for limits.
    pub fn of(core: config::Limits) -> Limits {
        Limits { core }
    }

    /// The limits themselves.
    pub fn core(&self) -> &config::Limits {
        &self.core
    }
}

/// A configuration with these limits, too.
pub fn within(config: &wasmspan::Config, limits: Option<&Limits>) -> wasmspan::Config {
    let mut config = config.clone();
    if let Some(limits) = limits {
        config.limits = config.limits.and(&limits.core);
    }
    config
}

#[pymethods]
impl Limits {
    #[new]
    #[pyo3(signature = (
        *,
        time_ms = None,
        cost = None,
        fuel = None,
        memory_pages = None,
        table_elements = None,
        stack_bytes = None,
        instances = None,
        open_files = None,
        output_bytes = None,
    ))]
    #[allow(clippy::too_many_arguments)] // They are keywords in Python.
    fn new(
        time_ms: Option<&Bound<'_, PyAny>>,
        cost: Option<&Bound<'_, PyAny>>,
        fuel: Option<&Bound<'_, PyAny>>,
        memory_pages: Option<&Bound<'_, PyAny>>,
        table_elements: Option<&Bound<'_, PyAny>>,
        stack_bytes: Option<&Bound<'_, PyAny>>,
        instances: Option<&Bound<'_, PyAny>>,
        open_files: Option<&Bound<'_, PyAny>>,
        output_bytes: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Limits> {
        if cost.is_some() && fuel.is_some() {
            return Err(PyValueError::new_err("cost and fuel are the same limit: give one"));
        }
        let limit = |name: &str, given| number::maybe(name, given, u64::MAX);
        let (cost, fuel) = (limit("cost", cost)?, limit("fuel", fuel)?);
        let pages = number::maybe("memory_pages", memory_pages, u32::MAX.into())?;
        Ok(Limits {
            core: config::Limits {
                time_ms: limit("time_ms", time_ms)?,
                cost: cost.or(fuel),
                memory_pages: pages.map(|pages| pages as u32),
                table_elements: limit("table_elements", table_elements)?,
                stack_bytes: limit("stack_bytes", stack_bytes)?,
                instances: limit("instances", instances)?,
                open_files: limit("open_files", open_files)?,
                output_bytes: limit("output_bytes", output_bytes)?,
            },
        })
    }

    /// Reads limits from a JSON object whose fields have these names.
    #[staticmethod]
    fn from_json(text: &str) -> PyResult<Limits> {
        let read = config::Limits::from_json(text);
        let core = read.map_err(|failure| PyValueError::new_err(failure.to_string()))?;
        Ok(Limits { core })
    }

    /// The limits as a JSON object, without those that are `None`.
    fn to_json(&self) -> String {
        self.core.to_json()
    }

    /// Time of one call, in milliseconds.
    #[getter]
    fn time_ms(&self) -> Option<u64> {
        self.core.time_ms
    }

    /// Cost of all calls together; for one call, of that call.
    #[getter]
    fn cost(&self) -> Option<u64> {
        self.core.cost
    }

    /// Size of each memory, in pages of 64 KiB.
    #[getter]
    fn memory_pages(&self) -> Option<u32> {
        self.core.memory_pages
    }

    /// Size of each table, in elements.
    #[getter]
    fn table_elements(&self) -> Option<u64> {
        self.core.table_elements
    }

    /// Stack of one call, in bytes.
    #[getter]
    fn stack_bytes(&self) -> Option<u64> {
        self.core.stack_bytes
    }

    /// Instances that exist at the same time.
    #[getter]
    fn instances(&self) -> Option<u64> {
        self.core.instances
    }

    /// Descriptors that a guest of WASI has open at the same time.
    #[getter]
    fn open_files(&self) -> Option<u64> {
        self.core.open_files
    }

    /// What one call may write to standard output and error together, in bytes.
    #[getter]
    fn output_bytes(&self) -> Option<u64> {
        self.core.output_bytes
    }

    #[pyo3(name = "__repr__")]
    pub fn repr(&self) -> String {
        let core = &self.core;
        let fields = [
            ("time_ms", core.time_ms),
            ("cost", core.cost),
            ("memory_pages", core.memory_pages.map(u64::from)),
            ("table_elements", core.table_elements),
            ("stack_bytes", core.stack_bytes),
            ("instances", core.instances),
            ("open_files", core.open_files),
            ("output_bytes", core.output_bytes),
        ];
        let set = fields.iter().filter_map(|(name, value)| Some(format!("{name}={}", (*value)?)));
        format!("Limits({})", set.collect::<Vec<_>>().join(", "))
    }
}
