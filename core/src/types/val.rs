//! Value types, reference types and mutability: one table for all of them.

use super::Logged;
use std::fmt;

macro_rules! val_types {
    ($($(#[$doc:meta])* $name:ident = $byte:literal, $text:literal;)*) => {
        /// The type of a WebAssembly value; the discriminant is its byte in the binary format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum ValType { $($(#[$doc])* $name = $byte,)* }

        impl ValType {
            /// Every value type, in the order of the table.
            pub const ALL: &'static [ValType] = &[$(ValType::$name),*];

            /// The type whose binary-format byte is `byte`, if there is one.
            pub fn from_byte(byte: u8) -> Option<ValType> {
                match byte { $($byte => Some(ValType::$name),)* _ => None }
            }

            /// The type's name in the text format.
            pub fn name(self) -> &'static str {
                match self { $(ValType::$name => $text,)* }
            }
        }
    };
}

val_types! {
    /// A 32-bit integer.
    I32 = 0x7F, "i32";
    /// A 64-bit integer.
    I64 = 0x7E, "i64";
    /// A 32-bit float.
    F32 = 0x7D, "f32";
    /// A 64-bit float.
    F64 = 0x7C, "f64";
    /// A 128-bit vector.
    V128 = 0x7B, "v128";
    /// A nullable reference to a function.
    FuncRef = 0x70, "funcref";
    /// A nullable reference to a host object.
    ExternRef = 0x6F, "externref";
}

impl ValType {
    /// True for `funcref` and `externref`.
    pub fn is_ref(self) -> bool {
        matches!(self, ValType::FuncRef | ValType::ExternRef)
    }

    /// The reference type, if this is one.
    pub fn as_ref_type(self) -> Option<RefType> {
        match self {
            ValType::FuncRef => Some(RefType::FuncRef),
            ValType::ExternRef => Some(RefType::ExternRef),
            _ => None,
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Logged for ValType {
    fn logged(&self) -> String {
        self.name().into()
    }
}

/// The type of a reference: what a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RefType {
    /// A nullable reference to a function.
    FuncRef = 0x70,
    /// A nullable reference to a host object.
    ExternRef = 0x6F,
}

impl From<RefType> for ValType {
    fn from(ty: RefType) -> ValType {
        match ty {
            RefType::FuncRef => ValType::FuncRef,
            RefType::ExternRef => ValType::ExternRef,
        }
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ValType::from(*self).fmt(f)
    }
}

/// Whether a global may be written after its creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Mutability {
    /// Never written.
    Const = 0,
    /// May be written.
    Var = 1,
}

impl fmt::Display for Mutability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mutability::Const => "const",
            Mutability::Var => "var",
        })
    }
}
