//! `fd_*` on the standard streams.

use super::{Call, Failure, GuestMemory, Outcome, functions};
use crate::wasi::abi::{Errno, IoVec};

functions! {
    fd_close(fd: u32);
    fd_fdstat_get(fd: u32, stat: u32);
    fd_prestat_get(fd: u32, prestat: u32);
    fd_read(fd: u32, iovs: u32, count: u32, done: u32);
    fd_seek(fd: u32, offset: i64, whence: u32, position: u32);
    fd_write(fd: u32, iovs: u32, count: u32, done: u32);
}

/// Most bytes moved by one call; a guest that asks for more gets this much and asks again.
const MAX_TRANSFER: usize = 1 << 20;

fn fd_close(call: &Call<'_>, fd: u32) -> Outcome {
    Ok(call.ctx().close(fd)?)
}

fn fd_fdstat_get(call: &Call<'_>, fd: u32, stat: u32) -> Outcome {
    let stream = call.ctx().stream(fd)?;
    call.memory()?.write(stat, &stream.stat().to_bytes())
}

/// No descriptor is a preopened directory yet, which ends a guest's search for them.
fn fd_prestat_get(_call: &Call<'_>, _fd: u32, _prestat: u32) -> Outcome {
    Err(Errno::BadF.into())
}

fn fd_read(call: &Call<'_>, fd: u32, iovs: u32, count: u32, done: u32) -> Outcome {
    let stream = call.ctx().stream(fd)?;
    let memory = call.memory()?;
    let pieces = pieces(&memory, iovs, count)?;
    memory.check(done, 4)?;
    let mut bytes = vec![0; total(&pieces)];
    let got = if bytes.is_empty() { 0 } else { retry(call, || stream.read(&mut bytes))? };
    let mut rest = &bytes[..got];
    for piece in pieces {
        let (now, later) = rest.split_at(rest.len().min(piece.len as usize));
        memory.write(piece.buf, now)?;
        rest = later;
    }
    memory.write_u32(done, got as u32)
}

fn fd_write(call: &Call<'_>, fd: u32, iovs: u32, count: u32, done: u32) -> Outcome {
    let stream = call.ctx().stream(fd)?;
    let memory = call.memory()?;
    let pieces = pieces(&memory, iovs, count)?;
    memory.check(done, 4)?;
    let mut bytes = vec![0; total(&pieces)];
    let mut filled = 0;
    for piece in pieces {
        let end = bytes.len().min(filled + piece.len as usize);
        memory.read_into(piece.buf, &mut bytes[filled..end])?;
        filled = end;
    }
    let written = retry(call, || stream.write(&bytes))?;
    memory.write_u32(done, written as u32)
}

fn fd_seek(call: &Call<'_>, fd: u32, _offset: i64, whence: u32, _position: u32) -> Outcome {
    call.ctx().stream(fd)?;
    let errno = if whence > 2 { Errno::Inval } else { Errno::SPipe };
    Err(errno.into())
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
