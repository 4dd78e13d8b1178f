//! Guests of wasmedge-bindgen, and strings and buffers of other guests.

use crate::async_call::within;
use crate::call::{self, timeout};
use crate::enter::{enter, guard};
use crate::env::EnvState;
use crate::error::{Failure, Outcome, string};
use crate::instance::NativeInstance;
use crate::lock::Lock;
use crate::value;
use crate::value::{Origin, element, get_f64, undefined};
use napi::bindgen_prelude::{ToNapiValue, Uint8Array, Unknown};
use napi::{Env, JsValue, sys};
use napi_derive::napi;
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use wasmspan::bindgen::{Bindgen, CallError, Heap, HeapStyle, Kind, Span, Value};

type Answer = Result<Vec<Value<'static>>, CallError>;

/// Calls of a guest that was built with wasmedge-bindgen.
#[napi]
pub struct NativeBindgen {
    bindgen: Arc<Bindgen>,
    lock: Lock,
}

#[napi]
impl NativeBindgen {
    /// For an instance; `attached` if it is initialised already.
    #[napi(constructor)]
    pub fn new(env: Env, instance: &NativeInstance, attached: bool) -> napi::Result<Self> {
        enter(env, |state| {
            let (own, lock) = (instance.get()?, instance.lock());
            lock.check()?;
            let made = if attached { Bindgen::attach(&own) } else { Bindgen::new(&own) };
            state.refresh_buffers();
            Ok(NativeBindgen { bindgen: Arc::new(made?), lock })
        })
    }

    /// Names of what may be such functions.
    #[napi(getter)]
    pub fn functions(&self) -> Vec<String> {
        self.bindgen.functions().map(str::to_string).collect()
    }

    /// A JavaScript function that calls one of the guest's: without what a method costs.
    #[napi]
    pub fn function<'env>(&self, env: &'env Env, name: String) -> napi::Result<Unknown<'env>> {
        let raw = enter(*env, |state| {
            let (bindgen, lock) = (Arc::clone(&self.bindgen), Rc::clone(&self.lock));
            let callee = Callee { state: Rc::clone(state), bindgen, lock, name };
            let callee = Box::into_raw(Box::new(callee));
            let mut value = ptr::null_mut();
            // SAFETY: the environment's thread; the finalizer takes the box over once it is set.
            unsafe {
                let (data, none) = (callee.cast(), ptr::null_mut());
                let name = &(&*callee).name;
                let (start, len) = (name.as_ptr().cast(), name.len() as isize);
                let call = Some(call_callee as _);
                let made = sys::napi_create_function(state.env, start, len, call, data, &mut value);
                let freed = Some(free_callee as _);
                if made != sys::Status::napi_ok
                    || sys::napi_add_finalizer(state.env, value, data, freed, none, ptr::null_mut())
                        != sys::Status::napi_ok
                {
                    drop(Box::from_raw(callee));
                    return Err(Failure::Pending);
                }
            }
            Ok(value)
        })?;
        // SAFETY: a value of this environment.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
    }

    /// Calls a function on this thread.
    #[napi]
    pub fn call<'env>(
        &self,
        env: &'env Env,
        name: String,
        args: Unknown<'_>,
        limit: Option<f64>,
    ) -> napi::Result<Unknown<'env>> {
        let raw = enter(*env, |state| {
            let args = self.arguments(state, &args)?;
            let answer = within(timeout(limit), || settle(self.bindgen.call(&name, &args)));
            state.refresh_buffers();
            answer_to_js(state, answer?)
        })?;
        // SAFETY: a value of this environment.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
    }

    /// Calls a function on another thread.
    #[napi]
    pub fn call_async<'env>(
        &self,
        env: &'env Env,
        name: String,
        args: Unknown<'_>,
        limit: Option<f64>,
    ) -> napi::Result<Unknown<'env>> {
        let args = enter(*env, |state| self.arguments(state, &args))?;
        let bindgen = Arc::clone(&self.bindgen);
        call::start(
            env,
            vec![Rc::clone(&self.lock)],
            limit,
            move || settle(bindgen.call(&name, &args)),
            answer_to_js,
        )
    }
}

impl NativeBindgen {
    /// The arguments of a call that may be made now: reading them may have run JavaScript.
    fn arguments(&self, state: &EnvState, args: &Unknown<'_>) -> Outcome<Vec<Value<'static>>> {
        let args = values_from_js(state, args.raw())?;
        self.lock.check()?;
        Ok(args)
    }
}

/// What stands behind a JavaScript function that calls one of a guest.
struct Callee {
    state: Rc<EnvState>,
    bindgen: Arc<Bindgen>,
    lock: Lock,
    name: String,
}

/// Arguments that fit into the array on the stack.
const FEW: usize = 16;

unsafe extern "C" fn call_callee(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    let mut args = [ptr::null_mut(); FEW];
    let (mut count, mut data) = (FEW, ptr::null_mut());
    let none = ptr::null_mut();
    // SAFETY: Node-API calls us with the data that `function` gave, which lives as long as that.
    let callee = unsafe {
        sys::napi_get_cb_info(env, info, &mut count, args.as_mut_ptr(), none, &mut data);
        &*data.cast::<Callee>()
    };
    let state = &callee.state;
    guard(state, || {
        let mut all = Vec::new();
        let args = if count <= FEW {
            &args[..count]
        } else {
            all.resize(count, ptr::null_mut());
            // SAFETY: as above; there is room for all.
            unsafe {
                let none = ptr::null_mut();
                sys::napi_get_cb_info(env, info, &mut count, all.as_mut_ptr(), none, none.cast());
            }
            &all[..]
        };
        let args: Outcome<Vec<_>> = args.iter().map(|arg| value_from_js(state, *arg)).collect();
        let args = args?;
        callee.lock.check()?;
        let answer = settle(callee.bindgen.call(&callee.name, &args));
        state.refresh_buffers();
        answer_to_js(state, answer?)
    })
}

unsafe extern "C" fn free_callee(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: the box that `function` made.
    drop(unsafe { Box::from_raw(data.cast::<Callee>()) });
}

/// Keeps a message of the guest apart from failures of the engine.
fn settle(answer: Answer) -> wasmspan::Result<Result<Vec<Value<'static>>, String>> {
    match answer {
        Ok(values) => Ok(Ok(values)),
        Err(CallError::Guest(message)) => Ok(Err(message)),
        Err(CallError::Engine(error)) => Err(error),
    }
}

/// Several results as an array, none as undefined.
fn answer_to_js(
    state: &Rc<EnvState>,
    answer: Result<Vec<Value<'static>>, String>,
) -> Outcome<sys::napi_value> {
    let mut values = answer.map_err(Failure::Guest)?;
    if values.len() <= 1 {
        return values.pop().map_or_else(|| Ok(undefined(state)), |one| value_to_js(state, one));
    }
    let mut list = ptr::null_mut();
    // SAFETY: values of this environment, for both calls.
    unsafe { sys::napi_create_array_with_length(state.env, values.len(), &mut list) };
    for (at, value) in values.into_iter().enumerate() {
        let value = value_to_js(state, value)?;
        unsafe { sys::napi_set_element(state.env, list, at as u32, value) };
    }
    Ok(list)
}

fn values_from_js(state: &EnvState, list: sys::napi_value) -> Outcome<Vec<Value<'static>>> {
    let mut len = 0;
    // SAFETY: a value of this environment, which the package gives as an array.
    unsafe { sys::napi_get_array_length(state.env, list, &mut len) };
    (0..len as usize).map(|at| value_from_js(state, element(state, list, at)?)).collect()
}

/// A value by what it is; an object with the name of a type as its only property says it itself.
fn value_from_js(state: &EnvState, value: sys::napi_value) -> Outcome<Value<'static>> {
    let mut kind = sys::ValueType::napi_undefined;
    // SAFETY: a value of this environment, for all calls here.
    unsafe { sys::napi_typeof(state.env, value, &mut kind) };
    match kind {
        sys::ValueType::napi_string => Ok(text(state, value)?.into()),
        sys::ValueType::napi_boolean => typed(state, Kind::Bool, value),
        sys::ValueType::napi_bigint => typed(state, Kind::I64, value),
        sys::ValueType::napi_number => {
            let number = get_f64(state, value, Origin::Caller)?;
            let whole = number.fract() == 0.0
                && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number)
                && !(number == 0.0 && number.is_sign_negative());
            Ok(if whole { (number as i32).into() } else { number.into() })
        }
        sys::ValueType::napi_object => {
            let mut is_array = false;
            unsafe { sys::napi_is_typedarray(state.env, value, &mut is_array) };
            if is_array { array(state, value) } else { named(state, value) }
        }
        _ => Err(Failure::Type("this can't be passed to a guest of wasmedge-bindgen".into())),
    }
}

/// A value of the type that an object names.
fn named(state: &EnvState, value: sys::napi_value) -> Outcome<Value<'static>> {
    let wrong = || {
        let text =
            "an object that is passed must have one property, the name of a type such as f64";
        Failure::Type(text.into())
    };
    let (mut names, mut len, mut item) = (ptr::null_mut(), 0, ptr::null_mut());
    // SAFETY: values of this environment.
    unsafe {
        if sys::napi_get_property_names(state.env, value, &mut names) != sys::Status::napi_ok {
            return Err(Failure::Pending);
        }
        sys::napi_get_array_length(state.env, names, &mut len);
    }
    if len != 1 {
        return Err(wrong());
    }
    let name = element(state, names, 0)?;
    let kind = Kind::from_name(&text(state, name)?).ok_or_else(wrong)?;
    // SAFETY: as above.
    if unsafe { sys::napi_get_property(state.env, value, name, &mut item) } != sys::Status::napi_ok
    {
        return Err(Failure::Pending);
    }
    typed(state, kind, item)
}

fn typed(state: &EnvState, kind: Kind, item: sys::napi_value) -> Outcome<Value<'static>> {
    let wrong = || Failure::Range(format!("this is no {kind}"));
    let whole = |least: f64, most: f64| {
        let number = get_f64(state, item, Origin::Caller)?;
        let fits = number.fract() == 0.0 && (least..=most).contains(&number);
        if fits { Ok(number) } else { Err(wrong()) }
    };
    Ok(match kind {
        Kind::U8 => (whole(0.0, 255.0)? as u8).into(),
        Kind::I8 => (whole(-128.0, 127.0)? as i8).into(),
        Kind::U16 => (whole(0.0, 65_535.0)? as u16).into(),
        Kind::I16 => (whole(-32_768.0, 32_767.0)? as i16).into(),
        Kind::U32 => (whole(0.0, f64::from(u32::MAX))? as u32).into(),
        Kind::I32 => (whole(f64::from(i32::MIN), f64::from(i32::MAX))? as i32).into(),
        Kind::U64 => match bits(state, item, false).ok_or_else(wrong)? {
            (bits, true) => bits.into(),
            _ => return Err(wrong()),
        },
        Kind::I64 => match bits(state, item, true).ok_or_else(wrong)? {
            (bits, true) => (bits as i64).into(),
            _ => return Err(wrong()),
        },
        Kind::F32 => (get_f64(state, item, Origin::Caller)? as f32).into(),
        Kind::F64 => get_f64(state, item, Origin::Caller)?.into(),
        Kind::Bool => {
            let mut on = false;
            // SAFETY: a value of this environment.
            match unsafe { sys::napi_get_value_bool(state.env, item, &mut on) } {
                sys::Status::napi_ok => on.into(),
                _ => return Err(wrong()),
            }
        }
        Kind::Char => {
            let text = text(state, item).map_err(|_| wrong())?;
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(only), None) => only.into(),
                _ => return Err(wrong()),
            }
        }
        Kind::String => text(state, item).map_err(|_| wrong())?.into(),
        _ => {
            let made = array(state, item)?;
            if made.kind() == kind { made } else { return Err(wrong()) }
        }
    })
}

/// The 64 bits of a BigInt or a number, and whether they are all of it.
fn bits(state: &EnvState, item: sys::napi_value, signed: bool) -> Option<(u64, bool)> {
    let (mut unsigned, mut integer, mut whole, mut number) = (0, 0, false, 0.0);
    // SAFETY: a value of this environment.
    unsafe {
        let status = if signed {
            sys::napi_get_value_bigint_int64(state.env, item, &mut integer, &mut whole)
        } else {
            sys::napi_get_value_bigint_uint64(state.env, item, &mut unsigned, &mut whole)
        };
        if status == sys::Status::napi_ok {
            return Some((if signed { integer as u64 } else { unsigned }, whole));
        }
        if sys::napi_get_value_double(state.env, item, &mut number) != sys::Status::napi_ok {
            return None;
        }
    }
    let fits =
        number.fract() == 0.0 && number.abs() <= value::MAX_SAFE && (signed || number >= 0.0);
    Some((number as i64 as u64, fits))
}

/// The items of a typed array. They are copied: the guest's allocator might call JavaScript, which
/// might change them.
fn array(state: &EnvState, value: sys::napi_value) -> Outcome<Value<'static>> {
    let (mut kind, mut len, mut data) = (0, 0, ptr::null_mut());
    let (mut buffer, mut offset) = (ptr::null_mut(), 0);
    // SAFETY: a value of this environment.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            state.env,
            value,
            &mut kind,
            &mut len,
            &mut data,
            &mut buffer,
            &mut offset,
        )
    };
    if status != sys::Status::napi_ok {
        return Err(Failure::Type("a sequence is passed as a typed array".into()));
    }
    macro_rules! items {
        ($item:ty) => {{
            let mut items: Vec<$item> = Vec::with_capacity(len);
            if len > 0 {
                // SAFETY: the array has that many items of this size at an address that suits them.
                unsafe {
                    ptr::copy_nonoverlapping(data.cast::<$item>(), items.as_mut_ptr(), len);
                    items.set_len(len);
                }
            }
            items.into()
        }};
    }
    Ok(match kind {
        sys::TypedarrayType::int8_array => items!(i8),
        sys::TypedarrayType::uint8_array | sys::TypedarrayType::uint8_clamped_array => items!(u8),
        sys::TypedarrayType::int16_array => items!(i16),
        sys::TypedarrayType::uint16_array => items!(u16),
        sys::TypedarrayType::int32_array => items!(i32),
        sys::TypedarrayType::uint32_array => items!(u32),
        sys::TypedarrayType::bigint64_array => items!(i64),
        sys::TypedarrayType::biguint64_array => items!(u64),
        _ => return Err(Failure::Type("the guest knows no sequences of floats".into())),
    })
}

/// Texts up to so many bytes are read at once.
const SHORT: usize = 256;

fn text(state: &EnvState, value: sys::napi_value) -> Outcome<String> {
    let mut short = [0_u8; SHORT];
    let mut len = 0;
    // SAFETY: a value of this environment, and buffers as long as is said.
    unsafe {
        let (env, start) = (state.env, short.as_mut_ptr().cast());
        if sys::napi_get_value_string_utf8(env, value, start, SHORT, &mut len)
            != sys::Status::napi_ok
        {
            return Err(Failure::Type("this is no text".into()));
        }
        // The last byte is a zero; a character of up to four bytes may not have fitted.
        if len < SHORT - 4 {
            return Ok(String::from_utf8_lossy(&short[..len]).into_owned());
        }
        sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &mut len);
        let mut long = vec![0_u8; len + 1];
        let start = long.as_mut_ptr().cast();
        sys::napi_get_value_string_utf8(env, value, start, long.len(), &mut len);
        long.truncate(len);
        Ok(String::from_utf8(long).unwrap_or_default())
    }
}

fn value_to_js(state: &Rc<EnvState>, value: Value<'static>) -> Outcome<sys::napi_value> {
    use napi::bindgen_prelude::{
        BigInt64Array, BigUint64Array, Int8Array, Int16Array, Int32Array, Uint16Array, Uint32Array,
    };
    let mut raw = undefined(state);
    let env = state.env;
    macro_rules! items {
        ($array:ident, $items:expr) => {
            $array::to_napi_value(env, $array::new($items.into_owned()))?
        };
    }
    // SAFETY: the environment's thread.
    unsafe {
        match value {
            Value::String(text) => return Ok(string(state, &text)),
            Value::Char(one) => return Ok(string(state, one.encode_utf8(&mut [0; 4]))),
            Value::Bool(on) => sys::napi_get_boolean(env, on, &mut raw),
            Value::U8(n) => sys::napi_create_uint32(env, n.into(), &mut raw),
            Value::I8(n) => sys::napi_create_int32(env, n.into(), &mut raw),
            Value::U16(n) => sys::napi_create_uint32(env, n.into(), &mut raw),
            Value::I16(n) => sys::napi_create_int32(env, n.into(), &mut raw),
            Value::U32(n) => sys::napi_create_uint32(env, n, &mut raw),
            Value::I32(n) => sys::napi_create_int32(env, n, &mut raw),
            Value::U64(n) => sys::napi_create_bigint_uint64(env, n, &mut raw),
            Value::I64(n) => sys::napi_create_bigint_int64(env, n, &mut raw),
            Value::F32(n) => sys::napi_create_double(env, n.into(), &mut raw),
            Value::F64(n) => sys::napi_create_double(env, n, &mut raw),
            Value::U8s(items) => return Ok(items!(Uint8Array, items)),
            Value::I8s(items) => return Ok(items!(Int8Array, items)),
            Value::U16s(items) => return Ok(items!(Uint16Array, items)),
            Value::I16s(items) => return Ok(items!(Int16Array, items)),
            Value::U32s(items) => return Ok(items!(Uint32Array, items)),
            Value::I32s(items) => return Ok(items!(Int32Array, items)),
            Value::U64s(items) => return Ok(items!(BigUint64Array, items)),
            Value::I64s(items) => return Ok(items!(BigInt64Array, items)),
        };
    }
    Ok(raw)
}

/// Strings and buffers of guests of AssemblyScript, TinyGo and C.
#[napi]
pub struct NativeHeap {
    heap: Heap,
    lock: Lock,
}

#[napi]
impl NativeHeap {
    /// For an instance.
    #[napi(constructor)]
    pub fn new(env: Env, instance: &NativeInstance) -> napi::Result<Self> {
        enter(env, |_| Ok(NativeHeap { heap: Heap::new(&instance.get()?)?, lock: instance.lock() }))
    }

    /// How the guest allocates.
    #[napi(getter)]
    pub fn style(&self) -> &'static str {
        match self.heap.style() {
            HeapStyle::AssemblyScript => "assemblyscript",
            HeapStyle::Malloc => "malloc",
        }
    }

    /// Copies a text into the guest: address and length.
    #[napi]
    pub fn put_string(&self, env: Env, text: String) -> napi::Result<Vec<u32>> {
        self.with(env, |heap| heap.put_string(&text).map(pair))
    }

    /// Copies bytes into the guest.
    #[napi]
    pub fn put_bytes(&self, env: Env, bytes: &[u8]) -> napi::Result<Vec<u32>> {
        // The guest's allocator might call JavaScript, which might change them.
        let bytes = bytes.to_vec();
        self.with(env, |heap| heap.put_bytes(&bytes).map(pair))
    }

    /// Makes a typed array of AssemblyScript.
    #[napi]
    pub fn put_array(&self, env: Env, class: u32, bytes: &[u8]) -> napi::Result<Vec<u32>> {
        let bytes = bytes.to_vec();
        self.with(env, |heap| heap.put_array(class, &bytes).map(pair))
    }

    /// The text at an address.
    #[napi]
    pub fn get_string(&self, env: Env, address: u32, length: Option<u32>) -> napi::Result<String> {
        self.with(env, |heap| heap.get_string(address, length))
    }

    /// The bytes at an address.
    #[napi]
    pub fn get_bytes(
        &self,
        env: Env,
        address: u32,
        length: Option<u32>,
    ) -> napi::Result<Uint8Array> {
        self.with(env, |heap| heap.get_bytes(address, length).map(Uint8Array::from))
    }

    /// The bytes of a typed array of AssemblyScript.
    #[napi]
    pub fn get_array(&self, env: Env, address: u32) -> napi::Result<Uint8Array> {
        self.with(env, |heap| heap.get_array(address).map(Uint8Array::from))
    }

    /// Gives memory back.
    #[napi]
    pub fn free(&self, env: Env, address: u32) -> napi::Result<()> {
        self.with(env, |heap| heap.free(address))
    }

    fn with<T>(
        &self,
        env: Env,
        work: impl FnOnce(&Heap) -> wasmspan::Result<T>,
    ) -> napi::Result<T> {
        enter(env, |state| {
            self.lock.check()?;
            let result = work(&self.heap);
            state.refresh_buffers();
            Ok(result?)
        })
    }
}

fn pair(span: Span) -> Vec<u32> {
    vec![span.address, span.length]
}
