//! Causes of errors as C has them: numbers.

use wasmspan::Cause;

/// A cause, by its number.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum Number {
    Timeout = 1,
    Interrupted,
    OutputLimit,
    CostLimit,
    StackOverflow,
    OutOfMemory,
    Exit,
    Trap,
    HostError,
    User,
    Panic,
    Fault,
    Imports,
    Unsupported,
    Malformed,
    Invalid,
    Instantiation,
    Usage,
}

impl Number {
    /// All of them, for the test that compares the header.
    pub const ALL: [Number; 18] = [
        Number::Timeout,
        Number::Interrupted,
        Number::OutputLimit,
        Number::CostLimit,
        Number::StackOverflow,
        Number::OutOfMemory,
        Number::Exit,
        Number::Trap,
        Number::HostError,
        Number::User,
        Number::Panic,
        Number::Fault,
        Number::Imports,
        Number::Unsupported,
        Number::Malformed,
        Number::Invalid,
        Number::Instantiation,
        Number::Usage,
    ];
}

/// A cause as C gets it: its number, and the number that it brings.
pub fn number(cause: &Cause) -> (Number, u64) {
    match cause {
        Cause::Timeout(limit) => {
            (Number::Timeout, u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX))
        }
        Cause::Interrupted => (Number::Interrupted, 0),
        Cause::OutputLimit(bytes) => (Number::OutputLimit, *bytes),
        Cause::CostLimit => (Number::CostLimit, 0),
        Cause::StackOverflow => (Number::StackOverflow, 0),
        Cause::OutOfMemory => (Number::OutOfMemory, 0),
        Cause::Exit(code) => (Number::Exit, u64::from(*code)),
        Cause::Trap => (Number::Trap, 0),
        Cause::HostError => (Number::HostError, 0),
        Cause::User(number) => (Number::User, u64::from(*number)),
        Cause::Panic => (Number::Panic, 0),
        Cause::Fault => (Number::Fault, 0),
        Cause::Imports(faults) => (Number::Imports, faults.len() as u64),
        Cause::Unsupported { available, .. } => (Number::Unsupported, u64::from(*available)),
        Cause::Malformed => (Number::Malformed, 0),
        Cause::Invalid => (Number::Invalid, 0),
        Cause::Instantiation => (Number::Instantiation, 0),
        Cause::Usage => (Number::Usage, 0),
    }
}
