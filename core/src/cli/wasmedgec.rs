//! `wasmedgec`: compiles a module ahead of time. It checks its input so far; writing comes later.

use super::parser::{Command, Opt, Parsed};
use super::{FAILURE, options};
use crate::error::{ErrCode, Error};
use crate::executor::Loader;
use crate::log;
use std::ffi::OsString;
use std::io::Write;

const BEFORE: &[Opt] = &[
    Opt {
        name: "dump",
        takes_value: false,
        text: "Write the intermediate code beside the output.",
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
/// For now the input is loaded and validated, and the command then says that it can't write a
/// compiled module yet.
pub fn wasmedgec(
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> i32 {
    let status = match command().parse(args, out) {
        Ok(parsed) => compile(&parsed, out, err),
        Err(status) => status,
    };
    let _ = out.flush();
    status
}

fn compile(parsed: &Parsed, out: &mut dyn Write, err: &mut dyn Write) -> i32 {
    let mut fail = |what: &str, error: Error| {
        log::log_error(&error);
        let _ = writeln!(out, "{what} failed. Error code: {}", error.number());
        FAILURE
    };
    let input = match std::path::absolute(&parsed.positional[0]) {
        Ok(input) => input,
        Err(error) => {
            return fail("Load", Error::with_detail(ErrCode::IllegalPath, error.to_string()));
        }
    };
    let module = match Loader::new(&options::config(parsed)).load_file(input) {
        Ok(module) => module,
        Err(error) => {
            let unread = matches!(error.code(), ErrCode::IllegalPath | ErrCode::ReadError);
            return fail(if unread { "Load" } else { "Parse Module" }, error);
        }
    };
    if let Err(error) = module.validate() {
        return fail("Validate Module", error);
    }
    let _ = writeln!(
        err,
        "error: the module is valid, but compiling ahead of time can't write {:?} yet; run the \
         module itself, which is compiled when it is loaded",
        parsed.positional[1]
    );
    FAILURE
}
