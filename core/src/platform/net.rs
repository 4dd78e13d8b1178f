//! Name resolution and the socket options that no safe library offers.

use std::ffi::{CStr, CString, c_int};
use std::io;
use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// What a name is resolved to; the numbers are the system's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hints {
    pub flags: c_int,
    pub family: c_int,
    pub socket_type: c_int,
    pub protocol: c_int,
}

/// One address of a name; the numbers are the system's own.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub socket_type: c_int,
    pub protocol: c_int,
    pub address: SocketAddr,
    pub canonical_name: Option<Vec<u8>>,
}

/// Frees what `getaddrinfo` made.
struct Found(*mut libc::addrinfo);

impl Drop for Found {
    fn drop(&mut self) {
        // SAFETY: made by `getaddrinfo`, freed once.
        unsafe { libc::freeaddrinfo(self.0) };
    }
}

/// The addresses of a name and a service, at most `most`. May take as long as the network does.
///
/// # Errors
///
/// The number of `getaddrinfo`, an `EAI_…`.
pub(crate) fn resolve(
    node: Option<&CString>,
    service: Option<&CString>,
    hints: Hints,
    most: usize,
) -> Result<Vec<Resolved>, c_int> {
    // SAFETY: an all-zero record asks for nothing.
    let mut wanted: libc::addrinfo = unsafe { zeroed() };
    wanted.ai_flags = hints.flags;
    wanted.ai_family = hints.family;
    wanted.ai_socktype = hints.socket_type;
    wanted.ai_protocol = hints.protocol;
    let text = |text: Option<&CString>| text.map_or(ptr::null(), |text| text.as_ptr());
    let mut first = ptr::null_mut();
    // SAFETY: the strings end in zero bytes and live for the call, as do the hints.
    let failed = unsafe { libc::getaddrinfo(text(node), text(service), &wanted, &mut first) };
    if failed != 0 {
        return Err(failed);
    }
    let found = Found(first);
    let mut list = Vec::new();
    // SAFETY: the list lives as long as `found`; each record's address has the size it says.
    unsafe {
        let mut next = found.0;
        while let Some(record) = next.as_ref() {
            if list.len() == most {
                break;
            }
            next = record.ai_next;
            let Some(address) = address_of(record) else { continue };
            let name = record.ai_canonname;
            list.push(Resolved {
                socket_type: record.ai_socktype,
                protocol: record.ai_protocol,
                address,
                canonical_name: (!name.is_null()).then(|| CStr::from_ptr(name).to_bytes().to_vec()),
            });
        }
    }
    Ok(list)
}

/// The address of a record, if it is of the internet.
///
/// # Safety
///
/// The record must be one of `getaddrinfo` that is not freed.
unsafe fn address_of(record: &libc::addrinfo) -> Option<SocketAddr> {
    let len = record.ai_addrlen as usize;
    match record.ai_family {
        libc::AF_INET if len >= size_of::<libc::sockaddr_in>() => {
            // SAFETY: the family and the length tell what it is.
            let raw = unsafe { record.ai_addr.cast::<libc::sockaddr_in>().read_unaligned() };
            let ip = Ipv4Addr::from(raw.sin_addr.s_addr.to_ne_bytes());
            Some(SocketAddrV4::new(ip, u16::from_be(raw.sin_port)).into())
        }
        libc::AF_INET6 if len >= size_of::<libc::sockaddr_in6>() => {
            // SAFETY: as above.
            let raw = unsafe { record.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned() };
            let (ip, port) = (Ipv6Addr::from(raw.sin6_addr.s6_addr), u16::from_be(raw.sin6_port));
            Some(SocketAddrV6::new(ip, port, raw.sin6_flowinfo, raw.sin6_scope_id).into())
        }
        _ => None,
    }
}

/// The value of an option of level `SOL_SOCKET` that is a number.
pub(crate) fn socket_option(fd: BorrowedFd<'_>, option: c_int) -> io::Result<c_int> {
    let mut value: c_int = 0;
    let mut len = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: the value has the size that is told.
    let failed = unsafe {
        let value = (&raw mut value).cast();
        libc::getsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, option, value, &mut len)
    };
    if failed == 0 { Ok(value) } else { Err(io::Error::last_os_error()) }
}

/// Sets an option of level `SOL_SOCKET` that is a number.
pub(crate) fn set_socket_option(fd: BorrowedFd<'_>, option: c_int, value: c_int) -> io::Result<()> {
    let len = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: as above.
    let failed = unsafe {
        let value = (&raw const value).cast();
        libc::setsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, option, value, len)
    };
    if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
