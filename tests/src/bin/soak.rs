//! The long counts: many rounds of everything that could leak, wear out or race, in turn, until
//! the time is up; figures at the end. `soak --minutes N`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use wasmspan::{
    Config, ErrCode, Error, Executor, Extern, ExternRef, Func, Instance, Interrupt, Store, Val, Vm,
};
use wasmspan_tests::fuzz::{self, stopped};
use wasmspan_tests::support::{Footprint, interrupt_modes, module, on_stack, trap_modes};

/// Room for the deepest recursion of a fuzzed module.
const STACK: usize = 64 << 20;
/// How long one kind of work runs before the next has its turn.
const TURN: Duration = Duration::from_secs(5);

/// One kind of work; `round` does a little of it and says how many it did.
struct Work {
    name: &'static str,
    /// What issue and design ask for in a long run.
    wanted: u64,
    round: Box<dyn Fn(u64) -> u64 + Send + Sync>,
    done: u64,
    time: Duration,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let minutes: f64 = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => 10.0,
        ["--minutes", number] if number.parse::<f64>().is_ok() => number.parse().unwrap_or(10.0),
        _ => {
            eprintln!("use: soak --minutes N");
            return ExitCode::FAILURE;
        }
    };
    on_stack(STACK, || soak(Duration::from_secs_f64(minutes * 60.0)));
    ExitCode::SUCCESS
}

fn soak(length: Duration) {
    let mut works = vec![
        instances(),
        modules(),
        traps(),
        exhaustions(),
        interrupts(),
        cancels(),
        threads(),
        references(),
        cycles(),
        panics(),
        random_modules(),
        stopped_calls(),
    ];
    // Only the panics that this program causes on purpose stay silent.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.to_string().contains("on purpose") {
            usual(info);
        }
    }));
    for work in &mut works {
        (work.round)(0);
    }
    let before = Footprint::now();
    let start = Instant::now();
    let turn = TURN.min(length / works.len() as u32);
    'all: loop {
        for work in &mut works {
            let begun = Instant::now();
            while begun.elapsed() < turn {
                work.done += (work.round)(work.done);
            }
            work.time += begun.elapsed();
            if start.elapsed() >= length {
                break 'all;
            }
        }
    }
    println!("{:<28} {:>12} {:>12} {:>12}", "", "done", "wanted", "per second");
    for Work { name, wanted, done, time, .. } in &works {
        let rate = *done as f64 / time.as_secs_f64().max(1e-9);
        println!("{name:<28} {done:>12} {wanted:>12} {rate:>12.0}");
    }
    println!("before: {before:?}\nafter:  {:?}", Footprint::now());
    Footprint::now().assert_like(before);
    println!("{:.1} minutes, nothing left behind", start.elapsed().as_secs_f64() / 60.0);
}

fn work(
    name: &'static str,
    wanted: u64,
    round: impl Fn(u64) -> u64 + Send + Sync + 'static,
) -> Work {
    Work { name, wanted, round: Box::new(round), done: 0, time: Duration::ZERO }
}

const TYPICAL: &str = r#"(module
    (import "env" "f" (func $host (param i32) (result i32)))
    (memory (export "memory") 1 4) (table 4 funcref) (elem (i32.const 0) $run)
    (data (i32.const 0) "hello")
    (func $run (export "run") (param i32) (result i32) local.get 0 call $host)
    (func (export "trap") (result i32) (i32.load (i32.const 65536)))
    (func (export "loop") (loop br 0))
    (func $endless (export "endless") (result i64) call $endless i64.const 1 i64.add))"#;

fn typical(config: &Config) -> Instance {
    let host: Extern = Func::wrap(|n: i32| n + 1).expect("made").into();
    let module = module(config, TYPICAL);
    Executor::new(config).instantiate_with(&module, &[host]).expect("it links")
}

fn instances() -> Work {
    let made = trap_modes().map(|config| (module(&config, TYPICAL), Executor::new(&config)));
    work("instances", 1_000_000, move |_| {
        for (module, executor) in &made {
            for _ in 0..100 {
                let host: Extern = Func::wrap(|n: i32| n + 1).expect("made").into();
                let instance = executor.instantiate_with(module, &[host]).expect("it links");
                assert_eq!(instance.call("run", &[1.into()]).expect("no trap")[0].i32(), Some(2));
            }
        }
        200
    })
}

fn modules() -> Work {
    work("modules compiled", 100_000, |done| {
        for config in trap_modes() {
            let text = format!(r#"(module (func (export "f") (result i64) i64.const {done}))"#);
            let instance = module(&config, &text).instantiate(&Store::new()).expect("no imports");
            assert_eq!(instance.call("f", &[]).expect("no trap")[0].i64(), Some(done as i64));
        }
        2
    })
}

fn traps() -> Work {
    let made = trap_modes().map(|config| typical(&config));
    work("traps", 10_000_000, move |_| {
        for instance in &made {
            for _ in 0..100 {
                let error = instance.call("trap", &[]).expect_err("past the end");
                assert_eq!(error.code(), ErrCode::MemoryOutOfBounds);
            }
        }
        200
    })
}

fn exhaustions() -> Work {
    let made = trap_modes().map(|config| typical(&config));
    work("stacks exhausted", 100_000, move |_| {
        for instance in &made {
            on_stack(256 << 10, || {
                for _ in 0..20 {
                    let error = instance.call("endless", &[]).expect_err("endless");
                    assert_eq!(error.code(), ErrCode::StackOverflow);
                }
            });
        }
        40
    })
}

fn interrupts() -> Work {
    let made: Vec<Instance> = interrupt_modes().iter().map(typical).collect();
    work("interrupts", 100_000, move |_| {
        for instance in &made {
            let (interrupt, ended) = (Interrupt::new(), AtomicU64::new(0));
            const EACH: u64 = 25;
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while ended.load(Ordering::Relaxed) < EACH {
                        if !interrupt.is_requested() {
                            interrupt.interrupt();
                        }
                        std::thread::yield_now();
                    }
                });
                for _ in 0..EACH {
                    let error = interrupt.run(|| instance.call("loop", &[])).expect_err("stopped");
                    assert_eq!(error.code(), ErrCode::Interrupted);
                    ended.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        100
    })
}

/// Asynchronous calls that are cancelled at random times, counted and not.
fn cancels() -> Work {
    const TEXT: &str = r#"(module (func (export "loop") (loop br 0)))"#;
    let vms: Vec<Vm> = [false, true]
        .into_iter()
        .flat_map(|counting| {
            interrupt_modes().into_iter().map(move |mut config| {
                config.statistics.instruction_counting = counting;
                let vm = Vm::new(&config).expect("made");
                vm.load_bytes(TEXT).and_then(|()| vm.validate()).expect("valid");
                vm.instantiate().expect("links");
                vm
            })
        })
        .collect();
    work("cancels", 100_000, move |round| {
        for (at, vm) in vms.iter().enumerate() {
            let task = vm.execute_async("loop", &[]).expect("started");
            let random = (round * 8 + at as u64).wrapping_mul(6_364_136_223_846_793_005);
            std::thread::sleep(Duration::from_nanos(random >> 48));
            if random & 1 == 0 {
                task.cancel();
                assert_eq!(task.get().expect_err("cancelled").code(), ErrCode::Interrupted);
            }
            // Else the drop cancels.
        }
        vms.len() as u64
    })
}

fn threads() -> Work {
    let made = trap_modes().map(|config| typical(&config));
    work("short threads", 100_000, move |_| {
        for instance in &made {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        assert!(instance.call("trap", &[]).is_err());
                        let results = instance.call("run", &[1.into()]).expect("no trap");
                        assert_eq!(results[0].i32(), Some(2));
                    });
                }
            });
        }
        16
    })
}

fn references() -> Work {
    const TEXT: &str = r#"(module (table $t 16 externref) (global $g (mut externref) (ref.null extern))
        (func (export "keep") (param i32 externref) (result externref)
            (table.set $t (local.get 0) (local.get 1))
            (global.set $g (local.get 1))
            (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 15))
            (table.get $t (i32.const 15))))"#;
    let made = trap_modes()
        .map(|config| module(&config, TEXT).instantiate(&Store::new()).expect("no imports"));
    work("host objects", 10_000_000, move |done| {
        for instance in &made {
            for at in 0..100 {
                let object = Val::ExternRef(Some(ExternRef::new(done + at)));
                let index = Val::I32((at % 16) as i32);
                instance.call("keep", &[index, object]).expect("no trap");
            }
        }
        200
    })
}

fn cycles() -> Work {
    const A: &str = r#"(module (table (export "t") 2 funcref) (func $f) (elem (i32.const 1) $f))"#;
    const B: &str =
        r#"(module (import "a" "t" (table 2 funcref)) (func $f) (elem (i32.const 0) $f))"#;
    let made =
        trap_modes().map(|config| (module(&config, A), module(&config, B), Executor::new(&config)));
    work("cycles of instances", 100_000, move |done| {
        for (a, b, executor) in &made {
            let store = Store::new();
            let a = executor.register(&store, a, "a").expect("the name is free");
            let b = executor.instantiate(&store, b).expect("it links");
            if done.is_multiple_of(4) { drop((a, b)) } else { drop((b, a)) }
        }
        2
    })
}

fn panics() -> Work {
    let host = || {
        let text = r#"(module (import "env" "f" (func)) (func (export "run") call 0))"#;
        let failing = Func::wrap(|caller: wasmspan::Caller<'_>| -> Result<(), Error> {
            assert!(caller.instance().is_none(), "on purpose");
            Ok(())
        });
        (text, Extern::from(failing.expect("made")))
    };
    let made = trap_modes().map(|config| {
        let (text, host) = host();
        Executor::new(&config).instantiate_with(&module(&config, text), &[host]).expect("it links")
    });
    work("panics of the host", 1_000_000, move |_| {
        for instance in &made {
            for _ in 0..100 {
                let error = instance.call("run", &[]).expect_err("the host panics");
                assert_eq!(error.code(), ErrCode::HostFuncError);
            }
        }
        200
    })
}

fn random_modules() -> Work {
    let first = std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64) >> 8;
    work("random modules", 1_000_000, move |done| {
        let seed = first + done;
        if let Err(what) = fuzz::check_seed(seed) {
            panic!("fuzz --modules 1 --seed {seed}: {what}");
        }
        1
    })
}

fn stopped_calls() -> Work {
    let first = std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64) >> 8;
    work("calls stopped and compared", 100_000, move |done| {
        let seed = first + done;
        match stopped::check_seed(seed) {
            Ok(tally) => tally.stops,
            Err(what) => panic!("fuzz --kind stops --modules 1 --seed {seed}: {what}"),
        }
    })
}
