//! Guests that serve and ask over the network: a C program and a Rust program with the crate that guests of WasmEdge use,
//! with each other and with native peers, over loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::Duration;
use wasmspan::wasi::{Output, OutputBuffer};
use wasmspan::{Config, ErrCode, Interrupt, Module, Store, Wasi};
use wasmspan_tests::support::wait_until;

fn module(name: &str) -> &'static Module {
    static C: OnceLock<Module> = OnceLock::new();
    static RUST: OnceLock<Module> = OnceLock::new();
    let cell = if name == "http-echo" { &C } else { &RUST };
    cell.get_or_init(|| {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("wasm/{name}.wasm"));
        Module::from_file(&Config::default(), file).expect("a guest program")
    })
}

/// A guest that runs on a thread of its own.
struct Running {
    out: OutputBuffer,
    err: OutputBuffer,
    interrupt: Interrupt,
    /// The exit code, or what ended the run.
    thread: JoinHandle<Result<u32, ErrCode>>,
}

fn start_with(sockets: bool, name: &'static str, args: &[&str]) -> Running {
    let (out, err) = (OutputBuffer::with_limit(1 << 16), OutputBuffer::with_limit(1 << 16));
    let settings = Wasi::builder().arg(name).args(args).sockets(sockets);
    let settings = settings.stdout(Output::Buffer(out.clone())).stderr(Output::Buffer(err.clone()));
    let wasi = settings.build().expect("valid settings");
    let interrupt = Interrupt::new();
    let run = interrupt.clone();
    let thread = std::thread::spawn(move || {
        let store = Store::new();
        store.register("wasi_snapshot_preview1", wasi.instance()).expect("a new name");
        let instance = module(name).instantiate(&store).expect("its imports exist");
        match run.run(|| instance.call("_start", &[])) {
            Ok(_) => Ok(0),
            Err(error) if error.is_terminated() => Ok(wasi.exit_code()),
            Err(error) => Err(error.code()),
        }
    });
    Running { out, err, interrupt, thread }
}

fn start(name: &'static str, args: &[&str]) -> Running {
    start_with(true, name, args)
}

impl Running {
    fn output(&self) -> String {
        String::from_utf8(self.out.contents()).expect("text")
    }

    /// The first line that the guest prints.
    fn first_line(&self) -> String {
        wait_until("the guest's first line", || {
            self.out.contents().contains(&b'\n') || self.thread.is_finished()
        });
        let text = self.output();
        let err = String::from_utf8(self.err.contents()).expect("text");
        text.lines().next().unwrap_or_else(|| panic!("nothing was printed; errors: {err}")).into()
    }

    /// The port of a server on its first line.
    fn port(&self) -> u16 {
        let line = self.first_line();
        let digits = line.trim_start_matches(|c| c != ' ' && c != ':' || c == '[');
        let digits = digits.rsplit([' ', ':']).next().expect("something");
        digits.parse().unwrap_or_else(|_| panic!("a port, not {line:?}"))
    }

    /// Waits for the end, which must be good; gives the output.
    fn end(self) -> String {
        let (out, err) = (self.out, self.err);
        let code = self.thread.join().expect("no panic");
        let err = String::from_utf8(err.contents()).expect("text");
        assert_eq!((code, err.as_str()), (Ok(0), ""));
        String::from_utf8(out.contents()).expect("text")
    }
}

/// The guest's words for an address on loopback: those of the C program, and of the Rust program.
fn words(v6: bool, port: u16) -> (&'static str, String, String) {
    let address = if v6 { format!("[::1]:{port}") } else { format!("127.0.0.1:{port}") };
    (if v6 { "6" } else { "4" }, port.to_string(), address)
}

#[test]
fn guests_talk_to_each_other() {
    for v6 in [false, true] {
        let (family, zero, any) = words(v6, 0);
        // C with C: several clients at once on one server.
        let server = start("http-echo", &["serve", family, &zero, "150"]);
        let port = server.port().to_string();
        let ask = |text| start("http-echo", &["ask", family, &port, "50", text]);
        for client in [ask("one"), ask("two"), ask("a longer text of the third")] {
            assert_eq!(client.end(), "50 answers\n");
        }
        server.end();
        // Rust serves C.
        let server = start("net-rust", &["serve", &any, "1"]);
        let port = server.port().to_string();
        let client = start("http-echo", &["ask", family, &port, "1", "from C"]);
        assert_eq!(client.end(), "1 answers\n");
        server.end();
    }
    // C serves Rust, whose crate connects over IPv4 only.
    let server = start("http-echo", &["serve", "4", "0", "5"]);
    let (_, _, address) = words(false, server.port());
    assert_eq!(start("net-rust", &["ask", &address, "5", "from Rust"]).end(), "5 answers\n");
    server.end();
}

#[test]
fn guests_exchange_datagrams() {
    for v6 in [false, true] {
        let (family, _, _) = words(v6, 0);
        let server = start("http-echo", &["serve-udp", family, "0", "40"]);
        let (_, port, address) = words(v6, server.port());
        let client = start("http-echo", &["ask-udp", family, &port, "20", "from C"]);
        assert_eq!(client.end(), "20 answers\n");
        let client = start("net-rust", &["ask-udp", &address, "20", "from Rust"]);
        assert_eq!(client.end(), "20 answers\n");
        server.end();
    }
}

#[test]
fn a_native_client_asks_a_guest() {
    for v6 in [false, true] {
        let (family, zero, any) = words(v6, 0);
        for server in [
            start("http-echo", &["serve", family, &zero, "1"]),
            start("net-rust", &["serve", &any, "1"]),
        ] {
            let (_, _, address) = words(v6, server.port());
            let mut peer = TcpStream::connect(address).expect("the guest listens");
            // In pieces, so that the server has to wait in the middle.
            for piece in ["POST / HTTP/1.1\r\nContent-Le", "ngth: 6\r\n\r\nnat", "ive"] {
                peer.write_all(piece.as_bytes()).expect("room");
                std::thread::sleep(Duration::from_millis(10));
            }
            let mut answer = String::new();
            peer.read_to_string(&mut answer).expect("an answer");
            assert_eq!(answer, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nnative");
            server.end();
        }
        let server = start("http-echo", &["serve-udp", family, "0", "1"]);
        let to: SocketAddr = words(v6, server.port()).2.parse().expect("an address");
        let peer = UdpSocket::bind(words(v6, 0).2).expect("loopback");
        peer.send_to(b"native", to).expect("sent");
        let mut got = [0; 10];
        assert_eq!(peer.recv_from(&mut got).expect("an answer"), (6, to));
        assert_eq!(&got[..6], b"native");
        server.end();
    }
}

#[test]
fn a_guest_asks_a_native_server() {
    for v6 in [false, true] {
        let listener = TcpListener::bind(words(v6, 0).2).expect("loopback");
        let (family, port, address) = words(v6, listener.local_addr().expect("bound").port());
        let server = std::thread::spawn(move || {
            for stream in listener.incoming().take(if v6 { 1 } else { 2 }) {
                let (mut stream, mut room, mut got) =
                    (stream.expect("a client"), [0; 100], Vec::new());
                while !got.ends_with(b"question") {
                    let n = stream.read(&mut room).expect("a request");
                    got.extend_from_slice(&room[..n]);
                }
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nquestion";
                for piece in answer.chunks(20) {
                    stream.write_all(piece).expect("room");
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        });
        let client = start("http-echo", &["ask", family, &port, "1", "question"]);
        assert_eq!(client.end(), "1 answers\n");
        if !v6 {
            let client = start("net-rust", &["ask", &address, "1", "question"]);
            assert_eq!(client.end(), "1 answers\n");
        }
        server.join().expect("no panic");
    }
}

#[test]
fn a_guest_waits_in_polls() {
    for v6 in [false, true] {
        let guest = start("net-rust", &["poll", &words(v6, 0).2]);
        let (_, _, address) = words(v6, guest.port());
        // Longer than the guest's first, short poll.
        std::thread::sleep(Duration::from_millis(40));
        let mut peer = TcpStream::connect(address).expect("the guest listens");
        std::thread::sleep(Duration::from_millis(20));
        peer.write_all(b"some of it, ").expect("room");
        std::thread::sleep(Duration::from_millis(20));
        peer.write_all(b"and the rest").expect("room");
        peer.shutdown(std::net::Shutdown::Write).expect("open");
        let mut answer = String::new();
        peer.read_to_string(&mut answer).expect("an answer");
        assert_eq!(answer, "some of it, and the rest");
        guest.end();
    }
}

#[test]
fn servers_can_be_stopped_and_guests_may_be_forbidden_to_be_one() {
    let servers = [
        start("http-echo", &["serve", "4", "0", "1"]),
        start("http-echo", &["serve-udp", "6", "0", "1"]),
        start("net-rust", &["serve", "127.0.0.1:0", "1"]),
        start("net-rust", &["poll", "127.0.0.1:0"]),
    ];
    for server in servers {
        server.first_line();
        std::thread::sleep(Duration::from_millis(10));
        server.interrupt.interrupt();
        assert_eq!(server.thread.join().expect("no panic"), Err(ErrCode::Interrupted));
    }
    let guest = start_with(false, "http-echo", &["serve", "4", "0", "1"]);
    let err = guest.err.clone();
    assert_eq!(guest.thread.join().expect("no panic"), Ok(1));
    assert_eq!(err.contents(), b"http-echo: open failed\n");
    let guest = start_with(false, "net-rust", &["serve", "127.0.0.1:0", "1"]);
    let err = guest.err.clone();
    assert_eq!(guest.thread.join().expect("no panic"), Ok(1));
    assert!(String::from_utf8_lossy(&err.contents()).contains("PermissionDenied"));
}
