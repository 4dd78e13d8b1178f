//! `fd_*` about descriptors themselves: what they are, may and hold.

use super::{Call, Outcome, functions};
use crate::wasi::abi::{Errno, fdflags, rights};
use crate::wasi::fds::Object;
use crate::wasi::fs::timestamps;
use rustix::fs::Advice;

functions! {
    fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
    fd_allocate(fd: u32, offset: u64, len: u64);
    fd_close(fd: u32);
    fd_datasync(fd: u32);
    fd_fdstat_get(fd: u32, stat: u32);
    fd_fdstat_set_flags(fd: u32, flags: u32);
    fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
    fd_filestat_get(fd: u32, stat: u32);
    fd_filestat_set_size(fd: u32, size: u64);
    fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32);
    fd_renumber(from: u32, to: u32);
    fd_sync(fd: u32);
}

fn fd_advise(call: &Call<'_>, fd: u32, offset: u64, len: u64, advice: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let advice = match advice {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::Inval.into()),
    };
    Ok(descriptor.file(rights::FD_ADVISE)?.advise(offset, len, advice)?)
}

fn fd_allocate(call: &Call<'_>, fd: u32, offset: u64, len: u64) -> Outcome {
    Ok(call.descriptor(fd)?.file(rights::FD_ALLOCATE)?.allocate(offset, len)?)
}

fn fd_close(call: &Call<'_>, fd: u32) -> Outcome {
    Ok(call.ctx().descriptors.close(fd)?)
}

fn fd_datasync(call: &Call<'_>, fd: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let _: () = match &descriptor.object {
        Object::Directory(_) => descriptor.directory(rights::FD_DATASYNC)?.sync()?,
        _ => descriptor.file(rights::FD_DATASYNC)?.sync_data()?,
    };
    Ok(())
}

fn fd_sync(call: &Call<'_>, fd: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let _: () = match &descriptor.object {
        Object::Directory(_) => descriptor.directory(rights::FD_SYNC)?.sync()?,
        _ => descriptor.file(rights::FD_SYNC)?.sync()?,
    };
    Ok(())
}

fn fd_fdstat_get(call: &Call<'_>, fd: u32, stat: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    call.memory()?.write(stat, &descriptor.stat().to_bytes())
}

fn fd_fdstat_set_flags(call: &Call<'_>, fd: u32, flags: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let flags = u16::try_from(flags).map_err(|_| Errno::Inval)?;
    if flags & !fdflags::ALL != 0 {
        return Err(Errno::Inval.into());
    }
    descriptor.require(rights::FD_FDSTAT_SET_FLAGS)?;
    match &descriptor.object {
        Object::File(file) => Ok(file.set_flags(flags)?),
        // The flags of a stream belong to everybody who uses it, and directories have none.
        _ if flags == 0 => Ok(()),
        _ => Err(Errno::NotSup.into()),
    }
}

fn fd_fdstat_set_rights(call: &Call<'_>, fd: u32, base: u64, inheriting: u64) -> Outcome {
    Ok(call.descriptor(fd)?.restrict(base, inheriting)?)
}

fn fd_filestat_get(call: &Call<'_>, fd: u32, stat: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    descriptor.require(rights::FD_FILESTAT_GET)?;
    let found = match &descriptor.object {
        Object::Stream(stream) => stream.file_stat()?,
        Object::File(file) => file.stat()?,
        Object::Directory(directory) => directory.stat()?,
    };
    call.memory()?.write(stat, &found.to_bytes())
}

fn fd_filestat_set_size(call: &Call<'_>, fd: u32, size: u64) -> Outcome {
    Ok(call.descriptor(fd)?.file(rights::FD_FILESTAT_SET_SIZE)?.set_size(size)?)
}

fn fd_filestat_set_times(
    call: &Call<'_>,
    fd: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    descriptor.require(rights::FD_FILESTAT_SET_TIMES)?;
    let times = timestamps(accessed, modified, flags, call.ctx().clocks.own_time())?;
    let _: () = match &descriptor.object {
        Object::File(file) => file.set_times(&times)?,
        Object::Directory(directory) => directory.set_times(&times)?,
        Object::Stream(_) => return Err(Errno::NotSup.into()),
    };
    Ok(())
}

fn fd_renumber(call: &Call<'_>, from: u32, to: u32) -> Outcome {
    Ok(call.ctx().descriptors.renumber(from, to)?)
}
