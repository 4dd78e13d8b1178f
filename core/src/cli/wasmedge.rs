//! `wasmedge`: runs a command, or calls a function of a reactor.

use super::parser::{Command, Opt, Parsed};
use super::{FAILURE, number, options, reactor, switch_cache_on, with_output};
use crate::config::HostRegistration;
use crate::executor::fill_cache;
use crate::interrupt::{Deadline, Interrupt};
use crate::log::{self, LogLevel};
use crate::vm::Vm;
use crate::wasi::{self, Denials, Wasi, WasiBuilder};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

const OWN: &[Opt] = &[
    Opt {
        name: "reactor",
        takes_value: false,
        text: "Call a function: the first argument is its name, the others its parameters. \
               `_initialize` is called first if it is exported.",
    },
    Opt {
        name: "dir",
        takes_value: true,
        text: "Give the guest a directory, as GUEST:HOST, or one path for both; with :readonly at the \
               end to read only. May be repeated.",
    },
    Opt {
        name: "env",
        takes_value: true,
        text: "Set an environment variable of the guest, as NAME=VALUE. May be repeated.",
    },
    Opt {
        name: "no-sockets",
        takes_value: false,
        text: "Forbid the guest to open sockets and to look up names.",
    },
];

const AFTER_STATISTICS: &[Opt] = &[
    Opt {
        name: "force-interpreter",
        takes_value: false,
        text: "Ignore compiled code that comes with the module.",
    },
    Opt {
        name: "no-cache",
        takes_value: false,
        text: "Compile the module anew, and do not keep its code on disk.",
    },
];

const REPORTS: &[Opt] = &[Opt {
    name: "explain-denied",
    takes_value: false,
    text: "At the end, list what the guest was refused and the option that would give it.",
}];

const LIMITS: &[Opt] = &[
    Opt {
        name: "time-limit",
        takes_value: true,
        text: "Stop after this many milliseconds; 0 means no limit.",
    },
    Opt {
        name: "gas-limit",
        takes_value: true,
        text: "Stop when the cost of the instructions that ran exceeds this.",
    },
    Opt {
        name: "memory-page-limit",
        takes_value: true,
        text: "Let no memory have more pages of 64 KiB than this.",
    },
    Opt {
        name: "forbidden-plugin",
        takes_value: true,
        text: "Don't use this plug-in. May be repeated. There are no plug-ins yet, so any name is taken.",
    },
];

fn command() -> Command {
    let options = [OWN, options::STATISTICS, AFTER_STATISTICS, options::PROPOSALS, LIMITS, REPORTS];
    Command {
        usage: "WASM_OR_SO [ARG ...]",
        min_positional: 1,
        max_positional: usize::MAX,
        options: options.concat(),
    }
}

/// Runs the `wasmedge` command; `args` begin with the program's name. Gives the exit status.
///
/// ```no_run
/// let args = ["wasmedge", "--reactor", "fibonacci.wasm", "fib", "10"].map(Into::into);
/// let status = wasmspan::cli::wasmedge(args, &mut std::io::stdout(), &mut std::io::stderr());
/// std::process::exit(status);
/// ```
pub fn wasmedge(
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> i32 {
    let started = Instant::now();
    let status = with_output(out, |out| match command().parse(args, out) {
        Ok(parsed) => match prepare(&parsed, started) {
            Ok(run) => run.run(out, err).err().unwrap_or(0),
            Err(message) => {
                let _ = writeln!(out, "{message}");
                FAILURE
            }
        },
        Err(status) => status,
    });
    fill_cache(status);
    status
}

/// A run with everything set up.
struct Run {
    vm: Vm,
    file: std::path::PathBuf,
    words: Vec<String>,
    reactor: bool,
    limit: Option<Deadline>,
    denials: Option<Denials>,
}

fn prepare(parsed: &Parsed, started: Instant) -> Result<Run, String> {
    let mut config = options::config(parsed);
    config.force_interpreter = parsed.has("force-interpreter");
    if !parsed.has("no-cache") {
        switch_cache_on(&mut config);
    }
    config.host_registrations.add(HostRegistration::Wasi);
    if let Some(pages) = parsed.number("memory-page-limit")? {
        config.max_memory_pages = u32::try_from(pages).unwrap_or(u32::MAX);
        config.max_memory_pages = config.max_memory_pages.min(crate::limits::MAX_MEMORY_PAGES);
    }
    let milliseconds = parsed.number("time-limit")?.filter(|limit| *limit > 0);
    let gas_limit = parsed.number("gas-limit")?;
    config.statistics.cost_measuring |= gas_limit.is_some();
    let file = std::path::absolute(&parsed.positional[0])
        .map_err(|error| format!("{:?} is no path: {error}", parsed.positional[0]))?;
    let vm = Vm::new(&config).map_err(|error| error.to_string())?;
    if let Some(limit) = gas_limit {
        // WasmEdge keeps 32 bits of it.
        vm.statistics().set_cost_limit(u64::from(limit as u32));
    }
    let wasi = vm.wasi().expect("its registration was just switched on");
    let mut settings = environment(parsed, &file)?;
    let denials = parsed.has("explain-denied").then(Denials::new);
    if let Some(denials) = &denials {
        // With a directory to look from, the guest's library asks for what it was not given.
        settings = settings.record_denials(denials).list_preopens();
    }
    wasi.configure(settings).map_err(|error| error.to_string())?;
    let limit = milliseconds.map(|milliseconds| {
        let left = Duration::from_millis(milliseconds).saturating_sub(started.elapsed());
        time_limit(milliseconds, left, vm.interrupt())
    });
    let words = parsed.positional[1..].iter();
    Ok(Run {
        vm,
        file,
        words: words.map(|word| word.to_string_lossy().into_owned()).collect(),
        reactor: parsed.has("reactor"),
        limit: limit.transpose()?,
        denials,
    })
}

/// Arguments, variables and directories of the guest.
fn environment(parsed: &Parsed, file: &Path) -> Result<WasiBuilder, String> {
    let mut settings = Wasi::builder()
        .arg(program_name(file).as_encoded_bytes())
        .sockets(!parsed.has("no-sockets"));
    settings = settings.args(parsed.positional[1..].iter().map(|word| word.as_encoded_bytes()));
    for variable in parsed.values("env") {
        let bytes = variable.as_encoded_bytes();
        let equals = bytes.iter().position(|byte| *byte == b'=').unwrap_or(bytes.len());
        let value = bytes.get(equals + 1..).unwrap_or_default();
        settings = settings.env(&bytes[..equals], value);
    }
    for directory in parsed.values("dir") {
        let text = directory.to_str().ok_or_else(|| format!("{directory:?} is not UTF-8"))?;
        let (guest, host, read_only) = wasi::split_spec(text);
        // The run goes on without it, as with WasmEdge.
        match wasi::open_directory(Path::new(host)) {
            Ok(dir) if read_only => settings = settings.preopen_dir_read_only(dir, guest),
            Ok(dir) => settings = settings.preopen_dir(dir, guest),
            Err(errno) => {
                log::log(LogLevel::Error, &format!("Bind guest directory failed:{errno}"));
            }
        }
    }
    Ok(settings)
}

/// The guest's name for itself: the file's name, ending in `.wasm`.
fn program_name(file: &Path) -> OsString {
    let name = Path::new(file.file_name().unwrap_or(OsStr::new("")));
    name.with_extension("wasm").into_os_string()
}

impl Run {
    /// Runs the module; `Err` is the exit status of a run that did not end well.
    fn run(self, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), i32> {
        // The VM has logged what fails.
        let fail = |_| FAILURE;
        self.vm.load_file(&self.file).map_err(fail)?;
        self.vm.validate().map_err(fail)?;
        self.vm.instantiate().map_err(fail)?;
        // The guest writes past the buffers of these.
        let _ = out.flush();
        let _ = err.flush();
        let start = self.vm.function_type("_start");
        let plain =
            start.as_ref().is_some_and(|ty| ty.params().is_empty() && ty.results().is_empty());
        let result = if !self.reactor && plain {
            self.command()
        } else {
            let mut words = self.words.clone();
            if !self.reactor && start.is_some() {
                words.insert(0, "_start".into());
            }
            self.call(&words, out, err)
        };
        drop(self.limit);
        for denial in self.denials.iter().flat_map(Denials::entries) {
            let _ = writeln!(err, "denied: {denial}");
        }
        result
    }

    fn command(&self) -> Result<(), i32> {
        match self.vm.execute("_start", &[]) {
            Err(error) if !error.is_terminated() => Err(FAILURE),
            _ => {
                let code = self.vm.wasi().map_or(0, Wasi::exit_code);
                if code == 0 { Ok(()) } else { Err(code.cast_signed()) }
            }
        }
    }

    fn call(&self, words: &[String], out: &mut dyn Write, err: &mut dyn Write) -> Result<(), i32> {
        let Some((name, words)) = words.split_first() else {
            let _ = writeln!(err, "A function name is required when reactor mode is enabled.");
            return Err(FAILURE);
        };
        if self.vm.function_type("_initialize").is_some() {
            self.vm.execute("_initialize", &[]).map_err(|_| FAILURE)?;
        }
        let ty = self.vm.function_type(name);
        let values = reactor::parameters(ty.as_ref(), words).map_err(|message| {
            let _ = writeln!(err, "{message}");
            FAILURE
        })?;
        let results = self.vm.execute(name, &values).map_err(|_| FAILURE)?;
        for line in results.iter().filter_map(number::printed) {
            writeln!(out, "{line}").map_err(|_| FAILURE)?;
        }
        Ok(())
    }
}

/// Interrupts a run when the `left` of its time is over, unless the deadline is dropped before.
///
/// # Errors
///
/// If no thread can be started.
pub(super) fn time_limit(
    milliseconds: u64,
    left: Duration,
    interrupt: &Interrupt,
) -> Result<Deadline, String> {
    let limit = Duration::from_millis(milliseconds);
    Deadline::after(left, interrupt, limit).map_err(|error| error.to_string())
}
