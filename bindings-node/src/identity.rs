//! One JavaScript object for each thing of the core. Not by JavaScript's `WeakRef`, which keeps an
//! object until the current job ends: a loop within one job would fill the machine.

use crate::enter::enter;
use crate::env::{EnvState, check};
use crate::value;
use napi::bindgen_prelude::Unknown;
use napi::{Env, JsValue, sys};
use napi_derive::napi;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr;
use std::rc::Weak;

/// Entries that are kept without a look at whether their objects live; more if more live.
const FEW: usize = 64;

/// Objects by number, each as long as somebody else holds it.
#[napi]
#[derive(Default)]
pub struct NativeIdentities {
    /// Weak references.
    known: RefCell<HashMap<u64, sys::napi_ref>>,
    most: Cell<usize>,
    state: RefCell<Weak<EnvState>>,
}

#[napi]
impl NativeIdentities {
    /// Knows nothing.
    #[napi(constructor)]
    pub fn new() -> Self {
        NativeIdentities::default()
    }

    /// Remembers an object, in place of an earlier one of this number.
    #[napi]
    pub fn add(&self, env: Env, id: f64, object: Unknown<'_>) -> napi::Result<()> {
        enter(env, |state| {
            let mut reference = ptr::null_mut();
            // SAFETY: an object of this environment.
            check(unsafe {
                sys::napi_create_reference(state.env, object.raw(), 0, &mut reference)
            })?;
            *self.state.borrow_mut() = std::rc::Rc::downgrade(state);
            let old = self.known.borrow_mut().insert(id as u64, reference);
            self.delete(state, old);
            if self.known.borrow().len() > self.most.get().max(FEW) {
                let mut known = self.known.borrow_mut();
                let gone: Vec<_> = known
                    .extract_if(|_, reference| get(state, *reference).is_null())
                    .map(|(_, reference)| reference)
                    .collect();
                drop(known);
                self.delete(state, gone);
                self.most.set(self.known.borrow().len() * 2);
            }
            Ok(())
        })
    }

    /// The object of this number, or undefined.
    #[napi]
    pub fn get<'env>(&self, env: &'env Env, id: f64) -> napi::Result<Unknown<'env>> {
        let raw = enter(*env, |state| {
            let known = self.known.borrow().get(&(id as u64)).copied();
            let value = known.map_or(ptr::null_mut(), |reference| get(state, reference));
            Ok(if value.is_null() { value::undefined(state) } else { value })
        })?;
        // SAFETY: a value of this environment.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
    }

    /// Forgets the object of this number, which may be another one's from now on.
    #[napi]
    pub fn remove(&self, env: Env, id: f64) -> napi::Result<()> {
        enter(env, |state| {
            let old = self.known.borrow_mut().remove(&(id as u64));
            self.delete(state, old);
            Ok(())
        })
    }
}

impl NativeIdentities {
    fn delete(&self, state: &EnvState, references: impl IntoIterator<Item = sys::napi_ref>) {
        for reference in references {
            // SAFETY: off the list, so it is deleted once, on its environment's thread.
            unsafe { sys::napi_delete_reference(state.env, reference) };
        }
    }
}

impl Drop for NativeIdentities {
    fn drop(&mut self) {
        let state = self.state.borrow().upgrade().filter(|state| state.shared.is_alive());
        if let Some(state) = state {
            let all = std::mem::take(self.known.get_mut());
            self.delete(&state, all.into_values());
        }
    }
}

fn get(state: &EnvState, reference: sys::napi_ref) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: a reference of this environment, on its thread.
    unsafe { sys::napi_get_reference_value(state.env, reference, &mut value) };
    value
}
