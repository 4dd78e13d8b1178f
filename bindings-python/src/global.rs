//! Globals.

use crate::error;
use crate::owner::Held;
use crate::value;
use pyo3::PyTraverseError;
use pyo3::exceptions::PyAttributeError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use wasmspan::Mutability;

/// A global: `Global(GlobalType("i32", mutable=True), 1)` makes one.
///
/// >>> counter = Global(GlobalType("i64", mutable=True), 41)
/// >>> counter.value += 1
/// >>> counter
/// <wasmspan.Global mutable i64: 42>
#[pyclass(frozen, weakref, module = "wasmspan")]
pub struct Global {
    core: wasmspan::Global,
    held: Held,
}

impl Global {
    /// The Python object for a global; `held` counts the handle.
    pub fn new(core: wasmspan::Global, held: Held) -> Global {
        Global { core, held }
    }

    /// The global itself.
    pub fn core(&self) -> &wasmspan::Global {
        &self.core
    }

    fn is_mutable(&self) -> bool {
        self.core.ty().mutability == Mutability::Var
    }
}

#[pymethods]
impl Global {
    #[new]
    fn make(
        py: Python<'_>,
        r#type: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<Global> {
        let ty = crate::types::global_type(r#type)?;
        let value = value::to_val(value, ty.content)?;
        let made = wasmspan::Global::new(ty, &value);
        let made = made.map_err(|failure| error::to_python(py, &failure))?;
        let held = Held::item(py, &made.clone().into())?;
        Ok(Global::new(made, held.expect("a global belongs to something")))
    }

    /// The type it was made with.
    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        crate::types::object(py, &wasmspan::ExternType::Global(*self.core.ty()))
    }

    /// The value; setting it raises `AttributeError` if the global is immutable.
    #[getter]
    fn get_value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        value::from_val(py, &self.core.get())
    }

    #[setter]
    fn set_value(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value_of_core = value::to_val(value, self.core.ty().content)?;
        let set = self.core.set(&value_of_core);
        set.map_err(|failure| error::of_python::<PyAttributeError>(value.py(), &failure))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let kind = if self.is_mutable() { "mutable " } else { "" };
        let value = self.get_value(py)?.repr()?.to_string();
        Ok(format!("<wasmspan.Global {kind}{}: {value}>", self.core.ty().content))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.held.traverse(&visit)
    }
}
