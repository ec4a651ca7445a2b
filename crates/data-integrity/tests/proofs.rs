//! What a proof must be, and that it covers every member of the document and of itself.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found by failing"
)]

use jiff::Timestamp;
use portage_catalog::{Catalog, Contexts};
use portage_data_integrity::{
    CanonicalizeError, Cryptosuite, ProofError, ProofOptions, UnverifiedProof, add_proof, canonicalize,
    expanded_types,
};
use portage_keys::{Algorithm, Signer, SigningKey, multibase};
use portage_reason::Reason;
use serde_json::{Map, Value, json};

const SUITES: [Cryptosuite; 2] = [Cryptosuite::EddsaRdfc2022, Cryptosuite::EddsaJcs2022];
const METHOD: &str = "did:example:city#key-1";

fn key(algorithm: Algorithm) -> SigningKey {
    SigningKey::from_secret_bytes(algorithm, &[9; 32]).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn options(cryptosuite: Cryptosuite) -> ProofOptions<'static> {
    ProofOptions {
        cryptosuite,
        verification_method: METHOD,
        proof_purpose: "authentication",
        created: Some(at("2026-01-01T00:00:00.9Z")),
        expires: Some(at("2026-01-02T00:00:00Z")),
        domain: Some("decentralized_identifier:did:web:market.example"),
        challenge: Some("n-0S6_WzA2Mj"),
    }
}

/// A credential of that type with its example claims.
fn credential(type_id: &str) -> Map<String, Value> {
    let catalog = Catalog::bundled();
    let ty = catalog.credential_type(type_id).unwrap();
    let mut subject = ty.example.clone();
    subject.insert("id".into(), "did:example:somebody".into());
    let credential = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", ty.context_url],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", ty.vc_type],
        "issuer": "did:example:city",
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": subject,
    });
    credential.as_object().unwrap().clone()
}

fn secured(cryptosuite: Cryptosuite) -> Map<String, Value> {
    let key = key(Algorithm::EdDsa);
    add_proof(&credential("business-licence"), &options(cryptosuite), &key, &Contexts::bundled()).unwrap()
}

fn verify(document: &Map<String, Value>) -> Result<Vec<UnverifiedProof>, ProofError> {
    let key = key(Algorithm::EdDsa);
    UnverifiedProof::read_all(document)?
        .into_iter()
        .map(|proof| {
            Ok(proof.verify(document, key.verification_key(), &Contexts::bundled())?.proof().clone())
        })
        .collect()
}

#[test]
fn what_was_signed_is_read_back() {
    for cryptosuite in SUITES {
        let [proof] = verify(&secured(cryptosuite)).unwrap().try_into().unwrap();
        assert_eq!(proof.cryptosuite, cryptosuite);
        assert_eq!(proof.verification_method, METHOD);
        assert_eq!(proof.proof_purpose, "authentication");
        assert_eq!(proof.created, Some(at("2026-01-01T00:00:00Z")));
        assert_eq!(proof.expires, Some(at("2026-01-02T00:00:00Z")));
        assert_eq!(proof.domain, ["decentralized_identifier:did:web:market.example"]);
        assert_eq!(proof.challenge.as_deref(), Some("n-0S6_WzA2Mj"));
    }
}

/// Every type of the box: its context names every claim, and its type's IRI is the one the catalogue tells.
#[test]
fn every_credential_type_of_the_box_can_be_signed_whole() {
    let catalog = Catalog::bundled();
    let contexts = Contexts::bundled();
    let mut types = 0;
    for ty in catalog.types() {
        let credential = credential(&ty.id);
        for cryptosuite in SUITES {
            add_proof(&credential, &options(cryptosuite), &key(Algorithm::EdDsa), &contexts)
                .unwrap_or_else(|error| panic!("{}: {error}", ty.id));
        }
        assert!(expanded_types(&credential, &contexts).unwrap().contains(&ty.type_iri), "{}", ty.id);
        let whole = canonicalize(&credential, &contexts).unwrap().nquads;
        for claim in ty.example.keys() {
            let mut without = credential.clone();
            without["credentialSubject"].as_object_mut().unwrap().remove(claim);
            assert_ne!(canonicalize(&without, &contexts).unwrap().nquads, whole, "{} {claim}", ty.id);
        }
        types += 1;
    }
    assert!(types >= 9);
}

/// The JSON Pointers of every value in `value`.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| pointers(item, &format!("{at}/{n}"), found));
        }
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            pointers(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
}

/// One change of the value there, or none where no change makes sense.
fn changed(value: &Value) -> Value {
    match value {
        Value::String(text) => format!("{text}x").into(),
        Value::Number(number) => (number.as_f64().unwrap() + 1.0).into(),
        Value::Bool(truth) => (!truth).into(),
        Value::Null => 1.into(),
        Value::Array(items) => items.iter().skip(1).cloned().collect(),
        Value::Object(members) => members.clone().into_iter().skip(1).collect::<Map<_, _>>().into(),
    }
}

#[test]
fn no_value_can_be_changed_and_none_taken_away_or_added() {
    for cryptosuite in SUITES {
        let sound = secured(cryptosuite);
        assert!(verify(&sound).is_ok());
        let whole = Value::Object(sound);
        let mut places = Vec::new();
        pointers(&whole, "", &mut places);
        let mut tried = 0;
        for place in &places {
            let mut document = whole.clone();
            let value = document.pointer_mut(place).unwrap();
            *value = changed(value);
            assert!(verify(document.as_object().unwrap()).is_err(), "{place} changed");
            for added in [json!(null), json!("x"), json!([]), json!({}), json!({ "name": "x" })] {
                let mut document = whole.clone();
                match document.pointer_mut(place).unwrap() {
                    Value::Object(members) => drop(members.insert("name".into(), added.clone())),
                    Value::Array(items) => items.push(added.clone()),
                    _ => continue,
                }
                assert!(verify(document.as_object().unwrap()).is_err(), "{place}: {added} added");
                tried += 1;
            }
            tried += 1;
        }
        assert!(tried > 50, "{tried}");
    }
}

fn with_proof(change: impl FnOnce(&mut Value)) -> Map<String, Value> {
    let mut document = secured(Cryptosuite::EddsaRdfc2022);
    change(&mut document["proof"]);
    document
}

fn reason(document: &Map<String, Value>) -> Reason {
    verify(document).unwrap_err().reason()
}

#[test]
fn a_document_without_a_proof_has_none() {
    assert_eq!(reason(&credential("person")), Reason::ProofMissing);
    assert_eq!(reason(&with_proof(|proof| *proof = json!([]))), Reason::ProofMissing);
}

#[test]
fn a_proof_of_the_wrong_shape_is_malformed() {
    let signature = [7_u8; 64];
    for (member, value) in [
        ("proofValue", json!(multibase::encode_base64url(&signature))),
        ("proofValue", json!(multibase::encode_base58btc(&signature[..63]))),
        ("proofValue", json!(multibase::encode_base58btc(&[7; 65]))),
        ("proofValue", json!(format!("z{}", "1".repeat(100_000)))),
        ("proofValue", json!("z0OIl")),
        ("proofValue", json!("")),
        ("proofValue", json!(null)),
        ("proofValue", json!(5)),
        ("type", json!(["DataIntegrityProof"])),
        ("cryptosuite", json!(null)),
        ("verificationMethod", json!("key-1")),
        ("verificationMethod", json!({ "id": METHOD })),
        ("proofPurpose", json!(["authentication"])),
        ("created", json!("2026-01-01T00:00:00")),
        ("created", json!("2026-01-01")),
        ("created", json!(1_767_225_600)),
        ("expires", json!("soon")),
        ("expires", json!(null)),
        ("domain", json!(5)),
        ("domain", json!(["market.example", 5])),
        ("challenge", json!(["n"])),
        ("previousProof", json!("urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544")),
    ] {
        let document = with_proof(|proof| proof[member] = value.clone());
        assert_eq!(reason(&document), Reason::Malformed, "{member}: {value}");
    }
    for member in ["type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"] {
        let document = with_proof(|proof| drop(proof.as_object_mut().unwrap().remove(member)));
        assert_eq!(reason(&document), Reason::Malformed, "{member}");
    }
    assert_eq!(reason(&with_proof(|proof| *proof = json!("proof"))), Reason::Malformed);
    assert_eq!(reason(&with_proof(|proof| *proof = json!([[]]))), Reason::Malformed);
    let nine = with_proof(|proof| *proof = Value::Array(vec![proof.clone(); 9]));
    assert_eq!(reason(&nine), Reason::Malformed);
    let eight = with_proof(|proof| *proof = Value::Array(vec![proof.clone(); 8]));
    assert_eq!(verify(&eight).unwrap().len(), 8);
}

#[test]
fn suites_types_and_keys_that_are_not_on_the_list_are_not_allowed() {
    for (member, value) in [
        ("type", "Ed25519Signature2020"),
        ("cryptosuite", "EDDSA-RDFC-2022"),
        ("cryptosuite", "eddsa-2022"),
        ("cryptosuite", "ecdsa-rdfc-2019"),
        ("cryptosuite", ""),
    ] {
        let document = with_proof(|proof| proof[member] = value.into());
        assert_eq!(reason(&document), Reason::AlgNotAllowed, "{member}: {value}");
    }
    let document = secured(Cryptosuite::EddsaRdfc2022);
    let [proof] = UnverifiedProof::read_all(&document).unwrap().try_into().unwrap();
    let other = key(Algorithm::Es256);
    let contexts = Contexts::bundled();
    let error = proof.verify(&document, other.verification_key(), &contexts).unwrap_err();
    assert_eq!(error, ProofError::AlgNotAllowed);
    let options = options(Cryptosuite::EddsaRdfc2022);
    assert_eq!(add_proof(&credential("person"), &options, &other, &contexts), Err(ProofError::AlgNotAllowed));
}

#[test]
fn a_second_proof_stands_beside_the_first() {
    let contexts = Contexts::bundled();
    let key = key(Algorithm::EdDsa);
    let mut document = secured(Cryptosuite::EddsaRdfc2022);
    for count in [2, 3] {
        document = add_proof(&document, &options(Cryptosuite::EddsaJcs2022), &key, &contexts).unwrap();
        assert_eq!(verify(&document).unwrap().len(), count);
    }
}

/// EdDSA cryptosuites §3.3.2: the document's contexts begin with the proof's.
#[test]
fn in_the_jcs_suite_contexts_behind_the_signed_ones_must_be_known_too() {
    let sound = secured(Cryptosuite::EddsaJcs2022);
    let status = "https://www.w3.org/ns/credentials/status/v1";
    let mut behind = sound.clone();
    behind["@context"].as_array_mut().unwrap().push(status.into());
    assert!(verify(&behind).is_ok(), "a known context behind the signed ones");
    let refuse = |change: fn(&mut Value)| {
        let mut document = sound.clone();
        change(&mut document["@context"]);
        verify(&document).unwrap_err()
    };
    let not_allowed = ProofError::Canonicalize(CanonicalizeError::ContextNotAllowed);
    assert_eq!(refuse(|context| context.as_array_mut().unwrap().push(json!({ "a": "b:c" }))), not_allowed);
    assert_eq!(
        refuse(|context| context.as_array_mut().unwrap().push("https://x.example".into())),
        not_allowed
    );
    assert_eq!(refuse(|context| context.as_array_mut().unwrap().reverse()), ProofError::ContextMismatch);
    assert_eq!(refuse(|context| drop(context.as_array_mut().unwrap().pop())), ProofError::ContextMismatch);
    let mut without = sound.clone();
    without.remove("@context");
    assert_eq!(verify(&without).unwrap_err(), ProofError::ContextMismatch);
}

#[test]
fn in_the_rdfc_suite_a_context_of_the_proof_must_be_known_although_it_has_no_effect() {
    let known = with_proof(|proof| proof["@context"] = json!("https://w3id.org/security/data-integrity/v2"));
    assert!(verify(&known).is_ok());
    for context in [json!({ "@vocab": "https://attacker.example/#" }), json!("https://unknown.example/v1")] {
        let document = with_proof(|proof| proof["@context"] = context.clone());
        assert_eq!(reason(&document), Reason::ContextNotAllowed, "{context}");
    }
}

/// A proof over plain JSON, as a DID log needs it, has no context at all.
#[test]
fn the_jcs_suite_signs_json_without_a_context() {
    let document = json!({ "versionId": "1-Qm", "state": { "id": "did:example:city" } });
    let document = document.as_object().unwrap();
    let contexts = Contexts::default();
    let signed =
        add_proof(document, &options(Cryptosuite::EddsaJcs2022), &key(Algorithm::EdDsa), &contexts).unwrap();
    assert!(signed["proof"].get("@context").is_none());
    assert!(verify(&signed).is_ok());
    let rdfc = add_proof(document, &options(Cryptosuite::EddsaRdfc2022), &key(Algorithm::EdDsa), &contexts);
    assert_eq!(rdfc, Err(ProofError::Canonicalize(CanonicalizeError::DataLoss)));
}
