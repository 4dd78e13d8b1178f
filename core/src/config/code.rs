//! What makes two compilations of one module differ.

use super::{Config, InterruptMode, Metering, OptLevel, TrapMode};

/// The part of a configuration that generated code depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CodeKind {
    pub trap_mode: TrapMode,
    pub interrupt_mode: InterruptMode,
    pub opt_level: OptLevel,
    /// Only instructions that every supported processor of this kind has.
    pub generic: bool,
    /// What the code counts.
    pub metering: Metering,
}

impl CodeKind {
    /// What `config` asks for, with traps found by `trap_mode`, at a cost of 1 for each instruction.
    pub fn of(config: &Config, trap_mode: TrapMode) -> CodeKind {
        CodeKind {
            trap_mode,
            interrupt_mode: config.interrupt_mode,
            opt_level: config.opt_level,
            generic: config.generic_code,
            metering: config.statistics.metering(true),
        }
    }

    /// Whether code of this kind does where `wanted` is asked for; how good it is doesn't matter.
    pub fn serves(self, wanted: CodeKind) -> bool {
        let traps = self.trap_mode == wanted.trap_mode || self.trap_mode == TrapMode::Checks;
        let interrupts = self.interrupt_mode == wanted.interrupt_mode
            || self.interrupt_mode == InterruptMode::Poll;
        // Code for the usual costs hands over where others apply.
        let metering = self.metering == wanted.metering
            || (self.metering, wanted.metering) == (Metering::Unit, Metering::Table);
        traps && interrupts && metering
    }

    /// One byte for each choice, in a fixed order.
    pub fn to_bytes(self) -> [u8; 5] {
        [
            self.trap_mode as u8,
            self.interrupt_mode as u8,
            self.opt_level as u8,
            self.generic as u8,
            self.metering as u8,
        ]
    }

    /// The inverse of [`to_bytes`](CodeKind::to_bytes).
    pub fn from_bytes(bytes: [u8; 5]) -> Option<CodeKind> {
        let [trap, interrupt, level, generic, metering] = bytes.map(usize::from);
        Some(CodeKind {
            trap_mode: *[TrapMode::Signals, TrapMode::Checks].get(trap)?,
            interrupt_mode: *[InterruptMode::Signal, InterruptMode::Poll].get(interrupt)?,
            opt_level: *[OptLevel::None, OptLevel::Speed, OptLevel::SpeedAndSize].get(level)?,
            generic: *[false, true].get(generic)?,
            metering: *[Metering::None, Metering::Unit, Metering::Table].get(metering)?,
        })
    }
}
