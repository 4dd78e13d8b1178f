//! `wasi_unstable`, the interface before preview 1: the same functions over the same environment,
//! except for those whose numbers or layouts differ.

use super::{Call, Outcome, fd, functions, io, path, poll};
use crate::error::Result;
use crate::runtime::Instance;
use crate::wasi::Shared;
use crate::wasi::abi::Version;
use crate::wasi::fs::Whence;
use std::sync::Arc;

/// The functions about sockets that are as old as this; all others came later.
const SOCKETS: &[&str] = &["sock_recv", "sock_send", "sock_shutdown"];

fn is_older(name: &str) -> bool {
    SOCKETS.contains(&name) || !name.starts_with("sock_") && name != "epoll_oneoff"
}

/// Fills the module with what it shares with `preview1`, and with its own.
pub(in crate::wasi) fn define(
    instance: &Instance,
    preview1: &Instance,
    shared: &Arc<Shared>,
) -> Result<()> {
    for (name, _) in preview1.export_names() {
        if is_older(&name)
            && let Some(item) = preview1.get_export(&name)
        {
            instance.define(name, item)?;
        }
    }
    own::define(instance, shared)
}

/// The functions that differ.
mod own {
    use super::*;

    functions! {
        fd_filestat_get(fd: u32, stat: u32);
        fd_seek(fd: u32, offset: i64, whence: u32, position: u32);
        path_filestat_get(fd: u32, flags: u32, path: u32, len: u32, stat: u32);
        poll_oneoff(subscriptions: u32, events: u32, count: u32, done: u32);
    }
}

fn fd_filestat_get(call: &Call<'_>, fd: u32, stat: u32) -> Outcome {
    call.memory()?.write(stat, &fd::file_stat(call, fd)?.to_bytes(Version::Unstable))
}

fn path_filestat_get(
    call: &Call<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    stat: u32,
) -> Outcome {
    let found = path::path_file_stat(call, fd, flags, path, len)?;
    call.memory()?.write(stat, &found.to_bytes(Version::Unstable))
}

fn fd_seek(call: &Call<'_>, fd: u32, offset: i64, whence: u32, position: u32) -> Outcome {
    let order = [Whence::Current, Whence::End, Whence::Start];
    io::seek(call, fd, offset, order.get(whence as usize).copied(), position)
}

fn poll_oneoff(call: &Call<'_>, subs: u32, events: u32, count: u32, done: u32) -> Outcome {
    poll::poll(call, Version::Unstable, subs, events, count, done)
}
