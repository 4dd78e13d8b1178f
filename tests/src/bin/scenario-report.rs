//! Prints what every language makes of every scenario; fails if something is missing.

use std::process::ExitCode;
use wasmspan_tests::scenario::{self, report};

fn main() -> ExitCode {
    let skips = std::fs::read_to_string(scenario::folder().join("skips.json"))
        .expect("skips.json is readable");
    let skips = serde_json::from_str(&skips).expect("skips.json is JSON");
    let names = scenario::all().into_iter().map(|(name, _)| name).collect();
    let results =
        report::LANGUAGES.into_iter().map(|language| (language, report::read(language))).collect();
    let (table, wrong) = report::report(&names, &skips, &results);
    println!("{table}");
    wrong.iter().for_each(|line| println!("{line}"));
    ExitCode::from(u8::from(!wrong.is_empty()))
}
