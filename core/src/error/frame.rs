//! One WebAssembly frame of a backtrace.

use std::fmt;

/// Where a WebAssembly function was when a trap stopped it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Name the module was registered under, or the one in its name section.
    pub module: Option<String>,
    /// Index of the function in its module.
    pub func_index: u32,
    /// Name of the function: from the name section, else the export name.
    pub func_name: Option<String>,
    /// Byte offset of the instruction in the module.
    pub offset: Option<u32>,
    /// Source file and line, where the module has debug information.
    pub location: Option<(String, u32)>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(module) = &self.module {
            write!(f, "{module}!")?;
        }
        match &self.func_name {
            Some(name) => f.write_str(name)?,
            None => write!(f, "function[{}]", self.func_index)?,
        }
        if let Some(offset) = self.offset {
            write!(f, " @ 0x{offset:x}")?;
        }
        if let Some((file, line)) = &self.location {
            write!(f, " ({file}:{line})")?;
        }
        Ok(())
    }
}
