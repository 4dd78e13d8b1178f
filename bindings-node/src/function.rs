//! Exported functions, and how JavaScript calls them: the hot path.
//!
//! It speaks to Node-API directly. An exported function is a JavaScript function whose data is an
//! [`Exported`]. Numbers go through value slots without allocation.

use crate::cycle::Unit;
use crate::enter::guard;
use crate::env::{EnvState, Function};
use crate::error::{Failure, Outcome};
use crate::handle::touch;
use crate::lock::{Callee, Lock, Refusal};
use crate::value::{self, Origin};
use napi::sys;
use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;
use wasmspan::raw::RawFunc;
use wasmspan::{Func, FuncType, Val, ValType};

/// Parameters and results that fit into the array on the stack.
pub const FEW: usize = 16;

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
    lock: Option<Lock>,
    plain: Option<Plain>,
}

/// The type of a function whose parameters and results are numbers, and few.
pub struct Plain {
    pub params: Box<[ValType]>,
    pub result: Option<ValType>,
}

impl Plain {
    /// The plain type of functions of this type, if they have one.
    pub fn of(ty: &FuncType) -> Option<Plain> {
        let is_number =
            |ty: &ValType| !matches!(ty, ValType::V128 | ValType::FuncRef | ValType::ExternRef);
        let numbers = ty.params().iter().chain(ty.results()).all(is_number);
        let few = ty.params().len() <= FEW && ty.results().len() <= 1;
        (numbers && few)
            .then(|| Plain { params: ty.params().into(), result: ty.results().first().copied() })
    }
}

impl Callee for Exported {
    fn is_running(&self) -> bool {
        self.held.try_borrow_mut().is_err()
    }

    fn let_go(&self) {
        self.forget();
        let held = self.held.borrow_mut().take();
        drop(held);
    }
}

impl Exported {
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

    /// Calls it with the first arguments; the others are asked for where they are needed. `S` slots are
    /// enough for a plain function.
    #[inline(always)]
    fn call<const S: usize>(
        &self,
        info: sys::napi_callback_info,
        args: &[sys::napi_value],
    ) -> Outcome<sys::napi_value> {
        touch(&self.tied);
        let held = self.held.borrow();
        let held = held.as_ref().ok_or(Refusal::Disposed)?;
        match &self.plain {
            Some(plain) => self.call_plain::<S>(plain, held, args),
            None => self.call_any(held, info),
        }
    }

    /// Fails if the instance may not be called just now. To be asked when the arguments are there, since
    /// these may have run JavaScript.
    #[inline(always)]
    fn check(&self) -> Outcome<()> {
        match &self.lock {
            Some(lock) => Ok(lock.check()?),
            None => Ok(()),
        }
    }

    #[inline(always)]
    fn call_plain<const S: usize>(
        &self,
        plain: &Plain,
        call: &RawFunc,
        args: &[sys::napi_value],
    ) -> Outcome<sys::napi_value> {
        let state = &self.state;
        let mut slots = [const { std::mem::MaybeUninit::<u128>::uninit() }; S];
        for (at, ty) in plain.params.iter().enumerate() {
            slots[at].write(value::get_slot(state, args[at], *ty, Origin::Caller)?);
        }
        self.check()?;
        let slots = slots.as_mut_ptr().cast::<u128>();
        // SAFETY: there are slots for the few parameters and the one result of a plain function, and
        // the parameters are set.
        let ended = unsafe { call.call(slots, || ()) };
        state.refresh_buffers();
        ended?;
        let Some(ty) = plain.result else { return Ok(ptr::null_mut()) };
        // SAFETY: the call has returned, so the slot holds its result.
        Ok(value::bits_to_js(state, unsafe { value::slot_bits(slots, ty) }, ty))
    }

    /// The same for values of all kinds.
    #[inline(never)]
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
        let params = params?;
        self.check()?;
        let results = held.func().call(&params);
        state.refresh_buffers();
        value::results_to_js(state, &results?)
    }
}

/// The JavaScript function for `func`: the same one as long as it is in use.
///
/// It gets the lock of `export` if it is made here, and its name if the function has no index.
pub fn to_js(
    state: &Rc<EnvState>,
    func: &Func,
    export: Option<(&str, &Lock)>,
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
    let exported = Box::into_raw(Box::new(Exported {
        state: Rc::clone(state),
        identity,
        held: RefCell::new(Some(RawFunc::new(func)?)),
        tied: RefCell::default(),
        lock: export.map(|(_, lock)| lock.clone()),
        plain: Plain::of(ty),
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
        if let Some(lock) = &(*exported).lock {
            lock.add(exported);
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
    if let Some(lock) = &exported.lock {
        lock.remove(&raw const *exported);
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

/// The lock of the instance that exports a JavaScript function, if there is one.
pub fn lock_of(state: &EnvState, value: sys::napi_value) -> Option<Lock> {
    exported(state, value)?.lock.clone()
}

/// What JavaScript calls for an exported function. Node-API sets as many arguments as are asked for,
/// given or not, so nobody asks for many more than there are. Nor is more stack used than is needed:
/// guests and JavaScript may call one another many levels deep.
fn entry(
    params: usize,
) -> unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value {
    match params {
        0 => call_exported::<0, 1>,
        1 => call_exported::<1, 1>,
        2 => call_exported::<2, 2>,
        3 => call_exported::<3, 3>,
        4 => call_exported::<4, 4>,
        5..=8 => call_exported::<8, 8>,
        _ => call_exported::<FEW, FEW>,
    }
}

/// JavaScript calls an exported function, which has at most `N` parameters if it is a plain one.
unsafe extern "C" fn call_exported<const N: usize, const S: usize>(
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
    guard(&exported.state, || exported.call::<S>(info, &args))
}
