//! Every rule of the log beside its accepted twin: a log that the library wrote, changed in one place and, where the rule is not about
//! signatures, signed again.

use jiff::{SignedDuration, Timestamp};
use portage_keys::{Algorithm, Signer, SigningKey, multibase::to_multikey};
use portage_reason::Reason;
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::{Map, Value, json};

use super::{
    Change, Log, LogError, Succession, VersionQuery, WitnessProofs, Witnesses,
    entry::{PURPOSE, entry_hash},
    key_hash, wants_witnesses,
};
use crate::{Did, DidDocument, LoopbackOrigins, Relationship, did_key};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::EdDsa, &[seed; 32]).unwrap()
}

fn multikey(seed: u8) -> String {
    to_multikey(key(seed).verification_key())
}

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(1_768_478_400 + day * 86_400).unwrap()
}

fn document(did: &Did) -> DidDocument {
    DidDocument::of_keys(did, &[("key-1", key(9).verification_key(), &[Relationship::AssertionMethod])])
}

/// The first entry, on day 0: key 1 may go on, unless `set` says otherwise.
fn created(set: impl FnOnce(&mut Change)) -> Log {
    let mut change = Change::at(at(0));
    change.update_keys = Some(vec![multikey(1)]);
    set(&mut change);
    Log::create(&"https://city.example/licences".parse().unwrap(), document, change, &key(1)).unwrap()
}

fn change(day: i64, set: impl FnOnce(&mut Change)) -> Change {
    let mut change = Change::at(at(day));
    set(&mut change);
    change
}

fn verify(log: &Log, text: &str) -> Result<Log, LogError> {
    Log::verify(log.did(), text.as_bytes(), None, at(100))
}

/// An entry behind `log`, whatever it holds, hashed and signed as it should be by `signer`.
fn forged(log: &Log, signer: u8, edit: impl FnOnce(&mut Map<String, Value>)) -> String {
    let last = log.version(VersionQuery::Latest).unwrap();
    let mut entry = Map::from_iter([
        ("versionId".to_owned(), json!("")),
        ("versionTime".to_owned(), json!("2026-03-01T00:00:00Z")),
        ("parameters".to_owned(), json!({})),
        ("state".to_owned(), Value::Object(last.state().clone())),
    ]);
    edit(&mut entry);
    let hash = entry_hash(&entry, last.version_id()).unwrap();
    entry.insert("versionId".into(), format!("{}-{hash}", last.number() + 1).into());
    let method = did_key(key(signer).verification_key()).1.to_string();
    let proof = portage_data_integrity::prove_json(&entry, &method, PURPOSE, at(1), &key(signer)).unwrap();
    entry.insert("proof".into(), json!([proof]));
    format!("{}{}\n", log.to_text(), Value::Object(entry))
}

fn reason(log: &Log, text: &str) -> Reason {
    verify(log, text).unwrap_err().reason()
}

#[test]
fn a_log_is_created_updated_rotated_and_deactivated_and_each_version_stays_readable() {
    let log = created(|_| {});
    assert!(log.did().as_str().ends_with(":city.example:licences"));
    let log = log.append(change(1, |change| change.update_keys = Some(vec![multikey(2)])), &key(1)).unwrap();
    assert!(log.append(change(2, |_| {}), &key(1)).is_err(), "its time is over");
    let log = log.append(change(2, |change| change.ttl = Some(60)), &key(2)).unwrap();
    assert!(log.document().is_ok());
    assert_eq!(log.ttl(), SignedDuration::from_secs(60));
    let log = log.append(change(3, |change| change.deactivated = Some(true)), &key(2)).unwrap();
    assert!(log.append(change(4, |_| {}), &key(2)).is_err(), "nothing comes after the end");
    let read = verify(&log, &log.to_text()).unwrap();
    assert_eq!(read.document().unwrap_err(), LogError::Deactivated);
    let second = read.version(VersionQuery::Number(2)).unwrap();
    assert_eq!(second.version_time(), at(1));
    for (query, number) in [
        (VersionQuery::Latest, Some(4)),
        (VersionQuery::Id(second.version_id()), Some(2)),
        (VersionQuery::Id("2-Qm"), None),
        (VersionQuery::Number(9), None),
        (VersionQuery::Time(at(2)), Some(3)),
        (VersionQuery::Time(at(-1)), None),
    ] {
        assert_eq!(read.version(query).map(super::Version::number), number, "{query:?}");
    }
    let metadata = read.metadata(second);
    assert_eq!((&metadata["deactivated"], &metadata["ttl"]), (&json!(true), &json!("60")));
    assert_eq!(metadata["created"], json!("2026-01-15T12:00:00Z"));
}

#[test]
fn t14_an_altered_entry_breaks_the_log_and_everything_behind_it() {
    let log = created(|_| {}).append(change(1, |_| {}), &key(1)).unwrap();
    let text = log.to_text();
    assert!(verify(&log, &text).is_ok());
    for (from, to) in [
        ("key-1", "key-2"),
        ("2026-01-15", "2026-01-14"),
        ("2026-01-16", "2026-01-17"),
        ("\"versionId\":\"2-", "\"versionId\":\"3-"),
        ("\"versionId\":\"2-", "\"versionId\":\"02-"),
        ("\"proofValue\":\"z", "\"proofValue\":\"z1"),
    ] {
        assert!(text.contains(from), "{from}");
        assert_eq!(reason(&log, &text.replace(from, to)), Reason::LogProofInvalid, "{from}");
    }
    let lines: Vec<&str> = text.lines().collect();
    for order in [vec![lines[1]], vec![lines[1], lines[0]], vec![lines[0], lines[0]]] {
        assert!(verify(&log, &order.join("\n")).is_err());
    }
}

#[test]
fn t14_the_log_of_another_did_is_refused() {
    let (log, other) = (created(|_| {}), created(|change| change.ttl = Some(1)));
    assert_eq!(reason(&log, &other.to_text()), Reason::Malformed);
    let elsewhere = Did::parse(&log.did().as_str().replace("licences", "permits")).unwrap();
    let read = Log::verify(&elsewhere, log.to_text().as_bytes(), None, at(9));
    assert_eq!(read.unwrap_err(), LogError::OtherSubject { entry: 1 });
    let moved = forged(&log, 1, |entry| {
        let id = log.did().as_str();
        entry["state"]["id"] = id.replace("city", "town").into();
        entry["state"]["alsoKnownAs"] = json!([id]);
    });
    assert_eq!(reason(&log, &moved), Reason::Malformed, "it is not portable");
}

#[test]
fn only_the_keys_before_an_entry_sign_it() {
    let log = created(|_| {});
    assert!(verify(&log, &forged(&log, 1, |_| {})).is_ok());
    assert_eq!(reason(&log, &forged(&log, 2, |_| {})), Reason::LogProofInvalid);
    let own = forged(&log, 2, |entry| entry["parameters"] = json!({"updateKeys": [multikey(2)]}));
    assert_eq!(reason(&log, &own), Reason::LogProofInvalid, "its own keys come after it");
    let text = forged(&log, 1, |_| {});
    let method = did_key(key(1).verification_key()).1.to_string();
    let (did, fragment) = (method.split_once('#').unwrap().0, multikey(2));
    let (first, second) = text.trim_end().split_once('\n').unwrap();
    let second = second.replace(&method, &format!("{did}#{fragment}"));
    assert_eq!(reason(&log, &format!("{first}\n{second}")), Reason::LogProofInvalid, "two names of one key");
}

#[test]
fn pre_rotation_holds_the_next_entry_to_the_promised_keys() {
    let log = created(|change| change.next_key_hashes = Some(vec![key_hash(&multikey(2))]));
    let rotate =
        |signer: u8, parameters: Value| forged(&log, signer, |entry| entry["parameters"] = parameters);
    let next = json!([key_hash(&multikey(3))]);
    assert!(verify(&log, &rotate(2, json!({"updateKeys": [multikey(2)], "nextKeyHashes": next}))).is_ok());
    assert!(verify(&log, &rotate(2, json!({"updateKeys": [multikey(2)], "nextKeyHashes": []}))).is_ok());
    for (signer, parameters) in [
        // The key that was stolen.
        (1, json!({"updateKeys": [multikey(1)], "nextKeyHashes": next})),
        (1, json!({"updateKeys": [multikey(2)], "nextKeyHashes": next})),
        (4, json!({"updateKeys": [multikey(4)], "nextKeyHashes": next})),
        (2, json!({"updateKeys": [multikey(2), multikey(4)], "nextKeyHashes": next})),
        (1, json!({"nextKeyHashes": next})),
        (2, json!({"updateKeys": [multikey(2)]})),
        (1, json!({})),
    ] {
        assert_eq!(
            reason(&log, &rotate(signer, parameters.clone())),
            Reason::LogProofInvalid,
            "{parameters}"
        );
    }
    // Once it is off, the keys before an entry sign it again.
    let off = change(1, |change| {
        change.update_keys = Some(vec![multikey(2)]);
        change.next_key_hashes = Some(Vec::new());
    });
    let log = log.append(off, &key(2)).unwrap();
    assert!(log.append(change(2, |change| change.update_keys = Some(vec![multikey(7)])), &key(2)).is_ok());
}

#[test]
fn parameters_are_those_of_the_method_and_in_their_places() {
    let log = created(|_| {});
    let with = |parameters: Value| verify(&log, &forged(&log, 1, |entry| entry["parameters"] = parameters));
    for parameters in [
        json!({"ttl": 0}),
        json!({"ttl": null, "witness": null, "watchers": null, "nextKeyHashes": null, "portable": null}),
        json!({"method": "did:webvh:1.0", "portable": false, "watchers": ["https://watch.example"]}),
    ] {
        assert!(with(parameters.clone()).is_ok(), "{parameters}");
    }
    let witness = |threshold: Value, seeds: &[u8]| {
        let ids: Vec<_> =
            seeds.iter().map(|seed| json!({"id": format!("did:key:{}", multikey(*seed))})).collect();
        json!({"witness": {"threshold": threshold, "witnesses": ids}})
    };
    let p256 = "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv";
    for (parameters, reason) in [
        (json!({"scid": log.scid()}), Reason::Malformed),
        (json!({"portable": true}), Reason::Malformed),
        (json!({"method": "did:webvh:99.0"}), Reason::Unsupported),
        (json!({"method": "did:webvh:0.5"}), Reason::Unsupported),
        (json!({"method": null}), Reason::Unsupported),
        (json!({"ttl": -1}), Reason::Malformed),
        (json!({"ttl": "60"}), Reason::Malformed),
        (json!({"ttl": 1.5}), Reason::Malformed),
        (json!({"updateKeys": multikey(1)}), Reason::Malformed),
        (json!({"updateKeys": [multikey(1), multikey(1)]}), Reason::Malformed),
        (json!({"nextkeyhashes": []}), Reason::Malformed),
        (json!({"deactivated": "true"}), Reason::Malformed),
        (witness(json!(0), &[5]), Reason::Malformed),
        (witness(json!(2), &[5]), Reason::Malformed),
        (witness(json!(2), &[5, 5]), Reason::Malformed),
        (witness(json!(1.5), &[5, 6]), Reason::Malformed),
        (witness(json!(1), &[]), Reason::Malformed),
        (json!({"witness": {"threshold": 1, "witnesses": [{"id": p256}]}}), Reason::Malformed),
        (json!({"witness": {"threshold": 1}}), Reason::Malformed),
    ] {
        assert_eq!(with(parameters.clone()).unwrap_err().reason(), reason, "{parameters}");
    }
}

#[test]
fn time_goes_forward_and_not_far_ahead() {
    let log = created(|_| {});
    let on = |time: &str| verify(&log, &forged(&log, 1, |entry| entry["versionTime"] = time.into()));
    for time in ["2026-01-15T12:00:01Z", "2026-01-15T12:00:00.5Z", "2026-01-16T00:00:00+00:00"] {
        assert!(on(time).is_ok(), "{time}");
    }
    for (time, reason) in [
        ("2026-01-15T12:00:00Z", Reason::LogProofInvalid),
        ("2026-01-15T11:59:59Z", Reason::LogProofInvalid),
        ("9999-01-01T00:00:00Z", Reason::LogProofInvalid),
        ("2026-01-16T00:00:00", Reason::Malformed),
        ("2026-01-16T00:00:00+01:00", Reason::Malformed),
        ("2026-01-16 00:00:00Z", Reason::Malformed),
        ("2026-02-30T00:00:00Z", Reason::Malformed),
    ] {
        assert_eq!(on(time).unwrap_err().reason(), reason, "{time}");
    }
    let read = |now| Log::verify(log.did(), log.to_text().as_bytes(), None, now);
    let before = |seconds| at(0).checked_sub(SignedDuration::from_secs(seconds)).unwrap();
    assert!(read(before(300)).is_ok());
    assert!(read(before(301)).is_err());
}

#[test]
fn a_portable_did_moves_keeps_its_scid_and_its_credentials() {
    let log = created(|change| change.portable = Some(true));
    let old = log.did().clone();
    let new = Did::parse(&old.as_str().replace("city.example:licences", "town.example")).unwrap();
    let mut state = document(&new).to_value().clone();
    let unnamed = change(1, |change| change.document = Some(state.clone()));
    assert!(log.append(unnamed, &key(1)).is_err(), "its earlier name is missing");
    state["alsoKnownAs"] = json!([old.as_str()]);
    let log = log.append(change(1, |change| change.document = Some(state)), &key(1)).unwrap();
    for did in [&old, &new] {
        let read = Log::verify(did, log.to_text().as_bytes(), None, at(9)).unwrap();
        let document = read.document().unwrap();
        let method = did.with_fragment("key-1").unwrap();
        assert!(document.key_for(&method, Relationship::AssertionMethod).is_ok(), "{did}");
    }
    let scid = log.scid();
    let foreign = forged(&log, 1, |entry| {
        entry["state"]["id"] = new.as_str().replace(scid, &key_hash("another")).into();
        entry["state"]["alsoKnownAs"] = json!([new.as_str()]);
    });
    assert_eq!(reason(&log, &foreign), Reason::Malformed);
}

/// Two of the three.
fn witnesses(seeds: [u8; 3]) -> Witnesses {
    Witnesses { threshold: 2, keys: seeds.map(multikey).into_iter().collect() }
}

fn verify_witnessed(log: &Log, proofs: &WitnessProofs) -> Result<Log, LogError> {
    let file = log.witness_file(proofs).to_string();
    Log::verify(log.did(), log.to_text().as_bytes(), Some(file.as_bytes()), at(100))
}

#[test]
fn an_entry_counts_once_enough_different_witnesses_approved_it_or_a_later_one() {
    let log = created(|change| change.witness = Some(Some(witnesses([21, 22, 23]))));
    assert!(wants_witnesses(log.to_text().as_bytes()));
    assert!(!wants_witnesses(created(|_| {}).to_text().as_bytes()));
    assert_eq!(verify(&log, &log.to_text()).unwrap_err(), LogError::WitnessesNeeded);
    let first = &log.versions()[0];
    let mut proofs = WitnessProofs::default();
    for (seed, enough) in [(21, false), (21, false), (9, false), (22, true)] {
        proofs.approve(first, &key(seed), at(1)).unwrap();
        let read = verify_witnessed(&log, &proofs);
        assert_eq!(read.is_ok(), enough, "{seed}");
        if let Err(error) = read {
            assert_eq!((error.reason(), error), (Reason::ProofMissing, LogError::NotWitnessed { entry: 1 }));
        }
    }
    // The next entry names others: those before it witness it, and the others what comes after.
    let other = change(1, |change| change.witness = Some(Some(witnesses([31, 32, 33]))));
    let log = log.append(other, &key(1)).unwrap();
    assert!(verify_witnessed(&log, &proofs).is_err());
    let second = log.versions()[1].clone();
    let mut by_the_new = proofs.clone();
    let mut by_the_old = WitnessProofs::default();
    for (new, old) in [(31, 22), (32, 23)] {
        by_the_new.approve(&second, &key(new), at(1)).unwrap();
        by_the_old.approve(&second, &key(old), at(1)).unwrap();
    }
    assert_eq!(verify_witnessed(&log, &by_the_new).unwrap_err(), LogError::NotWitnessed { entry: 2 });
    assert!(verify_witnessed(&log, &by_the_old).is_ok(), "a later proof covers the entry before");
    let log = log.append(change(2, |change| change.witness = Some(None)), &key(1)).unwrap();
    assert_eq!(verify_witnessed(&log, &by_the_old).unwrap_err(), LogError::NotWitnessed { entry: 3 });
    let third = log.versions()[2].clone();
    for new in [31, 33] {
        by_the_old.approve(&third, &key(new), at(2)).unwrap();
    }
    assert!(verify_witnessed(&log, &by_the_old).is_ok());
    let log = log.append(change(3, |_| {}), &key(1)).unwrap();
    assert!(verify_witnessed(&log, &by_the_old).is_ok(), "nobody witnesses any more");
}

#[test]
fn a_witness_file_that_is_none_is_refused_and_proofs_about_something_else_count_for_nothing() {
    let log = created(|change| change.witness = Some(Some(witnesses([21, 22, 23]))));
    let mut proofs = WitnessProofs::default();
    for seed in [21, 22] {
        proofs.approve(&log.versions()[0], &key(seed), at(1)).unwrap();
    }
    let file = log.witness_file(&proofs).to_string();
    let read = |file: &str| Log::verify(log.did(), log.to_text().as_bytes(), Some(file.as_bytes()), at(9));
    assert!(read(&file).is_ok());
    for file in ["", "{}", "[1]", "[{}]", &format!("{file}x")] {
        assert_eq!(read(file).unwrap_err().reason(), Reason::Malformed, "{file}");
    }
    let unpublished = file.replace("\"versionId\":\"1-", "\"versionId\":\"2-");
    let expired = file.replace("\"created\"", "\"expires\"");
    for file in ["[]", &unpublished, &expired] {
        assert_eq!(read(file).unwrap_err().reason(), Reason::ProofMissing, "{file}");
    }
}

#[test]
fn a_log_goes_on_from_the_one_seen_or_it_is_older_or_a_fork() {
    let first = created(|_| {});
    let second = first.append(change(1, |_| {}), &key(1)).unwrap();
    let fork = first.append(change(1, |change| change.ttl = Some(5)), &key(1)).unwrap();
    assert_eq!(second.after(first.last_version_id()), Succession::GoesOn);
    assert_eq!(second.after(second.last_version_id()), Succession::GoesOn);
    assert_eq!(first.after(second.last_version_id()), Succession::Older);
    assert_eq!(fork.after(second.last_version_id()), Succession::Fork);
}

#[test]
fn what_is_too_long_or_no_log_is_refused() {
    let log = created(|_| {});
    let text = log.to_text();
    for spaced in [text.trim_end().to_owned(), format!("{text}\n"), text.replace(",\"", " , \"")] {
        assert!(verify(&log, &spaced).is_ok());
    }
    assert_eq!(verify(&log, &" ".repeat(super::MAX_BYTES + 1)).unwrap_err(), LogError::TooLarge);
    assert_eq!(verify(&log, &"x\n".repeat(600)).unwrap_err(), LogError::TooLarge);
    let document = document(log.did()).to_value().to_string();
    for bad in ["", "{}", "[]", "null", document.as_str(), &format!("\n{text}"), &format!("\u{feff}{text}")] {
        assert_eq!(reason(&log, bad), Reason::Malformed, "{bad}");
    }
    let twice =
        text.replacen("\"versionTime\"", "\"versionTime\":\"2026-01-15T12:00:00Z\",\"versionTime\"", 1);
    assert_eq!(reason(&log, &twice), Reason::Malformed);
    let more = text.replacen("\"versionTime\"", "\"note\":1,\"versionTime\"", 1);
    assert_eq!(reason(&log, &more), Reason::Malformed);
    assert_eq!(
        Log::verify(&did_key(key(1).verification_key()).0, b"{}", None, at(0)).unwrap_err(),
        LogError::NotWebVh
    );
}

#[test]
fn the_parallel_did_web_says_the_same_under_its_own_name() {
    let log = created(|_| {});
    let document = log.did_web_document(&LoopbackOrigins::default()).unwrap();
    let web = Did::parse("did:web:city.example:licences").unwrap();
    let read = DidDocument::parse(&web, document.to_string().as_bytes()).unwrap();
    let method = web.with_fragment("key-1").unwrap();
    assert_eq!(read.key_for(&method, Relationship::AssertionMethod).as_ref(), Ok(key(9).verification_key()));
    assert_eq!(document["alsoKnownAs"], json!([log.did().as_str()]));
    assert_eq!(document["service"][0]["serviceEndpoint"], json!("https://city.example/licences/"));
    assert_eq!(document["service"][1]["serviceEndpoint"], json!("https://city.example/licences/whois.vp"));
    let ended = log.append(change(1, |change| change.deactivated = Some(true)), &key(1)).unwrap();
    assert_eq!(ended.did_web_document(&LoopbackOrigins::default()), Err(LogError::Deactivated));
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), cases: 256, ..ProptestConfig::default() })]

    /// One byte of a log or of its witnesses put in the place of another: it is refused, or it is the same log (a space, a member's order).
    #[test]
    fn no_byte_of_a_log_changes_what_it_says(place in 0_usize..4_096, byte in any::<u8>()) {
        let log = created(|change| change.next_key_hashes = Some(vec![key_hash(&multikey(2))]));
        let mut bytes = log.to_text().into_bytes();
        let place = place % bytes.len();
        bytes[place] = byte;
        if let Ok(read) = Log::verify(log.did(), &bytes, None, at(9)) {
            prop_assert_eq!(read.versions()[0].state(), log.versions()[0].state());
            prop_assert_eq!(read.versions()[0].parameters(), log.versions()[0].parameters());
        }
    }

    #[test]
    fn any_text_is_read_as_a_log_without_a_panic(
        text in r#"(\{"(versionId|versionTime|parameters|state|proof)":("1-Qm[a-z]{0,44}"|\{\}|\[\{?\}?\]|null|[0-9]{1,20}),?"?\}?\n?){0,6}"#,
        cut in 0_usize..2_000,
    ) {
        let log = created(|_| {});
        let _ = Log::verify(log.did(), text.as_bytes(), Some(text.as_bytes()), at(9));
        let _ = wants_witnesses(text.as_bytes());
        let whole = log.to_text();
        let cut = whole.get(..cut.min(whole.len())).unwrap_or(&whole);
        let read = Log::verify(log.did(), cut.as_bytes(), None, at(9));
        prop_assert_eq!(read.is_ok(), cut.trim_end() == whole.trim_end());
    }
}
