//! Runner of the official suite's scripts.
//!
//! A directive that needs a proposal the engine has not finished is skipped by file and line; so is
//! every directive that uses a module skipped before. Whether the skips are the expected ones is the
//! caller's question.

mod convert;
mod spectest;

use convert::{argument, matches};
use std::collections::{BTreeSet, HashMap};
use wasmspan::config::Config;
use wasmspan::{Compiler, Error, Extern, Func, Instance, Loader, Module, Store, Val};
use wast::parser::{ParseBuffer, parse};
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, WastThread};

/// What running scripts gave.
#[derive(Debug, Default)]
pub struct Report {
    /// Assertions that held.
    pub passed: usize,
    /// Directives skipped: `file:line proposal`.
    pub skipped: BTreeSet<String>,
    /// What went wrong: `file:line what`.
    pub failures: Vec<String>,
}

impl Report {
    fn merge(&mut self, other: Report) {
        self.passed += other.passed;
        self.skipped.extend(other.skipped);
        self.failures.extend(other.failures);
    }
}

/// What came of a module.
#[derive(Clone)]
enum Slot<T> {
    Ready(T),
    /// It needs this proposal, or could not be made for a reason reported already.
    Missing(String),
}

/// Runs one script. Modules are compiled ahead of time and loaded again if the configuration loads
/// compiled code.
pub fn run(config: &Config, name: &str, source: &str, report: &mut Report) {
    let mut lexer = wast::lexer::Lexer::new(source);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).expect("the suite's tokens are well formed");
    let script: Wast<'_> = match parse(&buffer) {
        Ok(script) => script,
        Err(error) => {
            report.failures.push(format!("{name}:1 the script does not parse: {error}"));
            return;
        }
    };
    let store = Store::new();
    store.register("spectest", &spectest::instance()).expect("an empty store");
    let mut runner = Runner { config, name, source, store, ..Runner::empty(config, name, source) };
    runner.script(script.directives);
    report.merge(runner.report);
}

struct Runner<'a> {
    config: &'a Config,
    name: &'a str,
    source: &'a str,
    store: Store,
    instances: HashMap<String, Slot<Instance>>,
    definitions: HashMap<String, Slot<Module>>,
    current: Option<Slot<Instance>>,
    last_definition: Option<Slot<Module>>,
    /// Registered names whose module is missing.
    missing: HashMap<String, String>,
    report: Report,
}

/// How a directive ended that did not fail.
enum Done {
    Passed,
    Setup,
    Skipped(String),
}

type Outcome = Result<Done, String>;

impl<'a> Runner<'a> {
    fn empty(config: &'a Config, name: &'a str, source: &'a str) -> Runner<'a> {
        Runner {
            config,
            name,
            source,
            store: Store::new(),
            instances: HashMap::new(),
            definitions: HashMap::new(),
            current: None,
            last_definition: None,
            missing: HashMap::new(),
            report: Report::default(),
        }
    }

    fn script(&mut self, directives: Vec<WastDirective<'_>>) {
        std::thread::scope(|scope| {
            let mut threads = HashMap::new();
            for directive in directives {
                let line = directive.span().linecol_in(self.source).0 + 1;
                match directive {
                    WastDirective::Thread(WastThread {
                        name, shared_module, directives, ..
                    }) => {
                        let mut other = Runner::empty(self.config, self.name, self.source);
                        if let Some(shared) = shared_module
                            && let Some(slot) = self.instances.get(shared.name())
                        {
                            other.instances.insert(shared.name().to_string(), slot.clone());
                        }
                        let spectest = self.store.find("spectest").expect("registered at first");
                        other.store.register("spectest", &spectest).expect("an empty store");
                        let directives = SendBox(directives);
                        let handle = scope.spawn(move || {
                            other.script(directives.into_inner());
                            other.report
                        });
                        threads.insert(name.name().to_string(), handle);
                    }
                    WastDirective::Wait { thread, .. } => {
                        match threads.remove(thread.name()).map(|handle| handle.join()) {
                            Some(Ok(report)) => self.report.merge(report),
                            _ => self.fail(line, "the thread did not end well"),
                        }
                    }
                    other => match self.directive(other) {
                        Ok(Done::Passed) => self.report.passed += 1,
                        Ok(Done::Setup) => {}
                        Ok(Done::Skipped(why)) => {
                            self.report.skipped.insert(format!("{}:{line} {why}", self.name));
                        }
                        Err(what) => self.fail(line, &what),
                    },
                }
            }
            for handle in threads.into_values() {
                if let Ok(report) = handle.join() {
                    self.report.merge(report);
                }
            }
        });
    }

    fn fail(&mut self, line: usize, what: &str) {
        self.report.failures.push(format!("{}:{line} {what}", self.name));
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Outcome {
        match directive {
            WastDirective::Module(mut wat) => {
                let name = wat.name().map(|id| id.name().to_string());
                let slot = match self.load(&mut wat) {
                    Slot::Ready(module) => match self.instantiate(&module) {
                        Ok(slot) => slot,
                        Err(error) => {
                            self.put(name, Slot::Missing("failed".into()));
                            return Err(format!("not instantiated: {error}"));
                        }
                    },
                    Slot::Missing(why) => Slot::Missing(why),
                };
                self.put(name, slot.clone());
                setup(slot)
            }
            WastDirective::ModuleDefinition(mut wat) => {
                let name = wat.name().map(|id| id.name().to_string());
                let slot = self.load(&mut wat);
                if let Some(name) = name {
                    self.definitions.insert(name, slot.clone());
                }
                self.last_definition = Some(slot.clone());
                setup(slot)
            }
            WastDirective::ModuleInstance { instance, module, .. } => {
                let definition = match module {
                    Some(id) => self.definitions.get(id.name()).cloned(),
                    None => self.last_definition.clone(),
                };
                let slot = match definition.ok_or("no such definition")? {
                    Slot::Ready(module) => {
                        self.instantiate(&module).map_err(|error| error.to_string())?
                    }
                    Slot::Missing(why) => Slot::Missing(why),
                };
                self.put(instance.map(|id| id.name().to_string()), slot.clone());
                setup(slot)
            }
            WastDirective::Register { name, module, .. } => {
                match self.instance(module.map(|id| id.name()))? {
                    Slot::Ready(instance) => {
                        if let Some(old) = self.store.find(name) {
                            self.store.unregister(&old);
                        }
                        self.store.register(name, &instance).map_err(|error| error.to_string())?;
                        self.missing.remove(name);
                        Ok(Done::Setup)
                    }
                    Slot::Missing(why) => {
                        self.missing.insert(name.to_string(), why.clone());
                        Ok(Done::Skipped(why))
                    }
                }
            }
            WastDirective::Invoke(invoke) => match self.invoke(&invoke)? {
                Slot::Missing(why) => Ok(Done::Skipped(why)),
                Slot::Ready(Ok(_)) => Ok(Done::Setup),
                Slot::Ready(Err(error)) => Err(format!("invoke failed: {error}")),
            },
            WastDirective::AssertReturn { exec, results, .. } => match self.execute(exec)? {
                Slot::Missing(why) => Ok(Done::Skipped(why)),
                Slot::Ready(Err(error)) => Err(format!("expected results, got: {error}")),
                Slot::Ready(Ok(values)) => {
                    if values.len() == results.len()
                        && values.iter().zip(&results).all(|(value, wanted)| matches(value, wanted))
                    {
                        Ok(Done::Passed)
                    } else {
                        Err(format!("expected {results:?}, got {values:x?}"))
                    }
                }
            },
            WastDirective::AssertTrap { exec, message, .. } => {
                let result = self.execute(exec)?;
                expect_error(result, message)
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                let result = self.invoke(&call)?;
                expect_error(result, message)
            }
            WastDirective::AssertUnlinkable { module, message, .. } => {
                let result = self.execute(WastExecute::Wat(module))?;
                expect_error(result, message)
            }
            // The loader's own test compares messages; here it counts that they are refused.
            WastDirective::AssertInvalid { mut module, .. }
            | WastDirective::AssertMalformed { mut module, .. } => match module.encode() {
                Err(_) => Ok(Done::Passed),
                Ok(bytes) => match Module::with_config(self.config, bytes) {
                    Err(_) => Ok(Done::Passed),
                    Ok(_) => Err("a bad module was accepted".into()),
                },
            },
            WastDirective::AssertException { exec, .. } => match self.execute(exec)? {
                Slot::Missing(why) => Ok(Done::Skipped(why)),
                Slot::Ready(_) => Err("exceptions cannot be thrown".into()),
            },
            WastDirective::AssertMalformedCustom { .. }
            | WastDirective::AssertInvalidCustom { .. } => {
                Ok(Done::Skipped("custom annotations".into()))
            }
            WastDirective::AssertSuspension { .. } => Ok(Done::Skipped("stack switching".into())),
            WastDirective::Thread(_) | WastDirective::Wait { .. } => unreachable!("handled above"),
        }
    }

    fn put(&mut self, name: Option<String>, slot: Slot<Instance>) {
        if let Some(name) = name {
            self.instances.insert(name, slot.clone());
        }
        self.current = Some(slot);
    }

    fn load(&self, wat: &mut QuoteWat<'_>) -> Slot<Module> {
        let bytes = match wat.encode() {
            Ok(bytes) => bytes,
            Err(error) => return Slot::Missing(format!("not encoded: {error}")),
        };
        let loaded = if self.config.load_compiled {
            self.load_compiled(&bytes)
        } else {
            Loader::new(self.config).load_bytes(bytes)
        };
        match loaded.and_then(|module| module.validate().map(|()| module)) {
            Ok(module) => Slot::Ready(module),
            Err(error) => Slot::Missing(refusal(&error).unwrap_or_else(|| error.to_string())),
        }
    }

    /// Compiles ahead of time, and loads what came out.
    fn load_compiled(&self, bytes: &[u8]) -> Result<Module, Error> {
        let file = Compiler::new(self.config).compile_to_bytes(bytes)?;
        let module = Loader::new(self.config).load_bytes(file)?;
        assert!(module.is_precompiled(), "the code that was just made fits");
        Ok(module)
    }

    fn instantiate(&self, module: &Module) -> Result<Slot<Instance>, Error> {
        let absent = module
            .imports()
            .into_iter()
            .find_map(|import| self.missing.get(&import.module).cloned());
        if let Some(why) = absent {
            return Ok(Slot::Missing(why));
        }
        module.instantiate(&self.store).map(Slot::Ready)
    }

    fn instance(&self, name: Option<&str>) -> Result<Slot<Instance>, String> {
        match name {
            None => self.current.clone().ok_or_else(|| "no module yet".into()),
            Some(name) => {
                self.instances.get(name).cloned().ok_or_else(|| format!("no module ${name}"))
            }
        }
    }

    fn invoke(&self, invoke: &WastInvoke<'_>) -> Result<Slot<Result<Vec<Val>, Error>>, String> {
        let instance = match self.instance(invoke.module.map(|id| id.name()))? {
            Slot::Ready(instance) => instance,
            Slot::Missing(why) => return Ok(Slot::Missing(why)),
        };
        let func: Func = instance
            .get_func(invoke.name)
            .ok_or_else(|| format!("no exported function {:?}", invoke.name))?;
        let mut params = Vec::new();
        for arg in &invoke.args {
            match argument(arg) {
                Some(value) => params.push(value),
                None => return Ok(Slot::Missing("Typed Function References".into())),
            }
        }
        Ok(Slot::Ready(func.call(&params)))
    }

    fn execute(&mut self, exec: WastExecute<'_>) -> Result<Slot<Result<Vec<Val>, Error>>, String> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(wat) => {
                let mut wat = QuoteWat::Wat(wat);
                match self.load(&mut wat) {
                    Slot::Missing(why) => Ok(Slot::Missing(why)),
                    Slot::Ready(module) => Ok(match self.instantiate(&module) {
                        Ok(Slot::Missing(why)) => Slot::Missing(why),
                        Ok(Slot::Ready(_)) => Slot::Ready(Ok(Vec::new())),
                        Err(error) => Slot::Ready(Err(error)),
                    }),
                }
            }
            WastExecute::Get { module, global, .. } => {
                match self.instance(module.map(|id| id.name()))? {
                    Slot::Missing(why) => Ok(Slot::Missing(why)),
                    Slot::Ready(instance) => match instance.get_export(global) {
                        Some(Extern::Global(global)) => Ok(Slot::Ready(Ok(vec![global.get()]))),
                        _ => Err(format!("no exported global {global:?}")),
                    },
                }
            }
        }
    }
}

fn setup<T>(slot: Slot<T>) -> Outcome {
    match slot {
        Slot::Ready(_) => Ok(Done::Setup),
        Slot::Missing(why) if is_proposal(&why) => Ok(Done::Skipped(why)),
        Slot::Missing(why) => Err(why),
    }
}

fn expect_error(result: Slot<Result<Vec<Val>, Error>>, message: &str) -> Outcome {
    match result {
        Slot::Missing(why) if is_proposal(&why) || why == "failed" => Ok(Done::Skipped(why)),
        Slot::Missing(why) => Err(why),
        Slot::Ready(Ok(values)) => Err(format!("expected \"{message}\", got {values:?}")),
        Slot::Ready(Err(error)) => {
            let got = error.message();
            if message.starts_with(got) {
                Ok(Done::Passed)
            } else {
                Err(format!("expected \"{message}\", got \"{got}\": {error}"))
            }
        }
    }
}

const PROPOSALS: &[&str] = &[
    "Exception handling",
    "Typed Function References",
    "Garbage Collection",
    "Custom page sizes",
    "Wide arithmetic",
    "failed",
];

fn is_proposal(why: &str) -> bool {
    PROPOSALS.contains(&why)
}

/// The unfinished proposal that an error names.
fn refusal(error: &Error) -> Option<String> {
    let lines = error.details();
    lines
        .iter()
        .any(|line| line.contains("doesn't implement that proposal"))
        .then(|| lines[0].rsplit("proposal ").next().unwrap_or_default().to_string())
}

/// Moves parsed directives to another thread.
struct SendBox<T>(T);

// SAFETY: the directives are moved whole, and only the new thread uses them afterwards; what they
// borrow is the script's text and token buffer, which nobody changes.
unsafe impl<T> Send for SendBox<T> {}

impl<T> SendBox<T> {
    fn into_inner(self) -> T {
        self.0
    }
}
