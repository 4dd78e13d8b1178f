//! One WebAssembly frame of a backtrace.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Names of a module's functions; asked only when a backtrace is shown.
pub(crate) trait Symbols: Send + Sync {
    /// Name of the module.
    fn module_name(&self) -> Option<String>;
    /// Name of the function with this index.
    fn func_name(&self, index: u32) -> Option<String>;
    /// Source file and line of the instruction at this byte offset.
    fn location(&self, offset: u32) -> Option<(String, u32)>;
    /// What metered code has counted wrongly when a trap stops it; nothing if the code is not
    /// metered. `may_fault` is given if a memory access has faulted: it tells whether code for the
    /// instructions in a range may.
    fn not_run(
        &self,
        func_index: u32,
        offset: u32,
        may_fault: Option<&dyn Fn(Range<u32>) -> bool>,
    ) -> NotRun;
    /// Opcodes that metered code counts at once from this instruction on.
    fn region(&self, func_index: u32, offset: u32) -> Vec<u16>;
}

/// What a trap makes wrong of what metered code has counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NotRun {
    /// Opcodes that were counted with their region, but did not run.
    pub opcodes: Vec<u16>,
    /// What code for the usual costs has spent since it last wrote what is left.
    pub unwritten: u64,
}

/// Where a WebAssembly function was when a trap stopped it.
#[derive(Clone)]
pub struct Frame {
    func_index: u32,
    offset: Option<u32>,
    symbols: Arc<dyn Symbols>,
}

impl Frame {
    pub(crate) fn new(func_index: u32, offset: Option<u32>, symbols: Arc<dyn Symbols>) -> Frame {
        Frame { func_index, offset, symbols }
    }

    /// Index of the function in its module.
    pub fn func_index(&self) -> u32 {
        self.func_index
    }

    /// Byte offset of the instruction in the module, if known.
    pub fn offset(&self) -> Option<u32> {
        self.offset
    }

    /// Name of the module in its name section.
    pub fn module_name(&self) -> Option<String> {
        self.symbols.module_name()
    }

    /// Name of the function: from the name section, else the name it is exported under.
    pub fn func_name(&self) -> Option<String> {
        self.symbols.func_name(self.func_index)
    }

    /// Source file and line, where the module has debug information.
    pub fn location(&self) -> Option<(String, u32)> {
        self.symbols.location(self.offset?)
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(module) = self.module_name() {
            write!(f, "{module}!")?;
        }
        match self.func_name() {
            Some(name) => f.write_str(&name)?,
            None => write!(f, "function[{}]", self.func_index)?,
        }
        if let Some(offset) = self.offset {
            write!(f, " @ 0x{offset:x}")?;
        }
        if let Some((file, line)) = self.location() {
            write!(f, " ({file}:{line})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
