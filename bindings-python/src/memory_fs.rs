//! Files in memory for guests of WASI.

use crate::enter;
use crate::error;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;
use wasmspan::Result;
use wasmspan::limits::DEFAULT_MEMORY_FS_BYTES;
use wasmspan::wasi::ChangeKind;

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
    enter::attempt(py, work)?.map_err(|failure| error::of_setting(py, &failure))
}
