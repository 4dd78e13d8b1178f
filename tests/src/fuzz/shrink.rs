//! Makes a case that differs smaller.

use super::{Case, generate};
use std::time::{Duration, Instant};

/// How long to try.
const LONGEST: Duration = Duration::from_secs(30);

/// The smallest case found in which `differs` still holds, starting from that of `seed`.
pub fn shrink(seed: u64, differs: impl Fn(&Case) -> bool) -> Option<Case> {
    let mut bytes = generate::bytes(seed);
    let mut best = generate::case(seed).ok().flatten().filter(&differs)?;
    let start = Instant::now();
    let attempt = |bytes: &[u8], best: &mut Case| {
        let smaller = generate::case_from(seed, bytes)
            .ok()
            .flatten()
            .filter(|case| case.wasm.len() <= best.wasm.len() && differs(case));
        let found = smaller.is_some();
        *best = smaller.unwrap_or_else(|| best.clone());
        (found, start.elapsed() < LONGEST)
    };
    // Bytes left out first, then bytes set to zero: both mean fewer choices.
    for zero in [false, true] {
        let mut chunk = bytes.len() / 2;
        while chunk > 0 {
            let mut start = 0;
            while start < bytes.len() {
                let end = (start + chunk).min(bytes.len());
                let mut candidate = bytes.clone();
                if zero {
                    candidate[start..end].fill(0);
                } else {
                    candidate.drain(start..end);
                }
                let useful = candidate != bytes;
                let (found, more) =
                    if useful { attempt(&candidate, &mut best) } else { (false, true) };
                if found {
                    bytes = candidate;
                }
                if !found || zero {
                    start = end;
                }
                if !more {
                    return Some(fewer_calls(best, &differs));
                }
            }
            chunk /= 2;
        }
    }
    Some(fewer_calls(best, &differs))
}

fn fewer_calls(mut case: Case, differs: impl Fn(&Case) -> bool) -> Case {
    for at in (0..case.calls.len()).rev() {
        let mut candidate = case.clone();
        candidate.calls.remove(at);
        if differs(&candidate) {
            case = candidate;
        }
    }
    case
}
