//! What is set before other contexts are made.

use crate::abi::WasmEdge_ConfigureContext;
use crate::enter::{delete, enter};
use crate::handle::{create, get};
use std::ptr;
use std::sync::{Mutex, PoisonError};
use wasmspan::Config;
use wasmspan::config::{
    CompilerOptions, HostRegistration, OptimizationLevel, OutputFormat, Proposal,
};

/// Settings; every context takes a copy when it is made.
pub struct Configure(Mutex<Config>);

crate::context!(WasmEdge_ConfigureContext = Configure, Configure);

impl Configure {
    /// Reads the settings.
    pub fn read<R>(&self, read: impl FnOnce(&Config) -> R) -> R {
        read(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the settings.
    pub fn change(&self, change: impl FnOnce(&mut Config)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The settings of WasmEdge; buffers are modules in the binary format.
fn defaults() -> Config {
    Config { lenient_input: false, ..Config::wasmedge() }
}

/// A copy of the settings; the defaults of WasmEdge for what is no such context.
pub fn read(context: *const WasmEdge_ConfigureContext) -> Config {
    get(context).map_or_else(defaults, |configure| configure.read(Config::clone))
}

/// The host registration of a number.
pub fn host_registration(number: u32) -> Option<HostRegistration> {
    use HostRegistration::*;
    const ALL: [HostRegistration; 8] = [
        Wasi,
        WasmEdgeProcess,
        WasiNN,
        WasiCryptoCommon,
        WasiCryptoAsymmetricCommon,
        WasiCryptoKx,
        WasiCryptoSignatures,
        WasiCryptoSymmetric,
    ];
    ALL.into_iter().find(|known| *known as u32 == number)
}

fn set(context: *mut WasmEdge_ConfigureContext, change: impl FnOnce(&mut Config)) {
    enter((), || {
        get(context.cast_const())?.change(change);
        Some(())
    });
}

fn ask<R>(
    context: *const WasmEdge_ConfigureContext,
    otherwise: R,
    read: impl FnOnce(&Config) -> R,
) -> R {
    enter(otherwise, || Some(get(context)?.read(read)))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCreate() -> *mut WasmEdge_ConfigureContext {
    enter(ptr::null_mut(), || Some(create(Configure(Mutex::new(defaults())))))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureAddProposal(Cxt: *mut WasmEdge_ConfigureContext, Prop: u32) {
    let Some(proposal) = Proposal::from_number(Prop) else { return };
    set(Cxt, |config| config.proposals.add(proposal));
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureRemoveProposal(Cxt: *mut WasmEdge_ConfigureContext, Prop: u32) {
    let Some(proposal) = Proposal::from_number(Prop) else { return };
    set(Cxt, |config| config.proposals.remove(proposal));
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureHasProposal(
    Cxt: *const WasmEdge_ConfigureContext,
    Prop: u32,
) -> bool {
    let Some(proposal) = Proposal::from_number(Prop) else { return false };
    ask(Cxt, false, |config| config.proposals.has(proposal))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureAddHostRegistration(
    Cxt: *mut WasmEdge_ConfigureContext,
    Host: u32,
) {
    let Some(host) = host_registration(Host) else { return };
    set(Cxt, |config| config.host_registrations.add(host));
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureRemoveHostRegistration(
    Cxt: *mut WasmEdge_ConfigureContext,
    Host: u32,
) {
    let Some(host) = host_registration(Host) else { return };
    set(Cxt, |config| config.host_registrations.remove(host));
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureHasHostRegistration(
    Cxt: *const WasmEdge_ConfigureContext,
    Host: u32,
) -> bool {
    let Some(host) = host_registration(Host) else { return false };
    ask(Cxt, false, |config| config.host_registrations.has(host))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureSetMaxMemoryPage(
    Cxt: *mut WasmEdge_ConfigureContext,
    Page: u32,
) {
    set(Cxt, |config| config.max_memory_pages = Page);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureGetMaxMemoryPage(Cxt: *const WasmEdge_ConfigureContext) -> u32 {
    ask(Cxt, 0, |config| config.max_memory_pages)
}

/// Sets whether compiled code that travels with a module is ignored.
pub fn set_force_interpreter(context: *mut WasmEdge_ConfigureContext, force: bool) {
    set(context, |config| config.force_interpreter = force);
}

/// Whether compiled code that travels with a module is ignored.
pub fn is_force_interpreter(context: *const WasmEdge_ConfigureContext) -> bool {
    ask(context, false, |config| config.force_interpreter)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureStatisticsSetInstructionCounting(
    Cxt: *mut WasmEdge_ConfigureContext,
    IsCount: bool,
) {
    set(Cxt, |config| config.statistics.instruction_counting = IsCount);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureStatisticsIsInstructionCounting(
    Cxt: *const WasmEdge_ConfigureContext,
) -> bool {
    ask(Cxt, false, |config| config.statistics.instruction_counting)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureStatisticsSetCostMeasuring(
    Cxt: *mut WasmEdge_ConfigureContext,
    IsMeasure: bool,
) {
    set(Cxt, |config| config.statistics.cost_measuring = IsMeasure);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureStatisticsIsCostMeasuring(
    Cxt: *const WasmEdge_ConfigureContext,
) -> bool {
    ask(Cxt, false, |config| config.statistics.cost_measuring)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureStatisticsSetTimeMeasuring(
    Cxt: *mut WasmEdge_ConfigureContext,
    IsMeasure: bool,
) {
    set(Cxt, |config| config.statistics.time_measuring = IsMeasure);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureStatisticsIsTimeMeasuring(
    Cxt: *const WasmEdge_ConfigureContext,
) -> bool {
    ask(Cxt, false, |config| config.statistics.time_measuring)
}

fn set_compiler(
    context: *mut WasmEdge_ConfigureContext,
    change: impl FnOnce(&mut CompilerOptions),
) {
    set(context, |config| change(&mut config.compiler));
}

fn ask_compiler<R>(
    context: *const WasmEdge_ConfigureContext,
    otherwise: R,
    read: impl FnOnce(&CompilerOptions) -> R,
) -> R {
    ask(context, otherwise, |config| read(&config.compiler))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerSetOptimizationLevel(
    Cxt: *mut WasmEdge_ConfigureContext,
    Level: u32,
) {
    use OptimizationLevel::*;
    let Some(level) = [O0, O1, O2, O3, Os, Oz].into_iter().find(|level| *level as u32 == Level)
    else {
        return;
    };
    set_compiler(Cxt, |options| options.optimization_level = level);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerGetOptimizationLevel(
    Cxt: *const WasmEdge_ConfigureContext,
) -> u32 {
    ask_compiler(Cxt, OptimizationLevel::O0 as u32, |options| options.optimization_level as u32)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerSetOutputFormat(
    Cxt: *mut WasmEdge_ConfigureContext,
    Format: u32,
) {
    let format = match Format {
        0 => OutputFormat::Native,
        1 => OutputFormat::Wasm,
        _ => return,
    };
    set_compiler(Cxt, |options| options.output_format = format);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerGetOutputFormat(
    Cxt: *const WasmEdge_ConfigureContext,
) -> u32 {
    ask_compiler(Cxt, OutputFormat::Wasm as u32, |options| options.output_format as u32)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerSetDumpIR(
    Cxt: *mut WasmEdge_ConfigureContext,
    IsDump: bool,
) {
    set_compiler(Cxt, |options| options.dump_ir = IsDump);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerIsDumpIR(
    Cxt: *const WasmEdge_ConfigureContext,
) -> bool {
    ask_compiler(Cxt, false, |options| options.dump_ir)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerSetGenericBinary(
    Cxt: *mut WasmEdge_ConfigureContext,
    IsGeneric: bool,
) {
    set_compiler(Cxt, |options| options.generic_binary = IsGeneric);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerIsGenericBinary(
    Cxt: *const WasmEdge_ConfigureContext,
) -> bool {
    ask_compiler(Cxt, false, |options| options.generic_binary)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerSetInterruptible(
    Cxt: *mut WasmEdge_ConfigureContext,
    IsInterruptible: bool,
) {
    set_compiler(Cxt, |options| options.interruptible = IsInterruptible);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCompilerIsInterruptible(
    Cxt: *const WasmEdge_ConfigureContext,
) -> bool {
    ask_compiler(Cxt, false, |options| options.interruptible)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureDelete(Cxt: *mut WasmEdge_ConfigureContext) {
    delete(Cxt);
}
