//! A thread that runs wasm is visited, and goes on as if nothing had been.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use wasmspan::{Caller, Config, ErrCode, Instance, Interrupt, Module, Store, Val};

static VISITS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static OTHER: std::cell::RefCell<Option<Instance>> = const { std::cell::RefCell::new(None) };
}

/// Calls other wasm, which traps every other time.
fn visit() {
    let count = VISITS.fetch_add(1, Ordering::SeqCst);
    OTHER.with_borrow(|other| {
        let Some(other) = other else { return };
        let result = other.call("div", &[Val::I32(8), Val::I32((count % 2) as i32)]);
        assert_eq!(result.is_ok(), count % 2 == 1);
    });
}

const TEXT: &str = r#"(module (import "env" "wait" (func $wait))
    (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "work") (param $n i32) (result i64 f64) (local $a i64) (local $b f64)
        (loop
            (local.set $a (i64.add (i64.mul (local.get $a) (i64.const 6364136223846793005))
                (i64.extend_i32_u (local.get $n))))
            (local.set $b (f64.add (f64.mul (local.get $b) (f64.const 0.999)) (f64.const 0.5)))
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $a) (local.get $b))
    (func (export "host") (call $wait)) (func (export "spin") (loop (br 0))))"#;

/// Segments, and work that is done in parts.
const BULK: &str = r#"(module (memory 64) (table 100000 funcref) (func $f)
    (data (i32.const 0) "abc") (elem (i32.const 0) $f)
    (func (export "fill")
        (memory.fill (i32.const 0) (i32.const 7) (i32.const 4194304))
        (table.fill (i32.const 0) (ref.null func) (i32.const 100000))))"#;

fn instance() -> Instance {
    let env = Instance::host("env");
    let wait = wasmspan::Func::wrap(|caller: Caller<'_>| {
        let interrupt = caller.interrupt().expect("the thread is guarded");
        assert!(!interrupt.wait(Duration::from_millis(100)), "nobody asks it to stop");
    });
    env.define("wait", wait.expect("room")).expect("a host module");
    let store = Store::new();
    store.register("env", &env).expect("a free name");
    let module = Module::with_config(&Config::default(), TEXT.as_bytes()).expect("valid");
    wasmspan::Executor::default().instantiate(&store, &module).expect("all imports")
}

#[test]
fn a_guest_that_is_visited_goes_on() {
    wasmspan::raw::on_visit(visit);
    let guest = instance();
    // As text, in which each number is what it is.
    let work = || format!("{:?}", guest.call("work", &[Val::I32(20_000_000)]).expect("it ends"));
    let wanted = work();
    OTHER.set(Some(instance()));
    let (interrupt, done) = (Interrupt::new(), AtomicBool::new(false));
    interrupt.guard_thread();
    /// Ends the visits also if the test fails.
    struct Ends<'a>(&'a AtomicBool);
    impl Drop for Ends<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    thread::scope(|scope| {
        let _ends = Ends(&done);
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                interrupt.visit();
                thread::sleep(Duration::from_micros(300));
            }
        });
        let before = VISITS.load(Ordering::SeqCst);
        assert_eq!(work(), wanted);
        let between = VISITS.load(Ordering::SeqCst);
        assert!(between > before);
        guest.call("host", &[]).expect("it goes on waiting");
        assert!(VISITS.load(Ordering::SeqCst) > between);
        // Between calls too, in what looks whether it is to stop and is no generated code.
        let bulk = Module::with_config(&Config::default(), BULK.as_bytes()).expect("valid");
        for _ in 0..200 {
            let made = wasmspan::Executor::default().instantiate(&Store::new(), &bulk);
            made.expect("nobody stops it").call("fill", &[]).expect("nobody stops it");
        }
        // A request to stop beside visits.
        let stop = Interrupt::new();
        scope.spawn({
            let stop = stop.clone();
            move || {
                thread::sleep(Duration::from_millis(30));
                stop.interrupt();
            }
        });
        let stopped = stop.run(|| guest.call("spin", &[]));
        assert_eq!(stopped.expect_err("it was stopped").code(), ErrCode::Interrupted);
    });
    assert_eq!(work(), wanted);
}
