//! WASI: the environment of command-line guests, files in memory, and runs as processes.

use crate::config::{self, NativeConfig};
use crate::enter::enter;
use crate::error::{Failure, Outcome, to_js};
use crate::instance::NativeInstance;
use crate::memory::NativeMemory;
use crate::module::NativeModule;
use crate::task;
use napi::Env;
use napi::bindgen_prelude::{ClassInstance, ToNapiValue, Uint8Array, Unknown};
use napi_derive::napi;
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::ptr;
use std::sync::Arc;
use wasmspan::limits::DEFAULT_OUTPUT_BYTES;
use wasmspan::wasi::{Denials, Input, MemoryFs, Output, OutputBuffer, WasiBuilder};
use wasmspan::{Command, Wasi, command};

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

/// File systems in memory for a guest: for each, the path that it sees, and "ro" or "rw".
type Mounts<'a> = (Vec<ClassInstance<'a, NativeMemoryFs>>, Vec<Vec<String>>);

/// A file system in memory, perhaps over a directory that stays as it is.
#[napi]
pub struct NativeMemoryFs {
    files: MemoryFs,
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
    let failed = |error| Failure::Type(format!("the descriptor {number}: {error}"));
    if kind == "own" {
        // SAFETY: the package passes the ends of pipes that it has just got from `open_pipe`.
        return Ok(Arc::new(File::from(unsafe { OwnedFd::from_raw_fd(number) })));
    }
    // SAFETY: only copied, which fails if it is not open.
    let copy = unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned().map_err(failed)?;
    Ok(Arc::new(File::from(copy)))
}

/// A pipe's descriptors: to read from, and to write to. The caller owns both.
#[napi]
pub fn open_pipe(env: Env) -> napi::Result<Vec<i32>> {
    enter(env, |_| {
        let (read, write) = std::io::pipe().map_err(|error| Failure::Type(error.to_string()))?;
        debug_assert!(read.as_raw_fd() > 2 && write.as_raw_fd() > 2);
        Ok(vec![read.into_raw_fd(), write.into_raw_fd()])
    })
}

/// Closes an end of a pipe from `open_pipe` that nobody took.
#[napi]
pub fn close_pipe(env: Env, descriptor: i32) -> napi::Result<()> {
    enter(env, |_| {
        // SAFETY: the package passes only what it owns, and once.
        drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
        Ok(())
    })
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
fn output(mode: &str) -> Outcome<Option<Output>> {
    Ok(match mode {
        "inherit" => Some(Output::Inherit),
        "null" => Some(Output::Null),
        "buffer" => None,
        other => Some(Output::File(file(other)?)),
    })
}

/// Everything but output.
fn environment(
    mut wasi: WasiBuilder,
    options: &mut NativeWasiOptions,
    mounts: &Mounts<'_>,
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
    for (files, place) in mounts.0.iter().zip(&mounts.1) {
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
    Ok(wasi.stdin(input(options)?))
}

/// Settings as the runtime takes them, and what keeps a record of the guest.
pub fn builder(
    mut options: NativeWasiOptions,
    mounts: &Mounts<'_>,
) -> Outcome<(WasiBuilder, Record)> {
    let limit = options.output_limit.map_or(DEFAULT_OUTPUT_BYTES, |most| most.max(0.0) as usize);
    let wasi = environment(Wasi::builder(), &mut options, mounts)?;
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
    ) -> napi::Result<Self> {
        enter(env, |_| {
            let (builder, record) = builder(options, &(mounts, places))?;
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

/// How a run ended, what it wrote and used.
#[napi(object)]
pub struct NativeFinished {
    /// "exited", "failed", "timeout" or "interrupted".
    pub ending: String,
    /// The code it exited with.
    pub code: u32,
    /// What it wrote to standard output, if that was kept.
    pub stdout: Uint8Array,
    /// What it wrote to standard error, if that was kept.
    pub stderr: Uint8Array,
    /// Whether it wanted to write more than was kept.
    pub truncated: bool,
    /// Milliseconds from start to end.
    pub wall_time: f64,
    /// Milliseconds of the processor.
    pub cpu_time: f64,
    /// Pages of its memories.
    pub memory_pages: f64,
    /// What it was refused.
    pub denials: Vec<NativeDenial>,
}

/// Limits of a run; no number is no limit.
#[napi(object)]
pub struct NativeLimits {
    /// Milliseconds.
    pub timeout: Option<f64>,
    /// Pages of each memory.
    pub memory_pages: Option<f64>,
}

/// Runs a module as a process, on another thread. The promise's value is a pair of how it ended and
/// the error that it failed with, if it did.
#[napi]
pub fn run_command<'env>(
    env: &'env Env,
    module: &NativeModule,
    config: Option<&NativeConfig>,
    mut options: NativeWasiOptions,
    mounts: Vec<ClassInstance<'_, NativeMemoryFs>>,
    places: Vec<Vec<String>>,
    limits: NativeLimits,
) -> napi::Result<Unknown<'env>> {
    let denials = Denials::new();
    let command = enter(*env, |_| {
        let mut command =
            Command::new(&module.module).record_denials(&denials).config(&config::of(config));
        if let Some(most) = options.output_limit {
            command = command.output_limit(most.max(0.0) as usize);
        }
        if let Some(output) = output(&options.stdout_mode)? {
            command = command.stdout(output);
        }
        if let Some(output) = output(&options.stderr_mode)? {
            command = command.stderr(output);
        }
        if let Some(time) = task::timeout(limits.timeout) {
            command = command.timeout(time);
        }
        if let Some(pages) = limits.memory_pages {
            command = command.max_memory_pages(pages as u32);
        }
        let mut failure = None;
        let mounts = (mounts, places);
        let command = command.wasi(|wasi| {
            environment(wasi, &mut options, &mounts).unwrap_or_else(|error| {
                failure = Some(error);
                Wasi::builder()
            })
        });
        failure.map_or(Ok(command), Err)
    })?;
    task::start(
        env,
        Vec::new(),
        None,
        move || command.run(),
        move |state, finished| {
            let error = finished.error().cloned();
            let error = error.and_then(|error| to_js(state, error.into()));
            let (ending, code) = match finished.ending {
                command::Ending::Exited(code) => ("exited", code),
                command::Ending::Failed(_) => ("failed", 0),
                command::Ending::TimedOut => ("timeout", 0),
                command::Ending::Interrupted => ("interrupted", 0),
            };
            let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
            let value = NativeFinished {
                ending: ending.into(),
                code,
                stdout: Uint8Array::from(finished.stdout),
                stderr: Uint8Array::from(finished.stderr),
                truncated: finished.truncated,
                wall_time: milliseconds(finished.usage.wall),
                cpu_time: milliseconds(finished.usage.cpu),
                memory_pages: finished.usage.memory_pages as f64,
                denials: denied(&denials),
            };
            let mut pair = ptr::null_mut();
            // SAFETY: values of this environment, on its thread.
            unsafe {
                napi::sys::napi_create_array_with_length(state.env, 2, &mut pair);
                let value = ToNapiValue::to_napi_value(state.env, value)?;
                napi::sys::napi_set_element(state.env, pair, 0, value);
                if let Some(error) = error {
                    napi::sys::napi_set_element(state.env, pair, 1, error);
                }
            }
            Ok(pair)
        },
    )
}
