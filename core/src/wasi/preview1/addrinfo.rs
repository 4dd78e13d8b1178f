//! `sock_getaddrinfo`: names to addresses, written into records that the guest has prepared.

use super::{Call, GuestMemory, Outcome, functions};
use crate::limits::MAX_WASI_ADDRESSES;
use crate::platform::net::{Hints, Resolved};
use crate::wasi::abi::Errno;
use crate::wasi::socket::address::{INET4, INET6};
use crate::wasi::socket::resolve::addresses;
use std::ffi::CString;
use std::net::SocketAddr;

functions! {
    sock_getaddrinfo(
        node: u32, node_len: u32, service: u32, service_len: u32, hints: u32, found: u32, most: u32,
        count: u32
    );
}

/// Longest name of a host and of a service, with a zero byte.
const LONGEST_NAME: u32 = 1025;

/// Bytes of a record, and of the address it points to.
const RECORD: usize = 28;
const ADDRESS: usize = 12;
/// Bytes of data that an address has room for, and that one of IPv4 uses.
const DATA: u64 = 26;
const V4_DATA: u32 = 14;
/// Room that a guest has for a canonical name if it does not say.
const NAME_ROOM: u32 = 30;

/// The flags of hints in the order of their bits, and the one that needs a name.
const FLAGS: [i32; 7] = [
    libc::AI_PASSIVE,
    libc::AI_CANONNAME,
    libc::AI_NUMERICHOST,
    libc::AI_NUMERICSERV,
    libc::AI_V4MAPPED,
    libc::AI_ALL,
    libc::AI_ADDRCONFIG,
];
const CANONNAME: u16 = 1 << 1;

const SOCKET_TYPES: [i32; 3] = [0, libc::SOCK_DGRAM, libc::SOCK_STREAM];
const PROTOCOLS: [i32; 3] = [libc::IPPROTO_IP, libc::IPPROTO_TCP, libc::IPPROTO_UDP];
const FAMILIES: [i32; 3] = [libc::AF_UNSPEC, libc::AF_INET, libc::AF_INET6];

#[allow(clippy::too_many_arguments)] // As many as the interface has.
fn sock_getaddrinfo(
    call: &Call<'_>,
    node: u32,
    node_len: u32,
    service: u32,
    service_len: u32,
    hints: u32,
    found: u32,
    most: u32,
    count: u32,
) -> Outcome {
    let memory = call.memory()?;
    call.ctx().require_sockets("sock_getaddrinfo", || {
        let asked = memory.read(node, node_len.min(LONGEST_NAME) as usize).unwrap_or_default();
        format!("the addresses of {:?}", String::from_utf8_lossy(&asked))
    })?;
    memory.check(count, 4)?;
    let node = name(&memory, node, node_len, Errno::AiNoName)?;
    if let Some(node) = &node {
        call.ctx().require_name("sock_getaddrinfo", node.to_bytes())?;
    }
    let service = name(&memory, service, service_len, Errno::AiService)?;
    if node.is_none() && service.is_none() {
        return Err(Errno::AiNoName.into());
    }
    if most == 0 {
        return Err(Errno::AiMemory.into());
    }
    let asked = memory.read(hints, RECORD)?;
    let flags = u16::from_le_bytes([asked[0], asked[1]]);
    let hints = hints_of(flags, &asked, node.is_some())?;
    let mut at = memory_word(&memory, found)?;
    let most = most.min(MAX_WASI_ADDRESSES) as usize;
    let interrupt = call.caller.interrupt();
    let asked_for = node.clone();
    let list = call.waited(addresses(node, service, hints, most, interrupt.as_ref()))?;
    if let Some(name) = &asked_for {
        for found in &list {
            call.ctx().access().found(name.to_bytes(), found.address.ip());
        }
    }
    let mut written = 0;
    for address in &list {
        at = put(&memory, at, flags, address)?;
        written += 1;
        if at == 0 {
            break;
        }
    }
    memory.write_u32(count, written)
}

/// A name, which may end in a zero byte; an empty one is none.
fn name(memory: &GuestMemory, at: u32, len: u32, wrong: Errno) -> Outcome<Option<CString>> {
    memory.check(at, u64::from(len))?;
    if len > LONGEST_NAME {
        return Err(wrong.into());
    }
    let mut bytes = memory.read(at, len as usize)?;
    if bytes.last() == Some(&0) {
        bytes.pop();
    }
    if bytes.is_empty() {
        return Ok(None);
    }
    Ok(Some(CString::new(bytes).map_err(|_| wrong)?))
}

fn hints_of(flags: u16, asked: &[u8], has_node: bool) -> Outcome<Hints> {
    if flags >> FLAGS.len() != 0 || flags & CANONNAME != 0 && !has_node {
        return Err(Errno::AiBadFlag.into());
    }
    let listed = |list: &[i32; 3], at: usize, wrong: Errno| {
        list.get(usize::from(asked[at])).copied().ok_or(wrong)
    };
    let on = FLAGS.iter().enumerate().filter(|(bit, _)| flags & 1 << bit != 0);
    Ok(Hints {
        flags: on.fold(0, |all, (_, flag)| all | flag),
        family: listed(&FAMILIES, 2, Errno::AiFamily)?,
        socket_type: listed(&SOCKET_TYPES, 3, Errno::NoSys)?,
        protocol: listed(&PROTOCOLS, 4, Errno::NoSys)?,
    })
}

fn memory_word(memory: &GuestMemory, at: u32) -> Outcome<u32> {
    let mut bytes = [0; 4];
    memory.read_into(at, &mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn number_of(list: &[i32; 3], value: i32) -> u8 {
    list.iter().position(|known| *known == value).unwrap_or(0) as u8
}

/// Fills a record; gives the place of the next, zero if there is none.
fn put(memory: &GuestMemory, at: u32, flags: u16, found: &Resolved) -> Outcome<u32> {
    let mut record = memory.read(at, RECORD)?;
    let word = |record: &[u8], at: usize| {
        u32::from_le_bytes(record[at..at + 4].try_into().expect("four bytes"))
    };
    let (address, name, name_len) = (word(&record, 12), word(&record, 16), word(&record, 20));
    let mut head = memory.read(address, ADDRESS)?;
    let data = word(&head, 8);
    memory.check(data, DATA)?;
    let (family, addrlen, used, bytes) = match found.address {
        SocketAddr::V4(v4) => {
            let mut bytes = vec![0; V4_DATA as usize];
            bytes[2..6].copy_from_slice(&v4.ip().octets());
            (INET4, 16_u32, V4_DATA, bytes)
        }
        SocketAddr::V6(v6) => {
            let mut bytes = vec![0; DATA as usize];
            bytes[2..6].copy_from_slice(&v6.flowinfo().to_be_bytes());
            bytes[6..22].copy_from_slice(&v6.ip().octets());
            bytes[22..26].copy_from_slice(&v6.scope_id().to_le_bytes());
            (INET6, 28, DATA as u32, bytes)
        }
    };
    memory.write(data, &bytes)?;
    memory.write(data, &found.address.port().to_be_bytes())?;
    head[0] = family;
    head[4..8].copy_from_slice(&used.to_le_bytes());
    memory.write(address, &head)?;
    record[..2].copy_from_slice(&flags.to_le_bytes());
    record[2] = family;
    record[3] = number_of(&SOCKET_TYPES, found.socket_type);
    record[4] = number_of(&PROTOCOLS, found.protocol);
    record[8..12].copy_from_slice(&addrlen.to_le_bytes());
    if let Some(text) = &found.canonical_name
        && name != 0
    {
        let room = if name_len == 0 { NAME_ROOM } else { name_len } as usize;
        let taken = &text[..text.len().min(room - 1)];
        memory.write(name, &[taken, &[0]].concat())?;
        record[20..24].copy_from_slice(&(taken.len() as u32).to_le_bytes());
    }
    memory.write(at, &record)?;
    Ok(word(&record, 24))
}
