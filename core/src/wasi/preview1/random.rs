//! `random_get`.

use super::{Call, Outcome, functions};
use crate::wasi::abi::Errno;

functions! {
    random_get(buf: u32, len: u32);
}

/// Bytes fetched at once, so that a long request can be stopped and needs little room.
const CHUNK: usize = 64 * 1024;

fn random_get(call: &Call<'_>, buf: u32, len: u32) -> Outcome {
    let (ctx, memory) = (call.ctx(), call.memory()?);
    memory.check(buf, u64::from(len))?;
    let mut bytes = vec![0; CHUNK.min(len as usize)];
    let mut done = 0;
    while done < len {
        let wanted = CHUNK.min((len - done) as usize);
        match ctx.random.fill(&mut bytes[..wanted]) {
            Ok(got) => {
                memory.write(buf + done, &bytes[..got])?;
                done += got as u32;
            }
            Err(Errno::Intr) => {}
            Err(errno) => return Err(errno.into()),
        }
        call.check_interrupt()?;
    }
    Ok(())
}
