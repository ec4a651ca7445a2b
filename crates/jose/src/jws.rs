//! The compact serialization of a JWS (RFC 7515 §7.1), below what makes it a JWT.

use portage_keys::{Algorithm, Signer, SigningFailure, VerificationKey, base64url};
use portage_strict_json::{JsonError, Limits, parse_object};
use serde_json::{Map, Value};

use crate::{Header, JwtError};

/// `BASE64URL(header) . BASE64URL(payload) . BASE64URL(signature)`, taken apart and not yet verified.
#[derive(Clone)]
pub(crate) struct CompactJws {
    pub(crate) header: Header,
    pub(crate) payload: Vec<u8>,
    algorithm: Algorithm,
    signing_input: String,
    signature: Vec<u8>,
}

impl CompactJws {
    pub(crate) fn parse(compact: &str, limits: Limits) -> Result<Self, JwtError> {
        if compact.len() > limits.max_bytes {
            return Err(JwtError::TooLarge);
        }
        let (signing_input, signature) =
            compact.rsplit_once('.').ok_or(JwtError::Malformed("not three parts between dots"))?;
        let (header, payload) =
            signing_input.split_once('.').ok_or(JwtError::Malformed("not three parts between dots"))?;

        let header = Header::from_members(parse_members(
            &decode(header)?,
            limits,
            "the header is not a JSON object",
        )?)?;
        let payload = decode(payload)?;
        let signature = decode(signature)?;
        let algorithm = header.alg().and_then(Algorithm::from_jose_name).ok_or(JwtError::AlgNotAllowed)?;
        Ok(CompactJws { header, payload, algorithm, signing_input: signing_input.to_owned(), signature })
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The algorithm is the key's; the header may only agree with it.
    pub(crate) fn verify(&self, key: &VerificationKey) -> Result<(), JwtError> {
        if self.algorithm != key.algorithm() {
            return Err(JwtError::AlgNotAllowed);
        }
        key.verify(self.signing_input.as_bytes(), &self.signature).map_err(|_| JwtError::SignatureInvalid)
    }
}

/// The payload of a JWS in the compact serialization, which may be any bytes, after its signature was verified with `key`.
///
/// A JWT is read with [`crate::UnverifiedJwt`], which also looks at `typ` and at the claims.
///
/// # Errors
/// [`JwtError`]: over the limit of a presentation, not three parts of canonical base64url, a header that is refused, an algorithm that is not the
/// key's, a signature that does not fit.
pub fn verify_jws(compact: &str, key: &VerificationKey) -> Result<Vec<u8>, JwtError> {
    let jws = CompactJws::parse(compact, Limits::PRESENTATION)?;
    jws.verify(key)?;
    Ok(jws.payload)
}

pub(crate) fn sign(header: Header, payload: &[u8], signer: &dyn Signer) -> Result<String, SigningFailure> {
    let header = header.with_algorithm(signer.algorithm()).to_json().map_err(|_| SigningFailure)?;
    let mut compact = base64url::encode(&header);
    compact.push('.');
    compact.push_str(&base64url::encode(payload));
    let signature = signer.sign(compact.as_bytes())?;
    compact.push('.');
    compact.push_str(&base64url::encode(&signature));
    Ok(compact)
}

/// Reads the object that a part of the token holds.
pub(crate) fn parse_members(
    json: &[u8],
    limits: Limits,
    what: &'static str,
) -> Result<Map<String, Value>, JwtError> {
    parse_object(json, limits).map_err(|error| match error {
        JsonError::TooLarge => JwtError::TooLarge,
        JsonError::Malformed { .. } => JwtError::Malformed(what),
    })
}

fn decode(part: &str) -> Result<Vec<u8>, JwtError> {
    base64url::decode(part).map_err(|_| JwtError::Malformed("not canonical base64url"))
}
