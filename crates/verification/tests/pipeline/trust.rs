//! V-31, V-32, and trust before fetch.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use jiff::Timestamp;
use portage_catalog::{Format, PurposeId};
use portage_did::did_key;
use portage_keys::Signer;
use portage_reason::Reason;
use portage_testkit::world::{World, accepted, drive};
use portage_trust::{Authority, Inquiry, IssuerAuthorized, MayAsk, TrustList, Wanted};
use portage_verification::{Expectations, HolderExpectation, begin};
use url::Url;

use crate::forge::{assert_verdict, on_jwt, with_signature};

#[test]
fn v31_a_trusted_issuer_issues_only_its_own_types() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        accepted(world.check(&world.issue(type_id, format)));
        // The federal issuer in the place of the City and the Province, the Province in the place of the federal one.
        let other = if type_id == "operator-card" { &world.province } else { &world.federal };
        let mut draft = world.draft(type_id, format, world.holder.verification_key());
        let member = if format == Format::DcSdJwt { "iss" } else { "issuer" };
        draft.claims.insert(member.into(), other.did.as_str().into());
        draft.header.insert("kid".into(), other.method("key-1").into());
        draft.proof.verification_method = other.method("key-1");
        let forged = world.sign(&draft, &other.key);
        world.sources.take_asked();
        assert_verdict(&world.check(&forged), "rejected issuer_not_authorized_for_type");
        assert_eq!(
            world.sources.take_asked(),
            [other.did.as_str()],
            "no list for a credential already refused"
        );
    }
}

#[test]
fn v31_a_type_of_one_name_beside_another_is_not_enough() {
    let world = World::new();
    let mut draft = world.draft("business-licence", Format::VcJwt, world.holder.verification_key());
    accepted(world.check(&world.sign(&draft, &world.city.key)));
    draft.claims["type"] = serde_json::json!(["VerifiableCredential", "SomethingOfTheAttacker"]);
    let forged = world.sign(&draft, &world.city.key);
    assert_verdict(&world.check(&forged), "rejected issuer_not_authorized_for_type");
}

#[test]
fn v32_an_empty_trust_list_trusts_nobody_and_asks_nobody() {
    let mut world = World::new();
    let credentials = World::EVERY_FORMAT.map(|(format, type_id)| world.issue(type_id, format));
    for credential in &credentials {
        accepted(world.check(credential));
    }
    world.sources.take_asked();
    world.trust = TrustList::default();
    for credential in &credentials {
        assert_verdict(&world.check(credential), "rejected issuer_not_trusted");
    }
    assert_eq!(world.sources.take_asked(), [""; 0]);
}

#[test]
fn an_unknown_issuer_is_refused_before_anything_of_it_is_fetched() {
    let world = World::new();
    let mut draft = world.draft("person", Format::DcSdJwt, world.holder.verification_key());
    draft.claims.insert("iss".into(), "https://attacker.example".into());
    draft.header.insert("kid".into(), "one".into());
    let https = world.sign(&draft, &world.attacker.key);
    draft.claims.insert("iss".into(), world.attacker.did.as_str().into());
    draft.header.insert("kid".into(), world.attacker.method("key-1").into());
    let did_web = world.sign(&draft, &world.attacker.key);
    draft.claims.insert(
        "iss".into(),
        "did:webvh:QmWPpSLJhdVVGnMnS8Z9BKBYwbRhhb4BHYidhiidLsvSfC:attacker.example".into(),
    );
    draft.header.insert("kid".into(), "#key-1".into());
    let did_webvh = world.sign(&draft, &world.attacker.key);
    for credential in [https, did_web, did_webvh] {
        assert_verdict(&world.check(&credential), "rejected issuer_not_trusted");
    }
    assert_eq!(world.sources.take_asked(), [""; 0]);
}

#[test]
fn the_keys_of_a_self_evident_issuer_are_at_hand_and_its_signature_is_checked_first() {
    let world = World::new();
    let (did, method) = did_key(world.attacker.key.verification_key());
    let mut draft = world.draft("person", Format::DcSdJwt, world.holder.verification_key());
    draft.claims.insert("iss".into(), did.as_str().into());
    draft.claims.shift_remove("status");
    draft.header.insert("kid".into(), method.to_string().into());
    let credential = world.sign(&draft, &world.attacker.key);
    assert_verdict(&world.check(&credential), "rejected issuer_not_trusted");
    let mut expectations = world.expectations(HolderExpectation::NotAsked);
    expectations.authority = &portage_trust::AnyIssuer;
    accepted(world.run(&credential, &expectations));
    let broken = on_jwt(&credential, |jwt| {
        with_signature(jwt, |mut signature| {
            signature[0] ^= 1;
            signature
        })
    });
    assert_verdict(&world.check(&broken), "rejected signature_invalid");
    // One key only: a token need not name it.
    draft.header.shift_remove("kid");
    accepted(world.run(&world.sign(&draft, &world.attacker.key), &expectations));
}

#[test]
fn an_issuer_key_somebody_vouches_for_replaces_the_fetch_and_not_the_checks() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let issuer = world.issuer_of(type_id);
        let credential = world.issue(type_id, format);
        let mut expectations = world.expectations(HolderExpectation::NotAsked);
        expectations.issuer_key = Some(issuer.key.verification_key());
        world.sources.take_asked();
        accepted(world.run(&credential, &expectations));
        assert!(!world.sources.take_asked().contains(&issuer.did.to_string()));
        expectations.issuer_key = Some(world.attacker.key.verification_key());
        assert_verdict(&world.run(&credential, &expectations), "rejected signature_invalid");
        expectations.issuer_key = Some(world.thief.verification_key());
        let empty = TrustList::default();
        expectations.authority = &empty;
        assert_verdict(&world.run(&credential, &expectations), "rejected issuer_not_trusted");
    }
}

/// Knows nobody until it has read one statement, which it takes at its word.
struct Learning {
    list: TrustList,
    has_read: Arc<AtomicBool>,
}

struct Reading {
    has_ended: bool,
    has_read: Arc<AtomicBool>,
}

const STATEMENT: &str = "https://federal.example/statement";

impl Inquiry for Reading {
    fn wanted(&self) -> Vec<Wanted> {
        if self.has_ended { Vec::new() } else { vec![Wanted::Statement(Url::parse(STATEMENT).unwrap())] }
    }

    fn supply(&mut self, answers: Vec<Option<Vec<u8>>>) {
        self.has_ended = true;
        self.has_read.store(answers.iter().flatten().next().is_some(), Ordering::Relaxed);
    }
}

impl Authority for Learning {
    fn may_issue(&self, issuer: &str, types: &[&str]) -> Result<IssuerAuthorized, Reason> {
        if self.has_read.load(Ordering::Relaxed) {
            self.list.may_issue(issuer, types)
        } else {
            Err(Reason::IssuerNotTrusted)
        }
    }

    fn may_ask(&self, _verifier: &str, _purpose: Option<&PurposeId>) -> MayAsk {
        MayAsk::Unknown
    }

    fn inquire(&self, _id: &str, _now: Timestamp) -> Option<Box<dyn Inquiry>> {
        let is_new = !self.has_read.load(Ordering::Relaxed);
        is_new.then(|| Box::new(Reading { has_ended: false, has_read: self.has_read.clone() }) as Box<_>)
    }
}

#[test]
fn what_the_authority_has_to_read_comes_before_anything_of_the_issuer() {
    let mut world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let credential = world.issue(type_id, format);
        let authority = Learning { list: world.trust.clone(), has_read: Arc::default() };
        let check = |world: &World| {
            let expectations =
                Expectations { authority: &authority, ..world.expectations(HolderExpectation::NotAsked) };
            drive(begin(credential.as_bytes(), &expectations), &expectations, &world.sources)
        };
        world.sources.take_asked();
        assert_verdict(&check(&world), "rejected issuer_not_trusted");
        assert_eq!(world.sources.take_asked(), [STATEMENT], "nothing of a stranger is asked for");

        world.sources.documents.insert(STATEMENT.to_owned(), b"a statement".to_vec());
        accepted(check(&world));
        assert_eq!(world.sources.take_asked().first().map(String::as_str), Some(STATEMENT));
        accepted(check(&world));
        assert!(
            !world.sources.take_asked().contains(&STATEMENT.to_owned()),
            "what is known is not asked again"
        );
        world.sources.documents.remove(STATEMENT);
    }
}
