//! V-35: `state` missing, unknown, expired; an `error` response after a success.

use portage_oid4vp::{AuthorizationResponse, ErrorCode, ErrorResponse, ResolvedRequest, VpToken};
use portage_storage::verifier::MemorySessions;
use serde_json::json;

use super::{AGE, Scene, reasons};

/// A sound response to a request for [`AGE`], with another `state`.
fn with_state(scene: &Scene<MemorySessions>, request: &ResolvedRequest, state: Option<&str>) -> String {
    let vp_token = VpToken::default().with("person", vec![scene.proof_of_age(request)]);
    AuthorizationResponse::Success { vp_token, state: state.map(str::to_owned) }.to_form()
}

fn error(request: &ResolvedRequest, error: ErrorCode) -> String {
    let state = request.state().map(|state| state.as_str().to_owned());
    AuthorizationResponse::Error(ErrorResponse { error, state }).to_form()
}

#[tokio::test]
async fn v35_without_its_state_a_response_finds_no_request_and_the_request_stays_open() {
    let scene = Scene::new().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    let unknown = "x".repeat(43);
    let twice = format!("{}&state=other", scene.sound(&request));
    for form in [with_state(&scene, &request, None), with_state(&scene, &request, Some(&unknown)), twice] {
        let answer = scene.verifier.post(form).await;
        assert_eq!((answer.status, answer.json()), (400, json!({ "error": "invalid_request" })));
        assert_eq!(scene.verifier.decided(&transaction).await, json!({ "state": "requested" }));
    }
    assert_eq!(scene.verifier.post(scene.sound(&request)).await.status, 200);
}

#[tokio::test]
async fn v35_a_response_after_300_seconds_is_refused_and_one_just_before_is_not() {
    for (seconds, status, state) in [(299, 200, "decided"), (300, 400, "expired")] {
        let mut scene = Scene::new().await;
        let (transaction, uri) = scene.verifier.ask(AGE, false).await;
        let request = scene.verifier.open(&uri).await;
        scene.advance(seconds);
        assert_eq!(scene.verifier.post(scene.sound(&request)).await.status, status);
        assert_eq!(scene.verifier.decided(&transaction).await["state"], state);
    }
}

#[tokio::test]
async fn v35_an_error_after_a_success_overwrites_nothing() {
    let scene = Scene::new().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    assert_eq!(scene.verifier.post(scene.sound(&request)).await.status, 200);
    let before = scene.verifier.decided(&transaction).await;
    assert_eq!(scene.verifier.post(error(&request, ErrorCode::AccessDenied)).await.status, 400);
    assert_eq!(scene.verifier.decided(&transaction).await, before);
    assert_eq!(before["decision"], "accepted");
}

#[tokio::test]
async fn v35_twin_an_error_first_is_an_answer_and_a_success_after_it_is_refused() {
    let scene = Scene::new().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    let answer = scene.verifier.post(error(&request, ErrorCode::AccessDenied)).await;
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    assert_eq!(scene.verifier.post(scene.sound(&request)).await.status, 400);
    let result = scene.verifier.decided(&transaction).await;
    assert_eq!((&result["decision"], reasons(&result)), (&json!("rejected"), vec!["consent_required"]));
}

#[tokio::test]
async fn v35_a_response_that_cannot_be_read_ends_its_request() {
    let scene = Scene::new().await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let request = scene.verifier.open(&uri).await;
    let state = request.state().unwrap().as_str();
    assert_eq!(
        scene.verifier.post(format!("vp_token=%7B%22person%22%3A%5B1%5D%7D&state={state}")).await.status,
        400
    );
    let result = scene.verifier.decided(&transaction).await;
    assert_eq!((&result["decision"], reasons(&result)), (&json!("rejected"), vec!["malformed"]));
    assert_eq!(scene.verifier.post(scene.sound(&request)).await.status, 400);
}
