//! Calls on stacks that the program made: fibers and coroutines, and threads with very small stacks.
#![cfg(target_os = "linux")]

use std::any::Any;
use std::cell::Cell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::null_mut;
use std::time::Duration;
use wasmspan::config::Limits;
use wasmspan::{
    Config, ErrCode, Executor, Func, Instance, Interrupt, Module, Statistics, Store, Val,
};
use wasmspan_tests::support::{interrupt_modes, on_stack};

const PAGE: usize = 4096;

/// How a fiber's stack is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Make {
    /// With a guard page below it.
    Guarded(usize),
    /// Without one: as much of something else lies right below.
    Bare(usize),
}

/// What lies below a stack without a guard page is filled with.
const NEIGHBOUR: u8 = 0xA5;

/// A stack of its own, and where it goes on.
struct Fiber {
    context: Box<libc::ucontext_t>,
    /// Where whoever resumed it goes on.
    back: Box<libc::ucontext_t>,
    mapping: *mut c_void,
    /// Bytes of the mapping below the stack.
    below: usize,
    size: usize,
    work: Option<Box<dyn FnOnce()>>,
    done: bool,
    /// What it panicked with: no panic may pass its first frame.
    failed: Option<Box<dyn Any + Send>>,
}

thread_local! {
    static RUNNING: Cell<*mut Fiber> = const { Cell::new(null_mut()) };
}

extern "C" fn begin() {
    let fiber = RUNNING.get();
    // SAFETY: `resume` has set it, and it lives until the fiber is dropped.
    unsafe {
        let work = (*fiber).work.take().expect("begun once");
        (*fiber).failed = catch_unwind(AssertUnwindSafe(work)).err();
        (*fiber).done = true;
        suspend();
    }
}

/// Goes back to whoever resumed the running fiber.
fn suspend() {
    let fiber = RUNNING.get();
    assert!(!fiber.is_null(), "only fibers suspend");
    // SAFETY: both contexts are initialised, and their stacks alive.
    unsafe { libc::swapcontext(&mut *(*fiber).context, &*(*fiber).back) };
}

impl Fiber {
    fn new(make: Make, work: impl FnOnce() + 'static) -> Box<Fiber> {
        let (size, below, rights_below) = match make {
            Make::Guarded(size) => (size, PAGE, libc::PROT_NONE),
            Make::Bare(size) => (size, PAGE + size, libc::PROT_READ),
        };
        // SAFETY: a new mapping, whose lowest page becomes a guard; the context runs on the highest part.
        unsafe {
            let rights = libc::PROT_READ | libc::PROT_WRITE;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let mapping = libc::mmap(null_mut(), below + size, rights, flags, -1, 0);
            assert_ne!(mapping, libc::MAP_FAILED);
            std::ptr::write_bytes(mapping.byte_add(PAGE).cast::<u8>(), NEIGHBOUR, below - PAGE);
            assert_eq!(libc::mprotect(mapping, PAGE, rights_below), 0);
            let mut context = Box::new(MaybeUninit::<libc::ucontext_t>::zeroed().assume_init());
            assert_eq!(libc::getcontext(&mut *context), 0);
            context.uc_stack.ss_sp = mapping.byte_add(below);
            context.uc_stack.ss_size = size;
            libc::makecontext(&mut *context, begin, 0);
            Box::new(Fiber {
                context,
                back: Box::new(MaybeUninit::zeroed().assume_init()),
                mapping,
                below,
                size: below + size,
                work: Some(Box::new(work)),
                done: false,
                failed: None,
            })
        }
    }

    /// What lies below the stack is as it was.
    fn neighbour_is_untouched(&self) -> bool {
        // SAFETY: mapped in `new`, and readable above the first page.
        let bytes = unsafe {
            std::slice::from_raw_parts(self.mapping.byte_add(PAGE).cast::<u8>(), self.below - PAGE)
        };
        bytes.iter().all(|byte| *byte == NEIGHBOUR)
    }

    /// Runs the fiber until it suspends or is done.
    fn resume(&mut self) {
        assert!(!self.done);
        let outer = RUNNING.replace(self);
        // SAFETY: as in `suspend`.
        unsafe { libc::swapcontext(&mut *self.back, &*self.context) };
        RUNNING.set(outer);
        if let Some(panic) = self.failed.take() {
            resume_unwind(panic);
        }
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`; nothing runs there any more.
        unsafe { libc::munmap(self.mapping, self.size) };
    }
}

const TEXT: &str = r#"(module
    (import "env" "suspend" (func $suspend (param i32) (result i32)))
    (global $steps (export "steps") (mut i32) (i32.const 0))
    (func (export "double") (param i32) (result i32) local.get 0 i32.const 2 i32.mul)
    (func (export "trap") (param i32) (result i32) unreachable)
    (func $deep (export "deep") (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
    (func (export "spin") (param i32) (result i32) (loop (br 0)) (unreachable))
    ;; Suspends as often as it is told to, and sums up what comes back.
    (func $sum (export "sum") (param i32) (result i32) (local i32)
        (block (loop
            (br_if 1 (i32.eqz (local.get 0)))
            (local.set 1 (i32.add (local.get 1) (call $suspend (local.get 0))))
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (br 0)))
        (local.get 1))
    (func (export "sum and trap") (param i32) (result i32) (drop (call $sum (local.get 0))) (unreachable))
    (func (export "sum and overflow") (param i32) (result i32) (drop (call $sum (local.get 0))) (call $deep (i32.const 0))))"#;

fn make(config: &Config) -> Instance {
    let store = Store::new();
    let env = Instance::host("env");
    let suspends = Func::wrap(|value: i32| {
        suspend();
        value * 10
    });
    env.define("suspend", suspends.expect("made")).expect("defined");
    store.register("env", &env).expect("registered");
    let module = Module::with_config(config, TEXT).expect("valid");
    Executor::new(config).instantiate(&store, &module).expect("it links")
}

/// The result of `name`, or the code of its error.
fn call(instance: &Instance, name: &str, param: i32) -> Result<i32, ErrCode> {
    instance
        .call(name, &[Val::I32(param)])
        .map(|results| results[0].i32().expect("an i32"))
        .map_err(|error| error.code())
}

/// What `work` gives on a fiber that doesn't suspend.
fn on_fiber<T: 'static>(make: Make, work: impl FnOnce() -> T + 'static) -> T {
    let result = std::rc::Rc::new(Cell::new(None));
    let place = result.clone();
    let mut fiber = Fiber::new(make, move || place.set(Some(work())));
    fiber.resume();
    assert!(fiber.done);
    assert!(fiber.neighbour_is_untouched());
    result.take().expect("it ran")
}

const STACKS: [Make; 3] =
    [Make::Guarded(8 << 20), Make::Guarded(256 << 10), Make::Guarded(64 << 10)];

#[test]
fn everything_works_on_a_stack_that_the_program_made() {
    for config in interrupt_modes() {
        let instance = make(&config);
        // The first call of all is on a fiber, then both kinds of stack take turns.
        for stack in STACKS {
            let there = instance.clone();
            on_fiber(stack, move || {
                for _ in 0..3 {
                    assert_eq!(call(&there, "double", 21), Ok(42), "{stack:?}");
                    assert_eq!(call(&there, "trap", 0), Err(ErrCode::Unreachable), "{stack:?}");
                    assert_eq!(call(&there, "deep", 0), Err(ErrCode::StackOverflow), "{stack:?}");
                    let interrupt = Interrupt::new();
                    std::thread::scope(|scope| {
                        scope.spawn(|| {
                            std::thread::sleep(Duration::from_millis(2));
                            interrupt.interrupt();
                        });
                        let stopped = interrupt.run(|| there.call("spin", &[Val::I32(0)]));
                        let code = stopped.expect_err("it never ends").code();
                        assert_eq!(code, ErrCode::Interrupted, "{stack:?}");
                    });
                }
            });
            assert_eq!(call(&instance, "double", 4), Ok(8));
            assert_eq!(call(&instance, "trap", 0), Err(ErrCode::Unreachable));
            assert_eq!(call(&instance, "deep", 0), Err(ErrCode::StackOverflow));
        }
    }
}

#[test]
fn limits_and_counts_hold_there() {
    let mut config = Config::default();
    config.statistics.instruction_counting = true;
    config.limits = Limits { time_ms: Some(50), ..Limits::default() };
    let statistics = Statistics::new();
    let executor = Executor::with_statistics(&config, &statistics);
    let text =
        r#"(module (func (export "spin") (loop (br 0))) (func (export "three") nop nop nop))"#;
    let module = Module::with_config(&config, text).expect("valid");
    let instance = executor.instantiate(&Store::new(), &module).expect("no imports");
    on_fiber(Make::Guarded(1 << 20), move || {
        executor.statistics().clear();
        let func = |name: &str| instance.get_func(name).expect("there");
        executor.invoke(&func("three"), &[]).expect("it returns");
        assert_eq!(executor.statistics().instruction_count(), 4);
        let error = executor.invoke(&func("spin"), &[]).expect_err("it never ends");
        assert!(error.is_timeout(), "{error}");
    });
}

/// Fibers that suspend inside host functions, and go on in an order that no stack would have.
#[test]
fn fibers_go_on_in_any_order() {
    for config in interrupt_modes() {
        let instance = make(&config);
        for make in [Make::Guarded(64 << 10), Make::Guarded(1 << 20)] {
            let mut seed = 1u32;
            for _ in 0..20 {
                let ended = std::rc::Rc::new(Cell::new(0));
                let mut fibers: Vec<Box<Fiber>> = (0..8)
                    .map(|at| {
                        let (instance, ended) = (instance.clone(), ended.clone());
                        Fiber::new(make, move || {
                            let rounds = 3 + at % 4;
                            let sum = (1..=rounds).sum::<i32>() * 10;
                            let (name, wanted) = match at % 3 {
                                0 => ("sum", Ok(sum)),
                                1 => ("sum and trap", Err(ErrCode::Unreachable)),
                                _ => ("sum and overflow", Err(ErrCode::StackOverflow)),
                            };
                            assert_eq!(call(&instance, name, rounds), wanted, "{name}, {make:?}");
                            assert_eq!(call(&instance, "sum", rounds), Ok(sum), "{make:?}");
                            ended.set(ended.get() + 1);
                        })
                    })
                    .collect();
                while !fibers.is_empty() {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let at = (seed >> 16) as usize % fibers.len();
                    fibers[at].resume();
                    if fibers[at].done {
                        fibers.swap_remove(at);
                    }
                    // The thread's own stack calls in between.
                    assert_eq!(call(&instance, "double", 3), Ok(6));
                    assert_eq!(call(&instance, "trap", 0), Err(ErrCode::Unreachable));
                }
                assert_eq!(ended.get(), 8);
            }
        }
    }
}

/// A host function on the thread's own stack runs a fiber, which suspends inside its guest; the
/// first guest goes on before the second.
#[test]
fn guest_goes_on_while_the_fiber_it_began_waits() {
    for config in interrupt_modes() {
        let instance = make(&config);
        let fiber = std::sync::Arc::new(std::sync::Mutex::new(Vec::<usize>::new()));
        let (kept, inner) = (fiber.clone(), instance.clone());
        let env = Instance::host("env");
        let begins = Func::wrap(move || {
            let inner = inner.clone();
            let mut begun = Fiber::new(Make::Guarded(256 << 10), move || {
                assert_eq!(call(&inner, "sum and trap", 2), Err(ErrCode::Unreachable));
                assert_eq!(call(&inner, "sum", 1), Ok(10));
            });
            begun.resume();
            kept.lock().expect("whole").push(Box::into_raw(begun) as usize);
        });
        env.define("begin", begins.expect("made")).expect("defined");
        let store = Store::new();
        store.register("env", &env).expect("registered");
        let text = r#"(module (import "env" "begin" (func $begin))
            (func (export "trap") (call $begin) (call $begin) (unreachable))
            (func (export "return") (result i32) (call $begin) (i32.const 5)))"#;
        let outer = Module::with_config(&config, text).expect("valid");
        let outer = Executor::new(&config).instantiate(&store, &outer).expect("it links");
        for _ in 0..5 {
            assert_eq!(outer.call("return", &[]).expect("it returns")[0].i32(), Some(5));
            let error = outer.call("trap", &[]).expect_err("it traps");
            assert_eq!(error.code(), ErrCode::Unreachable);
        }
        for begun in fiber.lock().expect("whole").drain(..) {
            // SAFETY: from `Box::into_raw` above, on this thread.
            let mut begun = unsafe { Box::from_raw(begun as *mut Fiber) };
            while !begun.done {
                begun.resume();
            }
        }
        assert_eq!(call(&instance, "double", 3), Ok(6));
    }
}

#[test]
fn fibers_may_be_given_up_inside_a_host_function() {
    let instance = make(&Config::default());
    for round in 0..200 {
        let size = [64, 256, 1024][round % 3] << 10;
        let there = instance.clone();
        let mut given_up = Fiber::new(Make::Guarded(size), move || {
            let _ = call(&there, "sum", 5);
            // What the closure holds is never dropped: the fiber doesn't come back.
        });
        given_up.resume();
        drop(given_up);
        // The next stack often lies in the same place.
        let there = instance.clone();
        on_fiber(Make::Guarded(size), move || {
            assert_eq!(call(&there, "trap", 0), Err(ErrCode::Unreachable));
            assert_eq!(call(&there, "deep", 0), Err(ErrCode::StackOverflow));
            assert_eq!(call(&there, "double", 2), Ok(4));
        });
    }
}

/// A guest that was given room by a guess would write over what lies below.
#[test]
fn stacks_without_a_guard_page_need_a_stated_size() {
    for config in interrupt_modes() {
        let instance = make(&config);
        for size in [64 << 10, 384 << 10, 1 << 20] {
            let there = instance.clone();
            let mut stated = config.clone();
            stated.limits = Limits { stack_bytes: Some(16 << 10), ..Limits::default() };
            on_fiber(Make::Bare(size), move || {
                let error = there.call("double", &[Val::I32(1)]).expect_err("no size is known");
                assert_eq!(error.code(), ErrCode::StackOverflow);
                assert!(error.to_string().contains("stack_bytes"), "{error}");
                let executor = Executor::new(&stated);
                let run = |name: &str| {
                    executor.invoke(&there.get_func(name).expect("there"), &[Val::I32(21)])
                };
                for _ in 0..3 {
                    assert_eq!(run("double").expect("it returns")[0].i32(), Some(42));
                    let code = |name: &str| run(name).expect_err("it fails").code();
                    assert_eq!(code("trap"), ErrCode::Unreachable);
                    assert_eq!(code("deep"), ErrCode::StackOverflow);
                }
            });
        }
    }
}

#[test]
fn threads_with_very_small_stacks_can_call() {
    for config in interrupt_modes() {
        for kib in [16, 32, 48, 64, 80, 128] {
            // A new type needs stubs, which are compiled at the first call.
            let (types, params) = ("i64 ".repeat(kib / 16), vec![Val::I64(0); kib / 16]);
            let text = format!(
                r#"(module (func (export "f") (param {types}) (result i32) (i32.const 7))
                   (func $r (export "r") (call $r) (call $r)))"#
            );
            let module = Module::with_config(&config, text.as_str()).expect("valid");
            let instance = module.instantiate(&Store::new()).expect("no imports");
            on_stack(kib << 10, || {
                assert_eq!(
                    instance.call("f", &params).expect("it returns")[0].i32(),
                    Some(7),
                    "{kib} KiB"
                );
                let error = instance.call("r", &[]).expect_err("it never ends");
                assert_eq!(error.code(), ErrCode::StackOverflow, "{kib} KiB");
            });
        }
    }
}
