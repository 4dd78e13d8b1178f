//! Replays `tests/scenarios` in Rust, and checks the report over all languages with made-up results.

use std::collections::{BTreeMap, BTreeSet};
use wasmspan_tests::scenario::report::{LANGUAGES, Results, report, skip, write};
use wasmspan_tests::scenario::{all, folder, replay};

type All = BTreeMap<&'static str, Result<Results, String>>;

#[test]
fn every_scenario_holds() {
    let skips = std::fs::read_to_string(folder().join("skips.json")).expect("a text");
    let skips: serde_json::Value = serde_json::from_str(&skips).expect("JSON");
    let mut results = Results::new();
    for (name, scenario) in all() {
        let result = match skip(&skips, "rust", &name) {
            Some(_) => "skipped".to_string(),
            None => replay(&scenario).err().unwrap_or_else(|| "ok".to_string()),
        };
        results.insert(name, result);
    }
    write("rust", &results).expect("the folder of results can be written");
    let wrong: Vec<String> = results
        .iter()
        .filter(|(_, result)| !matches!(result.as_str(), "ok" | "skipped"))
        .map(|(name, result)| format!("{name}: {result}"))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), results.len(), wrong.join("\n"));
}

#[test]
fn a_scenario_that_does_not_hold_is_noticed() {
    let run = |steps: &str| {
        let scenario = format!(
            r#"{{"steps": [
            {{"do": "module", "wat": ["(module (func (export \"f\") (result i32) (i32.const 1)))"]}},
            {{"do": "instance"}}, {steps}]}}"#
        );
        replay(&serde_json::from_str(&scenario).expect("JSON"))
    };
    assert_eq!(run(r#"{"do": "call", "function": "f", "gives": ["i32:1"]}"#), Ok(()));
    for wrong in [
        r#"{"do": "call", "function": "f", "gives": ["i32:2"]}"#,
        r#"{"do": "call", "function": "f", "gives": ["i64:1"]}"#,
        r#"{"do": "call", "function": "f", "gives": []}"#,
        r#"{"do": "call", "function": "f", "fails": {"code": 137}}"#,
        r#"{"do": "call", "function": "g"}"#,
        r#"{"do": "call", "function": "g", "fails": {"code": 137}}"#,
        r#"{"do": "call", "function": "f", "surprise": 1}"#,
        r#"{"do": "surprise"}"#,
    ] {
        assert!(run(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_report_notices_what_is_missing() {
    let names: BTreeSet<String> = ["a".to_string(), "b".to_string()].into();
    let results = |a: &str, b: &str| {
        let of = |(name, result): (&str, &str)| (name.to_string(), result.to_string());
        Results::from([("a", a), ("b", b)].map(of))
    };
    let skips = serde_json::json!({ "go": { "b": "Go has no such thing" } });
    let good: All = LANGUAGES
        .into_iter()
        .map(|language| {
            (language, Ok(results("ok", if language == "go" { "skipped" } else { "ok" })))
        })
        .collect();
    assert_eq!(report(&names, &skips, &good).1, [""; 0]);

    let complaints = |change: &dyn Fn(&mut All)| {
        let mut results = good.clone();
        change(&mut results);
        report(&names, &skips, &results).1
    };
    let set = |language: &'static str, of: Results| {
        complaints(&move |all| drop(all.insert(language, Ok(of.clone()))))
    };
    assert_eq!(set("c", results("ok", "step 1: no")), ["c: b: step 1: no"]);
    assert_eq!(set("c", results("ok", "skipped")), ["c: b is skipped without a listed reason"]);
    assert_eq!(set("go", results("ok", "ok")), ["go: b works; take it off skips.json"]);
    let one = Results::from([("a".to_string(), "ok".to_string())]);
    assert_eq!(set("node", one), ["node: b is not handled"]);
    assert_eq!(complaints(&|all| drop(all.remove("python"))), ["python: no results"]);
    let more: BTreeSet<String> = ["a", "b", "c"].map(String::from).into();
    assert_eq!(
        report(&more, &skips, &good).1.len(),
        LANGUAGES.len(),
        "a new scenario that nobody handles"
    );
    let stale = serde_json::json!({ "go": { "b": "Go has no such thing", "z*": "gone", "a": "" } });
    let wrong = report(&names, &stale, &good).1;
    assert_eq!(
        wrong,
        ["go: skips \"a\" without a reason", "go: skips \"z*\", which is no scenario"]
    );
}
