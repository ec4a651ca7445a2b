use portage_keys::{Algorithm, KeyError, VerificationKey, base64url, digest::sha256};
use portage_reason::Reason;
use serde_json::{Map, Value};

/// A public JWK: `OKP`/`Ed25519`, `EC`/`P-256` or `EC`/`P-384`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    key: VerificationKey,
    kid: Option<String>,
}

/// Why a JWK was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Members missing, of the wrong shape, private, or a point off the curve.
    #[error("not a public JWK: {0}")]
    Malformed(&'static str),
    /// A key type, curve, `use` or `alg` that Portage does not verify with.
    #[error("a kind of key that is not supported")]
    Unsupported,
}

impl JwkError {
    /// `malformed` or `alg_not_allowed`.
    pub fn reason(&self) -> Reason {
        match self {
            JwkError::Malformed(_) => Reason::Malformed,
            JwkError::Unsupported => Reason::AlgNotAllowed,
        }
    }
}

impl From<KeyError> for JwkError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Malformed(what) => JwkError::Malformed(what),
            KeyError::Unsupported => JwkError::Unsupported,
        }
    }
}

impl Jwk {
    /// Reads a public JWK (RFC 7517, RFC 8037). Private members (`d`, `p`, `q`, `k`, …) are refused; unknown members are ignored;
    /// `alg`, `use` and `key_ops`, if there, must fit the key and signatures.
    ///
    /// # Errors
    /// [`JwkError`].
    pub fn from_value(value: &Value) -> Result<Self, JwkError> {
        let members = value.as_object().ok_or(JwkError::Malformed("not an object"))?;
        if PRIVATE_MEMBERS.iter().any(|name| members.contains_key(*name)) {
            return Err(JwkError::Malformed("a private key in the place of a public one"));
        }
        let kty = string(members, "kty")?.ok_or(JwkError::Malformed("kty is missing"))?;
        let key = match (kty, string(members, "crv")?) {
            ("OKP", Some("Ed25519")) => VerificationKey::ed25519(&bytes(members, "x")?)?,
            ("EC", Some("P-256")) => VerificationKey::p256(&bytes(members, "x")?, &bytes(members, "y")?)?,
            ("EC", Some("P-384")) => VerificationKey::p384(&bytes(members, "x")?, &bytes(members, "y")?)?,
            _ => return Err(JwkError::Unsupported),
        };
        check_use(members, key.algorithm())?;
        let kid = string(members, "kid")?.map(str::to_owned);
        Ok(Jwk { key, kid })
    }

    /// The JWK of a key, without `kid`.
    pub fn from_key(key: VerificationKey) -> Self {
        Jwk { key, kid: None }
    }

    /// With this `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// The key.
    pub fn key(&self) -> &VerificationKey {
        &self.key
    }

    /// Its `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// `{"kty","crv","x","y"?,"kid"?}`, nothing else.
    pub fn to_value(&self) -> Value {
        let members = key_members(&self.key).into_iter().map(|(name, value)| (name.to_owned(), value.into()));
        let kid = self.kid.iter().map(|kid| ("kid".to_owned(), kid.as_str().into()));
        Value::Object(members.chain(kid).collect())
    }

    /// RFC 7638 thumbprint, SHA-256, base64url.
    pub fn thumbprint(&self) -> String {
        let mut members = key_members(&self.key);
        members.sort_unstable();
        // Names and values are base64url or our own constants: nothing here needs escaping.
        let members: Vec<_> =
            members.into_iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        base64url::encode(&sha256(format!("{{{}}}", members.join(",")).as_bytes()))
    }
}

/// Reads a JWK Set (RFC 7517 §5): the keys that can be used. An entry of an unknown kind, or that is no key at all, is passed over, as §5
/// says: a usable key beside it stays usable.
///
/// # Errors
/// [`JwkError::Malformed`]: not an object with an array `keys`.
pub fn read_jwk_set(value: &Value) -> Result<Vec<Jwk>, JwkError> {
    let keys = value.get("keys").and_then(Value::as_array).ok_or(JwkError::Malformed("keys is missing"))?;
    Ok(keys.iter().filter_map(|key| Jwk::from_value(key).ok()).collect())
}

/// Members that hold a secret (RFC 7518 §6; `priv` of newer key types).
pub(crate) const PRIVATE_MEMBERS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// The members that make up the key, as JSON strings.
pub(crate) fn key_members(key: &VerificationKey) -> Vec<(&'static str, String)> {
    let (kty, crv) = match key.algorithm() {
        Algorithm::EdDsa => ("OKP", "Ed25519"),
        Algorithm::Es256 => ("EC", "P-256"),
        Algorithm::Es384 => ("EC", "P-384"),
    };
    let mut members = vec![("kty", kty.to_owned()), ("crv", crv.to_owned())];
    match key.coordinates() {
        None => members.push(("x", base64url::encode(key.as_bytes()))),
        Some((x, y)) => members.extend([("x", base64url::encode(x)), ("y", base64url::encode(y))]),
    }
    members
}

/// The key is meant for signatures, and for no other algorithm than its own.
fn check_use(members: &Map<String, Value>, algorithm: Algorithm) -> Result<(), JwkError> {
    if string(members, "alg")?.is_some_and(|alg| Algorithm::from_jose_name(alg) != Some(algorithm)) {
        return Err(JwkError::Unsupported);
    }
    if string(members, "use")?.is_some_and(|usage| usage != "sig") {
        return Err(JwkError::Unsupported);
    }
    let Some(operations) = members.get("key_ops") else { return Ok(()) };
    let operations = operations.as_array().ok_or(JwkError::Malformed("key_ops is not an array"))?;
    if operations.iter().any(|operation| operation == "verify") { Ok(()) } else { Err(JwkError::Unsupported) }
}

pub(crate) fn string<'m>(
    members: &'m Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'m str>, JwkError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwkError::Malformed("a member that is not a string")),
    }
}

pub(crate) fn bytes(members: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, JwkError> {
    let text = string(members, name)?.ok_or(JwkError::Malformed("a coordinate is missing"))?;
    base64url::decode(text).map_err(|_| JwkError::Malformed("a coordinate is not canonical base64url"))
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};
    use serde_json::json;

    use super::*;

    /// RFC 8037 appendix A.2.
    fn ed25519() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    }

    /// RFC 7517 appendix A.1.
    fn p256() -> Value {
        json!({
            "kty": "EC",
            "crv": "P-256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        })
    }

    fn p384() -> Value {
        let key = portage_keys::SigningKey::from_secret_bytes(Algorithm::Es384, &[7; 48]).unwrap();
        Jwk::from_key(portage_keys::Signer::verification_key(&key).clone()).to_value()
    }

    fn with(mut jwk: Value, name: &str, value: Value) -> Value {
        jwk[name] = value;
        jwk
    }

    #[test]
    fn a_minimal_jwk_reads_and_writes() {
        for (value, algorithm) in
            [(ed25519(), Algorithm::EdDsa), (p256(), Algorithm::Es256), (p384(), Algorithm::Es384)]
        {
            let jwk = Jwk::from_value(&value).unwrap();
            assert_eq!(jwk.key().algorithm(), algorithm);
            assert_eq!(jwk.kid(), None);
            assert_eq!(jwk.to_value(), value);
            assert_eq!(jwk.clone().with_kid("1").to_value(), with(value, "kid", "1".into()));
        }
    }

    #[test]
    fn unknown_members_and_fitting_use_are_no_reason_to_refuse() {
        for (name, value) in [
            ("alg", json!("ES256")),
            ("use", json!("sig")),
            ("key_ops", json!(["verify"])),
            ("kid", json!("a")),
            ("x5t#S256", json!("…")),
            ("iat", json!(1.5)),
            ("https://example.org/name", json!({"a": [null]})),
        ] {
            assert!(Jwk::from_value(&with(p256(), name, value)).is_ok(), "{name}");
        }
        assert!(Jwk::from_value(&with(ed25519(), "alg", "Ed25519".into())).is_ok());
    }

    #[test]
    fn a_private_member_is_malformed() {
        for name in PRIVATE_MEMBERS {
            let error = Jwk::from_value(&with(p256(), name, "AA".into())).unwrap_err();
            assert_eq!(error.reason(), Reason::Malformed, "{name}");
        }
    }

    #[test]
    fn other_kinds_and_uses_of_keys_are_not_allowed() {
        for jwk in [
            with(p256(), "alg", "ES384".into()),
            with(p256(), "alg", "EdDSA".into()),
            with(p256(), "alg", "ECDH-ES".into()),
            with(p256(), "alg", "none".into()),
            with(p256(), "use", "enc".into()),
            with(p256(), "key_ops", json!(["encrypt"])),
            with(p384(), "alg", "ES256".into()),
            with(p256(), "crv", "P-521".into()),
            with(p256(), "crv", "secp256k1".into()),
            with(p256(), "kty", "OKP".into()),
            with(ed25519(), "crv", "X25519".into()),
            with(ed25519(), "kty", "EC".into()),
            json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
            json!({"kty": "EC"}),
        ] {
            assert_eq!(Jwk::from_value(&jwk), Err(JwkError::Unsupported), "{jwk}");
        }
    }

    #[test]
    fn wrong_shapes_are_malformed() {
        let padded = format!("{}=", p256()["x"].as_str().unwrap());
        for jwk in [
            json!(null),
            json!([p256()]),
            json!({}),
            json!({"kty": "OKP", "crv": "Ed25519"}),
            with(p256(), "kty", json!(1)),
            with(p256(), "kid", json!(1)),
            with(p256(), "alg", json!(null)),
            with(p256(), "use", json!(["sig"])),
            with(p256(), "key_ops", json!("verify")),
            with(p256(), "crv", "P-384".into()),
            with(p384(), "crv", "P-256".into()),
            with(p384(), "y", p384()["x"].clone()),
            with(p256(), "x", json!(padded)),
            with(p256(), "x", json!("AA")),
            with(p256(), "y", p256()["x"].clone()),
            with(p256(), "y", json!(null)),
            with(ed25519(), "x", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ] {
            assert!(matches!(Jwk::from_value(&jwk), Err(JwkError::Malformed(_))), "{jwk}");
        }
    }

    #[test]
    fn an_unusable_key_in_a_set_hides_no_other() {
        let set = json!({"keys": [{"kty": "RSA"}, 1, with(p256(), "d", "AA".into()), p256(), ed25519()]});
        let keys = read_jwk_set(&set).unwrap();
        assert_eq!(keys.iter().map(Jwk::to_value).collect::<Vec<_>>(), [p256(), ed25519()]);
        assert_eq!(read_jwk_set(&json!({"keys": []})), Ok(Vec::new()));
        for value in [json!({}), json!([]), json!({"keys": {}})] {
            assert!(read_jwk_set(&value).is_err());
        }
    }

    #[test]
    fn the_thumbprint_of_rfc_8037_comes_out() {
        let jwk = Jwk::from_value(&ed25519()).unwrap().with_kid("ignored");
        assert_eq!(jwk.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn any_members_are_read_without_a_panic(
            members in prop::collection::vec(
                ("kty|crv|x|y|d|alg|use|kid|key_ops", "OKP|EC|Ed25519|P-256|P-384|sig|[A-Za-z0-9_-]{43}|.{0,8}"),
                0..8,
            ),
        ) {
            let members = members.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
            let _ = Jwk::from_value(&Value::Object(members));
        }
    }
}
