//! The one table of error codes: number, name, message. Category and phase follow from the number.
//!
//! Origin: WasmEdge 0.11.2. `StackOverflow` is ours: 0.11.2 has no code for an exhausted stack.

use std::fmt;

macro_rules! error_codes {
    ($($name:ident = $number:literal, $message:literal;)*) => {
        /// A code of WasmEdge's table; the discriminant is its number in category WASM.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum ErrCode {
            $(#[doc = concat!("Message: \"", $message, "\".")] $name = $number,)*
        }

        impl ErrCode {
            /// Every code, by rising number.
            pub const ALL: &'static [ErrCode] = &[$(ErrCode::$name),*];

            /// The code with this number.
            pub fn from_number(number: u32) -> Option<ErrCode> {
                match number { $($number => Some(ErrCode::$name),)* _ => None }
            }

            /// WasmEdge's message.
            pub fn message(self) -> &'static str {
                match self { $(ErrCode::$name => $message,)* }
            }

            /// The name in the table, as in `WasmEdge_ErrCode_<name>`.
            pub fn name(self) -> &'static str {
                match self { $(ErrCode::$name => stringify!($name),)* }
            }
        }
    };
}

error_codes! {
    Success = 0x00, "success";
    Terminated = 0x01, "terminated";
    RuntimeError = 0x02, "generic runtime error";
    CostLimitExceeded = 0x03, "cost limit exceeded";
    WrongVMWorkflow = 0x04, "wrong VM workflow";
    FuncNotFound = 0x05, "wasm function not found";
    AOTDisabled = 0x06, "AOT runtime is disabled in this build";
    Interrupted = 0x07, "execution interrupted";
    NotValidated = 0x08, "wasm module hasn't passed validation yet";
    UserDefError = 0x09, "user defined error code";
    IllegalPath = 0x20, "invalid path";
    ReadError = 0x21, "read error";
    UnexpectedEnd = 0x22, "unexpected end";
    MalformedMagic = 0x23, "magic header not detected";
    MalformedVersion = 0x24, "unknown binary version";
    MalformedSection = 0x25, "malformed section id";
    SectionSizeMismatch = 0x26, "section size mismatch";
    LengthOutOfBounds = 0x27, "length out of bounds";
    JunkSection = 0x28, "unexpected content after last section";
    IncompatibleFuncCode = 0x29, "function and code section have inconsistent lengths";
    IncompatibleDataCount = 0x2A, "data count and data section have inconsistent lengths";
    DataCountRequired = 0x2B, "data count section required";
    MalformedImportKind = 0x2C, "malformed import kind";
    MalformedExportKind = 0x2D, "malformed export kind";
    ExpectedZeroByte = 0x2E, "zero byte expected";
    InvalidMut = 0x2F, "malformed mutability";
    TooManyLocals = 0x30, "too many locals";
    MalformedValType = 0x31, "malformed value type";
    MalformedElemType = 0x32, "malformed element type";
    MalformedRefType = 0x33, "malformed reference type";
    MalformedUTF8 = 0x34, "malformed UTF-8 encoding";
    IntegerTooLarge = 0x35, "integer too large";
    IntegerTooLong = 0x36, "integer representation too long";
    IllegalOpCode = 0x37, "illegal opcode";
    ENDCodeExpected = 0x38, "END opcode expected";
    IllegalGrammar = 0x39, "invalid wasm grammar";
    SharedMemoryNoMax = 0x3A, "shared memory must have maximum";
    InvalidAlignment = 0x40, "alignment must not be larger than natural";
    TypeCheckFailed = 0x41, "type mismatch";
    InvalidLabelIdx = 0x42, "unknown label";
    InvalidLocalIdx = 0x43, "unknown local";
    InvalidFuncTypeIdx = 0x44, "unknown type";
    InvalidFuncIdx = 0x45, "unknown function";
    InvalidTableIdx = 0x46, "unknown table";
    InvalidMemoryIdx = 0x47, "unknown memory";
    InvalidGlobalIdx = 0x48, "unknown global";
    InvalidElemIdx = 0x49, "unknown elem segment";
    InvalidDataIdx = 0x4A, "unknown data segment";
    InvalidRefIdx = 0x4B, "undeclared function reference";
    ConstExprRequired = 0x4C, "constant expression required";
    DupExportName = 0x4D, "duplicate export name";
    ImmutableGlobal = 0x4E, "global is immutable";
    InvalidResultArity = 0x4F, "invalid result arity";
    MultiTables = 0x50, "multiple tables";
    MultiMemories = 0x51, "multiple memories";
    InvalidLimit = 0x52, "size minimum must not be greater than maximum";
    InvalidMemPages = 0x53, "memory size must be at most 65536 pages (4GiB)";
    InvalidStartFunc = 0x54, "start function";
    InvalidLaneIdx = 0x55, "invalid lane index";
    ModuleNameConflict = 0x60, "module name conflict";
    IncompatibleImportType = 0x61, "incompatible import type";
    UnknownImport = 0x62, "unknown import";
    DataSegDoesNotFit = 0x63, "data segment does not fit";
    ElemSegDoesNotFit = 0x64, "elements segment does not fit";
    WrongInstanceAddress = 0x80, "wrong instance address";
    WrongInstanceIndex = 0x81, "wrong instance index";
    InstrTypeMismatch = 0x82, "instruction type mismatch";
    FuncSigMismatch = 0x83, "function signature mismatch";
    DivideByZero = 0x84, "integer divide by zero";
    IntegerOverflow = 0x85, "integer overflow";
    InvalidConvToInt = 0x86, "invalid conversion to integer";
    TableOutOfBounds = 0x87, "out of bounds table access";
    MemoryOutOfBounds = 0x88, "out of bounds memory access";
    Unreachable = 0x89, "unreachable";
    UninitializedElement = 0x8A, "uninitialized element";
    UndefinedElement = 0x8B, "undefined element";
    IndirectCallTypeMismatch = 0x8C, "indirect call type mismatch";
    HostFuncError = 0x8D, "host function failed";
    RefTypeMismatch = 0x8E, "reference type mismatch";
    UnalignedAtomicAccess = 0x8F, "unaligned atomic";
    WaitOnUnsharedMemory = 0x90, "wait on unshared memory";
    StackOverflow = 0x91, "call stack exhausted";
}

impl ErrCode {
    /// The phase that WasmEdge's first log line of a failure names.
    pub fn phase(self) -> Phase {
        match (self as u32 & 0xF0) >> 5 {
            0 => Phase::Runtime,
            1 => Phase::Loading,
            2 => Phase::Validation,
            3 => Phase::Instantiation,
            _ => Phase::Execution,
        }
    }
}

impl fmt::Display for ErrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// The stage of a module's life in which an error arose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Use of the runtime itself.
    Runtime,
    /// Reading a module.
    Loading,
    /// Checking a module.
    Validation,
    /// Linking and initialising an instance.
    Instantiation,
    /// Running code.
    Execution,
}

impl Phase {
    /// The word WasmEdge's log uses.
    pub fn text(self) -> &'static str {
        match self {
            Phase::Runtime => "wasmedge runtime",
            Phase::Loading => "loading",
            Phase::Validation => "validation",
            Phase::Instantiation => "instantiation",
            Phase::Execution => "execution",
        }
    }
}

/// Whose table an error's number belongs to; the discriminant is WasmEdge's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ErrCategory {
    /// The table of this crate.
    Wasm = 0,
    /// The host function that failed.
    UserLevelError = 1,
}
