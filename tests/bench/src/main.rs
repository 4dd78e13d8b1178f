//! Benchmarks against the `wasmtime` crate, in one process and one session.
//!
//! Run `make bench`, or `cargo run --release -p wasmspan-bench -- [FILTER] [--rounds N] [--quick]
//! [--json FILE]`. FILTER is part of a row's name, such as `compute/json` or `call`. Ours and the
//! peer's samples alternate; the result is the median of the rounds' ratios with its 95 %
//! interval, and a bar is met if the interval touches it. The column "of cpu" is the same ratio of
//! processor time, which other processes disturb less. `--quick` is for trying things out.
//!
//! `measure` has the statistics, `report` the table, `programs` the real programs, `calls` calls
//! and traps, `bindgen` rich types, `instances` instantiation and memory, `stopping` cancelling and
//! asynchronous calls, `wasi` files, `starting` whole processes (if `WASMTIME` names the peer's command).

mod bindgen;
mod calls;
mod guest;
mod handlers;
mod instances;
mod measure;
mod programs;
mod report;
mod starting;
mod stopping;
mod usage;
mod wasi;

use handlers::Handlers;
use report::Report;
use std::process::ExitCode;

/// Any failure ends the benchmark.
type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

const USAGE: &str = "usage: wasmspan-bench [FILTER] [--rounds N] [--quick] [--json FILE]";

/// What to measure.
struct Options {
    filter: Option<String>,
    rounds: usize,
    quick: bool,
    json: Option<String>,
}

impl Options {
    fn parse(args: impl Iterator<Item = String>) -> Result<Options> {
        let mut args = args;
        let mut options = Options { filter: None, rounds: 0, quick: false, json: None };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value; {USAGE}"));
            match arg.as_str() {
                "--quick" => options.quick = true,
                "--json" => options.json = Some(value()?),
                "--rounds" => {
                    options.rounds = value()?.parse().map_err(|_| USAGE)?;
                    if options.rounds == 0 {
                        return Err("at least one round is needed".into());
                    }
                }
                _ if !arg.starts_with('-') && options.filter.is_none() => {
                    options.filter = Some(arg)
                }
                _ => return Err(format!("unknown argument \"{arg}\"; {USAGE}").into()),
            }
        }
        if options.rounds == 0 {
            options.rounds = if options.quick { 3 } else { 11 };
        }
        Ok(options)
    }

    /// Rounds of a comparison whose samples take only milliseconds: more of them narrow the interval.
    fn short_rounds(&self) -> usize {
        self.rounds * 5
    }

    /// Whether the row `name` is to be measured.
    fn wants(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()))
    }
}

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let handlers = Handlers::install()?;
    let mut report = Report::new();
    calls::calls(options, &mut report)?;
    calls::traps(options, &handlers, &mut report)?;
    bindgen::bindgen(options, &mut report)?;
    instances::instantiate(options, &mut report)?;
    instances::idle(options, &mut report)?;
    starting::warm_start(options, &mut report)?;
    programs::first_result(options, &mut report)?;
    programs::compile(options, &mut report)?;
    programs::compute(options, &mut report)?;
    programs::limits(options, &mut report)?;
    stopping::cancel(options, &mut report)?;
    stopping::tasks(options, &mut report)?;
    instances::churn(options, &mut report)?;
    wasi::transfers(options, &mut report)?;
    wasi::listing(options, &mut report)?;
    report.close();
    if let Some(file) = &options.json {
        std::fs::write(file, report.json()).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options> {
        Options::parse(args.iter().map(|arg| (*arg).to_string()))
    }

    #[test]
    fn arguments() {
        let options = parse(&["compute", "--rounds", "9", "--json", "out"]).unwrap();
        assert!(options.wants("compute/json") && !options.wants("compile/json"));
        assert_eq!((options.rounds, options.json.as_deref()), (9, Some("out")));
        assert_eq!(parse(&["--quick"]).unwrap().rounds, 3);
        for wrong in
            [&["--rounds"][..], &["--rounds", "0"], &["--rounds", "x"], &["a", "b"], &["-x"]]
        {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
