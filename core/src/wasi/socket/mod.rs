//! Sockets of the internet, as a guest may use them.
//!
//! To the host every socket is non-blocking; a guest that wants to wait does so in `wait`, where a
//! request to stop reaches it. `address` and `options` have the layouts of WasmEdge's socket calls,
//! `resolve` turns names into addresses, `allow` is the list of what they may reach.

pub(super) mod address;
pub(super) mod allow;
pub(super) mod options;
pub(super) mod resolve;

use super::abi::{Errno, FileStat, FileType, fdflags};
use super::fs::file_stat;
use super::wait::{Source, wait};
use crate::interrupt::Interrupt;
use rustix::event::PollFlags;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::net::{
    self, AddressFamily, RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType, sockopt,
};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

type Result<T> = std::result::Result<T, Errno>;

/// A socket.
#[derive(Debug)]
pub(super) struct Socket {
    fd: OwnedFd,
    stream: bool,
    flags: AtomicU16,
    /// Longest waits for receiving and sending, in nanoseconds; zero for no limit.
    receive_limit: AtomicU64,
    send_limit: AtomicU64,
}

/// What a receive gave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received {
    pub len: usize,
    /// A message was longer than the room for it.
    pub truncated: bool,
    pub from: Option<SocketAddr>,
}

impl Socket {
    /// Opens a socket: TCP if `stream`, else UDP; IPv6 if `v6`, else IPv4.
    pub(super) fn open(v6: bool, stream: bool) -> Result<Socket> {
        let family = if v6 { AddressFamily::INET6 } else { AddressFamily::INET };
        let ty = if stream { SocketType::STREAM } else { SocketType::DGRAM };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        Ok(Socket::from_fd(net::socket_with(family, ty, flags, None)?, stream, 0))
    }

    /// Takes a listener of the host.
    pub(super) fn from_listener(listener: std::net::TcpListener) -> std::io::Result<Socket> {
        listener.set_nonblocking(true)?;
        Ok(Socket::from_fd(listener.into(), true, 0))
    }

    fn from_fd(fd: OwnedFd, stream: bool, flags: u16) -> Socket {
        let (receive_limit, send_limit) = (AtomicU64::new(0), AtomicU64::new(0));
        Socket { fd, stream, flags: AtomicU16::new(flags), receive_limit, send_limit }
    }

    pub(super) fn file_type(&self) -> FileType {
        if self.stream { FileType::SocketStream } else { FileType::SocketDgram }
    }

    pub(super) fn stat(&self) -> Result<FileStat> {
        let stat = file_stat(&rustix::fs::fstat(&self.fd)?);
        Ok(FileStat { file_type: self.file_type(), ..stat })
    }

    pub(super) fn flags(&self) -> u16 {
        self.flags.load(Ordering::SeqCst)
    }

    /// Sets whether calls wait; sockets have no other flags.
    pub(super) fn set_flags(&self, flags: u16) -> Result<()> {
        if flags & !fdflags::NONBLOCK != 0 {
            return Err(Errno::NotSup);
        }
        self.flags.store(flags, Ordering::SeqCst);
        Ok(())
    }

    fn waits(&self) -> bool {
        self.flags() & fdflags::NONBLOCK == 0
    }

    pub(super) fn is_v6(&self) -> Result<bool> {
        Ok(sockopt::socket_domain(&self.fd)? == AddressFamily::INET6)
    }

    pub(super) fn bind(&self, to: SocketAddr) -> Result<()> {
        Ok(net::bind(&self.fd, &to)?)
    }

    pub(super) fn listen(&self, backlog: i32) -> Result<()> {
        Ok(net::listen(&self.fd, backlog)?)
    }

    /// Takes a connection, which gets these flags.
    pub(super) fn accept(&self, flags: u16, interrupt: Option<&Interrupt>) -> Result<Socket> {
        if flags & !fdflags::NONBLOCK != 0 {
            return Err(Errno::Inval);
        }
        let host = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let fd = self.repeat(PollFlags::IN, &self.receive_limit, interrupt, || {
            net::accept_with(&self.fd, host)
        })?;
        Ok(Socket::from_fd(fd, self.stream, flags))
    }

    pub(super) fn connect(&self, to: SocketAddr, interrupt: Option<&Interrupt>) -> Result<()> {
        match net::connect(&self.fd, &to) {
            Err(rustix::io::Errno::INPROGRESS | rustix::io::Errno::INTR) => {}
            other => return Ok(other?),
        }
        if !self.waits() {
            return Err(Errno::InProgress);
        }
        let mut sources = [Source::new(self.as_fd(), PollFlags::OUT)];
        if !wait(&mut sources, limit(&self.send_limit), interrupt)? {
            return Err(Errno::InProgress);
        }
        sockopt::socket_error(&self.fd)??;
        // Only when asked again does the host count the connection as made.
        match net::connect(&self.fd, &to) {
            Ok(()) | Err(rustix::io::Errno::ISCONN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Receives into `room` once. `whole` waits until it is full or the stream ends.
    pub(super) fn receive(
        &self,
        room: &mut [u8],
        peek: bool,
        whole: bool,
        interrupt: Option<&Interrupt>,
    ) -> Result<Received> {
        let mut flags = RecvFlags::DONTWAIT;
        flags.set(RecvFlags::PEEK, peek);
        if !self.stream {
            return self.receive_message(room, flags, interrupt);
        }
        let whole = whole && !peek && self.waits();
        let mut filled = 0;
        loop {
            let step = self.repeat(PollFlags::IN, &self.receive_limit, interrupt, || {
                net::recv(&self.fd, &mut room[filled..], flags).map(|(got, _)| got)
            });
            match step {
                Ok(got) => {
                    filled += got;
                    if !whole || got == 0 || filled == room.len() {
                        break;
                    }
                }
                // What has come already is not lost.
                Err(errno) if filled == 0 || errno == Errno::Intr => return Err(errno),
                Err(_) => break,
            }
        }
        Ok(Received { len: filled, truncated: false, from: None })
    }

    fn receive_message(
        &self,
        room: &mut [u8],
        flags: RecvFlags,
        interrupt: Option<&Interrupt>,
    ) -> Result<Received> {
        let flags = flags | RecvFlags::TRUNC;
        let (len, whole, from) =
            self.repeat(PollFlags::IN, &self.receive_limit, interrupt, || {
                net::recvfrom(&self.fd, &mut *room, flags)
            })?;
        let from = from.and_then(|from| SocketAddr::try_from(from).ok());
        Ok(Received { len: len.min(room.len()), truncated: whole > room.len(), from })
    }

    /// Sends once, to an address if one is given; may take less than everything.
    pub(super) fn send(
        &self,
        bytes: &[u8],
        to: Option<SocketAddr>,
        interrupt: Option<&Interrupt>,
    ) -> Result<usize> {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        self.repeat(PollFlags::OUT, &self.send_limit, interrupt, || match &to {
            Some(to) => net::sendto(&self.fd, bytes, flags, to),
            None => net::send(&self.fd, bytes, flags),
        })
    }

    /// Ends receiving, sending or both.
    pub(super) fn shutdown(&self, receiving: bool, sending: bool) -> Result<()> {
        let how = match (receiving, sending) {
            (true, true) => Shutdown::Both,
            (true, false) => Shutdown::Read,
            (false, true) => Shutdown::Write,
            (false, false) => return Err(Errno::Inval),
        };
        Ok(net::shutdown(&self.fd, how)?)
    }

    pub(super) fn local_address(&self) -> Result<SocketAddr> {
        SocketAddr::try_from(net::getsockname(&self.fd)?).map_err(|_| Errno::AfNoSupport)
    }

    pub(super) fn peer_address(&self) -> Result<SocketAddr> {
        let address = net::getpeername(&self.fd)?.ok_or(Errno::NotConn)?;
        SocketAddr::try_from(address).map_err(|_| Errno::AfNoSupport)
    }

    /// Repeats what would have to wait until it needs not, within the limit.
    fn repeat<T>(
        &self,
        wanted: PollFlags,
        longest: &AtomicU64,
        interrupt: Option<&Interrupt>,
        mut step: impl FnMut() -> rustix::io::Result<T>,
    ) -> Result<T> {
        loop {
            match step() {
                Err(rustix::io::Errno::AGAIN) if self.waits() => {}
                Err(rustix::io::Errno::INTR) => continue,
                other => return Ok(other?),
            }
            if !wait(&mut [Source::new(self.as_fd(), wanted)], limit(longest), interrupt)? {
                return Err(Errno::Again);
            }
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn limit(nanoseconds: &AtomicU64) -> Option<Duration> {
    match nanoseconds.load(Ordering::SeqCst) {
        0 => None,
        nanoseconds => Some(Duration::from_nanos(nanoseconds)),
    }
}
