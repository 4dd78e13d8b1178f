//! The one list of runtime functions that generated code calls.
//!
//! All use the platform's C convention and begin with the two hidden arguments. Those that can
//! fail unwind the activation themselves. One that [keeps registers](Builtin::keeps_registers) is
//! called through a stub, and leaves its result in [`ExecCtx::answer`](super::ExecCtx::answer).

/// Type of a builtin's parameter or result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BuiltinType {
    I32,
    I64,
    Pointer,
}

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident $field:ident ($($param:ident: $ty:ident),*) $(-> $result:ident)?;)*) => {
        /// A function of the runtime.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub(crate) enum Builtin { $($(#[$doc])* $name,)* }

        impl Builtin {
            /// Parameter types after the two hidden ones, and the result type.
            pub fn signature(self) -> (&'static [BuiltinType], Option<BuiltinType>) {
                match self {
                    $(Builtin::$name => (
                        &[$(BuiltinType::$ty),*],
                        builtins!(@result $($result)?),
                    ),)*
                }
            }

            /// Whether generated code calls a stub that preserves all registers, so that a loop which
            /// nearly never calls keeps its values in them.
            pub fn keeps_registers(self) -> bool {
                self == Builtin::MeterLow
            }
        }

        /// Addresses of the functions, in the order of the list.
        #[repr(C)]
        pub(crate) struct BuiltinTable { $(pub $field: *const u8,)* }

        // SAFETY: the addresses are those of functions; nothing is written through them.
        unsafe impl Send for BuiltinTable {}
        // SAFETY: as above.
        unsafe impl Sync for BuiltinTable {}
    };
    (@result) => { None };
    (@result $ty:ident) => { Some(BuiltinType::$ty) };
}

builtins! {
    /// Unwinds the activation with a trap.
    Raise raise(trap: I32);
    /// Grows a memory by pages; the old size in pages, or -1.
    MemoryGrow memory_grow(memory: I32, delta: I64) -> I64;
    MemoryFill memory_fill(memory: I32, dst: I64, value: I32, len: I64);
    MemoryCopy memory_copy(dst_memory: I32, src_memory: I32, dst: I64, src: I64, len: I64);
    MemoryInit memory_init(memory: I32, segment: I32, dst: I64, src: I64, len: I64);
    DataDrop data_drop(segment: I32);
    /// Reads an element of a table of `externref`.
    TableGet table_get(table: I32, index: I64) -> Pointer;
    TableSet table_set(table: I32, index: I64, value: Pointer);
    /// Grows a table; the old size, or -1.
    TableGrow table_grow(table: I32, value: Pointer, delta: I64) -> I64;
    TableFill table_fill(table: I32, dst: I64, value: Pointer, len: I64);
    TableCopy table_copy(dst_table: I32, src_table: I32, dst: I64, src: I64, len: I64);
    TableInit table_init(table: I32, segment: I32, dst: I64, src: I64, len: I64);
    ElemDrop elem_drop(segment: I32);
    /// Reads a global of type `externref`.
    GlobalGetRef global_get_ref(global: I32) -> Pointer;
    /// Writes a global of reference type.
    GlobalSetRef global_set_ref(global: I32, value: Pointer);
    /// Waits on a memory address; 0 woken, 1 not equal, 2 timed out.
    AtomicWait32 atomic_wait32(memory: I32, address: I64, expected: I32, timeout: I64) -> I32;
    AtomicWait64 atomic_wait64(memory: I32, address: I64, expected: I64, timeout: I64) -> I32;
    /// Wakes waiters; how many.
    AtomicNotify atomic_notify(memory: I32, address: I64, count: I32) -> I32;
    /// Metered code has less left than the region that begins costs. Gives more, or ends the
    /// activation; or answers with the address of the function in code for cost tables, if that
    /// applies and may take over, and 0 if not.
    MeterLow meter_low(price: I64, may_hand_over: I32);
}
