//! A directory that lists what a guest was given, so that it can look around from `/`.
//!
//! Nothing in it can be changed, and nothing can be written through it: programs reach what they were
//! given by its own name.

use super::{Directory, GuestPath, Opened, Opening, Take};
use crate::wasi::abi::{DirEnt, Errno, FileStat, FileType};
use rustix::fs::Timestamps;
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

type Result<T> = std::result::Result<T, Errno>;

/// A directory of names that the host gave.
#[derive(Clone, Debug, Default)]
pub(in crate::wasi) struct Root {
    names: BTreeMap<String, Arc<Entry>>,
    inode: u64,
}

#[derive(Debug)]
enum Entry {
    Names(Root),
    Given(Arc<dyn Directory>),
}

/// Where a path leads.
enum Place<'a> {
    Names(&'a Root),
    /// Into a directory that was given, by the rest of the path.
    Given(&'a Arc<dyn Directory>, GuestPath),
}

impl Root {
    /// The root over these, each with its name. Of equal names the last holds; a name below another
    /// is reached through the file system of that.
    pub(in crate::wasi) fn new(given: Vec<(String, Arc<dyn Directory>)>) -> Root {
        let mut root = Root { inode: 1, ..Root::default() };
        let mut last = 1;
        for (name, directory) in given {
            let parts: Vec<&str> =
                name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
            if parts.first() == Some(&"..") {
                // It isn't below the root.
                continue;
            }
            root.put(&parts, directory, &mut last);
        }
        root
    }

    fn put(&mut self, parts: &[&str], directory: Arc<dyn Directory>, last: &mut u64) {
        let Some((first, rest)) = parts.split_first() else { return };
        if rest.is_empty() {
            self.names.insert((*first).to_string(), Arc::new(Entry::Given(directory)));
            return;
        }
        let entry = self.names.entry((*first).to_string()).or_insert_with(|| {
            *last += 1;
            Arc::new(Entry::Names(Root { inode: *last, ..Root::default() }))
        });
        if let Some(Entry::Names(below)) = Arc::get_mut(entry) {
            below.put(rest, directory, last);
        }
    }

    fn resolve(&self, path: &GuestPath) -> Result<Place<'_>> {
        let mut stack = vec![self];
        let mut parts = path.as_str().split('/').filter(|part| !part.is_empty());
        while let Some(part) = parts.next() {
            let at = stack.last().ok_or(Errno::Perm)?;
            match part {
                "." => {}
                ".." if stack.len() == 1 => return Err(Errno::Perm),
                ".." => {
                    stack.pop();
                }
                name => match at.names.get(name).map(|entry| &**entry) {
                    Some(Entry::Names(below)) => stack.push(below),
                    Some(Entry::Given(directory)) => {
                        let rest: Vec<&str> = parts.collect();
                        let mut rest = rest.join("/");
                        if rest.is_empty() {
                            rest.push('.');
                        }
                        if path.names_directory() {
                            rest.push('/');
                        }
                        return Ok(Place::Given(directory, GuestPath::new(rest.into_bytes())?));
                    }
                    None => return Err(Errno::NoEnt),
                },
            }
        }
        stack.pop().map(Place::Names).ok_or(Errno::Perm)
    }
}

impl Directory for Root {
    fn open(&self, path: &GuestPath, opening: Opening) -> Result<Opened> {
        opening.check(path)?;
        match self.resolve(path)? {
            Place::Names(_) if opening.needs_file() => Err(Errno::IsDir),
            Place::Names(names) => Ok(Opened::Directory(Box::new(names.clone()))),
            Place::Given(directory, rest) => directory.open(&rest, opening),
        }
    }

    fn stat(&self) -> Result<FileStat> {
        Ok(FileStat {
            device: 0,
            inode: self.inode,
            file_type: FileType::Directory,
            links: 1,
            size: 0,
            accessed: 0,
            modified: 0,
            changed: 0,
        })
    }

    fn set_times(&self, _: &Timestamps) -> Result<()> {
        Err(Errno::RoFs)
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn stat_path(&self, path: &GuestPath, follow: bool) -> Result<FileStat> {
        match self.resolve(path)? {
            Place::Names(names) => names.stat(),
            Place::Given(directory, rest) => directory.stat_path(&rest, follow),
        }
    }

    fn set_path_times(&self, _: &GuestPath, _: bool, _: &Timestamps) -> Result<()> {
        Err(Errno::RoFs)
    }

    fn create_directory(&self, _: &GuestPath) -> Result<()> {
        Err(Errno::RoFs)
    }

    fn remove_directory(&self, _: &GuestPath) -> Result<()> {
        Err(Errno::RoFs)
    }

    fn unlink(&self, _: &GuestPath) -> Result<()> {
        Err(Errno::RoFs)
    }

    fn link(&self, _: &GuestPath, _: &dyn Directory, _: &GuestPath) -> Result<()> {
        Err(Errno::RoFs)
    }

    fn rename(&self, _: &GuestPath, _: &dyn Directory, _: &GuestPath) -> Result<()> {
        Err(Errno::RoFs)
    }

    fn symlink(&self, _: &GuestPath, _: &GuestPath) -> Result<()> {
        Err(Errno::RoFs)
    }

    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        match self.resolve(path)? {
            Place::Names(_) => Err(Errno::Inval),
            Place::Given(directory, rest) => directory.read_link(&rest),
        }
    }

    fn list(&self, cookie: u64, take: &mut Take<'_>) -> Result<()> {
        let dots = [(".", self.inode), ("..", self.inode)].map(|(name, inode)| (name, Some(inode)));
        let names = self.names.iter().map(|(name, entry)| match &**entry {
            Entry::Names(below) => (name.as_str(), Some(below.inode)),
            Entry::Given(directory) => (name.as_str(), directory.stat().ok().map(|s| s.inode)),
        });
        let skip = usize::try_from(cookie).map_err(|_| Errno::Inval)?;
        for (at, (name, inode)) in dots.into_iter().chain(names).enumerate().skip(skip) {
            let head = DirEnt {
                next: at as u64 + 1,
                inode: inode.unwrap_or(0),
                name_len: name.len() as u32,
                file_type: FileType::Directory,
            };
            if !take(head, name.as_bytes()) {
                break;
            }
        }
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
