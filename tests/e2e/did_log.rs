//! An issuer whose DID is a did:webvh: what it issues is believed by its log, its keys change under its wallets' credentials, and its end is the end
//! of all of them.

use std::fs;

use serde_json::{Value, json};

use crate::department::{FORMATS, Names, Town, read, text, utf8};

const TYPE: &str = "student-card";

/// The files of keys that are there.
fn keys_in(town: &Town) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(town.at("issuer/keys"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("key-") || name.starts_with("update-"))
        .collect();
    names.sort();
    names
}

/// What the market decides about a credential that the wallet shows.
pub(crate) fn decision(town: &Town, purpose: &str, credential: &str) -> (String, Value) {
    let request = town.one("verifier", &["request", "--purpose", purpose]);
    let (uri, choice) = (text(&request, "request_uri"), format!("card={credential}"));
    town.one("wallet", &["present", &uri, "--use", &choice, "--yes", "--unknown-verifier-too"]);
    let result = town.run("verifier", &["result", &text(&request, "transaction")]);
    let result: Value = serde_json::from_slice(&result.stdout).expect("one JSON object");
    (text(&result, "decision"), result)
}

#[test]
fn an_issuer_with_a_log_changes_its_keys_and_its_credentials_stay_good_until_it_says_otherwise() {
    let mut town = Town::with_issuer(&["--did", "did:webvh"]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/credentials/student-card");
    let names = Names::of(&read(&std::path::Path::new(folder).join("type.json")));
    let claims = town.at("record.json");
    fs::copy(format!("{folder}/example.json"), &claims).expect("copied");
    let purposes: Vec<_> =
        FORMATS.map(|format| (format, town.purpose(&names, format, &["student_first_name"]))).to_vec();
    let ids: Vec<_> = purposes.iter().map(|(_, id)| id.clone()).collect();
    assert!(town.issuer_id.starts_with("did:webvh:Qm"), "{}", town.issuer_id);
    town.trust(&[TYPE.to_owned()], &ids);
    assert_eq!(keys_in(&town), ["key-1.jwk", "key-2.jwk", "key-3.jwk", "update-2.jwk"]);

    town.serve();
    town.carry(&names, &claims, &["student_first_name"], &purposes);
    let (format, purpose) = &purposes[0];
    // Each is of another student: nothing is issued twice for one record.
    let issue = |town: &Town, name: &str| {
        let mut student = read(&claims);
        student["student_last_name"] = name.into();
        let file = town.at(name);
        fs::write(&file, student.to_string()).expect("written");
        text(&town.issue(TYPE, format, &file), "id")
    };
    let first = issue(&town, "First");

    let rotated = town.one("issuer", &["key", "rotate"]);
    assert!(text(&rotated, "versionId").starts_with("2-"), "{rotated}");
    assert_eq!(rotated["keys"].as_array().map(Vec::len), Some(6));
    assert_eq!(keys_in(&town).len(), 7);
    assert_eq!(keys_in(&town)[5..], ["key-6.jwk", "update-3.jwk"]);
    assert_eq!(town.one("issuer", &["key", "list"]), rotated);
    // The service that runs signs with the new keys, and the document of the did:web beside the log names them.
    let (_, document) = town.fetch("/.well-known/did.json");
    assert!(document.contains("#key-4") && document.contains("#key-1"), "{document}");
    let second = issue(&town, "Second");
    town.restart_verifier();
    for credential in [&first, &second] {
        assert_eq!(decision(&town, purpose, credential).0, "accepted");
    }

    let dropped = town.one("issuer", &["key", "rotate", "--drop-old"]);
    assert_eq!(dropped["keys"].as_array().map(Vec::len), Some(3));
    let (_, document) = town.fetch("/.well-known/did.json");
    assert!(document.contains("#key-7") && !document.contains("#key-4"), "{document}");
    let third = issue(&town, "Third");
    town.restart_verifier();
    assert_eq!(decision(&town, purpose, &third).0, "accepted");
    for credential in [&first, &second] {
        let (decided, result) = decision(&town, purpose, credential);
        assert_eq!(
            (decided.as_str(), &result["reasons"]),
            ("rejected", &json!(["key_not_found"])),
            "{result}"
        );
    }

    let refused = town.run("issuer", &["key", "deactivate"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).trim_end().ends_with("consent_required"));
    let ended = town.one("issuer", &["key", "deactivate", "--yes"]);
    assert_eq!((&ended["deactivated"], &ended["keys"]), (&json!(true), &json!([])));
    // The service that runs still shows the log; the verifier has forgotten the one it read before.
    town.restart_verifier();
    let (decided, result) = decision(&town, purpose, &third);
    assert_eq!((decided.as_str(), &result["reasons"]), ("rejected", &json!(["key_not_found"])), "{result}");
    // It says so, and shows what it published: the log and the lists. What leads to a credential is gone, at once and after a new start.
    let list = town.fetch("/status/token/1");
    assert_eq!(list.0, 200);
    for is_new in [false, true] {
        if is_new {
            town.restart();
        }
        assert_eq!(town.fetch("/status/token/1"), list);
        assert_eq!(town.fetch("/.well-known/did.jsonl").0, 200);
        for gone in ["/.well-known/did.json", "/.well-known/openid-credential-issuer"] {
            assert_eq!(town.fetch(gone).0, 404, "{gone}");
        }
    }
    for arguments in [
        &["offer", "--type", TYPE, "--claims", utf8(&claims)][..],
        &["key", "rotate"],
        &["key", "add", "--algorithm", "ES384"],
        &["key", "deactivate", "--yes"],
    ] {
        let refused = town.run("issuer", arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("has ended"), "{arguments:?}");
    }
}

/// Each rotation that keeps the old keys writes all of them again: before the log is full it says so, and the DID can still be ended.
#[test]
fn a_log_that_fills_up_leaves_room_for_its_end() {
    let town = Town::with_issuer(&["--did", "did:webvh"]);
    let log = || fs::metadata(town.at("issuer/did.jsonl")).expect("the log").len();
    let mut rotations = 0;
    let refused = loop {
        let output = town.run("issuer", &["key", "rotate"]);
        if !output.status.success() {
            break output;
        }
        rotations += 1;
        assert!(rotations < 40);
    };
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("--drop-old") && said.trim_end().ends_with("too_large"), "{said}");
    assert!(rotations >= 10 && log() < 256 << 10, "{rotations} rotations, {} bytes", log());
    let before = log();
    town.one("issuer", &["key", "rotate", "--drop-old"]);
    let ended = town.one("issuer", &["key", "deactivate", "--yes"]);
    assert_eq!(ended["deactivated"], true);
    assert!(log() - before < 8 << 10, "{}", log() - before);
}

/// A folder that was made before there were keys of P-384 gets one by a command, whatever its DID; a did:key is its one key.
#[test]
fn a_key_of_an_algorithm_that_a_folder_has_none_of_is_added() {
    let algorithms = |listed: &Value| -> Vec<String> {
        listed["keys"].as_array().expect("keys").iter().map(|key| text(key, "alg")).collect()
    };
    let town = Town::with_issuer(&[]);
    fs::remove_file(town.at("issuer/keys/key-3.jwk")).expect("a key");
    assert_eq!(algorithms(&town.one("issuer", &["key", "list"])), ["EdDSA", "ES256"]);
    let added = town.one("issuer", &["key", "add", "--algorithm", "ES384"]);
    assert_eq!(algorithms(&added), ["EdDSA", "ES256", "ES384"]);
    assert_eq!(town.one("issuer", &["key", "add", "--algorithm", "ES384"]), added);

    let town = Town::with_issuer(&["--did", "did:webvh"]);
    let there = town.one("issuer", &["key", "list"]);
    // It has one of each: nothing changes, and no entry is written.
    assert_eq!(town.one("issuer", &["key", "add", "--algorithm", "ES384"]), there);

    let town = Town::with_issuer(&["--did", "did:key"]);
    for arguments in [&["key", "add", "--algorithm", "ES384"][..], &["key", "rotate"]] {
        let refused = town.run("issuer", arguments);
        assert_eq!(refused.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&refused.stderr).trim_end().ends_with("unsupported"));
    }
}

#[test]
fn a_log_that_somebody_changed_in_the_issuers_folder_stops_it_before_it_signs() {
    let town = Town::with_issuer(&["--did", "did:webvh"]);
    let log = town.at("issuer/did.jsonl");
    let whole = fs::read_to_string(&log).expect("the log");
    assert!(town.run("issuer", &["key", "list"]).status.success());
    for changed in [whole.replace("key-1", "key-7"), String::new(), whole.replace("localhost", "elsewhere")] {
        fs::write(&log, &changed).expect("written");
        for arguments in [&["key", "list"][..], &["key", "rotate"], &["status", "0", "revoke"]] {
            assert_eq!(town.run("issuer", arguments).status.code(), Some(3), "{arguments:?}");
        }
        assert_eq!(fs::read_to_string(&log).expect("the log"), changed);
    }
    // Another key under the name that the log knows.
    fs::write(&log, &whole).expect("written");
    fs::copy(town.at("issuer/keys/update-2.jwk"), town.at("issuer/keys/key-1.jwk")).expect("copied");
    assert_eq!(town.run("issuer", &["status", "0", "revoke"]).status.code(), Some(3));
}

#[test]
fn f06_a_rotation_that_was_cut_short_is_finished_by_the_next_one() {
    let town = Town::with_issuer(&["--did", "did:webvh"]);
    let before = fs::read_to_string(town.at("issuer/did.jsonl")).expect("the log");
    // Everything but the last step: keys are there, the new text half written.
    town.one("issuer", &["key", "rotate"]);
    let after = fs::read_to_string(town.at("issuer/did.jsonl")).expect("the log");
    fs::write(town.at("issuer/did.jsonl"), &after).expect("written");
    fs::write(town.at("issuer/did.jsonl.new"), &before[..before.len() / 2]).expect("written");
    fs::copy(town.at("issuer/keys/key-3.jwk"), town.at("issuer/keys/key-9.jwk")).expect("copied");
    let rotated = town.one("issuer", &["key", "rotate"]);
    assert!(text(&rotated, "versionId").starts_with("3-"), "{rotated}");
    assert!(!town.at("issuer/did.jsonl.new").exists());
    assert_eq!(rotated["keys"].as_array().map(Vec::len), Some(9));
}
