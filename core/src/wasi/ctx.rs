//! What one guest may use, and how the host says so.

use super::Wasi;
use super::abi::{Errno, rights};
use super::clock::Clocks;
use super::denied::{Denials, option_for_address, option_for_sockets};
use super::fds::{Descriptor, Descriptors, Object};
use super::fs::{
    Custom, CustomDirectory, CustomFs, Directory, HostDirectory, MemoryFs, Root, clean_name,
};
use super::random::Random;
use super::socket::Socket;
use super::socket::allow::Access;
use super::stream::{Input, Output, Stream};
use crate::error::{ErrCode, Error, Result};
use crate::limits::MAX_WASI_DESCRIPTORS;
use cap_std::fs::Dir;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Settings of a guest's environment; see [`Wasi::builder`].
#[derive(Clone, Debug, Default)]
pub struct WasiBuilder {
    args: Vec<Vec<u8>>,
    env: Vec<(Vec<u8>, Vec<u8>)>,
    preopens: Vec<Preopen>,
    lists_preopens: bool,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    sockets: bool,
    allowed_addresses: Vec<String>,
    listeners: Vec<Arc<TcpListener>>,
    clocks: Clocks,
    random: Random,
    denials: Option<Denials>,
    max_descriptors: Option<usize>,
    outside_is_not_capable: bool,
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
    Memory(MemoryFs),
    Custom(Custom),
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
    /// Directories get the descriptors from 3 on, in the order given. Of names, slashes at the end
    /// and repeated ones go, and `..` is resolved: `/data/../in/` is seen as `/in`.
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

    /// As [`preopen_read_only`](WasiBuilder::preopen_read_only), with a directory that is open
    /// already.
    pub fn preopen_dir_read_only(self, dir: Dir, guest: impl AsRef<str>) -> WasiBuilder {
        self.give(Host::Dir(Arc::new(dir)), guest.as_ref(), true)
    }

    /// As [`preopen`](WasiBuilder::preopen), with a file system in memory.
    pub fn mount(self, files: &MemoryFs, guest: impl AsRef<str>) -> WasiBuilder {
        self.give(Host::Memory(files.clone()), guest.as_ref(), false)
    }

    /// As [`mount`](WasiBuilder::mount), but the guest can't change anything through it.
    pub fn mount_read_only(self, files: &MemoryFs, guest: impl AsRef<str>) -> WasiBuilder {
        self.give(Host::Memory(files.clone()), guest.as_ref(), true)
    }

    /// As [`preopen`](WasiBuilder::preopen), with a file system that the host implements.
    pub fn mount_custom(self, files: Arc<dyn CustomFs>, guest: impl AsRef<str>) -> WasiBuilder {
        let read_only = files.is_read_only();
        self.give(Host::Custom(Custom(files)), guest.as_ref(), read_only)
    }

    /// As [`mount_custom`](WasiBuilder::mount_custom), but the guest can't change anything through it.
    pub fn mount_custom_read_only(
        self,
        files: Arc<dyn CustomFs>,
        guest: impl AsRef<str>,
    ) -> WasiBuilder {
        self.give(Host::Custom(Custom(files)), guest.as_ref(), true)
    }

    /// Gives a directory of the host as the commands do: `GUEST:HOST`, `GUEST:HOST:readonly`, or one
    /// path for both. An empty `GUEST` is `/`.
    ///
    /// ```
    /// let wasi = wasmspan::Wasi::builder().preopen_spec("/in:/tmp:readonly").build()?;
    /// # drop(wasi);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn preopen_spec(self, spec: &str) -> WasiBuilder {
        let (guest, host, read_only) = split_spec(spec);
        // As WasmEdge has it.
        let guest = if guest.is_empty() { "/" } else { guest };
        self.give(Host::Path(host.into()), guest, read_only)
    }

    /// Gives the guest, as `/`, a directory that lists those given to it, to look around in. Nothing
    /// can be written through it. Without effect if one of them is `/` itself.
    pub fn list_preopens(mut self) -> WasiBuilder {
        self.lists_preopens = true;
        self
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

    /// Allows sockets for an address, a net or a name, and for nothing but what such calls name:
    /// `1.2.3.4`, `10.0.0.0/8:443`, `[::1]:80`, `example.org:443`, `*:53`. Without a port every port is
    /// allowed. That goes for what a socket is bound to, connected to or sends to, and for names that
    /// are looked up; the addresses that a lookup finds are allowed as its name is. Everything else
    /// gives 2 (`EACCES`).
    ///
    /// ```
    /// let wasi = wasmspan::Wasi::builder().allow_address("127.0.0.1:8080").build()?;
    /// assert!(wasmspan::Wasi::builder().allow_address("1.2.3.4:port").build().is_err());
    /// # drop(wasi);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn allow_address(mut self, address: impl Into<String>) -> WasiBuilder {
        self.allowed_addresses.push(address.into());
        self
    }

    /// Gives the guest a listener, which gets the next descriptor after the directories. The guest
    /// takes connections from it with `sock_accept`, also when it may not open sockets itself.
    pub fn listener(mut self, listener: TcpListener) -> WasiBuilder {
        self.listeners.push(Arc::new(listener));
        self
    }

    /// Sets the time of day, in nanoseconds since 1970, for runs that shall repeat exactly. Files in
    /// memory get their times from it too. It may be asked from any thread.
    ///
    /// ```
    /// let wasi = wasmspan::Wasi::builder()
    ///     .realtime_clock(|| 1_000_000_000)
    ///     .monotonic_clock(|| 0)
    ///     .random_seed(7)
    ///     .build()?;
    /// # drop(wasi);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn realtime_clock(
        mut self,
        clock: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> WasiBuilder {
        self.clocks.realtime = Some(Arc::new(clock));
        self
    }

    /// Sets what the other clocks show, in nanoseconds: the monotonic one and those of the
    /// processor's time. Waiting still takes real time.
    pub fn monotonic_clock(
        mut self,
        clock: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> WasiBuilder {
        self.clocks.monotonic = Some(Arc::new(clock));
        self
    }

    /// Sets where random bytes come from; the function fills all of what it is given. Without it
    /// they are the system's.
    pub fn random_source(mut self, source: impl FnMut(&mut [u8]) + Send + 'static) -> WasiBuilder {
        self.random = Random::from_fn(source);
        self
    }

    /// Makes random bytes follow from a number, the same ones in every run. They protect nothing:
    /// for tests.
    pub fn random_seed(mut self, seed: u64) -> WasiBuilder {
        self.random = Random::seeded(seed);
        self
    }

    /// Keeps a record of what the guest is refused.
    pub fn record_denials(mut self, denials: &Denials) -> WasiBuilder {
        self.denials = Some(denials.clone());
        self
    }

    /// Sets how many descriptors may be open at once, standard streams and directories included;
    /// [`MAX_WASI_DESCRIPTORS`] unless told otherwise. Files of the host count towards the
    /// process's own limit too.
    pub fn max_descriptors(mut self, most: usize) -> WasiBuilder {
        self.max_descriptors = Some(most);
        self
    }

    /// Refuses paths that lead out of their directory with 76 (`ENOTCAPABLE`) instead of 63 (`EPERM`), as
    /// Node.js does; so does what the host forbids with `EPERM`.
    pub fn outside_is_not_capable(mut self) -> WasiBuilder {
        self.outside_is_not_capable = true;
        self
    }

    /// Makes the module.
    ///
    /// # Errors
    ///
    /// If an argument or a variable has a zero byte, or a variable's name an equals sign; if a
    /// directory can't be opened, or an address of [`allow_address`](WasiBuilder::allow_address) not
    /// read.
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
        let limit = self.max_descriptors.unwrap_or(MAX_WASI_DESCRIPTORS);
        let descriptors = Descriptors::with_limit(limit);
        for stream in streams {
            descriptors.push_stream(stream);
        }
        let directories = self.preopens.len();
        let has_root = self.preopens.iter().any(|preopen| preopen.guest == "/");
        let mut listed = Vec::new();
        for (at, preopen) in self.preopens.into_iter().enumerate() {
            let device = at as u64 + 1;
            let opened = preopen.open(device)?;
            if let Host::Memory(files) = &preopen.host {
                files.mounted(device, &self.clocks);
            }
            if self.lists_preopens && !has_root {
                listed.push((preopen.guest.clone(), Arc::from(preopen.open(device)?)));
            }
            let descriptor = Descriptor::preopen(opened, preopen.guest.clone(), preopen.read_only);
            descriptors.insert(descriptor).map_err(|_| preopen.failure(&"too many are open"))?;
        }
        if self.lists_preopens && !has_root {
            let root = Descriptor::preopen(Box::new(Root::new(listed)), "/".into(), true);
            let many = |_| Error::with_detail(ErrCode::HostFuncError, "too many directories");
            descriptors.insert(root).map_err(many)?;
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
        let sockets = RwLock::new(Access::new(self.sockets, &self.allowed_addresses)?);
        let WasiBuilder { args, clocks, random, denials, .. } = self;
        let outside_is_not_capable = self.outside_is_not_capable;
        Ok(Ctx {
            args,
            env,
            directories,
            sockets,
            descriptors,
            clocks,
            random,
            denials,
            outside_is_not_capable,
        })
    }
}

/// The parts of `GUEST:HOST:readonly`: what the guest sees, what the host has, and whether it is
/// read-only.
pub(crate) fn split_spec(spec: &str) -> (&str, &str, bool) {
    let (spec, read_only) = match spec.strip_suffix(":readonly") {
        Some(rest) => (rest, true),
        None => (spec, false),
    };
    let (guest, host) = spec.split_once(':').unwrap_or((spec, spec));
    (guest, host, read_only)
}

impl Preopen {
    /// Opens the directory, as a guest uses it; `device` tells its files from others if the host has no
    /// number for that.
    fn open(&self, device: u64) -> Result<Box<dyn Directory>> {
        let opened = match &self.host {
            Host::Path(path) => {
                HostDirectory::open_host(path).and_then(|dir| HostDirectory::reopen(&dir))
            }
            Host::Dir(dir) => HostDirectory::reopen(dir),
            Host::Memory(files) => return Ok(Box::new(files.directory())),
            Host::Custom(files) => return Ok(Box::new(CustomDirectory::new(files, device))),
        };
        Ok(Box::new(opened.map_err(|error| self.failure(&error).caused_by(error))?))
    }

    fn failure(&self, why: &dyn std::fmt::Display) -> Error {
        let detail = match &self.host {
            Host::Path(path) => format!("the directory {}: {why}", path.display()),
            Host::Dir(_) | Host::Memory(_) | Host::Custom(_) => {
                format!("the directory for {:?}: {why}", self.guest)
            }
        };
        Error::with_detail(ErrCode::HostFuncError, detail)
    }
}

/// Opens a directory of the host for [`WasiBuilder::preopen_dir`].
///
/// # Errors
///
/// The number that a guest would get.
pub(crate) fn open_directory(path: &Path) -> std::result::Result<Dir, i32> {
    HostDirectory::open_host(path).map_err(|error| Errno::from(error) as i32)
}

/// The environment of a guest.
#[derive(Debug)]
pub(super) struct Ctx {
    pub args: Vec<Vec<u8>>,
    /// `NAME=value`.
    pub env: Vec<Vec<u8>>,
    /// How many directories were given.
    pub directories: usize,
    /// What sockets may be used for.
    pub sockets: RwLock<Access>,
    pub descriptors: Descriptors,
    pub clocks: Clocks,
    pub random: Random,
    /// Where refusals are noted, if anywhere.
    pub denials: Option<Denials>,
    /// Whether what leads out of a directory is `NotCapable` instead of `Perm`.
    pub outside_is_not_capable: bool,
}

impl Ctx {
    /// What sockets may be used for from here on.
    pub(super) fn access(&self) -> Access {
        self.sockets.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fails unless the guest may use sockets; `wanted` says what for.
    pub(super) fn require_sockets(
        &self,
        function: &str,
        wanted: impl FnOnce() -> String,
    ) -> std::result::Result<(), Errno> {
        if self.access().any() {
            return Ok(());
        }
        self.refuse(function, wanted, option_for_sockets)
    }

    /// Fails unless the guest may use a socket for this address.
    pub(super) fn require_address(
        &self,
        function: &str,
        address: SocketAddr,
    ) -> std::result::Result<(), Errno> {
        if self.access().allows(address) {
            return Ok(());
        }
        self.refuse(function, || address.to_string(), option_for_address)
    }

    /// Fails unless the guest may look up a name.
    pub(super) fn require_name(
        &self,
        function: &str,
        name: &[u8],
    ) -> std::result::Result<(), Errno> {
        if self.access().allows_name(name) {
            return Ok(());
        }
        let wanted = || format!("the addresses of {:?}", String::from_utf8_lossy(name));
        self.refuse(function, wanted, option_for_address)
    }

    fn refuse(
        &self,
        function: &str,
        wanted: impl FnOnce() -> String,
        option: impl FnOnce() -> String,
    ) -> std::result::Result<(), Errno> {
        if let Some(denials) = &self.denials {
            denials.add(function, wanted(), Errno::Acces, option());
        }
        Err(Errno::Acces)
    }
}
