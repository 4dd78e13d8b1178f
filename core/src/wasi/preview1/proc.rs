//! `proc_*` and `sched_yield`.

use super::{Call, Failure, Outcome, functions};
use crate::error::{Cause, ErrCode, Error, Result};
use crate::runtime::{Func, Instance};
use crate::wasi::Shared;
use crate::wasi::abi::Errno;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(super) fn define(instance: &Instance, shared: &Arc<Shared>) -> Result<()> {
    usual::define(instance, shared)?;
    let own = Arc::clone(shared);
    let exit = move |code: u32| -> Result<()> { Err(end(&own, code)) };
    instance.define("proc_exit", Func::wrap(exit)?)
}

/// The functions that have a result; `proc_exit` has none.
mod usual {
    use super::*;

    functions! {
        proc_raise(signal: u32);
        sched_yield();
    }
}

/// Ends the run with a code.
fn end(shared: &Shared, code: u32) -> Error {
    shared.exit_code.store(code, Ordering::SeqCst);
    Error::new(ErrCode::Terminated).because(Cause::Exit(code))
}

/// Signals that do nothing unless a program handles them, which no guest can: 0, PIPE, CHLD, CONT,
/// URG and WINCH.
const IGNORED: [u32; 6] = [0, 13, 16, 17, 22, 27];

/// Signals that stop a process until another goes on: STOP, TSTP, TTIN and TTOU.
const STOPPING: std::ops::RangeInclusive<u32> = 18..=21;

/// The largest number of a signal.
const LAST: u32 = 30;

/// Does to the guest what the signal does to a process that handles none: one that would be killed
/// ends with the code that shells give, 128 and the system's number. The host gets no signal.
fn proc_raise(call: &Call<'_>, signal: u32) -> Outcome {
    match signal {
        signal if IGNORED.contains(&signal) => Ok(()),
        signal if STOPPING.contains(&signal) => Err(Errno::NotSup.into()),
        0..=LAST => {
            // From 16 on the numbers of Linux are one higher.
            let number = if signal < 16 { signal } else { signal + 1 };
            Err(Failure::Stop(end(call.shared, 128 + number)))
        }
        _ => Err(Errno::Inval.into()),
    }
}

fn sched_yield(call: &Call<'_>) -> Outcome {
    std::thread::yield_now();
    call.check_interrupt()
}
