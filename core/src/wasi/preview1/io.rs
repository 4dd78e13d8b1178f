//! `fd_read`, `fd_write` and their relatives: moving bytes, and the position they move at.

use super::{Call, Failure, GuestMemory, Outcome, functions};
use crate::wasi::abi::{Errno, IoVec, rights};
use crate::wasi::fds::{Descriptor, Object};
use crate::wasi::fs::Whence;
use crate::wasi::wait::{Source, wait};
use rustix::event::PollFlags;
use rustix::fd::BorrowedFd;

functions! {
    fd_pread(fd: u32, iovs: u32, count: u32, offset: u64, done: u32);
    fd_pwrite(fd: u32, iovs: u32, count: u32, offset: u64, done: u32);
    fd_read(fd: u32, iovs: u32, count: u32, done: u32);
    fd_seek(fd: u32, offset: i64, whence: u32, position: u32);
    fd_tell(fd: u32, position: u32);
    fd_write(fd: u32, iovs: u32, count: u32, done: u32);
}

/// Most bytes moved by one call; a guest that asks for more gets this much and asks again.
const MAX_TRANSFER: usize = 1 << 20;

/// Transfers up to this size need no heap.
const SMALL: usize = 512;

fn fd_read(call: &Call<'_>, fd: u32, iovs: u32, count: u32, done: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    match &descriptor.object {
        Object::Stream(stream) => {
            check_stream(&descriptor, stream.is_input(), rights::FD_READ)?;
            until_readable(call, stream.host_fd())?;
            scatter(call, iovs, count, done, |bytes| stream.read(bytes))
        }
        Object::Socket(socket) => {
            descriptor.require(rights::FD_READ)?;
            let interrupt = call.caller.interrupt();
            scatter(call, iovs, count, done, |bytes| {
                socket.receive(bytes, false, false, interrupt.as_ref()).map(|got| got.len)
            })
        }
        _ => {
            let file = descriptor.file(rights::FD_READ)?;
            until_readable(call, file.waits_on())?;
            scatter(call, iovs, count, done, |bytes| file.read(bytes))
        }
    }
}

fn fd_write(call: &Call<'_>, fd: u32, iovs: u32, count: u32, done: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    match &descriptor.object {
        Object::Stream(stream) => {
            check_stream(&descriptor, !stream.is_input(), rights::FD_WRITE)?;
            gather(call, iovs, count, done, |bytes| stream.write(bytes))
        }
        Object::Socket(socket) => {
            descriptor.require(rights::FD_WRITE)?;
            let interrupt = call.caller.interrupt();
            gather(call, iovs, count, done, |bytes| socket.send(bytes, None, interrupt.as_ref()))
        }
        _ => {
            let file = descriptor.file(rights::FD_WRITE)?;
            gather(call, iovs, count, done, |bytes| file.write(bytes))
        }
    }
}

/// Waits until a descriptor of the host, if there is one, can be read without waiting, so that a
/// request to stop reaches a guest that waits for input.
fn until_readable(call: &Call<'_>, fd: Option<BorrowedFd<'_>>) -> Outcome {
    let (Some(fd), Some(interrupt)) = (fd, call.caller.interrupt()) else { return Ok(()) };
    match wait(&mut [Source::new(fd, PollFlags::IN)], None, Some(&interrupt)) {
        Err(Errno::Intr) => Err(Call::interrupted()),
        // The read itself tells best what is wrong.
        _ => Ok(()),
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
    check_offset(offset)?;
    scatter(call, iovs, count, done, |bytes| file.read_at(bytes, offset))
}

fn fd_pwrite(call: &Call<'_>, fd: u32, iovs: u32, count: u32, offset: u64, done: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let file = positioned(&descriptor, rights::FD_WRITE | rights::FD_SEEK)?;
    check_offset(offset)?;
    gather(call, iovs, count, done, |bytes| file.write_at(bytes, offset))
}

fn check_offset(offset: u64) -> Outcome {
    if i64::try_from(offset).is_err() { Err(Errno::Inval.into()) } else { Ok(()) }
}

fn fd_seek(call: &Call<'_>, fd: u32, offset: i64, whence: u32, position: u32) -> Outcome {
    let order = [Whence::Start, Whence::Current, Whence::End];
    seek(call, fd, offset, order.get(whence as usize).copied(), position)
}

/// Moves the position, from where an unknown number means nothing.
pub(super) fn seek(
    call: &Call<'_>,
    fd: u32,
    offset: i64,
    whence: Option<Whence>,
    position: u32,
) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let whence = whence.ok_or(Errno::Inval)?;
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
fn positioned(descriptor: &Descriptor, wanted: u64) -> Outcome<&crate::wasi::fs::File> {
    match &descriptor.object {
        Object::Stream(_) | Object::Socket(_) => Err(Errno::SPipe.into()),
        _ => Ok(descriptor.file(wanted)?),
    }
}

/// Reads once and puts the bytes where the guest wants them.
pub(super) fn scatter(
    call: &Call<'_>,
    iovs: u32,
    count: u32,
    done: u32,
    mut read: impl FnMut(&mut [u8]) -> Result<usize, Errno>,
) -> Outcome {
    let memory = call.memory()?;
    let pieces = pieces(&memory, iovs, count)?;
    memory.check(done, 4)?;
    with_room(total(&pieces), |bytes| {
        let got = if bytes.is_empty() { 0 } else { retry(call, || read(bytes))? };
        let mut rest = &bytes[..got];
        for piece in &pieces {
            let (now, later) = rest.split_at(rest.len().min(piece.len as usize));
            memory.write(piece.buf, now)?;
            rest = later;
        }
        memory.write_u32(done, got as u32)
    })
}

/// Writes once what the guest has in several places.
pub(super) fn gather(
    call: &Call<'_>,
    iovs: u32,
    count: u32,
    done: u32,
    mut write: impl FnMut(&[u8]) -> Result<usize, Errno>,
) -> Outcome {
    let memory = call.memory()?;
    let pieces = pieces(&memory, iovs, count)?;
    memory.check(done, 4)?;
    with_room(total(&pieces), |bytes| {
        let mut filled = 0;
        for piece in &pieces {
            let end = bytes.len().min(filled + piece.len as usize);
            memory.read_into(piece.buf, &mut bytes[filled..end])?;
            filled = end;
        }
        let written = retry(call, || write(bytes))?;
        memory.write_u32(done, written as u32)
    })
}

fn with_room<T>(len: usize, work: impl FnOnce(&mut [u8]) -> T) -> T {
    if len <= SMALL { work(&mut [0; SMALL][..len]) } else { work(&mut vec![0; len]) }
}

/// The pieces of memory of a read or write, each in bounds.
fn pieces(memory: &GuestMemory, at: u32, count: u32) -> Outcome<Vec<IoVec>> {
    if count > IoVec::MAX_COUNT {
        return Err(Errno::Inval.into());
    }
    let bytes = memory.read(at, count as usize * IoVec::SIZE)?;
    let pieces: Vec<IoVec> = bytes.chunks_exact(IoVec::SIZE).map(IoVec::from_bytes).collect();
    for piece in &pieces {
        memory.check(piece.buf, u64::from(piece.len))?;
    }
    Ok(pieces)
}

/// Bytes to move for these pieces.
fn total(pieces: &[IoVec]) -> usize {
    let sum: u64 = pieces.iter().map(|piece| u64::from(piece.len)).sum();
    sum.min(MAX_TRANSFER as u64) as usize
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
