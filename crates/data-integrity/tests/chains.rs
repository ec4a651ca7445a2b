//! Proof chains (Data Integrity 1.0 §4.3, §4.5): a proof signs the ones that it names, in every suite and across suites.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it found by failing")]

use portage_catalog::{Catalog, Contexts};
use portage_data_integrity::{Cryptosuite, ProofError, ProofOptions, UnverifiedProof, add_proof};
use portage_keys::{Algorithm, Signer, SigningKey};
use portage_reason::Reason;
use serde_json::{Map, Value, json};

/// Every cryptosuite with every kind of key that signs under it.
const SUITES: [(Cryptosuite, Algorithm); 6] = [
    (Cryptosuite::EddsaRdfc2022, Algorithm::EdDsa),
    (Cryptosuite::EddsaJcs2022, Algorithm::EdDsa),
    (Cryptosuite::EcdsaRdfc2019, Algorithm::Es256),
    (Cryptosuite::EcdsaRdfc2019, Algorithm::Es384),
    (Cryptosuite::EcdsaJcs2019, Algorithm::Es256),
    (Cryptosuite::EcdsaJcs2019, Algorithm::Es384),
];

const FIRST: &str = "urn:uuid:00000000-0000-4000-8000-000000000001";
const SECOND: &str = "urn:uuid:00000000-0000-4000-8000-000000000002";
const THIRD: &str = "urn:uuid:00000000-0000-4000-8000-000000000003";

fn key(algorithm: Algorithm) -> SigningKey {
    SigningKey::from_secret_bytes(algorithm, &vec![9; algorithm.secret_length()]).unwrap()
}

fn unsigned() -> Map<String, Value> {
    let catalog = Catalog::bundled();
    let card = catalog.credential_type("operator-card").unwrap();
    let credential = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", card.context_url],
        "type": ["VerifiableCredential", card.vc_type],
        "issuer": "did:example:city",
        "credentialSubject": card.example,
    });
    credential.as_object().unwrap().clone()
}

/// Adds a proof with this id over the document and the proofs named.
fn prove(
    document: &Map<String, Value>,
    (suite, algorithm): (Cryptosuite, Algorithm),
    id: Option<&str>,
    previous: &[&str],
) -> Result<Map<String, Value>, ProofError> {
    let method = format!("did:example:city#{}", algorithm.jose_name());
    let options =
        ProofOptions { id, previous_proof: previous, ..ProofOptions::new(suite, &method, "assertionMethod") };
    add_proof(document, &options, &key(algorithm), &Contexts::bundled())
}

fn verify(document: &Map<String, Value>) -> Result<(), ProofError> {
    for proof in UnverifiedProof::read_all(document)? {
        let algorithm = proof.verification_method.rsplit('#').next().and_then(Algorithm::from_jose_name);
        proof.verify(document, key(algorithm.unwrap()).verification_key(), &Contexts::bundled())?;
    }
    Ok(())
}

fn reason(document: &Map<String, Value>) -> Reason {
    verify(document).unwrap_err().reason()
}

fn changed(document: &Map<String, Value>, change: impl FnOnce(&mut Vec<Value>)) -> Map<String, Value> {
    let mut document = document.clone();
    change(document["proof"].as_array_mut().unwrap());
    document
}

/// Two beside each other, a third that follows on both, a fourth on the third.
fn chain(suites: [(Cryptosuite, Algorithm); 4]) -> Map<String, Value> {
    let document = prove(&unsigned(), suites[0], Some(FIRST), &[]).unwrap();
    let document = prove(&document, suites[1], Some(SECOND), &[]).unwrap();
    let document = prove(&document, suites[2], Some(THIRD), &[FIRST, SECOND]).unwrap();
    prove(&document, suites[3], None, &[THIRD]).unwrap()
}

#[test]
fn a_chain_holds_in_every_suite_and_nothing_in_it_can_be_left_out_or_changed() {
    for suite in SUITES {
        let sound = chain([suite; 4]);
        verify(&sound).unwrap();
        assert_eq!(sound["proof"][2]["previousProof"], json!([FIRST, SECOND]));
        assert_eq!(sound["proof"][3]["previousProof"], THIRD);

        for left_out in 0..3 {
            let cut = changed(&sound, |proofs| drop(proofs.remove(left_out)));
            assert_eq!(reason(&cut), Reason::ProofMissing, "{suite:?} {left_out}");
        }
        // The last is nobody's previous one: without it the others still hold.
        verify(&changed(&sound, |proofs| drop(proofs.pop()))).unwrap();

        for (what, forged) in [
            (
                "another instant",
                changed(&sound, |proofs| proofs[0]["created"] = "2026-01-01T00:00:00Z".into()),
            ),
            (
                "not following",
                changed(&sound, |proofs| {
                    drop(proofs[3].as_object_mut().unwrap().remove("previousProof"));
                }),
            ),
            (
                "following on one of two",
                changed(&sound, |proofs| proofs[2]["previousProof"] = json!([FIRST])),
            ),
            ("following on another", changed(&sound, |proofs| proofs[3]["previousProof"] = FIRST.into())),
            (
                "following where it did not",
                changed(&sound, |proofs| proofs[1]["previousProof"] = FIRST.into()),
            ),
            (
                "under another id",
                changed(&sound, |proofs| {
                    let other = "urn:uuid:00000000-0000-4000-8000-00000000000f";
                    proofs[2]["id"] = other.into();
                    proofs[3]["previousProof"] = other.into();
                }),
            ),
        ] {
            assert_eq!(reason(&forged), Reason::SignatureInvalid, "{suite:?} {what}");
        }
    }
}

#[test]
fn a_chain_may_go_through_every_suite() {
    for start in 0..SUITES.len() {
        let suite = |step: usize| SUITES[(start + step) % SUITES.len()];
        let sound = chain([suite(0), suite(1), suite(2), suite(3)]);
        verify(&sound).unwrap_or_else(|error| panic!("{start}: {error}"));
        let forged = changed(&sound, |proofs| proofs[1]["challenge"] = "other".into());
        assert_eq!(reason(&forged), Reason::SignatureInvalid, "{start}");
    }
}

#[test]
fn what_is_no_chain_is_refused_before_any_signature() {
    for suite in SUITES {
        let sound = chain([suite; 4]);
        for (what, change, expected) in [
            (
                "an unknown id",
                (|proofs: &mut Vec<Value>| proofs[3]["previousProof"] = "urn:uuid:none".into())
                    as fn(&mut Vec<Value>),
                Reason::ProofMissing,
            ),
            (
                "one unknown of two",
                |proofs| proofs[2]["previousProof"] = json!([FIRST, "urn:uuid:none"]),
                Reason::ProofMissing,
            ),
            ("itself", |proofs| proofs[2]["previousProof"] = THIRD.into(), Reason::Malformed),
            ("a circle", |proofs| proofs[0]["previousProof"] = THIRD.into(), Reason::Malformed),
            ("an id twice", |proofs| proofs[1]["id"] = FIRST.into(), Reason::Malformed),
            ("no id", |proofs| proofs[3]["previousProof"] = json!(["x", 1]), Reason::Malformed),
            ("an empty list", |proofs| proofs[3]["previousProof"] = json!([]), Reason::Malformed),
            ("null", |proofs| proofs[3]["previousProof"] = json!(null), Reason::Malformed),
            ("nine proofs", |proofs| proofs.extend(vec![proofs[3].clone(); 5]), Reason::Malformed),
        ] {
            let forged = changed(&sound, change);
            assert_eq!(
                UnverifiedProof::read_all(&forged).unwrap_err().reason(),
                expected,
                "{suite:?} {what}"
            );
        }
    }
}

#[test]
fn a_proof_follows_only_on_what_is_there() {
    for suite in SUITES {
        let document = prove(&unsigned(), suite, Some(FIRST), &[]).unwrap();
        let missing = prove(&document, suite, None, &[SECOND]);
        assert_eq!(missing.unwrap_err(), ProofError::PreviousProofMissing);
        let twice = prove(&document, suite, Some(FIRST), &[]);
        assert_eq!(twice.unwrap_err().reason(), Reason::Malformed);
        let mut full = document;
        for _ in 1..8 {
            full = prove(&full, suite, None, &[FIRST]).unwrap();
        }
        verify(&full).unwrap();
        assert_eq!(prove(&full, suite, None, &[FIRST]).unwrap_err().reason(), Reason::Malformed, "a ninth");
    }
}

#[test]
fn a_domain_is_one_text_or_a_list_and_is_read_as_a_set() {
    let key = key(Algorithm::Es256);
    for (domain, written) in [
        (&["market.example"][..], json!("market.example")),
        (&["market.example", "fair.example"], json!(["market.example", "fair.example"])),
    ] {
        for suite in [Cryptosuite::EcdsaRdfc2019, Cryptosuite::EcdsaJcs2019] {
            let options = ProofOptions {
                domain,
                ..ProofOptions::new(suite, "did:example:city#ES256", "authentication")
            };
            let document = add_proof(&unsigned(), &options, &key, &Contexts::bundled()).unwrap();
            assert_eq!(document["proof"]["domain"], written);
            verify(&document).unwrap();
            assert_eq!(UnverifiedProof::read_all(&document).unwrap()[0].domain, domain);
        }
    }
}
