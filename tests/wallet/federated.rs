//! W-06: the market asks under `openid_federation:`. Its trust chain says who it is, with which keys and where answers go; the request does not.

use jiff::ToSpan as _;
use portage_testkit::faults_of_a_chain;
use serde_json::{Value, json};

use crate::{
    citizen::Citizen,
    federation_side::{answers_about_market, chain, chain_until, key, market_kid, rewrite, statement},
    issuer_side::origin_of,
    stage::{RequestDraft, Running},
    story::answer_of,
    verifier_side::{request_with, usual_query},
};

fn link(stage: &Running) -> String {
    let origin = &stage.market.origin;
    let client_id = format!("openid_federation:{origin}");
    request_with(&[("client_id", &client_id), ("request_uri", &format!("{origin}/request/1"))])
}

/// The market asks for a purpose that the city signed, under its Entity Identifier and with its chain; then changed.
fn ask(stage: &Running, change: impl Fn(&mut RequestDraft) + Send + Sync + 'static) {
    let query = usual_query(stage);
    let signed = statement(stage, query.clone());
    let (kid, client_id) = (market_kid(stage), format!("openid_federation:{}", stage.market.origin));
    stage.twist(|twist| {
        twist.query = Some(query);
        twist.statement = Some(signed);
        twist.request = Some(Box::new(move |draft: &mut RequestDraft| {
            draft.header.insert("kid".into(), json!(kid));
            draft.claims["client_id"] = json!(client_id);
            change(draft);
        }));
    });
}

#[tokio::test]
async fn w06_a_request_under_openid_federation_is_answered_on_its_chain_alone() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let link = link(&stage);
    let stranger = json!({
        "jwks": { "keys": [] },
        "redirect_uris": [format!("{}/response", origin_of(&stage.world.attacker))],
        "vp_formats_supported": { "mso_mdoc": {} },
    });
    for client_metadata in [None, Some(stranger)] {
        ask(&stage, move |draft| {
            if let Some(metadata) = &client_metadata {
                draft.claims.insert("client_metadata".into(), metadata.clone());
            }
        });
        let review = citizen.run(&["review", &link]).await.object();
        assert_eq!(review["warnings"], json!([]), "{review}");
        assert_eq!(review["verifier"]["name"]["en"], "market in English");
        assert_eq!(review["purpose"]["source"], "vouched");
        assert!(
            stage.take_seen().iter().all(|seen| !seen.url.contains("did.json")),
            "no other name is looked up"
        );
        let sent = citizen.run(&["present", &link, "--yes"]).await;
        assert_eq!(sent.code, 0, "{sent:?}");
        assert!(answer_of(&stage).is_some(), "the market has it");
        stage.take_seen();
    }
    let words = citizen.run_in_words(&["explain", &link], None).await;
    assert!(words.out.contains(&format!("a key of {}", stage.market.origin)), "{words:?}");
}

#[tokio::test]
async fn w06_swapped_keys_and_addresses_in_the_request_have_no_effect() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let link = link(&stage);
    let attacker = origin_of(&stage.world.attacker);
    let thief = portage_keys::Signer::verification_key(&stage.market.thief).clone();
    let thief = portage_jose::Jwk::from_key(thief).with_kid(market_kid(&stage)).to_value();
    let elsewhere = format!("{attacker}/response");
    let swapped_key = json!({ "jwks": { "keys": [thief] } });
    let swapped_target = json!({ "redirect_uris": [elsewhere], "response_uris": [elsewhere] });
    for (forged, metadata, target) in
        [(true, swapped_key, None), (false, swapped_target, Some(elsewhere.clone()))]
    {
        ask(&stage, move |draft| {
            draft.claims.insert("client_metadata".into(), metadata.clone());
            if let Some(target) = &target {
                draft.claims["response_uri"] = json!(target);
            }
        });
        stage.twist(|twist| twist.forged_request = forged);
        let flags = ["--yes", "--unknown-verifier-too", "--beyond-purpose-too"];
        let answer = citizen.run(&[&["present", &link][..], &flags].concat()).await;
        assert_eq!((answer.code, answer.reason()), (1, "request_invalid"), "{answer:?}");
        let seen = stage.take_seen();
        assert!(seen.iter().all(|seen| seen.method == "GET" && !seen.url.starts_with(&attacker)), "{seen:?}");
        stage.untwist();
    }
    ask(&stage, |_| {});
    assert_eq!(citizen.run(&["present", &link, "--yes"]).await.code, 0);
}

#[tokio::test]
async fn w06_without_a_chain_that_holds_nobody_is_answered_whatever_the_person_says() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let link = link(&stage);
    let carrying = |chain: Value| {
        ask(&stage, move |draft| {
            match &chain {
                Value::Null => drop(draft.header.remove("trust_chain")),
                chain => drop(draft.header.insert("trust_chain".into(), chain.clone())),
            };
        });
    };
    let over = chain_until(&stage, stage.world.now - 1.hour(), "province");
    let copied_anchor = chain_until(&stage, stage.world.now + 12.hours(), "thief");
    for (what, carried) in [
        ("over", json!(over)),
        ("another key", json!(copied_anchor)),
        ("half", json!([chain(&stage).remove(0)])),
        ("none", Value::Null),
    ] {
        carrying(carried);
        let flags = ["--yes", "--unknown-verifier-too", "--beyond-purpose-too"];
        let answer = citizen.run(&[&["present", &link][..], &flags].concat()).await;
        assert_eq!((answer.code, answer.reason()), (1, "trust_chain_invalid"), "{what} {answer:?}");
        assert!(stage.take_seen().iter().all(|seen| seen.method == "GET"), "{what}");
    }
    // Without a chain in the request the wallet asks the anchor that it pinned, and nobody whom the request names.
    carrying(Value::Null);
    stage.twist(|twist| twist.answers.extend(answers_about_market(&stage)));
    let answer = citizen.run(&["present", &link, "--yes"]).await;
    assert_eq!(answer.code, 0, "{answer:?}");
    let seen = stage.take_seen();
    let asked: Vec<_> = seen.iter().filter(|seen| seen.url.contains("openid-federation")).collect();
    assert!(asked.iter().all(|seen| seen.url.contains("/province/")), "{asked:?}");
    stage.untwist();
    carrying(json!(chain(&stage)));
    assert_eq!(citizen.run(&["present", &link, "--yes"]).await.code, 0);
}

/// Each way in which a chain can be broken, as it arrives in a request.
#[tokio::test]
async fn t01_t02_t03_t04_t05_t06_a_chain_with_one_fault_is_none_to_the_wallet() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let link = link(&stage);
    let carrying = |chain: Vec<String>| {
        ask(&stage, move |draft| _ = draft.header.insert("trust_chain".into(), json!(chain)));
    };
    let keys = ["market", "city", "province"].map(key);
    let chain = chain(&stage);
    for (what, broken) in faults_of_a_chain(&chain, keys.each_ref()) {
        carrying(broken);
        let flags = ["--yes", "--unknown-verifier-too", "--beyond-purpose-too"];
        let answer = citizen.run(&[&["present", &link][..], &flags].concat()).await;
        assert_eq!((answer.code, answer.reason()), (1, "trust_chain_invalid"), "{what} {answer:?}");
        assert!(stage.take_seen().iter().all(|seen| seen.method == "GET"), "{what}");
        stage.untwist();
    }
    carrying(chain);
    assert_eq!(citizen.run(&["present", &link, "--yes"]).await.code, 0);
}

#[tokio::test]
async fn w06_a_chain_whose_log_forked_is_told_as_that_and_gives_no_key() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let link = link(&stage);
    ask(&stage, |_| {});
    assert_eq!(citizen.run(&["review", &link]).await.object()["warnings"], json!([]));
    rewrite(&stage, "city");
    ask(&stage, |_| {});
    let flags = ["--yes", "--unknown-verifier-too", "--beyond-purpose-too"];
    for _ in 0..2 {
        let answer = citizen.run(&[&["present", &link][..], &flags].concat()).await;
        assert_eq!((answer.code, answer.reason()), (1, "log_proof_invalid"), "{answer:?}");
        assert!(answer_of(&stage).is_none());
    }
    let other = Citizen::of_the_province(&stage).await;
    let answer = other.run(&["present", &link, "--yes"]).await;
    assert_eq!(answer.code, 0, "the twin: a wallet that saw one history alone {answer:?}");
}
