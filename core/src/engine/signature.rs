//! The process-wide registry of function types: a number, and stubs between host and wasm, for each.
//!
//! An entry lives while a module, function or handle uses it; the first ones stay for good. Its number
//! is never given to another type, because code that compares it may outlive the entry.

use super::arena::{CodeRange, Zone};
use crate::abi::{Builtin, CodeBlob, ExecCtx, StubCode, StubKind};
use crate::error::{ErrCode, Error, Result};
use crate::limits::STUB_COMPILER_STACK;
use crate::platform::stack::with_room;
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
    entry: OnceLock<Stub>,
    exit: OnceLock<Stub>,
    record: OnceLock<Stub>,
}

/// A stub at its address.
struct Stub {
    address: usize,
    /// Its memory, which it may share.
    _code: Arc<CodeRange>,
}

/// Compiles the stub of a function type.
pub(crate) type MakeStub = fn(&FuncType) -> Result<CodeBlob>;

/// Makes stubs; the compiler's layer above hands it down.
pub(crate) struct StubCompiler {
    /// Makes the entry stub of a type.
    pub entry: MakeStub,
    /// Makes the exit stub of a type.
    pub exit: MakeStub,
    /// Makes the exit stub of a type that passes records.
    pub record: MakeStub,
    /// Makes the stub of a builtin that keeps all registers, given the builtin's address.
    pub keeping: fn(*const u8, Builtin) -> Result<CodeBlob>,
}

static COMPILER: OnceLock<StubCompiler> = OnceLock::new();

/// Sets what makes stubs; the first call counts.
pub(crate) fn set_compiler(compiler: StubCompiler) {
    COMPILER.get_or_init(|| compiler);
}

fn compiler() -> Result<&'static StubCompiler> {
    COMPILER.get().ok_or_else(|| Error::new(ErrCode::AOTDisabled))
}

/// Where stubs that share memory begin: at a multiple of this, as a processor fetches code.
const STUB_ALIGN: usize = 32;

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

/// The stub of a builtin that [keeps registers](Builtin::keeps_registers).
///
/// # Errors
///
/// If there is no room for it.
pub(crate) fn keeping_stub(address: *const u8, builtin: Builtin) -> Result<CodeRange> {
    let code = (compiler()?.keeping)(address, builtin)?;
    CodeRange::publish(Zone::Stubs, &code.text)
}

/// Gives types the stubs that came with a module, where they have none: all in one piece of memory.
/// `signatures` are those of the module's types.
///
/// # Errors
///
/// If there is no room for them.
pub(crate) fn adopt(signatures: &[Arc<Signature>], stubs: &[StubCode]) -> Result<()> {
    let mut text = Vec::new();
    let mut places = Vec::new();
    for stub in stubs {
        let Some(signature) = signatures.get(stub.type_index as usize) else { continue };
        let slot = match stub.kind {
            StubKind::Entry => &signature.entry,
            StubKind::Exit => &signature.exit,
        };
        if slot.get().is_none() {
            text.resize(text.len().next_multiple_of(STUB_ALIGN), 0);
            places.push((slot, text.len()));
            text.extend_from_slice(&stub.text);
        }
    }
    if places.is_empty() {
        return Ok(());
    }
    let code = Arc::new(CodeRange::publish(Zone::Stubs, &text)?);
    for (slot, at) in places {
        let address = code.base() as usize + at;
        slot.get_or_init(|| Stub { address, _code: Arc::clone(&code) });
    }
    Ok(())
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
            record: OnceLock::new(),
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
        let stub = self.stub(&self.entry, |compiler| compiler.entry)?;
        // SAFETY: the stub was compiled with this very signature.
        Ok(unsafe { std::mem::transmute::<*const u8, EntryStub>(stub) })
    }

    /// The stub through which wasm calls host functions of this type, made on first use. It is
    /// alive as long as the signature.
    pub fn exit(&self) -> Result<*const u8> {
        self.stub(&self.exit, |compiler| compiler.exit)
    }

    /// As [`exit`](Signature::exit), with records instead of slots.
    pub fn record(&self) -> Result<*const u8> {
        self.stub(&self.record, |compiler| compiler.record)
    }

    #[inline]
    fn stub(
        &self,
        slot: &OnceLock<Stub>,
        which: fn(&StubCompiler) -> MakeStub,
    ) -> Result<*const u8> {
        match slot.get() {
            Some(made) => Ok(made.address as *const u8),
            None => self.make_stub(slot, which),
        }
    }

    /// A failure is not kept: what the system refuses now it may grant later.
    #[cold]
    fn make_stub(
        &self,
        slot: &OnceLock<Stub>,
        which: fn(&StubCompiler) -> MakeStub,
    ) -> Result<*const u8> {
        let make = which(compiler()?);
        let code = with_room(STUB_COMPILER_STACK, || make(&self.ty))?;
        let made = Arc::new(CodeRange::publish(Zone::Stubs, &code.text)?);
        let address = made.base() as usize;
        Ok(slot.get_or_init(|| Stub { address, _code: made }).address as *const u8)
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
