//! V-10 to V-13, and sets of proofs.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use portage_catalog::Format;
use portage_data_integrity::{Cryptosuite, ProofOptions, add_proof};
use portage_did::did_key;
use portage_keys::{Algorithm, Signer};
use portage_testkit::world::{ProofDraft, World, accepted, verdict};
use serde_json::{Value, json};

use crate::forge::{assert_verdict, edit};

fn card(world: &World) -> String {
    let card = world.issue("operator-card", Format::LdpVc);
    accepted(world.check(&card));
    world.sources.take_asked();
    card
}

#[test]
fn v10_a_context_that_is_not_one_of_ours_refuses_whatever_it_redefines() {
    let world = World::new();
    let swap =
        json!({ "issuer": "https://www.w3.org/2018/credentials#holder", "@vocab": "https://x.example#" });
    for (format, type_id) in World::EVERY_FORMAT.into_iter().filter(|(format, _)| format.is_w3c()) {
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        let sign = |draft: &portage_testkit::world::Draft| match format {
            // Signing looks at contexts too: the change is made after it.
            Format::LdpVc => {
                let signed = world.issue(type_id, format);
                edit(&signed, |document| document["@context"] = draft.claims["@context"].clone())
            }
            _ => world.sign(draft, &world.issuer_of(type_id).key),
        };
        let honest = draft.claims["@context"].clone();
        accepted(world.check(&sign(&draft)));
        world.sources.take_asked();
        for context in [
            json!([honest[0], honest[1], swap]),
            json!([honest[0], swap, honest[1]]),
            json!([honest[0], honest[1], "https://attacker.example/context"]),
            json!(swap),
            json!([]),
            json!(null),
        ] {
            draft.claims.insert("@context".into(), context.clone());
            assert_verdict(&world.check(&sign(&draft)), "rejected context_not_allowed");
        }
        assert_eq!(world.sources.take_asked(), [""; 0]);
    }
}

#[test]
fn v10_a_context_further_down_is_refused_too() {
    let world = World::new();
    let card = card(&world);
    let forged = edit(&card, |card| {
        card["credentialSubject"]["@context"] = json!("https://www.w3.org/ns/credentials/undefined-terms/v2");
    });
    assert_verdict(&world.check(&forged), "rejected context_not_allowed");
    let licence = world.draft("business-licence", Format::VcJwt, world.holder.verification_key());
    let mut forged = licence.clone();
    accepted(world.check(&world.sign(&licence, &world.city.key)));
    forged.claims["credentialSubject"]["@context"] = json!({ "trade_name": null });
    assert_verdict(&world.check(&world.sign(&forged, &world.city.key)), "rejected context_not_allowed");
}

#[test]
fn v11_a_member_that_no_context_defines_is_not_dropped_in_silence() {
    let world = World::new();
    let card = card(&world);
    for forged in [
        edit(&card, |card| card["isAdmin"] = true.into()),
        edit(&card, |card| card["credentialSubject"]["isAdmin"] = true.into()),
    ] {
        assert_verdict(&world.check(&forged), "rejected data_loss");
    }
    let presentation = world.present(&card, Format::LdpVc);
    let forged = edit(&presentation, |vp| vp["isAdmin"] = true.into());
    assert_verdict(&world.check_presented(&forged), "rejected data_loss");
}

#[test]
fn v12_no_context_is_ever_fetched() {
    let world = World::new();
    let card = card(&world);
    for url in [
        "https://unknown.example/v1",
        "http://www.w3.org/ns/credentials/v2",
        "https://10.0.0.1/context",
        "https://www.w3.org/ns/credentials/examples/v2",
    ] {
        let forged = edit(&card, |card| card["@context"].as_array_mut().unwrap().push(url.into()));
        assert_verdict(&world.check(&forged), "rejected context_not_allowed");
    }
    assert_eq!(world.sources.take_asked(), [""; 0]);
}

#[test]
fn v13_a_clique_of_blank_nodes_is_too_complex_at_once() {
    let mut world = World::new();
    let context = "https://clique.example/v1";
    let knows = json!({ "@context": { "knows": { "@id": "https://clique.example#knows", "@type": "@id" } } });
    world.contexts.add(context, knows.to_string().as_bytes()).unwrap();
    let card = card(&world);
    for nodes in [8, 10] {
        let forged = edit(&card, |card| {
            card["@context"].as_array_mut().unwrap().push(context.into());
            card["credentialSubject"]["knows"] = clique(nodes);
        });
        let began = Instant::now();
        assert_verdict(&world.check(&forged), "rejected too_complex");
        assert!(began.elapsed() < Duration::from_secs(1), "{nodes}");
    }
}

/// Every node knows every other.
fn clique(nodes: usize) -> Value {
    let name = |node: usize| format!("_:n{node}");
    let node = |own: usize| {
        let others: Vec<String> = (0..nodes).filter(|other| *other != own).map(name).collect();
        json!({ "id": name(own), "knows": others })
    };
    (0..nodes).map(node).collect()
}

#[test]
fn every_suite_serves_with_its_keys_and_none_passes_for_another() {
    let world = World::new();
    let mut draft = world.draft("operator-card", Format::LdpVc, world.holder.verification_key());
    let keys = [
        ("key-1", &world.federal.key),
        ("key-2", &world.federal.key_p256),
        ("key-4", &world.federal.key_p384),
    ];
    for (fragment, key) in keys {
        draft.proof.verification_method = world.federal.method(fragment);
        for suite in Cryptosuite::of(key.algorithm()) {
            draft.proof.cryptosuite = suite;
            let signed = world.sign(&draft, key);
            accepted(world.check(&signed));
            for other in Cryptosuite::ALL.into_iter().filter(|other| *other != suite) {
                let swapped = edit(&signed, |card| card["proof"]["cryptosuite"] = other.name().into());
                // A signature of P-384 has a length that EdDSA's never has: it is told by its form.
                let reason = match (other.takes(key.algorithm()), key.algorithm()) {
                    (true, _) => "rejected signature_invalid",
                    (false, Algorithm::Es384) => "rejected malformed",
                    (false, _) => "rejected alg_not_allowed",
                };
                let found = verdict(&world.check(&swapped));
                // Read as the other form, the document may have lost its meaning before it has another signature.
                assert!(found == reason || found == "rejected data_loss", "{}: {found}", other.name());
            }
            for unknown in ["ecdsa-sd-2023", "eddsa-2022"] {
                let unknown = edit(&signed, |card| card["proof"]["cryptosuite"] = unknown.into());
                assert_verdict(&world.check(&unknown), "rejected alg_not_allowed");
            }
        }
    }
}

#[test]
fn several_proofs_are_accepted_when_all_verify_and_one_is_the_issuers() {
    let world = World::new();
    let draft = world.draft("operator-card", Format::LdpVc, world.holder.verification_key());
    let own = world.prove(&draft.claims, &draft.proof, &world.federal.key)["proof"].clone();
    let mut witness = draft.proof.clone();
    witness.verification_method = did_key(world.thief.verification_key()).1.to_string();
    let witnessed = world.prove(&draft.claims, &witness, &world.thief)["proof"].clone();
    let check = |proofs: Value| {
        let mut document = draft.claims.clone();
        document.insert("proof".into(), proofs);
        verdict(&world.check(&Value::Object(document).to_string()))
    };
    assert_eq!(check(json!([own, witnessed])), "accepted");
    assert_eq!(check(json!([witnessed, own])), "accepted");
    assert_eq!(check(json!([witnessed])), "rejected key_mismatch");
    assert_eq!(check(json!([])), "rejected proof_missing");
    let mut broken = witnessed.clone();
    broken["created"] = "2026-01-14T12:00:01Z".into();
    assert_eq!(check(json!([own, broken])), "rejected signature_invalid");
}

#[test]
fn what_ssi_accepts_of_a_proofs_dates_is_refused() {
    let world = World::new();
    let mut draft = world.draft("operator-card", Format::LdpVc, world.holder.verification_key());
    accepted(world.check(&world.sign(&draft, &world.federal.key)));
    draft.proof.created = Some("2099-01-01T00:00:00Z".parse().unwrap());
    assert_verdict(&world.check(&world.sign(&draft, &world.federal.key)), "rejected not_yet_valid");
    draft.proof.created = None;
    draft.proof.expires = Some(world.now - SignedDuration::from_secs(61));
    assert_verdict(&world.check(&world.sign(&draft, &world.federal.key)), "rejected expired");
}

#[test]
fn contexts_behind_the_signed_ones_of_a_jcs_proof_say_nothing() {
    let mut world = World::new();
    let context = "https://membership.example/v1";
    let card_type = world.credential_type("operator-card").type_iri.clone();
    let membership = json!({ "@context": { "Membership": card_type } });
    world.contexts.add(context, membership.to_string().as_bytes()).unwrap();
    let mut draft = world.draft("operator-card", Format::LdpVc, world.holder.verification_key());
    draft.proof.cryptosuite = Cryptosuite::EddsaJcs2022;
    let append = |card: &mut Value| card["@context"].as_array_mut().unwrap().push(context.into());

    // Names that are signed keep their meaning; what was appended is gone.
    let card = world.sign(&draft, &world.federal.key);
    let credential = accepted(world.check(&edit(&card, append)));
    assert_eq!(credential.claims()["@context"], draft.claims["@context"]);
    assert_eq!(credential.types(), accepted(world.check(&card)).types());

    // A type becomes the card's only where its issuer signed the context that says so.
    draft.claims.insert("type".into(), json!(["VerifiableCredential", "Membership"]));
    let forged = edit(&world.sign(&draft, &world.federal.key), append);
    assert_verdict(&world.check(&forged), "rejected issuer_not_authorized_for_type");
    draft.claims["@context"].as_array_mut().unwrap().push(context.into());
    accepted(world.check(&world.sign(&draft, &world.federal.key)));
    let mut nothing_signed = edit(&card, |card| card["proof"]["@context"] = json!([]));
    assert!(verdict(&world.check(&nothing_signed)).starts_with("rejected "));
    nothing_signed = edit(&card, |card| card["proof"]["@context"] = json!([context]));
    assert_verdict(&world.check(&nothing_signed), "rejected signature_invalid");
}

/// A witness signs what the issuer signed, its proof included: neither can then be taken away.
#[test]
fn a_chain_is_accepted_whole_and_refused_when_a_link_is_missing_or_another() {
    let world = World::new();
    let draft = world.draft("operator-card", Format::LdpVc, world.holder.verification_key());
    let contexts = &world.contexts;
    for (algorithm, witness) in [
        (Algorithm::EdDsa, &world.thief),
        (Algorithm::Es256, &world.holder_p256),
        (Algorithm::Es384, &world.holder_p384),
    ] {
        let (key, fragment) = world.federal.signing_key(algorithm);
        let (own, witnesses) =
            (world.federal.method(fragment), did_key(witness.verification_key()).1.to_string());
        for suite in Cryptosuite::of(algorithm) {
            let first = "urn:uuid:00000000-0000-4000-8000-000000000001";
            let options =
                ProofOptions { id: Some(first), ..ProofOptions::new(suite, &own, "assertionMethod") };
            let signed = add_proof(&draft.claims, &options, key, contexts).unwrap();
            let options = ProofOptions {
                previous_proof: &[first],
                ..ProofOptions::new(suite, &witnesses, "assertionMethod")
            };
            let witnessed = add_proof(&signed, &options, witness, contexts).unwrap();
            let check = |change: &dyn Fn(&mut Value)| {
                verdict(&world.check(&edit(&Value::Object(witnessed.clone()).to_string(), change)))
            };
            assert_eq!(check(&|_| ()), "accepted");
            assert_eq!(check(&|card| drop(card["proof"].as_array_mut().unwrap().pop())), "accepted");
            let without = |card: &mut Value| drop(card["proof"].as_array_mut().unwrap().remove(0));
            assert_eq!(check(&without), "rejected proof_missing");
            let other = |card: &mut Value| card["proof"][1]["previousProof"] = "urn:uuid:other".into();
            assert_eq!(check(&other), "rejected proof_missing");
            let circle = |card: &mut Value| card["proof"][0]["previousProof"] = first.into();
            assert_eq!(check(&circle), "rejected malformed");
            let again = world.prove(
                &draft.claims,
                &ProofDraft { verification_method: own.clone(), cryptosuite: suite, ..draft.proof.clone() },
                key,
            );
            let swapped = |card: &mut Value| {
                card["proof"][0] = again["proof"].clone();
                card["proof"][0]["id"] = first.into();
            };
            assert_eq!(check(&swapped), "rejected signature_invalid");
            let unlinked =
                |card: &mut Value| drop(card["proof"][1].as_object_mut().unwrap().remove("previousProof"));
            assert_eq!(check(&unlinked), "rejected signature_invalid");
        }
    }
}
