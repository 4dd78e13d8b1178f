//! What is made is freed, in whatever order it is dropped. The tests count all objects of the
//! process, so they take turns.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use wasmspan::{
    Caller, Config, Executor, Extern, ExternRef, Func, FuncType, Global, GlobalType, Instance,
    Interrupt, Module, Mutability, RefType, Store, Table, TableType, Val, ValType,
};
use wasmspan_tests::support::{Footprint, module, trap_modes};

fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

const TYPICAL: &str = r#"(module
    (import "env" "f" (func $host (param i32) (result i32)))
    (memory (export "memory") 1 4) (table (export "table") 4 funcref) (elem (i32.const 0) $run)
    (global (export "global") (mut i32) (i32.const 5)) (data (i32.const 0) "hello")
    (func $run (export "run") (param i32) (result i32) local.get 0 call $host)
    (func (export "trap") unreachable))"#;

#[test]
fn instances_leave_nothing_behind() {
    let _turn = turn();
    const ROUNDS: usize = 10_000;
    for config in trap_modes() {
        let module = module(&config, TYPICAL);
        let executor = Executor::new(&config);
        let round = || {
            let host: Extern = Func::wrap(|n: i32| n + 1).expect("made").into();
            let instance = executor.instantiate_with(&module, &[host]).expect("it links");
            assert_eq!(instance.call("run", &[1.into()]).expect("no trap")[0].i32(), Some(2));
            assert!(instance.call("trap", &[]).is_err());
            let memory = instance.get_memory("memory").expect("there");
            assert_eq!(memory.read_vec(0, 6).expect("within"), b"hello\0");
            memory.write(4, b"dirty").expect("within");
        };
        (0..200).for_each(|_| round());
        let before = Footprint::now();
        (0..ROUNDS).for_each(|_| round());
        Footprint::now().assert_like(before);
    }
}

#[test]
fn modules_leave_nothing_behind() {
    let _turn = turn();
    for config in trap_modes() {
        let round = |number: usize| {
            let text = format!(
                r#"(module (memory 1) (func (export "f") (result i32) i32.const {number}))"#
            );
            let instance = module(&config, &text).instantiate(&Store::new()).expect("no imports");
            assert_eq!(instance.call("f", &[]).expect("no trap")[0].i32(), Some(number as i32));
        };
        (0..50).for_each(round);
        let before = Footprint::now();
        (0..400).for_each(round);
        Footprint::now().assert_like(before);
    }
}

#[test]
fn threads_and_interrupts_leave_nothing_behind() {
    let _turn = turn();
    for config in trap_modes() {
        let text = r#"(module (func (export "loop") (loop br 0)) (func (export "t") unreachable))"#;
        let instance = module(&config, text).instantiate(&Store::new()).expect("no imports");
        let round = || {
            std::thread::scope(|scope| {
                scope.spawn(|| assert!(instance.call("t", &[]).is_err()));
                let interrupt = Interrupt::new();
                scope.spawn({
                    let interrupt = interrupt.clone();
                    move || interrupt.interrupt()
                });
                assert!(interrupt.run(|| instance.call("loop", &[])).is_err());
            });
        };
        (0..20).for_each(|_| round());
        let before = Footprint::now();
        (0..300).for_each(|_| round());
        Footprint::now().assert_like(before);
    }
}

/// A: exports a table. B: imports it and stores its own function there, and the other way round.
fn linked(config: &Config) -> [Instance; 2] {
    let store = Store::new();
    let a = module(
        config,
        r#"(module (table (export "t") 2 funcref) (global (export "g") (mut funcref) (ref.null func))
            (func $f (export "f") (result i32) i32.const 1) (elem (i32.const 1) $f)
            (func (export "call") (result i32) i32.const 0 call_indirect (result i32)))"#,
    );
    let a = Executor::new(config).register(&store, &a, "a").expect("the name is free");
    let b = module(
        config,
        r#"(module (import "a" "t" (table 2 funcref)) (import "a" "g" (global (mut funcref)))
            (func $f (export "f") (result i32) i32.const 2) (elem (i32.const 0) $f)
            (func (export "set") ref.func $f global.set 0)
            (func (export "call") (result i32) i32.const 1 call_indirect (result i32)))"#,
    );
    let b = b.instantiate(&store).expect("it links");
    b.call("set", &[]).expect("no trap");
    [a, b]
}

#[test]
fn cyclic_links_are_freed_in_every_order() {
    let _turn = turn();
    for config in trap_modes() {
        let before = wasmspan::raw::live_objects();
        for order in 0..6 {
            let [a, b] = linked(&config);
            assert!(wasmspan::raw::live_objects() > before);
            let function = match a.get_global("g").expect("there").get() {
                Val::FuncRef(Some(function)) => function,
                other => panic!("{other:?}"),
            };
            let call = |instance: &Instance| instance.call("call", &[]).expect("no trap")[0].i32();
            match order {
                0 => {
                    drop(a);
                    assert_eq!(call(&b), Some(1));
                    drop(b);
                }
                1 => {
                    drop(b);
                    assert_eq!(call(&a), Some(2), "the table keeps the other instance alive");
                    drop(a);
                }
                2 => {
                    drop((a, b));
                    assert_eq!(function.call(&[]).expect("no trap")[0].i32(), Some(2));
                }
                3 => {
                    let table = a.get_table("t").expect("there");
                    drop((a, b));
                    let f = table.get_func(0).expect("within").expect("set");
                    assert_eq!(f.call(&[]).expect("no trap")[0].i32(), Some(2));
                }
                4 => {
                    let table = a.get_table("t").expect("there");
                    drop((b, a));
                    table.set(0, &Val::FuncRef(None)).expect("within");
                    assert_eq!(function.call(&[]).expect("no trap")[0].i32(), Some(2));
                }
                _ => {
                    let global = a.get_global("g").expect("there");
                    drop(function);
                    drop((a, b));
                    global.set(&Val::FuncRef(None)).expect("mutable");
                    drop(global);
                    assert_eq!(wasmspan::raw::live_objects(), before);
                    continue;
                }
            }
            drop(function);
            assert_eq!(wasmspan::raw::live_objects(), before, "order {order}");
        }
        for _ in 0..500 {
            drop(linked(&config));
        }
        assert_eq!(wasmspan::raw::live_objects(), before);
    }
}

#[test]
fn host_tables_and_globals_take_part_in_cycles() {
    let _turn = turn();
    for config in trap_modes() {
        let before = wasmspan::raw::live_objects();
        for _ in 0..200 {
            let table = Table::new(TableType::new(RefType::FuncRef, 1, None)).expect("made");
            let ty = GlobalType::new(ValType::FuncRef, Mutability::Var);
            let global = Global::new(ty, &Val::FuncRef(None)).expect("made");
            let text = r#"(module (import "" "t" (table 1 funcref))
                (import "" "g" (global (mut funcref)))
                (elem (i32.const 0) $f) (func $f (export "f"))
                (func (export "set") ref.func $f global.set 0))"#;
            let imports = [Extern::from(table.clone()), Extern::from(global.clone())];
            let instance = Executor::new(&config)
                .instantiate_with(&module(&config, text), &imports)
                .expect("it links");
            instance.call("set", &[]).expect("no trap");
            // A host function that holds an instance is a cycle of the host's own making; one
            // that only sits in the table is not.
            let host = Func::wrap(|| ()).expect("made");
            table.grow(1, &Val::FuncRef(Some(host))).expect("no limit");
        }
        assert_eq!(wasmspan::raw::live_objects(), before);
    }
}

static ALIVE: AtomicUsize = AtomicUsize::new(0);

struct Object;

impl Object {
    fn make() -> ExternRef {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        ExternRef::new(Object)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn host_objects_are_freed_through_tables_globals_and_results() {
    let _turn = turn();
    const TEXT: &str = r#"(module
        (import "env" "make" (func $make (result externref)))
        (import "env" "take" (func $take (param externref)))
        (table (export "t") 8 100 externref) (global $g (export "g") (mut externref) (ref.null extern))
        (func (export "global") (param externref) local.get 0 global.set $g)
        (func (export "swap") (param externref) (result externref)
            global.get $g local.get 0 global.set $g)
        (func (export "table") (param i32 externref) local.get 0 local.get 1 table.set)
        (func (export "fill") (param externref) i32.const 0 local.get 0 i32.const 8 table.fill)
        (func (export "grow") (param externref) (result i32) local.get 0 i32.const 1 table.grow)
        (func (export "copy") i32.const 0 i32.const 1 i32.const 7 table.copy)
        (func (export "trap") (param externref) local.get 0 global.set $g call $make call $take
            unreachable)
        (func (export "churn") (param i32) (result externref)
            (loop
                i32.const 3 call $make table.set
                call $make drop
                i32.const 3 table.get call $take
                (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                (br_if 0 (local.get 0)))
            i32.const 3 table.get))"#;
    for config in trap_modes() {
        let make = Func::wrap(|| Some(Object::make())).expect("made");
        let take = Func::wrap(|_: Caller<'_>, object: Option<ExternRef>| {
            let object = object.expect("not null");
            assert!(object.downcast_ref::<Object>().is_some());
        });
        let imports = [Extern::from(make), Extern::from(take.expect("made"))];
        let instance = Executor::new(&config)
            .instantiate_with(&module(&config, TEXT), &imports)
            .expect("it links");
        let alive = || ALIVE.load(Ordering::SeqCst);
        let object = || Val::ExternRef(Some(Object::make()));
        let call = |name: &str, params: &[Val]| instance.call(name, params).expect("no trap");

        call("global", &[object()]);
        assert_eq!(alive(), 1);
        let old = call("swap", &[object()]);
        assert_eq!(alive(), 2);
        drop(old);
        assert_eq!(alive(), 1);
        call("global", &[Val::ExternRef(None)]);
        assert_eq!(alive(), 0);

        for at in 0..8 {
            call("table", &[at.into(), object()]);
        }
        assert_eq!(alive(), 8);
        call("copy", &[]);
        assert_eq!(alive(), 7, "the first was overwritten");
        call("fill", &[object()]);
        assert_eq!(alive(), 1);
        call("grow", &[object()]);
        assert_eq!(alive(), 2);

        let table = instance.get_table("t").expect("there");
        let held = table.get(8).expect("within");
        table.set(8, &Val::ExternRef(None)).expect("within");
        assert_eq!(alive(), 2);
        drop(held);
        assert_eq!(alive(), 1);
        drop(table);

        assert!(instance.call("trap", &[object()]).is_err());
        assert_eq!(alive(), 2, "of what the trap left, only the global's is alive");
        drop(call("churn", &[50.into()]));
        assert_eq!(alive(), 3, "one in the global, one filled in, one at index 3");
        drop(instance);
        assert_eq!(alive(), 0);
    }
}

#[test]
fn failed_instantiation_leaves_nothing_behind() {
    let _turn = turn();
    let texts = [
        r#"(module (memory 1) (table 1 funcref) (func $f) (elem (i32.const 0) $f)
            (data (i32.const 65536) "x"))"#,
        r#"(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))"#,
        r#"(module (memory 1) (func $f unreachable) (start $f))"#,
        r#"(module (import "a" "b" (func)))"#,
    ];
    for config in trap_modes() {
        let modules = texts.map(|text| module(&config, text));
        let round = |module: &Module| {
            assert!(module.instantiate(&Store::new()).is_err());
        };
        modules.iter().for_each(round);
        let before = Footprint::now();
        for _ in 0..500 {
            modules.iter().for_each(round);
        }
        Footprint::now().assert_like(before);
    }
}

/// A imports from B, B from C, and C's table holds a function of A: B lies between two members.
#[test]
fn cycles_through_a_third_instance_are_freed() {
    let _turn = turn();
    for config in trap_modes() {
        let before = wasmspan::raw::live_objects();
        for order in 0..3 {
            let store = Store::new();
            let executor = Executor::new(&config);
            let c = r#"(module (table (export "t") 1 funcref)
                (func (export "c") (result i32) i32.const 3)
                (func (export "call") (result i32) i32.const 0 call_indirect (result i32)))"#;
            let c = executor.register(&store, &module(&config, c), "c").expect("a free name");
            let b = r#"(module (import "c" "c" (func $c (result i32)))
                (func (export "b") (result i32) call $c))"#;
            let b = executor.register(&store, &module(&config, b), "b").expect("a free name");
            let a = r#"(module (import "b" "b" (func $b (result i32)))
                (func (export "a") (result i32) call $b i32.const 1 i32.add))"#;
            let a = executor.register(&store, &module(&config, a), "a").expect("a free name");
            let table = c.get_table("t").expect("there");
            table.set(0, &Val::FuncRef(a.get_func("a"))).expect("within");
            drop((store, table));
            match order {
                0 => drop((a, b)),
                1 => drop((b, a)),
                _ => {
                    drop(c);
                    assert_eq!(b.call("b", &[]).expect("no trap")[0].i32(), Some(3));
                    drop((a, b));
                    assert_eq!(wasmspan::raw::live_objects(), before, "order {order}");
                    continue;
                }
            }
            assert_eq!(c.call("call", &[]).expect("no trap")[0].i32(), Some(4));
            drop(c);
            assert_eq!(wasmspan::raw::live_objects(), before, "order {order}");
        }
    }
}

#[test]
fn function_types_leave_nothing_behind() {
    let _turn = turn();
    let round = |number: u32| {
        let params = (0..14).map(|bit| match number >> bit & 1 {
            0 => ValType::I32,
            _ => ValType::F64,
        });
        let ty = FuncType::new(params, [ValType::I32]);
        let params: Vec<Val> = ty.params().iter().map(|ty| Val::default_for(*ty)).collect();
        let give = |_: Caller<'_>, _: &[Val], results: &mut [Val]| {
            results[0] = Val::I32(7);
            Ok(())
        };
        let func = Func::new(ty, give).expect("there is room");
        assert_eq!(func.call(&params).expect("no trap")[0].i32(), Some(7));
    };
    // The first types stay registered.
    (0..1500).for_each(round);
    let before = Footprint::now();
    (1500..3000).for_each(round);
    Footprint::now().assert_like(before);
}

/// I only imports the table that A, which imports from I, stores its function into.
#[test]
fn cycles_through_an_instance_that_stores_nothing_are_freed() {
    let _turn = turn();
    for config in trap_modes() {
        let before = wasmspan::raw::live_objects();
        for _ in 0..3 {
            let executor = Executor::new(&config);
            let table = Table::new(TableType::new(RefType::FuncRef, 1, None)).expect("made");
            let i = r#"(module (import "" "t" (table 1 funcref))
                (func (export "f") (result i32) i32.const 0 call_indirect (result i32)))"#;
            let i = executor.instantiate_with(&module(&config, i), &[table.clone().into()]);
            let i = i.expect("it links");
            let a = r#"(module (import "" "t" (table 1 funcref)) (import "" "f" (func (result i32)))
                (func $g (result i32) i32.const 9) (elem (i32.const 0) $g))"#;
            let imports = [table.clone().into(), i.get_func("f").expect("there").into()];
            let a = executor.instantiate_with(&module(&config, a), &imports).expect("it links");
            drop((imports, a, table));
            assert_eq!(i.call("f", &[]).expect("no trap")[0].i32(), Some(9));
            drop(i);
            assert_eq!(wasmspan::raw::live_objects(), before);
        }
    }
}

/// A and B both import two tables; each stores its function into another one.
#[test]
fn groups_that_hold_each_other_are_freed() {
    let _turn = turn();
    for config in trap_modes() {
        let before = wasmspan::raw::live_objects();
        let executor = Executor::new(&config);
        let tables = [0, 1].map(|_| {
            Extern::from(Table::new(TableType::new(RefType::FuncRef, 1, None)).expect("made"))
        });
        let with = |table: usize| {
            let text = format!(
                r#"(module (import "" "a" (table 1 funcref)) (import "" "b" (table 1 funcref))
                    (func $f) (elem (table {table}) (i32.const 0) func $f))"#
            );
            executor.instantiate_with(&module(&config, &text), &tables).expect("it links")
        };
        let instances = [with(0), with(1)];
        assert_eq!(wasmspan::raw::live_objects(), before + 4);
        drop(tables);
        assert_eq!(wasmspan::raw::live_objects(), before + 4);
        drop(instances);
        assert_eq!(wasmspan::raw::live_objects(), before);
    }
}

/// L imports a table, into which Y, which imports from S, has stored its function; then S's function
/// goes into a table of L's. L is older than S, and leads to it through the younger Y all the same.
#[test]
fn groups_that_an_older_member_holds_are_freed() {
    let _turn = turn();
    for config in trap_modes() {
        let before = wasmspan::raw::live_objects();
        let executor = Executor::new(&config);
        let table = Table::new(TableType::new(RefType::FuncRef, 1, None)).expect("made");
        let instance = |text: &str, imports: &[Extern]| {
            executor.instantiate_with(&module(&config, text), imports).expect("it links")
        };
        let l = r#"(module (import "" "t" (table 1 funcref)) (table (export "own") 1 funcref))"#;
        let l = instance(l, &[table.clone().into()]);
        let s = instance(r#"(module (func (export "f")))"#, &[]);
        let f = s.get_func("f").expect("there");
        let y = r#"(module (import "" "f" (func)) (import "" "t" (table 1 funcref))
            (func $g) (elem (table 0) (i32.const 0) func $g))"#;
        let y = instance(y, &[f.clone().into(), table.clone().into()]);
        let own = l.get_table("own").expect("there");
        own.set(0, &Val::FuncRef(Some(f.clone()))).expect("within");
        drop((own, f, y, s, l));
        assert_eq!(wasmspan::raw::live_objects(), before + 4);
        drop(table);
        assert_eq!(wasmspan::raw::live_objects(), before);
    }
}

/// The same, but L leads to the table through an instance that is older than all, and in no group.
#[test]
fn groups_that_an_older_instance_leads_to_are_freed() {
    let _turn = turn();
    for config in trap_modes() {
        let before = wasmspan::raw::live_objects();
        let executor = Executor::new(&config);
        let table = Table::new(TableType::new(RefType::FuncRef, 1, None)).expect("made");
        let instance = |text: &str, imports: &[Extern]| {
            executor.instantiate_with(&module(&config, text), imports).expect("it links")
        };
        let a = r#"(module (import "" "t" (table 1 funcref)) (func (export "f")))"#;
        let a = instance(a, &[table.clone().into()]);
        let l = r#"(module (import "" "f" (func)) (table (export "own") 1 funcref))"#;
        let l = instance(l, &[a.get_func("f").expect("there").into()]);
        let s = instance(r#"(module (func (export "f")))"#, &[]);
        let f = s.get_func("f").expect("there");
        let y = r#"(module (import "" "f" (func)) (import "" "t" (table 1 funcref))
            (func $g) (elem (table 0) (i32.const 0) func $g))"#;
        let y = instance(y, &[f.clone().into(), table.clone().into()]);
        let own = l.get_table("own").expect("there");
        own.set(0, &Val::FuncRef(Some(f.clone()))).expect("within");
        drop((own, f, y, s, l, a, table));
        assert_eq!(wasmspan::raw::live_objects(), before);
    }
}

/// A destructor of the host that panics keeps nothing else from being freed.
#[test]
fn panicking_destructors_leave_nothing_behind() {
    struct Angry;
    impl Drop for Angry {
        fn drop(&mut self) {
            panic!("as the test wants");
        }
    }
    let _turn = turn();
    let before = wasmspan::raw::live_objects();
    let table = Table::new(TableType::new(RefType::ExternRef, 1, None)).expect("made");
    table.set(0, &Val::ExternRef(Some(ExternRef::new(Angry)))).expect("within");
    drop(table);
    drop(Func::wrap(|| ()).expect("made"));
    assert_eq!(wasmspan::raw::live_objects(), before);
}
