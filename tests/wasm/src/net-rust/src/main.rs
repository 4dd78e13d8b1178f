//! An HTTP server and client, and the same over UDP, with the crate that guests of WasmEdge use.
//!
//!     net-rust serve ADDRESS REQUESTS      a connection for each request
//!     net-rust ask ADDRESS REQUESTS TEXT   (the crate connects over IPv4 only)
//!     net-rust serve-udp ADDRESS MESSAGES
//!     net-rust ask-udp ADDRESS MESSAGES TEXT
//!     net-rust poll ADDRESS                takes one connection without blocking, waiting in polls
//!
//! Servers print the address they have.

use std::env::args;
use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime};
use wasmedge_wasi_socket::poll::{poll, EventType, Subscription};
use wasmedge_wasi_socket::{TcpListener, TcpStream, UdpSocket};

/// Reads a message with a head and a body of the length it tells; gives the body.
fn read_message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut room = [0; 1024];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text[..end].lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let length: usize = length.and_then(|text| text.parse().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Ok(bytes[end + 4..end + 4 + length].to_vec());
            }
        }
        match stream.read(&mut room)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => bytes.extend_from_slice(&room[..n]),
        }
    }
}

fn write_message(stream: &mut TcpStream, first: &str, body: &[u8]) -> io::Result<()> {
    let head = format!("{}\r\nContent-Length: {}\r\n\r\n", first, body.len());
    stream.write_all(&[head.as_bytes(), body].concat())
}

fn serve(address: &str, requests: usize) -> io::Result<()> {
    let listener = TcpListener::bind(address, false)?;
    println!("{}", listener.local_addr()?);
    for _ in 0..requests {
        let (mut stream, peer) = listener.accept(false)?;
        assert!(peer.ip().is_loopback());
        let body = read_message(&mut stream)?;
        write_message(&mut stream, "HTTP/1.1 200 OK", &body)?;
    }
    Ok(())
}

fn ask(address: &str, requests: usize, text: &str) -> io::Result<()> {
    for _ in 0..requests {
        let mut stream = TcpStream::connect(address)?;
        assert_eq!(stream.peer_addr()?.to_string(), address);
        write_message(&mut stream, "POST / HTTP/1.1", text.as_bytes())?;
        assert_eq!(read_message(&mut stream)?, text.as_bytes());
    }
    println!("{} answers", requests);
    Ok(())
}

fn serve_udp(address: &str, messages: usize) -> io::Result<()> {
    let socket = UdpSocket::bind(address)?;
    // The crate has no way to ask for the port of such a socket.
    println!("{}", address);
    let mut room = [0; 2048];
    for _ in 0..messages {
        let (n, peer) = socket.recv_from(&mut room)?;
        assert_eq!(socket.send_to(&room[..n], peer)?, n);
    }
    Ok(())
}

fn ask_udp(address: &str, messages: usize, text: &str) -> io::Result<()> {
    let own = if address.starts_with('[') { "[::1]:0" } else { "127.0.0.1:0" };
    let socket = UdpSocket::bind(own)?;
    let mut room = [0; 2048];
    for _ in 0..messages {
        socket.send_to(text.as_bytes(), address)?;
        let (n, peer) = socket.recv_from(&mut room)?;
        assert_eq!((&room[..n], peer.to_string().as_str()), (text.as_bytes(), address));
    }
    println!("{} answers", messages);
    Ok(())
}

fn wait(listener_or_stream: Subscription) -> io::Result<&'static str> {
    let late = SystemTime::now() + Duration::from_secs(60);
    let events = poll(&[listener_or_stream, Subscription::timeout(9, late)])?;
    assert_eq!(events.len(), 1);
    Ok(match &events[0].event_type {
        EventType::Read => "read",
        EventType::Write => "write",
        EventType::Timeout => "timeout",
        EventType::Error(_) => "error",
    })
}

fn polls(address: &str) -> io::Result<()> {
    let listener = TcpListener::bind(address, true)?;
    println!("{}", listener.local_addr()?);
    let blocks = |error: io::Error| assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    let soon = SystemTime::now() + Duration::from_millis(20);
    let events = poll(&[Subscription::io(1, &listener, true, false, Some(soon))])?;
    assert!(events.iter().all(|event| event.userdata == 1));
    let mut stream = loop {
        match listener.accept(true) {
            Ok((stream, _)) => break stream,
            Err(error) => blocks(error),
        }
        assert_eq!(wait(Subscription::io(1, &listener, true, false, None))?, "read");
    };
    let mut bytes = Vec::new();
    loop {
        let mut room = [0; 16];
        match stream.read(&mut room) {
            Ok(0) => break,
            Ok(n) => bytes.extend_from_slice(&room[..n]),
            Err(error) => {
                blocks(error);
                assert_eq!(wait(Subscription::io(2, &stream, true, false, None))?, "read");
            }
        }
    }
    assert_eq!(wait(Subscription::io(3, &stream, false, true, None))?, "write");
    stream.write_all(&bytes)
}

fn main() -> io::Result<()> {
    let words: Vec<String> = args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |word: &str| word.parse().expect("a number");
    match words[..] {
        ["serve", address, count] => serve(address, number(count)),
        ["ask", address, count, text] => ask(address, number(count), text),
        ["serve-udp", address, count] => serve_udp(address, number(count)),
        ["ask-udp", address, count, text] => ask_udp(address, number(count), text),
        ["poll", address] => polls(address),
        _ => panic!("what is to be done?"),
    }
}
