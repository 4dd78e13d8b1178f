//! JavaScript functions that wasm imports, called on their own thread: the hot path.

use crate::env::{EnvState, JsRef, Shared};
use crate::error::{Failure, Outcome, as_error};
use crate::function::{FEW, Plain, unwrap};
use crate::host_call::{apply, call_there};
use crate::value::{self, Origin};
use napi::sys;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use wasmspan::raw::{Slots, Survey};
use wasmspan::{Caller, Func, FuncType, Val};

/// A JavaScript function that wasm imports.
pub struct Imported {
    function: Arc<JsRef>,
    ty: FuncType,
    plain: Option<Plain>,
    shared: Arc<Shared>,
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
            // Little stack for most; see `function::entry`.
            Some(plain) if plain.params.len() <= 4 => self.call_plain::<4>(plain, state, slots),
            Some(plain) => self.call_many(plain, state, slots),
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
        let results = call_there(caller, &self.shared, &self.function, &self.ty, params)?;
        for (at, result) in results.iter().enumerate() {
            // SAFETY: `call_there` gives values of the result types.
            unsafe { slots.set(at, result) };
        }
        Ok(())
    }

    fn params(&self, slots: &Slots<'_>) -> Vec<Val> {
        let params = self.ty.params().iter().enumerate();
        // SAFETY: the parameters of this function's type, not yet overwritten.
        params.map(|(at, ty)| unsafe { slots.get(at, *ty) }).collect()
    }

    #[inline(never)]
    fn call_many(&self, plain: &Plain, state: &EnvState, slots: &Slots<'_>) -> Outcome<()> {
        self.call_plain::<FEW>(plain, state, slots)
    }

    #[inline(always)]
    fn call_plain<const N: usize>(
        &self,
        plain: &Plain,
        state: &EnvState,
        slots: &Slots<'_>,
    ) -> Outcome<()> {
        let slots = slots.as_ptr();
        let mut args = [ptr::null_mut(); N];
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

    #[inline(never)]
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
