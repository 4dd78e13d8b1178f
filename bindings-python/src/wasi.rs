//! The system interface of command-line guests.

use crate::door::{self, Gate, WhenBusy};
use crate::instance::Instance;
use crate::owner::{HeldWasi, Owner, Target};
use crate::source::items;
use crate::stream::{self, Connected, Sink};
use pyo3::PyTraverseError;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes};
use std::path::PathBuf;
use wasmspan::limits::DEFAULT_MEMORY_FS_BYTES;
use wasmspan::wasi::{ChangeKind, Input, OutputBuffer, WasiBuilder};

/// What a WASI guest may use. It starts with nothing: no arguments, no variables, no directories, no
/// sockets; standard output and error are those of this process unless given.
///
/// `stdin` is bytes or text, `"inherit"` for that of this process, or `None` for nothing; `stdout` and
/// `stderr` are `"inherit"`, `"capture"` (64 MiB at most, to be read here) or `None`. A stream may also be
/// the number of an open file, which is copied, an object like a file, or a callable: input is called
/// with a number of bytes and gives that many or fewer, none at the end; output is called with bytes.
/// That happens on the guest's thread. What it raises ends the run and comes out of the call.
///
/// `dirs` and `read_only_dirs` map names for the guest to directories of the host or to a `MemoryFs`.
/// `sockets` is `True`, or a list of the addresses, nets and names that may be used, such as
/// `"127.0.0.1:8080"`, `"10.0.0.0/8"` or `"example.org:443"`. With a `seed` random bytes are the same in
/// each run.
///
/// >>> Wasi(args=["tool", "--version"], stdout=[].append)
/// <wasmspan.Wasi(2 arguments, 0 variables, 0 directories)>
#[pyclass(frozen, weakref, module = "wasmspan")]
pub struct Wasi {
    owner: Py<Owner>,
    stdout: Option<OutputBuffer>,
    stderr: Option<OutputBuffer>,
}

impl Wasi {
    /// The module itself.
    pub fn core(&self) -> &wasmspan::Wasi {
        match &self.owner.get().target {
            Target::Wasi(core) => core,
            _ => unreachable!("the owner of a system interface"),
        }
    }

    /// Its owner.
    pub fn owner(&self) -> &Py<Owner> {
        &self.owner
    }

    /// A handle to it.
    pub fn held(&self, py: Python<'_>) -> Option<HeldWasi> {
        HeldWasi::new(self.owner.bind(py))
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
        let core = door::work(py, || match over {
            None => Ok(wasmspan::wasi::MemoryFs::with_capacity(capacity)),
            Some(path) => wasmspan::wasi::MemoryFs::over_with_capacity(path, capacity),
        })?;
        Ok(MemoryFs { core })
    }

    /// Writes a file, making the directories on its way.
    fn write(&self, py: Python<'_>, path: &str, data: &[u8]) -> PyResult<()> {
        door::work(py, || self.core.write(path, data))
    }

    /// Reads a file.
    fn read<'py>(&self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = door::work(py, || self.core.read(path))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Makes a directory, and those on the way to it.
    fn create_dir(&self, py: Python<'_>, path: &str) -> PyResult<()> {
        door::work(py, || self.core.create_dir(path))
    }

    /// The names in a directory, sorted; the root if no path is given.
    #[pyo3(signature = (path = ""))]
    fn list(&self, py: Python<'_>, path: &str) -> PyResult<Vec<String>> {
        door::work(py, || self.core.list(path))
    }

    /// Paths of what is different from how it began, with "added", "modified" or "removed".
    fn changes(&self, py: Python<'_>) -> PyResult<Vec<(String, &'static str)>> {
        let changes = door::work(py, || self.core.changes())?;
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

/// What a guest is given, besides where its output goes.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Given {
    #[pyo3(from_py_with = items)]
    args: Vec<Text>,
    #[pyo3(from_py_with = pairs)]
    env: Vec<(Text, Text)>,
    #[pyo3(from_py_with = pairs)]
    dirs: Vec<(String, Directory)>,
    #[pyo3(from_py_with = pairs)]
    read_only_dirs: Vec<(String, Directory)>,
    #[pyo3(from_py_with = stream::input)]
    stdin: Connected<Input>,
    #[pyo3(from_py_with = sockets)]
    sockets: Sockets,
    seed: Option<u64>,
}

/// What sockets may reach: anything, or these addresses, nets and names.
enum Sockets {
    All(bool),
    Some(Vec<String>),
}

fn sockets(given: &Bound<'_, PyAny>) -> PyResult<Sockets> {
    match given.cast::<PyBool>() {
        Ok(all) => Ok(Sockets::All(all.is_true())),
        Err(_) => items(given).map(Sockets::Some).map_err(|_| {
            PyTypeError::new_err("sockets is True, False, or a list of addresses, nets and names")
        }),
    }
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
        let mut builder = builder.stdin(self.stdin.core);
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
        builder = match self.sockets {
            Sockets::All(all) => builder.sockets(all),
            Sockets::Some(names) => names.into_iter().fold(builder, WasiBuilder::allow_address),
        };
        match self.seed {
            Some(seed) => builder.random_seed(seed),
            None => builder,
        }
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
        stdout = Sink::Inherit,
        stderr = Sink::Inherit,
        sockets = None,
        seed = None,
    ), text_signature = "(*, args=None, env=None, dirs=None, read_only_dirs=None, stdin=None, stdout='inherit', stderr='inherit', sockets=False, seed=None)")]
    #[allow(clippy::too_many_arguments)] // They are keywords in Python.
    fn new<'py>(
        py: Python<'py>,
        args: Option<&Bound<'py, PyAny>>,
        env: Option<&Bound<'py, PyAny>>,
        dirs: Option<&Bound<'py, PyAny>>,
        read_only_dirs: Option<&Bound<'py, PyAny>>,
        stdin: Option<&Bound<'py, PyAny>>,
        stdout: Sink<'py>,
        stderr: Sink<'py>,
        sockets: Option<&Bound<'py, PyAny>>,
        seed: Option<u64>,
    ) -> PyResult<Wasi> {
        let stdin = stdin.map_or(Ok(Connected::plain(Input::Null)), stream::input)?;
        let (out, out_buffer) = stream::output("stdout", &stdout)?;
        let (err, err_buffer) = stream::output("stderr", &stderr)?;
        let callables = [stdin.callable.clone(), out.callable, err.callable];
        let given = Given {
            args: args.map_or(Ok(Vec::new()), items)?,
            env: env.map_or(Ok(Vec::new()), pairs)?,
            dirs: dirs.map_or(Ok(Vec::new()), pairs)?,
            read_only_dirs: read_only_dirs.map_or(Ok(Vec::new()), pairs)?,
            stdin,
            sockets: sockets.map_or(Ok(Sockets::All(false)), self::sockets)?,
            seed,
        };
        let builder = given.apply(wasmspan::Wasi::builder()).stdout(out.core).stderr(err.core);
        let core = door::work(py, || builder.build())?;
        let mut owner = Owner::of(Target::Wasi(core), Gate::new(WhenBusy::Raise, true));
        owner.streams = callables.into_iter().flatten().collect();
        Ok(Wasi { owner: owner.enter(py)?.unbind(), stdout: out_buffer, stderr: err_buffer })
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

    /// Whether the guest wanted to write more than is captured of a stream.
    #[getter]
    fn truncated(&self) -> bool {
        self.stdout.iter().chain(&self.stderr).any(OutputBuffer::is_truncated)
    }

    /// The module of host functions, for a `Store` or a `VM`.
    #[getter]
    fn instance<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Instance>> {
        Instance::of_wasi(self.owner.bind(py))
    }

    /// Status with which the last guest ended itself; 0 if none did.
    #[getter]
    fn exit_code(&self) -> u32 {
        self.core().exit_code()
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.{:?}>", self.core())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.owner)
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
