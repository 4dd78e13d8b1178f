//! Live objects: the unsafe heart under a safe surface.
//!
//! `node` counts objects and frees groups of them that refer to each other. `exec` is the state of
//! a thread that runs wasm, `call` goes in, `func` goes out to the host, `trap` turns faults into
//! errors, `limits` is what every call is under, `meter` counts, `builtins` are the functions generated code calls, `binding` is for other
//! languages. The entities have a file each.

mod binding;
mod builtins;
mod call;
mod code;
mod exec;
mod extern_ref;
mod external;
mod func;
mod global;
mod instance;
mod lazy;
mod limits;
mod memory;
mod memory_image;
mod meter;
mod node;
mod output;
mod permit;
mod pieces;
mod slot;
mod slot_func;
mod survey;
mod table;
mod trap;
mod typed;
mod value;
mod wait;
mod wasm_instance;

#[doc(hidden)]
pub use binding::{RawFunc, Slots, binding_frame, in_call};
pub use exec::Caller;
#[doc(hidden)]
pub use exec::{interruptible, wait_for_stop};
pub use extern_ref::ExternRef;
pub use external::Extern;
pub use func::Func;
pub use global::Global;
pub use instance::Instance;
pub use memory::Memory;
pub use slot_func::SlotFunc;
#[doc(hidden)]
pub use survey::{Object, Survey, Surveyed, Unit};
pub use table::Table;
pub use typed::{HostResult, IntoFunc, TypedFunc, WasmParams, WasmResults, WasmTy};
pub use value::Val;

pub(crate) use builtins::check_stop;
pub(crate) use code::CodeModule;
pub(crate) use exec::{guard_thread, thread_interrupt};
pub(crate) use func::drop_quietly;
pub(crate) use lazy::LazyCode;
pub(crate) use limits::within;
pub(crate) use memory::{MemoryKind, WeakMemory};
pub(crate) use memory_image::MemoryImage;
pub(crate) use meter::Metered;
pub(crate) use output::write_output;
pub(crate) use permit::Permit;
pub(crate) use pieces::Pieces;
pub(crate) use trap::{ensure_handlers, install_handlers};
pub(crate) use wasm_instance::WasmInstance;

/// Live instances, host functions, host tables and host globals of the process: for leak tests.
#[doc(hidden)]
pub fn live_objects() -> usize {
    node::live_nodes()
}
