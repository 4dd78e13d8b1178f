//! What every call into an instance is under, however it is made: the limits of time, stack and
//! output that the instance was made with, and its counting.

use super::exec::{interruptible, with_stack};
use super::func::Func;
use super::instance::Instance;
use super::output::with_output;
use super::value::Val;
use super::wasm_instance::WasmInstance;
use crate::config::Limits;
use crate::error::{ErrCode, Error, Result};
use crate::interrupt::{Deadline, Interrupt};
use std::time::Duration;

/// Runs `call` with this much time, stack and output.
///
/// # Errors
///
/// Those of `call`; `execution interrupted` or `call stack exhausted` with a line that names the limit.
pub(crate) fn within<T>(limits: &Limits, call: impl FnOnce() -> Result<T>) -> Result<T> {
    let call = || match limits.stack_bytes {
        None => call(),
        Some(bytes) => with_stack(bytes, call),
    };
    let call = || match limits.output_bytes {
        None => call(),
        Some(bytes) => with_output(bytes, call),
    };
    match limits.time_ms {
        None => call(),
        Some(milliseconds) => {
            let interrupt = Interrupt::new();
            let time = Duration::from_millis(milliseconds);
            let _deadline = Deadline::after(time, &interrupt, time)?;
            interruptible(&interrupt, call)
        }
    }
}

impl WasmInstance {
    /// Whether calls need [`governed`](WasmInstance::governed).
    pub fn is_governed(&self) -> bool {
        self.metered.is_some() || self.config.limits.apply_to_calls()
    }

    /// Runs `call`, a call into this instance, within its limits, and counts unless the call around
    /// it counts already.
    pub fn governed<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        within(&self.config.limits, || self.counted(call))
    }

    fn counted<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        match &self.metered {
            Some(metered) => metered.unless_metered(call),
            None => call(),
        }
    }
}

impl Instance {
    /// Runs `calls`, several calls into this instance that are one to its user, under one set of its
    /// limits.
    pub(crate) fn governed<T>(&self, calls: impl FnOnce() -> Result<T>) -> Result<T> {
        match self.wasm().filter(|instance| instance.is_governed()) {
            Some(instance) => instance.governed(calls),
            None => calls(),
        }
    }
}

impl Func {
    /// The instance of a wasm function whose calls are limited or counted.
    pub(super) fn governor(&self) -> Option<&WasmInstance> {
        self.instance().filter(|instance| instance.is_governed())
    }

    /// Calls the function within limits of this call and those of its instance.
    ///
    /// # Errors
    ///
    /// As [`call`](Func::call); `execution interrupted`, `cost limit exceeded` or `call stack exhausted`
    /// with a line that names the limit; `generic runtime error` for a limit that does not apply to one
    /// call, or for one of cost where the instance measures none.
    ///
    /// ```
    /// use wasmspan::config::Limits;
    /// use wasmspan::{Module, Store};
    /// let module = Module::new(r#"(module (func (export "spin") (loop (br 0))))"#)?;
    /// let spin = module.instantiate(&Store::new())?.get_func("spin").unwrap();
    /// let limits = Limits { time_ms: Some(20), ..Limits::default() };
    /// assert!(spin.call_within(&[], &limits).unwrap_err().is_timeout());
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn call_within(&self, params: &[Val], limits: &Limits) -> Result<Vec<Val>> {
        limits.check_for_call()?;
        let metered = self.instance().and_then(|instance| instance.metered.as_ref());
        if limits.cost.is_some() && !metered.is_some_and(|it| it.options.cost_measuring) {
            let detail = "the limit `cost` does not apply: the instance measures no costs";
            return Err(Error::with_detail(ErrCode::RuntimeError, detail));
        }
        let call = || self.call_bare(params);
        within(&limits.and(&self.limits()), || match (metered, limits.cost) {
            (Some(metered), Some(cost)) => metered.run_within(cost, call),
            _ => self.counted(call),
        })
    }

    /// What limits every call of the function.
    pub(crate) fn limits(&self) -> Limits {
        self.instance().map_or_else(Limits::default, |instance| instance.config.limits)
    }

    /// Runs `call`, a call of this function for which its limits hold already; counts where its
    /// instance does, unless the call around it counts.
    pub(crate) fn counted<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        match self.governor() {
            Some(instance) => instance.counted(call),
            None => call(),
        }
    }
}
