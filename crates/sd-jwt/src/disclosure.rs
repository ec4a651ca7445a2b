use std::fmt;

use portage_keys::base64url;
use portage_strict_json::Limits;
use serde_json::Value;

use crate::SdJwtError;

/// A disclosure as it arrived: the base64url text (what digests are taken over) and what it says (RFC 9901 §4.2).
///
/// Its `Debug` shows neither: both are claim values.
#[derive(Clone)]
pub struct Disclosure {
    /// The text between two `~`.
    pub encoded: String,
    /// The name; `None` for an array element.
    pub name: Option<String>,
    /// The value.
    pub value: Value,
}

impl Disclosure {
    /// Reads `[salt, name, value]` (an object member) or `[salt, value]` (an array element).
    ///
    /// # Errors
    /// [`SdJwtError::Malformed`], [`SdJwtError::TooLarge`].
    pub(crate) fn parse(encoded: &str) -> Result<Self, SdJwtError> {
        let bytes = base64url::decode(encoded)
            .map_err(|_| SdJwtError::Malformed("a disclosure is not canonical base64url"))?;
        let Value::Array(elements) = portage_strict_json::parse(&bytes, Limits::PRESENTATION)? else {
            return Err(SdJwtError::Malformed("a disclosure is not an array"));
        };
        let (name, value) = match <[Value; 3]>::try_from(elements) {
            Ok([Value::String(_salt), Value::String(name), value]) => (Some(name), value),
            Ok(_) => return Err(SdJwtError::Malformed("salt and name of a disclosure are strings")),
            Err(elements) => match <[Value; 2]>::try_from(elements) {
                Ok([Value::String(_salt), value]) => (None, value),
                Ok(_) => return Err(SdJwtError::Malformed("the salt of a disclosure is a string")),
                Err(_) => return Err(SdJwtError::Malformed("a disclosure has two or three elements")),
            },
        };
        Ok(Disclosure { encoded: encoded.to_owned(), name, value })
    }

    /// Writes a disclosure. The text made here is the text that is hashed, sent and hashed again.
    pub(crate) fn new(salt: String, name: Option<&str>, value: Value) -> Self {
        let json = match name {
            Some(name) => Value::Array(vec![salt.into(), name.into(), value.clone()]),
            None => Value::Array(vec![salt.into(), value.clone()]),
        };
        let encoded = base64url::encode(json.to_string().as_bytes());
        Disclosure { encoded, name: name.map(str::to_owned), value }
    }
}

impl fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disclosure").finish_non_exhaustive()
    }
}
