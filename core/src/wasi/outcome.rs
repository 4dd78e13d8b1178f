//! How a function of WASI ends: with an error number, or with the run.

use super::abi::Errno;
use crate::error::Error;

/// Why a function did not succeed.
pub(super) enum Failure {
    /// A number the guest sees.
    Errno(Errno),
    /// The end of the run.
    Stop(Error),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Failure {
        Failure::Errno(errno)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Stop(error)
    }
}

/// What a function of WASI ends with.
pub(super) type Outcome<T = ()> = std::result::Result<T, Failure>;
