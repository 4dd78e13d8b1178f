//! Operands far down the stack.
//!
//! Hundreds of operands that wait would be as many values alive at once, for as long as they wait:
//! see `pressure`. Those beyond the first [`FROM`] wait in the function's frame.

use super::FuncTranslator;
use super::variable::VECTOR_SHIFT;
use cranelift_codegen::ir::{InstBuilder, StackSlot, StackSlotData, StackSlotKind, Value, types};

/// Height of the operand stack from which on operands go to memory. Compilers leave fewer.
pub(super) const FROM: usize = 256;

/// Bytes of a place.
const PLACE: u32 = 1 << VECTOR_SHIFT;

/// The places of operands from height [`FROM`] on.
#[derive(Default)]
pub(super) struct Deep {
    slot: Option<StackSlot>,
    /// What each place holds wherever the code that is translated now is reached.
    values: Vec<Option<Value>>,
}

impl FuncTranslator<'_, '_> {
    /// Writes an operand that is about to be pushed into its place.
    #[cold]
    pub(super) fn put_down(&mut self, value: Value) {
        let at = self.stack.len() - FROM;
        let slot = *self.deep.slot.get_or_insert_with(|| {
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, PLACE, VECTOR_SHIFT);
            self.b.create_sized_stack_slot(data)
        });
        if at >= self.deep.values.len() {
            self.deep.values.resize(at + 1, None);
        }
        let size = &mut self.b.func.sized_stack_slots[slot].size;
        *size = (*size).max((at as u32 + 1) * PLACE);
        self.deep.values[at] = Some(value);
        self.b.ins().stack_store(types::I64, value, slot, at as i32 * PLACE as i32);
    }

    /// An operand that was just popped, from its place if it is there.
    #[cold]
    pub(super) fn take_up(&mut self, value: Value) -> Value {
        let at = self.stack.len() - FROM;
        match (self.deep.slot, self.deep.values.get(at)) {
            (Some(slot), Some(&Some(known))) if known == value => {
                let ty = self.b.func.dfg.value_type(value);
                self.b.ins().stack_load(types::I64, ty, slot, at as i32 * PLACE as i32)
            }
            _ => value,
        }
    }

    /// Whether operands went to memory.
    pub(in crate::compile) fn is_deep(&self) -> bool {
        self.deep.slot.is_some()
    }

    /// Forgets what the innermost block put down: the code after it, or after `else`, is reached in
    /// other ways too.
    pub(super) fn forget_deep(&mut self) {
        let height = self.control.last().map_or(0, |frame| frame.height());
        self.deep.values.truncate(height.saturating_sub(FROM));
    }
}
