//! What `<wasmspan/bindgen.h>` declares: calls with rich types, and strings and buffers.

use crate::module::{give, wasmspan_bytes};
use smallvec::SmallVec;
use std::ffi::{CString, c_char, c_void};
use std::mem::MaybeUninit;
use std::{ptr, slice};
use wasmspan::bindgen::{
    Bindgen, CallError, Found, Heap, HeapStyle, Kind as ValueKind, Results, Span, Value,
};
use wasmspan::{ErrCode, Error};
use wasmspan_c_shared::abi::{WasmEdge_ModuleInstanceContext, WasmEdge_Result, WasmEdge_String};
use wasmspan_c_shared::enter::{bytes, created, delete, enter, need, result};
use wasmspan_c_shared::error::null_argument;
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

/// What results refer to. Most functions give one, which lies in here.
#[derive(Default)]
struct Owner {
    values: SmallVec<[wasmspan_value; 1]>,
    /// The items of lists, one list behind the other, each where any item may begin.
    items: Vec<u64>,
    message: Option<CString>,
}

impl Owner {
    /// Takes results out of the guest.
    fn take(&mut self, results: &Results<'_>) -> wasmspan::Result<()> {
        const WORD: usize = size_of::<u64>();
        let mut words = 0;
        for at in 0..results.len() {
            let Found { kind, size, .. } = results.found(at)?;
            if kind.is_sequence() {
                words += (size as usize).div_ceil(WORD);
            }
        }
        self.items.reserve_exact(words);
        let room = &mut self.items.spare_capacity_mut()[..words];
        // SAFETY: a word is so many bytes, and nothing is known of them.
        let mut room: &mut [MaybeUninit<u8>] =
            unsafe { slice::from_raw_parts_mut(room.as_mut_ptr().cast(), words * WORD) };
        for at in 0..results.len() {
            let Found { kind, size, .. } = results.found(at)?;
            let of = if kind.is_sequence() {
                let (place, rest) = room.split_at_mut((size as usize).next_multiple_of(WORD));
                room = rest;
                let items = results.copy(at, place)?;
                let count = items.len() / kind.item_size();
                wasmspan_of { list: wasmspan_list { items: items.as_ptr().cast(), count } }
            } else {
                let mut place = [MaybeUninit::uninit(); WORD];
                let bytes = results.copy(at, &mut place)?;
                let mut word = [0; WORD];
                word[..bytes.len()].copy_from_slice(bytes);
                wasmspan_of { u64: u64::from_le_bytes(word) }
            };
            self.values.push(wasmspan_value { kind: kind as u32, of });
        }
        Ok(())
    }
}

/// So many arguments need no allocation.
const FEW: usize = 4;

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
}

/// Makes a context of an instance; a failure is noted.
fn made<C: Context>(
    instance: *const WasmEdge_ModuleInstanceContext,
    make: impl FnOnce(&wasmspan::Instance) -> wasmspan::Result<C::Object>,
) -> *mut C {
    created(|| Ok(create(make(&need(instance)?.instance)?)))
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
        let mut read = SmallVec::<[Value<'_>; FEW]>::new();
        for at in 0..count as usize {
            // SAFETY: the caller passes as many arguments as it says.
            read.push(unsafe { (*args.add(at)).read()? });
        }
        // SAFETY: the caller passes a string.
        let name = unsafe { name.lossy() };
        let mut owner = Box::<Owner>::default();
        match bindgen.call_with(&name, &read, |results| owner.take(results)) {
            Ok(()) => {}
            Err(CallError::Engine(error)) => return Err(error),
            // A message with a zero in it would end there.
            Err(CallError::Guest(message)) => {
                let message = CString::new(message.replace('\0', "\u{fffd}")).unwrap_or_default();
                owner.message = Some(message);
            }
        }
        give_results(results, owner);
        Ok(())
    })
}

fn give_results(results: *mut wasmspan_results, owner: Box<Owner>) {
    if results.is_null() {
        return;
    }
    let given = wasmspan_results {
        values: if owner.values.is_empty() { ptr::null() } else { owner.values.as_ptr() },
        count: owner.values.len(),
        failed: owner.message.is_some(),
        message: owner.message.as_ref().map_or(ptr::null(), |message| message.as_ptr()),
        message_size: owner.message.as_ref().map_or(0, |message| message.as_bytes().len()),
        owner: Box::into_raw(owner).cast(),
    };
    // SAFETY: the caller of the C function passes a place for results.
    unsafe { results.write(given) };
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
    enter(false, || Some(get(heap)?.style() == HeapStyle::AssemblyScript))
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
