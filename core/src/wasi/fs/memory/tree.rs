//! The tree of nodes, and how a path is resolved in it.

use super::lower::Lower;
use super::node::{Budget, Entries, Kind, Meta, Node, lock};
use crate::limits::{MAX_MEMORY_FS_DEPTH, MAX_WASI_NAME_BYTES};
use crate::wasi::abi::Errno;
use crate::wasi::clock::Clocks;
use crate::wasi::fs::GuestPath;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

type Result<T> = std::result::Result<T, Errno>;

/// Links that are followed on the way to one file.
const MAX_LINKS: usize = 40;

/// A file system in memory.
#[derive(Debug)]
pub(super) struct Tree {
    pub root: Arc<Node>,
    pub budget: Arc<Budget>,
    pub lower: Option<Lower>,
    last_id: AtomicU64,
    device: AtomicU64,
    clocks: Mutex<Clocks>,
    /// Held by whatever looks names up or changes them. The contents of files have their own locks.
    structure: Mutex<()>,
}

/// Where a path leads.
#[derive(Debug)]
pub(super) struct Place {
    /// The directory and the name in it; none for a directory that was named by `.` or `..`.
    pub name: Option<(Arc<Node>, String)>,
    /// What has that name.
    pub node: Option<Arc<Node>>,
    /// Whether the path says that it is a directory.
    pub slash: bool,
}

/// What becomes of a link that is the last part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastLink {
    Follow,
    /// Followed only before a slash.
    Look,
    /// Never followed: the name itself is meant.
    Name,
}

impl LastLink {
    pub(super) fn when(follow: bool) -> LastLink {
        if follow { LastLink::Follow } else { LastLink::Look }
    }

    fn follows(self, slash: bool) -> bool {
        self == LastLink::Follow || self == LastLink::Look && slash
    }
}

impl Place {
    /// What is there.
    pub(super) fn found(self) -> Result<Arc<Node>> {
        let node = self.node.ok_or(Errno::NoEnt)?;
        if self.slash {
            node.directory()?;
        }
        Ok(node)
    }
}

impl Tree {
    pub(super) fn new(capacity: u64, lower: Option<Lower>) -> Arc<Tree> {
        let clocks = Clocks::default();
        let now = clocks.realtime();
        let budget = Budget::new(capacity);
        let meta = Meta { accessed: now, modified: now, changed: now, links: 1 };
        let kind = Kind::Directory(Mutex::default());
        let root = match &lower {
            Some(_) => Node::lower(1, kind, PathBuf::new(), meta, &budget),
            None => Node::root(kind, meta, &budget),
        };
        Arc::new(Tree {
            root,
            budget,
            lower,
            last_id: AtomicU64::new(1),
            device: AtomicU64::new(0),
            clocks: Mutex::new(clocks),
            structure: Mutex::default(),
        })
    }

    /// Takes over the clocks of the guest that uses it.
    pub(super) fn mounted(&self, device: u64, clocks: &Clocks) {
        self.device.store(device, Ordering::Relaxed);
        *lock(&self.clocks) = clocks.clone();
    }

    pub(super) fn device(&self) -> u64 {
        self.device.load(Ordering::Relaxed)
    }

    pub(super) fn now(&self) -> u64 {
        lock(&self.clocks).realtime()
    }

    pub(super) fn structure(&self) -> MutexGuard<'_, ()> {
        lock(&self.structure)
    }

    fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A new node, which has no name yet.
    pub(super) fn node(&self, kind: Kind) -> Result<Arc<Node>> {
        Node::new(self.next_id(), kind, &self.budget, self.now())
    }

    /// What has a name in a directory, brought in from below if it is there.
    pub(super) fn child(&self, directory: &Arc<Node>, name: &str) -> Result<Option<Arc<Node>>> {
        let mut entries = lock(directory.directory()?);
        self.bring_in(directory, &mut entries, name)?;
        Ok(entries.get(name).cloned())
    }

    fn bring_in(&self, directory: &Arc<Node>, entries: &mut Entries, name: &str) -> Result<()> {
        let (Some(lower), Some(origin)) = (&self.lower, &directory.origin) else { return Ok(()) };
        if entries.complete || entries.hidden.contains(name) || entries.get(name).is_some() {
            return Ok(());
        }
        let path = origin.join(name);
        match lower.look(&path) {
            Ok(Some((kind, meta))) => {
                if let Kind::Directory(below) = &kind {
                    lock(below).parent = Arc::downgrade(directory);
                }
                let node = Node::lower(self.next_id(), kind, path, meta, &self.budget);
                entries.insert(name, node, &self.budget)
            }
            Ok(None) | Err(Errno::NoEnt | Errno::NotDir) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// Brings in every name from below.
    pub(super) fn complete(&self, directory: &Arc<Node>, entries: &mut Entries) -> Result<()> {
        if let (Some(lower), Some(origin)) = (&self.lower, &directory.origin)
            && !entries.complete
        {
            for name in lower.names(origin)? {
                self.bring_in(directory, entries, &name)?;
            }
            entries.complete = true;
        }
        Ok(())
    }

    /// Puts a node under a name that is free.
    pub(super) fn put(&self, directory: &Node, name: &str, node: Arc<Node>) -> Result<()> {
        let mut entries = lock(directory.directory()?);
        if entries.removed {
            return Err(Errno::NoEnt);
        }
        entries.insert(name, node, &self.budget)?;
        drop(entries);
        directory.touch(self.now());
        Ok(())
    }

    /// Takes a name out of a directory; what the lower directory has under it is not seen any more.
    pub(super) fn take(&self, directory: &Node, name: &str) -> Result<Option<Arc<Node>>> {
        let mut entries = lock(directory.directory()?);
        let taken = entries.remove(name, &self.budget);
        if let (Some(lower), Some(origin)) = (&self.lower, &directory.origin)
            && lower.exists(&origin.join(name))
        {
            entries.hidden.insert(name.to_string());
        }
        drop(entries);
        directory.touch(self.now());
        Ok(taken)
    }

    /// How many directories lie above.
    pub(super) fn depth(&self, node: &Arc<Node>) -> Result<usize> {
        let (mut depth, mut at) = (0, Arc::clone(node));
        loop {
            let above = lock(at.directory()?).parent.upgrade();
            match above {
                Some(above) => at = above,
                None => return Ok(depth),
            }
            depth += 1;
        }
    }

    /// Whether `inner` is `outer` or lies below it.
    pub(super) fn lies_in(&self, inner: &Arc<Node>, outer: &Arc<Node>) -> Result<bool> {
        let mut at = Some(Arc::clone(inner));
        while let Some(node) = at {
            if Arc::ptr_eq(&node, outer) {
                return Ok(true);
            }
            at = lock(node.directory()?).parent.upgrade();
        }
        Ok(false)
    }

    /// How many levels of directories a node has below it, as far as they are known.
    pub(super) fn height(node: &Node) -> usize {
        let Kind::Directory(entries) = &node.kind else { return 0 };
        let entries = lock(entries);
        entries.after(0).map(|(_, _, node)| Tree::height(node) + 1).max().unwrap_or(0)
    }

    /// Finds what a path names, from `start` and never above it. What becomes of a link as the last
    /// part, `last_link` says.
    ///
    /// The lock of the structure is held by the caller.
    pub(super) fn resolve(
        &self,
        start: &Arc<Node>,
        path: &GuestPath,
        last_link: LastLink,
    ) -> Result<Place> {
        let mut slash = path.names_directory();
        let mut todo: Vec<String> = parts(path.as_str());
        let mut stack = vec![Arc::clone(start)];
        let mut links = 0;
        let mut place = Place { name: None, node: Some(Arc::clone(start)), slash };
        while let Some(name) = todo.pop() {
            let directory = stack.last().ok_or(Errno::Perm)?;
            if name == ".." {
                // A directory that was removed leads nowhere, but it is still the start.
                stack.pop();
                let above = stack.last().ok_or(Errno::Perm)?;
                place = Place { name: None, node: Some(Arc::clone(above)), slash };
                continue;
            }
            if name == "." {
                place = Place { name: None, node: Some(Arc::clone(directory)), slash };
                continue;
            }
            if name.len() > MAX_WASI_NAME_BYTES {
                return Err(Errno::NameTooLong);
            }
            let last = todo.is_empty();
            let node = self.child(directory, &name)?;
            let known = |node: &Option<Arc<Node>>| Place {
                name: Some((Arc::clone(directory), name.clone())),
                node: node.clone(),
                slash,
            };
            match node.as_ref().map(|node| &node.kind) {
                None if last => return Ok(known(&node)),
                None => return Err(Errno::NoEnt),
                Some(Kind::Directory(_)) => {
                    place = known(&node);
                    stack.extend(node);
                    if stack.len() > MAX_MEMORY_FS_DEPTH {
                        return Err(Errno::NameTooLong);
                    }
                }
                Some(Kind::Link(target)) if !last || last_link.follows(slash) => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Errno::Loop);
                    }
                    match target.as_str() {
                        "" => return Err(Errno::NoEnt),
                        target if target.starts_with('/') => return Err(Errno::Perm),
                        target => {
                            slash |= last && target.ends_with('/');
                            todo.extend(parts(target));
                            if todo.len() > MAX_MEMORY_FS_DEPTH * 4 {
                                return Err(Errno::NameTooLong);
                            }
                        }
                    }
                }
                Some(_) if last => return Ok(known(&node)),
                Some(_) => return Err(Errno::NotDir),
            }
        }
        Ok(Place { slash, ..place })
    }
}

/// The parts of a path, the first one last.
fn parts(path: &str) -> Vec<String> {
    path.rsplit('/').filter(|part| !part.is_empty()).map(str::to_string).collect()
}
