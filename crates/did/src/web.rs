//! did:web: the identifier is an address, and its document stands there.

use url::{Host, Url};

use crate::{Did, DidError, address::may_contact};

/// The configured exact loopback origins (`[network] allow`): `http://localhost:PORT`, `http://127.0.0.1:PORT`, `http://[::1]:PORT`.
/// For these alone http is used. Empty by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoopbackOrigins {
    exact: Vec<Url>,
    every: bool,
}

impl LoopbackOrigins {
    /// Reads the list; anything but a bare loopback http origin with a port is refused.
    ///
    /// # Errors
    /// [`DidError::AddressNotAllowed`].
    pub fn parse<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, DidError> {
        let exact = origins.into_iter().map(loopback_origin).collect::<Result<_, _>>()?;
        Ok(LoopbackOrigins { exact, every: false })
    }

    /// Every loopback origin there is: only for a check that reads files and contacts nobody, where an address is no more than a name.
    /// Dangerous where anything is fetched: [`LoopbackOrigins::listed_only`] takes it back.
    pub const fn dangerous_every_for_offline_use() -> Self {
        LoopbackOrigins { exact: Vec::new(), every: true }
    }

    /// With one more origin of this machine, this one under TLS: for a program that is its own client. No configuration is read this way.
    ///
    /// # Errors
    /// [`DidError::AddressNotAllowed`]: not a bare https loopback origin with a port.
    pub fn dangerous_and_tls(mut self, origin: &str) -> Result<Self, DidError> {
        let plain = origin.strip_prefix("https://").map(|rest| format!("http://{rest}"));
        loopback_origin(&plain.ok_or(DidError::AddressNotAllowed)?)?;
        self.exact.push(Url::parse(origin).map_err(|_| DidError::AddressNotAllowed)?);
        Ok(self)
    }

    /// The origins that were listed and no others: what whoever opens connections holds to.
    #[must_use]
    pub fn listed_only(self) -> Self {
        LoopbackOrigins { every: false, ..self }
    }

    /// Whether this URL's origin is on the list.
    pub fn contains(&self, url: &Url) -> bool {
        self.exact.iter().any(|origin| origin.origin() == url.origin()) || (self.every && is_loopback(url))
    }

    /// The origins.
    pub fn iter(&self) -> impl Iterator<Item = &Url> {
        self.exact.iter()
    }
}

fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http" && url.host_str().is_some_and(|host| LOOPBACK_HOSTS.contains(&host))
}

const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

fn loopback_origin(text: &str) -> Result<Url, DidError> {
    let url = Url::parse(text).map_err(|_| DidError::AddressNotAllowed)?;
    let host = url.host_str().filter(|host| LOOPBACK_HOSTS.contains(host));
    let port = url.port_or_known_default();
    let (Some(host), Some(port)) = (host, port) else { return Err(DidError::AddressNotAllowed) };
    // Written exactly so: no path, no user name, no other spelling of the address.
    if text == format!("http://{host}:{port}") { Ok(url) } else { Err(DidError::AddressNotAllowed) }
}

/// The did:web of a base URL (`http://localhost:8080` → `did:web:localhost%3A8080`).
///
/// # Errors
/// [`DidError`].
pub fn did_web(base: &Url) -> Result<Did, DidError> {
    let bare = base.username().is_empty() && base.password().is_none();
    if !bare
        || base.query().is_some()
        || base.fragment().is_some()
        || !matches!(base.scheme(), "https" | "http")
    {
        return Err(DidError::Malformed("not the base URL of a service"));
    }
    let host = match base.host() {
        Some(Host::Domain(host)) => host,
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => return Err(DidError::AddressNotAllowed),
        None => return Err(DidError::Malformed("a URL without a host")),
    };
    let port = base.port().map(|port| format!("%3A{port}")).unwrap_or_default();
    let path = base.path().trim_end_matches('/').replace('/', ":");
    Did::parse(&format!("did:web:{host}{port}{path}"))
}

/// Where the document stands, if that may be contacted.
pub(crate) fn address(identifier: &str, loopback: &LoopbackOrigins) -> Result<Url, DidError> {
    let mut url = document_url(identifier)?;
    let mut plain = url.clone();
    if plain.set_scheme("http").is_ok() && loopback.contains(&plain) {
        url = plain;
    }
    may_contact(&url, loopback)?;
    Ok(url)
}

/// The transformation of the method: `:` becomes `/`, and everything else is percent-decoded once, and only once.
pub(crate) fn document_url(identifier: &str) -> Result<Url, DidError> {
    let mut parts = identifier.split(':');
    let mut url = origin(parts.next().unwrap_or_default())?;
    let segments = parts.map(path_segment).collect::<Result<Vec<_>, _>>()?;
    {
        let mut path = url.path_segments_mut().map_err(|()| DidError::Malformed("not a host"))?;
        path.clear();
        if segments.is_empty() {
            path.push(".well-known");
        }
        path.extend(&segments).push("did.json");
    }
    Ok(url)
}

/// `host` or `host%3Aport`.
fn origin(text: &str) -> Result<Url, DidError> {
    let (host, port) = match text.split_once('%') {
        None => (text, None),
        Some((host, rest)) => {
            let port = rest.strip_prefix("3A").or_else(|| rest.strip_prefix("3a"));
            (host, Some(port.ok_or(DidError::Malformed("a host with an escape that is no port"))?))
        }
    };
    let mut url =
        Url::parse(&format!("https://{host}/")).map_err(|_| DidError::Malformed("not the name of a host"))?;
    match url.host() {
        // Decimal and hexadecimal spellings of an address were recognised by the parser.
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => return Err(DidError::AddressNotAllowed),
        // Whatever the parser had to change was no plain name. An empty label at the end would be a second name for the same host.
        Some(Host::Domain(name))
            if name.eq_ignore_ascii_case(host) && host.split('.').all(|l| !l.is_empty()) => {}
        _ => return Err(DidError::Malformed("not the name of a host")),
    }
    if let Some(port) = port {
        let number = port.parse::<u16>().ok().filter(|number| *number != 0 && number.to_string() == port);
        let number = number.ok_or(DidError::Malformed("not a port"))?;
        url.set_port(Some(number)).map_err(|()| DidError::Malformed("not a port"))?;
    }
    Ok(url)
}

/// One segment of the path, percent-decoded once; what could step out of its place in the path is refused.
fn path_segment(text: &str) -> Result<String, DidError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let (digits, after) = after.split_at_checked(2).ok_or(BAD_ESCAPE)?;
        let digits =
            str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        bytes.push(digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).ok_or(BAD_ESCAPE)?);
        rest = after;
    }
    let segment = String::from_utf8(bytes).map_err(|_| BAD_ESCAPE)?;
    let steps_out = |c: char| matches!(c, '/' | '\\' | '%' | '?' | '#') || c.is_control();
    if segment.is_empty() || segment == "." || segment == ".." || segment.contains(steps_out) {
        return Err(DidError::Malformed("a path segment that is none"));
    }
    Ok(segment)
}

const BAD_ESCAPE: DidError = DidError::Malformed("a percent sign that escapes nothing");

#[cfg(test)]
mod tests {
    use portage_reason::Reason;
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;
    use crate::Resolution;

    fn resolve(did: &str, loopback: &LoopbackOrigins) -> Result<String, DidError> {
        match Did::parse(did)?.resolution(loopback)? {
            Resolution::Fetch(url) => Ok(url.into()),
            other => panic!("{other:?}"),
        }
    }

    fn reason(did: &str) -> Reason {
        resolve(did, &LoopbackOrigins::default()).unwrap_err().reason()
    }

    #[test]
    fn escapes_in_a_path_are_decoded_once() {
        let none = LoopbackOrigins::default();
        assert_eq!(
            resolve("did:web:a.example:caf%C3%A9", &none).unwrap(),
            "https://a.example/caf%C3%A9/did.json"
        );
        assert_eq!(resolve("did:web:a.example:a%20b", &none).unwrap(), "https://a.example/a%20b/did.json");
        assert_eq!(resolve("did:web:a.example:a%3Ab", &none).unwrap(), "https://a.example/a:b/did.json");
        assert_eq!(
            resolve("did:web:a.example%3a8443", &none).unwrap(),
            "https://a.example:8443/.well-known/did.json"
        );
        assert_eq!(resolve("did:web:a.example%3A443:x", &none).unwrap(), "https://a.example/x/did.json");
    }

    #[test]
    fn t14_a_path_that_steps_out_is_malformed() {
        for did in [
            "did:web:a.example:..",
            "did:web:a.example:.",
            "did:web:a.example:a:..:b",
            "did:web:a.example:%2e%2e",
            "did:web:a.example:.%2E",
            "did:web:a.example:a%2fb",
            "did:web:a.example:a%2Fb",
            "did:web:a.example:a%5Cb",
            "did:web:a.example:%252e%252e",
            "did:web:a.example:a%252fb",
            "did:web:a.example::b",
            "did:web:a.example:",
            "did:web:a.example:a%3Fb",
            "did:web:a.example:a%23b",
            "did:web:a.example:a%00b",
            "did:web:a.example:a%0Ab",
            "did:web:a.example:%ff",
            "did:web:a.example:%",
            "did:web:a.example:%4",
            "did:web:a.example:%+4",
        ] {
            assert_eq!(reason(did), Reason::Malformed, "{did}");
        }
    }

    #[test]
    fn t14_a_host_is_a_name_with_at_most_a_port() {
        for did in [
            "did:web:",
            "did:web::a",
            "did:web:a.example.",
            "did:web:a..example",
            "did:web:.example",
            "did:web:a.example%2Fb",
            "did:web:a%2eexample",
            "did:web:a.example%3A",
            "did:web:a.example%3A0",
            "did:web:a.example%3A080",
            "did:web:a.example%3A+80",
            "did:web:a.example%3A65536",
            "did:web:a.example%3Ax",
            "did:web:a.example%3A80%3A81",
            "did:web:a.example%40b.example",
            "did:web:xn--a.example",
            "did:web:%5B::1%5D",
        ] {
            assert_eq!(reason(did), Reason::Malformed, "{did}");
        }
        for did in [
            "did:web:127.0.0.1",
            "did:web:10.0.0.1%3A8080",
            "did:web:2130706433",
            "did:web:0x7f.1",
            "did:web:0177.0.0.1",
            "did:web:8.8.8.8",
            "did:web:localhost",
            "did:web:localhost%3A8080",
            "did:web:LOCALHOST%3A8080",
            "did:web:a.localhost",
        ] {
            assert_eq!(reason(did), Reason::AddressNotAllowed, "{did}");
        }
    }

    #[test]
    fn http_is_for_the_configured_loopback_origins_alone() {
        let loopback = LoopbackOrigins::parse(["http://localhost:8080", "http://127.0.0.1:8081"]).unwrap();
        let at = |did: &str| resolve(did, &loopback);
        assert_eq!(at("did:web:localhost%3A8080").unwrap(), "http://localhost:8080/.well-known/did.json");
        assert_eq!(at("did:web:localhost%3A8080:city").unwrap(), "http://localhost:8080/city/did.json");
        assert_eq!(at("did:web:a.example%3A8080").unwrap(), "https://a.example:8080/.well-known/did.json");
        for did in ["did:web:localhost%3A8082", "did:web:localhost", "did:web:127.0.0.1%3A8081"] {
            assert_eq!(at(did), Err(DidError::AddressNotAllowed), "{did}");
        }
    }

    #[test]
    fn only_bare_loopback_origins_can_be_configured() {
        let origins =
            ["http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:65535", "http://localhost:80"];
        let read = LoopbackOrigins::parse(origins).unwrap();
        assert_eq!(read.iter().count(), 4);
        assert!(read.contains(&Url::parse("http://localhost/x").unwrap()));
        for origin in [
            "",
            "localhost:8080",
            "http://localhost",
            "https://localhost:8080",
            "http://localhost:8080/",
            "http://localhost:8080/x",
            "http://a@localhost:8080",
            "http://localhost:8080?x",
            "http://a.localhost:8080",
            "http://a.example:8080",
            "http://127.1:8080",
            "http://2130706433:8080",
            "http://127.0.0.2:8080",
            "http://0.0.0.0:8080",
            "http://10.0.0.1:80",
            "http://[::ffff:127.0.0.1]:8080",
            "http://localhost.:8080",
            "http://LOCALHOST:8080",
            " http://localhost:8080",
            "http://localhost:08080",
        ] {
            assert_eq!(LoopbackOrigins::parse([origin]), Err(DidError::AddressNotAllowed), "{origin}");
        }
    }

    #[test]
    fn a_loopback_origin_under_tls_is_asked_for_by_name() {
        let read = LoopbackOrigins::default().dangerous_and_tls("https://localhost:8443").unwrap();
        let contains = |url: &str| read.contains(&Url::parse(url).unwrap());
        assert!(contains("https://localhost:8443/status/1"));
        for url in ["http://localhost:8443/", "https://localhost:8444/", "https://127.0.0.1:8443/"] {
            assert!(!contains(url), "{url}");
        }
        for origin in
            ["http://localhost:8443", "https://localhost", "https://a.example:443", "https://localhost:1/x"]
        {
            let refused = LoopbackOrigins::default().dangerous_and_tls(origin);
            assert_eq!(refused.map(drop), Err(DidError::AddressNotAllowed), "{origin}");
        }
    }

    #[test]
    fn the_did_of_a_service_is_its_url_written_another_way() {
        let did = |url: &str| did_web(&Url::parse(url).unwrap()).map(|did| did.to_string());
        for (url, expected) in [
            ("http://localhost:8080", "did:web:localhost%3A8080"),
            ("https://city.example", "did:web:city.example"),
            ("https://city.example/", "did:web:city.example"),
            ("https://city.example:8443/licences/", "did:web:city.example%3A8443:licences"),
            ("https://city.example/a/b", "did:web:city.example:a:b"),
        ] {
            assert_eq!(did(url).as_deref(), Ok(expected), "{url}");
        }
        assert_eq!(did("http://127.0.0.1:8080"), Err(DidError::AddressNotAllowed));
        for url in [
            "https://a@b.example",
            "https://b.example/?x",
            "https://b.example/#x",
            "ftp://b.example",
            "https://b.example//a",
            "https://b.example/%2e%2e%2f",
        ] {
            assert!(did(url).is_err(), "{url}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn a_document_url_stays_on_its_host_and_ends_where_it_should(
            identifier in r"[a-z.]{1,8}(%3[Aa][0-9]{1,5})?(:([a-z.~-]|%[0-9A-Fa-f]{2}|%25){0,6}){0,3}",
        ) {
            if let Ok(url) = document_url(&identifier) {
                let host = identifier.split([':', '%']).next().unwrap();
                prop_assert_eq!(url.host_str(), Some(host));
                prop_assert!(url.path().ends_with("/did.json"));
                prop_assert_eq!(url.path().matches('/').count(), 2.max(identifier.matches(':').count() + 1));
                prop_assert!(url.query().is_none() && url.fragment().is_none() && url.username().is_empty());
            }
        }

        #[test]
        fn any_origin_is_read_without_a_panic(origin in r"(http://)?(localhost|127\.0\.0\.1|\[::1\]|.{0,8})(:[0-9]{0,6})?.{0,3}") {
            if let Ok(read) = LoopbackOrigins::parse([origin.as_str()]) {
                prop_assert!(read.iter().all(|url| may_contact(url, &LoopbackOrigins::default()).is_err()));
            }
        }
    }
}
