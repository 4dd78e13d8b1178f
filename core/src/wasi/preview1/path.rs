//! `path_*`: everything that names a file below a directory.

use super::{Call, Failure, GuestMemory, Outcome, functions};
use crate::limits::MAX_WASI_PATH_BYTES;
use crate::wasi::abi::{Errno, FileStat, SYMLINK_FOLLOW, Version, fdflags, oflags, rights};
use crate::wasi::ctx::Ctx;
use crate::wasi::denied::{Denials, option_for_path};
use crate::wasi::fds::{Descriptor, Object};
use crate::wasi::fs::{GuestPath, Opened, Opening, timestamps};

functions! {
    path_create_directory(fd: u32, path: u32, len: u32);
    path_filestat_get(fd: u32, flags: u32, path: u32, len: u32, stat: u32);
    path_filestat_set_times(
        fd: u32, flags: u32, path: u32, len: u32, accessed: u64, modified: u64, fstflags: u32
    );
    path_link(
        old_fd: u32, flags: u32, old: u32, old_len: u32, new_fd: u32, new: u32, new_len: u32
    );
    path_open(
        fd: u32, flags: u32, path: u32, len: u32, oflags: u32, base: u64, inheriting: u64,
        fdflags: u32, opened: u32
    );
    path_readlink(fd: u32, path: u32, len: u32, buf: u32, buf_len: u32, used: u32);
    path_remove_directory(fd: u32, path: u32, len: u32);
    path_rename(old_fd: u32, old: u32, old_len: u32, new_fd: u32, new: u32, new_len: u32);
    path_symlink(old: u32, old_len: u32, fd: u32, new: u32, new_len: u32);
    path_unlink_file(fd: u32, path: u32, len: u32);
}

/// A path in the guest's memory.
fn path_at(memory: &GuestMemory, at: u32, len: u32) -> Outcome<GuestPath> {
    memory.check(at, u64::from(len))?;
    GuestPath::check_length(len)?;
    Ok(GuestPath::new(memory.read(at, len as usize)?)?)
}

/// Does the work of a function on paths, each a directory and where the path is in memory; if it was
/// refused and somebody wants to know, notes that.
fn explained<T>(
    call: &Call<'_>,
    function: &str,
    paths: &[(u32, u32, u32)],
    work: impl FnOnce() -> Outcome<T>,
) -> Outcome<T> {
    let outcome = work();
    let Err(Failure::Errno(errno)) = outcome else { return outcome };
    let ctx = call.ctx();
    let seen = match errno {
        Errno::Perm if ctx.outside_is_not_capable => Errno::NotCapable,
        other => other,
    };
    if let Some(denials) = &ctx.denials {
        note(call, &ctx, denials, function, paths, (errno, seen));
    }
    Err(seen.into())
}

/// Notes a refusal: the error, and what the guest sees of it.
fn note(
    call: &Call<'_>,
    ctx: &Ctx,
    denials: &Denials,
    function: &str,
    paths: &[(u32, u32, u32)],
    (errno, seen): (Errno, Errno),
) {
    let shown = |at: u32, len: u32| {
        let bytes = call.memory().ok()?.read(at, len.min(MAX_WASI_PATH_BYTES) as usize).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    for &(fd, at, len) in paths {
        let (Ok(descriptor), Some(path)) = (ctx.descriptors.get(fd), shown(at, len)) else {
            continue;
        };
        let refused = match errno {
            Errno::Perm | Errno::NotCapable | Errno::Acces | Errno::RoFs => true,
            // The directory that lists the others has nothing else.
            Errno::NoEnt => descriptor.is_root(),
            _ => false,
        };
        if refused {
            let below = descriptor.preopen.as_deref();
            let of = below.map_or_else(|| format!("descriptor {fd}"), |name| format!("{name:?}"));
            // Through the directory that lists the others nothing is given.
            let why = if descriptor.is_root() { Errno::NoEnt } else { errno };
            let option = option_for_path(below, &path, why);
            denials.add(function, format!("{path:?} below {of}"), seen, option);
        }
    }
}

/// Whether a last link is followed.
fn follows(flags: u32) -> Outcome<bool> {
    if flags & !SYMLINK_FOLLOW == 0 { Ok(flags != 0) } else { Err(Errno::Inval.into()) }
}

fn path_create_directory(call: &Call<'_>, fd: u32, path: u32, len: u32) -> Outcome {
    explained(call, "path_create_directory", &[(fd, path, len)], || {
        let descriptor = call.descriptor(fd)?;
        let directory = descriptor.directory(rights::PATH_CREATE_DIRECTORY)?;
        Ok(directory.create_directory(&path_at(&call.memory()?, path, len)?)?)
    })
}

fn path_remove_directory(call: &Call<'_>, fd: u32, path: u32, len: u32) -> Outcome {
    explained(call, "path_remove_directory", &[(fd, path, len)], || {
        let descriptor = call.descriptor(fd)?;
        let directory = descriptor.directory(rights::PATH_REMOVE_DIRECTORY)?;
        Ok(directory.remove_directory(&path_at(&call.memory()?, path, len)?)?)
    })
}

fn path_unlink_file(call: &Call<'_>, fd: u32, path: u32, len: u32) -> Outcome {
    explained(call, "path_unlink_file", &[(fd, path, len)], || {
        let descriptor = call.descriptor(fd)?;
        let directory = descriptor.directory(rights::PATH_UNLINK_FILE)?;
        Ok(directory.unlink(&path_at(&call.memory()?, path, len)?)?)
    })
}

fn path_filestat_get(
    call: &Call<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    stat: u32,
) -> Outcome {
    let found = path_file_stat(call, fd, flags, path, len)?;
    call.memory()?.write(stat, &found.to_bytes(Version::Preview1))
}

/// What a path names.
pub(super) fn path_file_stat(
    call: &Call<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
) -> Outcome<FileStat> {
    explained(call, "path_filestat_get", &[(fd, path, len)], || {
        let descriptor = call.descriptor(fd)?;
        let directory = descriptor.directory(rights::PATH_FILESTAT_GET)?;
        let path = path_at(&call.memory()?, path, len)?;
        Ok(directory.stat_path(&path, follows(flags)?)?)
    })
}

#[allow(clippy::too_many_arguments)] // As many as the interface has; so below.
fn path_filestat_set_times(
    call: &Call<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    accessed: u64,
    modified: u64,
    fstflags: u32,
) -> Outcome {
    explained(call, "path_filestat_set_times", &[(fd, path, len)], || {
        let descriptor = call.descriptor(fd)?;
        let directory = descriptor.directory(rights::PATH_FILESTAT_SET_TIMES)?;
        let path = path_at(&call.memory()?, path, len)?;
        let times = timestamps(accessed, modified, fstflags, call.ctx().clocks.own_time())?;
        Ok(directory.set_path_times(&path, follows(flags)?, &times)?)
    })
}

#[allow(clippy::too_many_arguments)]
fn path_link(
    call: &Call<'_>,
    old_fd: u32,
    flags: u32,
    old: u32,
    old_len: u32,
    new_fd: u32,
    new: u32,
    new_len: u32,
) -> Outcome {
    explained(call, "path_link", &[(old_fd, old, old_len), (new_fd, new, new_len)], || {
        let (from, to) = (call.descriptor(old_fd)?, call.descriptor(new_fd)?);
        let from = from.directory(rights::PATH_LINK_SOURCE)?;
        let to = to.directory(rights::PATH_LINK_TARGET)?;
        if follows(flags)? {
            // What a link leads to can't be linked without a race.
            return Err(Errno::Inval.into());
        }
        let memory = call.memory()?;
        let (old, new) = (path_at(&memory, old, old_len)?, path_at(&memory, new, new_len)?);
        Ok(from.link(&old, to, &new)?)
    })
}

fn path_rename(
    call: &Call<'_>,
    old_fd: u32,
    old: u32,
    old_len: u32,
    new_fd: u32,
    new: u32,
    new_len: u32,
) -> Outcome {
    explained(call, "path_rename", &[(old_fd, old, old_len), (new_fd, new, new_len)], || {
        let (from, to) = (call.descriptor(old_fd)?, call.descriptor(new_fd)?);
        let from = from.directory(rights::PATH_RENAME_SOURCE)?;
        let to = to.directory(rights::PATH_RENAME_TARGET)?;
        let memory = call.memory()?;
        let (old, new) = (path_at(&memory, old, old_len)?, path_at(&memory, new, new_len)?);
        Ok(from.rename(&old, to, &new)?)
    })
}

fn path_symlink(
    call: &Call<'_>,
    old: u32,
    old_len: u32,
    fd: u32,
    new: u32,
    new_len: u32,
) -> Outcome {
    explained(call, "path_symlink", &[(fd, new, new_len)], || {
        let descriptor = call.descriptor(fd)?;
        let directory = descriptor.directory(rights::PATH_SYMLINK)?;
        let memory = call.memory()?;
        let (target, path) = (path_at(&memory, old, old_len)?, path_at(&memory, new, new_len)?);
        Ok(directory.symlink(&target, &path)?)
    })
}

fn path_readlink(
    call: &Call<'_>,
    fd: u32,
    path: u32,
    len: u32,
    buf: u32,
    buf_len: u32,
    used: u32,
) -> Outcome {
    explained(call, "path_readlink", &[(fd, path, len)], || {
        let descriptor = call.descriptor(fd)?;
        let directory = descriptor.directory(rights::PATH_READLINK)?;
        let memory = call.memory()?;
        memory.check(buf, u64::from(buf_len))?;
        memory.check(used, 4)?;
        let target = directory.read_link(&path_at(&memory, path, len)?)?;
        let taken = &target[..target.len().min(buf_len as usize)];
        memory.write(buf, taken)?;
        memory.write_u32(used, taken.len() as u32)
    })
}

#[allow(clippy::too_many_arguments)]
fn path_open(
    call: &Call<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    oflags: u32,
    base: u64,
    _inheriting: u64,
    fdflags: u32,
    opened: u32,
) -> Outcome {
    explained(call, "path_open", &[(fd, path, len)], || {
        let descriptor = call.descriptor(fd)?;
        let mut needed = rights::PATH_OPEN;
        if oflags & oflags::CREAT != 0 {
            needed |= rights::PATH_CREATE_FILE;
        }
        if oflags & oflags::TRUNC != 0 {
            needed |= rights::PATH_FILESTAT_SET_SIZE;
        }
        let directory = descriptor.directory(needed)?;
        let passed_on = descriptor.inheriting();
        if base & (rights::FD_READ | rights::FD_WRITE) & !passed_on != 0 {
            return Err(Errno::NotCapable.into());
        }
        let fdflags = u16::try_from(fdflags).map_err(|_| Errno::Inval)?;
        if oflags & !oflags::ALL != 0 || fdflags & !fdflags::ALL != 0 {
            return Err(Errno::Inval.into());
        }
        let memory = call.memory()?;
        memory.check(opened, 4)?;
        let path = path_at(&memory, path, len)?;
        let ctx = call.ctx();
        // Before anything is made that no descriptor could be had for.
        ctx.descriptors.check_room(call.most_descriptors())?;
        let base = base & passed_on;
        let opening = Opening { follow: follows(flags)?, oflags, fdflags, base };
        let new = match directory.open(&path, opening)? {
            Opened::File(file) => Descriptor::new(Object::File(file), base & rights::FILE, 0),
            // Programs ask for directories with the rights that files of the same mode have, so what
            // they ask for says nothing of what they will do below; `fd_fdstat_set_rights` does.
            Opened::Directory(directory) => Descriptor::new(
                Object::Directory(directory),
                passed_on & rights::DIRECTORY,
                passed_on,
            ),
        };
        memory.write_u32(opened, call.insert(new)?)
    })
}
