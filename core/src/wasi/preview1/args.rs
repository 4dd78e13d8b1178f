//! `args_*` and `environ_*`: lists of strings.

use super::{Call, Outcome, functions};
use crate::wasi::abi::Errno;

functions! {
    args_get(pointers: u32, bytes: u32);
    args_sizes_get(count: u32, size: u32);
    environ_get(pointers: u32, bytes: u32);
    environ_sizes_get(count: u32, size: u32);
}

fn args_get(call: &Call<'_>, pointers: u32, bytes: u32) -> Outcome {
    write_list(call, &call.ctx().args, pointers, bytes)
}

fn args_sizes_get(call: &Call<'_>, count: u32, size: u32) -> Outcome {
    write_sizes(call, &call.ctx().args, count, size)
}

fn environ_get(call: &Call<'_>, pointers: u32, bytes: u32) -> Outcome {
    write_list(call, &call.ctx().env, pointers, bytes)
}

fn environ_sizes_get(call: &Call<'_>, count: u32, size: u32) -> Outcome {
    let ctx = call.ctx();
    if let Some(denials) = ctx.denials.as_ref().filter(|_| ctx.env.is_empty()) {
        // Which variables it looks for, a guest does not tell.
        let (wanted, option) =
            ("the environment, which is empty", "--env NAME=VALUE sets a variable");
        denials.add("environ_get", wanted.into(), Errno::Success, option.into());
    }
    write_sizes(call, &call.ctx().env, count, size)
}

/// Number of strings, and bytes they need with a zero byte each.
fn sizes(list: &[Vec<u8>]) -> Outcome<(u32, u32)> {
    let bytes: usize = list.iter().map(|item| item.len() + 1).sum();
    let count = u32::try_from(list.len()).map_err(|_| Errno::Overflow)?;
    Ok((count, u32::try_from(bytes).map_err(|_| Errno::Overflow)?))
}

fn write_sizes(call: &Call<'_>, list: &[Vec<u8>], count: u32, size: u32) -> Outcome {
    let memory = call.memory()?;
    let (items, bytes) = sizes(list)?;
    memory.write_u32(count, items)?;
    memory.write_u32(size, bytes)
}

fn write_list(call: &Call<'_>, list: &[Vec<u8>], pointers: u32, bytes: u32) -> Outcome {
    let memory = call.memory()?;
    let (count, size) = sizes(list)?;
    memory.check(pointers, u64::from(count) * 4)?;
    memory.check(bytes, u64::from(size))?;
    let (mut pointer, mut at) = (pointers, bytes);
    for item in list {
        memory.write_u32(pointer, at)?;
        memory.write(at, item)?;
        let end = at + item.len() as u32;
        memory.write(end, &[0])?;
        (pointer, at) = (pointer.wrapping_add(4), end.wrapping_add(1));
    }
    Ok(())
}
