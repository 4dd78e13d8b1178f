//! The three layouts of an address: 4 bytes of IPv4, 16 bytes that may be either, and 128 bytes that
//! begin with the family. The length of the guest's buffer says which it is.

use crate::wasi::abi::Errno;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// WasmEdge's numbers of address families.
pub(in crate::wasi) const INET4: u8 = 1;
pub(in crate::wasi) const INET6: u8 = 2;

/// Bytes of the layout that names the family.
pub(in crate::wasi) const TAGGED: usize = 128;
const V4: usize = 4;
const V6: usize = 16;

/// Fails for a buffer of a size that no layout has.
pub(in crate::wasi) fn check_size(len: u32) -> Result<usize, Errno> {
    match len as usize {
        size @ (V4 | V6 | TAGGED) => Ok(size),
        _ => Err(Errno::Inval),
    }
}

/// The address that a guest wrote; ports beyond 16 bits are cut to them, as WasmEdge does.
pub(in crate::wasi) fn decode(bytes: &[u8], port: u32) -> Result<SocketAddr, Errno> {
    let v4 = |bytes: &[u8]| {
        let octets: [u8; V4] = bytes[..V4].try_into().expect("four bytes");
        IpAddr::from(Ipv4Addr::from(octets))
    };
    let v6 = |bytes: &[u8]| {
        let octets: [u8; V6] = bytes[..V6].try_into().expect("sixteen bytes");
        IpAddr::from(Ipv6Addr::from(octets))
    };
    let ip = match bytes.len() {
        V4 => v4(bytes),
        V6 => v6(bytes),
        TAGGED => match u16::from_le_bytes([bytes[0], bytes[1]]) {
            family if family == u16::from(INET4) => v4(&bytes[2..]),
            family if family == u16::from(INET6) => v6(&bytes[2..]),
            _ => return Err(Errno::AfNoSupport),
        },
        _ => return Err(Errno::Inval),
    };
    Ok(SocketAddr::new(ip, port as u16))
}

/// The bytes of an address for a buffer of this size; the rest of the buffer becomes zero.
pub(in crate::wasi) fn encode(address: &SocketAddr, size: usize) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0; size];
    let at = if size == TAGGED {
        bytes[0] = if address.is_ipv4() { INET4 } else { INET6 };
        2
    } else {
        0
    };
    let room = &mut bytes[at..];
    match address.ip() {
        IpAddr::V4(ip) if room.len() >= V4 => room[..V4].copy_from_slice(&ip.octets()),
        IpAddr::V6(ip) if room.len() >= V6 => room[..V6].copy_from_slice(&ip.octets()),
        _ => return Err(Errno::Inval),
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_round_trip() {
        for text in ["1.2.3.4:80", "[2001:db8::7]:443"] {
            let address: SocketAddr = text.parse().expect("an address");
            let port = u32::from(address.port());
            let bytes = encode(&address, TAGGED).expect("room");
            assert_eq!(bytes[0], if address.is_ipv4() { INET4 } else { INET6 });
            assert_eq!(decode(&bytes, port), Ok(address));
            let size = if address.is_ipv4() { 4 } else { 16 };
            assert_eq!(decode(&encode(&address, size).expect("room"), port), Ok(address));
        }
        let v4: SocketAddr = "1.2.3.4:80".parse().expect("an address");
        assert_eq!(encode(&v4, 16).expect("room")[..5], [1, 2, 3, 4, 0]);
        let v6: SocketAddr = "[::1]:80".parse().expect("an address");
        assert_eq!(encode(&v6, 4), Err(Errno::Inval));
        assert_eq!(decode(&[3; TAGGED], 1), Err(Errno::AfNoSupport));
        assert_eq!(check_size(5), Err(Errno::Inval));
    }
}
