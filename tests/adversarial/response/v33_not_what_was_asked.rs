//! V-33: a response lacks a requested claim, brings another type, an unrequested credential, or a value outside `values`.

use portage_catalog::Format;
use portage_oid4vp::{Presentation, ResolvedRequest, VpToken};
use portage_storage::verifier::MemorySessions;
use serde_json::json;

use super::{AGE, MARKET, Scene, form, reasons};

/// Posts what `answer` makes of a request for `purpose`; status code and result.
async fn answered(
    scene: &Scene<MemorySessions>,
    purpose: &str,
    answer: impl FnOnce(&Scene<MemorySessions>, &ResolvedRequest) -> VpToken,
) -> (u16, serde_json::Value) {
    let (transaction, uri) = scene.verifier.ask(purpose, false).await;
    let request = scene.verifier.open(&uri).await;
    let posted = scene.verifier.post(form(&request, answer(scene, &request))).await;
    (posted.status, scene.verifier.decided(&transaction).await)
}

/// Refused to the wallet with the protocol's code, told to the relying party with the reason, no claim anywhere.
async fn refused(answer: impl FnOnce(&Scene<MemorySessions>, &ResolvedRequest) -> VpToken) {
    let scene = Scene::new().await;
    let (status, result) = answered(&scene, AGE, answer).await;
    assert_eq!(status, 400);
    assert_eq!((&result["decision"], reasons(&result)), (&json!("rejected"), vec!["query_not_satisfied"]));
    assert!(result.get("claims").is_none());
}

fn one(presentation: Presentation) -> VpToken {
    VpToken::default().with("person", vec![presentation])
}

#[tokio::test]
async fn v33_twin_the_asked_claim_and_nothing_else_is_accepted() {
    let scene = Scene::new().await;
    let (status, result) = answered(&scene, AGE, |scene, request| one(scene.proof_of_age(request))).await;
    assert_eq!((status, &result["decision"]), (200, &json!("accepted")), "{result}");
    assert_eq!(result["claims"], json!({ "person": { "age_over_19": true } }));
}

#[tokio::test]
async fn v33_a_requested_claim_is_not_there() {
    refused(|scene, request| {
        let person = scene.world.issue("person", Format::DcSdJwt);
        one(scene.show("person", &person, &["locality"], request))
    })
    .await;
}

#[tokio::test]
async fn v33_a_value_is_not_one_of_those_asked() {
    refused(|scene, request| {
        let key = portage_keys::Signer::verification_key(&scene.world.holder_p256);
        let mut minor = scene.world.draft("person", Format::DcSdJwt, key);
        minor.claims.insert("age_over_19".to_owned(), json!(false));
        let minor = scene.world.sign(&minor, &scene.world.province.key);
        one(scene.show("person", &minor, &["age_over_19"], request))
    })
    .await;
}

#[tokio::test]
async fn v33_another_type_of_credential() {
    refused(|scene, request| {
        let card = scene.world.issue("operator-card", Format::DcSdJwt);
        one(scene.show("operator-card", &card, &["card_class"], request))
    })
    .await;
}

#[tokio::test]
async fn v33_a_credential_that_nobody_asked_for() {
    refused(|scene, request| {
        let card = scene.world.issue("operator-card", Format::DcSdJwt);
        one(scene.proof_of_age(request)).with("card", vec![scene.show("operator-card", &card, &[], request)])
    })
    .await;
}

#[tokio::test]
async fn v33_two_presentations_where_one_was_asked() {
    refused(|scene, request| {
        let presentation = scene.proof_of_age(request);
        VpToken::default().with("person", vec![presentation.clone(), presentation])
    })
    .await;
}

#[tokio::test]
async fn v33_another_format_than_the_one_asked() {
    let scene = Scene::new().await;
    let (status, result) = answered(&scene, AGE, |scene, request| {
        let person = scene.world.issue("person", Format::VcJwt);
        one(scene.show_whole(&[&person], Format::VcJwt, request))
    })
    .await;
    assert_eq!((status, reasons(&result)), (400, vec!["type_mismatch"]));
}

/// Everything the market asks, around the presentation of these cards.
fn for_the_market(scene: &Scene<MemorySessions>, request: &ResolvedRequest, cards: &[&str]) -> VpToken {
    let licence = scene.world.issue("business-licence", Format::VcSdJwt);
    let licence = scene.show("business-licence", &licence, &["credentialSubject.trade_name"], request);
    one(scene.proof_of_age(request))
        .with("licence", vec![licence])
        .with("card", vec![scene.show_whole(cards, Format::LdpVc, request)])
}

#[tokio::test]
async fn v33_a_second_credential_inside_a_presentation() {
    let scene = Scene::new().await;
    let card = scene.world.issue("operator-card", Format::LdpVc);
    let twin = answered(&scene, MARKET, |scene, request| for_the_market(scene, request, &[&card])).await;
    assert_eq!((twin.0, &twin.1["decision"]), (200, &json!("accepted")), "{}", twin.1);
    assert_eq!(twin.1["claims"]["card"], json!({}));
    assert_eq!(twin.1["claims"]["person"], json!({ "age_over_19": true }));
    assert!(twin.1["claims"]["licence"]["credentialSubject"]["trade_name"].is_string());

    let (status, result) =
        answered(&scene, MARKET, |scene, request| for_the_market(scene, request, &[&card, &card])).await;
    assert_eq!((status, reasons(&result)), (400, vec!["query_not_satisfied"]));
}

#[tokio::test]
async fn v33_a_credential_is_left_out() {
    let scene = Scene::new().await;
    let (status, result) = answered(&scene, MARKET, |scene, request| one(scene.proof_of_age(request))).await;
    assert_eq!((status, reasons(&result)), (400, vec!["query_not_satisfied"]));
}
