//! Purposes that an authority signed, carried in the request: within them, beyond them, and everything that only looks like one.

use jiff::ToSpan as _;
use portage_catalog::Format;
use portage_federation::PurposeStatement;
use serde_json::{Value, json};

use crate::{
    citizen::{Citizen, Scripted, trust},
    federation_side::{chain, chain_until, key, keys, purpose_statement, rewrite, statement, statement_of},
    issuer_side::offer,
    stage::{RequestDraft, Running},
    story::answer_of,
    verifier_side::{query_with_birth_date, request, usual_query},
};

/// The market asks this, for a purpose of which the city signed that.
pub(crate) fn ask(stage: &Running, query: Value, signed: String) {
    stage.twist(|twist| {
        twist.query = Some(query);
        twist.statement = Some(signed);
    });
}

#[tokio::test]
async fn w11_a_purpose_that_an_authority_signed_is_shown_in_its_words_and_answered() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let link = request(&stage);
    ask(&stage, usual_query(&stage), statement(&stage, query_with_birth_date(&stage)));
    let review = citizen.run(&["review", &link]).await.object();
    assert_eq!(review["warnings"], json!([]), "{review}");
    assert_eq!(
        (&review["verifier"]["standing"], &review["verifier"]["name"]["en"]),
        (&json!("registered"), &json!("market in English"))
    );
    let purpose = &review["purpose"];
    assert_eq!(
        (&purpose["source"], &purpose["vouched_by"]["name"]["fr"]),
        (&json!("vouched"), &json!("city in French"))
    );
    assert_eq!(purpose["vouched_by"]["chain"]["links"].as_array().map(Vec::len), Some(3), "{purpose}");
    // The chain came along: nobody is asked about the market.
    assert!(stage.take_seen().iter().all(|seen| !seen.url.contains("openid-federation")));

    let mut person = Scripted::saying(&[true]);
    let sent = citizen.run_in_words(&["present", &link], Some(&mut person)).await;
    assert_eq!(sent.code, 0, "{sent:?}");
    assert!(sent.out.contains("city in English vouches for them and for this purpose."), "{sent:?}");
    assert!(!sent.out.contains("own words"), "{sent:?}");
    assert!(answer_of(&stage).is_some());
}

#[tokio::test]
async fn w11_more_than_the_authority_signed_is_refused_claim_by_claim_and_the_override_is_kept() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let link = request(&stage);
    ask(&stage, query_with_birth_date(&stage), statement(&stage, usual_query(&stage)));
    let review = citizen.run(&["review", &link]).await.object();
    let beyond = json!({ "reason": "beyond_purpose", "query": "person", "path": ["birthdate_dateint"], "kind": "claim" });
    assert_eq!(review["warnings"], json!([beyond]));
    for flags in [&["--yes"][..], &["--yes", "--unknown-verifier-too"]] {
        let answer = citizen.run(&[&["present", &link], flags].concat()).await;
        assert_eq!((answer.code, answer.reason()), (1, "beyond_purpose"), "{answer:?}");
    }
    assert!(answer_of(&stage).is_none());
    let sent = citizen.run(&["present", &link, "--yes", "--beyond-purpose-too"]).await;
    assert_eq!(sent.code, 0, "{sent:?}");
    let history = citizen.run(&["history"]).await;
    assert!(history.out.contains("\"beyond_purpose\":[\"person.birthdate_dateint\"]"), "{history:?}");
    let told = citizen.run_in_words(&["history"], None).await.out;
    assert!(
        told.contains("beyond the service’s registered purpose: ") && !told.contains("dateint"),
        "{told}"
    );
}

#[tokio::test]
async fn t07_t11_a_statement_that_does_not_hold_is_as_if_there_were_none() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let link = request(&stage);
    let usual = usual_query(&stage);
    let sound = statement(&stage, usual.clone());
    let signed = |by, about| statement_of(&stage, by, about, usual.clone());
    let over = chain_until(&stage, stage.world.now - 1.hour(), "province");
    let copied_anchor = chain_until(&stage, stage.world.now + 12.hours(), "thief");
    let without_city = vec![chain(&stage).remove(0)];
    let cases: Vec<(&str, String, Option<Vec<String>>)> = vec![
        ("a stranger's", signed(("stranger", "stranger"), "market"), None),
        ("forged", signed(("city", "thief"), "market"), None),
        ("about another verifier", signed(("city", "city"), "rival"), None),
        ("its own", signed(("market", "market"), "market"), None),
        ("not a statement", "a.b.c".to_owned(), None),
        ("a chain that is over", sound.clone(), Some(over)),
        ("an anchor of another key", sound.clone(), Some(copied_anchor)),
        ("half a chain", sound.clone(), Some(without_city)),
        ("no chain", sound.clone(), Some(Vec::new())),
    ];
    for (what, signed, chain) in cases {
        ask(&stage, usual.clone(), signed);
        stage.twist(|twist| twist.chain = chain);
        let review = citizen.run(&["review", &link]).await.object();
        assert_eq!(review["warnings"], json!([{ "reason": "purpose_not_registered" }]), "{what} {review}");
        assert_eq!(review["purpose"]["source"], "told", "{what}");
        let answer = citizen.run(&["present", &link, "--yes"]).await;
        assert_eq!((answer.code, answer.reason()), (1, "consent_required"), "{what} {answer:?}");
        assert!(answer_of(&stage).is_none(), "{what}");
        stage.untwist();
    }
    // Of another purpose than the one that the request names.
    ask(&stage, usual.clone(), sound.clone());
    stage.twist(|twist| {
        twist.request = Some(Box::new(|draft: &mut RequestDraft| {
            draft.claims["verifier_info"][0]["data"]["id"] = "another-purpose".into();
        }));
    });
    let answer = citizen.run(&["present", &link, "--yes"]).await;
    assert_eq!((answer.code, answer.reason()), (1, "consent_required"), "{answer:?}");
    // What is no chain at all is no request.
    stage.twist(|twist| {
        twist.request = Some(Box::new(|draft: &mut RequestDraft| {
            drop(draft.header.insert("trust_chain".into(), json!(vec!["a"; 9])));
        }));
    });
    let answer = citizen.run(&["present", &link, "--yes"]).await;
    assert_eq!((answer.code, answer.reason()), (1, "request_invalid"), "{answer:?}");
    stage.untwist();
    ask(&stage, usual, sound);
    assert_eq!(citizen.run(&["present", &link, "--yes"]).await.code, 0);
}

#[tokio::test]
async fn w11_a_purpose_that_is_over_or_was_not_published_counts_for_nothing_and_the_wallet_says_which() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let link = request(&stage);
    let usual = usual_query(&stage);
    let sound = purpose_statement(&stage, "city", "market", usual.clone());
    let sign = |said: &PurposeStatement| said.sign(&keys("city"), &key("city")).unwrap();
    let over = PurposeStatement { expires_at: stage.world.now - 1.hour(), ..sound.clone() };
    let unpublished = PurposeStatement { log_evidence: None, ..sound.clone() };
    for (said, reasons, refused) in [
        (over, json!([{ "reason": "purpose_not_registered" }]), "consent_required"),
        (
            unpublished,
            json!([{ "reason": "log_proof_invalid" }, { "reason": "purpose_not_registered" }]),
            "log_proof_invalid",
        ),
    ] {
        ask(&stage, usual.clone(), sign(&said));
        let review = citizen.run(&["review", &link]).await.object();
        assert_eq!(review["warnings"], reasons, "{review}");
        assert_eq!(review["purpose"]["source"], "told");
        let answer = citizen.run(&["present", &link, "--yes"]).await;
        assert_eq!((answer.code, answer.reason()), (1, refused), "{answer:?}");
        assert!(answer_of(&stage).is_none());
    }
    let words = citizen.run_in_words(&["review", &link], None).await.out;
    assert!(words.contains("a public record that vouches for this request does not hold"), "{words}");
    let explained = citizen.run_in_words(&["explain", &link], None).await.out;
    assert!(explained.contains("a public record that vouches for this request does not hold"), "{explained}");
    ask(&stage, usual, sign(&sound));
    let review = citizen.run(&["review", &link]).await.object();
    assert_eq!(review["warnings"], json!([]), "the twin: {review}");
    assert_eq!(review["purpose"]["vouched_by"]["log"]["size"], 1, "{review}");
    assert_eq!(citizen.run(&["present", &link, "--yes"]).await.code, 0);
}

#[tokio::test]
async fn w11_an_authority_whose_log_forked_vouches_for_nobody_and_the_wallet_names_the_log() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let link = request(&stage);
    let usual = usual_query(&stage);
    let honest = (statement(&stage, usual.clone()), chain(&stage));
    let show = |(signed, chain): &(String, Vec<String>)| {
        ask(&stage, usual.clone(), signed.clone());
        stage.twist(|twist| twist.chain = Some(chain.clone()));
    };
    show(&honest);
    assert_eq!(citizen.run(&["review", &link]).await.object()["warnings"], json!([]));

    // Another history of the city's log, for this person alone.
    rewrite(&stage, "city");
    let forked = (statement(&stage, usual.clone()), chain(&stage));
    show(&forked);
    let review = citizen.run(&["review", &link]).await.object();
    let named = json!([{ "reason": "log_proof_invalid" }, { "reason": "purpose_not_registered" }]);
    assert_eq!(
        (&review["warnings"], &review["verifier"]["standing"]),
        (&named, &json!("unknown")),
        "{review}"
    );
    for _ in 0..2 {
        let answer = citizen.run(&["present", &link, "--yes"]).await;
        assert_eq!((answer.code, answer.reason()), (1, "log_proof_invalid"), "each run anew: {answer:?}");
    }
    assert!(answer_of(&stage).is_none());
    let other = Citizen::of_the_province(&stage).await;
    show(&honest);
    let answer = other.run(&["present", &link, "--yes"]).await;
    assert_eq!(answer.code, 0, "the twin: a wallet that saw one history alone {answer:?}");
}

#[tokio::test]
async fn w11_a_list_that_names_the_verifier_decides_and_a_purpose_known_by_name_alone_allows_nothing() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let link = request(&stage);
    let usual = usual_query(&stage);
    ask(&stage, usual.clone(), statement(&stage, usual));
    let mut list = trust(&stage, true);
    citizen.trust(&list).await;
    assert_eq!(citizen.run(&["present", &link, "--yes"]).await.code, 0, "registered, and signed");

    stage.twist(|twist| twist.unvouched = true);
    let review = citizen.run(&["review", &link]).await.object();
    assert_eq!(review["warnings"], json!([{ "reason": "purpose_not_registered" }]), "{review}");
    let answer = citizen.run(&["present", &link, "--yes"]).await;
    assert_eq!((answer.code, answer.reason()), (1, "consent_required"), "registered by name: {answer:?}");
    let words = citizen.run_in_words(&["review", &link], None).await;
    assert!(words.out.contains("your wallet does not know what the purpose allows"), "{words:?}");

    stage.twist(|twist| twist.unvouched = false);
    list["verifiers"][0]["purposes"] = json!(["market-vendor-permit"]);
    citizen.trust(&list).await;
    let answer = citizen.run(&["present", &link, "--yes"]).await;
    assert_eq!((answer.code, answer.reason()), (1, "consent_required"), "the list narrows: {answer:?}");
}

#[tokio::test]
async fn w11_a_protected_type_is_shown_for_a_signed_purpose_that_covers_it() {
    let stage = Running::start().await;
    let citizen = Citizen::of_the_province(&stage).await;
    let mut list = trust(&stage, false);
    let federal = crate::citizen::entry(&mut list, stage.world.federal.did.as_str());
    federal["types"].as_array_mut().unwrap().push(json!("accessible-parking-permit"));
    citizen.trust(&list).await;
    citizen.accept(&offer(&stage, "accessible-parking-permit", Format::DcSdJwt)).await;
    stage.take_seen();
    let vct = &stage.world.credential_type("accessible-parking-permit").vct;
    let permit = json!({ "credentials": [{ "id": "permit", "format": "dc+sd-jwt", "meta": { "vct_values": [vct] } }] });
    let link = request(&stage);
    for signed in [
        statement(&stage, usual_query(&stage)),
        statement_of(&stage, ("city", "thief"), "market", permit.clone()),
    ] {
        ask(&stage, permit.clone(), signed);
        let flags = ["--yes", "--unknown-verifier-too", "--beyond-purpose-too"];
        let answer = citizen.run(&[&["present", &link][..], &flags].concat()).await;
        assert_eq!((answer.code, answer.reason()), (1, "protected_type"), "{answer:?}");
        assert!(answer_of(&stage).is_none());
    }
    ask(&stage, permit.clone(), statement(&stage, permit));
    let answer = citizen.run(&["present", &link, "--yes"]).await;
    assert_eq!(answer.code, 0, "{answer:?}");
}
