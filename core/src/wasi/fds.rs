//! The descriptors of a guest: a number, something that is open, and what may be done with it.

use super::abi::{Errno, FdStat, FileType, rights};
use super::fs::{Directory, File, Root};
use super::socket::Socket;
use super::stream::Stream;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

/// Numbers below this belong to the standard streams; what is opened gets no such number.
const FIRST: usize = 3;

type Result<T> = std::result::Result<T, Errno>;

/// What a descriptor stands for.
#[derive(Debug)]
pub(super) enum Object {
    Stream(Stream),
    File(Box<dyn File>),
    Directory(Box<dyn Directory>),
    Socket(Socket),
}

/// An open descriptor. Rights only ever shrink.
#[derive(Debug)]
pub(super) struct Descriptor {
    pub object: Object,
    base: AtomicU64,
    inheriting: AtomicU64,
    /// The guest's name of a directory that was given to it.
    pub preopen: Option<String>,
}

impl Descriptor {
    pub(super) fn new(object: Object, base: u64, inheriting: u64) -> Descriptor {
        let (base, inheriting) = (AtomicU64::new(base), AtomicU64::new(inheriting));
        Descriptor { object, base, inheriting, preopen: None }
    }

    pub(super) fn stream(stream: Stream) -> Descriptor {
        let stat = stream.stat();
        Descriptor::new(Object::Stream(stream), stat.rights, stat.inheriting)
    }

    /// A directory given under a name.
    pub(super) fn preopen(
        directory: Box<dyn Directory>,
        name: String,
        read_only: bool,
    ) -> Descriptor {
        let (mut base, mut inheriting) = (rights::DIRECTORY, rights::DIRECTORY | rights::FILE);
        if read_only {
            base &= !rights::CHANGING;
            inheriting &= !(rights::CHANGING | rights::WRITING);
        }
        let descriptor = Descriptor::new(Object::Directory(directory), base, inheriting);
        Descriptor { preopen: Some(name), ..descriptor }
    }

    /// Whether it is the directory that lists the others.
    pub(super) fn is_root(&self) -> bool {
        matches!(&self.object, Object::Directory(directory) if directory.as_any().is::<Root>())
    }

    pub(super) fn base(&self) -> u64 {
        self.base.load(Ordering::SeqCst)
    }

    pub(super) fn inheriting(&self) -> u64 {
        self.inheriting.load(Ordering::SeqCst)
    }

    /// Fails unless all these rights are there.
    pub(super) fn require(&self, wanted: u64) -> Result<()> {
        if wanted & !self.base() == 0 { Ok(()) } else { Err(Errno::NotCapable) }
    }

    /// Gives up every right that is not named; naming one that is not there is an error.
    pub(super) fn restrict(&self, base: u64, inheriting: u64) -> Result<()> {
        if base & !self.base() != 0 || inheriting & !self.inheriting() != 0 {
            return Err(Errno::NotCapable);
        }
        self.base.fetch_and(base, Ordering::SeqCst);
        self.inheriting.fetch_and(inheriting, Ordering::SeqCst);
        Ok(())
    }

    pub(super) fn stat(&self) -> FdStat {
        let (file_type, flags) = match &self.object {
            Object::Stream(stream) => (stream.stat().file_type, 0),
            Object::File(file) => (file.file_type(), file.flags()),
            Object::Directory(_) => (FileType::Directory, 0),
            Object::Socket(socket) => (socket.file_type(), socket.flags()),
        };
        FdStat { file_type, flags, rights: self.base(), inheriting: self.inheriting() }
    }

    /// The directory, if it is one and these rights are there.
    pub(super) fn directory(&self, wanted: u64) -> Result<&dyn Directory> {
        match &self.object {
            Object::Directory(directory) => self.require(wanted).map(|()| &**directory),
            _ => Err(Errno::NotDir),
        }
    }

    /// The file, if it is one and these rights are there. Directories don't have the rights of
    /// files, so that they fail for want of them.
    pub(super) fn file(&self, wanted: u64) -> Result<&dyn File> {
        self.require(wanted)?;
        match &self.object {
            Object::File(file) => Ok(&**file),
            Object::Directory(_) => Err(Errno::IsDir),
            Object::Stream(_) | Object::Socket(_) => Err(Errno::Inval),
        }
    }

    /// The socket, if it is one and these rights are there.
    pub(super) fn socket(&self, wanted: u64) -> Result<&Socket> {
        match &self.object {
            Object::Socket(socket) => self.require(wanted).map(|()| socket),
            _ => Err(Errno::NotSock),
        }
    }
}

/// The descriptors of a guest by their numbers.
#[derive(Debug)]
pub(super) struct Descriptors {
    table: RwLock<Table>,
    /// How many may be open at once.
    limit: usize,
}

#[derive(Debug, Default)]
struct Table {
    slots: Vec<Option<Arc<Descriptor>>>,
    /// Numbers from [`FIRST`] on that have a slot and are not open.
    free: BTreeSet<usize>,
    open: usize,
}

impl Table {
    /// Opens a number that has a slot, or closes it; gives what was there.
    fn set(&mut self, fd: usize, new: Option<Arc<Descriptor>>) -> Option<Arc<Descriptor>> {
        self.open += usize::from(new.is_some());
        if new.is_some() {
            self.free.remove(&fd);
        } else if fd >= FIRST {
            self.free.insert(fd);
        }
        let old = std::mem::replace(&mut self.slots[fd], new);
        self.open -= usize::from(old.is_some());
        old
    }

    fn is_open(&self, fd: u32) -> bool {
        self.slots.get(fd as usize).is_some_and(Option::is_some)
    }
}

impl Descriptors {
    pub(super) fn with_limit(limit: usize) -> Descriptors {
        Descriptors { table: RwLock::default(), limit }
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The descriptor of a number; it stays usable if it is closed meanwhile.
    pub(super) fn get(&self, fd: u32) -> Result<Arc<Descriptor>> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.slots.get(fd as usize).and_then(Clone::clone).ok_or(Errno::BadF)
    }

    /// Adds a standard stream under the next number, which is below [`FIRST`] for three of them.
    pub(super) fn push_stream(&self, stream: Stream) {
        let mut table = self.write();
        table.slots.push(Some(Arc::new(Descriptor::stream(stream))));
        table.open += 1;
    }

    /// Fails if there is no room for another descriptor among `most`.
    pub(super) fn check_room(&self, most: usize) -> Result<()> {
        if self.write().open < self.limit.min(most) { Ok(()) } else { Err(Errno::MFile) }
    }

    /// Adds a descriptor under the lowest free number.
    pub(super) fn insert(&self, descriptor: Descriptor) -> Result<u32> {
        self.insert_within(descriptor, usize::MAX)
    }

    /// As [`insert`](Descriptors::insert), if not more than `most` are open then.
    pub(super) fn insert_within(&self, descriptor: Descriptor, most: usize) -> Result<u32> {
        let mut table = self.write();
        if table.open >= self.limit.min(most) {
            return Err(Errno::MFile);
        }
        let fd = match table.free.first() {
            Some(fd) => *fd,
            None => {
                let end = table.slots.len().max(FIRST);
                table.slots.resize(end + 1, None);
                end
            }
        };
        table.set(fd, Some(Arc::new(descriptor)));
        u32::try_from(fd).map_err(|_| Errno::MFile)
    }

    /// Forgets a descriptor. What it stood for is closed with its last use; the streams of the host
    /// stay open.
    pub(super) fn close(&self, fd: u32) -> Result<()> {
        let mut table = self.write();
        if !table.is_open(fd) {
            return Err(Errno::BadF);
        }
        let closed = table.set(fd as usize, None);
        // Dropped without the lock, since closing may take its time.
        drop(table);
        drop(closed);
        Ok(())
    }

    /// Moves a descriptor to a number that is open already, whose own is closed.
    pub(super) fn renumber(&self, from: u32, to: u32) -> Result<()> {
        let mut table = self.write();
        if !table.is_open(from) || !table.is_open(to) {
            return Err(Errno::BadF);
        }
        if from == to {
            return Ok(());
        }
        let moved = table.set(from as usize, None);
        let closed = table.set(to as usize, moved);
        drop(table);
        drop(closed);
        Ok(())
    }
}
