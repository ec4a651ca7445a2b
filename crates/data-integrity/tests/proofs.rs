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

/// Every cryptosuite with every kind of key that signs under it.
const SUITES: [(Cryptosuite, Algorithm); 6] = [
    EDDSA_RDFC,
    EDDSA_JCS,
    (Cryptosuite::EcdsaRdfc2019, Algorithm::Es256),
    (Cryptosuite::EcdsaRdfc2019, Algorithm::Es384),
    (Cryptosuite::EcdsaJcs2019, Algorithm::Es256),
    (Cryptosuite::EcdsaJcs2019, Algorithm::Es384),
];
const EDDSA_RDFC: (Cryptosuite, Algorithm) = (Cryptosuite::EddsaRdfc2022, Algorithm::EdDsa);
const EDDSA_JCS: (Cryptosuite, Algorithm) = (Cryptosuite::EddsaJcs2022, Algorithm::EdDsa);

fn key(algorithm: Algorithm) -> SigningKey {
    SigningKey::from_secret_bytes(algorithm, &vec![9; algorithm.secret_length()]).unwrap()
}

/// The DID URL of the key of an algorithm.
fn method(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::EdDsa => "did:example:city#EdDSA",
        Algorithm::Es256 => "did:example:city#ES256",
        Algorithm::Es384 => "did:example:city#ES384",
    }
}

fn key_named(method: &str) -> SigningKey {
    key(Algorithm::from_jose_name(method.rsplit('#').next().unwrap()).unwrap_or(Algorithm::EdDsa))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn options((cryptosuite, algorithm): (Cryptosuite, Algorithm)) -> ProofOptions<'static> {
    ProofOptions {
        created: Some(at("2026-01-01T00:00:00.9Z")),
        expires: Some(at("2026-01-02T00:00:00Z")),
        domain: &["decentralized_identifier:did:web:market.example"],
        challenge: Some("n-0S6_WzA2Mj"),
        ..ProofOptions::new(cryptosuite, method(algorithm), "authentication")
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

fn secured(suite: (Cryptosuite, Algorithm)) -> Map<String, Value> {
    add_proof(&credential("business-licence"), &options(suite), &key(suite.1), &Contexts::bundled()).unwrap()
}

fn verify(document: &Map<String, Value>) -> Result<Vec<UnverifiedProof>, ProofError> {
    UnverifiedProof::read_all(document)?
        .into_iter()
        .map(|proof| {
            let key = key_named(&proof.verification_method);
            Ok(proof.verify(document, key.verification_key(), &Contexts::bundled())?.proof().clone())
        })
        .collect()
}

#[test]
fn what_was_signed_is_read_back() {
    for suite in SUITES {
        let [proof] = verify(&secured(suite)).unwrap().try_into().unwrap();
        assert_eq!(proof.cryptosuite, suite.0);
        assert_eq!(proof.verification_method, method(suite.1));
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
        for suite in SUITES {
            add_proof(&credential, &options(suite), &key(suite.1), &contexts)
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
    for suite in SUITES {
        let sound = secured(suite);
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
    let mut document = secured(EDDSA_RDFC);
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
        ("verificationMethod", json!("did:example:city #EdDSA")),
        ("id", json!("proof-1")),
        ("id", json!("1:proof")),
        ("id", json!("")),
        ("verificationMethod", json!({ "id": "did:example:city#EdDSA" })),
        ("proofPurpose", json!(["authentication"])),
        ("created", json!("2026-01-01T00:00:00")),
        ("created", json!("2026-01-01")),
        ("created", json!(1_767_225_600)),
        ("expires", json!("soon")),
        ("expires", json!(null)),
        ("domain", json!(5)),
        ("domain", json!(["market.example", 5])),
        ("challenge", json!(["n"])),
        ("id", json!(["urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544"])),
        ("previousProof", json!([])),
        ("previousProof", json!({ "id": "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544" })),
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
        ("cryptosuite", "ecdsa-2019"),
        ("cryptosuite", "ecdsa-sd-2023"),
        ("cryptosuite", ""),
    ] {
        let document = with_proof(|proof| proof[member] = value.into());
        assert_eq!(reason(&document), Reason::AlgNotAllowed, "{member}: {value}");
    }
    let contexts = Contexts::bundled();
    for suite in SUITES {
        let document = secured(suite);
        let [proof] = UnverifiedProof::read_all(&document).unwrap().try_into().unwrap();
        for other in Algorithm::ALL.into_iter().filter(|other| !suite.0.takes(*other)).map(key) {
            let error = proof.clone().verify(&document, other.verification_key(), &contexts).unwrap_err();
            assert_eq!(error, ProofError::AlgNotAllowed);
            let refused = add_proof(&credential("person"), &options(suite), &other, &contexts);
            assert_eq!(refused, Err(ProofError::AlgNotAllowed));
        }
    }
}

/// Data Integrity §4.2, §4.3: strings are encoded as UTF-8, whatever they hold.
#[test]
fn text_beyond_ascii_is_signed_as_utf_8() {
    for suite in SUITES {
        let mut document = credential("business-licence");
        document["credentialSubject"]["trade_name"] = "Café Škoda 東京 🍁 e\u{301}".into();
        let sign = |document: &Map<String, Value>| {
            add_proof(document, &options(suite), &key(suite.1), &Contexts::bundled()).unwrap()
        };
        let mut document = sign(&document);
        assert!(verify(&document).is_ok(), "{suite:?}");
        // The same to the eye, in other code points.
        document["credentialSubject"]["trade_name"] = "Café Škoda 東京 🍁 \u{e9}".into();
        assert_eq!(reason(&document), Reason::SignatureInvalid, "{suite:?}");
    }
}

/// Data Integrity §4.2.
#[test]
fn what_would_be_no_proof_is_not_made() {
    let make = |options: ProofOptions<'_>| {
        add_proof(&credential("person"), &options, &key(Algorithm::EdDsa), &Contexts::bundled())
    };
    let sound = options(EDDSA_RDFC);
    assert!(make(ProofOptions { id: Some("urn:uuid:1"), ..sound.clone() }).is_ok());
    for wrong in [
        ProofOptions { verification_method: "", ..sound.clone() },
        ProofOptions { verification_method: "key-1", ..sound.clone() },
        ProofOptions { proof_purpose: "", ..sound.clone() },
        ProofOptions { id: Some("proof-1"), ..sound.clone() },
    ] {
        assert!(matches!(make(wrong), Err(ProofError::Malformed(_))));
    }
}

/// V-14 in a document: the bytes are `r||s` of the key's own curve, or there is no signature.
#[test]
fn v14_a_signature_in_another_encoding_or_of_another_curve_does_not_fit() {
    for suite in SUITES.into_iter().filter(|suite| suite.1 != Algorithm::EdDsa) {
        let sound = secured(suite);
        assert!(verify(&sound).is_ok());
        let signature = multibase::decode_base58btc(sound["proof"]["proofValue"].as_str().unwrap()).unwrap();
        let half = signature.len() / 2;
        let (r, s) = signature.split_at(half);
        let short = u8::try_from(half).unwrap();
        let other_length = if half == 32 { 96 } else { 64 };
        for forged in [
            vec![0; 2 * half],
            [r, &vec![0; half]].concat(),
            [r, &vec![0xff; half]].concat(),
            [&[0x30, 2 * short + 4, 0x02, short], r, &[0x02, short], s].concat(),
            signature[..2 * half - 1].to_vec(),
            [&signature, &[0][..]].concat(),
            vec![7; other_length],
            Vec::new(),
        ] {
            let mut document = sound.clone();
            document["proof"]["proofValue"] = multibase::encode_base58btc(&forged).into();
            assert_eq!(reason(&document), Reason::SignatureInvalid, "{suite:?} {}", forged.len());
        }
        for malformed in
            [multibase::encode_base64url(&signature), format!("z{}", "1".repeat(161)), String::new()]
        {
            let mut document = sound.clone();
            document["proof"]["proofValue"] = malformed.into();
            assert_eq!(reason(&document), Reason::Malformed);
        }
    }
}

/// A key of the other curve, and the other suite of the same key, are both somebody else's signature.
#[test]
fn the_two_curves_and_the_two_forms_do_not_pass_for_each_other() {
    let sound = secured((Cryptosuite::EcdsaRdfc2019, Algorithm::Es256));
    for (member, value) in
        [("verificationMethod", method(Algorithm::Es384)), ("cryptosuite", "ecdsa-jcs-2019")]
    {
        let mut document = sound.clone();
        document["proof"][member] = value.into();
        assert_eq!(reason(&document), Reason::SignatureInvalid, "{member}");
    }
}

#[test]
fn a_second_proof_stands_beside_the_first() {
    let contexts = Contexts::bundled();
    let key = key(Algorithm::EdDsa);
    let mut document = secured(EDDSA_RDFC);
    for count in [2, 3] {
        document = add_proof(&document, &options(EDDSA_JCS), &key, &contexts).unwrap();
        assert_eq!(verify(&document).unwrap().len(), count);
    }
}

/// EdDSA cryptosuites §3.3.2: the document's contexts begin with the proof's.
#[test]
fn in_the_jcs_suite_contexts_behind_the_signed_ones_must_be_known_too() {
    let sound = secured(EDDSA_JCS);
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
    let signed = add_proof(document, &options(EDDSA_JCS), &key(Algorithm::EdDsa), &contexts).unwrap();
    assert!(signed["proof"].get("@context").is_none());
    assert!(verify(&signed).is_ok());
    let rdfc = add_proof(document, &options(EDDSA_RDFC), &key(Algorithm::EdDsa), &contexts);
    assert_eq!(rdfc, Err(ProofError::Canonicalize(CanonicalizeError::DataLoss)));
}
