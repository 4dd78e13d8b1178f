//! The one table from errors of the host to errors of the guest.

use super::abi::Errno;
use rustix::io::Errno as Host;
use std::io::ErrorKind;

/// Every error of the host that preview 1 has a number for.
const TABLE: &[(Host, Errno)] = &[
    (Host::TOOBIG, Errno::TooBig),
    (Host::ACCESS, Errno::Acces),
    (Host::ADDRINUSE, Errno::AddrInUse),
    (Host::ADDRNOTAVAIL, Errno::AddrNotAvail),
    (Host::AFNOSUPPORT, Errno::AfNoSupport),
    (Host::AGAIN, Errno::Again),
    (Host::ALREADY, Errno::Already),
    (Host::BADF, Errno::BadF),
    (Host::BADMSG, Errno::BadMsg),
    (Host::BUSY, Errno::Busy),
    (Host::CANCELED, Errno::Canceled),
    (Host::CHILD, Errno::Child),
    (Host::CONNABORTED, Errno::ConnAborted),
    (Host::CONNREFUSED, Errno::ConnRefused),
    (Host::CONNRESET, Errno::ConnReset),
    (Host::DEADLK, Errno::Deadlk),
    (Host::DESTADDRREQ, Errno::DestAddrReq),
    (Host::DOM, Errno::Dom),
    (Host::DQUOT, Errno::DQuot),
    (Host::EXIST, Errno::Exist),
    (Host::FAULT, Errno::Fault),
    (Host::FBIG, Errno::FBig),
    (Host::HOSTUNREACH, Errno::HostUnreach),
    (Host::IDRM, Errno::IdRm),
    (Host::ILSEQ, Errno::IlSeq),
    (Host::INPROGRESS, Errno::InProgress),
    (Host::INTR, Errno::Intr),
    (Host::INVAL, Errno::Inval),
    (Host::IO, Errno::Io),
    (Host::ISCONN, Errno::IsConn),
    (Host::ISDIR, Errno::IsDir),
    (Host::LOOP, Errno::Loop),
    (Host::MFILE, Errno::MFile),
    (Host::MLINK, Errno::MLink),
    (Host::MSGSIZE, Errno::MsgSize),
    (Host::NAMETOOLONG, Errno::NameTooLong),
    (Host::NETDOWN, Errno::NetDown),
    (Host::NETRESET, Errno::NetReset),
    (Host::NETUNREACH, Errno::NetUnreach),
    (Host::NFILE, Errno::NFile),
    (Host::NOBUFS, Errno::NoBufs),
    (Host::NODEV, Errno::NoDev),
    (Host::NOENT, Errno::NoEnt),
    (Host::NOEXEC, Errno::NoExec),
    (Host::NOLCK, Errno::NoLck),
    (Host::NOMEM, Errno::NoMem),
    (Host::NOPROTOOPT, Errno::NoProtoOpt),
    (Host::NOSPC, Errno::NoSpc),
    (Host::NOSYS, Errno::NoSys),
    (Host::NOTCONN, Errno::NotConn),
    (Host::NOTDIR, Errno::NotDir),
    (Host::NOTEMPTY, Errno::NotEmpty),
    (Host::NOTSOCK, Errno::NotSock),
    (Host::NOTSUP, Errno::NotSup),
    (Host::OPNOTSUPP, Errno::NotSup),
    (Host::NOTTY, Errno::NoTty),
    (Host::NXIO, Errno::NxIo),
    (Host::OVERFLOW, Errno::Overflow),
    (Host::PERM, Errno::Perm),
    (Host::PIPE, Errno::Pipe),
    (Host::PROTO, Errno::Proto),
    (Host::PROTONOSUPPORT, Errno::ProtoNoSupport),
    (Host::PROTOTYPE, Errno::Prototype),
    (Host::RANGE, Errno::Range),
    (Host::ROFS, Errno::RoFs),
    (Host::SPIPE, Errno::SPipe),
    (Host::SRCH, Errno::Srch),
    (Host::STALE, Errno::Stale),
    (Host::TIMEDOUT, Errno::TimedOut),
    (Host::TXTBSY, Errno::TxtBsy),
    (Host::XDEV, Errno::XDev),
];

impl Errno {
    /// The host's error that a guest would get this number for.
    pub(super) fn to_host(self) -> std::io::Error {
        let host = TABLE.iter().find(|(_, errno)| *errno == self).map(|(host, _)| *host);
        // What a guest may not, the host is not permitted to do for it.
        let otherwise = if self == Errno::NotCapable { Host::PERM } else { Host::IO };
        host.unwrap_or(otherwise).into()
    }
}

impl From<Host> for Errno {
    fn from(error: Host) -> Errno {
        TABLE.iter().find(|(host, _)| *host == error).map_or(Errno::Io, |(_, guest)| *guest)
    }
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Errno {
        if let Some(host) = Host::from_io_error(&error) {
            return host.into();
        }
        // Errors that no system call made: the sandbox's own, and those of buffers.
        match error.kind() {
            // A path led out of its directory.
            ErrorKind::PermissionDenied => Errno::Perm,
            ErrorKind::NotFound => Errno::NoEnt,
            ErrorKind::AlreadyExists => Errno::Exist,
            ErrorKind::InvalidInput => Errno::Inval,
            ErrorKind::InvalidData => Errno::IlSeq,
            ErrorKind::NotADirectory => Errno::NotDir,
            ErrorKind::IsADirectory => Errno::IsDir,
            ErrorKind::DirectoryNotEmpty => Errno::NotEmpty,
            ErrorKind::ReadOnlyFilesystem => Errno::RoFs,
            ErrorKind::StorageFull => Errno::NoSpc,
            ErrorKind::Unsupported => Errno::NotSup,
            ErrorKind::OutOfMemory => Errno::NoMem,
            _ => Errno::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_host_win_over_kinds() {
        let host = std::io::Error::from_raw_os_error(Host::ACCESS.raw_os_error());
        assert_eq!(Errno::from(host), Errno::Acces);
        let own = std::io::Error::new(ErrorKind::PermissionDenied, "out of the directory");
        assert_eq!(Errno::from(own), Errno::Perm);
        assert_eq!(Errno::from(std::io::Error::from_raw_os_error(9999)), Errno::Io);
    }
}
