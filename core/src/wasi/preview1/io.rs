//! `fd_read`, `fd_write` and their relatives: moving bytes, and the position they move at.

use super::{Call, Failure, GuestMemory, Outcome, functions};
use crate::limits::MAX_WASI_TRANSFER;
use crate::runtime::Pieces;
use crate::wasi::abi::{Errno, IoVec, rights};
use crate::wasi::fds::{Descriptor, Object};
use crate::wasi::fs::{File, Whence};

functions! {
    fd_pread(fd: u32, iovs: u32, count: u32, offset: u64, done: u32);
    fd_pwrite(fd: u32, iovs: u32, count: u32, offset: u64, done: u32);
    fd_read(fd: u32, iovs: u32, count: u32, done: u32);
    fd_seek(fd: u32, offset: i64, whence: u32, position: u32);
    fd_tell(fd: u32, position: u32);
    fd_write(fd: u32, iovs: u32, count: u32, done: u32);
}

fn fd_read(call: &Call<'_>, fd: u32, iovs: u32, count: u32, done: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    match &descriptor.object {
        Object::Stream(stream) => {
            check_stream(&descriptor, stream.is_input(), rights::FD_READ)?;
            transfer(call, iovs, count, done, |pieces| match pieces.len() {
                // Nothing is asked of the stream.
                0 => Ok(0),
                _ => stream.read(pieces),
            })
        }
        _ => {
            let file = descriptor.file(rights::FD_READ)?;
            transfer(call, iovs, count, done, |pieces| file.read(pieces, None))
        }
    }
}

fn fd_write(call: &Call<'_>, fd: u32, iovs: u32, count: u32, done: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    match &descriptor.object {
        Object::Stream(stream) => {
            check_stream(&descriptor, !stream.is_input(), rights::FD_WRITE)?;
            transfer(call, iovs, count, done, |pieces| stream.write(pieces))
        }
        _ => {
            let file = descriptor.file(rights::FD_WRITE)?;
            transfer(call, iovs, count, done, |pieces| file.write(pieces, None))
        }
    }
}

/// A stream that has the direction needs the right, which the guest may have given up; one that has
/// not says itself that it is the wrong descriptor.
fn check_stream(descriptor: &Descriptor, fits: bool, right: u64) -> Outcome {
    let _: () = if fits {
        descriptor.require(right)?
    };
    Ok(())
}

fn fd_pread(call: &Call<'_>, fd: u32, iovs: u32, count: u32, offset: u64, done: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let file = positioned(&descriptor, rights::FD_READ | rights::FD_SEEK)?;
    let at = Some(place(offset)?);
    transfer(call, iovs, count, done, |pieces| file.read(pieces, at))
}

fn fd_pwrite(call: &Call<'_>, fd: u32, iovs: u32, count: u32, offset: u64, done: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let file = positioned(&descriptor, rights::FD_WRITE | rights::FD_SEEK)?;
    let at = Some(place(offset)?);
    transfer(call, iovs, count, done, |pieces| file.write(pieces, at))
}

fn place(offset: u64) -> Outcome<i64> {
    i64::try_from(offset).map_err(|_| Errno::Inval.into())
}

fn fd_seek(call: &Call<'_>, fd: u32, offset: i64, whence: u32, position: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let whence = match whence {
        0 => Whence::Start,
        1 => Whence::Current,
        2 => Whence::End,
        _ => return Err(Errno::Inval.into()),
    };
    // Asking where the position is needs less than moving it.
    let asks = offset == 0 && whence == Whence::Current;
    let tells = asks && descriptor.base() & rights::FD_TELL != 0;
    let file = positioned(&descriptor, if tells { rights::FD_TELL } else { rights::FD_SEEK })?;
    let memory = call.memory()?;
    memory.check(position, 8)?;
    memory.write_u64(position, file.seek(offset, whence)?)
}

fn fd_tell(call: &Call<'_>, fd: u32, position: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let file = positioned(&descriptor, rights::FD_TELL)?;
    let memory = call.memory()?;
    memory.check(position, 8)?;
    memory.write_u64(position, file.seek(0, Whence::Current)?)
}

/// A file with a position; streams have none.
fn positioned(descriptor: &Descriptor, wanted: u64) -> Outcome<&dyn File> {
    match &descriptor.object {
        Object::Stream(_) => Err(Errno::SPipe.into()),
        _ => Ok(descriptor.file(wanted)?),
    }
}

/// Moves bytes once between the pieces of memory that the guest names and something else, and says
/// how many.
fn transfer(
    call: &Call<'_>,
    iovs: u32,
    count: u32,
    done: u32,
    mut step: impl FnMut(&Pieces<'_>) -> Result<usize, Errno>,
) -> Outcome {
    let memory = call.memory()?;
    let pieces = pieces(&memory, iovs, count)?;
    memory.check(done, 4)?;
    let moved = retry(call, || step(&pieces))?;
    memory.write_u32(done, moved as u32)
}

/// The pieces of memory of a read or write, each in bounds.
fn pieces(memory: &GuestMemory, at: u32, count: u32) -> Outcome<Pieces<'_>> {
    if count > IoVec::MAX_COUNT {
        return Err(Errno::Inval.into());
    }
    memory.check(at, u64::from(count) * IoVec::SIZE as u64)?;
    let mut pieces = Pieces::new(&memory.0, MAX_WASI_TRANSFER);
    for i in 0..count {
        let mut bytes = [0; IoVec::SIZE];
        memory.read_into(at + i * IoVec::SIZE as u32, &mut bytes)?;
        let IoVec { buf, len } = IoVec::from_bytes(&bytes);
        pieces.push(buf as usize, len as usize).map_err(|_| Errno::Fault)?;
    }
    Ok(pieces)
}

/// Repeats what a signal cut off, unless the signal asked the run to stop.
fn retry(
    call: &Call<'_>,
    mut step: impl FnMut() -> Result<usize, Errno>,
) -> std::result::Result<usize, Failure> {
    loop {
        call.check_interrupt()?;
        match step() {
            Err(Errno::Intr) => {}
            other => return Ok(other?),
        }
    }
}
