//! T-14 for did:webvh: an issuer whose keys stand in a log.

use jiff::{SignedDuration, Timestamp};
use portage_catalog::Format;
use portage_did::{
    Did, DidDocument,
    webvh::{Change, Log, VersionQuery, WitnessProofs, Witnesses, key_hash},
};
use portage_keys::{Algorithm, Signer, SigningKey, multibase::to_multikey};
use portage_testkit::world::{World, accepted};
use portage_verification::{DidLog, HolderExpectation, Unavailable};

use crate::forge::assert_verdict;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[seed; 32]).unwrap()
}

fn multikey(seed: u8) -> String {
    to_multikey(key(seed).verification_key())
}

/// The City under a did:webvh instead of its did:web; key 1 writes the first entry and promises key 2.
struct Stage {
    world: World,
    log: Log,
}

impl Stage {
    fn new(set: impl FnOnce(&mut Change)) -> Self {
        let mut world = World::new();
        let mut change = Change::at(day(&world, -9));
        change.update_keys = Some(vec![multikey(1)]);
        change.next_key_hashes = Some(vec![key_hash(&multikey(2))]);
        set(&mut change);
        let city = &mut world.city;
        let log = Log::create(&city.origin.clone(), |did| of(city, did), change, &key(1)).unwrap();
        world.city.did = log.did().clone();
        world.trust_issuers();
        let mut stage = Stage { world, log };
        stage.publish(None);
        stage
    }

    /// What the City serves from now on.
    fn publish(&mut self, witness: Option<&WitnessProofs>) {
        let witness = witness.map(|proofs| self.log.witness_file(proofs).to_string().into_bytes());
        self.serve(self.log.to_text(), witness);
    }

    fn serve(&mut self, log: String, witness: Option<Vec<u8>>) {
        let did = self.world.city.did.to_string();
        self.world.sources.logs.insert(did, DidLog { log: log.into_bytes(), witness });
    }

    /// A licence in each form that has a key of the issuer in it.
    fn verdicts(&self) -> [portage_verification::Outcome; 2] {
        [Format::DcSdJwt, Format::VcJwt].map(|format| self.check(format))
    }

    fn check(&self, format: Format) -> portage_verification::Outcome {
        let mut expectations = self.world.expectations(HolderExpectation::NotAsked);
        expectations.status = portage_verification::StatusPolicy::NotChecked;
        self.world.run(&self.world.issue("business-licence", format), &expectations)
    }

    fn assert(&self, verdict: &str) {
        for outcome in self.verdicts() {
            assert_verdict(&outcome, verdict);
        }
    }

    fn accept(&self) {
        self.verdicts().into_iter().for_each(|outcome| {
            accepted(outcome);
        });
    }

    /// The next entry, by the promised key.
    fn rotate(&mut self, set: impl FnOnce(&mut Change)) {
        let mut change = Change::at(day(&self.world, -5));
        change.update_keys = Some(vec![multikey(2)]);
        change.next_key_hashes = Some(vec![key_hash(&multikey(3))]);
        set(&mut change);
        self.log = self.log.append(change, &key(2)).unwrap();
    }
}

fn of(city: &portage_testkit::world::TestIssuer, did: &Did) -> DidDocument {
    let assertion = &[portage_did::Relationship::AssertionMethod][..];
    DidDocument::of_keys(
        did,
        &[
            ("key-1", city.key.verification_key(), assertion),
            ("key-2", city.key_p256.verification_key(), assertion),
        ],
    )
}

fn day(world: &World, days: i64) -> Timestamp {
    world.now.checked_add(SignedDuration::from_hours(24 * days)).unwrap()
}

#[test]
fn t14_an_issuer_with_a_log_is_accepted_and_only_its_log_is_asked_for() {
    let mut stage = Stage::new(|_| {});
    stage.accept();
    let did = stage.world.city.did.to_string();
    assert!(stage.world.sources.take_asked().iter().all(|asked| *asked == did));
    stage.rotate(|_| {});
    stage.publish(None);
    stage.accept();
    stage.world.sources.logs.clear();
    stage.assert("indeterminate key_not_found");
}

#[test]
fn t14_an_altered_or_truncated_log_of_the_issuer_is_refused() {
    let mut stage = Stage::new(|_| {});
    stage.rotate(|_| {});
    stage.publish(None);
    stage.accept();
    let text = stage.log.to_text();
    let lines: Vec<&str> = text.lines().collect();
    let (first, second) = (lines[0].to_owned(), lines[1].to_owned());
    for (what, log, verdict) in [
        ("another key", text.replace("z6Mk", "z6Mj"), "rejected log_proof_invalid"),
        ("without its first entry", second.clone(), "rejected malformed"),
        ("the first entry twice", format!("{first}\n{first}"), "rejected malformed"),
        ("cut in an entry", text[..text.len() - 9].to_owned(), "rejected malformed"),
        (
            "a document",
            of(&stage.world.city, &stage.world.city.did).to_value().to_string(),
            "rejected malformed",
        ),
        ("nothing", String::new(), "rejected malformed"),
        ("too long", " ".repeat(300 << 10), "rejected too_large"),
        ("another method", text.replace("did:webvh:1.0", "did:webvh:2.0"), "rejected unsupported"),
    ] {
        stage.serve(log, None);
        for outcome in stage.verdicts() {
            assert_eq!(outcome.decision.name(), "rejected", "{what}");
            assert_verdict(&outcome, verdict);
        }
    }
    // Cut between two entries it is an older log: that is for whoever has seen the newer one.
    stage.serve(first, None);
    stage.accept();
}

#[test]
fn t14_a_thief_of_the_first_key_cannot_go_on() {
    let mut stage = Stage::new(|_| {});
    stage.accept();
    let mut change = Change::at(day(&stage.world, -5));
    change.update_keys = Some(vec![multikey(1)]);
    change.next_key_hashes = Some(Vec::new());
    let refused = stage.log.append(change, &key(1)).unwrap_err();
    assert!(refused.to_string().contains("did not promise"), "{refused}");
    stage.rotate(|_| {});
    stage.publish(None);
    stage.accept();
}

#[test]
fn t14_a_deactivated_issuer_has_no_keys() {
    let mut stage = Stage::new(|_| {});
    stage.accept();
    stage.rotate(|change| change.deactivated = Some(true));
    stage.publish(None);
    stage.assert("rejected key_not_found");
}

#[test]
fn t14_a_key_that_the_last_entry_dropped_signs_no_more() {
    let mut stage = Stage::new(|_| {});
    stage.accept();
    let mut other = World::new().attacker;
    other.did = stage.world.city.did.clone();
    let document = of(&other, &stage.world.city.did).to_value().clone();
    stage.rotate(|change| change.document = Some(document));
    stage.publish(None);
    stage.assert("rejected signature_invalid");
    let first = stage.log.version(VersionQuery::Number(1)).unwrap();
    assert!(
        first.state()["verificationMethod"]
            .to_string()
            .contains(&to_multikey(stage.world.city.key.verification_key()))
    );
}

#[test]
fn t14_an_entry_without_its_witnesses_is_refused() {
    let witnesses = Witnesses { threshold: 2, keys: [21, 22, 23].map(multikey).into_iter().collect() };
    let mut stage = Stage::new(|change| change.witness = Some(Some(witnesses)));
    stage.assert("indeterminate key_not_found");
    let mut proofs = WitnessProofs::default();
    let version = stage.log.versions()[0].clone();
    for (seed, verdict) in [(21, "rejected proof_missing"), (21, "rejected proof_missing"), (22, "accepted")]
    {
        proofs.approve(&version, &key(seed), stage.world.now).unwrap();
        stage.publish(Some(&proofs));
        if verdict == "accepted" { stage.accept() } else { stage.assert(verdict) }
    }
    stage.rotate(|_| {});
    stage.publish(Some(&proofs));
    stage.assert("rejected proof_missing");
}

#[test]
fn t14_a_log_is_never_asked_of_a_stranger_nor_where_nobody_may_be_asked() {
    let stage = Stage::new(|_| {});
    stage.accept();
    stage.world.sources.take_asked();
    let mut stranger = Stage::new(|_| {});
    stranger.world.trust = portage_trust::TrustList::default();
    stranger.assert("rejected issuer_not_trusted");
    assert_eq!(stranger.world.sources.take_asked(), [""; 0]);
    let mut refusing = Stage::new(|_| {});
    let reason = portage_reason::Reason::LogProofInvalid;
    let did = refusing.world.city.did.to_string();
    refusing.world.sources.failing.insert(did, Unavailable::Refused(reason));
    refusing.assert("rejected log_proof_invalid");
}
