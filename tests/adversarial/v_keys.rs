//! Whose key it is and what it is for: V-03 to V-06.

use portage_jose::Jwk;
use portage_keys::{Algorithm, Signer};
use portage_testkit::world::{Draft, World};
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    kinds::{DATA_INTEGRITY, DC_SD_JWT, JOSE, KINDS, Kind, PRESENTED_WHOLE, RDFC},
    silence::SilentListener,
    tokens::Token,
};

/// Header members by which an attacker offers his own key.
fn offers(world: &World, listener: &SilentListener) -> Vec<(&'static str, Value)> {
    let key = Jwk::from_key(world.attacker.key.verification_key().clone());
    vec![
        ("jwk", key.to_value()),
        ("jku", listener.url("/keys.json").into()),
        ("x5u", listener.url("/chain.pem").into()),
        ("x5c", json!(["MIIB"])),
    ]
}

#[test]
fn v03_a_key_that_the_header_brings_along_is_not_looked_at() {
    let world = World::new();
    let listener = SilentListener::new();
    let mut bench = Bench::credentials(&world);
    for kind in JOSE {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for (member, value) in offers(&world, &listener) {
            let with = Token::read(&sound).with(|token| {
                token.header.insert(member.into(), value);
            });
            let name = format!("{} {member}", kind.name);
            // The twin: the honest issuer may write what it likes there, it means nothing.
            bench.accepts(&name, with.clone().signed(kind.key(&world)));
            bench.rejects(&name, with.clone().signed(&world.attacker.key), "signature_invalid");
            let unnamed = with.with(|token| drop(token.header.shift_remove("kid")));
            // Two keys could have been meant, and none is guessed.
            bench.rejects(&name, unnamed.signed(&world.attacker.key), "key_not_found");
        }
    }
    bench.run();
    listener.assert_silence();
}

#[test]
fn v03_a_key_that_a_proof_brings_along_is_not_looked_at() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    let kind = crate::kinds::VC_JWT;
    let sound = kind.present(&world, &kind.issue(&world));
    bench.accepts("vp+jwt", &sound);
    let key = Jwk::from_key(world.thief.verification_key().clone()).to_value();
    let with = Token::read(&sound).with(|token| drop(token.header.insert("jwk".into(), key)));
    bench.rejects("vp+jwt jwk", with.signed(&world.thief), "signature_invalid");
    bench.run();
}

#[test]
fn v04_a_kid_of_the_attacker_under_the_name_of_an_honest_issuer() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in JOSE {
        let sound = kind.issue(&world);
        bench.accepts(kind.name, &sound);
        for kid in [world.attacker.method("key-1"), "https://attacker.example/#key-1".to_owned()] {
            let token = Token::read(&sound).with(|token| drop(token.header.insert("kid".into(), kid.into())));
            bench.rejects(kind.name, token.clone().signed(&world.attacker.key), "key_mismatch");
            // Nor does it help that the honest issuer signed.
            bench.rejects(kind.name, token.signed(kind.key(&world)), "key_mismatch");
        }
    }
    bench.run();
}

#[test]
fn v04_a_kid_of_the_attacker_under_an_https_issuer() {
    let world = World::new();
    let (mut bench, metadata) = https_province(&world);
    bench.documents.push(metadata.into_bytes());
    let issue = |kid: &str| issued_under_https(&world, kid);
    bench.accepts("its own", issue("https://province.example/1"));
    bench.rejects("another's", issue("https://attacker.example/1"), "key_mismatch");
    bench.rejects("a DID's", issue(&world.attacker.method("key-1")), "key_mismatch");
    bench.run();
}

/// The Province under an https address: a run that trusts it, and its metadata with the one key `https://province.example/1`.
pub(crate) fn https_province(world: &World) -> (Bench, String) {
    let trust =
        world.trust.to_json().to_string().replace(world.province.did.as_str(), "https://province.example");
    let key = world.province.key.verification_key().clone();
    let key = Jwk::from_key(key).with_kid("https://province.example/1").to_value();
    let metadata = json!({ "issuer": "https://province.example", "jwks": { "keys": [key] } });
    (Bench::credentials(world).trusting(serde_json::from_str(&trust).unwrap()), metadata.to_string())
}

/// A credential of the Province under its https address.
pub(crate) fn issued_under_https(world: &World, kid: &str) -> String {
    DC_SD_JWT.issue_with(world, |draft| {
        draft.claims["iss"] = "https://province.example".into();
        draft.claims.shift_remove("status");
        draft.header["kid"] = kid.into();
    })
}

/// A DID document in which `change` was made.
fn document(world: &World, of: &str, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(&world.sources.documents[of]).unwrap();
    change(&mut document);
    document.to_string().into_bytes()
}

/// The method of a document with this id.
fn method_in<'d>(document: &'d mut Value, id: &str) -> &'d mut Value {
    let methods = document["verificationMethod"].as_array_mut().unwrap();
    methods.iter_mut().find(|method| method["id"] == id).unwrap()
}

#[test]
fn v05_a_method_of_the_attacker_that_names_the_honest_issuer_as_controller() {
    let world = World::new();
    let honest = RDFC.issuer(&world).did.as_str();
    let mut bench = Bench::credentials(&world);
    let claimed = document(&world, world.attacker.did.as_str(), |document| {
        for method in document["verificationMethod"].as_array_mut().unwrap() {
            method["controller"] = honest.into();
        }
    });
    bench.documents.retain(|known| *known != world.sources.documents[world.attacker.did.as_str()]);
    bench.documents.push(claimed);
    for kind in DATA_INTEGRITY {
        bench.accepts(kind.name, kind.issue(&world));
        let mut draft = kind.draft(&world);
        draft.proof.verification_method = kind.method_of(&world.attacker);
        bench.rejects(kind.name, world.sign(&draft, kind.key_of(&world.attacker)), "key_mismatch");
    }
    bench.run();
}

#[test]
fn v05_a_method_in_the_issuers_document_that_somebody_else_controls() {
    let world = World::new();
    for kind in KINDS {
        let mut sound = Bench::credentials(&world);
        sound.accepts(kind.name, kind.issue(&world));
        sound.run();

        let of = kind.issuer(&world).did.as_str();
        let mut bench = Bench::credentials(&world);
        bench.documents = vec![document(&world, of, |document| {
            let method = method_in(document, &kind.method_of(kind.issuer(&world)));
            method["controller"] = world.attacker.did.as_str().into();
        })];
        bench.rejects(kind.name, kind.issue(&world), "key_mismatch");
        bench.run();
    }
}

#[test]
fn v06_a_credential_signed_with_a_key_for_authentication() {
    let world = World::new();
    let mut bench = Bench::credentials(&world);
    for kind in KINDS.into_iter().filter(|kind| kind.algorithm == Algorithm::EdDsa) {
        let issuer = kind.issuer(&world);
        let mut draft = kind.draft(&world);
        bench.accepts(kind.name, world.sign(&draft, kind.key(&world)));
        draft.header.insert("kid".into(), issuer.method("key-3").into());
        draft.proof.verification_method = issuer.method("key-3");
        bench.rejects(kind.name, world.sign(&draft, &issuer.authentication_key), "purpose_mismatch");
    }
    bench.run();
}

/// Controlled Identifiers 1.0 §2.3: a key is for what the document lists it under, by reference or embedded, and for nothing else.
#[test]
fn v06_a_key_is_for_what_the_document_lists_it_under() {
    const RELATIONSHIPS: [&str; 5] =
        ["assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation", "keyAgreement"];
    let world = World::new();
    for relationship in RELATIONSHIPS {
        for embedded in [false, true] {
            let mut bench = Bench::credentials(&world);
            bench.documents.clear();
            for issuer in [&world.province, &world.city, &world.federal] {
                bench.documents.push(document(&world, issuer.did.as_str(), |document| {
                    let methods = document["verificationMethod"].clone();
                    let ids = || methods.as_array().unwrap().iter().map(|method| method["id"].clone());
                    for other in RELATIONSHIPS {
                        document.as_object_mut().unwrap().shift_remove(other);
                    }
                    document[relationship] = if embedded { methods.clone() } else { ids().collect() };
                    if embedded {
                        document.as_object_mut().unwrap().shift_remove("verificationMethod");
                    }
                }));
            }
            for kind in KINDS {
                let name = format!("{} {relationship} {embedded}", kind.name);
                let credential = kind.issue_with(&world, without_status);
                match relationship {
                    "assertionMethod" => bench.accepts(&name, credential),
                    _ => bench.rejects(&name, credential, "purpose_mismatch"),
                }
            }
            bench.run();
        }
    }
}

/// The issuer's key for the list is out of the question where its document is what is tried.
fn without_status(draft: &mut Draft) {
    draft.claims.shift_remove("status");
    draft.claims.shift_remove("credentialStatus");
}

#[test]
fn v06_a_proof_for_another_purpose() {
    let world = World::new();
    let mut alone = Bench::credentials(&world);
    let mut presented = Bench::presentations(&world);
    for kind in DATA_INTEGRITY {
        let credential = kind.issue(&world);
        alone.accepts(kind.name, &credential);
        presented.accepts(kind.name, kind.present(&world, &credential));
        for purpose in ["authentication", "keyAgreement", "capabilityInvocation"] {
            let other = kind.issue_with(&world, |draft| draft.proof.purpose = purpose.into());
            alone.rejects(&format!("{} {purpose}", kind.name), other, "purpose_mismatch");
        }
        // No purposes at all, and so nothing that could be signed.
        for purpose in ["AssertionMethod", "https://w3id.org/security#assertionMethod", ""] {
            let mut other: Value = serde_json::from_str(&credential).unwrap();
            other["proof"]["proofPurpose"] = purpose.into();
            alone.rejects(&format!("{} {purpose}", kind.name), other.to_string(), "purpose_mismatch");
        }
        for purpose in ["assertionMethod", "capabilityInvocation"] {
            let other = kind.present_with(&world, &credential, |vp| vp.proof.purpose = purpose.into());
            presented.rejects(&format!("{} {purpose}", kind.name), other, "purpose_mismatch");
        }
    }
    alone.run();
    presented.run();
}

/// A presentation as a JWK that may only be used for assertions would sign it.
#[test]
fn v06_every_presented_whole_needs_a_key_for_authentication() {
    let world = World::new();
    let mut bench = Bench::presentations(&world);
    for kind in PRESENTED_WHOLE {
        let credential = kind.issue(&world);
        bench.accepts(kind.name, kind.present(&world, &credential));
        let by_a_stranger = |kind: Kind| {
            let method = kind.method_of(kind.issuer(&world));
            let mut vp = kind.presentation(&world, &credential);
            vp.claims.shift_remove("holder");
            vp.header.entry("kid").and_modify(|kid| *kid = method.clone().into());
            vp.proof.verification_method = method;
            world.sign_vp(&vp, kind.key(&world))
        };
        // Of a holder whose identifier is no key nothing is fetched.
        bench.leaves_open(kind.name, by_a_stranger(kind), "key_not_found");
    }
    bench.run();
}
