//! Stopping a running call from another thread.

use std::sync::Mutex;
use std::time::{Duration, Instant};
use wasmspan::config::{CompileTime, InterruptMode, OptLevel};
use wasmspan::{
    Caller, Config, ErrCode, Executor, Func, Instance, Interrupt, Memory, MemoryType, Store, Val,
};
use wasmspan_tests::support::{STACK, interrupt_modes, module, on_stack};

const TEXT: &str = r#"(module
    (import "env" "wait" (func $wait))
    (import "env" "shared" (memory $shared 1 1 shared))
    (memory $own 64 64)
    (func (export "loop") (loop br 0))
    (func (export "host loop") (loop call $nothing br 0))
    (func $nothing)
    (func $recursion (export "recursion") call $recursion)
    (func (export "fill")
        (loop (memory.fill $own (i32.const 0) (i32.const 1) (i32.const 4194304)) br 0))
    (func (export "wait for ever")
        (drop (memory.atomic.wait32 $shared (i32.const 0) (i32.const 0) (i64.const -1))))
    (func (export "host") call $wait)
    (func (export "ok") (result i32) i32.const 1))"#;

/// Far more than a stop takes, so that a busy machine fails no test.
const LONGEST: Duration = Duration::from_secs(5);

fn make(config: &Config) -> Instance {
    let wait = Func::wrap(|caller: Caller<'_>| -> wasmspan::Result<()> {
        let interrupt = caller.interrupt().expect("the test runs under one");
        assert!(interrupt.wait(Duration::from_secs(60)), "nobody asked for a stop");
        Ok(())
    });
    let mut ty = MemoryType::new(1, Some(1));
    ty.shared = true;
    let shared = Memory::new(ty).expect("made");
    let module = module(config, TEXT);
    Executor::new(config)
        .instantiate_with(&module, &[wait.expect("made").into(), shared.into()])
        .expect("it links")
}

/// Runs `name` and stops it after a while; how long it took from the request to the end.
fn stop(instance: &Instance, name: &str) -> Duration {
    let interrupt = Interrupt::new();
    let (ended, requested) = std::thread::scope(|scope| {
        let requester = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(5));
            let now = Instant::now();
            interrupt.interrupt();
            now
        });
        let error = on_stack(STACK, || interrupt.run(|| instance.call(name, &[])))
            .expect_err("it never ends by itself");
        let ended = Instant::now();
        assert_eq!(error.code(), ErrCode::Interrupted, "{name}: {error}");
        (ended, requester.join().expect("no panic"))
    });
    assert!(!interrupt.is_requested(), "{name}: the stop was used up");
    ended.saturating_duration_since(requested)
}

#[test]
fn everything_that_runs_long_can_be_stopped() {
    for config in interrupt_modes() {
        let instance = make(&config);
        for name in ["loop", "host loop", "fill", "wait for ever", "host"] {
            let mut times: Vec<Duration> = (0..5).map(|_| stop(&instance, name)).collect();
            times.sort_unstable();
            // Of several, one must be quick however busy the machine is.
            let (first, last) = (times[0], times[times.len() - 1]);
            assert!(first < Duration::from_millis(100), "{name}, {config:?}: {times:?}");
            assert!(last < LONGEST, "{name}, {config:?}: {times:?}");
            assert_eq!(instance.call("ok", &[]).expect("usable")[0].i32(), Some(1));
        }
    }
}

#[test]
fn recursion_that_starts_again_and_again_can_be_stopped() {
    for config in interrupt_modes() {
        let instance = make(&config);
        let interrupt = Interrupt::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                interrupt.interrupt();
            });
            let start = Instant::now();
            loop {
                let ended = on_stack(STACK, || interrupt.run(|| instance.call("recursion", &[])));
                match ended.expect_err("it never returns").code() {
                    ErrCode::StackOverflow => assert!(start.elapsed() < LONGEST),
                    ErrCode::Interrupted => break,
                    other => panic!("{other}"),
                }
            }
        });
        assert_eq!(instance.call("ok", &[]).expect("usable")[0].i32(), Some(1));
    }
}

#[test]
fn request_made_before_the_call_stops_it_once() {
    for config in interrupt_modes() {
        let instance = make(&config);
        let interrupt = Interrupt::new();
        interrupt.interrupt();
        let error = interrupt.run(|| instance.call("loop", &[])).expect_err("stopped at once");
        assert_eq!(error.code(), ErrCode::Interrupted);
        let results = interrupt.run(|| instance.call("ok", &[])).expect("the request is used up");
        assert_eq!(results[0].i32(), Some(1));
    }
}

#[test]
fn request_that_comes_too_late_harms_no_call_without_it() {
    for config in interrupt_modes() {
        let instance = make(&config);
        for _ in 0..200 {
            let interrupt = Interrupt::new();
            std::thread::scope(|scope| {
                scope.spawn(|| interrupt.interrupt());
                let _ = interrupt.run(|| instance.call("ok", &[]));
            });
            assert_eq!(instance.call("ok", &[]).expect("not stopped")[0].i32(), Some(1));
        }
    }
}

#[test]
fn only_the_thread_that_runs_under_the_interrupt_stops() {
    const COUNT: &str = r#"(module (func (export "count") (param i32) (result i32) (local i32)
        (loop
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
        local.get 1))"#;
    for config in interrupt_modes() {
        let instance = make(&config);
        let other = module(&config, COUNT).instantiate(&Store::new()).expect("no imports");
        let count = other.typed::<i32, i32>("count").expect("there");
        std::thread::scope(|scope| {
            let counter = scope.spawn(|| count.call(50_000_000));
            for _ in 0..5 {
                stop(&instance, "loop");
            }
            assert_eq!(counter.join().expect("no panic").expect("not stopped"), 50_000_000);
        });
    }
}

#[test]
fn many_stops_of_one_instance() {
    for config in interrupt_modes() {
        let rounds = if config.interrupt_mode == InterruptMode::Signal { 300 } else { 100 };
        let instance = make(&config);
        let interrupt = Interrupt::new();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    interrupt.interrupt();
                    std::thread::sleep(Duration::from_micros(300));
                }
            });
            for _ in 0..rounds {
                let error = interrupt.run(|| instance.call("loop", &[])).expect_err("stopped");
                assert_eq!(error.code(), ErrCode::Interrupted);
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        assert_eq!(instance.call("ok", &[]).expect("usable")[0].i32(), Some(1));
    }
}

/// Ways to store a number: what stores it, with `{}` for the number, and what reads it.
const STORES: &[(&str, &str)] = &[
    ("global.set $shown (i32.const {})", "global.get $shown"),
    ("global.set $hidden (i32.const {})", "global.get $hidden"),
    ("i32.store (i32.const 8) (i32.const {})", "i32.load (i32.const 8)"),
    ("i32.store8 (i32.const 8) (i32.const {})", "i32.load8_u (i32.const 8)"),
    ("i64.store (i32.const 8) (i64.const {})", "i32.wrap_i64 (i64.load (i32.const 8))"),
    (
        "v128.store (i32.const 8) (i32x4.splat (i32.const {}))",
        "i32x4.extract_lane 3 (v128.load (i32.const 8))",
    ),
    ("i32.store $second (i32.const 8) (i32.const {})", "i32.load $second (i32.const 8)"),
    (
        "table.set (i32.const 0) (select (result funcref) (ref.func $f) (ref.null func)
            (i32.eq (i32.const {}) (i32.const 111)))",
        "select (i32.const 0) (i32.const 111) (ref.is_null (table.get (i32.const 0)))",
    ),
];

/// Ways to be in a loop between a store and one that covers it; `(#)` counts down.
const LOOPS: &[&str] = &[
    "(loop (br_if 0 (#)))",
    "(loop (loop (br_if 0 (#))) (br_if 0 (i64.ne (local.get 0) (i64.const 0))))",
    "(block (loop (br_if 1 (i64.eqz (#64))) (br 0)))",
    "(loop (global.set $rounds (i32.add (global.get $rounds) (i32.const 1))) (br_if 0 (#)))",
    "(loop (drop (i32.load (i32.const 64))) (br_if 0 (#)))",
    "(loop (call $f) (br_if 0 (#)))",
];

#[test]
fn what_was_stored_before_a_stop_is_there() {
    let left = "(local.tee 0 (i64.sub (local.get 0) (i64.const 1)))";
    let mut functions = String::new();
    for (at, (store, read)) in STORES.iter().enumerate() {
        functions += &format!("(func (export \"read {at}\") (result i32) ({read}))");
        for (nth, wait) in LOOPS.iter().enumerate() {
            let (before, after) = (store.replace("{}", "111"), store.replace("{}", "222"));
            let wait = wait.replace("(#64)", left);
            let wait = wait.replace("(#)", &format!("(i64.ne {left} (i64.const 0))"));
            functions += &format!(
                "(func (export \"{at} {nth}\") (param i64) (call $begun) ({before}) {wait} ({after}))"
            );
        }
    }
    let text = format!(
        "(module (import \"env\" \"begun\" (func $begun)) (global $shown (export \"g\") (mut i32) (i32.const 0)) (global $hidden (mut i32) (i32.const 0))
            (global $rounds (mut i32) (i32.const 0))
            (memory (export \"m\") 1) (memory $second 1) (table 1 funcref) (func $f) (elem declare func $f) {functions})"
    );
    let metered = || {
        let mut config = Config::default();
        config.statistics.instruction_counting = true;
        config
    };
    let eager = interrupt_modes().into_iter().chain([
        Config { opt_level: OptLevel::SpeedAndSize, ..Config::default() },
        Config { opt_level: OptLevel::None, ..Config::default() },
        metered(),
    ]);
    let lazy = eager.clone().map(|config| Config { compile_time: CompileTime::Lazy, ..config });
    for config in eager.chain(lazy) {
        let (sender, begun) = std::sync::mpsc::channel();
        let (sender, begun) = (Mutex::new(sender), Mutex::new(begun));
        let env = Instance::host("env");
        let begins = Func::wrap(move || sender.lock().unwrap().send(()).unwrap());
        env.define("begun", begins.unwrap()).unwrap();
        let store = Store::new();
        store.register("env", &env).unwrap();
        let instance = Executor::new(&config).instantiate(&store, &module(&config, &text)).unwrap();
        for (at, (store, _)) in STORES.iter().enumerate() {
            for (nth, wait) in LOOPS.iter().enumerate() {
                let interrupt = Interrupt::new();
                let error = std::thread::scope(|scope| {
                    // Compiling it may take long where others compile.
                    scope.spawn(|| {
                        let begun = begun.lock().unwrap();
                        begun.recv_timeout(Duration::from_secs(60)).unwrap();
                        std::thread::sleep(Duration::from_millis(2));
                        interrupt.interrupt();
                    });
                    let name = format!("{at} {nth}");
                    interrupt.run(|| instance.call(&name, &[Val::I64(i64::MAX)]))
                });
                let error = error.expect_err("it runs for years");
                assert_eq!(error.code(), ErrCode::Interrupted, "{error}");
                let seen = instance.call(&format!("read {at}"), &[]).expect("usable");
                let what = format!("{store}, {wait}, {config:?}");
                assert_eq!(seen[0].i32(), Some(111), "{what}");
            }
        }
    }
}
