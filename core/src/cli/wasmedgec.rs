//! `wasmedgec`: compiles a module ahead of time.

use super::parser::{Command, Opt, Parsed};
use super::{FAILURE, options, with_output};
use crate::compiler::{Compiler, Progress};
use crate::config::{CompilerOptions, Config, OptimizationLevel, OutputFormat};
use crate::error::{ErrCode, Error};
use crate::executor::Loader;
use crate::log;
use indicatif::{ProgressBar, ProgressStyle};
use std::ffi::OsString;
use std::io::{IsTerminal, Write};

const BEFORE: &[Opt] = &[
    Opt {
        name: "dump",
        takes_value: false,
        text: "Write the intermediate code, before and after optimisation, to wasm.clif and \
               wasm-opt.clif in the working directory.",
    },
    Opt {
        name: "interruptible",
        takes_value: false,
        text: "Make code that can be stopped while it runs.",
    },
];

const AFTER: &[Opt] = &[Opt {
    name: "generic-binary",
    takes_value: false,
    text: "Use only instructions that every processor of this kind has.",
}];

const OPTIMIZE: &[Opt] = &[Opt {
    name: "optimize",
    takes_value: true,
    text: "Effort: 0, 1, 2, 3, s for a small result, or z for a smaller one. 2 without this option.",
}];

fn command() -> Command {
    let options = [BEFORE, options::STATISTICS, AFTER, options::PROPOSALS, OPTIMIZE];
    Command {
        usage: "WASM WASM_SO",
        min_positional: 2,
        max_positional: 2,
        options: options.concat(),
    }
}

/// Runs the `wasmedgec` command; `args` begin with the program's name. Gives the exit status.
///
/// Errors and progress lines go to the log, a progress bar to standard error if that is a terminal.
///
/// ```
/// let args = ["wasmedgec", "--version"].map(Into::into);
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// assert_eq!(wasmspan::cli::wasmedgec(args, &mut out, &mut err), 0);
/// assert_eq!(out, b"wasmedgec version 0.11.2\n");
/// ```
pub fn wasmedgec(
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    _err: &mut dyn Write,
) -> i32 {
    with_output(out, |out| match command().parse(args, out) {
        Ok(parsed) => compile(&parsed, out),
        Err(status) => status,
    })
}

fn compile(parsed: &Parsed, out: &mut dyn Write) -> i32 {
    let mut fail = |what: &str, error: Error| {
        log::log_error(&error);
        let _ = writeln!(out, "{what} failed. Error code: {}", error.number());
        FAILURE
    };
    let path = |word: &OsString| {
        std::path::absolute(word)
            .map_err(|error| Error::with_detail(ErrCode::IllegalPath, error.to_string()))
    };
    let config = config(parsed);
    let loader = Loader::new(&Config { load_compiled: false, ..config.clone() });
    let module = match path(&parsed.positional[0]).and_then(|input| loader.load_file(input)) {
        Ok(module) => module,
        Err(error) => {
            let unread = matches!(error.code(), ErrCode::IllegalPath | ErrCode::ReadError);
            return fail(if unread { "Load" } else { "Parse Module" }, error);
        }
    };
    if let Err(error) = module.validate() {
        return fail("Validate Module", error);
    }
    let bar = Bar::new();
    let compiler = match bar.clone() {
        Some(bar) => Compiler::new(&config).on_progress(move |progress| bar.show(progress)),
        None => Compiler::new(&config),
    };
    let result =
        path(&parsed.positional[1]).and_then(|output| compiler.compile_module(&module, output));
    if let Some(bar) = bar {
        bar.close();
    }
    match result {
        Ok(()) => 0,
        Err(error) => fail("Compilation", error),
    }
}

fn config(parsed: &Parsed) -> Config {
    let mut config = options::config(parsed);
    let level = parsed.values("optimize").last().and_then(|value| value.to_str());
    config.compiler = CompilerOptions {
        optimization_level: match level {
            Some("0") => OptimizationLevel::O0,
            Some("1") => OptimizationLevel::O1,
            Some("3") => OptimizationLevel::O3,
            Some("s") => OptimizationLevel::Os,
            Some("z") => OptimizationLevel::Oz,
            // As WasmEdge's command does with any other word.
            _ => OptimizationLevel::O2,
        },
        output_format: OutputFormat::Wasm,
        dump_ir: parsed.has("dump"),
        generic_binary: parsed.has("generic-binary"),
        interruptible: parsed.has("interruptible"),
    };
    config
}

/// A line that tells how far the compiler is, on a terminal only.
#[derive(Clone)]
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Option<Bar> {
        if !std::io::stderr().is_terminal() {
            return None;
        }
        let bar = ProgressBar::new(0);
        let form = "{wide_bar} {msg} functions, {eta} left";
        bar.set_style(ProgressStyle::with_template(form).expect("the form is right"));
        Some(Bar(bar))
    }

    fn show(&self, progress: Progress) {
        self.0.set_length(progress.all_bytes as u64);
        self.0.set_position(progress.bytes as u64);
        self.0.set_message(format!("{}/{}", progress.functions, progress.all_functions));
    }

    fn close(&self) {
        self.0.finish_and_clear();
    }
}
