//! The options of sockets under WasmEdge's numbers.

use super::{Result, Socket};
use crate::platform::net::{set_socket_option, socket_option};
use crate::wasi::abi::Errno;
use rustix::fd::AsFd;
use rustix::net::sockopt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The one level there is: options of sockets themselves.
const SOCKET: u32 = 0;

/// The name of an option.
#[derive(Clone, Copy, Debug)]
enum Name {
    /// A number of the host, and whether it may be set.
    Number(i32, bool),
    Type,
    Error,
    Linger,
    ReceiveLimit,
    SendLimit,
}

/// Bytes of a value that is a number.
const NUMBER: usize = 4;
/// Bytes of a lingering time: whether there is one, and seconds.
const LINGER: usize = 8;
/// Bytes of a time limit: seconds and microseconds.
const TIME: usize = 16;
/// Room that is enough for every value.
pub(in crate::wasi) const LARGEST: usize = TIME;

impl Name {
    fn of(level: u32, name: u32) -> Result<Name> {
        if level != SOCKET {
            return Err(Errno::NoProtoOpt);
        }
        Ok(match name {
            0 => Name::Number(libc::SO_REUSEADDR, true),
            1 => Name::Type,
            2 => Name::Error,
            3 => Name::Number(libc::SO_DONTROUTE, true),
            4 => Name::Number(libc::SO_BROADCAST, true),
            5 => Name::Number(libc::SO_SNDBUF, true),
            6 => Name::Number(libc::SO_RCVBUF, true),
            7 => Name::Number(libc::SO_KEEPALIVE, true),
            8 => Name::Number(libc::SO_OOBINLINE, true),
            9 => Name::Linger,
            10 => Name::Number(libc::SO_RCVLOWAT, true),
            11 => Name::ReceiveLimit,
            12 => Name::SendLimit,
            13 => Name::Number(libc::SO_ACCEPTCONN, false),
            _ => return Err(Errno::NoProtoOpt),
        })
    }

    fn size(self) -> usize {
        match self {
            Name::Number(..) | Name::Type | Name::Error => NUMBER,
            Name::Linger => LINGER,
            Name::ReceiveLimit | Name::SendLimit => TIME,
        }
    }
}

impl Socket {
    /// The value of an option, for a buffer of `room` bytes.
    ///
    /// # Errors
    ///
    /// `NoProtoOpt` for an unknown option, `Inval` for too little room.
    pub(in crate::wasi) fn option(&self, level: u32, name: u32, room: usize) -> Result<Vec<u8>> {
        let name = Name::of(level, name)?;
        if room < name.size() {
            return Err(Errno::Inval);
        }
        let number = match name {
            Name::Number(option, _) => socket_option(self.as_fd(), option)?,
            Name::Type => i32::from(self.stream) + 1,
            Name::Error => match sockopt::socket_error(&self.fd)? {
                Ok(()) => 0,
                Err(error) => Errno::from(error) as i32,
            },
            Name::Linger => {
                let linger = sockopt::socket_linger(&self.fd)?;
                let seconds = linger.map_or(0, |time| time.as_secs() as u32);
                let on = u32::from(linger.is_some());
                return Ok([on.to_le_bytes(), seconds.to_le_bytes()].concat());
            }
            Name::ReceiveLimit => return Ok(time(&self.receive_limit)),
            Name::SendLimit => return Ok(time(&self.send_limit)),
        };
        Ok(number.to_le_bytes().to_vec())
    }

    /// Sets an option.
    ///
    /// # Errors
    ///
    /// `NoProtoOpt` for an unknown option and for one that can't be set, `Inval` for too few bytes
    /// or a time that is none.
    pub(in crate::wasi) fn set_option(&self, level: u32, name: u32, value: &[u8]) -> Result<()> {
        let name = Name::of(level, name)?;
        if value.len() < name.size() {
            return Err(Errno::Inval);
        }
        let number =
            |at: usize| i32::from_le_bytes(value[at..at + 4].try_into().expect("four bytes"));
        match name {
            Name::Number(option, true) => Ok(set_socket_option(self.as_fd(), option, number(0))?),
            Name::Number(..) | Name::Type | Name::Error => Err(Errno::NoProtoOpt),
            Name::Linger => {
                let seconds = u64::try_from(number(4)).map_err(|_| Errno::Inval)?;
                let linger = (number(0) != 0).then(|| Duration::from_secs(seconds));
                Ok(sockopt::set_socket_linger(&self.fd, linger)?)
            }
            Name::ReceiveLimit => set_time(&self.receive_limit, value),
            Name::SendLimit => set_time(&self.send_limit, value),
        }
    }
}

fn time(limit: &AtomicU64) -> Vec<u8> {
    let limit = Duration::from_nanos(limit.load(Ordering::SeqCst));
    let microseconds = u64::from(limit.subsec_micros());
    [limit.as_secs().to_le_bytes(), microseconds.to_le_bytes()].concat()
}

fn set_time(limit: &AtomicU64, value: &[u8]) -> Result<()> {
    let seconds = i64::from_le_bytes(value[..8].try_into().expect("eight bytes"));
    // Guests write eight bytes or four and padding; no valid number needs more than four.
    let microseconds = i32::from_le_bytes(value[8..12].try_into().expect("four bytes"));
    let seconds = u64::try_from(seconds).map_err(|_| Errno::Dom)?;
    let microseconds = u64::try_from(microseconds).map_err(|_| Errno::Dom)?;
    if microseconds >= 1_000_000 {
        return Err(Errno::Dom);
    }
    let total = seconds.saturating_mul(1_000_000_000).saturating_add(microseconds * 1000);
    limit.store(total, Ordering::SeqCst);
    Ok(())
}
