//! The one way into the core.
//!
//! A call lets go of the interpreter while it compiles or runs, takes the instance for this thread,
//! and makes an exception of whatever goes wrong, a panic included.

use crate::error;
use crate::interpreter::{detached, kept};
use crate::lock;
use crate::owner::Owner;
use crate::signals;
use pyo3::prelude::*;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use wasmspan::config::Limits;
use wasmspan::{Instance, Interrupt, Result};

/// What may stop a call besides a trap.
#[derive(Default)]
pub struct Stops {
    /// The longest time it may take.
    pub timeout: Option<Duration>,
    /// What others may stop it with.
    pub interrupt: Option<Interrupt>,
    /// What it may use.
    pub limits: Option<Limits>,
}

impl Stops {
    /// Runs a call under time, of which some has passed, and interrupt; limits are for an executor.
    fn run<T>(&self, passed: Duration, call: impl FnOnce() -> Result<T>) -> Result<T> {
        match (&self.interrupt, self.timeout.map(|time| time.saturating_sub(passed))) {
            (None, None) => call(),
            (Some(interrupt), None) => interrupt.run(call),
            (Some(interrupt), Some(time)) => interrupt.run_within(time, call).0,
            (None, Some(time)) => Interrupt::new().run_within(time, call).0,
        }
    }
}

/// What ends a call's wait for its instance.
struct Waiting<'a> {
    owner: &'a Owner,
    stops: Option<&'a Stops>,
}

impl lock::Waiting for Waiting<'_> {
    /// That of the call, of its limits or of the instance's.
    #[cold]
    fn time(&self) -> Option<Duration> {
        let of_limits = |limits: &Limits| limits.time_ms.map(Duration::from_millis);
        let instance = self.owner.instance().map(Instance::executor);
        let times = [
            self.stops.and_then(|stops| stops.timeout),
            self.stops.and_then(|stops| stops.limits.as_ref().and_then(of_limits)),
            instance.and_then(|executor| of_limits(&executor.config().limits)),
        ];
        times.into_iter().flatten().min()
    }

    fn interrupt(&self) -> Option<&Interrupt> {
        self.stops.and_then(|stops| stops.interrupt.as_ref())
    }
}

/// Does something that may take long: compiles, instantiates, runs a command.
pub fn work<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    attempt(py, work)?.map_err(|failure| error::to_python(py, &failure))
}

/// As [`work`], for callers that make the exception themselves.
pub fn attempt<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T> + Send,
) -> PyResult<Result<T>> {
    signals::look_at_faults();
    let guarded = signals::guard();
    let outcome = detached(py, || catch_unwind(AssertUnwindSafe(work)));
    guarded.leave(py)?;
    outcome.map_err(|panic| panicked(py, panic))
}

/// Runs a guest. `owner` is the instance that is entered, if it is one that Python made.
#[inline]
pub fn run<T: Send>(
    py: Python<'_>,
    owner: Option<&Owner>,
    stops: Option<&Stops>,
    call: impl FnOnce() -> Result<T> + Send,
) -> PyResult<T> {
    let entered = match owner {
        Some(owner) => Some(owner.lock.enter(py, &Waiting { owner, stops })?),
        None => None,
    };
    let waited = entered.as_ref().map_or(Duration::ZERO, |entered| entered.waited);
    signals::look_at_faults();
    let call = || {
        catch_unwind(AssertUnwindSafe(|| match stops {
            None => call(),
            Some(stops) => stops.run(waited, call),
        }))
    };
    let outcome = match owner {
        Some(owner) if owner.lock.keeps_interpreter => kept(call),
        _ => {
            let guarded = signals::guard();
            let outcome = detached(py, call);
            guarded.leave(py)?;
            outcome
        }
    };
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(failure)) => Err(error::to_python(py, &failure)),
        Err(panic) => Err(panicked(py, panic)),
    }
}

/// Runs a guest that is certain to end in less time than letting go of the interpreter takes.
#[inline]
pub fn run_briefly(
    py: Python<'_>,
    owner: Option<&Owner>,
    call: impl FnOnce() -> Result<()>,
) -> PyResult<()> {
    let _entered = match owner {
        Some(owner) => Some(owner.lock.enter(py, &Waiting { owner, stops: None })?),
        None => None,
    };
    signals::look_at_faults();
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(failure)) => Err(error::to_python(py, &failure)),
        Err(panic) => Err(panicked(py, panic)),
    }
}

/// The exception for a panic.
#[cold]
pub fn panicked(py: Python<'_>, panic: Box<dyn Any + Send>) -> PyErr {
    error::to_python(py, &wasmspan::log::fault(panic))
}
