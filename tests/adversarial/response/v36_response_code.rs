//! V-36: a result on the same device is fetched without `response_code`, with a wrong one, or from another session.

use portage_catalog::Format;
use portage_storage::verifier::MemorySessions;
use serde_json::json;
use url::Url;

use super::{AGE, Scene, reasons};

/// A same-device request that was answered: its transaction and where the person goes next.
async fn answered(scene: &Scene<MemorySessions>) -> (String, Url) {
    let (transaction, uri) = scene.verifier.ask(AGE, true).await;
    let request = scene.verifier.open(&uri).await;
    let answer = scene.verifier.post(scene.sound(&request)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    (transaction, answer.json()["redirect_uri"].as_str().unwrap().parse().unwrap())
}

fn code(redirect_uri: &Url) -> String {
    redirect_uri
        .query_pairs()
        .find(|(name, _)| name == "response_code")
        .map(|(_, code)| code.into_owned())
        .unwrap()
}

/// The answer to somebody who asks for what never was.
async fn nothing(scene: &Scene<MemorySessions>) -> (u16, String) {
    let answer = scene.verifier.result("tNeverWas", Some("rNeverWas")).await;
    assert_eq!(answer.status, 404);
    (answer.status, answer.body)
}

#[tokio::test]
async fn v36_without_the_right_response_code_there_is_nothing_to_see() {
    let scene = Scene::new().await;
    let (transaction, redirect_uri) = answered(&scene).await;
    let (other_transaction, other_redirect) = answered(&scene).await;
    let nothing = nothing(&scene).await;
    for wrong in [
        None,
        Some(""),
        Some("rWrong"),
        Some(&*code(&other_redirect)),
        Some(&*format!("{}x", code(&redirect_uri))),
    ] {
        let answer = scene.verifier.result(&transaction, wrong).await;
        assert_eq!((answer.status, answer.body), nothing, "{wrong:?}");
    }
    let answer = scene.verifier.result(&transaction, Some(&code(&redirect_uri))).await;
    assert_eq!(answer.status, 200);
    let result = answer.json();
    assert_eq!(
        (&result["decision"], &result["claims"]),
        (&json!("accepted"), &json!({ "person": { "age_over_19": true } }))
    );
    assert_eq!(result["evidence"]["session_bound"], true);
    // The other session's code was not used up by trying it here.
    let answer = scene.verifier.result(&other_transaction, Some(&code(&other_redirect))).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn v36_a_response_code_is_good_once() {
    let scene = Scene::new().await;
    let (transaction, redirect_uri) = answered(&scene).await;
    let code = code(&redirect_uri);
    assert_eq!(scene.verifier.result(&transaction, Some(&code)).await.status, 200);
    let again = scene.verifier.result(&transaction, Some(&code)).await;
    assert_eq!((again.status, again.body), nothing(&scene).await);
}

#[tokio::test]
async fn v36_before_the_answer_there_is_nothing_to_see_either() {
    let scene = Scene::new().await;
    let (transaction, _) = scene.verifier.ask(AGE, true).await;
    let answer = scene.verifier.result(&transaction, None).await;
    assert_eq!((answer.status, answer.body), nothing(&scene).await);
}

#[tokio::test]
async fn v36_twin_on_another_device_no_code_is_needed_and_none_is_taken() {
    let scene = Scene::new().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    assert_eq!(scene.verifier.decided(&transaction).await, json!({ "state": "requested" }));
    let request = scene.verifier.open(&uri).await;
    let answer = scene.verifier.post(scene.sound(&request)).await;
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    assert_eq!(scene.verifier.result(&transaction, Some("rAny")).await.status, 404);
    let result = scene.verifier.decided(&transaction).await;
    assert_eq!(result["decision"], "accepted");
    assert_eq!(result["evidence"]["session_bound"], false);
}

#[tokio::test]
async fn v36_the_api_answers_only_with_its_token() {
    let scene = Scene::new().await;
    let (transaction, redirect_uri) = answered(&scene).await;
    let url =
        scene.verifier.at(&format!("/api/requests/{transaction}?response_code={}", code(&redirect_uri)));
    for bearer in [None, Some("another-token")] {
        let answer = scene.verifier.client().get(&url, bearer).await;
        assert_eq!((answer.status, answer.json()), (401, json!({ "error": "invalid_token" })));
        let order = json!({ "purpose": AGE });
        let answer =
            scene.verifier.client().post_json(&scene.verifier.at("/api/requests"), &order, bearer).await;
        assert_eq!(answer.status, 401);
    }
}

#[tokio::test]
async fn a_sound_response_that_is_refused_by_policy_brings_the_person_back_to_an_answer_in_words() {
    let scene = Scene::new().await;
    let (transaction, uri) = scene.verifier.ask(AGE, true).await;
    let request = scene.verifier.open(&uri).await;
    let key = portage_keys::Signer::verification_key(&scene.world.holder_p256);
    let mut person = scene.world.draft("person", Format::DcSdJwt, key);
    // Signed by somebody who is what they say, and whom nobody trusts.
    let stranger = &scene.world.attacker;
    person.claims.insert("iss".to_owned(), stranger.did.as_str().into());
    person.header.insert("kid".to_owned(), stranger.method("key-1").into());
    let person = scene.world.sign(&person, &stranger.key);
    let shown = scene.show_of(&stranger.key, &person, &["age_over_19"], &request);
    let vp_token = portage_oid4vp::VpToken::default().with("person", vec![shown]);
    let answer = scene.verifier.post(super::form(&request, vp_token)).await;
    assert_eq!(answer.status, 200);
    let redirect_uri: Url = answer.json()["redirect_uri"].as_str().unwrap().parse().unwrap();

    for (language, lang, words) in [("en", "en-CA", "<h1>Not accepted</h1>"), ("fr-CA", "fr-CA", "pas")] {
        let page = scene.verifier.client().get_in(redirect_uri.as_str(), language).await;
        assert_eq!(page.status, 200);
        assert!(page.content_type.starts_with("text/html"));
        assert!(
            page.body.contains(&format!("lang=\"{lang}\"")) && page.body.contains(words),
            "{}",
            page.body
        );
        assert!(!page.body.contains("<script"), "{}", page.body);
    }
    let result = scene.verifier.result(&transaction, Some(&code(&redirect_uri))).await.json();
    assert_eq!((&result["decision"], reasons(&result)), (&json!("rejected"), vec!["issuer_not_trusted"]));
    // Having been fetched, the answer is still there for whoever goes back to the page.
    assert_eq!(scene.verifier.client().get_in(redirect_uri.as_str(), "en").await.status, 200);
    let unknown = scene.verifier.at("/r/result?response_code=rWrong");
    assert_eq!(scene.verifier.client().get_in(&unknown, "en").await.status, 404);
}
