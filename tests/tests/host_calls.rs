//! Host functions that fail, panic, call back or drop what they run in.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use wasmspan::limits::MAX_RECORDS;
use wasmspan::{
    Caller, ErrCode, Error, Executor, Extern, Func, FuncType, Instance, Module, Store, Val, ValType,
};
use wasmspan_tests::support::{module, trap_modes};

/// Imports `env.f` of type `() -> ()` and exports `run`, which calls it through another function.
const CALLS_HOST: &str = r#"(module (import "env" "f" (func $host))
    (func $inner call $host) (func (export "run") call $inner)
    (func (export "ok") (result i32) i32.const 1))"#;

fn with_host(config: &wasmspan::Config, host: Func) -> Instance {
    let module = module(config, CALLS_HOST);
    Executor::new(config).instantiate_with(&module, &[host.into()]).expect("it links")
}

#[test]
fn panic_of_a_host_function_is_an_error_each_time() {
    std::panic::set_hook(Box::new(|info| {
        // The panics of this test are expected; all others are worth a line.
        if !info.to_string().contains("on purpose") {
            eprintln!("{info}");
        }
    }));
    for config in trap_modes() {
        let drops = Arc::new(AtomicU32::new(0));
        struct Counted(Arc<AtomicU32>);
        impl Drop for Counted {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let counter = Arc::clone(&drops);
        let host = Func::wrap(move || {
            let _counted = Counted(Arc::clone(&counter));
            // A closure that never returns has no result type.
            assert!(std::hint::black_box(false), "on purpose");
        })
        .expect("made");
        let instance = with_host(&config, host);
        let run = instance.typed::<(), ()>("run").expect("there");
        const ROUNDS: u32 = 10_000;
        for _ in 0..ROUNDS {
            let error = run.call(()).expect_err("the host panicked");
            assert_eq!(error.code(), ErrCode::HostFuncError);
            assert!(error.to_string().contains("on purpose"), "{error}");
        }
        assert_eq!(drops.load(Ordering::Relaxed), ROUNDS, "what the panic unwound was dropped");
        assert_eq!(instance.call("ok", &[]).expect("usable")[0].i32(), Some(1));
    }
}

#[derive(Debug, PartialEq)]
struct OwnError(u64);

impl fmt::Display for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "own error {}", self.0)
    }
}

impl std::error::Error for OwnError {}

#[test]
fn error_of_a_host_function_reaches_the_caller_itself() {
    for config in trap_modes() {
        let host =
            Func::wrap(|| -> Result<(), Error> { Err(Error::host(OwnError(42))) }).expect("made");
        let error = with_host(&config, host).call("run", &[]).expect_err("the host failed");
        assert_eq!(error.code(), ErrCode::HostFuncError);
        let source = std::error::Error::source(&error).expect("kept");
        assert_eq!(source.downcast_ref::<OwnError>(), Some(&OwnError(42)));
        assert_eq!(error.frames().len(), 2, "{error}");

        let host = Func::wrap(|| -> Result<(), Error> { Err(Error::user(0xABCDEF)) });
        let error = with_host(&config, host.expect("made")).call("run", &[]).expect_err("failed");
        assert_eq!((error.code(), error.number()), (ErrCode::UserDefError, 0xABCDEF));

        let host = Func::wrap(|| -> Result<(), Error> { Err(Error::new(ErrCode::Terminated)) });
        let error = with_host(&config, host.expect("made")).call("run", &[]).expect_err("ended");
        assert!(error.is_terminated());
    }
}

#[test]
fn trap_of_an_inner_call_passes_through_the_host() {
    for config in trap_modes() {
        let inner = module(&config, r#"(module (func (export "t") unreachable))"#);
        let inner = inner.instantiate(&Store::new()).expect("no imports");
        let host = Func::wrap(move || -> Result<(), Error> { inner.call("t", &[]).map(drop) });
        let outer = with_host(&config, host.expect("made"));
        for _ in 0..1_000 {
            let error = outer.call("run", &[]).expect_err("it traps");
            assert_eq!(error.code(), ErrCode::Unreachable);
        }
        assert_eq!(outer.call("ok", &[]).expect("usable")[0].i32(), Some(1));
    }
}

#[test]
fn host_may_catch_the_trap_of_an_inner_call_and_go_on() {
    for config in trap_modes() {
        let inner = module(&config, r#"(module (func (export "t") unreachable))"#);
        let inner = inner.instantiate(&Store::new()).expect("no imports");
        let host = Func::wrap(move || assert!(inner.call("t", &[]).is_err())).expect("made");
        let outer = with_host(&config, host);
        for _ in 0..1_000 {
            outer.call("run", &[]).expect("the trap was caught");
        }
    }
}

#[test]
fn results_of_a_wrong_type_are_refused() {
    for config in trap_modes() {
        let ty = FuncType::new([], [ValType::I32, ValType::I64]);
        let host = Func::new(ty, |_, _, results| {
            results[1] = Val::F32(1.0);
            Ok(())
        })
        .expect("made");
        let text = r#"(module (import "env" "f" (func (result i32 i64)))
            (func (export "run") (result i32 i64) call 0))"#;
        let instance = Executor::new(&config)
            .instantiate_with(&module(&config, text), &[host.into()])
            .expect("it links");
        let error = instance.call("run", &[]).expect_err("an f32 for an i64");
        assert_eq!(error.code(), ErrCode::FuncSigMismatch);
        assert!(error.to_string().contains("result 1"), "{error}");
    }
}

#[test]
fn instance_may_be_dropped_while_its_function_runs() {
    for config in trap_modes() {
        let before = Arc::new(Mutex::new(None::<Instance>));
        let kept = Arc::clone(&before);
        let host = Func::wrap(move |caller: Caller<'_>| {
            let last = kept.lock().expect("no panic").take();
            drop(last.expect("put there by the test"));
            // The instance runs, so it is there still.
            let running = caller.instance().expect("wasm calls");
            assert_eq!(running.call("ok", &[]).expect("usable")[0].i32(), Some(1));
        })
        .expect("made");
        for _ in 0..100 {
            let instance = with_host(&config, host.clone());
            let run = instance.get_func("run").expect("there");
            *before.lock().expect("no panic") = Some(instance);
            run.call(&[]).expect("it ends well");
        }
    }
}

#[test]
fn module_and_store_may_be_dropped_while_an_instance_lives() {
    for config in trap_modes() {
        let text = r#"(module (import "a" "f" (func (result i32))) (memory (export "m") 1)
            (func (export "run") (result i32) call 0))"#;
        let store = Store::new();
        let first = module(&config, r#"(module (func (export "f") (result i32) i32.const 5))"#);
        Executor::new(&config).register(&store, &first, "a").expect("the name is free");
        drop(first);
        let second = module(&config, text);
        let instance = second.instantiate(&store).expect("it links");
        drop((second, store));
        assert_eq!(instance.call("run", &[]).expect("no trap")[0].i32(), Some(5));
        let (run, memory) = (instance.get_func("run"), instance.get_memory("m"));
        drop(instance);
        assert_eq!(run.expect("there").call(&[]).expect("no trap")[0].i32(), Some(5));
        memory.expect("there").write(0, b"still there").expect("within");
    }
}

#[test]
fn host_function_as_an_export_can_be_called_without_wasm() {
    let host = Func::wrap(|caller: Caller<'_>| {
        assert!(caller.instance().is_none());
        assert!(caller.memory(0).is_none());
    })
    .expect("made");
    host.call(&[]).expect("it ends well");
    let module = Module::new(r#"(module (import "a" "b" (func)) (export "again" (func 0)))"#);
    let instance = Executor::default()
        .instantiate_with(&module.expect("valid"), &[Extern::Func(host.clone())])
        .expect("it links");
    assert_eq!(instance.get_func("again"), Some(host));
    instance.call("again", &[]).expect("it ends well");
}

#[cfg(target_arch = "x86_64")]
mod float_state {
    use super::*;
    use std::arch::asm;

    fn read() -> u32 {
        let mut word = 0u32;
        // SAFETY: stores a register in a local.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut word, options(nostack)) };
        word
    }

    fn write(word: u32) {
        // SAFETY: a valid control word; the tests below put the usual one back.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const word, options(nostack)) };
    }

    /// Flush to zero, denormals are zero, round up, besides the usual masks.
    const ODD: u32 = 0x1F80 | 0x8040 | 0x4000;

    #[test]
    fn host_rounding_stays_out_of_wasm_and_comes_back() {
        const TEXT: &str = r#"(module (import "env" "f" (func $host))
            (func (export "run") (result f64 f64)
                call $host
                (f64.mul (f64.const 0x1p-1022) (f64.const 0.5))
                (f64.div (f64.const 1) (f64.const 3)))
            (func (export "trap") unreachable))"#;
        let usual = read() & !0x3F;
        for config in trap_modes() {
            // What a host function leaves behind is not what wasm goes on with.
            let host = Func::wrap(|| write(ODD)).expect("made");
            let quiet = Func::wrap(|| ()).expect("made");
            let link = |host: Func| {
                Executor::new(&config)
                    .instantiate_with(&module(&config, TEXT), &[host.into()])
                    .expect("it links")
            };
            let (odd, quiet) = (link(host), link(quiet));
            write(ODD);
            let results = quiet.call("run", &[]).expect("no trap");
            let after = read() & !0x3F;
            let trapped = quiet.call("trap", &[]).is_err();
            let after_trap = read() & !0x3F;
            write(0x1F80);
            assert_eq!(results[0].f64(), Some(f64::from_bits(1 << 51)), "denormals are kept");
            assert_eq!(results[1].f64(), Some(1.0 / 3.0), "rounded to nearest");
            assert_eq!((after, trapped, after_trap), (ODD, true, ODD), "the host has its own back");

            let results = odd.call("run", &[]).expect("no trap");
            write(0x1F80);
            assert_eq!(results[0].f64(), Some(f64::from_bits(1 << 51)), "denormals are kept");
            assert_eq!(results[1].f64(), Some(1.0 / 3.0), "rounded to nearest");
        }
        write(usual);
    }
}

#[test]
fn host_function_gets_the_callers_executor() {
    for config in trap_modes() {
        let config = wasmspan::Config { max_memory_pages: 2, ..config };
        let inner = module(&config, r#"(module (memory (export "m") 0))"#);
        let run = move |caller: Caller<'_>| -> wasmspan::Result<i32> {
            let instance = caller.executor().instantiate_with(&inner, &[])?;
            let memory = instance.get_memory("m").expect("there");
            memory.grow(2)?;
            Ok(i32::from(memory.grow(1).is_err()))
        };
        let text = r#"(module (import "env" "f" (func $f (result i32)))
            (func (export "run") (result i32) call $f))"#;
        let outer = module(&config, text);
        let host = Func::wrap(run).expect("made").into();
        let instance = Executor::new(&config).instantiate_with(&outer, &[host]).expect("it links");
        assert_eq!(instance.call("run", &[]).expect("no trap")[0].i32(), Some(1));
    }
}

#[test]
fn slots_carry_numbers_both_ways() {
    use wasmspan::{FuncType, ValType};
    let ty =
        FuncType::new([ValType::I32, ValType::F64], [ValType::F64, ValType::I32, ValType::I64]);
    let host = Func::with_slots(ty, |_, slots| {
        assert_eq!(slots[0] >> 32, 0, "nothing above the value");
        assert_eq!(slots[2], 0, "results start as zero");
        let (a, b) = (slots[0] as i32, f64::from_bits(slots[1] as u64));
        slots[0] = (b * 2.0).to_bits().into();
        slots[1] = u128::from((a - 1) as u32);
        slots[2] = u128::from(u64::MAX);
        Ok(())
    })
    .unwrap();
    let slots = host.slots().unwrap().expect("only numbers");
    assert_eq!(slots.slot_count(), 3);
    let mut values = [u128::MAX << 32 | 7, 1.5f64.to_bits().into(), 9];
    slots.call(&mut values).unwrap();
    assert_eq!(f64::from_bits(values[0] as u64), 3.0);
    assert_eq!((values[1] as i32, values[2] as i64), (6, -1));
    assert_eq!(slots.call(&mut values[..2]).unwrap_err().code(), ErrCode::FuncSigMismatch);

    let with_reference = FuncType::new([ValType::ExternRef], []);
    assert!(Func::with_slots(with_reference.clone(), |_, _| Ok(())).is_err());
    assert!(Func::new(with_reference, |_, _, _| Ok(())).unwrap().slots().unwrap().is_none());
}

#[test]
fn holders_are_counted() {
    let module =
        Module::new(r#"(module (func (export "f")) (global (export "g") i32 i32.const 1))"#)
            .unwrap();
    let instance = module.instantiate(&Store::new()).unwrap();
    assert_eq!(instance.holders(), Some(1));
    let func = instance.get_func("f").unwrap();
    let global = instance.get_global("g").unwrap();
    assert_eq!((instance.holders(), func.holders()), (Some(3), Some(3)));
    drop((func, global));
    assert_eq!(instance.holders(), Some(1));
}

/// The function gives its parameters back in the opposite order.
#[test]
fn records_hold_values_and_types_up_to_their_number() {
    use ValType::{F32, F64, I32, I64, V128};
    // Bits that show what is written too wide or too narrow.
    let value = |ty, at: usize| match ty {
        I32 => Val::I32(-1 - at as i32),
        I64 => Val::I64(i64::MIN + at as i64),
        F32 => Val::F32(f32::from_bits(0xBF80_0000 + at as u32)),
        F64 => Val::F64(f64::from_bits(0xFFEF_FFFF_0000_0000 + at as u64)),
        _ => Val::V128(u128::MAX - at as u128),
    };
    let types = [I32, I64, F32, F64, V128];
    for count in 0..=MAX_RECORDS / 2 {
        let params: Vec<ValType> = (0..count).map(|at| types[at * 7 % 5]).collect();
        let results: Vec<ValType> = params.iter().rev().copied().collect();
        let ty = FuncType::new(params.clone(), results.clone());
        let (seen, wanted) = (params.clone(), results.clone());
        let host = Func::from_records(&ty, move |_, records| {
            // SAFETY: there are two slots for each parameter and each result.
            let records = unsafe { std::slice::from_raw_parts_mut(records, count * 4) };
            for (at, ty) in seen.iter().chain(&wanted).enumerate() {
                assert_eq!(records[at * 2 + 1], *ty as u128, "record {at}");
            }
            assert!(records[count * 2..].iter().step_by(2).all(|result| *result == 0));
            for (at, ty) in seen.iter().enumerate() {
                let narrow = matches!(ty, I32 | F32);
                let bits = if narrow { 32 } else { 64 };
                assert!(*ty == V128 || records[at * 2] >> bits == 0, "{ty:?}");
                records[(count * 2 - 1 - at) * 2] = records[at * 2];
            }
            Ok(())
        })
        .unwrap();
        let list = |types: &[ValType]| -> String {
            types.iter().map(|ty| format!(" {}", ty.name())).collect()
        };
        let text = format!(
            r#"(module (import "env" "f" (func $f (param{0}) (result{1})))
                (func (export "f") (param{0}) (result{1}) {2} (call $f)))"#,
            list(&params),
            list(&results),
            (0..count).map(|at| format!("(local.get {at})")).collect::<String>()
        );
        let values: Vec<Val> = params.iter().enumerate().map(|(at, ty)| value(*ty, at)).collect();
        let back: Vec<Val> = values.iter().rev().cloned().collect();
        let bits = |values: &[Val]| values.iter().map(|v| format!("{v:?}")).collect::<Vec<_>>();
        assert_eq!(bits(&host.call(&values).unwrap()), bits(&back), "{ty}");
        let instance = Executor::default()
            .instantiate_with(&Module::new(text).unwrap(), &[host.into()])
            .unwrap();
        assert_eq!(bits(&instance.call("f", &values).unwrap()), bits(&back), "{ty}");
    }
    let long = FuncType::new(vec![I32; MAX_RECORDS], [I32]);
    assert!(Func::from_records(&long, |_, _| Ok(())).is_err());
    let reference = FuncType::new([], [ValType::ExternRef]);
    assert!(Func::from_records(&reference, |_, _| Ok(())).is_err());
}
