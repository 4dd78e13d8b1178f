//! Tables.

use crate::enter;
use crate::error;
use crate::number;
use crate::owner::Held;
use crate::value;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use wasmspan::{Val, ValType};

/// A table of references: `Table(TableType("externref", 10))` makes one, all null.
///
/// >>> table = Table(TableType("externref", 2))
/// >>> table[0] = "any object"
/// >>> list(table)
/// ['any object', None]
#[pyclass(frozen, sequence, weakref, module = "wasmspan")]
pub struct Table {
    core: wasmspan::Table,
    held: Held,
}

impl Table {
    /// The Python object for a table; `held` counts the handle.
    pub fn new(core: wasmspan::Table, held: Held) -> Table {
        Table { core, held }
    }

    /// The table itself.
    pub fn core(&self) -> &wasmspan::Table {
        &self.core
    }

    fn element(&self) -> ValType {
        self.core.ty().element.into()
    }
}

#[pymethods]
impl Table {
    #[new]
    fn make(py: Python<'_>, r#type: &Bound<'_, PyAny>) -> PyResult<Table> {
        let ty = crate::types::table_type(r#type)?;
        let made = enter::work(py, || wasmspan::Table::new(ty))?;
        let held = Held::item(py, &made.clone().into())?;
        Ok(Table::new(made, held.expect("a table belongs to something")))
    }

    /// The type it was made with.
    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        crate::types::object(py, &wasmspan::ExternType::Table(*self.core.ty()))
    }

    /// Grows by a number of elements, null or `value`, and gives the old size. Raises `MemoryLimit` if the
    /// table can't become that large.
    #[pyo3(signature = (delta, value = None))]
    fn grow(
        &self,
        py: Python<'_>,
        delta: &Bound<'_, PyAny>,
        value: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u64> {
        let delta = number::up_to("delta", delta, u64::MAX)?;
        let value = match value {
            Some(value) => value::to_val(value, self.element())?,
            None => Val::default_for(self.element()),
        };
        let grown = enter::attempt(py, || self.core.grow(delta, &value))?;
        grown.map_err(|failure| error::no_growth(py, &failure))
    }

    fn __len__(&self) -> usize {
        self.core.len()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyAny>> {
        let value =
            self.core.get(index as u64).map_err(|failure| error::out_of_bounds(&failure))?;
        value::from_val(py, &value)
    }

    fn __setitem__(&self, index: usize, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = value::to_val(value, self.element())?;
        self.core.set(index as u64, &value).map_err(|failure| error::out_of_bounds(&failure))
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.Table of {} {}>", self.core.len(), self.element())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.held.traverse(&visit)
    }
}
