//! `wallet explain`: a credential, a request, an offer in plain words.

use portage_catalog::Format;
use serde_json::{Value, json};

use crate::{
    citizen::{Answer, Citizen},
    issuer_side::offer,
    stage::Running,
    story::answer_of,
    verifier_side::request,
};

/// The sentences of `--json`.
fn sentences(answer: &Answer) -> Vec<Value> {
    answer.object()["explanation"].as_array().unwrap().clone()
}

fn keys(answer: &Answer) -> Vec<String> {
    sentences(answer).iter().map(|sentence| sentence["key"].as_str().unwrap().to_owned()).collect()
}

/// No value that `show` tells stands in these words.
async fn says_no_value(citizen: &Citizen, id: &str, answer: &Answer) {
    let stored = citizen.run(&["show", id]).await.object();
    let mut canaries = 0;
    for claim in stored["claims"].as_array().unwrap() {
        let value = claim["value"].as_str().map_or_else(|| claim["value"].to_string(), str::to_owned);
        if value.len() >= 6 {
            canaries += 1;
            assert!(!answer.out.contains(&value) && !answer.err.contains(&value), "{value}");
        }
    }
    assert!(canaries > 0);
}

#[tokio::test]
async fn a_credential_is_explained_from_what_the_wallet_finds_and_no_value_is_told() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let id = citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    stage.take_seen();
    let before = citizen.wallet_bytes();
    let explained = citizen.run(&["explain", &id]).await;
    assert_eq!(citizen.wallet_bytes(), before, "explaining writes nothing");
    let keys = keys(&explained);
    for key in [
        "explain.issued",
        "explain.listed",
        "explain.signed_host",
        "explain.yours",
        "explain.in_force_ago",
        "explain.sound",
    ] {
        assert!(keys.iter().any(|said| said == key), "{key} is not in {keys:?}");
    }
    assert!(sentences(&explained).iter().all(|one| !one["evidence"].as_object().unwrap().is_empty()));
    says_no_value(&citizen, &id, &explained).await;
    for (language, first) in [("en", " issued this: “Person"), ("fr", "Ceci a été délivré\u{a0}: «\u{a0}")]
    {
        let words = citizen.run_in_words(&["explain", &id, "--lang", language], None).await;
        assert_eq!(words.code, 0, "{words:?}");
        assert!(words.out.lines().next().unwrap().contains(first), "{}", words.out);
        assert_eq!(words.out.lines().count(), keys.len());
        says_no_value(&citizen, &id, &words).await;
    }
}

#[tokio::test]
async fn a_revoked_credential_is_explained_by_what_was_found_when_it_arrived_and_why_it_is_refused_now() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let id = citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    citizen.wait(120);
    stage.twist.lock().unwrap().revoked = (0..1 << 17).collect();
    let explained = citizen.run(&["explain", &id]).await;
    let keys = keys(&explained);
    assert_eq!(keys.first().map(String::as_str), Some("explain.on_arrival"));
    for key in ["explain.issued", "explain.listed", "explain.not_sound", "decision.because", "decision.todo"]
    {
        assert!(keys.iter().any(|said| said == key), "{key} is not in {keys:?}");
    }
    assert!(
        !keys.iter().any(|said| said.starts_with("explain.in_force") || said == "explain.sound"),
        "{keys:?}"
    );
    says_no_value(&citizen, &id, &explained).await;
}

#[tokio::test]
async fn a_request_is_explained_and_nothing_is_answered() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    // Held nothing, then held what is asked.
    let explained = citizen.run(&["explain", &request(&stage)]).await;
    assert!(keys(&explained).iter().any(|key| key == "explain.missing"));
    let id = citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    let before = citizen.wallet_bytes();
    let explained = citizen.run(&["explain", &request(&stage)]).await;
    let keys = keys(&explained);
    for key in [
        "explain.asks",
        "explain.asker_signed_host",
        "wallet.registered",
        "consent.why",
        "explain.would_learn",
        "explain.would_not_learn",
        "consent.kept",
        "wallet.nothing_sent",
    ] {
        assert!(keys.iter().any(|said| said == key), "{key} is not in {keys:?}");
    }
    says_no_value(&citizen, &id, &explained).await;
    assert_eq!(citizen.wallet_bytes(), before);
    assert!(answer_of(&stage).is_none());
}

#[tokio::test]
async fn an_offer_is_explained_without_its_code_being_sent() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let link = offer(&stage, "person", Format::DcSdJwt);
    let explained = citizen.run(&["explain", &link]).await;
    assert_eq!(keys(&explained).first().map(String::as_str), Some("explain.offers"));
    assert_eq!(sentences(&explained).last().unwrap()["evidence"], json!({ "/accepted": false }));
    assert!(stage.take_seen().iter().all(|seen| seen.method == "GET"));
    assert_eq!(citizen.count().await, 0);
    assert_eq!(citizen.run(&["explain", "elsewhere"]).await.code, 2);
}
