//! Classes of the pure-Python layer that native code makes objects of.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use wasmspan::Error;

/// A class of the Python layer, looked up once.
pub struct Class {
    module: &'static str,
    name: &'static str,
    found: PyOnceLock<Py<PyType>>,
}

impl Class {
    const fn new(module: &'static str, name: &'static str) -> Class {
        Class { module, name, found: PyOnceLock::new() }
    }

    /// The class itself.
    pub fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        self.found.import(py, self.module, self.name)
    }

    /// An exception of this class for an error of the core: message, number and name.
    pub fn error(&self, py: Python<'_>, error: &Error) -> PyResult<PyErr> {
        let value = self.get(py)?.call1((error.summary(),))?;
        number(&value, error)?;
        Ok(PyErr::from_value(value))
    }
}

/// Gives an exception the error's number and name.
pub fn number<T>(value: &Bound<'_, T>, error: &Error) -> PyResult<()> {
    value.as_any().setattr(intern!(value.py(), "code"), error.number())?;
    value.as_any().setattr(intern!(value.py(), "kind"), error.code().name())
}

macro_rules! classes {
    ($($constant:ident = $module:literal, $name:literal;)*) => {
        $(pub static $constant: Class = Class::new($module, $name);)*

        /// All of them.
        static ALL: &[&Class] = &[$(&$constant),*];
    };
}

/// Looks those up whose modules the package imports first: they are needed at the end of the
/// interpreter, too, when nothing can be imported.
#[pyfunction]
pub fn look_up(py: Python<'_>) -> PyResult<()> {
    const FIRST: [&str; 3] = ["wasmspan._details", "wasmspan._errors", "wasmspan._exports"];
    let mut first = ALL.iter().filter(|class| FIRST.contains(&class.module));
    first.try_for_each(|class| class.get(py).map(drop))
}

classes! {
    FUNC_TYPE = "wasmspan._types", "FuncType";
    MEMORY_TYPE = "wasmspan._types", "MemoryType";
    TABLE_TYPE = "wasmspan._types", "TableType";
    GLOBAL_TYPE = "wasmspan._types", "GlobalType";
    IMPORT_TYPE = "wasmspan._types", "ImportType";
    EXPORT_TYPE = "wasmspan._types", "ExportType";
    EXPORTS = "wasmspan._exports", "Exports";
    FRAME = "wasmspan._details", "Frame";
    MISSING_IMPORT = "wasmspan._details", "MissingImport";
    WASM_ERROR = "wasmspan._errors", "WasmError";
    COMPILE_ERROR = "wasmspan._errors", "CompileError";
    LINK_ERROR = "wasmspan._errors", "LinkError";
    TRAP = "wasmspan._errors", "Trap";
    INTERRUPTED = "wasmspan._errors", "Interrupted";
    OUTPUT_LIMIT = "wasmspan._errors", "OutputLimit";
    WASM_TIMEOUT = "wasmspan._errors", "WasmTimeout";
    OUT_OF_FUEL = "wasmspan._errors", "OutOfFuel";
    MEMORY_LIMIT = "wasmspan._errors", "MemoryLimit";
    BUSY = "wasmspan._errors", "Busy";
    EXIT = "wasmspan._errors", "Exit";
    USER_ERROR = "wasmspan._errors", "UserError";
    GUEST_ERROR = "wasmspan._errors", "GuestError";
    COMPLETED = "wasmspan._command", "Completed";
    DENIAL = "wasmspan._command", "Denial";
    SPAN = "wasmspan._bindgen", "Span";
    INTERNAL_ERROR = "wasmspan._errors", "InternalError";
}
