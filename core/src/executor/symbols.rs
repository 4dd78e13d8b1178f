//! What a module knows of its code: names and source lines for backtraces, looked up only when one
//! is shown, and what a trap kept from running.

use crate::abi::leb;
use crate::compile;
use crate::config::Metering;
use crate::error::{NotRun, Symbols};
use crate::module::ModuleInfo;
use crate::types::ExternKind;
use addr2line::Context;
use gimli::{EndianArcSlice, LittleEndian, SectionId};
use std::ops::Range;
use std::sync::Arc;

type Reader = EndianArcSlice<LittleEndian>;

/// Looks names up in the name section and, failing that, among the exports; source lines in the
/// debug sections.
pub(super) struct ModuleSymbols {
    info: Arc<ModuleInfo>,
    metered: bool,
}

impl ModuleSymbols {
    pub fn new(info: Arc<ModuleInfo>, metering: Metering) -> ModuleSymbols {
        ModuleSymbols { info, metered: metering != Metering::None }
    }

    /// The debug sections, if the module has line numbers. Read anew each time: who shows a
    /// backtrace can wait, and most errors are never shown.
    fn debug_info(&self) -> Option<Context<Reader>> {
        let customs = &self.info.customs;
        if !customs.iter().any(|(name, _)| name == SectionId::DebugLine.name()) {
            return None;
        }
        let bytes = EndianArcSlice::new(Arc::clone(&self.info.bytes), LittleEndian);
        let section = |id: SectionId| -> Result<Reader, gimli::Error> {
            let found = customs.iter().find(|(name, _)| name == id.name());
            Ok(bytes.range(found.map_or(0..0, |(_, range)| range.clone())))
        };
        Context::from_dwarf(gimli::Dwarf::load(section).ok()?).ok()
    }
}

impl Symbols for ModuleSymbols {
    fn module_name(&self) -> Option<String> {
        self.info.names().module.clone()
    }

    fn func_name(&self, index: u32) -> Option<String> {
        if let Some(name) = self.info.names().function(index) {
            return Some(name.to_string());
        }
        let export = self
            .info
            .exports
            .iter()
            .find(|export| export.kind == ExternKind::Func && export.index == index)?;
        Some(export.name.clone())
    }

    fn location(&self, offset: u32) -> Option<(String, u32)> {
        let context = self.debug_info()?;
        // Addresses of the debug sections count from the content of the code section.
        let address = u64::from(offset).checked_sub(code_section(&self.info.bytes)?)?;
        let location = context.find_location(address).ok()??;
        Some((location.file?.to_string(), location.line?))
    }

    fn not_run(
        &self,
        func_index: u32,
        offset: u32,
        may_fault: Option<&dyn Fn(Range<u32>) -> bool>,
    ) -> NotRun {
        if !self.metered {
            return NotRun::default();
        }
        compile::rest_of_region(&self.info, func_index, offset, may_fault)
    }

    fn region(&self, func_index: u32, offset: u32) -> Vec<u16> {
        compile::region_at(&self.info, func_index, offset)
    }
}

/// Offset of the content of the code section.
fn code_section(bytes: &[u8]) -> Option<u64> {
    const HEADER: usize = 8;
    const CODE: u8 = 10;
    let mut rest = bytes.get(HEADER..)?;
    loop {
        let (&id, after) = rest.split_first()?;
        rest = after;
        let size = leb::read(&mut rest)?;
        if id == CODE {
            return Some((bytes.len() - rest.len()) as u64);
        }
        rest = rest.get(size as usize..)?;
    }
}
