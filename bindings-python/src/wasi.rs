//! The system interface of command-line guests.

use crate::callable::{self, Callable};
use crate::enter;
use crate::error;
use crate::instance::Instance;
use crate::interpreter;
use crate::lock::{InstanceLock, WhenBusy};
use crate::memory_fs::MemoryFs;
use crate::names;
use crate::number;
use crate::owner::{HeldWasi, Owner, Target};
use crate::source::items;
use crate::stream::{self, Sink, StreamEnd};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyMapping, PyString, PyTuple};
use pyo3::{Borrowed, PyTraverseError};
use std::net::TcpListener;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::PathBuf;
use std::sync::Arc;
use wasmspan::limits::MAX_WASI_DESCRIPTORS;
use wasmspan::wasi::{Denial, Denials, Input, OutputBuffer, WasiBuilder};

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
/// each run. A clock is a number of nanoseconds, at which it stands still, or a callable that returns it:
/// `realtime_clock` since 1970, `monotonic_clock` since any moment. `list_dirs` gives the guest, as `/`, a list of
/// its directories. `listeners` are sockets that listen, from which it takes connections; they get the descriptors after
/// the directories. `max_descriptors` is how many it may have open. `denials` tells what it was refused.
///
/// >>> Wasi(args=["tool", "--version"], stdout=[].append)
/// <wasmspan.Wasi(2 arguments, 0 variables, 0 directories)>
#[pyclass(frozen, weakref, module = "wasmspan")]
pub struct Wasi {
    owner: Py<Owner>,
    stdout: Option<OutputBuffer>,
    stderr: Option<OutputBuffer>,
    denials: Denials,
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
#[derive(Default)]
pub struct WasiOptions {
    args: Vec<Text>,
    env: Vec<(Text, Text)>,
    dirs: Vec<(String, Directory)>,
    read_only_dirs: Vec<(String, Directory)>,
    list_dirs: bool,
    stdin: Option<StreamEnd<Input>>,
    sockets: Sockets,
    listeners: Vec<Listener>,
    seed: Option<u64>,
    realtime_clock: Option<Clock>,
    monotonic_clock: Option<Clock>,
    max_descriptors: Option<usize>,
    /// What it is refused.
    pub denials: Denials,
}

impl WasiOptions {
    /// From the keywords of `Wasi` or `run`.
    pub fn of(keywords: Option<&Bound<'_, PyDict>>) -> PyResult<WasiOptions> {
        let mut given = WasiOptions::default();
        for (name, value) in keywords.into_iter().flatten() {
            let name: String = name.extract()?;
            let set = given.set(&name, &value);
            // What is said about these names them.
            let named = ["stdin", "sockets"].contains(&&*name);
            set.map_err(|error| match named {
                true => error,
                false => error::of_argument(value.py(), &name, error),
            })?;
        }
        Ok(given)
    }

    /// With these arguments, the program's name first.
    pub fn with_args(mut self, args: &Bound<'_, PyAny>) -> PyResult<WasiOptions> {
        self.set("args", args).map_err(|error| error::of_argument(args.py(), "args", error))?;
        Ok(self)
    }

    fn set(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if value.is_none() {
            return Ok(());
        }
        match name {
            "args" => self.args = items(value)?,
            "env" => self.env = pairs(value)?,
            "dirs" => self.dirs = pairs(value)?,
            "read_only_dirs" => self.read_only_dirs = pairs(value)?,
            "list_dirs" => self.list_dirs = value.extract()?,
            "stdin" => self.stdin = Some(stream::input(value)?),
            "sockets" => self.sockets = sockets(value)?,
            "listeners" => self.listeners = items(value)?,
            "seed" => self.seed = Some(number::up_to("it", value, u64::MAX)?),
            "realtime_clock" => self.realtime_clock = Some(Clock::of(value)?),
            "monotonic_clock" => self.monotonic_clock = Some(Clock::of(value)?),
            "max_descriptors" => {
                let most = number::up_to("it", value, MAX_WASI_DESCRIPTORS as u64)?;
                self.max_descriptors = Some(most as usize);
            }
            _ => return Err(PyTypeError::new_err("there is no keyword of this name")),
        }
        Ok(())
    }

    /// Callables behind it, for the garbage collector.
    pub fn callables(&self) -> Vec<Arc<Callable>> {
        let stdin = self.stdin.as_ref().and_then(|stdin| stdin.callable.clone());
        let clocks = [&self.realtime_clock, &self.monotonic_clock].into_iter().flatten();
        stdin.into_iter().chain(clocks.filter_map(|clock| clock.callable())).collect()
    }
}

/// What a clock shows: always the same, or what a callable returns.
#[derive(Clone)]
enum Clock {
    Stopped(u64),
    Asked(Arc<Callable>),
}

impl Clock {
    fn of(given: &Bound<'_, PyAny>) -> PyResult<Clock> {
        if given.is_callable() {
            return Ok(Clock::Asked(Arc::new(Callable::plain(given.clone().unbind()))));
        }
        number::up_to("it", given, u64::MAX).map(Clock::Stopped)
    }

    fn callable(&self) -> Option<Arc<Callable>> {
        match self {
            Clock::Stopped(_) => None,
            Clock::Asked(callable) => Some(Arc::clone(callable)),
        }
    }

    /// Nanoseconds. A callable that fails is told of as a destructor is, and the clock shows 0.
    fn now(&self) -> u64 {
        let callable = match self {
            Clock::Stopped(time) => return *time,
            Clock::Asked(callable) => callable,
        };
        let shown = interpreter::attached(|py| {
            let asked = || {
                number::up_to(
                    "a clock's time",
                    &callable::vectorcall(callable.get(py)?, &[])?,
                    u64::MAX,
                )
            };
            asked().unwrap_or_else(|raised| {
                raised.write_unraisable(py, callable.get(py).ok());
                0
            })
        });
        shown.unwrap_or(0)
    }
}

/// A copy of a socket that listens.
struct Listener(TcpListener);

impl<'a, 'py> FromPyObject<'a, 'py> for Listener {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Listener> {
        listener(&object).map(Listener)
    }
}

fn listener(given: &Bound<'_, PyAny>) -> PyResult<TcpListener> {
    let number: i32 = match given.hasattr("fileno")? {
        true => given.call_method0("fileno")?.extract()?,
        false => given.extract()?,
    };
    if number < 0 {
        return Err(PyValueError::new_err("the socket is closed"));
    }
    // SAFETY: the number is only asked for a copy, which fails if no file has it.
    let copy = unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned();
    let copy = copy.map_err(|failure| error::of_file(&failure, given))?;
    let (mut listens, mut size) = (0i32, size_of::<i32>() as libc::socklen_t);
    // SAFETY: asks for one number of the descriptor, and has room for it.
    let asked = unsafe {
        let place = (&raw mut listens).cast();
        let what = libc::SO_ACCEPTCONN;
        libc::getsockopt(copy.as_raw_fd(), libc::SOL_SOCKET, what, place, &mut size)
    };
    if asked != 0 || listens == 0 {
        return Err(PyValueError::new_err("a socket that listens is expected"));
    }
    Ok(TcpListener::from(copy))
}

/// What guests were refused, as objects of the Python layer.
pub fn denied<'py>(py: Python<'py>, denials: &Denials) -> PyResult<Bound<'py, PyTuple>> {
    let class = names::DENIAL.get(py)?;
    let all = denials.entries().into_iter();
    let all = all.map(|Denial { function, wanted, errno, option }| {
        class.call1((function, wanted, errno, option))
    });
    PyTuple::new(py, all.collect::<PyResult<Vec<_>>>()?)
}

/// What sockets may reach: anything, or these addresses, nets and names.
enum Sockets {
    All(bool),
    Some(Vec<String>),
}

impl Default for Sockets {
    fn default() -> Sockets {
        Sockets::All(false)
    }
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

impl WasiOptions {
    /// Puts everything into the settings.
    pub fn apply(self, builder: WasiBuilder) -> WasiBuilder {
        let stdin = self.stdin.map_or(Input::Null, |stdin| stdin.core);
        let mut builder = builder.stdin(stdin).record_denials(&self.denials);
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
        if self.list_dirs {
            builder = builder.list_preopens();
        }
        builder = self.listeners.into_iter().fold(builder, |builder, own| builder.listener(own.0));
        if let Some(seed) = self.seed {
            builder = builder.random_seed(seed);
        }
        if let Some(clock) = self.realtime_clock {
            builder = builder.realtime_clock(move || clock.now());
        }
        if let Some(clock) = self.monotonic_clock {
            builder = builder.monotonic_clock(move || clock.now());
        }
        match self.max_descriptors {
            Some(most) => builder.max_descriptors(most),
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
    #[pyo3(signature = (*, stdout = Sink::Inherit, stderr = Sink::Inherit, **given), text_signature = "(*, args=None, env=None, dirs=None, read_only_dirs=None, list_dirs=False, stdin=None, stdout='inherit', stderr='inherit', sockets=False, listeners=None, seed=None, realtime_clock=None, monotonic_clock=None, max_descriptors=None)")]
    fn new<'py>(
        py: Python<'py>,
        stdout: Sink<'py>,
        stderr: Sink<'py>,
        given: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Wasi> {
        let (out, out_buffer) = stream::output("stdout", &stdout)?;
        let (err, err_buffer) = stream::output("stderr", &stderr)?;
        let given = WasiOptions::of(given)?;
        let denials = given.denials.clone();
        let mut callables = given.callables();
        callables.extend([out.callable, err.callable].into_iter().flatten());
        let builder = given.apply(wasmspan::Wasi::builder()).stdout(out.core).stderr(err.core);
        let core = enter::attempt(py, || builder.build())?;
        let core = core.map_err(|failure| error::of_setting(py, &failure))?;
        let mut owner = Owner::of(Target::Wasi(core), InstanceLock::new(WhenBusy::Raise, true));
        owner.streams = callables;
        let owner = owner.enter(py)?.unbind();
        Ok(Wasi { owner, stdout: out_buffer, stderr: err_buffer, denials })
    }

    /// What guests asked for and were refused, in order: `Denial`s, each once.
    #[getter]
    fn denials<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        denied(py, &self.denials)
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
