//! `proc_exit` and `sched_yield`.

use super::{Call, Outcome};
use crate::error::{ErrCode, Error, Result};
use crate::runtime::{Caller, Func, Instance};
use crate::wasi::Shared;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(super) fn define(instance: &Instance, shared: &Arc<Shared>) -> Result<()> {
    let own = Arc::clone(shared);
    let exit = move |code: u32| proc_exit(&own, code);
    instance.define("proc_exit", Func::wrap(exit)?)?;
    let own = Arc::clone(shared);
    let sched = move |caller: Caller<'_>| super::finish(sched_yield(&Call::new(&caller, &own)));
    instance.define("sched_yield", Func::wrap(sched)?)
}

/// Ends the run. It has no result, so that it is the one function outside the usual form.
fn proc_exit(shared: &Shared, code: u32) -> Result<()> {
    shared.exit_code.store(code, Ordering::SeqCst);
    Err(Error::new(ErrCode::Terminated))
}

fn sched_yield(call: &Call<'_>) -> Outcome {
    std::thread::yield_now();
    call.check_interrupt()
}
