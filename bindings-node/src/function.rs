//! The hot paths: JavaScript calls an exported function, and wasm calls an imported one.
//!
//! Both speak to Node-API directly. An exported function is a JavaScript function whose data is an
//! [`Exported`]; an imported one is a host function that holds a reference to the JavaScript
//! function. Numbers go through value slots without allocation.

use crate::cycle::Unit;
use crate::env::{EnvState, Function, JsRef};
use crate::error::{
    Failure, JsException, Outcome, exception_as_error, panicked, throw, to_js as error_to_js,
};
use crate::gate::{Gate, disposed, invoke};
use crate::handle::touch;
use crate::remote;
use crate::value::{self, Origin};
use napi::sys;
use std::cell::RefCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use wasmspan::{Caller, ErrCode, Func, FuncType, RawFunc, Slots, Survey, Val, ValType};

/// Parameters and results that fit into the array on the stack.
const FEW: usize = 16;

/// Marks functions that are ours.
const TAG: sys::napi_type_tag =
    sys::napi_type_tag { lower: 0x5ba0_94c1_3f1e_4e7d, upper: 0x9d2a_77f0_6b3c_1c25 };

/// What stands behind an exported function.
pub struct Exported {
    state: Rc<EnvState>,
    identity: usize,
    /// Borrowed while it is called; gone when its instance was disposed of.
    held: RefCell<Option<RawFunc>>,
    /// See [`Handle::tied`](crate::handle::Handle::tied).
    pub tied: RefCell<Option<Rc<Unit>>>,
    gate: Option<Gate>,
    /// Missing where calls go through an executor.
    plain: Option<Plain>,
}

/// The type of a function whose parameters and results are numbers, and few.
struct Plain {
    params: Box<[ValType]>,
    result: Option<ValType>,
}

impl Plain {
    fn of(ty: &FuncType) -> Option<Plain> {
        let is_number =
            |ty: &ValType| !matches!(ty, ValType::V128 | ValType::FuncRef | ValType::ExternRef);
        let numbers = ty.params().iter().chain(ty.results()).all(is_number);
        let few = ty.params().len() <= FEW && ty.results().len() <= 1;
        (numbers && few)
            .then(|| Plain { params: ty.params().into(), result: ty.results().first().copied() })
    }
}

impl Exported {
    /// Whether a call of it is on this thread's stack.
    pub fn is_running(&self) -> bool {
        self.held.try_borrow_mut().is_err()
    }

    /// Lets go of the function, which must not be running; calls of it fail from now on.
    pub fn let_go(&self) {
        self.forget();
        let held = self.held.borrow_mut().take();
        drop(held);
    }

    /// Another JavaScript function may stand for the same one from now on.
    fn forget(&self) {
        let mut functions = self.state.functions.borrow_mut();
        let known = functions.get(&self.identity);
        if known.is_some_and(|known| std::ptr::eq(known.exported, self)) {
            functions.remove(&self.identity);
        }
    }

    fn func(&self) -> Option<Func> {
        touch(&self.tied);
        self.peek()
    }

    /// The function, not to be used.
    pub fn peek(&self) -> Option<Func> {
        self.held.borrow().as_ref().map(|held| held.func().clone())
    }

    /// Calls it with the first arguments; the others are asked for where they are needed.
    #[inline(always)]
    fn call(
        &self,
        info: sys::napi_callback_info,
        args: &[sys::napi_value],
    ) -> Outcome<sys::napi_value> {
        if let Some(gate) = &self.gate {
            gate.pass()?;
        }
        touch(&self.tied);
        let held = self.held.borrow();
        let held = held.as_ref().ok_or_else(disposed)?;
        match &self.plain {
            Some(plain) => call_plain(&self.state, plain, held, args),
            None => self.call_any(held, info),
        }
    }

    /// The same for values of all kinds, and within limits.
    fn call_any(&self, held: &RawFunc, info: sys::napi_callback_info) -> Outcome<sys::napi_value> {
        let (state, ty) = (&self.state, held.func().ty());
        let mut count = ty.params().len().max(1);
        let mut args = vec![ptr::null_mut(); count];
        // SAFETY: the call's own information; missing arguments are undefined.
        unsafe {
            let (this, data) = (ptr::null_mut(), ptr::null_mut());
            sys::napi_get_cb_info(state.env, info, &mut count, args.as_mut_ptr(), this, data);
        }
        let params = ty.params().iter().zip(&args);
        let params: Outcome<Vec<Val>> =
            params.map(|(ty, arg)| value::from_js(state, *arg, *ty)).collect();
        let executor = self.gate.as_ref().and_then(|gate| gate.executor());
        let results = invoke(executor, held.func(), &params?);
        state.refresh_buffers();
        value::results_to_js(state, &results?)
    }
}

/// The JavaScript function for `func`: the same one as long as it is in use.
///
/// It gets the gate of `export` if it is made here, and its name if the function has no index.
pub fn to_js(
    state: &Rc<EnvState>,
    func: &Func,
    export: Option<(&str, &Gate)>,
) -> Outcome<sys::napi_value> {
    let identity = func.identity();
    let known = state.functions.borrow().get(&identity).copied();
    let mut value = ptr::null_mut();
    if let Some(known) = known {
        // SAFETY: references in the map are deleted when they leave it.
        unsafe { sys::napi_get_reference_value(state.env, known.reference, &mut value) };
        if !value.is_null() {
            return Ok(value);
        }
    }
    let ty = func.ty();
    let limited = export.is_some_and(|(_, gate)| gate.executor().is_some());
    let exported = Box::into_raw(Box::new(Exported {
        state: Rc::clone(state),
        identity,
        held: RefCell::new(Some(RawFunc::new(func)?)),
        tied: RefCell::default(),
        gate: export.map(|(_, gate)| gate.clone()),
        plain: if limited { None } else { Plain::of(ty) },
    }));
    // SAFETY: the environment's thread; the finalizer takes the box over once it is set.
    unsafe {
        let env = state.env;
        // As the JavaScript API has it, the name is the index in the module.
        let index = func.index().map(|index| index.to_string());
        let name = index.as_deref().or(export.map(|(name, _)| name)).unwrap_or_default();
        let status = sys::napi_create_function(
            env,
            name.as_ptr().cast(),
            name.len() as isize,
            Some(entry(ty.params().len())),
            exported.cast(),
            &mut value,
        );
        if status != sys::Status::napi_ok {
            drop(Box::from_raw(exported));
            return Err(Failure::Pending);
        }
        let mut reference = ptr::null_mut();
        let (data, hint) = (exported.cast(), ptr::null_mut());
        let status = sys::napi_wrap(env, value, data, Some(finalize), hint, &mut reference);
        if status != sys::Status::napi_ok {
            drop(Box::from_raw(exported));
            return Err(Failure::Pending);
        }
        sys::napi_type_tag_object(env, value, &TAG);
        let mut length = ptr::null_mut();
        sys::napi_create_uint32(env, ty.params().len() as u32, &mut length);
        let length = sys::napi_property_descriptor {
            utf8name: c"length".as_ptr(),
            name: ptr::null_mut(),
            method: None,
            getter: None,
            setter: None,
            value: length,
            attributes: sys::PropertyAttributes::configurable,
            data: ptr::null_mut(),
        };
        sys::napi_define_properties(env, value, 1, &length);
        state.functions.borrow_mut().insert(identity, Function { reference, exported });
        if let Some(gate) = &(*exported).gate {
            gate.add(exported);
        }
    }
    Ok(value)
}

/// Lets go of what a collected function stood for.
unsafe extern "C" fn finalize(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: the box that `to_js` made.
    let exported = unsafe { Box::from_raw(data.cast::<Exported>()) };
    exported.forget();
    exported.state.disturb();
    if let Some(gate) = &exported.gate {
        gate.remove(&raw const *exported);
    }
}

/// The data of a JavaScript function, if it is one of ours.
fn exported<'a>(state: &EnvState, value: sys::napi_value) -> Option<&'a Exported> {
    let (mut kind, mut ours, mut data) = (0, false, ptr::null_mut());
    // SAFETY: a value of this environment; the tag says whose data it is, which lives as long as
    // the function, that is longer than the call that was given it.
    unsafe {
        sys::napi_typeof(state.env, value, &mut kind);
        if kind != sys::ValueType::napi_function {
            return None;
        }
        sys::napi_check_object_type_tag(state.env, value, &TAG, &mut ours);
        if !ours || sys::napi_unwrap(state.env, value, &mut data) != sys::Status::napi_ok {
            return None;
        }
        data.cast::<Exported>().as_ref()
    }
}

/// The function behind a JavaScript function, if it is one of ours.
pub fn unwrap(state: &EnvState, value: sys::napi_value) -> Option<Func> {
    exported(state, value)?.func()
}

/// The gate of the instance that exports a JavaScript function, if there is one.
pub fn gate_of(state: &EnvState, value: sys::napi_value) -> Option<Gate> {
    exported(state, value)?.gate.clone()
}

/// What JavaScript calls for an exported function. Node-API sets as many arguments as are asked for,
/// given or not, so nobody asks for many more than there are.
fn entry(
    params: usize,
) -> unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value {
    match params {
        0 => call_exported::<0>,
        1 => call_exported::<1>,
        2 => call_exported::<2>,
        3 => call_exported::<3>,
        4 => call_exported::<4>,
        5..=8 => call_exported::<8>,
        _ => call_exported::<FEW>,
    }
}

/// JavaScript calls an exported function, which has at most `N` parameters if it is a plain one.
unsafe extern "C" fn call_exported<const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    let mut args = [ptr::null_mut(); N];
    let mut count = N;
    let mut data = ptr::null_mut();
    // SAFETY: Node-API calls us with the data that `to_js` gave; missing arguments are undefined.
    let exported = unsafe {
        let this = ptr::null_mut();
        sys::napi_get_cb_info(env, info, &mut count, args.as_mut_ptr(), this, &mut data);
        &*data.cast::<Exported>()
    };
    let state = &exported.state;
    // The failure is dealt with inside, so that nothing but a pointer has to come out.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        exported.call(info, &args).unwrap_or_else(|failure| throw(state, failure))
    }));
    outcome.unwrap_or_else(|panic| throw(state, panicked(panic)))
}

#[inline(always)]
fn call_plain(
    state: &EnvState,
    plain: &Plain,
    call: &RawFunc,
    args: &[sys::napi_value],
) -> Outcome<sys::napi_value> {
    let mut slots = [const { std::mem::MaybeUninit::<u128>::uninit() }; FEW];
    for (at, ty) in plain.params.iter().enumerate() {
        slots[at].write(value::get_slot(state, args[at], *ty, Origin::Caller)?);
    }
    let slots = slots.as_mut_ptr().cast::<u128>();
    // SAFETY: there are slots for the few parameters and the one result of a plain function, and the
    // parameters are set.
    let ended = unsafe { call.call(slots, || ()) };
    state.refresh_buffers();
    ended?;
    let Some(ty) = plain.result else { return Ok(ptr::null_mut()) };
    // SAFETY: the call has returned, so the slot holds its result.
    Ok(value::bits_to_js(state, unsafe { value::slot_bits(slots, ty) }, ty))
}

/// A JavaScript function that wasm imports.
pub struct Imported {
    function: Arc<JsRef>,
    ty: FuncType,
    plain: Option<Plain>,
    shared: Arc<crate::env::Shared>,
}

/// The host function for a JavaScript function.
pub fn import(state: &Rc<EnvState>, function: sys::napi_value, ty: &FuncType) -> Outcome<Func> {
    if let Some(func) = unwrap(state, function) {
        return Ok(func);
    }
    let function = Arc::new(JsRef::new(state, function).ok_or(Failure::Pending)?);
    let weak = Arc::downgrade(&function);
    let imported = Imported {
        function,
        ty: ty.clone(),
        plain: Plain::of(ty),
        shared: Arc::clone(&state.shared),
    };
    let func = Func::from_slots(ty, move |caller, slots| imported.call(caller, slots))?;
    state.imports.borrow_mut().insert(Survey::identity(&func), weak);
    state.refers();
    Ok(func)
}

impl Imported {
    #[inline(always)]
    fn call(&self, caller: &Caller<'_>, slots: Slots<'_>) -> wasmspan::Result<()> {
        let local = EnvState::here(&self.shared, |state| self.call_here(state, &slots));
        local.unwrap_or_else(|| self.call_there(caller, &slots))
    }

    /// On the thread of the JavaScript function.
    #[inline(always)]
    fn call_here(&self, state: &Rc<EnvState>, slots: &Slots<'_>) -> wasmspan::Result<()> {
        let mut scope = ptr::null_mut();
        // SAFETY: the environment's thread; the scope is closed below on every path.
        unsafe { sys::napi_open_handle_scope(state.env, &mut scope) };
        state.refresh_buffers();
        let outcome = match &self.plain {
            Some(plain) => self.call_plain(plain, state, slots),
            None => self.call_any(state, slots),
        };
        let outcome = outcome.map_err(|failure| as_error(state, failure));
        // SAFETY: opened above.
        unsafe { sys::napi_close_handle_scope(state.env, scope) };
        outcome
    }

    /// On another thread.
    #[cold]
    fn call_there(&self, caller: &Caller<'_>, slots: &Slots<'_>) -> wasmspan::Result<()> {
        let params = self.params(slots);
        let results = remote::call(caller, &self.shared, &self.function, &self.ty, params)?;
        for (at, result) in results.iter().enumerate() {
            // SAFETY: `remote::call` gives values of the result types.
            unsafe { slots.set(at, result) };
        }
        Ok(())
    }

    fn params(&self, slots: &Slots<'_>) -> Vec<Val> {
        let params = self.ty.params().iter().enumerate();
        // SAFETY: the parameters of this function's type, not yet overwritten.
        params.map(|(at, ty)| unsafe { slots.get(at, *ty) }).collect()
    }

    #[inline(always)]
    fn call_plain(&self, plain: &Plain, state: &EnvState, slots: &Slots<'_>) -> Outcome<()> {
        let slots = slots.as_ptr();
        let mut args = [ptr::null_mut(); FEW];
        // SAFETY: the slots hold parameters of these types; values are made on this thread.
        unsafe {
            for (at, ty) in plain.params.iter().enumerate() {
                args[at] = value::bits_to_js(state, value::slot_bits(slots.add(at), *ty), *ty);
            }
            let returned = apply(state, &self.function, &args[..plain.params.len()])?;
            let Some(ty) = plain.result else { return Ok(()) };
            slots.write(value::get_slot(state, returned, ty, Origin::Import)?);
        }
        Ok(())
    }

    fn call_any(&self, state: &Rc<EnvState>, slots: &Slots<'_>) -> Outcome<()> {
        let args: Outcome<Vec<_>> =
            self.params(slots).iter().map(|param| value::to_js(state, param)).collect();
        let returned = apply(state, &self.function, &args?)?;
        let results = value::returned_from_js(state, returned, self.ty.results())?;
        for (at, result) in results.iter().enumerate() {
            // SAFETY: made for the result types.
            unsafe { slots.set(at, result) };
        }
        Ok(())
    }
}

/// Calls a JavaScript function.
#[inline(always)]
pub fn apply(
    state: &EnvState,
    function: &JsRef,
    args: &[sys::napi_value],
) -> Outcome<sys::napi_value> {
    let Some(function) = function.get(state) else {
        return Err(Failure::Type("the imported function's environment has ended".into()));
    };
    call_function(state, function, args)
}

/// Calls a JavaScript function on its thread.
#[inline(always)]
pub fn call_function(
    state: &EnvState,
    function: sys::napi_value,
    args: &[sys::napi_value],
) -> Outcome<sys::napi_value> {
    let mut result = ptr::null_mut();
    // SAFETY: values of this environment, on its thread.
    let status = unsafe {
        let this = value::undefined(state);
        sys::napi_call_function(state.env, this, function, args.len(), args.as_ptr(), &mut result)
    };
    if status == sys::Status::napi_ok { Ok(result) } else { Err(Failure::Pending) }
}

/// A failure as an error that can go through wasm and comes out as itself.
pub fn as_error(state: &EnvState, failure: Failure) -> wasmspan::Error {
    match failure {
        Failure::Pending => exception_as_error(state),
        Failure::Core(error) => error,
        other => match error_to_js(state, other).and_then(|value| JsRef::new(state, value)) {
            Some(reference) => wasmspan::Error::host(JsException(reference)),
            None => wasmspan::Error::new(ErrCode::HostFuncError),
        },
    }
}
