//! How soon a cancelled call ends, and what calls on other threads cost.

use crate::report::Report;
use crate::{Options, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wasmspan::config::HostRegistration;
use wasmspan::{Config, ErrCode, Val, Vm};

const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff"
        (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_open"
        (func $open (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_bind"
        (func $bind (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_listen"
        (func $listen (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_accept"
        (func $accept (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "loop") (loop br 0))
    ;; A relative wait on the monotonic clock for an hour.
    (func (export "sleep")
        (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const 3600000000000))
        (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200))))
    ;; A socket over IPv4 on a free port of 127.0.0.1, to which nobody connects.
    (data (i32.const 304) "\7f\00\00\01")
    (global $listener (mut i32) (i32.const -1))
    (func (export "accept")
        (if (i32.eq (global.get $listener) (i32.const -1))
            (then
                (i32.store (i32.const 296) (i32.const 304))
                (i32.store (i32.const 300) (i32.const 4))
                (if (i32.or
                        (call $open (i32.const 1) (i32.const 2) (i32.const 308))
                        (i32.or
                            (call $bind (i32.load (i32.const 308)) (i32.const 296) (i32.const 0))
                            (call $listen (i32.load (i32.const 308)) (i32.const 1))))
                    (then unreachable))
                (global.set $listener (i32.load (i32.const 308)))))
        (drop (call $accept (global.get $listener) (i32.const 312))))
    (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#;

fn vm() -> Result<Vm> {
    let mut config = Config::default();
    config.host_registrations.add(HostRegistration::Wasi);
    let vm = Vm::new(&config)?;
    let wasi = vm.wasi().ok_or("the VM has no WASI")?;
    wasi.configure(wasmspan::Wasi::builder().sockets(true))?;
    vm.load_bytes(GUEST)?;
    vm.validate()?;
    vm.instantiate()?;
    Ok(vm)
}

/// From the request to the end of the call: a loop, a guest that sleeps, one that waits for somebody
/// to connect; and a native loop, which shows what the system takes.
pub fn cancel(options: &Options, report: &mut Report) -> Result<()> {
    let trials = if options.quick { 200 } else { 10_000 };
    for (name, busy, bars) in
        [("idle", 0, [1, 1, 5, 5]), ("with 8 busy threads", 8, [10, 10, 50, 50])]
    {
        for (guest, most) in ["native", "loop", "sleep", "accept"].into_iter().zip(bars) {
            let name = format!("cancel/{guest}, {name}");
            if !options.wants(&name) {
                continue;
            }
            let end = AtomicBool::new(false);
            let times = std::thread::scope(|scope| {
                for _ in 0..busy {
                    scope.spawn(|| {
                        while !end.load(Ordering::Relaxed) {
                            std::hint::spin_loop();
                        }
                    });
                }
                let times = if guest == "native" {
                    native_latencies(trials)
                } else {
                    latencies(guest, trials)
                };
                end.store(true, Ordering::Relaxed);
                times
            })?;
            let [p50, p99, max] = [times.len() / 2, times.len() * 99 / 100, times.len() - 1]
                .map(|at| times[at].as_secs_f64() * 1e3);
            let text = format!("p50 {p50:.3} ms, p99 {p99:.3} ms, max {max:.1} ms");
            let bar = format!("p99 of {trials} at most {most} ms");
            // What the system takes is there to compare with.
            let met = (guest != "native").then_some(p99 <= f64::from(most));
            report.figure(&name, text, bar, met);
        }
    }
    Ok(())
}

/// As [`latencies`], of a native loop that reads a flag: what the system itself takes.
fn native_latencies(trials: usize) -> Result<Vec<Duration>> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut times = Vec::with_capacity(trials);
    let (calls, called) = std::sync::mpsc::channel::<()>();
    let (ends, ended) = std::sync::mpsc::channel::<Instant>();
    let flag = Arc::clone(&stop);
    let thread = std::thread::spawn(move || {
        for () in called {
            while !flag.swap(false, Ordering::SeqCst) {
                std::hint::spin_loop();
            }
            ends.send(Instant::now()).expect("somebody waits");
        }
    });
    for trial in 0..trials {
        calls.send(()).map_err(|_| "the loop is gone")?;
        std::thread::sleep(Duration::from_micros(200 + trial as u64 % 300));
        let asked = Instant::now();
        stop.store(true, Ordering::SeqCst);
        times.push(ended.recv()?.saturating_duration_since(asked));
    }
    drop(calls);
    thread.join().map_err(|_| "the loop panicked")?;
    times.sort_unstable();
    Ok(times)
}

/// Sorted times from the request to the end of a call.
fn latencies(guest: &'static str, trials: usize) -> Result<Vec<Duration>> {
    let vm = vm()?;
    let mut times = Vec::with_capacity(trials);
    let (calls, called) = std::sync::mpsc::channel::<()>();
    let (ends, ended) = std::sync::mpsc::channel::<Instant>();
    let running = Arc::new(vm.clone());
    let thread = std::thread::spawn(move || {
        for () in called {
            let error = running.execute(guest, &[]).expect_err("it never ends");
            let now = Instant::now();
            assert_eq!(error.code(), ErrCode::Interrupted);
            ends.send(now).expect("somebody waits");
        }
    });
    for trial in 0..trials {
        calls.send(()).map_err(|_| "the calling thread is gone")?;
        std::thread::sleep(Duration::from_micros(200 + trial as u64 % 300));
        let asked = Instant::now();
        vm.interrupt().interrupt();
        times.push(ended.recv()?.saturating_duration_since(asked));
    }
    drop(calls);
    thread.join().map_err(|_| "the calling thread panicked")?;
    times.sort_unstable();
    Ok(times)
}

/// What an asynchronous call costs beyond the call.
pub fn tasks(options: &Options, report: &mut Report) -> Result<()> {
    let name = "async call";
    if !options.wants(name) {
        return Ok(());
    }
    const BAR: f64 = 20.0;
    let vm = vm()?;
    let rounds = if options.quick { 500 } else { 20_000 };
    let mut extra = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let start = Instant::now();
        vm.execute("add", &[Val::I32(1)])?;
        let direct = start.elapsed();
        let start = Instant::now();
        vm.execute_async("add", &[Val::I32(1)])?.get()?;
        extra.push(start.elapsed().as_secs_f64() - direct.as_secs_f64());
    }
    let middle = crate::measure::median(&extra) * 1e6;
    let bar = format!("at most {BAR} µs");
    report.figure(name, format!("median {middle:.1} µs more"), bar, Some(middle <= BAR));
    Ok(())
}
