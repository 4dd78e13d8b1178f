//! What may be used and what was: limits and figures.

use std::ffi::c_char;
use wasmspan::config::Limits;
use wasmspan_c_shared::abi::{
    WasmEdge_ConfigureContext, WasmEdge_ExecutorContext, WasmEdge_FunctionInstanceContext,
    WasmEdge_Result, WasmEdge_StatisticsContext, WasmEdge_String, WasmEdge_VMContext,
    WasmEdge_Value,
};
use wasmspan_c_shared::call::values;
use wasmspan_c_shared::enter::{bytes, enter, fill, need, need_in, result, result_with};
use wasmspan_c_shared::error::{logged, null_argument, pack};
use wasmspan_c_shared::handle::get;
use wasmspan_c_shared::text::write_text;

/// What may be used at most.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct wasmspan_limits {
    pub time_ms: u64,
    pub cost: u64,
    pub memory_pages: u64,
    pub table_elements: u64,
    pub stack_bytes: u64,
    pub instances: u64,
    pub open_files: u64,
    pub output_bytes: u64,
}

/// Stands for no limit.
const UNLIMITED: u64 = u64::MAX;

impl wasmspan_limits {
    fn of(limits: &Limits) -> wasmspan_limits {
        let number = |limit: Option<u64>| limit.unwrap_or(UNLIMITED);
        wasmspan_limits {
            time_ms: number(limits.time_ms),
            cost: number(limits.cost),
            memory_pages: number(limits.memory_pages.map(u64::from)),
            table_elements: number(limits.table_elements),
            stack_bytes: number(limits.stack_bytes),
            instances: number(limits.instances),
            open_files: number(limits.open_files),
            output_bytes: number(limits.output_bytes),
        }
    }

    fn limits(self) -> Limits {
        let limit = |number: u64| (number != UNLIMITED).then_some(number);
        Limits {
            time_ms: limit(self.time_ms),
            cost: limit(self.cost),
            memory_pages: limit(self.memory_pages).map(|n| u32::try_from(n).unwrap_or(u32::MAX)),
            table_elements: limit(self.table_elements),
            stack_bytes: limit(self.stack_bytes),
            instances: limit(self.instances),
            open_files: limit(self.open_files),
            output_bytes: limit(self.output_bytes),
        }
    }
}

/// The limits at an address.
///
/// # Safety
///
/// There must be some, unless it is null.
unsafe fn read(limits: *const wasmspan_limits) -> wasmspan::Result<Limits> {
    // SAFETY: the caller's promise.
    let limits = unsafe { limits.as_ref() }.ok_or_else(|| null_argument("the limits"))?;
    Ok(limits.limits())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_limits_from_json(
    text: *const c_char,
    len: usize,
    limits: *mut wasmspan_limits,
) -> WasmEdge_Result {
    result(|| {
        // SAFETY: the caller passes a text of this length, or null.
        let text = unsafe { bytes(text.cast(), len) };
        let text = text.ok_or_else(|| null_argument("the text"))?;
        if limits.is_null() {
            return Err(null_argument("the place for the limits"));
        }
        let read = Limits::from_json(&String::from_utf8_lossy(text))?;
        // SAFETY: the caller passes a place for limits.
        unsafe { limits.write(wasmspan_limits::of(&read)) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_limits_to_json(
    limits: *const wasmspan_limits,
    buf: *mut c_char,
    len: usize,
) -> usize {
    enter(0, || {
        // SAFETY: the caller passes limits or null, and a buffer of this length or null.
        unsafe {
            let text = limits.as_ref()?.limits().to_json();
            Some(write_text(&text, buf, len))
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_configure_set_limits(
    configure: *mut WasmEdge_ConfigureContext,
    limits: *const wasmspan_limits,
) -> WasmEdge_Result {
    result(|| {
        // SAFETY: the caller passes limits, or null.
        let limits = unsafe { read(limits) }?;
        need(configure.cast_const())?.change(|config| config.limits = limits);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_configure_get_limits(
    configure: *const WasmEdge_ConfigureContext,
    limits: *mut wasmspan_limits,
) -> bool {
    enter(false, || {
        let known = get(configure)?.read(|config| wasmspan_limits::of(&config.limits));
        if limits.is_null() {
            return None;
        }
        // SAFETY: the caller passes a place for limits.
        unsafe { limits.write(known) };
        Some(true)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_executor_invoke_within(
    executor: *const WasmEdge_ExecutorContext,
    function: *const WasmEdge_FunctionInstanceContext,
    params: *const WasmEdge_Value,
    param_len: u32,
    returns: *mut WasmEdge_Value,
    return_len: u32,
    limits: *const wasmspan_limits,
) -> WasmEdge_Result {
    result(|| {
        let (executor, function) = (need(executor)?, need(function)?);
        // SAFETY: the caller passes limits, and lists of these lengths, or null.
        unsafe {
            let (params, limits) = (values(params, param_len)?, read(limits)?);
            let results = executor.invoke_within(function.func(), &params, &limits);
            let results = results.map_err(logged)?;
            let lent = &function.lent;
            let results = results.iter().map(|value| WasmEdge_Value::from_val(value, lent));
            fill(returns, return_len, results);
        }
        Ok(())
    })
}

/// Calls a function of a VM's active module within limits.
///
/// # Safety
///
/// The name must be a string; the lists must be as long as said, or null.
pub unsafe fn execute_within(
    vm: *mut WasmEdge_VMContext,
    name: WasmEdge_String,
    (params, param_len): (*const WasmEdge_Value, u32),
    (returns, return_len): (*mut WasmEdge_Value, u32),
    limits: &Limits,
) -> WasmEdge_Result {
    result_with(|uses| {
        let object = need_in(uses, vm.cast_const())?;
        // SAFETY: the caller's promise.
        let (name, params) = unsafe { (name.lossy(), values(params, param_len)?) };
        let active = object.active_object(uses);
        let results = object.vm.execute_within(&name, &params, limits)?;
        let Some(active) = active else { return Ok(()) };
        let results = results.iter().map(|value| WasmEdge_Value::from_val(value, &active.lent));
        // SAFETY: as above.
        unsafe { fill(returns, return_len, results) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_function_call(
    function: *const WasmEdge_FunctionInstanceContext,
    params: *const WasmEdge_Value,
    param_len: u32,
    returns: *mut WasmEdge_Value,
    return_len: u32,
    limits: *const wasmspan_limits,
) -> WasmEdge_Result {
    result(|| {
        let function = need(function)?;
        // SAFETY: the caller passes limits or null, and lists of these lengths, or null.
        unsafe {
            if limits.is_null() {
                return function.call(params, param_len, returns, return_len);
            }
            let (params, limits) = (values(params, param_len)?, read(limits)?);
            let results = function.func().call_within(&params, &limits)?;
            let lent = &function.lent;
            let results = results.iter().map(|value| WasmEdge_Value::from_val(value, lent));
            fill(returns, return_len, results);
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_vm_execute_within(
    vm: *mut WasmEdge_VMContext,
    name: WasmEdge_String,
    params: *const WasmEdge_Value,
    param_len: u32,
    returns: *mut WasmEdge_Value,
    return_len: u32,
    limits: *const wasmspan_limits,
) -> WasmEdge_Result {
    // SAFETY: the caller passes limits or null, a string, and lists of these lengths, or null.
    unsafe {
        match read(limits) {
            Ok(limits) => {
                execute_within(vm, name, (params, param_len), (returns, return_len), &limits)
            }
            Err(error) => pack(&error),
        }
    }
}

/// What calls have used.
#[repr(C)]
#[allow(non_camel_case_types)]
pub struct wasmspan_figures {
    pub instructions: u64,
    pub cost: u64,
    pub cost_limit: u64,
    pub wasm_nanoseconds: u64,
    pub host_nanoseconds: u64,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_statistics_read(
    statistics: *const WasmEdge_StatisticsContext,
    figures: *mut wasmspan_figures,
) -> bool {
    enter(false, || {
        let statistics = get(statistics)?;
        if figures.is_null() {
            return None;
        }
        let nanoseconds = |time: std::time::Duration| time.as_nanos() as u64;
        let read = wasmspan_figures {
            instructions: statistics.instruction_count(),
            cost: statistics.total_cost(),
            cost_limit: statistics.cost_limit(),
            wasm_nanoseconds: nanoseconds(statistics.wasm_time()),
            host_nanoseconds: nanoseconds(statistics.host_time()),
        };
        // SAFETY: the caller passes a place for figures.
        unsafe { figures.write(read) };
        Some(true)
    })
}
