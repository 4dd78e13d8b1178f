//! Functions: the class whose calls take the shortest way.
//!
//! The class is made by hand, because calling through `vectorcall` saves the tuple of arguments and
//! the parsing that other classes pay for. Everything else here is what a class written with macros
//! would have too.

use crate::enter::{self, Stops};
use crate::error;
use crate::host_function;
use crate::owner::{Held, Owner};
use crate::types;
use crate::value;
use pyo3::Borrowed;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use std::ffi::{CStr, c_int, c_uint, c_void};
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use wasmspan::{Func, Instance, SlotFunc, Val, ValType};

/// Slots that a call keeps on the stack; functions with more parameters or results allocate.
const STACK_SLOTS: usize = 16;

/// A function object.
#[repr(C)]
struct Object {
    head: ffi::PyObject,
    vectorcall: Vectorcall,
    /// Null until the object is complete.
    data: *mut Data,
}

type Vectorcall = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    usize,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

struct Data {
    callee: Callee,
    params: Box<[ValType]>,
    results: Box<[ValType]>,
    held: Held,
    name: Option<String>,
    /// A call ends before letting go of the interpreter would pay.
    brief: bool,
}

enum Callee {
    Slots(SlotFunc),
    Values(Func),
}

impl Data {
    fn func(&self) -> &Func {
        match &self.callee {
            Callee::Slots(slots) => slots.func(),
            Callee::Values(func) => func,
        }
    }

    fn call<'py>(
        &self,
        py: Python<'py>,
        args: &[Borrowed<'_, 'py, PyAny>],
        stops: Option<&Stops>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if args.len() != self.params.len() {
            return Err(self.wrong_count(args.len()));
        }
        let owner = Some(self.held.owner().get());
        match &self.callee {
            Callee::Slots(func) if stops.is_none_or(|stops| stops.limits.is_none()) => {
                let count = func.slot_count();
                let mut few = [0u128; STACK_SLOTS];
                let mut many = Vec::new();
                let slots = if count <= STACK_SLOTS {
                    &mut few[..count]
                } else {
                    many.resize(count, 0);
                    &mut many[..]
                };
                for (at, arg) in args.iter().enumerate() {
                    slots[at] = value::to_slot(arg, self.params[at])
                        .map_err(|error| self.in_argument(py, at, error))?;
                }
                if self.brief && stops.is_none() {
                    enter::run_briefly(py, owner, || func.call(slots))?;
                } else {
                    enter::run(py, owner, stops, || func.call(slots))?;
                }
                let get = |at: usize| Ok(value::from_slot(py, slots[at], self.results[at]));
                value::results(py, self.results.len(), get)
            }
            // PyO3 is told of the interpreter, so that references that end here end at once.
            _ => Python::attach(|_| {
                let values = self.values(py, args)?;
                let results =
                    enter::run(py, owner, stops, || match stops.and_then(|stops| stops.limits) {
                        None => self.func().call(&values),
                        Some(limits) => {
                            let instance = owner.and_then(Owner::instance);
                            let executor = instance.map(Instance::executor).unwrap_or_default();
                            executor.invoke_within(self.func(), &values, &limits)
                        }
                    })?;
                value::all(py, &results)
            }),
        }
    }

    /// The arguments of a call as values.
    fn values(&self, py: Python<'_>, args: &[Borrowed<'_, '_, PyAny>]) -> PyResult<Vec<Val>> {
        let convert = |(at, arg): (usize, &Borrowed<'_, '_, PyAny>)| {
            value::to_val(arg, self.params[at]).map_err(|error| self.in_argument(py, at, error))
        };
        args.iter().enumerate().map(convert).collect()
    }

    fn title(&self) -> &str {
        self.name.as_deref().unwrap_or("function")
    }

    #[cold]
    fn wrong_count(&self, given: usize) -> PyErr {
        PyTypeError::new_err(format!(
            "{}() takes {} ({given} given)",
            self.title(),
            match self.params.len() {
                0 => "no arguments".to_string(),
                1 => format!("1 argument: {}", self.params[0]),
                count => format!("{count} arguments: {}", types::names(&self.params)),
            }
        ))
    }

    #[cold]
    fn in_argument(&self, py: Python<'_>, at: usize, error: PyErr) -> PyErr {
        error::of_argument(py, &format!("argument {} of {}()", at + 1, self.title()), error)
    }
}

static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// Numbers of CPython's headers that are part of its ABI in every version that runs this, but are
/// named in the limited API of later ones only.
const HAVE_VECTORCALL: u32 = 1 << 11;
const MEMBER_PYSSIZET: c_int = 19;
const MEMBER_READONLY: c_int = 1;

/// The class.
pub fn python_type(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    TYPE.get_or_try_init(py, || make_type(py)).map(|made| made.bind(py))
}

const DOC: &CStr = c"Function(type, callable)\n--\n\nA WebAssembly function: an export, or a Python callable with a type.\n\nA call takes the parameters, and the keywords `timeout` (seconds), `interrupt` (an `Interrupt` that another\nthread uses to stop it) and `limits` (for this call). It gives `None`, the result, or a tuple of several.\nIntegers of a type's signed and unsigned range are taken, and come back signed. It raises `Trap` and its\nkinds, `Exit`, `Busy`, and whatever a host function raised. Any thread may call it.\n\n>>> double = Function(FuncType([\"i32\"], [\"i32\"]), lambda n: 2 * n)\n>>> double(21)\n42";

fn make_type(py: Python<'_>) -> PyResult<Py<PyType>> {
    static mut MEMBERS: [ffi::PyMemberDef; 2] = [
        ffi::PyMemberDef {
            name: c"__vectorcalloffset__".as_ptr(),
            type_code: MEMBER_PYSSIZET,
            offset: offset_of!(Object, vectorcall) as ffi::Py_ssize_t,
            flags: MEMBER_READONLY,
            doc: ptr::null(),
        },
        // SAFETY: the end of the table is all zeros.
        unsafe { std::mem::zeroed() },
    ];
    const fn getter(name: &'static CStr, get: ffi::getter, doc: &'static CStr) -> ffi::PyGetSetDef {
        ffi::PyGetSetDef {
            name: name.as_ptr(),
            get: Some(get),
            set: None,
            doc: doc.as_ptr(),
            closure: ptr::null_mut(),
        }
    }
    static mut GETTERS: [ffi::PyGetSetDef; 4] = [
        getter(c"type", get_type, c"Parameters and results."),
        getter(c"name", get_name, c"The name under which it was found, or the callable's."),
        getter(c"__name__", get_name, c"As `name`."),
        // SAFETY: the end of the table is all zeros.
        unsafe { std::mem::zeroed() },
    ];
    static mut METHODS: [ffi::PyMethodDef; 2] = [
        ffi::PyMethodDef {
            ml_name: c"async_".as_ptr(),
            ml_meth: ffi::PyMethodDefPointer { PyCFunctionWithKeywords: call_async },
            ml_flags: ffi::METH_VARARGS | ffi::METH_KEYWORDS,
            ml_doc: c"async_($self, /, *args, timeout=None, limits=None)\n--\n\nCalls the function on another thread; await the result. Cancelling the task stops the guest, and so does\n`timeout`, in seconds. Host functions may be coroutine functions, which the event loop runs meanwhile.".as_ptr(),
        },
        // SAFETY: the end of the table is all zeros.
        unsafe { std::mem::zeroed() },
    ];
    let slot = |slot: c_int, pfunc: *mut c_void| ffi::PyType_Slot { slot, pfunc };
    let mut slots = [
        slot(ffi::Py_tp_doc, DOC.as_ptr().cast_mut().cast()),
        slot(ffi::Py_tp_new, new as *mut c_void),
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse as *mut c_void),
        slot(ffi::Py_tp_call, call as *mut c_void),
        slot(ffi::Py_tp_repr, repr as *mut c_void),
        slot(ffi::Py_tp_members, (&raw mut MEMBERS).cast()),
        slot(ffi::Py_tp_getset, (&raw mut GETTERS).cast()),
        slot(ffi::Py_tp_methods, (&raw mut METHODS).cast()),
        slot(0, ptr::null_mut()),
    ];
    let flags = ffi::Py_TPFLAGS_DEFAULT as u32
        | ffi::Py_TPFLAGS_HAVE_GC as u32
        | ffi::Py_TPFLAGS_IMMUTABLETYPE as u32
        | HAVE_VECTORCALL;
    let mut spec = ffi::PyType_Spec {
        name: c"wasmspan.Function".as_ptr(),
        basicsize: size_of::<Object>() as c_int,
        itemsize: 0,
        flags: flags as c_uint,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the tables live as long as the process, and the slots have the types that go with
    // their numbers.
    unsafe {
        let made = Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&mut spec))?;
        Ok(made.cast_into::<PyType>()?.unbind())
    }
}

/// A Python object for a function of the core. `held` counts the handle `func` itself.
pub fn make<'py>(
    py: Python<'py>,
    func: Func,
    held: Held,
    name: Option<String>,
) -> PyResult<Bound<'py, PyAny>> {
    let (params, results) = (func.ty().params().into(), func.ty().results().into());
    let slots = func.slots().map_err(|error| error::to_python(py, &error))?;
    let callee = match slots {
        Some(slots) => Callee::Slots(slots),
        None => Callee::Values(func),
    };
    let brief = match &callee {
        Callee::Slots(slots) => slots.func().is_brief(),
        Callee::Values(_) => false,
    };
    let data = Box::new(Data { callee, params, results, held, name, brief });
    let class = python_type(py)?.as_type_ptr();
    // SAFETY: the class has this layout; its allocator zeroes, and an object without data is handled
    // everywhere.
    unsafe {
        let made = ffi::PyType_GenericAlloc(class, 0);
        let made = Bound::from_owned_ptr_or_err(py, made)?;
        let object = made.as_ptr().cast::<Object>();
        (*object).vectorcall = vectorcall;
        (*object).data = Box::into_raw(data);
        Ok(made)
    }
}

/// The function of the core, and the handle by which Python knows it; `None` if the object is no
/// function.
pub fn core_and_held<'a>(object: &'a Bound<'_, PyAny>) -> Option<(&'a Func, &'a Held)> {
    let class = python_type(object.py()).ok()?;
    if !object.get_type().is(class) {
        return None;
    }
    // SAFETY: the class says what the object is, which is immutable and lives as long as `object`.
    let data = unsafe { (*object.as_ptr().cast::<Object>()).data.as_ref()? };
    Some((data.func(), &data.held))
}

/// The function of the core, if the object is a function.
pub fn core_of(object: &Bound<'_, PyAny>) -> Option<Func> {
    core_and_held(object).map(|(func, _)| func.clone())
}

/// Runs a body that the interpreter called: exceptions and panics go back to it.
fn from_interpreter(
    body: impl FnOnce(Python<'_>) -> PyResult<*mut ffi::PyObject>,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls with itself attached. PyO3, which was not told, only puts off what
    // would be released here until it is told.
    let py = unsafe { Python::assume_attached() };
    let result = catch_unwind(AssertUnwindSafe(|| body(py)));
    match result.unwrap_or_else(|panic| Err(enter::panicked(py, panic))) {
        Ok(object) => object,
        Err(error) => {
            error.restore(py);
            ptr::null_mut()
        }
    }
}

/// # Safety
///
/// `object` must be a function object that outlives `'a`.
unsafe fn data<'a>(object: *mut ffi::PyObject) -> PyResult<&'a Data> {
    // SAFETY: the caller's promise.
    unsafe { (*object.cast::<Object>()).data.as_ref() }
        .ok_or_else(|| PyTypeError::new_err("the function is not complete"))
}

unsafe extern "C" fn vectorcall(
    object: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: usize,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    /// The top bit of the count says something about the array that is of no use here.
    const COUNT: usize = usize::MAX >> 1;
    from_interpreter(|py| {
        // SAFETY: the interpreter passes an object of the class, and alive arguments; those by name
        // follow the others. A borrowed reference is a pointer.
        unsafe {
            let data = data(object)?;
            let count = count & COUNT;
            let names = Bound::from_borrowed_ptr_or_opt(py, keywords);
            let named = names.as_ref().map_or(Ok(0), |names| names.len())?;
            let all = match count + named {
                0 => &[],
                all => std::slice::from_raw_parts(args.cast::<Borrowed<'_, '_, PyAny>>(), all),
            };
            let stops = match names {
                None => None,
                Some(names) => {
                    let pairs = names.try_iter()?.zip(&all[count..]);
                    Some(stops(pairs.map(|(name, value)| Ok((name?, (**value).clone()))))?)
                }
            };
            data.call(py, &all[..count], stops.as_ref()).map(Bound::into_ptr)
        }
    })
}

unsafe extern "C" fn call(
    object: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    from_interpreter(|py| {
        // SAFETY: the interpreter passes an object of the class, a tuple, and a dictionary or null.
        unsafe {
            let data = data(object)?;
            let args = Bound::from_borrowed_ptr(py, args).cast_into::<PyTuple>()?;
            let keywords = Bound::from_borrowed_ptr_or_opt(py, keywords);
            let stops = match keywords.map(|k| k.cast_into::<PyDict>()).transpose()? {
                None => None,
                Some(keywords) => Some(stops(keywords.iter().map(Ok))?),
            };
            let items: Vec<_> = args.iter_borrowed().collect();
            data.call(py, &items, stops.as_ref()).map(Bound::into_ptr)
        }
    })
}

fn no_instance(name: &str, wanted: &str, given: &Bound<'_, PyAny>) -> PyErr {
    let given = given.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    PyTypeError::new_err(format!("{name} is {wanted} object, not {given}"))
}

/// What the keywords of a call say.
fn stops<'py>(
    keywords: impl Iterator<Item = PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)>>,
) -> PyResult<Stops> {
    let mut stops = Stops::default();
    for keyword in keywords {
        let (name, value) = keyword?;
        match name.extract::<String>()?.as_str() {
            "timeout" => stops.timeout = crate::interrupt::timeout(Some(&value))?,
            "interrupt" if value.is_none() => {}
            "interrupt" => {
                let interrupt = value.cast::<crate::interrupt::Interrupt>();
                let interrupt =
                    interrupt.map_err(|_| no_instance("interrupt", "an Interrupt", &value))?;
                stops.interrupt = Some(interrupt.get().core().clone());
            }
            "limits" if value.is_none() => {}
            "limits" => {
                let limits = value.cast::<crate::limits::Limits>();
                let limits = limits.map_err(|_| no_instance("limits", "a Limits", &value))?;
                stops.limits = Some(*limits.get().core());
            }
            other => {
                return Err(PyTypeError::new_err(format!(
                    "a call takes the keywords timeout, interrupt and limits, not {other}"
                )));
            }
        }
    }
    Ok(stops)
}

unsafe extern "C" fn call_async(
    object: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    from_interpreter(|py| {
        // SAFETY: as in `call`.
        unsafe {
            let object = Bound::from_borrowed_ptr(py, object);
            let args = Bound::from_borrowed_ptr(py, args).cast_into::<PyTuple>()?;
            let keywords = Bound::from_borrowed_ptr_or_opt(py, keywords);
            let keywords = keywords.map(|k| k.cast_into::<PyDict>()).transpose()?;
            let call = py.import("wasmspan._async_call")?.getattr("call")?;
            let all: Vec<_> = std::iter::once(object).chain(args.iter()).collect();
            call.call(PyTuple::new(py, all)?, keywords.as_ref()).map(Bound::into_ptr)
        }
    })
}

unsafe extern "C" fn new(
    _class: *mut ffi::PyTypeObject,
    args: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    from_interpreter(|py| {
        // SAFETY: as in `call`.
        let (args, keywords) = unsafe {
            (Bound::from_borrowed_ptr(py, args), Bound::from_borrowed_ptr_or_opt(py, keywords))
        };
        let keywords = keywords.map(|k| k.cast_into::<PyDict>()).transpose()?;
        let named = |name: &str| match &keywords {
            Some(keywords) => keywords.get_item(name),
            None => Ok(None),
        };
        let at = |at: usize, name: &str| match args.get_item(at) {
            Ok(found) => Ok(found),
            Err(_) => named(name)?.ok_or_else(|| {
                PyTypeError::new_err(format!("Function() misses the argument {name:?}"))
            }),
        };
        if args.len()? + keywords.as_ref().map_or(0, |k| k.len()) > 2 {
            return Err(PyTypeError::new_err("Function() takes 2 arguments: type and callable"));
        }
        host_function::make_standalone(py, &at(0, "type")?, &at(1, "callable")?)
            .map(Bound::into_ptr)
    })
}

unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: the interpreter deletes the object once, when nothing refers to it; the object holds a
    // reference to its class.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        let class = ffi::Py_TYPE(object);
        let data = (*object.cast::<Object>()).data;
        if !data.is_null() {
            // At the end of the process, when the interpreter can't be attached any more, it stays.
            Python::try_attach(|_| {
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(data)))) {
                    wasmspan::log::fault(panic);
                }
            });
        }
        ffi::PyObject_GC_Del(object.cast());
        ffi::Py_DECREF(class.cast());
    }
}

unsafe extern "C" fn traverse(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the collector passes an object of the class; what is visited is alive.
    unsafe {
        let class = visit(ffi::Py_TYPE(object).cast(), arg);
        if class != 0 {
            return class;
        }
        match (*object.cast::<Object>()).data.as_ref() {
            Some(data) => visit(data.held.owner().as_ptr(), arg),
            None => 0,
        }
    }
}

unsafe extern "C" fn repr(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    from_interpreter(|py| {
        // SAFETY: the interpreter passes an object of the class.
        let data = unsafe { data(object)? };
        let (params, results) = (types::names(&data.params), types::names(&data.results));
        let text = format!("<wasmspan.Function {}({params}) -> ({results})>", data.title());
        Ok(text.into_pyobject(py)?.into_any().into_ptr())
    })
}

unsafe extern "C" fn get_type(object: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    from_interpreter(|py| {
        // SAFETY: the interpreter passes an object of the class.
        let data = unsafe { data(object)? };
        types::func_object(py, data.func().ty()).map(Bound::into_ptr)
    })
}

unsafe extern "C" fn get_name(object: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    from_interpreter(|py| {
        // SAFETY: the interpreter passes an object of the class.
        let data = unsafe { data(object)? };
        Ok(data.title().into_pyobject(py)?.into_any().into_ptr())
    })
}
