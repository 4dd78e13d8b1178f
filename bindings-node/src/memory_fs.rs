//! Files in memory for guests.

use crate::enter::enter;
use napi::Env;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use wasmspan::wasi::MemoryFs;

/// A file system in memory, perhaps over a directory that stays as it is.
#[napi]
pub struct NativeMemoryFs {
    pub(crate) files: MemoryFs,
}

#[napi]
impl NativeMemoryFs {
    /// An empty one, or one over a directory.
    #[napi(constructor)]
    pub fn new(env: Env, over: Option<String>, capacity: Option<f64>) -> napi::Result<Self> {
        enter(env, |_| {
            let capacity = capacity.map(|capacity| capacity as u64);
            let files = match (over, capacity) {
                (None, None) => MemoryFs::new(),
                (None, Some(bytes)) => MemoryFs::with_capacity(bytes),
                (Some(directory), None) => MemoryFs::over(directory)?,
                (Some(directory), Some(bytes)) => MemoryFs::over_with_capacity(directory, bytes)?,
            };
            Ok(NativeMemoryFs { files })
        })
    }

    /// Bytes in use.
    #[napi(getter)]
    pub fn used(&self) -> f64 {
        self.files.used() as f64
    }

    /// Writes a file.
    #[napi]
    pub fn write(&self, env: Env, path: String, bytes: &[u8]) -> napi::Result<()> {
        enter(env, |_| Ok(self.files.write(path, bytes)?))
    }

    /// Makes a directory.
    #[napi]
    pub fn create_dir(&self, env: Env, path: String) -> napi::Result<()> {
        enter(env, |_| Ok(self.files.create_dir(path)?))
    }

    /// The content of a file.
    #[napi]
    pub fn read(&self, env: Env, path: String) -> napi::Result<Uint8Array> {
        enter(env, |_| Ok(Uint8Array::from(self.files.read(path)?)))
    }

    /// Names in a directory.
    #[napi]
    pub fn list(&self, env: Env, path: String) -> napi::Result<Vec<String>> {
        enter(env, |_| Ok(self.files.list(path)?))
    }

    /// What differs from the directory below: pairs of path and kind.
    #[napi]
    pub fn changes(&self, env: Env) -> napi::Result<Vec<Vec<String>>> {
        enter(env, |_| {
            let changes = self.files.changes()?.into_iter();
            let pair = |change: wasmspan::wasi::Change| {
                vec![change.path, format!("{:?}", change.kind).to_lowercase()]
            };
            Ok(changes.map(pair).collect())
        })
    }
}
