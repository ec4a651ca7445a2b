use url::Url;

/// The address of a well-known document of an issuer: the segment is **inserted** between host and path (RFC 8414 §3.1, OpenID4VCI 1.0
/// §12.2.2), a trailing `/` of the path is dropped.
pub(crate) fn inserted(issuer: &Url, name: &str) -> Url {
    let mut url = issuer.clone();
    let path = issuer.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("/.well-known/{name}{path}"));
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_segment_goes_between_host_and_path() {
        for (issuer, expected) in [
            ("https://city.example", "https://city.example/.well-known/openid-credential-issuer"),
            ("https://city.example/a/", "https://city.example/.well-known/openid-credential-issuer/a"),
        ] {
            let issuer = Url::parse(issuer).unwrap();
            assert_eq!(inserted(&issuer, "openid-credential-issuer").as_str(), expected);
        }
    }
}
