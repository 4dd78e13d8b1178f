//! Instructions, costs and limits: compared with counts made by hand.

use std::sync::Arc;
use std::time::Duration;
use wasmspan::raw::RawFunc;
use wasmspan::{Config, ErrCode, Executor, Func, Instance, Module, Statistics, Store, Val, Vm};
use wasmspan_tests::support::trap_modes;

/// An opcode that no program uses: a table that differs only there has the usual costs, but code
/// has to read them.
const UNUSED: usize = 0x06;

/// Ways to count: both trap modes, with the usual costs and with the same ones from a table that is
/// set before or after the instance is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Costs {
    Usual,
    TableBefore,
    TableAfter,
}

fn usual_table() -> Vec<u64> {
    let mut table = vec![1; 65_536];
    table[UNUSED] = 2;
    table
}

fn configs() -> impl Iterator<Item = (Config, Costs)> {
    trap_modes().into_iter().flat_map(|config| {
        [Costs::Usual, Costs::TableBefore, Costs::TableAfter].map(|costs| {
            let mut config = config.clone();
            config.statistics.instruction_counting = true;
            config.statistics.cost_measuring = true;
            (config, costs)
        })
    })
}

/// An executor and an instance whose figures start at zero.
fn start(config: &Config, costs: Costs, text: &str) -> (Executor, Instance) {
    let store = Store::new();
    let env = Instance::host("env");
    let nothing = Func::wrap(|| ()).expect("made");
    let one = Func::wrap(|| 1i32).expect("made").with_cost(50);
    let fails = Func::wrap(|| -> wasmspan::Result<()> { Err(wasmspan::Error::user(7)) });
    env.define("nothing", nothing).expect("defined");
    env.define("one", one).expect("defined");
    env.define("fails", fails.expect("made")).expect("defined");
    store.register("env", &env).expect("registered");
    let executor = Executor::new(config);
    if costs == Costs::TableBefore {
        executor.statistics().set_cost_table(&usual_table());
    }
    let module = Module::with_config(config, text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let instance = executor.instantiate(&store, &module).expect("it links");
    executor.statistics().clear();
    if costs == Costs::TableAfter {
        executor.statistics().set_cost_table(&usual_table());
    }
    (executor, instance)
}

/// Body of a function, its parameters, the count; with the code of the trap if it ends in one.
type Case = (&'static str, &'static [i32], u64, Option<ErrCode>);

const CASES: &[Case] = &[
    ("", &[], 1, None),
    ("nop", &[], 2, None),
    ("block end", &[], 3, None),
    ("block br 0 end", &[], 4, None),
    ("block nop br 0 nop end", &[], 5, None),
    ("loop end", &[], 3, None),
    (
        "i32.const 10 local.set 0 loop local.get 0 i32.const 1 i32.sub local.set 0 local.get 0
         br_if 0 end",
        &[0],
        2 + 10 * 7 + 2,
        None,
    ),
    ("local.get 0 if nop end", &[0], 4, None),
    ("local.get 0 if nop end", &[1], 5, None),
    ("local.get 0 if nop else nop nop end", &[0], 7, None),
    ("local.get 0 if nop else nop nop end", &[1], 5, None),
    ("local.get 0 if br 0 else br 0 end", &[0], 6, None),
    ("local.get 0 if br 0 else br 0 end", &[1], 5, None),
    ("br 0", &[], 2, None),
    ("return", &[], 1, None),
    ("nop return nop", &[], 2, None),
    ("call $empty", &[], 3, None),
    ("i32.const 0 call_indirect", &[], 4, None),
    ("call $nothing", &[], 2, None),
    ("return_call $empty", &[], 2, None),
    ("i32.const 0 return_call_indirect", &[], 3, None),
    ("return_call $nothing", &[], 1, None),
    ("block block block local.get 0 br_table 0 1 2 end nop end nop end", &[0], 11, None),
    ("block block block local.get 0 br_table 0 1 2 end nop end nop end", &[1], 9, None),
    ("block block block local.get 0 br_table 0 1 2 end nop end nop end", &[2], 7, None),
    ("block block block local.get 0 br_table 0 1 2 end nop end nop end", &[9], 7, None),
    // A loop and branches at the very start and end.
    (
        "loop local.get 0 if local.get 0 i32.const 1 i32.sub local.set 0 br 1 end end",
        &[2],
        22,
        None,
    ),
    ("loop loop end end", &[], 5, None),
    ("block local.get 0 br_if 0 nop end", &[0], 6, None),
    ("block local.get 0 br_if 0 nop end", &[1], 5, None),
    ("block (block br 1) end", &[], 5, None),
    // Bulk operations count once, however much they move.
    ("(memory.fill (i32.const 0) (i32.const 1) (i32.const 60000))", &[], 5, None),
    (
        "(memory.copy (i32.const 0) (i32.const 1) (i32.const 100)) (drop (memory.size))",
        &[],
        7,
        None,
    ),
    ("(drop (memory.grow (i32.const 0)))", &[], 4, None),
    ("(table.set (i32.const 1) (table.get (i32.const 0)))", &[], 5, None),
    // Traps: what comes after in the same straight piece does not count.
    ("nop unreachable nop", &[], 2, Some(ErrCode::Unreachable)),
    ("(drop (i32.load (i32.const -1))) nop nop", &[], 2, Some(ErrCode::MemoryOutOfBounds)),
    ("(drop (i32.load (local.get 0))) nop nop", &[-4], 2, Some(ErrCode::MemoryOutOfBounds)),
    (
        "nop (drop (i32.add (local.get 0) (i32.load (local.get 0)))) nop",
        &[-4],
        4,
        Some(ErrCode::MemoryOutOfBounds),
    ),
    (
        "(drop (i64.add (i64.load (local.get 0)) (i64.const 3))) nop nop nop",
        &[-8],
        2,
        Some(ErrCode::MemoryOutOfBounds),
    ),
    (
        "(if (i32.eq (i32.load (local.get 0)) (i32.const 77)) (then nop)) nop",
        &[-8],
        2,
        Some(ErrCode::MemoryOutOfBounds),
    ),
    (
        "(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 5))) nop",
        &[-8],
        3,
        Some(ErrCode::MemoryOutOfBounds),
    ),
    (
        "(i32.store (i32.const 8) (i32.add (i32.load (i32.const 4)) (i32.const 5)))
         (i32.store (local.get 0) (i32.const 1)) nop",
        &[-8],
        9,
        Some(ErrCode::MemoryOutOfBounds),
    ),
    (
        "(i32.store (local.get 0) (i32.add (i32.load (i32.const 4)) (i32.const 5))) nop",
        &[-8],
        6,
        Some(ErrCode::MemoryOutOfBounds),
    ),
    ("(drop (v128.load (local.get 0))) nop", &[-8], 2, Some(ErrCode::MemoryOutOfBounds)),
    (
        "(drop (f64.add (f64.load (local.get 0)) (f64.load (i32.const 0)))) nop",
        &[-8],
        2,
        Some(ErrCode::MemoryOutOfBounds),
    ),
    ("(drop (i32.div_s (i32.const 7) (local.get 0))) nop", &[0], 3, Some(ErrCode::DivideByZero)),
    (
        "(drop (i32.div_s (i32.const -2147483648) (local.get 0))) nop",
        &[-1],
        3,
        Some(ErrCode::IntegerOverflow),
    ),
    ("(drop (i32.trunc_f32_s (f32.const nan))) nop", &[], 2, Some(ErrCode::InvalidConvToInt)),
    (
        "(memory.fill (i32.const 0) (i32.const 1) (i32.const -1)) nop",
        &[],
        4,
        Some(ErrCode::MemoryOutOfBounds),
    ),
    ("i32.const 5 call_indirect nop", &[], 2, Some(ErrCode::UninitializedElement)),
    ("i32.const 99 call_indirect nop", &[], 2, Some(ErrCode::UndefinedElement)),
    ("(drop (table.get (i32.const 99))) nop", &[], 2, Some(ErrCode::TableOutOfBounds)),
    ("nop call $fails nop", &[], 2, Some(ErrCode::UserDefError)),
    // 3 for the call and what is before, 4 in the callee up to its trap.
    ("nop nop call $traps nop", &[], 3 + 4, Some(ErrCode::DivideByZero)),
    (
        "loop nop local.get 0 i32.eqz if unreachable end i32.const 0 local.set 0 br 0 end",
        &[1],
        15,
        Some(ErrCode::Unreachable),
    ),
];

fn text(body: &str, params: usize) -> String {
    let params = "(param i32)".repeat(params);
    format!(
        r#"(module
            (import "env" "nothing" (func $nothing))
            (import "env" "fails" (func $fails))
            (memory 1)
            (table 8 funcref)
            (elem (i32.const 0) $empty)
            (func $empty)
            (func $traps (drop (i32.div_u (i32.const 1) (i32.const 0))) nop)
            (func (export "f") {params} {body}))"#
    )
    .replace(
        "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
        "nop (drop (i32.div_u (i32.const 1) (i32.const 0)))",
    )
}

#[test]
fn counts_are_those_made_by_hand() {
    for (config, costs) in configs() {
        for (body, params, count, trap) in CASES {
            let (executor, instance) = start(&config, costs, &text(body, params.len()));
            let func = instance.get_func("f").expect("exported");
            let params: Vec<Val> = params.iter().map(|value| Val::I32(*value)).collect();
            for round in 1..=2 {
                let result = executor.invoke(&func, &params);
                let statistics = executor.statistics();
                let seen = (statistics.instruction_count(), statistics.total_cost());
                let what = format!("{:?} {costs:?} {params:?}: {body}", config.trap_mode);
                assert_eq!(result.err().map(|error| error.code()), *trap, "{what}");
                assert_eq!(seen, (round * count, round * count), "{what}");
            }
        }
    }
}

const FIB: &str = r#"(module
    (func $fib (export "fib") (param i32) (result i32)
        (if (i32.lt_s (local.get 0) (i32.const 2)) (then (return (i32.const 1))))
        (return (i32.add
            (call $fib (i32.sub (local.get 0) (i32.const 2)))
            (call $fib (i32.sub (local.get 0) (i32.const 1)))))))"#;

fn fib(executor: &Executor, instance: &Instance, n: i32) -> wasmspan::Result<Vec<Val>> {
    executor.invoke(&instance.get_func("fib").expect("exported"), &[Val::I32(n)])
}

#[test]
fn fibonacci_counts_as_the_guide_says() {
    for (config, costs) in configs() {
        let (executor, instance) = start(&config, costs, FIB);
        for (n, count) in [(0, 6), (2, 27), (10, 1854), (20, 229_851), (30, 28_271_634)] {
            executor.statistics().clear();
            fib(&executor, &instance, n).expect("computes");
            assert_eq!(executor.statistics().instruction_count(), count, "{costs:?}");
            assert_eq!(executor.statistics().total_cost(), count, "{costs:?}");
        }
    }
}

#[test]
fn a_table_that_is_set_later_applies_to_the_next_call() {
    for (config, costs) in configs() {
        let (executor, instance) = start(&config, costs, FIB);
        let statistics = executor.statistics();
        let mut table = vec![0; 0x21];
        (table[0x10], table[0x20]) = (7, 20);
        for (table, cost) in [(&table[..], 8292), (&table[..0x11], 1232), (&[][..], 0)] {
            statistics.clear();
            statistics.set_cost_table(table);
            fib(&executor, &instance, 10).expect("computes");
            assert_eq!(statistics.total_cost(), cost, "{costs:?}");
            assert_eq!(statistics.instruction_count(), 1854, "{costs:?}");
        }
        statistics.clear();
        statistics.set_cost_table(&[1; 65_536]);
        fib(&executor, &instance, 10).expect("computes");
        assert_eq!(statistics.total_cost(), 1854);
        assert_eq!(statistics.cost_of(0x0B), 1);
        statistics.set_cost_table(&[u64::MAX]);
        assert_eq!(statistics.cost_of(0), wasmspan::limits::MAX_INSTRUCTION_COST);
        assert_eq!(statistics.cost_of(0xFFFF), 0);
    }
}

#[test]
fn the_limit_stops_before_it_is_passed() {
    for (config, costs) in configs() {
        let (executor, instance) = start(&config, costs, FIB);
        let statistics = executor.statistics();
        for (limit, count, cost, fits) in [
            (100, 101, 100, false),
            (0, 1, 0, false),
            (1, 2, 1, false),
            (1853, 1854, 1853, false),
            (1854, 1854, 1854, true),
            (u64::MAX, 1854, 1854, true),
            (u64::MAX - 1, 1854, 1854, true),
        ] {
            statistics.clear();
            statistics.set_cost_limit(limit);
            let result = fib(&executor, &instance, 10);
            assert_eq!(result.is_ok(), fits, "{limit} {costs:?}");
            if let Err(error) = result {
                assert_eq!(error.code(), ErrCode::CostLimitExceeded);
                assert_eq!(error.details(), [format!("the cost limit is {limit}")]);
            }
            let seen = (statistics.instruction_count(), statistics.total_cost());
            assert_eq!(seen, (count, cost), "{limit} {costs:?} {:?}", config.trap_mode);
        }
        // What is spent stays spent, and a higher limit lets calls go on.
        statistics.clear();
        statistics.set_cost_limit(2000);
        fib(&executor, &instance, 10).expect("1854");
        assert!(fib(&executor, &instance, 10).is_err());
        assert_eq!(statistics.total_cost(), 2000);
        statistics.set_cost_limit(5000);
        fib(&executor, &instance, 10).expect("usable again");
        assert_eq!(statistics.total_cost(), 3854);
    }
}

#[test]
fn every_way_to_call_counts_and_obeys_the_limit() {
    let (executor, instance) = start(&configs().next().expect("one").0, Costs::Usual, FIB);
    let func = instance.get_func("fib").expect("exported");
    let typed = func.typed::<i32, i32>().expect("its type");
    let slots = func.slots().expect("room").expect("no references");
    let raw = RawFunc::new(&func).expect("room");
    let calls: [&dyn Fn() -> wasmspan::Result<i32>; 4] = [
        &|| Ok(func.call(&[Val::I32(10)])?[0].i32().expect("an i32")),
        &|| typed.call(10),
        &|| {
            let mut room = [10];
            slots.call(&mut room)?;
            Ok(room[0] as i32)
        },
        &|| {
            let mut room = [10u128];
            let start = room.as_mut_ptr();
            // SAFETY: one slot is enough for one parameter and one result.
            unsafe { raw.call(start, || *start as i32) }
        },
    ];
    let statistics = executor.statistics();
    for (way, call) in calls.iter().enumerate() {
        statistics.set_cost_limit(2000);
        statistics.clear();
        assert_eq!(call().expect("1854 fit"), 89, "way {way}");
        assert_eq!(statistics.instruction_count(), 1854, "way {way}");
        let error = call().expect_err("too little is left");
        assert_eq!(error.code(), ErrCode::CostLimitExceeded, "way {way}");
        assert_eq!(statistics.total_cost(), 2000, "way {way}");
    }
}

#[test]
fn loops_stop_at_the_limit() {
    let text = r#"(module (func (export "fib") (param i32) (result i32) (loop br 0) unreachable))"#;
    for (config, costs) in configs() {
        let (executor, instance) = start(&config, costs, text);
        executor.statistics().set_cost_limit(1_000_001);
        let error = fib(&executor, &instance, 0).expect_err("it never ends");
        assert_eq!(error.code(), ErrCode::CostLimitExceeded);
        assert_eq!(executor.statistics().total_cost(), 1_000_001);
        assert_eq!(executor.statistics().instruction_count(), 1_000_002);
    }
}

#[test]
fn an_expensive_instruction_stops_where_it_stands() {
    let text = r#"(module
        (global $seen (mut i32) (i32.const 0))
        (func (export "fib") (param i32) (result i32) nop nop local.get 0)
        (func (export "seen") (result i32) global.get $seen))"#;
    for (config, costs) in configs() {
        let (executor, instance) = start(&config, costs, text);
        let mut table = usual_table();
        table[0x20] = 1000;
        executor.statistics().set_cost_table(&table);
        executor.statistics().set_cost_limit(500);
        let error = fib(&executor, &instance, 0).expect_err("too expensive");
        assert_eq!(error.code(), ErrCode::CostLimitExceeded);
        assert_eq!(executor.statistics().total_cost(), 2, "two instructions before it ran");
        assert_eq!(executor.statistics().instruction_count(), 3);
    }
}

#[test]
fn host_functions_have_a_cost_of_their_own() {
    let text = r#"(module
        (import "env" "one" (func $one (result i32)))
        (func (export "fib") (param i32) (result i32) (drop (call $one)) (call $one)))"#;
    for (config, costs) in configs() {
        let (executor, instance) = start(&config, costs, text);
        let statistics = executor.statistics();
        fib(&executor, &instance, 0).expect("runs");
        assert_eq!(statistics.total_cost(), 104);
        assert_eq!(statistics.instruction_count(), 4);
        // The second call would be too much: it does not run, and costs nothing.
        statistics.clear();
        statistics.set_cost_limit(60);
        let error = fib(&executor, &instance, 0).expect_err("too expensive");
        assert_eq!(error.code(), ErrCode::CostLimitExceeded);
        assert_eq!(statistics.total_cost(), 53);
        assert_eq!(statistics.instruction_count(), 3);
    }
    // Also where instructions cost nothing because only they are counted.
    let mut config = Config::default();
    config.statistics.instruction_counting = true;
    let (executor, instance) = start(&config, Costs::Usual, text);
    executor.statistics().set_cost_limit(60);
    assert!(fib(&executor, &instance, 0).is_err());
    assert_eq!(executor.statistics().total_cost(), 50);
    assert_eq!(executor.statistics().instruction_count(), 3);
}

#[test]
fn only_what_is_switched_on_is_kept() {
    for (counting, cost, time) in
        [(true, false, false), (false, true, false), (false, false, true), (false, false, false)]
    {
        let mut config = Config::default();
        config.statistics.instruction_counting = counting;
        config.statistics.cost_measuring = cost;
        config.statistics.time_measuring = time;
        let (executor, instance) = start(&config, Costs::Usual, FIB);
        // Figures come from every way to call.
        fib(&executor, &instance, 20).expect("computes");
        instance.call("fib", &[Val::I32(20)]).expect("computes");
        instance.typed::<i32, i32>("fib").expect("of this type").call(20).expect("computes");
        let statistics = executor.statistics();
        let (ours, wanted) = (statistics, 3 * 229_851);
        assert_eq!(ours.instruction_count(), if counting { wanted } else { 0 });
        assert_eq!(ours.total_cost(), if cost { wanted } else { 0 });
        assert_eq!(ours.wasm_time() > Duration::ZERO, time);
        assert!(ours.total_time() >= ours.wasm_time());
    }
}

#[test]
fn time_in_host_functions_is_time_of_their_own() {
    let mut config = Config::default();
    config.statistics.time_measuring = true;
    let vm = Vm::new(&config).expect("made");
    let env = Instance::host("env");
    let nap = Func::wrap(|| std::thread::sleep(Duration::from_millis(30))).expect("made");
    env.define("nap", nap).expect("defined");
    vm.register_instance(&env).expect("registered");
    vm.run_bytes(
        r#"(module (import "env" "nap" (func $nap)) (func (export "f") call $nap))"#,
        "f",
        &[],
    )
    .expect("runs");
    let statistics = vm.statistics();
    assert!(statistics.host_time() >= Duration::from_millis(30));
    assert!(statistics.wasm_time() < Duration::from_millis(30));
    assert_eq!(statistics.total_time(), statistics.host_time() + statistics.wasm_time());
}

#[test]
fn instantiation_counts_and_obeys_the_limit() {
    // Offsets, elements and globals: each instruction and its end; then the start function.
    let text = r#"(module
        (memory 1) (table 4 funcref)
        (global i32 (i32.const 1))
        (elem (i32.const 0) $f $f)
        (data (i32.const 0) "x")
        (func $f nop) (start $f))"#;
    let constants = 2 + 2 + 2 * 2 + 2;
    for (config, costs) in configs() {
        let executor = Executor::new(&config);
        let statistics = executor.statistics();
        if costs != Costs::Usual {
            statistics.set_cost_table(&usual_table());
        }
        let module = Module::with_config(&config, text).expect("valid");
        executor.instantiate(&Store::new(), &module).expect("links");
        assert_eq!(statistics.instruction_count(), constants + 2);
        assert_eq!(statistics.total_cost(), constants + 2);
        for limit in [constants - 1, constants + 1] {
            statistics.clear();
            statistics.set_cost_limit(limit);
            let error = executor.instantiate(&Store::new(), &module).expect_err("too expensive");
            assert_eq!(error.code(), ErrCode::CostLimitExceeded);
            assert!(statistics.total_cost() <= limit);
        }
        let endless = Module::with_config(&config, "(module (func $f loop br 0 end) (start $f))");
        statistics.clear();
        statistics.set_cost_limit(10_000);
        let error = executor.instantiate(&Store::new(), &endless.expect("valid"));
        assert_eq!(error.expect_err("endless").code(), ErrCode::CostLimitExceeded);
        assert_eq!(statistics.total_cost(), 10_000);
    }
}

#[test]
fn calls_across_instances_and_back_through_the_host_count_together() {
    for (config, costs) in configs() {
        let executor = Executor::new(&config);
        let store = Store::new();
        let lib = Module::with_config(&config, FIB).expect("valid");
        let lib = executor.register(&store, &lib, "lib").expect("links");
        let again = lib.get_func("fib").expect("exported");
        let env = Instance::host("env");
        let back = Func::wrap(move |n: i32| -> wasmspan::Result<i32> {
            Ok(again.call(&[Val::I32(n)])?[0].i32().expect("a number"))
        });
        env.define("back", back.expect("made")).expect("defined");
        store.register("env", &env).expect("registered");
        let text = r#"(module
            (import "lib" "fib" (func $fib (param i32) (result i32)))
            (import "env" "back" (func $back (param i32) (result i32)))
            (func (export "fib") (param i32) (result i32)
                (i32.add (call $fib (local.get 0)) (call $back (local.get 0)))))"#;
        let user = Module::with_config(&config, text).expect("valid");
        let user = executor.instantiate(&store, &user).expect("links");
        if costs != Costs::Usual {
            executor.statistics().set_cost_table(&usual_table());
        }
        executor.statistics().clear();
        fib(&executor, &user, 10).expect("computes");
        assert_eq!(executor.statistics().instruction_count(), 2 * 1854 + 6);
        assert_eq!(executor.statistics().total_cost(), 2 * 1854 + 6);
    }
}

#[test]
fn one_set_of_figures_stays_exact_under_eight_threads() {
    for (config, costs) in configs() {
        let statistics = Statistics::new();
        if costs != Costs::Usual {
            statistics.set_cost_table(&usual_table());
        }
        // Shared by all, and one for each thread.
        let shared = Vm::with_statistics(&config, &Store::new(), &statistics).expect("made");
        shared.load_bytes(FIB).expect("loads");
        shared.validate().expect("valid");
        shared.instantiate().expect("links");
        let work = |own: bool| {
            for _ in 0..20 {
                if own {
                    let vm = Vm::with_statistics(&config, &Store::new(), &statistics);
                    let vm = vm.expect("made");
                    vm.run_bytes(FIB, "fib", &[Val::I32(10)]).expect("computes");
                } else {
                    shared.execute("fib", &[Val::I32(10)]).expect("computes");
                }
            }
        };
        std::thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || work(thread % 2 == 0));
            }
        });
        assert_eq!(statistics.instruction_count(), 8 * 20 * 1854, "{costs:?}");
        assert_eq!(statistics.total_cost(), 8 * 20 * 1854, "{costs:?}");
    }
}

#[test]
fn eight_threads_together_never_pass_the_limit() {
    for (config, costs) in configs() {
        let (executor, instance) = start(&config, costs, FIB);
        let executor = Arc::new(executor);
        let limit = 100 * 229_851 + 1000;
        executor.statistics().set_cost_limit(limit);
        let done: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let mut done = 0;
                        loop {
                            match fib(&executor, &instance, 20) {
                                Ok(values) => assert_eq!(values[0].i32(), Some(10_946)),
                                Err(error) => {
                                    assert_eq!(error.code(), ErrCode::CostLimitExceeded);
                                    return done;
                                }
                            }
                            done += 1;
                        }
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
        });
        let spent = executor.statistics().total_cost();
        assert!(spent <= limit, "{spent} of {limit}");
        assert!(spent >= done * 229_851, "{done} calls, {spent}");
        assert!((90..=100).contains(&done), "{done} calls fit");
    }
}
