//! Memories as addresses.

use wasmspan_c_shared::abi::WasmEdge_MemoryInstanceContext;
use wasmspan_c_shared::enter::enter;
use wasmspan_c_shared::handle::get;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmspan_memory_view(
    memory: *const WasmEdge_MemoryInstanceContext,
    base: *mut *mut u8,
    size: *mut u64,
) -> bool {
    enter(false, || {
        let memory = &get(memory)?.memory;
        if base.is_null() || size.is_null() {
            return None;
        }
        // SAFETY: the caller passes places for both.
        unsafe {
            base.write(memory.as_ptr());
            size.write(memory.len() as u64);
        }
        Some(true)
    })
}
