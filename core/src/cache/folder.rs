//! The folder of a cache: who may touch it, and files that are there whole or not at all.
//!
//! The folder is opened once and everything in it reached from there, so what happens to its path
//! later does not matter.

use crate::platform::file::{check_size, read_whole};
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// File of the user's key.
const KEY: &str = "key";
/// How names of entries end.
const ENTRY: &str = ".code";
/// How names of unfinished files begin.
const TEMPORARY: &str = "tmp-";

/// Seconds after which an entry's time of use is noted again, and an unfinished file is abandoned.
const HOUR: i64 = 3600;

/// Most bytes of a file that is read.
const MAX_ENTRY_BYTES: u64 = 2 << 30;

/// A folder that only its user can write to.
pub(super) struct Folder {
    handle: OwnedFd,
    path: PathBuf,
}

/// A file of the cache.
pub(super) struct Entry {
    pub name: String,
    pub bytes: u64,
    /// When it was last used, in seconds; to the hour.
    pub used: i64,
}

fn own() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

fn private_file() -> Mode {
    Mode::RUSR | Mode::WUSR
}

impl Folder {
    /// Opens a folder, making it if it is not there; the reason if it cannot be trusted.
    pub fn open(path: &Path) -> Result<Folder, String> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| error.to_string())?;
        }
        match rustix::fs::mkdir(path, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.to_string()),
        }
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
        let handle =
            rustix::fs::openat(CWD, path, flags, Mode::empty()).map_err(|error| match error {
                Errno::LOOP | Errno::NOTDIR => "it is not a folder".to_string(),
                other => other.to_string(),
            })?;
        let stat = rustix::fs::fstat(&handle).map_err(|error| error.to_string())?;
        if stat.st_uid != own() {
            return Err("it belongs to another user".into());
        }
        if stat.st_mode & 0o022 != 0 {
            return Err("others may write to it".into());
        }
        Ok(Folder { handle, path: path.to_path_buf() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The user's key, made if there is none.
    pub fn key(&self) -> io::Result<[u8; 32]> {
        if let Some(key) = self.read_key() {
            return Ok(key);
        }
        let mut key = [0; 32];
        let mut filled = 0;
        while filled < key.len() {
            filled +=
                rustix::rand::getrandom(&mut key[filled..], rustix::rand::GetRandomFlags::empty())?;
        }
        let name = self.write_temporary(&[&key], true)?;
        // Of several processes that come at once, one makes the key.
        let made = rustix::fs::renameat_with(
            &self.handle,
            &name,
            &self.handle,
            KEY,
            RenameFlags::NOREPLACE,
        );
        match made {
            Ok(()) => return Ok(key),
            Err(Errno::EXIST) => {}
            Err(error) => {
                self.remove(&name);
                return Err(error.into());
            }
        }
        if let Some(key) = self.read_key() {
            self.remove(&name);
            return Ok(key);
        }
        // What is there is no key: nothing can have been sealed with it.
        rustix::fs::renameat(&self.handle, &name, &self.handle, KEY)?;
        Ok(key)
    }

    fn read_key(&self) -> Option<[u8; 32]> {
        let (mut file, stat) = self.open_file(KEY)?;
        let private = stat.st_uid == own() && stat.st_mode & 0o077 == 0 && stat.st_size == 32;
        let mut key = [0; 32];
        (private && file.read_exact(&mut key).is_ok()).then_some(key)
    }

    fn open_file(&self, name: &str) -> Option<(File, Stat)> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::openat(&self.handle, name, flags, Mode::empty()).ok()?;
        let stat = rustix::fs::fstat(&file).ok()?;
        let regular = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file();
        regular.then(|| (File::from(file), stat))
    }

    /// The content of a file, and a note that it was used.
    pub fn read(&self, name: &str) -> Option<Arc<[u8]>> {
        let (file, stat) = self.open_file(name)?;
        let bytes = read_whole(&file, MAX_ENTRY_BYTES).ok()?;
        let now = now();
        if (now - stat.st_mtime).abs() > HOUR {
            let time = Timespec { tv_sec: now, tv_nsec: 0 };
            let times = Timestamps { last_access: time, last_modification: time };
            // A folder that can only be read still serves.
            let _ = rustix::fs::futimens(&file, &times);
        }
        Some(bytes)
    }

    /// Writes a file that replaces any of its name when it is whole.
    pub fn write(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let temporary = self.write_temporary(parts, false)?;
        rustix::fs::renameat(&self.handle, &temporary, &self.handle, name).map_err(|error| {
            self.remove(&temporary);
            error.into()
        })
    }

    /// Writes a file of a new name. Entries need not reach the disk before they are named: one
    /// that a power failure cut short fails its check.
    fn write_temporary(&self, parts: &[&[u8]], sync: bool) -> io::Result<String> {
        check_size(parts.iter().map(|part| part.len() as u64).sum())?;
        let mut random = [0; 8];
        rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty())?;
        let name = format!("{TEMPORARY}{:016x}", u64::from_le_bytes(random));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.handle, &name, flags, private_file())?;
        let mut file = File::from(file);
        let mut write = || {
            for part in parts {
                file.write_all(part)?;
            }
            if sync { file.sync_all() } else { Ok(()) }
        };
        match write() {
            Ok(()) => Ok(name),
            Err(error) => {
                self.remove(&name);
                Err(error)
            }
        }
    }

    /// Removes a file, if it is there.
    pub fn remove(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.handle, name, AtFlags::empty());
    }

    fn files(&self) -> Vec<Entry> {
        let Ok(list) = Dir::read_from(&self.handle) else { return Vec::new() };
        let names = list.filter_map(|item| item.ok()?.file_name().to_str().ok().map(String::from));
        let file = |name: String| {
            let stat = rustix::fs::statat(&self.handle, &name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let bytes = u64::try_from(stat.st_size).ok()?;
            Some(Entry { name, bytes, used: stat.st_mtime })
        };
        names.filter_map(file).collect()
    }

    /// All entries.
    pub fn entries(&self) -> Vec<Entry> {
        let mut files = self.files();
        files.retain(|file| file.name.ends_with(ENTRY));
        files
    }

    /// Removes unfinished files that no process can still be writing.
    pub fn remove_abandoned(&self) {
        let now = now();
        for file in self.files() {
            if file.name.starts_with(TEMPORARY) && (now - file.used).abs() > HOUR {
                self.remove(&file.name);
            }
        }
    }
}
