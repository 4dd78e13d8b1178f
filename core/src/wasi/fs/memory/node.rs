//! What a file system in memory is made of: files, directories and links, and the bytes they cost.

use super::lower::Lower;
use crate::wasi::abi::{Errno, FileStat, FileType};
use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

type Result<T> = std::result::Result<T, Errno>;

/// What a node costs beside its name and content, in bytes.
const NODE_COST: u64 = 256;

/// Positions of listings below this are those of `.` and `..`.
pub(super) const FIRST_COOKIE: u64 = 3;

/// How much of the capacity is used.
#[derive(Debug)]
pub(super) struct Budget {
    capacity: u64,
    used: AtomicU64,
}

impl Budget {
    pub(super) fn new(capacity: u64) -> Arc<Budget> {
        Arc::new(Budget { capacity, used: AtomicU64::new(0) })
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes all of it, or `NoSpc`.
    pub(super) fn charge(&self, bytes: u64) -> Result<()> {
        if self.charge_up_to(bytes, bytes) == bytes { Ok(()) } else { Err(Errno::NoSpc) }
    }

    /// Takes between `least` and `most`, as there is; nothing if there is less than `least`.
    pub(super) fn charge_up_to(&self, least: u64, most: u64) -> u64 {
        let mut taken = 0;
        let _ = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            taken = most.min(self.capacity.saturating_sub(used));
            if taken < least {
                taken = 0;
            }
            Some(used + taken)
        });
        taken
    }

    pub(super) fn refund(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A file, directory or link.
#[derive(Debug)]
pub(super) struct Node {
    pub id: u64,
    pub kind: Kind,
    /// Where below the lower directory it came from.
    pub origin: Option<PathBuf>,
    pub meta: Mutex<Meta>,
    budget: Arc<Budget>,
    cost: u64,
}

#[derive(Debug)]
pub(super) enum Kind {
    File(Mutex<Content>),
    Directory(Mutex<Entries>),
    Link(String),
}

/// Times in nanoseconds since 1970, and how many names there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meta {
    pub accessed: u64,
    pub modified: u64,
    pub changed: u64,
    pub links: u64,
}

/// The bytes of a file.
#[derive(Debug)]
pub(super) enum Content {
    Bytes(Vec<u8>),
    /// Still those of the host's file.
    Lower {
        size: u64,
        open: Weak<std::fs::File>,
    },
}

/// The names of a directory.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// The position of each name.
    names: HashMap<Arc<str>, u64>,
    order: BTreeMap<u64, (Arc<str>, Arc<Node>)>,
    last_cookie: u64,
    /// Names of the lower directory that are not seen through any more.
    pub hidden: BTreeSet<String>,
    /// Whether every name of the lower directory is among these.
    pub complete: bool,
    pub parent: Weak<Node>,
    /// It has no name any more, so that none may be put into it.
    pub removed: bool,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Node {
    /// A node that the guest or the host made.
    pub(super) fn new(id: u64, kind: Kind, budget: &Arc<Budget>, now: u64) -> Result<Arc<Node>> {
        let text = if let Kind::Link(target) = &kind { target.len() as u64 } else { 0 };
        let cost = NODE_COST + text;
        budget.charge(cost)?;
        let meta = Mutex::new(Meta { accessed: now, modified: now, changed: now, links: 1 });
        Ok(Arc::new(Node { id, kind, origin: None, meta, budget: Arc::clone(budget), cost }))
    }

    /// The root of a tree that lies over nothing.
    pub(super) fn root(kind: Kind, meta: Meta, budget: &Arc<Budget>) -> Arc<Node> {
        let (meta, budget) = (Mutex::new(meta), Arc::clone(budget));
        Arc::new(Node { id: 1, kind, origin: None, meta, budget, cost: 0 })
    }

    /// A node for something of the lower directory, which costs nothing until it is changed.
    pub(super) fn lower(
        id: u64,
        kind: Kind,
        origin: PathBuf,
        meta: Meta,
        budget: &Arc<Budget>,
    ) -> Arc<Node> {
        let (meta, budget) = (Mutex::new(meta), Arc::clone(budget));
        Arc::new(Node { id, kind, origin: Some(origin), meta, budget, cost: 0 })
    }

    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(super) fn directory(&self) -> Result<&Mutex<Entries>> {
        if let Kind::Directory(entries) = &self.kind { Ok(entries) } else { Err(Errno::NotDir) }
    }

    pub(super) fn file_type(&self) -> FileType {
        match self.kind {
            Kind::File(_) => FileType::RegularFile,
            Kind::Directory(_) => FileType::Directory,
            Kind::Link(_) => FileType::SymbolicLink,
        }
    }

    pub(super) fn stat(&self, device: u64) -> FileStat {
        let size = match &self.kind {
            Kind::File(content) => lock(content).len(),
            Kind::Directory(_) => 0,
            Kind::Link(target) => target.len() as u64,
        };
        let meta = *lock(&self.meta);
        FileStat {
            device,
            inode: self.id,
            file_type: self.file_type(),
            links: meta.links,
            size,
            accessed: meta.accessed,
            modified: meta.modified,
            changed: meta.changed,
        }
    }

    pub(super) fn set_times(&self, times: &Timestamps, now: u64) {
        let time = |old: u64, new: &Timespec| match new.tv_nsec {
            UTIME_OMIT => old,
            UTIME_NOW => now,
            nanoseconds => super::super::nanoseconds(new.tv_sec, nanoseconds),
        };
        let mut meta = lock(&self.meta);
        meta.accessed = time(meta.accessed, &times.last_access);
        meta.modified = time(meta.modified, &times.last_modification);
        meta.changed = now;
    }

    /// Notes that the content was changed.
    pub(super) fn touch(&self, now: u64) {
        let mut meta = lock(&self.meta);
        (meta.modified, meta.changed) = (now, now);
    }

    /// The bytes of a file, fetched from the host first if they are still there.
    pub(super) fn bytes<'a>(
        &self,
        content: &'a mut Content,
        lower: Option<&Lower>,
    ) -> Result<&'a mut Vec<u8>> {
        if let Content::Lower { size, .. } = content {
            let (lower, origin) = lower.zip(self.origin.as_ref()).ok_or(Errno::Stale)?;
            let size = *size;
            self.budget.charge(size)?;
            match lower.read(origin, size) {
                Ok(bytes) => {
                    // The host may have cut it meanwhile.
                    self.budget.refund(size - bytes.len() as u64);
                    *content = Content::Bytes(bytes);
                }
                Err(errno) => {
                    self.budget.refund(size);
                    return Err(errno);
                }
            }
        }
        match content {
            Content::Bytes(bytes) => Ok(bytes),
            Content::Lower { .. } => Err(Errno::Stale),
        }
    }

    /// Makes a file this long.
    pub(super) fn resize(&self, bytes: &mut Vec<u8>, size: u64) -> Result<()> {
        let old = bytes.len() as u64;
        if size <= old {
            bytes.truncate(size as usize);
            bytes.shrink_to_fit();
            self.budget.refund(old - size);
            return Ok(());
        }
        self.budget.charge(size - old)?;
        if bytes.try_reserve((size - old) as usize).is_err() {
            self.budget.refund(size - old);
            return Err(Errno::NoSpc);
        }
        bytes.resize(size as usize, 0);
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let content = match &mut self.kind {
            Kind::File(content) => {
                let content = content.get_mut().unwrap_or_else(PoisonError::into_inner);
                if let Content::Bytes(bytes) = content { bytes.len() as u64 } else { 0 }
            }
            Kind::Directory(entries) => {
                let entries = entries.get_mut().unwrap_or_else(PoisonError::into_inner);
                entries.names.keys().map(|name| name.len() as u64).sum()
            }
            Kind::Link(_) => 0,
        };
        self.budget.refund(self.cost + content);
    }
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Lower { size, .. } => *size,
        }
    }
}

impl Entries {
    pub(super) fn below(parent: &Arc<Node>) -> Entries {
        Entries { parent: Arc::downgrade(parent), ..Entries::default() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Arc<Node>> {
        let cookie = self.names.get(name)?;
        self.order.get(cookie).map(|(_, node)| node)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Puts a name in, which is not there yet.
    pub(super) fn insert(&mut self, name: &str, node: Arc<Node>, budget: &Budget) -> Result<()> {
        budget.charge(name.len() as u64)?;
        let name: Arc<str> = name.into();
        self.last_cookie = self.last_cookie.max(FIRST_COOKIE - 1) + 1;
        self.names.insert(Arc::clone(&name), self.last_cookie);
        self.order.insert(self.last_cookie, (name, node));
        Ok(())
    }

    /// Takes a name out.
    pub(super) fn remove(&mut self, name: &str, budget: &Budget) -> Option<Arc<Node>> {
        let cookie = self.names.remove(name)?;
        budget.refund(name.len() as u64);
        self.order.remove(&cookie).map(|(_, node)| node)
    }

    /// Names after a position, each with its own.
    pub(super) fn after(&self, cookie: u64) -> impl Iterator<Item = (u64, &str, &Arc<Node>)> {
        let after = (std::ops::Bound::Excluded(cookie), std::ops::Bound::Unbounded);
        self.order.range(after).map(|(cookie, (name, node))| (*cookie, &**name, node))
    }
}
