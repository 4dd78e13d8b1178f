//! Calls within limits.

use super::Executor;
use super::report::reported;
use crate::config::Limits;
use crate::error::{ErrCode, Error, Result};
use crate::runtime::{Func, Metered, Val, within};

impl Executor {
    /// Calls a function within limits of this call, those of the executor, and those of the function's
    /// instance.
    ///
    /// # Errors
    ///
    /// As [`invoke`](Executor::invoke); `execution interrupted`, `cost limit exceeded` or `call stack
    /// exhausted` with a line that names the limit; `generic runtime error` for a limit that does not
    /// apply to one call.
    ///
    /// ```
    /// use wasmspan::config::Limits;
    /// use wasmspan::{Config, ErrCode, Executor, Module, Store};
    /// let module = Module::new(r#"(module (func (export "spin") (loop (br 0))))"#)?;
    /// let executor = Executor::new(&Config::default());
    /// let instance = executor.instantiate(&Store::new(), &module)?;
    /// let spin = instance.get_func("spin").unwrap();
    /// let limits = Limits { time_ms: Some(20), ..Limits::default() };
    /// let error = executor.invoke_within(&spin, &[], &limits).unwrap_err();
    /// assert_eq!(error.code(), ErrCode::Interrupted);
    /// assert_eq!(error.details(), ["the time limit is 20 ms"]);
    /// assert!(error.is_timeout());
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn invoke_within(&self, func: &Func, params: &[Val], limits: &Limits) -> Result<Vec<Val>> {
        limits.check_for_call()?;
        let metered = Metered::new(&self.config, &self.statistics);
        if limits.cost.is_some() && !self.config.statistics.cost_measuring {
            let detail = "the limit `cost` does not apply: the executor measures no costs";
            return Err(Error::with_detail(ErrCode::RuntimeError, detail));
        }
        let all = self.config.limits.and(limits).and(&func.limits());
        within(&all, || match &metered {
            None => func.counted(|| func.call_bare(params)),
            Some(metered) => reported(metered, || {
                metered.run_within(limits.cost.unwrap_or(u64::MAX), || func.call_bare(params))
            }),
        })
    }
}
