//! An open directory of a file system in memory.

use super::file::MemoryFile;
use super::node::{Content, Entries, FIRST_COOKIE, Kind, Node, lock};
use super::tree::{LastLink, Place, Tree};
use crate::limits::MAX_MEMORY_FS_DEPTH;
use crate::wasi::abi::{DirEnt, Errno, FileStat, FileType, oflags};
use crate::wasi::fs::{Directory, GuestPath, Opened, Opening, Take};
use rustix::fs::Timestamps;
use std::any::Any;
use std::sync::{Arc, Mutex};

type Result<T> = std::result::Result<T, Errno>;

/// An open directory.
#[derive(Debug)]
pub(in crate::wasi) struct MemoryDirectory {
    tree: Arc<Tree>,
    node: Arc<Node>,
}

impl MemoryDirectory {
    pub(super) fn new(tree: &Arc<Tree>, node: &Arc<Node>) -> MemoryDirectory {
        MemoryDirectory { tree: Arc::clone(tree), node: Arc::clone(node) }
    }

    fn resolve(&self, path: &GuestPath, last: LastLink) -> Result<Place> {
        self.tree.resolve(&self.node, path, last)
    }

    /// The directory of the same tree behind another.
    fn sibling<'a>(&self, other: &'a dyn Directory) -> Result<&'a MemoryDirectory> {
        let other = other.as_any().downcast_ref::<MemoryDirectory>().ok_or(Errno::XDev)?;
        if Arc::ptr_eq(&self.tree, &other.tree) { Ok(other) } else { Err(Errno::XDev) }
    }

    /// A directory and a name in it that is free.
    fn free(place: Place) -> Result<(Arc<Node>, String)> {
        match place {
            Place { node: None, name: Some(name), .. } => Ok(name),
            _ => Err(Errno::Exist),
        }
    }

    /// A directory and a free name in it for a link. Before a slash a link is followed, so that a
    /// directory is meant or nothing is, and no name is free.
    fn free_for_link(&self, path: &GuestPath) -> Result<(Arc<Node>, String)> {
        if path.names_directory() {
            self.resolve(path, LastLink::Look)?.found()?;
            return Err(Errno::Exist);
        }
        Self::free(self.resolve(path, LastLink::Name)?)
    }

    /// What a path names with its last link not followed, and the directory that has the name.
    fn named(&self, path: &GuestPath, what: Errno) -> Result<(Arc<Node>, String, Arc<Node>)> {
        let place = self.resolve(path, LastLink::Name)?;
        let name = place.name.clone();
        let node = place.found()?;
        let (directory, name) = name.ok_or(what)?;
        Ok((directory, name, node))
    }

    /// Takes a name away, and with it perhaps what it stood for.
    fn forget(&self, directory: &Arc<Node>, name: &str, node: &Node) -> Result<()> {
        let taken = self.tree.take(directory, name)?;
        let mut meta = lock(&node.meta);
        meta.links = meta.links.saturating_sub(1);
        meta.changed = self.tree.now();
        drop(meta);
        drop(taken);
        Ok(())
    }

    /// Fails unless a directory has nothing in it; then it takes nothing any more.
    fn close_empty(&self, node: &Arc<Node>) -> Result<()> {
        let mut entries = lock(node.directory()?);
        self.tree.complete(node, &mut entries)?;
        if !entries.is_empty() {
            return Err(Errno::NotEmpty);
        }
        entries.removed = true;
        Ok(())
    }

    /// Makes the new name free for what is moved to it.
    fn make_way(&self, moved: &Node, place: Place) -> Result<(Arc<Node>, String)> {
        let (directory, name) = place.name.clone().ok_or(Errno::Busy)?;
        let Some(there) = &place.node else { return Ok((directory, name)) };
        match (&moved.kind, &there.kind) {
            (Kind::Directory(_), Kind::Directory(_)) => self.close_empty(there)?,
            (Kind::Directory(_), _) => return Err(Errno::NotDir),
            (_, Kind::Directory(_)) => return Err(Errno::IsDir),
            _ => {}
        }
        self.forget(&directory, &name, there)?;
        Ok((directory, name))
    }
}

impl Directory for MemoryDirectory {
    fn open(&self, path: &GuestPath, opening: Opening) -> Result<Opened> {
        opening.check(path)?;
        let _structure = self.tree.structure();
        let exclusive = opening.has(oflags::CREAT) && opening.has(oflags::EXCL);
        let place = self.resolve(path, LastLink::when(opening.follow && !exclusive))?;
        if place.node.is_some() && exclusive {
            return Err(Errno::Exist);
        }
        if place.node.is_none() && opening.has(oflags::CREAT) {
            if place.slash {
                return Err(Errno::IsDir);
            }
            let (directory, name) = Self::free(place)?;
            let node = self.tree.node(Kind::File(Mutex::new(Content::Bytes(Vec::new()))))?;
            self.tree.put(&directory, &name, Arc::clone(&node))?;
            let file = MemoryFile::open(&self.tree, node, opening.fdflags)?;
            return Ok(Opened::File(Box::new(file)));
        }
        let node = place.found()?;
        match &node.kind {
            Kind::Link(_) => Err(Errno::Loop),
            Kind::Directory(_) if opening.needs_file() => Err(Errno::IsDir),
            Kind::Directory(_) => {
                Ok(Opened::Directory(Box::new(MemoryDirectory::new(&self.tree, &node))))
            }
            Kind::File(_) if opening.has(oflags::DIRECTORY) => Err(Errno::NotDir),
            Kind::File(content) => {
                if opening.has(oflags::TRUNC) {
                    let mut content = lock(content);
                    match &mut *content {
                        Content::Bytes(bytes) => node.resize(bytes, 0)?,
                        // Nothing needs to be fetched for that.
                        lower => *lower = Content::Bytes(Vec::new()),
                    }
                    drop(content);
                    node.touch(self.tree.now());
                }
                let file = MemoryFile::open(&self.tree, Arc::clone(&node), opening.fdflags)?;
                Ok(Opened::File(Box::new(file)))
            }
        }
    }

    fn stat(&self) -> Result<FileStat> {
        Ok(self.node.stat(self.tree.device()))
    }

    fn set_times(&self, times: &Timestamps) -> Result<()> {
        self.node.set_times(times, self.tree.now());
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn stat_path(&self, path: &GuestPath, follow: bool) -> Result<FileStat> {
        let _structure = self.tree.structure();
        Ok(self.resolve(path, LastLink::when(follow))?.found()?.stat(self.tree.device()))
    }

    fn set_path_times(&self, path: &GuestPath, follow: bool, times: &Timestamps) -> Result<()> {
        let _structure = self.tree.structure();
        self.resolve(path, LastLink::when(follow))?.found()?.set_times(times, self.tree.now());
        Ok(())
    }

    fn create_directory(&self, path: &GuestPath) -> Result<()> {
        let _structure = self.tree.structure();
        // A link is not followed even before a slash: its name is taken.
        let (directory, name) = Self::free(self.resolve(path, LastLink::Name)?)?;
        if self.tree.depth(&directory)? + 1 >= MAX_MEMORY_FS_DEPTH {
            return Err(Errno::NameTooLong);
        }
        let node = self.tree.node(Kind::Directory(Mutex::new(Entries::below(&directory))))?;
        self.tree.put(&directory, &name, node)
    }

    fn remove_directory(&self, path: &GuestPath) -> Result<()> {
        let _structure = self.tree.structure();
        let (directory, name, node) = self.named(path, Errno::Inval)?;
        self.close_empty(&node)?;
        self.forget(&directory, &name, &node)
    }

    fn unlink(&self, path: &GuestPath) -> Result<()> {
        let _structure = self.tree.structure();
        if path.names_directory() {
            self.resolve(path, LastLink::Look)?.found()?;
            return Err(Errno::IsDir);
        }
        let (directory, name, node) = self.named(path, Errno::IsDir)?;
        if node.directory().is_ok() {
            return Err(Errno::IsDir);
        }
        self.forget(&directory, &name, &node)
    }

    fn link(&self, path: &GuestPath, to: &dyn Directory, new: &GuestPath) -> Result<()> {
        let to = self.sibling(to)?;
        let _structure = self.tree.structure();
        let node = self.resolve(path, LastLink::Look)?.found()?;
        let (directory, name) = to.free_for_link(new)?;
        if node.directory().is_ok() {
            return Err(Errno::Perm);
        }
        self.tree.put(&directory, &name, Arc::clone(&node))?;
        let mut meta = lock(&node.meta);
        meta.links += 1;
        meta.changed = self.tree.now();
        Ok(())
    }

    fn rename(&self, path: &GuestPath, to: &dyn Directory, new: &GuestPath) -> Result<()> {
        let to = self.sibling(to)?;
        let _structure = self.tree.structure();
        let (old_directory, old_name, node) = self.named(path, Errno::Busy)?;
        let place = to.resolve(new, LastLink::Name)?;
        let is_directory = node.directory().is_ok();
        if place.slash && !is_directory {
            return Err(Errno::NotDir);
        }
        let (new_directory, _) = place.name.as_ref().ok_or(Errno::Busy)?;
        if place.node.as_ref().is_some_and(|there| Arc::ptr_eq(there, &node)) {
            return Ok(());
        }
        if is_directory {
            if self.tree.lies_in(new_directory, &node)? {
                return Err(Errno::Inval);
            }
            let depth = self.tree.depth(new_directory)? + 1 + Tree::height(&node);
            if depth >= MAX_MEMORY_FS_DEPTH {
                return Err(Errno::NameTooLong);
            }
        }
        if lock(new_directory.directory()?).removed {
            return Err(Errno::NoEnt);
        }
        // Room for the new name first, so that nothing is lost when there is none.
        let spare = new.as_str().len() as u64;
        self.tree.budget.charge(spare)?;
        let (new_directory, new_name) = self.make_way(&node, place)?;
        self.tree.budget.refund(spare);
        self.tree.put(&new_directory, &new_name, Arc::clone(&node))?;
        self.tree.take(&old_directory, &old_name)?;
        if let Kind::Directory(entries) = &node.kind {
            lock(entries).parent = Arc::downgrade(&new_directory);
        }
        lock(&node.meta).changed = self.tree.now();
        Ok(())
    }

    fn symlink(&self, target: &GuestPath, path: &GuestPath) -> Result<()> {
        let _structure = self.tree.structure();
        let (directory, name) = self.free_for_link(path)?;
        let node = self.tree.node(Kind::Link(target.as_str().to_string()))?;
        self.tree.put(&directory, &name, node)
    }

    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        let _structure = self.tree.structure();
        match &self.resolve(path, LastLink::Look)?.found()?.kind {
            Kind::Link(target) if target.starts_with('/') => Err(Errno::Perm),
            Kind::Link(target) => Ok(target.clone().into_bytes()),
            _ => Err(Errno::Inval),
        }
    }

    fn list(&self, cookie: u64, take: &mut Take<'_>) -> Result<()> {
        if i64::try_from(cookie).is_err() {
            return Err(Errno::Inval);
        }
        let _structure = self.tree.structure();
        let mut entries = lock(self.node.directory()?);
        self.tree.complete(&self.node, &mut entries)?;
        for (at, name) in [(1, "."), (2, "..")] {
            // What lies above may be outside of what the guest was given.
            let head = entry(at, self.node.id, FileType::Directory, name);
            if at > cookie && !entries.removed && !take(head, name.as_bytes()) {
                return Ok(());
            }
        }
        for (at, name, node) in entries.after(cookie.max(FIRST_COOKIE - 1)) {
            if !take(entry(at, node.id, node.file_type(), name), name.as_bytes()) {
                break;
            }
        }
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn entry(at: u64, inode: u64, file_type: FileType, name: &str) -> DirEnt {
    DirEnt { next: at, inode, name_len: name.len() as u32, file_type }
}
