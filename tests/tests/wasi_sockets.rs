//! WasmEdge's socket functions and those of preview 1, call by call.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wasmspan::wasi::Denials;
use wasmspan::{ErrCode, Interrupt, Module, Store, Wasi};
use wasmspan_tests::wasi_guest::{Guest, Interface};

#[path = "wasi_sockets/leave.rs"]
mod leave;

const ACCES: i32 = 2;
const AGAIN: i32 = 6;
const BADF: i32 = 8;
const CONNREFUSED: i32 = 14;
const DOM: i32 = 18;
const FAULT: i32 = 21;
const INPROGRESS: i32 = 26;
const INVAL: i32 = 28;
const ISCONN: i32 = 30;
const MFILE: i32 = 33;
const NOPROTOOPT: i32 = 50;
const NOSYS: i32 = 52;
const NOTCONN: i32 = 53;
const NOTSOCK: i32 = 57;
const NOTSUP: i32 = 58;
const PIPE: i32 = 64;
const NOTCAPABLE: i32 = 76;

const SOCKETS: Interface<'static> = (
    "wasi_snapshot_preview1",
    &[
        ("fd_close", "i"),
        ("fd_fdstat_get", "ii"),
        ("fd_fdstat_set_flags", "ii"),
        ("fd_fdstat_set_rights", "iII"),
        ("fd_filestat_get", "ii"),
        ("fd_read", "iiii"),
        ("fd_renumber", "ii"),
        ("fd_seek", "iIii"),
        ("fd_write", "iiii"),
        ("poll_oneoff", "iiii"),
        ("epoll_oneoff", "iiii"),
        ("sock_accept", "ii"),
        ("sock_accept=accept3", "iii"),
        ("sock_accept_v2", "iii"),
        ("sock_bind", "iii"),
        ("sock_bind_v2", "iii"),
        ("sock_connect", "iii"),
        ("sock_connect_v2", "iii"),
        ("sock_getaddrinfo", "iiiiiiii"),
        ("sock_getlocaladdr", "iiii"),
        ("sock_getlocaladdr=local3", "iii"),
        ("sock_getlocaladdr_v2", "iii"),
        ("sock_getpeeraddr", "iiii"),
        ("sock_getpeeraddr_v2", "iii"),
        ("sock_getsockopt", "iiiii"),
        ("sock_listen", "ii"),
        ("sock_listen_v2", "ii"),
        ("sock_open", "iii"),
        ("sock_open_v2", "iii"),
        ("sock_recv", "iiiiii"),
        ("sock_recv_v2", "iiiiii"),
        ("sock_recv_from", "iiiiiii"),
        ("sock_recv_from=recv_from8", "iiiiiiii"),
        ("sock_recv_from_v2", "iiiiiiii"),
        ("sock_send", "iiiii"),
        ("sock_send_v2", "iiiii"),
        ("sock_send_to", "iiiiiii"),
        ("sock_send_to_v2", "iiiiiii"),
        ("sock_setsockopt", "iiiii"),
        ("sock_shutdown", "ii"),
    ],
);

const INET4: i64 = 1;
const INET6: i64 = 2;
const DGRAM: i64 = 1;
const STREAM: i64 = 2;
/// The end of the guest's memory.
const END: i64 = 4 * 65536;

// Places in the guest's memory.
const OUT: i64 = 0;
const IOVS: i64 = 64;
const ADDRESS: i64 = 128;
const RAW: i64 = 256;
const PORT: i64 = 512;
const FAMILY: i64 = 520;
const DATA: i64 = 1024;

fn guest() -> Guest {
    Guest::with(Wasi::builder().sockets(true), SOCKETS)
}

/// The calls that tests make often.
trait Sockets {
    fn socket(&self, family: i64, kind: i64) -> i64;
    fn address(&self, raw: &[u8]) -> i64;
    fn bytes_of(ip: std::net::IpAddr) -> Vec<u8>;
    fn connect(&self, fd: i64, to: SocketAddr) -> i32;
    fn listen(&self, family: i64) -> (i64, SocketAddr);
    fn local(&self, fd: i64) -> SocketAddr;
    fn send(&self, fd: i64, bytes: &[u8]) -> i32;
    fn receive(&self, fd: i64, most: u32) -> Result<Vec<u8>, i32>;
    fn nonblocking(&self, fd: i64);
}

impl Sockets for Guest {
    fn socket(&self, family: i64, kind: i64) -> i64 {
        self.ok("sock_open", &[family, kind, OUT]);
        self.word(0).into()
    }

    /// Puts an address there; gives the place of its record.
    fn address(&self, raw: &[u8]) -> i64 {
        self.put(RAW, raw);
        self.put_words(ADDRESS, &[RAW as u32, raw.len() as u32]);
        ADDRESS
    }

    fn bytes_of(ip: std::net::IpAddr) -> Vec<u8> {
        match ip {
            std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
            std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
        }
    }

    fn connect(&self, fd: i64, to: SocketAddr) -> i32 {
        let at = self.address(&Guest::bytes_of(to.ip()));
        self.call("sock_connect", &[fd, at, to.port().into()])
    }

    /// A listener on loopback.
    fn listen(&self, family: i64) -> (i64, SocketAddr) {
        let fd = self.socket(family, STREAM);
        let ip = if family == INET4 { "127.0.0.1" } else { "::1" };
        let at = self.address(&Guest::bytes_of(ip.parse().expect("an address")));
        self.ok("sock_bind", &[fd, at, 0]);
        self.ok("sock_listen", &[fd, 16]);
        (fd, self.local(fd))
    }

    fn local(&self, fd: i64) -> SocketAddr {
        let at = self.address(&[0xFF; 16]);
        self.ok("sock_getlocaladdr", &[fd, at, FAMILY, PORT]);
        let raw = self.bytes(RAW as usize, 16);
        let ip = match self.word(FAMILY as usize) {
            4 => <[u8; 4]>::try_from(&raw[..4]).expect("four bytes").into(),
            6 => <[u8; 16]>::try_from(&raw[..]).expect("sixteen bytes").into(),
            other => panic!("family {other}"),
        };
        SocketAddr::new(ip, self.word(PORT as usize) as u16)
    }

    fn send(&self, fd: i64, bytes: &[u8]) -> i32 {
        self.put(DATA, bytes);
        self.put_words(IOVS, &[DATA as u32, bytes.len() as u32]);
        self.call("sock_send", &[fd, IOVS, 1, 0, OUT])
    }

    fn receive(&self, fd: i64, most: u32) -> Result<Vec<u8>, i32> {
        self.put_words(IOVS, &[DATA as u32, most]);
        match self.call("sock_recv", &[fd, IOVS, 1, 0, OUT, OUT + 4]) {
            0 => Ok(self.bytes(DATA as usize, self.word(OUT as usize) as usize)),
            errno => Err(errno),
        }
    }

    fn nonblocking(&self, fd: i64) {
        self.ok("fd_fdstat_set_flags", &[fd, 4]);
    }
}

fn number(guest: &Guest, at: usize) -> u64 {
    guest.memory().read_value(at).expect("in bounds")
}

#[test]
fn a_server_and_a_client_in_one_guest() {
    for family in [INET4, INET6] {
        let guest = guest();
        let (listener, at) = guest.listen(family);
        let client = guest.socket(family, STREAM);
        assert_eq!(guest.connect(client, at), 0);
        assert_eq!(guest.connect(client, at), ISCONN);
        guest.ok("sock_accept", &[listener, OUT]);
        let server = i64::from(guest.word(0));
        assert_eq!(guest.send(client, b"hello"), 0);
        assert_eq!(guest.word(0), 5);
        assert_eq!(guest.receive(server, 3), Ok(b"hel".to_vec()));
        assert_eq!(guest.receive(server, 100), Ok(b"lo".to_vec()));
        // The addresses of both ends fit, in both layouts.
        let local = guest.local(client);
        let record = guest.address(&[0; 16]);
        guest.ok("sock_getpeeraddr", &[server, record, FAMILY, PORT]);
        assert_eq!(guest.word(PORT as usize), u32::from(local.port()));
        let record = guest.address(&[0xFF; 128]);
        for name in ["sock_getlocaladdr_v2", "local3"] {
            guest.ok(name, &[client, record, PORT]);
            assert_eq!(guest.word(PORT as usize), u32::from(local.port()));
            let raw = guest.bytes(RAW as usize, 128);
            assert_eq!(raw[..2], [family as u8, 0]);
            let ip = Guest::bytes_of(local.ip());
            assert_eq!(raw[2..2 + ip.len()], ip);
            assert!(raw[2 + ip.len()..].iter().all(|byte| *byte == 0));
        }
        guest.ok("sock_getpeeraddr_v2", &[client, record, PORT]);
        assert_eq!(guest.word(PORT as usize), u32::from(at.port()));
        // An end in one direction.
        guest.ok("sock_shutdown", &[client, 2]);
        assert_eq!(guest.receive(server, 100), Ok(Vec::new()));
        assert_eq!(guest.send(client, b"x"), PIPE);
        assert_eq!(guest.send(server, b"back"), 0);
        assert_eq!(guest.receive(client, 100), Ok(b"back".to_vec()));
        for fd in [client, server, listener] {
            guest.ok("fd_close", &[fd]);
            assert_eq!(guest.send(fd, b"x"), BADF);
        }
    }
}

#[test]
fn the_type_of_an_import_chooses_the_function() {
    let guest = guest();
    let (listener, at) = guest.listen(INET4);
    for (name, more) in [("sock_accept", None), ("accept3", Some(4)), ("sock_accept_v2", Some(0))] {
        let client = TcpStream::connect(at).expect("it listens");
        let mut params = vec![listener];
        params.extend(more);
        params.push(OUT);
        guest.ok(name, &params);
        let fd = i64::from(guest.word(0));
        guest.ok("fd_fdstat_get", &[fd, DATA]);
        assert_eq!(guest.bytes(DATA as usize, 1), [6], "a stream");
        assert_eq!(u64::from(guest.word(DATA as usize) >> 16), more.unwrap_or(0) as u64, "{name}");
        drop(client);
    }
    // A type that none of them has.
    let wasi = Wasi::builder().build().expect("valid");
    let store = Store::new();
    store.register("wasi_snapshot_preview1", wasi.instance()).expect("a new name");
    let text = r#"(module (import "wasi_snapshot_preview1" "sock_accept"
        (func (param i32) (result i32))))"#;
    let error = Module::new(text).expect("valid").instantiate(&store).expect_err("no such type");
    assert_eq!(error.code(), ErrCode::IncompatibleImportType);
    assert!(
        guest.wasi.instance().get_func("sock_accept").expect("it exists").ty().params().len() == 2
    );
}

#[test]
fn a_native_peer_on_either_side() {
    for family in [INET4, INET6] {
        let guest = guest();
        let (listener, at) = guest.listen(family);
        let mut peer = TcpStream::connect(at).expect("it listens");
        guest.ok("sock_accept", &[listener, OUT]);
        let fd = i64::from(guest.word(0));
        peer.write_all(b"to the guest").expect("room");
        // Preview 1's way of reading and writing.
        guest.put_words(IOVS, &[DATA as u32, 100]);
        guest.ok("fd_read", &[fd, IOVS, 1, OUT]);
        assert_eq!(guest.bytes(DATA as usize, guest.word(0) as usize), b"to the guest");
        guest.put_words(IOVS, &[DATA as u32, 6, DATA as u32 + 7, 5]);
        guest.ok("fd_write", &[fd, IOVS, 2, OUT]);
        let mut got = [0; 11];
        peer.read_exact(&mut got).expect("sent");
        assert_eq!(&got, b"to theguest");
        assert_eq!(guest.call("fd_seek", &[fd, 0, 0, OUT]), 70);
        guest.ok("fd_filestat_get", &[fd, DATA]);
        assert_eq!(guest.bytes(DATA as usize + 16, 1), [6]);

        let host = TcpListener::bind(if family == INET4 { "127.0.0.1:0" } else { "[::1]:0" });
        let host = host.expect("loopback");
        let fd = guest.socket(family, STREAM);
        assert_eq!(guest.connect(fd, host.local_addr().expect("bound")), 0);
        let (mut peer, from) = host.accept().expect("connected");
        assert_eq!(from, guest.local(fd));
        assert_eq!(guest.send(fd, b"abc"), 0);
        let mut got = [0; 3];
        peer.read_exact(&mut got).expect("sent");
        drop(peer);
        assert_eq!(guest.receive(fd, 10), Ok(Vec::new()));
    }
}

#[test]
fn datagrams_come_with_their_sender() {
    for (family, ip) in [(INET4, "127.0.0.1"), (INET6, "::1")] {
        let guest = guest();
        let peer = UdpSocket::bind((ip, 0)).expect("loopback");
        let peer_at = peer.local_addr().expect("bound");
        let fd = guest.socket(family, DGRAM);
        let record = guest.address(&Guest::bytes_of(ip.parse().expect("an address")));
        guest.ok("sock_bind", &[fd, record, 0]);
        let at = guest.local(fd);
        guest.ok("fd_fdstat_get", &[fd, DATA]);
        assert_eq!(guest.bytes(DATA as usize, 1), [5], "datagrams");

        let record = guest.address(&Guest::bytes_of(peer_at.ip()));
        guest.put(DATA, b"question");
        guest.put_words(IOVS, &[DATA as u32, 8]);
        let port = i64::from(peer_at.port());
        for name in ["sock_send_to", "sock_send_to_v2"] {
            guest.ok(name, &[fd, IOVS, 1, record, port, 0, OUT]);
            let mut got = [0; 100];
            assert_eq!(peer.recv_from(&mut got).expect("sent"), (8, at));
        }

        // The first version has no port; its buffer has the bytes alone.
        peer.send_to(b"answer", at).expect("sent");
        guest.put_words(IOVS, &[DATA as u32, 100]);
        let ip_bytes = Guest::bytes_of(peer_at.ip());
        let record = guest.address(&vec![0xFF; ip_bytes.len()]);
        guest.ok("sock_recv_from", &[fd, IOVS, 1, record, 0, OUT, OUT + 4]);
        assert_eq!((guest.word(0), guest.word(4) & 0xFFFF), (6, 0));
        assert_eq!(guest.bytes(RAW as usize, ip_bytes.len()), ip_bytes);
        // The second has, and names the family; too little room is told.
        let record = guest.address(&[0xFF; 128]);
        for name in ["recv_from8", "sock_recv_from_v2"] {
            peer.send_to(b"answer", at).expect("sent");
            guest.put_words(IOVS, &[DATA as u32, 3]);
            guest.ok(name, &[fd, IOVS, 1, record, 0, PORT, OUT, OUT + 4]);
            assert_eq!((guest.word(0), guest.word(4) & 0xFFFF), (3, 1));
            assert_eq!(guest.word(PORT as usize), u32::from(peer_at.port()));
            let raw = guest.bytes(RAW as usize, 128);
            assert_eq!(raw[..2], [family as u8, 0]);
            assert_eq!(raw[2..2 + ip_bytes.len()], ip_bytes);
        }
        if family == INET6 {
            let record = guest.address(&[0; 4]);
            let params = [fd, IOVS, 1, record, 0, OUT, OUT + 4];
            assert_eq!(guest.call("sock_recv_from", &params), INVAL);
        }
    }
}

#[test]
fn receiving_can_look_ahead_and_wait_for_everything() {
    let guest = guest();
    let (listener, at) = guest.listen(INET4);
    let mut peer = TcpStream::connect(at).expect("it listens");
    guest.ok("sock_accept", &[listener, OUT]);
    let fd = i64::from(guest.word(0));
    peer.write_all(b"abcdef").expect("room");
    guest.put_words(IOVS, &[DATA as u32, 4]);
    guest.ok("sock_recv", &[fd, IOVS, 1, 1, OUT, OUT + 4]);
    guest.ok("sock_recv", &[fd, IOVS, 1, 0, OUT, OUT + 4]);
    assert_eq!(guest.bytes(DATA as usize, 4), b"abcd");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(30));
            peer.write_all(b"gh").expect("room");
        });
        guest.ok("sock_recv", &[fd, IOVS, 1, 2, OUT, OUT + 4]);
    });
    assert_eq!((guest.word(0), guest.bytes(DATA as usize, 4)), (4, b"efgh".to_vec()));
    peer.write_all(b"i").expect("room");
    drop(peer);
    guest.ok("sock_recv", &[fd, IOVS, 1, 2, OUT, OUT + 4]);
    assert_eq!(guest.word(0), 1, "the stream ended");
    assert_eq!(guest.call("sock_recv", &[fd, IOVS, 1, 4, OUT, OUT + 4]), INVAL);
    assert_eq!(guest.call("sock_send", &[fd, IOVS, 1, 1, OUT]), INVAL);
}

#[test]
fn sockets_need_not_wait() {
    let guest = guest();
    let (listener, at) = guest.listen(INET4);
    guest.nonblocking(listener);
    assert_eq!(guest.call("sock_accept", &[listener, OUT]), AGAIN);
    let client = guest.socket(INET4, STREAM);
    guest.nonblocking(client);
    assert_eq!(guest.connect(client, at), INPROGRESS);
    // Ready for writing once connected.
    guest.put(DATA, &[0; 48]);
    guest.put(DATA + 8, &[2]);
    guest.put_words(DATA + 16, &[client as u32]);
    guest.ok("poll_oneoff", &[DATA, DATA + 1000, 1, OUT]);
    guest.put_words(OUT, &[99, 4]);
    guest.ok("sock_getsockopt", &[client, 0, 2, OUT, OUT + 4]);
    assert_eq!((guest.word(0), guest.word(4)), (0, 4));
    guest.ok("sock_accept", &[listener, OUT]);
    let server = i64::from(guest.word(0));
    assert_eq!(guest.receive(client, 10), Err(AGAIN));
    assert_eq!(guest.call("fd_fdstat_set_flags", &[server, 1]), NOTSUP);
    // A pipe that is full says so.
    let bytes = vec![7; 60_000];
    let refused = (0..1000).find_map(|_| match guest.send(client, &bytes) {
        0 => None,
        errno => Some(errno),
    });
    assert_eq!(refused, Some(AGAIN));
    // Nobody listens: the error waits in the socket, under the guest's number.
    guest.ok("fd_close", &[listener]);
    let client = guest.socket(INET4, STREAM);
    guest.nonblocking(client);
    let refused = guest.connect(client, at);
    if refused == INPROGRESS {
        guest.put(DATA, &[0; 48]);
        guest.put(DATA + 8, &[2]);
        guest.put_words(DATA + 16, &[client as u32]);
        guest.ok("poll_oneoff", &[DATA, DATA + 1000, 1, OUT]);
        guest.put_words(OUT, &[0, 4]);
        guest.ok("sock_getsockopt", &[client, 0, 2, OUT, OUT + 4]);
        assert_eq!(guest.word(0), CONNREFUSED as u32);
    } else {
        assert_eq!(refused, CONNREFUSED);
    }
    let client = guest.socket(INET4, STREAM);
    assert_eq!(guest.connect(client, at), CONNREFUSED);
}

/// Subscribes to reading (1) or writing (2) of a descriptor.
fn subscribe(guest: &Guest, index: usize, userdata: u64, tag: u8, fd: i64) {
    let at = DATA + index as i64 * 48;
    guest.put(at, &[0; 48]);
    guest.put(at, &userdata.to_le_bytes());
    guest.put(at + 8, &[tag]);
    guest.put_words(at + 16, &[fd as u32]);
}

#[test]
fn polls_tell_what_is_ready() {
    let guest = guest();
    let (listener, at) = guest.listen(INET4);
    let udp = guest.socket(INET4, DGRAM);
    const EVENTS: i64 = DATA + 10_000;
    let poll = |name: &str, count: i64| {
        guest.ok(name, &[DATA, EVENTS, count, OUT]);
        let count = guest.word(0) as usize;
        let events = (0..count).map(|index| {
            let at = EVENTS as usize + 32 * index;
            let errno = guest.word(at + 8) & 0xFFFF;
            (number(&guest, at), errno, number(&guest, at + 16), guest.word(at + 24) & 0xFFFF)
        });
        events.collect::<Vec<_>>()
    };
    // A listener that nobody connects to, beside a short time and a socket that can be written.
    subscribe(&guest, 0, 1, 1, listener);
    subscribe(&guest, 1, 2, 0, 1);
    guest.put(DATA + 48 + 24, &20_000_000_u64.to_le_bytes());
    let began = Instant::now();
    assert_eq!(poll("poll_oneoff", 2), [(2, 0, 0, 0)]);
    assert!(began.elapsed() >= Duration::from_millis(20));
    subscribe(&guest, 2, 3, 2, udp);
    assert_eq!(poll("poll_oneoff", 3), [(3, 0, 0, 0)]);
    // A client comes, sends, and goes.
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            TcpStream::connect(at).expect("it listens")
        });
        assert_eq!(poll("poll_oneoff", 1), [(1, 0, 0, 0)]);
        guest.ok("sock_accept", &[listener, OUT]);
        let server = i64::from(guest.word(0));
        let mut client = client.join().expect("no panic");
        subscribe(&guest, 0, 4, 1, server);
        subscribe(&guest, 1, 5, 2, server);
        subscribe(&guest, 2, 6, 1, server);
        assert_eq!(poll("poll_oneoff", 3), [(5, 0, 0, 0)]);
        client.write_all(b"12345").expect("room");
        let sees = |events: &[(u64, u32, u64, u32)]| {
            std::thread::sleep(Duration::from_millis(20));
            assert_eq!(poll("epoll_oneoff", 3), events);
        };
        sees(&[(4, 0, 5, 0), (5, 0, 0, 0), (6, 0, 5, 0)]);
        assert_eq!(guest.receive(server, 10), Ok(b"12345".to_vec()));
        drop(client);
        subscribe(&guest, 0, 4, 1, server);
        assert_eq!(poll("poll_oneoff", 1), [(4, 0, 0, 1)], "the other side has closed");
        // Mistakes are events of their own, and don't keep anybody waiting.
        subscribe(&guest, 0, 7, 1, 999);
        subscribe(&guest, 1, 8, 9, 0);
        subscribe(&guest, 2, 9, 1, listener);
        let wrong = [(7, BADF as u32, 0, 0), (8, INVAL as u32, 0, 0)];
        assert_eq!(poll("poll_oneoff", 3), wrong);
        guest.ok("fd_fdstat_set_rights", &[server, 0, 0]);
        subscribe(&guest, 0, 7, 1, server);
        assert_eq!(poll("poll_oneoff", 1), [(7, NOTCAPABLE as u32, 0, 0)]);
    });
}

#[test]
fn options_have_their_meaning() {
    let guest = guest();
    let fd = guest.socket(INET4, STREAM);
    let udp = guest.socket(INET4, DGRAM);
    let get = |fd: i64, name: i64, len: u32| {
        guest.put_words(OUT, &[len]);
        match guest.call("sock_getsockopt", &[fd, 0, name, DATA, OUT]) {
            0 => Ok(guest.bytes(DATA as usize, guest.word(0) as usize)),
            errno => Err(errno),
        }
    };
    let set = |fd: i64, name: i64, value: &[u8]| {
        guest.put(DATA, value);
        guest.call("sock_setsockopt", &[fd, 0, name, DATA, value.len() as i64])
    };
    let word = |value: i32| value.to_le_bytes().to_vec();
    assert_eq!(get(fd, 1, 4), Ok(word(2)), "a stream");
    assert_eq!(get(udp, 1, 4), Ok(word(1)), "datagrams");
    assert_eq!(get(fd, 2, 4), Ok(word(0)));
    for name in [0, 3, 4, 7, 8] {
        let fd = if name == 4 { udp } else { fd };
        assert_eq!(get(fd, name, 4), Ok(word(0)), "{name}");
        assert_eq!(set(fd, name, &word(1)), 0, "{name}");
        assert_eq!(get(fd, name, 4), Ok(word(1)), "{name}");
    }
    for name in [5, 6] {
        assert_eq!(set(fd, name, &word(20_000)), 0);
        let size = i32::from_le_bytes(get(fd, name, 8).unwrap().try_into().expect("four bytes"));
        assert!(size >= 20_000);
    }
    assert_eq!(set(fd, 9, &[word(1), word(3)].concat()), 0);
    assert_eq!(get(fd, 9, 8), Ok([word(1), word(3)].concat()));
    assert_eq!(set(fd, 9, &[word(0), word(0)].concat()), 0);
    assert_eq!(get(fd, 9, 8).map(|value| value[0]), Ok(0));
    assert_eq!(set(fd, 10, &word(2)), 0);
    assert_eq!(get(fd, 10, 4), Ok(word(2)));
    let time = |seconds: i64, micros: i64| [seconds.to_le_bytes(), micros.to_le_bytes()].concat();
    for name in [11, 12] {
        assert_eq!(get(fd, name, 16), Ok(time(0, 0)));
        assert_eq!(set(fd, name, &time(1, 500_000)), 0);
        assert_eq!(get(fd, name, 16), Ok(time(1, 500_000)));
        assert_eq!(set(fd, name, &time(0, 1_000_000)), DOM);
        assert_eq!(set(fd, name, &time(-1, 0)), DOM);
        assert_eq!(set(fd, name, &time(0, 0)[..8]), INVAL);
    }
    assert_eq!(get(fd, 13, 4), Ok(word(0)));
    let (listener, _) = guest.listen(INET4);
    assert_eq!(get(listener, 13, 4), Ok(word(1)), "it listens");
    for name in [1, 2, 13, 14, -1] {
        assert_eq!(set(fd, name, &word(1)), NOPROTOOPT, "{name}");
    }
    assert_eq!(get(fd, 14, 4), Err(NOPROTOOPT));
    assert_eq!(guest.call("sock_getsockopt", &[fd, 1, 0, DATA, OUT]), NOPROTOOPT);
    assert_eq!(get(fd, 0, 3), Err(INVAL));
    assert_eq!(set(fd, 0, &[1, 0, 0]), INVAL);
    assert_eq!(get(0, 0, 4), Err(NOTSOCK));
}

#[test]
fn a_limit_of_time_ends_a_wait() {
    let guest = guest();
    let (listener, at) = guest.listen(INET4);
    let limit = [0_i64.to_le_bytes(), 20_000_i64.to_le_bytes()].concat();
    guest.put(DATA, &limit);
    guest.ok("sock_setsockopt", &[listener, 0, 11, DATA, 16]);
    let began = Instant::now();
    assert_eq!(guest.call("sock_accept", &[listener, OUT]), AGAIN);
    assert!(began.elapsed() >= Duration::from_millis(20));
    let _client = TcpStream::connect(at).expect("it listens");
    guest.ok("sock_accept", &[listener, OUT]);
    let fd = i64::from(guest.word(0));
    guest.put(DATA, &limit);
    guest.ok("sock_setsockopt", &[fd, 0, 11, DATA, 16]);
    assert_eq!(guest.receive(fd, 10), Err(AGAIN));
}

/// Prepares `most` records as guests do, the first of them at `at`; gives the place of its address.
fn prepare(guest: &Guest, at: u32, most: u32) {
    for index in 0..most {
        let record = at + index * 100;
        let (address, data) = (record + 28, record + 40);
        let next = if index + 1 < most { record + 100 } else { 0 };
        guest.put_words(record.into(), &[0, 0, 0, address, record + 68, 0, next]);
        guest.put_words(address.into(), &[0, 14, data]);
        guest.put(data.into(), &[0xFF; 26]);
    }
    guest.put_words(2000, &[at]);
}

#[test]
fn names_become_addresses() {
    let guest = guest();
    let look_up = |node: &[u8], service: &[u8], hints: [u8; 5], most: i64| {
        prepare(&guest, 4096, 8);
        guest.put(3000, node);
        guest.put(3200, service);
        guest.put(3400, &[0; 28]);
        guest.put(3400, &hints);
        let (node, service) = (node.len() as i64, service.len() as i64);
        let params = [3000, node, 3200, service, 3400, 2000, most, OUT];
        match guest.call("sock_getaddrinfo", &params) {
            0 => Ok(guest.word(0)),
            errno => Err(errno),
        }
    };
    let stream = |family: u8| [0, 0, family, 2, 1];
    assert_eq!(look_up(b"127.0.0.1\0", b"8080\0", stream(1), 8), Ok(1));
    let record = guest.bytes(4096, 28);
    assert_eq!(record[..8], [0, 0, 1, 2, 1, 0, 0, 0]);
    assert_eq!(guest.word(4096 + 8), 16);
    assert_eq!((guest.bytes(4096 + 28, 1), guest.word(4096 + 32)), (vec![1], 14));
    assert_eq!(guest.bytes(4096 + 40, 7), [0x1F, 0x90, 127, 0, 0, 1, 0]);
    // Without zero bytes, and of IPv6.
    assert_eq!(look_up(b"::1", b"80", stream(2), 8), Ok(1));
    assert_eq!((guest.word(4096 + 8), guest.word(4096 + 32)), (28, 26));
    let data = guest.bytes(4096 + 40, 26);
    assert_eq!(
        (data[..2].to_vec(), data[6..22].to_vec()),
        (vec![0, 80], {
            let mut ip = vec![0; 15];
            ip.push(1);
            ip
        })
    );
    // All kinds of sockets: more than there is room for.
    assert_eq!(look_up(b"127.0.0.1", b"80", [0, 0, 0, 0, 0], 8).map(|found| found > 1), Ok(true));
    assert_eq!(look_up(b"127.0.0.1", b"80", [0, 0, 0, 0, 0], 1), Ok(1));
    // The canonical name.
    assert_eq!(look_up(b"127.0.0.1", b"80", [2, 0, 1, 2, 1], 8), Ok(1));
    assert_eq!(guest.bytes(4096 + 68, 10), b"127.0.0.1\0");
    assert_eq!(guest.word(4096 + 20), 9);
    // Only a service, for a server.
    assert_eq!(look_up(b"", b"80", [1, 0, 1, 2, 1], 8), Ok(1));
    assert_eq!(guest.bytes(4096 + 40, 6), [0, 80, 0, 0, 0, 0]);
    assert_eq!(look_up(b"localhost", b"80", stream(1), 8), Ok(1));

    assert_eq!(look_up(b"", b"\0", stream(1), 8), Err(84));
    assert_eq!(look_up(b"127.0.0.1", b"80", stream(1), 0), Err(82));
    assert_eq!(look_up(b"127.0.0.1", b"80", [128, 0, 1, 2, 1], 8), Err(79));
    assert_eq!(look_up(b"", b"80", [2, 0, 1, 2, 1], 8), Err(79));
    assert_eq!(look_up(b"127.0.0.1", b"80", stream(3), 8), Err(81));
    assert_eq!(look_up(b"127.0.0.1", b"80", [0, 0, 1, 3, 1], 8), Err(NOSYS));
    assert_eq!(look_up(b"127.0.0.1", b"80", [0, 0, 1, 2, 3], 8), Err(NOSYS));
    assert_eq!(look_up(b"not-a-number", b"80", [4, 0, 1, 2, 1], 8), Err(84));
    assert_eq!(look_up(b"127.0.0.1", b"no-service", [0, 0, 1, 2, 1], 8), Err(85));
    assert_eq!(look_up(b"in\0side", b"80", stream(1), 8), Err(84));
    let long = i64::from(END as u32 - 5000);
    let params = [5000, long, 3200, 2, 3400, 2000, 8, OUT];
    assert_eq!(guest.call("sock_getaddrinfo", &params), 84, "a name of a quarter megabyte");
    for params in [
        [END - 1, 2, 3200, 2, 3400, 2000, 8, OUT],
        [3000, 1, END, 2, 3400, 2000, 8, OUT],
        [3000, 1, 3200, 2, END - 27, 2000, 8, OUT],
        [3000, 1, 3200, 2, 3400, END - 3, 8, OUT],
        [3000, 1, 3200, 2, 3400, 2000, 8, END - 3],
    ] {
        guest.put(3000, b"1");
        guest.put(3200, b"80");
        guest.put(3400, &[0; 28]);
        assert_eq!(guest.call("sock_getaddrinfo", &params), FAULT, "{params:?}");
    }
    prepare(&guest, 4096, 1);
    guest.put_words(4096 + 12, &[END as u32 - 11]);
    let params = [3000, 1, 3200, 2, 3400, 2000, 8, OUT];
    assert_eq!(guest.call("sock_getaddrinfo", &params), FAULT, "an address out of bounds");
    prepare(&guest, 4096, 1);
    guest.put_words(4096 + 36, &[END as u32 - 25]);
    assert_eq!(guest.call("sock_getaddrinfo", &params), FAULT, "its data out of bounds");
    // A chain that bites its tail ends with the addresses there are.
    prepare(&guest, 4096, 1);
    guest.put_words(4096 + 24, &[4096]);
    guest.ok("sock_getaddrinfo", &[3000, 1, 3200, 2, 3400, 2000, -1, OUT]);
}

#[test]
fn wrong_descriptors_have_their_own_errors() {
    let guest = guest();
    let fd = guest.socket(INET4, STREAM);
    let record = guest.address(&[127, 0, 0, 1]);
    let big = guest.address(&[0; 16]);
    let calls: &[(&str, &[i64])] = &[
        ("sock_accept", &[OUT]),
        ("accept3", &[0, OUT]),
        ("sock_bind", &[record, 0]),
        ("sock_connect", &[record, 80]),
        ("sock_getlocaladdr", &[big, FAMILY, PORT]),
        ("sock_getlocaladdr_v2", &[big, PORT]),
        ("sock_getpeeraddr", &[big, FAMILY, PORT]),
        ("sock_getpeeraddr_v2", &[big, PORT]),
        ("sock_getsockopt", &[0, 0, DATA, OUT]),
        ("sock_listen", &[1]),
        ("sock_recv", &[IOVS, 0, 0, OUT, OUT]),
        ("sock_recv_from", &[IOVS, 0, record, 0, OUT, OUT]),
        ("sock_recv_from_v2", &[IOVS, 0, record, 0, PORT, OUT, OUT]),
        ("sock_send", &[IOVS, 0, 0, OUT]),
        ("sock_send_to", &[IOVS, 0, record, 80, 0, OUT]),
        ("sock_setsockopt", &[0, 0, DATA, 4]),
        ("sock_shutdown", &[1]),
    ];
    let with = |fd: i64, params: &[i64]| [&[fd], params].concat();
    for (name, params) in calls {
        assert_eq!(guest.call(name, &with(99, params)), BADF, "{name}");
        assert_eq!(guest.call(name, &with(-1, params)), BADF, "{name}");
        assert_eq!(guest.call(name, &with(1, params)), NOTSOCK, "{name}");
    }
    // Given up rights are gone, and a number that is used again stands for the new socket.
    guest.ok("fd_fdstat_set_rights", &[fd, 0, 0]);
    for name in ["sock_accept", "sock_bind", "sock_connect", "sock_listen", "sock_recv_from"] {
        let params = calls.iter().find(|(known, _)| known == &name).expect("listed").1;
        assert_eq!(guest.call(name, &with(fd, params)), NOTCAPABLE, "{name}");
    }
    for name in ["sock_recv", "sock_send", "sock_send_to", "sock_shutdown"] {
        let params = calls.iter().find(|(known, _)| known == &name).expect("listed").1;
        assert_eq!(guest.call(name, &with(fd, params)), NOTCAPABLE, "{name}");
    }
    guest.ok("fd_close", &[fd]);
    assert_eq!(guest.socket(INET4, DGRAM), fd);
    assert_eq!(guest.call("sock_listen", &[fd, 1]), NOTSUP);
    let other = guest.socket(INET4, DGRAM);
    guest.ok("fd_renumber", &[other, fd]);
    assert_eq!(guest.call("sock_shutdown", &[other, 1]), BADF);
    assert_eq!(guest.call("sock_shutdown", &[fd, 1]), NOTCONN);
    for how in [0, 4, 255] {
        assert_eq!(guest.call("sock_shutdown", &[fd, how]), INVAL, "{how}");
    }
    let big = guest.address(&[0; 16]);
    assert_eq!(guest.call("sock_getpeeraddr", &[fd, big, FAMILY, PORT]), NOTCONN);
    let stream = guest.socket(INET4, STREAM);
    assert_eq!(guest.send(stream, b"x"), PIPE);
    assert_eq!(guest.receive(stream, 1), Err(NOTCONN));
    assert_eq!(guest.call("sock_accept", &[stream, OUT]), INVAL);
    for (family, kind) in [(0, 2), (3, 2), (257, 2), (1, 0), (1, 3), (1, 258)] {
        assert_eq!(guest.call("sock_open", &[family, kind, OUT]), INVAL, "{family} {kind}");
    }
}

#[test]
fn wrong_pointers_are_faults_and_take_nothing() {
    let guest = guest();
    let (listener, at) = guest.listen(INET4);
    let mut peer = TcpStream::connect(at).expect("it listens");
    assert_eq!(guest.call("sock_accept", &[listener, END - 3]), FAULT);
    guest.ok("sock_accept", &[listener, OUT]);
    let fd = i64::from(guest.word(0));
    assert_eq!(guest.call("sock_open", &[INET4, STREAM, END - 3]), FAULT);
    peer.write_all(b"kept").expect("room");
    guest.put_words(IOVS, &[DATA as u32, 10, END as u32 - 1, 2]);
    let record = guest.address(&[0; 128]);
    for params in [
        [fd, END - 7, 1, 0, OUT, OUT],
        [fd, IOVS, 2, 0, OUT, OUT],
        [fd, IOVS, 1, 0, END - 3, OUT],
        [fd, IOVS, 1, 0, OUT, END - 1],
    ] {
        assert_eq!(guest.call("sock_recv", &params), FAULT, "{params:?}");
    }
    assert_eq!(guest.call("sock_recv", &[fd, IOVS, 1025, 0, OUT, OUT]), INVAL);
    for params in [[fd, END - 7, 1, 0, OUT], [fd, IOVS, 2, 0, OUT], [fd, IOVS, 1, 0, END - 3]] {
        assert_eq!(guest.call("sock_send", &params), FAULT, "{params:?}");
    }
    for params in
        [[fd, IOVS, 1, END - 7, 0, PORT, OUT, OUT], [fd, IOVS, 1, record, 0, END, OUT, OUT]]
    {
        assert_eq!(guest.call("sock_recv_from_v2", &params), FAULT, "{params:?}");
    }
    assert_eq!(guest.receive(fd, 10), Ok(b"kept".to_vec()));
    // Addresses: a record, and what it points to.
    let fd = guest.socket(INET4, STREAM);
    assert_eq!(guest.call("sock_bind", &[fd, END - 7, 0]), FAULT);
    guest.put_words(ADDRESS, &[END as u32 - 3, 4]);
    assert_eq!(guest.call("sock_bind", &[fd, ADDRESS, 0]), FAULT);
    for size in [0, 3, 5, 15, 17, 127, 129, u32::MAX] {
        guest.put_words(ADDRESS, &[RAW as u32, size]);
        for (name, params) in [
            ("sock_bind", &[fd, ADDRESS, 0][..]),
            ("sock_connect", &[fd, ADDRESS, 0]),
            ("sock_getlocaladdr", &[fd, ADDRESS, FAMILY, PORT]),
        ] {
            assert_eq!(guest.call(name, params), INVAL, "{name} {size}");
        }
    }
    let small = guest.address(&[0; 4]);
    assert_eq!(guest.call("sock_getlocaladdr", &[fd, small, FAMILY, PORT]), INVAL);
    let big = guest.address(&[0; 16]);
    assert_eq!(guest.call("sock_getlocaladdr_v2", &[fd, big, PORT]), INVAL);
    assert_eq!(guest.call("sock_getlocaladdr", &[fd, big, END, PORT]), FAULT);
    assert_eq!(guest.call("sock_getlocaladdr", &[fd, big, FAMILY, END - 3]), FAULT);
    assert_eq!(guest.call("sock_getsockopt", &[fd, 0, 0, DATA, END - 3]), FAULT);
    guest.put_words(OUT, &[4]);
    assert_eq!(guest.call("sock_getsockopt", &[fd, 0, 0, END - 3, OUT]), FAULT);
    assert_eq!(guest.call("sock_setsockopt", &[fd, 0, 0, END - 3, 4]), FAULT);
    assert_eq!(guest.call("sock_setsockopt", &[fd, 0, 0, 0, -1]), FAULT);
}

#[test]
fn the_number_of_sockets_is_limited() {
    let guest = guest();
    let mut last = 0;
    let refused = (0..2000).find_map(|_| match guest.call("sock_open", &[INET4, DGRAM, OUT]) {
        0 => {
            last = i64::from(guest.word(0));
            None
        }
        errno => Some(errno),
    });
    assert_eq!(refused, Some(MFILE));
    guest.ok("fd_close", &[last]);
    assert_eq!(guest.socket(INET4, DGRAM), last);
}

/// Starts `call` under an interrupt, requests it after a while, and gives how long it took to end.
fn stop(what: &str, guest: &Guest, call: (&str, &[i64])) -> Duration {
    let interrupt = Interrupt::new();
    let waiting = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let stopper = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(30));
            assert!(waiting.load(Ordering::SeqCst), "{what} did not wait");
            let requested = Instant::now();
            interrupt.interrupt();
            requested
        });
        let result = interrupt.run(|| guest.try_call(call.0, call.1));
        waiting.store(false, Ordering::SeqCst);
        let ended = Instant::now();
        let requested = stopper.join().expect("it waited");
        assert_eq!(result.expect_err(what).code(), ErrCode::Interrupted, "{what}");
        ended.duration_since(requested)
    })
}

#[test]
fn every_call_that_waits_can_be_stopped() {
    let guest = guest();
    let (listener, at) = guest.listen(INET4);
    let _peer = TcpStream::connect(at).expect("it listens");
    guest.ok("sock_accept", &[listener, OUT]);
    let fd = i64::from(guest.word(0));
    let udp = guest.socket(INET4, DGRAM);
    let record = guest.address(&[127, 0, 0, 1]);
    guest.ok("sock_bind", &[udp, record, 0]);
    // The other side takes nothing more.
    let full = vec![0; 60_000];
    guest.nonblocking(fd);
    while guest.send(fd, &full) == 0 || {
        // What is on its way makes room.
        std::thread::sleep(Duration::from_millis(50));
        guest.send(fd, &full) == 0
    } {}
    guest.ok("fd_fdstat_set_flags", &[fd, 0]);
    guest.put_words(IOVS, &[DATA as u32, 60_000]);
    // Once its queue is full, a listener that accepts nothing leaves connections hanging.
    let deaf = guest.socket(INET4, STREAM);
    let record = guest.address(&[127, 0, 0, 1]);
    guest.ok("sock_bind", &[deaf, record, 0]);
    guest.ok("sock_listen", &[deaf, 0]);
    let deaf_at = guest.local(deaf);
    let tries = (0..8).map(|_| guest.socket(INET4, STREAM)).collect::<Vec<_>>();
    for fd in &tries {
        guest.nonblocking(*fd);
        guest.connect(*fd, deaf_at);
    }
    std::thread::sleep(Duration::from_millis(20));
    let hanging = guest.socket(INET4, STREAM);
    guest.put(RAW + 200, &[127, 0, 0, 1]);
    guest.put_words(ADDRESS + 64, &[RAW as u32 + 200, 4]);
    let port = i64::from(deaf_at.port());
    let big = guest.address(&[0; 128]);
    subscribe(&guest, 0, 1, 1, fd);
    let waits: Vec<(&str, &str, Vec<i64>)> = vec![
        ("connect", "sock_connect", vec![hanging, ADDRESS + 64, port]),
        ("accept", "sock_accept", vec![listener, OUT]),
        ("accept of preview 1", "accept3", vec![listener, 0, OUT]),
        ("receive", "sock_recv", vec![fd, IOVS, 1, 0, OUT, OUT + 4]),
        ("read", "fd_read", vec![fd, IOVS, 1, OUT]),
        ("receive from", "sock_recv_from_v2", vec![udp, IOVS, 1, big, 0, PORT, OUT, OUT + 4]),
        ("send", "sock_send", vec![fd, IOVS, 1, 0, OUT]),
        ("write", "fd_write", vec![fd, IOVS, 1, OUT]),
        ("poll", "poll_oneoff", vec![DATA, DATA + 1000, 1, OUT]),
    ];
    for (what, name, params) in &waits {
        let took = stop(what, &guest, (name, params));
        assert!(took < Duration::from_millis(500), "{what}: {took:?}");
    }
}
