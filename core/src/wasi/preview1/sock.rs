//! `sock_*`: preview 1's four functions, and WasmEdge's extension.
//!
//! Of some functions there are two: WasmEdge's first version, and a second one under the name with
//! `_v2`. Where the types differ, the second is found under the first name too, if a guest imports it
//! with that type; preview 1's own `sock_accept` is such a one.

use super::io::{gather, scatter};
use super::{Call, GuestMemory, Outcome};
use crate::error::Result;
use crate::runtime::Instance;
use crate::wasi::Shared;
use crate::wasi::abi::{Errno, rights};
use crate::wasi::fds::{Descriptor, Object};
use crate::wasi::socket::address::{self, INET4, INET6, TAGGED};
use crate::wasi::socket::options::LARGEST;
use crate::wasi::socket::{Received, Socket};
use std::net::SocketAddr;
use std::sync::Arc;

/// Names under which the first version serves as the second.
const SAME: &[&str] = &[
    "sock_bind",
    "sock_connect",
    "sock_listen",
    "sock_open",
    "sock_recv",
    "sock_send",
    "sock_send_to",
];

/// Names that stand for either version, by the type of the import.
const BOTH: &[&str] = &["sock_accept", "sock_getlocaladdr", "sock_getpeeraddr", "sock_recv_from"];

pub(super) fn define(instance: &Instance, shared: &Arc<Shared>) -> Result<()> {
    first::define(instance, shared)?;
    for name in SAME {
        if let Some(func) = instance.get_func(name) {
            instance.define(format!("{name}_v2"), func)?;
        }
    }
    second::define(instance, shared)?;
    for name in BOTH {
        if let Some(func) = instance.get_func(&format!("{name}_v2")) {
            instance.define_alternate(*name, func)?;
        }
    }
    Ok(())
}

/// Takes the second version off the list of the module's functions.
pub(in crate::wasi) fn unlist_second(instance: &Instance) {
    for name in SAME.iter().chain(BOTH) {
        instance.unlist(&format!("{name}_v2"));
    }
}

mod first {
    use super::super::functions;
    use super::*;

    functions! {
        sock_accept(fd: u32, new: u32);
        sock_bind(fd: u32, address: u32, port: u32);
        sock_connect(fd: u32, address: u32, port: u32);
        sock_getlocaladdr(fd: u32, address: u32, family: u32, port: u32);
        sock_getpeeraddr(fd: u32, address: u32, family: u32, port: u32);
        sock_getsockopt(fd: u32, level: u32, name: u32, value: u32, len: u32);
        sock_listen(fd: u32, backlog: i32);
        sock_open(family: u32, kind: u32, new: u32);
        sock_recv(fd: u32, iovs: u32, count: u32, flags: u32, done: u32, out_flags: u32);
        sock_recv_from(
            fd: u32, iovs: u32, count: u32, address: u32, flags: u32, done: u32, out_flags: u32
        );
        sock_send(fd: u32, iovs: u32, count: u32, flags: u32, done: u32);
        sock_send_to(
            fd: u32, iovs: u32, count: u32, address: u32, port: u32, flags: u32, done: u32
        );
        sock_setsockopt(fd: u32, level: u32, name: u32, value: u32, len: u32);
        sock_shutdown(fd: u32, how: u32);
    }

    fn sock_accept(call: &Call<'_>, fd: u32, new: u32) -> Outcome {
        accept(call, fd, 0, new)
    }

    fn sock_getlocaladdr(
        call: &Call<'_>,
        fd: u32,
        address: u32,
        family: u32,
        port: u32,
    ) -> Outcome {
        tell(call, fd, Socket::local_address, address, Some(family), port)
    }

    fn sock_getpeeraddr(call: &Call<'_>, fd: u32, address: u32, family: u32, port: u32) -> Outcome {
        tell(call, fd, Socket::peer_address, address, Some(family), port)
    }

    #[allow(clippy::too_many_arguments)] // As many as the interface has.
    fn sock_recv_from(
        call: &Call<'_>,
        fd: u32,
        iovs: u32,
        count: u32,
        address: u32,
        flags: u32,
        done: u32,
        out_flags: u32,
    ) -> Outcome {
        receive_from(call, fd, (iovs, count), address, flags, None, done, out_flags)
    }
}

mod second {
    use super::super::functions;
    use super::*;

    functions! {
        sock_accept_v2(fd: u32, flags: u32, new: u32);
        sock_getlocaladdr_v2(fd: u32, address: u32, port: u32);
        sock_getpeeraddr_v2(fd: u32, address: u32, port: u32);
        sock_recv_from_v2(
            fd: u32, iovs: u32, count: u32, address: u32, flags: u32, port: u32, done: u32,
            out_flags: u32
        );
    }

    fn sock_accept_v2(call: &Call<'_>, fd: u32, flags: u32, new: u32) -> Outcome {
        accept(call, fd, flags, new)
    }

    fn sock_getlocaladdr_v2(call: &Call<'_>, fd: u32, address: u32, port: u32) -> Outcome {
        tell(call, fd, Socket::local_address, address, None, port)
    }

    fn sock_getpeeraddr_v2(call: &Call<'_>, fd: u32, address: u32, port: u32) -> Outcome {
        tell(call, fd, Socket::peer_address, address, None, port)
    }

    #[allow(clippy::too_many_arguments)] // As many as the interface has.
    fn sock_recv_from_v2(
        call: &Call<'_>,
        fd: u32,
        iovs: u32,
        count: u32,
        address: u32,
        flags: u32,
        port: u32,
        done: u32,
        out_flags: u32,
    ) -> Outcome {
        receive_from(call, fd, (iovs, count), address, flags, Some(port), done, out_flags)
    }
}

/// A buffer for an address in the guest's memory: where it is and how long.
struct AddressBuffer {
    at: u32,
    size: usize,
}

impl AddressBuffer {
    fn read(memory: &GuestMemory, at: u32) -> Outcome<AddressBuffer> {
        let record = memory.read(at, 8)?;
        let word =
            |at: usize| u32::from_le_bytes(record[at..at + 4].try_into().expect("four bytes"));
        let size = address::check_size(word(4))?;
        memory.check(word(0), size as u64)?;
        Ok(AddressBuffer { at: word(0), size })
    }
}

fn address_at(call: &Call<'_>, at: u32, port: u32) -> Outcome<SocketAddr> {
    let memory = call.memory()?;
    let buffer = AddressBuffer::read(&memory, at)?;
    Ok(address::decode(&memory.read(buffer.at, buffer.size)?, port)?)
}

fn sock_open(call: &Call<'_>, family: u32, kind: u32, new: u32) -> Outcome {
    let ctx = call.ctx();
    ctx.require_sockets("sock_open", || {
        let kind = if kind == 2 { "TCP" } else { "UDP" };
        format!("a {kind} socket")
    })?;
    let v6 = match u8::try_from(family) {
        Ok(INET4) => false,
        Ok(INET6) => true,
        _ => return Err(Errno::Inval.into()),
    };
    let stream = match kind {
        1 => false,
        2 => true,
        _ => return Err(Errno::Inval.into()),
    };
    let memory = call.memory()?;
    memory.check(new, 4)?;
    ctx.descriptors.check_room(call.most_descriptors())?;
    let socket = Object::Socket(Socket::open(v6, stream)?);
    let descriptor = Descriptor::new(socket, rights::SOCKET, rights::CONNECTION);
    memory.write_u32(new, call.insert(descriptor)?)
}

fn sock_bind(call: &Call<'_>, fd: u32, address: u32, port: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = descriptor.socket(rights::SOCK_BIND)?;
    let at = address_at(call, address, port)?;
    call.ctx().require_address("sock_bind", at)?;
    Ok(socket.bind(at)?)
}

fn sock_listen(call: &Call<'_>, fd: u32, backlog: i32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = descriptor.socket(rights::SOCK_BIND)?;
    // A socket that was not bound listens where the host chooses.
    call.ctx().require_address("sock_listen", socket.local_address()?)?;
    Ok(socket.listen(backlog)?)
}

fn accept(call: &Call<'_>, fd: u32, flags: u32, new: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = descriptor.socket(rights::SOCK_ACCEPT)?;
    let flags = u16::try_from(flags).map_err(|_| Errno::Inval)?;
    let memory = call.memory()?;
    memory.check(new, 4)?;
    let ctx = call.ctx();
    // Before a connection is taken that no descriptor could be had for.
    ctx.descriptors.check_room(call.most_descriptors())?;
    let interrupt = call.caller.interrupt();
    let connection = call.waited(socket.accept(flags, interrupt.as_ref()))?;
    let connection = Descriptor::new(Object::Socket(connection), rights::CONNECTION, 0);
    memory.write_u32(new, call.insert(connection)?)
}

fn sock_connect(call: &Call<'_>, fd: u32, address: u32, port: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = descriptor.socket(rights::SOCK_BIND)?;
    let to = address_at(call, address, port)?;
    call.ctx().require_address("sock_connect", to)?;
    let interrupt = call.caller.interrupt();
    call.waited(socket.connect(to, interrupt.as_ref()))
}

/// Bits of `riflags`.
const PEEK: u32 = 1;
const WAITALL: u32 = 1 << 1;

/// Receives into the guest's memory.
fn receive(
    call: &Call<'_>,
    socket: &Socket,
    (iovs, count): (u32, u32),
    flags: u32,
    done: u32,
    out_flags: u32,
) -> Outcome<Option<SocketAddr>> {
    if flags & !(PEEK | WAITALL) != 0 {
        return Err(Errno::Inval.into());
    }
    let memory = call.memory()?;
    memory.check(out_flags, 2)?;
    let interrupt = call.caller.interrupt();
    let mut last = None;
    scatter(call, iovs, count, done, |room| {
        let got =
            socket.receive(room, flags & PEEK != 0, flags & WAITALL != 0, interrupt.as_ref())?;
        last = Some(got);
        Ok(got.len)
    })?;
    let last = last.unwrap_or(Received { len: 0, truncated: false, from: None });
    memory.write(out_flags, &u16::from(last.truncated).to_le_bytes())?;
    Ok(last.from)
}

fn sock_recv(
    call: &Call<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    flags: u32,
    done: u32,
    out_flags: u32,
) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = with_either(&descriptor, rights::SOCK_RECV, rights::FD_READ)?;
    receive(call, socket, (iovs, count), flags, done, out_flags).map(drop)
}

#[allow(clippy::too_many_arguments)] // As many as the interface has; so below.
fn receive_from(
    call: &Call<'_>,
    fd: u32,
    pieces: (u32, u32),
    address: u32,
    flags: u32,
    port: Option<u32>,
    done: u32,
    out_flags: u32,
) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = descriptor.socket(rights::SOCK_RECV_FROM)?;
    let memory = call.memory()?;
    // Everything that can be wrong comes before a message is taken.
    let buffer = AddressBuffer::read(&memory, address)?;
    if buffer.size < 16 && socket.is_v6()? {
        return Err(Errno::Inval.into());
    }
    if let Some(port) = port {
        memory.check(port, 4)?;
    }
    let from = receive(call, socket, pieces, flags, done, out_flags)?;
    let from = match from {
        Some(from) => from,
        // Streams don't say with each piece where it comes from.
        None => socket.peer_address()?,
    };
    memory.write(buffer.at, &address::encode(&from, buffer.size)?)?;
    match port {
        Some(port) => memory.write_u32(port, from.port().into()),
        None => Ok(()),
    }
}

/// A socket that has either right: WasmEdge's own, or the one that preview 1 has for it.
fn with_either(descriptor: &Descriptor, own: u64, common: u64) -> Outcome<&Socket> {
    let wanted = if descriptor.base() & own != 0 { own } else { common };
    Ok(descriptor.socket(wanted)?)
}

fn send(
    call: &Call<'_>,
    socket: &Socket,
    (iovs, count): (u32, u32),
    to: Option<SocketAddr>,
    flags: u32,
    done: u32,
) -> Outcome {
    if flags != 0 {
        return Err(Errno::Inval.into());
    }
    let interrupt = call.caller.interrupt();
    gather(call, iovs, count, done, |bytes| socket.send(bytes, to, interrupt.as_ref()))
}

fn sock_send(call: &Call<'_>, fd: u32, iovs: u32, count: u32, flags: u32, done: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = with_either(&descriptor, rights::SOCK_SEND, rights::FD_WRITE)?;
    send(call, socket, (iovs, count), None, flags, done)
}

#[allow(clippy::too_many_arguments)]
fn sock_send_to(
    call: &Call<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    address: u32,
    port: u32,
    flags: u32,
    done: u32,
) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = descriptor.socket(rights::SOCK_SEND_TO)?;
    let to = address_at(call, address, port)?;
    call.ctx().require_address("sock_send_to", to)?;
    send(call, socket, (iovs, count), Some(to), flags, done)
}

fn sock_shutdown(call: &Call<'_>, fd: u32, how: u32) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = descriptor.socket(rights::SOCK_SHUTDOWN)?;
    if how & !3 != 0 {
        return Err(Errno::Inval.into());
    }
    Ok(socket.shutdown(how & 1 != 0, how & 2 != 0)?)
}

fn sock_getsockopt(
    call: &Call<'_>,
    fd: u32,
    level: u32,
    name: u32,
    value: u32,
    len: u32,
) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = descriptor.socket(0)?;
    let memory = call.memory()?;
    let mut room = [0; 4];
    memory.read_into(len, &mut room)?;
    let room = u32::from_le_bytes(room);
    memory.check(value, u64::from(room))?;
    let found = socket.option(level, name, room as usize)?;
    memory.write(value, &found)?;
    memory.write_u32(len, found.len() as u32)
}

fn sock_setsockopt(
    call: &Call<'_>,
    fd: u32,
    level: u32,
    name: u32,
    value: u32,
    len: u32,
) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = descriptor.socket(0)?;
    let memory = call.memory()?;
    memory.check(value, u64::from(len))?;
    let bytes = memory.read(value, LARGEST.min(len as usize))?;
    Ok(socket.set_option(level, name, &bytes)?)
}

/// Tells an address. Without a place for the family only the layout that names it will do.
fn tell(
    call: &Call<'_>,
    fd: u32,
    which: fn(&Socket) -> std::result::Result<SocketAddr, Errno>,
    at: u32,
    family: Option<u32>,
    port: u32,
) -> Outcome {
    let descriptor = call.descriptor(fd)?;
    let socket = descriptor.socket(0)?;
    let memory = call.memory()?;
    let buffer = AddressBuffer::read(&memory, at)?;
    if buffer.size < if family.is_some() { 16 } else { TAGGED } {
        return Err(Errno::Inval.into());
    }
    memory.check(port, 4)?;
    let found = which(socket)?;
    if let Some(family) = family {
        memory.write_u32(family, if found.is_ipv4() { 4 } else { 6 })?;
    }
    memory.write(buffer.at, &address::encode(&found, buffer.size)?)?;
    memory.write_u32(port, found.port().into())
}
