//! V-04 to V-06: whose key it is, and what for.

use portage_catalog::Format;
use portage_did::did_key;
use portage_keys::{Signer, SigningKey};
use portage_testkit::world::{TestIssuer, World, accepted};
use serde_json::{Value, json};

use crate::forge::{JOSE_FORMATS, assert_verdict, edit};

#[test]
fn v04_a_kid_of_somebody_else_is_a_mismatch_and_nothing_is_fetched() {
    let world = World::new();
    let attacker = &world.attacker;
    for (format, type_id) in JOSE_FORMATS {
        let issuer = world.issuer_of(type_id);
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        accepted(world.check(&world.sign(&draft, &issuer.key)));
        world.sources.take_asked();
        let own_key = did_key(attacker.key.verification_key()).1.to_string();
        let similar = format!("{}.attacker.example#key-1", issuer.did);
        for kid in [attacker.method("key-1"), own_key, similar, "https://attacker.example/keys/1".into()] {
            draft.header.insert("kid".into(), kid.into());
            assert_verdict(&world.check(&world.sign(&draft, &attacker.key)), "rejected key_mismatch");
        }
        assert_eq!(world.sources.take_asked(), [""; 0]);
    }
}

fn card(world: &World, method: &str, signer: &SigningKey) -> String {
    let mut draft = world.draft("operator-card", Format::LdpVc, world.holder.verification_key());
    draft.proof.verification_method = method.to_owned();
    world.sign(&draft, signer)
}

#[test]
fn v05_a_method_that_the_issuers_document_does_not_list_is_not_the_issuers() {
    let mut world = World::new();
    accepted(world.check(&world.issue("operator-card", Format::LdpVc)));
    // The attacker's document says that the honest issuer controls the key.
    let document = String::from_utf8(world.attacker.document_bytes()).unwrap();
    let federal = world.federal.did.to_string();
    let claims_control = edit(&document, |document| {
        for method in document["verificationMethod"].as_array_mut().unwrap() {
            method["controller"] = federal.as_str().into();
        }
    });
    world.sources.documents.insert(world.attacker.did.to_string(), claims_control.into_bytes());
    world.sources.take_asked();
    let attacker = &world.attacker;
    for method in [attacker.method("key-1"), did_key(attacker.key.verification_key()).1.to_string()] {
        let forged = card(&world, &method, &attacker.key);
        assert_verdict(&world.check(&forged), "rejected key_mismatch");
    }
    assert!(!world.sources.take_asked().contains(&world.attacker.did.to_string()));
    let unlisted = card(&world, &world.federal.method("key-9"), &world.attacker.key);
    assert_verdict(&world.check(&unlisted), "rejected key_not_found");
}

#[test]
fn v05_a_method_controlled_by_somebody_else_is_not_the_issuers_even_in_its_document() {
    let mut world = World::new();
    let foreign = edit(&String::from_utf8(world.federal.document_bytes()).unwrap(), |document| {
        document["verificationMethod"][0]["controller"] = "did:web:attacker.example".into();
    });
    let credential = world.issue("operator-card", Format::LdpVc);
    accepted(world.check(&credential));
    world.sources.documents.insert(world.federal.did.to_string(), foreign.into_bytes());
    assert_verdict(&world.check(&credential), "rejected key_mismatch");
}

#[test]
fn v06_a_key_for_authentication_alone_does_not_sign_credentials() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let issuer = world.issuer_of(type_id);
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        accepted(world.check(&world.sign(&draft, &issuer.key)));
        draft.header.insert("kid".into(), issuer.method("key-3").into());
        draft.proof.verification_method = issuer.method("key-3");
        let forged = world.sign(&draft, &issuer.authentication_key);
        assert_verdict(&world.check(&forged), "rejected purpose_mismatch");
    }
}

#[test]
fn v06_a_proof_is_for_what_its_purpose_says() {
    let world = World::new();
    let mut draft = world.draft("operator-card", Format::LdpVc, world.holder.verification_key());
    let credential = world.sign(&draft, &world.federal.key);
    accepted(world.check(&credential));
    for purpose in ["authentication", "capabilityInvocation"] {
        draft.proof.purpose = purpose.into();
        assert_verdict(&world.check(&world.sign(&draft, &world.federal.key)), "rejected purpose_mismatch");
    }
    let mut presentation = world.vp_draft(&[&credential], Format::LdpVc, &world.holder);
    accepted(world.check_presented(&world.sign_vp(&presentation, &world.holder)));
    presentation.proof.purpose = "assertionMethod".into();
    let forged = world.sign_vp(&presentation, &world.holder);
    assert_verdict(&world.check_presented(&forged), "rejected purpose_mismatch");
}

/// An https issuer with metadata at `/.well-known/jwt-vc-issuer`.
struct HttpsIssuer {
    world: World,
}

const ISSUER: &str = "https://bank.example/licences";

impl HttpsIssuer {
    fn new() -> Self {
        let mut world = World::new();
        let trust = json!({ "issuers": [{
            "id": ISSUER, "name": { "en": "Bank", "fr": "Banque" }, "tier": "other", "types": ["person"]
        }], "verifiers": [] });
        world.trust = portage_trust::TrustList::parse(trust.to_string().as_bytes()).unwrap();
        let mut issuer = HttpsIssuer { world };
        let metadata = issuer.metadata();
        issuer.publish(&metadata);
        issuer
    }

    fn keys(&self) -> &TestIssuer {
        &self.world.province
    }

    fn metadata(&self) -> Value {
        let jwk = |key: &SigningKey, kid: &str| {
            portage_jose::Jwk::from_key(key.verification_key().clone()).with_kid(kid).to_value()
        };
        let keys = [jwk(&self.keys().key, "one"), jwk(&self.keys().key_p256, "two")];
        json!({ "issuer": ISSUER, "jwks": { "keys": keys } })
    }

    fn publish(&mut self, metadata: &Value) {
        self.world.sources.documents.insert(ISSUER.into(), metadata.to_string().into_bytes());
    }

    fn person(&self, kid: Option<&str>) -> String {
        let mut draft = self.world.draft("person", Format::DcSdJwt, self.world.holder.verification_key());
        draft.claims.insert("iss".into(), ISSUER.into());
        draft.claims.shift_remove("status");
        draft.header.shift_remove("kid");
        if let Some(kid) = kid {
            draft.header.insert("kid".into(), kid.into());
        }
        self.world.sign(&draft, &self.keys().key)
    }
}

#[test]
fn an_https_issuer_is_verified_with_the_keys_of_its_metadata() {
    let mut issuer = HttpsIssuer::new();
    let person = issuer.person(Some("one"));
    let credential = accepted(issuer.world.check(&person));
    assert_eq!(credential.evidence().verification_method, "one");
    assert_eq!(issuer.world.sources.take_asked(), [ISSUER]);

    for (kid, expected) in [
        (Some("two"), "rejected alg_not_allowed"),
        (Some("three"), "rejected key_not_found"),
        (Some("did:web:attacker.example#key-1"), "rejected key_mismatch"),
        (Some("https://attacker.example/keys#one"), "rejected key_mismatch"),
        // Two keys, and no word which.
        (None, "rejected key_not_found"),
    ] {
        assert_verdict(&issuer.world.check(&issuer.person(kid)), expected);
    }

    let mut metadata = issuer.metadata();
    metadata["issuer"] = "https://attacker.example".into();
    issuer.publish(&metadata);
    assert_verdict(&issuer.world.check(&person), "rejected issuer_metadata_mismatch");
    let mut metadata = issuer.metadata();
    metadata["jwks_uri"] = "https://bank.example/keys".into();
    issuer.publish(&metadata);
    assert_verdict(&issuer.world.check(&person), "rejected malformed");
    let mut metadata = issuer.metadata();
    metadata["jwks"]["keys"].as_array_mut().unwrap().remove(1);
    issuer.publish(&metadata);
    accepted(issuer.world.check(&issuer.person(None)));
}

#[test]
fn an_issuer_whose_keys_cannot_be_had_leaves_it_open() {
    let mut world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let credential = world.issue(type_id, format);
        accepted(world.check(&credential));
        let did = world.issuer_of(type_id).did.to_string();
        let document = world.sources.documents.remove(&did).unwrap();
        assert_verdict(&world.check(&credential), "indeterminate key_not_found");
        world.sources.documents.insert(did, document);
    }
}
