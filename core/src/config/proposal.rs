//! The one table of proposals: number, flag, text, defaults.

macro_rules! proposals {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal, $wasmedge:literal, $finished:literal;)*) => {
        /// A WebAssembly proposal; the discriminant is WasmEdge's number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Proposal { $($(#[$doc])* $name = $number,)* }

        impl Proposal {
            /// Every proposal, by rising number.
            pub const ALL: &'static [Proposal] = &[$(Proposal::$name),*];

            /// The proposal with WasmEdge's number.
            pub fn from_number(number: u32) -> Option<Proposal> {
                Proposal::ALL.iter().copied().find(|p| *p as u32 == number)
            }

            /// The name in WasmEdge's messages.
            pub fn text(self) -> &'static str {
                match self { $(Proposal::$name => $text,)* }
            }

            /// Whether WasmEdge 0.11.2 switches it on by default.
            pub fn is_wasmedge_default(self) -> bool {
                match self { $(Proposal::$name => $wasmedge,)* }
            }

            /// Whether this engine implements it; a module that uses an unfinished one is refused.
            pub fn is_finished(self) -> bool {
                match self { $(Proposal::$name => $finished,)* }
            }
        }
    };
}

proposals! {
    /// Mutable globals may be imported and exported.
    ImportExportMutGlobals = 0, "Import/Export of mutable globals", true, true;
    /// Saturating float-to-integer conversions.
    NonTrapFloatToIntConversions = 1, "Non-trapping float-to-int conversions", true, true;
    /// Sign-extension instructions.
    SignExtensionOperators = 2, "Sign-extension operators", true, true;
    /// Several results of functions and blocks.
    MultiValue = 3, "Multi-value returns", true, true;
    /// Bulk memory and table instructions.
    BulkMemoryOperations = 4, "Bulk memory operations", true, true;
    /// `externref`, several tables, table instructions.
    ReferenceTypes = 5, "Reference types", true, true;
    /// 128-bit vectors.
    SIMD = 6, "Fixed-width SIMD", true, true;
    /// `return_call` and `return_call_indirect`.
    TailCall = 7, "Tail call", false, true;
    /// Several memories in one module.
    MultiMemories = 8, "Multiple memories", false, true;
    /// Annotations in the text format; changes nothing in binaries.
    Annotations = 9, "Custom Annotation Syntax in the Text Format", false, false;
    /// Memories and tables indexed by `i64`.
    Memory64 = 10, "Memory64", false, true;
    /// Exceptions.
    ExceptionHandling = 11, "Exception handling", false, false;
    /// Integer arithmetic in constant expressions.
    ExtendedConst = 12, "Extended const", false, true;
    /// Shared memories and atomic instructions.
    Threads = 13, "Threads", false, true;
    /// Typed function references.
    FunctionReferences = 14, "Typed Function References", false, false;
    /// Relaxed vector instructions; not in WasmEdge's enumeration.
    RelaxedSIMD = 64, "Relaxed SIMD", false, true;
}

/// A set of proposals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Proposals(u128);

impl Proposals {
    /// No proposal: WebAssembly 1.0.
    pub fn none() -> Proposals {
        Proposals(0)
    }

    /// The seven that WasmEdge 0.11.2 switches on.
    pub fn wasmedge_default() -> Proposals {
        Proposals::none().with_all(|p| p.is_wasmedge_default())
    }

    /// Every proposal this engine implements.
    pub fn finished() -> Proposals {
        Proposals::none().with_all(|p| p.is_finished())
    }

    fn with_all(mut self, wanted: impl Fn(Proposal) -> bool) -> Proposals {
        for &proposal in Proposal::ALL {
            if wanted(proposal) {
                self.add(proposal);
            }
        }
        self
    }

    /// Switches a proposal on. Switching on an unfinished one succeeds.
    pub fn add(&mut self, proposal: Proposal) {
        self.0 |= 1 << proposal as u8;
    }

    /// Switches a proposal off.
    pub fn remove(&mut self, proposal: Proposal) {
        self.0 &= !(1 << proposal as u8);
    }

    /// Whether every proposal of this set is in `other`.
    pub(crate) fn is_subset(self, other: Proposals) -> bool {
        self.0 & !other.0 == 0
    }

    /// One bit for each proposal.
    pub(crate) fn bits(self) -> u128 {
        self.0
    }

    /// The set with these bits.
    pub(crate) fn from_bits(bits: u128) -> Proposals {
        Proposals(bits)
    }

    /// Whether a proposal is on.
    pub fn has(self, proposal: Proposal) -> bool {
        self.0 & (1 << proposal as u8) != 0
    }
}
