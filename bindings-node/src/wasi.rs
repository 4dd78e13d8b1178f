//! WASI: the environment of command-line guests.

use crate::enter::enter;
use crate::env::EnvState;
use crate::error::{Failure, Outcome};
use crate::instance::NativeInstance;
use crate::memory::NativeMemory;
use crate::memory_fs::NativeMemoryFs;
use crate::{host_function, value};
use napi::bindgen_prelude::{ClassInstance, Uint8Array, Unknown};
use napi::{Env, JsValue};
use napi_derive::napi;
use std::fs::File;
use std::net::TcpListener;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::Arc;
use wasmspan::limits::DEFAULT_OUTPUT_BYTES;
use wasmspan::wasi::{Denials, Input, Output, OutputBuffer, WasiBuilder};
use wasmspan::{FuncType, Val, ValType, Wasi};

/// Settings of a guest's environment.
#[napi(object)]
pub struct NativeWasiOptions {
    /// Arguments, the program's name first.
    pub args: Vec<String>,
    /// Environment variables, as pairs.
    pub env: Vec<Vec<String>>,
    /// Directories: guest path, host path, and "ro" if it is only to be read.
    pub preopens: Vec<Vec<String>>,
    /// Bytes of standard input, if `stdin_mode` is "bytes".
    pub stdin: Option<Uint8Array>,
    /// "inherit", "null", "bytes", "fd:N" for a copy of a descriptor, or "own:N" for that itself.
    pub stdin_mode: String,
    /// "inherit", "null", "buffer", "fd:N" or "own:N".
    pub stdout_mode: String,
    /// As `stdout_mode`.
    pub stderr_mode: String,
    /// Most bytes that a buffer takes; the runtime's own limit if there is none.
    pub output_limit: Option<f64>,
    /// Whether sockets are allowed.
    pub sockets: bool,
    /// What sockets are allowed for, if not everything.
    pub allowed_addresses: Vec<String>,
    /// Most descriptors at once.
    pub max_descriptors: Option<f64>,
    /// Whether refused paths have the error number that Node.js gives.
    pub like_node: Option<bool>,
    /// Descriptors of sockets that listen, of which copies are given to the guest.
    pub listeners: Vec<i32>,
    /// Whether the directories are listed in `/`.
    pub list_preopens: bool,
    /// What random bytes follow from: a 64-bit number.
    pub random_seed: Option<String>,
}

/// What a guest is given of JavaScript's objects.
pub struct Given<'a> {
    /// File systems in memory.
    pub mounts: Vec<ClassInstance<'a, NativeMemoryFs>>,
    /// For each, the path that the guest sees, and "ro" or "rw".
    pub places: Vec<Vec<String>>,
    /// Functions that tell the time of day and that of the other clocks; undefined for the system's.
    pub clocks: Vec<Unknown<'a>>,
}

/// Something that a guest was refused.
#[napi(object)]
pub struct NativeDenial {
    /// The function that it called.
    pub function: String,
    /// What it asked for.
    pub wanted: String,
    /// The error number that it got.
    pub errno: u32,
    /// What would allow it.
    pub option: String,
}

/// What was refused so far.
pub fn denied(denials: &Denials) -> Vec<NativeDenial> {
    let entries = denials.entries().into_iter();
    entries
        .map(|wasmspan::wasi::Denial { function, wanted, errno, option }| NativeDenial {
            function,
            wanted,
            errno,
            option,
        })
        .collect()
}

/// The WASI module of one guest.
#[napi]
pub struct NativeWasi {
    pub(crate) wasi: Wasi,
    record: Record,
}

/// What is kept of a guest's doings.
#[derive(Default)]
pub struct Record {
    pub stdout: Option<OutputBuffer>,
    pub stderr: Option<OutputBuffer>,
    pub denials: Denials,
}

impl Record {
    pub fn is_truncated(&self) -> bool {
        self.stdout.iter().chain(&self.stderr).any(OutputBuffer::is_truncated)
    }
}

/// An open file from "fd:N" or "own:N".
fn file(mode: &str) -> Outcome<Arc<File>> {
    let wrong = || Failure::Type(format!("{mode:?} names no stream"));
    let (kind, number) = mode.split_once(':').ok_or_else(wrong)?;
    let number: i32 = number.parse().ok().filter(|number| *number >= 0).ok_or_else(wrong)?;
    if kind == "own" {
        // SAFETY: the package passes the ends of pipes that it has just got from `open_pipe`.
        return Ok(Arc::new(File::from(unsafe { OwnedFd::from_raw_fd(number) })));
    }
    Ok(Arc::new(File::from(copy(number)?)))
}

/// A copy of a descriptor.
fn copy(number: i32) -> Outcome<OwnedFd> {
    let failed = |error| Failure::Type(format!("the descriptor {number}: {error}"));
    if number < 0 {
        return Err(Failure::Type(format!("{number} is no descriptor")));
    }
    // SAFETY: only copied, which fails if it is not open.
    unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned().map_err(failed)
}

fn input(options: &mut NativeWasiOptions) -> Outcome<Input> {
    Ok(match options.stdin_mode.as_str() {
        "inherit" => Input::Inherit,
        "null" => Input::Null,
        "bytes" => Input::Bytes(options.stdin.take().map_or_else(Vec::new, |b| b.to_vec())),
        other => Input::File(file(other)?),
    })
}

/// Where output goes; `None` if it is to be kept.
pub fn output(mode: &str) -> Outcome<Option<Output>> {
    Ok(match mode {
        "inherit" => Some(Output::Inherit),
        "null" => Some(Output::Null),
        "buffer" => None,
        other => Some(Output::File(file(other)?)),
    })
}

/// Everything but output.
pub fn environment(
    state: &Rc<EnvState>,
    mut wasi: WasiBuilder,
    options: &mut NativeWasiOptions,
    given: &Given<'_>,
) -> Outcome<WasiBuilder> {
    wasi = wasi.args(&options.args);
    for pair in &options.env {
        if let [name, value] = pair.as_slice() {
            wasi = wasi.env(name, value);
        }
    }
    for preopen in &options.preopens {
        wasi = match preopen.as_slice() {
            [guest, host, mode] if mode == "ro" => wasi.preopen_read_only(host, guest),
            [guest, host, ..] => wasi.preopen(host, guest),
            _ => wasi,
        };
    }
    for (files, place) in given.mounts.iter().zip(&given.places) {
        wasi = match place.as_slice() {
            [guest, mode] if mode == "ro" => wasi.mount_read_only(&files.files, guest),
            [guest, ..] => wasi.mount(&files.files, guest),
            _ => wasi,
        };
    }
    wasi = wasi.sockets(options.sockets);
    for address in &options.allowed_addresses {
        wasi = wasi.allow_address(address);
    }
    if let Some(most) = options.max_descriptors {
        wasi = wasi.max_descriptors(most.max(0.0) as usize);
    }
    if options.like_node == Some(true) {
        wasi = wasi.outside_is_not_capable();
    }
    if options.list_preopens {
        wasi = wasi.list_preopens();
    }
    if let Some(seed) = &options.random_seed {
        let wrong = |_| Failure::Range("a seed is an integer of 64 bits".into());
        wasi = wasi.random_seed(seed.parse().map_err(wrong)?);
    }
    for &number in &options.listeners {
        wasi = wasi.listener(TcpListener::from(copy(number)?));
    }
    if let [realtime, monotonic] = given.clocks.as_slice() {
        if let Some(clock) = clock(state, realtime)? {
            wasi = wasi.realtime_clock(clock);
        }
        if let Some(clock) = clock(state, monotonic)? {
            wasi = wasi.monotonic_clock(clock);
        }
    }
    Ok(wasi.stdin(input(options)?))
}

/// A clock that a JavaScript function tells, in nanoseconds. It may be asked on any thread, as
/// functions may be that guests import.
fn clock(
    state: &Rc<EnvState>,
    function: &Unknown<'_>,
) -> Outcome<Option<impl Fn() -> u64 + Send + Sync + 'static>> {
    if value::is_undefined(state, function.raw()) {
        return Ok(None);
    }
    let ty = FuncType::new([], [ValType::I64]);
    let func = host_function::import(state, function.raw(), &ty)?;
    Ok(Some(move || match func.call(&[]).as_deref() {
        Ok([Val::I64(time)]) => *time as u64,
        Ok(_) => 0,
        // A clock can't fail; the call of the guest that asked it does.
        Err(error) => resume_unwind(Box::new(format!("a clock of the host failed: {error}"))),
    }))
}

/// Settings as the runtime takes them, and what keeps a record of the guest.
pub fn builder(
    state: &Rc<EnvState>,
    mut options: NativeWasiOptions,
    given: &Given<'_>,
) -> Outcome<(WasiBuilder, Record)> {
    let limit = options.output_limit.map_or(DEFAULT_OUTPUT_BYTES, |most| most.max(0.0) as usize);
    let wasi = environment(state, Wasi::builder(), &mut options, given)?;
    let kept = |mode: &str| -> Outcome<(Output, Option<OutputBuffer>)> {
        Ok(output(mode)?.map_or_else(
            || {
                let buffer = OutputBuffer::with_limit(limit);
                (Output::Buffer(buffer.clone()), Some(buffer))
            },
            |output| (output, None),
        ))
    };
    let (stdout, out) = kept(&options.stdout_mode)?;
    let (stderr, err) = kept(&options.stderr_mode)?;
    let record = Record { stdout: out, stderr: err, denials: Denials::new() };
    let wasi = wasi.stdout(stdout).stderr(stderr).record_denials(&record.denials);
    Ok((wasi, record))
}

#[napi]
impl NativeWasi {
    /// Makes the module.
    #[napi(constructor)]
    pub fn new(
        env: Env,
        options: NativeWasiOptions,
        mounts: Vec<ClassInstance<'_, NativeMemoryFs>>,
        places: Vec<Vec<String>>,
        clocks: Vec<Unknown<'_>>,
    ) -> napi::Result<Self> {
        enter(env, |state| {
            let given = Given { mounts, places, clocks };
            let (builder, record) = builder(state, options, &given)?;
            Ok(NativeWasi { wasi: builder.build()?, record })
        })
    }

    /// What the last guest gave to `proc_exit`.
    #[napi(getter)]
    pub fn exit_code(&self) -> u32 {
        self.wasi.exit_code()
    }

    /// The host module: of preview 1, or of the interface before it.
    #[napi]
    pub fn instance(&self, env: Env, unstable: bool) -> napi::Result<NativeInstance> {
        enter(env, |_| {
            let instance = match unstable {
                true => self.wasi.unstable_instance()?,
                false => self.wasi.instance().clone(),
            };
            Ok(NativeInstance::from(instance))
        })
    }

    /// Says what callers work on that have no memory of their own, such as functions of JavaScript.
    #[napi]
    pub fn set_memory(&self, env: Env, memory: &NativeMemory) -> napi::Result<()> {
        enter(env, |_| {
            self.wasi.set_memory(&memory.get()?);
            Ok(())
        })
    }

    /// What was written to standard output, if that is kept.
    #[napi]
    pub fn stdout(&self) -> Option<Uint8Array> {
        self.record.stdout.as_ref().map(|buffer| Uint8Array::from(buffer.contents()))
    }

    /// What was written to standard error, if that is kept.
    #[napi]
    pub fn stderr(&self) -> Option<Uint8Array> {
        self.record.stderr.as_ref().map(|buffer| Uint8Array::from(buffer.contents()))
    }

    /// Whether the guest wanted to write more than is kept.
    #[napi(getter)]
    pub fn truncated(&self) -> bool {
        self.record.is_truncated()
    }

    /// What the guest was refused.
    #[napi]
    pub fn denials(&self) -> Vec<NativeDenial> {
        denied(&self.record.denials)
    }
}
