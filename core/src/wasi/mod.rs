//! WASI preview 1: the system interface of command-line guests.
//!
//! [`Wasi`] is a host module named `wasi_snapshot_preview1` and the environment its functions work
//! on. `abi` has the numbers and layouts, `errno` the errors of the host in them, `outcome` how a
//! function ends, `ctx` what a guest may use, `fds` its descriptors, `stream` the standard streams,
//! `fs` files and directories, `socket` sockets and names, `wait` waiting, `clock` and `random` what
//! the host may put in place of its own, `denied` a record of refusals, and `preview1` the functions,
//! a file for each family.
//!
//! # What works
//!
//! All 46 functions of preview 1, the same of snapshot 0 as `wasi_unstable`, and WasmEdge's socket
//! functions. A call that waits, be it for a clock, input, a connection or a name, ends at once when
//! the [`Interrupt`](crate::Interrupt) it runs under is requested.
//!
//! # Sockets
//!
//! They are forbidden until [`WasiBuilder::sockets`] allows them: opening one, or looking up a name,
//! gives 2 (`EACCES`). [`WasiBuilder::listener`] gives a guest one without the rest. Where WasmEdge
//! differs, it is on purpose:
//!
//! - `fd_read` and `fd_write` work on connections, as programs of other toolchains expect.
//! - Every socket option has its meaning, and `SO_ERROR` and `SO_TYPE` give the guest's numbers.
//! - `epoll_oneoff` is `poll_oneoff`: what stays ready is told again.
//! - `proc_raise` ends the guest, not the host: with code 128 and the number of the signal.
//!
//! # Files
//!
//! A guest reaches the directories that [`WasiBuilder::preopen`] and its relatives gave it, those of
//! the host, of a [`MemoryFs`] or of a [`CustomFs`], and what is below them. A path that leads out is refused with 63 (`EPERM`), what a descriptor's rights
//! forbid with 76 (`ENOTCAPABLE`). Where programs and the specification differ, programs win:
//!
//! - Rights asked of `path_open` beyond those that the directory passes on are left out, since
//!   toolchains ask for many that they don't use; asking to read or write is refused.
//! - Preopened directories can be closed and renumbered.
//! - New descriptors get the lowest free number from 3 on, also after a standard stream was closed.
//! - Names that are not UTF-8 don't appear in listings.

mod abi;
mod clock;
mod ctx;
mod denied;
mod errno;
mod fds;
mod fs;
mod outcome;
mod preview1;
mod random;
mod socket;
mod stream;
mod wait;

pub use cap_std::fs::Dir;
pub use ctx::WasiBuilder;
#[cfg(feature = "cli")]
pub(crate) use ctx::{open_directory, split_spec};
pub use denied::{Denial, Denials};
pub use fs::{Change, ChangeKind, CustomFile, CustomFs, FileInfo, MemoryFs, OpenMode};
pub use stream::{Input, Output, OutputBuffer, Reader, Writer};

use crate::error::Result;
use crate::runtime::{Instance, Memory, Survey, WeakMemory};
use ctx::Ctx;
use socket::allow::Access;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// The name guests import from.
pub const MODULE_NAME: &str = "wasi_snapshot_preview1";

/// The name that guests of the interface before preview 1 import from.
pub const UNSTABLE_MODULE_NAME: &str = "wasi_unstable";

/// The minor release of WasmEdge that has `epoll_oneoff` first.
const EPOLL_SINCE: u32 = 11;

/// The module `wasi_snapshot_preview1` and the environment of the guests that import it.
///
/// A guest gets the standard streams of the process unless told otherwise, and nothing else: no
/// arguments, no environment variables, no directories. Clones are handles to the same module.
///
/// ```
/// use wasmspan::wasi::{Output, OutputBuffer};
/// use wasmspan::{Module, Store, Wasi};
///
/// let out = OutputBuffer::with_limit(1024);
/// let wasi = Wasi::builder().arg("guest").stdout(Output::Buffer(out.clone())).build()?;
/// let store = Store::new();
/// store.register("wasi_snapshot_preview1", wasi.instance())?;
///
/// let module = Module::new(br#"(module
///     (import "wasi_snapshot_preview1" "fd_write"
///         (func $write (param i32 i32 i32 i32) (result i32)))
///     (memory (export "memory") 1)
///     (data (i32.const 8) "\10\00\00\00\03\00\00\00")
///     (data (i32.const 16) "hi\n")
///     (func (export "_start")
///         (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))"#)?;
/// module.instantiate(&store)?.call("_start", &[])?;
/// assert_eq!(out.contents(), b"hi\n");
/// assert_eq!(wasi.exit_code(), 0);
/// # Ok::<(), wasmspan::Error>(())
/// ```
#[derive(Clone)]
pub struct Wasi {
    shared: Arc<Shared>,
    instance: Instance,
}

/// What the functions of one module work on.
struct Shared {
    ctx: RwLock<Arc<Ctx>>,
    exit_code: AtomicU32,
    /// What callers without a memory of their own work on.
    memory: RwLock<WeakMemory>,
}

impl Shared {
    fn ctx(&self) -> Arc<Ctx> {
        Arc::clone(&self.ctx.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn memory(&self) -> Option<Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner).upgrade()
    }
}

impl Wasi {
    /// Settings for a module: standard streams of the process, and nothing else.
    pub fn builder() -> WasiBuilder {
        WasiBuilder::default()
    }

    fn with_ctx(ctx: Ctx) -> Result<Wasi> {
        let shared = Arc::new(Shared {
            ctx: RwLock::new(Arc::new(ctx)),
            exit_code: AtomicU32::new(0),
            memory: RwLock::default(),
        });
        let instance = Instance::host(MODULE_NAME);
        preview1::define(&instance, &shared)?;
        Ok(Wasi { shared, instance })
    }

    /// Gives the module another environment and sets its exit code to zero. Guests that run already
    /// see it from their next call on.
    ///
    /// # Errors
    ///
    /// As [`WasiBuilder::build`]; the module stays as it was.
    pub fn configure(&self, settings: WasiBuilder) -> Result<()> {
        let ctx = Arc::new(settings.into_ctx()?);
        let old = std::mem::replace(
            &mut *self.shared.ctx.write().unwrap_or_else(PoisonError::into_inner),
            ctx,
        );
        drop(old);
        self.shared.exit_code.store(0, Ordering::SeqCst);
        Ok(())
    }

    /// Allows or forbids sockets from the guests' next call on; those that are open stay. What
    /// [`configure`](Wasi::configure) gives holds from then on.
    ///
    /// ```
    /// let wasi = wasmspan::Wasi::builder().sockets(true).build()?;
    /// wasi.allow_sockets(false);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn allow_sockets(&self, allowed: bool) {
        let access = if allowed { Access::Everything } else { Access::Nothing };
        *self.shared.ctx().sockets.write().unwrap_or_else(PoisonError::into_inner) = access;
    }

    /// Lists only the functions that WasmEdge 0.`minor` has. Guests that import the others still get
    /// them.
    #[doc(hidden)]
    pub fn list_as_wasmedge(&self, minor: u32) {
        preview1::unlist_second_sockets(&self.instance);
        if minor < EPOLL_SINCE {
            self.instance.unlist("epoll_oneoff");
        }
    }

    /// Says which memory the functions work on when their caller has none: a host function that hands
    /// a guest's call on, or the host itself. The memory isn't kept alive by this. Until then such calls
    /// get 21 (`EFAULT`) for every address.
    ///
    /// ```
    /// use wasmspan::{Memory, MemoryType, Wasi};
    ///
    /// let wasi = Wasi::builder().arg("guest").build()?;
    /// let memory = Memory::new(MemoryType::new(1, None))?;
    /// let sizes = wasi.instance().get_func("args_sizes_get").expect("a function of WASI");
    /// let sizes = sizes.typed::<(i32, i32), i32>()?;
    /// assert_eq!(sizes.call((0, 4))?, 21);
    /// wasi.set_memory(&memory);
    /// assert_eq!(sizes.call((0, 4))?, 0);
    /// assert_eq!(memory.read_vec(0, 8)?, [1, 0, 0, 0, 6, 0, 0, 0]);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn set_memory(&self, memory: &Memory) {
        let memory = memory.downgrade();
        *self.shared.memory.write().unwrap_or_else(PoisonError::into_inner) = memory;
    }

    /// The host module, to be registered in stores.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// A host module with the interface before preview 1, `wasi_unstable`, over the same environment.
    /// Each call makes one.
    ///
    /// # Errors
    ///
    /// If there is no room for the call stub of a function type.
    pub fn unstable_instance(&self) -> Result<Instance> {
        let instance = Instance::host(UNSTABLE_MODULE_NAME);
        preview1::define_unstable(&instance, &self.instance, &self.shared)?;
        Ok(instance)
    }

    /// As [`Instance::holders`]: how many handles to the module and its functions there are, this one and
    /// imports included.
    ///
    /// ```
    /// let wasi = wasmspan::Wasi::builder().build()?;
    /// assert_eq!(wasi.holders(), Some(1));
    /// let another = wasi.clone();
    /// let function = wasi.instance().get_func("fd_write");
    /// assert_eq!(wasi.holders(), Some(3));
    /// # drop((another, function));
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn holders(&self) -> Option<usize> {
        Some(self.instance.holders()? + self.instance.func_holders()?)
    }

    /// The module and its functions as a unit of a survey. To be told before the instances that
    /// import from it.
    #[doc(hidden)]
    pub fn survey(&self, survey: &mut Survey) -> usize {
        survey.module(&self.instance, self.holders().unwrap_or(usize::MAX))
    }

    /// What the last guest gave to `proc_exit`; 0 if none did.
    pub fn exit_code(&self) -> u32 {
        self.shared.exit_code.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for Wasi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ctx = self.shared.ctx();
        write!(
            f,
            "Wasi({} arguments, {} variables, {} directories)",
            ctx.args.len(),
            ctx.env.len(),
            ctx.directories
        )
    }
}
