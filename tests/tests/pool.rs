//! Pools: bounded, fresh, and shared by threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use wasmspan::{Config, ErrCode, Func, Instance, Interrupt, Module, Pool, Store};
use wasmspan_tests::support::trap_modes;

const COUNTER: &str = r#"(module
    (import "env" "note" (func $note))
    (memory (export "memory") 1 8) (data (i32.const 8) "\05")
    (table 2 funcref) (global $n (mut i32) (i32.const 0))
    (func $start (call $note)) (start $start)
    (func (export "next") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (i32.store8 (i32.const 8) (i32.add (i32.load8_u (i32.const 8)) (i32.const 1)))
        (drop (memory.grow (i32.const 1)))
        (table.set (i32.const 0) (ref.func $start))
        (i32.add (i32.add (global.get $n) (i32.load8_u (i32.const 8)))
            (i32.add (memory.size) (ref.is_null (table.get (i32.const 1))))))
    (elem declare func $start))"#;

fn store() -> Store {
    let env = Instance::host("env");
    env.define("note", Func::wrap(|| ()).unwrap()).unwrap();
    let store = Store::new();
    store.register("env", &env).unwrap();
    store
}

fn pool(config: &Config, size: usize) -> Pool {
    Pool::new(&Module::with_config(config, COUNTER).unwrap(), &store(), size).unwrap()
}

#[test]
fn every_instance_starts_anew() {
    for config in trap_modes() {
        let pool = pool(&config, 3);
        for _ in 0..20 {
            let (a, b) = (pool.get().unwrap(), pool.get().unwrap());
            for instance in [&a, &b] {
                let next = instance.typed::<(), i32>("next").unwrap();
                assert_eq!(next.call(()).unwrap(), 1 + 6 + 2 + 1);
                assert_eq!(next.call(()).unwrap(), 2 + 7 + 3 + 1);
            }
            assert_eq!(pool.in_use(), 2);
        }
        assert_eq!(pool.in_use(), 0);
    }
}

#[test]
fn no_more_than_so_many() {
    let pool = pool(&Config::default(), 4);
    let (busy, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let instance = pool.get().unwrap();
                    most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    assert_eq!(instance.call("next", &[]).unwrap()[0].i32(), Some(10));
                    busy.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert!((1..=4).contains(&most.into_inner()));
    let all: Vec<_> = (0..4).map(|_| pool.get().unwrap()).collect();
    assert!(pool.try_get().unwrap().is_none());
    let error = pool.get_timeout(Duration::from_millis(20)).unwrap_err();
    assert_eq!(error.code(), ErrCode::RuntimeError);
    drop(all);
    assert!(pool.get_timeout(Duration::ZERO).is_ok());
}

#[test]
fn failures_take_no_place() {
    let text = r#"(module (func $start unreachable) (start $start))"#;
    let pool = Pool::new(&Module::new(text).unwrap(), &Store::new(), 1).unwrap();
    for _ in 0..3 {
        assert_eq!(pool.get().unwrap_err().code(), ErrCode::Unreachable);
    }
    assert_eq!(pool.in_use(), 0);
    let missing = Module::new(COUNTER).unwrap();
    assert_eq!(Pool::new(&missing, &Store::new(), 1).unwrap_err().code(), ErrCode::UnknownImport);
}

#[test]
fn who_comes_first_is_served_first() {
    let pool = pool(&Config::default(), 2);
    let mut held = vec![pool.get().unwrap(), pool.get().unwrap()];
    let (sender, order) = channel();
    std::thread::scope(|scope| {
        for number in 0..8 {
            // Half wait on their own thread, half are told.
            let (mine, sender) = (pool.clone(), sender.clone());
            let (begun, arrived) = channel();
            if number % 2 == 0 {
                let work = move || {
                    begun.send(()).unwrap();
                    let got = mine.get().unwrap();
                    sender.send(number).unwrap();
                    drop(got);
                };
                scope.spawn(work);
            } else {
                let reservation = mine.reserve(move |place| {
                    sender.send(number).unwrap();
                    drop(place);
                });
                std::mem::forget(reservation);
                begun.send(()).unwrap();
            }
            arrived.recv().unwrap();
            // Until it sleeps in the queue; nothing tells when that is.
            std::thread::sleep(Duration::from_millis(30));
        }
        assert!(pool.try_get().unwrap().is_none(), "they are before us");
        held.pop();
        let got: Vec<_> =
            (0..8).map(|_| order.recv_timeout(Duration::from_secs(20)).unwrap()).collect();
        assert_eq!(got, [0, 1, 2, 3, 4, 5, 6, 7]);
    });
    drop(held);
    assert_eq!(pool.in_use(), 0);
}

#[test]
fn who_gives_up_takes_no_place() {
    let pool = pool(&Config::default(), 1);
    let held = pool.get().unwrap();
    let given_up = pool.reserve(|_| panic!("nobody waits for it"));
    drop(given_up);
    assert!(pool.try_get_for(Duration::from_millis(5)).unwrap().is_none());
    drop(held);
    assert_eq!(pool.in_use(), 0);
    // One that is served at once.
    let (sender, places) = channel();
    let reservation = pool.reserve(move |place| sender.send(place).unwrap());
    drop(reservation);
    let instance = places.recv().unwrap().fill().unwrap();
    assert_eq!((instance.call("next", &[]).unwrap().len(), pool.in_use()), (1, 1));
}

#[test]
fn waiting_can_be_interrupted() {
    let pool = pool(&Config::default(), 1);
    let held = pool.get().unwrap();
    let interrupt = Interrupt::new();
    let start = Instant::now();
    let ended = std::thread::scope(|scope| {
        let waits = scope.spawn(|| interrupt.run(|| pool.get().map(drop)));
        std::thread::sleep(Duration::from_millis(20));
        interrupt.interrupt();
        waits.join().unwrap()
    });
    assert_eq!(ended.unwrap_err().code(), ErrCode::Interrupted);
    let (ended, expired) =
        Interrupt::new().run_within(Duration::from_millis(20), || pool.get().map(drop));
    assert!(expired && ended.unwrap_err().is_timeout());
    assert!(start.elapsed() < Duration::from_secs(20));
    drop(held);
    assert_eq!(pool.in_use(), 0);
    drop(pool.get().unwrap());
}
