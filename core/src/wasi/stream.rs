//! What a guest's standard streams are connected to.

use super::abi::{Errno, FdStat, FileStat, FileType, rights};
use super::fs::file_stat;
use rustix::fd::BorrowedFd;
use std::fmt;
use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};

/// Where a guest's standard input comes from.
#[derive(Clone, Debug, Default)]
pub enum Input {
    /// The standard input of this process.
    #[default]
    Inherit,
    /// Nothing: every read is at the end.
    Null,
    /// These bytes.
    Bytes(Vec<u8>),
}

/// Where a guest's standard output or error goes.
#[derive(Clone, Debug, Default)]
pub enum Output {
    /// The same stream of this process.
    #[default]
    Inherit,
    /// Nowhere: everything is taken and forgotten.
    Null,
    /// Into a buffer that the host reads.
    Buffer(OutputBuffer),
}

/// Output that the host reads back; clones share it.
///
/// ```
/// use wasmspan::wasi::OutputBuffer;
/// let buffer = OutputBuffer::with_limit(1 << 20);
/// assert!(buffer.contents().is_empty());
/// ```
#[derive(Clone)]
pub struct OutputBuffer(Arc<BufferInner>);

struct BufferInner {
    bytes: Mutex<Vec<u8>>,
    limit: usize,
}

impl OutputBuffer {
    /// A buffer that takes up to `limit` bytes; a guest that writes more gets "no space left".
    pub fn with_limit(limit: usize) -> OutputBuffer {
        OutputBuffer(Arc::new(BufferInner { bytes: Mutex::default(), limit }))
    }

    /// What was written so far.
    pub fn contents(&self) -> Vec<u8> {
        self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut held = self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.0.limit.saturating_sub(held.len());
        if room == 0 && !bytes.is_empty() {
            return Err(Errno::NoSpc);
        }
        let taken = bytes.len().min(room);
        held.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }
}

impl fmt::Debug for OutputBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutputBuffer(at most {} bytes)", self.0.limit)
    }
}

/// An open stream of a guest.
#[derive(Debug)]
pub(super) enum Stream {
    Stdin,
    Bytes(Mutex<Cursor<Vec<u8>>>),
    Stdout,
    Stderr,
    Buffer(OutputBuffer),
    NullInput,
    NullOutput,
}

impl Stream {
    pub(super) fn input(input: &Input) -> Stream {
        match input {
            Input::Inherit => Stream::Stdin,
            Input::Null => Stream::NullInput,
            Input::Bytes(bytes) => Stream::Bytes(Mutex::new(Cursor::new(bytes.clone()))),
        }
    }

    pub(super) fn output(output: &Output, inherited: Stream) -> Stream {
        match output {
            Output::Inherit => inherited,
            Output::Null => Stream::NullOutput,
            Output::Buffer(buffer) => Stream::Buffer(buffer.clone()),
        }
    }

    /// Reads once; zero at the end. Only a call that a signal cut off gives `Intr`.
    pub(super) fn read(&self, into: &mut [u8]) -> Result<usize, Errno> {
        match self {
            Stream::Stdin => {
                rustix::io::read(rustix::stdio::stdin(), into).map_err(|e| from_host(e.into()))
            }
            Stream::NullInput => Ok(0),
            Stream::Bytes(bytes) => {
                let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                std::io::Read::read(&mut *bytes, into).map_err(from_host)
            }
            _ => Err(Errno::BadF),
        }
    }

    /// Writes once; may take less than everything.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        // A closed pipe gives an error where SIGPIPE is ignored, as Rust programs have it.
        match self {
            Stream::Stdout => {
                rustix::io::write(rustix::stdio::stdout(), bytes).map_err(|e| from_host(e.into()))
            }
            Stream::Stderr => {
                rustix::io::write(rustix::stdio::stderr(), bytes).map_err(|e| from_host(e.into()))
            }
            Stream::Buffer(buffer) => buffer.write(bytes),
            Stream::NullOutput => Ok(bytes.len()),
            _ => Err(Errno::BadF),
        }
    }

    pub(super) fn stat(&self) -> FdStat {
        let file_type = match self {
            Stream::Stdin => host_type(rustix::fs::fstat(rustix::stdio::stdin())),
            Stream::Stdout => host_type(rustix::fs::fstat(rustix::stdio::stdout())),
            Stream::Stderr => host_type(rustix::fs::fstat(rustix::stdio::stderr())),
            _ => FileType::Unknown,
        };
        let direction = match self {
            Stream::Stdin | Stream::Bytes(_) | Stream::NullInput => rights::FD_READ,
            _ => rights::FD_WRITE,
        };
        let common =
            rights::FD_FDSTAT_SET_FLAGS | rights::FD_FILESTAT_GET | rights::POLL_FD_READWRITE;
        FdStat { file_type, flags: 0, rights: direction | common, inheriting: 0 }
    }

    /// What the host says of the stream; nothing of one that is not the host's.
    pub(super) fn file_stat(&self) -> Result<FileStat, Errno> {
        let stat = match self {
            Stream::Stdin => rustix::fs::fstat(rustix::stdio::stdin()),
            Stream::Stdout => rustix::fs::fstat(rustix::stdio::stdout()),
            Stream::Stderr => rustix::fs::fstat(rustix::stdio::stderr()),
            _ => {
                return Ok(FileStat {
                    device: 0,
                    inode: 0,
                    file_type: FileType::Unknown,
                    links: 1,
                    size: 0,
                    accessed: 0,
                    modified: 0,
                    changed: 0,
                });
            }
        };
        Ok(file_stat(&stat?))
    }

    /// The descriptor of the host that has to be waited for; `None` for what is always ready.
    pub(super) fn host_fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Stream::Stdin => Some(rustix::stdio::stdin()),
            Stream::Stdout => Some(rustix::stdio::stdout()),
            Stream::Stderr => Some(rustix::stdio::stderr()),
            _ => None,
        }
    }

    pub(super) fn is_input(&self) -> bool {
        matches!(self, Stream::Stdin | Stream::Bytes(_) | Stream::NullInput)
    }
}

fn from_host(error: std::io::Error) -> Errno {
    error.into()
}

fn host_type(stat: rustix::io::Result<rustix::fs::Stat>) -> FileType {
    stat.map_or(FileType::Unknown, |stat| file_stat(&stat).file_type)
}
