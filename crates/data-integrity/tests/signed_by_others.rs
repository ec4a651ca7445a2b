//! A credential that the Digital Bazaar libraries signed, with the inline context that the product refuses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found by failing"
)]

mod shared;

use portage_catalog::Contexts;
use portage_data_integrity::canonicalize_quads;
use portage_keys::{
    digest::{HashAlgorithm, sha256},
    multibase,
};
use portage_ssi_engine::{JsonLdError, Reader};
use serde_json::{Value, json};

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
