//! Settings that WasmEdge has none for: signals, when functions are compiled, proposals, where the log
//! goes.

use crate::callback::{Data, wasmspan_finalize_t};
use std::ffi::c_void;
use std::sync::Arc;
use wasmspan::config::{CompileTime, InterruptMode, OptLevel, Proposals, TrapMode};
use wasmspan::{Config, ErrCode, Error, log};
use wasmspan_c_shared::abi::{WasmEdge_ConfigureContext, WasmEdge_Result, WasmEdge_String};
use wasmspan_c_shared::enter::{enter, need, result};
use wasmspan_c_shared::handle::get;
use wasmspan_c_shared::shim;
use wasmspan_c_shared::text::Text;

fn set(
    configure: *mut WasmEdge_ConfigureContext,
    change: impl FnOnce(&mut Config),
) -> WasmEdge_Result {
    result(|| {
        need(configure.cast_const())?.change(change);
        Ok(())
    })
}

/// Sets one of several values, by its number.
fn set_numbered<T: Copy>(
    configure: *mut WasmEdge_ConfigureContext,
    known: &[T],
    number: u32,
    what: &str,
    change: impl FnOnce(&mut Config, T),
) -> WasmEdge_Result {
    result(|| {
        let configure = need(configure.cast_const())?;
        let value = known.get(number as usize).ok_or_else(|| {
            Error::with_detail(ErrCode::RuntimeError, format!("{number} is no {what}"))
        })?;
        configure.change(|config| change(config, *value));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_configure_set_signals(
    configure: *mut WasmEdge_ConfigureContext,
    traps: bool,
    interrupts: bool,
) -> WasmEdge_Result {
    set(configure, |config| {
        config.trap_mode = if traps { TrapMode::Signals } else { TrapMode::Checks };
        config.interrupt_mode =
            if interrupts { InterruptMode::Signal } else { InterruptMode::Poll };
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_configure_get_signals(
    configure: *const WasmEdge_ConfigureContext,
    traps: *mut bool,
    interrupts: *mut bool,
) -> bool {
    enter(false, || {
        let modes = get(configure)?.read(|config| {
            (config.trap_mode == TrapMode::Signals, config.interrupt_mode == InterruptMode::Signal)
        });
        if traps.is_null() || interrupts.is_null() {
            return None;
        }
        // SAFETY: the caller passes places for both.
        unsafe {
            traps.write(modes.0);
            interrupts.write(modes.1);
        }
        Some(true)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_configure_set_compile_time(
    configure: *mut WasmEdge_ConfigureContext,
    time: u32,
) -> WasmEdge_Result {
    let known = [CompileTime::Auto, CompileTime::Eager, CompileTime::Lazy];
    set_numbered(configure, &known, time, "time to compile at", |config, time| {
        config.compile_time = time;
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_configure_set_opt_level(
    configure: *mut WasmEdge_ConfigureContext,
    level: u32,
) -> WasmEdge_Result {
    let known = [OptLevel::None, OptLevel::Speed, OptLevel::SpeedAndSize];
    set_numbered(configure, &known, level, "level of optimisation", |config, level| {
        config.opt_level = level;
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_configure_set_generic_code(
    configure: *mut WasmEdge_ConfigureContext,
    generic: bool,
) -> WasmEdge_Result {
    set(configure, |config| config.generic_code = generic)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_configure_set_load_compiled(
    configure: *mut WasmEdge_ConfigureContext,
    load: bool,
) -> WasmEdge_Result {
    set(configure, |config| config.load_compiled = load)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_configure_set_compile_threads(
    configure: *mut WasmEdge_ConfigureContext,
    threads: usize,
) -> WasmEdge_Result {
    set(configure, |config| config.compile_threads = threads)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_configure_set_lenient_input(
    configure: *mut WasmEdge_ConfigureContext,
    lenient: bool,
) -> WasmEdge_Result {
    set(configure, |config| config.lenient_input = lenient)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_configure_add_finished_proposals(
    configure: *mut WasmEdge_ConfigureContext,
) -> WasmEdge_Result {
    set(configure, |config| config.proposals = Proposals::finished())
}

/// Takes a line of the log.
#[allow(non_camel_case_types)]
pub type wasmspan_log_t =
    Option<unsafe extern "C-unwind" fn(data: *mut c_void, level: u32, text: WasmEdge_String)>;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_log_to(
    take: wasmspan_log_t,
    data: *mut c_void,
    finalize: wasmspan_finalize_t,
) {
    enter((), || {
        let sink = take.map(|take| -> log::Sink {
            let data = Data { data, finalize };
            Arc::new(move |level, text| {
                let (data, text) = (&data, Text::new(text));
                // SAFETY: the program gives the function for this purpose, with the data, for any
                // thread.
                unsafe { shim::contain(|| take(data.data, level as u32, text.lend())) };
            })
        });
        log::set_sink(sink);
        Some(())
    });
}
