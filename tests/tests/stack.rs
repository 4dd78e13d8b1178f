//! Recursion without end, on stacks of every size.

use std::sync::OnceLock;
use wasmspan::{Caller, ErrCode, Func, Instance, Store, TypedFunc};
use wasmspan_tests::support::{STACK, instance, module, on_stack, trap_modes};

const RECURSION: &str = r#"(module
    (type $plain (func))
    (table funcref (elem $mutual $indirect))
    (func $plain (export "plain") call $plain)
    (func $result (export "result") (result i64) call $result i64.const 1 i64.add)
    (func $mutual (export "mutual") call $other)
    (func $other call $mutual)
    (func $indirect (export "indirect") i32.const 1 call_indirect (type $plain))
    (func $vector (export "vector") (result v128)
        (local v128) call $vector local.tee 0 local.get 0 i32x4.add)
    (func $deep (export "deep") (param i32) (result i32)
        local.get 0 i32.eqz if (result i32) i32.const 0 else
        local.get 0 i32.const 1 i32.sub call $deep i32.const 1 i32.add end))"#;

const ENTRIES: [&str; 5] = ["plain", "result", "mutual", "indirect", "vector"];

/// Exhausts the stack `rounds` times by each function, and uses the instance after each.
fn exhaust(instance: &Instance, rounds: usize) {
    let deep = instance.typed::<i32, i32>("deep").expect("there");
    for name in ENTRIES {
        for _ in 0..rounds {
            let error = instance.call(name, &[]).expect_err("it never ends");
            assert_eq!(error.code(), ErrCode::StackOverflow, "{name}: {error}");
        }
        assert_eq!(deep.call(10).expect("little recursion"), 10);
    }
}

#[test]
fn small_stack() {
    for config in trap_modes() {
        let instance = instance(&config, RECURSION);
        on_stack(128 << 10, || exhaust(&instance, 1_000));
    }
}

#[test]
fn usual_stack() {
    for config in trap_modes() {
        let instance = instance(&config, RECURSION);
        on_stack(STACK, || exhaust(&instance, 40));
    }
}

#[test]
fn function_with_more_locals_than_the_stack_holds() {
    let locals = "v128 ".repeat(45_000);
    let uses: String =
        (0..45_000).step_by(9).map(|at| format!("local.get {} local.set {at} ", at + 1)).collect();
    let text = format!(
        r#"(module (func $f (export "f") (local {locals}) {uses} call $f {uses})
        (func (export "ok") (result i32) i32.const 1))"#
    );
    for config in trap_modes() {
        let instance = instance(&config, &text);
        on_stack(256 << 10, || {
            for _ in 0..100 {
                let error = instance.call("f", &[]).expect_err("it never ends");
                assert_eq!(error.code(), ErrCode::StackOverflow, "{error}");
            }
            assert_eq!(instance.call("ok", &[]).expect("works")[0].i32(), Some(1));
        });
    }
}

#[test]
fn tail_calls_need_no_stack() {
    const TEXT: &str = r#"(module
        (func $count (export "count") (param i32) (result i32)
            local.get 0 i32.eqz if (result i32) i32.const 7 else
            local.get 0 i32.const 1 i32.sub return_call $count end))"#;
    for config in trap_modes() {
        let count = instance(&config, TEXT).typed::<i32, i32>("count").expect("there");
        on_stack(128 << 10, || assert_eq!(count.call(10_000_000).expect("no trap"), 7));
    }
}

/// A wasm function that calls a host function, which calls the wasm function, `n` deep.
fn nest(config: &wasmspan::Config) -> TypedFunc<i32, i32> {
    let down = std::sync::Arc::new(OnceLock::<TypedFunc<i32, i32>>::new());
    let again = std::sync::Arc::downgrade(&down);
    let host = Func::wrap(move |_: Caller<'_>, n: i32| -> wasmspan::Result<i32> {
        let again = again.upgrade().expect("the test holds it");
        if n == 0 { Ok(0) } else { Ok(again.get().expect("set").call(n - 1)? + 1) }
    })
    .expect("made");
    let store = Store::new();
    let env = Instance::host("env");
    env.define("host", host).expect("defined");
    store.register("env", &env).expect("the name is free");
    let text = r#"(module (import "env" "host" (func $host (param i32) (result i32)))
        (func (export "down") (param i32) (result i32) local.get 0 call $host))"#;
    let instance = module(config, text).instantiate(&store).expect("it links");
    down.set(instance.typed("down").expect("there")).expect("set once");
    // The cycle is the test's own; it lives as long as the process.
    std::mem::forget(down.clone());
    down.get().expect("set").clone()
}

#[test]
fn nesting_through_the_host_ends_with_a_result_or_a_trap() {
    const DEPTH: i32 = 10_000;
    for config in trap_modes() {
        let down = nest(&config);
        on_stack(32 << 20, || assert_eq!(down.call(DEPTH).expect("room enough"), DEPTH));
        on_stack(STACK, || match down.call(DEPTH) {
            Ok(depth) => assert_eq!(depth, DEPTH),
            Err(error) => assert_eq!(error.code(), ErrCode::StackOverflow, "{error}"),
        });
        on_stack(256 << 10, || {
            for _ in 0..50 {
                let error = down.call(DEPTH).expect_err("too deep");
                assert_eq!(error.code(), ErrCode::StackOverflow, "{error}");
                assert_eq!(down.call(20).expect("a little is fine"), 20);
            }
        });
    }
}
