//! Several threads and one instance, module or memory.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmspan::{Config, ErrCode, Executor, Func, Instance, Memory, MemoryType, Module, Store};
use wasmspan_tests::support::{instance, module, trap_modes};

const THREADS: usize = 8;

#[test]
fn eight_threads_call_one_instance() {
    const TEXT: &str = r#"(module (memory 1)
        (func $fib (export "fib") (param i32) (result i32)
            local.get 0 i32.const 2 i32.lt_u if (result i32) local.get 0 else
            local.get 0 i32.const 1 i32.sub call $fib
            local.get 0 i32.const 2 i32.sub call $fib i32.add end)
        (func (export "trap") (param i32) (result i32) local.get 0 i32.load)
        (func $endless (export "endless") call $endless))"#;
    for config in trap_modes() {
        let instance = instance(&config, TEXT);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let fib = instance.typed::<i32, i32>("fib").expect("there");
                    for round in 0..200 {
                        assert_eq!(fib.call(12).expect("no trap"), 144);
                        let error = instance.call("trap", &[65_536.into()]).expect_err("too far");
                        assert_eq!(error.code(), ErrCode::MemoryOutOfBounds);
                        if round % 50 == 0 {
                            let error = instance.call("endless", &[]).expect_err("endless");
                            assert_eq!(error.code(), ErrCode::StackOverflow);
                        }
                    }
                });
            }
        });
    }
}

#[test]
fn threads_instantiate_one_module_at_once() {
    const TEXT: &str = r#"(module (import "env" "f" (func (result i32))) (memory 1)
        (func (export "run") (result i32) call 0))"#;
    for config in trap_modes() {
        for _ in 0..20 {
            // Loaded and validated, but not compiled: the threads meet in that.
            let loader = wasmspan::Loader::new(&config);
            let module = loader.load_bytes(TEXT).expect("well-formed");
            module.validate().expect("valid");
            let barrier = Barrier::new(THREADS);
            std::thread::scope(|scope| {
                for number in 0..THREADS as i32 {
                    let (module, barrier, config) = (&module, &barrier, &config);
                    scope.spawn(move || {
                        barrier.wait();
                        let host = Func::wrap(move || number).expect("made");
                        for _ in 0..10 {
                            let instance = Executor::new(config)
                                .instantiate_with(module, &[host.clone().into()])
                                .expect("it links");
                            let results = instance.call("run", &[]).expect("no trap");
                            assert_eq!(results[0].i32(), Some(number));
                        }
                    });
                }
            });
        }
    }
}

#[test]
fn threads_register_and_find_in_one_store() {
    let text = r#"(module (func (export "f") (result i32) i32.const 1))"#;
    let (store, module) = (Store::new(), Module::new(text).expect("valid"));
    let registered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for number in 0..100 {
                    let name = format!("m{number}");
                    match Executor::default().register(&store, &module, &name) {
                        Ok(_) => _ = registered.fetch_add(1, Ordering::SeqCst),
                        Err(error) => assert_eq!(error.code(), ErrCode::ModuleNameConflict),
                    }
                    let found = store.find(&name).expect("somebody has registered it");
                    assert_eq!(found.call("f", &[]).expect("no trap")[0].i32(), Some(1));
                }
            });
        }
    });
    assert_eq!(registered.load(Ordering::SeqCst), 100);
}

fn shared(config: &Config, text: &str) -> (Memory, Instance) {
    let mut ty = MemoryType::new(1, Some(20));
    ty.shared = true;
    let memory = Memory::new(ty).expect("made");
    let instance = Executor::new(config)
        .instantiate_with(&module(config, text), &[memory.clone().into()])
        .expect("it links");
    (memory, instance)
}

#[test]
fn atomic_additions_of_all_threads_arrive() {
    const TEXT: &str = r#"(module (import "env" "m" (memory 1 20 shared))
        (func (export "add") (param i32) (loop
            (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (br_if 0 (local.get 0)))))"#;
    const EACH: i32 = 100_000;
    for config in trap_modes() {
        let (memory, instance) = shared(&config, TEXT);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| instance.call("add", &[EACH.into()]).expect("no trap"));
            }
        });
        assert_eq!(memory.read_value::<i32>(0).expect("within"), EACH * THREADS as i32);
    }
}

#[test]
fn waiters_are_woken_and_memory_grows_meanwhile() {
    const TEXT: &str = r#"(module (import "env" "m" (memory 1 20 shared))
        (func (export "wait") (result i32)
            (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 20000000000)))
        (func (export "wake") (param i32) (result i32)
            (memory.atomic.notify (i32.const 8) (local.get 0)))
        (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;
    for config in trap_modes() {
        let (memory, instance) = shared(&config, TEXT);
        std::thread::scope(|scope| {
            let waiters: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| instance.call("wait", &[]).expect("no trap")))
                .collect();
            let mut woken = 0;
            while woken < 4 {
                instance.call("grow", &[]).expect("no trap");
                woken +=
                    instance.call("wake", &[1.into()]).expect("no trap")[0].i32().expect("i32");
                std::thread::yield_now();
            }
            for waiter in waiters {
                assert_eq!(waiter.join().expect("no panic")[0].i32(), Some(0), "woken");
            }
        });
        assert!((2..=20).contains(&memory.pages()));
    }
}

/// A worker that waits for parts of a compilation may begin another job of its pool, which asks for
/// the same module.
#[test]
fn jobs_of_one_pool_may_share_a_module_that_is_not_compiled_yet() {
    use rayon::prelude::*;
    let body = "(local.set 0 (i32.add (local.get 0) (i32.const 3)))".repeat(60);
    let functions: String = (0..300)
        .map(|number| {
            format!("(func (export \"f{number}\") (param i32) (result i32) {body} local.get 0)")
        })
        .collect();
    let text = format!("(module {functions})");
    for config in trap_modes() {
        let module = wasmspan::Loader::new(&config).load_bytes(&text).expect("well formed");
        (0..200).into_par_iter().for_each(|number| {
            module.validate().expect("valid");
            let instance = module.instantiate(&Store::new()).expect("no imports");
            let results = instance.call(&format!("f{number}"), &[1.into()]).expect("no trap");
            assert_eq!(results[0].i32(), Some(181));
        });
    }
}
