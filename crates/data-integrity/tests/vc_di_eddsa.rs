//! The worked examples of the W3C's EdDSA cryptosuites: canonical forms, hashes, signatures, proof sets.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found by failing"
)]

mod shared;

use std::path::Path;

use portage_data_integrity::{
    Cryptosuite, ProofError, ProofOptions, UnverifiedProof, add_proof, canonicalize,
};
use portage_keys::digest::sha256;
use serde_json::{Map, Value};

fn object(path: &Path) -> Map<String, Value> {
    shared::json(path).as_object().unwrap().clone()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn eddsa_rdfc_2022_canonical_forms_and_hashes_are_those_printed() {
    let Some(vectors) = shared::vectors("") else { return };
    let folder = vectors.join("vc-di-eddsa");
    let contexts = shared::contexts_with_examples(&vectors);
    let document = object(&folder.join("unsigned.json"));
    let config = object(&folder.join("eddsa-rdfc-2022/proofConfigDataInt.json"));
    for (input, canon, hash) in [
        (document, "canonDocDataInt.txt", "docHashDataInt.txt"),
        (config, "proofCanonDataInt.txt", "proofHashDataInt.txt"),
    ] {
        let quads = canonicalize(&input, &contexts).unwrap().nquads;
        assert_eq!(quads, shared::text(&folder.join("eddsa-rdfc-2022").join(canon)));
        let printed = shared::text(&folder.join("eddsa-rdfc-2022").join(hash));
        assert_eq!(hex(&sha256(quads.as_bytes())), printed.trim());
    }
}

#[test]
fn signing_again_gives_the_signatures_printed_and_they_verify() {
    let Some(vectors) = shared::vectors("") else { return };
    let folder = vectors.join("vc-di-eddsa");
    let contexts = shared::contexts_with_examples(&vectors);
    let pair = shared::json(&folder.join("keyPair.json"));
    let key = shared::signing_key(pair["privateKeyMultibase"].as_str().unwrap());
    for (cryptosuite, unsigned, signed) in [
        (Cryptosuite::EddsaRdfc2022, "unsigned.json", "eddsa-rdfc-2022/signedDataInt.json"),
        (Cryptosuite::EddsaJcs2022, "unsigned.json", "eddsa-jcs-2022/signedJCS.json"),
    ] {
        let signed = object(&folder.join(signed));
        let [proof] = UnverifiedProof::read_all(&signed).unwrap().try_into().unwrap();
        let method = proof.verification_method.clone();
        let options = ProofOptions {
            cryptosuite,
            verification_method: &method,
            proof_purpose: "assertionMethod",
            created: proof.created,
            expires: None,
            domain: None,
            challenge: None,
        };
        let ours = add_proof(&object(&folder.join(unsigned)), &options, &key, &contexts).unwrap();
        assert_eq!(Value::Object(ours), Value::Object(signed.clone()));
        proof.verify(&signed, &shared::key_of(&method), &contexts).unwrap();
    }
}

#[test]
fn every_proof_of_a_set_verifies_and_a_chain_is_refused() {
    let Some(vectors) = shared::vectors("") else { return };
    let folder = vectors.join("vc-di-eddsa/proof-set-chain");
    let contexts = shared::contexts_with_examples(&vectors);
    for (file, count) in [("signedProofSet1.json", 1), ("signedProofSet2.json", 2)] {
        let document = object(&folder.join(file));
        let proofs = UnverifiedProof::read_all(&document).unwrap();
        assert_eq!(proofs.len(), count, "{file}");
        for proof in proofs {
            let key = shared::key_of(&proof.verification_method);
            proof.verify(&document, &key, &contexts).unwrap();
        }
    }
    let mut chain = object(&folder.join("signedProofSet2.json"));
    chain["proof"][1]["previousProof"] = chain["proof"][0]["id"].clone();
    assert_eq!(
        UnverifiedProof::read_all(&chain).unwrap_err(),
        ProofError::Malformed("previousProof is not supported")
    );
}
