//! `path_*`: everything that names a file below a directory.

use super::{Call, GuestMemory, Outcome, functions};
use crate::wasi::abi::{Errno, FileStat, SYMLINK_FOLLOW, Version, fdflags, oflags, rights};
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

/// Whether a last link is followed.
fn follows(flags: u32) -> Outcome<bool> {
    if flags & !SYMLINK_FOLLOW == 0 { Ok(flags != 0) } else { Err(Errno::Inval.into()) }
}

fn path_create_directory(call: &Call<'_>, fd: u32, path: u32, len: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let directory = descriptor.directory(rights::PATH_CREATE_DIRECTORY)?;
    Ok(directory.create_directory(&path_at(&call.memory()?, path, len)?)?)
}

fn path_remove_directory(call: &Call<'_>, fd: u32, path: u32, len: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let directory = descriptor.directory(rights::PATH_REMOVE_DIRECTORY)?;
    Ok(directory.remove_directory(&path_at(&call.memory()?, path, len)?)?)
}

fn path_unlink_file(call: &Call<'_>, fd: u32, path: u32, len: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let directory = descriptor.directory(rights::PATH_UNLINK_FILE)?;
    Ok(directory.unlink(&path_at(&call.memory()?, path, len)?)?)
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
    let descriptor = call.descriptor(fd)?;
    let directory = descriptor.directory(rights::PATH_FILESTAT_GET)?;
    let path = path_at(&call.memory()?, path, len)?;
    Ok(directory.stat_path(&path, follows(flags)?)?)
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
    let descriptor = call.descriptor(fd)?;
    let directory = descriptor.directory(rights::PATH_FILESTAT_SET_TIMES)?;
    let path = path_at(&call.memory()?, path, len)?;
    let times = timestamps(accessed, modified, fstflags)?;
    Ok(directory.set_path_times(&path, follows(flags)?, &times)?)
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
    let (from, to) = (call.descriptor(old_fd)?, call.descriptor(new_fd)?);
    let from = from.directory(rights::PATH_RENAME_SOURCE)?;
    let to = to.directory(rights::PATH_RENAME_TARGET)?;
    let memory = call.memory()?;
    let (old, new) = (path_at(&memory, old, old_len)?, path_at(&memory, new, new_len)?);
    Ok(from.rename(&old, to, &new)?)
}

fn path_symlink(
    call: &Call<'_>,
    old: u32,
    old_len: u32,
    fd: u32,
    new: u32,
    new_len: u32,
) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let directory = descriptor.directory(rights::PATH_SYMLINK)?;
    let memory = call.memory()?;
    let (target, path) = (path_at(&memory, old, old_len)?, path_at(&memory, new, new_len)?);
    Ok(directory.symlink(&target, &path)?)
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
    let descriptor = call.descriptor(fd)?;
    let directory = descriptor.directory(rights::PATH_READLINK)?;
    let memory = call.memory()?;
    memory.check(buf, u64::from(buf_len))?;
    memory.check(used, 4)?;
    let target = directory.read_link(&path_at(&memory, path, len)?)?;
    let taken = &target[..target.len().min(buf_len as usize)];
    memory.write(buf, taken)?;
    memory.write_u32(used, taken.len() as u32)
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
    inheriting: u64,
    fdflags: u32,
    opened: u32,
) -> Outcome {
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
    ctx.descriptors.check_room()?;
    let (base, inheriting) = (base & passed_on, inheriting & passed_on);
    let opening = Opening { follow: follows(flags)?, oflags, fdflags, base };
    let new = match directory.open(&path, opening)? {
        Opened::File(file) => Descriptor::new(Object::File(file), base & rights::FILE, 0),
        Opened::Directory(directory) => {
            Descriptor::new(Object::Directory(directory), base & rights::DIRECTORY, inheriting)
        }
    };
    memory.write_u32(opened, ctx.descriptors.insert(new)?)
}
