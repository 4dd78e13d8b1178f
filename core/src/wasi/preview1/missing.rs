//! Functions that exist so that modules link, and return `ENOSYS` until they are written.

use crate::error::Result;
use crate::runtime::{Func, Instance};
use crate::wasi::abi::Errno;

macro_rules! missing {
    ($($name:ident($($ty:ty),*);)*) => {
        pub(super) fn define(instance: &Instance) -> Result<()> {
            $(instance.define(stringify!($name), Func::wrap(|$(_: $ty),*| Errno::NoSys as i32)?)?;)*
            Ok(())
        }
    };
}

missing! {
    proc_raise(i32);
    sock_accept(i32, i32, i32);
    sock_recv(i32, i32, i32, i32, i32, i32);
    sock_send(i32, i32, i32, i32, i32);
    sock_shutdown(i32, i32);
}
