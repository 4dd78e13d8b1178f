//! WASI: the environment of command-line guests.

use crate::error::{Failure, door};
use crate::instance::NativeInstance;
use napi::Env;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use wasmspan::wasi::{Input, Output, OutputBuffer};
use wasmspan::{Wasi, wasi::WasiBuilder};

/// Settings of a guest's environment.
#[napi(object)]
pub struct NativeWasiOptions {
    /// Arguments, the program's name first.
    pub args: Vec<String>,
    /// Environment variables, as pairs.
    pub env: Vec<Vec<String>>,
    /// Directories: guest path, host path, and "ro" if it is only to be read.
    pub preopens: Vec<Vec<String>>,
    /// Bytes of standard input; else `stdin_mode` holds.
    pub stdin: Option<Uint8Array>,
    /// "inherit" or "null".
    pub stdin_mode: String,
    /// "inherit", "null" or "buffer".
    pub stdout_mode: String,
    /// "inherit", "null" or "buffer".
    pub stderr_mode: String,
    /// Most bytes that a buffer takes.
    pub output_limit: f64,
}

/// The WASI module of one guest.
#[napi]
pub struct NativeWasi {
    pub(crate) wasi: Wasi,
    stdout: Option<OutputBuffer>,
    stderr: Option<OutputBuffer>,
}

/// Settings as the runtime takes them, and the buffers among them.
pub fn builder(
    options: NativeWasiOptions,
) -> Result<(WasiBuilder, Option<OutputBuffer>, Option<OutputBuffer>), Failure> {
    let mut builder = Wasi::builder().args(&options.args);
    for pair in &options.env {
        if let [name, value] = pair.as_slice() {
            builder = builder.env(name, value);
        }
    }
    for preopen in &options.preopens {
        builder = match preopen.as_slice() {
            [guest, host, mode] if mode == "ro" => builder.preopen_read_only(host, guest),
            [guest, host, ..] => builder.preopen(host, guest),
            _ => builder,
        };
    }
    builder = builder.stdin(match (options.stdin, options.stdin_mode.as_str()) {
        (Some(bytes), _) => Input::Bytes(bytes.to_vec()),
        (None, "inherit") => Input::Inherit,
        (None, _) => Input::Null,
    });
    let limit = options.output_limit.clamp(0.0, usize::MAX as f64) as usize;
    let output = |mode: &str| match mode {
        "inherit" => (Output::Inherit, None),
        "buffer" => {
            let buffer = OutputBuffer::with_limit(limit);
            (Output::Buffer(buffer.clone()), Some(buffer))
        }
        _ => (Output::Null, None),
    };
    let (out, stdout) = output(&options.stdout_mode);
    let (err, stderr) = output(&options.stderr_mode);
    Ok((builder.stdout(out).stderr(err), stdout, stderr))
}

#[napi]
impl NativeWasi {
    /// Makes the module.
    #[napi(constructor)]
    pub fn new(env: Env, options: NativeWasiOptions) -> napi::Result<Self> {
        door(env, |_| {
            let (builder, stdout, stderr) = builder(options)?;
            Ok(NativeWasi { wasi: builder.build()?, stdout, stderr })
        })
    }

    /// What the last guest gave to `proc_exit`.
    #[napi(getter)]
    pub fn exit_code(&self) -> u32 {
        self.wasi.exit_code()
    }

    /// The host module.
    #[napi]
    pub fn instance(&self) -> NativeInstance {
        NativeInstance::from(self.wasi.instance().clone())
    }

    /// What was written to standard output, if that is a buffer.
    #[napi]
    pub fn stdout(&self) -> Option<Uint8Array> {
        self.stdout.as_ref().map(|buffer| Uint8Array::from(buffer.contents()))
    }

    /// What was written to standard error, if that is a buffer.
    #[napi]
    pub fn stderr(&self) -> Option<Uint8Array> {
        self.stderr.as_ref().map(|buffer| Uint8Array::from(buffer.contents()))
    }
}
