//! `fd_read`, `fd_write` and their relatives: moving bytes, and the position they move at.

use super::{Call, Failure, GuestMemory, Outcome, functions};
use crate::limits::MAX_WASI_TRANSFER;
use crate::runtime::{Pieces, write_output};
use crate::wasi::abi::{Errno, IoVec, rights};
use crate::wasi::fds::{Descriptor, Object};
use crate::wasi::fs::{File, Whence};
use crate::wasi::wait::until;
use rustix::event::PollFlags;
use rustix::fd::BorrowedFd;
use rustix::fs::FileType;
use std::io::IsTerminal;

/// Most bytes that are moved through a buffer by one call; a guest that asks for more gets this much
/// and asks again.
const MAX_BUFFERED: usize = 1 << 20;

/// Transfers up to this size need no heap.
const SMALL: usize = 512;

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
                0 => Ok::<usize, Failure>(0),
                _ => {
                    until_readable(call, stream.host_fd())?;
                    stream.read(pieces)
                }
            })
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
            transfer(call, iovs, count, done, |pieces| {
                until_readable(call, file.waits_on())?;
                file.read(pieces, None)
            })
        }
    }
}

fn fd_write(call: &Call<'_>, fd: u32, iovs: u32, count: u32, done: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    match &descriptor.object {
        Object::Stream(stream) => {
            check_stream(&descriptor, !stream.is_input(), rights::FD_WRITE)?;
            transfer(call, iovs, count, done, |pieces| {
                write_output(pieces.len(), |allowed| -> Outcome<usize> {
                    let write = |part: &Pieces<'_>| stream.write(part);
                    write_waiting(call, stream.host_fd(), &pieces.part(0, allowed), write)
                })
            })
        }
        Object::Socket(socket) => {
            descriptor.require(rights::FD_WRITE)?;
            let interrupt = call.caller.interrupt();
            gather(call, iovs, count, done, |bytes| socket.send(bytes, None, interrupt.as_ref()))
        }
        _ => {
            let file = descriptor.file(rights::FD_WRITE)?;
            transfer(call, iovs, count, done, |pieces| {
                let write = |part: &Pieces<'_>| Ok(file.write(part, None)?);
                write_waiting(call, file.waits_on(), pieces, write)
            })
        }
    }
}

/// Waits until a descriptor of the host, if there is one, can be read without waiting, so that a
/// request to stop reaches a guest that waits for input.
fn until_readable(call: &Call<'_>, fd: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
    match (fd, call.caller.interrupt()) {
        (Some(fd), Some(interrupt)) => until(fd, PollFlags::IN, &interrupt),
        _ => Ok(()),
    }
}

/// Bytes that a pipe takes at once when it says that it takes any.
const ROOM_OF_PIPE: usize = 4096;

/// Writes to a descriptor of the host, if there is one, without ever waiting in the write itself, so
/// that a request to stop reaches a guest whose output nobody takes.
fn write_waiting(
    call: &Call<'_>,
    fd: Option<BorrowedFd<'_>>,
    pieces: &Pieces<'_>,
    write: impl Fn(&Pieces<'_>) -> Outcome<usize>,
) -> Outcome<usize> {
    let fd = fd.filter(|fd| pieces.len() > 0 && may_wait(*fd));
    let (Some(fd), Some(interrupt)) = (fd, call.caller.interrupt()) else { return write(pieces) };
    let mut done = 0;
    while done < pieces.len() {
        until(fd, PollFlags::OUT, &interrupt)?;
        match write(&pieces.part(done, ROOM_OF_PIPE)) {
            Ok(now) => done += now,
            Err(Failure::Errno(Errno::Intr)) => {}
            // What was taken already counts.
            Err(_) if done > 0 => break,
            Err(failure) => return Err(failure),
        }
    }
    Ok(done)
}

/// Whether writing may have to wait for somebody who reads.
fn may_wait(fd: BorrowedFd<'_>) -> bool {
    let kind = rustix::fs::fstat(fd).map(|stat| FileType::from_raw_mode(stat.st_mode));
    match kind {
        Ok(FileType::Fifo | FileType::Socket) => true,
        Ok(FileType::CharacterDevice) => fd.is_terminal(),
        _ => false,
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
fn positioned(descriptor: &Descriptor, wanted: u64) -> Outcome<&dyn File> {
    match &descriptor.object {
        Object::Stream(_) | Object::Socket(_) => Err(Errno::SPipe.into()),
        _ => Ok(descriptor.file(wanted)?),
    }
}

/// Moves bytes once between the pieces of memory that the guest names and something else, and says
/// how many.
fn transfer<E: Into<Failure>>(
    call: &Call<'_>,
    iovs: u32,
    count: u32,
    done: u32,
    mut step: impl FnMut(&Pieces<'_>) -> Result<usize, E>,
) -> Outcome {
    let memory = call.memory()?;
    let pieces = pieces(&memory, iovs, count)?;
    memory.check(done, 4)?;
    let moved = retry(call, || step(&pieces).map_err(Into::into))?;
    memory.write_u32(done, moved as u32)
}

/// Reads once from what needs a buffer, and puts the bytes where the guest wants them.
pub(super) fn scatter(
    call: &Call<'_>,
    iovs: u32,
    count: u32,
    done: u32,
    mut read: impl FnMut(&mut [u8]) -> Result<usize, Errno>,
) -> Outcome {
    transfer(call, iovs, count, done, |pieces| match pieces.len() {
        0 => Ok::<usize, Errno>(0),
        len => with_room(len, |bytes| {
            let got = read(bytes)?;
            Ok(pieces.fill(&bytes[..got]))
        }),
    })
}

/// Writes once what the guest has in several places to what needs a buffer.
pub(super) fn gather(
    call: &Call<'_>,
    iovs: u32,
    count: u32,
    done: u32,
    mut write: impl FnMut(&[u8]) -> Result<usize, Errno>,
) -> Outcome {
    transfer(call, iovs, count, done, |pieces| {
        with_room(pieces.len(), |bytes| {
            pieces.copy_to(bytes);
            write(bytes)
        })
    })
}

/// A buffer of this length, or of the most that is moved through a buffer at once.
fn with_room<T>(len: usize, work: impl FnOnce(&mut [u8]) -> T) -> T {
    match len {
        0..=SMALL => work(&mut [0; SMALL][..len]),
        _ => work(&mut vec![0; len.min(MAX_BUFFERED)]),
    }
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
fn retry(call: &Call<'_>, mut step: impl FnMut() -> Outcome<usize>) -> Outcome<usize> {
    loop {
        call.check_interrupt()?;
        match step() {
            Err(Failure::Errno(Errno::Intr)) => {}
            other => return other,
        }
    }
}
