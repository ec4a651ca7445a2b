//! A document may be written in many ways that mean the same RDF, and so keep a signature over the RDF: none of them may hide what is checked.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use portage_catalog::Format;
use portage_keys::Signer;
use portage_testkit::world::{STATUS_INDEX, StatusLists, World, accepted, verdict};
use serde_json::{Map, Value, json};

const VC: &str = "https://www.w3.org/2018/credentials#";

fn card(world: &World) -> Map<String, Value> {
    serde_json::from_str(&world.issue("operator-card", Format::LdpVc)).unwrap()
}

fn check(world: &World, card: &Map<String, Value>) -> String {
    verdict(&world.check(&Value::Object(card.clone()).to_string()))
}

#[test]
fn a_revoked_card_is_not_accepted_under_a_full_iri() {
    let mut world = World::new();
    let mut card = card(&world);
    accepted(world.check(&Value::Object(card.clone()).to_string()));
    world.publish(&StatusLists { revoked: vec![STATUS_INDEX], ..StatusLists::default() });
    assert_eq!(check(&world, &card), "rejected revoked");
    let status = card.remove("credentialStatus").unwrap();
    card.insert(format!("{VC}credentialStatus"), status);
    assert_eq!(check(&world, &card), "rejected malformed");
}

#[test]
fn an_expired_card_is_not_accepted_under_a_full_iri() {
    let mut world = World::new();
    world.now = "2036-01-15T12:00:00Z".parse().unwrap();
    let mut card = card(&world);
    world.now = "2038-01-15T12:00:00Z".parse().unwrap();
    world.publish(&StatusLists::default());
    assert_eq!(check(&world, &card), "rejected expired");
    let until = card.remove("validUntil").unwrap();
    card.insert(
        format!("{VC}validUntil"),
        json!({"@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": until}),
    );
    assert_eq!(check(&world, &card), "rejected malformed");
}

#[test]
fn a_proof_that_expired_is_not_accepted_under_a_full_iri() {
    let world = World::new();
    let mut draft = world.draft("operator-card", Format::LdpVc, world.holder.verification_key());
    draft.proof.expires = Some(world.now - jiff::SignedDuration::from_hours(1));
    let mut card: Map<String, Value> = serde_json::from_str(&world.sign(&draft, &world.federal.key)).unwrap();
    assert_eq!(check(&world, &card), "rejected expired");
    let proof = card["proof"].as_object_mut().unwrap();
    let expires = proof.remove("expires").unwrap();
    let expires = json!({ "@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": expires });
    proof.insert("https://w3id.org/security#expiration".into(), expires);
    assert_eq!(check(&world, &card), "rejected malformed");
}

#[test]
fn what_the_card_says_of_itself_does_not_move_elsewhere() {
    let mut world = World::new();
    let mut draft = world.draft("operator-card", Format::LdpVc, world.holder.verification_key());
    draft.claims.insert("id".into(), "urn:uuid:7a1b".into());
    let mut card: Map<String, Value> = serde_json::from_str(&world.sign(&draft, &world.federal.key)).unwrap();
    accepted(world.check(&Value::Object(card.clone()).to_string()));
    world.publish(&StatusLists { revoked: vec![STATUS_INDEX], ..StatusLists::default() });
    let status = card.remove("credentialStatus").unwrap();
    let moved = json!({ "id": "urn:uuid:7a1b", "type": "VerifiableCredential", "credentialStatus": status });
    card.insert("@included".into(), json!([moved]));
    assert_eq!(check(&world, &card), "rejected malformed");
}
