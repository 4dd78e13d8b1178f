//! `fd_readdir`, and `fd_prestat_*`: which directories there are, and what is in them.

use super::{Call, Outcome, functions};
use crate::wasi::abi::{DirEnt, Errno, rights};

functions! {
    fd_prestat_dir_name(fd: u32, name: u32, len: u32);
    fd_prestat_get(fd: u32, prestat: u32);
    fd_readdir(fd: u32, buf: u32, len: u32, cookie: u64, used: u32);
}

/// The tag of `prestat` for a directory, and its size.
fn fd_prestat_get(call: &Call<'_>, fd: u32, prestat: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let name = descriptor.preopen.as_ref().ok_or(Errno::BadF)?;
    let len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
    let mut bytes = [0; 8];
    bytes[4..].copy_from_slice(&len.to_le_bytes());
    call.memory()?.write(prestat, &bytes)
}

fn fd_prestat_dir_name(call: &Call<'_>, fd: u32, name: u32, len: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let text = descriptor.preopen.as_ref().ok_or(Errno::BadF)?;
    if (len as usize) < text.len() {
        return Err(Errno::NameTooLong.into());
    }
    call.memory()?.write(name, text.as_bytes())
}

/// Fills the buffer to its end, cutting the last entry off; room that is left says that there are no
/// more entries.
fn fd_readdir(call: &Call<'_>, fd: u32, buf: u32, len: u32, cookie: u64, used: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let directory = descriptor.directory(rights::FD_READDIR)?;
    let memory = call.memory()?;
    memory.check(buf, u64::from(len))?;
    memory.check(used, 4)?;
    let mut filled = 0_u32;
    let mut put = |bytes: &[u8]| -> Outcome<bool> {
        let now = bytes.len().min((len - filled) as usize);
        memory.write(buf + filled, &bytes[..now])?;
        filled += now as u32;
        Ok(filled < len)
    };
    let mut outcome: Outcome = Ok(());
    if len > 0 {
        directory.list(cookie, &mut |head: DirEnt, name| {
            let mut step = || -> Outcome<bool> {
                call.check_interrupt()?;
                Ok(put(&head.to_bytes())? && put(name)?)
            };
            step().unwrap_or_else(|failure| {
                outcome = Err(failure);
                false
            })
        })?;
    }
    outcome?;
    memory.write_u32(used, filled)
}
