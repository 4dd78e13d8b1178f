//! Recursion without end on the process's first thread, whose stack grows on demand. The test
//! harness runs tests on other threads, so this file has its own `main`.

use wasmspan::ErrCode;
use wasmspan_tests::support::{instance, trap_modes};

const TEXT: &str = r#"(module
    (func $f (export "f") (result i64) call $f i64.const 1 i64.add)
    (func (export "ok") (result i32) i32.const 1))"#;

fn main() {
    for config in trap_modes() {
        let instance = instance(&config, TEXT);
        for _ in 0..100 {
            let error = instance.call("f", &[]).expect_err("it never ends");
            assert_eq!(error.code(), ErrCode::StackOverflow, "{error}");
            assert_eq!(instance.call("ok", &[]).expect("works")[0].i32(), Some(1));
        }
    }
    println!("the first thread: stack exhausted 100 times in each trap mode");
}
