//! Calls of functions with C's values.

use crate::abi::{WasmEdge_Value, write_halves};
use crate::function::FunctionObject;
use std::mem::MaybeUninit;
use wasmspan::{ErrCode, Error, Executor, FuncType, Val};

/// Values of a call that fit on the stack; calls with more allocate.
const INLINE: usize = 16;

impl FunctionObject {
    /// Calls the function; results beyond `return_len` are dropped.
    ///
    /// # Safety
    ///
    /// `params` and `returns` must be as long as said, or null.
    #[inline]
    pub unsafe fn call(
        &self,
        params: *const WasmEdge_Value,
        param_len: u32,
        returns: *mut WasmEdge_Value,
        return_len: u32,
    ) -> wasmspan::Result<()> {
        let count = self.slot_count();
        if !self.numbers || count > INLINE {
            // SAFETY: the caller's promise.
            return unsafe {
                self.call_any(
                    |params| self.func().call(params),
                    params,
                    param_len,
                    returns,
                    return_len,
                )
            };
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
            func.call(slots, || {
                let wanted = if returns.is_null() { 0 } else { return_len as usize };
                for (at, ty) in self.results.iter().take(wanted).enumerate() {
                    write_halves(returns.add(at), slots.add(at), *ty);
                }
            })
        }
    }

    /// As [`call`](FunctionObject::call), through an executor.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    pub unsafe fn call_through(
        &self,
        executor: &Executor,
        params: *const WasmEdge_Value,
        param_len: u32,
        returns: *mut WasmEdge_Value,
        return_len: u32,
    ) -> wasmspan::Result<()> {
        // SAFETY: the caller's promise.
        unsafe {
            if !executor.governs() {
                return self.call(params, param_len, returns, return_len);
            }
            let invoke = |params: &[Val]| executor.invoke(self.func(), params);
            self.call_any(invoke, params, param_len, returns, return_len)
        }
    }

    /// Calls with references, or with many values, or what counts and limits.
    #[cold]
    unsafe fn call_any(
        &self,
        call: impl FnOnce(&[Val]) -> wasmspan::Result<Vec<Val>>,
        params: *const WasmEdge_Value,
        param_len: u32,
        returns: *mut WasmEdge_Value,
        return_len: u32,
    ) -> wasmspan::Result<()> {
        // SAFETY: the caller's promise.
        let results = call(&unsafe { values(params, param_len)? })?;
        let results = results.iter().map(|value| WasmEdge_Value::from_val(value, &self.lent));
        // SAFETY: the caller's promise.
        unsafe { crate::enter::fill(returns, return_len, results) };
        Ok(())
    }

    #[cold]
    unsafe fn mismatch(&self, params: *const WasmEdge_Value, param_len: u32) -> Error {
        let got = (0..param_len as usize)
            .take_while(|_| !params.is_null())
            // SAFETY: the caller's promise.
            .filter_map(|at| crate::types::val_type(unsafe { (*params.add(at)).Type }));
        let got = FuncType::new(got, self.func().ty().results().iter().copied());
        Error::new(ErrCode::FuncSigMismatch).mismatched("function type", self.func().ty(), &got)
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
