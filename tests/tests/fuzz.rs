//! A few thousand random modules with a fixed seed, and a few hundred stopped calls; `make fuzz` runs more.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmspan_tests::fuzz::{Tally, check_seed, stopped};
use wasmspan_tests::support::interrupt_modes;

const SEED: u64 = 20_260_101;
const MODULES: u64 = 4_000;
const THREADS: usize = 2;
const STACK: usize = 64 << 20;

#[test]
fn random_modules_give_what_the_oracle_gives() {
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::default());
    let work = || {
        let mut faults = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= MODULES {
                return faults;
            }
            let seed = SEED + number;
            match check_seed(seed) {
                Ok(part) => tally.lock().expect("no panic").add(part),
                Err(what) => faults.push(format!("fuzz --modules 1 --seed {seed}: {what}")),
            }
        }
    };
    let faults: Vec<String> = std::thread::scope(|scope| {
        let start = |_| {
            let worker = std::thread::Builder::new().stack_size(STACK);
            worker.spawn_scoped(scope, work).expect("a thread starts")
        };
        let workers: Vec<_> = (0..THREADS).map(start).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    assert!(faults.is_empty(), "{} of {MODULES} differ:\n{}", faults.len(), faults.join("\n"));
    let tally = tally.into_inner().expect("no panic");
    assert!(tally.instances > MODULES / 2, "most modules come to an instance: {tally:?}");
    assert!(tally.returned > MODULES, "many calls give results: {tally:?}");
}

/// Programs of stopped calls; `WASMSPAN_STOPPED` asks for more.
const STOPPED: u64 = 60;

#[test]
fn stopped_calls_leave_what_the_oracle_has_at_that_place() {
    let mut tally = stopped::Tally::default();
    let mut faults = Vec::new();
    let programs = std::env::var("WASMSPAN_STOPPED").ok();
    let programs = programs.map_or(STOPPED, |programs| programs.parse().expect("a number"));
    for seed in SEED..SEED + programs {
        match stopped::check_seed(seed) {
            Ok(part) => tally.add(part),
            Err(what) => {
                faults.push(format!("fuzz --kind stops --modules 1 --seed {seed}: {what}"))
            }
        }
    }
    println!("{tally:?}");
    assert!(faults.is_empty(), "{} of {programs} differ:\n{}", faults.len(), faults.join("\n"));
    assert!(tally.in_loops > tally.stops / 4, "many stops are in loops: {tally:?}");
}

#[test]
fn a_store_that_is_lost_before_a_loop_is_noticed() {
    // The modes that have nothing in common.
    for config in interrupt_modes().into_iter().step_by(3) {
        for count_in_global in [true, false] {
            let right = stopped::check_two_stores(config.clone(), count_in_global, false);
            assert!(right.expect("nothing is lost").in_loops > 0);
            stopped::check_two_stores(config.clone(), count_in_global, true).expect_err("lost");
        }
    }
}
