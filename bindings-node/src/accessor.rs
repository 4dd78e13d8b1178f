//! Functions that read and write globals and tables: without what a method of a class costs, for
//! programs that do so often.

use crate::enter::{enter, guard};
use crate::env::EnvState;
use crate::error::{Failure, Outcome};
use crate::handle::{Handle, Target};
use crate::value;
use napi::bindgen_prelude::Unknown;
use napi::sys;
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;
use wasmspan::{ErrCode, Error, Mutability};

/// What such a function does.
#[derive(Clone, Copy)]
pub enum Access {
    /// `() => value`
    GlobalGet,
    /// `(value)`
    GlobalSet,
    /// `(index) => element`
    TableGet,
    /// `(index, element)`
    TableSet,
}

struct Accessor {
    state: Rc<EnvState>,
    handle: Rc<Handle>,
    access: Access,
}

/// A function for what the handle is to.
pub fn function<'env>(
    env: &'env napi::Env,
    handle: &Rc<Handle>,
    access: Access,
) -> napi::Result<Unknown<'env>> {
    let raw = enter(*env, |state| {
        let (state, handle) = (Rc::clone(state), Rc::clone(handle));
        let raw = state.env;
        let accessor = Box::into_raw(Box::new(Accessor { state, handle, access }));
        let mut value = ptr::null_mut();
        // SAFETY: the environment's thread; the finalizer takes the box over once it is set.
        unsafe {
            let (data, none) = (accessor.cast(), ptr::null_mut());
            let (call, free) = (Some(call as _), Some(free as _));
            if sys::napi_create_function(raw, ptr::null(), 0, call, data, &mut value)
                != sys::Status::napi_ok
                || sys::napi_add_finalizer(raw, value, data, free, none, ptr::null_mut())
                    != sys::Status::napi_ok
            {
                drop(Box::from_raw(accessor));
                return Err(Failure::Pending);
            }
        }
        Ok(value)
    })?;
    // SAFETY: a value of this environment.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
}

unsafe extern "C" fn free(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: the box that `function` made.
    drop(unsafe { Box::from_raw(data.cast::<Accessor>()) });
}

unsafe extern "C" fn call(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut args = [ptr::null_mut(); 2];
    let (mut count, mut data) = (args.len(), ptr::null_mut());
    // SAFETY: Node-API calls us with the data that `function` gave; missing arguments are undefined.
    let accessor = unsafe {
        let this = ptr::null_mut();
        sys::napi_get_cb_info(env, info, &mut count, args.as_mut_ptr(), this, &mut data);
        &*data.cast::<Accessor>()
    };
    guard(&accessor.state, || accessor.call(args))
}

impl Accessor {
    fn call(&self, [first, second]: [sys::napi_value; 2]) -> Outcome<sys::napi_value> {
        let state = &self.state;
        match self.access {
            Access::GlobalGet => {
                let content = self.handle.with(|target| match target {
                    Target::Global(global) => Some(global.get()),
                    _ => None,
                });
                value::to_js(state, &content?)
            }
            Access::GlobalSet => {
                // A number is set as it is. Other values may run JavaScript that disposes of the global.
                let number = self.handle.with(|target| match target {
                    Target::Global(global) if global.ty().mutability != Mutability::Var => {
                        let error = Error::new(ErrCode::ImmutableGlobal);
                        Some(Err(Failure::Misused(error)))
                    }
                    Target::Global(global) => {
                        let number = value::from_number(state, first, global.ty().content);
                        Some(Ok(number
                            .map(|number| global.set(&number))
                            .ok_or_else(|| global.clone())))
                    }
                    _ => None,
                });
                match number?? {
                    Ok(set) => set?,
                    Err(global) => {
                        global.set(&value::from_js(state, first, global.ty().content)?)?;
                    }
                }
                Ok(ptr::null_mut())
            }
            Access::TableGet => {
                let index = value::get_f64(state, first, value::Origin::Caller)? as u64;
                let element = self.handle.with(|target| match target {
                    Target::Table(table) => Some(table.get(index)),
                    _ => None,
                });
                value::to_js(state, &element?.map_err(Failure::OutOfRange)?)
            }
            Access::TableSet => {
                let index = value::get_f64(state, first, value::Origin::Caller)? as u64;
                let table = self.handle.with(|target| match target {
                    Target::Table(table) => Some(table.clone()),
                    _ => None,
                })?;
                let element = value::from_js(state, second, table.ty().element.into())?;
                table.set(index, &element).map_err(Failure::OutOfRange)?;
                Ok(ptr::null_mut())
            }
        }
    }
}
