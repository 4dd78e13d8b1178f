//! Signals: processor faults, and the signal that interrupts a running call.
//!
//! Handlers are installed once and never removed. A handler that does not know the fault calls
//! what was installed before, so the host's own crash reports keep working.

#[cfg_attr(all(target_os = "linux", target_arch = "x86_64"), path = "linux_x86_64.rs")]
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), path = "unsupported.rs")]
mod system;

pub(crate) use system::{
    MachineContext, ThreadId, ensure, install, interrupt_thread, is_installed,
};
