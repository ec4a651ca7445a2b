use portage_keys::{AgreementPublicKey, base64url, digest::sha256};
use serde_json::{Map, Value, json};

use crate::{
    JwkError,
    jwk::{PRIVATE_MEMBERS, bytes, string},
};

/// A public JWK that messages are encrypted to: `EC`/`P-256` for `ECDH-ES` (RFC 7518 §4.6). It is no signature key, and [`crate::Jwk`] is no key of
/// this kind: one never stands in for the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionJwk {
    key: AgreementPublicKey,
    kid: Option<String>,
}

/// `alg` of the key, and of a JWE that is encrypted to it.
pub(crate) const ECDH_ES: &str = "ECDH-ES";

impl EncryptionJwk {
    /// Reads a public JWK. `alg` must be `ECDH-ES`; `use`, if there, `enc`; `key_ops`, if there, without a private operation. Private members are
    /// refused, unknown ones ignored.
    ///
    /// # Errors
    /// [`JwkError`].
    pub fn from_value(value: &Value) -> Result<Self, JwkError> {
        let members = value.as_object().ok_or(JwkError::Malformed("not an object"))?;
        if PRIVATE_MEMBERS.iter().any(|name| members.contains_key(*name)) {
            return Err(JwkError::Malformed("a private key in the place of a public one"));
        }
        let kty = string(members, "kty")?.ok_or(JwkError::Malformed("kty is missing"))?;
        if (kty, string(members, "crv")?) != ("EC", Some("P-256")) {
            return Err(JwkError::Unsupported);
        }
        if string(members, "alg")? != Some(ECDH_ES)
            || string(members, "use")?.is_some_and(|usage| usage != "enc")
        {
            return Err(JwkError::Unsupported);
        }
        let kid = string(members, "kid")?.map(str::to_owned);
        Ok(EncryptionJwk { key: public_key(members)?, kid })
    }

    /// The JWK of a key, by its name.
    pub fn new(key: AgreementPublicKey, kid: impl Into<String>) -> Self {
        EncryptionJwk { key, kid: Some(kid.into()) }
    }

    /// The key.
    pub fn key(&self) -> &AgreementPublicKey {
        &self.key
    }

    /// Its `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// `{"kty","crv","x","y","use","alg","kid"?}`.
    pub fn to_value(&self) -> Value {
        let mut jwk = coordinates(&self.key);
        jwk.insert("use".into(), "enc".into());
        jwk.insert("alg".into(), ECDH_ES.into());
        jwk.extend(self.kid.iter().map(|kid| ("kid".to_owned(), kid.as_str().into())));
        Value::Object(jwk)
    }

    /// RFC 7638 thumbprint, SHA-256: the bytes that a handover of ISO/IEC 18013-7 takes in.
    pub fn thumbprint(&self) -> [u8; 32] {
        let (x, y) = self.key.coordinates();
        let (x, y) = (base64url::encode(&x), base64url::encode(&y));
        sha256(format!("{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}").as_bytes())
    }
}

/// Reads a JWK Set: the keys that can be encrypted to. Whatever else stands in it is passed over (RFC 7517 §5).
///
/// # Errors
/// [`JwkError::Malformed`]: not an object with an array `keys`.
pub fn read_encryption_jwk_set(value: &Value) -> Result<Vec<EncryptionJwk>, JwkError> {
    let keys = value.get("keys").and_then(Value::as_array).ok_or(JwkError::Malformed("keys is missing"))?;
    Ok(keys.iter().filter_map(|key| EncryptionJwk::from_value(key).ok()).collect())
}

/// The point that a JWK of P-256 names: `x` and `y`, and nothing else is looked at.
pub(crate) fn public_key(members: &Map<String, Value>) -> Result<AgreementPublicKey, JwkError> {
    Ok(AgreementPublicKey::from_coordinates(&bytes(members, "x")?, &bytes(members, "y")?)?)
}

/// `{"kty","crv","x","y"}`.
pub(crate) fn coordinates(key: &AgreementPublicKey) -> Map<String, Value> {
    let (x, y) = key.coordinates();
    match json!({ "kty": "EC", "crv": "P-256", "x": base64url::encode(&x), "y": base64url::encode(&y) }) {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use portage_keys::{AgreementKey, OsEntropy};

    use super::*;
    use crate::read_jwk_set;

    #[test]
    fn what_is_written_reads_back_and_signs_nothing() {
        let jwk = EncryptionJwk::new(AgreementKey::generate(&OsEntropy).public_key(), "k");
        let value = jwk.to_value();
        assert_eq!(EncryptionJwk::from_value(&value), Ok(jwk.clone()));
        let set = json!({ "keys": [{ "kty": "RSA" }, 1, value] });
        assert_eq!(read_encryption_jwk_set(&set), Ok(vec![jwk]));
        assert_eq!(read_jwk_set(&set), Ok(Vec::new()), "not a key to verify with");
        assert!(read_encryption_jwk_set(&json!([])).is_err());
    }

    #[test]
    fn another_use_algorithm_curve_or_a_private_member_is_no_such_key() {
        let sound = EncryptionJwk::new(AgreementKey::generate(&OsEntropy).public_key(), "k").to_value();
        for (name, value) in [
            ("alg", json!("ES256")),
            ("alg", json!("ECDH-ES+A128KW")),
            ("alg", Value::Null),
            ("use", json!("sig")),
            ("crv", json!("P-384")),
            ("kty", json!("OKP")),
            ("d", json!("AA")),
            ("x", json!("AA")),
            ("y", sound["x"].clone()),
        ] {
            let mut jwk = sound.clone();
            jwk[name] = value;
            assert!(EncryptionJwk::from_value(&jwk).is_err(), "{name}");
        }
        let mut without_use = sound;
        without_use.as_object_mut().unwrap().remove("use");
        assert!(EncryptionJwk::from_value(&without_use).is_ok());
    }
}
