//! Function instances: calling them from C, and C functions as host functions.

use crate::abi::{
    WasmEdge_FunctionInstanceContext, WasmEdge_FunctionTypeContext, WasmEdge_Result, WasmEdge_Value,
};
use crate::door::{SUCCESS, created, delete, door, need};
use crate::frame::Frame;
use crate::handle::{self, Key, Kind, Lent, get};
use crate::uses::Uses;
use crate::value::write_halves;
use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use wasmspan::{Caller, ErrCode, Error, Executor, Func, FuncType, RawFunc, Slots, Val, ValType};

/// Values of a call that fit on the stack; calls with more allocate.
const INLINE: usize = 16;

/// A function instance.
pub struct FunctionObject {
    func: Func,
    slots: OnceLock<RawFunc>,
    params: Box<[u32]>,
    results: Box<[u32]>,
    /// No reference among parameters and results.
    numbers: bool,
    /// The type, and functions that calls gave.
    pub lent: Lent,
    /// The handle under which the function is known to `KNOWN`.
    handle: AtomicU64,
}

/// Handles by the identity of the function they are for, so that a reference that comes back from
/// wasm is the pointer that C has already.
static KNOWN: LazyLock<Mutex<HashMap<usize, u64>>> = LazyLock::new(Mutex::default);

fn known() -> std::sync::MutexGuard<'static, HashMap<usize, u64>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes the handle of a function that has none yet.
pub fn introduce(handle: *mut WasmEdge_FunctionInstanceContext) {
    let Some(object) = get(handle.cast_const()) else { return };
    let handle = handle as u64;
    let mut known = known();
    let entry = known.entry(object.func.identity()).or_insert(handle);
    if !handle::is_live::<WasmEdge_FunctionInstanceContext>(*entry) {
        *entry = handle;
    }
    if *entry == handle {
        object.handle.store(handle, Ordering::Relaxed);
    }
}

/// The handle of a function: the one C has, or one that `owner` lends.
pub fn handle_of(func: &Func, owner: &Lent) -> *mut WasmEdge_FunctionInstanceContext {
    let identity = func.identity();
    let have = known().get(&identity).copied().unwrap_or(0);
    if handle::is_live::<WasmEdge_FunctionInstanceContext>(have) {
        return have as usize as *mut WasmEdge_FunctionInstanceContext;
    }
    let make = || Some(FunctionObject::new(func.clone()));
    let made = owner.get_or(Key::Func(identity), make);
    introduce(made);
    made
}

/// Retires what a function lends, when its handle ends.
pub fn close(object: &FunctionObject) {
    let handle = object.handle.load(Ordering::Relaxed);
    let mut known = known();
    if known.get(&object.func.identity()) == Some(&handle) {
        known.remove(&object.func.identity());
    }
    drop(known);
    object.lent.retire_all();
}

impl FunctionObject {
    /// The object of a function.
    pub fn new(func: Func) -> FunctionObject {
        let bytes = |types: &[ValType]| types.iter().map(|ty| *ty as u32).collect();
        let ty = func.ty();
        FunctionObject {
            params: bytes(ty.params()),
            results: bytes(ty.results()),
            numbers: !ty.params().iter().chain(ty.results()).any(|ty| ty.is_ref()),
            slots: OnceLock::new(),
            lent: Lent::default(),
            handle: AtomicU64::new(0),
            func,
        }
    }

    /// The function.
    pub fn func(&self) -> &Func {
        &self.func
    }

    /// The prepared function.
    #[inline(always)]
    pub fn slot_func(&self) -> wasmspan::Result<&RawFunc> {
        match self.slots.get() {
            Some(slots) => Ok(slots),
            None => self.prepare(),
        }
    }

    #[cold]
    fn prepare(&self) -> wasmspan::Result<&RawFunc> {
        let made = RawFunc::new(&self.func)?;
        Ok(self.slots.get_or_init(|| made))
    }

    /// Number of slots that a call needs.
    #[inline]
    pub fn slot_count(&self) -> usize {
        self.params.len().max(self.results.len())
    }

    /// Whether no reference is among parameters and results.
    #[inline]
    pub fn has_only_numbers(&self) -> bool {
        self.numbers
    }

    /// Calls the function, through an executor if one is given; results beyond `return_len` are dropped.
    ///
    /// # Safety
    ///
    /// `params` and `returns` must be as long as said, or null.
    #[inline]
    pub unsafe fn call(
        &self,
        executor: Option<&Executor>,
        params: *const WasmEdge_Value,
        param_len: u32,
        returns: *mut WasmEdge_Value,
        return_len: u32,
    ) -> wasmspan::Result<()> {
        let count = self.slot_count();
        if !self.numbers || count > INLINE {
            // SAFETY: the caller's promise.
            return unsafe { self.call_any(executor, params, param_len, returns, return_len) };
        }
        if param_len as usize != self.params.len() || (params.is_null() && param_len > 0) {
            // SAFETY: the caller's promise.
            return Err(unsafe { self.mismatch(params, param_len) });
        }
        let func = self.slot_func()?;
        let mut slots = [const { MaybeUninit::<u128>::uninit() }; INLINE];
        let slots: *mut u128 = slots.as_mut_ptr().cast();
        // SAFETY: the caller's promise; the types are compared; slots suffice.
        unsafe {
            for (at, ty) in self.params.iter().enumerate() {
                let param = &*params.add(at);
                if param.Type != *ty {
                    return Err(self.mismatch(params, param_len));
                }
                store(slots.add(at), param, *ty);
            }
            let results = || {
                let wanted = if returns.is_null() { 0 } else { return_len as usize };
                for (at, ty) in self.results.iter().take(wanted).enumerate() {
                    write_halves(returns.add(at), slots.add(at), *ty);
                }
            };
            match executor {
                Some(executor) => executor.invoke_raw(func, slots, results),
                None => func.call(slots, results),
            }
        }
    }

    /// Calls with references, or with many values.
    #[cold]
    unsafe fn call_any(
        &self,
        executor: Option<&Executor>,
        params: *const WasmEdge_Value,
        param_len: u32,
        returns: *mut WasmEdge_Value,
        return_len: u32,
    ) -> wasmspan::Result<()> {
        // SAFETY: the caller's promise.
        let params = unsafe { values(params, param_len)? };
        let results = match executor {
            Some(executor) => executor.invoke(&self.func, &params)?,
            None => self.func.call(&params)?,
        };
        let results = results.iter().map(|value| WasmEdge_Value::from_val(value, &self.lent));
        // SAFETY: the caller's promise.
        unsafe { crate::door::fill(returns, return_len, results) };
        Ok(())
    }

    #[cold]
    unsafe fn mismatch(&self, params: *const WasmEdge_Value, param_len: u32) -> Error {
        let got = (0..param_len as usize)
            .take_while(|_| !params.is_null())
            // SAFETY: the caller's promise.
            .filter_map(|at| crate::value::val_type(unsafe { (*params.add(at)).Type }));
        let got = FuncType::new(got, self.func.ty().results().iter().copied());
        Error::new(ErrCode::FuncSigMismatch).mismatched("function type", self.func.ty(), &got)
    }
}

/// Writes a number of type `ty` into a slot.
///
/// As wide as the number: C writes the payload in halves, and reading both at once would wait until
/// they have reached memory.
///
/// # Safety
///
/// The slot must be writable.
#[inline(always)]
unsafe fn store(slot: *mut u128, value: &WasmEdge_Value, ty: u32) {
    let payload = (&raw const value.Value).cast::<u32>();
    // SAFETY: the caller's promise; a payload is 16 bytes.
    unsafe {
        match ty {
            0x7F | 0x7D => slot.cast::<u32>().write(*payload),
            0x7B => slot.write(value.Value),
            _ => slot.cast::<u64>().write(*payload.cast::<u64>()),
        }
    }
}

/// The engine's form of a list of values.
///
/// # Safety
///
/// `len` values must be readable at `values`, unless that is null.
pub unsafe fn values(values: *const WasmEdge_Value, len: u32) -> wasmspan::Result<Vec<Val>> {
    if values.is_null() {
        return match len {
            0 => Ok(Vec::new()),
            _ => Err(Error::with_detail(
                ErrCode::FuncSigMismatch,
                format!("{len} parameters are announced, and their address is null"),
            )),
        };
    }
    // SAFETY: the caller's promise.
    (0..len as usize).map(|at| unsafe { *values.add(at) }.to_val()).collect()
}

/// Calls a C function: frame, parameters, results.
pub trait Body: Send + Sync + 'static {
    /// # Safety
    ///
    /// The pointers must lead to as many values as the function's type says.
    unsafe fn call(
        &self,
        frame: &Frame<'_>,
        params: *const WasmEdge_Value,
        returns: *mut WasmEdge_Value,
    ) -> WasmEdge_Result;
}

/// Makes a host function from a C function.
pub fn host_function<B: Body>(
    ty: *const WasmEdge_FunctionTypeContext,
    cost: u64,
    body: B,
) -> *mut WasmEdge_FunctionInstanceContext {
    created(|| {
        let ty = need(ty)?.clone();
        let func = match Func::can_pass_records(&ty) {
            // A record is a value as C knows it.
            true => {
                let params = ty.params().len();
                Func::from_records(&ty, move |caller, records| {
                    let values: *mut WasmEdge_Value = records.cast();
                    // SAFETY: there are records for all parameters and results.
                    unsafe { call_body(&body, caller, values, values.add(params)) }
                })
            }
            false => {
                let lent = Arc::new(Lent::default());
                let own = ty.clone();
                Func::from_slots(&ty, move |caller, slots| {
                    call_host(&body, caller, &slots, own.params(), own.results(), &lent)
                })
            }
        };
        let made = handle::create(FunctionObject::new(func?.with_cost(cost)));
        introduce(made);
        Ok(made)
    })
}

/// Calls a C function with references or many values.
#[inline(never)]
fn call_host<B: Body>(
    body: &B,
    caller: &Caller<'_>,
    slots: &Slots<'_>,
    params: &[ValType],
    results: &[ValType],
    lent: &Lent,
) -> wasmspan::Result<()> {
    let _uses = Uses::begin();
    let mut values = Vec::with_capacity(params.len() + results.len());
    // SAFETY: slots hold the parameters; what is written back has the types of the results.
    unsafe {
        for (at, ty) in params.iter().enumerate() {
            values.push(WasmEdge_Value::from_val(&slots.get(at, *ty), lent));
        }
        for ty in results {
            values.push(WasmEdge_Value { Value: 0, Type: *ty as u32, Rest: [0; 3] });
        }
        let first = values.as_mut_ptr();
        call_body(body, caller, first, first.add(params.len()))?;
        for (at, ty) in results.iter().enumerate() {
            slots.set(at, &values[params.len() + at].to_val_of(*ty)?);
        }
    }
    Ok(())
}

/// Calls the body inside a frame.
///
/// # Safety
///
/// As [`Body::call`].
#[inline(always)]
unsafe fn call_body<B: Body>(
    body: &B,
    caller: &Caller<'_>,
    params: *const WasmEdge_Value,
    returns: *mut WasmEdge_Value,
) -> wasmspan::Result<()> {
    let frame = Frame::new(caller);
    let before = caller.replace_binding_frame(frame.address());
    frame.set_outer(before);
    // SAFETY: the caller's promise.
    let result = unsafe { body.call(&frame, params, returns) };
    caller.replace_binding_frame(before);
    if result == SUCCESS { Ok(()) } else { Err(result.into_error()) }
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_FunctionInstanceGetFunctionType(
    Cxt: *const WasmEdge_FunctionInstanceContext,
) -> *const WasmEdge_FunctionTypeContext {
    door(ptr::null(), || {
        let object = get(Cxt)?;
        let make = || Some(object.func.ty().clone());
        Some(
            object
                .lent
                .get_or::<WasmEdge_FunctionTypeContext, _>(Key::Part(Kind::FunctionType), make)
                .cast_const(),
        )
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_FunctionInstanceDelete(Cxt: *mut WasmEdge_FunctionInstanceContext) {
    delete(Cxt);
}
