//! The functions of `wasi_snapshot_preview1` and `wasi_unstable`, a file for each family.
//!
//! A function takes a [`Call`] and its parameters, and gives a [`Outcome`]: nothing, an error number
//! for the guest, or an error that ends the run.

mod addrinfo;
mod args;
mod clock;
mod fd;
mod io;
mod list;
mod path;
mod poll;
mod proc;
mod random;
mod sock;
mod unstable;

pub(super) use sock::unlist_second as unlist_second_sockets;
pub(super) use unstable::define as define_unstable;

use super::Shared;
use super::abi::Errno;
use super::ctx::Ctx;
use super::fds::Descriptor;
use super::outcome::{Failure, Outcome};
use crate::error::{ErrCode, Error, Result};
use crate::runtime::{Caller, Instance, Memory};
use std::sync::Arc;

/// Puts every function into the module.
pub(super) fn define(instance: &Instance, shared: &Arc<Shared>) -> Result<()> {
    addrinfo::define(instance, shared)?;
    args::define(instance, shared)?;
    clock::define(instance, shared)?;
    fd::define(instance, shared)?;
    io::define(instance, shared)?;
    list::define(instance, shared)?;
    path::define(instance, shared)?;
    poll::define(instance, shared)?;
    proc::define(instance, shared)?;
    random::define(instance, shared)?;
    sock::define(instance, shared)
}

/// A host function that calls a function of this module with a [`Call`].
macro_rules! function {
    ($shared:expr, $name:ident($($arg:ident: $ty:ty),*)) => {{
        let shared = std::sync::Arc::clone($shared);
        $crate::runtime::Func::wrap(
            move |caller: $crate::runtime::Caller<'_>, $($arg: $ty),*| {
                $crate::wasi::preview1::finish($name(&Call::new(&caller, &shared), $($arg),*))
            },
        )
    }};
}
use function;

/// Wraps functions of a family and puts them into the module under their own names.
macro_rules! functions {
    ($($name:ident($($arg:ident: $ty:ty),*);)*) => {
        pub(super) fn define(
            instance: &$crate::runtime::Instance,
            shared: &std::sync::Arc<$crate::wasi::Shared>,
        ) -> $crate::error::Result<()> {
            $(
                let func = $crate::wasi::preview1::function!(shared, $name($($arg: $ty),*))?;
                instance.define(stringify!($name), func)?;
            )*
            Ok(())
        }
    };
}
use functions;

/// What the guest sees of an outcome.
fn finish(outcome: Outcome) -> Result<i32> {
    match outcome {
        Ok(()) => Ok(Errno::Success as i32),
        Err(Failure::Errno(errno)) => Ok(errno as i32),
        Err(Failure::Stop(error)) => Err(error),
    }
}

/// One call of a function: the guest that called, and its environment.
struct Call<'a> {
    caller: &'a Caller<'a>,
    shared: &'a Shared,
}

impl<'a> Call<'a> {
    fn new(caller: &'a Caller<'a>, shared: &'a Shared) -> Call<'a> {
        Call { caller, shared }
    }

    fn ctx(&self) -> Arc<Ctx> {
        self.shared.ctx()
    }

    /// An open descriptor.
    fn descriptor(&self, fd: u32) -> Outcome<Arc<Descriptor>> {
        Ok(self.ctx().descriptors.get(fd)?)
    }

    /// Descriptors that the guest's executor lets it have open.
    fn most_descriptors(&self) -> usize {
        let most = self.caller.limits().open_files;
        most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
    }

    /// Adds a descriptor.
    fn insert(&self, descriptor: Descriptor) -> Outcome<u32> {
        Ok(self.ctx().descriptors.insert_within(descriptor, self.most_descriptors())?)
    }

    /// The guest's memory, or the one that was set for callers without; without any every pointer is
    /// bad.
    fn memory(&self) -> Outcome<GuestMemory> {
        let memory = self.caller.memory(0).or_else(|| self.shared.memory());
        Ok(GuestMemory(memory.ok_or(Errno::Fault)?))
    }

    /// Fails if somebody asked the run to stop; for functions that work or wait for long.
    fn check_interrupt(&self) -> Outcome {
        match self.caller.interrupt() {
            Some(interrupt) if interrupt.is_requested() => Err(Call::interrupted()),
            _ => Ok(()),
        }
    }

    /// What a function that waits gave: an interrupted wait ends the run if that was asked for.
    fn waited<T>(&self, result: std::result::Result<T, Errno>) -> Outcome<T> {
        if let Err(Errno::Intr) = result {
            self.check_interrupt()?;
        }
        Ok(result?)
    }

    fn interrupted() -> Failure {
        Failure::Stop(Error::new(ErrCode::Interrupted))
    }
}

/// A guest's memory, in which every bad address is `Fault`.
struct GuestMemory(Memory);

impl GuestMemory {
    /// Checks that a range lies in the memory.
    fn check(&self, at: u32, len: u64) -> Outcome {
        match u64::from(at).checked_add(len) {
            Some(end) if end <= self.0.len() as u64 => Ok(()),
            _ => Err(Errno::Fault.into()),
        }
    }

    fn read(&self, at: u32, len: usize) -> Outcome<Vec<u8>> {
        self.0.read_vec(at as usize, len).map_err(|_| Errno::Fault.into())
    }

    fn read_into(&self, at: u32, into: &mut [u8]) -> Outcome {
        self.0.read(at as usize, into).map_err(|_| Errno::Fault.into())
    }

    fn write(&self, at: u32, bytes: &[u8]) -> Outcome {
        self.0.write(at as usize, bytes).map_err(|_| Errno::Fault.into())
    }

    fn write_u32(&self, at: u32, value: u32) -> Outcome {
        self.write(at, &value.to_le_bytes())
    }

    fn write_u64(&self, at: u32, value: u64) -> Outcome {
        self.write(at, &value.to_le_bytes())
    }
}
