//! The binary interface of preview 1 as tables: error numbers, rights, file types, layouts.
//!
//! Origin: the witx description of `wasi_snapshot_preview1`; numbers from 77 on are WasmEdge's.

macro_rules! errnos {
    ($($name:ident = $number:literal, $text:literal;)*) => {
        /// What a function returns; the discriminant is the number a guest sees.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(i32)]
        #[allow(dead_code)] // The table is complete, whatever is used of it.
        pub(crate) enum Errno {
            $(#[doc = $text] $name = $number,)*
        }
    };
}

errnos! {
    Success = 0, "No error.";
    TooBig = 1, "Argument list too long.";
    Acces = 2, "Permission denied.";
    AddrInUse = 3, "Address in use.";
    AddrNotAvail = 4, "Address not available.";
    AfNoSupport = 5, "Address family not supported.";
    Again = 6, "Resource unavailable, or operation would block.";
    Already = 7, "Connection already in progress.";
    BadF = 8, "Bad file descriptor.";
    BadMsg = 9, "Bad message.";
    Busy = 10, "Device or resource busy.";
    Canceled = 11, "Operation canceled.";
    Child = 12, "No child processes.";
    ConnAborted = 13, "Connection aborted.";
    ConnRefused = 14, "Connection refused.";
    ConnReset = 15, "Connection reset.";
    Deadlk = 16, "Resource deadlock would occur.";
    DestAddrReq = 17, "Destination address required.";
    Dom = 18, "Argument out of the function's domain.";
    DQuot = 19, "Quota exceeded.";
    Exist = 20, "File exists.";
    Fault = 21, "Bad address.";
    FBig = 22, "File too large.";
    HostUnreach = 23, "Host is unreachable.";
    IdRm = 24, "Identifier removed.";
    IlSeq = 25, "Illegal byte sequence.";
    InProgress = 26, "Operation in progress.";
    Intr = 27, "Interrupted function.";
    Inval = 28, "Invalid argument.";
    Io = 29, "Input/output error.";
    IsConn = 30, "Socket is connected.";
    IsDir = 31, "Is a directory.";
    Loop = 32, "Too many levels of symbolic links.";
    MFile = 33, "Too many open files.";
    MLink = 34, "Too many links.";
    MsgSize = 35, "Message too large.";
    Multihop = 36, "Multihop attempted.";
    NameTooLong = 37, "Name too long.";
    NetDown = 38, "Network is down.";
    NetReset = 39, "Connection aborted by the network.";
    NetUnreach = 40, "Network unreachable.";
    NFile = 41, "Too many files open in the system.";
    NoBufs = 42, "No buffer space available.";
    NoDev = 43, "No such device.";
    NoEnt = 44, "No such file or directory.";
    NoExec = 45, "Executable file format error.";
    NoLck = 46, "No locks available.";
    NoLink = 47, "Link has been severed.";
    NoMem = 48, "Not enough space.";
    NoMsg = 49, "No message of the desired type.";
    NoProtoOpt = 50, "Protocol not available.";
    NoSpc = 51, "No space left on device.";
    NoSys = 52, "Function not supported.";
    NotConn = 53, "The socket is not connected.";
    NotDir = 54, "Not a directory.";
    NotEmpty = 55, "Directory not empty.";
    NotRecoverable = 56, "State not recoverable.";
    NotSock = 57, "Not a socket.";
    NotSup = 58, "Not supported.";
    NoTty = 59, "Inappropriate I/O control operation.";
    NxIo = 60, "No such device or address.";
    Overflow = 61, "Value too large.";
    OwnerDead = 62, "Previous owner died.";
    Perm = 63, "Operation not permitted.";
    Pipe = 64, "Broken pipe.";
    Proto = 65, "Protocol error.";
    ProtoNoSupport = 66, "Protocol not supported.";
    Prototype = 67, "Protocol wrong type for socket.";
    Range = 68, "Result too large.";
    RoFs = 69, "Read-only file system.";
    SPipe = 70, "Invalid seek.";
    Srch = 71, "No such process.";
    Stale = 72, "Stale file handle.";
    TimedOut = 73, "Connection timed out.";
    TxtBsy = 74, "Text file busy.";
    XDev = 75, "Cross-device link.";
    NotCapable = 76, "Rights are missing.";
    AiAddrFamily = 77, "Address family of the name not supported.";
    AiAgain = 78, "Name resolution failed for now.";
    AiBadFlag = 79, "Bad flag of name resolution.";
    AiFail = 80, "Name resolution failed.";
    AiFamily = 81, "Address family not supported by name resolution.";
    AiMemory = 82, "Name resolution is out of memory.";
    AiNoData = 83, "The name has no addresses.";
    AiNoName = 84, "The name is not known.";
    AiService = 85, "The service is not known.";
    AiSockType = 86, "Socket type not supported by name resolution.";
    AiSystem = 87, "System error of name resolution.";
}

/// What a descriptor may be used for: bits of `fdstat.fs_rights_base`.
pub(crate) mod rights {
    pub(crate) const FD_DATASYNC: u64 = 1;
    pub(crate) const FD_READ: u64 = 1 << 1;
    pub(crate) const FD_SEEK: u64 = 1 << 2;
    pub(crate) const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    pub(crate) const FD_SYNC: u64 = 1 << 4;
    pub(crate) const FD_TELL: u64 = 1 << 5;
    pub(crate) const FD_WRITE: u64 = 1 << 6;
    pub(crate) const FD_ADVISE: u64 = 1 << 7;
    pub(crate) const FD_ALLOCATE: u64 = 1 << 8;
    pub(crate) const PATH_CREATE_DIRECTORY: u64 = 1 << 9;
    pub(crate) const PATH_CREATE_FILE: u64 = 1 << 10;
    pub(crate) const PATH_LINK_SOURCE: u64 = 1 << 11;
    pub(crate) const PATH_LINK_TARGET: u64 = 1 << 12;
    pub(crate) const PATH_OPEN: u64 = 1 << 13;
    pub(crate) const FD_READDIR: u64 = 1 << 14;
    pub(crate) const PATH_READLINK: u64 = 1 << 15;
    pub(crate) const PATH_RENAME_SOURCE: u64 = 1 << 16;
    pub(crate) const PATH_RENAME_TARGET: u64 = 1 << 17;
    pub(crate) const PATH_FILESTAT_GET: u64 = 1 << 18;
    pub(crate) const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
    pub(crate) const PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
    pub(crate) const FD_FILESTAT_GET: u64 = 1 << 21;
    pub(crate) const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    pub(crate) const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
    pub(crate) const PATH_SYMLINK: u64 = 1 << 24;
    pub(crate) const PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
    pub(crate) const PATH_UNLINK_FILE: u64 = 1 << 26;
    pub(crate) const POLL_FD_READWRITE: u64 = 1 << 27;
    pub(crate) const SOCK_SHUTDOWN: u64 = 1 << 28;
    /// Preview 1's `sock_accept`; WasmEdge names the bit for opening.
    pub(crate) const SOCK_ACCEPT: u64 = 1 << 29;
    /// The bits from here on are WasmEdge's.
    pub(crate) const SOCK_CLOSE: u64 = 1 << 30;
    pub(crate) const SOCK_BIND: u64 = 1 << 31;
    pub(crate) const SOCK_RECV: u64 = 1 << 32;
    pub(crate) const SOCK_RECV_FROM: u64 = 1 << 33;
    pub(crate) const SOCK_SEND: u64 = 1 << 34;
    pub(crate) const SOCK_SEND_TO: u64 = 1 << 35;

    /// Those that only a file opened for writing can have.
    pub(crate) const WRITING: u64 = FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE;
    /// All that mean something for a file.
    pub(crate) const FILE: u64 = WRITING
        | FD_DATASYNC
        | FD_READ
        | FD_SEEK
        | FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | FD_TELL
        | FD_ADVISE
        | FD_FILESTAT_GET
        | FD_FILESTAT_SET_TIMES
        | POLL_FD_READWRITE;
    /// Those of a directory that change the file system.
    pub(crate) const CHANGING: u64 = PATH_CREATE_DIRECTORY
        | PATH_CREATE_FILE
        | PATH_LINK_SOURCE
        | PATH_LINK_TARGET
        | PATH_RENAME_SOURCE
        | PATH_RENAME_TARGET
        | PATH_FILESTAT_SET_SIZE
        | PATH_FILESTAT_SET_TIMES
        | PATH_SYMLINK
        | PATH_REMOVE_DIRECTORY
        | PATH_UNLINK_FILE
        | FD_FILESTAT_SET_TIMES;
    /// All that mean something for a directory.
    pub(crate) const DIRECTORY: u64 = CHANGING
        | FD_DATASYNC
        | FD_SYNC
        | FD_FDSTAT_SET_FLAGS
        | PATH_OPEN
        | FD_READDIR
        | PATH_READLINK
        | PATH_FILESTAT_GET
        | FD_FILESTAT_GET;
    /// All of a connection.
    pub(crate) const CONNECTION: u64 = FD_READ
        | FD_WRITE
        | FD_FDSTAT_SET_FLAGS
        | FD_FILESTAT_GET
        | POLL_FD_READWRITE
        | SOCK_SHUTDOWN
        | SOCK_RECV
        | SOCK_RECV_FROM
        | SOCK_SEND
        | SOCK_SEND_TO;
    /// All of a listener that the host gave.
    pub(crate) const LISTENER: u64 =
        FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE | SOCK_SHUTDOWN | SOCK_ACCEPT;
    /// All of a socket that the guest opened.
    pub(crate) const SOCKET: u64 = CONNECTION | LISTENER | SOCK_CLOSE | SOCK_BIND;
}

/// Bits of `oflags`.
pub(crate) mod oflags {
    pub(crate) const CREAT: u32 = 1;
    pub(crate) const DIRECTORY: u32 = 1 << 1;
    pub(crate) const EXCL: u32 = 1 << 2;
    pub(crate) const TRUNC: u32 = 1 << 3;
    pub(crate) const ALL: u32 = CREAT | DIRECTORY | EXCL | TRUNC;
}

/// Bits of `fdflags`.
pub(crate) mod fdflags {
    pub(crate) const APPEND: u16 = 1;
    pub(crate) const DSYNC: u16 = 1 << 1;
    pub(crate) const NONBLOCK: u16 = 1 << 2;
    pub(crate) const RSYNC: u16 = 1 << 3;
    pub(crate) const SYNC: u16 = 1 << 4;
    pub(crate) const ALL: u16 = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC;
}

/// Bits of `fstflags`.
pub(crate) mod fstflags {
    pub(crate) const ATIM: u32 = 1;
    pub(crate) const ATIM_NOW: u32 = 1 << 1;
    pub(crate) const MTIM: u32 = 1 << 2;
    pub(crate) const MTIM_NOW: u32 = 1 << 3;
    pub(crate) const ALL: u32 = ATIM | ATIM_NOW | MTIM | MTIM_NOW;
}

/// The bit of `lookupflags`: a link as the last part of a path is followed.
pub(crate) const SYMLINK_FOLLOW: u32 = 1;

/// The kind of a file, as in `fdstat.fs_filetype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FileType {
    /// Something else, such as a pipe.
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketDgram = 5,
    SocketStream = 6,
    SymbolicLink = 7,
}

/// Which of the two interfaces a guest imports from. They differ in a few layouts and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// `wasi_unstable`, also known as snapshot 0.
    Unstable,
    /// `wasi_snapshot_preview1`.
    Preview1,
}

/// `fdstat`: what `fd_fdstat_get` writes.
pub(crate) struct FdStat {
    pub file_type: FileType,
    pub flags: u16,
    pub rights: u64,
    pub inheriting: u64,
}

impl FdStat {
    pub(crate) const SIZE: usize = 24;

    pub(crate) fn to_bytes(&self) -> [u8; FdStat::SIZE] {
        let mut bytes = [0; FdStat::SIZE];
        bytes[0] = self.file_type as u8;
        bytes[2..4].copy_from_slice(&self.flags.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.rights.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.inheriting.to_le_bytes());
        bytes
    }
}

/// `filestat`: what `fd_filestat_get` and `path_filestat_get` write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileStat {
    pub device: u64,
    pub inode: u64,
    pub file_type: FileType,
    pub links: u64,
    pub size: u64,
    /// Nanoseconds since 1970, as are the next two.
    pub accessed: u64,
    pub modified: u64,
    pub changed: u64,
}

impl FileStat {
    const LARGEST: usize = 64;

    /// The bytes, which are fewer in snapshot 0, where the number of links takes four bytes.
    pub(crate) fn to_bytes(self, version: Version) -> FileStatBytes {
        let mut bytes = [0; FileStat::LARGEST];
        bytes[..8].copy_from_slice(&self.device.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.inode.to_le_bytes());
        bytes[16] = self.file_type as u8;
        let mut at = match version {
            Version::Unstable => {
                let links = u32::try_from(self.links).unwrap_or(u32::MAX);
                bytes[20..24].copy_from_slice(&links.to_le_bytes());
                24
            }
            Version::Preview1 => {
                bytes[24..32].copy_from_slice(&self.links.to_le_bytes());
                32
            }
        };
        for value in [self.size, self.accessed, self.modified, self.changed] {
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
            at += 8;
        }
        FileStatBytes { bytes, len: at }
    }
}

/// A `filestat` in the layout of a version.
pub(crate) struct FileStatBytes {
    bytes: [u8; FileStat::LARGEST],
    len: usize,
}

impl std::ops::Deref for FileStatBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// `dirent`: the head of an entry that `fd_readdir` writes; the name follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DirEnt {
    pub next: u64,
    pub inode: u64,
    pub name_len: u32,
    pub file_type: FileType,
}

impl DirEnt {
    pub(crate) const SIZE: usize = 24;

    pub(crate) fn to_bytes(self) -> [u8; DirEnt::SIZE] {
        let mut bytes = [0; DirEnt::SIZE];
        bytes[..8].copy_from_slice(&self.next.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.inode.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.name_len.to_le_bytes());
        bytes[20] = self.file_type as u8;
        bytes
    }
}

/// `iovec` and `ciovec`: a piece of the guest's memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IoVec {
    pub buf: u32,
    pub len: u32,
}

impl IoVec {
    pub(crate) const SIZE: usize = 8;
    /// Most pieces one call takes.
    pub(crate) const MAX_COUNT: u32 = 1024;

    pub(crate) fn from_bytes(bytes: &[u8]) -> IoVec {
        IoVec { buf: u32_at(bytes, 0), len: u32_at(bytes, 4) }
    }
}

/// `subscription`: something `poll_oneoff` waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscription {
    pub userdata: u64,
    pub kind: SubscriptionKind,
}

/// The variants of `subscription`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SubscriptionKind {
    Clock { id: u32, timeout: u64, absolute: bool },
    Read { fd: u32 },
    Write { fd: u32 },
    Unknown { tag: u8 },
}

impl Subscription {
    pub(crate) fn size(version: Version) -> usize {
        match version {
            Version::Unstable => 56,
            Version::Preview1 => 48,
        }
    }

    pub(crate) fn from_bytes(bytes: &[u8], version: Version) -> Subscription {
        // Snapshot 0 puts a number of the guest's own before the clock.
        let clock = match version {
            Version::Unstable => 24,
            Version::Preview1 => 16,
        };
        let kind = match bytes[8] {
            0 => SubscriptionKind::Clock {
                id: u32_at(bytes, clock),
                timeout: u64_at(bytes, clock + 8),
                absolute: bytes[clock + 24] & 1 != 0,
            },
            1 => SubscriptionKind::Read { fd: u32_at(bytes, 16) },
            2 => SubscriptionKind::Write { fd: u32_at(bytes, 16) },
            tag => SubscriptionKind::Unknown { tag },
        };
        Subscription { userdata: u64_at(bytes, 0), kind }
    }

    /// The tag, which an event repeats.
    pub(crate) fn tag(&self) -> u8 {
        match self.kind {
            SubscriptionKind::Clock { .. } => 0,
            SubscriptionKind::Read { .. } => 1,
            SubscriptionKind::Write { .. } => 2,
            SubscriptionKind::Unknown { tag } => tag,
        }
    }
}

/// `event`: what `poll_oneoff` writes for a subscription.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub userdata: u64,
    pub errno: Errno,
    pub tag: u8,
    /// Bytes that can be read at least.
    pub available: u64,
    /// The other side has closed.
    pub hangup: bool,
}

impl Event {
    pub(crate) const SIZE: usize = 32;

    pub(crate) fn to_bytes(self) -> [u8; Event::SIZE] {
        let mut bytes = [0; Event::SIZE];
        bytes[..8].copy_from_slice(&self.userdata.to_le_bytes());
        bytes[8..10].copy_from_slice(&(self.errno as u16).to_le_bytes());
        bytes[10] = self.tag;
        bytes[16..24].copy_from_slice(&self.available.to_le_bytes());
        bytes[24] = u8::from(self.hangup);
        bytes
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_differ_between_the_versions() {
        let stat = FileStat {
            device: 1,
            inode: 2,
            file_type: FileType::RegularFile,
            links: 1 << 40,
            size: 3,
            accessed: 4,
            modified: 5,
            changed: 6,
        };
        let (old, new) = (stat.to_bytes(Version::Unstable), stat.to_bytes(Version::Preview1));
        assert_eq!((old.len(), new.len()), (56, 64));
        assert_eq!((u32_at(&old, 20), u64_at(&new, 24)), (u32::MAX, 1 << 40));
        assert_eq!((u64_at(&old, 24), u64_at(&new, 32)), (3, 3));
        assert_eq!((u64_at(&old, 48), u64_at(&new, 56)), (6, 6));

        let mut bytes = [0; 56];
        for (at, byte) in bytes.iter_mut().enumerate().skip(16) {
            *byte = at as u8;
        }
        let clock = |bytes: &[u8], version| match Subscription::from_bytes(bytes, version).kind {
            SubscriptionKind::Clock { id, timeout, absolute } => (id, timeout as u8, absolute),
            _ => unreachable!("the tag is zero"),
        };
        assert_eq!(
            clock(&bytes, Version::Preview1),
            (u32::from_le_bytes([16, 17, 18, 19]), 24, false)
        );
        assert_eq!(
            clock(&bytes, Version::Unstable),
            (u32::from_le_bytes([24, 25, 26, 27]), 32, false)
        );
        bytes[40] = 1;
        assert!(clock(&bytes, Version::Preview1).2 && !clock(&bytes, Version::Unstable).2);
        bytes[48] = 1;
        assert!(clock(&bytes, Version::Unstable).2);
    }
}
