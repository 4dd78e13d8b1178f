//! Limits of calls, executors and VMs: what is allowed, what stops, and what the error says.

use std::time::{Duration, Instant};
use wasmspan::bindgen::{Bindgen, Heap};
use wasmspan::config::{HostRegistration, Limits};
use wasmspan::wasi::{MemoryFs, Output, OutputBuffer};
use wasmspan::{
    Caller, Config, ErrCode, Executor, Func, Instance, Module, Pool, Store, Val, Vm, Wasi,
};
use wasmspan_tests::support::{interrupt_modes, module, trap_modes};

const TEXT: &str = r#"(module
    (memory (export "memory") 1)
    (table (export "table") 2 funcref)
    (global $rounds (export "rounds") (mut i32) (i32.const 0))
    (func (export "spin") (loop
        (global.set $rounds (i32.add (global.get $rounds) (i32.const 1))) (br 0)))
    (func $down (export "down") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 0))))
    (func (export "memory.grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "table.grow") (param i32) (result i32)
        (table.grow (ref.null func) (local.get 0))))"#;

/// Far more than a stop takes, so that a busy machine fails no test.
const LONGEST: Duration = Duration::from_secs(20);

fn made(config: &Config, limits: Limits) -> (Executor, Instance) {
    let config = Config { limits, ..config.clone() };
    let executor = Executor::new(&config);
    let instance = executor.instantiate(&Store::new(), &module(&config, TEXT)).expect("links");
    (executor, instance)
}

fn call(made: &(Executor, Instance), name: &str, n: Option<i32>) -> wasmspan::Result<Vec<Val>> {
    let params: Vec<Val> = n.map(Val::I32).into_iter().collect();
    made.0.invoke(&made.1.get_func(name).expect("exported"), &params)
}

#[test]
fn json_has_the_fields_that_are_set() {
    let text = r#"{"time_ms":1,"cost":2,"memory_pages":3,"table_elements":4,"stack_bytes":5,"instances":6,"open_files":7,"output_bytes":8}"#;
    let limits = Limits::from_json(text).expect("limits");
    assert_eq!(limits.to_json(), text);
    assert_eq!(limits.instances, Some(6));
    assert_eq!(Limits::from_json("{}").expect("no limits"), Limits::default());
    assert_eq!(Limits::default().to_json(), "{}");
    for wrong in ["", "[]", r#"{"time":1}"#, r#"{"cost":-1}"#, r#"{"cost":"1"}"#] {
        assert!(Limits::from_json(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn time_ends_and_the_instance_keeps_its_state() {
    for config in interrupt_modes() {
        let limits = Limits { time_ms: Some(30), ..Limits::default() };
        let made = made(&config, limits);
        let start = Instant::now();
        let error = call(&made, "spin", None).expect_err("it never ends");
        assert_eq!(error.code(), ErrCode::Interrupted);
        assert_eq!(error.details(), ["the time limit is 30 ms"]);
        assert!(start.elapsed() >= Duration::from_millis(30) && start.elapsed() < LONGEST);
        // What the guest did is there, and the next call runs and has its own time.
        let rounds = made.1.get_global("rounds").expect("exported").get();
        assert_ne!(rounds.i32(), Some(0));
        assert_eq!(call(&made, "down", Some(3)).expect("usable")[0].i32(), Some(3));
        assert!(call(&made, "spin", None).is_err());
    }
}

#[test]
fn the_smaller_limit_counts() {
    let config = Config::default();
    let long = Limits { time_ms: Some(60_000), cost: Some(1_000_000), ..Limits::default() };
    let made = made(&config, long);
    let spin = made.1.get_func("spin").expect("exported");
    let down = made.1.get_func("down").expect("exported");
    // Making the instance has cost something.
    made.0.statistics().clear();
    let within = |limits| made.0.invoke_within(&spin, &[], &limits);
    let error = within(Limits { cost: Some(500), ..Limits::default() }).expect_err("endless");
    assert_eq!(error.code(), ErrCode::CostLimitExceeded);
    assert_eq!(error.details(), ["the cost limit is 500"]);
    assert_eq!(made.0.statistics().total_cost(), 500);
    let error = within(Limits { cost: Some(u64::MAX), ..Limits::default() }).expect_err("endless");
    assert_eq!(error.details(), ["the cost limit is 1000000"]);
    assert_eq!(made.0.statistics().total_cost(), 1_000_000);
    made.0.statistics().clear();
    let short = Limits { cost: Some(1_000_000), time_ms: Some(10), ..Limits::default() };
    made.0.invoke_within(&down, &[Val::I32(10)], &short).expect("within the limits");
    // Without a cost limit on the executor, only the time can end the loop.
    let (executor, instance) = self::made(&config, Limits::default());
    let spin = instance.get_func("spin").expect("exported");
    let limits = Limits { time_ms: Some(10), ..Limits::default() };
    let error = executor.invoke_within(&spin, &[], &limits).expect_err("endless");
    assert_eq!(error.details(), ["the time limit is 10 ms"]);
}

#[test]
fn a_limit_that_does_not_apply_is_an_error() {
    let (executor, instance) = made(&Config::default(), Limits::default());
    let down = instance.get_func("down").expect("exported");
    for (limits, name) in [
        (Limits { memory_pages: Some(1), ..Limits::default() }, "`memory_pages`"),
        (Limits { table_elements: Some(1), ..Limits::default() }, "`table_elements`"),
        (Limits { instances: Some(1), ..Limits::default() }, "`instances`"),
        (Limits { open_files: Some(1), ..Limits::default() }, "`open_files`"),
        (Limits { cost: Some(1000), ..Limits::default() }, "`cost`"),
    ] {
        let error = executor.invoke_within(&down, &[Val::I32(1)], &limits).expect_err(name);
        assert_eq!(error.code(), ErrCode::RuntimeError);
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn stack_memory_table_and_instances_have_limits() {
    for config in trap_modes() {
        let limits = Limits {
            stack_bytes: Some(64 * 1024),
            memory_pages: Some(3),
            table_elements: Some(5),
            instances: Some(2),
            ..Limits::default()
        };
        let made = made(&config, limits);
        assert_eq!(call(&made, "down", Some(100)).expect("it fits")[0].i32(), Some(100));
        let error = call(&made, "down", Some(100_000)).expect_err("too deep");
        assert_eq!(error.code(), ErrCode::StackOverflow);
        assert_eq!(error.details(), ["the stack limit is 65536 bytes"]);
        assert_eq!(call(&made, "down", Some(100)).expect("usable")[0].i32(), Some(100));
        for (name, fits) in [("memory.grow", 2), ("table.grow", 3)] {
            let grow = |n| call(&made, name, Some(n)).expect("grows or not")[0].i32();
            assert_eq!(grow(fits + 1), Some(-1), "{name}");
            assert_ne!(grow(fits), Some(-1), "{name}");
            assert_eq!(grow(1), Some(-1), "{name}");
        }
        let module = module(&config, TEXT);
        let second = made.0.instantiate(&Store::new(), &module).expect("the second");
        let error = made.0.instantiate(&Store::new(), &module).expect_err("the third");
        assert!(error.to_string().contains("the limit of module instances is 2"), "{error}");
        drop(second);
        made.0.instantiate(&Store::new(), &module).expect("there is room again");
        for text in ["(module (memory 4))", "(module (table 6 funcref))"] {
            let module = Module::with_config(&config, text).expect("valid");
            assert!(made.0.instantiate(&Store::new(), &module).is_err(), "{text}");
        }
    }
}

/// Writes ten bytes to standard output or error again and again, and opens descriptors.
const WRITER: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\0a\00\00\00")
    (data (i32.const 16) "ten bytes\0a.")
    (func $once (param $fd i32) (result i32)
        (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
    (func (export "write") (param $times i32)
        (loop $again
            (if (call $once (i32.add (i32.const 1) (i32.and (local.get $times) (i32.const 1))))
                (then unreachable))
            (local.set $times (i32.sub (local.get $times) (i32.const 1)))
            (br_if $again (local.get $times))))
    ;; The error number of the first that fails, after 1000 times how many succeeded.
    (func (export "open") (result i32)
        (local $count i32) (local $errno i32)
        (loop $again
            (local.set $errno (call $open (i32.const 3) (i32.const 0) (i32.const 26) (i32.const 1)
                (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 8)))
            (if (i32.eqz (local.get $errno))
                (then
                    (local.set $count (i32.add (local.get $count) (i32.const 1)))
                    (br $again))))
        (i32.add (i32.mul (local.get $count) (i32.const 1000)) (local.get $errno))))"#;

/// A VM whose guest writes to a buffer and has one directory.
fn writer(limits: Limits) -> (Vm, OutputBuffer) {
    let mut config = Config { limits, ..Config::default() };
    config.host_registrations.add(HostRegistration::Wasi);
    let vm = Vm::new(&config).expect("made");
    let buffer = OutputBuffer::with_limit(1 << 20);
    let wasi = Wasi::builder()
        .stdout(Output::Buffer(buffer.clone()))
        .stderr(Output::Buffer(buffer.clone()))
        .mount(&MemoryFs::new(), "/");
    vm.wasi().expect("it has").configure(wasi).expect("configured");
    vm.load_bytes(WRITER).expect("loads");
    vm.validate().expect("valid");
    vm.instantiate().expect("links");
    (vm, buffer)
}

#[test]
fn output_has_a_limit_for_each_call() {
    let limit = |bytes| Limits { output_bytes: Some(bytes), ..Limits::default() };
    let (vm, buffer) = writer(limit(55));
    let write = |times, limits: &Limits| vm.execute_within("write", &[Val::I32(times)], limits);
    for _ in 0..2 {
        write(5, &Limits::default()).expect("it fits, each time");
        assert_eq!(buffer.take().len(), 50);
    }
    let stopped = |result: wasmspan::Result<Vec<Val>>, bytes: usize| {
        let error = result.expect_err("too much");
        assert_eq!(error.code(), ErrCode::Interrupted);
        assert_eq!(error.details(), [format!("the limit of output is {bytes} bytes")]);
        assert_eq!(buffer.take().len(), bytes);
    };
    stopped(write(6, &Limits::default()), 55);
    stopped(write(1000, &limit(20)), 20);
    stopped(write(1000, &limit(1000)), 55);
    stopped(write(1, &limit(0)), 0);
    let task = vm.execute_within_async("write", &[Val::I32(9)], &limit(7)).expect("a thread");
    stopped(task.get(), 7);
    write(1, &limit(10)).expect("usable");
    let (vm, buffer) = writer(Limits::default());
    vm.execute("write", &[Val::I32(1000)]).expect("no limit");
    assert_eq!(buffer.contents().len(), 10_000);
}

#[test]
fn calls_within_a_call_draw_on_its_output_too() {
    let (inner, buffer) = writer(Limits { output_bytes: Some(100), ..Limits::default() });
    let vm = inner.clone();
    let write = Func::wrap(move || vm.execute("write", &[Val::I32(3)]).map(drop)).expect("made");
    let executor = Executor::default();
    let within = |bytes| {
        let limits = Limits { output_bytes: Some(bytes), ..Limits::default() };
        executor.invoke_within(&write, &[], &limits)
    };
    within(30).expect("it fits");
    assert_eq!(buffer.take().len(), 30);
    let error = within(29).expect_err("too much for the outer call");
    assert_eq!(error.details(), ["the limit of output is 29 bytes"]);
    assert_eq!(buffer.take().len(), 29);
}

#[test]
fn open_files_have_a_limit() {
    const MFILE: i32 = 33;
    let (vm, _) = writer(Limits { open_files: Some(10), ..Limits::default() });
    // Three streams and the directory are open already.
    for expected in [6, 0] {
        let got = vm.execute("open", &[]).expect("runs")[0].i32();
        assert_eq!(got, Some(expected * 1000 + MFILE));
    }
}

#[test]
fn start_functions_have_a_time_limit_too() {
    let limits = Limits { time_ms: Some(20), ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let vm = Vm::new(&config).expect("made");
    vm.load_bytes("(module (func $f (loop br 0)) (start $f))").expect("loads");
    vm.validate().expect("valid");
    let error = vm.instantiate().expect_err("endless");
    assert_eq!(error.code(), ErrCode::Interrupted);
    assert_eq!(error.details(), ["the time limit is 20 ms"]);
}

#[test]
fn a_host_function_can_watch_for_the_end_of_the_time() {
    let wait = Func::wrap(|caller: wasmspan::Caller<'_>| -> wasmspan::Result<()> {
        assert!(caller.interrupt().expect("a limit is set").wait(LONGEST), "nobody asked");
        Ok(())
    });
    let (executor, _) = made(&Config::default(), Limits::default());
    let limits = Limits { time_ms: Some(20), ..Limits::default() };
    let error = executor.invoke_within(&wait.expect("made"), &[], &limits).expect_err("stops");
    assert_eq!(error.details(), ["the time limit is 20 ms"]);
}

#[test]
fn a_deadline_changes_no_code_and_stops_only_its_own_call() {
    let config = Config::default();
    let module = module(&config, TEXT);
    let size = module.code_size();
    let limited = Config { limits: Limits { time_ms: Some(30), ..Limits::default() }, ..config };
    let executor = Executor::new(&limited);
    let instance = executor.instantiate(&Store::new(), &module).expect("links");
    assert_eq!(module.code_size(), size, "the same code serves");
    let spin = instance.get_func("spin").expect("exported");
    let down = instance.get_func("down").expect("exported");
    let other = Executor::default();
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| {
            for _ in 0..20_000 {
                let results = other.invoke(&down, &[Val::I32(50)]).expect("not limited");
                assert_eq!(results[0].i32(), Some(50));
            }
        });
        for _ in 0..3 {
            assert_eq!(
                executor.invoke(&spin, &[]).expect_err("endless").code(),
                ErrCode::Interrupted
            );
        }
        calls.join().expect("undisturbed");
    });
}

/// A guest that does what it should not in each of the ways it can be called.
fn misbehaving(at_start: Option<i32>) -> String {
    format!(
        r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "env" "call back" (func $back (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\0a\00\00\00")
    (data (i32.const 16) "ten bytes\0a.")
    (global $what (export "what") (mut i32) (i32.const 0))
    (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
    (func $run
        (if (i32.eq (global.get $what) (i32.const 1)) (then (drop (call $deep (i32.const 0)))))
        (loop
            (if (i32.eq (global.get $what) (i32.const 2))
                (then (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
            (br 0)))
    (func $start (export "start") (global.set $what (i32.const {})) (call $run))
    (func (export "run") (result i32) (call $run) (i32.const 7))
    (func (export "call back") (result i32) (call $back))
    (func (export "bound") (param i32 i32) (result i32) (call $run) (i32.const 0))
    (func (export "reference") (param externref) (result externref) (call $run) (local.get 0))
    (func (export "allocate") (param i32) (result i32) (i32.const 1024))
    (func (export "malloc") (param i32) (result i32) (call $run) (i32.const 1024))
    (func (export "free") (param i32))
    (func (export "_initialize") (call $run))
    {})"#,
        at_start.unwrap_or(0),
        if at_start.is_some() { "(start $start)" } else { "" }
    )
}

/// What limits calls, what the guest does then, and how the call ends.
const OF_CALLS: [(&str, i32, ErrCode, &str); 4] = [
    (r#"{"time_ms":30}"#, 0, ErrCode::Interrupted, "the time limit is 30 ms"),
    (r#"{"stack_bytes":65536}"#, 1, ErrCode::StackOverflow, "the stack limit is 65536 bytes"),
    (r#"{"output_bytes":55}"#, 2, ErrCode::Interrupted, "the limit of output is 55 bytes"),
    (r#"{"cost":100000}"#, 0, ErrCode::CostLimitExceeded, "the cost limit is 100000"),
];

type Way = (&'static str, fn(&Guest) -> wasmspan::Result<()>);

/// A guest under limits, and who made it.
struct Guest {
    executor: Executor,
    store: Store,
    module: Module,
    instance: Instance,
    what: i32,
}

impl Guest {
    fn func(&self, name: &str) -> Func {
        self.instance.get_func(name).expect("exported")
    }
}

/// Every way in which a host enters an instance.
const WAYS: [Way; 15] = [
    ("Func::call", |guest| guest.func("run").call(&[]).map(drop)),
    ("Func::call with references", |guest| {
        guest.func("reference").call(&[Val::ExternRef(None)]).map(drop)
    }),
    ("Instance::call", |guest| guest.instance.call("run", &[]).map(drop)),
    ("TypedFunc", |guest| guest.instance.typed::<(), i32>("run")?.call(()).map(drop)),
    ("SlotFunc", |guest| guest.func("run").slots()?.expect("numbers").call(&mut [0]).map(drop)),
    ("Executor::invoke", |guest| guest.executor.invoke(&guest.func("run"), &[]).map(drop)),
    ("another executor", |guest| Executor::default().invoke(&guest.func("run"), &[]).map(drop)),
    ("Instance::executor", |guest| {
        guest.instance.executor().invoke(&guest.func("run"), &[]).map(drop)
    }),
    ("Executor::invoke_async", |guest| {
        guest.executor.invoke_async(&guest.func("run"), &[])?.get().map(drop)
    }),
    ("Bindgen::new", |guest| Bindgen::new(&guest.instance).map(drop)),
    ("Bindgen::call", |guest| {
        Ok(Bindgen::attach(&guest.instance)?.call("bound", &[]).map(drop)?)
    }),
    ("Heap", |guest| Heap::new(&guest.instance)?.put_string("text").map(drop)),
    ("host function that calls", |guest| {
        let back = guest.func("call back");
        Executor::default().invoke(&back, &[]).map(drop)
    }),
    ("start function", |guest| {
        let module = module(guest.executor.config(), &misbehaving(Some(guest.what)));
        guest.instance.executor().instantiate(&guest.store, &module).map(drop)
    }),
    ("Pool", |guest| {
        let pool = Pool::with_executor(&guest.executor, &guest.module, &guest.store, 1)?;
        let pooled = pool.get()?;
        pooled.get_global("what").expect("exported").set(&Val::I32(guest.what))?;
        pooled.call("run", &[]).map(drop)
    }),
];

#[test]
fn limits_of_calls_hold_however_a_guest_is_called() {
    for (limits, what, code, detail) in OF_CALLS {
        for (way, call) in WAYS {
            let mut config =
                Config { limits: Limits::from_json(limits).expect("limits"), ..Config::default() };
            config.host_registrations.add(HostRegistration::Wasi);
            let executor = Executor::new(&config);
            let store = Store::new();
            let output = OutputBuffer::with_limit(1 << 20);
            let wasi = Wasi::builder().stdout(Output::Buffer(output.clone())).build();
            store
                .register("wasi_snapshot_preview1", wasi.expect("made").instance())
                .expect("registered");
            let env = Instance::host("env");
            let back = Func::wrap(|caller: Caller<'_>| {
                let instance = caller.instance().expect("a guest called");
                instance.typed::<(), i32>("run")?.call(())
            });
            env.define("call back", back.expect("made")).expect("defined");
            store.register("env", &env).expect("registered");
            let module = module(&config, &misbehaving(None));
            let instance = executor.instantiate(&store, &module).expect("links");
            instance.get_global("what").expect("exported").set(&Val::I32(what)).expect("set");
            let guest = Guest { executor, store, module, instance, what };
            let began = Instant::now();
            let error = call(&guest).expect_err(way);
            assert_eq!(error.code(), code, "{way} under {limits}: {error}");
            assert!(error.to_string().contains(detail), "{way} under {limits}: {error}");
            assert!(began.elapsed() < LONGEST, "{way} under {limits}");
            if what == 2 {
                assert_eq!(output.contents().len(), 55, "{way}");
            }
        }
    }
}

#[test]
fn instances_that_a_host_function_makes_count() {
    let limits = Limits { instances: Some(2), ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let executor = Executor::new(&config);
    let store = Store::new();
    let env = Instance::host("env");
    let made = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let keep = made.clone();
    let small = module(&config, "(module)");
    let make = Func::wrap(move |caller: Caller<'_>| {
        keep.lock().expect("no panic").push(caller.executor().instantiate(&Store::new(), &small)?);
        Ok(())
    });
    env.define("make", make.expect("made")).expect("defined");
    store.register("env", &env).expect("registered");
    let text = r#"(module (import "env" "make" (func $make)) (func (export "make") (call $make)))"#;
    let instance = executor.instantiate(&store, &module(&config, text)).expect("links");
    instance.call("make", &[]).expect("the second");
    let error = instance.call("make", &[]).expect_err("the third");
    assert!(error.to_string().contains("the limit of module instances is 2"), "{error}");
    made.lock().expect("no panic").clear();
    instance.call("make", &[]).expect("there is room again");
}
