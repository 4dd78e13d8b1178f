//! The system interface of command-line guests.

use crate::error;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;
use wasmspan::wasi::{Input, Output, OutputBuffer};

/// Most bytes that are kept of a captured stream, unless told otherwise.
const OUTPUT_LIMIT: usize = 64 << 20;

/// What a WASI guest may use. It starts with nothing: no arguments, no variables, no directories;
/// standard streams are those of this process unless given.
///
/// `stdin` is bytes, text, `"inherit"` by default, or `None` for nothing; `stdout` and `stderr` are
/// `"inherit"`, `"capture"` or `None`. `dirs` and `read_only_dirs` map names for the guest to
/// directories of the host.
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

fn input(given: Option<&Bound<'_, PyAny>>) -> PyResult<Input> {
    let Some(given) = given else { return Ok(Input::Null) };
    match given.extract::<Text>()? {
        Text::Text(word) if word == "inherit" => Ok(Input::Inherit),
        text => Ok(Input::Bytes(text.into_bytes())),
    }
}

fn output(what: &str, given: Option<&str>) -> PyResult<(Output, Option<OutputBuffer>)> {
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
        args = Vec::new(),
        env = Vec::new(),
        dirs = Vec::new(),
        read_only_dirs = Vec::new(),
        stdin = None,
        stdout = Some("inherit"),
        stderr = Some("inherit"),
    ))]
    #[allow(clippy::too_many_arguments)] // They are keywords in Python.
    fn new(
        py: Python<'_>,
        args: Vec<Text>,
        #[pyo3(from_py_with = pairs)] env: Vec<(Text, Text)>,
        #[pyo3(from_py_with = pairs)] dirs: Vec<(String, PathBuf)>,
        #[pyo3(from_py_with = pairs)] read_only_dirs: Vec<(String, PathBuf)>,
        stdin: Option<&Bound<'_, PyAny>>,
        stdout: Option<&str>,
        stderr: Option<&str>,
    ) -> PyResult<Wasi> {
        let (out, out_buffer) = output("stdout", stdout)?;
        let (err, err_buffer) = output("stderr", stderr)?;
        let mut builder = wasmspan::Wasi::builder().stdin(input(stdin)?).stdout(out).stderr(err);
        builder = builder.args(args.into_iter().map(Text::into_bytes));
        for (name, value) in env {
            builder = builder.env(name.into_bytes(), value.into_bytes());
        }
        for (guest, host) in dirs {
            builder = builder.preopen(host, guest);
        }
        for (guest, host) in read_only_dirs {
            builder = builder.preopen_read_only(host, guest);
        }
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
