//! An open directory of a file system that the host implements.

use super::file::OpenFile;
use super::{Custom, OpenMode, failed, file_type, inode};
use crate::wasi::abi::{DirEnt, Errno, FileStat, oflags};
use crate::wasi::fs::{Directory, GuestPath, Opened, Opening, Take, nanoseconds};
use rustix::fs::{Timestamps, UTIME_NOW, UTIME_OMIT};
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

type Result<T> = std::result::Result<T, Errno>;

/// The position of the first entry after `.` and `..`.
const FIRST_COOKIE: u64 = 3;

/// An open directory.
#[derive(Debug)]
pub(in crate::wasi) struct CustomDirectory {
    files: Custom,
    /// Its path as the host knows it; empty for the root.
    path: String,
    device: u64,
    /// What was there when the guest last read from the start, so that positions stay right.
    listed: Mutex<Option<Arc<[Entry]>>>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    directory: bool,
}

/// A path as the host gets it.
fn host(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

/// Sets the one time that the host knows of.
pub(super) fn set_modified(files: &Custom, path: &str, times: &Timestamps) -> Result<()> {
    let time = times.last_modification;
    let modified = match time.tv_nsec {
        UTIME_OMIT => return Ok(()),
        UTIME_NOW => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            now.map_or(0, |now| u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
        }
        rest => nanoseconds(time.tv_sec, rest),
    };
    files.0.set_modified(host(path), modified).map_err(failed)
}

impl CustomDirectory {
    /// The root, under a number that tells its files from others.
    pub(in crate::wasi) fn new(files: &Custom, device: u64) -> CustomDirectory {
        CustomDirectory::at(files, String::new(), device)
    }

    fn at(files: &Custom, path: String, device: u64) -> CustomDirectory {
        CustomDirectory { files: files.clone(), path, device, listed: Mutex::default() }
    }

    /// Whether `path` is a directory; an error if nothing is there.
    fn is_directory(&self, path: &str) -> Result<bool> {
        Ok(self.files.0.info(host(path)).map_err(failed)?.directory)
    }

    /// The path as the host knows it.
    fn resolve(&self, path: &GuestPath) -> Result<String> {
        let mut at = self.path.clone();
        let below = at.len();
        for part in path.as_str().split('/') {
            match part {
                "" => {}
                ".." if at.len() == below => return Err(Errno::Perm),
                "." | ".." if !self.is_directory(&at)? => return Err(Errno::NotDir),
                "." => {}
                ".." => at.truncate(at.rfind('/').unwrap_or(0).max(below)),
                name => {
                    if !at.is_empty() {
                        at.push('/');
                    }
                    at.push_str(name);
                }
            }
        }
        Ok(at)
    }

    /// As [`resolve`](CustomDirectory::resolve), for what is to be moved or removed: something below the
    /// directory, under its name, and a directory if a slash says so and something is there.
    fn changeable(&self, path: &GuestPath) -> Result<String> {
        let at = self.resolve(path)?;
        if at == self.path {
            return Err(Errno::Busy);
        }
        if matches!(path.as_str().trim_end_matches('/').rsplit('/').next(), Some("." | "..")) {
            return Err(Errno::Inval);
        }
        match self.is_directory(&at) {
            Ok(false) if path.names_directory() => Err(Errno::NotDir),
            _ => Ok(at),
        }
    }

    /// The directory of the same file system behind another.
    fn sibling<'a>(&self, other: &'a dyn Directory) -> Result<&'a CustomDirectory> {
        let other = other.as_any().downcast_ref::<CustomDirectory>().ok_or(Errno::XDev)?;
        let same = std::ptr::addr_eq(Arc::as_ptr(&self.files.0), Arc::as_ptr(&other.files.0));
        if same { Ok(other) } else { Err(Errno::XDev) }
    }

    /// What is there, read anew if `anew` is set.
    fn entries(&self, anew: bool) -> Result<Arc<[Entry]>> {
        let known = || self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().as_ref().filter(|_| !anew) {
            return Ok(Arc::clone(known));
        }
        let mut entries = Vec::new();
        let mut take = |name: &str, directory: bool| {
            if !matches!(name, "" | "." | "..") && !name.contains(['/', '\0']) {
                entries.push(Entry { name: name.into(), directory });
            }
        };
        self.files.0.list(host(&self.path), &mut take).map_err(failed)?;
        let entries: Arc<[Entry]> = entries.into();
        *known() = Some(Arc::clone(&entries));
        Ok(entries)
    }
}

impl Directory for CustomDirectory {
    fn open(&self, path: &GuestPath, opening: Opening) -> Result<Opened> {
        opening.check(path)?;
        let at = self.resolve(path)?;
        let mut mode = OpenMode {
            write: opening.writes() || opening.has(oflags::TRUNC),
            truncate: opening.has(oflags::TRUNC),
            ..OpenMode::default()
        };
        let only_new = opening.has(oflags::CREAT) && opening.has(oflags::EXCL);
        match self.is_directory(&at) {
            Ok(_) if only_new => return Err(Errno::Exist),
            Ok(true) if opening.needs_file() => return Err(Errno::IsDir),
            Ok(true) => {
                let opened = CustomDirectory::at(&self.files, at, self.device);
                return Ok(Opened::Directory(Box::new(opened)));
            }
            Ok(false) if path.names_directory() || opening.has(oflags::DIRECTORY) => {
                return Err(Errno::NotDir);
            }
            Ok(false) => {}
            Err(Errno::NoEnt) if opening.has(oflags::CREAT) => {
                (mode.write, mode.create) = (true, true);
                mode.exclusive = opening.has(oflags::EXCL);
            }
            Err(errno) => return Err(errno),
        }
        let file = self.files.0.open(&at, mode).map_err(failed)?;
        let opened = OpenFile::new(file, &self.files, at, self.device, opening.fdflags);
        Ok(Opened::File(Box::new(opened)))
    }

    fn stat(&self) -> Result<FileStat> {
        let info = self.files.0.info(host(&self.path)).map_err(failed)?;
        Ok(info.stat(self.device, &self.path))
    }

    fn set_times(&self, times: &Timestamps) -> Result<()> {
        set_modified(&self.files, &self.path, times)
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn stat_path(&self, path: &GuestPath, _follow: bool) -> Result<FileStat> {
        let at = self.resolve(path)?;
        let info = self.files.0.info(host(&at)).map_err(failed)?;
        match path.names_directory() && !info.directory {
            true => Err(Errno::NotDir),
            false => Ok(info.stat(self.device, &at)),
        }
    }

    fn set_path_times(&self, path: &GuestPath, _follow: bool, times: &Timestamps) -> Result<()> {
        let at = self.resolve(path)?;
        self.is_directory(&at)?;
        set_modified(&self.files, &at, times)
    }

    fn create_directory(&self, path: &GuestPath) -> Result<()> {
        let at = self.resolve(path)?;
        match self.is_directory(&at) {
            Ok(_) => Err(Errno::Exist),
            Err(Errno::NoEnt) => self.files.0.create_directory(&at).map_err(failed),
            Err(errno) => Err(errno),
        }
    }

    fn remove_directory(&self, path: &GuestPath) -> Result<()> {
        let at = self.changeable(path)?;
        match self.is_directory(&at)? {
            true => self.files.0.remove_directory(&at).map_err(failed),
            false => Err(Errno::NotDir),
        }
    }

    fn unlink(&self, path: &GuestPath) -> Result<()> {
        let at = self.changeable(path)?;
        match self.is_directory(&at)? {
            true => Err(Errno::IsDir),
            false => self.files.0.remove_file(&at).map_err(failed),
        }
    }

    fn link(&self, _: &GuestPath, to: &dyn Directory, _: &GuestPath) -> Result<()> {
        self.sibling(to)?;
        Err(Errno::NotSup)
    }

    fn rename(&self, path: &GuestPath, to: &dyn Directory, new: &GuestPath) -> Result<()> {
        let other = self.sibling(to)?;
        let (from, to) = (self.changeable(path)?, other.changeable(new)?);
        let directory = self.is_directory(&from)?;
        match other.is_directory(&to) {
            Ok(true) if !directory => return Err(Errno::IsDir),
            Ok(false) if directory => return Err(Errno::NotDir),
            Err(Errno::NoEnt) if new.names_directory() && !directory => return Err(Errno::NotDir),
            Ok(_) | Err(Errno::NoEnt) => {}
            Err(errno) => return Err(errno),
        }
        if from == to {
            return Ok(());
        }
        // A directory can't be moved into itself.
        if to.strip_prefix(&from).is_some_and(|rest| rest.starts_with('/')) {
            return Err(Errno::Inval);
        }
        self.files.0.rename(&from, &to).map_err(failed)
    }

    fn symlink(&self, _: &GuestPath, _: &GuestPath) -> Result<()> {
        Err(Errno::NotSup)
    }

    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        self.stat_path(path, false)?;
        Err(Errno::Inval)
    }

    fn list(&self, cookie: u64, take: &mut Take<'_>) -> Result<()> {
        if i64::try_from(cookie).is_err() {
            return Err(Errno::Inval);
        }
        let entries = self.entries(cookie == 0)?;
        for (at, name) in [(1, "."), (2, "..")] {
            // What lies above may be outside of what the guest was given.
            let head = entry(at, &self.path, true, name);
            if at > cookie && !take(head, name.as_bytes()) {
                return Ok(());
            }
        }
        let done = cookie.max(FIRST_COOKIE - 1) - (FIRST_COOKIE - 1);
        for (at, found) in entries.iter().enumerate().skip(done as usize) {
            let path = match self.path.is_empty() {
                true => found.name.clone(),
                false => format!("{}/{}", self.path, found.name),
            };
            let next = entry(FIRST_COOKIE + at as u64, &path, found.directory, &found.name);
            if !take(next, found.name.as_bytes()) {
                break;
            }
        }
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn entry(next: u64, path: &str, directory: bool, name: &str) -> DirEnt {
    let name_len = name.len() as u32;
    DirEnt { next, inode: inode(path), name_len, file_type: file_type(directory) }
}
