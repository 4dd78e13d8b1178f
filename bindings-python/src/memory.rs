//! Linear memories, with the buffer protocol.
//!
//! A memory never moves, so a view stays valid for good; after growing it is only shorter than the
//! memory. Guests that write at the same time are the program's concern, as with any shared buffer.

use crate::enter;
use crate::error;
use crate::number;
use crate::pressure::{self, Weight};
use crate::value;
use pyo3::IntoPyObjectExt;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::{PyBufferError, PyIndexError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PySlice, PyString, PyTuple};
use std::ffi::c_int;
use wasmspan::{ErrCode, Error};

/// A linear memory: `Memory(MemoryType(1))` makes one of a page.
///
/// `memoryview` and `numpy.frombuffer` see it without a copy, and stay valid when it grows. Slices with step
/// 1 are copied. Any thread may use it; what a guest writes at the same time is seen as it comes.
///
/// >>> memory = Memory(MemoryType(1))
/// >>> memory[:5] = b"hello"
/// >>> bytes(memoryview(memory)[1:4])
/// b'ell'
#[pyclass(frozen, weakref, module = "wasmspan")]
pub struct Memory {
    core: wasmspan::Memory,
    weight: Weight,
}

impl Memory {
    /// The Python object for a memory.
    pub fn new(core: wasmspan::Memory) -> Memory {
        Memory { core, weight: Weight::default() }
    }

    /// The memory itself.
    pub fn core(&self) -> &wasmspan::Memory {
        &self.core
    }

    /// Address of `len` bytes at `offset`, all in bounds.
    fn at(&self, offset: usize, len: usize) -> PyResult<*mut u8> {
        let size = self.core.len();
        if offset.checked_add(len).is_some_and(|end| end <= size) {
            return Ok(self.core.as_ptr().wrapping_add(offset));
        }
        let what = format!("{len} bytes at {offset:#x} are outside the memory of {size:#x} bytes");
        Err(error::out_of_bounds(&Error::with_detail(ErrCode::MemoryOutOfBounds, what)))
    }

    /// Bytes at a place, copied once.
    pub fn bytes<'py>(
        &self,
        py: Python<'py>,
        offset: usize,
        len: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let from = self.at(offset, len)?;
        // SAFETY: in bounds, and the interpreter copies at once.
        unsafe {
            let made = ffi::PyBytes_FromStringAndSize(from.cast(), len as ffi::Py_ssize_t);
            Ok(Bound::from_owned_ptr_or_err(py, made)?.cast_into_unchecked())
        }
    }

    fn put(&self, offset: usize, data: &Bound<'_, PyAny>, wanted: Option<usize>) -> PyResult<()> {
        if let Ok(bytes) = data.cast::<PyBytes>() {
            let bytes = bytes.as_bytes();
            check_length(bytes.len(), wanted)?;
            let to = self.at(offset, bytes.len())?;
            // SAFETY: in bounds; bytes never change.
            unsafe { std::ptr::copy(bytes.as_ptr(), to, bytes.len()) };
            return Ok(());
        }
        let buffer = PyUntypedBuffer::get(data).map_err(|_| {
            PyTypeError::new_err("bytes, or another object with a contiguous buffer, are expected")
        })?;
        if buffer.format().to_bytes().contains(&b'O') {
            return Err(PyTypeError::new_err("references to objects can't be written to a memory"));
        }
        check_length(buffer.len_bytes(), wanted)?;
        let to = self.at(offset, buffer.len_bytes())?;
        if !buffer.is_c_contiguous() {
            return Err(PyBufferError::new_err("the buffer is not contiguous"));
        }
        // SAFETY: in bounds; the buffer is held, contiguous, and may overlap this very memory.
        unsafe { std::ptr::copy(buffer.buf_ptr().cast::<u8>(), to, buffer.len_bytes()) };
        Ok(())
    }

    fn length_of(&self, offset: usize, length: Option<usize>) -> usize {
        length.unwrap_or_else(|| self.core.len().saturating_sub(offset))
    }
}

fn check_length(got: usize, wanted: Option<usize>) -> PyResult<()> {
    match wanted {
        Some(wanted) if wanted != got => Err(PyValueError::new_err(format!(
            "a memory does not change its size by assignment: {got} bytes for a slice of {wanted}"
        ))),
        _ => Ok(()),
    }
}

/// Does something with each type of number that a memory can hold, by its name.
macro_rules! by_number {
    ($name:expr, $ty:ident => $body:expr) => {
        match $name {
            "u8" => {
                type $ty = u8;
                $body
            }
            "i8" => {
                type $ty = i8;
                $body
            }
            "u16" => {
                type $ty = u16;
                $body
            }
            "i16" => {
                type $ty = i16;
                $body
            }
            "u32" => {
                type $ty = u32;
                $body
            }
            "i32" => {
                type $ty = i32;
                $body
            }
            "u64" => {
                type $ty = u64;
                $body
            }
            "i64" => {
                type $ty = i64;
                $body
            }
            "f32" => {
                type $ty = f32;
                $body
            }
            "f64" => {
                type $ty = f64;
                $body
            }
            other => Err(PyValueError::new_err(format!(
                "numbers in a memory are u8 to u64, i8 to i64, f32 and f64, not {other:?}"
            ))),
        }
    };
}

#[pymethods]
impl Memory {
    #[new]
    fn make(py: Python<'_>, r#type: &Bound<'_, PyAny>) -> PyResult<Memory> {
        let ty = crate::types::memory_type(r#type)?;
        let made = pressure::make(py, || enter::attempt(py, || wasmspan::Memory::new(ty)))?;
        let memory = Memory::new(made.map_err(|failure| error::to_python(py, &failure))?);
        memory.weight.set(memory.core.len());
        Ok(memory)
    }

    /// The type it was made with.
    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        crate::types::object(py, &wasmspan::ExternType::Memory(*self.core.ty()))
    }

    /// Size in pages of 64 KiB.
    #[getter]
    fn pages(&self) -> u64 {
        self.core.pages()
    }

    /// Grows by a number of pages of 64 KiB and gives the old size in pages. Views that exist stay valid,
    /// and see the bytes that were there. Raises `MemoryLimit` if the memory can't become that large.
    fn grow(&self, py: Python<'_>, pages: &Bound<'_, PyAny>) -> PyResult<u64> {
        let pages = number::up_to("pages", pages, u64::MAX)?;
        let grown = enter::attempt(py, || self.core.grow(pages))?;
        self.weight.again(self.core.len());
        grown.map_err(|failure| error::no_growth(py, &failure))
    }

    /// Copies bytes out; to the end if no length is given. Raises `IndexError` for a place outside.
    #[pyo3(signature = (offset = 0, length = None))]
    fn read<'py>(
        &self,
        py: Python<'py>,
        offset: usize,
        length: Option<usize>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py, offset, self.length_of(offset, length))
    }

    /// Copies bytes, or the bytes of another contiguous buffer such as an array of NumPy, in. Raises `IndexError` for a place outside.
    fn write(&self, offset: usize, data: &Bound<'_, PyAny>) -> PyResult<()> {
        self.put(offset, data, None)
    }

    /// Reads a little-endian number of a type: "u8" to "u64", "i8" to "i64", "f32", "f64".
    fn load<'py>(
        &self,
        py: Python<'py>,
        r#type: &str,
        offset: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        by_number!(r#type, T => {
            let read = self.core.read_value::<T>(offset);
            let value = read.map_err(|failure| error::out_of_bounds(&failure))?;
            value.into_bound_py_any(py)
        })
    }

    /// Writes a number of a type, little-endian.
    fn store(&self, r#type: &str, offset: usize, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if r#type == "f32" {
            let written = self.core.write_value::<f32>(offset, value::to_f32(value)?);
            return written.map_err(|failure| error::out_of_bounds(&failure));
        }
        by_number!(r#type, T => {
            let written = self.core.write_value::<T>(offset, value.extract()?);
            written.map_err(|failure| error::out_of_bounds(&failure))
        })
    }

    /// Reads values as `struct.unpack_from` does.
    fn unpack<'py>(
        slf: &Bound<'py, Self>,
        format: &str,
        offset: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("struct")?.call_method1("unpack_from", (format, slf, offset))
    }

    /// Writes values as `struct.pack_into` does.
    #[pyo3(signature = (format, offset, *values))]
    fn pack(
        slf: &Bound<'_, Self>,
        format: &str,
        offset: usize,
        values: &Bound<'_, PyTuple>,
    ) -> PyResult<()> {
        let mut args = vec![format.into_bound_py_any(slf.py())?, slf.clone().into_any()];
        args.push(offset.into_bound_py_any(slf.py())?);
        args.extend(values.iter());
        let pack = slf.py().import("struct")?.getattr("pack_into")?;
        pack.call1(PyTuple::new(slf.py(), args)?).map(drop)
    }

    /// Reads text of a number of bytes.
    #[pyo3(signature = (offset, length, encoding = "utf-8", errors = "strict"))]
    fn read_str<'py>(
        &self,
        py: Python<'py>,
        offset: usize,
        length: usize,
        encoding: &str,
        errors: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.bytes(py, offset, length)?.call_method1("decode", (encoding, errors))
    }

    /// Reads text up to a zero byte.
    #[pyo3(signature = (offset, encoding = "utf-8", errors = "strict"))]
    fn read_cstr<'py>(
        &self,
        py: Python<'py>,
        offset: usize,
        encoding: &str,
        errors: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let most = self.length_of(offset, None);
        let from = self.at(offset, most)?;
        // SAFETY: in bounds; looked at byte by byte.
        let found = (0..most).find(|at| unsafe { from.add(*at).read() } == 0);
        match found {
            Some(length) => self.read_str(py, offset, length, encoding, errors),
            None => Err(PyIndexError::new_err(format!("no zero byte follows {offset:#x}"))),
        }
    }

    /// Writes text and gives the number of bytes.
    #[pyo3(signature = (offset, text, encoding = "utf-8"))]
    fn write_str(
        &self,
        offset: usize,
        text: &Bound<'_, PyString>,
        encoding: &str,
    ) -> PyResult<usize> {
        let bytes = text.call_method1("encode", (encoding,))?;
        self.put(offset, &bytes, None)?;
        bytes.len()
    }

    fn __len__(&self) -> usize {
        self.core.len()
    }

    fn __getitem__<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = key.py();
        let Ok(slice) = key.cast::<PySlice>() else {
            let at = self.at(self.index(key)?, 1)?;
            // SAFETY: in bounds.
            let byte = unsafe { at.read() };
            return Ok(byte.into_pyobject(py)?.into_any());
        };
        let range = slice.indices(self.core.len() as isize)?;
        if range.step == 1 {
            return Ok(self.bytes(py, range.start as usize, range.slicelength)?.into_any());
        }
        Err(PyValueError::new_err("slices of a memory have step 1; use a memoryview for others"))
    }

    fn __setitem__(&self, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let Ok(slice) = key.cast::<PySlice>() else {
            let (at, byte) = (self.at(self.index(key)?, 1)?, value.extract::<u8>()?);
            // SAFETY: in bounds.
            unsafe { at.write(byte) };
            return Ok(());
        };
        let range = slice.indices(self.core.len() as isize)?;
        if range.step != 1 {
            return Err(PyValueError::new_err(
                "slices of a memory have step 1; use a memoryview for others",
            ));
        }
        self.put(range.start as usize, value, Some(range.slicelength))
    }

    /// # Safety
    ///
    /// Called by the interpreter with a view to fill.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let core = &slf.get().core;
        let Ok(len) = ffi::Py_ssize_t::try_from(core.len()) else {
            return Err(PyBufferError::new_err("the memory is too large for a view"));
        };
        // SAFETY: the view keeps the object alive, the object the memory, which never moves or
        // shrinks.
        unsafe {
            let filled =
                ffi::PyBuffer_FillInfo(view, slf.as_ptr(), core.as_ptr().cast(), len, 0, flags);
            if filled == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
        }
    }

    fn __repr__(&self) -> String {
        format!("<wasmspan.Memory of {} pages>", self.core.pages())
    }
}

impl Memory {
    /// An index of Python, counted from the end if negative.
    fn index(&self, key: &Bound<'_, PyAny>) -> PyResult<usize> {
        let index: i64 = key.extract()?;
        let from_start = if index < 0 { index + self.core.len() as i64 } else { index };
        usize::try_from(from_start)
            .map_err(|_| PyIndexError::new_err(format!("{index} is outside the memory")))
    }
}
