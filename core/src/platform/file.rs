//! A file as it is at one moment: read whole, or copied; pipes; and how large a file may become.

use super::mmap;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::OFlags;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::time::Duration;

/// The rest of a file, up to `most` bytes of it.
///
/// The pages of the buffer are asked for at once: one fault for each would take longer than reading.
pub(crate) fn read_whole(file: &File, most: u64) -> io::Result<Arc<[u8]>> {
    let size = usize::try_from(file.metadata()?.len().min(most)).unwrap_or(usize::MAX);
    let mut buffer = Arc::<[u8]>::new_uninit_slice(size);
    let room = Arc::get_mut(&mut buffer).expect("just made");
    mmap::populate(room.as_mut_ptr_range());
    let mut done = 0;
    while done < size {
        let left: &mut [MaybeUninit<u8>] = &mut room[done..];
        match rustix::io::read(file, left) {
            Ok(([], _)) => break,
            Ok((got, _)) => done += got.len(),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let start = room.as_ptr();
    // SAFETY: the first `done` bytes have been read, and nobody else has the buffer.
    let read = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), done) };
    // Files that grow meanwhile, and those of the system that do not know their size.
    let mut rest = Vec::new();
    let mut file = file;
    file.by_ref().take(most - done as u64).read_to_end(&mut rest)?;
    if done < size || !rest.is_empty() {
        return Ok([read, &rest[..]].concat().into());
    }
    // SAFETY: all of it has been read.
    Ok(unsafe { buffer.assume_init() })
}

/// Whether this is what one process writes and another reads.
#[cfg(unix)]
pub(crate) fn is_pipe(meta: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&meta.file_type())
}

#[cfg(not(unix))]
pub(crate) fn is_pipe(_: &Metadata) -> bool {
    false
}

/// All that comes out of a pipe, up to `most` bytes of it. The pipe was opened without waiting.
///
/// # Errors
///
/// Those of reading, and `TimedOut` if nobody has opened the pipe to write for as long as `wait`.
pub(crate) fn read_pipe(file: &File, most: u64, wait: Duration) -> io::Result<Arc<[u8]>> {
    let mut read = [0; 4096];
    let room = &mut read[..usize::try_from(most).unwrap_or(usize::MAX).min(4096)];
    let begun = match rustix::io::read(file, room) {
        Ok(0) => {
            // A writer that came and went hangs up; if there was none yet, this waits.
            let timeout = Timespec::try_from(wait).map_err(io::Error::other)?;
            let mut polled = [PollFd::new(file, PollFlags::IN)];
            if rustix::event::poll(&mut polled, Some(&timeout))? == 0 {
                let what = format!("nobody has written to the pipe for {wait:?}");
                return Err(io::Error::new(io::ErrorKind::TimedOut, what));
            }
            0
        }
        Err(rustix::io::Errno::AGAIN) => 0,
        other => other?,
    };
    let flags = rustix::fs::fcntl_getfl(file)?;
    rustix::fs::fcntl_setfl(file, flags - OFlags::NONBLOCK)?;
    let mut bytes = read[..begun].to_vec();
    file.take(most - begun as u64).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// Fails if a file of this size is larger than the process may write: trying would end the process by a
/// signal, unless the program ignores that.
pub(crate) fn check_size(bytes: u64) -> io::Result<()> {
    match rustix::process::getrlimit(rustix::process::Resource::Fsize).current {
        Some(most) if bytes > most => Err(rustix::io::Errno::FBIG.into()),
        _ => Ok(()),
    }
}

/// A copy of bytes, whose pages are asked for at once.
pub(crate) fn copy_of(bytes: &[u8]) -> Arc<[u8]> {
    let mut copy = Arc::<[u8]>::new_uninit_slice(bytes.len());
    let room = Arc::get_mut(&mut copy).expect("just made");
    mmap::populate(room.as_mut_ptr_range());
    room.write_copy_of_slice(bytes);
    // SAFETY: all of it has been written.
    unsafe { copy.assume_init() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, SeekFrom, Write};

    #[test]
    fn files_of_all_sizes() {
        let path = std::env::temp_dir().join(format!("wasmspan-file-{}", std::process::id()));
        let mut options = File::options();
        let options = options.read(true).write(true).create(true).truncate(true);
        let mut file = options.open(&path).expect("opens");
        for size in [0, 1, 4095, 4096, 4097, 100_000, 5_000_001] {
            let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            file.set_len(0).expect("empty");
            file.seek(SeekFrom::Start(0)).expect("the start");
            file.write_all(&bytes).expect("written");
            for (most, skip) in [(u64::MAX, 0), (1000, 0), (u64::MAX, 1), (0, 0)] {
                file.seek(SeekFrom::Start(skip)).expect("there");
                let wanted = bytes.get(skip as usize..).unwrap_or_default();
                let wanted = &wanted[..wanted.len().min(usize::try_from(most).unwrap_or(size))];
                assert_eq!(*read_whole(&file, most).expect("reads"), *wanted, "{size} {most}");
            }
        }
        std::fs::remove_file(&path).expect("removed");
    }

    #[test]
    fn pipes() {
        let path = std::env::temp_dir().join(format!("wasmspan-pipe-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .expect("made");
        let open = || {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK;
            File::from(rustix::fs::open(&path, flags, rustix::fs::Mode::empty()).expect("opens"))
        };
        let wait = Duration::from_millis(50);
        let nobody = read_pipe(&open(), 10, wait).expect_err("there is no writer");
        assert_eq!(nobody.kind(), io::ErrorKind::TimedOut);
        let bytes: Vec<u8> = (0..200_000).map(|at| (at % 251) as u8).collect();
        for (size, most) in [(0, 10), (9, 10), (10, 10), (11, 10), (200_000, u64::MAX), (5, 0)] {
            let reader = open();
            let wanted = &bytes[..size.min(usize::try_from(most).unwrap_or(size))];
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    std::thread::sleep(Duration::from_millis(20));
                    let mut to = File::options().write(true).open(&path).expect("opens");
                    std::thread::sleep(Duration::from_millis(20));
                    to.write_all(&bytes[..size]).expect("written");
                });
                let got = read_pipe(&reader, most, Duration::from_secs(60)).expect("reads");
                assert!(*got == *wanted, "{size} {most}");
            });
        }
        std::fs::remove_file(&path).expect("removed");
    }

    #[test]
    fn files_without_a_size() {
        let file = File::open("/proc/self/status").expect("there");
        assert!(read_whole(&file, u64::MAX).expect("reads").starts_with(b"Name:"));
        assert_eq!(
            read_whole(&File::open("/dev/null").expect("there"), 10).expect("reads").len(),
            0
        );
    }
}
