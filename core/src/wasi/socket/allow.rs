//! Which addresses and names the sockets of a guest may be used for.

use crate::error::{ErrCode, Error, Result};
use crate::limits::MAX_WASI_ADDRESSES;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a guest may do with sockets.
#[derive(Clone, Debug, Default)]
pub(in crate::wasi) enum Access {
    /// Nothing.
    #[default]
    Nothing,
    /// Everything.
    Everything,
    /// What a list names.
    Listed(Arc<Allowed>),
}

impl Access {
    /// What a switch and a list say together: the list narrows what the switch gives.
    ///
    /// # Errors
    ///
    /// If an entry of the list can't be read.
    pub fn new(on: bool, list: &[String]) -> Result<Access> {
        if !list.is_empty() {
            let rules: Result<_> = list.iter().map(|text| Rule::parse(text)).collect();
            return Ok(Access::Listed(Arc::new(Allowed {
                rules: rules?,
                found: Mutex::default(),
            })));
        }
        Ok(if on { Access::Everything } else { Access::Nothing })
    }

    /// Whether sockets may be opened.
    pub fn any(&self) -> bool {
        !matches!(self, Access::Nothing)
    }

    /// Whether a socket may be bound to an address, connected to it or send to it.
    pub fn allows(&self, address: SocketAddr) -> bool {
        match self {
            Access::Nothing => false,
            Access::Everything => true,
            Access::Listed(allowed) => allowed.address(address),
        }
    }

    /// Whether a name may be looked up. An address in the form of a name needs no looking up.
    pub fn allows_name(&self, name: &[u8]) -> bool {
        match self {
            Access::Nothing => false,
            Access::Everything => true,
            Access::Listed(allowed) => {
                let name = String::from_utf8_lossy(name);
                name.parse::<IpAddr>().is_ok() || allowed.names(&name).next().is_some()
            }
        }
    }

    /// Notes an address that was found for a name, which allows it as the name was.
    pub fn found(&self, name: &[u8], address: IpAddr) {
        let Access::Listed(allowed) = self else { return };
        let name = String::from_utf8_lossy(name);
        for rule in allowed.names(&name) {
            let entry = (address.to_canonical(), rule.port);
            let mut found = allowed.found();
            if found.len() < MAX_WASI_ADDRESSES as usize && !found.contains(&entry) {
                found.push(entry);
            }
        }
    }
}

/// A list of what sockets may be used for.
#[derive(Debug)]
pub(in crate::wasi) struct Allowed {
    rules: Vec<Rule>,
    /// Addresses that lookups of listed names gave, with the port of the entry.
    found: Mutex<Vec<(IpAddr, Option<u16>)>>,
}

impl Allowed {
    fn found(&self) -> MutexGuard<'_, Vec<(IpAddr, Option<u16>)>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn address(&self, address: SocketAddr) -> bool {
        let (ip, port) = (address.ip().to_canonical(), address.port());
        let fits = |allowed: Option<u16>| allowed.is_none_or(|allowed| allowed == port);
        self.rules.iter().any(|rule| fits(rule.port) && rule.host.has(ip))
            || self.found().iter().any(|(known, allowed)| *known == ip && fits(*allowed))
    }

    /// The entries that a name fits.
    fn names(&self, name: &str) -> impl Iterator<Item = &Rule> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.rules.iter().filter(move |rule| match &rule.host {
            Host::Any => true,
            Host::Name(own) => *own == name,
            Host::Net(..) => false,
        })
    }
}

/// An entry of a list: `HOST`, `HOST:PORT`, where a host is an address, a net such as `10.0.0.0/8`, a
/// name, or `*`. An IPv6 address before a port stands in brackets.
#[derive(Debug)]
struct Rule {
    host: Host,
    port: Option<u16>,
}

#[derive(Debug)]
enum Host {
    Any,
    Net(IpAddr, u8),
    Name(String),
}

impl Host {
    fn has(&self, ip: IpAddr) -> bool {
        match (self, ip) {
            (Host::Any, _) => true,
            (Host::Net(IpAddr::V4(net), bits), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(*bits)).unwrap_or(0);
                (u32::from(*net) ^ u32::from(ip)) & mask == 0
            }
            (Host::Net(IpAddr::V6(net), bits), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(*bits)).unwrap_or(0);
                (u128::from(*net) ^ u128::from(ip)) & mask == 0
            }
            _ => false,
        }
    }
}

impl Rule {
    fn parse(text: &str) -> Result<Rule> {
        let wrong = |why: &dyn fmt::Display| {
            let detail = format!("the address {text:?} of sockets: {why}");
            Error::with_detail(ErrCode::HostFuncError, detail)
        };
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => {
                let port = port.strip_prefix(':').ok_or_else(|| wrong(&"no colon after ]"))?;
                (host, Some(port))
            }
            // More than one colon is an IPv6 address without a port.
            None => match text.split_once(':') {
                Some((host, port)) if !port.contains(':') => (host, Some(port)),
                _ => (text, None),
            },
        };
        let port = port.map(|port| port.parse::<u16>().map_err(|error| wrong(&error)));
        let port = port.transpose()?;
        let (address, bits) = match host.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (host, None),
        };
        let host = match (address.parse::<IpAddr>(), bits) {
            (Ok(ip), bits) => {
                let most = if ip.is_ipv4() { 32 } else { 128 };
                let bits = bits.map_or(Ok(most), str::parse).map_err(|error| wrong(&error))?;
                if bits > most {
                    return Err(wrong(&format!("a prefix has at most {most} bits")));
                }
                Host::Net(ip, bits)
            }
            (Err(_), None) if address == "*" => Host::Any,
            (Err(_), None) if is_name(address) => Host::Name(address.to_ascii_lowercase()),
            _ => return Err(wrong(&"neither an address, nor a net, nor a name")),
        };
        Ok(Rule { host, port })
    }
}

fn is_name(text: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    !text.is_empty() && text.bytes().all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(list: &[&str]) -> Access {
        let list: Vec<_> = list.iter().map(ToString::to_string).collect();
        Access::new(false, &list).unwrap()
    }

    #[test]
    fn a_list_names_what_is_allowed() {
        let cases = [
            ("127.0.0.1", "127.0.0.1:80", true),
            ("127.0.0.1", "127.0.0.2:80", false),
            ("127.0.0.1:80", "127.0.0.1:81", false),
            ("127.0.0.1:80", "[::ffff:127.0.0.1]:80", true),
            ("10.0.0.0/8", "10.255.0.1:1", true),
            ("10.0.0.0/8", "11.0.0.1:1", false),
            ("0.0.0.0/0", "1.2.3.4:5", true),
            ("0.0.0.0/0", "[::1]:5", false),
            ("::1", "[::1]:5", true),
            ("[::1]:5", "[::1]:6", false),
            ("[2001:db8::/32]:443", "[2001:db8:1::2]:443", true),
            ("::/0", "[::1]:5", true),
            ("*:443", "8.8.8.8:443", true),
            ("*:443", "8.8.8.8:80", false),
            ("example.org", "93.184.216.34:80", false),
        ];
        for (rule, address, wanted) in cases {
            let found = listed(&[rule]).allows(address.parse().unwrap());
            assert_eq!(found, wanted, "{rule} {address}");
        }
    }

    #[test]
    fn a_name_brings_its_addresses() {
        let access = listed(&["Example.org:443"]);
        assert!(access.allows_name(b"example.ORG."));
        assert!(!access.allows_name(b"example.com"));
        assert!(access.allows_name(b"1.2.3.4"));
        access.found(b"example.com", "1.1.1.1".parse().unwrap());
        access.found(b"example.org", "2.2.2.2".parse().unwrap());
        assert!(access.allows("2.2.2.2:443".parse().unwrap()));
        assert!(!access.allows("2.2.2.2:80".parse().unwrap()));
        assert!(!access.allows("1.1.1.1:443".parse().unwrap()));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for text in ["", ":80", "1.2.3.4:x", "1.2.3.4:70000", "1.2.3.4/33", "a/8", "a b", "[::1]80"]
        {
            let error = Access::new(true, &[text.to_string()]).unwrap_err();
            assert!(error.to_string().contains("of sockets"), "{text}: {error}");
        }
    }

    #[test]
    fn a_list_narrows_the_switch() {
        let list = ["127.0.0.1".to_string()];
        let far = "8.8.8.8:53".parse().unwrap();
        assert!(!Access::new(true, &list).unwrap().allows(far));
        assert!(Access::new(true, &[]).unwrap().allows(far));
        assert!(!Access::new(false, &[]).unwrap().any());
    }
}
