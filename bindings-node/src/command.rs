//! Modules as processes.

use crate::call;
use crate::config::{self, NativeConfig};
use crate::enter::enter;
use crate::error::{Failure, to_js};
use crate::memory_fs::NativeMemoryFs;
use crate::module::NativeModule;
use crate::store::NativeStore;
use crate::wasi::{Given, NativeDenial, NativeWasiOptions, denied, environment, output};
use napi::Env;
use napi::bindgen_prelude::{ClassInstance, ToNapiValue, Uint8Array, Unknown};
use napi_derive::napi;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::ptr;
use wasmspan::wasi::Denials;
use wasmspan::{Command, Wasi, command};

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
// An argument for each kind of thing that JavaScript gives.
#[allow(clippy::too_many_arguments)]
#[napi]
pub fn run_command<'env>(
    env: &'env Env,
    module: &NativeModule,
    config: Option<&NativeConfig>,
    mut options: NativeWasiOptions,
    mounts: Vec<ClassInstance<'_, NativeMemoryFs>>,
    places: Vec<Vec<String>>,
    clocks: Vec<Unknown<'_>>,
    limits: NativeLimits,
    imports: Option<&NativeStore>,
) -> napi::Result<Unknown<'env>> {
    let denials = Denials::new();
    let command = enter(*env, |state| {
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
        if let Some(time) = call::timeout(limits.timeout) {
            command = command.timeout(time);
        }
        if let Some(pages) = limits.memory_pages {
            command = command.max_memory_pages(pages as u32);
        }
        if let Some(imports) = imports {
            command = command.imports(&imports.get()?);
        }
        let mut failure = None;
        let given = Given { mounts, places, clocks };
        let command = command.wasi(|wasi| {
            environment(state, wasi, &mut options, &given).unwrap_or_else(|error| {
                failure = Some(error);
                Wasi::builder()
            })
        });
        failure.map_or(Ok(command), Err)
    })?;
    call::start(
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
