//! The lock-free structures of the runtime, run through every order that threads may take.
//!
//! The sources are those of the core, compiled against loom's atomics.
#![cfg(test)]

#[path = "../../../core/src/statistics/budget.rs"]
#[allow(dead_code)]
mod budget;

use budget::Budget;
use loom::sync::Arc;
use loom::thread;

/// Runs `work` in two threads, for every order of their steps.
fn two_threads(limit: u64, work: fn(&Budget) -> u64) -> impl Fn(fn(&Budget, u64)) {
    move |check| {
        loom::model(move || {
            let budget = Arc::new(Budget::new(limit));
            let other = Arc::clone(&budget);
            let thread = thread::spawn(move || work(&other));
            let own = work(&budget);
            let spent = own + thread.join().expect("no panic");
            check(&budget, spent);
        });
    }
}

/// Everything is accounted for, and what is left can be had.
fn settled(budget: &Budget, spent: u64) {
    assert_eq!(budget.spent(), spent);
    assert!(spent <= budget.limit());
    let mut rest = budget.take(u64::MAX);
    budget.take_rest(&mut rest);
    assert_eq!(rest.amount, budget.limit() - spent, "nothing is lost");
}

#[test]
fn two_calls_never_spend_more_than_the_limit() {
    two_threads(5, |budget| {
        let mut portion = budget.take(u64::MAX);
        let missing = 3u64.saturating_sub(portion.amount);
        let spent = if missing > 0 && !budget.enlarge(&mut portion, missing) {
            budget.take_rest(&mut portion);
            portion.amount
        } else {
            3
        };
        budget.settle(portion, spent);
        spent
    })(settled);
}

#[test]
fn costs_at_once_and_portions_share_one_budget() {
    two_threads(4, |budget| {
        let at_once = if budget.spend(2) { 2 } else { 0 };
        let portion = budget.take(1);
        budget.settle(portion, portion.amount);
        at_once + portion.amount
    })(settled);
}

#[test]
fn clearing_forgets_only_what_was_spent() {
    loom::model(|| {
        let budget = Arc::new(Budget::new(4));
        let other = Arc::clone(&budget);
        let thread = thread::spawn(move || {
            let portion = other.take(2);
            other.settle(portion, 1);
        });
        budget.clear();
        thread.join().expect("no panic");
        budget.clear();
        settled(&budget, 0);
    });
}
