//! What a host function sees of its caller.

use crate::abi::{
    WasmEdge_CallingFrameContext, WasmEdge_ExecutorContext, WasmEdge_MemoryInstanceContext,
    WasmEdge_ModuleInstanceContext,
};
use crate::door::door;
use crate::entities::MemoryObject;
use crate::handle::{Key, Kind, Lent, get};
use crate::instance::{self, InstanceObject};
use std::cell::{Cell, OnceCell};
use std::ptr;
use wasmspan::{Caller, binding_frame};

/// The record of a running host function. C gets its address, which is compared with those of the
/// thread's frames before it is used.
pub struct Frame<'a> {
    caller: &'a Caller<'a>,
    /// The frame of the host function around this one.
    outer: Cell<*const ()>,
    /// What is lent for the time of this call, where nothing that lives longer can lend it.
    lent: OnceCell<Lent>,
}

impl<'a> Frame<'a> {
    /// The record of the call that begins.
    #[inline(always)]
    pub fn new(caller: &'a Caller<'a>) -> Frame<'a> {
        Frame { caller, outer: Cell::new(ptr::null()), lent: OnceCell::new() }
    }

    /// Notes the frame before this one.
    #[inline(always)]
    pub fn set_outer(&self, outer: *const ()) {
        self.outer.set(outer);
    }

    /// Its place on the stack.
    #[inline(always)]
    pub fn address(&self) -> *const () {
        ptr::from_ref(self).cast()
    }

    /// What C gets.
    #[inline(always)]
    pub fn as_c(&self) -> *const WasmEdge_CallingFrameContext {
        self.address().cast()
    }

    /// The context of the calling instance.
    pub fn module(&self) -> *mut WasmEdge_ModuleInstanceContext {
        let tag = self.caller.binding_tag();
        if crate::handle::is_live::<WasmEdge_ModuleInstanceContext>(tag) {
            return tag as usize as *mut WasmEdge_ModuleInstanceContext;
        }
        let Some(caller) = self.caller.instance() else { return ptr::null_mut() };
        let lent = self.lent.get_or_init(Lent::default);
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
        module.memory(index, || Some(MemoryObject::new(self.caller.memory(index)?)))
    }

    fn executor(&self) -> *mut WasmEdge_ExecutorContext {
        let module = get(self.module().cast_const());
        if let Some(maker) = module.and_then(InstanceObject::maker) {
            return maker;
        }
        let make = || Some(self.caller.executor());
        let key = Key::Part(Kind::Executor);
        match module {
            Some(module) => module.lent.get_or(key, make),
            None => self.lent.get_or_init(Lent::default).get_or(key, make),
        }
    }
}

/// The running host function of this thread that C means.
fn frame<'a>(context: *const WasmEdge_CallingFrameContext) -> Option<&'a Frame<'a>> {
    let mut known: *const Frame<'a> = binding_frame().cast();
    while !known.is_null() {
        if known.cast() == context {
            // SAFETY: the frames of this thread are alive while their host functions run, and this
            // one was noted and not taken back.
            return Some(unsafe { &*known });
        }
        // SAFETY: as above.
        known = unsafe { (*known).outer.get() }.cast();
    }
    None
}

/// `CallingFrameGetExecutor`.
pub fn executor(context: *const WasmEdge_CallingFrameContext) -> *mut WasmEdge_ExecutorContext {
    door(ptr::null_mut(), || Some(frame(context)?.executor()))
}

/// `CallingFrameGetModuleInstance`.
pub fn module(
    context: *const WasmEdge_CallingFrameContext,
) -> *const WasmEdge_ModuleInstanceContext {
    door(ptr::null(), || Some(frame(context)?.module().cast_const()))
}

/// `CallingFrameGetMemoryInstance`.
pub fn memory(
    context: *const WasmEdge_CallingFrameContext,
    index: u32,
) -> *mut WasmEdge_MemoryInstanceContext {
    door(ptr::null_mut(), || Some(frame(context)?.memory(index)))
}
