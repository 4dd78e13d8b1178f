//! Asynchronous calls: waiting, results, cancelling, dropping, and very many of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wasmspan::{Caller, Config, ErrCode, Executor, Func, Instance, Task, Val, Vm};
use wasmspan_tests::support::{Footprint, interrupt_modes, module};

const TEXT: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    (func (export "spin") (loop br 0))
    (func (export "trap") unreachable))"#;

/// Far more than anything here takes, so that a busy machine fails no test.
const LONGEST: Duration = Duration::from_secs(60);

fn vm(config: &Config) -> Vm {
    let vm = Vm::new(config).expect("made");
    vm.load_bytes(TEXT).expect("loads");
    vm.validate().expect("valid");
    vm.instantiate().expect("links");
    vm
}

#[test]
fn every_way_of_starting_gives_the_results() {
    let vm = vm(&Config::default());
    let params = [Val::I32(2), Val::I32(3)];
    vm.register_bytes("lib", TEXT).expect("registered");
    let file = std::env::temp_dir().join(format!("wasmspan-tasks-{}.wat", std::process::id()));
    std::fs::write(&file, TEXT).expect("written");
    let module = module(vm.config(), TEXT);
    let func = vm.active_module().and_then(|active| active.get_func("add")).expect("exported");
    let tasks = [
        vm.execute_async("add", &params),
        vm.execute_registered_async("lib", "add", &params),
        vm.run_file_async(&file, "add", &params),
        vm.run_bytes_async(TEXT, "add", &params),
        vm.run_module_async(&module, "add", &params),
        vm.executor().invoke_async(&func, &params),
    ];
    for task in tasks {
        let task = task.expect("started");
        task.wait();
        assert!(task.is_finished());
        assert!(task.wait_for(Duration::ZERO));
        assert_eq!(task.result_len(), 1);
        assert_eq!(task.get().expect("it adds")[0].i32(), Some(5));
        assert_eq!(task.get().expect("again")[0].i32(), Some(5));
    }
    std::fs::remove_file(file).expect("removed");
}

#[test]
fn failures_come_with_the_result() {
    let vm = vm(&Config::default());
    let trap = vm.execute_async("trap", &[]).expect("started");
    assert_eq!(trap.result_len(), 0);
    assert_eq!(trap.get().expect_err("it traps").code(), ErrCode::Unreachable);
    let missing = vm.execute_async("missing", &[]).expect("started");
    assert_eq!(missing.get().expect_err("no such").code(), ErrCode::FuncNotFound);
    let bad = vm.run_bytes_async(b"no module", "f", &[]).expect("started");
    assert!(bad.get().is_err());
    let file = vm.run_file_async("/nowhere/at/all.wasm", "f", &[]).expect("started");
    assert_eq!(file.get().expect_err("no such").code(), ErrCode::IllegalPath);
    let ended = Func::wrap(|| -> () { panic!("on purpose") }).expect("made");
    let task = Executor::default().invoke_async(&ended, &[]).expect("started");
    assert_eq!(task.get().expect_err("it panics").code(), ErrCode::HostFuncError);
}

#[test]
fn a_cancelled_task_ends_and_the_vm_goes_on() {
    for config in interrupt_modes() {
        let vm = vm(&config);
        let spin = vm.execute_async("spin", &[]).expect("started");
        let other = vm.execute_async("spin", &[]).expect("started");
        assert!(!spin.wait_for(Duration::from_millis(30)), "it never ends by itself");
        assert!(!spin.is_finished());
        spin.cancel();
        assert!(spin.wait_for(LONGEST));
        assert_eq!(spin.get().expect_err("stopped").code(), ErrCode::Interrupted);
        assert!(!other.is_finished(), "only the one that was cancelled stops");
        assert_eq!(
            vm.execute("add", &[Val::I32(1), Val::I32(1)]).expect("usable")[0].i32(),
            Some(2)
        );
        // The VM's interrupt stops its tasks too.
        vm.interrupt().interrupt();
        assert_eq!(other.get().expect_err("stopped").code(), ErrCode::Interrupted);
    }
}

#[test]
fn dropping_a_task_stops_it() {
    let running = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&running);
    let wait = Func::wrap(move |caller: Caller<'_>| -> wasmspan::Result<()> {
        seen.fetch_add(1, Ordering::SeqCst);
        let asked = caller.interrupt().expect("tasks have one").wait(LONGEST);
        seen.fetch_sub(1, Ordering::SeqCst);
        assert!(asked, "nobody asked for a stop");
        Ok(())
    });
    let wait = wait.expect("made");
    let task = Executor::default().invoke_async(&wait, &[]).expect("started");
    while running.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    drop(task);
    assert_eq!(running.load(Ordering::SeqCst), 0, "nothing of it runs after the drop");
    // The VM's own interrupt and the task's: whichever is asked, a host function that waits wakes.
    let vm = Vm::new(&Config::default()).expect("made");
    let env = Instance::host("env");
    env.define("wait", wait).expect("defined");
    vm.register_instance(&env).expect("registered");
    let task = vm.execute_registered_async("env", "wait", &[]).expect("started");
    while running.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    drop(task);
    assert_eq!(running.load(Ordering::SeqCst), 0);
    let start = Instant::now();
    vm.execute_async("nothing", &[]).expect("started").detach();
    assert!(start.elapsed() < LONGEST);
}

#[test]
fn thousands_of_tasks_finish() {
    let vm = vm(&Config::default());
    let tasks: Vec<Task> = (0..5000)
        .map(|n| vm.execute_async("add", &[Val::I32(n), Val::I32(1)]).expect("started"))
        .collect();
    for (n, task) in (0..).zip(&tasks) {
        assert_eq!(task.get().expect("it adds")[0].i32(), Some(n + 1));
    }
    // Cancelling all at once, most of them still in the queue.
    let tasks: Vec<Task> =
        (0..100).map(|_| vm.execute_async("spin", &[]).expect("started")).collect();
    tasks.iter().for_each(Task::cancel);
    for task in &tasks {
        assert_eq!(task.get().expect_err("cancelled").code(), ErrCode::Interrupted);
    }
}

#[test]
fn cancels_at_random_times_leave_nothing_behind() {
    // `make soak` asks for more.
    let count =
        std::env::var("WASMSPAN_CANCELS").map_or(500, |text| text.parse().expect("a number"));
    let before = Footprint::now();
    for config in interrupt_modes() {
        let mut metered = config.clone();
        metered.statistics.instruction_counting = true;
        for config in [config, metered] {
            let vm = vm(&config);
            let mut random = 0x9E37_79B9_7F4A_7C15_u64;
            for _ in 0..count / 4 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let task = vm.execute_async("spin", &[]).expect("started");
                std::thread::sleep(Duration::from_nanos(random >> 48));
                task.cancel();
                assert_eq!(task.get().expect_err("cancelled").code(), ErrCode::Interrupted);
                // One that comes too late does nothing.
                task.cancel();
                let sum = vm.execute("add", &[Val::I32(1), Val::I32(2)]).expect("undisturbed");
                assert_eq!(sum[0].i32(), Some(3));
            }
        }
    }
    println!("{count} cancels: {before:?} before, {:?} after", Footprint::now());
}

#[test]
fn tasks_that_wait_for_each_other_finish() {
    // Each of the first tasks waits for a later one, more than there are threads.
    const COUNT: usize = 600;
    let tasks: Arc<Mutex<Vec<Option<Arc<Task>>>>> = Arc::new(Mutex::new(vec![None; COUNT]));
    let others = Arc::clone(&tasks);
    let wait = Func::wrap(move |number: i32| -> wasmspan::Result<i32> {
        let Some(next) = usize::try_from(number + 1).ok().filter(|next| *next < COUNT) else {
            return Ok(0);
        };
        let next = loop {
            let known = others.lock().expect("no panic")[next].clone();
            match known {
                Some(task) => break task,
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        Ok(next.get()?[0].i32().expect("a number") + 1)
    });
    let wait = wait.expect("made");
    let executor = Executor::default();
    for number in 0..COUNT {
        let task = executor.invoke_async(&wait, &[Val::I32(number as i32)]).expect("started");
        tasks.lock().expect("no panic")[number] = Some(Arc::new(task));
    }
    let first = tasks.lock().expect("no panic")[0].clone().expect("set");
    assert!(first.wait_for(LONGEST), "they wait for each other");
    assert_eq!(first.get().expect("finishes")[0].i32(), Some(COUNT as i32 - 1));
    tasks.lock().expect("no panic").clear();
}

#[test]
fn a_task_keeps_what_it_runs() {
    let task = {
        let vm = vm(&Config::default());
        vm.execute_async("add", &[Val::I32(20), Val::I32(22)]).expect("started")
    };
    assert_eq!(task.get().expect("it adds")[0].i32(), Some(42));
}

#[test]
fn callbacks_are_called_once_however_a_task_ends() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let vm = Vm::new(&Config::default()).expect("made");
    let text = r#"(module (func (export "spin") (loop (br 0))) (func (export "trap") unreachable)
        (func (export "end")))"#;
    for (name, cancelled) in [("end", false), ("trap", false), ("spin", true)] {
        let calls = std::sync::Arc::new(AtomicUsize::new(0));
        let (sender, ended) = std::sync::mpsc::channel();
        let task = vm.run_bytes_async(text, name, &[]).expect("a thread");
        for late in [false, true] {
            if late {
                task.wait();
            }
            let (calls, sender) = (calls.clone(), sender.clone());
            task.on_finish(move || {
                calls.fetch_add(1, Ordering::SeqCst);
                sender.send(()).expect("somebody listens");
                assert!(late, "a panic elsewhere is nobody's business");
            });
            if cancelled {
                task.cancel();
            }
        }
        for _ in 0..2 {
            ended.recv_timeout(Duration::from_secs(20)).expect("it is called");
        }
        assert_eq!(task.get().is_ok(), name == "end");
        drop(task);
        assert_eq!(calls.load(Ordering::SeqCst), 2, "{name}");
    }
}
