//! Modules: loading, compiling, asking, instantiating.

use crate::config::Config;
use crate::enter;
use crate::error;
use crate::imports;
use crate::instance::Instance;
use crate::limits::{self, Limits};
use crate::lock::{InstanceLock, WhenBusy};
use crate::names;
use crate::owner::{Owner, Target};
use crate::pressure;
use crate::source;
use crate::types;
use crate::wasi::Wasi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use wasmspan::{Executor, Loader, Result};

/// A compiled module.
///
/// `source` is a path (`str` or path object) of a file, or bytes; text is accepted in both. It is
/// loaded, validated and compiled, without the interpreter's lock. It may be used from any thread, and
/// instantiated as often as wanted. Raises `CompileError` if it is malformed, invalid or uses what `config`
/// switches off, and `OSError` if the file can't be read.
///
/// >>> module = Module.from_wat('(module (func (export "one") (result i32) i32.const 1))')
/// >>> module.instantiate().exports.one()
/// 1
#[pyclass(frozen, weakref, module = "wasmspan")]
pub struct Module {
    core: wasmspan::Module,
    config: wasmspan::Config,
}

impl Module {
    /// The Python object for a module.
    pub fn new_of(core: wasmspan::Module, config: &wasmspan::Config) -> Module {
        Module { core, config: config.clone() }
    }

    /// The module itself.
    pub fn core(&self) -> &wasmspan::Module {
        &self.core
    }

    /// The configuration it was compiled with.
    pub fn config(&self) -> &wasmspan::Config {
        &self.config
    }

    fn compile(py: Python<'_>, bytes: &[u8], config: Option<&Config>) -> PyResult<Module> {
        let config = config.map(|config| config.core().clone()).unwrap_or_default();
        let core = enter::work(py, || wasmspan::Module::with_config(&config, bytes))?;
        Ok(Module { core, config })
    }
}

#[pymethods]
impl Module {
    #[new]
    #[pyo3(signature = (source, config = None))]
    fn new(source: &Bound<'_, PyAny>, config: Option<&Config>) -> PyResult<Module> {
        let py = source.py();
        if let Ok(bytes) = source.cast::<PyBytes>() {
            return Module::compile(py, bytes.as_bytes(), config);
        }
        let bytes = match source::path(source)? {
            Some(path) => source::read(source, &path)?,
            None => source::bytes(source)?,
        };
        Module::compile(py, &bytes, config)
    }

    /// Compiles a module given in the text format.
    #[staticmethod]
    #[pyo3(signature = (text, config = None))]
    fn from_wat(py: Python<'_>, text: &str, config: Option<&Config>) -> PyResult<Module> {
        Module::compile(py, text.as_bytes(), config)
    }

    /// Loads a file made by `wasmspan compile` or `wasmedgec` and runs the machine code in it, so
    /// the file must be trusted like a program. What does not fit this machine is compiled anew.
    #[staticmethod]
    #[pyo3(signature = (path, config = None))]
    fn load_compiled(
        py: Python<'_>,
        path: &Bound<'_, PyAny>,
        config: Option<&Config>,
    ) -> PyResult<Module> {
        let config = config.map(|config| config.core().clone()).unwrap_or_default();
        let bytes = source::read(path, &path.extract::<PathBuf>()?)?;
        let core = enter::work(py, || wasmspan::Module::load_compiled(&config, &bytes))?;
        Ok(Module { core, config })
    }

    /// Writes the module with its machine code to a file for `load_compiled`.
    fn save_compiled(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let compiler = wasmspan::Compiler::new(&self.config);
        let written = enter::attempt(py, || compiler.compile_module(&self.core, &path))?;
        written.map_err(|failure| error::of_output(py, &failure, &path))
    }

    /// The name in the module's name section.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.core.name()
    }

    /// What the module imports, in its order.
    #[getter]
    fn imports<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let class = names::IMPORT_TYPE.get(py)?;
        let imports = self.core.imports().into_iter().map(|import| {
            class.call1((&import.module, &import.name, types::object(py, &import.ty)?))
        });
        PyTuple::new(py, imports.collect::<PyResult<Vec<_>>>()?)
    }

    /// What the module exports, in its order.
    #[getter]
    fn exports<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let class = names::EXPORT_TYPE.get(py)?;
        let exports = self
            .core
            .exports()
            .into_iter()
            .map(|export| class.call1((&export.name, types::object(py, &export.ty)?)));
        PyTuple::new(py, exports.collect::<PyResult<Vec<_>>>()?)
    }

    /// Whether it came with machine code that is used.
    #[getter]
    fn is_precompiled(&self) -> bool {
        self.core.is_precompiled()
    }

    /// Contents of the custom sections of a name, in the module's order.
    fn custom_sections<'py>(&self, py: Python<'py>, name: &str) -> Vec<Bound<'py, PyBytes>> {
        self.core.custom_sections(name).map(|content| PyBytes::new(py, content)).collect()
    }

    /// The module in the binary format.
    #[getter]
    fn wasm<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.core.bytes())
    }

    /// Makes an instance.
    ///
    /// `imports` maps names of modules to instances, or to mappings from names to callables and
    /// objects of this package. `wasi` gives the guest a system interface, `limits` bounds what it and
    /// its calls may use. Where another thread runs the instance, a call raises `Busy`, or waits if
    /// `when_busy` is `"wait"`. With `release_gil=False` calls keep the interpreter's lock, which suits
    /// very short calls in programs with many threads; such calls can't be stopped. Guests with `wasi`,
    /// which may wait for files, always let go of it.
    ///
    /// Raises `LinkError` with all imports that are missing or don't fit, `MemoryLimit`, and what the
    /// module's start function raises.
    #[pyo3(signature = (
        imports = None,
        *,
        wasi = None,
        limits = None,
        when_busy = "raise",
        release_gil = true,
    ))]
    fn instantiate<'py>(
        &self,
        py: Python<'py>,
        imports: Option<&Bound<'py, PyAny>>,
        #[pyo3(from_py_with = crate::wasi::given)] wasi: Option<Py<Wasi>>,
        limits: Option<&Limits>,
        when_busy: &str,
        release_gil: bool,
    ) -> PyResult<Bound<'py, Instance>> {
        let wasi = wasi.as_ref().map(Py::get);
        let lock = InstanceLock::new(WhenBusy::parse(when_busy)?, !release_gil && wasi.is_none());
        let store = imports::resolve(py, &self.core.imports(), imports, wasi)?;
        let executor = Executor::new(&limits::within(&self.config, limits));
        let made =
            pressure::make(py, || enter::attempt(py, || executor.instantiate(&store, &self.core)))?;
        let core = made.map_err(|failure| error::to_python(py, &failure))?;
        drop(store);
        let mut owner = Owner::of(Target::Instance(core), lock);
        owner.wasi = wasi.and_then(|wasi| wasi.held(py));
        Instance::made(py, owner)
    }

    fn __repr__(&self) -> String {
        let name = self.core.name().map(|name| format!(" {name:?}")).unwrap_or_default();
        let (imports, exports) = (self.core.imports().len(), self.core.exports().len());
        format!("<wasmspan.Module{name}: {imports} imports, {exports} exports>")
    }
}

/// What was given as a source.
pub enum Source {
    /// A file.
    File(PathBuf),
    /// The bytes of a module, or its text.
    Bytes(Vec<u8>),
    /// A module that was loaded before.
    Module(wasmspan::Module),
}

impl Source {
    /// Takes a path, bytes or a `Module`.
    pub fn of(source: &Bound<'_, PyAny>) -> PyResult<Source> {
        if let Ok(module) = source.cast::<Module>() {
            return Ok(Source::Module(module.get().core().clone()));
        }
        if let Some(path) = source::path(source)? {
            return match readable(&path) {
                Ok(()) => Ok(Source::File(path)),
                Err(failure) => Err(error::of_file(&failure, source)),
            };
        }
        Ok(Source::Bytes(source::bytes(source)?))
    }

    /// The module.
    pub fn load(self, loader: &Loader) -> Result<wasmspan::Module> {
        match self {
            Source::Module(module) => Ok(module),
            Source::File(path) => loader.load_file(path),
            Source::Bytes(bytes) => loader.load_bytes(bytes),
        }
    }
}

/// Fails as reading the file would, if that can be known without.
fn readable(path: &Path) -> std::io::Result<()> {
    if std::fs::metadata(path)?.is_dir() {
        return Err(std::io::Error::from_raw_os_error(libc::EISDIR));
    }
    let name = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the name ends with a zero.
    match unsafe { libc::access(name.as_ptr(), libc::R_OK) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}
