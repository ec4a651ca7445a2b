//! Credentials and presentations that the Digital Bazaar libraries signed, sound and changed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found by failing"
)]

mod shared;

use portage_catalog::Contexts;
use portage_data_integrity::{ProofError, UnverifiedProof, canonicalize_quads};
use portage_keys::{
    digest::{HashAlgorithm, sha256},
    multibase,
};
use portage_reason::Reason;
use portage_ssi_engine::{JsonLdError, Reader};
use serde_json::{Map, Value, json};

fn verify_all(document: &Map<String, Value>, contexts: &Contexts) -> Result<(), ProofError> {
    for proof in UnverifiedProof::read_all(document)? {
        let key = shared::key_of(&proof.verification_method);
        proof.verify(document, &key, contexts)?;
    }
    Ok(())
}

fn has_inline_context(document: &Map<String, Value>) -> bool {
    document["@context"].as_array().is_some_and(|contexts| contexts.iter().any(Value::is_object))
}

#[test]
fn sound_credentials_verify_changed_ones_do_not_and_inline_contexts_are_not_allowed() {
    let Some(vectors) = shared::vectors("") else { return };
    let contexts = shared::contexts_with_examples(&vectors);
    let cases = shared::strict_json(&vectors.join("own/data-integrity-signed/credentials.json"));
    let (mut sound, mut changed, mut inline) = (0, 0, 0);
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let document = case["document"].as_object().unwrap();
        let result = verify_all(document, &contexts);
        if has_inline_context(document) {
            let reason = result.unwrap_err().reason();
            assert!(reason == Reason::ContextNotAllowed || case["verified"] == false, "{name}: {reason}");
            inline += 1;
        } else if case["verified"] == true {
            result.unwrap_or_else(|error| panic!("{name}: {error}"));
            sound += 1;
        } else {
            assert!(result.is_err(), "{name}");
            println!("{name}: {}", result.unwrap_err().reason());
            changed += 1;
        }
    }
    println!("{sound} sound, {changed} changed, {inline} with an inline context");
    assert_eq!((sound, changed, inline), (3, 24, 16));
}

/// The product refuses an inline context; the engine behind it reads one as the signer did. The signer wrote a value twice, and its signature
/// fits the document that has it once: what RDF cannot tell apart is refused.
#[test]
fn with_its_inline_context_admitted_and_each_value_once_the_signature_fits() {
    let Some(vectors) = shared::vectors("") else { return };
    let contexts = Contexts::bundled();
    let cases = shared::strict_json(&vectors.join("own/data-integrity-signed/credentials.json"));
    let case = cases.as_array().unwrap().iter().find(|case| case["name"] == "doc2-eddsa-rdfc-2022").unwrap();
    let mut document = case["document"].as_object().unwrap().clone();
    let mut proof = document.remove("proof").unwrap();
    let proof_value = proof.as_object_mut().unwrap().remove("proofValue").unwrap();
    proof["@context"] = document["@context"].clone();
    let quads = |value: &Value| Reader::new(&|url| contexts.document(url)).to_rdf(value, 1000);
    let hash = |value: &Value| {
        sha256(canonicalize_quads(&quads(value).unwrap(), HashAlgorithm::Sha256).unwrap().nquads.as_bytes())
    };
    assert_eq!(document["credentialSubject"]["bracket"], json!(["A", "B", "A"]));
    let error = quads(&Value::Object(document.clone())).unwrap_err();
    assert!(matches!(error, JsonLdError::DataLoss(_)), "{error:?}");
    document["credentialSubject"]["bracket"] = json!(["A", "B"]);
    let signed = [hash(&proof), hash(&Value::Object(document))].concat();
    let signature = multibase::decode_base58btc(proof_value.as_str().unwrap()).unwrap();
    shared::key_of(proof["verificationMethod"].as_str().unwrap()).verify(&signed, &signature).unwrap();
}

#[test]
fn presentations_verify_and_their_challenge_and_domain_are_told() {
    let Some(vectors) = shared::vectors("") else { return };
    let contexts = shared::contexts_with_examples(&vectors);
    let cases = shared::strict_json(&vectors.join("own/data-integrity-signed/presentations.json"));
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let document = case["document"].as_object().unwrap();
        let [proof] = UnverifiedProof::read_all(document).unwrap().try_into().unwrap();
        let inner = document["verifiableCredential"].as_array().unwrap();
        let inner =
            inner.iter().all(|credential| verify_all(credential.as_object().unwrap(), &contexts).is_ok());
        let key = shared::key_of(&proof.verification_method);
        let holds = proof.clone().verify(document, &key, &contexts).is_ok()
            && proof.challenge.as_deref() == case["challenge"].as_str()
            && proof.domain.iter().any(|domain| Some(domain.as_str()) == case["domain"].as_str());
        assert_eq!(holds && inner, case["verified"] == true, "{name}");
    }
}
