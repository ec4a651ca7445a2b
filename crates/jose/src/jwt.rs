use jiff::Timestamp;
use portage_keys::{Algorithm, Signer, SigningFailure, VerificationKey};
use portage_reason::Reason;
use serde_json::{Map, Value};

/// The protected header of a JWS: the members we read by name, and all of them.
#[derive(Debug, Clone, PartialEq)]
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

/// Why a token was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Not a compact JWS of JSON header and JSON object payload; `crit`; `b64`; non-canonical base64url.
    #[error("not a JWT: {0}")]
    Malformed(&'static str),
    /// Over the limit.
    #[error("the token is over the limit")]
    TooLarge,
    /// `alg` is not the key's algorithm, or not on the list at all.
    #[error("an algorithm that is not allowed here")]
    AlgNotAllowed,
    /// `typ` is not the one expected.
    #[error("another kind of token was expected")]
    TypeMismatch,
    /// The signature does not fit.
    #[error("the signature does not fit the bytes and the key")]
    SignatureInvalid,
}

impl JwtError {
    /// The reason of the same meaning.
    pub fn reason(&self) -> Reason {
        match self {
            JwtError::Malformed(_) => Reason::Malformed,
            JwtError::TooLarge => Reason::TooLarge,
            JwtError::AlgNotAllowed => Reason::AlgNotAllowed,
            JwtError::TypeMismatch => Reason::TypeMismatch,
            JwtError::SignatureInvalid => Reason::SignatureInvalid,
        }
    }
}

/// A compact JWS as it arrived, parsed and nothing more.
#[derive(Debug, Clone)]
pub struct UnverifiedJwt {
    header: Header,
    claims: Map<String, Value>,
    signing_input: String,
    signature: Vec<u8>,
}

impl UnverifiedJwt {
    /// Parses a compact JWS. An `alg` that is not on the list of `portage_keys` at all (`none`, a MAC) is refused here, before
    /// any key is looked for.
    ///
    /// # Errors
    /// [`JwtError::Malformed`], [`JwtError::TooLarge`], [`JwtError::AlgNotAllowed`].
    pub fn parse(compact: &str) -> Result<Self, JwtError> {
        let _ = compact;
        todo!()
    }

    /// The header, not yet verified: good for finding a key, for nothing else.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The algorithm the header names.
    pub fn algorithm(&self) -> Algorithm {
        todo!()
    }

    /// The claims, not yet verified: good for finding a key, for nothing else.
    pub fn unverified_claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Checks `typ` (one of `expected_typ`, compared without a leading `application/`, ASCII case-insensitively), `alg` against the
    /// key, and the signature.
    ///
    /// # Errors
    /// [`JwtError::TypeMismatch`], [`JwtError::AlgNotAllowed`], [`JwtError::SignatureInvalid`], in this order.
    pub fn verify(self, key: &VerificationKey, expected_typ: &[&str]) -> Result<VerifiedJwt, JwtError> {
        let _ = (key, expected_typ, &self.signing_input, &self.signature);
        todo!()
    }
}

/// A token whose signature was verified with a key the caller chose.
#[derive(Debug, Clone)]
pub struct VerifiedJwt {
    header: Header,
    claims: Map<String, Value>,
}

impl VerifiedJwt {
    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The claims.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// A string claim.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A NumericDate claim (`iat`, `nbf`, `exp`): absent is `None`; there but not an integer from 0 to 2^53-1 (or a finite
    /// number with a fraction) is malformed, never absent.
    ///
    /// # Errors
    /// [`JwtError::Malformed`].
    pub fn date(&self, name: &'static str) -> Result<Option<NumericDate>, JwtError> {
        NumericDate::from_claim(&self.claims, name)
    }
}

/// Seconds since 1970 (RFC 7519 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumericDate(pub Timestamp);

impl NumericDate {
    /// Reads a member as described at [`VerifiedJwt::date`].
    ///
    /// # Errors
    /// [`JwtError::Malformed`].
    pub fn from_claim(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Self>, JwtError> {
        let _ = (claims, name);
        todo!()
    }
}

/// Signs claims: compact JWS, `alg` from the signer.
///
/// # Errors
/// [`SigningFailure`].
pub fn sign(
    header: Header,
    claims: &Map<String, Value>,
    signer: &dyn Signer,
) -> Result<String, SigningFailure> {
    let _ = (header, claims, signer);
    todo!()
}
