//! Linear memories.

use crate::env::{EnvState, LiveBuffer};
use crate::error::{Failure, Outcome, door};
use crate::gate::disposed;
use napi::bindgen_prelude::{Uint8Array, Unknown};
use napi::{Env, sys};
use napi_derive::napi;
use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;
use wasmspan::{Limits, Memory, MemoryType};

/// A linear memory.
#[napi]
pub struct NativeMemory {
    /// Gone when it was disposed of.
    memory: RefCell<Option<Memory>>,
}

impl From<Memory> for NativeMemory {
    fn from(memory: Memory) -> NativeMemory {
        NativeMemory { memory: RefCell::new(Some(memory)) }
    }
}

impl NativeMemory {
    /// The memory; fails if it was disposed of.
    pub fn get(&self) -> Outcome<Memory> {
        self.memory.borrow().clone().ok_or_else(disposed)
    }
}

#[napi]
impl NativeMemory {
    /// Makes a memory; sizes in pages.
    #[napi(constructor)]
    pub fn new(env: Env, initial: f64, maximum: Option<f64>, shared: bool) -> napi::Result<Self> {
        door(env, |_| {
            let limits = Limits::new(initial as u64, maximum.map(|maximum| maximum as u64));
            let memory = Memory::new(MemoryType { limits, shared, memory64: false })?;
            Ok(NativeMemory::from(memory))
        })
    }

    /// A number that no other live memory has.
    #[napi(getter)]
    pub fn id(&self) -> f64 {
        self.memory.borrow().as_ref().map_or(0.0, |memory| memory.as_ptr() as usize as f64)
    }

    /// Size in bytes; 0 if it was disposed of.
    #[napi(getter)]
    pub fn byte_length(&self) -> f64 {
        self.memory.borrow().as_ref().map_or(0.0, |memory| memory.len() as f64)
    }

    /// Detaches its buffers and lets go of the memory.
    #[napi]
    pub fn dispose(&self, env: Env) -> napi::Result<()> {
        door(env, |state| {
            let memory = self.memory.borrow_mut().take();
            if let Some(memory) = memory {
                state.detach(&memory);
            }
            Ok(())
        })
    }

    /// Minimum, maximum and whether it is shared.
    #[napi(getter)]
    pub fn limits(&self) -> Vec<f64> {
        let Ok(memory) = self.get() else { return Vec::new() };
        let ty = memory.ty();
        let mut limits = vec![ty.limits.min as f64, f64::from(u8::from(ty.shared))];
        limits.extend(ty.limits.max.map(|max| max as f64));
        limits
    }

    /// Grows by `delta` pages; the old size in pages.
    #[napi]
    pub fn grow(&self, env: Env, delta: f64) -> napi::Result<f64> {
        door(env, |state| {
            let memory = self.get()?;
            let old = memory.grow(delta as u64);
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
        door(env, |_| {
            let bytes = self.get()?.read_vec(offset as usize, length as usize).map_err(range)?;
            Ok(Uint8Array::from(bytes))
        })
    }

    /// Writes bytes at `offset`.
    #[napi]
    pub fn write(&self, env: Env, offset: f64, bytes: &[u8]) -> napi::Result<()> {
        door(env, |_| self.get()?.write(offset as usize, bytes).map_err(range))
    }

    /// An `ArrayBuffer` over the memory itself, or null where the runtime forbids such.
    #[napi]
    pub fn buffer<'env>(&self, env: &'env Env) -> napi::Result<Unknown<'env>> {
        let raw = door(*env, |state| external(state, &self.get()?))?;
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
