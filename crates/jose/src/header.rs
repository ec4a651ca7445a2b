use portage_keys::Algorithm;
use serde_json::{Map, Value};

use crate::JwtError;

/// The certificates of a header `x5c` (RFC 7515 §4.1.6): DER, the leaf first; `None` where there is no such header or it is none. Nothing in them is
/// proved.
pub fn certificates_of_header(x5c: Option<&Value>) -> Option<Vec<Vec<u8>>> {
    let certificates = x5c?.as_array()?;
    certificates.iter().map(|one| portage_keys::base64url::decode_standard(one.as_str()?).ok()).collect()
}

/// The header `x5c` of certificates in DER.
pub fn header_of_certificates(certificates: &[Vec<u8>]) -> Value {
    certificates.iter().map(|der| portage_keys::base64url::encode_standard(der)).collect()
}

/// The protected header of a JWS (RFC 7515 §4): the members we read by name, and all of them. `Debug` shows names, no values.
#[derive(Clone, PartialEq)]
pub struct Header {
    members: Map<String, Value>,
}

impl Header {
    /// A header to sign with: `typ`; `alg` is added from the key.
    pub fn new(typ: &str) -> Self {
        let mut members = Map::new();
        members.insert("typ".into(), typ.into());
        Header { members }
    }

    /// With another member (`kid`, `jwk`, `cty`, …).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.into(), value.into());
        self
    }

    /// Takes the members of a header that arrived, if those read by name have their right types and none demands what we
    /// do not do: `crit` (with whatever in it) and `b64` (RFC 7797) are refused.
    pub(crate) fn from_members(members: Map<String, Value>) -> Result<Self, JwtError> {
        if members.contains_key("crit") || members.contains_key("b64") {
            return Err(JwtError::Malformed("a header that demands an extension"));
        }
        if !members.contains_key("alg") {
            return Err(JwtError::Malformed("a header without alg"));
        }
        for name in ["alg", "typ", "kid"] {
            if members.get(name).is_some_and(|value| !value.is_string()) {
                return Err(JwtError::Malformed("alg, typ or kid is not a string"));
            }
        }
        Ok(Header { members })
    }

    pub(crate) fn with_algorithm(self, algorithm: Algorithm) -> Self {
        self.with("alg", algorithm.jose_name())
    }

    pub(crate) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.members)
    }

    /// Whether `typ` is one of these, compared as RFC 7515 §4.1.9 says: a media type, without a leading `application/`.
    pub fn typ_is_one_of(&self, expected: &[&str]) -> bool {
        const APPLICATION: &str = "application/";
        let Some(typ) = self.typ() else { return false };
        let subtype = match typ.split_at_checked(APPLICATION.len()) {
            Some((prefix, subtype)) if prefix.eq_ignore_ascii_case(APPLICATION) => subtype,
            _ => typ,
        };
        expected.iter().any(|expected| expected.eq_ignore_ascii_case(subtype))
    }

    /// `alg` as it stands there.
    pub fn alg(&self) -> Option<&str> {
        self.member("alg").and_then(Value::as_str)
    }

    /// `typ` as it stands there.
    pub fn typ(&self) -> Option<&str> {
        self.member("typ").and_then(Value::as_str)
    }

    /// `kid` as it stands there.
    pub fn kid(&self) -> Option<&str> {
        self.member("kid").and_then(Value::as_str)
    }

    /// Any member.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Header").field(&self.members.keys().collect::<Vec<_>>()).finish()
    }
}
