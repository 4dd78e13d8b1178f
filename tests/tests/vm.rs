//! The VM's state machine: every method in every state, and what is around it.

use VmState::{Inited, Instantiated, Loaded, Validated};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wasmspan::config::HostRegistration;
use wasmspan::{Caller, Config, ErrCode, Func, Instance, Module, Store, Val, Vm, VmState};

const GUEST: &str = r#"(module
    (func (export "one") (result i32) i32.const 1)
    (func (export "trap") unreachable)
    (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1)))
    (func (export "spin") (loop (br 0))))"#;
const OTHER: &str = r#"(module (func (export "two") (result i32) i32.const 2))"#;
const BAD: &str = r#"(module (func (result i32) i64.const 1))"#;

fn vm() -> Vm {
    Vm::new(&Config::default()).unwrap()
}

/// A VM that went straight to a state; `lib` is registered before.
fn vm_in(state: VmState) -> Vm {
    let vm = vm();
    vm.register_bytes("lib", OTHER).unwrap();
    if state >= Loaded {
        vm.load_bytes(GUEST).unwrap();
    }
    if state >= Validated {
        vm.validate().unwrap();
    }
    if state >= Instantiated {
        vm.instantiate().unwrap();
    }
    assert_eq!(vm.state(), state);
    vm
}

type Step = fn(&Vm) -> Result<(), wasmspan::Error>;
type Cell = (Result<(), ErrCode>, VmState);

/// For each method: outcome and next state in the four states, in order.
const TABLE: &[(&str, Step, [Cell; 4])] = &[
    ("load", |vm| vm.load_bytes(OTHER), [(Ok(()), Loaded); 4]),
    (
        "load module",
        |vm| {
            vm.load_module(&Module::new(OTHER)?);
            Ok(())
        },
        [(Ok(()), Loaded); 4],
    ),
    (
        "load fails",
        |vm| vm.load_bytes("\0asm"),
        [
            (Err(ErrCode::UnexpectedEnd), Inited),
            (Err(ErrCode::UnexpectedEnd), Loaded),
            (Err(ErrCode::UnexpectedEnd), Validated),
            (Err(ErrCode::UnexpectedEnd), Instantiated),
        ],
    ),
    (
        "validate",
        Vm::validate,
        [
            (Err(ErrCode::WrongVMWorkflow), Inited),
            (Ok(()), Validated),
            (Ok(()), Validated),
            (Ok(()), Validated),
        ],
    ),
    (
        "instantiate",
        Vm::instantiate,
        [
            (Err(ErrCode::WrongVMWorkflow), Inited),
            (Err(ErrCode::WrongVMWorkflow), Loaded),
            (Ok(()), Instantiated),
            (Ok(()), Instantiated),
        ],
    ),
    (
        "execute",
        |vm| vm.execute("one", &[]).map(drop),
        [
            (Err(ErrCode::WrongInstanceAddress), Inited),
            (Err(ErrCode::WrongInstanceAddress), Loaded),
            (Err(ErrCode::WrongInstanceAddress), Validated),
            (Ok(()), Instantiated),
        ],
    ),
    (
        "execute registered",
        |vm| vm.execute_registered("lib", "two", &[]).map(drop),
        [(Ok(()), Inited), (Ok(()), Loaded), (Ok(()), Validated), (Ok(()), Instantiated)],
    ),
    (
        "execute in an unknown module",
        |vm| vm.execute_registered("no", "two", &[]).map(drop),
        [
            (Err(ErrCode::WrongInstanceAddress), Inited),
            (Err(ErrCode::WrongInstanceAddress), Loaded),
            (Err(ErrCode::WrongInstanceAddress), Validated),
            (Err(ErrCode::WrongInstanceAddress), Instantiated),
        ],
    ),
    (
        "execute an unknown registered function",
        |vm| vm.execute_registered("lib", "no", &[]).map(drop),
        [
            (Err(ErrCode::FuncNotFound), Inited),
            (Err(ErrCode::FuncNotFound), Loaded),
            (Err(ErrCode::FuncNotFound), Validated),
            (Err(ErrCode::FuncNotFound), Instantiated),
        ],
    ),
    (
        "register bytes",
        |vm| vm.register_bytes("new", OTHER),
        [(Ok(()), Inited), (Ok(()), Loaded), (Ok(()), Validated), (Ok(()), Validated)],
    ),
    (
        "register module",
        |vm| vm.register_module("new", &Module::new(OTHER)?),
        [(Ok(()), Inited), (Ok(()), Loaded), (Ok(()), Validated), (Ok(()), Validated)],
    ),
    (
        "register a host module",
        |vm| vm.register_instance(&Instance::host("env")),
        [(Ok(()), Inited), (Ok(()), Loaded), (Ok(()), Validated), (Ok(()), Validated)],
    ),
    (
        "register under a used name",
        |vm| vm.register_bytes("lib", OTHER),
        [
            (Err(ErrCode::ModuleNameConflict), Inited),
            (Err(ErrCode::ModuleNameConflict), Loaded),
            (Err(ErrCode::ModuleNameConflict), Validated),
            (Err(ErrCode::ModuleNameConflict), Validated),
        ],
    ),
    (
        "run",
        |vm| vm.run_bytes(OTHER, "two", &[]).map(drop),
        [(Ok(()), Inited), (Ok(()), Loaded), (Ok(()), Validated), (Ok(()), Validated)],
    ),
    (
        "run module",
        |vm| vm.run_module(&Module::new(OTHER)?, "two", &[]).map(drop),
        [(Ok(()), Inited), (Ok(()), Loaded), (Ok(()), Validated), (Ok(()), Validated)],
    ),
    (
        "run fails to validate",
        |vm| vm.run_bytes(BAD, "two", &[]).map(drop),
        [
            (Err(ErrCode::TypeCheckFailed), Inited),
            (Err(ErrCode::TypeCheckFailed), Loaded),
            (Err(ErrCode::TypeCheckFailed), Validated),
            (Err(ErrCode::TypeCheckFailed), Validated),
        ],
    ),
    (
        "cleanup",
        |vm| {
            vm.cleanup();
            Ok(())
        },
        [(Ok(()), Inited); 4],
    ),
];

#[test]
fn every_method_in_every_state() {
    for (name, step, cells) in TABLE {
        for (state, (outcome, next)) in [Inited, Loaded, Validated, Instantiated].iter().zip(cells)
        {
            let vm = vm_in(*state);
            let got = step(&vm).map_err(|error| error.code());
            assert_eq!((got, vm.state()), (*outcome, *next), "{name} in {state:?}");
        }
    }
}

#[test]
fn a_vm_may_go_to_and_be_shared_by_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&vm());
}

#[test]
fn what_the_states_let_one_ask() {
    for state in [Inited, Loaded, Validated, Instantiated] {
        let vm = vm_in(state);
        let active = state == Instantiated;
        assert_eq!(vm.active_module().is_some(), active);
        assert_eq!(vm.function_type("one").is_some(), active);
        assert!(vm.function_type("no").is_none());
        assert_eq!(vm.function_list().len(), if active { 4 } else { 0 });
        assert!(vm.function_type_registered("lib", "two").is_some());
        assert!(vm.function_type_registered("lib", "no").is_none());
        assert!(vm.function_type_registered("no", "two").is_none());
    }
    let vm = vm_in(Instantiated);
    let names: Vec<String> = vm.function_list().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["one", "trap", "add", "spin"], "in the order of the exports");
}

#[test]
fn the_old_instance_serves_until_a_new_one_is_made() {
    let vm = vm_in(Instantiated);
    vm.load_bytes(OTHER).unwrap();
    assert_eq!(vm.execute("one", &[]).unwrap()[0].i32(), Some(1));
    vm.validate().unwrap();
    assert_eq!(vm.execute("one", &[]).unwrap()[0].i32(), Some(1));
    vm.instantiate().unwrap();
    assert_eq!(vm.execute("one", &[]).unwrap_err().code(), ErrCode::FuncNotFound);
    assert_eq!(vm.execute("two", &[]).unwrap()[0].i32(), Some(2));
    assert!(vm.store().contains("lib"), "registered modules stay");
    vm.run_bytes(GUEST, "one", &[]).unwrap();
    assert_eq!(vm.execute("one", &[]).unwrap()[0].i32(), Some(1), "what ran is active");
}

#[test]
fn an_instance_made_again_starts_afresh() {
    let vm = vm();
    let counter = r#"(module (global $n (mut i32) (i32.const 0))
        (func (export "next") (result i32)
            (global.set $n (i32.add (global.get $n) (i32.const 1)))
            (global.get $n)))"#;
    vm.load_bytes(counter).unwrap();
    vm.validate().unwrap();
    for _ in 0..2 {
        vm.instantiate().unwrap();
        for wanted in 1..=3 {
            assert_eq!(vm.execute("next", &[]).unwrap()[0].i32(), Some(wanted));
        }
    }
}

#[test]
fn a_failed_call_leaves_the_vm_usable() {
    let vm = vm_in(Instantiated);
    for _ in 0..3 {
        assert_eq!(vm.execute("trap", &[]).unwrap_err().code(), ErrCode::Unreachable);
        let wrong = vm.execute("add", &[Val::I32(1)]).unwrap_err();
        assert_eq!(wrong.code(), ErrCode::FuncSigMismatch);
        let wrong = vm.execute("add", &[Val::I32(1), Val::I64(1)]).unwrap_err();
        assert_eq!(wrong.code(), ErrCode::FuncSigMismatch);
        let sum = vm.execute("add", &[Val::I32(1), Val::I32(2)]).unwrap();
        assert_eq!(sum[0].i32(), Some(3));
    }
}

#[test]
fn an_interrupted_call_leaves_the_vm_usable() {
    let vm = vm_in(Instantiated);
    for _ in 0..3 {
        let ended = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                vm.interrupt().interrupt();
            });
            vm.execute("spin", &[])
        });
        assert_eq!(ended.unwrap_err().code(), ErrCode::Interrupted);
        assert_eq!(vm.execute("one", &[]).unwrap()[0].i32(), Some(1));
    }
}

#[test]
fn a_host_function_may_use_the_vm_that_calls_it() {
    let vm = Arc::new(vm());
    let env = Instance::host("env");
    let weak = Arc::downgrade(&vm);
    let load = Func::wrap(move |_: Caller<'_>| -> wasmspan::Result<i32> {
        let vm = weak.upgrade().expect("the VM runs");
        vm.load_bytes(OTHER)?;
        vm.validate()?;
        vm.instantiate()?;
        Ok(vm.execute("two", &[])?[0].i32().unwrap())
    });
    env.define("load", load.unwrap()).unwrap();
    vm.register_instance(&env).unwrap();
    let guest = r#"(module (import "env" "load" (func $load (result i32)))
        (func (export "go") (result i32) (i32.add (call $load) (call $load))))"#;
    // The instance that runs is replaced under its feet, and lives on until its call has ended.
    assert_eq!(vm.run_bytes(guest, "go", &[]).unwrap()[0].i32(), Some(4));
    assert_eq!(vm.state(), Instantiated);
}

#[test]
fn modules_import_from_registered_ones() {
    let vm = vm();
    vm.register_bytes("lib", OTHER).unwrap();
    let guest = r#"(module (import "lib" "two" (func $two (result i32)))
        (func (export "four") (result i32) (i32.add (call $two) (call $two))))"#;
    assert_eq!(vm.run_bytes(guest, "four", &[]).unwrap()[0].i32(), Some(4));
    vm.cleanup();
    assert_eq!((vm.state(), vm.active_module().is_none()), (Inited, true));
    assert_eq!(vm.run_bytes(guest, "four", &[]).unwrap()[0].i32(), Some(4));
    vm.clear();
    assert!(vm.store().names().is_empty());
    let error = vm.run_bytes(guest, "four", &[]).unwrap_err();
    assert_eq!(error.code(), ErrCode::UnknownImport);
}

#[test]
fn instances_without_a_name_are_not_registered() {
    let vm = vm();
    vm.run_bytes(OTHER, "two", &[]).unwrap();
    let error = vm.register_instance(&vm.active_module().unwrap()).unwrap_err();
    assert_eq!(error.code(), ErrCode::WrongVMWorkflow);
}

#[test]
fn host_registrations_are_there_from_the_start_and_after_cleanup() {
    assert!(vm().wasi().is_none());
    let mut config = Config::default();
    config.host_registrations.add(HostRegistration::Wasi);
    let store = Store::new();
    let vm = Vm::with_store(&config, &store).unwrap();
    let wasi = vm.wasi().unwrap().instance();
    assert!(store.find("wasi_snapshot_preview1").unwrap().same(wasi));
    vm.clear();
    assert!(store.find("wasi_snapshot_preview1").unwrap().same(wasi));
    // A second VM on the store does not fail, and leaves the first one's module in place.
    let second = Vm::with_store(&config, &store).unwrap();
    assert!(second.wasi().is_some());
    assert!(store.find("wasi_snapshot_preview1").unwrap().same(wasi));
}

#[test]
fn one_store_outlives_its_vms() {
    let store = Store::new();
    {
        let vm = Vm::with_store(&Config::default(), &store).unwrap();
        vm.register_bytes("lib", OTHER).unwrap();
    }
    let vm = Vm::with_store(&Config::default(), &store).unwrap();
    drop(store);
    assert_eq!(vm.execute_registered("lib", "two", &[]).unwrap()[0].i32(), Some(2));
}

#[test]
fn calls_run_side_by_side() {
    let vm = vm_in(Instantiated);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let vm = &vm;
            scope.spawn(move || {
                for i in 0..200 {
                    let sum = vm.execute("add", &[Val::I32(thread), Val::I32(i)]).unwrap();
                    assert_eq!(sum[0].i32(), Some(thread + i));
                    if thread == 0 && i % 50 == 0 {
                        vm.instantiate().unwrap();
                    }
                }
            });
        }
    });
}

/// The only test here that looks at the log; lines of other tests that run meanwhile are told apart
/// by names that only this one uses.
#[test]
fn failures_are_logged_with_what_was_called() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = lines.clone();
    wasmspan::log::set_level(wasmspan::log::LogLevel::Error);
    wasmspan::log::set_sink(Some(Arc::new(move |_, text: &str| {
        kept.lock().unwrap().push(text.to_string());
    })));
    let vm = vm_in(Instantiated);
    vm.execute("log_no_such", &[]).unwrap_err();
    vm.execute_registered("log_module", "log_no_such", &[]).unwrap_err();
    vm.load_file("log-no-such-file.wasm").unwrap_err();
    wasmspan::log::set_sink(None);
    wasmspan::log::set_level(wasmspan::log::LogLevel::Off);
    let lines = lines.lock().unwrap();
    for wanted in [
        "    When executing function name: \"log_no_such\"",
        "    When executing module name: \"log_module\" , function name: \"log_no_such\"",
        "    File name: \"log-no-such-file.wasm\"",
        "wasmedge runtime failed: wasm function not found, Code: 0x05",
        "execution failed: wrong instance address, Code: 0x80",
        "loading failed: invalid path, Code: 0x20",
    ] {
        assert!(lines.iter().any(|line| line == wanted), "{wanted:?} is not in {lines:#?}");
    }
}
