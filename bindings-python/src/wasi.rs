//! The system interface of command-line guests.

use crate::error;
use crate::instance::Instance;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;
use wasmspan::limits::DEFAULT_MEMORY_FS_BYTES;
use wasmspan::wasi::{ChangeKind, Input, Output, OutputBuffer, WasiBuilder};

/// Most bytes that are kept of a captured stream, unless told otherwise.
const OUTPUT_LIMIT: usize = 64 << 20;

/// What a WASI guest may use. It starts with nothing: no arguments, no variables, no directories;
/// standard streams are those of this process unless given.
///
/// `stdin` is bytes, text, `"inherit"`, or `None` for nothing; `stdout` and `stderr` are `"inherit"`,
/// `"capture"` or `None`. `dirs` and `read_only_dirs` map names for the guest to directories of the
/// host or to a `MemoryFs`. With a `seed` random bytes are the same in each run.
#[pyclass(frozen, module = "wasmspan")]
pub struct Wasi {
    core: wasmspan::Wasi,
    stdout: Option<OutputBuffer>,
    stderr: Option<OutputBuffer>,
}

impl Wasi {
    /// The module itself.
    pub fn core(&self) -> &wasmspan::Wasi {
        &self.core
    }
}

/// Files in memory, which guests may share and the host reads and writes.
///
/// >>> files = MemoryFs()
/// >>> files.write("notes/today.txt", b"buy milk")
/// >>> files.read("notes/today.txt")
/// b'buy milk'
#[pyclass(frozen, module = "wasmspan")]
pub struct MemoryFs {
    core: wasmspan::wasi::MemoryFs,
}

impl MemoryFs {
    /// The file system itself.
    pub fn core(&self) -> &wasmspan::wasi::MemoryFs {
        &self.core
    }
}

#[pymethods]
impl MemoryFs {
    /// Empty, or a layer over a directory of the host, which is read and never changed. It takes
    /// `capacity` bytes, 256 MiB unless told otherwise.
    #[new]
    #[pyo3(signature = (over = None, *, capacity = None))]
    fn new(py: Python<'_>, over: Option<PathBuf>, capacity: Option<u64>) -> PyResult<MemoryFs> {
        let capacity = capacity.unwrap_or(DEFAULT_MEMORY_FS_BYTES);
        let core = match over {
            None => Ok(wasmspan::wasi::MemoryFs::with_capacity(capacity)),
            Some(path) => wasmspan::wasi::MemoryFs::over_with_capacity(path, capacity),
        };
        core.map(|core| MemoryFs { core }).map_err(|failure| error::to_python(py, &failure))
    }

    /// Writes a file, making the directories on its way.
    fn write(&self, py: Python<'_>, path: &str, data: &[u8]) -> PyResult<()> {
        self.core.write(path, data).map_err(|failure| error::to_python(py, &failure))
    }

    /// Reads a file.
    fn read<'py>(&self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.core.read(path).map_err(|failure| error::to_python(py, &failure))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Makes a directory, and those on the way to it.
    fn create_dir(&self, py: Python<'_>, path: &str) -> PyResult<()> {
        self.core.create_dir(path).map_err(|failure| error::to_python(py, &failure))
    }

    /// The names in a directory, sorted; the root if no path is given.
    #[pyo3(signature = (path = ""))]
    fn list(&self, py: Python<'_>, path: &str) -> PyResult<Vec<String>> {
        self.core.list(path).map_err(|failure| error::to_python(py, &failure))
    }

    /// Paths of what is different from how it began, with "added", "modified" or "removed".
    fn changes(&self, py: Python<'_>) -> PyResult<Vec<(String, &'static str)>> {
        let changes = self.core.changes().map_err(|failure| error::to_python(py, &failure))?;
        let kind = |kind| match kind {
            ChangeKind::Added => "added",
            ChangeKind::Modified => "modified",
            ChangeKind::Removed => "removed",
        };
        Ok(changes.into_iter().map(|change| (change.path, kind(change.kind))).collect())
    }

    /// Bytes in memory.
    #[getter]
    fn used(&self) -> u64 {
        self.core.used()
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.MemoryFs: {} bytes>", self.core.used())
    }
}

/// Text or bytes, as a guest gets them.
#[derive(FromPyObject)]
enum Text {
    #[pyo3(transparent)]
    Text(String),
    #[pyo3(transparent)]
    Bytes(Vec<u8>),
}

impl Text {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Text::Text(text) => text.into_bytes(),
            Text::Bytes(bytes) => bytes,
        }
    }
}

fn input(given: Option<Text>) -> Input {
    match given {
        None => Input::Null,
        Some(Text::Text(word)) if word == "inherit" => Input::Inherit,
        Some(text) => Input::Bytes(text.into_bytes()),
    }
}

/// What a guest is given, besides where its output goes.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Given {
    args: Vec<Text>,
    #[pyo3(from_py_with = pairs)]
    env: Vec<(Text, Text)>,
    #[pyo3(from_py_with = pairs)]
    dirs: Vec<(String, Directory)>,
    #[pyo3(from_py_with = pairs)]
    read_only_dirs: Vec<(String, Directory)>,
    stdin: Option<Text>,
    seed: Option<u64>,
}

/// A directory: of the host, or in memory.
#[derive(FromPyObject)]
enum Directory {
    #[pyo3(transparent)]
    Memory(Py<MemoryFs>),
    #[pyo3(transparent)]
    Host(PathBuf),
}

impl Given {
    /// Puts everything into the settings.
    pub fn apply(self, builder: WasiBuilder) -> WasiBuilder {
        let mut builder = builder.stdin(input(self.stdin));
        builder = builder.args(self.args.into_iter().map(Text::into_bytes));
        for (name, value) in self.env {
            builder = builder.env(name.into_bytes(), value.into_bytes());
        }
        for (guest, directory) in self.dirs {
            builder = match directory {
                Directory::Memory(files) => builder.mount(files.get().core(), guest),
                Directory::Host(path) => builder.preopen(path, guest),
            };
        }
        for (guest, directory) in self.read_only_dirs {
            builder = match directory {
                Directory::Memory(files) => builder.mount_read_only(files.get().core(), guest),
                Directory::Host(path) => builder.preopen_read_only(path, guest),
            };
        }
        match self.seed {
            Some(seed) => builder.random_seed(seed),
            None => builder,
        }
    }
}

/// Where output goes, and the buffer that captures it.
pub fn output(what: &str, given: Option<&str>) -> PyResult<(Output, Option<OutputBuffer>)> {
    match given {
        None => Ok((Output::Null, None)),
        Some("inherit") => Ok((Output::Inherit, None)),
        Some("capture") => {
            let buffer = OutputBuffer::with_limit(OUTPUT_LIMIT);
            Ok((Output::Buffer(buffer.clone()), Some(buffer)))
        }
        Some(word) => Err(pyo3::exceptions::PyValueError::new_err(format!(
            "{what} is \"inherit\", \"capture\" or None, not {word:?}"
        ))),
    }
}

fn captured<'py>(
    py: Python<'py>,
    buffer: Option<&OutputBuffer>,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    Ok(buffer.map(|buffer| PyBytes::new(py, &buffer.contents())))
}

#[pymethods]
impl Wasi {
    #[new]
    #[pyo3(signature = (
        *,
        args = None,
        env = None,
        dirs = None,
        read_only_dirs = None,
        stdin = None,
        stdout = Some("inherit"),
        stderr = Some("inherit"),
        seed = None,
    ), text_signature = "(*, args=None, env=None, dirs=None, read_only_dirs=None, stdin=None, stdout='inherit', stderr='inherit', seed=None)")]
    #[allow(clippy::too_many_arguments)] // They are keywords in Python.
    fn new(
        py: Python<'_>,
        args: Option<Vec<Text>>,
        env: Option<&Bound<'_, PyAny>>,
        dirs: Option<&Bound<'_, PyAny>>,
        read_only_dirs: Option<&Bound<'_, PyAny>>,
        stdin: Option<Text>,
        stdout: Option<&str>,
        stderr: Option<&str>,
        seed: Option<u64>,
    ) -> PyResult<Wasi> {
        let given = Given {
            args: args.unwrap_or_default(),
            env: env.map_or(Ok(Vec::new()), pairs)?,
            dirs: dirs.map_or(Ok(Vec::new()), pairs)?,
            read_only_dirs: read_only_dirs.map_or(Ok(Vec::new()), pairs)?,
            stdin,
            seed,
        };
        let (out, out_buffer) = output("stdout", stdout)?;
        let (err, err_buffer) = output("stderr", stderr)?;
        let builder = given.apply(wasmspan::Wasi::builder()).stdout(out).stderr(err);
        match builder.build() {
            Ok(core) => Ok(Wasi { core, stdout: out_buffer, stderr: err_buffer }),
            Err(failure) => Err(error::to_python(py, &failure)),
        }
    }

    /// What the guest wrote so far, if standard output is captured.
    #[getter]
    fn stdout<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        captured(py, self.stdout.as_ref())
    }

    /// What the guest wrote so far, if standard error is captured.
    #[getter]
    fn stderr<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        captured(py, self.stderr.as_ref())
    }

    /// The module of host functions, for a `Store` or a `VM`.
    #[getter]
    fn instance<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Instance>> {
        Instance::of_wasi(py, &self.core)
    }

    /// Status with which the last guest ended itself; 0 if none did.
    #[getter]
    fn exit_code(&self) -> u32 {
        self.core.exit_code()
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.{:?}>", self.core)
    }
}

/// The pairs of a mapping.
fn pairs<K, V>(mapping: &Bound<'_, PyAny>) -> PyResult<Vec<(K, V)>>
where
    K: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>,
    V: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>,
{
    mapping.call_method0("items")?.try_iter()?.map(|pair| pair?.extract()).collect()
}
