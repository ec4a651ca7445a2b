use portage_reason::Reason;
use url::Url;

use crate::{
    DidDocument, LoopbackOrigins, jwk, key, web,
    webvh::{self, LogAddress},
};

/// A DID of a known method, syntax checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Did(String);

/// A DID URL with a fragment: the name of a verification method.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DidUrl {
    did: Did,
    fragment: String,
}

/// Why an identifier was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DidError {
    /// Not the syntax of a DID or of its method; trailing bytes, private keys, `..`, `%2f`.
    #[error("not a DID: {0}")]
    Malformed(&'static str),
    /// A method, or a kind of key, that is not supported.
    #[error("a DID method or kind of key that is not supported")]
    Unsupported,
    /// An address that must not be contacted: an IP address, or http for an origin that is not configured.
    #[error("an address that must not be contacted")]
    AddressNotAllowed,
}

impl DidError {
    /// The reason of the same meaning.
    pub fn reason(&self) -> Reason {
        match self {
            DidError::Malformed(_) => Reason::Malformed,
            DidError::Unsupported => Reason::Unsupported,
            DidError::AddressNotAllowed => Reason::AddressNotAllowed,
        }
    }
}

/// Where a DID's document comes from.
#[derive(Debug, Clone)]
pub enum Resolution {
    /// It follows from the identifier (did:key, did:jwk).
    Document(Box<DidDocument>),
    /// It stands at this address (did:web).
    Fetch(Url),
    /// It follows from a log that stands at this address (did:webvh), once [`webvh::Log::verify`] has read it.
    Log(LogAddress),
}

/// The methods we know, each with the identifier that follows its name.
enum Method<'d> {
    Key(&'d str),
    Jwk(&'d str),
    Web(&'d str),
    WebVh(&'d str),
}

impl Did {
    /// Parses `did:key:…`, `did:jwk:…`, `did:web:…` and `did:webvh:…`; other methods are [`DidError::Unsupported`].
    ///
    /// # Errors
    /// [`DidError`].
    pub fn parse(text: &str) -> Result<Self, DidError> {
        if text.len() > MAX_LENGTH {
            return Err(DidError::Malformed("longer than any DID we know"));
        }
        match method_of(text)? {
            Method::Key(identifier) => key::read(identifier).map(drop)?,
            Method::Jwk(identifier) => jwk::read(identifier).map(drop)?,
            Method::Web(identifier) => web::document_url(identifier).map(drop)?,
            Method::WebVh(identifier) => webvh::check(identifier)?,
        }
        Ok(Did(text.to_owned()))
    }

    /// For the methods of this crate, which write what [`Did::parse`] accepts.
    pub(crate) fn from_method(method: &str, identifier: &str) -> Self {
        Did(format!("did:{method}:{identifier}"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `<host>[%3A<port>][:<path>]` of a did:web or did:webvh: two with the same one are published at the same address.
    pub fn web_location(&self) -> Option<&str> {
        match method_of(&self.0) {
            Ok(Method::Web(location)) => Some(location),
            Ok(Method::WebVh(identifier)) => identifier.split_once(':').map(|(_, location)| location),
            _ => None,
        }
    }

    /// The DID URL `<this>#<fragment>`.
    ///
    /// # Errors
    /// [`DidError::Malformed`]: not a fragment.
    pub fn with_fragment(&self, fragment: &str) -> Result<DidUrl, DidError> {
        let of_fragment = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&b);
        if fragment.is_empty() || fragment.len() > MAX_LENGTH || !fragment.bytes().all(of_fragment) {
            return Err(DidError::Malformed("not a fragment"));
        }
        Ok(DidUrl { did: self.clone(), fragment: fragment.to_owned() })
    }

    /// Its document, or where it stands. did:web and did:webvh for one of `loopback` (`did:web:localhost%3APORT`) use http (recorded divergence).
    ///
    /// # Errors
    /// [`DidError`].
    pub fn resolution(&self, loopback: &LoopbackOrigins) -> Result<Resolution, DidError> {
        match method_of(&self.0)? {
            Method::Key(identifier) => Ok(Resolution::Document(Box::new(key::document(self, identifier)))),
            Method::Jwk(identifier) => Ok(Resolution::Document(Box::new(jwk::document(self, identifier)?))),
            Method::Web(identifier) => web::address(identifier, loopback).map(Resolution::Fetch),
            Method::WebVh(identifier) => webvh::address(identifier, loopback).map(Resolution::Log),
        }
    }
}

/// A did:web may be as long as a URL, a did:jwk as its key with some members beside it.
const MAX_LENGTH: usize = 2048;

fn method_of(text: &str) -> Result<Method<'_>, DidError> {
    let rest = text.strip_prefix("did:").ok_or(DidError::Malformed("it does not begin with did:"))?;
    let (method, identifier) =
        rest.split_once(':').ok_or(DidError::Malformed("no method-specific identifier"))?;
    if method.is_empty() || !method.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        return Err(DidError::Malformed("not the name of a method"));
    }
    let of_identifier = |b: u8| b.is_ascii_alphanumeric() || b".-_:%".contains(&b);
    if identifier.is_empty() || !identifier.bytes().all(of_identifier) {
        return Err(DidError::Malformed("not a method-specific identifier"));
    }
    match method {
        "key" => Ok(Method::Key(identifier)),
        "jwk" => Ok(Method::Jwk(identifier)),
        "web" => Ok(Method::Web(identifier)),
        "webvh" => Ok(Method::WebVh(identifier)),
        _ => Err(DidError::Unsupported),
    }
}

impl std::fmt::Display for Did {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl DidUrl {
    /// Parses `did:…#fragment`; path and query are refused.
    ///
    /// # Errors
    /// [`DidError`].
    pub fn parse(text: &str) -> Result<Self, DidError> {
        let (did, fragment) =
            text.split_once('#').ok_or(DidError::Malformed("a DID URL without a fragment"))?;
        Did::parse(did)?.with_fragment(fragment)
    }

    /// For the methods of this crate, whose fragments are fixed.
    pub(crate) fn from_parts(did: Did, fragment: String) -> Self {
        DidUrl { did, fragment }
    }

    /// The DID before the `#`.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// What follows the `#`.
    pub fn fragment(&self) -> &str {
        &self.fragment
    }
}

impl std::fmt::Display for DidUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.did, self.fragment)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;

    const KEY: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

    #[test]
    fn a_did_of_a_known_method_is_read_and_its_url_with_it() {
        for did in [KEY, "did:web:city.example", "did:web:city.example%3A8443:licences"] {
            assert_eq!(Did::parse(did).unwrap().as_str(), did);
            let url = DidUrl::parse(&format!("{did}#key-1")).unwrap();
            assert_eq!((url.did().as_str(), url.fragment()), (did, "key-1"));
            assert_eq!(url.to_string(), format!("{did}#key-1"));
            assert_eq!(url.did().with_fragment("key-1").unwrap(), url);
        }
    }

    #[test]
    fn other_methods_are_unsupported_and_other_texts_malformed() {
        for did in ["did:example:a", "did:ebsi:z", "did:keys:z6Mk"] {
            assert_eq!(Did::parse(did), Err(DidError::Unsupported), "{did}");
        }
        for text in [
            "",
            "did",
            "did:",
            "did::",
            "did:key",
            "did:key:",
            "did:Web:a.example",
            "did:we-b:a.example",
            "DID:web:a.example",
            "did :web:a",
            " did:web:a.example",
            "did:web:a.example ",
            "did:web:a.example\n",
            "did:web:a.example/x",
            "did:web:a.example?x",
            "did:web:a.example#x",
            "did:web:é.example",
            "https://a.example",
            "did:example:a/b",
        ] {
            assert!(matches!(Did::parse(text), Err(DidError::Malformed(_))), "{text:?}");
        }
        let long = format!("did:web:a.example{}", ":a".repeat(1100));
        assert!(matches!(Did::parse(&long), Err(DidError::Malformed(_))));
    }

    #[test]
    fn t14_a_did_webvh_has_a_scid_and_its_log_stands_beside_where_a_did_web_would() {
        const SCID: &str = "QmWPpSLJhdVVGnMnS8Z9BKBYwbRhhb4BHYidhiidLsvSfC";
        let log = |location: &str| {
            let did = Did::parse(&format!("did:webvh:{SCID}:{location}"))?;
            match did.resolution(&LoopbackOrigins::default())? {
                Resolution::Log(address) => Ok((address.log.to_string(), address.witness.to_string())),
                other => panic!("{other:?}"),
            }
        };
        for (location, folder) in [
            ("city.example", "https://city.example/.well-known/"),
            ("city.example:licences", "https://city.example/licences/"),
            ("city.example%3A8443:a:b", "https://city.example:8443/a/b/"),
        ] {
            let expected = (format!("{folder}did.jsonl"), format!("{folder}did-witness.json"));
            assert_eq!(log(location), Ok(expected), "{location}");
        }
        for location in
            ["city.example:..:admin", "city.example:%2E%2E", "city.example:a%2Fb", "", "a.example%3A0"]
        {
            assert!(matches!(log(location), Err(DidError::Malformed(_))), "{location}");
        }
        for location in ["10.0.0.1", "127.0.0.1%3a8080", "2130706433", "localhost"] {
            assert_eq!(log(location), Err(DidError::AddressNotAllowed), "{location}");
        }
        for scid in ["", "Qm", "QmScid1", &SCID.replace('W', "0"), &format!("{SCID}x"), "{SCID}"] {
            let did = Did::parse(&format!("did:webvh:{scid}:city.example"));
            assert!(matches!(did, Err(DidError::Malformed(_))), "{scid}");
        }
        assert!(matches!(Did::parse(&format!("did:webvh:{SCID}")), Err(DidError::Malformed(_))));
    }

    #[test]
    fn t14_trailing_bytes_are_malformed() {
        for trailing in ["1", "z", "=", "%00", ":", "/", "?service=x", "\0", "#"] {
            assert!(
                matches!(Did::parse(&format!("{KEY}{trailing}")), Err(DidError::Malformed(_))),
                "{trailing:?}"
            );
        }
    }

    #[test]
    fn a_did_url_names_a_method_and_nothing_else() {
        for url in [
            "",
            "#",
            "#key-1",
            KEY,
            &format!("{KEY}#"),
            &format!("{KEY}/a#b"),
            &format!("{KEY}?a=b#c"),
            &format!("{KEY}#a#b"),
        ] {
            assert!(matches!(DidUrl::parse(url), Err(DidError::Malformed(_))), "{url}");
        }
        for fragment in ["a b", "a\n", "é", "<", "\"", "a\0"] {
            assert!(Did::parse(KEY).unwrap().with_fragment(fragment).is_err(), "{fragment:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_without_a_panic(
            text in r"(did:)?(key:z|jwk:|web:|webvh:QmWPpSLJhdVVGnMnS8Z9BKBYwbRhhb4BHYidhiidLsvSfC:)?([A-Za-z0-9.:_-]|%[0-9A-Fa-f]{2}|%|[/?#@é]){0,40}",
        ) {
            if let Ok(did) = Did::parse(&text) {
                prop_assert_eq!(did.as_str(), &text);
                let _ = did.resolution(&LoopbackOrigins::default());
            }
            let _ = DidUrl::parse(&text);
        }
    }
}
