//! A module ready to be instantiated.

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
        CodeModule { info, layout, image, type_ids, signatures, exports }
    }
}
