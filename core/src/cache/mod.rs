//! Compiled code on disk, from one process to the next.
//!
//! An entry is an artifact in a file named by what it is: module, engine build, target and
//! configuration. It ends with a code that only this user's key can make, so nobody else can put
//! code here that would run. Entries appear by renaming and are never changed; there are no locks,
//! so a process that dies leaves at most a temporary file. Whatever is in doubt is a miss, and
//! whatever fails switches nothing but the cache off.

mod folder;
#[cfg(test)]
mod tests;

use crate::abi::{CodeBlob, Target};
use crate::artifact::{self, Artifact, BUILD, Hash, Identity};
use crate::config::{CacheOptions, CodeKind, Proposals};
use crate::error::{ErrCode, Error, Result};
use crate::log::{self, LogLevel};
use folder::Folder;
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Stores between two looks at how much there is; the first store of a process looks too.
const STORES_PER_LOOK: u32 = 16;

/// The least part that eviction frees, so that not every store evicts.
const SLACK: u64 = 10;

/// An open cache.
pub(crate) struct Cache {
    folder: Folder,
    key: [u8; 32],
    max_bytes: u64,
    stores: AtomicU32,
}

/// How much a disk cache holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries, one for each module and configuration.
    pub entries: usize,
    /// Bytes of all entries.
    pub bytes: u64,
}

impl CacheOptions {
    /// The folder that these options mean.
    ///
    /// # Errors
    ///
    /// `invalid path` if none is given and the environment names none.
    pub fn folder(&self) -> Result<PathBuf> {
        directory(self).map_err(unusable)
    }

    /// How much the cache holds.
    ///
    /// # Errors
    ///
    /// `invalid path` if the folder can't be used, with the reason.
    pub fn stats(&self) -> Result<Stats> {
        Ok(Cache::open(self).map_err(unusable)?.stats())
    }

    /// Removes all entries; gives what there was. Code that was loaded from them stays.
    ///
    /// # Errors
    ///
    /// As [`stats`](CacheOptions::stats).
    ///
    /// ```
    /// use wasmspan::config::CacheOptions;
    /// # let folder = std::env::temp_dir().join(format!("wasmspan-doc-{}", std::process::id()));
    /// let cache = CacheOptions { directory: Some(folder), ..CacheOptions::default() };
    /// cache.clear()?;
    /// assert_eq!(cache.stats()?.entries, 0);
    /// # std::fs::remove_dir_all(cache.folder()?).unwrap();
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn clear(&self) -> Result<Stats> {
        Ok(Cache::open(self).map_err(unusable)?.clear())
    }
}

fn unusable(reason: String) -> Error {
    Error::with_detail(ErrCode::IllegalPath, format!("the disk cache: {reason}"))
}

/// Which code is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Query<'a> {
    pub target: &'a Target,
    pub kind: CodeKind,
    pub proposals: Proposals,
    pub source: Hash,
}

impl Query<'_> {
    fn identity(&self) -> Identity {
        Identity {
            build: BUILD.to_string(),
            target: self.target.clone(),
            kind: self.kind,
            proposals: self.proposals,
            source: self.source,
        }
    }

    /// Name of the entry's file.
    fn name(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [BUILD, &self.target.triple, &self.target.features.join(",")] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(&self.kind.to_bytes());
        hasher.update(&self.proposals.bits().to_le_bytes());
        hasher.update(&self.source);
        format!("{}.code", hasher.finalize().to_hex())
    }
}

/// The cache with these options, opened once in a process. `None` if it cannot be used; the reason
/// is told once.
pub(crate) fn open(options: &CacheOptions) -> Option<Arc<Cache>> {
    static OPEN: Mutex<Option<HashMap<CacheOptions, Option<Arc<Cache>>>>> = Mutex::new(None);
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = open.get_or_insert_default();
    if let Some(cache) = known.get(options) {
        return cache.clone();
    }
    let cache = match Cache::open(options) {
        Ok(cache) => Some(Arc::new(cache)),
        Err(reason) => {
            warn(&reason);
            None
        }
    };
    known.insert(options.clone(), cache.clone());
    cache
}

/// The folder that these options mean.
pub(crate) fn directory(options: &CacheOptions) -> std::result::Result<PathBuf, String> {
    if let Some(directory) = &options.directory {
        return Ok(directory.clone());
    }
    let absolute = |name: &str, below: &str| {
        let path = PathBuf::from(std::env::var_os(name)?).join(below);
        path.is_absolute().then_some(path)
    };
    absolute("XDG_CACHE_HOME", "wasmspan")
        .or_else(|| absolute("HOME", ".cache/wasmspan"))
        .ok_or_else(|| "neither XDG_CACHE_HOME nor HOME names a folder".to_string())
}

static WARNED: AtomicBool = AtomicBool::new(false);
static TO_STDERR: AtomicBool = AtomicBool::new(false);

/// Sends the warning to standard error: in a command, standard output is the guest's.
pub(crate) fn warn_on_stderr() {
    TO_STDERR.store(true, Ordering::Relaxed);
}

/// Tells why the cache does not work; once in a process.
fn warn(reason: &str) {
    if WARNED.swap(true, Ordering::Relaxed) {
        return;
    }
    let line = format!("compiled code is not kept on disk: {reason}");
    if TO_STDERR.load(Ordering::Relaxed) {
        // Standard error may be closed, or a pipe that nobody reads.
        let _ = writeln!(std::io::stderr(), "warning: {line}");
    } else {
        log::log(LogLevel::Warn, &line);
    }
}

impl Cache {
    /// Opens a cache, making its folder and key if they are not there; the reason if it must not
    /// be used.
    pub fn open(options: &CacheOptions) -> std::result::Result<Cache, String> {
        let directory = directory(options)?;
        let folder = Folder::open(&directory)
            .map_err(|reason| format!("{}: {reason}", directory.display()))?;
        let key = folder.key().map_err(|error| format!("{}: {error}", directory.display()))?;
        Ok(Cache { folder, key, max_bytes: options.max_bytes, stores: AtomicU32::new(0) })
    }

    /// The code that was stored for a query.
    pub fn load(&self, query: Query<'_>) -> Option<Artifact> {
        let name = query.name();
        let bytes = self.folder.read(&name)?;
        let artifact = self.verified(&name, &bytes, query.target);
        match artifact.filter(|artifact| artifact.identity == query.identity()) {
            Some(artifact) => Some(artifact),
            None => {
                // Damaged, or made with a key that is gone.
                self.folder.remove(&name);
                None
            }
        }
    }

    fn verified(&self, name: &str, bytes: &Arc<[u8]>, target: &Target) -> Option<Artifact> {
        let (content, stated) = bytes.split_last_chunk::<{ blake3::OUT_LEN }>()?;
        if self.code_of(name, content) != *stated {
            return None;
        }
        artifact::decode_authentic(bytes, content, target).ok()
    }

    /// The code that shows who stored an entry. Comparing it takes the same time wherever the first
    /// difference is.
    fn code_of(&self, name: &str, content: &[u8]) -> blake3::Hash {
        blake3::Hasher::new_keyed(&self.key).update(name.as_bytes()).update(content).finalize()
    }

    /// Stores code. What fails is told once, and changes nothing.
    pub fn store(&self, query: Query<'_>, code: &CodeBlob) {
        let name = query.name();
        let content = artifact::encode(&query.identity(), code);
        let seal = self.code_of(&name, &content);
        if content.len() as u64 > self.max_bytes {
            return;
        }
        if let Err(error) = self.folder.write(&name, &[&content, seal.as_bytes()]) {
            warn(&error.to_string());
            return;
        }
        if self.stores.fetch_add(1, Ordering::Relaxed).is_multiple_of(STORES_PER_LOOK) {
            self.evict();
        }
    }

    /// Removes what was not used for longest until all fits, and what dead processes left.
    fn evict(&self) {
        self.folder.remove_abandoned();
        let mut entries = self.folder.entries();
        let mut bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
        if bytes <= self.max_bytes {
            return;
        }
        entries.sort_by_key(|entry| entry.used);
        for entry in entries {
            if bytes <= self.max_bytes - self.max_bytes / SLACK {
                break;
            }
            self.folder.remove(&entry.name);
            bytes -= entry.bytes;
        }
    }

    /// How much there is.
    pub fn stats(&self) -> Stats {
        let entries = self.folder.entries();
        Stats { entries: entries.len(), bytes: entries.iter().map(|entry| entry.bytes).sum() }
    }

    /// Removes all entries.
    pub fn clear(&self) -> Stats {
        let before = self.stats();
        for entry in self.folder.entries() {
            self.folder.remove(&entry.name);
        }
        self.folder.remove_abandoned();
        before
    }

    /// Most bytes that entries may take.
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}
