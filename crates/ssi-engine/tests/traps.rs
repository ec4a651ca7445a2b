//! What `ssi` 0.16's `verify` accepts although it must be refused: why it is never our verdict.
//!
//! Each test shows the sound twin first, then the trap, and asserts what `ssi` says today. If one fails after an
//! update of `ssi`, the trap is gone: take the test away, not the check it stands for.
//!
//! Not here, with the reason: the status client (media types, the panic on `statuslist+cwt`) and did:web's redirects
//! need a server; the time that a clique of eight blank nodes takes is six seconds of waiting; BBS is not switched on.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found by failing"
)]

use portage_jose::Header;
use portage_keys::{Algorithm, Signer, SigningKey, base64url, digest::sha256, multibase};
use portage_ssi_engine::second_opinion::{Opinion, canonical_form, data_integrity, sd_jwt, vc_jwt};
use serde_json::{Value, json};

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const V2_DOCUMENT: &str = include_str!("../../../specs/contexts/credentials-v2.jsonld");
const EXAMPLES: &str = "https://examples.example/v1";
const EXAMPLES_DOCUMENT: &str = r#"{"@context": {"@vocab": "https://examples.example/#"}}"#;

fn contexts(url: &str) -> Option<&'static str> {
    match url {
        V2 => Some(V2_DOCUMENT),
        EXAMPLES => Some(EXAMPLES_DOCUMENT),
        _ => None,
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[seed; 32]).unwrap()
}

/// The did:key of a key.
fn did(key: &SigningKey) -> String {
    format!("did:key:{}", multibase::to_multikey(key.verification_key()))
}

/// The DID URL of a did:key's one key.
fn did_url(did: &str) -> String {
    format!("{did}#{}", did.trim_start_matches("did:key:"))
}

fn credential(issuer: &str) -> Value {
    json!({
        "@context": [V2, EXAMPLES],
        "type": ["VerifiableCredential"],
        "issuer": issuer,
        "credentialSubject": { "id": "did:example:somebody", "licence": "A-1" },
    })
}

fn proof(did: &str) -> Value {
    json!({
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": did_url(did),
        "proofPurpose": "assertionMethod",
    })
}

/// Secures `document` with `proof` (EdDSA cryptosuites §3.2), whatever they say.
fn secure(mut document: Value, mut proof: Value, key: &SigningKey) -> Value {
    let mut config = proof.clone();
    config["@context"] = document["@context"].clone();
    let hash = |value: &Value| sha256(canonical_form(&value.to_string(), &contexts).unwrap().as_bytes());
    let signature = key.sign(&[hash(&config), hash(&document)].concat()).unwrap();
    proof["proofValue"] = multibase::encode_base58btc(&signature).into();
    document["proof"] = proof;
    document
}

fn opinion(document: &Value) -> Opinion {
    data_integrity(&document.to_string(), &contexts)
}

#[test]
fn it_refuses_a_changed_credential_and_an_undefined_term() {
    let key = key(1);
    let sound = secure(credential(&did(&key)), proof(&did(&key)), &key);
    assert_eq!(opinion(&sound), Ok(()));
    let mut changed = sound.clone();
    changed["credentialSubject"]["licence"] = "B-2".into();
    assert!(opinion(&changed).is_err());
    let mut undefined = credential(&did(&key));
    undefined["@context"] = json!([V2]);
    assert!(canonical_form(&undefined.to_string(), &contexts).is_err());
}

#[test]
fn trap_an_issuer_that_is_somebody_else() {
    let (attacker, victim) = (key(1), key(2));
    let forged = secure(credential(&did(&victim)), proof(&did(&attacker)), &attacker);
    assert_eq!(opinion(&forged), Ok(()));
    let jwt = |issuer: &str| {
        let header = Header::new("vc+jwt").with("kid", did_url(&did(&attacker)));
        portage_jose::sign(header, credential(issuer).as_object().unwrap(), &attacker).unwrap()
    };
    assert_eq!(vc_jwt(&jwt(&did(&attacker))), Ok(()));
    assert_eq!(vc_jwt(&jwt(&did(&victim))), Ok(()));
}

#[test]
fn trap_dates_domain_and_purpose_of_the_proof() {
    let key = key(1);
    for (member, value) in [
        ("expires", "2020-01-01T00:00:00Z"),
        ("created", "2099-01-01T00:00:00Z"),
        ("domain", "somebody-else.example"),
        ("challenge", "of another session"),
        ("proofPurpose", "authentication"),
    ] {
        let mut proof = proof(&did(&key));
        proof[member] = value.into();
        assert_eq!(opinion(&secure(credential(&did(&key)), proof, &key)), Ok(()), "{member}");
    }
}

#[test]
fn trap_a_proof_value_in_another_multibase() {
    let key = key(1);
    let mut document = secure(credential(&did(&key)), proof(&did(&key)), &key);
    let signature = multibase::decode_base58btc(document["proof"]["proofValue"].as_str().unwrap()).unwrap();
    document["proof"]["proofValue"] = multibase::encode_base64url(&signature).into();
    assert_eq!(opinion(&document), Ok(()));
}

#[test]
fn trap_a_property_that_no_signature_covers() {
    let key = key(1);
    let sound = secure(credential(&did(&key)), proof(&did(&key)), &key);
    let mut nulled = sound.clone();
    nulled["@context"].as_array_mut().unwrap().push(json!({ "isAdmin": null }));
    nulled["isAdmin"] = true.into();
    assert_eq!(opinion(&nulled), Ok(()));
    let mut renamed = sound.clone();
    renamed["@context"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "permit": "https://examples.example/#licence" }));
    let subject = renamed["credentialSubject"].as_object_mut().unwrap();
    let value = subject.remove("licence").unwrap();
    subject.insert("permit".into(), value);
    assert_eq!(opinion(&renamed), Ok(()));
    let mut beside = sound;
    beside["credentialSubject"]["@language"] = "fr".into();
    assert_eq!(opinion(&beside), Ok(()));
}

#[test]
fn trap_a_status_that_is_not_one_and_is_not_looked_at() {
    let key = key(1);
    let mut document = credential(&did(&key));
    document["credentialStatus"] = json!({
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "-5",
        "statusListCredential": "https://nobody.example/status/1",
    });
    assert_eq!(opinion(&secure(document, proof(&did(&key)), &key)), Ok(()));
}

#[test]
fn trap_a_key_of_small_order_signs_everything() {
    let mut point = [0_u8; 34];
    point[..3].copy_from_slice(&[0xed, 0x01, 0x01]);
    let did = format!("did:key:{}", multibase::encode_base58btc(&point));
    let mut signature = [0_u8; 64];
    signature[0] = 1;
    let mut document = credential(&did);
    document["proof"] = proof(&did);
    document["proof"]["proofValue"] = multibase::encode_base58btc(&signature).into();
    assert_eq!(opinion(&document), Ok(()));
    assert!(portage_keys::VerificationKey::ed25519(&point[2..]).is_err());
}

#[test]
fn trap_an_identifier_that_looks_like_a_keyword_is_dropped() {
    let form = |issuer: &str| canonical_form(&credential(issuer).to_string(), &contexts).unwrap();
    assert_eq!(form("@province"), form("@nobody"));
    assert_ne!(form("did:example:province"), form("did:example:nobody"));
}

#[test]
fn what_it_does_not_know() {
    let key = key(1);
    let mut proof = proof(&did(&key));
    let mut document = credential(&did(&key));
    for cryptosuite in ["eddsa-jcs-2022", "ecdsa-jcs-2019"] {
        proof["cryptosuite"] = cryptosuite.into();
        proof["proofValue"] = multibase::encode_base58btc(&[1; 64]).into();
        document["proof"] = proof.clone();
        assert!(opinion(&document).is_err(), "{cryptosuite}");
    }
}

/// `<jwt>~<disclosure>~`, and a KB-JWT with these claims.
fn presented(disclosures: &[&str], key_binding: Option<(&SigningKey, Value)>) -> String {
    let (issuer, holder) = (key(1), key(2));
    let digest = base64url::encode(&sha256(disclosure().as_bytes()));
    let public = base64url::encode(holder.verification_key().as_bytes());
    let claims = json!({
        "iss": did(&issuer),
        "vct": "https://examples.example/licence",
        "_sd_alg": "sha-256",
        "_sd": [digest],
        "cnf": { "jwk": { "kty": "OKP", "crv": "Ed25519", "x": public } },
    });
    let header = Header::new("dc+sd-jwt").with("kid", did_url(&did(&issuer)));
    let jwt = portage_jose::sign(header, claims.as_object().unwrap(), &issuer).unwrap();
    let mut presented = format!("{jwt}~");
    for disclosure in disclosures {
        presented.push_str(&format!("{disclosure}~"));
    }
    if let Some((signer, claims)) = key_binding {
        let kb = portage_jose::sign(Header::new("kb+jwt"), claims.as_object().unwrap(), signer).unwrap();
        presented.push_str(&kb);
    }
    presented
}

fn disclosure() -> String {
    base64url::encode(br#"["6qMQvRL5haj","licence","A-1"]"#)
}

#[test]
fn trap_key_binding_removed_or_forged_in_every_field() {
    let disclosure = disclosure();
    let disclosures = [disclosure.as_str()];
    let (holder, attacker) = (key(2), key(3));
    let sd_hash = base64url::encode(&sha256(presented(&disclosures, None).as_bytes()));
    let sound = json!({ "iat": 1_760_000_000, "aud": "verifier", "nonce": "1234567890", "sd_hash": sd_hash });
    assert_eq!(sd_jwt(&presented(&disclosures, Some((&holder, sound.clone())))), Ok(()));
    assert_eq!(sd_jwt(&presented(&disclosures, None)), Ok(()), "removed");
    assert_eq!(
        sd_jwt(&presented(&disclosures, Some((&attacker, sound.clone())))),
        Ok(()),
        "signed by another key"
    );
    for (member, value) in [
        ("iat", json!(1)),
        ("aud", json!("somebody else")),
        ("nonce", json!("of another session")),
        ("sd_hash", json!(base64url::encode(&[0; 32]))),
    ] {
        let mut forged = sound.clone();
        forged[member] = value;
        assert_eq!(sd_jwt(&presented(&disclosures, Some((&holder, forged)))), Ok(()), "{member}");
    }
}

#[test]
fn trap_the_same_disclosure_twice() {
    let disclosure = disclosure();
    assert_eq!(sd_jwt(&presented(&[&disclosure, &disclosure], None)), Ok(()));
    let unknown = base64url::encode(br#"["6qMQvRL5haj","licence","B-2"]"#);
    assert!(sd_jwt(&presented(&[&unknown], None)).is_err());
}
