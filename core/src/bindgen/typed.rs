//! Results of a call as types of Rust.

use super::broken;
use super::results::Results;
use super::value::Value;
use crate::error::Result;

mod sealed {
    pub trait Sealed {}
}

/// What a call can give: a type that guests know, `()` for nothing, or a tuple of up to 16 of them.
pub trait FromResults: Sized + sealed::Sealed {
    /// Takes it out of the guest's memory.
    ///
    /// # Errors
    ///
    /// If the guest gave another number of results, or others.
    fn from_results(results: &Results<'_>) -> Result<Self>;
}

/// Result `at`, of a type that guests know.
fn get<T>(results: &Results<'_>, at: usize) -> Result<T>
where
    T: TryFrom<Value<'static>, Error = super::WrongKind>,
{
    results.get(at)?.try_into().map_err(broken)
}

fn expect(results: &Results<'_>, count: usize) -> Result<()> {
    match results.len() {
        len if len == count => Ok(()),
        len => Err(broken(format_args!("{len} results were given instead of {count}"))),
    }
}

macro_rules! one {
    ($($of:ty)*) => {$(
        impl sealed::Sealed for $of {}

        impl FromResults for $of {
            fn from_results(results: &Results<'_>) -> Result<$of> {
                expect(results, 1)?;
                get(results, 0)
            }
        }
    )*};
}

one! {
    u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 bool char String
    Vec<u8> Vec<i8> Vec<u16> Vec<i16> Vec<u32> Vec<i32> Vec<u64> Vec<i64>
}

macro_rules! several {
    ($($name:ident $at:tt),*) => {
        impl<$($name),*> sealed::Sealed for ($($name,)*) {}

        impl<$($name),*> FromResults for ($($name,)*)
        where
            $($name: TryFrom<Value<'static>, Error = super::WrongKind>,)*
        {
            fn from_results(results: &Results<'_>) -> Result<($($name,)*)> {
                expect(results, [$($at),*].len())?;
                Ok(($(get::<$name>(results, $at)?,)*))
            }
        }
    };
}

impl sealed::Sealed for () {}

impl FromResults for () {
    fn from_results(results: &Results<'_>) -> Result<()> {
        expect(results, 0)
    }
}

several!(A 0, B 1);
several!(A 0, B 1, C 2);
several!(A 0, B 1, C 2, D 3);
several!(A 0, B 1, C 2, D 3, E 4);
several!(A 0, B 1, C 2, D 3, E 4, F 5);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14);
several!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15);
