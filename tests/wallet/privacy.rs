//! What the wallet leaves behind: nothing in clear, no value in the history, nothing to anybody who was not asked.

use std::path::Path;

use portage_catalog::Format;
use portage_keys::base64url;
use serde_json::Value;

use crate::{
    citizen::{Citizen, PASSPHRASE},
    issuer_side::{CODE, TOKEN, offer},
    stage::Running,
    verifier_side::request,
};

/// Every file below a folder.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// The text as it is, and as the encodings that travel would show it.
fn disguises(canary: &str) -> Vec<String> {
    let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    let encoded = base64url::encode(canary.as_bytes());
    let percent: String = url::form_urlencoded::byte_serialize(canary.as_bytes()).collect();
    // The last characters of base64 depend on what follows.
    let stem = encoded.get(..encoded.len().saturating_sub(2)).unwrap_or(&encoded).to_owned();
    vec![canary.to_owned(), hex, stem.replace('-', "+").replace('_', "/"), stem, percent]
}

#[tokio::test]
async fn d04_no_claim_key_code_or_token_lies_in_clear_in_any_file() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let stored = citizen.run(&["accept", &offer(&stage, "person", Format::DcSdJwt), "--yes"]).await.object();
    citizen.run(&["present", &request(&stage), "--yes"]).await;
    let pass = citizen.path("copy.pass");
    std::fs::write(&pass, "a passphrase of the copy\n").unwrap();
    citizen
        .run(&["export", &citizen.path("wallet/copy.portage"), "--export-passphrase-file", &pass])
        .await
        .object();

    let mut canaries: Vec<String> = stored["claims"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|claim| match &claim["value"] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
        .filter(|text| text.len() >= 6)
        .map(|text| text.chars().take(40).collect())
        .collect();
    assert!(canaries.len() >= 3, "{canaries:?}");
    canaries.extend([CODE, TOKEN, PASSPHRASE, "eyJ", "did:web", "Person", "localhost"].map(str::to_owned));
    let mut found = Vec::new();
    files(&citizen.folder.path().join("wallet"), &mut found);
    assert!(found.len() >= 2, "the wallet and its copy");
    for (name, bytes) in &found {
        for disguise in canaries.iter().flat_map(|canary| disguises(canary)).filter(|text| text.len() >= 3) {
            let hit = bytes.windows(disguise.len()).any(|window| window == disguise.as_bytes());
            assert!(!hit, "{name} holds {disguise}");
        }
    }
    // The twin: the search finds what is there.
    let mut found = Vec::new();
    files(citizen.folder.path(), &mut found);
    assert!(
        found
            .iter()
            .any(|(_, bytes)| bytes.windows(PASSPHRASE.len()).any(|window| window == PASSPHRASE.as_bytes()))
    );
}

#[tokio::test]
async fn the_history_names_claims_and_holds_no_value() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let stored = citizen.run(&["accept", &offer(&stage, "person", Format::DcSdJwt), "--yes"]).await.object();
    citizen.run(&["present", &request(&stage), "--yes"]).await;
    let history = citizen.run(&["history"]).await;
    let events = history.objects();
    let presented = events.iter().find(|event| event["what"] == "presented").unwrap();
    assert_eq!(presented["credentials"][0]["claims"], serde_json::json!(["age_over_19"]));
    assert_eq!(presented["counterpart"]["name"]["fr"], "Marché du port");
    for claim in stored["claims"].as_array().unwrap() {
        if let Some(text) = claim["value"].as_str().filter(|text| text.len() >= 4) {
            assert!(!history.out.contains(text), "{text}");
        }
    }
}

#[tokio::test]
async fn to_look_at_a_request_asks_the_issuer_for_its_list_and_for_nothing_else() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    citizen.wait(120);
    stage.take_seen();
    let before = citizen.wallet_bytes();
    citizen.run(&["review", &request(&stage)]).await.object();
    assert_eq!(citizen.wallet_bytes(), before, "looking writes nothing");
    let seen = stage.take_seen();
    let issuer: Vec<&str> = seen
        .iter()
        .filter(|seen| !seen.url.starts_with(&stage.market.origin))
        .map(|seen| seen.url.as_str())
        .collect();
    assert_eq!(issuer, [stage.world.province.url("/status/token")]);

    // The twin of a shown credential: deleting it tells nobody.
    let id = citizen.run(&["list"]).await.object()["id"].as_str().unwrap().to_owned();
    citizen.run(&["delete", &id, "--yes"]).await.object();
    assert!(stage.take_seen().is_empty());
    assert_eq!(citizen.count().await, 0);
}
