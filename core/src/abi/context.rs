//! Structures that generated code reads and writes.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize};

/// State of the activations on one thread: the first hidden argument of every wasm function.
#[repr(C)]
pub(crate) struct ExecCtx {
    /// Functions trap when the stack pointer would fall below this address.
    pub stack_limit: usize,
    /// The lower half, which is the first on our processors, isn't zero: the running call is to stop. All of
    /// it: or the thread is to be visited. See `interrupt`.
    pub stop: AtomicU64,
    /// Reason of the last trap, a [`super::Trap`] number; valid after a failed entry.
    pub trap: u32,
    /// Frame pointer of the innermost entry trampoline.
    pub entry_fp: usize,
    /// Stack pointer of the innermost entry trampoline.
    pub entry_sp: usize,
    /// Where the innermost entry trampoline continues after a trap; 0 outside wasm.
    pub entry_pc: usize,
    /// Instance that made the last call out of its module: the calling frame of a host function.
    pub caller: *mut InstanceCtx,
    /// Frame pointer at the last exit from wasm: of the exit trampoline, or of the wasm function
    /// itself where it called a builtin.
    pub exit_fp: usize,
    /// Where a builtin was called: function index in the upper half, byte offset in the lower;
    /// [`NO_SITE`] after an exit through a trampoline.
    pub exit_site: u64,
    /// Program counter of the instruction that trapped; 0 for a trap raised by a builtin.
    pub trap_pc: usize,
    /// Frame pointer where the trap happened.
    pub trap_fp: usize,
    /// What metered code may still spend; below 0 if it has spent more.
    pub left: i64,
    /// Metered functions for the usual costs call the runtime when less than this would be left.
    pub floor: i64,
    /// Instructions that code for cost tables has run.
    pub count: u64,
    /// The cost of every opcode.
    pub costs: *const u64,
    /// Result of a builtin that keeps all registers.
    pub answer: usize,
}

/// Value of [`ExecCtx::exit_site`] after an exit through a trampoline.
pub(crate) const NO_SITE: u64 = u64::MAX;

/// State of a module instance: the second hidden argument of every wasm function.
///
/// The fixed head; the arrays whose places [`super::InstanceLayout`] computes follow it.
#[repr(C)]
pub(crate) struct InstanceCtx {
    /// Functions of the runtime.
    pub builtins: *const super::BuiltinTable,
    /// Process-wide number of each type of the module's type section.
    pub type_ids: *const u32,
    /// The runtime's own object for this instance.
    pub owner: *const c_void,
    /// Code of each function the module defines, if functions are compiled when they are called.
    pub code_slots: *const AtomicPtr<u8>,
}

/// A linear memory. `base` never changes during the memory's life.
#[repr(C)]
pub(crate) struct MemoryDef {
    /// First byte.
    pub base: *mut u8,
    /// Current size in bytes.
    pub len: AtomicUsize,
}

/// An instance's way to one of its memories.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct MemoryRef {
    /// Copy of [`MemoryDef::base`], one load nearer.
    pub base: *mut u8,
    /// The memory itself.
    pub def: *const MemoryDef,
}

/// A table: `len` elements of 8 bytes at `base`, which never changes during the table's life.
#[repr(C)]
pub(crate) struct TableDef {
    /// First element.
    pub base: *mut *mut c_void,
    /// Current number of elements.
    pub len: usize,
}

/// A global's value.
#[repr(C, align(16))]
pub(crate) struct GlobalCell(pub UnsafeCell<[u8; 16]>);

/// What a `funcref` points to.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct FuncRef {
    /// Entry in the `Tail` convention.
    pub code: *const u8,
    /// Second hidden argument: an [`InstanceCtx`] or a [`HostFuncCtx`].
    pub ctx: *mut c_void,
    /// Process-wide number of the function's type.
    pub type_id: u32,
    /// Index in its module; `u32::MAX` for host functions.
    pub index: u32,
    /// The runtime's own object that keeps this function alive.
    pub owner: *const c_void,
    /// The engine's entry for the function's type, which the owner keeps alive.
    pub signature: *const c_void,
}

/// An instance's way to one of its imported functions.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct FuncImport {
    /// Copy of [`FuncRef::code`].
    pub code: *const u8,
    /// Copy of [`FuncRef::ctx`].
    pub ctx: *mut c_void,
    /// The function itself, for `ref.func`.
    pub func_ref: *const FuncRef,
}

/// Second hidden argument of a host function's trampoline.
#[repr(C)]
pub(crate) struct HostFuncCtx {
    /// Called with this structure, the activation and the value slots, which hold the parameters
    /// on entry and the results on return. It unwinds the activation itself if the host failed.
    pub call: unsafe extern "C" fn(*mut HostFuncCtx, *mut ExecCtx, *mut u128),
    /// What a call costs.
    pub cost: AtomicU64,
}
