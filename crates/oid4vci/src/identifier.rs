use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use url::Url;

use crate::MessageError;

/// A Credential Issuer Identifier (§12.2.1), or the issuer identifier of an authorization server (RFC 8414 §2): a URL without query
/// and fragment, compared as a plain string.
///
/// `http` is admitted by this type because a configured loopback origin may use it; whether an address may be contacted is
/// decided where it is fetched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IssuerIdentifier(String);

impl IssuerIdentifier {
    /// Reads the identifier.
    ///
    /// # Errors
    /// [`MessageError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        let url = web_url(text).ok_or(MessageError::Malformed("not an issuer identifier"))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(MessageError::Malformed("an issuer identifier has no query and no fragment"));
        }
        Ok(IssuerIdentifier(text.to_owned()))
    }

    /// The text, as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of a well-known document: `/.well-known/<name>` between host and path (§12.2.2, RFC 8414 §3.1).
    #[expect(clippy::expect_used, reason = "the text was parsed as a URL before")]
    pub fn well_known(&self, name: &str) -> Url {
        let mut url = Url::parse(&self.0).expect("an issuer identifier is a URL");
        let path = format!("/.well-known/{name}{}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    /// An address below the identifier, as our own services lay them out.
    pub fn endpoint(&self, path: &str) -> String {
        format!("{}/{}", self.0.trim_end_matches('/'), path.trim_start_matches('/'))
    }
}

impl fmt::Display for IssuerIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for IssuerIdentifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for IssuerIdentifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IssuerIdentifier::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The address of an endpoint: a web URL without fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndpointUrl(Url);

impl EndpointUrl {
    /// Reads the address.
    ///
    /// # Errors
    /// [`MessageError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        match web_url(text) {
            Some(url) if url.fragment().is_none() => Ok(EndpointUrl(url)),
            _ => Err(MessageError::Malformed("not the address of an endpoint")),
        }
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl Serialize for EndpointUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for EndpointUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        EndpointUrl::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// An `http` or `https` URL with a host and without user information.
fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let sound = matches!(url.scheme(), "https" | "http")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        // `Url` forgives blanks, tabs and line ends; an identifier that is compared as a string does not.
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    sound.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_path_is_inserted() {
        for (identifier, expected) in [
            ("https://a.example", "https://a.example/.well-known/x"),
            ("https://a.example/", "https://a.example/.well-known/x"),
            ("https://a.example/t/u", "https://a.example/.well-known/x/t/u"),
            ("http://localhost:8080", "http://localhost:8080/.well-known/x"),
        ] {
            assert_eq!(IssuerIdentifier::parse(identifier).unwrap().well_known("x").as_str(), expected);
        }
    }

    #[test]
    fn what_is_no_identifier_is_refused() {
        for text in [
            "",
            "a.example",
            "ftp://a.example",
            "https://a.example?q",
            "https://a.example#f",
            "https://u@a.example",
            " https://a.example",
        ] {
            assert!(IssuerIdentifier::parse(text).is_err(), "{text}");
        }
    }
}
