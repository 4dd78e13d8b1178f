//! What a guest of WASI gets in place of the system's clocks and random numbers, which addresses it
//! may reach, and what it was refused.

use crate::callback::{Data, wasmspan_finalize_t};
use crate::wasi::config::{lock, set, wasmspan_wasi_config};
use std::ffi::c_void;
use std::ptr;
use wasmspan_c_shared::abi::WasmEdge_String;
use wasmspan_c_shared::enter::enter;
use wasmspan_c_shared::handle::get;
use wasmspan_c_shared::shim;
use wasmspan_c_shared::text::Text;

/// Gives nanoseconds.
#[allow(non_camel_case_types)]
pub type wasmspan_clock_t = Option<unsafe extern "C-unwind" fn(data: *mut c_void) -> u64>;

/// Fills a buffer.
#[allow(non_camel_case_types)]
pub type wasmspan_random_t =
    Option<unsafe extern "C-unwind" fn(data: *mut c_void, buf: *mut u8, len: usize)>;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_clock(
    config: *mut wasmspan_wasi_config,
    monotonic: bool,
    clock: wasmspan_clock_t,
    data: *mut c_void,
    finalize: wasmspan_finalize_t,
) -> bool {
    let Some(clock) = clock else { return false };
    enter(false, || {
        get(config.cast_const())?;
        let data = Data { data, finalize };
        let now = move || {
            let data = &data;
            // SAFETY: the program gives the function for this purpose, with the data, for any thread.
            unsafe { shim::contain(|| clock(data.data)) }.unwrap_or(0)
        };
        Some(set(config, |builder| match monotonic {
            true => builder.monotonic_clock(now),
            false => builder.realtime_clock(now),
        }))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_random_from(
    config: *mut wasmspan_wasi_config,
    fill: wasmspan_random_t,
    data: *mut c_void,
    finalize: wasmspan_finalize_t,
) -> bool {
    let Some(fill) = fill else { return false };
    enter(false, || {
        get(config.cast_const())?;
        let data = Data { data, finalize };
        let source = move |room: &mut [u8]| {
            let (data, buf, len) = (&data, room.as_mut_ptr(), room.len());
            // SAFETY: as above.
            unsafe { shim::contain(|| fill(data.data, buf, len)) };
        };
        Some(set(config, |builder| builder.random_source(source)))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_config_random_seed(config: *mut wasmspan_wasi_config, seed: u64) {
    set(config, |builder| builder.random_seed(seed));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_allow_address(
    config: *mut wasmspan_wasi_config,
    address: WasmEdge_String,
) {
    // SAFETY: the caller passes a string.
    set(config, |builder| builder.allow_address(unsafe { address.lossy() }));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmspan_wasi_config_list_directories(config: *mut wasmspan_wasi_config) {
    set(config, wasmspan::wasi::WasiBuilder::list_preopens);
}

/// Something that a guest was refused.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_denial {
    pub function: WasmEdge_String,
    pub wanted: WasmEdge_String,
    pub error: u32,
    pub option: WasmEdge_String,
}

/// Takes what a guest was refused.
#[allow(non_camel_case_types)]
pub type wasmspan_denial_t =
    Option<unsafe extern "C-unwind" fn(data: *mut c_void, denial: *const wasmspan_denial)>;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_wasi_config_denials(
    config: *const wasmspan_wasi_config,
    take: wasmspan_denial_t,
    data: *mut c_void,
) -> u32 {
    enter(0, || {
        // Without the lock, so that the function may use the settings.
        let denials = lock(get(config)?).denials.entries();
        let Some(take) = take else { return Some(denials.len() as u32) };
        for denial in &denials {
            let texts = [&denial.function, &denial.wanted, &denial.option].map(Text::new);
            let [function, wanted, option] = texts.each_ref().map(Text::lend);
            let made = wasmspan_denial { function, wanted, error: denial.errno, option };
            // SAFETY: the program gives the function for this purpose.
            unsafe { shim::contain(|| take(data, ptr::from_ref(&made))) };
        }
        Some(denials.len() as u32)
    })
}
