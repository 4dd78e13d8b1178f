//! Why something failed, as facts that a program can act on.

use super::{ErrCode, Error, Kind, Phase};
use crate::types::ExternType;
use std::sync::Arc;
use std::time::Duration;

/// Why something failed; see [`Error::cause`].
///
/// Every language's classes of errors come from one match on it. A minor release may add variants.
///
/// ```
/// use wasmspan::{Cause, Module, Store};
/// let module = Module::new(r#"(module (import "env" "log" (func (param i32))))"#)?;
/// let error = module.instantiate(&Store::new()).unwrap_err();
/// let Cause::Imports(imports) = error.cause() else { panic!("{error}") };
/// assert_eq!((&*imports[0].module, &*imports[0].name), ("env", "log"));
/// assert!(imports[0].found.is_none());
/// # Ok::<(), wasmspan::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// The call has used up its time; this is the limit.
    Timeout(Duration),
    /// Somebody asked the call to stop.
    Interrupted,
    /// The call has written as much output as it may; this is the limit in bytes.
    OutputLimit(u64),
    /// The call would cost more than it may.
    CostLimit,
    /// The call has used up its stack.
    StackOverflow,
    /// There is no room for a memory, by a limit or because the system has none.
    OutOfMemory,
    /// The guest ended itself with this exit code, or a host function did.
    Exit(u32),
    /// The guest did what WebAssembly doesn't allow; [`Error::code`] says what.
    Trap,
    /// A host function failed; its own error may be the [source](std::error::Error::source).
    HostError,
    /// A host function failed with a number of its own.
    User(u32),
    /// Code of the host panicked.
    Panic,
    /// This library panicked, which is a fault of it to be reported.
    Fault,
    /// Imports that nobody gave, or that don't fit, in the module's order.
    Imports(Arc<[ImportFault]>),
    /// The module needs a proposal that is switched off, or which this engine doesn't have.
    Unsupported {
        /// The proposal's name.
        proposal: &'static str,
        /// Whether it can be switched on.
        available: bool,
    },
    /// The module isn't well-formed.
    Malformed,
    /// The module isn't valid.
    Invalid,
    /// The module can't be instantiated for another reason than its imports.
    Instantiation,
    /// A wrong use of the interface, a file that can't be read, or a step out of order.
    Usage,
}

/// An import at fault.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportFault {
    /// Module and name that the import has.
    pub module: String,
    /// The name within that module.
    pub name: String,
    /// What is imported.
    pub wanted: ExternType,
    /// What was found in its place; `None` if nothing was.
    pub found: Option<ExternType>,
    /// Why it is at fault, in words.
    pub reason: String,
}

impl Error {
    /// Why it happened.
    pub fn cause(&self) -> Cause {
        if let Some(cause) = &self.0.cause {
            return cause.clone();
        }
        let code = match self.0.kind {
            Kind::User(number) => return Cause::User(number),
            Kind::Unknown(_) => return Cause::Usage,
            Kind::Wasm(code) => code,
        };
        match code {
            ErrCode::Interrupted => Cause::Interrupted,
            ErrCode::CostLimitExceeded => Cause::CostLimit,
            ErrCode::StackOverflow => Cause::StackOverflow,
            ErrCode::Terminated => Cause::Exit(0),
            ErrCode::HostFuncError => Cause::HostError,
            ErrCode::IllegalPath
            | ErrCode::ReadError
            | ErrCode::ModuleNameConflict
            | ErrCode::FuncSigMismatch
            | ErrCode::WrongInstanceAddress => Cause::Usage,
            code => match code.phase() {
                Phase::Loading => Cause::Malformed,
                Phase::Validation => Cause::Invalid,
                Phase::Instantiation => Cause::Instantiation,
                Phase::Execution => Cause::Trap,
                Phase::Runtime => Cause::Usage,
            },
        }
    }

    /// Says why, where the code doesn't.
    pub(crate) fn because(mut self, cause: Cause) -> Error {
        Arc::make_mut(&mut self.0).cause = Some(cause);
        self
    }

    /// The same error of a call that has used up its time.
    #[doc(hidden)]
    pub fn timed_out(self, limit: Duration) -> Error {
        self.detail(time_limit(limit)).because(Cause::Timeout(limit))
    }

    /// True if the call was stopped because a limit of its time was reached.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.cause, Some(Cause::Timeout(_)))
    }

    /// Whether the system had no room for a memory. What is not needed any more could be let go.
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self.0.cause, Some(Cause::OutOfMemory))
    }

    /// True if code of the host panicked while wasm ran, or this crate did, which is a fault of it: its
    /// details ask to report it.
    ///
    /// ```
    /// use wasmspan::{Func, FuncType};
    /// let bad = Func::new(FuncType::new([], []), |_, _, _| panic!("oh no"))?;
    /// assert!(bad.call(&[]).is_err_and(|error| error.is_panic()));
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn is_panic(&self) -> bool {
        matches!(self.0.cause, Some(Cause::Panic | Cause::Fault))
    }
}

/// What a limit of time is called, wherever one ends something.
#[doc(hidden)]
pub fn time_limit(limit: Duration) -> String {
    format!("the time limit is {} ms", limit.as_secs_f64() * 1000.0)
}
