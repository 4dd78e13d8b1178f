//! Modules as large as the limits allow: everything takes time in proportion to their size, or is
//! refused with the limit. Each is made here, at a size and at four times that size.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wasmspan::config::{CompileTime, InterruptMode, Limits, OptLevel, TrapMode};
use wasmspan::{Config, ErrCode, Executor, Interrupt, Loader, Module, Store, Val};
use wasmspan_tests::support::wait_until;

/// A number in the binary format.
fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7F) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(content.len()), content].concat()
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    [leb(items.len()), items.concat()].concat()
}

/// A body with its size.
fn body(locals: &[(usize, u8)], code: &[u8]) -> Vec<u8> {
    let locals: Vec<_> = locals.iter().map(|(n, ty)| [leb(*n), vec![*ty]].concat()).collect();
    let content = [&list(&locals)[..], code, &[0x0B]].concat();
    [leb(content.len()), content].concat()
}

/// A module of functions of one type, the first exported as `f`.
fn module(ty: &[u8], bodies: &[Vec<u8>]) -> Vec<u8> {
    let funcs = [leb(bodies.len()), vec![0; bodies.len()]].concat();
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend(section(1, &[&[1][..], ty].concat()));
    bytes.extend(section(3, &funcs));
    bytes.extend(section(5, &[1, 0, 1]));
    bytes.extend(section(7, &[1, 1, b'f', 0, 0]));
    bytes.extend(section(10, &list(bodies)));
    bytes
}

/// `(i32) -> (i32)`.
const UNARY: &[u8] = &[0x60, 1, 0x7F, 1, 0x7F];
/// `() -> ()`.
const NOTHING: &[u8] = &[0x60, 0, 0];

/// A function with `n` locals that all live from the first half of it to the second.
fn live_locals(n: usize, ty: u8) -> Vec<u8> {
    let (make, drop_it): (&[u8], &[u8]) = match ty {
        0x7F => (&[], &[0x6A]),
        0x7E => (&[0xAD], &[0xA7, 0x6A]),
        0x7D => (&[0xB2], &[0xA8, 0x6A]),
        0x7C => (&[0xB7], &[0xAA, 0x6A]),
        _ => (&[0xFD, 0x11], &[0xFD, 0x1B, 0, 0x6A]),
    };
    let mut code = Vec::new();
    for local in 0..n {
        code.extend([0x20, 0x00, 0x41]);
        code.extend(leb(local & 0x3F));
        code.push(0x6A);
        code.extend(make);
        code.push(0x21);
        code.extend(leb(local + 1));
    }
    code.extend([0x41, 0]);
    for local in 0..n {
        code.push(0x20);
        code.extend(leb(local + 1));
        code.extend(drop_it);
    }
    module(UNARY, &[body(&[(n, ty)], &code)])
}

/// `n` operands that all wait until the last is there, with or without blocks in between.
fn live_operands(n: usize, blocks: bool) -> Vec<u8> {
    let mut code = [0x20, 0x00, 0x28, 0x02, 0x00].repeat(n);
    if blocks {
        code.extend([0x02, 0x40, 0x20, 0x00, 0x0D, 0x00, 0x0B].repeat(n));
    }
    code.extend([0x6A].repeat(n - 1));
    module(UNARY, &[body(&[], &code)])
}

/// Straight code of `n` bytes.
fn straight(n: usize) -> Vec<u8> {
    let step = [0x20, 0x01, 0x41, 0x03, 0x6C, 0x20, 0x00, 0x6A, 0x21, 0x01];
    let code =
        [&[0x20, 0x00, 0x21, 0x01][..], &step.repeat(n / step.len()), &[0x20, 0x01]].concat();
    module(UNARY, &[body(&[(1, 0x7F)], &code)])
}

/// Loads and stores in `n` blocks after one another.
fn branches(n: usize) -> Vec<u8> {
    // block; local.get 0; br_if 0; i32.const 8; local.get 1; i32.store; end
    let step = [0x02, 0x40, 0x20, 0, 0x0D, 0, 0x41, 8, 0x20, 1, 0x36, 2, 0, 0x0B];
    module(UNARY, &[body(&[(1, 0x7F)], &[&step.repeat(n)[..], &[0x20, 0]].concat())])
}

/// Blocks, loops and ifs in one another.
fn nested(n: usize, open: &[u8]) -> Vec<u8> {
    let code = [open.repeat(n), vec![0x0B; n], vec![0x20, 0]].concat();
    module(UNARY, &[body(&[], &code)])
}

/// `n` locals that a loop at each of `n` depths changes. None goes round again.
fn nested_locals(n: usize) -> Vec<u8> {
    let mut code = [0x03, 0x40].repeat(n);
    for local in 1..=n {
        code.push(0x20);
        code.extend(leb(local));
        code.extend([0x41, 1, 0x6A, 0x21]);
        code.extend(leb(local));
    }
    code.extend([0x41, 0, 0x0D, 0, 0x0B].repeat(n));
    code.extend([0x20, 1]);
    module(UNARY, &[body(&[(n, 0x7F)], &code)])
}

/// `n` loops in one another, through each of which 100 operands go.
fn nested_operands(n: usize) -> Vec<u8> {
    let pass = [leb(100), vec![0x7F; 100]].concat();
    let pass = [&[0x60][..], &pass, &pass].concat();
    let gets = [0x20, 0].repeat(100);
    let code = [gets, [0x03, 1].repeat(n), vec![0x0B; n], vec![0x6A; 99]].concat();
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend(section(1, &list(&[UNARY.to_vec(), pass])));
    bytes.extend(section(3, &[1, 0]));
    bytes.extend(section(7, &[1, 1, b'f', 0, 0]));
    bytes.extend(section(10, &list(&[body(&[], &code)])));
    bytes
}

/// A `br_table` of `n` targets, all the same or each another block.
fn table(n: usize, different: bool) -> Vec<u8> {
    let blocks = if different { n } else { 1 };
    let mut code = [0x02, 0x40].repeat(blocks);
    code.extend([0x20, 0x00, 0x0E]);
    code.extend(leb(n));
    for target in 0..n {
        code.extend(leb(if different { target } else { 0 }));
    }
    code.push(0);
    code.extend(vec![0x0B; blocks]);
    code.extend([0x20, 0x00]);
    module(UNARY, &[body(&[], &code)])
}

/// `n` functions, of which the last ones call those before.
fn functions(n: usize) -> Vec<u8> {
    let bodies: Vec<_> = (0..n)
        .map(|number| match number {
            0 => body(&[], &[0x20, 0]),
            _ => body(&[], &[&[0x20, 0, 0x10][..], &leb(number / 2)].concat()),
        })
        .collect();
    module(UNARY, &bodies)
}

/// `n` exports of one function, with names of some length, and a name section as long.
fn exports(n: usize, name_bytes: usize) -> Vec<u8> {
    let name = |number: usize| {
        let name = format!("{number:0name_bytes$}").into_bytes();
        [leb(name.len()), name].concat()
    };
    let exports: Vec<_> = (0..n).map(|number| [&name(number)[..], &[0, 0]].concat()).collect();
    let names: Vec<_> = (0..n).map(|number| [leb(number), name(number)].concat()).collect();
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend(section(1, &[&[1][..], UNARY].concat()));
    bytes.extend(section(3, &[leb(n), vec![0; n]].concat()));
    bytes.extend(section(7, &list(&exports)));
    bytes.extend(section(10, &list(&vec![body(&[], &[0x20, 0]); n])));
    let functions = list(&names);
    let names = [&[4][..], b"name", &[1], &leb(functions.len()), &functions].concat();
    bytes.extend(section(0, &names));
    bytes
}

/// `n` functions, each of another type.
fn types(n: usize) -> Vec<u8> {
    let ty = |number: usize| {
        let params: Vec<u8> = (0..20).map(|bit| 0x7F - (number >> bit & 1) as u8).collect();
        [&[0x60][..], &leb(params.len()), &params, &[0]].concat()
    };
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend(section(1, &list(&(0..n).map(ty).collect::<Vec<_>>())));
    bytes.extend(section(3, &list(&(0..n).map(leb).collect::<Vec<_>>())));
    bytes.extend(section(10, &list(&vec![body(&[], &[]); n])));
    bytes
}

/// `n` segments of data and of elements.
fn segments(n: usize) -> Vec<u8> {
    let data: Vec<_> = (0..n).map(|_| vec![0, 0x41, 0, 0x0B, 1, b'x']).collect();
    let elements: Vec<_> = (0..n).map(|_| vec![0, 0x41, 0, 0x0B, 1, 0]).collect();
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend(section(1, &[&[1][..], NOTHING].concat()));
    bytes.extend(section(3, &[1, 0]));
    bytes.extend(section(4, &[1, 0x70, 0, 1]));
    bytes.extend(section(5, &[1, 0, 1]));
    bytes.extend(section(9, &list(&elements)));
    bytes.extend(section(10, &list(&[body(&[], &[])])));
    bytes.extend(section(11, &list(&data)));
    bytes
}

/// Globals of which each begins with what an imported one has, and is exported.
fn globals(n: usize) -> Vec<u8> {
    let mut text = String::from("(module");
    for number in 0..n {
        let _ = write!(text, "(global (export \"{number}\") (mut i64) (i64.const {number}))");
    }
    text.push(')');
    wat::parse_str(text).expect("text")
}

/// The ways in which code comes to be, with what each is called.
fn ways() -> Vec<(&'static str, Config)> {
    let eager = Config { compile_time: CompileTime::Eager, ..Config::default() };
    let mut metered = eager.clone();
    metered.statistics.cost_measuring = true;
    metered.statistics.instruction_counting = true;
    vec![
        ("optimised", eager.clone()),
        ("unoptimised", Config { opt_level: OptLevel::None, ..eager.clone() }),
        ("lazy", Config { compile_time: CompileTime::Lazy, ..eager.clone() }),
        ("checks", Config { trap_mode: TrapMode::Checks, ..eager.clone() }),
        ("poll", Config { interrupt_mode: InterruptMode::Poll, ..eager }),
        ("metered", metered),
    ]
}

/// Processor time of this process, or of this thread.
fn processor_time(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to a place of ours.
    assert_eq!(unsafe { libc::clock_gettime(clock, &raw mut time) }, 0);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
}

/// Waits until no thread compiles what nobody needs any more.
fn wait_for_compilers() {
    let compiles = || {
        let tasks = std::fs::read_dir("/proc/self/task").expect("threads").flatten();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        names.into_iter().any(|name| name.starts_with("wasmspan-compil"))
    };
    while compiles() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// One test at a time: others would be measured too.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    wait_for_compilers();
    one
}

/// Processor time in which a module is loaded, validated, compiled, instantiated and called; the shorter
/// of two. A refusal by a limit counts too, if it comes as fast.
fn time(config: &Config, bytes: &[u8]) -> Duration {
    // What is compiled on demand is compiled by the caller; in the background it would take longer.
    let clock = match config.compile_time {
        CompileTime::Lazy => libc::CLOCK_THREAD_CPUTIME_ID,
        _ => libc::CLOCK_PROCESS_CPUTIME_ID,
    };
    let once = || {
        wait_for_compilers();
        let start = processor_time(clock);
        let result = Module::with_config(config, bytes)
            .and_then(|module| Executor::new(config).instantiate(&Store::new(), &module))
            .and_then(|instance| match instance.get_func("f") {
                Some(func) => func.call(&[Val::I32(3)]).map(drop),
                None => Ok(()),
            });
        if let Err(error) = result {
            let text = error.to_string();
            let known = text.contains("the limit is") || error.code() == ErrCode::StackOverflow;
            assert!(known, "{text}");
        }
        processor_time(clock) - start
    };
    let first = once();
    if first > Duration::from_secs(2) { first } else { first.min(once()) }
}

/// How much larger than usual modules are made, for `make soak`.
fn scale() -> usize {
    std::env::var("WASMSPAN_LARGE").map_or(1, |scale| scale.parse().expect("a number"))
}

/// Fails unless modules of 4 times a size take about 4 times as long, in every way of compiling.
fn in_proportion(what: &str, size: usize, make: impl Fn(usize) -> Vec<u8>) {
    let _alone = alone();
    let size = size * scale();
    let (small, large) = (make(size), make(4 * size));
    for (way, config) in ways() {
        let measure = || {
            let (first, second) = (time(&config, &small), time(&config, &large));
            println!(
                "{what:20} {way:11} {:8} bytes {:6} ms, {:8} bytes {:6} ms",
                small.len(),
                first.as_millis(),
                large.len(),
                second.as_millis()
            );
            // More than the proportion, for tables that outgrow caches. Without optimisation of this
            // program the code generator checks its own work, the longer the more blocks there are,
            // which these ways make.
            let many_blocks = matches!(way, "checks" | "poll" | "metered");
            let most = if cfg!(debug_assertions) && many_blocks { 15 } else { 10 };
            second <= first.max(Duration::from_millis(25)) * most
        };
        // Other work on the machine empties the caches of one of them at times, but not always.
        assert!((0..3).any(|_| measure()), "{what}, {way}: not in proportion to the size");
    }
}

#[test]
fn functions_of_many_locals() {
    let types = [("i32", 0x7F), ("v128", 0x7B), ("i64", 0x7E), ("f32", 0x7D), ("f64", 0x7C)];
    // The others in the long run.
    let types = if scale() > 1 { &types[..] } else { &types[..2] };
    for &(what, ty) in types {
        in_proportion(&format!("locals of type {what}"), 3_000, |n| live_locals(n, ty));
    }
}

#[test]
fn functions_of_many_operands() {
    in_proportion("operands", 1_500, |n| live_operands(n, false));
    in_proportion("operands and blocks", 1_000, |n| live_operands(n, true));
}

#[test]
fn long_functions() {
    in_proportion("straight code", 50_000, straight);
    in_proportion("branches", 2_000, branches);
}

#[test]
fn nested_functions() {
    in_proportion("blocks in blocks", 10_000, |n| nested(n, &[0x02, 0x40]));
    in_proportion("loops in loops", 1_500, |n| nested(n, &[0x03, 0x40]));
    in_proportion("ifs in ifs", 1_500, |n| nested(n, &[0x20, 0, 0x04, 0x40]));
    in_proportion("locals in loops", 200, nested_locals);
    in_proportion("operands in loops", 100, nested_operands);
}

#[test]
fn branch_tables() {
    in_proportion("one target", 8_000, |n| table(n, false));
    in_proportion("many targets", 3_000, |n| table(n, true));
    let error = Module::new(table(1_000_000, false)).expect_err("too many");
    assert!(error.to_string().contains("the limit is 65520"), "{error}");
}

#[test]
fn modules_of_many_parts() {
    in_proportion("functions", 1_500, functions);
    in_proportion("types", 1_500, types);
    in_proportion("exports", 1_500, |n| exports(n, 8));
    in_proportion("long names", 50, |n| exports(n, 20_000));
    in_proportion("segments", 10_000, segments);
    in_proportion("globals", 5_000, globals);
}

/// Calls that take and give as many values as a function may, each two bytes long.
#[test]
fn many_values_for_few_bytes_are_refused_with_the_limit() {
    let _alone = alone();
    let many = [leb(1000), vec![0x7F; 1000]].concat();
    let ty = [&[0x60][..], &many, &many].concat();
    let gets: Vec<u8> = (0..1000).flat_map(|at| [&[0x20][..], &leb(at)].concat()).collect();
    let calls = |n: usize| {
        let code = [&gets[..], &[0x10, 1].repeat(n)].concat();
        module(&ty, &[body(&[], &code), body(&[], &gets)])
    };
    for (_, config) in ways() {
        let module = Module::with_config(&config, calls(20)).expect("not too many");
        let instance = module.instantiate(&Store::new()).expect("it links");
        let params: Vec<_> = (0..1000).map(Val::I32).collect();
        let results = instance.call("f", &params).expect("it runs");
        assert!(results.iter().zip(&params).all(|(left, right)| left.i32() == right.i32()));
    }
    for (way, config) in ways() {
        let start = processor_time(libc::CLOCK_PROCESS_CPUTIME_ID);
        let error = Module::with_config(&config, calls(100_000))
            .and_then(|module| module.instantiate(&Store::new()))
            .and_then(|instance| instance.call("f", &vec![Val::I32(0); 1000]))
            .expect_err("too many");
        assert!(error.to_string().contains("the limit is"), "{way}: {error}");
        let took = processor_time(libc::CLOCK_PROCESS_CPUTIME_ID) - start;
        assert!(took < Duration::from_secs(20), "{way}: {took:?}");
        println!("calls with many values, {way}: refused after {} ms", took.as_millis());
    }
}

#[test]
fn locals_and_operands_in_memory_hold_what_they_should() {
    let _alone = alone();
    for n in [300, 4_000] {
        let wanted: i32 = (0..n as i32).map(|at| 3 + (at & 0x3F)).sum();
        for (way, config) in ways() {
            for ty in [0x7F, 0x7C, 0x7B] {
                let module = Module::with_config(&config, live_locals(n, ty)).expect("valid");
                let instance = module.instantiate(&Store::new()).expect("it links");
                let results = instance.call("f", &[Val::I32(3)]).expect("it runs");
                assert_eq!(results[0].i32(), Some(wanted), "{way}, {n} locals of type {ty:#x}");
            }
        }
    }
}

/// Operands far down the stack, in the arms of an `if` that take them, change them and put them back.
#[test]
fn deep_operands_survive_branches() {
    const COUNT: usize = 400;
    let taken = "(local.set $x) (local.set $y)";
    let params = "(param i32 i32) (result i32 i32)";
    let mut text = String::from(
        "(module (func (export \"f\") (param i32) (result i32) (local $x i32) (local $y i32)",
    );
    for at in 0..COUNT {
        let _ = write!(text, "(i32.add (local.get 0) (i32.const {at}))");
    }
    let _ = write!(
        text,
        "(block {params} (local.get 0) (if {params}
            (then {taken} (local.get $y) (i32.add (local.get $x) (i32.const 1)))
            (else {taken} (local.get $y) (local.get $x)
                (loop {params} {taken} (local.get $y) (i32.sub (local.get $x) (i32.const 1))))))"
    );
    text.push_str(&"i32.add ".repeat(COUNT - 1));
    text.push_str("))");
    let bytes = wat::parse_str(&text).expect("text");
    for (way, config) in ways() {
        let module = Module::with_config(&config, &bytes).expect("valid");
        let instance = module.instantiate(&Store::new()).expect("it links");
        let sum: i32 = (0..COUNT as i32).sum();
        let f = instance.typed::<i32, i32>("f").expect("there");
        assert_eq!(f.call(0).expect("it runs"), sum - 1, "{way}");
        assert_eq!(f.call(2).expect("it runs"), sum + 2 * COUNT as i32 + 1, "{way}");
    }
}

/// Code that takes seconds to compile.
fn slow() -> Vec<u8> {
    straight(3_000_000)
}

#[test]
fn time_limits_hold_while_functions_are_compiled_on_demand() {
    let _alone = alone();
    let config = Config { compile_time: CompileTime::Lazy, ..Config::default() };
    let module = Module::with_config(&config, slow()).expect("valid");
    let executor = Executor::new(&config);
    let instance = executor.instantiate(&Store::new(), &module).expect("it links");
    let func = instance.get_func("f").expect("there");
    let limits = Limits { time_ms: Some(50), ..Limits::default() };
    // Many that give up share one compilation, which goes on.
    for _ in 0..5 {
        let start = Instant::now();
        let error = executor.invoke_within(&func, &[Val::I32(1)], &limits).expect_err("no time");
        assert!(error.is_timeout(), "{error}");
        assert_eq!(error.details(), ["the time limit is 50 ms"]);
        assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    }
    wait_until("the function is compiled", || {
        executor.invoke_within(&func, &[Val::I32(1)], &limits).is_ok()
    });

    // The same by a request of another thread.
    let module = Module::with_config(&config, slow()).expect("valid");
    let instance = module.instantiate(&Store::new()).expect("it links");
    let interrupt = Interrupt::new();
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            interrupt.interrupt();
        });
        let error = interrupt.run(|| instance.call("f", &[Val::I32(1)])).expect_err("stopped");
        assert_eq!(error.code(), ErrCode::Interrupted);
    });
    assert!(start.elapsed() < Duration::from_millis(700), "{:?}", start.elapsed());
    // Without a limit the call waits, and the instance is as good as new.
    assert!(instance.call("f", &[Val::I32(1)]).is_ok());
}

#[test]
fn time_limits_hold_while_a_module_is_compiled_for_an_instance() {
    let _alone = alone();
    let limits = Limits { time_ms: Some(50), ..Limits::default() };
    let config = Config { compile_time: CompileTime::Eager, limits, ..Config::default() };
    let module = Loader::new(&config).load_bytes(slow()).expect("well-formed");
    module.validate().expect("valid");
    let start = Instant::now();
    let error = Executor::new(&config).instantiate(&Store::new(), &module).expect_err("no time");
    assert!(error.is_timeout(), "{error}");
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}
