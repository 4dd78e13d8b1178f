//! TODO
use super::FuncTranslator;
use wasmparser::Operator;

impl FuncTranslator<'_, '_> {
    /// Translates `op` if it belongs to this family.
    pub(super) fn atomic_operator(&mut self, op: &Operator<'_>) -> bool {
        let _ = op;
        false
    }
}
