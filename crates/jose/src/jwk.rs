use portage_keys::{SigningKey, VerificationKey};
use portage_reason::Reason;
use serde_json::Value;
use zeroize::Zeroizing;

/// A public JWK: `OKP`/`Ed25519` or `EC`/`P-256`.
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

impl Jwk {
    /// Reads a public JWK (RFC 7517, RFC 8037). Private members (`d`, `p`, `q`, `k`, …) are refused; unknown members are ignored;
    /// `alg` and `use`, if there, must fit the key and signatures.
    ///
    /// # Errors
    /// [`JwkError`].
    pub fn from_value(value: &Value) -> Result<Self, JwkError> {
        let _ = value;
        todo!()
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
        todo!()
    }

    /// RFC 7638 thumbprint, SHA-256, base64url.
    pub fn thumbprint(&self) -> String {
        todo!()
    }
}

/// The private JWK of a key as JSON text, for a key file with mode 0600.
pub fn private_jwk(key: &SigningKey) -> Zeroizing<String> {
    let _ = key;
    todo!()
}

/// Reads a private JWK; the public members must belong to `d`.
///
/// # Errors
/// [`JwkError`].
pub fn signing_key_from_private_jwk(text: &str) -> Result<SigningKey, JwkError> {
    let _ = text;
    todo!()
}
