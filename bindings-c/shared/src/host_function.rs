//! C functions as host functions, and what they see of their caller.

use crate::abi::{
    WasmEdge_CallingFrameContext, WasmEdge_ExecutorContext, WasmEdge_FunctionInstanceContext,
    WasmEdge_FunctionTypeContext, WasmEdge_MemoryInstanceContext, WasmEdge_ModuleInstanceContext,
    WasmEdge_Result, WasmEdge_Value,
};
use crate::enter::{created, enter, need};
use crate::error::{SUCCESS, result_of};
use crate::frame::Frame;
use crate::function::{FunctionObject, introduce};
use crate::handle::{self, Key, Kind, Lent, get};
use crate::instance::{self, InstanceObject};
use crate::memory::MemoryObject;
use crate::uses::Uses;
use std::ptr;
use std::sync::Arc;
use wasmspan::raw::Slots;
use wasmspan::{Caller, Func, ValType};

/// Calls a C function: frame, parameters, results.
pub trait Body: Send + Sync + 'static {
    /// # Safety
    ///
    /// The pointers must lead to as many values as the function's type says.
    unsafe fn call(
        &self,
        frame: &Frame<'_>,
        params: *const WasmEdge_Value,
        returns: *mut WasmEdge_Value,
    ) -> WasmEdge_Result;
}

/// Makes a host function from a C function.
pub fn host_function<B: Body>(
    ty: *const WasmEdge_FunctionTypeContext,
    cost: u64,
    body: B,
) -> *mut WasmEdge_FunctionInstanceContext {
    created(|| {
        let ty = need(ty)?.clone();
        let func = match Func::can_pass_records(&ty) {
            // A record is a value as C knows it.
            true => {
                let params = ty.params().len();
                Func::from_records(&ty, move |caller, records| {
                    let values: *mut WasmEdge_Value = records.cast();
                    // SAFETY: there are records for all parameters and results.
                    unsafe { call_body(&body, caller, values, values.add(params)) }
                })
            }
            false => {
                let lent = Arc::new(Lent::default());
                let own = ty.clone();
                Func::from_slots(&ty, move |caller, slots| {
                    call_host(&body, caller, &slots, own.params(), own.results(), &lent)
                })
            }
        };
        let made = handle::create(FunctionObject::new(func?.with_cost(cost)));
        introduce(made);
        Ok(made)
    })
}

/// Calls a C function with references or many values.
#[inline(never)]
fn call_host<B: Body>(
    body: &B,
    caller: &Caller<'_>,
    slots: &Slots<'_>,
    params: &[ValType],
    results: &[ValType],
    lent: &Lent,
) -> wasmspan::Result<()> {
    let _uses = Uses::begin();
    let mut values = Vec::with_capacity(params.len() + results.len());
    // SAFETY: slots hold the parameters; what is written back has the types of the results.
    unsafe {
        for (at, ty) in params.iter().enumerate() {
            values.push(WasmEdge_Value::from_val(&slots.get(at, *ty), lent));
        }
        for ty in results {
            values.push(WasmEdge_Value { Value: 0, Type: *ty as u32, Rest: [0; 3] });
        }
        let first = values.as_mut_ptr();
        call_body(body, caller, first, first.add(params.len()))?;
        for (at, ty) in results.iter().enumerate() {
            slots.set(at, &values[params.len() + at].to_val_of(*ty)?);
        }
    }
    Ok(())
}

/// Calls the body inside a frame.
///
/// # Safety
///
/// As [`Body::call`].
#[inline(always)]
unsafe fn call_body<B: Body>(
    body: &B,
    caller: &Caller<'_>,
    params: *const WasmEdge_Value,
    returns: *mut WasmEdge_Value,
) -> wasmspan::Result<()> {
    let frame = Frame::new(caller);
    let before = caller.replace_binding_frame(frame.address());
    frame.set_outer(before);
    // SAFETY: the caller's promise.
    let result = unsafe { body.call(&frame, params, returns) };
    caller.replace_binding_frame(before);
    if result == SUCCESS { Ok(()) } else { Err(failed(&frame, result)) }
}

/// The error of a host function. Where it passes on how a call of its own failed, that is it.
#[cold]
fn failed(frame: &Frame<'_>, result: WasmEdge_Result) -> wasmspan::Error {
    match frame.failure() {
        Some(error) if result_of(&error) == result => error,
        _ => result.into_error(),
    }
}

impl Frame<'_> {
    /// The context of the calling instance.
    pub fn module(&self) -> *mut WasmEdge_ModuleInstanceContext {
        let tag = self.caller().binding_tag();
        if crate::handle::is_live::<WasmEdge_ModuleInstanceContext>(tag) {
            return tag as usize as *mut WasmEdge_ModuleInstanceContext;
        }
        let Some(caller) = self.caller().instance() else { return ptr::null_mut() };
        let lent = self.lent();
        let made = lent
            .get_or(Key::Part(Kind::ModuleInstance), || Some(InstanceObject::new(caller.clone())));
        instance::introduce(made);
        made
    }

    /// The context of a memory of the calling instance.
    #[inline]
    pub fn memory(&self, index: u32) -> *mut WasmEdge_MemoryInstanceContext {
        let module = self.module();
        let Some(module) = get(module.cast_const()) else { return ptr::null_mut() };
        module.memory(index, || Some(MemoryObject::new(self.caller().memory(index)?)))
    }

    fn executor(&self) -> *mut WasmEdge_ExecutorContext {
        let module = get(self.module().cast_const());
        if let Some(maker) = module.and_then(InstanceObject::maker) {
            return maker;
        }
        let make = || Some(self.caller().executor());
        let key = Key::Part(Kind::Executor);
        match module {
            Some(module) => module.lent.get_or(key, make),
            None => self.lent().get_or(key, make),
        }
    }
}

/// `CallingFrameGetExecutor`.
pub fn frame_executor(
    context: *const WasmEdge_CallingFrameContext,
) -> *mut WasmEdge_ExecutorContext {
    enter(ptr::null_mut(), || Some(Frame::of(context)?.executor()))
}

/// `CallingFrameGetModuleInstance`.
pub fn frame_module(
    context: *const WasmEdge_CallingFrameContext,
) -> *const WasmEdge_ModuleInstanceContext {
    enter(ptr::null(), || Some(Frame::of(context)?.module().cast_const()))
}

/// `CallingFrameGetMemoryInstance`.
pub fn frame_memory(
    context: *const WasmEdge_CallingFrameContext,
    index: u32,
) -> *mut WasmEdge_MemoryInstanceContext {
    enter(ptr::null_mut(), || Some(Frame::of(context)?.memory(index)))
}
