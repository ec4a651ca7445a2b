//! Who may speak to a page at all: checked before any route.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::Response,
};
use portage_catalog::Language;
use url::Url;

use crate::{language_of, page::problem};

/// Which names a program answers to.
#[derive(Debug, Clone)]
pub struct GuardRule {
    hosts: Arc<Hosts>,
}

#[derive(Debug)]
enum Hosts {
    /// `localhost` or a loopback literal, with this port.
    Loopback(u16),
    /// One origin: `Host` as it stands there, and the origin.
    Origin { host: String, origin: String },
}

impl GuardRule {
    /// Loopback names with this port, over http: a program that only its own machine reaches.
    pub fn loopback(port: u16) -> Self {
        GuardRule { hosts: Arc::new(Hosts::Loopback(port)) }
    }

    /// The host of the program's own address, as its configuration says.
    pub fn of_url(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        GuardRule { hosts: Arc::new(Hosts::Origin { host, origin: url.origin().ascii_serialization() }) }
    }

    fn allows_host(&self, host: &str) -> bool {
        match &*self.hosts {
            Hosts::Loopback(port) => is_loopback(host, *port),
            Hosts::Origin { host: own, .. } => own.eq_ignore_ascii_case(host),
        }
    }

    /// Whether `origin` is the one that the page at `host` has.
    fn allows_origin(&self, origin: &str, host: &str) -> bool {
        match &*self.hosts {
            Hosts::Loopback(_) => {
                origin.strip_prefix("http://").is_some_and(|from| from.eq_ignore_ascii_case(host))
            }
            Hosts::Origin { origin: own, .. } => own == origin,
        }
    }

    fn allows(&self, method: &Method, headers: &HeaderMap) -> bool {
        let Some(host) = only(headers, &header::HOST).flatten() else { return false };
        if !self.allows_host(host) {
            return false;
        }
        if method.is_safe() {
            return true;
        }
        // A browser says where a form came from. `null` is nobody's origin; without the header the form's token alone decides.
        let from = match only(headers, &header::ORIGIN) {
            None => true,
            Some(origin) => origin.is_some_and(|origin| self.allows_origin(origin, host)),
        };
        let site = match only(headers, &SEC_FETCH_SITE) {
            None => true,
            Some(site) => matches!(site, Some("same-origin" | "none")),
        };
        from && site
    }
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// `None`: the header is not there. `Some(None)`: twice, or not text.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Option<&'h str>> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    Some(if values.next().is_some() { None } else { value.to_str().ok() })
}

/// `localhost:PORT`, `127.x.y.z:PORT`, `[::1]:PORT`, each written out in its usual form.
fn is_loopback(host: &str, port: u16) -> bool {
    let Some((name, given)) = host.rsplit_once(':') else { return false };
    if given != port.to_string() {
        return false;
    }
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let literal = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    match literal {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok_and(|address| address.is_loopback()),
        None => name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
    }
}

/// Puts the checks of `rule` before `routes`: another `Host` (rebinding), and a state change that another page sends, are 403 and reach no route.
pub fn guard(routes: Router, rule: GuardRule) -> Router {
    routes.layer(from_fn(move |request: Request, next: Next| {
        let rule = rule.clone();
        async move {
            if rule.allows(request.method(), request.headers()) {
                next.run(request).await
            } else {
                refused(language_of(request.headers()))
            }
        }
    }))
}

fn refused(language: Language) -> Response {
    problem(StatusCode::FORBIDDEN, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn u01_only_a_loopback_name_with_the_bound_port_is_ours() {
        let rule = GuardRule::loopback(4321);
        for host in ["localhost:4321", "LOCALHOST:4321", "127.0.0.1:4321", "127.9.8.7:4321", "[::1]:4321"] {
            assert!(rule.allows(&Method::GET, &headers(&[("host", host)])), "{host}");
        }
        for host in [
            "evil.example:4321",
            "127.0.0.1.evil.example:4321",
            "localhost",
            "localhost:80",
            "localhost:04321",
            "localhost.evil.example:4321",
            "2130706433:4321",
            "0177.0.0.1:4321",
            "127.1:4321",
            "[::ffff:127.0.0.1]:4321",
            "10.0.0.1:4321",
            ":4321",
            "",
        ] {
            assert!(!rule.allows(&Method::GET, &headers(&[("host", host)])), "{host}");
        }
        assert!(!rule.allows(&Method::GET, &headers(&[])));
        assert!(
            !rule.allows(&Method::GET, &headers(&[("host", "localhost:4321"), ("host", "localhost:4321")]))
        );
    }

    #[test]
    fn u02_a_state_change_comes_from_a_page_of_ours() {
        let rule = GuardRule::loopback(4321);
        let post = |more: &[(&'static str, &'static str)]| {
            let mut all = vec![("host", "localhost:4321")];
            all.extend_from_slice(more);
            rule.allows(&Method::POST, &headers(&all))
        };
        assert!(post(&[("origin", "http://localhost:4321")]));
        assert!(post(&[("origin", "http://localhost:4321"), ("sec-fetch-site", "same-origin")]));
        for origin in [
            "null",
            "http://evil.example",
            "https://localhost:4321",
            "http://localhost:4322",
            "http://127.0.0.1:4321",
            "",
        ] {
            assert!(!post(&[("origin", origin)]), "{origin}");
        }
        assert!(!post(&[("origin", "http://localhost:4321"), ("sec-fetch-site", "cross-site")]));
        assert!(!post(&[("origin", "http://localhost:4321"), ("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn a_service_answers_to_its_own_address_alone() {
        let rule = GuardRule::of_url(&"https://market.example/".parse().unwrap());
        let get = |host| rule.allows(&Method::GET, &headers(&[("host", host)]));
        assert!(get("market.example") && get("MARKET.example"));
        assert!(!get("other.example") && !get("market.example:444"));
        let post =
            |origin| rule.allows(&Method::POST, &headers(&[("host", "market.example"), ("origin", origin)]));
        assert!(post("https://market.example"));
        assert!(!post("http://market.example") && !post("https://other.example"));
    }
}
