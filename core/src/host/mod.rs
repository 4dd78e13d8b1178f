//! Functions of the host, made from closures.

use crate::error::{ErrCode, Error, Result};
use crate::executor::prepare_stubs;
use crate::limits::MAX_RECORDS;
use crate::runtime::{Caller, Func, IntoFunc, Slots, Val};
use crate::types::FuncType;

impl Func {
    /// Makes a host function of type `ty` from a closure, which gets the parameters and fills the
    /// results; the results start as zero or null.
    ///
    /// # Errors
    ///
    /// If there is no room for the call stub of a new function type.
    pub fn new<F>(ty: FuncType, body: F) -> Result<Func>
    where
        F: Fn(Caller<'_>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    {
        prepare_stubs();
        Func::from_untyped(&ty, body)
    }

    /// Makes a host function of type `ty` from a closure that reads parameters from raw slots and
    /// writes results into them; what it writes must be values of the result types. For bindings.
    ///
    /// # Errors
    ///
    /// If there is no room for the call stub of a new function type.
    #[doc(hidden)]
    pub fn from_slots<F>(ty: &FuncType, body: F) -> Result<Func>
    where
        F: Fn(&Caller<'_>, Slots<'_>) -> Result<()> + Send + Sync + 'static,
    {
        prepare_stubs();
        Func::from_raw_slots(ty, body)
    }

    /// As [`from_slots`](Func::from_slots), for types without references, with records of 32 bytes: a
    /// value in 16 bytes, zero above it, and then its type's byte as a number of 16 bytes. The
    /// parameters come first; the results, which start as zero, follow them.
    ///
    /// # Errors
    ///
    /// `function signature mismatch` if the type has references or needs more than
    /// [`MAX_RECORDS`](crate::limits::MAX_RECORDS); as there.
    #[doc(hidden)]
    pub fn from_records<F>(ty: &FuncType, body: F) -> Result<Func>
    where
        F: Fn(&Caller<'_>, *mut u128) -> Result<()> + Send + Sync + 'static,
    {
        prepare_stubs();
        if !Func::can_pass_records(ty) {
            let detail = format!("{ty} has references or too many values for records");
            return Err(Error::with_detail(ErrCode::FuncSigMismatch, detail));
        }
        Func::from_raw_records(ty, body)
    }

    /// Whether [`from_records`](Func::from_records) makes functions of this type.
    #[doc(hidden)]
    pub fn can_pass_records(ty: &FuncType) -> bool {
        let types = ty.params().iter().chain(ty.results());
        types.clone().count() <= MAX_RECORDS && !types.clone().any(|ty| ty.is_ref())
    }

    /// As [`new`](Func::new), for types without references: the closure finds the parameters in
    /// slots of 16 bytes, low byte first and zero above the value, and leaves the results there. There
    /// are as many slots as the larger of the two numbers.
    ///
    /// # Errors
    ///
    /// `function signature mismatch` if the type has references; as [`new`](Func::new).
    pub fn with_slots<F>(ty: FuncType, body: F) -> Result<Func>
    where
        F: Fn(Caller<'_>, &mut [u128]) -> Result<()> + Send + Sync + 'static,
    {
        prepare_stubs();
        Func::from_number_slots(&ty, body)
    }

    /// Makes a host function from a closure with typed parameters, optionally preceded by a
    /// [`Caller`]; it returns a value, a tuple of values, or a `Result` of either.
    ///
    /// # Errors
    ///
    /// If there is no room for the call stub of a new function type.
    ///
    /// ```
    /// use wasmspan::Func;
    /// let add = Func::wrap(|a: i32, b: i32| a + b)?;
    /// assert_eq!(add.typed::<(i32, i32), i32>()?.call((2, 3))?, 5);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn wrap<P, R, M>(body: impl IntoFunc<P, R, M>) -> Result<Func> {
        prepare_stubs();
        body.into_func()
    }
}
