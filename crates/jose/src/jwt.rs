use portage_keys::{Algorithm, Signer, SigningFailure, VerificationKey};
use portage_reason::Reason;
use portage_strict_json::Limits;
use serde_json::{Map, Value};

use crate::{
    Header, NumericDate,
    jws::{self, CompactJws},
};

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

/// A compact JWS as it arrived, parsed and nothing more. `Debug` shows no claim.
#[derive(Clone)]
pub struct UnverifiedJwt {
    jws: CompactJws,
    claims: Map<String, Value>,
}

impl UnverifiedJwt {
    /// Parses a compact JWS of at most 512 KiB. An `alg` that is not on the list of `portage_keys` at all (`none`, a MAC) is refused
    /// here, before any key is looked for.
    ///
    /// # Errors
    /// [`JwtError::Malformed`], [`JwtError::TooLarge`], [`JwtError::AlgNotAllowed`].
    pub fn parse(compact: &str) -> Result<Self, JwtError> {
        Self::parse_within(compact, Limits::PRESENTATION)
    }

    /// As [`UnverifiedJwt::parse`], for tokens that have another limit: a status list.
    ///
    /// # Errors
    /// As [`UnverifiedJwt::parse`].
    pub fn parse_within(compact: &str, limits: Limits) -> Result<Self, JwtError> {
        let mut jws = CompactJws::parse(compact, limits)?;
        let payload = std::mem::take(&mut jws.payload);
        let claims = jws::parse_members(&payload, limits, "the payload is not a JSON object")?;
        Ok(UnverifiedJwt { jws, claims })
    }

    /// The header, not yet verified: good for finding a key, for nothing else.
    pub fn header(&self) -> &Header {
        &self.jws.header
    }

    /// The algorithm the header names.
    pub fn algorithm(&self) -> Algorithm {
        self.jws.algorithm()
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
        if !self.header().typ_is_one_of(expected_typ) {
            return Err(JwtError::TypeMismatch);
        }
        self.verify_signature(key)
    }

    /// As [`UnverifiedJwt::verify`], for a kind of token whose specification is older than its `typ`: a header without one is taken, too.
    ///
    /// # Errors
    /// As [`UnverifiedJwt::verify`].
    pub fn verify_with_optional_typ(
        self,
        key: &VerificationKey,
        expected_typ: &[&str],
    ) -> Result<VerifiedJwt, JwtError> {
        match self.header().typ() {
            Some(_) => self.verify(key, expected_typ),
            None => self.verify_signature(key),
        }
    }

    fn verify_signature(self, key: &VerificationKey) -> Result<VerifiedJwt, JwtError> {
        self.jws.verify(key)?;
        Ok(VerifiedJwt { header: self.jws.header, claims: self.claims })
    }
}

/// A token whose signature was verified with a key the caller chose. `Debug` shows no claim.
#[derive(Clone)]
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

    /// The claims, to keep.
    pub fn into_claims(self) -> Map<String, Value> {
        self.claims
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

/// Signs claims: compact JWS, `alg` from the signer.
///
/// # Errors
/// [`SigningFailure`].
pub fn sign(
    header: Header,
    claims: &Map<String, Value>,
    signer: &dyn Signer,
) -> Result<String, SigningFailure> {
    let payload = serde_json::to_vec(claims).map_err(|_| SigningFailure)?;
    jws::sign(header, &payload, signer)
}

impl std::fmt::Debug for UnverifiedJwt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedJwt").field("header", self.header()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for VerifiedJwt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedJwt").field("header", &self.header).finish_non_exhaustive()
    }
}
