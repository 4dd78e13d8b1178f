//! What `<wasmspan/bindgen.h>` declares: calls with rich types, and strings and buffers.

use crate::own::{give, wasmspan_bytes};
use std::ffi::{CString, c_char, c_void};
use std::ptr;
use wasmspan::bindgen::{Bindgen, CallError, Heap, HeapStyle, Kind as ValueKind, Span, Value};
use wasmspan::{ErrCode, Error};
use wasmspan_c_shared::abi::{WasmEdge_ModuleInstanceContext, WasmEdge_Result, WasmEdge_String};
use wasmspan_c_shared::door::{bytes, delete, door, need, note, null_argument, result};
use wasmspan_c_shared::handle::{Context, Kind, create, get};

/// A guest of bindgen; opaque.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_bindgen {
    _opaque: [u8; 0],
}

impl Context for wasmspan_bindgen {
    const KIND: Kind = Kind::Bindgen;
    type Object = Bindgen;
}

/// A guest's heap; opaque.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_heap {
    _opaque: [u8; 0],
}

impl Context for wasmspan_heap {
    const KIND: Kind = Kind::Heap;
    type Object = Heap;
}

/// A string or list: its items and how many there are.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct wasmspan_list {
    pub items: *const c_void,
    pub count: usize,
}

/// What a value's field is follows from its kind.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub union wasmspan_of {
    pub u8: u8,
    pub i8: i8,
    pub u16: u16,
    pub i16: i16,
    pub u32: u32,
    pub i32: i32,
    pub u64: u64,
    pub i64: i64,
    pub f32: f32,
    pub f64: f64,
    pub list: wasmspan_list,
}

/// A value that a guest takes or returns.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct wasmspan_value {
    pub kind: u32,
    pub of: wasmspan_of,
}

/// What a call gave.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_results {
    pub values: *const wasmspan_value,
    pub count: usize,
    pub failed: bool,
    pub message: *const c_char,
    pub message_size: usize,
    pub owner: *mut c_void,
}

const NOTHING: wasmspan_results = wasmspan_results {
    values: ptr::null(),
    count: 0,
    failed: false,
    message: ptr::null(),
    message_size: 0,
    owner: ptr::null_mut(),
};

/// What results refer to.
#[derive(Default)]
struct Owner {
    values: Vec<Value<'static>>,
    shown: Vec<wasmspan_value>,
    message: CString,
}

fn wrong(what: impl Into<String>) -> Error {
    Error::with_detail(ErrCode::WrongVMWorkflow, what)
}

impl wasmspan_list {
    /// The items of a list.
    ///
    /// # Safety
    ///
    /// So many items must be readable there.
    unsafe fn slice<'a, T>(self) -> wasmspan::Result<&'a [T]> {
        let items = self.items.cast::<T>();
        match (self.count, items.is_null()) {
            (0, _) => Ok(&[]),
            (_, true) => Err(null_argument("a list")),
            _ if !items.is_aligned() => Err(wrong("a list is not aligned as its items are")),
            // SAFETY: the caller's promise.
            (count, _) => Ok(unsafe { std::slice::from_raw_parts(items, count) }),
        }
    }
}

impl wasmspan_value {
    /// The value, borrowed.
    ///
    /// # Safety
    ///
    /// The field of its kind must be set, and what it refers to be readable.
    unsafe fn read<'a>(&self) -> wasmspan::Result<Value<'a>> {
        let no_kind = || wrong(format!("no kind of value has the number {}", self.kind));
        // SAFETY: the caller's promise; any bits are a number.
        unsafe {
            Ok(match ValueKind::from_number(self.kind).ok_or_else(no_kind)? {
                ValueKind::U8 => self.of.u8.into(),
                ValueKind::I8 => self.of.i8.into(),
                ValueKind::U16 => self.of.u16.into(),
                ValueKind::I16 => self.of.i16.into(),
                ValueKind::U32 => self.of.u32.into(),
                ValueKind::I32 => self.of.i32.into(),
                ValueKind::U64 => self.of.u64.into(),
                ValueKind::I64 => self.of.i64.into(),
                ValueKind::F32 => self.of.f32.into(),
                ValueKind::F64 => self.of.f64.into(),
                ValueKind::Bool => (self.of.u8 != 0).into(),
                ValueKind::Char => char::from_u32(self.of.u32)
                    .ok_or_else(|| wrong("a char is no Unicode scalar value"))?
                    .into(),
                ValueKind::U8s => self.of.list.slice::<u8>()?.into(),
                ValueKind::I8s => self.of.list.slice::<i8>()?.into(),
                ValueKind::U16s => self.of.list.slice::<u16>()?.into(),
                ValueKind::I16s => self.of.list.slice::<i16>()?.into(),
                ValueKind::U32s => self.of.list.slice::<u32>()?.into(),
                ValueKind::I32s => self.of.list.slice::<i32>()?.into(),
                ValueKind::U64s => self.of.list.slice::<u64>()?.into(),
                ValueKind::I64s => self.of.list.slice::<i64>()?.into(),
                ValueKind::String => std::str::from_utf8(self.of.list.slice()?)
                    .map_err(|_| Error::with_detail(ErrCode::MalformedUTF8, "in an argument"))?
                    .into(),
            })
        }
    }

    /// The value as C sees it, for as long as `value` lives.
    fn show(value: &Value<'_>) -> wasmspan_value {
        fn list<T>(items: &[T]) -> wasmspan_of {
            wasmspan_of { list: wasmspan_list { items: items.as_ptr().cast(), count: items.len() } }
        }
        // What a field leaves of the union is not read, but should not be whatever was there.
        let word = |bits: u64| wasmspan_of { u64: bits };
        let of = match value {
            Value::U8(value) => word((*value).into()),
            Value::I8(value) => word(*value as u8 as u64),
            Value::U16(value) => word((*value).into()),
            Value::I16(value) => word(*value as u16 as u64),
            Value::U32(value) => word((*value).into()),
            Value::I32(value) => word(*value as u32 as u64),
            Value::U64(value) => word(*value),
            Value::I64(value) => word(*value as u64),
            Value::F32(value) => word(value.to_bits().into()),
            Value::F64(value) => word(value.to_bits()),
            Value::Bool(value) => word((*value).into()),
            Value::Char(value) => word(u32::from(*value).into()),
            Value::U8s(items) => list(items),
            Value::I8s(items) => list(items),
            Value::U16s(items) => list(items),
            Value::I16s(items) => list(items),
            Value::U32s(items) => list(items),
            Value::I32s(items) => list(items),
            Value::U64s(items) => list(items),
            Value::I64s(items) => list(items),
            Value::String(text) => list(text.as_bytes()),
        };
        wasmspan_value { kind: value.kind() as u32, of }
    }
}

/// Makes a context of an instance; a failure is noted.
fn made<C: Context>(
    instance: *const WasmEdge_ModuleInstanceContext,
    make: impl FnOnce(&wasmspan::Instance) -> wasmspan::Result<C::Object>,
) -> *mut C {
    door(ptr::null_mut(), || match need(instance).and_then(|object| make(&object.instance)) {
        Ok(object) => Some(create(object)),
        Err(error) => {
            note(&error);
            None
        }
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_bindgen_create(
    instance: *const WasmEdge_ModuleInstanceContext,
) -> *mut wasmspan_bindgen {
    made(instance, Bindgen::new)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_bindgen_attach(
    instance: *const WasmEdge_ModuleInstanceContext,
) -> *mut wasmspan_bindgen {
    made(instance, Bindgen::attach)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_bindgen_call(
    bindgen: *const wasmspan_bindgen,
    name: WasmEdge_String,
    args: *const wasmspan_value,
    count: u32,
    results: *mut wasmspan_results,
) -> WasmEdge_Result {
    result(|| {
        if !results.is_null() {
            // SAFETY: the caller passes a place for results.
            unsafe { results.write(NOTHING) };
        }
        let bindgen = need(bindgen)?;
        if args.is_null() && count > 0 {
            return Err(null_argument("the list of arguments"));
        }
        // SAFETY: the caller passes a string, and as many arguments as it says.
        let (name, args) = unsafe {
            let args = (0..count as usize).map(|at| (*args.add(at)).read());
            (name.lossy(), args.collect::<wasmspan::Result<Vec<_>>>()?)
        };
        let owner = match bindgen.call(&name, &args) {
            Ok(values) => Owner { values, ..Owner::default() },
            Err(CallError::Engine(error)) => return Err(error),
            // A message with a zero in it would end there.
            Err(CallError::Guest(message)) => {
                let message = CString::new(message.replace('\0', "\u{fffd}")).unwrap_or_default();
                return give_results(results, Owner { message, ..Owner::default() }, true);
            }
        };
        give_results(results, owner, false)
    })
}

fn give_results(
    results: *mut wasmspan_results,
    owner: Owner,
    failed: bool,
) -> wasmspan::Result<()> {
    if results.is_null() {
        return Ok(());
    }
    let mut owner = Box::new(owner);
    owner.shown = owner.values.iter().map(wasmspan_value::show).collect();
    let given = wasmspan_results {
        values: if owner.shown.is_empty() { ptr::null() } else { owner.shown.as_ptr() },
        count: owner.shown.len(),
        failed,
        message: if failed { owner.message.as_ptr() } else { ptr::null() },
        message_size: owner.message.as_bytes().len(),
        owner: Box::into_raw(owner).cast(),
    };
    // SAFETY: the caller of the C function passes a place for results.
    unsafe { results.write(given) };
    Ok(())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_results_delete(results: *mut wasmspan_results) {
    if results.is_null() {
        return;
    }
    // SAFETY: the caller passes results of a call, or an empty structure.
    unsafe {
        let results = ptr::replace(results, NOTHING);
        if !results.owner.is_null() {
            drop(Box::from_raw(results.owner.cast::<Owner>()));
        }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_bindgen_delete(bindgen: *mut wasmspan_bindgen) {
    delete(bindgen);
}

/// Bytes in a guest's memory.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_span {
    pub address: u32,
    pub length: u32,
}

/// Stands for "as long as the guest says".
const WHOLE: u32 = u32::MAX;

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_heap_create(
    instance: *const WasmEdge_ModuleInstanceContext,
) -> *mut wasmspan_heap {
    made(instance, Heap::new)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_heap_is_assemblyscript(heap: *const wasmspan_heap) -> bool {
    door(false, || Some(get(heap)?.style() == HeapStyle::AssemblyScript))
}

/// Puts something into a guest and tells where.
///
/// # Safety
///
/// `len` bytes must be readable at `data`; `span` must be a place for a span, or null.
unsafe fn put(
    heap: *const wasmspan_heap,
    data: *const u8,
    len: usize,
    span: *mut wasmspan_span,
    put: impl FnOnce(&Heap, &[u8]) -> wasmspan::Result<Span>,
) -> WasmEdge_Result {
    result(|| {
        let heap = need(heap)?;
        // SAFETY: the caller's promise.
        let bytes = unsafe { bytes(data, len) }.ok_or_else(|| null_argument("the data"))?;
        if span.is_null() {
            return Err(null_argument("the place for the span"));
        }
        let Span { address, length } = put(heap, bytes)?;
        // SAFETY: the caller's promise.
        unsafe { span.write(wasmspan_span { address, length }) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_heap_put_string(
    heap: *const wasmspan_heap,
    text: *const c_char,
    len: usize,
    span: *mut wasmspan_span,
) -> WasmEdge_Result {
    let text_of = |heap: &Heap, bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => heap.put_string(text),
        Err(_) => Err(Error::with_detail(ErrCode::MalformedUTF8, "in the text")),
    };
    // SAFETY: the caller passes a text of this length and a place.
    unsafe { put(heap, text.cast(), len, span, text_of) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_heap_put_bytes(
    heap: *const wasmspan_heap,
    data: *const u8,
    len: usize,
    span: *mut wasmspan_span,
) -> WasmEdge_Result {
    // SAFETY: the caller passes bytes of this length and a place.
    unsafe { put(heap, data, len, span, Heap::put_bytes) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_heap_put_array(
    heap: *const wasmspan_heap,
    class_number: u32,
    data: *const u8,
    len: usize,
    span: *mut wasmspan_span,
) -> WasmEdge_Result {
    // SAFETY: the caller passes bytes of this length and a place.
    unsafe { put(heap, data, len, span, |heap, bytes| heap.put_array(class_number, bytes)) }
}

/// Takes bytes out of a guest.
///
/// # Safety
///
/// `place` must be a place for bytes, or null.
unsafe fn take(
    heap: *const wasmspan_heap,
    place: *mut wasmspan_bytes,
    take: impl FnOnce(&Heap) -> wasmspan::Result<Vec<u8>>,
) -> WasmEdge_Result {
    result(|| {
        let heap = need(heap)?;
        if place.is_null() {
            return Err(null_argument("the place for the bytes"));
        }
        let bytes = take(heap)?;
        // SAFETY: the caller's promise.
        unsafe { give(place, &bytes) };
        Ok(())
    })
}

fn length(length: u32) -> Option<u32> {
    (length != WHOLE).then_some(length)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_heap_get_string(
    heap: *const wasmspan_heap,
    address: u32,
    len: u32,
    text: *mut wasmspan_bytes,
) -> WasmEdge_Result {
    // SAFETY: the caller passes a place.
    unsafe { take(heap, text, |heap| Ok(heap.get_string(address, length(len))?.into_bytes())) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_heap_get_bytes(
    heap: *const wasmspan_heap,
    address: u32,
    len: u32,
    bytes: *mut wasmspan_bytes,
) -> WasmEdge_Result {
    // SAFETY: the caller passes a place.
    unsafe { take(heap, bytes, |heap| heap.get_bytes(address, length(len))) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_heap_get_array(
    heap: *const wasmspan_heap,
    address: u32,
    bytes: *mut wasmspan_bytes,
) -> WasmEdge_Result {
    // SAFETY: the caller passes a place.
    unsafe { take(heap, bytes, |heap| heap.get_array(address)) }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_heap_free(heap: *const wasmspan_heap, address: u32) -> WasmEdge_Result {
    result(|| need(heap)?.free(address))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_heap_delete(heap: *mut wasmspan_heap) {
    delete(heap);
}
