//! Small things that many tests need.

use std::time::{Duration, Instant};
use wasmspan::config::{InterruptMode, TrapMode};
use wasmspan::{Config, Instance, Module, Store};

/// Room that a test gets which does not say otherwise.
pub const STACK: usize = 8 << 20;

/// A configuration for each trap mode.
pub fn trap_modes() -> [Config; 2] {
    [TrapMode::Signals, TrapMode::Checks].map(|trap_mode| Config { trap_mode, ..Config::default() })
}

/// A configuration for each trap mode and interrupt mode.
pub fn interrupt_modes() -> Vec<Config> {
    let with = |config: Config| {
        [InterruptMode::Signal, InterruptMode::Poll]
            .map(|interrupt_mode| Config { interrupt_mode, ..config.clone() })
    };
    trap_modes().into_iter().flat_map(with).collect()
}

/// A module from text.
pub fn module(config: &Config, text: &str) -> Module {
    Module::with_config(config, text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// An instance of a module without imports, from text.
pub fn instance(config: &Config, text: &str) -> Instance {
    module(config, text).instantiate(&Store::new()).expect("it can be instantiated")
}

/// Runs `work` on a thread with a stack of this size.
pub fn on_stack<T: Send>(bytes: usize, work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(bytes);
        let thread = thread.spawn_scoped(scope, work).expect("a thread starts");
        match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Waits until `holds`; panics when it takes far longer than it ever should.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Lines of a file of this process under `/proc/self`.
fn lines(file: &str) -> usize {
    std::fs::read_to_string(format!("/proc/self/{file}")).map_or(0, |text| text.lines().count())
}

/// What a process holds of the system.
#[derive(Clone, Copy, Debug)]
pub struct Footprint {
    /// Mappings of memory.
    pub maps: usize,
    /// Open files.
    pub files: usize,
    /// Threads.
    pub threads: usize,
    /// Resident memory in KiB.
    pub resident: usize,
    /// Live objects of the engine.
    pub objects: usize,
}

impl Footprint {
    /// That of this process, now.
    pub fn now() -> Footprint {
        let entries = |folder: &str| {
            std::fs::read_dir(format!("/proc/self/{folder}")).map_or(0, Iterator::count)
        };
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .unwrap_or(0);
        Footprint {
            maps: lines("maps"),
            files: entries("fd"),
            threads: entries("task"),
            resident,
            objects: wasmspan::raw::live_objects(),
        }
    }

    /// Panics if this is more than `before` by more than chance allows.
    pub fn assert_like(self, before: Footprint) {
        let told = format!("before: {before:?}\nafter: {self:?}");
        assert_eq!(self.objects, before.objects, "objects\n{told}");
        assert!(self.files <= before.files + 2, "open files\n{told}");
        assert!(self.maps <= before.maps + 40, "mappings\n{told}");
        assert!(self.resident <= before.resident + 24 * 1024, "memory\n{told}");
    }
}
