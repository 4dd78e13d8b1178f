//! `wasmspan`: our own commands.

use super::wasmedge::time_limit;
use super::{FAILURE, inspect, number, reactor, switch_cache_on, with_output};
use crate::cache::{self, Cache, Stats};
use crate::config::{CacheOptions, Config, Limits};
use crate::error::Error;
use crate::executor::{Executor, Loader, Module, fill_cache};
use crate::generate::{Language, Wrapper};
use crate::interrupt::Interrupt;
use crate::log::{self, LogLevel};
use crate::store::Store;
use crate::wasi::{Denials, Wasi};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs and inspects WebAssembly modules; `.wat` is read where `.wasm` is.
#[derive(Parser)]
#[command(name = "wasmspan", version)]
struct Cli {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run a command, or call one function of a module.
    #[command(override_usage = "wasmspan run [OPTIONS] <FILE> [ARGS]...")]
    Run(Run),
    /// Show what a module imports and exports, needs and carries.
    Inspect {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// The module, or a compiled file.
        file: PathBuf,
    },
    /// Write a typed wrapper of a module's functions in a programming language.
    #[command(long_about = BINDGEN)]
    Bindgen(Bindgen),
    /// Compiled code that earlier runs have left on disk.
    #[command(long_about = CACHE)]
    Cache {
        #[command(subcommand)]
        verb: CacheVerb,
    },
    /// Check that modules are valid.
    Validate {
        /// The modules.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// What `wasmspan cache --help` begins with.
const CACHE: &str = "\
Compiled code that earlier runs have left on disk

`wasmspan run` and `wasmedge` keep the code that they have made of a module, in the folder `wasmspan` of the user's cache
folder (XDG_CACHE_HOME, else .cache in HOME), so that the next run need not compile. Modules of less than 2,048 bytes are
compiled as fast as their code is found there, and not kept; nor is anything with --no-cache. What was not used for
longest goes when there is more than 1 GiB.";

/// What `wasmspan bindgen --help` begins with.
const BINDGEN: &str = "\
Write a typed wrapper of a module's functions in a programming language

Functions whose types are numbers are taken as the module has them, with the names of their parameters
if it has a name section.

Functions of guests that were built with the crates wasmedge-bindgen take texts, lists and the like, of
which the module's types say nothing. They are described in a file of TOML, for --types:

  [functions.split]
  signature = \"(text: String, separator: String) -> Result<(String, String), String>\"
  doc = \"Divides a text where the separator first is.\"

or by the guest itself, with the attribute `wasmspan_guest::described` above each function. Types are
those of Rust: u8 to u64, i8 to i64, f32, f64, bool, char, String, and Vec of integers. In modules of
numbers descriptions give names to parameters, and documentation.

Names become what the language is used to; `_` is put behind those that it has for itself.";

#[derive(Args)]
struct Bindgen {
    /// The language.
    #[arg(long, value_enum)]
    lang: Language,
    /// The description of the functions; by default that which the module carries.
    #[arg(long, value_name = "FILE")]
    types: Option<PathBuf>,
    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The module; the wrapper is named after the file.
    file: PathBuf,
}

#[derive(Subcommand)]
enum CacheVerb {
    /// Tell how much there is.
    Stats,
    /// Remove all of it.
    Clear,
    /// Print where it is.
    Dir,
}

#[derive(Args)]
struct Run {
    /// Call this exported function, with the arguments as its parameters, and print its results.
    #[arg(long, value_name = "FUNCTION")]
    invoke: Option<String>,
    /// Set an environment variable of the guest. May be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Give the guest a directory, as GUEST:HOST, or one path for both; with :readonly at the end to
    /// read only. May be repeated.
    #[arg(long, value_name = "DIRECTORY")]
    dir: Vec<String>,
    /// At the end, list what the guest was refused and the option that would give it.
    #[arg(long)]
    explain_denied: bool,
    /// Let the guest open sockets and look up names.
    #[arg(long)]
    sockets: bool,
    /// Stop the guest after this many milliseconds.
    #[arg(long, value_name = "MILLISECONDS")]
    time_limit: Option<u64>,
    /// Let no memory have more pages of 64 KiB than this.
    #[arg(long, value_name = "PAGES", value_parser = clap::value_parser!(u32).range(0..=65536))]
    memory_page_limit: Option<u32>,
    /// Set a limit: time_ms, cost, memory_pages, table_elements, stack_bytes, instances, open_files or
    /// output_bytes. May be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    limit: Vec<String>,
    /// Compile the module anew, and do not keep its code on disk.
    #[arg(long)]
    no_cache: bool,
    /// Ignore compiled code that comes with the module.
    #[arg(long)]
    no_compiled: bool,
    /// The module, and the guest's arguments: none of the words after the module is an option of this
    /// command.
    // One list, because a list of its own for the arguments would begin only at its first word that is
    // no option, and the options before it would be ours.
    #[arg(required = true, trailing_var_arg = true, value_names = ["FILE", "ARGS"])]
    words: Vec<OsString>,
}

/// Runs the `wasmspan` command; `args` begin with the program's name. Gives the exit status: the
/// guest's own, 1 for a failure, 2 for wrong usage.
///
/// ```
/// let args = ["wasmspan", "--version"].map(Into::into);
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// assert_eq!(wasmspan::cli::wasmspan(args, &mut out, &mut err), 0);
/// assert!(out.starts_with(b"wasmspan "));
/// ```
pub fn wasmspan(
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> i32 {
    let status = with_output(out, |out| match Cli::try_parse_from(args) {
        Ok(cli) => cli.run(out, err),
        Err(shown) => {
            let to: &mut dyn Write = if shown.use_stderr() { err } else { out };
            let _ = write!(to, "{}", shown.render());
            let _ = to.flush();
            shown.exit_code()
        }
    });
    fill_cache(status);
    status
}

impl Cli {
    fn run(self, out: &mut dyn Write, err: &mut dyn Write) -> i32 {
        // Standard output is the guest's; the figures of WasmEdge's command go there.
        log::set_level(LogLevel::Warn);
        let result = match self.command {
            Verb::Run(run) => run.run(out, err),
            Verb::Inspect { json, file } => inspect::inspect(&file, json, out),
            Verb::Bindgen(bindgen) => bindgen.run(out, err),
            Verb::Cache { verb } => cache(&verb, out),
            Verb::Validate { files } => validate(&files, out, err),
        };
        let _ = out.flush();
        result.unwrap_or_else(|message| {
            let _ = writeln!(err, "error: {message}");
            FAILURE
        })
    }
}

impl Bindgen {
    fn run(&self, out: &mut dyn Write, err: &mut dyn Write) -> Result<i32, String> {
        let at = |path: &Path, what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
        let module = load(&self.file).map_err(|error| at(&self.file, &error))?;
        let types = match &self.types {
            Some(path) => Some(fs::read_to_string(path).map_err(|error| at(path, &error))?),
            None => None,
        };
        let name = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let described_in = self.types.as_ref().unwrap_or(&self.file);
        let wrapper = Wrapper::new(&name, &module, types.as_deref())
            .map_err(|error| at(described_in, &error))?;
        let text = wrapper.write(self.lang);
        match &self.output {
            Some(path) => fs::write(path, text).map_err(|error| at(path, &error))?,
            None => out.write_all(text.as_bytes()).map_err(|error| error.to_string())?,
        }
        for function in wrapper.left_out() {
            let _ = writeln!(err, "left out: {function}");
        }
        Ok(0)
    }
}

impl Run {
    fn file(&self) -> &Path {
        Path::new(&self.words[0])
    }

    fn args(&self) -> &[OsString] {
        &self.words[1..]
    }

    fn run(&self, out: &mut dyn Write, err: &mut dyn Write) -> Result<i32, String> {
        let mut config = Config { load_compiled: !self.no_compiled, ..Config::default() };
        if !self.no_cache {
            switch_cache_on(&mut config);
        }
        if let Some(pages) = self.memory_page_limit {
            config.max_memory_pages = pages;
        }
        config.limits = self.limits()?;
        let interrupt = Interrupt::new();
        let limit = self.time_limit.map(|milliseconds| {
            time_limit(milliseconds, Duration::from_millis(milliseconds), &interrupt)
        });
        let _limit = limit.transpose()?;
        let module = interrupt.run(|| Module::from_file(&config, self.file())).map_err(text)?;
        let denials = self.explain_denied.then(Denials::new);
        let wasi = self.environment(denials.as_ref())?;
        let store = Store::new();
        for interface in [wasi.instance(), &wasi.unstable_instance().map_err(text)?] {
            store.register(interface.name(), interface).map_err(text)?;
        }
        let _ = out.flush();
        let _ = err.flush();
        let name = self.invoke.as_deref().unwrap_or("_start");
        let call = || {
            let executor = Executor::new(&config);
            let instance = executor.instantiate(&store, &module)?;
            let func = instance.find_func(name)?;
            if self.invoke.is_some()
                && let Some(initialize) = instance.get_func("_initialize")
            {
                initialize.call(&[])?;
            }
            let words: Vec<String> =
                self.args().iter().map(|word| word.to_string_lossy().into_owned()).collect();
            let words = if self.invoke.is_some() { &words[..] } else { &[] };
            let parameters = reactor::parameters(Some(func.ty()), words).map_err(Error::host)?;
            executor.invoke(&func, &parameters)
        };
        let result = interrupt.run(call);
        for denial in denials.iter().flat_map(Denials::entries) {
            let _ = writeln!(err, "denied: {denial}");
        }
        match result {
            Ok(results) => {
                for line in results.iter().filter_map(number::printed) {
                    let _ = writeln!(out, "{line}");
                }
                Ok(wasi.exit_code().cast_signed())
            }
            Err(error) if error.is_terminated() => Ok(wasi.exit_code().cast_signed()),
            Err(error) => Err(text(error)),
        }
    }

    fn limits(&self) -> Result<Limits, String> {
        let mut object = serde_json::Map::new();
        for limit in &self.limit {
            let number = |value: &str| value.parse::<u64>().ok();
            let (name, value) = limit
                .split_once('=')
                .and_then(|(name, value)| Some((name, number(value)?)))
                .ok_or_else(|| format!("--limit needs NAME=NUMBER, not {limit:?}"))?;
            object.insert(name.to_string(), value.into());
        }
        Limits::from_json(&serde_json::Value::Object(object).to_string()).map_err(text)
    }

    fn environment(&self, denials: Option<&Denials>) -> Result<Wasi, String> {
        let name = self.file().file_name().unwrap_or(self.file().as_os_str());
        let mut settings = Wasi::builder()
            .arg(name.as_encoded_bytes())
            .sockets(self.sockets)
            .args(self.args().iter().map(|word| word.as_encoded_bytes()));
        for variable in &self.env {
            let (name, value) = variable
                .split_once('=')
                .ok_or_else(|| format!("--env needs NAME=VALUE, not {variable:?}"))?;
            settings = settings.env(name, value);
        }
        for directory in &self.dir {
            settings = settings.preopen_spec(directory);
        }
        if let Some(denials) = denials {
            // With a directory to look from, the guest's library asks for what it was not given.
            settings = settings.record_denials(denials).list_preopens();
        }
        settings.build().map_err(text)
    }
}

fn load(file: &std::path::Path) -> Result<Module, Error> {
    let module = Loader::new(&Config::default()).load_file(file)?;
    module.validate()?;
    Ok(module)
}

fn cache(verb: &CacheVerb, out: &mut dyn Write) -> Result<i32, String> {
    let options = CacheOptions::default();
    let text = match verb {
        CacheVerb::Dir => cache::directory(&options)?.display().to_string(),
        CacheVerb::Stats => {
            let cache = Cache::open(&options)?;
            let Stats { entries, bytes } = cache.stats();
            let (path, most) = (cache.path().display(), cache.max_bytes());
            format!("{entries} entries, {bytes} bytes of at most {most}, in {path}")
        }
        CacheVerb::Clear => {
            let Stats { entries, bytes } = Cache::open(&options)?.clear();
            format!("removed {entries} entries, {bytes} bytes")
        }
    };
    writeln!(out, "{text}").map(|()| 0).map_err(|error| error.to_string())
}

fn validate(files: &[PathBuf], out: &mut dyn Write, err: &mut dyn Write) -> Result<i32, String> {
    let mut status = 0;
    for file in files {
        match load(file) {
            Ok(_) => {
                let _ = writeln!(out, "{}: valid", file.display());
            }
            Err(error) => {
                let _ = writeln!(err, "{}: {error}", file.display());
                status = FAILURE;
            }
        }
    }
    Ok(status)
}

fn text(error: Error) -> String {
    error.to_string()
}
