//! What is set before other contexts are made.

use crate::abi::WasmEdge_ConfigureContext;
use crate::door::{delete, door};
use crate::handle::{create, get};
use std::ptr;
use std::sync::{Mutex, PoisonError};
use wasmspan::Config;
use wasmspan::config::{HostRegistration, Proposal};

/// Settings; every context takes a copy when it is made.
pub struct Configure(Mutex<Config>);

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
    door((), || {
        get(context.cast_const())?.change(change);
        Some(())
    });
}

fn ask<R>(
    context: *const WasmEdge_ConfigureContext,
    otherwise: R,
    read: impl FnOnce(&Config) -> R,
) -> R {
    door(otherwise, || Some(get(context)?.read(read)))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureCreate() -> *mut WasmEdge_ConfigureContext {
    door(ptr::null_mut(), || Some(create(Configure(Mutex::new(defaults())))))
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

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ConfigureDelete(Cxt: *mut WasmEdge_ConfigureContext) {
    delete(Cxt);
}
