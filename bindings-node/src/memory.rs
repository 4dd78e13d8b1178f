//! Linear memories.

use crate::cycle;
use crate::enter::enter;
use crate::env::{EnvState, LiveBuffer};
use crate::error::{Failure, Outcome};
use crate::handle::{Handle, Target};
use napi::bindgen_prelude::{This, Uint8Array, Unknown};
use napi::{Env, sys};
use napi_derive::napi;
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;
use wasmspan::{Memory, MemoryType, SizeLimits};

/// A linear memory.
#[napi]
pub struct NativeMemory {
    handle: Rc<Handle>,
}

impl From<Memory> for NativeMemory {
    fn from(memory: Memory) -> NativeMemory {
        let len = memory.len();
        NativeMemory { handle: Handle::new(Target::Memory(memory, len)) }
    }
}

impl NativeMemory {
    /// The memory; fails if it was disposed of.
    pub fn get(&self) -> Outcome<Memory> {
        self.use_with(Memory::clone)
    }

    fn use_with<T>(&self, work: impl FnOnce(&Memory) -> T) -> Outcome<T> {
        self.handle.with(|target| match target {
            Target::Memory(memory, _) => Some(work(memory)),
            _ => None,
        })
    }
}

#[napi]
impl NativeMemory {
    /// Makes a memory; sizes in pages.
    #[napi(constructor)]
    pub fn new(
        env: Env,
        initial: f64,
        maximum: Option<f64>,
        shared: bool,
        memory64: bool,
    ) -> napi::Result<Self> {
        enter(env, |state| {
            let limits = SizeLimits::new(initial as u64, maximum.map(|maximum| maximum as u64));
            let make = || Memory::new(MemoryType { limits, shared, memory64 });
            let memory = cycle::make(state, make)?;
            Ok(NativeMemory { handle: Handle::new(Target::Memory(memory, 0)) })
        })
    }

    /// To be called by the JavaScript object that has it.
    #[napi]
    pub fn attach(&self, env: Env, this: This<'_>) -> napi::Result<()> {
        enter(env, |state| {
            self.handle.attach(state, &this);
            Ok(())
        })
    }

    /// A number that no other live memory has.
    #[napi(getter)]
    pub fn id(&self) -> f64 {
        self.use_with(Memory::as_ptr).map_or(0.0, |start| start as usize as f64)
    }

    /// Size in bytes; 0 if it was disposed of.
    #[napi(getter)]
    pub fn byte_length(&self) -> f64 {
        self.use_with(Memory::len).map_or(0.0, |len| len as f64)
    }

    /// Detaches its buffers and lets go of the memory.
    #[napi]
    pub fn dispose(&self, env: Env) -> napi::Result<()> {
        enter(env, |state| {
            if let Some(Target::Memory(memory, _)) = self.handle.take() {
                state.detach(&memory);
            }
            Ok(())
        })
    }

    /// Minimum, whether it is shared, whether its addresses have 64 bits, and the maximum if there is one.
    #[napi(getter)]
    pub fn limits(&self) -> Vec<f64> {
        let Ok(memory) = self.get() else { return Vec::new() };
        let ty = memory.ty();
        let flag = |is: bool| f64::from(u8::from(is));
        let mut limits = vec![ty.limits.min as f64, flag(ty.shared), flag(ty.memory64)];
        limits.extend(ty.limits.max.map(|max| max as f64));
        limits
    }

    /// Grows by `delta` pages; the old size in pages.
    #[napi]
    pub fn grow(&self, env: Env, delta: f64) -> napi::Result<f64> {
        enter(env, |state| {
            let memory = self.get()?;
            let old = memory.grow(delta as u64);
            self.handle.weigh(state);
            // Growing by nothing detaches too.
            if delta == 0.0 {
                state.detach(&memory);
            }
            state.refresh_buffers();
            old.map(|old| old as f64).map_err(Failure::OutOfRange)
        })
    }

    /// Bytes from `offset`.
    #[napi]
    pub fn read(&self, env: Env, offset: f64, length: f64) -> napi::Result<Uint8Array> {
        enter(env, |_| {
            let bytes = self.get()?.read_vec(offset as usize, length as usize).map_err(range)?;
            Ok(Uint8Array::from(bytes))
        })
    }

    /// Writes bytes at `offset`.
    #[napi]
    pub fn write(&self, env: Env, offset: f64, bytes: &[u8]) -> napi::Result<()> {
        enter(env, |_| self.get()?.write(offset as usize, bytes).map_err(range))
    }

    /// An `ArrayBuffer` over the memory itself, or null where the runtime forbids such.
    #[napi]
    pub fn buffer<'env>(&self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        let raw = enter(*env, |state| external(state, &self.get()?))?;
        // SAFETY: a value of this environment.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), raw) })
    }
}

fn range(error: wasmspan::Error) -> Failure {
    Failure::OutOfRange(error)
}

fn external(state: &EnvState, memory: &Memory) -> Outcome<sys::napi_value> {
    let len = memory.len();
    let hint = Box::into_raw(Box::new(memory.clone()));
    let id = hint as usize;
    let (mut value, mut reference) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: memory neither moves nor shrinks, and the finalizer's handle keeps it alive as long as
    // the buffer.
    unsafe {
        let status = sys::napi_create_external_arraybuffer(
            state.env,
            memory.as_ptr().cast(),
            len,
            Some(release),
            hint.cast(),
            &mut value,
        );
        if status != sys::Status::napi_ok {
            drop(Box::from_raw(hint));
            sys::napi_get_null(state.env, &mut value);
            return Ok(value);
        }
        sys::napi_create_reference(state.env, value, 0, &mut reference);
    }
    let buffer = LiveBuffer { id, memory: memory.clone(), len, reference };
    state.buffers.borrow_mut().push(buffer);
    Ok(value)
}

unsafe extern "C" fn release(env: sys::napi_env, _: *mut c_void, hint: *mut c_void) {
    if let Ok(state) = EnvState::of(env) {
        state.forget_buffer(hint as usize);
    }
    // SAFETY: the handle that `external` gave.
    drop(unsafe { Box::from_raw(hint.cast::<Memory>()) });
}
