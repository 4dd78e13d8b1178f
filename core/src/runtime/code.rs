//! A module ready to be instantiated.

use super::lazy::LazyCode;
use crate::abi::InstanceLayout;
use crate::engine::{Image, Signature};
use crate::error::{ErrCode, Error, Result};
use crate::module::ModuleInfo;
use crate::types::ExternKind;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// A parsed module with its compiled code: what all its instances share.
pub(crate) struct CodeModule {
    pub info: Arc<ModuleInfo>,
    pub layout: InstanceLayout,
    pub image: Image,
    /// Where functions are compiled when they are called; `image` then holds their stubs.
    pub lazy: Option<Arc<LazyCode>>,
    /// Process-wide number of each type; instances point to it.
    pub type_ids: Box<[u32]>,
    /// Keeps the numbers and stubs of the types.
    pub signatures: Vec<Arc<Signature>>,
    /// Kind and index of each export, by name.
    pub exports: HashMap<String, (ExternKind, u32)>,
    table_code: OnceLock<Image>,
    make_table_code: Option<MakeCode>,
}

/// Makes other code of the same module.
pub(crate) type MakeCode = Box<dyn Fn() -> Result<Image> + Send + Sync>;

impl CodeModule {
    pub fn new(info: Arc<ModuleInfo>, layout: InstanceLayout, image: Image) -> CodeModule {
        let signatures: Vec<_> = info.types.iter().map(Signature::of).collect();
        let type_ids = signatures.iter().map(|signature| signature.id).collect();
        let exports = info
            .exports
            .iter()
            .map(|export| (export.name.clone(), (export.kind, export.index)))
            .collect();
        let (table_code, make_table_code) = (OnceLock::new(), None);
        CodeModule {
            info,
            layout,
            image,
            lazy: None,
            type_ids,
            signatures,
            exports,
            table_code,
            make_table_code,
        }
    }

    /// Tells metered code for the usual costs how to get code that reads costs from a table.
    pub fn with_table_code(mut self, make: MakeCode) -> CodeModule {
        self.make_table_code = Some(make);
        self
    }

    /// Entry of a function in code that reads costs from a table, made when first asked for.
    pub fn in_table_code(&self, func_index: u32) -> Result<*const u8> {
        if let Some(made) = self.table_code.get() {
            return Ok(made.entry(func_index));
        }
        let make = self.make_table_code.as_ref().ok_or_else(|| Error::new(ErrCode::AOTDisabled))?;
        // Not inside the cell, as two threads may come here from one pool; the first result counts.
        let made = make()?;
        Ok(self.table_code.get_or_init(|| made).entry(func_index))
    }

    /// A module whose functions are compiled when they are called.
    pub fn lazy(info: Arc<ModuleInfo>, layout: InstanceLayout, lazy: Arc<LazyCode>) -> CodeModule {
        let stubs = lazy.stubs().clone();
        CodeModule { lazy: Some(lazy), ..CodeModule::new(info, layout, stubs) }
    }
}
