//! Host functions: Python callables that wasm calls.

use crate::door;
use crate::error;
use crate::function;
use crate::instance::Instance;
use crate::link;
use crate::memory::Memory;
use crate::owner::{Owner, Target};
use crate::value;
use pyo3::PyTraverseError;
use pyo3::exceptions::{PyReferenceError, PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};
use std::cell::UnsafeCell;
use std::sync::{Arc, OnceLock};
use wasmspan::{Func, FuncType, Result, Val};

/// A callable that a host function calls, until the garbage collector takes it.
pub struct Callable {
    object: UnsafeCell<Option<Py<PyAny>>>,
    /// Whether it is given the caller first.
    wants_caller: bool,
    /// The instance it was made for, weakly.
    owner: OnceLock<Py<PyWeakrefReference>>,
}

// SAFETY: the object is only written by `clear`, which the garbage collector calls when nothing can
// reach the function any more, so that nobody reads.
unsafe impl Sync for Callable {}

impl Callable {
    /// For callables that are no host functions.
    pub fn plain(object: Py<PyAny>) -> Callable {
        Callable {
            object: UnsafeCell::new(Some(object)),
            wants_caller: false,
            owner: OnceLock::new(),
        }
    }

    /// The callable itself.
    pub fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        // SAFETY: nobody writes while a function can be called; see `Sync`.
        match unsafe { &*self.object.get() } {
            Some(object) => Ok(object.bind(py)),
            None => Err(PyReferenceError::new_err("the callable was garbage-collected")),
        }
    }

    /// Tells which instance the function was made for.
    pub fn belongs_to(&self, owner: &Bound<'_, Owner>) -> PyResult<()> {
        let weak = PyWeakrefReference::new(owner.as_any())?;
        let _ = self.owner.set(weak.unbind());
        Ok(())
    }

    /// Shows the callable to the garbage collector.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        // SAFETY: as in `get`; the collector does not clear while it looks.
        visit.call(unsafe { &*self.object.get() })
    }

    /// Lets go of the callable.
    ///
    /// # Safety
    ///
    /// For the garbage collector, when nothing can reach the function any more.
    pub unsafe fn clear(&self) {
        // SAFETY: the caller's promise.
        let object = unsafe { (*self.object.get()).take() };
        drop(object);
    }

    /// Calls it with arguments that `get` gives.
    fn call<'py>(
        &self,
        py: Python<'py>,
        caller: &wasmspan::Caller<'_>,
        count: usize,
        get: impl Fn(usize) -> PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let callable = self.get(py)?;
        if !self.wants_caller {
            return match count {
                0 => vectorcall(callable, &[]),
                1 => vectorcall(callable, &[get(0)?]),
                2 => vectorcall(callable, &[get(0)?, get(1)?]),
                3 => vectorcall(callable, &[get(0)?, get(1)?, get(2)?]),
                _ => vectorcall(callable, &(0..count).map(get).collect::<PyResult<Vec<_>>>()?),
            };
        }
        let caller =
            Bound::new(py, Caller::new(caller, self.owner.get().map(|o| o.clone_ref(py))))?;
        let mut args = Vec::with_capacity(count + 1);
        args.push(caller.into_any());
        for at in 0..count {
            args.push(get(at)?);
        }
        vectorcall(callable, &args)
    }
}

unsafe extern "C" {
    /// Every version from 3.9 on has it; the limited API names it from 3.12 on.
    fn PyObject_Vectorcall(
        callable: *mut ffi::PyObject,
        args: *const *mut ffi::PyObject,
        count: usize,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
}

/// Calls a callable without making a tuple of its arguments.
#[inline]
fn vectorcall<'py>(
    callable: &Bound<'py, PyAny>,
    args: &[Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the interpreter is attached, and everything alive; a bound reference is a pointer.
    unsafe {
        let (function, first) = (callable.as_ptr(), args.as_ptr().cast());
        let returned = PyObject_Vectorcall(function, first, args.len(), std::ptr::null_mut());
        Bound::from_owned_ptr_or_err(callable.py(), returned)
    }
}

/// Makes a host function of a callable. `function` is the type as Python has it.
pub fn make(
    py: Python<'_>,
    callable: &Bound<'_, PyAny>,
    ty: &FuncType,
) -> PyResult<(Func, Arc<Callable>)> {
    static PREPARE: pyo3::sync::PyOnceLock<Py<PyAny>> = pyo3::sync::PyOnceLock::new();
    let prepare = PREPARE.import(py, "wasmspan._host", "prepare")?;
    let (object, wants_caller): (Py<PyAny>, bool) = prepare
        .call1((callable, link::list(py, ty.params())?, link::list(py, ty.results())?))?
        .extract()?;
    let callable = Arc::new(Callable {
        object: UnsafeCell::new(Some(object)),
        wants_caller,
        owner: OnceLock::new(),
    });
    let body = Arc::clone(&callable);
    let by_slots = !ty.params().iter().chain(ty.results()).any(|ty| ty.is_ref());
    let made = if by_slots {
        let types = ty.clone();
        Func::with_slots(ty.clone(), move |caller, slots| call_slots(&body, &types, &caller, slots))
    } else {
        let types = ty.clone();
        Func::new(ty.clone(), move |caller, params, results| {
            call_values(&body, &types, &caller, params, results)
        })
    };
    match made {
        Ok(func) => Ok((func, callable)),
        Err(failure) => Err(error::to_python(py, &failure)),
    }
}

/// Runs with the interpreter; an exception becomes the error that carries it.
fn attached(body: impl FnOnce(Python<'_>) -> PyResult<()>) -> Result<()> {
    match door::attached(|py| body(py).map_err(error::from_python)) {
        Some(result) => result,
        None => Err(error::shutting_down()),
    }
}

fn call_slots(
    callable: &Callable,
    ty: &FuncType,
    caller: &wasmspan::Caller<'_>,
    slots: &mut [u128],
) -> Result<()> {
    attached(|py| {
        let (params, results) = (ty.params(), ty.results());
        let returned = {
            let get = |at: usize| Ok(value::from_slot(py, slots[at], params[at]));
            callable.call(py, caller, params.len(), get)?
        };
        each_result(&returned, results.len(), |at, object| {
            slots[at] = value::to_slot(object, results[at])?;
            Ok(())
        })
    })
}

fn call_values(
    callable: &Callable,
    ty: &FuncType,
    caller: &wasmspan::Caller<'_>,
    params: &[Val],
    results: &mut [Val],
) -> Result<()> {
    attached(|py| {
        let get = |at: usize| value::from_val(py, &params[at]);
        let returned = callable.call(py, caller, params.len(), get)?;
        each_result(&returned, results.len(), |at, object| {
            results[at] = value::to_val(object, ty.results()[at])?;
            Ok(())
        })
    })
}

/// Takes what a callable returned apart. What a function without results returns is dropped.
#[inline]
fn each_result(
    returned: &Bound<'_, PyAny>,
    count: usize,
    mut set: impl FnMut(usize, &Bound<'_, PyAny>) -> PyResult<()>,
) -> PyResult<()> {
    match count {
        0 => Ok(()),
        1 => set(0, returned),
        _ => {
            let mut got = 0;
            for item in returned.try_iter()? {
                let item = item?;
                if got < count {
                    set(got, &item)?;
                }
                got += 1;
            }
            if got == count {
                return Ok(());
            }
            Err(PyTypeError::new_err(format!(
                "the host function returned {got} values, not {count}"
            )))
        }
    }
}

/// What a host function sees of the instance that called it.
///
/// A host function gets one as its first argument if that parameter is annotated as `Caller`.
#[pyclass(frozen, module = "wasmspan")]
pub struct Caller {
    instance: Option<wasmspan::Instance>,
    memory: Option<wasmspan::Memory>,
    owner: Option<Py<PyWeakrefReference>>,
}

impl Caller {
    fn new(caller: &wasmspan::Caller<'_>, owner: Option<Py<PyWeakrefReference>>) -> Caller {
        Caller { instance: caller.instance(), memory: caller.memory(0), owner }
    }
}

#[pymethods]
impl Caller {
    /// The instance whose code called.
    #[getter]
    fn instance<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Instance>> {
        let Some(instance) = &self.instance else {
            return Err(PyRuntimeError::new_err("the host function was called by Python itself"));
        };
        let known = self.owner.as_ref().and_then(|weak| weak.bind(py).upgrade());
        if let Some(owner) = known.and_then(|owner| owner.cast_into::<Owner>().ok())
            && let Target::Instance(target) = &owner.get().target
            && target.same(instance)
        {
            return Instance::of(&owner);
        }
        Instance::foreign(py, instance, None)
    }

    /// The first memory of the instance that called, whether it is exported or not.
    #[getter]
    fn memory(&self) -> PyResult<Memory> {
        match &self.memory {
            Some(memory) => Ok(Memory::new(memory.clone())),
            None => Err(PyRuntimeError::new_err("the calling instance has no memory")),
        }
    }

    /// An export of the instance that called.
    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.instance(py)?.as_any().get_item(name)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let instance = match &self.instance {
            Some(_) => self.instance(py)?.as_any().repr()?.to_string(),
            None => "Python".to_string(),
        };
        Ok(format!("<wasmspan.Caller: {instance}>"))
    }
}

/// A host function that belongs to no instance, as a Python object.
pub fn make_standalone<'py>(
    py: Python<'py>,
    ty: &Bound<'py, PyAny>,
    callable: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let ty = link::func_type(ty)?;
    let (func, callable) = make(py, callable, &ty)?;
    let name = callable.get(py)?.getattr(intern!(py, "__name__")).ok();
    let name = name.and_then(|name| name.extract::<String>().ok());
    let owner = crate::owner::of_func(py, func.clone(), callable)?;
    function::make(py, func, Some(crate::owner::Held::new(owner.bind(py))), name)
}
