//! What a guest may use sockets for.

use super::*;

#[test]
fn without_leave_nothing_is_reached() {
    let host = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let at = host.local_addr().expect("bound");
    let denials = Denials::new();
    let settings = Wasi::builder().listener(host).record_denials(&denials);
    let guest = Guest::with(settings, SOCKETS);
    for name in ["sock_open", "sock_open_v2"] {
        assert_eq!(guest.call(name, &[INET4, STREAM, OUT]), ACCES);
    }
    guest.put(3000, b"localhost");
    let params = [3000, 9, 3200, 0, 3400, 2000, 1, OUT];
    assert_eq!(guest.call("sock_getaddrinfo", &params), ACCES);
    let refused: Vec<String> = denials.entries().into_iter().map(|one| one.wanted).collect();
    assert_eq!(refused, ["a TCP socket", "the addresses of \"localhost\""]);
    // The listener that was given: connections may be taken, and no more.
    let mut peer = TcpStream::connect(at).expect("it listens");
    guest.ok("accept3", &[3, 0, OUT]);
    let fd = i64::from(guest.word(0));
    peer.write_all(b"in").expect("room");
    assert_eq!(guest.receive(fd, 9), Ok(b"in".to_vec()));
    let record = guest.address(&[127, 0, 0, 1]);
    for fd in [3, fd] {
        assert_eq!(guest.call("sock_bind", &[fd, record, 0]), NOTCAPABLE);
        assert_eq!(guest.call("sock_connect", &[fd, record, 80]), NOTCAPABLE);
        assert_eq!(guest.call("sock_listen", &[fd, 1]), NOTCAPABLE);
    }
    assert_eq!(guest.call("sock_send_to", &[3, IOVS, 0, record, 80, 0, OUT]), NOTCAPABLE);
    assert_eq!(guest.call("fd_write", &[3, IOVS, 0, OUT]), NOTCAPABLE);
}

#[test]
fn a_list_of_addresses_is_kept_to() {
    let host = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let open = host.local_addr().expect("bound");
    let denials = Denials::new();
    let settings = Wasi::builder()
        .allow_address(open.to_string())
        .allow_address("localhost:81")
        .record_denials(&denials);
    let guest = Guest::with(settings, SOCKETS);
    let fd = guest.socket(INET4, STREAM);
    assert_eq!(guest.connect(fd, "127.0.0.1:1".parse().expect("an address")), ACCES);
    assert_eq!(guest.connect(fd, "127.0.0.2:80".parse().expect("an address")), ACCES);
    assert_eq!(guest.connect(fd, open), 0);
    guest.put(DATA, b"in");
    assert_eq!(guest.send(fd, b"in"), 0);

    let record = guest.address(&[127, 0, 0, 1]);
    let own = guest.socket(INET4, STREAM);
    assert_eq!(guest.call("sock_bind", &[own, record, 0]), ACCES);
    assert_eq!(guest.call("sock_listen", &[own, 1]), ACCES, "at an address that the host chooses");
    let datagrams = guest.socket(INET4, DGRAM);
    guest.put_words(IOVS, &[DATA as u32, 1]);
    assert_eq!(guest.call("sock_send_to", &[datagrams, IOVS, 1, record, 81, 0, OUT]), ACCES);

    // A name that is listed brings its addresses.
    let look_up = |name: &[u8]| {
        prepare(&guest, 4096, 8);
        guest.put(3000, name);
        guest.put(3400, &[0; 28]);
        guest.put(3400, &[0, 0, 1, 2, 1]);
        let params = [3000, name.len() as i64, 3200, 0, 3400, 2000, 8, OUT];
        guest.call("sock_getaddrinfo", &params)
    };
    assert_eq!(look_up(b"example.org"), ACCES);
    assert_eq!(look_up(b"127.0.0.3"), 0, "an address is no name");
    assert_eq!(look_up(b"localhost"), 0);
    let near = guest.socket(INET4, STREAM);
    assert_ne!(guest.connect(near, "127.0.0.1:81".parse().expect("an address")), ACCES);
    assert_eq!(guest.connect(near, "127.0.0.1:82".parse().expect("an address")), ACCES);
    let wanted = ["127.0.0.1:1", "127.0.0.2:80", "127.0.0.1:0", "0.0.0.0:0", "127.0.0.1:81"];
    let refused: Vec<String> = denials.entries().into_iter().map(|one| one.wanted).collect();
    assert_eq!(refused[..5], wanted);
    assert_eq!(refused[5..], ["the addresses of \"example.org\"", "127.0.0.1:82"]);
}
