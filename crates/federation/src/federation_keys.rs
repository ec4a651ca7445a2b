use std::collections::BTreeSet;

use portage_jose::Jwk;
use portage_keys::VerificationKey;
use serde_json::{Value, json};

/// `jwks`: the keys an entity signs its statements with, each under its `kid` (§3.1.1).
///
/// A key of a kind that is not supported stands beside the others without harm; it verifies nothing and is not written again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FederationKeys(Vec<Jwk>);

impl FederationKeys {
    /// The keys, each under its RFC 7638 thumbprint, as §3.1.1 recommends.
    pub fn of(keys: impl IntoIterator<Item = VerificationKey>) -> Self {
        let named = |key| {
            let jwk = Jwk::from_key(key);
            let kid = jwk.thumbprint();
            jwk.with_kid(kid)
        };
        FederationKeys(keys.into_iter().map(named).collect())
    }

    /// Reads a JWK Set in which every key has a `kid` of its own.
    ///
    /// # Errors
    /// What is wrong.
    pub fn from_value(value: &Value) -> Result<Self, &'static str> {
        let keys = value.get("keys").and_then(Value::as_array).ok_or("jwks is not a JWK Set")?;
        let mut kids = BTreeSet::new();
        for key in keys {
            let kid = key.get("kid").and_then(Value::as_str).filter(|kid| !kid.is_empty());
            if !kids.insert(kid.ok_or("a key of jwks has no kid")?) {
                return Err("two keys of jwks have one kid");
            }
        }
        Ok(FederationKeys(keys.iter().filter_map(|key| Jwk::from_value(key).ok()).collect()))
    }

    /// The JWK Set.
    pub fn to_value(&self) -> Value {
        json!({ "keys": self.0.iter().map(Jwk::to_value).collect::<Vec<_>>() })
    }

    /// The key under this `kid`.
    pub fn key(&self, kid: &str) -> Option<&VerificationKey> {
        self.0.iter().find(|jwk| jwk.kid() == Some(kid)).map(Jwk::key)
    }

    /// The `kid` of this key.
    pub fn kid_of(&self, key: &VerificationKey) -> Option<&str> {
        self.0.iter().find(|jwk| jwk.key() == key)?.kid()
    }

    /// The keys that can be used.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Jwk> {
        self.0.iter()
    }

    /// Whether there is none that can be used.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use portage_keys::{Algorithm, Signer, SigningKey};

    use super::*;

    #[test]
    fn every_key_has_a_kid_of_its_own_and_an_unusable_one_harms_none() {
        let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[7; 32]).unwrap();
        let keys = FederationKeys::of([key.verification_key().clone()]);
        let set = keys.to_value();
        let kid = keys.kid_of(key.verification_key()).unwrap().to_owned();
        assert_eq!(FederationKeys::from_value(&set).as_ref(), Ok(&keys));
        assert_eq!(keys.key(&kid), Some(key.verification_key()));
        assert_eq!(keys.key("other"), None);

        let with = |more: Value| json!({ "keys": [set["keys"][0], more] });
        let beside = FederationKeys::from_value(&with(json!({"kty": "RSA", "kid": "r"})));
        assert_eq!(beside.as_ref(), Ok(&keys));
        for refused in
            [with(json!({"kty": "RSA", "kid": kid})), with(json!({"kty": "RSA"})), json!({}), json!([])]
        {
            assert!(FederationKeys::from_value(&refused).is_err(), "{refused}");
        }
    }
}
