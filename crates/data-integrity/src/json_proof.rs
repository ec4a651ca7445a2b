//! `eddsa-jcs-2022` over JSON that nobody reads as JSON-LD: an entry of a DID log, the word of a witness.
//!
//! The same proof as everywhere (EdDSA cryptosuites §3.3), without the rule on contexts: a `@context` somewhere inside is a member like others,
//! signed and not looked up.

use jiff::Timestamp;
use portage_keys::{Algorithm, Signer, VerificationKey, digest::HashAlgorithm, multibase};
use serde_json::{Map, Value};

use crate::{
    CanonicalizeError, Cryptosuite, ProofError, ProofOptions,
    hash_data::hash_of_both,
    proof::{date, proof_config, signature},
};

/// The one suite.
const SUITE: Cryptosuite = Cryptosuite::EddsaJcs2022;

/// A proof that held, for what the caller still has to weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonProof {
    /// `created`.
    pub created: Option<Timestamp>,
    /// `expires`.
    pub expires: Option<Timestamp>,
}

/// Verifies `proof` over `document`, which is given without any proof, with the key that the caller found for its `verificationMethod`; its
/// `type`, `cryptosuite` and `proofPurpose` (`purpose`) are held, its dates are the caller's.
///
/// # Errors
/// [`ProofError`]: another type or suite is `AlgNotAllowed`.
pub fn verify_json(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    purpose: &str,
    key: &VerificationKey,
) -> Result<JsonProof, ProofError> {
    let is = |name: &str, expected: &str| proof.get(name).and_then(Value::as_str) == Some(expected);
    if !is("type", "DataIntegrityProof")
        || !is("cryptosuite", SUITE.name())
        || key.algorithm() != Algorithm::EdDsa
    {
        return Err(ProofError::AlgNotAllowed);
    }
    if !is("proofPurpose", purpose) {
        return Err(ProofError::Malformed("proofPurpose"));
    }
    if proof.contains_key("@context") || proof.contains_key("previousProof") {
        return Err(ProofError::Malformed("a member that a proof over JSON does not have"));
    }
    let held = JsonProof { created: date(proof, "created")?, expires: date(proof, "expires")? };
    let text = proof.get("proofValue").and_then(Value::as_str).ok_or(ProofError::Malformed("proofValue"))?;
    let signature = signature(SUITE, text)?;
    let mut config = proof.clone();
    config.remove("proofValue");
    key.verify(&hash_data(document, &config)?, &signature).map_err(|_| ProofError::SignatureInvalid)?;
    Ok(held)
}

/// A proof over `document`, to be put beside it: what [`verify_json`] verifies.
///
/// # Errors
/// [`ProofError`].
pub fn prove_json(
    document: &Map<String, Value>,
    verification_method: &str,
    purpose: &str,
    created: Timestamp,
    signer: &dyn Signer,
) -> Result<Map<String, Value>, ProofError> {
    if signer.algorithm() != Algorithm::EdDsa {
        return Err(ProofError::AlgNotAllowed);
    }
    let options =
        ProofOptions { created: Some(created), ..ProofOptions::new(SUITE, verification_method, purpose) };
    // The document's own `@context` is a member like others here, and not the proof's.
    let mut proof = proof_config(&Map::new(), &options);
    let signature = signer.sign(&hash_data(document, &proof)?)?;
    proof.insert("proofValue".into(), multibase::encode_base58btc(&signature).into());
    Ok(proof)
}

/// The JSON Canonicalization Scheme (RFC 8785).
///
/// # Errors
/// [`CanonicalizeError::Malformed`]: a number that has no canonical form.
pub fn canonical_json(object: &Map<String, Value>) -> Result<String, CanonicalizeError> {
    serde_json_canonicalizer::to_string(object)
        .map_err(|_| CanonicalizeError::Malformed("JSON that has no canonical form"))
}

/// EdDSA cryptosuites §3.3.4.
fn hash_data(document: &Map<String, Value>, config: &Map<String, Value>) -> Result<Vec<u8>, ProofError> {
    Ok(hash_of_both(&canonical_json(config)?, &canonical_json(document)?, HashAlgorithm::Sha256))
}

#[cfg(test)]
mod tests {
    use portage_keys::SigningKey;
    use serde_json::json;

    use super::*;

    const PURPOSE: &str = "assertionMethod";

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_proof_over_json_holds_and_each_change_of_it_does_not() {
        let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &[3; 32]).unwrap();
        let document = object(json!({"state": {"@context": ["https://unknown.example/v1"], "n": 1}}));
        let at = Timestamp::from_second(1_768_478_400).unwrap();
        let proof = prove_json(&document, "did:key:z#z", PURPOSE, at, &key).unwrap();
        let verify = |document: &Map<String, Value>, proof: &Map<String, Value>| {
            verify_json(document, proof, PURPOSE, key.verification_key())
        };
        assert_eq!(verify(&document, &proof), Ok(JsonProof { created: Some(at), expires: None }));
        let other = object(json!({"state": {"@context": ["https://unknown.example/v2"], "n": 1}}));
        assert_eq!(verify(&other, &proof), Err(ProofError::SignatureInvalid));
        for (name, value, error) in [
            ("type", json!("AnotherProof"), ProofError::AlgNotAllowed),
            ("cryptosuite", json!("another-jcs-suite"), ProofError::AlgNotAllowed),
            ("cryptosuite", json!("eddsa-rdfc-2022"), ProofError::AlgNotAllowed),
            ("proofPurpose", json!("authentication"), ProofError::Malformed("proofPurpose")),
            ("created", json!("2026-01-15T12:00:01Z"), ProofError::SignatureInvalid),
            ("created", json!("yesterday"), ProofError::Malformed("created")),
            ("nonce", json!("x"), ProofError::SignatureInvalid),
            ("proofValue", json!("z11"), ProofError::Malformed("proofValue is not a signature in base58btc")),
        ] {
            let mut changed = proof.clone();
            changed.insert(name.into(), value);
            assert_eq!(verify(&document, &changed), Err(error), "{name}");
        }
    }
}
