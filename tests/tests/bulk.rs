//! Instructions and segments that move much at once end soon when their call is stopped.

use std::fmt::Write;
use std::time::{Duration, Instant};
use wasmspan::{
    Config, ErrCode, Error, Executor, Extern, ExternRef, Global, GlobalType, Interrupt, Module,
    Mutability, Store, Val, ValType,
};
use wasmspan_tests::support::{interrupt_modes, module};

/// What a stop may take; of several the quickest counts, because the machine may be busy.
const SOON: Duration = Duration::from_millis(50);
/// Stops of each kind.
const TRIES: u32 = 2;

/// Far more than the bulk instructions here need, were they not stopped.
const PAGES: u32 = 16_384;
const ELEMENTS: u32 = 10_000_000;

fn text() -> String {
    let bytes = PAGES << 16;
    let half = bytes / 2;
    format!(
        r#"(module
        (memory $m {PAGES} {PAGES}) (memory $other {PAGES} {PAGES}) (memory $grown 0 65536)
        (table $t {ELEMENTS} {ELEMENTS} funcref) (table $u {ELEMENTS} {ELEMENTS} funcref)
        (table $e {ELEMENTS} {ELEMENTS} externref) (table $g 0 {ELEMENTS} externref)
        (elem $passive func $f $f $f $f $f $f $f $f) (data $bytes "some bytes")
        (func $f (export "ok"))
        (func (export "memory.fill") (param externref)
            (memory.fill $m (i32.const 0) (i32.const 1) (i32.const {bytes})))
        (func (export "memory.copy forwards") (param externref)
            (memory.copy $m $m (i32.const 0) (i32.const {half}) (i32.const {half})))
        (func (export "memory.copy backwards") (param externref)
            (memory.copy $m $m (i32.const {half}) (i32.const 0) (i32.const {half})))
        (func (export "memory.copy of two") (param externref)
            (memory.copy $other $m (i32.const 0) (i32.const 0) (i32.const {bytes})))
        (func (export "table.fill") (param externref)
            (table.fill $t (i32.const 0) (ref.func $f) (i32.const {ELEMENTS})))
        (func (export "table.fill of objects") (param externref)
            (table.fill $e (i32.const 0) (local.get 0) (i32.const {ELEMENTS})))
        (func (export "table.copy") (param externref)
            (table.copy $u $t (i32.const 0) (i32.const 0) (i32.const {ELEMENTS})))
        (func (export "table.copy of objects") (param externref)
            (table.copy $e $e (i32.const 1) (i32.const 0) (i32.const {})))
        (func (export "table.grow") (param externref)
            (drop (table.grow $g (local.get 0) (i32.const {ELEMENTS}))))
        (func (export "table.size") (param externref) (result i32) (table.size $g))
        (func (export "many small") (param externref) (loop
            (memory.init $m $bytes (i32.const 0) (i32.const 0) (i32.const 10))
            (memory.fill $m (i32.const 0) (i32.const 1) (i32.const 10))
            (memory.copy $m $m (i32.const 0) (i32.const 5) (i32.const 10))
            (table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 8))
            (table.copy $t $t (i32.const 0) (i32.const 2) (i32.const 8))
            (table.fill $t (i32.const 0) (ref.null func) (i32.const 8))
            (br 0)))
        (func (export "many memory.grow") (param externref) (loop
            (drop (memory.grow $grown (i32.const 1))) (br 0))))"#,
        ELEMENTS - 1
    )
}

/// Runs `call` until it is stopped, after a moment; how long that took. `None` if it had ended before.
fn stop(call: impl Fn() -> Result<(), Error>) -> Option<Duration> {
    let interrupt = Interrupt::new();
    std::thread::scope(|scope| {
        let requester = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(3));
            let now = Instant::now();
            interrupt.interrupt();
            now
        });
        let result = interrupt.run(call);
        let ended = Instant::now();
        let requested = requester.join().expect("no panic");
        let error = result.err()?;
        assert_eq!(error.code(), ErrCode::Interrupted, "{error}");
        Some(ended.saturating_duration_since(requested))
    })
}

/// Stops `call` some times and panics unless one stop was quick.
fn stops_soon(what: &str, config: &Config, call: impl Fn() -> Result<(), Error>) {
    let mut times: Vec<Duration> = (0..TRIES).filter_map(|_| stop(&call)).collect();
    times.sort_unstable();
    let first = times.first().unwrap_or_else(|| panic!("{what} ended before it was stopped"));
    let mode = (config.trap_mode, config.interrupt_mode);
    assert!(*first < SOON, "{what}, {mode:?}: {times:?}");
}

#[test]
fn bulk_instructions_are_stopped_soon() {
    let text = text();
    for config in interrupt_modes() {
        let instance = module(&config, &text).instantiate(&Store::new()).expect("no imports");
        let object = [Val::ExternRef(Some(ExternRef::new(7)))];
        let names = instance.export_names();
        for (name, _) in names.iter().filter(|(name, _)| !["ok", "table.size"].contains(&&**name)) {
            stops_soon(name, &config, || instance.call(name, &object).map(drop));
            instance.call("ok", &[]).expect("usable");
        }
        let size = instance.call("table.size", &object).expect("usable");
        assert_eq!(size[0].i32(), Some(0), "a table that was stopped while it grew is as it was");
    }
}

/// What was done before the stop is done, and no more: bytes change in the order of the copy.
#[test]
fn a_copy_that_is_stopped_is_done_in_part() {
    const TEXT: &str = r#"(module (memory (export "m") 1024)
        (func (export "copy") (param i32 i32 i32)
            (memory.copy (local.get 0) (local.get 1) (local.get 2))))"#;
    let len = 32 << 20;
    for (config, to, from) in
        interrupt_modes().into_iter().flat_map(|config| [(config.clone(), 0, 8), (config, 8, 0)])
    {
        let instance = module(&config, TEXT).instantiate(&Store::new()).expect("no imports");
        let memory = instance.get_memory("m").expect("exported");
        // A copy by 8 bytes of this leaves either a number or its neighbour's at each place.
        let numbers: Vec<u64> = (0..len as u64 / 8 + 1).collect();
        memory.write_values(0, &numbers).expect("within");
        let params = [to, from, len].map(Val::I32);
        let stopped = stop(|| instance.call("copy", &params).map(drop));
        let found = memory.read_values::<u64>(0, numbers.len()).expect("within");
        let moved = |at: usize| {
            let new = at as i64 + i64::from(from - to) / 8;
            found[at] == new as u64
        };
        let inside = (to as usize / 8)..(to as usize / 8 + len as usize / 8);
        let count = inside.clone().filter(|at| moved(*at)).count();
        assert!(inside.clone().all(|at| moved(at) || found[at] == at as u64), "nothing else");
        let first_is_moved = moved(inside.start);
        let done = if stopped.is_none() { inside.len() } else { count };
        assert_eq!(count, done);
        if count != 0 && count != inside.len() {
            assert_eq!(first_is_moved, to < from, "in the order of the copy");
        }
    }
}

/// A module whose segments take long to apply.
fn segments(kind: &str) -> String {
    let mut text = String::from("(module (func $f) ");
    match kind {
        // Applied once at a place that is known only when it is instantiated, so no image has it.
        "data" => {
            let bytes = "x".repeat(1 << 20);
            text += "(import \"env\" \"at\" (global $at i32)) (memory 4096)";
            text = text.replace("(func $f) (import", "(import");
            write!(text, "(data (global.get $at) \"{bytes}\")").expect("written");
            for _ in 0..11 {
                write!(text, "(data (global.get $at) \"{bytes}\")").expect("written");
            }
        }
        _ => {
            let items = "0 ".repeat(50_000);
            text += "(table 10000000 funcref)";
            for _ in 0..10 {
                write!(text, "(elem (i32.const 0) func {items})").expect("written");
            }
        }
    }
    text + ")"
}

#[test]
fn segments_of_an_instantiation_are_stopped_soon() {
    for kind in ["data", "elements"] {
        let bytes = wat::parse_str(segments(kind)).expect("well formed");
        for config in interrupt_modes() {
            let module = Module::with_config(&config, &bytes).expect("valid");
            let executor = Executor::new(&config);
            let at = Global::new(GlobalType::new(ValType::I32, Mutability::Const), &Val::I32(0))
                .expect("made");
            let imports = if kind == "data" { vec![Extern::from(at)] } else { Vec::new() };
            // The code is made here.
            executor.instantiate_with(&module, &imports).expect("it links");
            // Instantiated over and over, so that a fast machine has something to stop.
            stops_soon(kind, &config, || {
                (0..1000).try_for_each(|_| executor.instantiate_with(&module, &imports).map(drop))
            });
        }
    }
}
