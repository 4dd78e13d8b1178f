//! What one guest may use, and how the host says so.

use super::Wasi;
use super::abi::Errno;
use super::stream::{Input, Output, Stream};
use crate::error::{ErrCode, Error, Result};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Settings of a guest's environment; see [`Wasi::builder`].
#[derive(Clone, Debug, Default)]
pub struct WasiBuilder {
    args: Vec<Vec<u8>>,
    env: Vec<(Vec<u8>, Vec<u8>)>,
    preopens: Vec<(String, PathBuf)>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
}

impl WasiBuilder {
    /// Adds an argument; the first is the program's name.
    pub fn arg(mut self, arg: impl AsRef<[u8]>) -> WasiBuilder {
        self.args.push(arg.as_ref().to_vec());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<[u8]>>(self, args: impl IntoIterator<Item = A>) -> WasiBuilder {
        args.into_iter().fold(self, WasiBuilder::arg)
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> WasiBuilder {
        let (name, value) = (name.as_ref().to_vec(), value.as_ref().to_vec());
        match self.env.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.env.push((name, value)),
        }
        self
    }

    /// Records a directory of the host under the guest's name for it. Files are not served yet: the
    /// guest sees no directory.
    pub fn preopen(mut self, guest: impl Into<String>, host: impl Into<PathBuf>) -> WasiBuilder {
        self.preopens.push((guest.into(), host.into()));
        self
    }

    /// Sets where standard input comes from.
    pub fn stdin(mut self, input: Input) -> WasiBuilder {
        self.stdin = input;
        self
    }

    /// Sets where standard output goes.
    pub fn stdout(mut self, output: Output) -> WasiBuilder {
        self.stdout = output;
        self
    }

    /// Sets where standard error goes.
    pub fn stderr(mut self, output: Output) -> WasiBuilder {
        self.stderr = output;
        self
    }

    /// Makes the module.
    ///
    /// # Errors
    ///
    /// If an argument or a variable has a zero byte, or a variable's name an equals sign.
    pub fn build(self) -> Result<Wasi> {
        Wasi::with_ctx(self.into_ctx()?)
    }

    pub(super) fn into_ctx(self) -> Result<Ctx> {
        let fail = |what: &str, bytes: &[u8], why: &str| {
            let shown = String::from_utf8_lossy(bytes).into_owned();
            let detail = format!("the {what} {shown:?} {why}");
            Err(Error::with_detail(ErrCode::HostFuncError, detail))
        };
        for arg in &self.args {
            if arg.contains(&0) {
                return fail("argument", arg, "has a zero byte");
            }
        }
        let mut env = Vec::with_capacity(self.env.len());
        for (name, value) in self.env {
            if name.contains(&b'=') {
                return fail("environment variable", &name, "has an equals sign in its name");
            }
            let joined = [name, value].join(&b'=');
            if joined.contains(&0) {
                return fail("environment variable", &joined, "has a zero byte");
            }
            env.push(joined);
        }
        let streams = [
            Stream::input(&self.stdin),
            Stream::output(&self.stdout, Stream::Stdout),
            Stream::output(&self.stderr, Stream::Stderr),
        ];
        let descriptors = (0..).zip(streams.map(Arc::new)).collect();
        Ok(Ctx {
            args: self.args,
            env,
            preopens: self.preopens,
            descriptors: Mutex::new(descriptors),
        })
    }
}

/// The environment of a guest.
#[derive(Debug)]
pub(super) struct Ctx {
    pub args: Vec<Vec<u8>>,
    /// `NAME=value`.
    pub env: Vec<Vec<u8>>,
    /// Guest name and host directory; nothing serves them yet.
    pub preopens: Vec<(String, PathBuf)>,
    descriptors: Mutex<BTreeMap<u32, Arc<Stream>>>,
}

impl Ctx {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<Stream>>> {
        self.descriptors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stream of a descriptor; it stays usable if the descriptor is closed meanwhile.
    pub(super) fn stream(&self, fd: u32) -> std::result::Result<Arc<Stream>, Errno> {
        self.lock().get(&fd).cloned().ok_or(Errno::BadF)
    }

    /// Forgets a descriptor; the host's own stream stays open.
    pub(super) fn close(&self, fd: u32) -> std::result::Result<(), Errno> {
        let closed = self.lock().remove(&fd);
        closed.map(drop).ok_or(Errno::BadF)
    }
}
