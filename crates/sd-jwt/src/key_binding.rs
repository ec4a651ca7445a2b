//! The KB-JWT (RFC 9901 §4.3, §7.3).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use portage_jose::{Header, JwtError, UnverifiedJwt, VerifiedJwt};
use portage_keys::{Signer, SigningFailure, VerificationKey, digest::HashAlgorithm};
use serde_json::{Map, Value};

use crate::{SdJwtError, processing::digest_text};

/// `typ` of a KB-JWT.
pub const KB_JWT: &str = "kb+jwt";

/// What a KB-JWT must say.
#[derive(Clone, Copy)]
pub struct KeyBindingExpectation<'a> {
    /// `aud`: one string, the full Client Identifier.
    pub audience: &'a str,
    /// `nonce`.
    pub nonce: &'a str,
    /// The verifier's clock.
    pub now: Timestamp,
    /// Oldest `iat`: 300 s.
    pub max_age: SignedDuration,
    /// Clock leeway: 60 s.
    pub leeway: SignedDuration,
}

/// A KB-JWT that held.
#[derive(Clone)]
pub struct KeyBinding {
    /// When the holder signed.
    pub issued_at: Timestamp,
    /// All its claims (`transaction_data_hashes` later).
    pub claims: Map<String, Value>,
}

/// Shows no nonce.
impl fmt::Debug for KeyBindingExpectation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyBindingExpectation").field("now", &self.now).finish_non_exhaustive()
    }
}

/// Shows no claim.
impl fmt::Debug for KeyBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyBinding").field("issued_at", &self.issued_at).finish_non_exhaustive()
    }
}

/// Checks a KB-JWT against the holder's key. A `jwk`, `kid` or `x5c` in its header selects nothing.
pub(crate) fn verify(
    kb_jwt: UnverifiedJwt,
    holder: &VerificationKey,
    sd_hash: &str,
    expected: &KeyBindingExpectation<'_>,
) -> Result<KeyBinding, SdJwtError> {
    let kb_jwt = kb_jwt.verify(holder, &[KB_JWT]).map_err(|error| match error {
        JwtError::TypeMismatch => SdJwtError::KeyBindingType,
        JwtError::AlgNotAllowed => SdJwtError::HolderBindingInvalid("another algorithm than the key's"),
        JwtError::SignatureInvalid => SdJwtError::HolderBindingInvalid("the signature"),
        other => SdJwtError::Jwt(other),
    })?;
    if kb_jwt.string("aud") != Some(expected.audience) {
        return Err(SdJwtError::AudienceMismatch);
    }
    if kb_jwt.string("nonce") != Some(expected.nonce) {
        return Err(SdJwtError::NonceMismatch);
    }
    let issued_at = check_dates(&kb_jwt, expected)?;
    if kb_jwt.string("sd_hash") != Some(sd_hash) {
        return Err(SdJwtError::HolderBindingInvalid("`sd_hash`"));
    }
    Ok(KeyBinding { issued_at, claims: kb_jwt.claims().clone() })
}

/// `iat` inside the window; `nbf` and `exp` too where the holder gave them (§7.3 (5)(h)).
fn check_dates(kb_jwt: &VerifiedJwt, expected: &KeyBindingExpectation<'_>) -> Result<Timestamp, SdJwtError> {
    let issued_at = kb_jwt.date("iat")?.ok_or(SdJwtError::HolderBindingInvalid("no `iat`"))?.0;
    let age = expected.now.duration_since(issued_at);
    if age > expected.max_age.saturating_add(expected.leeway) {
        return Err(SdJwtError::Expired);
    }
    let ahead = |from: Timestamp| from.duration_since(expected.now) > expected.leeway;
    let over = |until: Timestamp| expected.now.duration_since(until) > expected.leeway;
    if ahead(issued_at) || kb_jwt.date("nbf")?.is_some_and(|nbf| ahead(nbf.0)) {
        return Err(SdJwtError::NotYetValid);
    }
    if kb_jwt.date("exp")?.is_some_and(|exp| over(exp.0)) {
        return Err(SdJwtError::Expired);
    }
    Ok(issued_at)
}

/// Signs a KB-JWT.
pub(crate) fn sign(
    sd_hash: String,
    audience: &str,
    nonce: &str,
    now: Timestamp,
    signer: &dyn Signer,
) -> Result<String, SigningFailure> {
    let claims = Map::from_iter([
        ("iat".to_owned(), now.as_second().into()),
        ("aud".to_owned(), audience.into()),
        ("nonce".to_owned(), nonce.into()),
        ("sd_hash".to_owned(), Value::from(sd_hash)),
    ]);
    portage_jose::sign(Header::new(KB_JWT), &claims, signer)
}

/// The digest over everything up to and including the last `~`, with the hash of `_sd_alg` (§4.3.1).
pub(crate) fn sd_hash(hash: HashAlgorithm, without_key_binding: &str) -> String {
    digest_text(hash, without_key_binding)
}
