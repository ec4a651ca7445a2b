//! Which addresses may be contacted at all: the one table behind every outbound request.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::{DidError, LoopbackOrigins};

/// Whether a URL may be contacted as far as its text says: https (or a configured loopback origin), a host, no user name, no literal
/// address that is not public. `Url` has already turned decimal and octal forms into dotted ones. The addresses a name resolves
/// to are checked where it is resolved, with [`is_public`].
///
/// # Errors
/// [`DidError::AddressNotAllowed`].
pub fn may_contact(url: &Url, loopback: &LoopbackOrigins) -> Result<(), DidError> {
    let bare = url.username().is_empty() && url.password().is_none();
    if bare && loopback.contains(url) {
        return Ok(());
    }
    let public_host = match url.host() {
        Some(Host::Domain(name)) => !is_local_name(name),
        Some(Host::Ipv4(address)) => is_public(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => is_public(IpAddr::V6(address)),
        None => false,
    };
    if bare && url.scheme() == "https" && public_host { Ok(()) } else { Err(DidError::AddressNotAllowed) }
}

/// `localhost` and the names below it (RFC 6761 §6.3) always mean this machine.
fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether an address is one of the public Internet: not loopback, private, link-local, shared, documentation, multicast, reserved, and
/// not an IPv6 form that hides an IPv4 address (IANA special-purpose registries).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol_assignments = a == 192 && b == 0 && c == 0;
    let anycast_6to4 = a == 192 && b == 88 && c == 99;
    let benchmarking = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || a >= 240
        || shared
        || protocol_assignments
        || anycast_6to4
        || benchmarking
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    if (a, b, c, d, e, f) == (0x64, 0xff9b, 0, 0, 0, 0) {
        // NAT64: a network without IPv4 reaches the public IPv4 Internet so.
        let [g1, g2] = g.to_be_bytes();
        let [h1, h2] = h.to_be_bytes();
        return is_public_v4(Ipv4Addr::new(g1, g2, h1, h2));
    }
    let global_unicast = a & 0xe000 == 0x2000;
    let ietf_protocols = a == 0x2001 && b < 0x200; // Teredo among them
    let documentation = (a == 0x2001 && b == 0xdb8) || (a == 0x3fff && b < 0x1000);
    let six_to_four = a == 0x2002;
    global_unicast && !(ietf_protocols || documentation || six_to_four)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(url: &str) -> bool {
        may_contact(&Url::parse(url).unwrap(), &LoopbackOrigins::default()).is_ok()
    }

    #[test]
    fn w01_only_public_https_addresses_may_be_contacted() {
        for url in [
            "http://city.example/x",
            "https://127.0.0.1/x",
            "https://10.1.2.3/x",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://255.255.255.255/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:8.8.8.8]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[ff02::1]/",
            "https://[2002:7f00:1::]/",
            "https://[64:ff9b::7f00:1]/",
            "https://localhost/",
            "https://localhost./",
            "https://a.localhost/",
            "https://user@city.example/",
            "ftp://city.example/",
            "data:text/plain,x",
        ] {
            assert!(!allowed(url), "{url}");
        }
        for url in [
            "https://city.example/x",
            "https://93.184.215.14/",
            "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
            "https://[64:ff9b::5db8:d70e]/",
        ] {
            assert!(allowed(url), "{url}");
        }
    }

    #[test]
    fn w01_a_configured_loopback_origin_is_open_and_its_neighbours_are_not() {
        let loopback = LoopbackOrigins::parse(["http://localhost:8080"]).unwrap();
        let allowed = |url: &str| may_contact(&Url::parse(url).unwrap(), &loopback).is_ok();
        assert!(allowed("http://localhost:8080/status/1"));
        for url in [
            "http://localhost:8081/",
            "http://127.0.0.1:8080/",
            "https://localhost:8080/",
            "http://a@localhost:8080/",
            "http://localhost/",
        ] {
            assert!(!allowed(url), "{url}");
        }
    }
}
