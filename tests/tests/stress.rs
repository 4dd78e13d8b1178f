//! Threads that call, read, grow, compile, instantiate, link, stop and drop the same objects at random:
//! 5 seconds, or as many as the environment says (`WASMSPAN_STRESS_SECONDS`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wasmspan::config::{CompileTime, InterruptMode};
use wasmspan::raw::Deadline;
use wasmspan::{
    Config, ErrCode, Error, Executor, Extern, ExternRef, Func, Global, GlobalType, Instance,
    Interrupt, Memory, MemoryType, Module, Mutability, RefType, Store, Table, TableType, Val,
    ValType,
};
use wasmspan_tests::fuzz::Random;
use wasmspan_tests::support::{Footprint, trap_modes};

const THREADS: u64 = 8;
/// Places that hold one object of each kind.
const PLACES: u64 = 6;

const TEXT: &str = r#"(module
    (import "env" "f" (func $host (param i32) (result i32)))
    (import "env" "m" (memory $shared 1 64 shared))
    (import "env" "t" (table $funcs 8 funcref))
    (import "env" "g" (global $object (mut externref)))
    (memory $own (export "own") 1 20) (data (memory $own) (i32.const 100) "text")
    (table $objects (export "objects") 8 64 externref)
    (global (export "count") (mut i64) (i64.const 0))
    (type $step (func (param i32) (result i32)))
    (func $step (export "step") (type $step)
        (i32.store $own (i32.const 8) (i32.add (local.get 0) (i32.load $own (i32.const 8))))
        (drop (i32.atomic.rmw.add $shared (i32.const 0) (i32.const 1)))
        (global.set 1 (i64.add (global.get 1) (i64.const 1)))
        (call $host (local.get 0)))
    (func (export "share") (param i32)
        (table.set $funcs (i32.and (local.get 0) (i32.const 7)) (ref.func $step)))
    (func (export "other") (param i32) (result i32)
        (call_indirect $funcs (type $step) (local.get 0) (i32.and (local.get 0) (i32.const 7))))
    (func (export "keep") (param i32)
        (table.set $objects (i32.and (local.get 0) (i32.const 7)) (global.get $object))
        (global.set $object (table.get $objects (i32.and (i32.mul (local.get 0) (i32.const 3)) (i32.const 7))))
        (table.copy $objects $objects (i32.const 1) (i32.const 0) (i32.const 7)))
    (func (export "grow") (param i32) (result i32)
        (drop (table.grow $objects (global.get $object) (i32.const 1)))
        (drop (memory.grow $shared (i32.const 1)))
        (memory.grow $own (i32.const 1)))
    (func (export "trap") (param i32) (i32.store $own (i32.or (local.get 0) (i32.const 0x7FFFFFF0)) (i32.const 1)))
    (func $deep (export "deep") (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
    (func (export "spin") (param i32) (loop
        (i32.store $own (i32.const 8) (local.get 0)) (br 0))))"#;

/// A place that all threads put something into, use, and empty.
struct Place<T>(Mutex<Option<T>>);

impl<T: Clone> Place<T> {
    fn row() -> Vec<Place<T>> {
        (0..PLACES).map(|_| Place(Mutex::new(None))).collect()
    }

    fn get(&self) -> Option<T> {
        self.0.lock().expect("no panic").clone()
    }

    /// What was there goes after the lock.
    fn put(&self, new: Option<T>) {
        let old = std::mem::replace(&mut *self.0.lock().expect("no panic"), new);
        drop(old);
    }
}

struct World {
    configs: Vec<Config>,
    modules: Vec<Place<(Module, usize)>>,
    instances: Vec<Place<Instance>>,
    memories: Vec<Place<Memory>>,
    tables: Vec<Place<Table>>,
    globals: Vec<Place<Global>>,
    stores: Vec<Place<Store>>,
    done: AtomicU64,
}

fn host() -> Func {
    Func::wrap(|n: i32| n.wrapping_add(1)).expect("made")
}

impl World {
    fn new() -> World {
        let mut configs: Vec<Config> = trap_modes().into();
        configs.push(Config { compile_time: CompileTime::Lazy, ..Config::default() });
        configs.push(Config { interrupt_mode: InterruptMode::Poll, ..Config::default() });
        let mut counting = Config::default();
        counting.statistics.instruction_counting = true;
        configs.push(counting);
        World {
            configs,
            modules: Place::row(),
            instances: Place::row(),
            memories: Place::row(),
            tables: Place::row(),
            globals: Place::row(),
            stores: Place::row(),
            done: AtomicU64::new(0),
        }
    }

    /// One random step.
    fn step(&self, random: &mut Random) {
        let mut any = || random.below(PLACES) as usize;
        let (a, b) = (any(), any());
        let number = random.below(1000) as i32;
        match random.below(24) {
            0 => self.compile(a, random),
            1..=3 => self.instantiate(a, b, random),
            4 => {
                match random.below(6) {
                    0 => self.modules[a].put(None),
                    1 => self.instances[a].put(None),
                    2 => self.memories[a].put(None),
                    3 => self.tables[a].put(None),
                    4 => self.globals[a].put(None),
                    _ => self.stores[a].put(None),
                };
            }
            5 | 6 => self.host_items(a, number),
            7 => self.store(a, b, number),
            8 | 9 => self.spin(a, random.below(3000)),
            10..=12 => self.read(a, number),
            _ => self.call(a, number, random),
        }
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    fn compile(&self, at: usize, random: &mut Random) {
        let which = random.below(self.configs.len() as u64) as usize;
        let module = Module::with_config(&self.configs[which], TEXT).expect("valid");
        self.modules[at].put(Some((module, which)));
    }

    fn instantiate(&self, at: usize, from: usize, random: &mut Random) {
        let Some((module, which)) = self.modules[from].get() else {
            return self.compile(from, random);
        };
        let mut ty = MemoryType::new(1, Some(64));
        ty.shared = true;
        let memory = self.memories[at].get().unwrap_or_else(|| Memory::new(ty).expect("made"));
        let table = self.tables[from].get();
        let table = table.unwrap_or_else(|| {
            Table::new(TableType::new(RefType::FuncRef, 8, None)).expect("made")
        });
        let global = self.globals[at].get().unwrap_or_else(|| {
            let ty = GlobalType::new(ValType::ExternRef, Mutability::Var);
            Global::new(ty, &Val::ExternRef(Some(ExternRef::new(at)))).expect("made")
        });
        let imports: [Extern; 4] =
            [host().into(), memory.clone().into(), table.clone().into(), global.clone().into()];
        let executor = Executor::new(&self.configs[which]);
        let instance = executor.instantiate_with(&module, &imports).expect("it links");
        self.instances[at].put(Some(instance));
        self.memories[at].put(Some(memory));
        self.tables[from].put(Some(table));
        self.globals[at].put(Some(global));
    }

    fn host_items(&self, at: usize, number: i32) {
        if let Some(global) = self.globals[at].get() {
            let object = Val::ExternRef(Some(ExternRef::new(number)));
            global.set(&object).expect("of its type");
            drop(global.get());
        }
        if let Some(table) = self.tables[at].get() {
            let func = table.get_func(number as u64 % 8).expect("within");
            table.set(number as u64 % 7, &Val::FuncRef(func.clone())).expect("within");
            if let Some(func) = func {
                expect_usual(func.call(&[number.into()]));
            }
        }
    }

    fn store(&self, at: usize, from: usize, number: i32) {
        let store = self.stores[at].get().unwrap_or_default();
        if let Some(instance) = self.instances[from].get() {
            let taken = store.register(&format!("m{}", number % 20), &instance);
            if let Err(error) = taken {
                assert_eq!(error.code(), ErrCode::ModuleNameConflict, "{error}");
            }
        }
        if let Some(found) = store.find(&format!("m{}", number % 7)) {
            expect_usual(found.call("step", &[number.into()]));
        }
        self.stores[at].put(Some(store));
    }

    fn read(&self, at: usize, number: i32) {
        let Some(instance) = self.instances[at].get() else { return };
        let memory = instance.get_memory("own").expect("exported");
        drop(instance);
        assert_eq!(memory.read_vec(100, 4).expect("within"), b"text");
        let _ = memory.grow(u64::from(number as u32 % 2));
        memory.write_value(number as usize + 200, number).expect("within");
        if let Some(shared) = self.memories[at].get() {
            shared.read_value::<u32>(shared.len() - 4).expect("within");
        }
    }

    fn spin(&self, at: usize, microseconds: u64) {
        let Some(instance) = self.instances[at].get() else { return };
        let interrupt = Interrupt::new();
        let error = interrupt.run(|| {
            let time = Duration::from_micros(microseconds);
            let _deadline = Deadline::after(time, &interrupt, time)?;
            instance.call("spin", &[1.into()])
        });
        assert_eq!(error.expect_err("endless").code(), ErrCode::Interrupted);
    }

    fn call(&self, at: usize, number: i32, random: &mut Random) {
        let Some(instance) = self.instances[at].get() else { return };
        let names = ["step", "share", "other", "keep", "grow", "trap", "step", "other"];
        let name = if random.below(200) == 0 { "deep" } else { names[random.below(8) as usize] };
        let func = instance.get_func(name).expect("exported");
        if random.below(2) == 0 {
            // The function keeps its instance.
            drop(instance);
        }
        let result = func.call(&[number.into()]);
        match (name, &result) {
            ("step", Ok(values)) => assert_eq!(values[0].i32(), Some(number + 1)),
            ("trap" | "deep", result) => assert!(result.is_err()),
            _ => {}
        }
        expect_usual(result);
    }
}

fn expect_usual(result: Result<Vec<Val>, Error>) {
    let Err(error) = result else { return };
    let usual = [
        ErrCode::MemoryOutOfBounds,
        ErrCode::StackOverflow,
        ErrCode::UninitializedElement,
        ErrCode::TableOutOfBounds,
    ];
    assert!(usual.contains(&error.code()), "{error}");
}

#[test]
fn threads_do_everything_at_once() {
    let seconds = std::env::var("WASMSPAN_STRESS_SECONDS").ok();
    let seconds = seconds.map_or(5, |seconds| seconds.parse().expect("a number of seconds"));
    // What stays for ever is made before.
    let round = |seconds: u64, seed: u64| {
        let world = Arc::new(World::new());
        let start = Instant::now();
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let world = &world;
                scope.spawn(move || {
                    let mut random = Random::new(seed + thread);
                    while start.elapsed() < Duration::from_secs(seconds) {
                        (0..20).for_each(|_| world.step(&mut random));
                    }
                });
            }
        });
        world.done.load(Ordering::Relaxed)
    };
    round(1, 1);
    let before = Footprint::now();
    let seed = std::time::UNIX_EPOCH.elapsed().map_or(7, |time| time.as_nanos() as u64);
    let done = round(seconds, seed);
    println!("{done} steps, seed {seed}");
    assert!(done > 1000, "{done} steps");
    Footprint::now().assert_like(before);
}
