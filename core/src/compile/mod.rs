//! From a validated module to machine code in memory; knows nothing of instances.
//!
//! `region` divides bodies into what metered code counts at once, `pressure` tells which have too many
//! values for registers. `function` translates and compiles one body, `link` lays the bodies out, `trampoline` makes the stubs between host and
//! wasm, `isa` chooses the target. Bodies are compiled in parallel, largest first, because one large
//! body bounds the whole time.

mod function;
mod isa;
mod link;
mod pressure;
mod region;
mod trampoline;
mod translate;

pub(crate) use isa::target;
pub(crate) use region::{region_at, rest_of_region};
pub(crate) use trampoline::{
    entry_trampoline, exit_trampoline, keeping_trampoline, record_trampoline, stubs,
};

use crate::abi::{CodeBlob, InstanceLayout};
use crate::config::{Config, Metering};
use crate::error::{ErrCode, Error, Result};
use crate::module::ModuleInfo;
use crate::platform::workers::share;
use function::{CompiledFunction, FunctionCompiler};
use rayon::prelude::*;
use std::cmp::Reverse;
use translate::FuncEnv;

/// Watches a compilation; called from all its threads.
pub(crate) trait Observer: Sync {
    /// Whether [`Observer::ir`] is to be called.
    fn wants_ir(&self) -> bool {
        false
    }
    /// The intermediate code of a body before and after optimisation.
    fn ir(&self, _number: u32, _before: String, _after: String) {}
    /// Whether the result is no longer wanted; the compilation then fails.
    fn is_cancelled(&self) -> bool {
        false
    }
    /// A body of so many bytes is done.
    fn done(&self, _bytes: usize) {}
}

/// Watches nothing.
pub(crate) struct Unobserved;

impl Observer for Unobserved {}

/// Compiles every function that `module` defines.
pub(crate) fn compile(
    config: &Config,
    metering: Metering,
    module: &ModuleInfo,
    layout: &InstanceLayout,
    observer: &dyn Observer,
) -> Result<CodeBlob> {
    let isa = isa::for_config(config)?;
    let plain = isa::plain(config)?;
    let c_conv = isa.default_call_conv();
    let env = FuncEnv::new(module, layout, config, metering, c_conv);
    let mut order: Vec<u32> = (0..module.bodies.len() as u32).collect();
    order.sort_by_key(|&number| Reverse(module.bodies[number as usize].len()));

    let compile_all = || -> Result<Vec<(u32, CompiledFunction)>> {
        order
            .par_iter()
            .with_max_len(1)
            .map_init(
                || FunctionCompiler::new(&*isa, &*plain, &env, observer),
                |compiler, &number| {
                    if observer.is_cancelled() {
                        return Err(Error::new(ErrCode::Interrupted));
                    }
                    let function = compiler.compile(number)?;
                    observer.done(module.bodies[number as usize].len());
                    Ok((number, function))
                },
            )
            .collect()
    };
    let compiled = share(config.compile_threads, compile_all)??;
    let mut functions: Vec<Option<CompiledFunction>> = Vec::new();
    functions.resize_with(module.bodies.len(), || None);
    for (number, function) in compiled {
        functions[number as usize] = Some(function);
    }
    let functions = functions.into_iter().map(|f| f.expect("every body was compiled")).collect();
    link::link(&*isa, module.imported.funcs, functions)
}

/// Compiles one of the functions that `module` defines, so that it calls the others through slots.
/// The code counts nothing.
pub(crate) fn compile_one(
    config: &Config,
    module: &ModuleInfo,
    layout: &InstanceLayout,
    number: u32,
) -> Result<CodeBlob> {
    let isa = isa::for_config(config)?;
    let plain = isa::plain(config)?;
    let c_conv = isa.default_call_conv();
    let mut env = FuncEnv::new(module, layout, config, Metering::None, c_conv);
    env.lazy = true;
    let function = FunctionCompiler::new(&*isa, &*plain, &env, &Unobserved).compile(number)?;
    let mut blob = link::link(&*isa, module.imported.funcs, vec![function])?;
    blob.starts.iter_mut().for_each(|(_, start)| *start = number);
    Ok(blob)
}
