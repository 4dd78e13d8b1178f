//! Guests of wasmedge-bindgen, and strings and buffers of other guests.

use crate::enter;
use crate::error;
use crate::instance::Instance;
use crate::interpreter;
use crate::memory::Memory;
use crate::names;
use crate::owner::Held;
use pyo3::exceptions::{PyAttributeError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyList, PyString, PyTuple};
use pyo3::{IntoPyObjectExt, PyTraverseError};
use wasmspan::Result;
use wasmspan::bindgen::{self, CallError, Found, HeapStyle, Kind, Results, Span, Value};
use wasmspan::raw::Survey;

/// Makes something that keeps handles to an instance, and counts these.
fn on<T: Send>(
    py: Python<'_>,
    instance: &Bound<'_, Instance>,
    make: impl FnOnce(&wasmspan::Instance) -> Result<T> + Send,
) -> PyResult<(T, Vec<Held>)> {
    let (core, owner) = (instance.get().core(), instance.get().owner().bind(py));
    let before = holders(core);
    let made = enter::run(py, Some(owner.get()), None, || make(core))?;
    let handles = holders(core).saturating_sub(before);
    Ok((made, (0..handles).map(|_| Held::new(owner)).collect()))
}

fn holders(instance: &wasmspan::Instance) -> usize {
    let mut survey = Survey::default();
    let unit = survey.instance(instance);
    survey.finish().units[unit].holders
}

/// A guest that was built with the crates `wasmedge-bindgen` 0.4, whose functions take and return strings,
/// vectors and numbers.
///
/// Functions are methods: `guest.say("you")`, or `guest.call("say", "you")`. A `str` is a `String`, `bytes`
/// are a `Vec<u8>`, a `bool` is a `bool`, a `float` an `f64`, an `int` an `i32`; `U8(1)`, `F32(0.5)`,
/// `Char("x")`, `I16s([1, 2])` and so on name other types. Nothing comes back as `None`, several values as
/// a tuple. An `Err` of the guest is a `GuestError`.
///
/// `_initialize` is called if the guest has it; `Bindgen.attach` is for instances that are initialised.
/// With `keep_results` results stay in the guest's memory, for guests that return what isn't theirs to free.
#[pyclass(frozen, weakref, module = "wasmspan")]
pub struct Bindgen {
    core: bindgen::Bindgen,
    instance: Py<Instance>,
    held: Vec<Held>,
}

impl Bindgen {
    fn make(
        instance: &Bound<'_, Instance>,
        keep_results: bool,
        make: impl FnOnce(&wasmspan::Instance) -> Result<bindgen::Bindgen> + Send,
    ) -> PyResult<Bindgen> {
        let make = |core: &wasmspan::Instance| {
            let made = make(core)?;
            Ok(if keep_results { made.keeping_results() } else { made })
        };
        let (core, held) = on(instance.py(), instance, make)?;
        Ok(Bindgen { core, instance: instance.clone().unbind(), held })
    }
}

#[pymethods]
impl Bindgen {
    #[new]
    #[pyo3(signature = (instance, *, keep_results = false))]
    fn new(instance: &Bound<'_, Instance>, keep_results: bool) -> PyResult<Bindgen> {
        Bindgen::make(instance, keep_results, bindgen::Bindgen::new)
    }

    /// For an instance that is initialised.
    #[staticmethod]
    #[pyo3(signature = (instance, *, keep_results = false))]
    fn attach(instance: &Bound<'_, Instance>, keep_results: bool) -> PyResult<Bindgen> {
        Bindgen::make(instance, keep_results, bindgen::Bindgen::attach)
    }

    /// Calls a function.
    #[pyo3(signature = (name, *args))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let given: Vec<Bound<'py, PyAny>> = args.iter().collect();
        let values = given.iter().map(value).collect::<PyResult<Vec<_>>>()?;
        let owner = self.instance.get().owner().get();
        let ended = enter::run(py, Some(owner), None, || {
            match self.core.call_with(name, &values, read_all) {
                Ok(results) => Ok(Ok(results)),
                Err(CallError::Guest(message)) => Ok(Err(message)),
                Err(CallError::Engine(failure)) => Err(failure),
            }
        })?;
        let results = match ended {
            Ok(results) => results,
            Err(message) => return Err(error::raise(py, &names::GUEST_ERROR, &message)?),
        };
        crate::value::results(py, results.len(), |at| match &results[at] {
            Read::Value(value) => object(py, value),
            Read::Bytes(bytes) => Ok(bytes.bind(py).clone().into_any()),
        })
    }

    /// Names of the exports that can be such functions, sorted: the module tells no more than that their
    /// type fits.
    #[getter]
    fn functions(&self) -> Vec<&str> {
        self.core.functions().collect()
    }

    /// The instance.
    #[getter]
    fn instance(&self, py: Python<'_>) -> Py<Instance> {
        self.instance.clone_ref(py)
    }

    fn __getattr__<'py>(slf: &Bound<'py, Self>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        if slf.get().core.functions().all(|known| known != name) {
            let what = format!("the guest has no function {name:?} of wasmedge-bindgen");
            return Err(PyAttributeError::new_err(what));
        }
        let call = slf.getattr(intern!(slf.py(), "call"))?;
        slf.py().import(intern!(slf.py(), "functools"))?.call_method1("partial", (call, name))
    }

    fn __repr__(&self) -> String {
        let names: Vec<&str> = self.core.functions().collect();
        format!("<wasmspan.Bindgen: {}>", names.join(", "))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.instance)?;
        self.held.iter().try_for_each(|held| held.traverse(&visit))
    }
}

/// A result, taken out of the guest's memory.
enum Read {
    Value(Value<'static>),
    Bytes(Py<PyBytes>),
}

/// From this size on a second copy of bytes takes longer than to ask for the interpreter.
const LARGE: u32 = 64 << 10;

fn read_all(results: &Results<'_>) -> Result<Vec<Read>> {
    let read = |at| {
        let Found { kind, address, size } = results.found(at)?;
        if kind != Kind::U8s || size < LARGE {
            return results.get(at).map(Read::Value);
        }
        let memory = Memory::new(results.memory().clone());
        let copied = interpreter::attached(|py| {
            memory.bytes(py, address as usize, size as usize).map(Bound::unbind)
        });
        match copied {
            Some(Ok(bytes)) => Ok(Read::Bytes(bytes)),
            Some(Err(failed)) => Err(error::from_python(failed)),
            None => Err(error::shutting_down()),
        }
    };
    (0..results.len()).map(read).collect()
}

/// An argument; text and bytes are borrowed.
fn value<'a>(object: &'a Bound<'_, PyAny>) -> PyResult<Value<'a>> {
    if let Ok(text) = object.cast_exact::<PyString>() {
        return Ok(Value::from(text.to_str()?));
    }
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(Value::from(bytes.as_bytes()));
    }
    if let Ok(value) = object.cast::<PyBool>() {
        return Ok(Value::Bool(value.is_true()));
    }
    if object.is_exact_instance_of::<PyInt>() {
        let value = object.extract().map_err(|_| {
            let what =
                format!("{object} is no i32; name its type: I64({object}), U32({object}), …");
            PyOverflowError::new_err(what)
        });
        return Ok(Value::I32(value?));
    }
    if object.is_exact_instance_of::<PyFloat>() {
        return Ok(Value::F64(object.extract()?));
    }
    let kind = object.getattr_opt(intern!(object.py(), "_kind"))?;
    if let Some(name) = kind {
        let name: String = name.extract()?;
        return match Kind::from_name(&name) {
            Some(kind) => value_of(kind, object),
            None => Err(PyTypeError::new_err(format!("wasmedge-bindgen has no type {name}"))),
        };
    }
    match crate::source::buffer(object)? {
        Some(bytes) => Ok(Value::from(bytes)),
        None => Err(PyTypeError::new_err(format!(
            "a guest of wasmedge-bindgen takes no {}",
            object.get_type().name()?
        ))),
    }
}

/// An argument whose kind is named.
fn value_of<'a>(kind: Kind, object: &'a Bound<'_, PyAny>) -> PyResult<Value<'a>> {
    Ok(match kind {
        Kind::U8 => Value::U8(object.extract()?),
        Kind::I8 => Value::I8(object.extract()?),
        Kind::U16 => Value::U16(object.extract()?),
        Kind::I16 => Value::I16(object.extract()?),
        Kind::U32 => Value::U32(object.extract()?),
        Kind::I32 => Value::I32(object.extract()?),
        Kind::U64 => Value::U64(object.extract()?),
        Kind::I64 => Value::I64(object.extract()?),
        Kind::F32 => Value::F32(object.extract()?),
        Kind::F64 => Value::F64(object.extract()?),
        Kind::Bool => Value::Bool(object.extract()?),
        Kind::Char => Value::Char(object.extract()?),
        Kind::String => Value::from(object.extract::<String>()?),
        Kind::U8s => Value::from(object.extract::<Vec<u8>>()?),
        Kind::I8s => Value::from(object.extract::<Vec<i8>>()?),
        Kind::U16s => Value::from(object.extract::<Vec<u16>>()?),
        Kind::I16s => Value::from(object.extract::<Vec<i16>>()?),
        Kind::U32s => Value::from(object.extract::<Vec<u32>>()?),
        Kind::I32s => Value::from(object.extract::<Vec<i32>>()?),
        Kind::U64s => Value::from(object.extract::<Vec<u64>>()?),
        Kind::I64s => Value::from(object.extract::<Vec<i64>>()?),
    })
}

/// The object for a result.
fn object<'py>(py: Python<'py>, value: &Value<'_>) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::U8(value) => value.into_bound_py_any(py),
        Value::I8(value) => value.into_bound_py_any(py),
        Value::U16(value) => value.into_bound_py_any(py),
        Value::I16(value) => value.into_bound_py_any(py),
        Value::U32(value) => value.into_bound_py_any(py),
        Value::I32(value) => value.into_bound_py_any(py),
        Value::U64(value) => value.into_bound_py_any(py),
        Value::I64(value) => value.into_bound_py_any(py),
        Value::F32(value) => value.into_bound_py_any(py),
        Value::F64(value) => value.into_bound_py_any(py),
        Value::Bool(value) => value.into_bound_py_any(py),
        Value::Char(value) => value.into_bound_py_any(py),
        Value::String(text) => Ok(PyString::new(py, text).into_any()),
        Value::U8s(items) => Ok(PyBytes::new(py, items).into_any()),
        Value::I8s(items) => Ok(PyList::new(py, items.iter())?.into_any()),
        Value::U16s(items) => Ok(PyList::new(py, items.iter())?.into_any()),
        Value::I16s(items) => Ok(PyList::new(py, items.iter())?.into_any()),
        Value::U32s(items) => Ok(PyList::new(py, items.iter())?.into_any()),
        Value::I32s(items) => Ok(PyList::new(py, items.iter())?.into_any()),
        Value::U64s(items) => Ok(PyList::new(py, items.iter())?.into_any()),
        Value::I64s(items) => Ok(PyList::new(py, items.iter())?.into_any()),
    }
}

/// Strings and buffers of guests that export `malloc` and `free` (C, TinyGo), or AssemblyScript's runtime
/// (`--exportRuntime`).
///
/// `put_…` allocates in the guest and gives a `Span` of address and length; `free` it when the guest doesn't
/// need it any more. `get_…` copies out of the guest.
#[pyclass(frozen, weakref, module = "wasmspan")]
pub struct Heap {
    core: bindgen::Heap,
    instance: Py<Instance>,
    held: Vec<Held>,
}

impl Heap {
    fn run<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&bindgen::Heap) -> Result<T> + Send,
    ) -> PyResult<T> {
        enter::run(py, Some(self.instance.get().owner().get()), None, || work(&self.core))
    }
}

/// The object for a place in the guest.
fn span(py: Python<'_>, span: Span) -> PyResult<Bound<'_, PyAny>> {
    names::SPAN.get(py)?.call1((span.address, span.length))
}

/// Bytes of an object with the buffer protocol.
fn bytes(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    crate::source::buffer(object)?
        .ok_or_else(|| PyValueError::new_err("bytes, or an object with a buffer, are expected"))
}

#[pymethods]
impl Heap {
    #[new]
    fn new(instance: &Bound<'_, Instance>) -> PyResult<Heap> {
        let (core, held) = on(instance.py(), instance, bindgen::Heap::new)?;
        Ok(Heap { core, instance: instance.clone().unbind(), held })
    }

    /// How the guest allocates: "assemblyscript" or "malloc".
    #[getter]
    fn style(&self) -> &'static str {
        match self.core.style() {
            HeapStyle::AssemblyScript => "assemblyscript",
            HeapStyle::Malloc => "malloc",
        }
    }

    /// Puts text into the guest: UTF-16 for AssemblyScript, else UTF-8 with a zero behind it.
    fn put_string<'py>(&self, py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
        span(py, self.run(py, |heap| heap.put_string(text))?)
    }

    /// Puts bytes into the guest: an `ArrayBuffer` for AssemblyScript.
    fn put_bytes<'py>(&self, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (py, data) = (data.py(), bytes(data)?);
        span(py, self.run(py, |heap| heap.put_bytes(&data))?)
    }

    /// Makes a typed array of AssemblyScript, such as a `Uint8Array`, whose class has the number `type`.
    fn put_array<'py>(&self, r#type: u32, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (py, data) = (data.py(), bytes(data)?);
        span(py, self.run(py, |heap| heap.put_array(r#type, &data))?)
    }

    /// Text at an address. Without a length it ends at a zero, or with the object.
    #[pyo3(signature = (address, length = None))]
    fn get_string(&self, py: Python<'_>, address: u32, length: Option<u32>) -> PyResult<String> {
        self.run(py, |heap| heap.get_string(address, length))
    }

    /// Bytes at an address; AssemblyScript's objects know their length.
    #[pyo3(signature = (address, length = None))]
    fn get_bytes<'py>(
        &self,
        py: Python<'py>,
        address: u32,
        length: Option<u32>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.run(py, |heap| heap.get_bytes(address, length))?))
    }

    /// The bytes of a typed array of AssemblyScript.
    fn get_array<'py>(&self, py: Python<'py>, address: u32) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.run(py, |heap| heap.get_array(address))?))
    }

    /// Gives back what `put_…` allocated, or what the guest says the host has to free.
    fn free(&self, py: Python<'_>, address: u32) -> PyResult<()> {
        self.run(py, |heap| heap.free(address))
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.Heap: {}>", self.style())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.instance)?;
        self.held.iter().try_for_each(|held| held.traverse(&visit))
    }
}
