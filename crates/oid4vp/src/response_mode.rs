use portage_jose::{ContentEncryption, EncryptionJwk, read_encryption_jwk_set};
use serde_json::{Map, Value, json};

use crate::RequestError;

/// `response_mode`: how the answer reaches the verifier (§8.2, §8.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ResponseMode {
    /// `direct_post`: a form, in clear inside TLS.
    #[default]
    DirectPost,
    /// `direct_post.jwt`: the same form holds one JWE, which whoever ends the TLS connection cannot read.
    DirectPostJwt,
}

impl ResponseMode {
    /// All that are spoken.
    pub const ALL: [ResponseMode; 2] = [ResponseMode::DirectPost, ResponseMode::DirectPostJwt];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            ResponseMode::DirectPost => "direct_post",
            ResponseMode::DirectPostJwt => "direct_post.jwt",
        }
    }

    /// Reads a mode; those that answer through a browser (`fragment`) are `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// To whom, and how, an answer is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseEncryption {
    /// The verifier's key; its `kid` goes back in the header of the JWE.
    pub key: EncryptionJwk,
    /// `enc`.
    pub enc: ContentEncryption,
}

impl ResponseEncryption {
    /// What a verifier's metadata offers: the first usable key of `jwks` that has a `kid`, and of `encrypted_response_enc_values_supported`
    /// (`A128GCM` where it is absent) the one this wallet prefers (§8.3). Keys of other kinds beside it are passed over.
    ///
    /// # Errors
    /// [`RequestError::Parameter`]: no such key, or no way to encrypt that is spoken here.
    pub fn of_client_metadata(metadata: &Value) -> Result<Self, RequestError> {
        const REFUSED: RequestError = RequestError::Parameter("client_metadata");
        let keys =
            metadata.get("jwks").and_then(|jwks| read_encryption_jwk_set(jwks).ok()).unwrap_or_default();
        let key = keys.into_iter().find(|key| key.kid().is_some()).ok_or(REFUSED)?;
        let offered = match metadata.get("encrypted_response_enc_values_supported") {
            None => return Ok(ResponseEncryption { key, enc: ContentEncryption::A128Gcm }),
            Some(offered) => offered.as_array().filter(|offered| !offered.is_empty()).ok_or(REFUSED)?,
        };
        let is_offered = |enc: &ContentEncryption| offered.iter().any(|name| name == enc.name());
        let enc = ContentEncryption::ALL.into_iter().find(is_offered).ok_or(REFUSED)?;
        Ok(ResponseEncryption { key, enc })
    }

    /// The members of a verifier's metadata that offer this key, and every way to encrypt that is spoken here.
    pub(crate) fn offer(key: &EncryptionJwk) -> Map<String, Value> {
        let names = ContentEncryption::ALL.map(ContentEncryption::name);
        Map::from_iter([
            ("jwks".to_owned(), json!({ "keys": [key.to_value()] })),
            ("encrypted_response_enc_values_supported".to_owned(), json!(names)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use portage_keys::{AgreementKey, OsEntropy};

    use super::*;

    #[test]
    fn the_preferred_way_that_is_offered_is_taken_and_an_unusable_key_is_passed_over() {
        let key = EncryptionJwk::new(AgreementKey::generate(&OsEntropy).public_key(), "k");
        let mut offer = Value::Object(ResponseEncryption::offer(&key));
        let read = |offer: &Value| ResponseEncryption::of_client_metadata(offer).map(|read| read.enc);
        assert_eq!(read(&offer), Ok(ContentEncryption::A256Gcm));
        offer["jwks"]["keys"] = json!([{ "kty": "RSA" }, 7, key.to_value()]);
        offer["encrypted_response_enc_values_supported"] = json!(["A128CBC-HS256", "A128GCM"]);
        assert_eq!(read(&offer), Ok(ContentEncryption::A128Gcm));
        offer.as_object_mut().unwrap().remove("encrypted_response_enc_values_supported");
        assert_eq!(read(&offer), Ok(ContentEncryption::A128Gcm), "the default of §5.1");
        for (name, value) in [
            ("encrypted_response_enc_values_supported", json!(["A128CBC-HS256"])),
            ("encrypted_response_enc_values_supported", json!([])),
            ("encrypted_response_enc_values_supported", json!("A128GCM")),
            ("jwks", json!({ "keys": [] })),
            ("jwks", json!([])),
        ] {
            let mut other = offer.clone();
            other[name] = value;
            assert_eq!(read(&other), Err(RequestError::Parameter("client_metadata")), "{other}");
        }
        let mut nameless = offer.clone();
        nameless["jwks"]["keys"][2].as_object_mut().unwrap().remove("kid");
        assert!(read(&nameless).is_err(), "§5.1: each key has a kid");
    }
}
