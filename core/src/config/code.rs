//! What makes two compilations of one module differ.

use super::{Config, InterruptMode, OptLevel, TrapMode};

/// The part of a configuration that generated code depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CodeKind {
    pub trap_mode: TrapMode,
    pub interrupt_mode: InterruptMode,
    pub opt_level: OptLevel,
    /// Only instructions that every supported processor of this kind has.
    pub generic: bool,
    /// Instructions are counted.
    pub counted: bool,
    /// Costs are added up.
    pub measured: bool,
}

impl CodeKind {
    /// What `config` asks for, with traps found by `trap_mode`.
    pub fn of(config: &Config, trap_mode: TrapMode) -> CodeKind {
        CodeKind {
            trap_mode,
            interrupt_mode: config.interrupt_mode,
            opt_level: config.opt_level,
            generic: config.generic_code,
            counted: config.statistics.instruction_counting,
            measured: config.statistics.cost_measuring,
        }
    }

    /// Whether code of this kind does where `wanted` is asked for; how good it is doesn't matter.
    pub fn serves(self, wanted: CodeKind) -> bool {
        let traps = self.trap_mode == wanted.trap_mode || self.trap_mode == TrapMode::Checks;
        let interrupts = self.interrupt_mode == wanted.interrupt_mode
            || self.interrupt_mode == InterruptMode::Poll;
        let metering = (self.counted, self.measured) == (wanted.counted, wanted.measured);
        traps && interrupts && metering
    }

    /// One byte for each choice, in a fixed order.
    pub fn to_bytes(self) -> [u8; 6] {
        [
            self.trap_mode as u8,
            self.interrupt_mode as u8,
            self.opt_level as u8,
            self.generic as u8,
            self.counted as u8,
            self.measured as u8,
        ]
    }

    /// The inverse of [`to_bytes`](CodeKind::to_bytes).
    pub fn from_bytes(bytes: [u8; 6]) -> Option<CodeKind> {
        let [trap, interrupt, level, flags @ ..] = bytes;
        if flags.iter().any(|flag| *flag > 1) {
            return None;
        }
        Some(CodeKind {
            trap_mode: *[TrapMode::Signals, TrapMode::Checks].get(usize::from(trap))?,
            interrupt_mode: *[InterruptMode::Signal, InterruptMode::Poll]
                .get(usize::from(interrupt))?,
            opt_level: *[OptLevel::None, OptLevel::Speed, OptLevel::SpeedAndSize]
                .get(usize::from(level))?,
            generic: flags[0] == 1,
            counted: flags[1] == 1,
            measured: flags[2] == 1,
        })
    }
}
