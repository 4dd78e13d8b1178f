//! Python objects that the core refers to, and how those that are callables are called.

use pyo3::PyTraverseError;
use pyo3::exceptions::PyReferenceError;
use pyo3::ffi;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use std::cell::UnsafeCell;

/// A Python object that the core refers to, until the garbage collector takes it.
pub struct Reference(UnsafeCell<Option<Py<PyAny>>>);

// SAFETY: the object is only written by `clear`, which the garbage collector calls when nothing can
// reach the reference any more, so that nobody reads.
unsafe impl Sync for Reference {}

impl Reference {
    /// To an object.
    pub fn new(object: Py<PyAny>) -> Reference {
        Reference(UnsafeCell::new(Some(object)))
    }

    /// The object.
    #[inline]
    pub fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        // SAFETY: nobody writes while it can be reached; see `Sync`.
        match unsafe { &*self.0.get() } {
            Some(object) => Ok(object.bind(py)),
            None => Err(PyReferenceError::new_err("the object was garbage-collected")),
        }
    }

    /// Shows the object to the garbage collector.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        // SAFETY: as in `get`; the collector does not clear while it looks.
        visit.call(unsafe { &*self.0.get() })
    }

    /// Lets go of the object.
    ///
    /// # Safety
    ///
    /// For the garbage collector, when nothing can reach the reference any more.
    pub unsafe fn clear(&self) {
        // SAFETY: the caller's promise.
        let object = unsafe { (*self.0.get()).take() };
        drop(object);
    }
}

/// A callable that a host function or stream calls.
pub struct Callable {
    object: Reference,
    /// Whether it is given the caller first.
    wants_caller: bool,
}

impl Callable {
    /// One; `wants_caller` if it is given the caller first.
    pub fn new(object: Py<PyAny>, wants_caller: bool) -> Callable {
        Callable { object: Reference::new(object), wants_caller }
    }

    /// For callables that are no host functions.
    pub fn plain(object: Py<PyAny>) -> Callable {
        Callable::new(object, false)
    }

    /// Whether it is given the caller first.
    pub fn wants_caller(&self) -> bool {
        self.wants_caller
    }

    /// The callable itself.
    #[inline]
    pub fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        self.object.get(py)
    }

    /// Shows the callable to the garbage collector.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        self.object.traverse(visit)
    }

    /// Lets go of the callable.
    ///
    /// # Safety
    ///
    /// As [`Reference::clear`].
    pub unsafe fn clear(&self) {
        // SAFETY: the caller's promise.
        unsafe { self.object.clear() };
    }
}

unsafe extern "C-unwind" {
    /// Every version from 3.9 on has it; the limited API names it from 3.12 on.
    fn PyObject_Vectorcall(
        callable: *mut ffi::PyObject,
        args: *const *mut ffi::PyObject,
        count: usize,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
}

/// A thread's stay in the interpreter. One that wants to go on there when the interpreter has begun to end
/// is ended from within, through all frames, before version 3.14. Those of guests can't be left that
/// way, so it sleeps instead.
struct Stay;

impl Drop for Stay {
    fn drop(&mut self) {
        loop {
            std::thread::park();
        }
    }
}

/// Calls a callable without making a tuple of its arguments. On threads that Python has not made nothing
/// else may run Python code: see [`Stay`].
#[inline]
pub fn vectorcall<'py>(
    callable: &Bound<'py, PyAny>,
    args: &[Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the interpreter is attached, and everything alive; a bound reference is a pointer.
    unsafe {
        let (function, first) = (callable.as_ptr(), args.as_ptr().cast());
        let stay = Stay;
        let returned = PyObject_Vectorcall(function, first, args.len(), std::ptr::null_mut());
        std::mem::forget(stay);
        Bound::from_owned_ptr_or_err(callable.py(), returned)
    }
}
