//! Signals: processor faults, and the signal that interrupts a running call.
//!
//! Handlers are installed once and never removed. A handler that does not know the fault calls
//! what was installed before, so the host's own crash reports keep working.

#[cfg_attr(all(target_os = "linux", target_arch = "x86_64"), path = "linux_x86_64.rs")]
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), path = "unsupported.rs")]
mod system;

/// Lets writes beyond the size that a file of this process may have fail, where a signal would end the
/// process. For programs, not for the library: it is the process's own choice.
pub(crate) fn ignore_file_size() {
    // SAFETY: nothing runs when the signal comes.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

pub(crate) use system::{
    MachineContext, ThreadId, ensure, install, interrupt_thread, is_installed,
};
