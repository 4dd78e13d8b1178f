//! The record of a running host function, by which C names its caller.

use crate::abi::WasmEdge_CallingFrameContext;
use crate::handle::Lent;
use std::cell::{Cell, OnceCell, RefCell};
use std::ptr;
use wasmspan::raw::binding_frame;
use wasmspan::{Caller, Error};

/// The record of a running host function. C gets its address, which is compared with those of the
/// thread's frames before it is used.
pub struct Frame<'a> {
    caller: &'a Caller<'a>,
    /// The frame of the host function around this one.
    outer: Cell<*const ()>,
    rarely: OnceCell<Rarely>,
}

/// What few host functions need.
#[derive(Default)]
struct Rarely {
    /// What is lent for the time of this call, where nothing that lives longer can lend it.
    lent: Lent,
    /// How the function's last call into this library failed.
    failure: RefCell<Option<Error>>,
}

impl<'a> Frame<'a> {
    /// The record of the call that begins.
    #[inline(always)]
    pub fn new(caller: &'a Caller<'a>) -> Frame<'a> {
        Frame { caller, outer: Cell::new(ptr::null()), rarely: OnceCell::new() }
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

    /// Who called.
    pub fn caller(&self) -> &'a Caller<'a> {
        self.caller
    }

    /// What is lent for the time of this call.
    pub fn lent(&self) -> &Lent {
        &self.rarely.get_or_init(Rarely::default).lent
    }

    /// How the function's last call into this library failed.
    pub fn failure(&self) -> Option<Error> {
        self.rarely.get()?.failure.take()
    }

    /// The running host function of this thread that C means.
    pub fn of(context: *const WasmEdge_CallingFrameContext) -> Option<&'a Frame<'a>> {
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
}

/// Notes a failure for the host function in which it happened, if there is one.
#[cold]
pub fn note(error: &Error) {
    let innermost: *const Frame<'_> = binding_frame().cast();
    // SAFETY: the frames of this thread are alive while their host functions run.
    if let Some(frame) = unsafe { innermost.as_ref() } {
        frame.rarely.get_or_init(Rarely::default).failure.replace(Some(error.clone()));
    }
}
