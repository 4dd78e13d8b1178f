//! Functions of numbers and vectors that are called, and made, through value slots.
//!
//! Hosts that learn types at run time convert their values straight into slots of 16 bytes, low byte
//! first, and out of them: no `Val`, no allocation. References need counting, so functions that have
//! any in their type go the way of [`Func::call`].

use super::binding::RawFunc;
use super::exec::Caller;
use super::func::{Func, body_of, dispatch};
use crate::abi::{ExecCtx, HostFuncCtx};
use crate::error::{ErrCode, Error, Result};
use crate::types::{FuncType, ValType};

/// A function whose parameters and results are numbers or vectors; see [`Func::slots`].
#[derive(Clone, Debug)]
pub struct SlotFunc {
    raw: RawFunc,
    count: usize,
}

impl Func {
    /// The function called through slots; `None` if its type has references.
    ///
    /// # Errors
    ///
    /// If there is no room for the call stub of a new function type.
    ///
    /// ```
    /// use wasmspan::Func;
    /// let add = Func::wrap(|a: i32, b: i32| a + b)?.slots()?.expect("only numbers");
    /// let mut slots = [2, 3];
    /// add.call(&mut slots)?;
    /// assert_eq!(slots[0] as i32, 5);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn slots(&self) -> Result<Option<SlotFunc>> {
        if has_references(self.ty()) {
            return Ok(None);
        }
        Ok(Some(SlotFunc { raw: RawFunc::new(self)?, count: slot_count(self.ty()) }))
    }

    /// Makes a host function that finds its parameters in the slots and leaves its results there.
    pub(crate) fn from_number_slots<F>(ty: &FuncType, body: F) -> Result<Func>
    where
        F: Fn(Caller<'_>, &mut [u128]) -> Result<()> + Send + Sync + 'static,
    {
        if has_references(ty) {
            return Err(Error::with_detail(
                ErrCode::FuncSigMismatch,
                format!("{ty} has references, which don't go through slots"),
            ));
        }
        Func::from_host(ty, call_slots::<F>, body)
    }
}

impl SlotFunc {
    /// Calls the function with the parameters in the first slots; its results replace them. Bits of
    /// a slot above the value's size mean nothing.
    ///
    /// # Errors
    ///
    /// `function signature mismatch` if there are fewer slots than parameters or results; else the
    /// trap, or the error of the host function, that ended the call.
    #[inline]
    pub fn call(&self, slots: &mut [u128]) -> Result<()> {
        if slots.len() < self.count {
            return Err(Error::with_detail(
                ErrCode::FuncSigMismatch,
                format!("{} slots are needed, {} are given", self.count, slots.len()),
            ));
        }
        // SAFETY: there are slots enough, and every content is a value of a number type.
        unsafe { self.raw.call(slots.as_mut_ptr(), || ()) }
    }

    /// Slots that a call needs: the larger of the numbers of parameters and results.
    pub fn slot_count(&self) -> usize {
        self.count
    }

    /// The function without its slots.
    pub fn func(&self) -> &Func {
        self.raw.func()
    }
}

fn slot_count(ty: &FuncType) -> usize {
    ty.params().len().max(ty.results().len())
}

fn has_references(ty: &FuncType) -> bool {
    ty.params().iter().chain(ty.results()).any(|ty| ty.is_ref())
}

/// Calls a closure with its slots.
unsafe extern "C" fn call_slots<F>(host: *mut HostFuncCtx, exec: *mut ExecCtx, slots: *mut u128)
where
    F: Fn(Caller<'_>, &mut [u128]) -> Result<()> + Send + Sync + 'static,
{
    // SAFETY: the exit stub passes the function's own head, the thread's state, and slots for
    // parameters and results. Of a parameter it has written only the value's own bytes; the rest is
    // cleared before anyone reads it.
    unsafe {
        let (body, signature) = body_of::<F>(host);
        let ty = &signature.ty;
        let count = slot_count(ty);
        for at in 0..count {
            let slot = slots.add(at);
            slot.write(match ty.params().get(at) {
                None => 0,
                Some(ValType::I32 | ValType::F32) => slot.cast::<u32>().read().into(),
                Some(ValType::I64 | ValType::F64) => slot.cast::<u64>().read().into(),
                Some(_) => slot.read(),
            });
        }
        let slots = std::slice::from_raw_parts_mut(slots, count);
        dispatch(host, exec, |caller, _| body(caller, slots));
    }
}
