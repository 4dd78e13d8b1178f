//! Functions whose types the Rust compiler knows.

use super::binding::RawFunc;
use super::exec::{Caller, Exec};
use super::extern_ref::ExternRef;
use super::func::{Func, body_of, dispatch};
use crate::abi::{ExecCtx, FuncRef, HostFuncCtx};
use crate::error::{ErrCode, Error, Result};
use crate::types::{FuncType, ValType};
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// Slots of a typed call: as many as the longest tuple has.
const MAX_TYPED: usize = 16;

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that stands for a WebAssembly value type.
///
/// `u32` and `u64` are `i32` and `i64`; `u128` is `v128`; `Option<Func>` and `Option<ExternRef>`
/// are the reference types.
pub trait WasmTy: sealed::Sealed + Send + Sync + Sized {
    /// The value type.
    #[doc(hidden)]
    const TYPE: ValType;

    /// Writes the value into a slot; it must outlive a reference's use.
    #[doc(hidden)]
    unsafe fn store(&self, slot: *mut u128);

    /// Reads the value from a slot that holds one of this type.
    #[doc(hidden)]
    unsafe fn load(slot: *const u128) -> Self;

    /// Keeps a referenced object alive until the thread's outermost call ends.
    #[doc(hidden)]
    #[inline(always)]
    unsafe fn pin(&self, exec: *mut ()) {
        let _ = exec;
    }
}

macro_rules! plain_types {
    ($($rust:ty => $wasm:ident;)*) => {$(
        impl sealed::Sealed for $rust {}
        impl WasmTy for $rust {
            const TYPE: ValType = ValType::$wasm;
            #[inline(always)]
            unsafe fn store(&self, slot: *mut u128) {
                // SAFETY: a slot has room for every value.
                unsafe { slot.cast::<$rust>().write(*self) }
            }
            #[inline(always)]
            unsafe fn load(slot: *const u128) -> $rust {
                // SAFETY: the caller says that the slot holds this type.
                unsafe { slot.cast::<$rust>().read() }
            }
        }
    )*};
}

plain_types! {
    i32 => I32;
    u32 => I32;
    i64 => I64;
    u64 => I64;
    f32 => F32;
    f64 => F64;
    u128 => V128;
}

impl sealed::Sealed for Option<Func> {}
impl WasmTy for Option<Func> {
    const TYPE: ValType = ValType::FuncRef;
    unsafe fn store(&self, slot: *mut u128) {
        // SAFETY: a slot has room for every value.
        unsafe { slot.cast::<usize>().write(self.as_ref().map_or(0, Func::as_raw)) }
    }
    unsafe fn load(slot: *const u128) -> Option<Func> {
        // SAFETY: the slot holds a function reference, whose target is alive.
        unsafe { NonNull::new(slot.cast::<*mut FuncRef>().read()).map(|func| Func::from_raw(func)) }
    }
    unsafe fn pin(&self, exec: *mut ()) {
        if let Some(func) = self {
            // SAFETY: the pointer is the thread's state.
            unsafe { (*exec.cast::<Exec>()).pin_node(func.owner().clone()) };
        }
    }
}

impl sealed::Sealed for Option<ExternRef> {}
impl WasmTy for Option<ExternRef> {
    const TYPE: ValType = ValType::ExternRef;
    unsafe fn store(&self, slot: *mut u128) {
        // SAFETY: a slot has room for every value.
        unsafe { slot.cast::<usize>().write(self.as_ref().map_or(0, ExternRef::address)) }
    }
    unsafe fn load(slot: *const u128) -> Option<ExternRef> {
        // SAFETY: the slot holds a reference to a live object.
        unsafe {
            let word = slot.cast::<usize>().read();
            (word != 0).then(|| ExternRef::another(word))
        }
    }
    unsafe fn pin(&self, exec: *mut ()) {
        if let Some(object) = self {
            // SAFETY: the pointer is the thread's state.
            unsafe { (*exec.cast::<Exec>()).pin_extern(object.clone()) };
        }
    }
}

/// Parameters of a typed function: one value, or a tuple of up to 16.
pub trait WasmParams: sealed::Sealed {
    /// The parameter types.
    #[doc(hidden)]
    fn types() -> Vec<ValType>;

    /// Writes the values into consecutive slots.
    #[doc(hidden)]
    unsafe fn store(&self, slots: *mut u128);
}

/// Results of a typed function: nothing, one value, or a tuple of up to 16.
pub trait WasmResults: sealed::Sealed + Sized {
    /// The result types.
    #[doc(hidden)]
    fn types() -> Vec<ValType>;

    /// Reads the values from consecutive slots.
    #[doc(hidden)]
    unsafe fn load(slots: *const u128) -> Self;
}

impl<T: WasmTy> WasmParams for T {
    fn types() -> Vec<ValType> {
        vec![T::TYPE]
    }
    #[inline(always)]
    unsafe fn store(&self, slots: *mut u128) {
        // SAFETY: the caller provides a slot.
        unsafe { WasmTy::store(self, slots) }
    }
}

impl<T: WasmTy> WasmResults for T {
    fn types() -> Vec<ValType> {
        vec![T::TYPE]
    }
    #[inline(always)]
    unsafe fn load(slots: *const u128) -> T {
        // SAFETY: the caller says that the slot holds this type.
        unsafe { T::load(slots) }
    }
}

/// What a host closure may return: results, or a `Result` of them.
pub trait HostResult {
    /// The results.
    #[doc(hidden)]
    type Values: HostValues;
    /// Values or error.
    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Values>;
}

/// Results of a host closure.
#[doc(hidden)]
pub trait HostValues: WasmResults {
    /// Writes the values into consecutive slots and keeps references alive.
    unsafe fn store(self, exec: *mut (), slots: *mut u128);
}

impl<T: HostValues> HostResult for T {
    type Values = T;
    #[inline(always)]
    fn into_result(self) -> Result<T> {
        Ok(self)
    }
}

impl<T: HostValues> HostResult for Result<T> {
    type Values = T;
    #[inline(always)]
    fn into_result(self) -> Result<T> {
        self
    }
}

impl<T: WasmTy> HostValues for T {
    #[inline(always)]
    unsafe fn store(self, exec: *mut (), slots: *mut u128) {
        // SAFETY: the caller provides a slot and the thread's state.
        unsafe {
            self.pin(exec);
            WasmTy::store(&self, slots);
        }
    }
}

/// A closure that can become a host function; see [`Func::wrap`].
pub trait IntoFunc<P, R, M>: Send + Sync + 'static {
    /// Makes the function.
    #[doc(hidden)]
    fn into_func(self) -> Result<Func>;
}

/// Marks closures that take a [`Caller`] first.
#[doc(hidden)]
pub struct WithCaller;

/// Marks closures that take only values.
#[doc(hidden)]
pub struct WithoutCaller;

macro_rules! tuples {
    ($(($($name:ident $at:tt),*))*) => {$(
        impl<$($name: WasmTy),*> sealed::Sealed for ($($name,)*) {}

        #[allow(unused_variables)]
        impl<$($name: WasmTy),*> WasmParams for ($($name,)*) {
            fn types() -> Vec<ValType> {
                vec![$($name::TYPE),*]
            }
            #[inline(always)]
            unsafe fn store(&self, slots: *mut u128) {
                // SAFETY: the caller provides a slot for each value.
                #[allow(unused_unsafe)]
                unsafe { $(WasmTy::store(&self.$at, slots.add($at));)* }
            }
        }

        #[allow(unused_variables, clippy::unused_unit)]
        impl<$($name: WasmTy),*> WasmResults for ($($name,)*) {
            fn types() -> Vec<ValType> {
                vec![$($name::TYPE),*]
            }
            #[inline(always)]
            unsafe fn load(slots: *const u128) -> Self {
                // SAFETY: the caller says that the slots hold these types.
                #[allow(unused_unsafe)]
                unsafe { ($(<$name as WasmTy>::load(slots.add($at)),)*) }
            }
        }

        #[allow(unused_variables)]
        impl<$($name: WasmTy),*> HostValues for ($($name,)*) {
            #[inline(always)]
            unsafe fn store(self, exec: *mut (), slots: *mut u128) {
                // SAFETY: the caller provides a slot for each value and the thread's state.
                #[allow(unused_unsafe)]
                unsafe { $(
                    self.$at.pin(exec);
                    WasmTy::store(&self.$at, slots.add($at));
                )* }
            }
        }

        impl<F, R, $($name),*> IntoFunc<($($name,)*), R, WithoutCaller> for F
        where
            F: Fn($($name),*) -> R + Send + Sync + 'static,
            R: HostResult + 'static,
            $($name: WasmTy + 'static,)*
        {
            fn into_func(self) -> Result<Func> {
                #[allow(unused_variables)]
                unsafe extern "C" fn call<F, R, $($name),*>(
                    host: *mut HostFuncCtx,
                    exec: *mut ExecCtx,
                    slots: *mut u128,
                ) where
                    F: Fn($($name),*) -> R + Send + Sync + 'static,
                    R: HostResult,
                    $($name: WasmTy,)*
                {
                    // SAFETY: the exit stub passes the function's own head, the thread's state,
                    // and slots that hold the parameters.
                    unsafe {
                        let (body, _) = body_of::<F>(host);
                        dispatch(host, exec, |_, exec| {
                            let values = body($(<$name as WasmTy>::load(slots.add($at))),*);
                            values.into_result()?.store(exec.cast(), slots);
                            Ok(())
                        });
                    }
                }
                let ty = FuncType::new([$($name::TYPE),*], <R::Values as WasmResults>::types());
                Func::from_host(&ty, call::<F, R, $($name),*>, self)
            }
        }

        impl<F, R, $($name),*> IntoFunc<($($name,)*), R, WithCaller> for F
        where
            F: Fn(Caller<'_>, $($name),*) -> R + Send + Sync + 'static,
            R: HostResult + 'static,
            $($name: WasmTy + 'static,)*
        {
            fn into_func(self) -> Result<Func> {
                #[allow(unused_variables)]
                unsafe extern "C" fn call<F, R, $($name),*>(
                    host: *mut HostFuncCtx,
                    exec: *mut ExecCtx,
                    slots: *mut u128,
                ) where
                    F: Fn(Caller<'_>, $($name),*) -> R + Send + Sync + 'static,
                    R: HostResult,
                    $($name: WasmTy,)*
                {
                    // SAFETY: as above.
                    unsafe {
                        let (body, _) = body_of::<F>(host);
                        dispatch(host, exec, |caller, exec| {
                            let values = body(caller, $(<$name as WasmTy>::load(slots.add($at))),*);
                            values.into_result()?.store(exec.cast(), slots);
                            Ok(())
                        });
                    }
                }
                let ty = FuncType::new([$($name::TYPE),*], <R::Values as WasmResults>::types());
                Func::from_host(&ty, call::<F, R, $($name),*>, self)
            }
        }
    )*};
}

tuples! {
    ()
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, G 5)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, N 11)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, N 11, O 12)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, N 11, O 12, P 13)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, N 11, O 12, P 13, Q 14)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, N 11, O 12, P 13, Q 14, S 15)
}

/// A function with a type known to the compiler; see [`Func::typed`].
pub struct TypedFunc<P, R> {
    raw: RawFunc,
    types: PhantomData<fn(P) -> R>,
}

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    pub(super) fn new(func: Func) -> Result<TypedFunc<P, R>> {
        let wanted = FuncType::new(P::types(), R::types());
        if *func.ty() != wanted {
            let error = Error::new(ErrCode::FuncSigMismatch);
            return Err(error.mismatched("function type", func.ty(), &wanted));
        }
        Ok(TypedFunc { raw: RawFunc::new(&func)?, types: PhantomData })
    }

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// The trap, or the error of the host function, that ended the call.
    #[inline]
    pub fn call(&self, params: P) -> Result<R> {
        let mut slots = [const { MaybeUninit::<u128>::uninit() }; MAX_TYPED];
        let slots = slots.as_mut_ptr().cast::<u128>();
        // SAFETY: the types were compared when `self` was made; there are slots for the longest
        // tuple; `params` lives until the call has returned.
        let result = unsafe {
            params.store(slots);
            self.raw.call(slots, || R::load(slots))
        };
        drop(params);
        result
    }

    /// The function without its type.
    pub fn func(&self) -> &Func {
        self.raw.func()
    }
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        TypedFunc { raw: self.raw.clone(), types: self.types }
    }
}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.raw.func(), f)
    }
}
