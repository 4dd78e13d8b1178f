//! The process-wide registry of function types: a number and a pair of stubs for each.
//!
//! Entries live as long as the process; a program uses few function types, however many modules it
//! loads.

use super::arena;
use crate::abi::{CodeBlob, ExecCtx};
use crate::error::{ErrCode, Error, Result};
use crate::types::FuncType;
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{OnceLock, RwLock};

/// The entry stub of a type: activation, second hidden argument, code, value slots; 1 if the
/// function returned.
pub(crate) type EntryStub =
    unsafe extern "C" fn(*mut ExecCtx, *mut c_void, *const u8, *mut u128) -> u8;

/// A registered function type.
pub(crate) struct Signature {
    /// The number by which generated code knows the type.
    pub id: u32,
    /// The type.
    pub ty: FuncType,
    entry: OnceLock<Result<EntryStub>>,
    exit: OnceLock<Result<CodeAddress>>,
}

#[derive(Clone, Copy)]
struct CodeAddress(*const u8);
// SAFETY: the address of code that is never changed or freed.
unsafe impl Send for CodeAddress {}
// SAFETY: as above.
unsafe impl Sync for CodeAddress {}

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

#[derive(Default)]
struct Registry {
    by_type: HashMap<FuncType, &'static Signature>,
    by_id: Vec<&'static Signature>,
}

static REGISTRY: OnceLock<RwLock<Registry>> = OnceLock::new();

impl Signature {
    /// The entry of `ty`, made if it is new.
    pub fn of(ty: &FuncType) -> &'static Signature {
        let registry = REGISTRY.get_or_init(RwLock::default);
        if let Some(known) =
            registry.read().unwrap_or_else(|poisoned| poisoned.into_inner()).by_type.get(ty)
        {
            return known;
        }
        let mut registry = registry.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(known) = registry.by_type.get(ty) {
            return known;
        }
        let signature: &'static Signature = Box::leak(Box::new(Signature {
            id: registry.by_id.len() as u32,
            ty: ty.clone(),
            entry: OnceLock::new(),
            exit: OnceLock::new(),
        }));
        registry.by_id.push(signature);
        registry.by_type.insert(ty.clone(), signature);
        signature
    }

    /// The entry with this number.
    pub fn by_id(id: u32) -> &'static Signature {
        let registry = REGISTRY.get_or_init(RwLock::default);
        registry.read().unwrap_or_else(|poisoned| poisoned.into_inner()).by_id[id as usize]
    }

    /// The stub that calls functions of this type, made on first use.
    #[inline]
    pub fn entry(&self) -> Result<EntryStub> {
        match self.entry.get() {
            Some(Ok(stub)) => Ok(*stub),
            _ => self.make_entry(),
        }
    }

    #[cold]
    fn make_entry(&self) -> Result<EntryStub> {
        let make = || -> Result<EntryStub> {
            let blob = (compiler()?.entry)(&self.ty)?;
            let address = arena::publish_stub(&blob.text)?;
            // SAFETY: the stub was compiled with this very signature.
            Ok(unsafe { std::mem::transmute::<*const u8, EntryStub>(address) })
        };
        self.entry.get_or_init(make).clone()
    }

    /// The stub through which wasm calls host functions of this type, made on first use.
    pub fn exit(&self) -> Result<*const u8> {
        let make = || -> Result<CodeAddress> {
            let blob = (compiler()?.exit)(&self.ty)?;
            arena::publish_stub(&blob.text).map(CodeAddress)
        };
        self.exit.get_or_init(make).clone().map(|address| address.0)
    }
}
