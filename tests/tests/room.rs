//! Where the system grants no more mappings or address space, only what is new is refused. Each test
//! runs this program again as another process, which uses everything up.

use std::process::{Command, Output};
use std::ptr;
use wasmspan::config::CompileTime;
use wasmspan::{Config, Error, Instance, Memory, MemoryType, RefType, Store, Table, TableType};
use wasmspan_tests::support::{module, trap_modes};

/// Says in the other process that it is the one.
const ROLE: &str = "WASMSPAN_TEST_ROOM";

/// Runs a test again in another process; whether this is that process.
fn other_process(test: &str) -> bool {
    if std::env::var_os(ROLE).is_some() {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(ROLE, "1");
    let Output { status, stdout, stderr } = command.output().expect("the process starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{status}\n{stdout}\n{stderr}");
    false
}

/// Functions that are compiled when they are called, a memory that begins empty, and one with data.
const TEXT: &str = r#"(module
    (memory $empty 0 100) (memory $full 2 100) (data (memory $full) (i32.const 70000) "text")
    (func (export "grow") (result i32)
        (i32.add (memory.grow $empty (i32.const 1)) (memory.grow $full (i32.const 1))))
    (func (export "a") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "b") (param i64) (result i64) (i64.add (local.get 0) (i64.const 2)))
    (func (export "c") (param f64) (result f64) (f64.add (local.get 0) (f64.const 3)))
    (func (export "trap") (result i32) (i32.load $full (i32.const -1))))"#;

fn modes() -> impl Iterator<Item = Config> {
    trap_modes().into_iter().map(|config| Config { compile_time: CompileTime::Lazy, ..config })
}

fn works(instance: &Instance, grown: i32) {
    assert_eq!(instance.call("grow", &[]).expect("no trap")[0].i32(), Some(2 + 2 * grown));
    assert_eq!(instance.call("a", &[1.into()]).expect("no trap")[0].i32(), Some(2));
    assert_eq!(instance.call("b", &[1i64.into()]).expect("no trap")[0].i64(), Some(3));
    assert_eq!(instance.call("c", &[1f64.into()]).expect("no trap")[0].f64(), Some(4.0));
    instance.call("trap", &[]).expect_err("past the end");
}

/// Takes all mappings that the process may still have; gives them back when dropped.
struct Filled {
    base: *mut libc::c_void,
    len: usize,
}

impl Filled {
    fn new() -> Filled {
        const PAGE: usize = 4096;
        let most = std::fs::read_to_string("/proc/sys/vm/max_map_count").expect("a number");
        let len = 2 * PAGE * most.trim().parse::<usize>().expect("a number");
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a fresh mapping, and pages in it.
        unsafe {
            let base = libc::mmap(ptr::null_mut(), len, libc::PROT_NONE, flags, -1, 0);
            assert_ne!(base, libc::MAP_FAILED);
            let mut pages = (0..len).step_by(2 * PAGE);
            let full = pages
                .find(|at| libc::mprotect(base.byte_add(*at), PAGE, libc::PROT_READ) != 0)
                .expect("the system has a limit");
            assert!(full > 0);
            Filled { base, len }
        }
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`.
        unsafe { libc::munmap(self.base, self.len) };
    }
}

fn says(error: &Error, what: &str) {
    assert!(error.is_out_of_memory(), "{error}");
    assert!(error.to_string().contains(what), "{error}");
}

#[test]
fn where_no_mappings_are_left_only_new_instances_fail() {
    if !other_process("where_no_mappings_are_left_only_new_instances_fail") {
        return;
    }
    for config in modes() {
        let module = module(&config, TEXT);
        let new = || module.instantiate(&Store::new());
        let old: Vec<Instance> = (0..6).map(|_| new().expect("made")).collect();
        let more: Vec<Instance> = (0..80).map(|_| new().expect("made")).collect();
        let filled = Filled::new();
        for instance in &old {
            works(instance, 0);
            works(instance, 1);
        }
        // More than are kept for reuse, so some are unmapped.
        drop(more);
        let refilled = Filled::new();
        let mut made = Vec::new();
        let error = loop {
            match new() {
                Ok(instance) => made.push(instance),
                Err(error) => break error,
            }
            // Memories that were given back are used again.
            assert!(made.len() < 100);
        };
        says(&error, "vm.max_map_count");
        // What has room for one memory may have none for the two of an instance.
        let memories = std::iter::repeat_with(|| Memory::new(MemoryType::new(1, None)));
        let (memories, errors): (Vec<_>, Vec<_>) = memories.take(200).partition(Result::is_ok);
        errors.into_iter().for_each(|error| says(&error.unwrap_err(), "vm.max_map_count"));
        assert!(memories.len() < 100, "{}", memories.len());
        for instance in old.iter().chain(&made) {
            works(instance, if made.iter().any(|it| it.same(instance)) { 0 } else { 2 });
        }
        drop((filled, refilled, memories));
        works(&new().expect("there is room again"), 0);
    }
}

#[test]
fn instances_leave_room_for_the_program() {
    if !other_process("instances_leave_room_for_the_program") {
        return;
    }
    for config in modes() {
        let module = module(&config, TEXT);
        let mut made = Vec::new();
        let error = loop {
            match module.instantiate(&Store::new()) {
                Ok(instance) => made.push(instance),
                Err(error) => break error,
            }
            assert!(made.len() < 100_000);
        };
        assert!(made.len() > 3_000, "{}", made.len());
        assert!(error.is_out_of_memory(), "{error}");
        program_goes_on();
        works(&made[0], 0);
        made.truncate(made.len() - 100);
        works(&module.instantiate(&Store::new()).expect("there is room again"), 0);
    }
}

#[test]
fn limited_address_space_is_not_used_up() {
    if !other_process("limited_address_space_is_not_used_up") {
        return;
    }
    let limit = libc::rlimit { rlim_cur: 12 << 30, rlim_max: 12 << 30 };
    // SAFETY: the call reads the structure.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
    for config in modes() {
        let module = module(&config, TEXT);
        let mut made = Vec::new();
        let error = loop {
            match module.instantiate(&Store::new()) {
                Ok(instance) => made.push(instance),
                Err(error) => break error,
            }
            assert!(made.len() < 100_000);
        };
        says(&error, "ulimit -v");
        let error = Table::new(TableType::new(RefType::FuncRef, 2000, None));
        assert!(error.expect_err("no room").to_string().contains("ulimit -v"));
        program_goes_on();
        works(&made[0], 0);
    }
}

/// What a program needs that goes on: memory, threads, files.
fn program_goes_on() {
    let bytes = vec![1u8; 64 << 20];
    assert_eq!(std::hint::black_box(&bytes)[1 << 20], 1);
    let threads: Vec<_> = (0..16).map(|_| std::thread::spawn(|| vec![0u8; 1 << 20])).collect();
    threads.into_iter().for_each(|thread| drop(thread.join().expect("no panic")));
}
