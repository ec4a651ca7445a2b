//! The command line itself: exit codes, JSON, questions, help, words in two languages.

use portage_catalog::Format;
use serde_json::json;

use crate::{
    citizen::{Citizen, Scripted},
    issuer_side::offer,
    stage::Running,
    story::answer_of,
    verifier_side::request,
};

#[tokio::test]
async fn every_command_has_help_with_an_example() {
    let stage = Running::start().await;
    let citizen = Citizen::without_wallet(&stage);
    for command in [
        &["init"][..],
        &["accept"],
        &["list"],
        &["show"],
        &["review"],
        &["present"],
        &["history"],
        &["delete"],
        &["export"],
        &["import"],
        &["trust", "import"],
        &["trust", "list"],
        &["type", "add"],
        &["type", "list"],
        &["type", "remove"],
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let help = citizen.run_in_words(&arguments, None).await;
        assert_eq!(help.code, 0, "{help:?}");
        assert!(help.out.contains(&format!("Example:\n  wallet {}", command.join(" "))), "{}", help.out);
    }
    assert_eq!(citizen.run_in_words(&["fly"], None).await.code, 2);
}

#[tokio::test]
async fn without_a_terminal_and_without_yes_nothing_is_sent_and_nothing_is_stored() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let id = citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    stage.take_seen();
    let before = citizen.wallet_bytes();
    for command in [
        vec!["accept", &offer(&stage, "person", Format::DcSdJwt)],
        vec!["present", &request(&stage)],
        vec!["delete", &id],
    ] {
        let answer = citizen.run(&command).await;
        assert_eq!((answer.code, answer.reason()), (1, "consent_required"), "{answer:?}");
        assert_eq!(answer.out, "");
        assert!(stage.take_seen().iter().all(|seen| seen.method == "GET"));
        assert_eq!(citizen.wallet_bytes(), before);
    }
}

#[tokio::test]
async fn a_person_at_a_terminal_is_asked_twice_to_accept_and_once_to_present() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    stage.twist(|twist| twist.tx_code = Some("493536".into()));
    let link = offer(&stage, "person", Format::DcSdJwt);
    let mut person = Scripted::saying(&[true, false]);
    let no = citizen.run_in_words(&["accept", &link], Some(&mut person)).await;
    assert_eq!((no.code, no.reason()), (1, "consent_required"), "{no:?}");
    assert_eq!(person.heard.len(), 3, "code, fetch, keep: {:?}", person.heard);
    assert!(no.out.contains("is listed as one that may issue this"), "{}", no.out);
    assert!(no.out.contains("What it says:"), "{}", no.out);
    assert_eq!(citizen.count().await, 0, "no is no");
    assert!(stage.take_seen().iter().any(|seen| seen.body.contains("credential_deleted")));

    let mut person = Scripted::saying(&[true, true]);
    let yes = citizen.run_in_words(&["accept", &link], Some(&mut person)).await;
    assert_eq!(yes.code, 0, "{yes:?}");
    let mut person = Scripted::saying(&[true]);
    let yes = citizen.run_in_words(&["present", &request(&stage)], Some(&mut person)).await;
    assert_eq!(yes.code, 0, "{yes:?}");
    assert_eq!(person.heard, ["Show this to Harbour Market? [y/N]"]);
    assert!(answer_of(&stage).is_some());
}

#[tokio::test]
async fn the_consent_screen_says_who_why_what_not_what_how_long_and_how_else_in_both_languages() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    citizen.accept(&offer(&stage, "person", Format::DcSdJwt)).await;
    for (language, expected) in [
        (
            "en",
            [
                "Who asks: Harbour Market",
                "Why: ",
                "By what law: ",
                "What they learn:",
                "What they do not learn:",
                "Kept for ",
                "Without a wallet: ",
            ],
        ),
        (
            "fr",
            [
                "Qui demande\u{a0}: Marché du port",
                "Pourquoi\u{a0}: ",
                "En vertu de quoi\u{a0}: ",
                "Ce que le service apprend\u{a0}:",
                "Ce que le service n’apprend pas\u{a0}:",
                "Gardé pendant ",
                "Sans portefeuille\u{a0}: ",
            ],
        ),
    ] {
        let screen = citizen.run_in_words(&["review", &request(&stage), "--lang", language], None).await;
        assert_eq!(screen.code, 0, "{screen:?}");
        for words in expected {
            assert!(screen.out.contains(words), "{words} in {}", screen.out);
        }
        assert!(!screen.out.contains('{'), "{}", screen.out);
    }
}

#[tokio::test]
async fn show_tells_what_a_credential_says_and_an_unknown_one_is_wrong_usage() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let id = citizen.accept(&offer(&stage, "operator-card", Format::LdpVc)).await;
    let shown = citizen.run(&["show", &id]).await.object();
    assert_eq!((&shown["type"], &shown["shown_whole"]), (&json!("operator-card"), &json!(true)));
    let words = citizen.run_in_words(&["show", &id], None).await;
    assert!(words.out.contains("Always shown whole"), "{}", words.out);
    assert_eq!(citizen.run(&["show", "elsewhere"]).await.code, 2);
    let table = citizen.run_in_words(&["list"], None).await;
    assert!(table.out.contains(&id), "{}", table.out);
}

#[tokio::test]
async fn a_trust_list_that_is_not_one_is_refused_and_the_one_before_stays() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let file = citizen.path("bad.json");
    std::fs::write(&file, r#"{"issuers":[{"id":"did:web:a.example","everything":true}]}"#).unwrap();
    let refused = citizen.run(&["trust", "import", &file]).await;
    assert_eq!((refused.code, refused.reason()), (1, "malformed"), "{refused:?}");
    let list = citizen.run(&["trust", "list"]).await.objects();
    assert_eq!(list.iter().filter(|entry| entry["role"] == "issuer").count(), 3);
    assert_eq!(list.iter().filter(|entry| entry["role"] == "verifier").count(), 1);
}

#[tokio::test]
async fn wrong_usage_is_told_apart_from_a_fault() {
    let stage = Running::start().await;
    let citizen = Citizen::without_wallet(&stage);
    assert_eq!(citizen.run(&["list"]).await.code, 3, "there is no wallet");
    assert_eq!(citizen.run(&["init", "--demo", "--allow", "http://example.org"]).await.code, 2);
    assert_eq!(citizen.run(&["init", "--allow", "http://localhost:1"]).await.code, 2, "only in a demo");
    std::fs::write(citizen.path("passphrase"), "short\n").unwrap();
    assert_eq!(citizen.run(&["init"]).await.code, 2);
    std::fs::write(citizen.path("passphrase"), "long enough now\n").unwrap();
    citizen.run(&["init"]).await.object();
    let unreadable = citizen.run(&["accept", "https://elsewhere.example/", "--yes"]).await;
    assert_eq!((unreadable.code, unreadable.reason()), (1, "malformed"));
    let unreadable = citizen.run(&["present", "openid4vp://?", "--yes"]).await;
    assert_eq!((unreadable.code, unreadable.reason()), (1, "request_invalid"));
}

#[tokio::test]
async fn a_side_that_fails_is_a_fault_and_no_verdict() {
    let stage = Running::start().await;
    let citizen = Citizen::new(&stage).await;
    let offer = offer(&stage, "person", Format::DcSdJwt);
    let failing = || (503, Vec::new(), String::new());
    for path in ["/.well-known/openid-credential-issuer", "/token", "/nonce", "/credential"] {
        stage.twist(|twist| drop(twist.answers.insert(path.into(), failing())));
        let answer = citizen.run(&["accept", &offer, "--yes"]).await;
        assert_eq!(answer.code, 3, "{path}: {answer:?}");
        assert!(answer.err.contains("Try again later"), "{}", answer.err);
        stage.untwist();
    }
    citizen.accept(&offer).await;

    stage.twist(|twist| drop(twist.answers.insert("/request/1".into(), failing())));
    assert_eq!(citizen.run(&["review", &request(&stage)]).await.code, 3);
    stage.untwist();
    citizen.wait(1);
    stage.twist(|twist| drop(twist.answers.insert("/response".into(), failing())));
    let answer = citizen.run(&["present", &request(&stage), "--yes"]).await;
    assert_eq!(answer.code, 3, "{answer:?}");
    assert!(answer.err.contains("had already left your wallet"), "{}", answer.err);
    let latest = citizen.run(&["history"]).await.objects().remove(0);
    assert_eq!((&latest["what"], &latest["outcome"]), (&json!("presented"), &json!("unknown")));
}
