//! The one table of traps: number, error code.

use crate::error::ErrCode;

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident = $number:literal => $code:ident;)*) => {
        /// Why generated code stopped. The numbers travel in trap tables of compiled code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Trap { $($(#[$doc])* $name = $number,)* }

        impl Trap {
            /// The trap with this number.
            pub fn from_number(number: u32) -> Option<Trap> {
                match number { $($number => Some(Trap::$name),)* _ => None }
            }

            /// The code the caller sees.
            pub fn code(self) -> ErrCode {
                match self { $(Trap::$name => ErrCode::$code,)* }
            }
        }
    };
}

traps! {
    Unreachable = 1 => Unreachable;
    MemoryOutOfBounds = 2 => MemoryOutOfBounds;
    TableOutOfBounds = 3 => TableOutOfBounds;
    /// `call_indirect` index past the table's end.
    UndefinedElement = 4 => UndefinedElement;
    /// `call_indirect` through a null element.
    UninitializedElement = 5 => UninitializedElement;
    IndirectCallTypeMismatch = 6 => IndirectCallTypeMismatch;
    DivideByZero = 7 => DivideByZero;
    IntegerOverflow = 8 => IntegerOverflow;
    InvalidConversion = 9 => InvalidConvToInt;
    StackOverflow = 10 => StackOverflow;
    UnalignedAtomic = 11 => UnalignedAtomicAccess;
    WaitOnUnsharedMemory = 12 => WaitOnUnsharedMemory;
    Interrupted = 13 => Interrupted;
    CostLimitExceeded = 14 => CostLimitExceeded;
    /// The error object waits in the activation.
    Host = 15 => HostFuncError;
}
