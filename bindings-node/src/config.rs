//! Configuration, by names that the package gives its settings.

use crate::enter::enter;
use crate::error::{Failure, Outcome};
use napi::Env;
use napi_derive::napi;
use std::cell::RefCell;
use std::sync::Arc;
use wasmspan::Config;
use wasmspan::config::{
    CacheOptions, CompileTime, HostRegistration, InterruptMode, Limits, OptLevel,
    OptimizationLevel, OutputFormat, Proposal, TrapMode,
};

/// Everything that can be set before a module is loaded.
#[napi]
pub struct NativeConfig {
    pub(crate) config: RefCell<Config>,
}

const OPTIMIZATION: [OptimizationLevel; 6] = [
    OptimizationLevel::O0,
    OptimizationLevel::O1,
    OptimizationLevel::O2,
    OptimizationLevel::O3,
    OptimizationLevel::Os,
    OptimizationLevel::Oz,
];

const COMPILE_TIMES: [CompileTime; 3] = [CompileTime::Auto, CompileTime::Eager, CompileTime::Lazy];

#[napi]
impl NativeConfig {
    /// The defaults; those of WasmEdge 0.11.2 if asked for.
    #[napi(constructor)]
    pub fn new(wasmedge: bool) -> Self {
        let config = if wasmedge { Config::wasmedge() } else { Config::default() };
        NativeConfig { config: RefCell::new(config) }
    }

    /// The value of a setting; switches are 0 and 1.
    #[napi]
    pub fn get(&self, env: Env, name: String) -> napi::Result<f64> {
        enter(env, |_| {
            let config = self.config.borrow();
            Ok(match name.as_str() {
                "maxMemoryPages" => f64::from(config.max_memory_pages),
                "forceInterpreter" => f64::from(u8::from(config.force_interpreter)),
                "loadCompiled" => f64::from(u8::from(config.load_compiled)),
                "compileThreads" => config.compile_threads as f64,
                "instructionCounting" => {
                    f64::from(u8::from(config.statistics.instruction_counting))
                }
                "costMeasuring" => f64::from(u8::from(config.statistics.cost_measuring)),
                "timeMeasuring" => f64::from(u8::from(config.statistics.time_measuring)),
                "optimizationLevel" => f64::from(config.compiler.optimization_level as u32),
                "outputFormat" => f64::from(config.compiler.output_format as u32),
                "dumpIR" => f64::from(u8::from(config.compiler.dump_ir)),
                "genericBinary" => f64::from(u8::from(config.compiler.generic_binary)),
                "interruptible" => f64::from(u8::from(config.compiler.interruptible)),
                "genericCode" => f64::from(u8::from(config.generic_code)),
                "lenientInput" => f64::from(u8::from(config.lenient_input)),
                "compileTime" => f64::from(config.compile_time as u32),
                "signals" => f64::from(u8::from(config.trap_mode == TrapMode::Signals)),
                _ => return Err(unknown(&name)),
            })
        })
    }

    /// Changes a setting.
    #[napi]
    pub fn set(&self, env: Env, name: String, value: f64) -> napi::Result<()> {
        enter(env, |_| {
            let config = &mut *self.config.borrow_mut();
            let on = value != 0.0;
            match name.as_str() {
                "maxMemoryPages" => config.max_memory_pages = value as u32,
                "forceInterpreter" => config.force_interpreter = on,
                "loadCompiled" => config.load_compiled = on,
                "compileThreads" => config.compile_threads = value as usize,
                "instructionCounting" => config.statistics.instruction_counting = on,
                "costMeasuring" => config.statistics.cost_measuring = on,
                "timeMeasuring" => config.statistics.time_measuring = on,
                "optimizationLevel" => {
                    let level = OPTIMIZATION.get(value as usize).copied().ok_or_else(|| {
                        Failure::Range("the optimization levels are 0 to 5".into())
                    })?;
                    config.compiler.optimization_level = level;
                    config.opt_level = match level {
                        OptimizationLevel::O0 => OptLevel::None,
                        OptimizationLevel::Os | OptimizationLevel::Oz => OptLevel::SpeedAndSize,
                        _ => OptLevel::Speed,
                    };
                }
                "outputFormat" => {
                    config.compiler.output_format =
                        if on { OutputFormat::Wasm } else { OutputFormat::Native };
                }
                "dumpIR" => config.compiler.dump_ir = on,
                "genericBinary" => config.compiler.generic_binary = on,
                "interruptible" => config.compiler.interruptible = on,
                "genericCode" => config.generic_code = on,
                "lenientInput" => config.lenient_input = on,
                "compileTime" => {
                    config.compile_time =
                        COMPILE_TIMES.get(value as usize).copied().ok_or_else(|| unknown(&name))?;
                }
                "signals" => {
                    config.trap_mode = if on { TrapMode::Signals } else { TrapMode::Checks };
                    config.interrupt_mode =
                        if on { InterruptMode::Signal } else { InterruptMode::Poll };
                }
                _ => return Err(unknown(&name)),
            }
            Ok(())
        })
    }

    /// Whether a proposal is on.
    #[napi]
    pub fn has_proposal(&self, env: Env, number: u32) -> napi::Result<bool> {
        enter(env, |_| Ok(self.config.borrow().proposals.has(proposal(number)?)))
    }

    /// Switches a proposal on or off.
    #[napi]
    pub fn set_proposal(&self, env: Env, number: u32, on: bool) -> napi::Result<()> {
        enter(env, |_| {
            let proposals = &mut self.config.borrow_mut().proposals;
            let proposal = proposal(number)?;
            if on {
                proposals.add(proposal)
            } else {
                proposals.remove(proposal)
            }
            Ok(())
        })
    }

    /// Keeps compiled code on disk: in a folder, or the user's; not at all if `on` is false.
    #[napi]
    pub fn set_cache(&self, on: bool, directory: Option<String>, max_bytes: Option<f64>) {
        let default = CacheOptions::default();
        let options = CacheOptions {
            directory: directory.map(Into::into),
            max_bytes: max_bytes.map_or(default.max_bytes, |bytes| bytes as u64),
        };
        self.config.borrow_mut().cache = on.then(|| Arc::new(options));
    }

    /// Sets limits, as JSON.
    #[napi]
    pub fn set_limits(&self, env: Env, json: String) -> napi::Result<()> {
        enter(env, |_| {
            let limits = Limits::from_json(&json).map_err(|e| Failure::Type(e.to_string()))?;
            self.config.borrow_mut().limits = limits;
            Ok(())
        })
    }

    /// The limits, as JSON.
    #[napi]
    pub fn limits(&self) -> String {
        self.config.borrow().limits.to_json()
    }

    /// Whether compiled code is kept on disk, where, and up to how many bytes.
    #[napi]
    pub fn cache(&self) -> Vec<String> {
        let config = self.config.borrow();
        let Some(cache) = &config.cache else { return Vec::new() };
        let directory = cache.directory.as_ref().map(|path| path.display().to_string());
        vec![cache.max_bytes.to_string(), directory.unwrap_or_default()]
    }

    /// Whether a VM registers WASI.
    #[napi(getter)]
    pub fn wasi(&self) -> bool {
        self.config.borrow().host_registrations.has(HostRegistration::Wasi)
    }

    /// Sets whether a VM registers WASI.
    #[napi(setter)]
    pub fn set_wasi(&self, on: bool) {
        let hosts = &mut self.config.borrow_mut().host_registrations;
        if on { hosts.add(HostRegistration::Wasi) } else { hosts.remove(HostRegistration::Wasi) }
    }
}

fn proposal(number: u32) -> Outcome<Proposal> {
    Proposal::from_number(number)
        .ok_or_else(|| Failure::Range(format!("there is no proposal {number}")))
}

fn unknown(name: &str) -> Failure {
    Failure::Type(format!("there is no setting {name:?}"))
}

/// The configuration behind an optional object.
pub fn of(config: Option<&NativeConfig>) -> Config {
    config.map_or_else(Config::default, |config| config.config.borrow().clone())
}
