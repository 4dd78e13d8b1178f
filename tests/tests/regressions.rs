//! Replays every case that the fuzzer has found.

use wasmspan_tests::fuzz::{check, replay};

#[test]
fn found_cases_stay_mended() {
    let mut faults = Vec::new();
    for path in replay::all().expect("the folder is there") {
        if let Err(what) = replay::read(&path).and_then(|case| check(&case)) {
            faults.push(format!("{}: {what}", path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
