//! Functions that are compiled when they are first called, and replaced while they run.

use std::path::Path;
use std::time::{Duration, Instant};
use wasmspan::config::CompileTime;
use wasmspan::{Config, ErrCode, Executor, Extern, Func, Instance, Interrupt, Module, Store, Wasi};
use wasmspan_tests::support::trap_modes;

fn configs() -> impl Iterator<Item = Config> {
    trap_modes().into_iter().map(|config| Config { compile_time: CompileTime::Lazy, ..config })
}

fn instance(config: &Config, text: &str) -> Instance {
    let module = Module::with_config(config, text).unwrap();
    Executor::new(config).instantiate_with(&module, &[]).unwrap()
}

const MANY: &str = r#"(module $m
    (type $mix (func (param i32 i64 f32 f64 v128 i32 i64 i32 i32 f64) (result i64)))
    (table (export "table") 4 funcref)
    (elem (i32.const 0) $mix $fac)
    (func $mix (export "mix") (type $mix)
        (i64.add (i64.extend_i32_s (i32.add (local.get 0) (i32.add (local.get 5)
                (i32.add (local.get 7) (local.get 8)))))
            (i64.add (i64.add (local.get 1) (local.get 6))
                (i64.add (i64.trunc_f32_s (local.get 2))
                    (i64.add (i64.trunc_f64_s (f64.add (local.get 3) (local.get 9)))
                        (i64x2.extract_lane 1 (local.get 4)))))))
    (func $direct (export "direct") (result i64)
        (call $mix (i32.const 1) (i64.const 20) (f32.const 300) (f64.const 4000)
            (v128.const i64x2 9 50000) (i32.const 600000) (i64.const 7000000)
            (i32.const 80000000) (i32.const 900000000) (f64.const 1e10)))
    (func (export "indirect") (result i64)
        (call_indirect (type $mix) (i32.const 1) (i64.const 20) (f32.const 300) (f64.const 4000)
            (v128.const i64x2 9 50000) (i32.const 600000) (i64.const 7000000)
            (i32.const 80000000) (i32.const 900000000) (f64.const 1e10) (i32.const 0)))
    (func $fac (export "fac") (param i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
            (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
    (func $trap (param i32) (if (local.get 0) (then unreachable)) (call $trap (i32.const 1)))
    (func (export "deep") (call $trap (i32.const 0)))
    (func $down (export "down") (call $down) (call $up))
    (func $up (call $down))
    (func $tail (export "tail") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
        (return_call $liat (i32.sub (local.get 0) (i32.const 1))))
    (func $liat (param i32) (result i32) (return_call $tail (local.get 0)))
    (func $spin (export "spin") (loop (call $nothing) (br 0)))
    (func $nothing))"#;

#[test]
fn arguments_arrive_whole() {
    for config in configs() {
        for name in ["direct", "indirect", "direct"] {
            let instance = instance(&config, MANY);
            let result = instance.call(name, &[]).unwrap()[0].i64();
            assert_eq!(result, Some(10_987_654_321), "{name}");
        }
        let instance = instance(&config, MANY);
        assert_eq!(
            instance.typed::<i64, i64>("fac").unwrap().call(20).unwrap(),
            2432902008176640000
        );
        assert_eq!(instance.typed::<i32, i32>("tail").unwrap().call(100_000).unwrap(), 7);
    }
}

#[test]
fn traps_and_backtraces_are_the_same_as_ever() {
    for config in configs() {
        let instance = instance(&config, MANY);
        let error = instance.call("deep", &[]).unwrap_err();
        assert_eq!(error.code(), ErrCode::Unreachable);
        let frames: Vec<String> = error.frames().iter().map(ToString::to_string).collect();
        assert_eq!(frames.len(), 3, "{frames:?}");
        assert!(frames[0].contains("trap") && frames[2].contains("deep"), "{frames:?}");
        for _ in 0..3 {
            let error = instance.call("down", &[]).unwrap_err();
            assert_eq!(error.code(), ErrCode::StackOverflow);
        }
    }
}

#[test]
fn references_to_uncompiled_functions_work_everywhere() {
    let user = r#"(module (import "m" "fac" (func $fac (param i64) (result i64)))
        (import "m" "table" (table 2 funcref))
        (type $t (func (param i64) (result i64)))
        (func (export "import") (result i64) (call $fac (i64.const 5)))
        (func (export "table") (result i64) (call_indirect (type $t) (i64.const 6) (i32.const 1))))"#;
    for config in configs() {
        let store = Store::new();
        store.register("m", &instance(&config, MANY)).unwrap();
        let module = Module::with_config(&config, user).unwrap();
        let user = Executor::new(&config).instantiate(&store, &module).unwrap();
        assert_eq!(user.call("table", &[]).unwrap()[0].i64(), Some(720));
        assert_eq!(user.call("import", &[]).unwrap()[0].i64(), Some(120));
    }
}

#[test]
fn loops_of_calls_can_be_interrupted() {
    for config in configs() {
        let instance = instance(&config, MANY);
        let interrupt = Interrupt::new();
        let stopper = interrupt.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            stopper.interrupt();
        });
        let start = Instant::now();
        let error = interrupt.run(|| instance.call("spin", &[])).unwrap_err();
        assert_eq!(error.code(), ErrCode::Interrupted);
        assert!(start.elapsed() < Duration::from_secs(5));
        thread.join().unwrap();
    }
}

#[test]
fn many_threads_may_come_first() {
    for config in configs() {
        for _ in 0..10 {
            let instance = instance(&config, MANY);
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        let fac = instance.typed::<i64, i64>("fac").unwrap();
                        assert_eq!(fac.call(10).unwrap(), 3_628_800);
                        let direct = instance.call("direct", &[]).unwrap();
                        assert_eq!(direct[0].i64(), Some(10_987_654_321));
                    });
                }
            });
        }
    }
}

#[test]
fn modules_may_go_while_they_are_compiled() {
    let bytes = std::fs::read(guest("lua-bench.wasm")).unwrap();
    let config = Config { compile_time: CompileTime::Lazy, ..Config::default() };
    for wait in 0..10 {
        let module = Module::with_config(&config, &bytes).unwrap();
        std::thread::sleep(Duration::from_millis(wait * 5));
        drop(module);
    }
}

fn guest(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wasm").join(name)
}

/// Runs the guest's work before, while and after its code is replaced.
#[test]
fn programs_compute_the_same_while_their_code_is_replaced() {
    for (name, checksum) in
        [("lua-bench.wasm", 0x35da_fc1d_e6c0_7f89u64), ("sqlite-bench.wasm", 0x3b79_43f3_0ca6_f5a4)]
    {
        let config = Config { compile_time: CompileTime::Lazy, ..Config::default() };
        let module = Module::from_file(&config, guest(name)).unwrap();
        let store = Store::new();
        let wasi = Wasi::builder().build().unwrap();
        store.register(wasi.instance().name(), wasi.instance()).unwrap();
        let instance = module.instantiate(&store).unwrap();
        for start in ["_initialize", "setup"] {
            if let Some(Extern::Func(func)) = instance.get_export(start) {
                Func::call(&func, &[]).unwrap();
            }
        }
        let run = instance.typed::<(), i64>("run").unwrap();
        for _ in 0..4 {
            assert_eq!(run.call(()).unwrap() as u64, checksum, "{name}");
        }
    }
}
