//! Values that guests of wasmedge-bindgen take and return.

use std::borrow::Cow;
use std::fmt;

macro_rules! kinds {
    ($($name:ident = $number:literal, $text:literal, $size:literal;)*) => {
        /// The kind of a [`Value`]; the discriminant is the number that guests give with results.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Kind { $(#[doc = concat!("`", $text, "`.")] $name = $number,)* }

        impl Kind {
            /// Every kind, by rising number.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),*];

            /// The kind with this number.
            pub fn from_number(number: u32) -> Option<Kind> {
                match number { $($number => Some(Kind::$name),)* _ => None }
            }

            /// The type's name in Rust.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$name => $text,)* }
            }

            /// The kind whose type has this name in Rust.
            pub fn from_name(name: &str) -> Option<Kind> {
                match name { $($text => Some(Kind::$name),)* _ => None }
            }

            /// Size of a value, or of one item of a sequence, in bytes.
            pub fn item_size(self) -> usize {
                match self { $(Kind::$name => $size,)* }
            }
        }
    };
}

kinds! {
    U8 = 1, "u8", 1;
    I8 = 2, "i8", 1;
    U16 = 3, "u16", 2;
    I16 = 4, "i16", 2;
    U32 = 5, "u32", 4;
    I32 = 6, "i32", 4;
    U64 = 7, "u64", 8;
    I64 = 8, "i64", 8;
    F32 = 9, "f32", 4;
    F64 = 10, "f64", 8;
    Bool = 11, "bool", 1;
    Char = 12, "char", 4;
    U8s = 21, "Vec<u8>", 1;
    I8s = 22, "Vec<i8>", 1;
    U16s = 23, "Vec<u16>", 2;
    I16s = 24, "Vec<i16>", 2;
    U32s = 25, "Vec<u32>", 4;
    I32s = 26, "Vec<i32>", 4;
    U64s = 27, "Vec<u64>", 8;
    I64s = 28, "Vec<i64>", 8;
    String = 31, "String", 1;
}

impl Kind {
    /// Whether a value is a sequence of items; a string is one of bytes.
    pub fn is_sequence(self) -> bool {
        self as u32 > Kind::Char as u32
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! values {
    (
        scalars { $($scalar:ident($of:ty);)* }
        sequences { $($sequence:ident($item:ty);)* }
    ) => {
        /// A value that a guest takes or returns. As an argument it may be borrowed; results are owned.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Value<'a> {
            $(#[doc = concat!("`", stringify!($of), "`.")] $scalar($of),)*
            $(#[doc = concat!("`Vec<", stringify!($item), ">`.")] $sequence(Cow<'a, [$item]>),)*
            /// `String`.
            String(Cow<'a, str>),
        }

        impl<'a> Value<'a> {
            /// What kind of value it is.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Value::$scalar(_) => Kind::$scalar,)*
                    $(Value::$sequence(_) => Kind::$sequence,)*
                    Value::String(_) => Kind::String,
                }
            }

            /// How many items a guest is told that there are: 1 for what is no sequence.
            pub fn count(&self) -> usize {
                match self {
                    $(Value::$scalar(_) => 1,)*
                    $(Value::$sequence(items) => items.len(),)*
                    Value::String(text) => text.len(),
                }
            }
        }

        $(impl From<$of> for Value<'_> {
            fn from(value: $of) -> Self {
                Value::$scalar(value)
            }
        }

        impl TryFrom<Value<'_>> for $of {
            type Error = WrongKind;
            fn try_from(value: Value<'_>) -> Result<$of, WrongKind> {
                match value {
                    Value::$scalar(value) => Ok(value),
                    other => Err(WrongKind { wanted: Kind::$scalar, got: other.kind() }),
                }
            }
        })*

        $(impl From<Vec<$item>> for Value<'_> {
            fn from(items: Vec<$item>) -> Self {
                Value::$sequence(items.into())
            }
        }

        impl<'a> From<&'a [$item]> for Value<'a> {
            fn from(items: &'a [$item]) -> Self {
                Value::$sequence(items.into())
            }
        }

        impl TryFrom<Value<'_>> for Vec<$item> {
            type Error = WrongKind;
            fn try_from(value: Value<'_>) -> Result<Vec<$item>, WrongKind> {
                match value {
                    Value::$sequence(items) => Ok(items.into_owned()),
                    other => Err(WrongKind { wanted: Kind::$sequence, got: other.kind() }),
                }
            }
        })*
    };
}

values! {
    scalars {
    U8(u8);
    I8(i8);
    U16(u16);
    I16(i16);
    U32(u32);
    I32(i32);
    U64(u64);
    I64(i64);
    F32(f32);
    F64(f64);
    Bool(bool);
    Char(char);
    }
    sequences {
    U8s(u8);
    I8s(i8);
    U16s(u16);
    I16s(i16);
    U32s(u32);
    I32s(i32);
    U64s(u64);
    I64s(i64);
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::String(text.into())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::String(text.into())
    }
}

impl TryFrom<Value<'_>> for String {
    type Error = WrongKind;
    fn try_from(value: Value<'_>) -> Result<String, WrongKind> {
        match value {
            Value::String(text) => Ok(text.into_owned()),
            other => Err(WrongKind { wanted: Kind::String, got: other.kind() }),
        }
    }
}

impl Value<'_> {
    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of a `Vec<u8>`.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::U8s(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// A value is not of the kind that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value of type {wanted} was expected, not one of type {got}")]
pub struct WrongKind {
    /// What was asked for.
    pub wanted: Kind,
    /// What the value is.
    pub got: Kind,
}
