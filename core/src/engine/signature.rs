//! The process-wide registry of function types: a number and a pair of stubs for each.
//!
//! An entry lives while a module, function or handle uses it; the first ones stay for good. Its number
//! is never given to another type, because code that compares it may outlive the entry.

use super::arena::{CodeRange, Zone};
use crate::abi::{CodeBlob, ExecCtx};
use crate::error::{ErrCode, Error, Result};
use crate::types::FuncType;
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Arc, OnceLock, RwLock, Weak};

/// The entry stub of a type: activation, second hidden argument, code, value slots; 1 if the
/// function returned.
pub(crate) type EntryStub =
    unsafe extern "C" fn(*mut ExecCtx, *mut c_void, *const u8, *mut u128) -> u8;

/// A registered function type.
pub(crate) struct Signature {
    /// The number by which generated code knows the type; never used for another type.
    pub id: u32,
    /// The type.
    pub ty: FuncType,
    entry: OnceLock<Result<Stub>>,
    exit: OnceLock<Result<Stub>>,
}

/// A stub in executable memory.
struct Stub(CodeRange);

/// Makes stubs; the compiler's layer above hands it down.
pub(crate) struct StubCompiler {
    /// Makes the entry stub of a type.
    pub entry: fn(&FuncType) -> Result<CodeBlob>,
    /// Makes the exit stub of a type.
    pub exit: fn(&FuncType) -> Result<CodeBlob>,
}

static COMPILER: OnceLock<StubCompiler> = OnceLock::new();

/// Sets what makes stubs; the first call counts.
pub(crate) fn set_compiler(compiler: StubCompiler) {
    COMPILER.get_or_init(|| compiler);
}

fn compiler() -> Result<&'static StubCompiler> {
    COMPILER.get().ok_or_else(|| Error::new(ErrCode::AOTDisabled))
}

/// Types that stay registered when nothing uses them any more, so that their stubs need not be made
/// again and again.
const KEPT: usize = 1024;

#[derive(Default)]
struct Registry {
    by_type: HashMap<FuncType, Weak<Signature>>,
    kept: Vec<Arc<Signature>>,
    next_id: u32,
}

static REGISTRY: OnceLock<RwLock<Registry>> = OnceLock::new();

fn registry() -> &'static RwLock<Registry> {
    REGISTRY.get_or_init(RwLock::default)
}

impl Signature {
    /// The entry of `ty`, made if it is new.
    pub fn of(ty: &FuncType) -> Arc<Signature> {
        {
            let registry = registry().read().unwrap_or_else(|poisoned| poisoned.into_inner());
            if let Some(known) = registry.by_type.get(ty).and_then(Weak::upgrade) {
                return known;
            }
        }
        let mut registry = registry().write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(known) = registry.by_type.get(ty).and_then(Weak::upgrade) {
            return known;
        }
        let id = registry.next_id;
        registry.next_id = id.checked_add(1).expect("four thousand million types were registered");
        let signature = Arc::new(Signature {
            id,
            ty: ty.clone(),
            entry: OnceLock::new(),
            exit: OnceLock::new(),
        });
        registry.by_type.insert(ty.clone(), Arc::downgrade(&signature));
        if registry.kept.len() < KEPT {
            registry.kept.push(Arc::clone(&signature));
        }
        signature
    }

    /// The stub that calls functions of this type, made on first use. It is alive as long as the
    /// signature.
    #[inline]
    pub fn entry(&self) -> Result<EntryStub> {
        let made = match self.entry.get() {
            Some(made) => made,
            None => self.entry.get_or_init(|| Stub::make(compiler()?.entry, &self.ty)),
        };
        match made {
            // SAFETY: the stub was compiled with this very signature.
            Ok(stub) => Ok(unsafe { std::mem::transmute::<*const u8, EntryStub>(stub.0.base()) }),
            Err(error) => Err(error.clone()),
        }
    }

    /// The stub through which wasm calls host functions of this type, made on first use. It is
    /// alive as long as the signature.
    pub fn exit(&self) -> Result<*const u8> {
        let made = self.exit.get_or_init(|| Stub::make(compiler()?.exit, &self.ty));
        match made {
            Ok(stub) => Ok(stub.0.base()),
            Err(error) => Err(error.clone()),
        }
    }
}

impl Drop for Signature {
    fn drop(&mut self) {
        let mut registry = registry().write().unwrap_or_else(|poisoned| poisoned.into_inner());
        // The type may have been registered anew meanwhile.
        if registry.by_type.get(&self.ty).is_some_and(|known| known.strong_count() == 0) {
            registry.by_type.remove(&self.ty);
        }
    }
}

impl Stub {
    fn make(compile: fn(&FuncType) -> Result<CodeBlob>, ty: &FuncType) -> Result<Stub> {
        CodeRange::publish(Zone::Stubs, &compile(ty)?.text).map(Stub)
    }
}
