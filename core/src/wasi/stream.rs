//! What a guest's standard streams are connected to.

use super::abi::{Errno, FdStat, FileStat, FileType, rights};
use super::fs::file_stat;
use super::outcome::{Failure, Outcome};
use crate::error::Error;
use crate::limits::DEFAULT_OUTPUT_BYTES;
use crate::runtime::Pieces;
use std::fmt;
use std::fs::File;
use std::io::Cursor;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// Most bytes that a function of the host gets or gives at once.
const CALLBACK_BYTES: usize = 64 * 1024;

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
    /// An open file or pipe, read from its position on.
    File(Arc<File>),
    /// Whatever a function of the host gives; see [`Input::reader`].
    Reader(Reader),
}

impl Input {
    /// Input that a function of the host gives: each read of the guest calls `read` once with room
    /// for up to 64 KiB; 0 is the end, an error a failed read of the guest. An error that wraps this
    /// crate's [`Error`] ends the run with that instead. It is called from the guest's thread.
    ///
    /// ```
    /// use wasmspan::wasi::Input;
    /// let mut left = 3;
    /// let dots = Input::reader(move |room: &mut [u8]| {
    ///     let now = room.len().min(left);
    ///     room[..now].fill(b'.');
    ///     left -= now;
    ///     Ok(now)
    /// });
    /// # drop(dots);
    /// ```
    pub fn reader(read: impl FnMut(&mut [u8]) -> std::io::Result<usize> + Send + 'static) -> Input {
        Input::Reader(Reader(Arc::new(Turns::new(read))))
    }
}

/// A function that gives input; clones share it.
#[derive(Clone)]
pub struct Reader(Arc<Turns<ReadFn>>);

type ReadFn = dyn FnMut(&mut [u8]) -> std::io::Result<usize> + Send;

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
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
    /// To an open file or pipe, at its position.
    File(Arc<File>),
    /// To a function of the host; see [`Output::writer`].
    Writer(Writer),
}

impl Output {
    /// Output for a function of the host: each write of the guest calls `write` once with up to
    /// 64 KiB, of which it says how much it took; an error is a failed write of the guest. An error
    /// that wraps this crate's [`Error`] ends the run with that instead. It is called from the guest's
    /// thread.
    ///
    /// ```
    /// use wasmspan::wasi::Output;
    /// let shout = Output::writer(|bytes: &[u8]| {
    ///     print!("{}", String::from_utf8_lossy(bytes).to_uppercase());
    ///     Ok(bytes.len())
    /// });
    /// # drop(shout);
    /// ```
    pub fn writer(write: impl FnMut(&[u8]) -> std::io::Result<usize> + Send + 'static) -> Output {
        Output::Writer(Writer(Arc::new(Turns::new(write))))
    }
}

/// A function that takes output; clones share it.
#[derive(Clone)]
pub struct Writer(Arc<Turns<WriteFn>>);

type WriteFn = dyn FnMut(&[u8]) -> std::io::Result<usize> + Send;

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
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
    truncated: AtomicBool,
}

/// A buffer that takes up to [`DEFAULT_OUTPUT_BYTES`].
impl Default for OutputBuffer {
    fn default() -> OutputBuffer {
        OutputBuffer::with_limit(DEFAULT_OUTPUT_BYTES)
    }
}

impl OutputBuffer {
    /// A buffer that takes up to `limit` bytes; a guest that writes more gets "no space left".
    pub fn with_limit(limit: usize) -> OutputBuffer {
        let truncated = AtomicBool::new(false);
        OutputBuffer(Arc::new(BufferInner { bytes: Mutex::default(), limit, truncated }))
    }

    /// What was written so far.
    pub fn contents(&self) -> Vec<u8> {
        self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was written so far, which is taken out.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a guest wanted to write more than there was room for.
    pub fn is_truncated(&self) -> bool {
        self.0.truncated.load(Ordering::Relaxed)
    }

    fn write(&self, from: &Pieces<'_>) -> Result<usize, Errno> {
        let mut held = self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let (old, room) = (held.len(), self.0.limit.saturating_sub(held.len()));
        if from.len() > room {
            self.0.truncated.store(true, Ordering::Relaxed);
        }
        if room == 0 && from.len() > 0 {
            return Err(Errno::NoSpc);
        }
        let taken = from.len().min(room);
        held.try_reserve(taken).map_err(|_| Errno::NoSpc)?;
        held.resize(old + taken, 0);
        Ok(from.copy_to(&mut held[old..]))
    }
}

impl fmt::Debug for OutputBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutputBuffer(at most {} bytes)", self.0.limit)
    }
}

/// A function of the host that threads call in turn.
struct Turns<F: ?Sized> {
    /// The thread whose turn it is.
    whose: Mutex<Option<ThreadId>>,
    function: Mutex<F>,
}

impl<F> Turns<F> {
    fn new(function: F) -> Turns<F> {
        Turns { whose: Mutex::default(), function: Mutex::new(function) }
    }
}

impl<F: ?Sized> Turns<F> {
    fn whose(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.whose.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the function; a call from within itself, which would wait for its own end, fails.
    fn take(&self, call: impl FnOnce(&mut F) -> std::io::Result<usize>) -> Outcome<usize> {
        /// Ends the turn, after a panic too.
        struct Turn<'a, F: ?Sized>(&'a Turns<F>);
        impl<F: ?Sized> Drop for Turn<'_, F> {
            fn drop(&mut self) {
                *self.0.whose() = None;
            }
        }

        let me = Some(thread::current().id());
        if *self.whose() == me {
            return Err(Errno::Deadlk.into());
        }
        let mut function = self.function.lock().unwrap_or_else(PoisonError::into_inner);
        *self.whose() = me;
        let _turn = Turn(self);
        call(&mut function).map_err(told)
    }
}

/// What a function of the host failed with: an error number for the guest, or the end of the run.
fn told(failure: std::io::Error) -> Failure {
    match failure.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(error) => error.clone().into(),
        None => Errno::from(failure).into(),
    }
}

/// An open stream of a guest.
#[derive(Debug)]
pub(super) enum Stream {
    Stdin,
    Bytes(Mutex<Cursor<Vec<u8>>>),
    Reader(Reader),
    NullInput,
    Stdout,
    Stderr,
    Buffer(OutputBuffer),
    Writer(Writer),
    NullOutput,
    /// A file of the host; true for input.
    File(Arc<File>, bool),
}

impl Stream {
    pub(super) fn input(input: &Input) -> Stream {
        match input {
            Input::Inherit => Stream::Stdin,
            Input::Null => Stream::NullInput,
            Input::Bytes(bytes) => Stream::Bytes(Mutex::new(Cursor::new(bytes.clone()))),
            Input::File(file) => Stream::File(Arc::clone(file), true),
            Input::Reader(reader) => Stream::Reader(reader.clone()),
        }
    }

    pub(super) fn output(output: &Output, inherited: Stream) -> Stream {
        match output {
            Output::Inherit => inherited,
            Output::Null => Stream::NullOutput,
            Output::Buffer(buffer) => Stream::Buffer(buffer.clone()),
            Output::File(file) => Stream::File(Arc::clone(file), false),
            Output::Writer(writer) => Stream::Writer(writer.clone()),
        }
    }

    /// The descriptor of the host behind it; none where reading and writing never wait for the
    /// system.
    pub(super) fn host_fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Stream::Stdin => Some(rustix::stdio::stdin()),
            Stream::Stdout => Some(rustix::stdio::stdout()),
            Stream::Stderr => Some(rustix::stdio::stderr()),
            Stream::File(file, _) => Some(file.as_fd()),
            _ => None,
        }
    }

    /// Reads once; zero at the end. Only a call that a signal cut off gives `Intr`.
    pub(super) fn read(&self, into: &Pieces<'_>) -> Outcome<usize> {
        match self {
            _ if !self.is_input() => Err(Errno::BadF.into()),
            Stream::Bytes(bytes) => {
                let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                let at = (bytes.position() as usize).min(bytes.get_ref().len());
                let done = into.fill(&bytes.get_ref()[at..]);
                bytes.set_position((at + done) as u64);
                Ok(done)
            }
            Stream::Reader(Reader(read)) => {
                let mut room = vec![0; into.len().min(CALLBACK_BYTES)];
                let done = read.take(|read| read(&mut room))?.min(room.len());
                Ok(into.fill(&room[..done]))
            }
            _ => match self.host_fd() {
                Some(fd) => Ok(into.read_from(fd, None).map_err(Errno::from)?),
                None => Ok(0),
            },
        }
    }

    /// Writes once; may take less than everything.
    pub(super) fn write(&self, from: &Pieces<'_>) -> Outcome<usize> {
        match self {
            _ if self.is_input() => Err(Errno::BadF.into()),
            Stream::Buffer(buffer) => Ok(buffer.write(from)?),
            Stream::Writer(Writer(write)) => {
                let mut bytes = vec![0; from.len().min(CALLBACK_BYTES)];
                from.copy_to(&mut bytes);
                Ok(write.take(|write| write(&bytes))?.min(bytes.len()))
            }
            // A closed pipe gives an error where SIGPIPE is ignored, as Rust programs have it.
            _ => match self.host_fd() {
                Some(fd) => Ok(from.write_to(fd, None).map_err(Errno::from)?),
                None => Ok(from.len()),
            },
        }
    }

    pub(super) fn stat(&self) -> FdStat {
        let file_type = self.host_fd().map_or(FileType::Unknown, |fd| {
            rustix::fs::fstat(fd).map_or(FileType::Unknown, |stat| file_stat(&stat).file_type)
        });
        let direction = if self.is_input() { rights::FD_READ } else { rights::FD_WRITE };
        let common =
            rights::FD_FDSTAT_SET_FLAGS | rights::FD_FILESTAT_GET | rights::POLL_FD_READWRITE;
        FdStat { file_type, flags: 0, rights: direction | common, inheriting: 0 }
    }

    /// What the host says of the stream; nothing of one that is not the host's.
    pub(super) fn file_stat(&self) -> Result<FileStat, Errno> {
        match self.host_fd() {
            Some(fd) => Ok(file_stat(&rustix::fs::fstat(fd)?)),
            None => Ok(FileStat {
                device: 0,
                inode: 0,
                file_type: FileType::Unknown,
                links: 1,
                size: 0,
                accessed: 0,
                modified: 0,
                changed: 0,
            }),
        }
    }

    pub(super) fn is_input(&self) -> bool {
        use Stream::{Bytes, File, NullInput, Reader, Stdin};
        matches!(self, Stdin | Bytes(_) | Reader(_) | NullInput | File(_, true))
    }
}
