//! One table of what every language makes of every scenario.

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The languages, in the order of the table.
pub const LANGUAGES: [&str; 5] = ["rust", "c", "python", "node", "go"];

/// What a language makes of the scenarios, by name.
pub type Results = BTreeMap<String, String>;

/// Where runners leave their results.
pub fn results_folder() -> PathBuf {
    match std::env::var_os("WASMSPAN_SCENARIOS") {
        Some(folder) => folder.into(),
        None => super::folder().join("../../target/scenarios"),
    }
}

/// Reads a file of results; a text that says what is wrong otherwise.
pub fn read(language: &str) -> Result<Results, String> {
    let file = results_folder().join(format!("scenarios-{language}.json"));
    let text =
        std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
}

/// Writes a file of results.
pub fn write(language: &str, results: &Results) -> std::io::Result<()> {
    std::fs::create_dir_all(results_folder())?;
    let text = serde_json::to_string_pretty(results)?;
    std::fs::write(results_folder().join(format!("scenarios-{language}.json")), text + "\n")
}

/// The reason why a language skips a scenario.
pub fn skip<'a>(skips: &'a Json, language: &str, name: &str) -> Option<&'a str> {
    let all = skips.get(language)?.as_object()?;
    let (_, reason) = all.iter().find(|(pattern, _)| matches(pattern, name))?;
    reason.as_str().filter(|reason| !reason.is_empty())
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// The table, and what is wrong.
pub fn report(
    scenarios: &BTreeSet<String>,
    skips: &Json,
    results: &BTreeMap<&str, Result<Results, String>>,
) -> (String, Vec<String>) {
    let mut wrong = Vec::new();
    for (language, all) in skips.as_object().into_iter().flatten() {
        if !LANGUAGES.contains(&language.as_str()) {
            wrong.push(format!("skips: {language} is no language"));
        }
        for (pattern, reason) in all.as_object().into_iter().flatten() {
            if !scenarios.iter().any(|name| matches(pattern, name)) {
                wrong.push(format!("{language}: skips \"{pattern}\", which is no scenario"));
            }
            if reason.as_str().is_none_or(str::is_empty) {
                wrong.push(format!("{language}: skips \"{pattern}\" without a reason"));
            }
        }
    }
    let width = scenarios.iter().map(String::len).max().unwrap_or(0);
    let mut table = format!("{:width$}", "scenario");
    let mut sums = BTreeMap::new();
    LANGUAGES.iter().for_each(|language| table += &format!("  {language:7}"));
    for name in scenarios {
        table += &format!("\n{name:width$}");
        for language in LANGUAGES {
            let result = match results.get(language) {
                Some(Ok(results)) => results.get(name).map(String::as_str),
                _ => None,
            };
            let reason = skip(skips, language, name);
            let cell = match (result, reason) {
                (Some("ok"), None) => "ok",
                (Some("skipped"), Some(_)) => "skip",
                (Some("skipped"), None) => {
                    wrong.push(format!("{language}: {name} is skipped without a listed reason"));
                    "SKIPPED"
                }
                (Some("ok"), Some(_)) => {
                    wrong.push(format!("{language}: {name} works; take it off skips.json"));
                    "ok"
                }
                (Some(failed), _) => {
                    wrong.push(format!("{language}: {name}: {failed}"));
                    "FAILED"
                }
                (None, _) => {
                    if matches!(results.get(language), Some(Ok(_))) {
                        wrong.push(format!("{language}: {name} is not handled"));
                    }
                    "MISSING"
                }
            };
            *sums.entry((language, cell)).or_insert(0) += 1;
            table += &format!("  {cell:7}");
        }
    }
    for language in LANGUAGES {
        match results.get(language) {
            Some(Ok(results)) => {
                let gone = results.keys().filter(|name| !scenarios.contains(*name));
                wrong.extend(gone.map(|name| format!("{language}: {name} is no scenario")));
            }
            Some(Err(error)) => wrong.push(format!("{language}: no results: {error}")),
            None => wrong.push(format!("{language}: no results")),
        }
    }
    let sum = |cell| LANGUAGES.map(|language| sums.get(&(language, cell)).copied().unwrap_or(0));
    for cell in ["ok", "skip"] {
        table += &format!("\n{cell:width$}");
        sum(cell).iter().for_each(|sum| table += &format!("  {sum:<7}"));
    }
    (table, wrong)
}
