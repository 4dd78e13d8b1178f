//! Signals that are not ours. Each test runs this program again as another process, which dies.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use wasmspan::{ErrCode, Func, Instance, Store};
use wasmspan_tests::support::{module, trap_modes};

/// Says in the other process which part to play.
const ROLE: &str = "WASMSPAN_TEST_ROLE";

/// Runs this test again in another process, with a role.
fn other_process(test: &str, role: &str) -> Output {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(ROLE, role);
    // SAFETY: only sets a limit, so that a death leaves no core file behind.
    unsafe {
        command.pre_exec(|| {
            let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            libc::setrlimit(libc::RLIMIT_CORE, &none);
            Ok(())
        });
    }
    command.output().expect("the process starts")
}

fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// An instance whose `run` calls `host`, and which has trapped by a signal once already.
fn instance(config: &wasmspan::Config, host: Func) -> Instance {
    let store = Store::new();
    let env = Instance::host("env");
    env.define("f", host).expect("defined");
    store.register("env", &env).expect("the name is free");
    let text = r#"(module (import "env" "f" (func $f)) (memory 1)
        (func (export "run") call $f)
        (func (export "trap") (result i32) (i32.load (i32.const 65536)))
        (func (export "work") (param i32) (result i32) (local i32)
            (loop
                (local.set 1 (i32.add (local.get 1) (i32.const 1)))
                (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
            local.get 1))"#;
    let instance = module(config, text).instantiate(&store).expect("it links");
    let error = instance.call("trap", &[]).expect_err("past the end");
    assert_eq!(error.code(), ErrCode::MemoryOutOfBounds);
    instance
}

fn write_through_a_bad_pointer() {
    let bad = std::hint::black_box(0x18 as *mut u32);
    // SAFETY: none; the fault is what the test is about.
    unsafe { bad.write_volatile(1) };
}

fn installs_handler(handler: extern "C" fn(i32)) {
    // SAFETY: the structure is initialised, and the handler has the signature of its flags.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut());
    }
}

/// Says that it ran, and lets the fault happen again without it.
extern "C" fn earlier_handler(signal: i32) {
    let text = b"the earlier handler ran\n";
    // SAFETY: both are allowed in a handler.
    unsafe {
        libc::write(2, text.as_ptr().cast(), text.len());
        libc::signal(signal, libc::SIG_DFL);
    }
}

#[test]
fn fault_in_a_host_function_kills_the_process() {
    if let Some(role) = role() {
        if role.contains("handler") {
            installs_handler(earlier_handler);
        } else {
            // SAFETY: takes the handler that Rust has put there out.
            unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
        }
        let config = &trap_modes()[usize::from(role.contains("checks"))];
        let host = Func::wrap(write_through_a_bad_pointer).expect("made");
        let result = instance(config, host).call("run", &[]);
        eprintln!("still alive: {result:?}");
        return;
    }
    for role in ["plain signals", "plain checks", "handler signals", "handler checks"] {
        let output = other_process("fault_in_a_host_function_kills_the_process", role);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{role}: {text}");
        assert!(!text.contains("still alive"), "{role}: {text}");
        assert_eq!(
            text.contains("earlier handler ran"),
            role.contains("handler"),
            "{role}: {text}"
        );
    }
}

#[test]
fn fault_on_a_thread_without_wasm_kills_the_process() {
    if role().is_some() {
        // SAFETY: takes the handler that Rust has put there out.
        unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
        instance(&trap_modes()[0], Func::wrap(|| ()).expect("made"));
        let _ = std::thread::spawn(write_through_a_bad_pointer).join();
        eprintln!("still alive");
        return;
    }
    let output = other_process("fault_on_a_thread_without_wasm_kills_the_process", "any");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
}

#[test]
fn host_that_exhausts_its_stack_kills_the_process() {
    #[allow(unconditional_recursion)]
    fn deep(n: u64) -> u64 {
        std::hint::black_box(deep(std::hint::black_box(n) + 1)) + std::hint::black_box(n)
    }
    if role().is_some() {
        let host = Func::wrap(|| assert_eq!(deep(0), 0)).expect("made");
        let result = instance(&trap_modes()[0], host).call("run", &[]);
        eprintln!("still alive: {result:?}");
        return;
    }
    let output = other_process("host_that_exhausts_its_stack_kills_the_process", "any");
    let text = String::from_utf8_lossy(&output.stderr);
    // Rust's own handler, which was there first, reports it and aborts.
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{text}");
    assert!(text.contains("overflowed its stack"), "{text}");
}

#[test]
fn signal_sent_by_another_process_is_no_trap() {
    static SENT: AtomicU32 = AtomicU32::new(0);
    extern "C" fn count(_: i32) {
        SENT.fetch_add(1, Ordering::SeqCst);
    }
    if let Some(role) = role() {
        if role == "counting" {
            installs_handler(count);
        } else {
            // SAFETY: takes the handler that Rust has put there out.
            unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
        }
        let instance = instance(&trap_modes()[0], Func::wrap(|| ()).expect("made"));
        let sender =
            format!("for i in 1 2 3 4 5; do sleep 0.05; kill -SEGV {}; done", std::process::id());
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let status = Command::new("sh").args(["-c", &sender]).status();
                done.store(true, Ordering::SeqCst);
                assert!(status.expect("it starts").success());
            });
            while !done.load(Ordering::SeqCst) {
                let results = instance.call("work", &[1_000_000.into()]).expect("no trap");
                assert_eq!(results[0].i32(), Some(1_000_000));
            }
        });
        let count = SENT.load(Ordering::SeqCst);
        eprintln!("still alive: {count}");
        assert!((1..=5).contains(&count), "{count}");
        return;
    }
    let test = "signal_sent_by_another_process_is_no_trap";
    let output = other_process(test, "counting");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("still alive"), "{text}");
    let output = other_process(test, "dying");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{text}");
}

#[test]
fn division_by_zero_in_a_host_function_is_no_trap() {
    if role().is_some() {
        let host = Func::wrap(|| {
            // SAFETY: none; the fault is what the test is about.
            #[cfg(target_arch = "x86_64")]
            unsafe {
                std::arch::asm!("xor ecx, ecx", "mov eax, 1", "xor edx, edx", "div ecx",
                    out("eax") _, out("ecx") _, out("edx") _);
            }
        });
        let result = instance(&trap_modes()[0], host.expect("made")).call("run", &[]);
        eprintln!("still alive: {result:?}");
        return;
    }
    let output = other_process("division_by_zero_in_a_host_function_is_no_trap", "any");
    assert_eq!(output.status.signal(), Some(libc::SIGFPE));
}

#[test]
fn traps_work_on_threads_that_come_and_go() {
    let instance = instance(&trap_modes()[0], Func::wrap(|| ()).expect("made"));
    for _ in 0..500 {
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(instance.call("trap", &[]).is_err()));
        });
    }
    std::thread::sleep(Duration::from_millis(1));
}

/// What a library does that puts its handler over ours and passes on what is not its own.
mod over_ours {
    use std::sync::OnceLock;

    static OURS: OnceLock<libc::sigaction> = OnceLock::new();

    extern "C" fn pass_on(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let ours = OURS.get().expect("set before it is installed");
        // SAFETY: the action it was installed over has this signature, as its flags say.
        let ours: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
            unsafe { std::mem::transmute(ours.sa_sigaction) };
        ours(signal, info, context);
    }

    pub fn install() {
        // SAFETY: the structures are initialised, and the handler has the signature of its flags.
        unsafe {
            let mut old: libc::sigaction = std::mem::zeroed();
            libc::sigaction(libc::SIGSEGV, std::ptr::null(), &mut old);
            OURS.get_or_init(|| old);
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = pass_on as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut());
        }
    }
}

/// Our handler is put back over another one that passes signals on to ours: traps still work, and a
/// fault of the host does not go round in circles but reaches who was there first.
#[test]
fn handlers_put_back_on_top_do_not_call_each_other_for_ever() {
    if role().is_some() {
        installs_handler(earlier_handler);
        let [config, _] = trap_modes();
        let instance = instance(&config, Func::wrap(|| ()).expect("made"));
        over_ours::install();
        wasmspan::ensure_signal_handlers();
        let error = instance.call("trap", &[]).expect_err("past the end");
        assert_eq!(error.code(), ErrCode::MemoryOutOfBounds);
        write_through_a_bad_pointer();
        return;
    }
    let name = "handlers_put_back_on_top_do_not_call_each_other_for_ever";
    let output = other_process(name, "die");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert_eq!(text.matches("the earlier handler ran").count(), 1, "{text}");
}
