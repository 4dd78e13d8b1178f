//! A guest program in each engine, with the few system calls that the guests make.

use crate::Result;
use std::sync::LazyLock;
use wasmspan::{Config, Executor, Extern, Store, TypedFunc, Val};

/// The peer's engine, as its default configuration makes it.
pub static PEER_ENGINE: LazyLock<wasmtime::Engine> = LazyLock::new(wasmtime::Engine::default);

/// The peer's engine with its fuel switched on.
pub static FUEL_ENGINE: LazyLock<wasmtime::Engine> = LazyLock::new(|| {
    let mut config = wasmtime::Config::new();
    config.consume_fuel(true);
    wasmtime::Engine::new(&config).expect("it has fuel")
});

/// Our configuration with all code made before anything runs, as the peer's is.
pub fn eager() -> wasmspan::Config {
    let compile_time = wasmspan::config::CompileTime::Eager;
    wasmspan::Config { compile_time, ..wasmspan::Config::default() }
}

/// A program that has been set up.
pub trait Guest {
    /// Does the program's work and gives its checksum.
    fn run(&mut self) -> Result<i64>;
}

/// A program in this engine.
pub struct Ours {
    run: TypedFunc<(), i64>,
}

impl Ours {
    /// Compiles the program and calls its `setup`.
    pub fn start(bytes: &[u8]) -> Result<Ours> {
        Ours::with_config(&eager(), bytes)
    }

    /// As [`start`](Ours::start); what is counted may cost nearly everything.
    pub fn with_config(config: &Config, bytes: &[u8]) -> Result<Ours> {
        let instance = Ours::instance(config, bytes)?;
        if instance.get_func("_initialize").is_some() {
            instance.call("_initialize", &[])?;
        }
        instance.call("setup", &[])?;
        Ok(Ours { run: instance.typed("run")? })
    }

    /// The program after the call of one export without parameters and results.
    pub fn first(bytes: &[u8], export: &str) -> Result<wasmspan::Instance> {
        let instance = Ours::instance(&Config::default(), bytes)?;
        instance.call(export, &[])?;
        Ok(instance)
    }

    fn instance(config: &Config, bytes: &[u8]) -> Result<wasmspan::Instance> {
        let executor = Executor::new(config);
        executor.statistics().set_cost_limit(u64::MAX - 1);
        let module = wasmspan::Module::with_config(config, bytes)?;
        let imports = module.imports().into_iter().map(|import| {
            let wasmspan::ExternType::Func(ty) = import.ty else {
                return Err(format!("the guest imports {}, not a function", import.name).into());
            };
            let call = move |caller: wasmspan::Caller<'_>, args: &[Val], results: &mut [Val]| {
                let args: Vec<u32> = args.iter().map(low_word).collect();
                let mut memory = OurMemory(caller.memory(0));
                if let [result] = results {
                    *result = Val::I32(answer(&import.name, &args, &mut memory));
                }
                Ok(())
            };
            Ok(Extern::Func(wasmspan::Func::new(ty, call)?))
        });
        let imports = imports.collect::<Result<Vec<Extern>>>()?;
        if imports.is_empty() {
            return Ok(executor.instantiate(&Store::new(), &module)?);
        }
        Ok(executor.instantiate_with(&module, &imports)?)
    }
}

impl Guest for Ours {
    fn run(&mut self) -> Result<i64> {
        Ok(self.run.call(())?)
    }
}

fn low_word(value: &Val) -> u32 {
    match value {
        Val::I32(value) => *value as u32,
        Val::I64(value) => *value as u32,
        _ => 0,
    }
}

/// A program in the peer.
pub struct Peer {
    store: wasmtime::Store<()>,
    run: wasmtime::TypedFunc<(), i64>,
}

impl Peer {
    /// Compiles the program and calls its `setup`.
    pub fn start(bytes: &[u8]) -> Result<Peer> {
        Peer::in_engine(&PEER_ENGINE, bytes)
    }

    /// As [`start`](Peer::start), with nearly endless fuel if the engine consumes it.
    pub fn in_engine(engine: &wasmtime::Engine, bytes: &[u8]) -> Result<Peer> {
        let (mut store, instance) = Peer::instance(engine, bytes)?;
        for (name, needed) in [("_initialize", false), ("setup", true)] {
            match instance.get_func(&mut store, name) {
                Some(func) => func.call(&mut store, &[], &mut [])?,
                None if needed => return Err(format!("the guest has no {name}").into()),
                None => {}
            }
        }
        let run = instance.get_typed_func(&mut store, "run")?;
        Ok(Peer { store, run })
    }

    /// The program after the call of one export without parameters and results.
    pub fn first(bytes: &[u8], export: &str) -> Result<wasmtime::Store<()>> {
        let (mut store, instance) = Peer::instance(&PEER_ENGINE, bytes)?;
        instance.get_typed_func::<(), ()>(&mut store, export)?.call(&mut store, ())?;
        Ok(store)
    }

    fn instance(
        engine: &wasmtime::Engine,
        bytes: &[u8],
    ) -> Result<(wasmtime::Store<()>, wasmtime::Instance)> {
        let module = wasmtime::Module::new(engine, bytes)?;
        let mut store = wasmtime::Store::new(engine, ());
        // Engines without fuel refuse it.
        let _ = store.set_fuel(u64::MAX);
        let mut imports = Vec::new();
        for import in module.imports() {
            let name = import.name().to_string();
            let Some(ty) = import.ty().func().cloned() else {
                return Err(format!("the guest imports {name}, not a function").into());
            };
            let call = move |mut caller: wasmtime::Caller<'_, ()>,
                             args: &[wasmtime::Val],
                             results: &mut [wasmtime::Val]| {
                let args: Vec<u32> = args
                    .iter()
                    .map(|arg| arg.i32().map_or_else(|| arg.unwrap_i64() as u32, |arg| arg as u32))
                    .collect();
                let memory = caller.get_export("memory").and_then(wasmtime::Extern::into_memory);
                let mut memory = PeerMemory(memory, caller);
                if let [result] = results {
                    *result = wasmtime::Val::I32(answer(&name, &args, &mut memory));
                }
                Ok(())
            };
            imports.push(wasmtime::Func::new(&mut store, ty, call).into());
        }
        let instance = wasmtime::Instance::new(&mut store, &module, &imports)?;
        Ok((store, instance))
    }
}

impl Guest for Peer {
    fn run(&mut self) -> Result<i64> {
        Ok(self.run.call(&mut self.store, ())?)
    }
}

/// The guest's memory, for system calls; addresses outside it are ignored.
trait GuestMemory {
    fn read(&mut self, at: u32) -> u32;
    fn write(&mut self, at: u32, bytes: &[u8]);
}

struct OurMemory(Option<wasmspan::Memory>);

impl GuestMemory for OurMemory {
    fn read(&mut self, at: u32) -> u32 {
        self.0.as_ref().and_then(|memory| memory.read_value(at as usize).ok()).unwrap_or(0)
    }
    fn write(&mut self, at: u32, bytes: &[u8]) {
        if let Some(memory) = &self.0 {
            let _ = memory.write(at as usize, bytes);
        }
    }
}

struct PeerMemory<'a>(Option<wasmtime::Memory>, wasmtime::Caller<'a, ()>);

impl GuestMemory for PeerMemory<'_> {
    fn read(&mut self, at: u32) -> u32 {
        let mut word = [0; 4];
        if let Some(memory) = self.0 {
            let _ = memory.read(&self.1, at as usize, &mut word);
        }
        u32::from_le_bytes(word)
    }
    fn write(&mut self, at: u32, bytes: &[u8]) {
        if let Some(memory) = self.0 {
            let _ = memory.write(&mut self.1, at as usize, bytes);
        }
    }
}

/// "Function not supported" in WASI.
const ENOSYS: i32 = 52;

/// Answers a system call: the clock stands still, random bytes are all the same, output is thrown
/// away, and nothing else exists.
fn answer(name: &str, args: &[u32], memory: &mut dyn GuestMemory) -> i32 {
    match (name, args) {
        ("clock_time_get", [_, _, to]) => memory.write(*to, &1_000_000_000_u64.to_le_bytes()),
        ("random_get", [to, len]) => (0..*len).for_each(|at| memory.write(to + at, &[42])),
        ("fd_write", [_, parts, count, to]) => {
            let written: u32 = (0..*count).map(|part| memory.read(parts + part * 8 + 4)).sum();
            memory.write(*to, &written.to_le_bytes());
        }
        _ => return ENOSYS,
    }
    0
}
