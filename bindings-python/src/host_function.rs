//! Host functions: Python callables that wasm calls.

use crate::callable::{Callable, vectorcall};
use crate::error;
use crate::function;
use crate::instance::Instance;
use crate::interpreter;
use crate::memory::Memory;
use crate::owner::{Held, Owner};
use crate::types;
use crate::value;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use wasmspan::raw::{Survey, Surveyed};
use wasmspan::{Func, FuncType, Result, Val};

/// The callable of each host function, by the function's identity.
fn callables() -> MutexGuard<'static, HashMap<usize, Weak<Callable>>> {
    static CALLABLES: LazyLock<Mutex<HashMap<usize, Weak<Callable>>>> =
        LazyLock::new(Mutex::default);
    CALLABLES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A host function's body: it goes with the function.
struct Body {
    callable: Arc<Callable>,
    /// The function's identity, once it has one.
    identity: OnceLock<usize>,
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(identity) = self.identity.get() {
            callables().remove(identity);
        }
    }
}

/// The callables in each closed unit.
pub fn callables_of(found: &Surveyed, closed: &[bool]) -> Vec<Vec<Arc<Callable>>> {
    let callables = callables();
    let of_unit = |(unit, is_closed): (&wasmspan::raw::Unit, &bool)| match is_closed {
        true => unit.members.iter().filter_map(|at| callables.get(at)?.upgrade()).collect(),
        false => Vec::new(),
    };
    found.units.iter().zip(closed).map(of_unit).collect()
}

/// Makes a host function of a callable. `function` is the type as Python has it.
pub fn make(py: Python<'_>, callable: &Bound<'_, PyAny>, ty: &FuncType) -> PyResult<Func> {
    static PREPARE: pyo3::sync::PyOnceLock<Py<PyAny>> = pyo3::sync::PyOnceLock::new();
    let prepare = PREPARE.import(py, "wasmspan._host_function", "prepare")?;
    let (object, wants_caller): (Py<PyAny>, bool) = prepare
        .call1((callable, types::list(py, ty.params())?, types::list(py, ty.results())?))?
        .extract()?;
    let callable = Arc::new(Callable::new(object, wants_caller));
    let noted = Arc::downgrade(&callable);
    let body = Arc::new(Body { callable, identity: OnceLock::new() });
    let made_of = Arc::clone(&body);
    let by_slots = !ty.params().iter().chain(ty.results()).any(|ty| ty.is_ref());
    let made = if by_slots {
        let types = ty.clone();
        Func::with_slots(ty.clone(), move |caller, slots| {
            call_slots(&made_of.callable, &types, &caller, slots)
        })
    } else {
        let types = ty.clone();
        Func::new(ty.clone(), move |caller, params, results| {
            call_values(&made_of.callable, &types, &caller, params, results)
        })
    };
    let func = made.map_err(|failure| error::to_python(py, &failure))?;
    let identity = Survey::identity(&func);
    let _ = body.identity.set(identity);
    callables().insert(identity, noted);
    Ok(func)
}

/// Calls a callable with arguments that `get` gives.
fn call<'py>(
    callable: &Callable,
    py: Python<'py>,
    caller: &wasmspan::Caller<'_>,
    count: usize,
    get: impl Fn(usize) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (callable, wants_caller) = (callable.get(py)?, callable.wants_caller());
    if !wants_caller {
        return match count {
            0 => vectorcall(callable, &[]),
            1 => vectorcall(callable, &[get(0)?]),
            2 => vectorcall(callable, &[get(0)?, get(1)?]),
            3 => vectorcall(callable, &[get(0)?, get(1)?, get(2)?]),
            _ => vectorcall(callable, &(0..count).map(get).collect::<PyResult<Vec<_>>>()?),
        };
    }
    let caller = Bound::new(py, Caller::new(caller))?;
    let mut args = Vec::with_capacity(count + 1);
    args.push(caller.into_any());
    for at in 0..count {
        args.push(get(at)?);
    }
    vectorcall(callable, &args)
}

/// Runs with the interpreter; an exception becomes the error that carries it.
fn attached(body: impl FnOnce(Python<'_>) -> PyResult<()>) -> Result<()> {
    match interpreter::attached(|py| body(py).map_err(error::from_python)) {
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
            call(callable, py, caller, params.len(), get)?
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
        let returned = call(callable, py, caller, params.len(), get)?;
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
}

impl Caller {
    fn new(caller: &wasmspan::Caller<'_>) -> Caller {
        Caller { instance: caller.instance(), memory: caller.memory(0) }
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
        Instance::of(&Owner::of_instance(py, instance)?)
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
    let ty = types::func_type(ty)?;
    if !callable.is_callable() {
        let given = callable.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "callable is a function or the like, not {given}"
        )));
    }
    let name = callable.getattr(intern!(py, "__name__")).ok();
    let name = name.and_then(|name| name.extract::<String>().ok());
    let func = make(py, callable, &ty)?;
    let held = Held::func(py, &func)?;
    function::make(py, func, held, name)
}
