//! How a request reaches the wallet: by POST with a nonce of the wallet's (OpenID4VP 1.0 §5.10), and in the link itself.

use portage_oid4vp::{
    AuthenticationStep, AuthorizationRequest, RequestUriPost, ResponseMode, UnverifiedRequest,
};
use portage_verifier::{Asking, Delivery};

use super::{AGE, Scene};

const fn asking(delivery: Delivery) -> Asking {
    Asking { response_mode: ResponseMode::DirectPost, delivery, haip: false }
}

#[tokio::test]
async fn w07_a_request_that_is_posted_for_repeats_the_nonce_and_a_form_that_is_none_is_refused() {
    let scene = Scene::asking(asking(Delivery::Post)).await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    assert!(uri.ends_with("&request_uri_method=post"), "{uri}");
    let Ok(AuthorizationRequest::ByReference { client_id, request_uri, .. }) =
        AuthorizationRequest::parse(&uri)
    else {
        panic!("not by reference")
    };
    let client = scene.verifier.client();
    let post = |form: &str| client.post_form(request_uri.as_str(), form.to_owned());
    for bad in
        ["wallet_nonce=a&wallet_nonce=b", "wallet_nonce=", "wallet_metadata=%5B%5D", "wallet_metadata=x"]
    {
        let answer = post(bad).await;
        assert_eq!((answer.status, answer.json()), (400, serde_json::json!({ "error": "invalid_request" })));
    }
    let object = post(&RequestUriPost::of_wallet("n-of-the-wallet".to_owned()).to_form()).await;
    assert_eq!((object.status, object.content_type.as_str()), (200, "application/oauth-authz-req+jwt"));
    let document = scene.verifier.client().get(&scene.verifier.at("/.well-known/did.json"), None).await.body;
    let loopback = &scene.verifier.service.verifier.loopback;
    let read = |nonce: &str| {
        let signed = UnverifiedRequest::signed(client_id.clone(), &object.body).unwrap().answering(nonce);
        match signed.authenticate(loopback).unwrap() {
            AuthenticationStep::NeedDidDocument(pending) => pending.supply(document.as_bytes()),
            _ => panic!("a request of a DID"),
        }
    };
    assert!(read("another").is_err());
    let request = read("n-of-the-wallet").unwrap().resolve(scene.world.now, loopback).unwrap();
    assert_eq!(scene.verifier.post(scene.sound(&request)).await.status, 200);
    assert_eq!(scene.verifier.decided(&transaction).await["decision"], "accepted");
}

#[tokio::test]
async fn a_signed_request_in_the_link_is_answered_as_one_by_reference_is() {
    let scene = Scene::asking(asking(Delivery::Value)).await;
    let (transaction, uri) = scene.verifier.ask(AGE, false).await;
    let parsed = AuthorizationRequest::parse(&uri).unwrap();
    assert!(matches!(parsed, AuthorizationRequest::ByValue { .. }));
    let unverified = UnverifiedRequest::of_authorization_request(parsed).unwrap().unwrap();
    let document = scene.verifier.client().get(&scene.verifier.at("/.well-known/did.json"), None).await.body;
    let loopback = &scene.verifier.service.verifier.loopback;
    let AuthenticationStep::NeedDidDocument(pending) = unverified.authenticate(loopback).unwrap() else {
        panic!("a request of a DID")
    };
    let request = pending.supply(document.as_bytes()).unwrap().resolve(scene.world.now, loopback).unwrap();
    assert_eq!(scene.verifier.post(scene.sound(&request)).await.status, 200);
    assert_eq!(scene.verifier.decided(&transaction).await["decision"], "accepted");
}
