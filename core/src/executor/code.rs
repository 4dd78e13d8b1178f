//! Where a module's code comes from: known, carried by its file, found on disk, or compiled.

use super::code_cache;
use super::lazy;
use super::module::{Module, find};
use super::symbols::ModuleSymbols;
use crate::abi::{CodeBlob, InstanceLayout};
use crate::compile;
use crate::config::{CodeKind, Config, InterruptMode, Metering, TrapMode};
use crate::engine::Image;
use crate::engine::signature::{self, StubCompiler};
use crate::error::Result;
use crate::log::{self, LogLevel};
use crate::module::ModuleInfo;
use crate::runtime::{self, CodeModule};
use std::sync::Arc;

impl Module {
    /// The module's code for `config` with traps found by `trap_mode`.
    pub(super) fn code(
        &self,
        config: &Config,
        trap_mode: TrapMode,
        metering: Metering,
    ) -> Result<Arc<CodeModule>> {
        self.require_validated()?;
        let kind = CodeKind { metering, ..CodeKind::of(config, trap_mode) };
        // Not held while compiling, for the reason given in `validate`: two threads that come at
        // once may both compile, and the first result counts.
        if let Some(code) = find(&self.0.known_code(), kind) {
            return Ok(code);
        }
        prepare(kind)?;
        let info = &self.0.info;
        let layout = InstanceLayout::new(info);
        let config = Config { trap_mode, ..config.clone() };
        let found = match self.take_waiting(kind) {
            None if self.is_known_to_miss(kind, &config) => None,
            None => code_cache::find(&config, metering, info)?,
            found => found,
        };
        let mut blob = match found {
            Some(blob) => blob,
            None => {
                if lazy::is_wanted(&config, metering, info)
                    && let Some(code) = lazy::code(&self.0, kind, &config, &layout)?
                {
                    return Ok(code);
                }
                code_cache::compile(&config, metering, info, &layout)?
            }
        };
        let stubs = std::mem::take(&mut blob.stubs);
        let image = publish(blob, metering, info)?;
        let mut code = CodeModule::new(Arc::clone(info), layout, image);
        signature::adopt(&code.signatures, &stubs)?;
        if metering != Metering::None {
            let (info, layout) = (Arc::clone(info), code.layout.clone());
            code = code.with_table_code(Box::new(move || {
                let metering = Metering::Table;
                let blob = code_cache::find_or_compile(&config, metering, &info, &layout)?;
                publish(blob, metering, &info)
            }));
        }
        Ok(self.0.keep(kind, Arc::new(code)))
    }

    /// The code that came with the module, if it does for `wanted`; only the first caller gets it.
    fn take_waiting(&self, wanted: CodeKind) -> Option<CodeBlob> {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let kind = waiting.as_ref()?.0;
        if !kind.serves(wanted) {
            if self.0.precompiled {
                not_used("it was compiled for another configuration");
            }
            return None;
        }
        let (_, code) = waiting.take()?;
        (code.entries.len() == self.0.info.bodies.len()).then_some(code)
    }
}

/// Says why compiled code is left aside.
pub(super) fn not_used(reason: &str) {
    let line = format!("compiled code is not used: {reason}; the module is compiled anew");
    log::log(LogLevel::Warn, &line);
}

/// Gives code an address.
fn publish(blob: CodeBlob, metering: Metering, info: &Arc<ModuleInfo>) -> Result<Image> {
    let symbols = Arc::new(ModuleSymbols::new(Arc::clone(info), metering));
    Image::publish(blob, info.imported.funcs, symbols)
}

/// Hands the compiler of call stubs down to the engine.
pub(crate) fn prepare_stubs() {
    signature::set_compiler(StubCompiler {
        entry: compile::entry_trampoline,
        exit: compile::exit_trampoline,
        record: compile::record_trampoline,
        keeping: compile::keeping_trampoline,
    });
}

/// Sets up what code needs once in a process: call stubs, and signal handlers unless it does
/// without.
fn prepare(kind: CodeKind) -> Result<()> {
    prepare_stubs();
    match (kind.trap_mode, kind.interrupt_mode) {
        (TrapMode::Checks, InterruptMode::Poll) => Ok(()),
        _ => runtime::install_handlers(),
    }
}

/// Puts the runtime's signal handlers back on top if another library has installed its own since.
///
/// Libraries such as Python's `faulthandler` or another WebAssembly engine may do so; without this
/// call the next trap then reaches their handler first. Does nothing while no handler is installed.
pub fn ensure_signal_handlers() {
    runtime::ensure_handlers();
}
