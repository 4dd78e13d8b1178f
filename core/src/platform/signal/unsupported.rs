//! Systems where faults are not caught: modules must be compiled with explicit checks.

use std::io;

/// The interrupted program's registers.
pub(crate) struct MachineContext(std::convert::Infallible);

impl MachineContext {
    /// Program counter.
    pub fn pc(&self) -> usize {
        match self.0 {}
    }

    /// Stack pointer.
    pub fn sp(&self) -> usize {
        match self.0 {}
    }

    /// Frame pointer.
    pub fn fp(&self) -> usize {
        match self.0 {}
    }

    /// Continues elsewhere when the handler returns.
    pub fn resume_at(&mut self, _pc: usize, _sp: usize, _fp: usize) {
        match self.0 {}
    }
}

impl MachineContext {
    /// Calls a function and goes on.
    pub fn detour(&mut self, _function: extern "C" fn()) {
        match self.0 {}
    }
}

/// A thread that may be interrupted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadId;

impl ThreadId {
    /// The current thread.
    pub fn current() -> ThreadId {
        ThreadId
    }
}

/// Installs nothing.
pub(crate) fn install(
    _fault: fn(&mut MachineContext, usize) -> bool,
    _interrupt: fn(&mut MachineContext),
) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "signal handling is not implemented for this platform: use explicit checks",
    ))
}

/// Does nothing.
pub(crate) fn ensure() {}

/// Never.
pub(crate) fn is_installed() -> bool {
    false
}

/// Does nothing: only polling code can be interrupted here.
pub(crate) fn interrupt_thread(_thread: ThreadId) {}
