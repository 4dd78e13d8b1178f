//! What the garbage collector is shown of the core; made by `cycle`.

use crate::callable::{Callable, Reference};
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex};
use wasmspan::ExternRef;

/// What a unit holds, as the collector is to see it.
#[pyclass(frozen, module = "wasmspan._native")]
pub struct Knot {
    shown: Vec<Shown>,
    /// Those of what the unit holds.
    pub holds: Mutex<Vec<Py<Knot>>>,
}

/// A reference to a Python object that only the core has.
pub enum Shown {
    /// What a host function or stream calls.
    Callable(Arc<Callable>),
    /// What an `externref` refers to.
    Object(ExternRef),
}

impl Knot {
    /// One that shows these.
    pub fn new(shown: Vec<Shown>) -> Knot {
        Knot { shown, holds: Mutex::default() }
    }
}

#[pymethods]
impl Knot {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(holds) = self.holds.try_lock() {
            holds.iter().try_for_each(|knot| visit.call(knot))?;
        }
        self.shown.iter().try_for_each(|shown| match shown {
            Shown::Callable(callable) => callable.traverse(&visit),
            Shown::Object(object) => match object.downcast_ref::<Reference>() {
                Some(object) => object.traverse(&visit),
                None => Ok(()),
            },
        })
    }

    /// Lets go of objects, not of other knots: those are to be cleared themselves.
    fn __clear__(&self) {
        for shown in &self.shown {
            // SAFETY: the collector clears what nothing reaches, and an object is shown to it only
            // while all that holds it is shown, too.
            unsafe {
                match shown {
                    Shown::Callable(callable) => callable.clear(),
                    Shown::Object(object) => {
                        object
                            .downcast_ref::<Reference>()
                            .into_iter()
                            .for_each(|object| object.clear());
                    }
                }
            }
        }
    }
}
