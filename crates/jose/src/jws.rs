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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Jwk, tests::vectors};

    fn verifies(compact: &str, key: &Value) -> bool {
        let jws = CompactJws::parse(compact, Limits::PRESENTATION);
        let jwk = Jwk::from_value(key);
        jws.is_ok_and(|jws| jwk.is_ok_and(|jwk| jws.verify(jwk.key()).is_ok()))
    }

    #[test]
    fn wycheproof_json_web_signatures() {
        let Some(file) = vectors("wycheproof/json_web_signature_test.json") else { return };
        let mut accepted = 0;
        for group in file["testGroups"].as_array().unwrap() {
            let key = group.get("public").unwrap_or(&Value::Null);
            let es256 = key["crv"] == "P-256";
            for test in group["tests"].as_array().unwrap() {
                let verifies = verifies(test["jws"].as_str().unwrap(), key);
                // RSA, MACs and P-521 are not on our list: none of them verifies, whatever the file says.
                assert_eq!(
                    verifies,
                    es256 && test["result"] == "valid",
                    "tcId {}: {}",
                    test["tcId"],
                    test["comment"]
                );
                accepted += usize::from(verifies);
            }
        }
        assert!(accepted > 0);
    }

    #[test]
    fn the_ed25519_example_of_rfc_8037_verifies() {
        let Some(file) = vectors("jose-cookbook/curve25519/jws.json") else { return };
        let mut key = file["input"]["key"].clone();
        let compact = file["output"]["compact"].as_str().unwrap();
        assert!(!verifies(compact, &key), "a private JWK is no public key");
        key.as_object_mut().unwrap().remove("d");
        assert!(verifies(compact, &key));
        let jws = CompactJws::parse(compact, Limits::PRESENTATION).unwrap();
        assert_eq!(jws.payload, file["input"]["payload"].as_str().unwrap().as_bytes());
    }

    #[test]
    fn the_examples_of_rfc_7520_with_other_algorithms_are_refused() {
        for name in ["4_1.rsa_v15_signature", "4_3.ecdsa_signature", "4_4.hmac-sha2_integrity_protection"] {
            let Some(file) = vectors(&format!("jose-cookbook/jws/{name}.json")) else { return };
            let compact = file["output"]["compact"].as_str().unwrap();
            assert_eq!(CompactJws::parse(compact, Limits::PRESENTATION).err(), Some(JwtError::AlgNotAllowed));
        }
    }

    #[test]
    fn v29_the_unencoded_payload_of_rfc_7797_is_refused() {
        let Some(file) = vectors("jose-cookbook/rfc7797/4.2.hmac-sha2_b64_false.json") else { return };
        let header = file["signing"]["protected_b64u"].as_str().unwrap();
        let verdict = CompactJws::parse(&format!("{header}.e30."), Limits::PRESENTATION);
        assert!(matches!(verdict, Err(JwtError::Malformed(_))));
    }
}
