//! A module ready to be instantiated.

use super::lazy::LazyCode;
use crate::abi::InstanceLayout;
use crate::engine::{Image, Signature};
use crate::module::ModuleInfo;
use crate::types::ExternKind;
use std::collections::HashMap;
use std::sync::Arc;

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
}

impl CodeModule {
    pub fn new(info: Arc<ModuleInfo>, layout: InstanceLayout, image: Image) -> CodeModule {
        let signatures: Vec<_> = info.types.iter().map(Signature::of).collect();
        let type_ids = signatures.iter().map(|signature| signature.id).collect();
        let exports = info
            .exports
            .iter()
            .map(|export| (export.name.clone(), (export.kind, export.index)))
            .collect();
        CodeModule { info, layout, image, lazy: None, type_ids, signatures, exports }
    }

    /// A module whose functions are compiled when they are called.
    pub fn lazy(info: Arc<ModuleInfo>, layout: InstanceLayout, lazy: Arc<LazyCode>) -> CodeModule {
        let stubs = lazy.stubs().clone();
        CodeModule { lazy: Some(lazy), ..CodeModule::new(info, layout, stubs) }
    }
}
