//! Names of a module for backtraces.

use crate::error::Symbols;
use crate::module::ModuleInfo;
use crate::types::ExternKind;
use std::sync::Arc;

/// Looks names up in the name section and, failing that, among the exports.
pub(super) struct ModuleSymbols {
    info: Arc<ModuleInfo>,
}

impl ModuleSymbols {
    pub fn new(info: Arc<ModuleInfo>) -> ModuleSymbols {
        ModuleSymbols { info }
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

    fn location(&self, _offset: u32) -> Option<(String, u32)> {
        None
    }
}
