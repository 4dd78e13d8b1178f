//! The system interface of command-line guests.

use crate::door::{self, Gate, WhenBusy};
use crate::error;
use crate::instance::Instance;
use crate::owner::{HeldWasi, Owner, Target};
use crate::source::items;
use crate::stream::{self, Connected, Sink};
use pyo3::exceptions::PyTypeError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyMapping, PyString};
use pyo3::{Borrowed, PyTraverseError};
use std::path::PathBuf;
use wasmspan::Result;
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
        let core = in_files(py, || match over {
            None => Ok(wasmspan::wasi::MemoryFs::with_capacity(capacity)),
            Some(path) => wasmspan::wasi::MemoryFs::over_with_capacity(path, capacity),
        })?;
        Ok(MemoryFs { core })
    }

    /// Writes a file, making the directories on its way.
    fn write(&self, py: Python<'_>, path: &str, data: &[u8]) -> PyResult<()> {
        in_files(py, || self.core.write(path, data))
    }

    /// Reads a file.
    fn read<'py>(&self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = in_files(py, || self.core.read(path))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Makes a directory, and those on the way to it.
    fn create_dir(&self, py: Python<'_>, path: &str) -> PyResult<()> {
        in_files(py, || self.core.create_dir(path))
    }

    /// The names in a directory, sorted; the root if no path is given.
    #[pyo3(signature = (path = ""))]
    fn list(&self, py: Python<'_>, path: &str) -> PyResult<Vec<String>> {
        in_files(py, || self.core.list(path))
    }

    /// Paths of what is different from how it began, with "added", "modified" or "removed".
    fn changes(&self, py: Python<'_>) -> PyResult<Vec<(String, &'static str)>> {
        let changes = in_files(py, || self.core.changes())?;
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

/// Does something with files.
fn in_files<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    door::attempt(py, work)?.map_err(|failure| error::of_setting(py, &failure))
}

/// An argument that is to be a `Wasi`, or `None`.
pub fn given(object: &Bound<'_, PyAny>) -> PyResult<Option<Py<Wasi>>> {
    if object.is_none() {
        return Ok(None);
    }
    let given = object.get_type().name()?;
    object.cast::<Wasi>().map(|wasi| Some(wasi.clone().unbind())).map_err(|_| {
        PyTypeError::new_err(format!(
            "wasi is an object such as Wasi(args=[\"tool\"], dirs={{\"/\": \"data\"}}), not {given}"
        ))
    })
}

/// Text or bytes, as a guest gets them.
struct Text(Vec<u8>);

impl<'a, 'py> FromPyObject<'a, 'py> for Text {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Text> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Text(bytes.as_bytes().to_vec()));
        }
        if object.is_instance_of::<PyString>() {
            // As Python's own functions: bytes that are no text come back as they were.
            let bytes = object.call_method1("encode", ("utf-8", "surrogateescape"))?;
            return Ok(Text(bytes.cast::<PyBytes>()?.as_bytes().to_vec()));
        }
        let given = object.get_type().name()?;
        Err(PyTypeError::new_err(format!("str or bytes are expected, not {given}")))
    }
}

/// What a guest is given, besides where its output goes.
pub struct Given {
    args: Vec<Text>,
    env: Vec<(Text, Text)>,
    dirs: Vec<(String, Directory)>,
    read_only_dirs: Vec<(String, Directory)>,
    stdin: Connected<Input>,
    sockets: Sockets,
    seed: Option<u64>,
}

/// An argument by its name; what is wrong with it is told with that.
fn field<'py, T>(
    name: &str,
    given: Option<&Bound<'py, PyAny>>,
    read: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<Option<T>> {
    let given = given.filter(|given| !given.is_none());
    given
        .map(|given| read(given).map_err(|error| error::of_argument(given.py(), name, error)))
        .transpose()
}

impl Given {
    /// From a dictionary that has all of it.
    pub fn of(all: &Bound<'_, PyDict>) -> PyResult<Given> {
        let get = |name: &str| all.get_item(name);
        Given::new(
            get("args")?.as_ref(),
            get("env")?.as_ref(),
            get("dirs")?.as_ref(),
            get("read_only_dirs")?.as_ref(),
            get("stdin")?.as_ref(),
            get("sockets")?.as_ref(),
            get("seed")?.as_ref(),
        )
    }

    fn new<'py>(
        args: Option<&Bound<'py, PyAny>>,
        env: Option<&Bound<'py, PyAny>>,
        dirs: Option<&Bound<'py, PyAny>>,
        read_only_dirs: Option<&Bound<'py, PyAny>>,
        stdin: Option<&Bound<'py, PyAny>>,
        sockets: Option<&Bound<'py, PyAny>>,
        seed: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Given> {
        let stdin = stdin.map(stream::input).transpose()?;
        Ok(Given {
            args: field("args", args, items)?.unwrap_or_default(),
            env: field("env", env, pairs)?.unwrap_or_default(),
            dirs: field("dirs", dirs, pairs)?.unwrap_or_default(),
            read_only_dirs: field("read_only_dirs", read_only_dirs, pairs)?.unwrap_or_default(),
            stdin: stdin.unwrap_or_else(|| Connected::plain(Input::Null)),
            sockets: sockets.map_or(Ok(Sockets::All(false)), self::sockets)?,
            seed: field("seed", seed, |seed| seed.extract())?,
        })
    }
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
enum Directory {
    Memory(Py<MemoryFs>),
    Host(PathBuf),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Directory {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Directory> {
        if let Ok(files) = object.cast::<MemoryFs>() {
            return Ok(Directory::Memory(files.to_owned().unbind()));
        }
        match crate::source::path(&object)? {
            Some(path) => Ok(Directory::Host(path)),
            None => {
                let given = object.get_type().name()?;
                Err(PyTypeError::new_err(format!("a path or a MemoryFs is expected, not {given}")))
            }
        }
    }
}

impl Given {
    /// Puts everything into the settings.
    pub fn apply(self, builder: WasiBuilder) -> WasiBuilder {
        let mut builder = builder.stdin(self.stdin.core);
        builder = builder.args(self.args.into_iter().map(|arg| arg.0));
        for (name, value) in self.env {
            builder = builder.env(name.0, value.0);
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
        seed: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Wasi> {
        let (out, out_buffer) = stream::output("stdout", &stdout)?;
        let (err, err_buffer) = stream::output("stderr", &stderr)?;
        let given = Given::new(args, env, dirs, read_only_dirs, stdin, sockets, seed)?;
        let callables = [given.stdin.callable.clone(), out.callable, err.callable];
        let builder = given.apply(wasmspan::Wasi::builder()).stdout(out.core).stderr(err.core);
        let core = door::attempt(py, || builder.build())?;
        let core = core.map_err(|failure| error::of_setting(py, &failure))?;
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

    fn __traverse__(&self, visit: PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        visit.call(&self.owner)
    }
}

/// The pairs of a mapping.
fn pairs<K, V>(mapping: &Bound<'_, PyAny>) -> PyResult<Vec<(K, V)>>
where
    K: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>,
    V: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>,
{
    let Ok(mapping) = mapping.cast::<PyMapping>() else {
        let given = mapping.get_type().name()?;
        return Err(PyTypeError::new_err(format!("a mapping is expected, not {given}")));
    };
    mapping.items()?.iter().map(|pair| pair.extract()).collect()
}
