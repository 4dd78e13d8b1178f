//! What one guest may use, and how the host says so.

use super::Wasi;
use super::abi::{Errno, rights};
use super::fds::{Descriptor, Descriptors, Object};
use super::fs::{Directory, clean_name};
use super::socket::Socket;
use super::stream::{Input, Output, Stream};
use crate::error::{ErrCode, Error, Result};
use cap_std::fs::Dir;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Settings of a guest's environment; see [`Wasi::builder`].
#[derive(Clone, Debug, Default)]
pub struct WasiBuilder {
    args: Vec<Vec<u8>>,
    env: Vec<(Vec<u8>, Vec<u8>)>,
    preopens: Vec<Preopen>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    sockets: bool,
    listeners: Vec<Arc<TcpListener>>,
}

/// A directory for the guest.
#[derive(Clone, Debug)]
struct Preopen {
    guest: String,
    host: Host,
    read_only: bool,
}

/// How the host names a directory.
#[derive(Clone, Debug)]
enum Host {
    Path(PathBuf),
    Dir(Arc<Dir>),
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

    /// Gives the guest a directory of the host, which it sees as `guest`. The guest reaches what is
    /// below it and nothing else, whatever links there are and whoever moves things meanwhile.
    ///
    /// Directories get the descriptors from 3 on, in the order given. Of names, slashes at the ends
    /// and repeated ones go, and `..` is resolved: `/data/../in/` is seen as `in`, and `/` as `/`.
    /// Names may be equal or lie in one another; what the guest's own library makes of it holds,
    /// which with wasi-libc is the longest name that fits, and of equal ones the last.
    ///
    /// ```
    /// let folder = std::env::temp_dir();
    /// let wasi = wasmspan::Wasi::builder().preopen(folder, "/tmp").build()?;
    /// # drop(wasi);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn preopen(self, host: impl Into<PathBuf>, guest: impl AsRef<str>) -> WasiBuilder {
        self.give(Host::Path(host.into()), guest.as_ref(), false)
    }

    /// As [`preopen`](WasiBuilder::preopen), but nothing below the directory can be changed through
    /// it: the guest's descriptors lack the rights.
    pub fn preopen_read_only(
        self,
        host: impl Into<PathBuf>,
        guest: impl AsRef<str>,
    ) -> WasiBuilder {
        self.give(Host::Path(host.into()), guest.as_ref(), true)
    }

    /// As [`preopen`](WasiBuilder::preopen), with a directory that is open already.
    pub fn preopen_dir(self, dir: Dir, guest: impl AsRef<str>) -> WasiBuilder {
        self.give(Host::Dir(Arc::new(dir)), guest.as_ref(), false)
    }

    fn give(mut self, host: Host, guest: &str, read_only: bool) -> WasiBuilder {
        self.preopens.push(Preopen { guest: clean_name(guest), host, read_only });
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

    /// Allows or forbids the guest to open sockets and to look up names; forbidden at first. A guest
    /// that may not gets 2 (`EACCES`).
    pub fn sockets(mut self, allowed: bool) -> WasiBuilder {
        self.sockets = allowed;
        self
    }

    /// Gives the guest a listener, which gets the next descriptor after the directories. The guest
    /// takes connections from it with `sock_accept`, also when it may not open sockets itself.
    pub fn listener(mut self, listener: TcpListener) -> WasiBuilder {
        self.listeners.push(Arc::new(listener));
        self
    }

    /// Makes the module.
    ///
    /// # Errors
    ///
    /// If an argument or a variable has a zero byte, or a variable's name an equals sign; if a
    /// directory can't be opened.
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
        let descriptors = Descriptors::default();
        for stream in streams {
            descriptors.push_stream(stream);
        }
        let directories = self.preopens.len();
        for preopen in self.preopens {
            let opened = match &preopen.host {
                Host::Path(path) => {
                    Directory::open_host(path).and_then(|dir| Directory::reopen(&dir))
                }
                Host::Dir(dir) => Directory::reopen(dir),
            };
            let why = |why: &dyn std::fmt::Display| {
                let detail = match &preopen.host {
                    Host::Path(path) => format!("the directory {}: {why}", path.display()),
                    Host::Dir(_) => format!("the directory for {:?}: {why}", preopen.guest),
                };
                Error::with_detail(ErrCode::HostFuncError, detail)
            };
            let opened = opened.map_err(|error| why(&error))?;
            let descriptor = Descriptor::preopen(opened, preopen.guest.clone(), preopen.read_only);
            descriptors.insert(descriptor).map_err(|_| why(&"too many are open"))?;
        }
        for listener in self.listeners {
            let own = listener.try_clone().and_then(Socket::from_listener);
            let why = |why: &dyn std::fmt::Display| {
                Error::with_detail(ErrCode::HostFuncError, format!("the listener: {why}"))
            };
            let socket = Object::Socket(own.map_err(|error| why(&error))?);
            let descriptor = Descriptor::new(socket, rights::LISTENER, rights::CONNECTION);
            descriptors.insert(descriptor).map_err(|_| why(&"too many descriptors are open"))?;
        }
        Ok(Ctx { args: self.args, env, directories, sockets: self.sockets, descriptors })
    }
}

/// Opens a directory of the host for [`WasiBuilder::preopen_dir`].
///
/// # Errors
///
/// The number that a guest would get.
pub(crate) fn open_directory(path: &Path) -> std::result::Result<Dir, i32> {
    Directory::open_host(path).map_err(|error| Errno::from(error) as i32)
}

/// The environment of a guest.
#[derive(Debug)]
pub(super) struct Ctx {
    pub args: Vec<Vec<u8>>,
    /// `NAME=value`.
    pub env: Vec<Vec<u8>>,
    /// How many directories were given.
    pub directories: usize,
    /// Whether sockets may be opened and names looked up.
    pub sockets: bool,
    pub descriptors: Descriptors,
}
